"""Pass B: what a sample shows of the columns: histograms, ways of writing dates, personal data."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from aiaudit.data.columns import QUANTILES, finite, ranks
from aiaudit.data.dates import date_formats
from aiaudit.data.engine import Engine, Relation, narrow
from aiaudit.data.model import Column, Sample
from aiaudit.data.personal import personal_columns

if TYPE_CHECKING:
    import datetime as dt

ROWS: Final = 100_000
SEED: Final = 42
BINS: Final = 20
_MOST_TEXT: Final = 64 * 1024 * 1024  # characters in a sample: long texts make it smaller
_FEWEST: Final = 1_000
_DATES_READ: Final = 1_000  # values of a text column that are tried as dates
_LONGEST_DATE: Final = 40
_AT_ONCE: Final = 40  # histograms counted by one query
_PERSONAL_DIGITS: Final = 10**9  # whole numbers that reach it may be phone or card numbers
_VALUES_TOLD: Final = frozenset({"birth_date"})  # kinds whose extremes identify nobody


@dataclass(frozen=True, slots=True)
class Looked:
    """The columns with what the sample shows, the sample's size, and the sample itself."""

    columns: tuple[Column, ...]
    sample: Sample
    drawn: Relation


def look(engine: Engine, relation: Relation, rows: int, columns: Sequence[Column], *, seed: int = SEED) -> Looked:
    """Draw a sample (all rows where there are no more) and look at it. Raises the engine's errors."""
    size = sample_size(columns)
    drawn = relation if rows <= size else engine.sample(relation, size, seed)
    columns = _ranked(engine, drawn, columns)
    histograms = _histograms(engine, drawn, columns)
    personal = personal_columns(
        engine, drawn.table, _texts(drawn, columns), [c.name for c in columns if c.type in ("date", "timestamp")]
    )
    full = []
    for column in columns:
        formats = _written(engine, drawn, column)
        counts = histograms.get(column.name)
        seen = replace(column, date_formats=formats, personal=personal.get(column.name))
        seen = replace(seen, length_histogram=counts) if column.type == "text" else replace(seen, histogram=counts)
        full.append(_discreet(seen))
    return Looked(tuple(full), Sample(min(rows, size), seed), drawn)


def _ranked(engine: Engine, drawn: Relation, columns: Sequence[Column]) -> list[Column]:
    """With the quantiles of the sample where pass A did not ask for them (large sets). Of 100,000 rows they lie within
    0.3 per cent of the rank, nearer at the ends."""
    asked = [c for c in columns if c.type in ("integer", "number") and c.quantiles is None and c.min is not None]
    found: dict[str, tuple[float | None, ...]] = {}
    for start in range(0, len(asked), _AT_ONCE):
        part = [column.name for column in asked[start : start + _AT_ONCE]]
        table = narrow(drawn, part)
        values = {f"q{i}": finite(table[name]).quantile(list(QUANTILES)) for i, name in enumerate(part)}
        row = engine.rows(table.aggregate(**values))[0]
        found |= {name: ranks(said) for name, said in zip(part, row, strict=True) if said is not None}
    return [replace(c, quantiles=found.get(c.name, c.quantiles)) for c in columns]


def sample_size(columns: Sequence[Column]) -> int:
    """Rows to draw: fewer where texts are long, so that the sample stays small."""
    characters = sum(column.length_mean or 0.0 for column in columns)
    return max(_FEWEST, min(ROWS, int(_MOST_TEXT / characters) if characters else ROWS))


def _discreet(column: Column) -> Column:
    """A column of personal numbers without its extremes: they are somebody's."""
    if column.personal is None or column.personal.kind in _VALUES_TOLD or column.type not in ("integer", "number"):
        return column
    return replace(column, min=None, max=None, mean=None, std=None, quantiles=None, histogram=None)


def _texts(drawn: Relation, columns: Sequence[Column]) -> dict[str, Any]:
    """Columns that may hold personal data, as texts: texts, nested values, long whole numbers."""
    found: dict[str, Any] = {}
    for column in columns:
        value = drawn.table[column.name]
        long_number = column.type == "integer" and (column.max or 0) >= _PERSONAL_DIGITS and (column.min or 0) >= 0
        if column.type == "text":
            found[column.name] = value
        elif column.type in ("list", "record") or long_number:
            found[column.name] = value.cast("string")
    return found


def _written(engine: Engine, drawn: Relation, column: Column) -> tuple[str, ...]:
    """The date formats of a text column."""
    if column.type != "text" or not column.length_mean or not 6 <= column.length_mean <= _LONGEST_DATE:
        return ()
    value = narrow(drawn, [column.name])[column.name]
    chosen = value.name("v").as_table().filter(lambda t: t.v.length().between(1, 2 * _LONGEST_DATE))
    return date_formats([str(row[0]) for row in engine.rows(chosen.limit(_DATES_READ))])


def _histograms(engine: Engine, drawn: Relation, columns: Sequence[Column]) -> dict[str, tuple[int, ...]]:
    """Counts in equal bins from least to most: at most `BINS`, one a value for few whole numbers. Of texts: lengths.

    A small query a column: Ibis takes twice the time to compile one large union of them."""
    found: dict[str, tuple[int, ...]] = {}
    for column in columns:
        if column.type == "text":
            extent = (0.0, column.length_max + 1.0) if column.length_max else None
            whole = extent is not None and extent[1] <= BINS
        else:
            extent = _extent(column)
            whole = extent is not None and column.type == "integer" and extent[1] - extent[0] < BINS
        if extent is None:
            continue
        low, high = extent
        bins = BINS
        if whole:
            bins = int(high - low) + (column.type != "text")
        width = 1.0 if whole else (high - low) / bins
        x = _number(narrow(drawn, [column.name])[column.name], column)
        place = (x if width == 1.0 and low == 0.0 else (x - low) / width).floor().cast("int64")
        counts = [0] * bins
        for at, count in engine.rows(_by_bin(place)):
            if at is not None:
                counts[min(max(int(at), 0), bins - 1)] += int(count)
        found[column.name] = tuple(counts)
    return found


def _number(value: Any, column: Column) -> Any:
    """What the histogram is of: the number, the length of a text, seconds of a time."""
    if column.type == "text":
        return value.length().cast("float64")
    return finite(value).cast("float64") if column.min.__class__ in (int, float) else _seconds(value)


def _by_bin(place: Any) -> Any:
    """Rows by bin."""
    return place.name("b").as_table().group_by("b").aggregate(n=lambda t: t.count())


def _extent(column: Column) -> tuple[float, float] | None:
    """Least and most as numbers (dates in seconds); None where there is nothing to draw."""
    if column.min is None or column.max is None or column.type not in ("integer", "number", "date", "timestamp"):
        return None
    if column.type in ("date", "timestamp"):
        low, high = _epoch(column.min), _epoch(column.max)
    else:
        low, high = float(column.min), float(column.max)
    return (low, high) if high > low and math.isfinite(high - low) else None


def _seconds(value: Any) -> Any:
    return value.cast("timestamp").epoch_seconds().cast("float64")


def _epoch(value: dt.date | dt.datetime) -> float:
    import datetime as dt

    time = value if isinstance(value, dt.datetime) else dt.datetime.combine(value, dt.time())
    return (time if time.tzinfo else time.replace(tzinfo=dt.UTC)).timestamp()
