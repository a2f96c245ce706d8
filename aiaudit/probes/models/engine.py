"""The engine of the model files: which files are looked at, and by whom."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, ClassVar, Final

from aiaudit.probes.models.formats import ALSO, EXPECTED
from aiaudit.project.entry import Entry
from aiaudit.project.tree import limit_of

if TYPE_CHECKING:
    from aiaudit.probes.base import Context, Query

NAME: Final = "models"
VERSION: Final = 8  # of what is said of a file; part of the cache key


def is_candidate(entry: Entry) -> bool:
    """Whether the file may be a model by its suffix; its bytes decide."""
    return entry.size > 0 and not entry.sparse and (entry.suffix in EXPECTED or entry.suffix in ALSO)


class ModelsEngine:
    """Looks at every file that may be a model. Files larger than the cap of one read are left to `large_files`."""

    name: ClassVar[str] = NAME
    takes_pointers = True  # that a model is elsewhere is said of it

    def __init__(self, queries: Iterable[Query]) -> None:
        self._expected = False  # whether there is a file whose name promises a model

    def key(self) -> str:
        return f"models {VERSION}"

    @property
    def bounded(self) -> bool:
        """Text and the like is judged by our own code alone; real models get a process of their own."""
        return not self._expected

    def wants(self, entry: Entry) -> bool:
        if not is_candidate(entry) or entry.size > limit_of(entry):
            return False
        self._expected = self._expected or entry.suffix in EXPECTED
        return True

    def scan(self, data: bytes, entry: Entry) -> dict[str, Any]:
        from aiaudit.probes.models.route import look
        from aiaudit.probes.models.source import Memory

        return look(Memory(data), entry.suffix)


def large_files(context: Context) -> dict[str, dict[str, Any]]:
    """What is said of the files that are too large to be read whole: they are read by pieces, in other processes.
    `{"error": reason}` for one that could not be looked through."""
    kept = context.memo.get("models.large")
    if isinstance(kept, dict):
        return kept
    large = [entry for entry in context.project.files if is_candidate(entry) and entry.size > limit_of(entry)]
    found: dict[str, dict[str, Any]] = _looked_at(context.project.root, large) if large else {}
    context.memo["models.large"] = found
    return found


def _looked_at(root: str, entries: list[Entry]) -> dict[str, dict[str, Any]]:
    from aiaudit.probes.models.route import look
    from aiaudit.probes.models.source import Stream
    from aiaudit.project import pool
    from aiaudit.project.reader import Reader

    def work(number: int) -> bytes:
        entry = entries[number]
        with Reader(root) as reader, reader.open(entry.path) as stream:
            return json.dumps(look(Stream(stream, stream.seek(0, 2)), entry.suffix)).encode("ascii")

    chunks = [(number, number + 1) for number in range(len(entries))]
    answers: Iterable[tuple[int, bytes | str]]
    if pool.can_fork():
        answers = pool.run(work, chunks, min(pool.available_jobs(), len(entries)), pool.Limits())
    else:
        answers = ((number, _tried(work, number)) for number in range(len(entries)))
    out: dict[str, dict[str, Any]] = {}
    for number, answer in answers:
        out[entries[number].path] = {"error": answer} if isinstance(answer, str) else json.loads(answer)
    return out


def _tried(work: Any, number: int) -> bytes | str:
    from aiaudit.project.pool import reason_of

    try:
        return bytes(work(number))
    except Exception as error:
        return reason_of(error)
