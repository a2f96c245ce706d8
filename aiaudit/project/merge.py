"""Files that were committed with the marks of a merge that nobody resolved: one side is read as if it had been chosen.

As it stands such a file does not run or cannot be read, and a tree of it has nothing of what stands between the marks.
Either side is a program, or a result, that somebody made, and which of them is kept says more of a project than none.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

_OPENS: Final = b"<<<<<<< "
_CLOSES: Final = b">>>>>>> "


def one_side(data: bytes, parses: Callable[[bytes], bool]) -> bytes:
    """The text with one side of each conflict, lines where they were; the same object where the file `parses` as it
    stands (marks in a text), or neither side does."""
    if not (_begins_a_line(_OPENS, data) and _begins_a_line(_CLOSES, data)) or parses(data):
        return data
    return next((side for ours in (True, False) if parses(side := _side(data, ours))), data)


def opened_at(before: bytes, after: bytes) -> int:
    """The line of the first mark that was taken out; 0 where none was."""
    if not _begins_a_line(_OPENS, before) or _begins_a_line(_OPENS, after):
        return 0
    return before[: 0 if before.startswith(_OPENS) else before.index(b"\n" + _OPENS) + 1].count(b"\n") + 1


def _begins_a_line(mark: bytes, data: bytes) -> bool:
    return data.startswith(mark) or b"\n" + mark in data  # which costs a tenth of what an expression does


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
    if line.startswith(_OPENS):
        return "ours"
    if part and line.startswith(b"||||||| "):
        return "base"
    if part and line == b"=======":
        return "theirs"
    return "" if part and line.startswith(_CLOSES) else None
