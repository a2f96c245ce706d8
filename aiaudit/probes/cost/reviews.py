"""The probe `cost.reviews`: actual spend beside its forecast, in tables and in the bills of clouds."""

from __future__ import annotations

import calendar
import csv
import datetime as dt
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, ClassVar, Final

from pydantic import Field

from aiaudit import lazy
from aiaudit.cost.bills import Month, months_of
from aiaudit.model.fact import Evidence, Fact, Level, Scope, State
from aiaudit.model.types import BOOL, DOUBLE, INT, STRING, Type, list_of, record
from aiaudit.probes.base import Context, Probe, Query
from aiaudit.probes.cost.bills import Bills, bills_of
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
_MONTH: Final = lazy.regex(r"(20\d\d)-(\d\d)(?:-\d\d)?")
_QUARTER: Final = lazy.regex(r"(?i)(20\d\d)[ -]?q([1-4])|q([1-4])[ -/]?(20\d\d)")
_NUMBER: Final = lazy.regex(r"(\d{1,3}(?:[,' ]\d{3}){1,5}|\d{1,15})(\.\d{1,6})?(?!\d)")
# 1.250,50: of money, three digits after a point are thousands
_CONTINENTAL: Final = lazy.regex(r"(?<![\d.,])([1-9]\d{0,2}(?:\.\d{3}){1,5})(?:,(\d{1,2}))?(?![\d.,])")
_CURRENCY: Final = lazy.regex(r"\b(?:USD|EUR|GBP|CHF|JPY|CNY|INR|CAD|AUD|SEK|NOK|DKK|PLN|CZK|BRL|SGD)\b|[€£]")
_RECORD: Final = record(
    "cost review", path=STRING, line=INT, period=STRING, ended=STRING, days_old=INT, forecast=DOUBLE, actual=DOUBLE,
    variance=DOUBLE, action=STRING, has_action=BOOL, currency=STRING, billed=DOUBLE, gap=DOUBLE, bill=STRING,
    source=STRING,
)  # fmt: skip


class ReviewsQuery(Query):
    """files: globs of what is opened (default: names with cost, spend, budget, finops or forecast)."""

    files: list[str] = Field(default=list(GLOBS))


class ReviewsProbe(Probe[ReviewsQuery]):
    """Periods with a forecast and what was spent, the latest first: rows of CSV and Markdown tables (a period, a
    forecast, an actual amount), and bills that clouds export as CSV (FOCUS, AWS, Google Cloud, Azure) with a forecast.

    A period is a month (2026-10) or a quarter (2026-Q3) that has ended by the audit's day. `variance` is computed: the
    actual over the forecast, less one. `action` is empty for a dash, "none" or a placeholder. `source`: table, where
    the row names the actual amount; else bill: then the forecast stands in a table, or in a file of `aiaudit plan
    --format focus-csv`, and the actual is the bill's. `billed`: what the bills of the period say, 0 where none covers
    it whole in the row's currency; `gap`: the row's actual over `billed`, less one; `bill`: the first of their files.
    """

    name: ClassVar[str] = "cost.reviews"
    title: ClassVar[str] = "actual spend beside its forecast, in tables and bills"
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
        bills = bills_of(context)
        unread += bills.unread
        found = [*_billed(found, bills), *_forecast(found, bills, context.as_of)]
        files = len({entry.display for entry in entries} | {part.path for part in bills.parts}) + len(bills.unread)
        scope = Scope(files, files - len(unread), tuple(unread[:10]))
        if not found:
            return Fact(fact_id, State.ABSENT, [], Level.CONTENT, "tables of spend, and bills", scope=scope)
        found.sort(key=lambda row: (row["days_old"], row["path"], row["line"]))
        evidence = tuple(Evidence(r["path"], r["line"], _note(r)) for r in found[:20])
        return Fact(
            fact_id, State.KNOWN, found, Level.RESULT, "tables of spend, and bills", evidence=evidence, scope=scope
        )  # fmt: skip


def _note(row: Mapping[str, Any]) -> str:
    said = f"{row['period']}: {100 * row['variance']:+.0f} %"
    return f"{said}; {row['billed']:,.2f} {row['currency']} billed ({row['bill']})" if row["billed"] else said


def _billed(rows: Iterable[dict[str, Any]], bills: Bills) -> Iterator[dict[str, Any]]:
    """Rows of tables, with what the bills say. A forecast without an actual amount needs a bill."""
    months = _usable(months_of(bills.parts))
    for row in rows:
        held = _bill_of(row["months"], row["currency"], months)
        actual = row["actual"] if row["actual"] is not None else held.amount if held else None
        if actual is None:
            continue
        yield _record(row, actual, held, "table" if row["actual"] is not None else "bill")


def _forecast(rows: Sequence[dict[str, Any]], bills: Bills, today: dt.date) -> Iterator[dict[str, Any]]:
    """Forecasts in FOCUS files, for the months of which no table has one."""
    months = _usable(months_of(bills.parts))
    told = {month for row in rows for month in row["months"]}
    for one in _usable(months_of(bills.parts, forecast=True)).values():
        ended = _end(one.month)
        held = months.get((one.month, one.currency))
        if one.month in told or ended is None or ended > today or held is None or one.amount <= 0:
            continue
        row = {
            "path": one.paths[0], "line": 1, "period": one.month, "ended": ended.isoformat(),
            "days_old": (today - ended).days, "forecast": one.amount, "action": "", "has_action": False,
            "currency": one.currency, "months": [one.month],
        }  # fmt: skip
        yield _record(row, held.amount, held, "bill")


def _usable(months: Iterable[Month]) -> dict[tuple[str, str], Month]:
    return {(one.month, one.currency): one for one in months if not one.problem and one.amount > 0}


def _bill_of(months: Sequence[str], currency: str, known: Mapping[tuple[str, str], Month]) -> Month | None:
    """The bills of all the months, in one currency; where a row names none, in the only one that there is."""
    wanted = [currency] if currency else sorted({named for month, named in known if month in months})
    if len(wanted) != 1:
        return None
    held = [known.get((month, wanted[0])) for month in months]
    if not held or any(one is None for one in held):
        return None
    whole = [one for one in held if one is not None]
    paths = tuple(dict.fromkeys(path for one in whole for path in one.paths))
    return Month(months[0], wanted[0], round(sum(one.amount for one in whole), 2), paths, whole[0].form)


def _record(row: Mapping[str, Any], actual: float, held: Month | None, source: str) -> dict[str, Any]:
    made = {key: value for key, value in row.items() if key != "months"}
    return {
        **made,
        "actual": actual,
        "variance": round(actual / row["forecast"] - 1, 4),
        "currency": row["currency"] or (held.currency if held else ""),
        "billed": held.amount if held else 0.0,
        "gap": round(actual / held.amount - 1, 4) if held else 0.0,
        "bill": held.paths[0] if held else "",
        "source": source,
    }


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
    """Rows below each header that names a period and a forecast; `actual` is None where a row does not tell it."""
    columns: dict[str, int] = {}
    currency = ""
    for count, (line, cells) in enumerate(rows):
        if count > _MOST_ROWS:
            return
        named = {
            key: place
            for key, pattern in _COLUMNS.items()
            if (place := next((i for i, cell in enumerate(cells) if pattern.match(cell)), None)) is not None
        }
        if {"period", "forecast"} <= set(named):
            columns = named
            currency = _currency(cells[named["forecast"]])
        elif columns and len(cells) > max(columns.values()):
            row = _row(line, {key: cells[place] for key, place in columns.items()}, currency, today)
            if row is not None:
                yield row


def _row(line: int, cells: dict[str, str], currency: str, today: dt.date) -> dict[str, Any] | None:
    ended = _end(cells["period"])
    forecast, actual = _amount(cells["forecast"]), _amount(cells.get("actual", ""))
    if ended is None or forecast is None or forecast <= 0 or ended > today:
        return None
    action = cells.get("action", "")
    done = (
        bool(action)
        and not is_gap(action)
        and action.lower().strip(" .") not in ("-", "–", "—", "none", "no", "n/a", "")
    )
    several = 3 if _QUARTER.search(cells["period"]) else 1
    return {
        "line": line,
        "period": cells["period"],
        "months": [f"{ended.year}-{ended.month - several + one:02d}" for one in range(1, several + 1)],
        "ended": ended.isoformat(),
        "days_old": (today - ended).days,
        "forecast": forecast,
        "actual": actual,
        "currency": _currency(cells["forecast"]) or currency,
        "action": action if done else "",
        "has_action": done,
    }


def _currency(text: str) -> str:
    """The currency that a cell or a heading names, else empty. A dollar sign is that of several currencies."""
    found = _CURRENCY.search(text)
    return {"€": "EUR", "£": "GBP"}.get(found[0], found[0]) if found else ""


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
    if found := _CONTINENTAL.search(text):
        return float(found[1].replace(".", "") + "." + (found[2] or "0"))
    if found := _NUMBER.search(text):
        return float("".join(c for c in found[1] if c.isdigit()) + (found[2] or ""))
    return None
