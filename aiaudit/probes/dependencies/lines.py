"""Line numbers for formats whose parser gives none (TOML, JSON): the first line that says it, from a given line on."""

from __future__ import annotations

import re


class LineFinder:
    """Finds the line of a table header, a key or a quoted string in a parsed file's text. Lines count from 1."""

    def __init__(self, text: str) -> None:
        self._lines = text.splitlines()
        self._quoted: dict[str, list[int]] = {}
        self._keys: dict[str, list[int]] = {}
        for number, line in enumerate(self._lines, 1):
            for double, single in re.findall(r'"((?:[^"\\]|\\.)*)"|\'([^\']*)\'', line[:4_096]):
                self._quoted.setdefault(double or single, []).append(number)
            if key := re.match(r"""\s*["']?([\w@./-]+)["']?\s*[:=]""", line[:512]):
                self._keys.setdefault(key.group(1), []).append(number)

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
