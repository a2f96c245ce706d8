"""The list of assumptions is complete: a default that moves a figure is on it."""

from __future__ import annotations

import json

import pytest

from aiaudit.capacity import assumptions as capacity
from aiaudit.cost import assumptions
from aiaudit.cost.report import to_json
from tests.cost.helpers import TRAFFIC, api, cost, own, workload

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
