"""Pass A: every fact of every column from one scan.

Small sources (below `EXACT_BELOW` bytes) get exact distinct counts and quantiles; above it both are approximate:
HyperLogLog is off by some per cent (a distinct count may even exceed the number of rows), so no verdict rests on it.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from aiaudit.data.engine import Engine, EngineError, Relation, narrow
from aiaudit.data.model import Column

if TYPE_CHECKING:
    import ibis.expr.types as ir

QUANTILES: Final = (0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99)
EXACT_BELOW: Final = 64 * 1024 * 1024  # bytes
_WIDEST: Final = 200  # columns that one query asks for: wider sources are scanned several times
_WIDEST_EXACT: Final = 20  # each exact distinct count holds hash tables of some megabytes
_APART_EXACT: Final = 4  # of many rows: their hash tables are large, and Parquet's columns are read apart anyway
_MANY_ROWS: Final = 8 * 1024 * 1024  # bytes of a Parquet file
_MOMENTS: Final = ("mean", "std")
_LONG_TEXT: Final = 200  # characters: extremes of texts are not kept, they are values of somebody


@dataclass(frozen=True, slots=True)
class Scan:
    """What pass A found."""

    rows: int
    columns: tuple[Column, ...]


@dataclass(frozen=True, slots=True)
class _Asked:
    """One aggregate: to which column's field it belongs."""

    column: str
    field: str


def scan(engine: Engine, relation: Relation) -> Scan:
    """Ask for all columns, at most `_WIDEST` a query."""
    names = list(relation.table.columns)
    exact = relation.size_bytes is not None and relation.size_bytes < EXACT_BELOW
    rows = 0
    columns: list[Column] = []
    step = _WIDEST_EXACT if exact else _WIDEST
    if exact and relation.format == "parquet" and (relation.size_bytes or 0) > _MANY_ROWS:
        step = _APART_EXACT
    for start in range(0, len(names), step):
        part = names[start : start + step]
        try:
            rows, found = _ask(engine, relation, part, exact=exact)
        except EngineError:  # the variance of numbers near the largest double, say: those columns lose it, no others
            rows, found = _one_by_one(engine, relation, part, exact=exact)
        columns += [_column(name, relation.table[name], rows, found[name], exact=exact) for name in part]
    return Scan(rows, tuple(columns))


def _ask(
    engine: Engine, relation: Relation, names: Sequence[str], *, exact: bool, moments: bool = True
) -> tuple[int, dict[str, dict[str, Any]]]:
    """Number of rows, and by column and field what one query said, or one a lane."""
    lanes = min(engine.lanes(relation), len(names))
    parts = [names[lane::lanes] for lane in range(lanes)]
    queries = [aggregate_of(narrow(relation, part), part, exact=exact, moments=moments) for part in parts]
    found: dict[str, dict[str, Any]] = {name: {} for name in names}
    rows = 0
    for (asked, _), answer in zip(queries, engine.together([query for _, query in queries]), strict=True):
        rows = int(answer[0][0])
        for key, value in zip(asked, answer[0][1:], strict=True):
            found[key.column][key.field] = value
    return rows, found


def _one_by_one(
    engine: Engine, relation: Relation, names: Sequence[str], *, exact: bool
) -> tuple[int, dict[str, dict[str, Any]]]:
    """A query a column; without mean and deviation where those cannot be computed."""
    rows = 0
    found: dict[str, dict[str, Any]] = {}
    for name in names:
        try:
            rows, answer = _ask(engine, relation, [name], exact=exact)
        except EngineError:
            rows, answer = _ask(engine, relation, [name], exact=exact, moments=False)
        found |= answer
    return rows, found


def aggregate_of(
    table: ir.Table, names: Sequence[str], *, exact: bool, moments: bool = True
) -> tuple[list[_Asked], ir.Table]:
    """The one aggregate over the named columns, after the number of rows. `moments`: with mean and deviation."""
    asked: list[_Asked] = []
    values: dict[str, ir.Value] = {"rows": table.count()}
    for name in names:
        for field, value in _aggregates(table[name], exact=exact).items():
            if field in _MOMENTS and not moments:
                continue
            values[f"a{len(asked)}"] = value
            asked.append(_Asked(name, field))
    return asked, table.aggregate(**values)


def finite(column: ir.Value) -> ir.Value:
    """The column without NaN and infinities, where its type has them."""
    if not column.type().is_floating():
        return column
    import ibis

    return (column.isnan() | column.isinf()).ifelse(ibis.null(column.type()), column)


def type_name(column: ir.Value) -> str:
    """The type in words of the field."""
    kind = column.type()
    tests: tuple[tuple[Callable[[], bool], str], ...] = (
        (kind.is_boolean, "boolean"),
        (kind.is_integer, "integer"),
        (kind.is_numeric, "number"),
        (kind.is_json, "record"),
        (kind.is_string, "text"),
        (kind.is_timestamp, "timestamp"),
        (kind.is_date, "date"),
        (kind.is_time, "time"),
        (kind.is_array, "list"),
        (kind.is_struct, "record"),
        (kind.is_map, "record"),
        (kind.is_binary, "binary"),
    )
    return next((name for test, name in tests if test()), "other")


def _aggregates(column: Any, *, exact: bool) -> dict[str, Any]:
    kind = type_name(column)
    found: dict[str, Any] = {"known": column.count()}
    if kind in ("list", "record", "binary", "other"):
        return found
    found["distinct"] = column.nunique() if exact else column.approx_nunique()
    if kind == "boolean":
        found |= {"true": column.sum()}
    elif kind in ("integer", "number"):
        values = finite(column)
        quantiles = list(QUANTILES)
        found |= {
            "min": values.min(),
            "max": values.max(),
            "mean": values.mean(),
            "std": values.std(how="sample"),
            "quantiles": values.quantile(quantiles) if exact else values.approx_quantile(quantiles),
            "zeros": (column == 0).sum(),
            "negatives": (column < 0).sum(),
        }
        if column.type().is_floating():
            found |= {"nan": column.isnan().sum(), "infinite": column.isinf().sum()}
    elif kind == "text":
        found |= {
            "min": column.min(),
            "max": column.max(),
            "empty": (column == "").sum(),
            "length_mean": column.length().mean(),
            "length_max": column.length().max(),
            "numeric": (column.strip() != "").ifelse(column.try_cast("float64").notnull(), False).sum(),
            "blank": (column.strip() == "").sum(),
        }
    else:
        found |= {"min": column.min(), "max": column.max()}
    return found


def _column(name: str, column: Any, rows: int, found: dict[str, Any], *, exact: bool) -> Column:
    known = int(found["known"] or 0)
    kind = type_name(column)
    nulls = 1 - known / rows if rows else None
    if "distinct" not in found:
        return Column(name, kind, null_fraction=nulls)
    least, most = found.get("min"), found.get("max")
    constant: bool | None
    if kind == "boolean":
        trues = int(found["true"] or 0)
        constant = known > 0 and trues in (0, known)
    else:
        odd = int(found.get("nan") or 0) + int(found.get("infinite") or 0)
        constant = known > 0 and odd == 0 and least == most
        if known > 0 and odd == known and exact:
            constant = int(found["distinct"]) == 1
    numeric: float | None = None
    if kind == "text":
        told = known - int(found["blank"] or 0)
        numeric = int(found["numeric"] or 0) / told if told else 0.0
    return Column(
        name,
        kind,
        null_fraction=nulls,
        empty_fraction=(int(found["empty"] or 0) / rows if rows else None) if kind == "text" else None,
        distinct=int(found["distinct"]),
        distinct_exact=exact,
        constant=constant if rows else None,
        min=None if kind in ("text", "boolean") else _plain(least),
        max=None if kind in ("text", "boolean") else _plain(most),
        mean=_number(found.get("mean")) if kind != "boolean" else (trues / known if known else None),
        std=_number(found.get("std")),
        quantiles=tuple(_number(q) for q in found["quantiles"]) if found.get("quantiles") is not None else None,
        zeros=_count(found, "zeros"),
        negatives=_count(found, "negatives"),
        nan=_count(found, "nan"),
        infinite=_count(found, "infinite"),
        length_mean=_number(found.get("length_mean")),
        length_max=_count(found, "length_max"),
        numeric_as_text=numeric,
    )


def _count(found: dict[str, Any], field: str) -> int | None:
    return int(found[field] or 0) if field in found else None


def _number(value: Any) -> float | None:
    if value is None:
        return None
    number = float(value)
    return number if math.isfinite(number) else None


def _plain(value: Any) -> Any:
    """Numbers as int or float, dates as they are; a Decimal (DuckDB's DECIMAL, HUGEINT) becomes a float."""
    if value is None or isinstance(value, bool | int | dt.date | dt.datetime | dt.time):
        return value
    if isinstance(value, str):
        return value[:_LONG_TEXT]
    return _number(value)
