"""The options of `aiaudit plan` that concern cost, and what they print."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Collection, Mapping
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from aiaudit.cli.errors import UsageError
from aiaudit.reports.text import visible

if TYPE_CHECKING:
    from aiaudit.capacity.plan import Plan
    from aiaudit.cost.cost import Cost, Gate
    from aiaudit.cost.prices import PriceBook
    from aiaudit.project.config import ProjectConfig

MOST_BASE: Final = 64 * 1024 * 1024  # bytes of a base to compare with
_PERCENTILES: Final = ("p10", "p50", "p90", "expected")


def cost(settings: ProjectConfig, plan: Plan | None, book: PriceBook, as_of: dt.date, months: int | None) -> Cost | str:
    """The cost of the declared workload, or why there is none."""
    from aiaudit.cost.build import MOST_MONTHS, BudgetGiven, NoCost
    from aiaudit.cost.cost import cost_of

    if months is not None and not 1 <= months <= MOST_MONTHS:
        raise UsageError(f"--months {months}: expected 1 to {MOST_MONTHS}")
    budget = settings.budget
    given = BudgetGiven(budget.monthly, budget.total, budget.currency or "", budget.gate or "")
    try:
        return cost_of(settings.workload, plan, book, as_of, given, months)
    except NoCost as error:
        return str(error)


def book_of(prices: Path | None) -> PriceBook:
    """`--prices`; else what ships."""
    from aiaudit.cost.price_files import BadPrices, load_prices
    from aiaudit.cost.prices import PriceBook

    try:
        return load_prices(prices) if prices else PriceBook()
    except BadPrices as error:
        raise UsageError(f"--prices {error}") from None


def limit_of(text: str) -> tuple[Decimal, str]:
    """`4000`, `4000@p90`: an amount a month, and the percentile that must fit it (default p90)."""
    amount, _, percentile = text.partition("@")
    try:
        value = Decimal(amount.replace(",", "").replace("_", ""))
    except InvalidOperation:
        value = Decimal(-1)
    percentile = percentile or "p90"
    if not value.is_finite() or value < 0 or percentile not in _PERCENTILES:
        raise UsageError(f"--max-monthly-cost {text}: expected an amount, such as 4000 or 4000@p50")
    return value, percentile


def gate_of(found: Cost | str, limit: tuple[Decimal, str]) -> Gate:
    """The gate of `--max-monthly-cost`: what cannot be told does not pass it."""
    from aiaudit.cost.cost import Gate, gate

    if isinstance(found, str):
        return Gate("unknown", found)
    return gate(found.inputs, found.bill, found.projection, found.doubts, *limit)


def text_lines(found: Cost | str, listed: Collection[str] = ()) -> list[str]:
    """For a terminal, with nothing in it that one would obey."""
    from aiaudit.cost.report import lines

    if isinstance(found, str):
        return [f"Cost: unknown; {visible(found)}"]
    return ["  " * ((len(line) - len(line.lstrip())) // 2) + visible(line.strip()) for line in lines(found, listed)]


def difference(base: Path, found: Cost | str) -> str:
    """`--cost-diff`: against a plan's JSON, a cost's, or an audit's result."""
    from aiaudit.cost.diff import BadBase, diff
    from aiaudit.cost.report import to_json

    if isinstance(found, str):
        raise UsageError(f"--cost-diff: {found}")
    try:
        return diff(_base(base), to_json(found))
    except BadBase as error:
        raise UsageError(f"--cost-diff {base}: {error}") from None


def _base(path: Path) -> Mapping[str, Any]:
    try:
        with path.open("rb") as file:
            data = json.loads(file.read(MOST_BASE))
    except OSError as error:
        raise UsageError(f"--cost-diff {path}: {(error.strerror or 'cannot be read').lower()}") from None
    except (ValueError, RecursionError):
        raise UsageError(f"--cost-diff {path}: not JSON; give a file of `aiaudit plan --json`") from None
    if isinstance(data, Mapping) and isinstance(data.get("cost"), Mapping):
        data = data["cost"]
    if not isinstance(data, Mapping):
        raise UsageError(f"--cost-diff {path}: there is no cost in it: write it with `aiaudit plan --json`")
    return data


def focus(found: Cost | str) -> str:
    """`--format focus-csv`."""
    from aiaudit.cost.focus import focus_csv

    if isinstance(found, str):
        raise UsageError(f"--format focus-csv: {found}")
    return focus_csv(found)


def to_json(found: Cost | str) -> dict[str, Any] | None:
    """The section `cost`; null where nothing can be counted."""
    from aiaudit.cost.report import to_json as section

    return None if isinstance(found, str) else section(found)
