"""What was measured of the same bytes in an earlier run."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from aiaudit.probes.profile.tasks import Task, places
from aiaudit.project.cache import Cache, engine_id
from aiaudit.project.reader import Unreadable

if TYPE_CHECKING:
    from aiaudit.data.discovery import Found
    from aiaudit.data.schema import Schema
    from aiaudit.project.tree import Project

_WHOLE: Final = 64 * 1024 * 1024  # bytes: larger files are known by size, time and inode instead of their hash


class Kept:
    """Answers of earlier runs about the same bytes, declarations and day."""

    def __init__(
        self,
        project: Project,
        found: Sequence[Found],
        depends: str,
        cache: Cache | None,
        schemas: Sequence[tuple[Schema, ...]],
    ) -> None:
        self.cache = cache
        self._schemas = schemas
        self._project = project
        self._found = found
        self._engine = engine_id("data.profile", depends)
        self._keys: dict[Task, bytes | None] = {}

    def get(self, task: Task) -> dict[str, Any] | None:
        key = self._key(task) if self.cache is not None else None
        if key is None or self.cache is None:
            return None
        known = self.cache.get([(self._engine, key)]).get((self._engine, key))
        return {**known, "sets": list(task.sets)} if known else None

    def put(self, task: Task, made: dict[str, Any]) -> None:
        key = self._key(task) if self.cache is not None else None
        if key is not None and self.cache is not None:
            self.cache.put([((self._engine, key), json.dumps(made, allow_nan=False).encode())])

    def _key(self, task: Task) -> bytes | None:
        if task not in self._keys:
            self._keys[task] = self._made(task)
        return self._keys[task]

    def _made(self, task: Task) -> bytes | None:
        digest = hashlib.blake2b(repr(places(task)).encode(), digest_size=20)
        try:
            for number in task.sets:
                one = self._found[number]
                part = one.declared.model_dump_json() if one.declared else ""
                if self._schemas:
                    digest.update(repr(self._schemas[number]).encode("utf-8", "surrogateescape"))
                said = (one.name, one.path, one.format, one.role, one.label, one.ids, one.time, one.provenance, part)
                digest.update(repr(said).encode("utf-8", "surrogateescape"))
                for path in one.files:
                    digest.update(self._content(path))
        except Unreadable:
            return None
        return digest.digest()

    def _content(self, path: str) -> bytes:
        with self._project.stream(path) as stream:
            status = os.fstat(stream.fileno())
            if status.st_size > _WHOLE:
                return repr((status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino)).encode()
            made = hashlib.blake2b(digest_size=20)
            while part := stream.read(1 << 20):
                made.update(part)
            return made.digest()
