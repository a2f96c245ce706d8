"""Probe `dependencies.mismatches`: where a manifest and its lock disagree."""

from __future__ import annotations

from typing import Any, ClassVar, Final

from aiaudit.model.fact import Fact, Level
from aiaudit.model.types import BOOL, INT, STRING, Type, list_of, record
from aiaudit.probes.base import Context, Probe, Query
from aiaudit.probes.dependencies.inventory import inventory
from aiaudit.probes.dependencies.overview import overview, primary_depth
from aiaudit.probes.reading import listed, scope_of

MISMATCH: Final = record(
    "mismatch",
    path=STRING,
    line=INT,
    name=STRING,
    spec=STRING,
    held=STRING,
    kind=STRING,
    lock=STRING,
    lock_line=INT,
    primary=BOOL,
)
_METHOD: Final = "manifests compared with their lock files; no resolver was run"


class MismatchesQuery(Query):
    """No options."""


class Mismatches(Probe[MismatchesQuery]):
    """One record a dependency. `kind`: missing (the lock lacks it) or outside (`held` is not in the range `spec`).
    `primary`: the manifest is one of the project's own, see `dependencies.manifests`."""

    name: ClassVar[str] = "dependencies.mismatches"
    title: ClassVar[str] = "Dependencies that a manifest declares and its lock lacks or holds outside the range"
    query: ClassVar[type[Query]] = MismatchesQuery
    max_level: ClassVar[Level] = Level.CONTENT

    def value_type(self, query: MismatchesQuery) -> Type:
        return list_of(MISMATCH)

    def answer(self, fact_id: str, query: MismatchesQuery, context: Context) -> Fact:
        views = overview(context)[0]
        depth = primary_depth(views)
        records: list[dict[str, Any]] = []
        for view in views:
            coverage = view.lock.coverage if view.lock else None
            if view.lock is None or coverage is None:
                continue
            primary = view.is_primary(depth)
            for one in coverage.mismatches:
                records.append(
                    {
                        "path": one.dependency.path,
                        "line": one.dependency.line,
                        "name": one.dependency.name,
                        "spec": one.dependency.spec,
                        "held": one.held,
                        "kind": "outside" if one.held else "missing",
                        "lock": view.lock.lock.path,
                        "lock_line": one.lock_line,
                        "primary": primary,
                    }
                )
        found = inventory(context)
        return listed(
            fact_id,
            records,
            method=_METHOD,
            level=Level.CONTENT,
            scope=scope_of(found.paths, found.problems),
            note="name",
        )
