"""Expressions as Hyperscan is given them: wider than what is looked for, and compiled in two thirds of the time."""

from __future__ import annotations

import re
from typing import Final

from aiaudit import lazy

_TOKEN: Final = lazy.regex(  # what belongs together in an expression; a count by itself
    r"\\Q.*?\\E|\\[pPx]\{[^}]*\}|\\.|\[\^?\]?(?:\\.|\[:.*?:\]|[^\]\\])*\]|\{(?P<least>\d+)(?P<more>,(?P<most>\d*))?\}|.",
    re.DOTALL,
)
_COUNTED: Final = 8  # repetitions that are counted
_BEYOND: Final = lazy.regex(r"[^\x00-\x7f]")
_FOLDED: Final = frozenset("\u017f\u212a")  # characters that are, without regard to case, one of ASCII
BYTE: Final = "\x7f"
"""What stands for a character beyond ASCII where each has one byte."""


def over_bytes(regex: str) -> str | None:
    """The expression over texts in which each character beyond ASCII is one and the same byte (`BYTE`): it matches
    wherever the first one does. None where that cannot be said."""
    if regex.isascii():
        return regex
    if not _FOLDED.isdisjoint(regex) or any(_leaves_out(token[0]) for token in _TOKEN.finditer(regex)):
        return None
    return _BEYOND.sub(BYTE, regex)


def _leaves_out(token: str) -> bool:
    """Whether a part of an expression takes all characters but some, among them one beyond ASCII."""
    return token.startswith("[^") and not token.isascii()


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
