"""Levers save what the model says they save; and what the cost is printed as."""

from __future__ import annotations

import csv
import io
import json
import math
from decimal import Decimal

import pytest

from aiaudit.capacity.demand import Spread
from aiaudit.cost.bill import bill, by_length
from aiaudit.cost.diff import BadBase, diff
from aiaudit.cost.focus import focus_csv
from aiaudit.cost.levers import mean_below
from aiaudit.cost.money import cents
from aiaudit.cost.projection import expected
from aiaudit.cost.report import lines, to_json
from tests.cost.helpers import api, cost, own

RICH = {
    "training": [{"method": "full", "gpu_hours": 100, "every": "30d", "gpu": "L40S"}],
    "storage": {"gb": 100, "gb_added_month": 500, "price_gb_month": 0.02, "price_date": "2026-11-01"},
}


def test_levers_of_an_interface():
    found = cost(api(api={"provider": "anthropic", "model": "claude-opus-5"}, **RICH))
    keys = [one.key for one in found.levers]
    assert {
        "prompt-cache",
        "batch",
        "route",
        "output-cap",
        "trim",
        "semantic-cache",
        "lora",
        "drift",
        "lifecycle",
    } <= set(keys)
    batch = next(one for one in found.levers if one.key == "batch")
    tokens = float(found.bill.part("tokens"))
    assert batch.share == pytest.approx(0.5 * 0.3 * tokens / tokens, rel=0.05)  # half price for three in ten


def test_levers_of_own_replicas():
    found = cost(own(serving={"replicas": 12}, **RICH))
    keys = {one.key for one in found.levers}
    assert {"right-size", "autoscale", "commit"} <= keys
    assert "quantise-fp8" in {one.key for one in cost(own()).levers}


@pytest.mark.parametrize("part", [api(**RICH), own(serving={"replicas": 4}, **RICH)], ids=["interface", "own"])
def test_each_lever_is_run_through_the_model_and_ranked(part):
    found = cost(part)
    before = math.fsum(expected(found.inputs)) / found.inputs.months
    for lever in found.levers:
        assert lever.saved == pytest.approx(before - math.fsum(expected(lever.inputs)) / lever.inputs.months)
        assert lever.saved > 0
    assert [one.saved for one in found.levers] == sorted((one.saved for one in found.levers), reverse=True)


def test_spot_hours_for_training_need_a_spot_price():
    assert "spot" not in {one.key for one in cost(own(**RICH)).levers}


def test_a_capped_answer_and_prompts_by_length():
    spread = Spread(250, 700)
    assert mean_below(spread, 1e9) == pytest.approx(spread.mean)
    assert mean_below(spread, 500) < spread.mean
    parts = list(by_length(Spread(150_000, 400_000), (200_000,)))
    assert sum(share for _, share, _ in parts) == pytest.approx(1)
    assert sum(share * mean for _, share, mean in parts) == pytest.approx(Spread(150_000, 400_000).mean)
    assert parts[0][2] < 200_000 < parts[1][2]


def test_every_line_is_quantity_times_price():
    for part in (api(**RICH), own(**RICH)):
        found = cost(part)
        for line in to_json(found)["lines"]:
            counted = cents(Decimal(line["quantity"]) * Decimal(line["unit_price"]))
            assert abs(counted - Decimal(line["amount"])) <= Decimal("0.01")
        assert sum((line.amount for line in found.bill.lines), Decimal(0)) == found.bill.total
        assert sum(" × " in text and " = " in text for text in lines(found)) >= len(found.bill.lines)


def test_retries_calls_and_tools_are_paid():
    base = cost(api(api={"retry_rate": 0, "calls_per_request": 1})).bill.total
    assert cost(api(api={"retry_rate": 0.1, "calls_per_request": 1})).bill.total == pytest.approx(base * Decimal("1.1"))
    assert cost(api(api={"retry_rate": 0, "calls_per_request": 6})).bill.total == pytest.approx(base * 6)
    assert cost(api(api={"retry_rate": 0, "tool_tokens": 500})).bill.total > base
    searched = cost(api(api={"retry_rate": 0, "tool_uses_per_request": 0.1, "price_tool_use": 0.01}))
    assert searched.bill.total - base == pytest.approx(Decimal(searched.inputs.load.requests) * Decimal("0.001"))


def test_break_even():
    both = cost(own(api={"provider": "anthropic", "model": "claude-opus-5"}))
    assert both.break_even is not None
    assert both.break_even.requests is not None
    assert both.break_even.requests * float(both.break_even.api_request) == pytest.approx(
        float(both.break_even.gpu_month)
    )
    cheap = cost(own(api={"provider": "openai", "model": "gpt-4o-mini"}, hardware={"price_per_hour": 500}))
    assert cheap.break_even is not None
    assert cheap.break_even.requests is None
    assert cost(own()).break_even is None


def test_storage_is_deleted_after_its_retention():
    part = own(storage={"gb": 100, "gb_added_month": 10, "retention_months": 3, "price_gb_month": 1})
    inputs = cost(part).inputs
    held = [float(bill(inputs, month).part("age")) for month in range(6)]
    assert held == [100, 110, 120, 130, 130, 130]


def test_the_difference_of_two_plans():
    old, new = to_json(cost(own(hardware={"count": 5}))), to_json(cost(own(hardware={"count": 8}, **RICH)))
    table = diff(json.loads(json.dumps(old)), new)
    assert table.startswith("**Monthly cost will increase by USD ")
    assert "| serving | 6,570.00 | 10,512.00 | +3,942.00 |" in table
    assert "| storage | – | 2.00 | +2.00 |" in table
    assert "stay the same" in diff(old, old)
    for bad in ({}, {"lines": [1]}, {"lines": [{"amount": "x", "text": "a"}]}, {"lines": [], "monthly": "NaN"}):
        with pytest.raises(BadBase):
            diff(bad, new)


def test_a_hostile_base_neither_ends_a_cell_nor_is_markup():
    old = to_json(cost(own()))
    old["lines"] = [{"key": "x", "text": "a|b<img src=x>\x1b[31m\n# head", "amount": "1"}]
    row = diff(old, to_json(cost(own()))).splitlines()[4]
    assert "\\|" in row
    assert "\\<img" in row
    assert "\x1b" not in row


def test_focus_rows_add_up():
    found = cost(api(**RICH), months=3)
    rows = list(csv.DictReader(io.StringIO(focus_csv(found))))
    first = [row for row in rows if row["ChargePeriodStart"] == "2026-11-01T00:00:00Z"]
    assert sum(Decimal(row["BilledCost"]) for row in first) == pytest.approx(found.bill.total)
    tokens = [row for row in first if row["PricingUnit"] == "Tokens"]
    assert tokens
    for row in tokens:
        product = Decimal(row["PricingQuantity"]) * Decimal(row["ListUnitPrice"])
        assert product == pytest.approx(Decimal(row["ListCost"]), rel=Decimal("1e-9"))
    assert {row["x_Forecast"] for row in rows} == {"true"}
    assert {row["ChargePeriodStart"][:7] for row in rows} == {"2026-11", "2026-12", "2027-01"}
