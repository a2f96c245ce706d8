"""What a tree holds, as one digest: names, kinds and contents. The same digest means the same answers of its probes.

The content decides. So that an unchanged file need not be read again, its hash is kept with size, times of change and
inode, and trusted as git trusts its index: only where all of them are the same and the last change is older than the
note (a file can be changed twice within one tick of the clock). A file of which no probe reads the whole is known by
these figures alone.
"""

from __future__ import annotations

import hashlib
import os
import struct
import time
from array import array
from collections.abc import Iterator
from operator import eq
from typing import TYPE_CHECKING, Final

from aiaudit.project.cache import content_hash, engine_id
from aiaudit.project.hashes import Hashes
from aiaudit.project.reader import Unreadable
from aiaudit.project.tree import Project, limit_of

if TYPE_CHECKING:
    from aiaudit.project.cache import Cache
    from aiaudit.project.entry import Entry

RACY_NS: Final = 2_000_000_000  # the coarsest clock of a common file system (FAT) ticks every two seconds
_FORM: Final = "3"  # of the note
_TOGETHER: Final = 5000  # files of which a note is written at once
_ROW: Final = struct.Struct("qqqq")  # figures: size, time of change of the content and of the inode (ns), inode
_GONE: Final = (-1, -1, -1, -1)
_INODE: Final = (1 << 63) - 1
_HASH: Final = len(content_hash(b""))


class Manifest:
    """The contents of one tree, by their hashes. Make it before anything is read; then ask for `digest`.

    Figures of 100,000 files are one array, and a note some texts: as objects they would take 60 MB.
    """

    def __init__(self, project: Project, cache: Cache) -> None:
        self._project = project
        self._cache = cache
        self._slot = engine_id(f"manifest {_FORM}", os.path.realpath(project.root))
        self._began = time.time_ns()
        self._figures = self._look()
        self._hashes = Hashes()  # of what was read; empty where it could not be looked through
        kept = cache.kept(self._slot, b"")
        self._noted = self._trusted(kept) if kept else {}
        self.seen_before = bool(kept)  # else it is not worth asking for the digest before the files are read
        self.read_again = 0  # files whose figures could not be trusted

    def learn(self, hashes: Hashes) -> None:
        """Take the hashes of contents that were read meanwhile; empty where a content could not be looked through."""
        self._hashes = hashes

    def digest(self) -> bytes | None:
        """The digest of the tree; None where a file cannot be read, for then nobody knows what it holds."""
        made = hashlib.blake2b(digest_size=20)
        for skipped in self._project.skipped:
            made.update(f"{skipped.path}\0{skipped.reason}\n".encode("utf-8", "surrogateescape"))
        made.update(f"{self._project.complete}\n".encode())
        figures = self._rows()
        for entry in self._project.entries:
            content = self._content(entry, next(figures)) if entry.kind == "file" else ""
            if content is None:
                return None
            about = (entry.path, entry.kind, entry.size, entry.ignored, entry.role, entry.sparse, entry.target, content)
            made.update("\0".join(map(str, about)).encode("utf-8", "surrogateescape") + b"\n")
        return made.digest()

    def unchanged(self) -> bool:
        """Whether every file still is as it was at the beginning."""
        return all(map(eq, self._each(), self._rows()))

    def note(self) -> None:
        """Keep the hashes for the next run."""
        self._cache.keep(self._slot, b"", self._note())

    def _note(self) -> Iterator[bytes]:
        """Its parts: when it was made, then of some files each their names, figures and hashes."""
        yield str(self._began).encode("ascii")
        names: list[str] = []
        rows, hashes = bytearray(), bytearray()
        for entry, figures in zip(self._project.files, self._rows(), strict=True):
            known = self._known(entry)
            if known and figures != _GONE:
                names.append(entry.path)
                rows += _ROW.pack(*figures)
                hashes += known
                if len(names) == _TOGETHER:
                    yield from _part(names, rows, hashes)
                    names.clear()
                    rows.clear()
                    hashes.clear()
        if names:
            yield from _part(names, rows, hashes)

    def _content(self, entry: Entry, figures: tuple[int, ...]) -> str | None:
        if figures == _GONE:
            return None
        if figures[0] > limit_of(entry):
            return None if self._is_racy(figures, self._began) else repr(figures)
        known = self._known(entry)
        if known is None:
            self.read_again += 1
            known = self._noted[entry.path] = self._hash(entry)
        return known.hex() or None

    def _known(self, entry: Entry) -> bytes | None:
        """The hash of what the file holds; empty where it could not be looked through."""
        known = self._hashes.get(entry.path)
        return self._noted.get(entry.path) if known is None else known

    def _hash(self, entry: Entry) -> bytes:
        try:
            return content_hash(self._project.read(entry.path))
        except Unreadable:
            return b""

    def _rows(self) -> Iterator[tuple[int, ...]]:
        """The figures of each regular file, in their order."""
        return _ROW.iter_unpack(self._figures)

    def _look(self) -> array[int]:
        """The figures of every regular file, in one array."""
        found = array("q")
        for figures in self._each():
            found.extend(figures)
        return found

    def _each(self) -> Iterator[tuple[int, ...]]:
        """The figures of each regular file as they are now. Only its entry is looked at; nothing is opened."""
        root = os.path.join(self._project.root, "")  # noqa: PTH118 (a path object a file takes ten times as long)
        for entry in self._project.files:
            try:
                status = os.lstat(root + entry.path)
            except OSError:
                yield _GONE
                continue
            yield status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino & _INODE

    def _trusted(self, kept: list[memoryview]) -> dict[str, bytes]:
        """The noted hashes of files whose figures are the same, and were settled when they were noted."""
        places: dict[str, tuple[int, int]] = {}  # in which part a file is noted, and where in it
        try:
            began = int(bytes(kept[0]))
            for part in range(1, len(kept), 3):
                names, rows, hashes = kept[part : part + 3]
                paths = str(names, "utf-8", "surrogateescape").split("\0")
                if len(rows) != len(paths) * _ROW.size or len(hashes) != len(paths) * _HASH:
                    return {}
                places.update((path, (part, place)) for place, path in enumerate(paths))
        except ValueError:  # also where a text is no UTF-8
            return {}
        same: dict[str, bytes] = {}
        for entry, figures in zip(self._project.files, self._rows(), strict=True):
            at = places.get(entry.path)
            if at is None or self._is_racy(figures, began):
                continue
            part, place = at
            if _ROW.unpack_from(kept[part + 1], place * _ROW.size) == figures:
                same[entry.path] = bytes(kept[part + 2][place * _HASH : (place + 1) * _HASH])
        return same

    @staticmethod
    def _is_racy(figures: tuple[int, ...], at: int) -> bool:
        return max(figures[1], figures[2]) > at - RACY_NS


def _part(names: list[str], rows: bytearray, hashes: bytearray) -> tuple[bytes, bytes, bytes]:
    return "\0".join(names).encode("utf-8", "surrogateescape"), bytes(rows), bytes(hashes)
