"""Bills that clouds export, as months: FOCUS, AWS' Cost and Usage Reports, Google's and Azure's cost details.

What an invoice says is summed: FOCUS `BilledCost` by billing period (FOCUS 1.3), AWS `UnblendedCost` by billing
period (Data Exports, CUR 2.0 table dictionary), Google `cost` and `credits.amount` by `invoice.month` (standard usage
cost schema), Azure `costInBillingCurrency` by day (cost and usage details, EA and MCA). DuckDB reads the tables, out of
core and as text: a value that is no amount or no day is counted, never guessed.
"""

from __future__ import annotations

import calendar
import csv
import datetime as dt
import io
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from aiaudit import lazy

if TYPE_CHECKING:
    import duckdb

MOST_UNREAD: Final = 0.01  # share of rows without amount or day above which a file's sums are not believed
_LONGEST_ROW: Final = 4 * 1024 * 1024
_MONTHLY: Final = 27  # days: a bill all of whose rows are that long is one of months, and ends where its rows do
_MOST_MONTHS: Final = 1200
_PLAIN: Final = lazy.regex(r"[^a-z0-9]")


class Form(Struct, frozen=True):
    """Columns of one kind of export, by their names in small letters and digits alone; the first that is there counts.

    `month`: the billing period; where it is missing, the day's own month. `credits`: JSON of amounts to add.
    """

    name: str
    cost: tuple[str, ...]
    day: tuple[str, ...]
    currency: tuple[str, ...]
    month: tuple[str, ...] = ()
    account: tuple[str, ...] = ()
    credits: tuple[str, ...] = ()
    forecast: tuple[str, ...] = ()
    end: tuple[str, ...] = ()


GOOGLE: Final = "Google Cloud"
FORMS: Final = (
    Form(
        "FOCUS", ("billedcost",), ("chargeperiodstart",), ("billingcurrency",), ("billingperiodstart",),
        ("billingaccountid",), forecast=("xforecast",),
        end=("chargeperiodend",),
    ),
    Form(
        "AWS", ("lineitemunblendedcost",), ("lineitemusagestartdate",), ("lineitemcurrencycode",),
        ("billbillingperiodstartdate",), ("billpayeraccountid",),
        end=("lineitemusageenddate",),
    ),
    Form(
        GOOGLE, ("cost",), ("usagestarttime",), ("currency",), ("invoicemonth",), ("billingaccountid",),
        ("credits",), end=("usageendtime",),
    ),
    Form(
        "Azure", ("costinbillingcurrency", "pretaxcost"), ("date", "usagedatetime"),
        ("billingcurrencycode", "billingcurrency", "currency"), (), ("billingaccountid", "subscriptionid"),
    ),
)  # fmt: skip


class BadBill(Exception):  # noqa: N818
    """A file that looks like a bill, and whose sums cannot be believed. The text says why."""


class Part(Struct, frozen=True):
    """One account's rows of one month in one file. `first`, `last`: days of the account's whole range in the file."""

    path: str
    form: str
    account: str
    month: str  # 2026-04
    currency: str
    amount: float
    first: dt.date
    last: dt.date
    forecast: bool
    credits: bool  # what is credited is in the amount


class Month(Struct, frozen=True):
    """What a month cost over all bills. `problem`: why it cannot be compared, else empty."""

    month: str
    currency: str
    amount: float
    paths: tuple[str, ...]
    form: str
    problem: str = ""


def form_of(header: str) -> tuple[Form, Mapping[str, str]] | None:
    """The kind of export by a CSV file's first line, and its columns; None where it is no bill."""
    try:
        names = next(csv.reader(io.StringIO(header.lstrip("\ufeff"))), [])
    except csv.Error:
        return None
    known = {_PLAIN.sub("", name.lower()): name for name in reversed(names)}
    for form in FORMS:
        columns = {}
        for field in ("cost", "day", "currency", "month", "account", "credits", "forecast", "end"):
            found = next((known[name] for name in getattr(form, field) if name in known), None)
            if found is not None:
                columns[field] = found
        if {"cost", "day", "currency"} <= set(columns):
            return form, columns
    return None


def parts_of(
    connection: duckdb.DuckDBPyConnection, file: str, shown: str, form: Form, columns: Mapping[str, str]
) -> list[Part]:
    """Sums of a file by account, month and currency. `file` is what is opened, `shown` what it is called.

    Raises:
        BadBill: too many rows have no amount or no day.
        duckdb.Error: the file cannot be read as a table.
    """
    rows = connection.execute(_sql(file, columns)).fetchall()
    whole, unread = (sum(row[place] for row in rows) for place in (7, 8))
    if not whole or unread > MOST_UNREAD * whole:
        raise BadBill(f"{unread} of {whole} rows have no amount or no day" if whole else "it has no rows")
    return [
        Part(shown, form.name, account, month, currency, float(amount), first, last, forecast, "credits" in columns)
        for account, month, currency, forecast, amount, first, last, _, _ in rows
        if month is not None and amount is not None and first is not None
    ]


def _sql(file: str, columns: Mapping[str, str]) -> str:
    def column(field: str) -> str:
        return '"' + columns[field].replace('"', '""') + '"' if field in columns else "''"

    day = (
        f"coalesce(try_cast(left({column('day')}, 10) AS DATE),"
        f" try_cast(try_strptime({column('day')}, ['%m/%d/%Y', '%m/%d/%Y %H:%M:%S', '%Y%m%d']) AS DATE))"
    )
    stated = f"regexp_extract({column('month')}, '^(\\d{{4}})-?(\\d{{2}})', ['y', 'm'])"
    month = f"CASE WHEN {stated}.y <> '' THEN {stated}.y || '-' || {stated}.m ELSE strftime({day}, '%Y-%m') END"
    amount = f"try_cast({column('cost')} AS DECIMAL(30, 12))"
    if "credits" in columns:
        listed = f"try_cast(json_extract(try_cast({column('credits')} AS JSON), '$[*].amount') AS DECIMAL(30, 12)[])"
        amount = f"{amount} + coalesce(list_sum({listed}), 0)"
    name = file.replace("'", "''")
    return f"""
        WITH read AS (
            SELECT {column("account")} AS account, {month} AS month, upper(trim({column("currency")})) AS currency,
                lower({column("forecast")}) IN ('true', '1', 'yes') AS forecast, {amount} AS amount, {day} AS day,
                try_cast(left({column("end")}, 19) AS TIMESTAMP) AS ended
            FROM read_csv('{name}', all_varchar = true, header = true, delim = ',', quote = '"', escape = '"',
                null_padding = true, max_line_size = {_LONGEST_ROW}, parallel = false)
        ), dated AS (
            SELECT *, min(day) OVER (PARTITION BY account) AS first,
                CASE WHEN min(date_diff('day', day, ended)) OVER (PARTITION BY account) >= {_MONTHLY}
                    THEN max(CAST(ended - INTERVAL 1 SECOND AS DATE)) OVER (PARTITION BY account)
                    ELSE max(day) OVER (PARTITION BY account) END AS last
            FROM read
        )
        SELECT coalesce(account, ''), month, coalesce(currency, ''), coalesce(forecast, false), sum(amount),
            min(first), max(last), count(*), count(*) FILTER (amount IS NULL OR day IS NULL)
        FROM dated GROUP BY ALL ORDER BY ALL LIMIT {_MOST_MONTHS}
    """  # noqa: S608


def months_of(parts: Iterable[Part], *, forecast: bool = False) -> tuple[Month, ...]:
    """What each month cost, by currency. A month that a bill covers in part, or two bills of one account at once, has a
    problem instead of a sum that can be compared."""
    found: dict[tuple[str, str], list[Part]] = {}
    for part in parts:
        if part.forecast is forecast:
            found.setdefault((part.month, part.currency), []).append(part)
    return tuple(_month(month, currency, held, forecast) for (month, currency), held in sorted(found.items()))


def _month(month: str, currency: str, held: Sequence[Part], forecast: bool) -> Month:
    problem = ""
    accounts: dict[str, list[Part]] = {}
    for part in held:  # one account's bill in two forms is one bill; without a name each form is an account
        accounts.setdefault(part.account or part.form, []).append(part)
    for same in accounts.values():
        ordered = sorted(same, key=lambda one: one.first)
        twice = next(((a, b) for a, b in pairwise(ordered) if b.first <= a.last and a.path != b.path), None)
        if twice is not None:
            problem = f"{twice[0].path} and {twice[1].path} cover the same days of one account"
        elif ordered[0].form == GOOGLE and not all(part.credits for part in same):
            problem = f"{ordered[0].path} has no column `credits`, without which Google's costs are not what is paid"
        elif not forecast and not _covers(month, ordered):
            problem = f"{ordered[0].path} covers {ordered[0].first} to {ordered[-1].last}, not the whole month"
    paths = tuple(sorted({part.path for part in held}))
    forms = ", ".join(sorted({part.form for part in held}))
    return Month(month, currency, round(sum(part.amount for part in held), 2), paths, forms, problem)


def _covers(month: str, ordered: Sequence[Part]) -> bool:
    """Whether the days of an account's rows reach from the month's first to its last."""
    start = dt.date(int(month[:4]), min(12, max(1, int(month[5:]))), 1)
    end = start.replace(day=calendar.monthrange(start.year, start.month)[1])
    return ordered[0].first <= start and max(part.last for part in ordered) >= end
