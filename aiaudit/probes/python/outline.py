"""A file's functions and classes as its bytes show them, before any parse, found by one scan."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from functools import cache
from typing import Any, Final, NamedTuple

from aiaudit.probes.python.spans import spans

_BASES: Final = re.compile(rb"class[ \t]+(\w+)[ \t]*(?:\(([^)]*)\))?")
_IDENTIFIER: Final = re.compile(rb"\w+")
_DEFINES: Final = frozenset((b"def", b"async"))


class Outline(NamedTuple):
    """Offsets, rising: of the lines on which functions begin (`def`, `async`), of those of classes, and of all that a
    body can hold and matter by: these, imports, declarations, and reads of arguments or the environment."""

    functions: list[int]
    classes: list[int]
    matters: list[int]


def outline(data: bytes) -> Outline:
    """See `Outline`."""
    found = Outline([], [], [])
    for start, end in spans(_scanner(), data):
        found.matters.append(start)
        word = data[start:end].strip()
        if word in _DEFINES:
            found.functions.append(start)
        elif word == b"class":
            found.classes.append(start)
    return found


@cache
def _scanner() -> Any:
    import re2

    return re2.compile(
        rb"(?m)^[ \t]*(?:def|async|class|import|from|global|nonlocal)[ \t]"
        rb"|parse_(?:known_)?args\(|os\.environ|getenv\(|sys\.argv"
    )


class _Class(NamedTuple):
    indent: int
    name: bytes
    bases: frozenset[bytes]


class UsedClasses:
    """The classes of a file in which one of the `hits` stands, or that are named in one of the `busy` functions, where
    hits stand; and those that they are derived from."""

    def __init__(
        self, data: bytes, starts: Sequence[int], hits: Sequence[int], busy: Sequence[tuple[int, int]]
    ) -> None:
        self._data = data
        self._starts = starts
        self._classes = [self._read(start) for start in starts]
        self._used: set[bytes] = set()
        new = {one.name for hit in hits if (one := self._around(hit)) is not None}
        for name in {one.name for one in self._classes} - new:
            if any(data.find(name, start, end) >= 0 for start, end in busy):
                new.add(name)
        while new:
            self._used |= new
            bases = (one.bases for one in self._classes if one.name in new)
            new = set().union(*bases) - self._used

    def have(self, at: int) -> bool:
        """Whether the class around this offset is one of them."""
        one = self._around(at)
        return one is not None and one.name in self._used

    def _read(self, start: int) -> _Class:
        at = self._data.index(b"class", start)
        match = _BASES.match(self._data, at)
        if match is None:
            return _Class(at - start, b"", frozenset())
        return _Class(at - start, match[1], frozenset(_IDENTIFIER.findall(match[2] or b"")))

    def _around(self, at: int) -> _Class | None:
        """The nearest class above that is indented less. It may have ended before: then too much is kept."""
        start = self._data.rfind(b"\n", 0, at) + 1
        line = self._data[start : start + 80]
        indent = len(line) - len(line.lstrip())
        index = bisect_left(self._starts, start)
        while index:
            index -= 1
            if self._classes[index].indent < indent:
                return self._classes[index]
        return None
