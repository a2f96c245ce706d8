"""Which files of a project globs stand for: hundreds of lists of globs are asked of thousands of paths.

What one glob matches is worked out once and kept as a number with a bit a file, so that lists which share globs,
negated ones and roles cost a few operations on numbers. A glob that names a file or ends in a plain suffix is looked
up; any other is searched in all paths at once, a path a line.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from itertools import compress

from aiaudit.project.entry import Entry
from aiaudit.project.globs import GlobSet, as_bytes, expand, literals


class Selection:
    """Files in path order, with what each glob and each role stands for among them."""

    def __init__(self, files: Sequence[Entry]) -> None:
        self._files = sorted(files, key=lambda entry: os.fsencode(entry.path))
        self._paths = [as_bytes(entry.path) for entry in self._files]
        named: dict[str, list[int]] = {}
        ending: dict[str, list[int]] = {}
        roles: dict[str, list[int]] = {}
        at: dict[bytes, list[int]] = {}
        for position, entry in enumerate(self._files):
            name = entry.name.lower()
            named.setdefault(name, []).append(position)
            dot = name.rfind(".")
            ending.setdefault(name[dot:] if dot >= 0 else "", []).append(position)
            roles.setdefault(str(entry.role), []).append(position)
            at.setdefault(self._paths[position], []).append(position)
        self._named, self._ending, self._at = named, ending, at
        self._roles = {role: self._bits(positions) for role, positions in roles.items()}
        self._all = self._bits(range(len(self._files)))
        self._odd = [position for path, some in at.items() if b"\n" in path for position in some]  # are no lines
        self._text = b"\n".join(self._paths)
        self._parts = b"\n".join({part for path in self._paths for part in path.split(b"/")})
        self._there: dict[bytes, bool] = {}  # whether a text stands in any path
        self._lines = b"\n".join(path for path in at if b"\n" not in path)
        self._known: dict[str, int] = {}

    def matching(self, globs: Sequence[str], roles: Iterable[str] | None = None) -> list[Entry]:
        """The files whose path is among `globs` and whose role is in `roles` (None: any), in path order.

        Raises `BadGlob`."""
        chosen = without = 0
        for glob in globs:
            if glob.startswith("!"):
                without |= self._of(glob[1:])
            else:
                chosen |= self._of(glob)
        chosen &= ~without
        if roles is not None:
            allowed = 0
            for role in roles:
                allowed |= self._roles.get(str(role), 0)
            chosen &= allowed
        return list(compress(self._files, map("1".__eq__, f"{chosen:0{len(self._files)}b}"))) if chosen else []

    def _of(self, glob: str) -> int:
        found = self._known.get(glob)
        if found is None:
            found = 0
            parts = expand(glob)
            if self._may_be(glob):
                for one in parts:
                    found |= self._of_plain(one.lower())
            self._known[glob] = found
        return found

    def _of_plain(self, glob: str) -> int:
        """The files of a glob without braces, in small letters."""
        if glob == "**/*":
            return self._all
        if not self._may_be(glob):
            return 0
        folder, _, name = glob.rpartition("/")
        dot = name.rfind(".")
        if not _is_wild(name):
            return self._tried(glob, self._named, name, sure=folder == "**")
        if dot >= 0 and not _is_wild(name[dot:]):
            return self._tried(glob, self._ending, name[dot:], sure=folder == "**" and name[:dot] == "*")
        globs = GlobSet([glob])
        found = [position for path in globs.lines(self._lines) for position in self._at.get(path, ())]
        found += [position for position in self._odd if globs.matches(self._paths[position])]
        return self._bits(found)

    def _may_be(self, glob: str) -> bool:
        """Whether all that a path of this glob holds stands somewhere: for most globs something does not, and nothing
        need be compiled."""
        return all(map(self._stands, literals(glob)))

    def _stands(self, text: bytes) -> bool:
        known = self._there.get(text)
        if known is None:  # the names of all folders and files are a quarter of all paths
            known = self._there[text] = text in (self._text if b"/" in text else self._parts)
        return known

    def _tried(self, glob: str, index: Mapping[str, list[int]], key: str, *, sure: bool) -> int:
        """The files of one key of an index that the glob matches."""
        some = index.get(key, [])
        if not sure:
            for text in literals(glob):  # which leaves few to match
                some = [position for position in some if text in self._paths[position]]
        if not sure and some:
            matches = GlobSet([glob]).matches
            some = [position for position in some if matches(self._paths[position])]
        return self._bits(some)

    def _bits(self, positions: Iterable[int]) -> int:
        """A bit a file, the first file's the highest."""
        digits = bytearray(b"0") * len(self._files)
        for position in positions:
            digits[position] = 49  # "1"
        return int(digits, 2) if digits else 0


def _is_wild(text: str) -> bool:
    return any(char in text for char in "*?[")
