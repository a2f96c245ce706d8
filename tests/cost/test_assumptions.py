"""The list of assumptions is complete: a default that moves a figure is on it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from aiaudit.capacity import assumptions as capacity
from aiaudit.capacity.plan import plan
from aiaudit.capacity.report import to_json as plan_json
from aiaudit.cost import assumptions
from aiaudit.cost.build import BudgetGiven
from aiaudit.cost.cost import cost_of
from aiaudit.cost.prices import PriceBook
from aiaudit.cost.report import to_json
from tests.cost.helpers import DAY, TRAFFIC, api, cost, own, workload

BARE = {"traffic": {"requests_per_second": 3, "tokens": {"input": 900, "output": 250}}, "growth": {}}
PARTS = {
    "interface": lambda: api(**BARE),
    "own": lambda: workload(
        **BARE, model={"source": "llama-3.1-8b"}, hardware={"gpu": "L40S"}, training=[{"gpu_hours": 4}],
        storage={"gb": 10, "gb_added_month": 2}, egress={"gb_month": 5},
    ),
    "declared": lambda: own(serving={"replicas": 2}, storage={"gb": 1}),
}  # fmt: skip
DEFAULTS = {**capacity.DEFAULTS, **assumptions.DEFAULTS}


def figures(name: str) -> tuple[str, tuple[str, ...]]:
    found = to_json(cost(PARTS[name]()))
    listed = tuple(found.pop("assumptions"))
    return json.dumps(found), listed


def moved(value: object) -> object:
    return (not value) if isinstance(value, bool) else value * 3 + 1 if isinstance(value, int) else value  # type: ignore[operator]


@pytest.mark.parametrize("name", PARTS)
def test_a_default_that_moves_a_figure_is_listed(name, monkeypatch):
    before, listed = figures(name)
    seen = 0
    for key, (value, why) in DEFAULTS.items():
        other = (value / 2 + 0.01) if isinstance(value, float) else moved(value)
        if other == value or isinstance(value, str):
            continue
        table = assumptions.DEFAULTS if key in assumptions.DEFAULTS else capacity.DEFAULTS
        with monkeypatch.context() as patch:
            patch.setitem(table, key, (other, why))  # type: ignore[arg-type]
            after, _ = figures(name)
        if after != before:
            seen += 1
            assert any(text.startswith(f"{key}:") for text in listed), key
    assert seen >= 2


class Watched(dict):  # type: ignore[type-arg]
    """A table of defaults that knows which of them were taken."""

    def __init__(self, table):
        super().__init__(table)
        self.taken: set[str] = set()

    def __getitem__(self, key):
        self.taken.add(key)
        return super().__getitem__(key)


WORKLOADS = {
    **PARTS,
    "break-even of an interface": lambda: api(**BARE, model={"source": "llama-3.1-8b"}, hardware={"gpu": "L40S"}),
    "break-even of one's own": lambda: own(api={"provider": "openai", "model": "gpt-4o-mini"}),
    "training": lambda: workload(
        **BARE, model={"source": "llama-3.1-8b"}, hardware={"gpu": "H100"}, training=[{"method": "qlora"}],
        indexes=[{"kind": "hnsw", "vectors": 1_000_000, "dimensions": 768}],
    ),
    "mixture": lambda: workload(**BARE, model={"source": "mixtral-8x7b"}, hardware={"gpu": "H200", "count": 4}),
    "budget": lambda: own(budget={"monthly_usd": 100}),
}  # fmt: skip
# taken to ask what the load is, and then left out: no amount rests on them
NO_MONEY = {"traffic.concurrency.p99", "traffic.prefix_cache_hit"}


@pytest.mark.parametrize("name", WORKLOADS)
def test_a_default_that_is_taken_is_listed(name, monkeypatch):
    """Whatever its value: each look into the tables of defaults leaves a line in what a reader sees."""
    tables = [Watched(capacity.DEFAULTS), Watched(assumptions.DEFAULTS)]
    monkeypatch.setattr(capacity, "DEFAULTS", tables[0])
    monkeypatch.setattr(assumptions, "DEFAULTS", tables[1])
    part = WORKLOADS[name]()
    made = plan(part, None, search=False)
    money = cost_of(part, made, PriceBook(), DAY, BudgetGiven(None, None, "USD"))
    lines = [*plan_json(made)["assumptions"], *to_json(money)["assumptions"]]
    listed = {line.removeprefix("break-even: ").partition(":")[0] for line in lines}
    taken = tables[0].taken | tables[1].taken
    assert len(taken) > 3
    assert taken - listed - (NO_MONEY if part.serving.engine == "api" else set()) == set()


def test_defaults_are_taken_through_the_list_alone():
    """`DEFAULTS` is read by `take` alone, so that the test above sees every use."""
    for folder in ("capacity", "cost", "probes/capacity", "probes/cost"):
        for file in (Path(capacity.__file__).parents[1] / folder).glob("*.py"):
            if file.name != "assumptions.py":
                assert "DEFAULTS" not in file.read_text(), file


def test_a_horizon_that_nobody_declared_is_listed_as_it_was_counted():
    part = api(growth={})
    usual = cost(part)
    assert any(line == "growth.horizon_months: 18 (a planning horizon)" for line in usual.inputs.assumptions)
    year = cost_of(part, None, PriceBook(), DAY, None, 12, "a budget is one of a year at the least")
    (line,) = (line for line in year.inputs.assumptions if line.startswith("growth.horizon_months"))
    assert line == "growth.horizon_months: 12 (a budget is one of a year at the least)"
    assert len(year.projection.months) == 12


def test_an_illustrative_price_is_listed_with_its_source_and_band():
    _, listed = figures("own")
    assert any("prices.gpu_hours.L40S: 1.8 (illustrative" in text and "between 0.9 and 3.6" in text for text in listed)
    assert any(text.startswith("prices.storage_gb_month") for text in listed)


def test_what_is_declared_is_not_listed():
    everything = api(
        traffic=TRAFFIC,
        uncertainty={"load": 0.1, "tokens": 0.1},
        api={"batch_share": 0, "cache_read_share": 0, "cache_write_share": 0, "retry_rate": 0,
             "calls_per_request": 1, "tool_tokens": 0},
    )  # fmt: skip
    assert cost(everything).inputs.assumptions == ()
