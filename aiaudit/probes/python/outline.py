"""A file's functions and classes as its bytes show them, before any parse, found by one scan."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence
from functools import cache
from itertools import chain
from typing import Any, Final, NamedTuple

from aiaudit import lazy
from aiaudit.probes.spans import spans

_BASES: Final = lazy.regex(rb"class[ \t]+(\w+)[ \t]*(?:\(([^)]*)\))?")
_IDENTIFIER: Final = lazy.regex(rb"\w+")
# What `Outline` tells apart, as expressions for Hyperscan and RE2.
_KINDS: Final = (
    rb"^[ \t\f]*(?:def|async)[ \t\f\\]",
    rb"^[ \t\f]*class[ \t\f\\]",
    rb"^[ \t\f]*(?:import|from)[ \t\f\\.]",
    rb"^[ \t\f]*(?:global|nonlocal)[ \t\f\\]|parse_(?:known_)?args\(|os\.environ|getenv\(|sys\.argv",
    rb"import_module\(|__import__\(|sys\.modules\[",
    # behind another statement on its line; prose has "from" there, but no "import" after one word more
    rb"[;:][ \t\f]*(?:import[ \t\f\\]|from[ \t\f]*[\w.]+[ \t\f]+import\b)",
)
_FUNCTION, _CLASS, _IMPORT, _OTHER, _BY_NAME, _IMPORT_BEHIND = range(len(_KINDS))


class Outline(NamedTuple):
    """Offsets, rising: of the lines on which functions begin (`def`, `async`), of those of classes, of those of
    imports, and of all that a body can hold and matter by: these, declarations, and reads of arguments or the
    environment. `by_name`: whether modules may be imported by their names' texts."""

    functions: list[int]
    classes: list[int]
    imports: list[int]
    matters: list[int]
    by_name: bool


def outline(data: bytes) -> Outline:
    """See `Outline`."""
    found: list[list[int]] = [[] for _ in _KINDS]
    if data:
        scanner()(data, found)
    matters = sorted(chain.from_iterable(found[:_BY_NAME]))
    imports = found[_IMPORT]
    if found[_IMPORT_BEHIND]:
        imports = sorted({*imports, *found[_IMPORT_BEHIND]})
    return Outline(found[_FUNCTION], found[_CLASS], imports, matters, bool(found[_BY_NAME]))


_Scanner = Callable[[bytes, list[list[int]]], None]  # adds the offsets of each kind


@cache
def scanner() -> _Scanner:
    """Hyperscan, which calls back for each match, or RE2, which is asked for one after the other and takes twice as
    long: there are thirty in a file."""
    try:
        import hyperscan

        database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
        flags = hyperscan.HS_FLAG_MULTILINE | hyperscan.HS_FLAG_SOM_LEFTMOST
        database.compile(expressions=list(_KINDS), ids=list(range(len(_KINDS))), flags=[flags] * len(_KINDS))
    except Exception:  # not installed, or not for this processor: its own error derives from none of Python's
        return by_re2
    return lambda data, found: database.scan(data, match_event_handler=_note, context=found)


def _note(kind: int, start: int, end: int, flags: int, found: Any) -> None:
    """Called by Hyperscan for each match."""
    found[kind].append(start)


def by_re2(data: bytes, found: list[list[int]]) -> None:
    """The same without Hyperscan."""
    for kind, expression in enumerate(_expressions()):
        found[kind].extend(start for start, _ in spans(expression, data))


@cache
def _expressions() -> list[Any]:
    import re2

    return [re2.compile(rb"(?m)" + one) for one in _KINDS]


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
