"""`aiaudit plan --cost-diff`: previous, new and difference as a Markdown table for a pull request."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from aiaudit.cost.money import ZERO, shown


class BadBase(ValueError):  # noqa: N818
    """The file to compare with is no plan's JSON."""


def diff(base: Mapping[str, Any], new: Mapping[str, Any]) -> str:
    """Previous, new and difference of each line as a Markdown table, under one headline. Both: `to_json`."""
    from aiaudit.reports.text import clean

    before, after = _amounts(base), _amounts(new)
    old_total, new_total = _total(base), _total(new)
    money = str(new.get("currency", ""))
    if str(base.get("currency", "")) != money:
        was = clean(str(base.get("currency", "")))
        raise BadBase(f"the base is in {was}, this plan in {money}; give --prices in the currency of the base")
    change = new_total - old_total
    share = f" ({change / old_total:+.0%})" if old_total else ""
    verb = "increase by" if change > 0 else "decrease by" if change < 0 else "stay the same"
    headline = f"Monthly cost will {verb}" + (f" {shown(abs(change), money)}{share}" if change else "")
    rows = [f"**{headline}**", "", f"| Position | Previous | New | Difference ({money}) |", "|---|---:|---:|---:|"]
    for name in dict.fromkeys((*before, *after)):
        old, now = before.get(name), after.get(name)
        rows.append(
            f"| {_cell(clean(name))} | {_or_dash(old)} | {_or_dash(now)} | {(now or ZERO) - (old or ZERO):+,.2f} |"
        )
    rows.append(f"| **Total** | **{shown(old_total)}** | **{shown(new_total)}** | **{change:+,.2f}** |")
    lacking = [str(one.get("text", "")) for one in new.get("missing", ()) if isinstance(one, Mapping)]
    if lacking:
        rows += ["", f"Not counted: {', '.join(_cell(clean(one)) for one in lacking)}."]
    return "\n".join(rows) + "\n"


def _amounts(cost: Mapping[str, Any]) -> dict[str, Decimal]:
    rows = cost.get("lines")
    if not isinstance(rows, list):
        raise BadBase("there is no cost in it: write it with `aiaudit plan --json`")
    found: dict[str, Decimal] = {}
    for row in rows:
        if not isinstance(row, Mapping):
            raise BadBase("one of its `lines` is no position; write it anew with `aiaudit plan --json`")
        name = str(row.get("text", "")) if row.get("key") != "serving" else "serving"
        found[name] = found.get(name, ZERO) + _money(row.get("amount"))
    return found


def _total(cost: Mapping[str, Any]) -> Decimal:
    """Nothing where no line could be counted."""
    return ZERO if cost.get("monthly") is None and cost.get("lines") == [] else _money(cost.get("monthly"))


def _money(value: object) -> Decimal:
    try:
        amount = Decimal(str(value))
    except InvalidOperation:
        raise BadBase(f"an amount is no number: {str(value)[:40]}") from None
    if not amount.is_finite():
        raise BadBase("an amount is not finite")
    return amount


def _or_dash(amount: Decimal | None) -> str:
    return "–" if amount is None else shown(amount)


def _cell(text: str) -> str:
    """Text that neither ends a cell nor is markup."""
    for mark in "\\|`*_<>[]":
        text = text.replace(mark, f"\\{mark}")
    return text
