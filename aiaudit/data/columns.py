"""Pass A: every fact of every column from one scan.

Quantiles are exact below `EXACT_BELOW` bytes; above they are those of the sample (pass B). Distinct values are counted
exactly below `COUNTED_BELOW` bytes; above by HyperLogLog, which is off by some per cent (it may even exceed the number
of rows), so no verdict rests on it: columns of few values, and possible identifiers, are counted again in pass C.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct
from msgspec.structs import replace

from aiaudit.data.engine import Engine, EngineError, OutOfMemory, Relation
from aiaudit.data.model import Column
from aiaudit.data.phrases import Kind, Text, say

if TYPE_CHECKING:
    import ibis.expr.types as ir

QUANTILES: Final = (0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99)
EXACT_BELOW: Final = 64 * 1024 * 1024  # bytes
COUNTED_BELOW: Final = 8 * 1024 * 1024  # bytes
_WIDEST: Final = 200  # columns that one query asks for: wider sources are scanned several times
_WIDEST_COUNTED: Final = 20  # each exact distinct count holds hash tables of some megabytes
_WIDEST_RANKED: Final = 10  # exact quantiles hold all values of a column
_BLANK: Final = r"^[ \t\n\r\v\f]*$"
_AFTER_SPACE: Final = "!"  # every blank text comes before it in the order of bytes
_ORDERED_BY_BYTES: Final = frozenset({"duckdb", "pyspark"})
MISSING_WORDS: Final = (
    "NA", "N/A", "n/a", "na", "N.A.", "#N/A", "<NA>", "NaN", "nan", "NAN", "NaT", "NULL", "Null", "null", "(null)",
    "None", "none", "NONE", "nil", "?", "-", "--", "\\N",
)  # fmt: skip
_LONG_TEXT: Final = 200  # characters: extremes of texts are not kept, they are values of somebody


class Scan(Struct, frozen=True):
    """What pass A found."""

    rows: int
    columns: tuple[Column, ...]


class Ask(Struct, frozen=True):
    """What one scan asks of each column: distinct values exactly (`counted`), quantiles (`ranked`), mean, deviation."""

    counted: bool = True
    ranked: bool = True
    moments: bool = True


class _Asked(Struct, frozen=True):
    """One aggregate: to which column's field it belongs."""

    column: str
    field: str


def scan(engine: Engine, relation: Relation) -> Scan:
    """Ask for all columns, at most `_WIDEST` a query; without ranks and counts where those need too much memory."""
    names = relation.columns
    size = relation.size_bytes
    ask = Ask(counted=size is not None and size < COUNTED_BELOW, ranked=size is not None and size < EXACT_BELOW)
    rows = 0
    columns: list[Column] = []
    step = _WIDEST_COUNTED if ask.counted else _WIDEST_RANKED if ask.ranked else _WIDEST
    for start in range(0, len(names), step):
        part = names[start : start + step]
        try:
            rows, found = _careful(engine, relation, part, ask)
        except OutOfMemory:
            ask = Ask(counted=False, ranked=False)
            rows, found = _careful(engine, relation, part, ask)
        columns += [_column(name, relation.kinds[name], rows, found[name], counted=ask.counted) for name in part]
    return Scan(rows, tuple(columns))


def _careful(
    engine: Engine, relation: Relation, names: Sequence[str], ask: Ask
) -> tuple[int, dict[str, dict[str, Any]]]:
    """As `_ask`; a column that the engine refuses, with the variance of numbers near the largest double, say, costs no
    other."""
    try:
        return _ask(engine, relation, names, ask)
    except EngineError:
        pass
    rows = 0
    found: dict[str, dict[str, Any]] = {}
    for name in names:
        try:
            rows, answer = _ask(engine, relation, [name], ask)
        except EngineError:
            rows, answer = _ask(engine, relation, [name], replace(ask, moments=False))
        found |= answer
    return rows, found


def _ask(engine: Engine, relation: Relation, names: Sequence[str], ask: Ask) -> tuple[int, dict[str, dict[str, Any]]]:
    """Number of rows, and by column and field what one query said, or one a lane."""
    lanes = min(engine.lanes(relation), len(names))
    parts = [names[lane::lanes] for lane in range(lanes)]
    queries = [query_of(relation, part, ask) for part in parts]
    found: dict[str, dict[str, Any]] = {name: {} for name in names}
    rows = 0
    for (asked, _), answer in zip(queries, engine.together([query for _, query in queries]), strict=True):
        rows = int(answer[0][0])
        for key, value in zip(asked, answer[0][1:], strict=True):
            found[key.column][key.field] = value
    return rows, found


def query_of(relation: Relation, names: Sequence[str], ask: Ask) -> tuple[list[_Asked], str]:
    """The one aggregate over the named columns, after the number of rows."""
    in_bytes = relation.dialect in _ORDERED_BY_BYTES

    def build(column: Any, values: Any) -> dict[str, Any]:
        return _aggregates(column, values, ask, in_bytes=in_bytes)

    asked: list[_Asked] = []
    inner: list[str] = []
    values = ["COUNT(*)"]
    for i, name in enumerate(names):
        inner.append(f"{relation.quoted(name)} AS c{i}")
        cleaned = f"c{i}"
        if relation.kinds[name].floating:  # what is cleaned is cleaned once
            cleaned = f"f{i}"
            inner.append(f"{say(finite_of(relation, name), relation.quoted(name))} AS {cleaned}")
        phrases = relation.phrases(f"pass a {ask}", [name, name], build)
        for field, phrase in phrases.items():
            values.append(say(phrase, f"c{i}", cleaned))
            asked.append(_Asked(name, field))
    told = ", ".join(f"{value} AS a{n}" for n, value in enumerate(values))
    return asked, f"SELECT {told} FROM (SELECT {', '.join(inner)} FROM {relation.origin}) AS t"  # noqa: S608


def finite_of(relation: Relation, name: str) -> Text:
    """`finite` of the column, as a phrase."""
    return relation.phrases("finite", [name], lambda column: {"x": finite(column)})["x"]


def double_of(relation: Relation, name: str) -> str:
    """The finite values of the column as floating numbers, in SQL."""
    found = relation.phrases("double", [name], lambda column: {"x": finite(column).cast("float64")})
    return say(found["x"], relation.quoted(name))


def finite(column: ir.Value) -> ir.Value:
    """The column without NaN and infinities, where its type has them."""
    if not column.type().is_floating():
        return column
    import ibis

    return (column.isnan() | column.isinf()).ifelse(ibis.null(column.type()), column)


def type_name(column: ir.Value) -> str:
    """The type in words of the field."""
    return word_of(column.type())


def word_of(kind: Any) -> str:
    """A type of Ibis in words of the field."""
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


def _aggregates(column: Any, values: Any, ask: Ask, *, in_bytes: bool) -> dict[str, Any]:
    """What is asked of a column; `values`: its finite ones. `in_bytes`: texts are ordered by their bytes."""
    kind = type_name(column)
    found: dict[str, Any] = {"known": column.count()}
    if kind in ("list", "record", "binary", "other"):
        return found
    if kind == "boolean":
        return found | {"true": column.sum()}
    found["distinct"] = column.nunique() if ask.counted else column.approx_nunique()
    if kind in ("integer", "number"):
        found |= {
            "min": values.min(),
            "max": values.max(),
            "zeros": (column == 0).sum(),
            "negatives": (column < 0).sum(),
        }
        if ask.moments:
            found |= {"mean": values.mean(), "std": values.std(how="sample")}
        if ask.ranked:
            found["quantiles"] = values.quantile(list(QUANTILES))
        if column.type().is_floating():
            found |= {"nan": column.isnan().sum(), "infinite": column.isinf().sum()}
    elif kind == "text":
        blank = column.re_search(_BLANK)
        if in_bytes:  # then a comparison tells most texts, at a fifth of the price
            blank = (column < _AFTER_SPACE).ifelse(blank, False)
        found |= {
            "min": column.min(),
            "max": column.max(),
            "empty": (column == "").sum(),
            "length_mean": column.length().mean(),
            "length_max": column.length().max(),
            "numeric": column.try_cast("float64").count(),  # blanks are none
            "blank": blank.sum(),
            "absent": column.isin(MISSING_WORDS).sum(),
        }
    else:
        found |= {"min": column.min(), "max": column.max()}
    return found


def _column(name: str, of: Kind, rows: int, found: dict[str, Any], *, counted: bool) -> Column:
    known = int(found["known"] or 0)
    kind = of.word
    nulls = 1 - known / rows if rows else None
    if kind == "boolean":
        trues = int(found["true"] or 0)
        values = (trues > 0) + (trues < known)
        mean = trues / known if known else None
        return Column(
            name,
            kind,
            null_fraction=nulls,
            distinct=values,
            distinct_exact=True,
            constant=values == 1 if rows else None,
            mean=mean,
        )
    if "distinct" not in found:
        return Column(name, kind, null_fraction=nulls)
    least, most = found.get("min"), found.get("max")
    distinct, exact = int(found["distinct"]), counted
    odd = int(found.get("nan") or 0) + int(found.get("infinite") or 0)
    constant = known > 0 and odd == 0 and least == most
    if known > 0 and odd == known and exact:
        constant = distinct == 1
    if constant or not known:
        distinct, exact = int(constant), True
    numeric: float | None = None
    absent: float | None = None
    if kind == "text":
        told = known - int(found["blank"] or 0)
        numeric = int(found["numeric"] or 0) / told if told else 0.0
        absent = int(found["absent"] or 0) / told if told else 0.0
    return Column(
        name,
        kind,
        null_fraction=nulls,
        empty_fraction=(int(found["blank"] or 0) / rows if rows else None) if kind == "text" else None,
        distinct=distinct,
        distinct_exact=exact,
        constant=constant if rows else None,
        min=None if kind == "text" else _plain(least),
        max=None if kind == "text" else _plain(most),
        mean=_number(found.get("mean")),
        std=_number(found.get("std")),
        quantiles=ranks(found["quantiles"]) if found.get("quantiles") is not None else None,
        zeros=_count(found, "zeros"),
        negatives=_count(found, "negatives"),
        nan=_count(found, "nan"),
        infinite=_count(found, "infinite"),
        length_mean=_number(found.get("length_mean")),
        length_max=_count(found, "length_max"),
        numeric_as_text=numeric,
        missing_words=absent,
    )


def ranks(values: Sequence[Any]) -> tuple[float | None, ...]:
    """Quantiles as an engine gives them."""
    return tuple(_number(value) for value in values)


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
