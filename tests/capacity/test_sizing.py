"""One number of replicas, one utilisation, one horizon: what capacity says and what cost bills are the same.

And two answers: a GPU that holds the model with room to spare may be too slow for the load.
"""

from __future__ import annotations

import math

import pytest

from aiaudit.capacity.fixes import HOURS_A_MONTH, Rents
from aiaudit.capacity.plan import plan
from aiaudit.capacity.report import to_json
from aiaudit.cli.plan_text import lines
from aiaudit.cost.prices import PriceBook
from aiaudit.cost.replicas import rents
from tests.cost.helpers import cost, own, workload

from .support import on, planned


def made(peak: float = 5, hardware=None, **more):
    part = own(
        traffic={
            "requests_per_second": {"mean": 1, "peak": peak},
            "tokens": {"input": {"p50": 900}, "output": {"p50": 250}},
            **more.pop("traffic", {}),
        },
        growth=more.pop("growth", {}),
        hardware=hardware or {},
        **more,
    )
    return plan(part, None, rents=rents(part, PriceBook())), cost(part)


HARDWARE = {
    "nothing declared": {},
    "one GPU": {"count": 1},
    "two GPUs": {"count": 2},
    "five GPUs": {"count": 5},
    "a floor": {"min_replicas": 3},
    "another utilisation": {"target_utilisation": 0.5},
    "replicas follow the load": {"autoscale": True},
    "measured": {"tokens_per_second": 900},
}


@pytest.mark.parametrize("peak", [1, 3, 5, 9, 40])
@pytest.mark.parametrize("name", HARDWARE)
def test_what_is_planned_is_what_is_billed(name, peak):
    capacity, money = made(peak, HARDWARE[name])
    asked, hosting = capacity.demand, money.inputs.hosting
    assert hosting.target == asked.target
    least = max(capacity.setup.least, 1)
    assert hosting.needed(asked.peak) == max(capacity.carries.needed, least)
    assert hosting.needed(asked.peak * 10) == capacity.ten_times.replicas
    if capacity.setup.open:
        assert capacity.setup.replicas == hosting.needed(asked.peak)


def test_a_declared_concurrency_counts_in_both():
    capacity, money = made(1, {}, traffic={"concurrency": {"p99": 900}})
    assert capacity.setup.replicas == money.inputs.hosting.needed(1) == math.ceil(900 / capacity.fit.limit)
    assert capacity.ten_times.replicas == money.inputs.hosting.needed(10)


@pytest.mark.parametrize(
    ("hardware", "replicas", "needed", "billed"),
    [({}, 2, 2, 2), ({"count": 1}, 1, 2, 2), ({"count": 2}, 2, 2, 2), ({"count": 4}, 4, 2, 4)],
)
def test_declared_gpus_are_the_replicas_and_a_shortage_is_told(hardware, replicas, needed, billed):
    capacity, money = made(5, hardware)
    line = money.bill.lines[0]
    assert (capacity.setup.replicas, capacity.carries.needed) == (replicas, needed)
    assert line.text.startswith(f"{billed} × L40S")
    assert ("the load needs 2, declared is 1" in line.text) is (replicas < needed)
    assert not any("are used" in note or "is used" in note for note in capacity.fit.notes)


def test_memory_and_load_are_two_answers():
    capacity, _ = made(5, {"count": 1})
    assert (capacity.verdict, capacity.carries.verdict) == ("yes", "no")
    assert capacity.fit.beyond and capacity.fit.share < 0.9
    said = list(lines(capacity))
    assert said[0].endswith("It fits in memory but does not carry the load.")
    assert "122 %" in said[2] and "it needs 2 replicas" in said[2]
    data = to_json(capacity)
    assert (data["verdict"], data["carries"]["verdict"], data["carries"]["needed"]) == ("yes", "no", 2)
    assert data["memory"]["needed"] <= data["memory"]["usable"]


@pytest.mark.parametrize(
    ("share", "more", "verdict"),
    [(0.3, "", "yes"), (0.9, "", "tight"), (1.2, "", "no"), (900, "", "no"), (0.3, "  slo: {ttft_ms_p95: 20}", "no")],
)
def test_whether_the_load_is_carried(share, more, verdict):
    peak = share * on().service.capacity.expected
    assert on(rate=f"{{mean: 1, peak: {peak}}}", more=more).carries.verdict == verdict


def test_what_nothing_tells_is_unknown():
    found = planned("""
workload:
  model: {kind: classical, file_mb: 5}
  hardware: {target: {cpu: 1, memory_mb: 1024}}
  traffic: {requests_per_second: 1}
""")
    assert (found.verdict, found.carries.verdict) == ("yes", "unknown")
    assert found.setup.replicas == 1
    assert next(iter(lines(found))).endswith("nothing tells whether it carries the load.")


def test_the_memory_bar_never_exceeds_what_fits():
    text = "\n".join(lines(made(5, {"count": 1})[0]))
    assert "28.0 of 40.5 GiB usable" in text
    assert "captured graphs, beside what the engine may use" in text


def test_one_horizon():
    capacity, money = made()
    assert capacity.demand.growth.horizon == money.inputs.months == 18


def test_changes_are_ordered_by_money_and_show_it():
    capacity, _ = made(40, {"count": 1})
    amounts = [one.monthly for one in capacity.fixes]
    assert len(amounts) > 1 and None not in amounts
    assert amounts == sorted(amounts)
    best = capacity.fixes[0]
    hour = 1.8 if best.setup.gpu.name == "L40S" else None
    if hour:
        assert best.monthly == pytest.approx(best.setup.gpus * hour * HOURS_A_MONTH)
    text = "\n".join(lines(capacity))
    assert f"USD {best.monthly:,.0f} a month (now 1,314)" in text
    assert to_json(capacity)["fixes"][0]["monthly"] == pytest.approx(best.monthly)


def test_eight_small_gpus_do_not_stand_before_a_cheaper_large_one():
    prices = {"L4": 0.8, "H100-SXM5-80GB": 5.1}
    part = own(hardware={"count": 1}, traffic={
        "requests_per_second": {"mean": 1, "peak": 9}, "tokens": {"input": {"p50": 900}, "output": {"p50": 250}},
    })  # fmt: skip
    found = plan(part, None, rents=Rents("USD", lambda name: (prices[name], True) if name in prices else None))
    money = [one.monthly for one in found.fixes if one.monthly is not None]
    assert money == sorted(money)
    assert [one.monthly is None for one in found.fixes] == sorted(one.monthly is None for one in found.fixes)


def test_without_prices_the_bandwidth_stands_in():
    found = on("L40S", rate="{mean: 3, peak: 9}")
    assert found.fixes[0].monthly is None
    assert "no price known, " in "\n".join(lines(found))


def test_a_budget_runway_counts_all_hours_and_the_floor():
    capacity, money = made(1, {"min_replicas": 2}, budget={"monthly_usd": 1500})
    ends = {one.what: one.expected for one in capacity.runways}
    assert ends["budget"] == 0  # two replicas run whatever the load
    assert money.gate.verdict == "fail"


def test_figures_have_no_exponent():
    found = on("L40S", more="  slo: {e2e_s_p95: 0.5}")
    text = next(one.text for one in found.findings if one.kind == "impossible")
    assert "e+" not in text and "500 ms for the whole answer" in text


def test_gpus_that_no_table_knows_are_planned_without_a_fault():
    found = planned("""
workload:
  model: {source: deepseek-v3}
  hardware: {gpu: Foo 9000, memory_gib: 64, count: 8}
  serving: {parallel: {tp: 8}}
  traffic: {requests_per_second: {mean: 1, peak: 5}, tokens: {input: 2000, output: 500}}
""")
    assert (found.verdict, found.carries.verdict) == ("no", "no")
    assert found.demand.target == 0.8


CPU = """
workload:
  model: {source: llama-3.2-1b, weights: {dtype: "gguf:Q4_K_M"}}
  serving: {engine: llama.cpp}
  hardware: {target: {cpu: 4, memory_mb: 8000}}
  traffic: {requests_per_second: {mean: 0.05, peak: 0.2}, tokens: {input: 400, output: 150}}
"""


def test_where_no_speed_is_known_nothing_is_said_of_requests_in_flight():
    found = planned(CPU)
    text = "\n".join(lines(found))
    assert "with one request in flight, and room for the 256 that the engine takes at once" in found.fit.reason
    assert found.fit.counted
    assert "needed" not in text and found.runways == ()
    assert text.count("the speed of machine (4 CPU, 8,000 MB) is not known") == 1


def test_a_model_that_does_not_fit_bears_nothing_and_is_not_billed_by_the_load():
    part = workload(
        model={"source": "llama-3.1-70b"}, hardware={"gpu": "H100", "count": 2},
        serving={"parallel": {"tp": 2}, "max_model_len": 8192},
    )  # fmt: skip
    capacity, money = plan(part, None), cost(part, budget=10_000)
    assert (capacity.verdict, capacity.carries.verdict, capacity.carries.needed) == ("no", "no", None)
    assert capacity.service is None and capacity.ten_times.replicas is None
    assert [one.kind for one in capacity.findings] == ["memory"]
    assert money.bill.lines[0].text.startswith("1 replica of 2 × H100")
    assert money.gate.verdict == "unknown" and "does not fit in memory" in money.gate.text


def test_where_no_change_is_enough_that_is_told():
    found = planned("""
workload:
  model: {source: llama-3.1-405b}
  hardware: {gpu: L4}
  traffic: {requests_per_second: {mean: 50, peak: 500}, tokens: {input: 20000, output: 2000}}
  slo: {ttft_ms_p95: 200}
""")
    assert found.fixes == () and to_json(found)["fixes_searched"]
    assert "none of those that were tried is enough" in "\n".join(lines(found))
    assert found.setup.replicas == 1
    assert not any("min_replicas" in line for line in found.assumptions)


def test_a_batch_is_its_rows_over_its_window():
    text = """
workload:
  model: {kind: classical, file_mb: 40}
  hardware: {target: {cpu: 8, memory_mb: 16000}, price_per_hour: 0.4, price_date: 2026-11-01}
  batch: {rows: 5000000, window_hours: 4, every: BATCH}
"""
    found = planned(text.replace("BATCH", "daily"))
    assert (found.verdict, found.demand.hours) == ("yes", pytest.approx(4))
    assert found.demand.mean == found.demand.peak == pytest.approx(5_000_000 / 4 / 3600)
    assert "vllm" not in "\n".join(lines(found))
    assert planned(text.replace("BATCH", "weekly")).demand.hours == pytest.approx(4 / 7)
    assert planned(text.replace("BATCH", "hourly")).demand.hours == 24


def test_a_training_that_does_not_fit_is_in_the_headline():
    found = on("RTX 4090", rate="0.1", more="  training: [{method: full}]")
    assert next(iter(lines(found))).endswith("carries the load. A training run does not fit.")


def test_requests_in_flight_that_nothing_tells_are_not_counted():
    found = planned("""
workload:
  model: {source: llama-3.1-8b}
  hardware: {gpu: Foo 9000, memory_gib: 24, count: 1}
  traffic: {requests_per_second: {mean: 1, peak: 5}, tokens: {input: 900, output: 250}}
""")
    assert found.verdict in ("yes", "tight") and not found.fit.counted
    assert "how many there are is not known" in found.fit.reason
