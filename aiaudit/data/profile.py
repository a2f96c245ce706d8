"""The profile of one data set, and the comparison of two: which passes run, in which order, and what they add up to."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from typing import Any, Final, ParamSpec, TypeVar

from msgspec import Struct, field
from msgspec.structs import replace

from aiaudit.data import columns as pass_a
from aiaudit.data import exact, leakage
from aiaudit.data.chat import Shape, conversations, near, shape_of
from aiaudit.data.drift import compare
from aiaudit.data.engine import Engine, EngineError, OutOfMemory, Relation
from aiaudit.data.model import Chat, Column, Dataset, GroupRate, IdColumn, Label, Malformed, Pair, Sample, Source
from aiaudit.data.naming import id_columns, label_column
from aiaudit.data.overlap import overlap, text_overlap
from aiaudit.data.preference import preference
from aiaudit.data.sample import SEED, look

NEAR_CONSTANT_BELOW: Final = 10_000  # distinct values: more cannot be nearly constant
_NEARLY: Final = 0.85  # distinct values a row, by an estimate that is off by some per cent
_LIKELY: Final = 0.96
_GROUPED: Final = frozenset({"integer", "number", "text", "boolean", "date", "timestamp", "time"})
_SENTENCE: Final = 60  # characters on average: texts, not names
P = ParamSpec("P")
T = TypeVar("T")
_YEAR_2000: Final = 946_684_800  # in seconds since 1970
_YEAR_2100: Final = 4_102_444_800
_DATES: Final = frozenset({"date", "timestamp"})


class Profiled(Struct, frozen=True):
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
    source = _with_conventions(source, relation.columns)
    relation = replace(relation, source=source)
    notes = [f"{source.name}: {note}" for note in relation.notes]
    measured = _Measured(source.name, notes)
    relation, scanned = _scanned(engine, relation, measured)
    malformed = measured.of("malformed rows", engine.malformed, relation) or Malformed(None)
    looked = measured.of("sample", look, engine, relation, scanned.rows, scanned.columns)
    columns = list(looked.columns if looked else scanned.columns)
    found = _with_exact(engine, relation, columns, scanned.rows, measured)
    ids = _ids(engine, relation, source, found, scanned.rows, measured)
    found = [_counted(column, ids, scanned.rows) for column in found]
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
            duplicate_rows=0
            if _keys(found, ids, scanned.rows)
            else measured.of("duplicate rows", exact.duplicate_rows, engine, relation),
            columns=tuple(found),
            ids=tuple(ids),
            freshness_days=age_of(latest, now) if latest else None,
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


def _scanned(engine: Engine, relation: Relation, measured: _Measured) -> tuple[Relation, pass_a.Scan]:
    """Pass A over the relation, or over a copy of the text that it parses, with types that all values fit."""
    while True:
        settled = measured.of("a copy of the parsed text", engine.settle, relation)
        scanned = pass_a.scan(engine, relation) if settled is None else None
        wider = engine.widen(settled or relation)
        if wider is None:
            return settled or relation, scanned or pass_a.scan(engine, settled or relation)
        relation = wider


def _labelled(engine: Engine, profiled: Profiled, measured: _Measured) -> Profiled:
    """With what the label shows: balance, conflicts, leakage, groups."""
    dataset, relation, source = profiled.dataset, profiled.relation, profiled.relation.source
    column = source.label
    if column is None:
        return profiled
    if column not in relation.columns:
        profiled.notes.append(f"{source.name}: there is no column {column}")
        return profiled
    features = [c for c in dataset.columns if c.name != column and c.name not in source.ids]
    names = [c.name for c in features]
    label = measured.of("label", exact.label_balance, engine, relation, column)
    conflicts = (
        0
        if _any_key(engine, relation, features, dataset.rows, measured)
        else measured.of("conflicting labels", exact.conflicting_groups, engine, relation, column, names)
    )
    if any(c.name == column and c.personal for c in dataset.columns):
        label = Label(column, None)  # its classes are somebody's data
        profiled.notes.append(f"{source.name}: the classes of {column} are not told: they are personal data")
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


class _Measured(Struct, frozen=True):
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


def _with_exact(
    engine: Engine, relation: Relation, found: list[Column], rows: int, measured: _Measured
) -> list[Column]:
    """With outliers, the commonest value's share, and exact counts of distinct values where verdicts rest on them."""
    fences = measured.of("outliers", exact.outliers, engine, relation, found) or {}
    few = [c.name for c in found if c.distinct and c.distinct <= NEAR_CONSTANT_BELOW and not c.constant]
    few = [name for name in few if relation.kinds[name].word in _GROUPED]
    counted = measured.of("commonest values", exact.commonest, engine, relation, few) or {}
    full = []
    for column in found:
        share, distinct = counted.get(column.name, (None, None))
        if distinct is None and _may_be_id(column, relation, rows):
            what = f"{column.name}: distinct values"
            distinct = measured.of(what, exact.distinct_values, engine, relation, column.name)
        seen = replace(column, near_constant=share, outliers=fences.get(column.name))
        full.append(seen if distinct is None else replace(seen, distinct=distinct, distinct_exact=True))
    return full


def _any_key(
    engine: Engine, relation: Relation, columns: Sequence[Column], rows: int | None, measured: _Measured
) -> bool:
    """Whether one of the columns is a key; the likeliest is counted where none is known to be: that costs a fifth of
    comparing whole rows."""
    if rows is None or _keys(columns, (), rows):
        return rows is not None
    likely = [c for c in columns if not c.distinct_exact and c.distinct is not None and c.distinct >= _LIKELY * rows]
    likely = [c for c in likely if c.null_fraction == 0]
    if not likely:
        return False
    best = max(likely, key=lambda c: (c.distinct or 0, c.type == "number", c.name))
    return measured.of(f"{best.name}: distinct values", exact.distinct_values, engine, relation, best.name) == rows


def _may_be_id(column: Column, relation: Relation, rows: int) -> bool:
    """Whether (nearly) every row may have a value of its own, by an estimate; asked of sets of moderate size."""
    if column.distinct_exact or column.distinct is None or column.type not in ("text", "integer"):
        return False
    return (relation.size_bytes or pass_a.EXACT_BELOW) < pass_a.EXACT_BELOW and column.distinct >= _NEARLY * rows


def _ids(
    engine: Engine, relation: Relation, source: Source, found: Sequence[Column], rows: int, measured: _Measured
) -> list[IdColumn]:
    columns = {column.name: column for column in found}
    ids = []
    for name in (name for name in source.ids if name in columns):
        one = columns[name]
        if one.distinct_exact and one.distinct is not None and one.null_fraction is not None:
            ids.append(IdColumn(name, rows - round(one.null_fraction * rows) - one.distinct))
        else:
            ids.append(IdColumn(name, measured.of(f"{name}: duplicates", exact.duplicate_ids, engine, relation, name)))
    return ids


def _counted(column: Column, ids: Sequence[IdColumn], rows: int) -> Column:
    """With the distinct values that the ids' duplicates tell, and no estimate above the number of values."""
    if column.distinct is None or column.distinct_exact or column.null_fraction is None:
        return column
    values = rows - round(column.null_fraction * rows)
    twice = next((one.duplicates for one in ids if one.column == column.name), None)
    if twice is not None:
        return replace(column, distinct=values - twice, distinct_exact=True)
    return replace(column, distinct=min(column.distinct, values))


def _keys(columns: Sequence[Column], ids: Sequence[IdColumn], rows: int | None) -> bool:
    """Whether one of the columns has a value in every row, and no value twice: then no two rows are equal."""
    unique = {one.column for one in ids if one.duplicates == 0}
    return any(
        (c.distinct_exact and c.distinct == rows) or (c.name in unique and c.null_fraction == 0) for c in columns
    )


def _groups(
    engine: Engine, relation: Relation, source: Source, balance: dict[str, float] | None, measured: _Measured
) -> tuple[GroupRate, ...]:
    """Positive rates by the columns declared as sensitive; only a label of two classes has a positive one."""
    if source.label is None or balance is None or len(balance) != 2:
        return ()
    positive = positive_class(balance)
    rates: list[GroupRate] = []
    for column in source.sensitive:
        if column in relation.columns:
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
    """The latest time in the declared time column, which may hold seconds since 1970, else in any date column; times to
    come do not count."""
    named = [c for c in found if c.name == source.time] or [c for c in found if c.type in _DATES]
    times = [_aware(c.max) for c in named if c.max is not None and c.type in _DATES]
    times += [time for c in named if c.name == source.time and (time := _since_1970(c)) is not None]
    return max((time for time in times if time <= now), default=None)


def age_of(latest: dt.datetime, now: dt.datetime) -> float:
    """Days since then; whole ones since a date, which has no hour."""
    days = (now - latest).total_seconds() / 86400
    return days if latest.time() != dt.time() else float(int(days))


def _since_1970(column: Column) -> dt.datetime | None:
    """The latest time of a column of numbers that are all seconds, milli-, micro- or nanoseconds of this century."""
    if column.type not in ("integer", "number") or column.min is None or column.max is None:
        return None
    for unit in (1, 1_000, 1_000_000, 1_000_000_000):
        if _YEAR_2000 * unit <= column.min and column.max <= _YEAR_2100 * unit:
            return dt.datetime.fromtimestamp(float(column.max) / unit, dt.UTC)
    return None


def _aware(value: Any) -> dt.datetime:
    time: dt.datetime = value if isinstance(value, dt.datetime) else dt.datetime.combine(value, dt.time())
    return time if time.tzinfo else time.replace(tzinfo=dt.UTC)
