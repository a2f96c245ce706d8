"""The probe `cost.reviews`: tables in which actual spend stands beside its forecast."""

from __future__ import annotations

import calendar
import csv
import datetime as dt
import io
import re
from collections.abc import Iterator
from typing import Any, ClassVar, Final

from pydantic import Field

from aiaudit.model.fact import Evidence, Fact, Level, Scope, State
from aiaudit.model.types import BOOL, DOUBLE, INT, STRING, Type, list_of, record
from aiaudit.probes.base import Context, Probe, Query
from aiaudit.probes.docs.substance import is_gap
from aiaudit.project.reader import Unreadable, decode

GLOBS: Final = (
    "**/*{cost,spend,budget,finops,forecast}*.{csv,md}",
    "**/{cost,costs,finops,budget}/**/*.{csv,md}",
)
_MOST: Final = 200
_LARGE: Final = 1024 * 1024  # bytes of a file
_MOST_ROWS: Final = 1000
_COLUMNS: Final = {
    "period": re.compile(r"(?i)^(?:period|month|quarter|date)\b"),
    "forecast": re.compile(r"(?i)^(?:forecast|budget|plan(?:ned)?|expected|projected)\b"),
    "actual": re.compile(r"(?i)^(?:actual|spent|spend|billed|invoice)"),
    "action": re.compile(r"(?i)^(?:action|measure|decision|what we did|follow)"),
}
_MONTH: Final = re.compile(r"(20\d\d)-(\d\d)(?:-\d\d)?")
_QUARTER: Final = re.compile(r"(?i)(20\d\d)[ -]?q([1-4])|q([1-4])[ -/]?(20\d\d)")
_NUMBER: Final = re.compile(r"(\d{1,3}(?:[,' ]\d{3}){0,5}|\d{1,15})(\.\d{1,6})?")
_RECORD: Final = record(
    "cost review", path=STRING, line=INT, period=STRING, ended=STRING, days_old=INT, forecast=DOUBLE, actual=DOUBLE,
    variance=DOUBLE, action=STRING, has_action=BOOL,
)  # fmt: skip


class ReviewsQuery(Query):
    """files: globs of what is opened (default: names with cost, spend, budget, finops or forecast)."""

    files: list[str] = Field(default_factory=lambda: list(GLOBS))


class ReviewsProbe(Probe[ReviewsQuery]):
    """Rows of CSV and Markdown tables with a period, a forecast and an actual amount, the latest first.

    A period is a month (2026-10) or a quarter (2026-Q3) that has ended by the audit's day. `variance` is computed: the
    actual over the forecast, less one. `action` is empty for a dash, "none" or a placeholder.
    """

    name: ClassVar[str] = "cost.reviews"
    title: ClassVar[str] = "tables in which actual spend stands beside its forecast"
    query: ClassVar[type[ReviewsQuery]] = ReviewsQuery
    max_level: ClassVar[Level] = Level.RESULT

    def value_type(self, query: ReviewsQuery) -> Type:
        return list_of(_RECORD)

    def answer(self, fact_id: str, query: ReviewsQuery, context: Context) -> Fact:
        skipped = ("vendored", "generated", "test", "example")
        entries = [
            one for one in context.project.matching(query.files) if one.role not in skipped and one.size <= _LARGE
        ]
        found: list[dict[str, Any]] = []
        unread = [entry.display for entry in entries[_MOST:]]
        for entry in entries[:_MOST]:
            try:
                text = decode(context.project.head(entry.path, _LARGE))
            except Unreadable:
                unread.append(entry.display)
                continue
            rows = _csv(text) if entry.path.endswith(".csv") else _markdown(text)
            found += [{"path": entry.display, **row} for row in _read(rows, context.as_of)]
        scope = Scope(len(entries), len(entries) - len(unread), tuple(unread[:10]))
        if not found:
            return Fact(fact_id, State.ABSENT, [], Level.RESULT, "tables of spend", scope=scope)
        found.sort(key=lambda row: (row["days_old"], row["path"], row["line"]))
        evidence = tuple(Evidence(r["path"], r["line"], f"{r['period']}: {r['variance']:+.0%}") for r in found[:20])
        return Fact(fact_id, State.KNOWN, found, Level.RESULT, "tables of spend", evidence=evidence, scope=scope)


Row = tuple[int, list[str]]  # the line, and the cells


def _csv(text: str) -> Iterator[Row]:
    reader = csv.reader(io.StringIO(text))
    try:
        for row in reader:
            yield reader.line_num, [cell.strip() for cell in row]
    except csv.Error:
        return


def _markdown(text: str) -> Iterator[Row]:
    for number, line in enumerate(text.splitlines(), start=1):
        inner = line.strip()
        if inner.startswith("|") and not set(inner) <= set("|-: "):
            yield number, [cell.strip() for cell in inner.strip("|").split("|")]


def _read(rows: Iterator[Row], today: dt.date) -> Iterator[dict[str, Any]]:
    """Rows below each header that names the three columns."""
    columns: dict[str, int] = {}
    for count, (line, cells) in enumerate(rows):
        if count > _MOST_ROWS:
            return
        named = {
            key: place
            for key, pattern in _COLUMNS.items()
            if (place := next((i for i, cell in enumerate(cells) if pattern.match(cell)), None)) is not None
        }
        if {"period", "forecast", "actual"} <= set(named):
            columns = named
        elif columns and len(cells) > max(columns.values()):
            row = _row(line, {key: cells[place] for key, place in columns.items()}, today)
            if row is not None:
                yield row


def _row(line: int, cells: dict[str, str], today: dt.date) -> dict[str, Any] | None:
    ended = _end(cells["period"])
    forecast, actual = _amount(cells["forecast"]), _amount(cells["actual"])
    if ended is None or forecast is None or actual is None or forecast <= 0 or ended > today:
        return None
    action = cells.get("action", "")
    done = (
        bool(action)
        and not is_gap(action)
        and action.lower().strip(" .") not in ("-", "–", "—", "none", "no", "n/a", "")
    )
    return {
        "line": line,
        "period": cells["period"],
        "ended": ended.isoformat(),
        "days_old": (today - ended).days,
        "forecast": forecast,
        "actual": actual,
        "variance": round(actual / forecast - 1, 4),
        "action": action if done else "",
        "has_action": done,
    }


def _end(text: str) -> dt.date | None:
    """The last day of a month or a quarter."""
    if found := _QUARTER.search(text):
        year, month = int(found[1] or found[4]), 3 * int(found[2] or found[3])
    elif found := _MONTH.search(text):
        year, month = int(found[1]), int(found[2])
    else:
        return None
    if not 1 <= month <= 12:
        return None
    return dt.date(year, month, calendar.monthrange(year, month)[1])


def _amount(text: str) -> float | None:
    found = _NUMBER.search(text)
    if not found:
        return None
    return float("".join(c for c in found[1] if c.isdigit()) + (found[2] or ""))
