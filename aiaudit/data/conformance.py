"""How far the real data keeps a declared schema: every demand counted on every row, in one more scan.

Null, NaN and the texts that a schema names as missing break no demand but `not_null`. In formats without types (CSV) a
column that reads as numbers still fits a declared text: every value can be read as one.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import re2

from aiaudit.data.columns import type_name
from aiaudit.data.engine import Engine, EngineError, OutOfMemory, Relation, narrow
from aiaudit.data.schema import Demand, Held, Mismatch, Schema, in_words

if TYPE_CHECKING:
    import ibis.expr.types as ir

MOST_DEMANDS: Final = 2000  # of one schema
_AT_ONCE: Final = 40  # demands counted by one query
_UNTYPED: Final = frozenset({"csv", "sqlite", "workbook"})  # formats whose types are guessed from texts
_TIMES: Final = frozenset({"date", "timestamp"})
_NUMBERS: Final = frozenset({"integer", "number"})
_TRUTH: Final = ("true", "false", "t", "f", "yes", "no", "y", "n", "1", "0")
_ROUNDING: Final = 1e-9


def hold(engine: Engine, relation: Relation, rows: int, schema: Schema) -> Held:
    """What the engine cannot count is `unchecked`, and never taken as met."""
    names = _names(relation, schema)
    found: list[Mismatch] = []
    asked: list[tuple[Demand, str]] = []
    checked = unchecked = 0
    for demand in schema.demands[:MOST_DEMANDS]:
        name = names.get(demand.column)
        if demand.rule == "present":
            checked += 1
            if name is None:
                found.append(Mismatch(demand.column, "present", "a column", "none", rows, rows, demand.line))
        elif name is not None:
            asked.append((demand, name))
    unchecked += len(schema.demands[MOST_DEMANDS:])
    for start in range(0, len(asked), _AT_ONCE):
        part = asked[start : start + _AT_ONCE]
        for (demand, name), counted in zip(part, _counted(engine, relation, part, schema), strict=True):
            if counted is None:
                unchecked += 1
                continue
            checked += 1
            count, of = counted
            if count > (1 - demand.mostly) * of + _ROUNDING:
                kind = type_name(relation.table[name])
                found.append(
                    Mismatch(demand.column, demand.rule, in_words(demand), _seen(demand, kind), count, of, demand.line)
                )
    if schema.closed:
        told = set(names.values())
        extra = [name for name in relation.columns if name not in told]
        found += [Mismatch(name, "undeclared", "no such column", "a column", rows, rows, schema.line) for name in extra]
    return Held(
        schema.kind,
        schema.path,
        schema.line,
        schema.bound,
        len(schema.columns),
        schema.constrained,
        checked,
        unchecked,
        tuple(found),
    )


def _names(relation: Relation, schema: Schema) -> dict[str, str]:
    """The data's column for each declared one; warehouses (dbt) do not tell upper from lower case."""
    columns = relation.columns
    if schema.kind != "dbt":
        return {name: name for name in schema.columns if name in columns}
    lower = {name.lower(): name for name in columns}
    return {name: lower[name.lower()] for name in schema.columns if name.lower() in lower}


def _counted(
    engine: Engine, relation: Relation, asked: Sequence[tuple[Demand, str]], schema: Schema
) -> list[tuple[int, int] | None]:
    """(violations, values) of each demand; None where it cannot be told."""
    table = narrow(relation, list(dict.fromkeys(name for _, name in asked)))
    untyped = (relation.format or relation.source.format) in _UNTYPED
    reduced = [_reductions(table[name], demand, untyped, schema.missing) for demand, name in asked]
    values = {f"{part}{n}": one for n, two in enumerate(reduced) if two for part, one in zip("vo", two, strict=True)}
    if not values:
        return [None] * len(asked)
    try:
        answer = dict(zip(values, engine.rows(table.aggregate(**values))[0], strict=True))
    except (EngineError, OutOfMemory):
        if len(asked) == 1:
            return [None]
        return [_counted(engine, relation, [one], schema)[0] for one in asked]
    return [(int(answer[f"v{n}"] or 0), int(answer[f"o{n}"] or 0)) if two else None for n, two in enumerate(reduced)]


def _reductions(column: Any, demand: Demand, untyped: bool, missing: Sequence[str]) -> tuple[ir.Value, ir.Value] | None:
    """How many values break the demand, of how many; None where the demand cannot be told of such a column."""
    import ibis

    kind = type_name(column)
    if column.type().is_floating():
        column = column.isnan().ifelse(ibis.null(column.type()), column)
    if kind == "text" and missing:
        column = column.isin(list(missing)).ifelse(ibis.null("string"), column)
    known = column.count()
    if demand.rule == "not_null":
        return column.isnull().sum(), column.isnull().count()
    if demand.rule == "unique":
        return known - column.nunique(), known
    if demand.rule == "type":
        broken = _mistyped(column, kind, str(demand.value), untyped)
    elif demand.rule in ("least", "above", "most", "below"):
        broken = _beyond(column, kind, demand)
    elif demand.rule == "values":
        broken = _foreign(column, kind, [str(value) for value in demand.value])
    else:
        broken = _ill_written(column, kind, demand)
    if broken is None:
        return None
    if broken is True:
        return known, known
    if broken is False:
        return known * 0, known
    return broken.fill_null(False).sum(), known


def _mistyped(column: Any, kind: str, wanted: str, untyped: bool) -> Any:
    """The values that are no `wanted`, as a condition; True: all, False: none, None: not to be told."""
    if kind == wanted or (wanted == "number" and kind == "integer") or (wanted in _TIMES and kind in _TIMES):
        return False
    if kind in ("list", "record", "binary", "other"):
        return None
    if wanted == "text":
        return not untyped
    if kind == "text":
        told = column.strip()
        if wanted == "boolean":
            return ~told.lower().isin(_TRUTH) & (told != "")
        as_type = {"integer": "int64", "number": "float64", "date": "timestamp", "timestamp": "timestamp"}[wanted]
        number = told.try_cast("float64")
        if wanted == "integer":
            return ((number.isnull()) | (number != number.floor())) & (told != "")
        return told.try_cast(as_type).isnull() & (told != "")
    if wanted == "integer" and kind == "number":
        return column != column.floor()
    if wanted == "boolean" and kind in _NUMBERS:
        return ~column.isin([0, 1])
    return True


def _beyond(column: Any, kind: str, demand: Demand) -> Any:
    import ibis

    bound = _number(demand.value)
    if kind in _NUMBERS and bound is not None:
        x: Any = column
    elif kind == "text" and bound is not None:
        x = column.strip().try_cast("float64")
    elif kind in _TIMES and (time := _time(demand.value)) is not None:
        x = column.cast("timestamp")
        bound = ibis.literal(time, "timestamp")
    else:
        return None
    match demand.rule:
        case "least":
            return x < bound
        case "above":
            return x <= bound
        case "most":
            return x > bound
        case _:
            return x >= bound


def _foreign(column: Any, kind: str, allowed: Sequence[str]) -> Any:
    if kind == "text":
        return ~column.isin(list(allowed))
    if kind in _NUMBERS:
        numbers = [number for value in allowed if (number := _number(value)) is not None]
        return ~column.cast("float64").isin(numbers) if numbers else True
    if kind == "boolean":
        told = {value.strip().lower() for value in allowed}
        good = [truth for truth, words in ((True, {"true", "1", "yes"}), (False, {"false", "0", "no"})) if told & words]
        return ~column.isin(good) if good else True
    return None


def _ill_written(column: Any, kind: str, demand: Demand) -> Any:
    """Of texts only: what a reader took for a number may have been written with zeros before it."""
    if kind != "text":
        return None
    if demand.rule == "pattern":
        try:
            re2.compile(str(demand.value))
        except re2.error:
            return None  # look-around and back-references, which a linear-time engine does not have
        return ~column.re_search(str(demand.value))
    length = _number(demand.value)
    if length is None:
        return None
    return column.length() < length if demand.rule == "shortest" else column.length() > length


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or value is None:
        return None
    try:
        return float(value)
    except (TypeError, ValueError):
        return None


def _time(value: Any) -> dt.datetime | None:
    try:
        time = dt.datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return time.astimezone(dt.UTC).replace(tzinfo=None) if time.tzinfo else time


def _seen(demand: Demand, kind: str) -> str:
    match demand.rule:
        case "type":
            return kind
        case "not_null":
            return "missing values"
        case "unique":
            return "values twice"
        case "values":
            return "other values"
        case "pattern":
            return "other texts"
        case "shortest":
            return "shorter texts"
        case "longest":
            return "longer texts"
        case _:
            return "values beyond it"
