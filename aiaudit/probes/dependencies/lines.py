"""Line numbers for formats whose parser gives none (TOML, JSON): the first line that says it, from a given line on."""

from __future__ import annotations

from functools import cached_property
from typing import Final

from aiaudit import lazy

_QUOTED: Final = lazy.regex(r'"((?:[^"\\]|\\.)*)"|\'([^\']*)\'')
_KEY: Final = lazy.regex(r"""\s*["']?([\w@./-]+)["']?\s*[:=]""")


class LineFinder:
    """Finds the line of a table header, a key or a quoted string in a parsed file's text. Lines count from 1."""

    def __init__(self, text: str) -> None:
        self._lines = text.splitlines()

    @cached_property
    def _quoted(self) -> dict[str, list[int]]:
        """The lines of each quoted string."""
        found: dict[str, list[int]] = {}
        for number, line in enumerate(self._lines, 1):
            for double, single in _QUOTED.findall(line[:4_096]):
                found.setdefault(double or single, []).append(number)
        return found

    @cached_property
    def _keys(self) -> dict[str, list[int]]:
        """The lines that begin with each key."""
        found: dict[str, list[int]] = {}
        for number, line in enumerate(self._lines, 1):
            if key := _KEY.match(line[:512]):
                found.setdefault(key.group(1), []).append(number)
        return found

    def header(self, table: str) -> int:
        """The line of `[table]`; 1 where there is none."""
        for number, line in enumerate(self._lines, 1):
            if line.strip().startswith(f"[{table}]"):
                return number
        return 1

    def quoted(self, value: str, after: int = 1) -> int:
        """The first line from `after` on that holds the string in quotes; `after` itself where none does."""
        return self._first(self._quoted, value, after)

    def key(self, name: str, after: int = 1) -> int:
        """The first line from `after` on that begins with the key."""
        return self._first(self._keys, name, after)

    @staticmethod
    def _first(index: dict[str, list[int]], what: str, after: int) -> int:
        return next((number for number in index.get(what, ()) if number >= after), after)


class MarkFinder:
    """The lines of a lock file's packages by how they begin; the same mark asked for again gives the next such line."""

    def __init__(self, text: str) -> None:
        self._places: dict[str, list[int]] = {}
        for number, line in enumerate(text.splitlines(), 1):
            if mark := _mark(line[:1_024]):
                self._places.setdefault(mark, []).append(number)
        for places in self._places.values():
            places.reverse()

    def next(self, mark: str) -> int:
        """The next line with this beginning; the last one again where there are no more, 1 where there is none."""
        places = self._places.get(_mark(mark)) if mark else None
        if not places:
            return 1
        return places.pop() if len(places) > 1 else places[0]


def _mark(line: str) -> str:
    """What a line begins with: a key without its value, or the whole of a TOML or list line."""
    text = line.strip()
    if text[:1] in "\"'" and (end := text.find(text[:1], 1)) > 0:
        return text[1:end]
    return text.rstrip(":{[, ")
