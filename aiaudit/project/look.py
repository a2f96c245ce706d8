"""What a worker does with a file: read it once, and let the engines that want it look through it.

An answer is the hash of the file's content and a part for each engine; `parts_of` takes it apart.
"""

from __future__ import annotations

import contextlib
import struct
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from aiaudit.debug import show_where
from aiaudit.plain_json import encode
from aiaudit.project import pool
from aiaudit.project.cache import content_hash
from aiaudit.project.entry import Entry
from aiaudit.project.reader import IS_POINTER, Content, Reader, is_pointer
from aiaudit.project.roles import POINTED
from aiaudit.project.tree import Project, limit_of

if TYPE_CHECKING:
    from aiaudit.probes.base import Engine

_AHEAD: Final = 512 * 1024  # bytes that are read before the first of these files is looked through
_HASH: Final = 20
_PART: Final = struct.Struct("<BBI")  # engine, what it is, length
HIT, FOUND, ERROR = 0, 1, 2

Engines = tuple[tuple[int, bytes], ...]
"""Those that look through a file: (number of the engine, cache id under which it does)."""


class Task(Struct, frozen=True, gc=False):
    """One file, and the engines that look through it."""

    entry: Entry
    engines: Engines


class Looker:
    """Looks through files, each worker by itself. What differs from pass to pass is set before workers are forked.

    `again`: the engines of this pass by task, where they are not those of the task. `known`: the contents that are
    answered already, by the cache id of the engine.
    """

    def __init__(self, project: Project, engines: Sequence[Engine], tasks: Sequence[Task]) -> None:
        self.again: dict[int, Engines] = {}
        self.known: Mapping[bytes, frozenset[bytes]] = {}
        self._project = project
        self._engines = engines
        self._tasks = tasks
        self._reader: Reader | None = None
        self._read: dict[int, tuple[Content, bytes]] = {}  # by task: read ahead, with its hash
        self._here = self._end = 0  # its place in its chunk

    def close(self) -> None:
        """Let go of the folder that is open."""
        if self._reader is not None:
            self._reader.close()

    def engines_of(self, number: int) -> Engines:
        """The engines that are to look through the file of a task in this pass."""
        return self.again.get(number) or self._tasks[number].engines

    def look_on(self, todo: Sequence[int], position: int, ends: Mapping[int, int]) -> bytes:
        """Look through the next file of a chunk, in a worker; engines that want it are shown some files before. What is
        left of a chunk after a crash is looked through file by file."""
        follows = position == self._here + 1 < self._end
        self._here, self._end = position, self._end if follows else ends.get(position, 0)
        number = todo[position]
        if number not in self._read:
            self._read.clear()
            if self._end - position > 1:
                self._look_ahead(todo[position : self._end])
        return self.look(number)

    def _look_ahead(self, numbers: Sequence[int]) -> None:
        """Read the first of these files and show them to the engines. What goes wrong shows when it is their turn."""
        able = {number: ahead for number, one in enumerate(self._engines) if (ahead := getattr(one, "ahead", None))}
        shown: dict[int, list[tuple[bytes, Entry]]] = {number: [] for number in able}
        size = 0
        with contextlib.suppress(Exception):
            for number in numbers if able else ():
                entry = self._tasks[number].entry
                content, digest = self._read[number] = self._content(entry)
                for engine, made in self.engines_of(number) if not content.truncated else ():
                    if engine in shown and digest not in self.known.get(made, ()):
                        shown[engine].append((content.data, entry))
                size += len(content.data)
                if size >= _AHEAD:
                    break
        for engine, files in shown.items():
            with contextlib.suppress(Exception):
                able[engine](files)

    def _content(self, entry: Entry) -> tuple[Content, bytes]:
        """What a file holds, and the hash of that."""
        data = self._project.remembered(entry.path)
        if data is not None:
            return Content(data, len(data)), content_hash(data)
        if self._reader is None:  # each worker has its own: a chain of open folders is not shared
            self._reader = Reader(self._project.root)
        content = self._reader.read(entry.path, limit_of(entry))
        return content, content_hash(content.data)

    def look(self, number: int) -> bytes:
        """Read one file and look through it, in a worker. Answers with the content's hash and a part an engine."""
        entry = self._tasks[number].entry
        ahead = self._read.pop(number, None)
        content, digest = ahead or self._content(entry)
        data, truncated = content.data, content.truncated
        parts = [digest]
        for engine, made in self.engines_of(number):
            kind, body = self._part(self._engines[engine], made, entry, data, digest, truncated=truncated)
            parts.append(_PART.pack(engine, kind, len(body)))
            parts.append(body)
        return b"".join(parts)

    def _part(
        self, engine: Engine, made: bytes, entry: Entry, data: bytes, digest: bytes, *, truncated: bool
    ) -> tuple[int, bytes]:
        if truncated and not getattr(engine, "takes_head", False):
            return ERROR, f"larger than {limit_of(entry) // (1024 * 1024)} MB".encode()
        if is_pointer(data) and entry.role not in POINTED and not getattr(engine, "takes_pointers", False):
            return ERROR, IS_POINTER.encode()
        if digest in self.known.get(made, ()) and not truncated:
            return HIT, b""
        try:
            result = engine.scan(data, entry)
        except Exception as error:
            show_where()
            return ERROR, pool.reason_of(error).encode()
        if truncated:
            result["truncated"] = True
        pack = getattr(engine, "pack", None)
        if pack is not None:
            pack(result)
        return FOUND, encode(result)


def parts_of(answer: bytes) -> tuple[bytes, Iterator[tuple[int, int, bytes]]]:
    """The hash of the content, and of each engine: its number, HIT, FOUND or ERROR, and what it says."""

    def parts() -> Iterator[tuple[int, int, bytes]]:
        position = _HASH
        while position < len(answer):
            engine, kind, length = _PART.unpack_from(answer, position)
            position += _PART.size
            yield engine, kind, answer[position : position + length]
            position += length

    return answer[:_HASH], parts()
