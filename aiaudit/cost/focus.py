"""The projection as FOCUS rows, for the tools that read cloud bills."""

from __future__ import annotations

import csv
import datetime as dt
import io
from typing import Final

from aiaudit.cost.bill import bill
from aiaudit.cost.cost import Cost
from aiaudit.cost.report import plain, two
from aiaudit.project.own_tables import FOCUS

_CATEGORY: Final = {
    "api": "AI and Machine Learning", "serving": "Compute", "training": "AI and Machine Learning",
    "storage": "Storage", "egress": "Networking", "vector-database": "Databases",
    "observability": "Management and Governance",
}  # fmt: skip


def focus_csv(found: Cost) -> str:
    """The projection as FOCUS 1.3 rows: each line of each month. Forecasts, not charges: `x_Forecast` is true in all.

    A quantity of million tokens is written in tokens, as FOCUS counts them. Months are counted from that of `as_of`.
    The provider is that of the interface; who rents out machines is not declared, so it is empty there, and the source
    of the price stands in a column of its own.
    """
    from aiaudit.reports.csv import safe_cell

    inputs = found.inputs
    out = io.StringIO()
    table = csv.writer(out, lineterminator="\n")
    table.writerow(FOCUS)
    for month in found.projection.months:
        start, end = _month_of(inputs.as_of, month.number - 1), _month_of(inputs.as_of, month.number)
        load = (1 + inputs.load.growth.expected) ** (month.number - 1)
        for line in bill(inputs, month.number - 1, load).lines:
            tokens = line.unit == "million tokens"
            amount, price = line.quantity, line.price.amount
            if tokens:
                amount, price = amount * 1_000_000, price / 1_000_000
            cost = plain(line.amount)
            unit = "Tokens" if tokens else line.unit
            dated = line.price.date.isoformat() if line.price.date else ""
            provider = inputs.api.price.provider if inputs.api is not None and line.key == "api" else ""
            row = (
                start, end, start, end, inputs.currency, _CATEGORY.get(line.key, "Other"), line.key, provider,
                "Usage", line.text, "Standard", plain(amount), unit, plain(amount), unit, plain(price),
                plain(price), cost, cost, cost, cost, "true", two(month.p10), two(month.p90), line.price.source, dated,
            )  # fmt: skip
            table.writerow([safe_cell(str(cell)) for cell in row])
    return out.getvalue()


def _month_of(day: dt.date, later: int) -> str:
    months = day.year * 12 + day.month - 1 + later
    return f"{months // 12:04d}-{months % 12 + 1:02d}-01T00:00:00Z"
