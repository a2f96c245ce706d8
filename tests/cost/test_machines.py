"""Machines without a GPU: hours are named by what is rented, and what their throughput tells, or does not."""

from __future__ import annotations

import json
from decimal import Decimal

from aiaudit.capacity.plan import plan
from aiaudit.cost.build import BudgetGiven
from aiaudit.cost.cost import cost_of
from aiaudit.cost.prices import PriceBook
from aiaudit.cost.report import lines, to_json
from aiaudit.project.reader import Reader

from .helpers import DAY, GPU, cost, own, workload

MACHINE = {"target": {"cpu": 1, "memory_mb": 512}, "price_per_hour": 0.05, "price_date": "2026-11-01"}


def small(test: bool = False):
    tested = {"load_test": {"file": "load.json", "replicas": 1}} if test else {}
    return workload(
        model={"kind": "classical", "file_mb": 2},
        hardware=MACHINE,
        serving={"replicas": 2, "engine": "onnxruntime", **tested},
        traffic={"requests_per_second": {"mean": 3, "peak": 12}},
    )


def test_hours_are_named_by_what_is_rented():
    assert "1,460 machine hours × 0.05 = 73.00" in "\n".join(lines(cost(small())))
    assert "GPU" not in "\n".join(text for text in lines(cost(small())) if "without a GPU" not in text)
    assert {line.unit for line in cost(own(serving={"replicas": 2})).bill.lines} == {"GPU hours"}


def test_replicas_of_unknown_throughput_have_no_bill_at_ten_times():
    found = cost(small())
    assert found.ten_times.monthly is None
    said = next(line for line in lines(found) if line.startswith("At ten times"))
    assert said.startswith("At ten times the load: unknown: the throughput of one replica is not known (the speed of")
    assert "workload.serving.load_test" in said
    assert to_json(found)["ten_times"]["monthly"] is None


def test_a_load_test_tells_the_replicas(tmp_path):
    summary = {"metrics": {"http_reqs": {"count": 1200, "rate": 20}, "http_req_duration": {"p(95)": 200}}}
    (tmp_path / "load.json").write_text(json.dumps(summary))
    part = small(test=True)
    with Reader(str(tmp_path)) as reader:
        made = plan(part, reader, search=False)
    found = cost_of(part, made, PriceBook(), DAY, BudgetGiven(None, None, "USD"))
    assert found.bill.total == Decimal("73.00")
    assert found.ten_times.monthly == Decimal("219.00")  # 120 / 20 = 6 replicas × 730 × 0.05
    assert not any("target_utilisation" in text for text in found.inputs.assumptions)


SMALL = {"requests_per_second": {"mean": 0.5, "peak": 2}, "tokens": {"input": {"p50": 900}, "output": {"p50": 250}}}


def test_declared_gpus_that_are_too_few_for_one_copy_are_paid_as_one():
    made = cost(own(hardware={"count": 2}, serving={"parallel": {"tp": 4}}, traffic=SMALL))
    assert made.bill.lines[0].text.startswith("1 replica of 4 × L40S")
    assert "declared" not in made.bill.lines[0].text


def test_what_does_not_fit_has_no_price_of_a_request():
    large = workload(model={"source": "llama-3.1-405b"}, hardware={**GPU, "count": 2}, traffic=SMALL)
    assert cost(large).units == ()
    assert {unit.name for unit in cost(own(hardware={"count": 2}, traffic=SMALL)).units} == {
        "1,000 requests", "million tokens",
    }  # fmt: skip
