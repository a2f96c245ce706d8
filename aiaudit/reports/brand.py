"""The look of a report for one client: names, logo, colour and standing texts.

`load` reads the file of `--brand` and refuses what is wrong with it. `of` reads the section `brand` of a result, which
the audited project may have written: there, what does not hold is left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from msgspec import Struct

from aiaudit.reports import logo
from aiaudit.reports.colour import LEAST, contrast, is_colour, tint
from aiaudit.reports.text import visible

TEXTS: Final[Mapping[str, int]] = {
    "client": 200,
    "system": 200,
    "author": 200,
    "confidentiality": 120,
    "disclaimer": 900,
    "language": 35,
}
"""The texts of a brand, and how long each may be."""

_KEYS: Final = (*TEXTS, "logo", "colours", "paths")
PATHS: Final = ("full", "names")
_TINT, _SOFT = 0.09, 0.23  # share of the accent in its two tints


class BrandError(ValueError):
    """A brand file that cannot be used; the message says which line of it, and the way out."""


class Brand(Struct, frozen=True):
    """What a report shows of a brand. Empty: not said. `logo`: a `data:` address. `accent`: `#rrggbb`."""

    client: str = ""
    system: str = ""
    author: str = ""
    confidentiality: str = ""
    disclaimer: str = ""
    language: str = "en"
    logo: str = ""
    accent: str = ""

    @property
    def drawn(self) -> dict[str, str]:
        """The report's own blues in its drawings, and what takes their place."""
        if not self.accent:
            return {}
        return {"#164a7d": self.accent, "#c9d9ea": tint(self.accent, _SOFT), "#e9f0f7": tint(self.accent, _TINT)}

    @property
    def style(self) -> str:
        """The style sheet's rule for the brand's colour; empty where the report keeps its own."""
        if not self.accent:
            return ""
        return (
            f":root{{--accent:{self.accent};--accent-tint:{tint(self.accent, _TINT)};"
            f"--accent-soft:{tint(self.accent, _SOFT)}}}"
        )


def of(data: Any) -> Brand:
    """The brand in a result; what is no text, no logo or too pale a colour is left out."""
    if not isinstance(data, Mapping):
        return Brand()
    texts = {key: visible(data[key])[:most] for key, most in TEXTS.items() if isinstance(data.get(key), str)}
    if not _is_tag(texts.get("language", "en")):
        texts.pop("language")
    colours = data.get("colours")
    accent = colours.get("accent") if isinstance(colours, Mapping) else None
    accent = accent.lower() if isinstance(accent, str) else ""
    picture = data.get("logo")
    return Brand(
        **{key: text for key, text in texts.items() if text},
        logo=logo.checked(picture) if isinstance(picture, str) else "",
        accent=accent if is_colour(accent) and _worst_contrast(accent) >= LEAST else "",
    )


def load(path: str) -> dict[str, Any]:
    """The section `brand` from a file, its logo embedded. Raises `BrandError`."""
    from aiaudit.project.parse import Malformed, parse_yaml

    try:
        data = parse_yaml(Path(path).read_bytes())
    except OSError as error:
        raise BrandError(f"{path}: {(error.strerror or 'cannot be read').lower()}") from None
    except Malformed as error:
        raise BrandError(f"{path}: {error}") from None
    if not isinstance(data, dict):
        raise BrandError(f"{path}: must be a mapping; its keys: {', '.join(_KEYS)}")
    for key, value in data.items():
        _check(path, str(key), value)
    loaded = dict(data)
    if "colours" in loaded:
        loaded["colours"] = {"accent": loaded["colours"]["accent"].lower()}
    if "logo" in loaded:
        try:
            loaded["logo"] = logo.embed(Path(path).parent / loaded["logo"])
        except logo.LogoError as error:
            raise BrandError(f"{path}: logo: {error}") from None
    return loaded


def _check(path: str, key: str, value: Any) -> None:
    if key not in _KEYS:
        raise BrandError(f"{path}: {key}: no such key; there are: {', '.join(_KEYS)}")
    if key == "colours":
        _check_colours(path, value)
        return
    if key == "paths" and value not in PATHS:
        raise BrandError(f"{path}: paths: {' or '.join(PATHS)}; names leaves the folders out of every path")
    if not isinstance(value, str):
        raise BrandError(f"{path}: {key}: must be text")
    most = TEXTS.get(key, 1000)
    if len(value) > most:
        raise BrandError(f"{path}: {key}: {len(value)} characters; at most {most}")
    if key == "language" and not _is_tag(value):
        raise BrandError(f"{path}: language: {value[:20]} is no language tag, such as en or de-AT")


def _check_colours(path: str, value: Any) -> None:
    accent = value.get("accent") if isinstance(value, dict) else None
    if not isinstance(accent, str) or set(value) != {"accent"} or not is_colour(accent.lower()):
        raise BrandError(f'{path}: colours: give accent: "#rrggbb", such as "#164a7d"')
    found = _worst_contrast(accent.lower())
    if found < LEAST:
        raise BrandError(
            f"{path}: colours.accent: {accent} has a contrast of {found:.1f} to 1 on its tint; text needs {LEAST:g} "
            "to 1. Take a darker one"
        )


def _worst_contrast(accent: str) -> float:
    """On white, as ground of white text, and on its own tint: the last is the least."""
    return min(contrast(accent, "#ffffff"), contrast(accent, tint(accent, _TINT)))


def _is_tag(text: str) -> bool:
    """A language tag as BCP 47 writes it, as far as a report needs it."""
    first, *rest = text.split("-")
    letters = first.isascii() and first.isalpha() and 2 <= len(first) <= 3
    return letters and all(part.isascii() and part.isalnum() and len(part) <= 8 for part in rest)
