"""The hashes of the contents that a scan looked through."""

from __future__ import annotations

import os
from bisect import bisect_left
from collections.abc import Iterable
from typing import Final

from aiaudit.project.cache import content_hash

_SIZE: Final = len(content_hash(b""))
_MISSING, _UNREAD, _READ = 0, 1, 2


class Hashes:
    """By path; empty where the file could not be read or looked through whole. They are one text: as objects in a
    dictionary those of 120,000 files take 13 MB."""

    def __init__(self) -> None:
        self._paths: tuple[str, ...] = ()
        self._states = bytearray()
        self._digests = bytearray()
        self._next = 0  # the place that will be asked for, where all are in their order

    def expect(self, paths: Iterable[str]) -> None:
        """Make room for the files that will be looked through, which are sorted by the bytes of their paths."""
        self._paths = tuple(paths)
        self._states = bytearray(len(self._paths))
        self._digests = bytearray(_SIZE * len(self._paths))

    def put(self, number: int, digest: bytes) -> None:
        """The hash of the file that was expected as the `number`th, from 0."""
        self._states[number] = _READ if digest else _UNREAD
        if digest:
            self._digests[number * _SIZE : (number + 1) * _SIZE] = digest

    def get(self, path: str) -> bytes | None:
        """The hash of a file; None where none was put. Cheap where files are asked for in path order."""
        at = self._next
        if at >= len(self._paths) or self._paths[at] != path:
            at = bisect_left(self._paths, os.fsencode(path), key=os.fsencode)
            if at == len(self._paths) or self._paths[at] != path:
                return None
        self._next = at + 1
        if self._states[at] == _MISSING:
            return None
        return bytes(self._digests[at * _SIZE : (at + 1) * _SIZE]) if self._states[at] == _READ else b""
