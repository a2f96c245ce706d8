"""Nothing is invented: without a price, a workload or a day the line says unknown and what to add."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from aiaudit.capacity.schedule import runs_a_month
from aiaudit.cost.build import NoCost
from aiaudit.cost.prices import PriceBook
from aiaudit.cost.report import lines, to_json
from tests.cost.helpers import DAY, api, cost, own, workload


def missing(part, **more):
    found = cost(part, **more)
    return {one.key: one.add for one in found.bill.missing}, found


def test_without_a_load_there_is_no_cost():
    with pytest.raises(NoCost, match="requests_per_second"):
        cost(workload(traffic={}, serving={"engine": "api"}))


def test_a_model_that_no_table_knows():
    lacks, found = missing(api(api={"provider": "nobody", "model": "no-such-model"}), budget=10_000)
    assert "--prices" in lacks["api"]
    assert found.bill.total == 0
    said = to_json(found)
    assert (said["monthly"], said["months"], said["ten_times"], said["units"]) == (None, [], None, [])
    assert next(iter(lines(found))) == "Cost a month: unknown"
    assert found.gate.verdict == "unknown"
    assert any(line.strip().startswith("no-such-model: unknown; add its prices") for line in lines(found))


def test_an_interface_without_tokens():
    lacks, _ = missing(api(traffic={"requests_per_second": 3}))
    assert "tokens" in lacks["api"]


def test_a_machine_without_a_price():
    lacks, found = missing(workload(hardware={"target": {"cpu": 1, "memory_mb": 512}}, serving={"replicas": 2}))
    assert "price_per_hour" in lacks["serving"]
    assert found.bill.lines == ()


def test_a_fleet_whose_speed_is_unknown_stays_as_declared():
    part = workload(
        hardware={"target": {"cpu": 1, "memory_mb": 512}, "price_per_hour": 0.05, "price_date": "2026-11-01"},
        serving={"replicas": 2, "engine": "onnxruntime"},
    )
    found = cost(part)
    assert found.bill.total == Decimal("73.00")
    assert any("throughput of one is not known" in text for text in found.inputs.assumptions)


def test_a_budget_gate_does_not_pass_on_replicas_of_unknown_speed():
    part = workload(
        hardware={"target": {"cpu": 1, "memory_mb": 512}, "price_per_hour": 0.05, "price_date": "2026-11-01"},
        serving={"replicas": 2, "engine": "onnxruntime"},
    )
    gate = cost(part, budget=10_000).gate
    assert gate.verdict == "unknown"
    assert "throughput of one replica is not known" in gate.text
    assert cost(part, budget=50).gate.verdict == "fail"  # more replicas can only add


def test_runs_whose_rhythm_or_hours_are_not_said():
    lacks, _ = missing(own(training=[{"every": "30d"}]))
    assert "gpu_hours" in lacks["training"]
    lacks, _ = missing(own(training=[{"gpu_hours": 4, "every": "when we feel like it"}]))
    assert "every" in lacks["training"]


@pytest.mark.parametrize(
    ("text", "runs"),
    [("30d", 730 / 720), ("2 weeks", 730 / 336), ("monthly", 1), ("quarterly", 1 / 3), ("never", 0), ("soon", None),
     ("0d", None)],
)  # fmt: skip
def test_rhythms(text, runs):
    assert runs_a_month(text) == (runs if runs is None else pytest.approx(runs))


def test_a_price_without_a_day_or_an_old_one_leaves_the_gate_unknown():
    for date in (None, "2026-01-01"):
        found = cost(own(hardware={"price_date": date}), budget=1_000_000)
        assert found.gate.verdict == "unknown"
        assert "bears no date" in found.gate.text or "days old" in found.gate.text
    assert cost(own(), budget=1_000_000).gate.verdict == "pass"


def test_a_snapshot_of_interface_prices_ages_too():
    found = cost(api(), budget=1_000_000, as_of=dt.date(2027, 6, 1))
    assert found.gate.verdict == "unknown"
    assert cost(api(), budget=1_000_000, as_of=DAY).gate.verdict == "pass"


def test_another_currency_needs_a_rate():
    found = cost(own(), budget=5000, currency="EUR")
    assert found.gate.verdict == "unknown"
    assert "exchange.EUR" in found.gate.text
    book = PriceBook(exchange={"EUR": Decimal("0.8")})
    assert cost(own(), book, budget=8000, currency="EUR").inputs.budget.monthly == 10_000
    assert "names no currency" in cost(own(), budget=5000, currency="").gate.text


def test_missing_positions_leave_the_gate_unknown_but_a_total_above_it_fails():
    part = own(training=[{"every": "30d"}])
    assert cost(part, budget=1_000_000).gate.verdict == "unknown"
    assert cost(part, budget=10).gate.verdict == "fail"


def test_carbon_of_an_interface_and_of_an_unknown_grid():
    carbon = cost(api()).carbon
    assert carbon is not None
    assert carbon.kwh is None
    grid = cost(own()).carbon
    assert grid is not None
    assert (grid.kg, "energy.region" in grid.problem) == (None, True)
    known = cost(own(energy={"region": "DEU", "pue": 1.2})).carbon
    assert known is not None
    assert known.kwh is not None
    assert known.kg == pytest.approx(known.kwh * 0.381)
