"""The probe `data.profile`: what the data itself shows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Final, Literal

from aiaudit.model.fact import Confidence, Evidence, Fact, Level, Scope, State
from aiaudit.model.types import DYN, Type, map_of
from aiaudit.probes.base import Context, Probe, Query
from aiaudit.probes.profile.joined import Profile
from aiaudit.probes.profile.rows import TYPES, rows

if TYPE_CHECKING:
    from aiaudit.data.discovery import Found

What = Literal[
    "report",
    "sets",
    "columns",
    "faults",
    "overlaps",
    "drift",
    "groups",
    "features",
    "personal",
    "slices",
    "schemas",
    "mismatches",
]
_MOST: Final = 5000  # records of one kind
_MEMO: Final = "data.profile"
_SPLITS: Final = ("train", "validation", "test")


class ProfileQuery(Query):
    """what: sets (one a data set), columns, faults (gaps, duplicates, columns
    without content), overlaps (of two splits), drift (of a column, reference to current), groups
    (label rate of a declared sensitive group), features (how well one alone tells the label), personal (columns that
    hold personal data), slices (examples of a class or declared slice), schemas (declared, and held against the rows),
    mismatches (demands of a schema that rows do not meet), or report: the result's section `data`."""

    what: What = "sets"


class ProfileProbe(Probe[ProfileQuery]):
    """Data sets are found by what is declared and by suffix, and measured with DuckDB in worker processes of their own.

    Runs only where a selected check asks for it. -1 stands for what is not declared. No record holds a value of the
    data, but categories of labels and declared groups.
    """

    name: ClassVar[str] = "data.profile"
    title: ClassVar[str] = "data sets measured: quality, overlap, leakage, drift, personal data, groups"
    query: ClassVar[type[ProfileQuery]] = ProfileQuery
    max_level: ClassVar[Level] = Level.MEASURED

    def value_type(self, query: ProfileQuery) -> Type:
        return map_of(DYN) if query.what == "report" else TYPES[query.what]

    def answer(self, fact_id: str, query: ProfileQuery, context: Context) -> Fact:
        profile = _profile(context)
        scope = _scope(profile, query.what)
        method = "profile of the data"
        if not profile.found:
            empty: Any = {} if query.what == "report" else []
            return Fact(fact_id, State.ABSENT, empty, Level.MEASURED, method, scope=scope)
        if query.what == "report":
            evidence = tuple(Evidence(one.path, 1, one.provenance) for one in profile.found[:20])
            return Fact(fact_id, State.KNOWN, profile.section(), Level.MEASURED, method, evidence=evidence, scope=scope)
        records = rows(profile, query.what)[:_MOST]
        state = State.KNOWN if records else State.ABSENT
        places = list(dict.fromkeys((one["path"], one["line"]) for one in records))
        return Fact(
            fact_id,
            state,
            records,
            Level.MEASURED,
            method,
            Confidence.STRONG,
            tuple(Evidence(path, line, f"{query.what}") for path, line in places[:20]),
            scope,
        )


def _scope(profile: Profile, what: What) -> Scope:
    """The data sets that the records are about: for overlaps the splits, else all."""
    about = [n for n, one in enumerate(profile.found) if what != "overlaps" or one.role in _SPLITS]
    unread = [n for n in about if n in profile.unread]
    return Scope(len(about), len(about) - len(unread), tuple(profile.found[n].path for n in unread[:10]))


def _profile(context: Context) -> Profile:
    """Measured once for all queries."""
    known = context.memo.get(_MEMO)
    if isinstance(known, Profile):
        return known
    from aiaudit.data.discovery import discover

    url, engine, tables = context.options.get("data_engine"), None, False
    if url:
        from aiaudit.data.engines import is_embedded, reads_tables

        engine = None if is_embedded(url) else url
        tables = engine is not None and reads_tables(engine)
    found = discover(context.project, context.config, tables=tables)
    answers = _measured(context, found, engine) if found or engine else []
    made = context.memo[_MEMO] = Profile(found, answers)
    return made


def _measured(context: Context, found: Sequence[Found], engine: str | None) -> list[dict[str, Any]]:
    """One answer a task; what only measuring needs is imported here."""
    from aiaudit.probes.profile.labels import labels_in_code
    from aiaudit.probes.profile.measuring import measure
    from aiaudit.probes.profile.schemas import schemas_of
    from aiaudit.project.cache import open_cache

    cache = open_cache() if context.options.get("cache") else None
    try:
        return measure(
            context.project,
            found,
            context.as_of,
            cache=cache,
            progress=context.progress,
            labels=labels_in_code(context.project) if found else (),
            schemas=schemas_of(context.project, found),
            engine=engine,
        )
    finally:
        if cache is not None:
            cache.close()
