"""Figures and names as they are printed."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from typing import Any, Final

from aiaudit.data.model import Column, Dataset
from aiaudit.reports.strings import say
from aiaudit.reports.text import shorten, visible

BLANK: Final = "–"
_BARS: Final = "▁▂▃▄▅▆▇█"
_UNITS: Final = ((1 << 40, "TB"), (1 << 30, "GB"), (1 << 20, "MB"), (1 << 10, "kB"))
_NAME: Final = 200
TYPES: Final = frozenset(
    {"text", "integer", "number", "boolean", "timestamp", "date", "time", "list", "record", "binary", "other"}
)


def name(text: str, limit: int = _NAME) -> str:
    """A name of the data, on one line and with nothing in it that a terminal or a page would obey."""
    return shorten(visible(text), limit) or say("profile.no_name")


def count(value: int | None) -> str:
    """1,234,567"""
    return BLANK if value is None else f"{value:,}"


def many(value: int, what: str) -> str:
    """1 row, 2 rows. `what`: a key under `thing` of the reports' words."""
    return say(f"thing.{what}", value)


def rows_of(dataset: Dataset) -> str:
    """Such as "900 rows × 13 columns"; of a folder of images, the images."""
    if dataset.rows is None:
        return BLANK
    told = say("profile.image" if dataset.format == "images" else "thing.row", dataset.rows)
    columns = len(dataset.columns)
    return say("profile.size_of", rows=told, columns=many(columns, "column")) if columns else told


def share(value: float | None) -> str:
    """A fraction in per cent: 0 % and 100 % are exact, what lies near them says so."""
    if value is None:
        return BLANK
    if value in (0, 1):
        return f"{100 * value:.0f} %"
    per_cent = value * 100
    if per_cent < 0.1:
        return "<0.1 %"
    if per_cent > 99.9:
        return ">99.9 %"
    return f"{per_cent:.1f} %"


def number(value: Any) -> str:
    """Four significant digits; whole numbers in full up to fifteen digits, and the whole part of large ones up to nine;
    dates as they are."""
    if value is None:
        return BLANK
    if isinstance(value, dt.datetime):
        return value.isoformat(" ", "seconds" if value.time() != dt.time() else "auto")[:19].removesuffix(" 00:00:00")
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    if isinstance(value, float) and not math.isfinite(value):
        return BLANK
    if isinstance(value, int) or (float(value).is_integer() and abs(value) < 1e6):
        return f"{int(value):,}" if abs(value) < 1e15 else f"{value:.4g}"
    return f"{value:,.0f}" if 1e3 <= abs(value) < 1e9 else f"{value:.4g}"


def chance(value: float | None) -> str:
    """A probability: three significant digits, and what is next to nothing as such."""
    if value is None:
        return BLANK
    return "<0.0001" if value < 1e-4 else f"{value:.3g}"


def size(value: int | None) -> str:
    """Bytes in the largest unit that they fill."""
    if value is None:
        return BLANK
    for unit, suffix in _UNITS:
        if value >= unit:
            return f"{value / unit:.1f} {suffix}"
    return say("profile.bytes", value)


def distinct(column: Column) -> str:
    """Distinct values; approximate counts are marked."""
    if column.distinct is None:
        return BLANK
    return f"{column.distinct:,}" if column.distinct_exact else f"~{column.distinct:,}"


def kind(column: Column) -> str:
    """The name of a column's type."""
    return say(f"profile.type.{column.type}") if column.type in TYPES else column.type


def extent(column: Column, *, full: bool = False) -> str:
    """What a column's values are like, in a few words. `full`: with the median, and how many lie far from the rest."""
    if column.type == "boolean":
        return say("profile.true", share=share(column.mean)) if column.mean is not None else BLANK
    if column.type == "text":
        if not column.length_max:
            return BLANK
        if column.length_mean == column.length_max:
            return say("profile.length_each", column.length_max)
        return say("profile.length", column.length_max, mean=number(column.length_mean))
    if column.min is None:
        return BLANK
    if column.constant:
        return say("profile.always", value=number(column.min))
    spread = f"{number(column.min)} … {number(column.max)}"
    if column.mean is None:
        return spread
    median = column.quantiles[3] if full and column.quantiles else None
    if median is None:
        return say("profile.spread", spread=spread, mean=number(column.mean))
    told = say("profile.spread_median", spread=spread, median=number(median), mean=number(column.mean))
    return f"{told}; {say('profile.outlier', column.outliers)}" if column.outliers else told


def bars(histogram: Sequence[int] | None, cells: int = 0) -> str:
    """A histogram in a line of text: a space where there is nothing. `cells`: at most so many, of bins put together."""
    if histogram and 0 < cells < len(histogram):
        step = math.ceil(len(histogram) / cells)
        histogram = [sum(histogram[at : at + step]) for at in range(0, len(histogram), step)]
    most = max(histogram or (), default=0)
    if not histogram or most == 0:
        return ""
    return "".join(" " if n == 0 else _BARS[min(7, n * 8 // (most + 1))] for n in histogram)
