"""Python as if each short call stood on one line, so that a pattern finds it however a formatter has broken it.

Patterns are written for lines. black, ruff and people break a call behind a bracket, a comma or an operator, as its
length asks, and a verdict must not depend on that. So what stands in brackets is put on one line where that is short;
what is long keeps its breaks, and its parts are put on one line each. Lines are counted as in the file.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from typing import Final, NamedTuple

from aiaudit import lazy

MAX_LINE: Final = 320  # characters: what is longer nobody would write on one line, and patterns would reach too far
_MAX_RAW: Final = 3 * MAX_LINE  # the same with its indentation
_DEPTH: Final = 5  # brackets within brackets

_BREAK: Final = lazy.regex(rb"[(\[{,\\+*/%=|&-]\n")
"""A break that a line can only have where it goes on (or where it is text)."""


def _statement() -> bytes:
    """What goes on to the end of a line: words, texts of one line, and brackets that are closed."""
    text = rb"\"(?:[^\"\\\n]++|\\.)*+\"|'(?:[^'\\\n]++|\\.)*+'"
    inner = rb"(?!)"
    for _ in range(_DEPTH):
        inner = rb"[(\[{](?>[^()\[\]{}\"'#]++|" + text + rb"|" + inner + rb")*+[)\]}]"
    return rb"(?>[^()\[\]{}\"'#\n\\]++|" + text + rb"|" + inner + rb"|\\\n)*+(?=\n|\Z)"


_STATEMENT: Final = lazy.regex(_statement())
_JOINT: Final = lazy.regex(rb"[ \t]*\\?\n[ \t\n]*")


class OneLine(NamedTuple):
    """A text with its short calls on one line. `breaks`: where in it a line's break was taken out, rising."""

    text: bytes
    breaks: list[int]

    def lines(self) -> list[str]:
        """The lines of the file: what was put on one line stands on its first, and the others are empty."""
        found: list[str] = []
        begin = 0
        for line in self.text.split(b"\n"):
            end = begin + len(line)
            found.append(line.decode("utf-8", "replace"))
            found += [""] * (bisect_right(self.breaks, end) - bisect_left(self.breaks, begin))
            begin = end + 1
        return found


def on_one_line(text: bytes) -> OneLine:
    """The text with each short call on one line."""
    pieces: list[bytes] = []
    breaks: list[int] = []
    done = taken = size = 0  # of the text: looked at, copied; of the pieces
    statement, joint = _STATEMENT.match, _JOINT.finditer
    for found in _BREAK.finditer(text):
        at = found.start()
        if at < done:
            continue
        begin = max(done, text.rfind(b"\n", 0, at) + 1)
        whole = statement(text, begin, begin + _MAX_RAW)
        if whole is None or whole.end() <= at or whole.end() == begin + _MAX_RAW < len(text):
            done = at + 2
            continue
        done = whole.end()
        gaps = [gap.span() for gap in joint(text, begin, done)]
        if done - begin - sum(stop - start - 1 for start, stop in gaps) > MAX_LINE:
            done = at + 2
            continue
        for start, stop in gaps:
            piece = text[taken:start]
            gap = b""
            if text[stop] in b")]}":
                piece = piece.removesuffix(b",")
            elif text[start - 1] not in b"([{":
                gap = b" "
            size += len(piece)
            breaks += [size] * text.count(b"\n", start, stop)
            pieces += (piece, gap)
            size += len(gap)
            taken = stop
    if not pieces:
        return OneLine(text, [])
    pieces.append(text[taken:])
    return OneLine(b"".join(pieces), breaks)
