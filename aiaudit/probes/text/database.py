"""Hyperscan's databases: many expressions, or literals, compiled for one scan, and kept between runs.

To compile takes 0.1 s for the literals of all packs and a second for their expressions, to read what was compiled 3 ms.
Hyperscan itself refuses a database that another version made, or that is for another processor or not whole (by a
checksum of its own, beside that of the cache); it is then compiled anew.
"""

from __future__ import annotations

import contextlib
import json
import re
import zlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from aiaudit import lazy
from aiaudit.project.cache import content_hash, engine_id

if TYPE_CHECKING:
    from aiaudit.project.cache import Cache

SLOT: Final = "hyperscan"


_TOKEN: Final = lazy.regex(  # what belongs together in an expression; a count by itself
    r"\\Q.*?\\E|\\[pPx]\{[^}]*\}|\\.|\[\^?\]?(?:\\.|\[:.*?:\]|[^\]\\])*\]|\{(?P<least>\d+)(?P<more>,(?P<most>\d*))?\}|.",
    re.DOTALL,
)
_COUNTED: Final = 8  # repetitions that are counted


def wider(regex: str, *, anchored: bool = True) -> str:
    """An expression that matches in every text in which this one does, and is compiled in two thirds of the time: it
    counts no further than eight, and no repetitions that may be many. Unless `anchored`, without `^` and `$`."""
    parts = (_uncounted(token) for token in _TOKEN.finditer(regex))
    return "".join(parts if anchored else ("(?:)" if part in ("^", "$") else part for part in parts))


def _uncounted(token: re.Match[str]) -> str:
    """A part of an expression, without its count where that is large."""
    if token["least"] is None:
        return token[0]
    least, most = int(token["least"]), token["most"] if token["more"] else token["least"]
    if not most or int(most) - least >= _COUNTED // 2 or least > _COUNTED:
        return "*" if least == 0 else "+" if least == 1 else f"{{{min(least, _COUNTED)},}}"
    return token[0]


def database(
    expressions: Sequence[bytes],
    flags: Sequence[int],
    *,
    ids: Sequence[int] | None = None,
    cache: Cache | None = None,
    purpose: str = "",
) -> Any:
    """The database of these expressions, which a scan names by their `ids` (their numbers where None).

    `cache`: keeps it, one for each `purpose`. Raises `ImportError` where Hyperscan is not
    installed, `RuntimeError` where it cannot read them or does not run on this processor.
    """
    import hyperscan

    ids = range(len(expressions)) if ids is None else ids
    asked = [
        getattr(hyperscan, "__version__", ""),
        [one.hex() for one in expressions],
        [*map(int, flags)],
        [*ids],
    ]
    name = content_hash(json.dumps(asked).encode("ascii"))
    slot = engine_id(SLOT, purpose)
    parts = cache.kept(slot, name) if cache is not None else None
    if parts:
        with contextlib.suppress(hyperscan.error, zlib.error):
            kept = hyperscan.loadb(zlib.decompress(parts[0]), hyperscan.HS_MODE_BLOCK)
            kept.scratch = hyperscan.Scratch(kept)
            return kept
    try:
        made = _compiled(tuple(expressions), tuple(flags), tuple(ids))
        if cache is not None:
            cache.keep(slot, name, [zlib.compress(hyperscan.dumpb(made), 1)])
    except hyperscan.error as error:
        raise RuntimeError(f"Hyperscan: {error}") from None
    return made


def _compiled(expressions: tuple[bytes, ...], flags: tuple[int, ...], ids: tuple[int, ...]) -> Any:
    import hyperscan

    made = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    made.compile(expressions=list(expressions), ids=list(ids), elements=len(expressions), flags=list(flags))
    return made
