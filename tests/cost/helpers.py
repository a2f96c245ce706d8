"""Workloads for the tests of cost."""

from __future__ import annotations

import datetime as dt
from typing import Any

from aiaudit.capacity.plan import plan
from aiaudit.cost.build import BudgetGiven
from aiaudit.cost.cost import Cost, cost_of
from aiaudit.cost.prices import PriceBook
from aiaudit.project.workload import WorkloadPart

DAY = dt.date(2026, 11, 24)
TRAFFIC: dict[str, Any] = {
    "requests_per_second": {"mean": 3, "peak": 12},
    "tokens": {"input": {"p50": 900, "p95": 3000}, "output": {"p50": 250, "p95": 700}},
    "hours_per_day": 24,
}
GROWTH = {"per_month": {"low": 0.03, "expected": 0.08, "high": 0.15}, "horizon_months": 12}
OPENAI = {"provider": "openai", "model": "gpt-4o-mini"}
GPU = {"gpu": "L40S", "price_per_hour": 1.8, "price_source": "our contract", "price_date": "2026-11-01"}


def workload(**parts: Any) -> WorkloadPart:
    return WorkloadPart.model_validate({"traffic": TRAFFIC, "growth": GROWTH, **parts})


def api(**more: Any) -> WorkloadPart:
    return workload(serving={"engine": "api"}, api={**OPENAI, **more.pop("api", {})}, **more)


def own(**more: Any) -> WorkloadPart:
    return workload(model={"source": "llama-3.1-8b"}, hardware={**GPU, **more.pop("hardware", {})}, **more)


def cost(part: WorkloadPart, book: PriceBook | None = None, budget: float | None = None, **more: Any) -> Cost:
    given = BudgetGiven(budget, None, more.pop("currency", "USD"))
    return cost_of(part, plan(part, None, search=False), book or PriceBook(), more.pop("as_of", DAY), given, **more)
