"""The profile of one data set, and the comparison of two: which passes run, in which order, and what they add up to."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Final, ParamSpec, TypeVar

from aiaudit.data import columns as pass_a
from aiaudit.data import exact, leakage
from aiaudit.data.drift import compare
from aiaudit.data.engine import Engine, EngineError, OutOfMemory, Relation
from aiaudit.data.model import Column, Dataset, GroupRate, IdColumn, Pair, Source
from aiaudit.data.overlap import overlap

NEAR_CONSTANT_BELOW: Final = 10_000  # distinct values: more cannot be nearly constant
P = ParamSpec("P")
T = TypeVar("T")
_DATES: Final = frozenset({"date", "timestamp"})


@dataclass(slots=True)
class Profiled:
    """A profiled set, still open for comparison with others."""

    dataset: Dataset
    relation: Relation
    groups: tuple[GroupRate, ...] = ()
    notes: list[str] = field(default_factory=list)


def profile(engine: Engine, source: Source, now: dt.datetime) -> Profiled:
    """Pass A and the exact figures that the declared columns call for. Raises `Unopened`."""
    relation = engine.open(source)
    notes = [f"{source.name}: {note}" for note in relation.notes]
    scanned = pass_a.scan(engine, relation)
    wider = engine.widen(relation)
    if wider is not None:
        relation = wider
        scanned = pass_a.scan(engine, relation)
    measured = _Measured(source.name, notes)
    found = _with_exact(engine, relation, list(scanned.columns), measured)
    latest = _latest(scanned.columns, source, now)
    label, leaks = None, None
    groups: tuple[GroupRate, ...] = ()
    if source.label is not None and source.label in relation.table.columns:
        column = source.label
        features = [c.name for c in found if c.name != column and c.name not in source.ids]
        label = measured.of("label", exact.label_balance, engine, relation, column)
        conflicts = measured.of("conflicting labels", exact.conflicting_groups, engine, relation, column, features)
        label = replace(label, conflicting_groups=conflicts) if label else None
        chosen = [c for c in found if c.name in features]
        leaks = measured.of("leakage", leakage.single_feature, engine, relation, column, chosen)
        groups = _groups(engine, relation, source, label.balance if label else None, measured)
    elif source.label is not None:
        notes.append(f"{source.name}: there is no column {source.label}")
    dataset = Dataset(
        source.name,
        source.path,
        source.format,
        role=source.role,
        provenance=source.provenance,
        rows=scanned.rows,
        size_bytes=relation.size_bytes,
        malformed=engine.malformed(relation),
        duplicate_rows=measured.of("duplicate rows", exact.duplicate_rows, engine, relation),
        columns=tuple(found),
        ids=tuple(_ids(engine, relation, source, measured)),
        label=label,
        leakage=None if leaks is None else tuple(leaks),
        freshness_days=(now - latest).total_seconds() / 86400 if latest else None,
        latest=latest,
    )
    return Profiled(dataset, relation, groups, notes)


def overlap_of(engine: Engine, a: Profiled, b: Profiled) -> Pair | None:
    """Rows, ids and groups that both sets hold; None, with a note, where it could not be computed."""
    ids = tuple(dict.fromkeys((*a.relation.source.ids, *b.relation.source.ids)))
    groups = tuple(dict.fromkeys((*a.relation.source.groups, *b.relation.source.groups)))
    time = a.relation.source.time or b.relation.source.time
    measured = _Measured(f"{a.dataset.name}, {b.dataset.name}", a.notes)
    return measured.of("overlap", overlap, engine, a.relation, b.relation, ids=ids, groups=groups, time=time)


def drift_of(engine: Engine, reference: Profiled, current: Profiled) -> Pair | None:
    """Drift of every column that is no id; None, with a note, where it could not be computed."""
    left_out = {*reference.relation.source.ids, *current.relation.source.ids}
    left_out |= set(leakage.id_like(reference.dataset.columns, reference.dataset.rows or 0))
    measured = _Measured(f"{reference.dataset.name}, {current.dataset.name}", reference.notes)
    found = measured.of("drift", compare, engine, reference.relation, current.relation, leave_out=sorted(left_out))
    if found is None:
        return None
    reference.notes += [f"{current.dataset.name}: {note}" for note in found.notes]
    return Pair(
        reference.dataset.name,
        current.dataset.name,
        "drift",
        columns=found.columns,
        missing_columns=found.missing,
    )


@dataclass(frozen=True, slots=True)
class _Measured:
    """Runs a measurement; what cannot be computed is None with a note."""

    name: str
    notes: list[str]

    def of(self, what: str, measure: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T | None:
        try:
            return measure(*args, **kwargs)
        except OutOfMemory as error:
            self.notes.append(f"{self.name}: {what}: not computed: memory ({error})")
        except EngineError as error:
            self.notes.append(f"{self.name}: {what}: not computed: {error}")
        return None


def _with_exact(engine: Engine, relation: Relation, found: list[Column], measured: _Measured) -> list[Column]:
    fences = measured.of("outliers", exact.outliers, engine, relation, found) or {}
    full = []
    for column in found:
        few = column.distinct is not None and 1 < column.distinct <= NEAR_CONSTANT_BELOW
        share = None
        if few:
            what = f"{column.name}: commonest value"
            share = measured.of(what, exact.commonest_share, engine, relation, column.name)
        full.append(replace(column, near_constant=share, outliers=fences.get(column.name)))
    return full


def _ids(engine: Engine, relation: Relation, source: Source, measured: _Measured) -> list[IdColumn]:
    return [
        IdColumn(column, measured.of(f"{column}: duplicates", exact.duplicate_ids, engine, relation, column))
        for column in source.ids
        if column in relation.table.columns
    ]


def _groups(
    engine: Engine, relation: Relation, source: Source, balance: dict[str, float] | None, measured: _Measured
) -> tuple[GroupRate, ...]:
    """Positive rates by the columns declared as sensitive; only a label of two classes has a positive one."""
    if source.label is None or balance is None or len(balance) != 2:
        return ()
    positive = positive_class(balance)
    rates: list[GroupRate] = []
    for column in source.sensitive:
        if column in relation.table.columns:
            what = f"{column}: groups"
            rates += measured.of(what, exact.group_rates, engine, relation, source.label, positive, column) or []
    return tuple(rates)


def positive_class(balance: dict[str, float]) -> str:
    """The class that counts as the positive outcome: 1, true, yes and the like, else the rarer one."""
    said = ("1", "1.0", "true", "yes", "y", "t", "positive", "approved", "accepted", "hired", "good")
    for value in balance:
        if value.strip().lower() in said:
            return value
    return min(balance, key=lambda value: (balance[value], value))


def _latest(found: tuple[Column, ...], source: Source, now: dt.datetime) -> dt.datetime | None:
    """The latest time in the declared time column, else in any date column; times to come do not count."""
    named = [c for c in found if c.name == source.time] or [c for c in found if c.type in _DATES]
    times = [_aware(c.max) for c in named if c.max is not None and c.type in _DATES]
    return max((time for time in times if time <= now), default=None)


def _aware(value: Any) -> dt.datetime:
    time: dt.datetime = value if isinstance(value, dt.datetime) else dt.datetime.combine(value, dt.time())
    return time if time.tzinfo else time.replace(tzinfo=dt.UTC)
