"""Files that were committed with the marks of a merge that nobody resolved: one side is read as if it had been chosen.

As it stands such a file does not run, and a tree of it has nothing of what stands between the marks. Either side is a
program that somebody wrote, and which of them is kept says more of a project than none.
"""

from __future__ import annotations

import re
from typing import Final

from aiaudit import lazy
from aiaudit.probes.python.notebook import parses

_OPENS: Final = lazy.regex(rb"^<{7} [^\n]*$", re.MULTILINE)
_CLOSES: Final = lazy.regex(rb"^>{7} [^\n]*$", re.MULTILINE)


def one_side(data: bytes) -> bytes:
    """The text with one side of each conflict, lines where they were; the same object where the file is a program as it
    stands (marks in a text), or neither side makes one."""
    if _OPENS.search(data) is None or _CLOSES.search(data) is None or parses(data):
        return data
    return next((side for ours in (True, False) if parses(side := _side(data, ours))), data)


def _side(data: bytes, ours: bool) -> bytes:
    kept: list[bytes] = []
    part = ""  # of a conflict: ours, base, theirs
    wanted = ("", "ours" if ours else "theirs")
    for line in data.split(b"\n"):
        mark = _mark(line, part)
        kept.append(line if mark is None and part in wanted else b"")
        part = part if mark is None else mark
    return b"\n".join(kept)


def _mark(line: bytes, part: str) -> str | None:
    """The part that begins at a line; None where none does."""
    if line.startswith(b"<<<<<<< "):
        return "ours"
    if part and line.startswith(b"||||||| "):
        return "base"
    if part and line == b"=======":
        return "theirs"
    return "" if part and line.startswith(b">>>>>>> ") else None
