"""The chart of the cost section: each month's band with the budget across it, drawn as the other charts are."""

from __future__ import annotations

from typing import Final

from markupsafe import Markup, escape

from aiaudit.reports.charts import ACCENT, FAILED, FONT_12, INK, INK_3, LINE_2
from aiaudit.reports.record import Record
from aiaudit.reports.strings import say

_HEIGHT: Final = 140  # pixels of the plot
_TOP: Final = 22
_BAND: Final = "#c9d9ea"


def money(text: str) -> float:
    """An amount of the result, which is text; 0 for what is none."""
    try:
        value = float(text)
    except ValueError:
        return 0.0
    return value if 0 <= value < 1e15 else 0.0


def short(amount: float, beside: float = 0.0) -> str:
    """Such as 950, 12.3k, 4.5M: what fits beside a chart, in the unit of a larger amount that stands `beside` it."""
    for limit, unit in ((1e6, "M"), (1e3, "k")):
        most = max(amount, beside)
        if amount >= limit / 10 and (most >= 10 * limit or (unit == "M" and most >= limit)):
            return f"{amount / limit:.3g}{unit}"
    return f"{amount:,.0f}"


def projection(cost: Record) -> Markup:
    """A bar from p10 to p90 a month, a stroke at the median, and the monthly budget as a line across all."""
    months = cost.records("months")
    budget = money(cost.record("budget").text("monthly"))
    currency = escape(cost.text("currency"))
    top = max([money(one.text("p90")) for one in months] + [budget, 1.0]) * 1.05
    bottom = _TOP + _HEIGHT

    def y(amount: float) -> float:
        return bottom - _HEIGHT * amount / top

    body, width = "", 100 / max(1, len(months))
    for number, one in enumerate(months):
        low, middle, high = (money(one.text(name)) for name in ("p10", "p50", "p90"))
        place = f'x="{(number + 0.1) * width:.2f}%" width="{width * 0.8:.2f}%"'
        least, most, median = (f"{amount:,.0f}" for amount in (low, high, middle))
        unit, month = cost.text("currency"), one.whole("month")
        told = escape(say("chart.month_cost", month=month, low=least, high=most, unit=unit, median=median))
        body += (
            f'<rect {place} y="{y(high):.1f}"'
            f' height="{max(2.0, y(low) - y(high)):.1f}" fill="{_BAND}"><title>{told}</title></rect>'
            f'<rect {place} y="{y(middle) - 1:.1f}" height="2" fill="{ACCENT}"/>'
        )
    body += f'<rect x="0" y="{bottom}" width="100%" height="1" fill="{LINE_2}"/>'
    if budget:
        budget_said = escape(say("chart.budget", amount=short(budget)))
        body += f'<rect x="0" y="{y(budget) - 1:.1f}" width="100%" height="2" fill="{FAILED}"/>'
        # its name stands above the plot, where no bar lies under it
        body += f'<rect x="0" y="7" width="14" height="2" fill="{FAILED}"/>'
        body += f'<text x="20" y="12" fill="{FAILED}" {FONT_12}>{budget_said}</text>'
    body += f'<text x="0" y="{bottom + 16}" fill="{INK_3}" {FONT_12}>{escape(say("chart.month", month=1))}</text>'
    if len(months) > 1:
        last = months[-1]
        end_month = escape(say("chart.month", month=last.whole("month")))
        at_end = f'<text x="100%" text-anchor="end" {FONT_12}'
        body += f'{at_end} y="{bottom + 16}" fill="{INK_3}">{end_month}</text>'
        said = f"{short(money(last.text('p10')), money(last.text('p90')))}–{short(money(last.text('p90')))} {currency}"
        body += f'{at_end} y="12" fill="{INK}">{said}</text>'
    first, end = (months[0], months[-1]) if months else (Record({}), Record({}))
    projected = say(
        "chart.projection",
        unit=cost.text("currency"),
        first=f"{money(first.text('p50')):,.0f}",
        low=f"{money(end.text('p10')):,.0f}",
        high=f"{money(end.text('p90')):,.0f}",
        month=end.whole("month"),
    )
    limit = say("chart.budget_is", amount=f"{budget:,.0f}") if budget else say("chart.no_budget")
    label = escape(f"{projected}; {limit}")
    return Markup(  # noqa: S704 (figures and constants; the currency is escaped)
        f'<svg width="100%" height="{bottom + 22}" role="img" aria-label="{label}"><title>{label}</title>{body}</svg>'
    )
