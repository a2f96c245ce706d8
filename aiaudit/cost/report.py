"""The cost as plain JSON (the section `cost` of the result and of `aiaudit plan --json`), and as a terminal's lines."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from decimal import Decimal
from typing import Any, Final

from aiaudit.cost.cost import Cost
from aiaudit.cost.money import cents, decimal, quantity, shown

VERSION: Final = 1
TOP: Final = 3  # drivers named
_FIGURES: Final = ("expected", "p10", "p50", "p90")


def to_json(found: Cost) -> dict[str, Any]:
    """All of it. Money is text with two digits, exact amounts and unit prices as they are; what is unknown is null."""
    inputs, projected, now = found.inputs, found.projection, found.bill
    budget = inputs.budget
    counted = bool(now.lines)  # a sum of nothing is unknown, not zero
    return {
        "version": VERSION,
        "name": inputs.name,
        "currency": inputs.currency,
        "as_of": inputs.as_of.isoformat(),
        "complete": not now.missing,
        "monthly": str(cents(now.total)) if counted else None,
        "lines": [
            {
                "key": line.key,
                "text": line.text,
                "quantity": plain(line.quantity),
                "unit": line.unit,
                "unit_price": plain(line.price.amount),
                "amount": str(cents(line.amount)),
                "grows": line.grows,
                "source": line.price.source,
                "date": line.price.date.isoformat() if line.price.date else None,
                "illustrative": line.price.illustrative,
            }
            for line in now.lines
        ],
        "missing": [{"key": one.key, "text": one.text, "add": one.add} for one in now.missing],
        "months": [
            {"month": m.number} | {name: two(m.at(name)) for name in _FIGURES}
            for m in projected.months
            if counted
        ],
        "total": {name: two(projected.total.at(name)) for name in _FIGURES} if counted else None,
        "draws": projected.draws,
        "seed": projected.seed,
        "drivers": [{"name": d.name, "low": two(d.low), "high": two(d.high)} for d in projected.drivers],
        "units": [{"name": unit.name, "amount": plain(unit.amount)} for unit in found.units if counted],
        "break_even": None
        if found.break_even is None
        else {
            "requests": None if found.break_even.requests is None else round(found.break_even.requests),
            "now": round(found.break_even.now),
            "text": found.break_even.text,
        },
        "ten_times": _ten_times(found) if counted else None,
        "levers": [
            {"key": one.key, "text": one.text, "saved": two(one.saved), "share": round(one.share, 4),
             "effort": one.effort, "risk": one.risk}
            for one in found.levers
        ],
        "energy": None
        if found.carbon is None
        else {
            "kwh": None if found.carbon.kwh is None else round(found.carbon.kwh, 1),
            "kg_co2": None if found.carbon.kg is None else round(found.carbon.kg, 1),
            "text": found.carbon.text,
            "problem": found.carbon.problem,
        },
        "budget": {
            "monthly": None if budget.monthly is None else str(cents(budget.monthly)),
            "total": None if budget.total is None else str(cents(budget.total)),
            "percentile": budget.gate,
            "verdict": found.gate.verdict,
            "text": found.gate.text,
            "breaks": found.gate.breaks,
            "breaks_expected": found.gate.breaks_expected,
        },
        "doubts": list(found.doubts),
        "assumptions": list(inputs.assumptions),
    }  # fmt: skip


def _one(name: str) -> str:
    """Such as "1,000 requests", "a million tokens"."""
    return name if name[:1].isdigit() else f"a {name}"


def _ten_times(found: Cost) -> dict[str, Any]:
    ten = found.ten_times
    if ten.monthly is None or ten.mean is None:
        return {"monthly": None, "mean": None, "problem": ten.problem}
    return {"monthly": str(cents(ten.monthly)), "mean": two(ten.mean), "problem": ""}


def plain(value: Decimal) -> str:
    """Twelve digits that count, without an exponent."""
    text = f"{+value.normalize():.12g}"
    return f"{Decimal(text):f}"


def two(value: float) -> str:
    return str(cents(decimal(round(value, 6))))


def lines(found: Cost, listed: Collection[str] = ()) -> Iterator[str]:
    """For a terminal. `listed`: assumptions that stand above already."""
    inputs, now, projected = found.inputs, found.bill, found.projection
    money = inputs.currency
    total = shown(now.total, money) if now.lines else "unknown"
    yield f"Cost a month: {total}{' and what is not known' if now.missing and now.lines else ''}"
    for line in now.lines:
        mark = " (illustrative)" if line.price.illustrative else ""
        dated = line.price.date.isoformat() if line.price.date else "date unknown"
        yield (
            f"  {line.text}: {quantity(line.quantity)} {line.unit} × {plain(line.price.amount)}"
            f" = {shown(line.amount)}  [{line.price.source}, {dated}{mark}]"
        )
    for one in now.missing:
        yield f"  {one.text}: unknown; add {one.add}"
    if not now.lines:
        return
    last = projected.months[-1]
    yield ""
    if len(projected.months) > 1:
        band = f"{shown(last.p10)} … {shown(last.p90)}, p10 … p90"
        yield f"In month {last.number}: {shown(last.expected, money)} ({band})"
    yield (
        f"Over {last.number} months: {shown(projected.total.expected, money)}"
        f" ({shown(projected.total.p10)} … {shown(projected.total.p90)})"
    )
    if projected.drivers:
        named = ", ".join(f"{d.name} ({shown(d.low)} … {shown(d.high)})" for d in projected.drivers[:TOP])
        yield f"Drivers: {named}"
    ten = found.ten_times
    more = f"unknown: {ten.problem}" if ten.monthly is None else f"{shown(ten.monthly, money)} a month"
    yield f"At ten times the load: {more}"
    if found.units:
        yield "Unit costs: " + ", ".join(f"{shown(u.amount, money)} for {_one(u.name)}" for u in found.units)
    if found.break_even:
        yield f"Break-even: {found.break_even.text}"
    if found.carbon:
        yield "Energy a month: " + (
            "; ".join(text for text in (found.carbon.text, found.carbon.problem) if text) or "unknown"
        )
    yield f"Budget: {found.gate.verdict}, {found.gate.text}"
    if found.levers:
        yield ""
        yield "Ways to save, a month's mean over the horizon"
        for lever in found.levers:
            yield (
                f"  • {lever.text}: {shown(lever.saved, money)} ({100 * lever.share:.0f} %),"
                f" effort {lever.effort}, risk {lever.risk}"
            )
    if own := [text for text in inputs.assumptions if text not in listed]:
        yield ""
        yield "Assumed for the cost, since nothing is declared"
        yield from (f"  • {text}" for text in own)
