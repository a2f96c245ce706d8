"""The projection: closed form and draws agree, the same seed gives the same bytes, and it is quick."""

from __future__ import annotations

import json
import math
import time

import pytest
from msgspec.structs import replace

from aiaudit.cost.bill import bill
from aiaudit.cost.projection import (
    Triangle,
    coefficients,
    expected,
    lognormal,
    project,
)  # fmt: skip
from aiaudit.cost.report import to_json
from tests.cost.closed_form import certain, mean_power, mean_total
from tests.cost.helpers import api, cost, own


def test_what_is_expected_is_the_bill_of_each_month():
    for part in (api(storage={"gb": 800, "gb_added_month": 50, "retention_months": 3, "price_gb_month": 0.02}), own()):
        inputs = cost(part).inputs
        growth = 1 + inputs.load.growth.expected
        bills = [float(bill(inputs, month, growth**month).total) for month in range(inputs.months)]
        assert expected(inputs) == pytest.approx(bills, rel=1e-9)


@pytest.mark.parametrize("part", [api(), own()], ids=["interface", "own"])
def test_without_uncertainty_every_draw_is_the_closed_form(part):
    inputs = certain(cost(part).inputs)
    found = project(inputs, draws=64)
    for month in found.months:
        assert month.p10 == pytest.approx(month.expected, rel=1e-9)
        assert month.p90 == pytest.approx(month.expected, rel=1e-9)
    assert found.drivers == ()


@pytest.mark.parametrize("months", [1, 12, 36])
def test_the_mean_of_the_draws_is_the_closed_form(months):
    """Without replicas a month's cost is a product of independent figures, and so is its mean."""
    inputs = replace(cost(api()).inputs, months=months)
    assert project(inputs).mean == pytest.approx(mean_total(inputs), rel=0.001)


def test_the_band_of_the_draws_is_the_closed_form():
    """With one uncertain figure a linear cost has its quantiles."""
    inputs = certain(cost(api()).inputs)
    unsure = replace(inputs, uncertainty=replace(inputs.uncertainty, load=0.3))
    found, coef = project(unsure), coefficients(unsure)
    for month in found.months:
        linear = month.expected - coef.fixed
        for name, share in (("p10", 0.1), ("p50", 0.5), ("p90", 0.9)):
            assert month.at(name) == pytest.approx(coef.fixed + linear * lognormal(0.3, share), rel=0.002)


def test_the_growth_compounds_above_what_is_expected():
    inputs = cost(api()).inputs
    mean = mean_total(inputs)
    assert mean is not None
    assert mean > math.fsum(expected(inputs))  # the growth is skewed upwards, and compounds
    found = project(inputs)
    assert found.total.p10 < found.total.p50 < mean < found.total.p90


def test_mean_power_of_a_triangular_growth():
    growth = cost(api()).inputs.load.growth
    quantile = Triangle.of(growth.low, growth.expected, growth.high).quantile
    count = 20_000
    for month in (0, 1, 6, 35):
        drawn = math.fsum((1 + quantile((i + 0.5) / count)) ** month for i in range(count)) / count
        assert mean_power(growth, month) == pytest.approx(drawn, rel=1e-5)
    for flat in (replace(growth, low=growth.expected), replace(growth, high=growth.expected)):
        assert mean_power(flat, 1) == pytest.approx(1 + (flat.low + flat.expected + flat.high) / 3, rel=1e-9)


def test_replicas_come_in_steps_and_their_mean_has_no_closed_form():
    inputs = certain(cost(own()).inputs)
    counts = {round(month / coefficients(inputs).replica, 6) for month in expected(inputs)}
    assert all(count == int(count) for count in counts)
    assert len(counts) > 1
    assert mean_total(inputs) is None


def test_two_runs_are_the_same_to_the_byte():
    first, second = (json.dumps(to_json(cost(own()))) for _ in range(2))
    assert first == second
    inputs = cost(api()).inputs
    usual, other = project(inputs), project(inputs, seed=7)
    assert other.total.p90 == pytest.approx(usual.total.p90, rel=0.01)
    assert other.total.p90 != usual.total.p90


@pytest.mark.parametrize("part", [api, own], ids=["interface", "own"])
def test_ten_thousand_draws_of_36_months_are_quick(part):
    """At most 100 ms on one core; it takes about 10. The machine of a test may be busy, so the best of several."""
    inputs = replace(cost(part()).inputs, months=36)

    def once() -> float:
        start = time.process_time()
        assert project(inputs).draws == 10_000
        return time.process_time() - start

    assert min(once() for _ in range(4)) < 0.1


def test_drivers_are_ranked_by_what_they_move():
    found = cost(own()).projection.drivers
    assert [d.swing for d in found] == sorted((d.swing for d in found), reverse=True)
    assert {d.name for d in found} >= {"growth a month", "load"}


def test_the_month_that_breaks_the_budget():
    found = cost(api(), budget=4000)
    first = found.projection.breaks(4000, "p90")
    assert first == found.gate.breaks
    assert first is not None
    assert found.projection.months[first - 1].p90 > 4000 >= max(m.p90 for m in found.projection.months[: first - 1])
    assert found.gate.verdict == "partial"


def test_more_months_and_more_load_never_cost_less():
    small, large = cost(own(), months=6), cost(own(), months=12)
    assert large.projection.total.expected > small.projection.total.expected
    assert large.ten_times.monthly >= large.bill.total
