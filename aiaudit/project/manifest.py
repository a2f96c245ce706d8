"""What a tree holds, as one digest: names, kinds and contents. The same digest means the same answers of its probes.

The content decides. So that an unchanged file need not be read again, its hash is kept with size, times of change and
inode, and trusted as git trusts its index: only where all of them are the same and the last change is older than the
note (a file can be changed twice within one tick of the clock). A file of which no probe reads the whole is known by
these figures alone.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from aiaudit.plain_json import decode
from aiaudit.project.cache import content_hash, engine_id
from aiaudit.project.reader import Unreadable
from aiaudit.project.tree import Project, limit_of

if TYPE_CHECKING:
    from aiaudit.project.cache import Cache
    from aiaudit.project.entry import Entry

RACY_NS: Final = 2_000_000_000  # the coarsest clock of a common file system (FAT) ticks every two seconds
Figures = tuple[int, int, int, int]  # size, time of change of the content and of the inode (ns), inode


class Manifest:
    """The contents of one tree, by their hashes. Make it before anything is read; then ask for `digest`."""

    def __init__(self, project: Project, cache: Cache) -> None:
        self._project = project
        self._cache = cache
        self._slot = engine_id("manifest", os.path.realpath(project.root))
        self._began = time.time_ns()
        self._figures = self._look()
        self._hashes: dict[str, str] = {}
        kept = cache.kept(self._slot, b"")
        self._noted = self._trusted(kept[0]) if kept else {}
        self.seen_before = bool(kept)  # else it is not worth asking for the digest before the files are read
        self.read_again = 0  # files whose figures could not be trusted

    def learn(self, hashes: Mapping[str, bytes]) -> None:
        """Take the hashes of contents that were read meanwhile; empty where a content could not be looked through."""
        for path, made in hashes.items():
            self._hashes[path] = made.hex()

    def digest(self) -> bytes | None:
        """The digest of the tree; None where a file cannot be read, for then nobody knows what it holds."""
        made = hashlib.blake2b(digest_size=20)
        for skipped in self._project.skipped:
            made.update(f"{skipped.path}\0{skipped.reason}\n".encode("utf-8", "surrogateescape"))
        made.update(f"{self._project.complete}\n".encode())
        for entry in self._project.entries:
            content = self._content(entry) if entry.kind == "file" else ""
            if content is None:
                return None
            about = (entry.path, entry.kind, entry.size, entry.ignored, entry.role, entry.sparse, entry.target, content)
            made.update("\0".join(map(str, about)).encode("utf-8", "surrogateescape") + b"\n")
        return made.digest()

    def unchanged(self) -> bool:
        """Whether every file still is as it was at the beginning."""
        return self._look() == self._figures

    def note(self) -> None:
        """Keep the hashes for the next run."""
        rows = {path: [*self._figures[path], made] for path, made in self._hashes.items() if path in self._figures}
        data = {"at": self._began, "files": rows}
        self._cache.keep(self._slot, b"", [json.dumps(data, separators=(",", ":")).encode("ascii")])

    def _content(self, entry: Entry) -> str | None:
        figures = self._figures.get(entry.path)
        if figures is None:
            return None
        if figures[0] > limit_of(entry):
            return None if self._is_racy(figures, self._began) else repr(figures)
        known = self._hashes.get(entry.path)
        if known is None:
            known = self._noted.get(entry.path)
            if known is None:
                self.read_again += 1
                known = self._hash(entry)
            self._hashes[entry.path] = known
        return known or None

    def _hash(self, entry: Entry) -> str:
        try:
            return content_hash(self._project.read(entry.path)).hex()
        except Unreadable:
            return ""

    def _look(self) -> dict[str, Figures]:
        """The figures of every regular file. Only its entry is looked at; nothing is opened."""
        found: dict[str, Figures] = {}
        root = os.path.join(self._project.root, "")  # noqa: PTH118 (a path object a file takes ten times as long)
        for entry in self._project.files:
            try:
                status = os.lstat(root + entry.path)
            except OSError:
                continue
            found[entry.path] = (status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino)
        return found

    def _trusted(self, kept: memoryview) -> dict[str, str]:
        """The noted hashes of files whose figures are the same, and were settled when they were noted."""
        try:
            noted: dict[str, Any] = decode(kept)
            at = int(noted["at"])
            return {
                path: str(made)
                for path, (*figures, made) in noted["files"].items()
                if made and self._figures.get(path) == tuple(figures) and not self._is_racy(tuple(figures), at)
            }
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            return {}

    @staticmethod
    def _is_racy(figures: tuple[int, ...], at: int) -> bool:
        return max(figures[1], figures[2]) > at - RACY_NS
