"""In a worker: one engine, the profiles of the sets that belong together, and their comparisons, as JSON."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from msgspec.structs import replace

from aiaudit.project.entry import NO_COLUMN

if TYPE_CHECKING:
    from aiaudit.data.discovery import Found
    from aiaudit.data.engine import Engine
    from aiaudit.data.model import Column, Dataset, Pair, Source
    from aiaudit.data.profile import Profiled
    from aiaudit.data.schema import Held, Schema

_SPLITS: Final = ("train", "validation", "test")
_SPLIT_COLUMNS: Final = ("split", "subset", "partition", "data_split", "dataset_split", "set")
_MOST_SPLITS: Final = 5
_MOST_SLICES: Final = 50
_EMAIL: Final = r"[A-Za-z0-9._%+\-]+@[A-Za-z0-9.\-]+\.[A-Za-z]{2,}"
_EXAMPLE: Final = r"@(?:[a-z0-9\-]+\.)*(?:example\.(?:com|org|net|edu)|[a-z0-9\-]+\.(?:example|test|invalid))\b"
_NEARLY_ALL: Final = 0.99
_LONG: Final = 30.0  # characters of texts that are not the same by chance


def measured(
    engine: Engine,
    found: Sequence[Found],
    files: Sequence[Sequence[Path]],
    pairs: Sequence[tuple[int, int]],
    now: dt.datetime,
    *,
    labels: Sequence[str] = (),
    schemas: Sequence[Sequence[Schema]] = (),
) -> dict[str, Any]:
    """{"datasets", "pairs", "groups", "notes", "engine", "sample"}: data as `aiaudit data --json` has them.

    A pair has figures more: `varying`, the columns compared that are not constant, and `expected_rows`, how many equal
    rows chance alone would give. A data set has `slices` (counts by the declared columns) and `reserved` (columns whose
    e-mail addresses are of domains that nobody can own), a group has `of`, the number of its set. A set that cannot be
    opened has "unread", the reason.

    `labels`: columns that the code predicts; a set without a declared label that has one of them is labelled by it.
    `schemas`: of each set, what is declared, and what may belong to it.
    """
    from aiaudit.data.engine import EngineError, OutOfMemory, Unopened
    from aiaudit.data.profile import drift_of, overlap_of, profile
    from aiaudit.model.records import plain

    profiled: dict[int, Profiled] = {}
    datasets: list[dict[str, Any]] = []
    for number, one in enumerate(found):
        try:
            done = profile(engine, _labelled(engine, source_of(one, files[number]), labels), now)
        except (Unopened, EngineError, OutOfMemory) as error:
            datasets.append({"unread": _reason(error, one, files[number])})
            continue
        profiled[number] = done
        done.notes.extend(_misnamed(done, one))
        extra = {"slices": _slices(engine, done, one), "reserved": _reserved(engine, done)}
        held = _held(engine, done, schemas[number] if schemas else ())
        datasets.append(plain(replace(_fresh(engine, done, now), schemas=held)) | extra)
    compared: list[dict[str, Any]] = []
    for a, b in pairs:
        if a in profiled and b in profiled:
            first, second = _ordered(profiled[a], profiled[b])
            split = {first.dataset.role, second.dataset.role} <= set(_SPLITS)
            pair = overlap_of(engine, first, second) if split else drift_of(engine, first, second)
            compared += _with_chance(engine, first, second, pair)
    for done in profiled.values():
        for first, second in _by_column(engine, done):
            compared += _with_chance(engine, first, second, overlap_of(engine, first, second))
    return {
        "datasets": datasets,
        "pairs": compared,
        "groups": [plain(group) | {"of": number} for number, done in profiled.items() for group in done.groups],
        "notes": [note for done in profiled.values() for note in done.notes],
        "engine": engine.label,
        "sample": plain(max((d.sample for d in profiled.values() if d.sample), key=lambda s: s.rows, default=None)),
    }


def _misnamed(done: Profiled, one: Found) -> list[str]:
    """Columns that are declared and not there: a wrong name must not look like data without faults."""
    part = one.declared
    if part is None or not done.relation.columns:
        return []
    said = {
        "label": [part.label] if part.label else [],
        "id": [part.id] if isinstance(part.id, str) else part.id or [],
        "time": [part.time] if part.time else [],
        "groups": part.groups,
        "sensitive": _sensitive(part.sensitive),
        "slices": part.slices,
    }
    columns = set(done.relation.columns)
    return [
        f"{one.path}: {NO_COLUMN} {name} ({key})"
        for key, names in said.items()
        for name in names
        if name not in columns
    ]


def _held(engine: Engine, done: Profiled, schemas: Sequence[Schema]) -> tuple[Held, ...]:
    """The schemas of the set, held against its rows."""
    if not schemas:
        return ()
    from aiaudit.data.conformance import hold
    from aiaudit.probes.profile.schemas import chosen

    columns = done.relation.columns
    return tuple(hold(engine, done.relation, done.dataset.rows or 0, one) for one in chosen(schemas, columns))


def source_of(one: Found, files: Sequence[Path]) -> Source:
    """The source that the engine opens, with what is declared of it."""
    from aiaudit.data.model import Source

    part = one.declared
    return Source(
        one.name,
        one.path,
        tuple(files),
        one.format,
        role=one.role,
        label=one.label,
        ids=one.ids,
        time=one.time,
        groups=tuple(part.groups) if part else (),
        sensitive=_sensitive(part.sensitive) if part else (),
        provenance=one.provenance,
        table=one.table or None,
    )


def _labelled(engine: Engine, source: Source, labels: Sequence[str]) -> Source:
    if source.label is not None or not labels:
        return source
    named = [name for name in _columns(engine, source) if name in labels]
    return replace(source, label=named[0]) if len(named) == 1 else source


def _columns(engine: Engine, source: Source) -> list[str]:
    """The names of the columns, without a look at the rows where the engine can."""
    from aiaudit.probes.profile.engine import ProjectEngine

    return engine.columns(source) if isinstance(engine, ProjectEngine) else engine.open(source).columns


def _fresh(engine: Engine, done: Profiled, now: dt.datetime) -> Dataset:
    """With the latest time that is not to come, where the column's greatest value is."""
    from aiaudit.data.engine import EngineError, OutOfMemory
    from aiaudit.data.profile import age_of

    column = next((c for c in done.dataset.columns if c.name == done.relation.source.time), None)
    if done.dataset.latest is not None or column is None or column.type not in ("date", "timestamp"):
        return done.dataset
    import ibis

    x = done.relation.table[column.name]
    limit = ibis.literal(now.date()) if column.type == "date" else ibis.literal(now.replace(tzinfo=None))
    try:
        latest = engine.rows(done.relation.table.filter(x <= limit).aggregate(t=x.max()))[0][0]
    except (EngineError, OutOfMemory):
        return done.dataset
    if latest is None:
        return done.dataset
    time = latest if isinstance(latest, dt.datetime) else dt.datetime.combine(latest, dt.time())
    time = time if time.tzinfo else time.replace(tzinfo=dt.UTC)
    return replace(done.dataset, latest=time, freshness_days=age_of(time, now))


def _slices(engine: Engine, done: Profiled, one: Found) -> list[dict[str, Any]]:
    """Rows by the values of each declared slice column; the values are categories that the project itself declares."""
    from aiaudit.data.engine import EngineError, OutOfMemory

    found: list[dict[str, Any]] = []
    for name in one.declared.slices if one.declared else ():
        if name not in done.relation.columns:
            continue
        table = done.relation.table.select(v=done.relation.table[name].cast("string"))
        counted = table.filter(table.v.notnull()).group_by("v").aggregate(n=lambda t: t.count())
        try:
            rows = engine.rows(counted.order_by([counted.n.desc(), counted.v]).limit(_MOST_SLICES + 1))
        except (EngineError, OutOfMemory):
            continue
        if len(rows) <= _MOST_SLICES:
            found += [{"column": name, "group": str(value)[:80], "n": int(n)} for value, n in rows]
    return found


def _reserved(engine: Engine, done: Profiled) -> list[str]:
    """Columns of e-mail addresses, of which all but a few are of the domains reserved for examples (RFC 2606), in the
    sample."""
    from aiaudit.data.engine import EngineError, OutOfMemory

    found: list[str] = []
    for column in done.dataset.columns:
        if column.personal is None or column.personal.kind != "email" or column.type != "text":
            continue
        table = (done.drawn or done.relation).table
        x = table[column.name]
        asked = table.aggregate(all=x.re_search(_EMAIL).sum(), made=x.lower().re_search(_EXAMPLE).sum())
        try:
            everyone, made = engine.rows(asked)[0]
        except (EngineError, OutOfMemory):
            continue
        if everyone and made >= _NEARLY_ALL * everyone:
            found.append(column.name)
    return found


def _sensitive(said: list[str] | bool) -> tuple[str, ...]:
    return tuple(said) if isinstance(said, list) else ()


def _reason(error: Exception, one: Found, files: Sequence[Path]) -> str:
    """The engine's words, with the project's path where it names its own."""
    text = str(error)
    for file in files:
        text = text.replace(str(file), one.path)
    return text.removeprefix(f"{one.path}: ")[:300]


def _ordered(a: Profiled, b: Profiled) -> tuple[Profiled, Profiled]:
    """Train before validation before test; the reference before what came later."""
    order = ("reference", *_SPLITS, "current", "serving")
    first, second = sorted((a, b), key=lambda p: order.index(p.dataset.role))
    return first, second


def _by_column(engine: Engine, done: Profiled) -> list[tuple[Profiled, Profiled]]:
    """The splits inside one set, where a column of that name holds them and nothing else."""
    from aiaudit.data.engine import EngineError, OutOfMemory
    from aiaudit.data.naming import role_of

    relation = done.relation
    column = next((c.name for c in done.dataset.columns if c.name.lower() in _SPLIT_COLUMNS and c.type == "text"), None)
    if column is None:
        return []
    values = relation.table.select(v=relation.table[column]).distinct().order_by("v").limit(_MOST_SPLITS + 1)
    try:
        named = [str(row[0]) for row in engine.rows(values) if row[0] is not None]
    except (EngineError, OutOfMemory):
        return []
    roles = {value: role_of(value) for value in named}
    if len(named) > _MOST_SPLITS or not all(role in _SPLITS for role in roles.values()):
        return []
    if len(set(roles.values())) != len(named):
        return []
    parts = []
    for value in sorted(named, key=lambda v: _SPLITS.index(roles[v])):
        rows = relation.table.filter(relation.table[column] == value).drop(column)
        dataset = replace(done.dataset, name=f"{done.dataset.name} ({column} {roles[value]})", role=roles[value])
        source = replace(relation.source, name=dataset.name)
        parts.append(replace(done, dataset=dataset, relation=replace(relation, derived=rows, source=source)))
    return list(combinations(parts, 2))


def _with_chance(engine: Engine, a: Profiled, b: Profiled, pair: Pair | None) -> list[dict[str, Any]]:
    """The pair, with what chance alone would give where rows are in both."""
    from aiaudit.data.engine import EngineError, OutOfMemory
    from aiaudit.model.records import plain

    if pair is None:
        return []
    data: dict[str, Any] = plain(pair) | {"rows_a": _rows(engine, a), "rows_b": _rows(engine, b)}
    if pair.kind != "overlap":
        return [data]
    ids = {*a.relation.source.ids, *b.relation.source.ids}
    shared = set(a.relation.columns) & set(b.relation.columns) - ids
    varying = [c.name for c in a.dataset.columns if c.name in shared and not c.constant and c.distinct != 0]
    data["varying"] = len(varying)
    data["expected_rows"] = None
    if pair.overlap_rows:
        if any(c.name in varying and _is_said_once(c, data["rows_a"]) for c in a.dataset.columns):
            data["expected_rows"] = 0.0
            return [data]
        try:
            same = same_by_chance(engine, a, varying)
        except (EngineError, OutOfMemory):
            return [data]
        data["expected_rows"] = data["rows_b"] * (1 - (1 - same) ** data["rows_a"])
    return [data]


def _is_said_once(column: Column, rows: int) -> bool:
    """Whether a column holds texts so long, and so seldom the same, that two are not equal by chance."""
    return column.type == "text" and (column.length_mean or 0.0) >= _LONG and 2 * (column.distinct or 0) >= rows


def _rows(engine: Engine, one: Profiled) -> int:
    table = one.relation.table
    return int(engine.rows(table.aggregate(n=table.count()))[0][0])


def same_by_chance(engine: Engine, one: Profiled, columns: Sequence[str]) -> float:
    """Probability that two rows drawn at random agree in all columns, if these were independent: Π Σ p².

    Dependent columns agree more often: the true figure lies above it.
    """
    same = 1.0
    for name in columns:
        table = one.relation.table.select(v=one.relation.table[name])
        counted = table.group_by("v").aggregate(n=lambda t: t.count())
        n = counted.n.cast("float64")
        squares, total = engine.rows(counted.aggregate(s=(n * n).sum(), t=n.sum()))[0]
        if total:
            same *= float(squares) / float(total) ** 2
    return same
