"""Pass B: what a sample shows of the columns: histograms, ways of writing dates, personal data."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct
from msgspec.structs import replace

from aiaudit.data.columns import MISSING_WORDS, QUANTILES, finite, ranks
from aiaudit.data.dates import date_formats, no_such_day
from aiaudit.data.engine import Engine, Relation
from aiaudit.data.model import Column, Sample
from aiaudit.data.numbers_as_text import way_of
from aiaudit.data.personal import personal_columns, some
from aiaudit.data.phrases import number, say, union

if TYPE_CHECKING:
    import datetime as dt

ROWS: Final = 100_000
SEED: Final = 42
BINS: Final = 20
_MOST_TEXT: Final = 64 * 1024 * 1024  # characters in a sample: long texts make it smaller
_FEWEST: Final = 1_000
_READ: Final = 1_000  # values of a text column that are tried as dates and numbers
_ABSENT: Final = frozenset(MISSING_WORDS)
_SHORTEST_DATE: Final = 6
_LONGEST_DATE: Final = 40
_AT_ONCE: Final = 40  # histograms counted by one query
_PERSONAL_DIGITS: Final = 10**9  # whole numbers that reach it may be phone or card numbers
_VALUES_TOLD: Final = frozenset({"birth_date"})  # kinds whose extremes identify nobody


class Looked(Struct, frozen=True):
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
    dates = [c.name for c in columns if c.type in ("date", "timestamp")]
    personal = personal_columns(engine, drawn, _texts(columns), dates, columns=[c.name for c in columns])
    written = _written(engine, drawn, columns)
    full = []
    for column in columns:
        counts = histograms.get(column.name)
        seen = replace(written.get(column.name, column), personal=personal.get(column.name))
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
        row = engine.rows(f"SELECT {', '.join(_ranks(drawn, name) for name in part)} FROM {drawn.origin}")[0]  # noqa: S608
        found |= {name: ranks(said) for name, said in zip(part, row, strict=True) if said is not None}
    return [replace(c, quantiles=found.get(c.name, c.quantiles)) for c in columns]


def _ranks(drawn: Relation, name: str) -> str:
    found = drawn.phrases("ranks", [name], lambda column: {"q": finite(column).quantile(list(QUANTILES))})
    return say(found["q"], drawn.quoted(name))


def sample_size(columns: Sequence[Column]) -> int:
    """Rows to draw: fewer where texts are long, so that the sample stays small."""
    characters = sum(column.length_mean or 0.0 for column in columns)
    return max(_FEWEST, min(ROWS, int(_MOST_TEXT / characters) if characters else ROWS))


def _discreet(column: Column) -> Column:
    """A column of personal numbers without its extremes: they are somebody's."""
    if column.personal is None or column.personal.kind in _VALUES_TOLD or column.type not in ("integer", "number"):
        return column
    return replace(column, min=None, max=None, mean=None, std=None, quantiles=None, histogram=None)


def _texts(columns: Sequence[Column]) -> list[str]:
    """Columns that may hold personal data: texts, nested values, long whole numbers."""

    def may(column: Column) -> bool:
        long_number = column.type == "integer" and (column.max or 0) >= _PERSONAL_DIGITS and (column.min or 0) >= 0
        return column.type in ("text", "list", "record") or long_number

    return [column.name for column in columns if may(column)]


def _written(engine: Engine, drawn: Relation, columns: Sequence[Column]) -> dict[str, Column]:
    """Text columns with the ways in which their dates and numbers are written."""
    asked = {c.name: c for c in columns if c.type == "text" and c.length_mean and c.length_mean <= _LONGEST_DATE}
    chosen = {}
    for name in asked:
        found = drawn.phrases("short", [name], lambda c: {"is": c.length().between(1, 2 * _LONGEST_DATE)})
        chosen[name] = drawn.quoted(name), say(found["is"], drawn.quoted(name))
    return {name: _as_written(asked[name], values) for name, values in some(engine, drawn, chosen, _READ).items()}


def _as_written(column: Column, values: Sequence[str]) -> Column:
    said = [value for value in values if value not in _ABSENT]
    dates = date_formats(said) if (column.length_mean or 0) >= _SHORTEST_DATE else ()
    if dates:
        return replace(column, date_formats=dates, no_such_day=no_such_day(said))
    return replace(column, number_format=way_of(said))


def _histograms(engine: Engine, drawn: Relation, columns: Sequence[Column]) -> dict[str, tuple[int, ...]]:
    """Counts in equal bins from least to most: at most `BINS`, one a value for few whole numbers. Of texts: lengths."""
    found: dict[str, tuple[int, ...]] = {}
    queries: list[tuple[str, int, str]] = []  # column, bins, place of a value
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
        queries.append((column.name, bins, _place(drawn, column, low, width)))
    for start in range(0, len(queries), _AT_ONCE):
        part = queries[start : start + _AT_ONCE]
        counts = [[0] * bins for _, bins, _ in part]
        asked = (
            f"SELECT {n} AS k, b, COUNT(*) AS n FROM (SELECT {place} AS b FROM {drawn.origin}) AS t GROUP BY b"  # noqa: S608
            for n, (_, _, place) in enumerate(part)
        )
        for k, at, count in engine.rows(union(asked)):
            if at is not None:
                counts[k][min(max(int(at), 0), len(counts[k]) - 1)] += int(count)
        found |= {name: tuple(counted) for (name, _, _), counted in zip(part, counts, strict=True)}
    return found


def _place(drawn: Relation, column: Column, low: float, width: float) -> str:
    """The number of a value's bin, in SQL."""
    what = "length" if column.type == "text" else "number" if column.min.__class__ in (int, float) else "time"

    def place(value: Any, low: Any, width: Any) -> dict[str, Any]:
        return {"b": ((_NUMBERS[what](value) - low) / width).floor().cast("int64")}

    found = drawn.phrases(f"place of {what}", [column.name, None, None], place)
    return say(found["b"], drawn.quoted(column.name), number(drawn.dialect, low), number(drawn.dialect, width))


def _seconds(value: Any) -> Any:
    return value.cast("timestamp").epoch_seconds().cast("float64")


# What the histogram is of: the number, the length of a text, seconds of a time.
_NUMBERS: Final[dict[str, Callable[[Any], Any]]] = {
    "length": lambda value: value.length().cast("float64"),
    "number": lambda value: finite(value).cast("float64"),
    "time": _seconds,
}


def _extent(column: Column) -> tuple[float, float] | None:
    """Least and most as numbers (dates in seconds); None where there is nothing to draw."""
    if column.min is None or column.max is None or column.type not in ("integer", "number", "date", "timestamp"):
        return None
    if column.type in ("date", "timestamp"):
        low, high = _epoch(column.min), _epoch(column.max)
    else:
        low, high = float(column.min), float(column.max)
    return (low, high) if high > low and math.isfinite(high - low) else None


def _epoch(value: dt.date | dt.datetime) -> float:
    import datetime as dt

    time = value if isinstance(value, dt.datetime) else dt.datetime.combine(value, dt.time())
    return (time if time.tzinfo else time.replace(tzinfo=dt.UTC)).timestamp()
