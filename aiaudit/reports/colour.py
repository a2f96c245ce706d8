"""Colours of a brand: read, mixed with white, and held against WCAG 2.2's contrast for text (1.4.3: 4.5 to 1)."""

from __future__ import annotations

from typing import Final

from aiaudit import lazy

LEAST: Final = 4.5

_HEX: Final = lazy.regex(r"#[0-9a-f]{6}")


def is_colour(text: str) -> bool:
    """Whether it is written as `#rrggbb`, in small letters."""
    return _HEX.fullmatch(text) is not None


def tint(colour: str, share: float) -> str:
    """The colour mixed with white; `share`: how much of it stays, from 0 to 1."""
    return "#" + "".join(f"{round(255 - (255 - part) * share):02x}" for part in _parts(colour))


def contrast(one: str, other: str) -> float:
    """The ratio of two colours' relative luminances, from 1 to 21 (WCAG 2.2, definition of contrast ratio)."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    parts = (part / 255 for part in _parts(colour))
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _parts(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)
