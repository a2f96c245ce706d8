"""The code of a notebook as it is written in its cells, not as the texts of JSON that keep it.

A pattern that asks what stands at the beginning of a line, or between quotes, finds nothing in `"x = \\"a\\"\\n",`.
Each line of a cell is a line of the file in the notebooks that Jupyter and other editors write, and stays on it. Where
a whole cell is one text of JSON, all its lines are on one line of the file. What else a notebook holds is searched as
it stands.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

import msgspec

from aiaudit import lazy

_SOURCE: Final = lazy.regex(rb'"(?:source|input)":[ \t]*+(?:\[[ \t]*+\n|("(?:[^"\\\n]++|\\.)*+"))')
_KIND: Final = b'"cell_type"'
_CODE: Final = lazy.regex(rb'"cell_type":[ \t]*"code"')
_LINE: Final = lazy.regex(rb'[ \t]*+("(?:[^"\\\n]++|\\.)*+"),?[ \t]*+\n')
_END: Final = lazy.regex(rb"[ \t]*+\]")
_NOT_PYTHON: Final = lazy.regex(rb'"language":[ \t]*"(?!i?python)')
_AFTER: Final = 4096  # bytes behind the lines in which a cell's kind is looked for


class Cell(NamedTuple):
    """Where a cell's code stands in the file, and the code. `lines`: whether it is as many lines there; else one."""

    start: int
    end: int
    code: bytes
    lines: bool = True


def cells_of(notebook: bytes) -> Iterator[Cell]:
    """The cells with code, from above."""
    done = 0
    for found in _SOURCE.finditer(notebook):
        if found.start() < done:
            continue
        start = found.end() if found[1] is None else found.start(1)
        lines, end = _lines(notebook, start) if found[1] is None else _whole(found)
        is_code = lines and _is_code(notebook, done, start, end)
        done = end
        if is_code:
            yield Cell(start, end, b"\n".join(lines) + b"\n", lines=found[1] is None)


def _is_code(notebook: bytes, done: int, start: int, end: int) -> bool:
    """Whether that is the kind of the cell whose lines stand there, told before them or behind."""
    at = notebook.rfind(_KIND, done, start)
    if at < 0:
        at = notebook.find(_KIND, end, end + _AFTER)
    return at >= 0 and _CODE.match(notebook, at) is not None


def is_python(notebook: bytes) -> bool:
    """Whether nothing says that its cells are in another language."""
    return _NOT_PYTHON.search(notebook) is None


def _lines(notebook: bytes, start: int) -> tuple[list[bytes], int]:
    """The lines of a cell from there, and where they end; none where one of them is no line."""
    lines: list[bytes] = []
    at, whole = start, True
    while (found := _LINE.match(notebook, at)) is not None:
        at = found.end()
        line = _told(found)
        whole = whole and line is not None
        lines.append(line or b"")
    return (lines if whole and _END.match(notebook, at) else []), at


def _whole(found: re.Match[bytes]) -> tuple[list[bytes], int]:
    """The lines of a cell that is one text, and where that ends."""
    told = _text(found[1])
    return ([] if told is None else told.splitlines()), found.end()


def _told(found: re.Match[bytes]) -> bytes | None:
    """The text of a line of JSON without its end; None where it is more than one line, or no text."""
    told = _text(found[1])
    line = told.removesuffix(b"\n").removesuffix(b"\r") if told is not None else b"\n"
    return None if b"\n" in line or b"\r" in line else line


def _text(raw: bytes) -> bytes | None:
    if b"\\" not in raw:
        return raw[1:-1]
    try:
        return msgspec.json.decode(raw, type=str).encode("utf-8", "replace")
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
