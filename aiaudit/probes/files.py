"""The probes `files.exists` and `files.large`: facts from the walk alone, no file is opened."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Final

from pydantic import Field

from aiaudit.model.fact import Evidence, Fact, Level, Scope, State
from aiaudit.model.rows import row
from aiaudit.model.types import BOOL, INT, STRING, Type, list_of, record
from aiaudit.probes.base import Context, Probe, Query
from aiaudit.project.entry import Entry
from aiaudit.project.roles import Role

MAX_EVIDENCE: Final = 25
MEGABYTE: Final = 1024 * 1024
_FILE: Final = record("file", path=STRING, line=INT, size=INT, suffix=STRING, role=STRING, ignored=BOOL)


class ExistsQuery(Query):
    """files: globs. roles: purposes a file may have (all). min_size: bytes; an empty file is none (1). ignored: whether
    files that a `.gitignore` matches count (no, for they are not delivered)."""

    files: list[str] = Field(min_length=1)
    roles: list[Role] | None = None
    min_size: int = Field(default=1, ge=0)
    ignored: bool = False


class LargeQuery(Query):
    """min_bytes: the size from which a file is large (5 MB). files, roles: which files count (all). ignored: whether
    files that a `.gitignore` matches count (no, for they are not in the repository)."""

    min_bytes: int = Field(default=5 * MEGABYTE, ge=1)
    files: list[str] = Field(default=["**/*"])
    roles: list[Role] | None = None
    ignored: bool = False


class ExistsProbe(Probe[ExistsQuery]):
    """Files by their paths. That a file is there says nothing of what is in it: level E1."""

    name: ClassVar[str] = "files.exists"
    title: ClassVar[str] = "files whose path matches a glob"
    query: ClassVar[type[ExistsQuery]] = ExistsQuery
    max_level: ClassVar[Level] = Level.EXISTS

    def value_type(self, query: ExistsQuery) -> Type:
        return list_of(_FILE)

    def answer(self, fact_id: str, query: ExistsQuery, context: Context) -> Fact:
        found = [
            entry
            for entry in context.project.matching(query.files, query.roles)
            if entry.size >= query.min_size and (query.ignored or not entry.ignored)
        ]
        return _fact(fact_id, found, context, Level.EXISTS)


class LargeProbe(Probe[LargeQuery]):
    """Files of at least some size. The size is a property of the file as it lies there: level E2."""

    name: ClassVar[str] = "files.large"
    title: ClassVar[str] = "files of at least a given size"
    query: ClassVar[type[LargeQuery]] = LargeQuery
    max_level: ClassVar[Level] = Level.CONTENT

    def value_type(self, query: LargeQuery) -> Type:
        return list_of(_FILE)

    def answer(self, fact_id: str, query: LargeQuery, context: Context) -> Fact:
        found = [
            entry
            for entry in context.project.matching(query.files, query.roles)
            if entry.size >= query.min_bytes and (query.ignored or not entry.ignored)
        ]
        return _fact(fact_id, found, context, Level.CONTENT)


def _fact(fact_id: str, found: Sequence[Entry], context: Context, level: Level) -> Fact:
    project = context.project
    files = sum(1 for _ in project.files)
    scope = Scope(files, files if project.complete else 0)
    if not found and not project.complete:
        return Fact(fact_id, State.UNKNOWN, method="walk", scope=scope, reason="the walk ended at its cap on files")
    if not found:
        return Fact(fact_id, State.ABSENT, [], level, "walk", scope=scope)
    evidence = tuple(Evidence(entry.display, None, _bytes(entry.size)) for entry in found[:MAX_EVIDENCE])
    made: dict[str, dict[str, Any]] = context.memo.setdefault("files.rows", {})  # one for all facts
    for entry in found:
        if entry.path not in made:
            made[entry.path] = _record(entry)
    rows = [made[entry.path] for entry in found]
    return Fact(fact_id, State.KNOWN, rows, level, "walk", evidence=evidence, scope=scope)


def _record(entry: Entry) -> dict[str, Any]:
    return row(
        {
            "path": entry.display,
            "line": 1,
            "size": entry.size,
            "suffix": entry.suffix,
            "role": entry.role.value,
            "ignored": entry.ignored,
        }
    )


def _bytes(size: int) -> str:
    if size < 1024:
        return f"{size} bytes"
    if size < MEGABYTE:
        return f"{size / 1024:.1f} kB"
    return f"{size / MEGABYTE:.1f} MB"
