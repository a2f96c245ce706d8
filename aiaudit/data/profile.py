"""The profile of one data set, and the comparison of two: which passes run, in which order, and what they add up to."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, ParamSpec, TypeVar

from aiaudit.data import columns as pass_a
from aiaudit.data import exact, leakage
from aiaudit.data.chat import Shape, conversations, near, shape_of
from aiaudit.data.drift import compare
from aiaudit.data.engine import Engine, EngineError, OutOfMemory, Relation
from aiaudit.data.model import Chat, Column, Dataset, GroupRate, IdColumn, Label, Pair, Sample, Source
from aiaudit.data.naming import id_columns, label_column
from aiaudit.data.overlap import overlap, text_overlap
from aiaudit.data.preference import preference
from aiaudit.data.sample import SEED, look

NEAR_CONSTANT_BELOW: Final = 10_000  # distinct values: more cannot be nearly constant
_SENTENCE: Final = 60  # characters on average: texts, not names
P = ParamSpec("P")
T = TypeVar("T")
_DATES: Final = frozenset({"date", "timestamp"})


@dataclass(frozen=True, slots=True)
class Profiled:
    """A profiled set, still open for comparison with others."""

    dataset: Dataset
    relation: Relation
    groups: tuple[GroupRate, ...] = ()
    notes: list[str] = field(default_factory=list)
    sample: Sample | None = None
    shape: Shape | None = None
    drawn: Relation | None = None  # the sample itself


def profile(engine: Engine, source: Source, now: dt.datetime) -> Profiled:
    """All passes, pass C as far as the declared columns call for it. Raises `Unopened` and the engine's errors."""
    relation = engine.open(source)
    source = _with_conventions(source, list(relation.table.columns))
    relation = replace(relation, source=source)
    notes = [f"{source.name}: {note}" for note in relation.notes]
    scanned = pass_a.scan(engine, relation)
    while (wider := engine.widen(relation)) is not None:
        relation = wider
        scanned = pass_a.scan(engine, relation)
    measured = _Measured(source.name, notes)
    malformed = engine.malformed(relation)
    relation = measured.of("a copy for the further passes", engine.settle, relation) or relation
    looked = measured.of("sample", look, engine, relation, scanned.rows, scanned.columns)
    columns = list(looked.columns if looked else scanned.columns)
    found = _with_exact(engine, relation, columns, measured)
    latest = _latest(found, source, now)
    shape = shape_of(relation)
    profiled = Profiled(
        Dataset(
            source.name,
            source.path,
            relation.format or source.format,
            role=source.role,
            provenance=source.provenance,
            rows=scanned.rows,
            size_bytes=relation.size_bytes,
            malformed=malformed,
            duplicate_rows=measured.of("duplicate rows", exact.duplicate_rows, engine, relation),
            columns=tuple(found),
            ids=tuple(_ids(engine, relation, source, measured)),
            freshness_days=(now - latest).total_seconds() / 86400 if latest else None,
            latest=latest,
            chat=_chat(engine, relation, shape, measured) if shape else None,
            preference=measured.of("preferences", preference, engine, relation),
        ),
        relation,
        notes=notes,
        sample=looked.sample if looked else None,
        shape=shape,
        drawn=looked.drawn if looked else None,
    )
    return _labelled(engine, profiled, measured)


def _labelled(engine: Engine, profiled: Profiled, measured: _Measured) -> Profiled:
    """With what the label shows: balance, conflicts, leakage, groups."""
    dataset, relation, source = profiled.dataset, profiled.relation, profiled.relation.source
    column = source.label
    if column is None:
        return profiled
    if column not in relation.table.columns:
        profiled.notes.append(f"{source.name}: there is no column {column}")
        return profiled
    features = [c for c in dataset.columns if c.name != column and c.name not in source.ids]
    names = [c.name for c in features]
    label = measured.of("label", exact.label_balance, engine, relation, column)
    conflicts = measured.of("conflicting labels", exact.conflicting_groups, engine, relation, column, names)
    if any(c.name == column and c.personal for c in dataset.columns):
        label = Label(column, None)  # its classes are somebody's data
    label = replace(label, conflicting_groups=conflicts) if label else None
    leaks = measured.of("leakage", leakage.single_feature, engine, relation, column, features, drawn=profiled.drawn)
    dataset = replace(dataset, label=label, leakage=None if leaks is None else tuple(leaks))
    groups = _groups(engine, relation, source, label.balance if label else None, measured)
    return replace(profiled, dataset=dataset, groups=groups)


def _chat(engine: Engine, relation: Relation, shape: Shape, measured: _Measured) -> Chat | None:
    chat = measured.of("conversations", conversations, engine, relation, shape)
    if chat is None:
        return None
    similar, compared = near(engine, relation, shape, chat.conversations, SEED)
    if compared < chat.conversations - chat.empty_conversations and similar is not None:
        measured.notes.append(f"{measured.name}: near duplicates among {compared:,} of {chat.conversations:,}")
    return replace(chat, near_duplicates=similar, near_compared=compared)


def _with_conventions(source: Source, columns: list[str]) -> Source:
    """Columns named like an id or a label, where nothing is declared. Their provenance is then the name."""
    if source.ids and source.label:
        return source
    return replace(
        source,
        ids=source.ids or tuple(id_columns(columns)),
        label=source.label or label_column(columns),
        provenance=source.provenance or "names",
    )


def overlap_of(engine: Engine, a: Profiled, b: Profiled) -> Pair | None:
    """Rows, ids, groups and similar texts that both sets hold; None, with a note, where it could not be computed."""
    ids = tuple(dict.fromkeys((*a.relation.source.ids, *b.relation.source.ids)))
    groups = tuple(dict.fromkeys((*a.relation.source.groups, *b.relation.source.groups)))
    time = a.relation.source.time or b.relation.source.time
    measured = _Measured(f"{a.dataset.name}, {b.dataset.name}", a.notes)
    pair = measured.of("overlap", overlap, engine, a.relation, b.relation, ids=ids, groups=groups, time=time)
    sides = _texts_of(a), _texts_of(b)
    if pair is None or sides[0] is None or sides[1] is None:
        return pair
    texts = measured.of("overlap of texts", text_overlap, engine, a.relation, b.relation, (sides[0], sides[1]))
    if texts is None:
        return pair
    if texts.compared[0] < (a.dataset.rows or 0):
        a.notes.append(f"{measured.name}: similar texts looked for among {texts.compared[0]:,} of the first set's rows")
    return replace(pair, overlap_prompts=texts.equal, overlap_near=texts.similar)


def _texts_of(side: Profiled) -> Shape | None:
    """Where the set's texts are: its conversations, else its longest text column, if that holds sentences."""
    if side.shape is not None:
        return side.shape
    long = [c for c in side.dataset.columns if c.type == "text" and (c.length_mean or 0) >= _SENTENCE]
    return Shape("text", (max(long, key=lambda c: c.length_mean or 0).name,)) if long else None


def drift_of(engine: Engine, reference: Profiled, current: Profiled) -> Pair | None:
    """Drift of every column that is no id; None, with a note, where it could not be computed."""
    left_out = {*reference.relation.source.ids, *current.relation.source.ids}
    left_out |= set(leakage.id_like(reference.dataset.columns, reference.dataset.rows or 0))
    measured = _Measured(f"{reference.dataset.name}, {current.dataset.name}", reference.notes)
    found = measured.of("drift", compare, engine, reference.relation, current.relation, leave_out=sorted(left_out))
    if found is None:
        return None
    reference.notes.extend(f"{current.dataset.name}: {note}" for note in found.notes)
    secret = {c.name for side in (reference, current) for c in side.dataset.columns if c.personal}
    columns = [replace(c, new_categories=None) if c.name in secret else c for c in found.columns]
    return Pair(
        reference.dataset.name,
        current.dataset.name,
        "drift",
        columns=tuple(columns),
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
            self.notes.append(f"{self.name}: {what}: unknown: memory ({error})")
        except EngineError as error:
            self.notes.append(f"{self.name}: {what}: not computed: {error}")
        return None


def _with_exact(engine: Engine, relation: Relation, found: list[Column], measured: _Measured) -> list[Column]:
    fences = measured.of("outliers", exact.outliers, engine, relation, found) or {}
    few = [c.name for c in found if c.distinct is not None and 1 < c.distinct <= NEAR_CONSTANT_BELOW]
    shares = measured.of("commonest values", exact.commonest_shares, engine, relation, few) or {}
    return [replace(c, near_constant=shares.get(c.name), outliers=fences.get(c.name)) for c in found]


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


def _latest(found: Sequence[Column], source: Source, now: dt.datetime) -> dt.datetime | None:
    """The latest time in the declared time column, else in any date column; times to come do not count."""
    named = [c for c in found if c.name == source.time] or [c for c in found if c.type in _DATES]
    times = [_aware(c.max) for c in named if c.max is not None and c.type in _DATES]
    return max((time for time in times if time <= now), default=None)


def _aware(value: Any) -> dt.datetime:
    time: dt.datetime = value if isinstance(value, dt.datetime) else dt.datetime.combine(value, dt.time())
    return time if time.tzinfo else time.replace(tzinfo=dt.UTC)
