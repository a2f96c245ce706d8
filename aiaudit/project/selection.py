"""Which files of a project globs stand for: hundreds of lists of globs are asked of thousands of paths.

What one glob matches is worked out once and kept as a number with a bit a file, so that lists which share globs,
negated ones and roles cost a few operations on numbers. A glob that names a file or ends in a plain suffix is looked
up; any other is searched in all paths at once, a path a line.
"""

from __future__ import annotations

import os
from array import array
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import compress
from operator import attrgetter

from aiaudit.project.entry import Entry
from aiaudit.project.globs import GlobSet, as_bytes, expand, literals

_MANY = 1000  # files that one search of all paths tells apart sooner than a look at each
_FEW = 64  # files that are counted bit by bit
_AS_BITS = bytes(int(char == ord("1")) for char in range(256))


class Selection:
    """Files in path order, with what each glob and each role stands for among them.

    Of each file there is its path in one text, and four bytes a list that it is in: they are many.
    """

    def __init__(self, files: Sequence[Entry]) -> None:
        self._files = _in_order(files)
        ending: dict[str, array[int]] = {}
        roles: dict[str, array[int]] = {}
        text, parts = bytearray(b"\n"), bytearray(b"\n")
        starts = array("Q")  # of the lines
        folders: set[str] = set()
        self._odd: list[int] = []  # whose paths are no lines
        for position, entry in enumerate(self._files):
            path = as_bytes(entry.path)
            folder, _, name = entry.path.lower().rpartition("/")
            dot = name.rfind(".")
            ending.setdefault(name[dot:] if dot >= 0 else "", array("I")).append(position)
            roles.setdefault(str(entry.role), array("I")).append(position)
            if b"\n" in path:
                self._odd.append(position)
                path = b""
            elif folder not in folders:
                folders.add(folder)
                parts += as_bytes(folder).replace(b"/", b"\n") + b"\n"
            starts.append(len(text))
            text += path + b"\n"
            parts += path[path.rfind(b"/") + 1 :] + b"\n"
        self._ending = ending
        self._roles = {role: self._bits(positions) for role, positions in roles.items()}
        self._all = self._bits(range(len(self._files)))
        self._starts = starts
        self._text = bytes(text)
        self._parts = bytes(parts)
        self._threes = frozenset(_threes(self._parts))
        self._there: dict[bytes, bool] = {}  # whether a text stands in any path
        self._held: dict[bytes, frozenset[int] | None] = {}
        self._known: dict[str, int] = {}

    def matching(self, globs: Sequence[str], roles: Iterable[str] | None = None) -> list[Entry]:
        """The files whose path is among `globs` and whose role is in `roles` (None: any), in path order.

        Raises `BadGlob`."""
        chosen = self._among(globs)
        if roles is not None:
            allowed = 0
            for role in roles:
                allowed |= self._roles.get(str(role), 0)
            chosen &= allowed
        return self._chosen(chosen)

    def _chosen(self, bits: int) -> list[Entry]:
        """The files of these bits."""
        if not bits:
            return []
        if bits.bit_count() <= _FEW:
            last, found = len(self._files) - 1, []
            while bits:
                low = bits & -bits
                found.append(self._files[last + 1 - low.bit_length()])
                bits ^= low
            return found[::-1]
        return list(compress(self._files, f"{bits:0{len(self._files)}b}".encode("ascii").translate(_AS_BITS)))

    def among(self, lists: Sequence[Sequence[str]]) -> dict[str, tuple[int, ...]]:
        """The numbers of the lists of globs that each file is among, by path. Raises `BadGlob`."""
        known: dict[tuple[str, ...], tuple[int, ...]] = {}  # by a digit a list
        found: dict[str, tuple[int, ...]] = {}
        digits = [f"{self._among(globs):0{len(self._files)}b}" for globs in lists]
        for entry, member in zip(self._files, zip(*digits, strict=True), strict=False):
            numbers = known.get(member)
            if numbers is None:
                numbers = known[member] = tuple(number for number, digit in enumerate(member) if digit == "1")
            found[entry.path] = numbers
        return found

    def _among(self, globs: Sequence[str]) -> int:
        """The files whose path is among `globs`."""
        chosen = without = 0
        for glob in globs:
            if glob.startswith("!"):
                without |= self._of(glob[1:])
            else:
                chosen |= self._of(glob)
        return chosen & ~without

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
            return self._tried(glob, self._named(name), sure=folder == "**")
        if dot >= 0 and not _is_wild(name[dot:]):
            some = self._ending.get(name[dot:], ())
            sure = folder == "**" and name[:dot] == "*"
            if sure or len(some) <= _MANY:
                return self._tried(glob, some, sure=sure)
        globs = GlobSet([glob])
        text = self._text  # a path that is no line has left an empty one, as have the two ends
        found = [self._line_at(start) for start in globs.starts(text) if text[start : start + 1] not in (b"", b"\n")]
        return self._bits([*found, *(position for position in self._odd if globs.matches(self._path(position)))])

    def _path(self, position: int) -> bytes:
        start = self._starts[position]
        line = self._text[start : self._text.find(b"\n", start)]
        return line or as_bytes(self._files[position].path)  # one of the odd

    def _line_at(self, offset: int) -> int:
        """The file on whose line an offset of the text lies."""
        return bisect_right(self._starts, offset) - 1

    def _named(self, name: str) -> list[int]:
        """The files that are called so, in small letters."""
        found = [position for position in self._odd if self._files[position].name.lower() == name]
        for before in (b"/", b"\n"):
            whole = before + as_bytes(name) + b"\n"
            at = self._text.find(whole)
            while at >= 0:
                found.append(self._line_at(at + 1))
                at = self._text.find(whole, at + 1)
        return sorted(found)

    def _may_be(self, glob: str) -> bool:
        """Whether all that a path of this glob holds stands somewhere: for most globs something does not, and nothing
        need be compiled."""
        return all(map(self._stands, literals(glob)))

    def _stands(self, text: bytes) -> bool:
        known = self._there.get(text)
        if known is None:
            # most do not, as three bytes of them tell; the names of all folders and files are a quarter of all paths
            likely = all(self._threes.issuperset(_threes(part)) for part in text.split(b"/"))
            known = likely and text in (self._text if b"/" in text else self._parts)
            known = known or any(text in self._path(position) for position in self._odd)
            self._there[text] = known
        return known

    def _tried(self, glob: str, some: Sequence[int], *, sure: bool) -> int:
        """Those of some files that the glob matches."""
        if sure or not some:
            return self._bits(some)
        parts = literals(glob)
        rarest = max(parts, key=len, default=b"")
        if len(some) > _FEW and (holding := self._holding(rarest)) is not None:
            some = [at for at in some if at in holding]
        if not some:
            return 0
        matches = GlobSet([glob]).matches
        return self._bits(at for at in some if _holds(path := self._path(at), parts) and matches(path))

    def _holding(self, text: bytes) -> frozenset[int] | None:
        """The files whose path holds a text, and the odd ones; None where they are many."""
        if text not in self._held:
            found = {*self._odd}
            at = self._text.find(text) if text else -1
            while at >= 0 and len(found) <= _MANY:
                line = self._line_at(at)
                found.add(line)
                at = self._text.find(text, self._text.find(b"\n", at))
            self._held[text] = frozenset(found) if text and len(found) <= _MANY else None
        return self._held[text]

    def _bits(self, positions: Iterable[int]) -> int:
        """A bit a file, the first file's the highest."""
        digits = bytearray(b"0") * len(self._files)
        for position in positions:
            digits[position] = 49  # "1"
        return int(digits, 2) if digits else 0


def _in_order(files: Sequence[Entry]) -> list[Entry]:
    """By the bytes of the paths; where these are ASCII, texts have the same order."""
    if all(entry.path.isascii() for entry in files):
        return sorted(files, key=attrgetter("path"))
    return sorted(files, key=lambda entry: os.fsencode(entry.path))


def _threes(text: bytes) -> Iterator[tuple[int, int, int]]:
    """Each three bytes that stand side by side."""
    return zip(text, text[1:], text[2:], strict=False)


def _is_wild(text: str) -> bool:
    return any(char in text for char in "*?[")


def _holds(path: bytes, parts: Sequence[bytes]) -> bool:
    return all(part in path for part in parts)
