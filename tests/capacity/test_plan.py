"""Fit, speed, growth and fixes of whole plans."""

from __future__ import annotations

import math

import pytest
from msgspec.structs import replace

from aiaudit.capacity.fixes import works
from aiaudit.capacity.growth import months
from aiaudit.capacity.latency import service
from aiaudit.capacity.report import to_json
from aiaudit.capacity.tables import GIB
from aiaudit.cli.plan_text import lines

from .support import on, planned


def test_the_smallest_plan_fits_and_every_term_has_its_formula():
    made = on()
    assert (made.verdict, made.problems) == ("yes", ())
    assert {term.name for term in made.fit.terms.terms} == {"weights", "working set", "context", "graphs", "cache"}
    assert all(
        term.formula and term.provenance and term.low <= term.expected <= term.high for term in made.fit.terms.terms
    )
    assert made.fit.pool / GIB == pytest.approx(51.4, abs=0.1)  # as llm-d-planner measured


@pytest.mark.parametrize(
    ("gpu", "model", "more", "verdict"),
    [
        ("H100", "llama-3.1-70b", "", "no"),
        ("H100", "llama-3.1-70b", "  serving: {parallel: {tp: 4}}", "yes"),
        ("RTX 4090", "llama-3.1-8b", "  serving: {max_model_len: 131072}", "no"),
        ("T4", "llama-3.1-8b", "", "no"),
        ("H100, count: 1", "llama-3.1-8b", "  serving: {parallel: {replicas: 2}}", "no"),
    ],
)
def test_verdicts(gpu, model, more, verdict):
    assert on(gpu, model, more, rate="0.2").verdict == verdict


def test_declared_concurrency_must_fit():
    text = """
workload:
  model: {source: llama-3.1-8b}
  hardware: {gpu: RTX 4090, count: 1}
  traffic: {requests_per_second: 0.1, concurrency: {p99: 200}, tokens: {input: 900, output: 250}}
"""
    made = planned(text)
    assert made.verdict == "no"
    assert "missing for the requests in flight" in made.fit.reason
    assert made.fit.holds < 200


def test_little_headroom_is_tight():
    made = on("H100", "qwen3-32b", rate="0.05")
    assert made.verdict == "tight"
    assert "headroom" in made.fit.reason


def test_figures_beyond_physics_are_found():
    made = on(
        "H100, count: 1", more="  slo: {ttft_ms_p95: 1, tpot_ms_p95: 1, e2e_s_p95: 0.5}", rate="{mean: 100, peak: 5000}"
    )
    said = [one.text for one in made.findings if one.kind == "impossible"]
    assert len(said) == 4
    assert all("not physically possible on this hardware" in text for text in said)


def test_the_bound_does_not_rest_on_assumed_tails():
    usual = on(more="", rate="3").service
    text = """
workload:
  model: {source: llama-3.1-8b}
  hardware: {gpu: H100, count: 1}
  traffic: {requests_per_second: 3, tokens: {input: {p50: 900, p95: 90000}, output: {p50: 250, p95: 2500}}}
"""
    assert planned(text).service.best == usual.best
    assert planned(text).service.capacity.bound == pytest.approx(usual.capacity.bound)


def test_a_request_waits_longer_as_the_load_grows():
    waits = [on(rate=f"{{mean: 1, peak: {rate}}}").service for rate in (1, 10, 20)]
    assert [service.utilisation for service in waits] == sorted(service.utilisation for service in waits)
    assert waits[0].p95.e2e_s < waits[1].p95.e2e_s < waits[2].p95.e2e_s
    assert math.isinf(on(rate="{mean: 1, peak: 900}").service.p95.e2e_s)


def test_low_expected_bound_are_in_order():
    capacity = on().service.capacity
    assert capacity.low < capacity.expected < capacity.bound


def test_growth_ends_speed_first_and_has_a_band():
    made = on(more="  growth: {per_month: {low: 0.03, expected: 0.08, high: 0.15}}", rate="2")
    first = made.runways[0]
    assert first.what == "speed"
    assert first.earliest < first.expected < first.latest
    room = made.service.capacity.expected * 0.8 / 6
    assert first.expected == pytest.approx(math.log(room) / math.log(1.08))


@pytest.mark.parametrize(
    ("room", "growth", "found"),
    [(0.5, 0.1, 0.0), (1.0, 0.1, 0.0), (2, 0.0, None), (2, -0.1, None), (math.inf, 0.1, None)],
)
def test_months(room, growth, found):
    assert months(room, growth) == found


def test_two_doublings():
    assert months(4, 1.0) == pytest.approx(2)


def test_the_budget_is_a_runway_where_a_price_is_declared():
    text = """
workload:
  model: {source: llama-3.1-8b}
  hardware: {gpu: H100, count: 1, price_per_hour: 2}
  traffic: {requests_per_second: 1, tokens: {input: 900, output: 250}}
  budget: {monthly_usd: 3000}
"""
    made = planned(text)
    money = next(one for one in made.runways if one.what == "budget")
    assert "2 replicas for $3,000 a month" in money.limit
    assert money.expected > next(one for one in made.runways if one.what == "speed").expected


def test_ten_times_the_load():
    made = on(rate="3")
    copies = made.ten_times.replicas
    assert (copies - 1) * made.service.capacity.expected * 0.8 < 90 <= copies * made.service.capacity.expected * 0.8


def test_fixes_work_when_run_again_and_the_cheapest_is_first():
    made = on("L40S", rate="{mean: 3, peak: 9}")
    assert made.fixes
    for one in made.fixes:
        assert works(one.setup, made.demand) is not None
    assert [round(one.bought, 1) for one in made.fixes] == sorted(round(one.bought, 1) for one in made.fixes)


def test_what_works_needs_no_fix_and_idle_gpus_cost_nothing():
    assert on().fixes == ()
    made = on("L40S, count: 4", rate="{mean: 3, peak: 9}", more="  serving: {replicas: 1}")
    assert made.fixes[0].bought == 1.0
    assert "replicas" in made.fixes[0].text or "tensor parallel" in made.fixes[0].text


def test_a_model_that_does_not_fit_has_no_speed_and_a_fix():
    made = on("H100", "llama-3.1-70b")
    assert made.service is None
    assert made.fixes[0].fit.verdict in ("yes", "tight")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("workload: {name: x}", "names no model"),
        ("workload: {model: {source: no-such-model}}", "there is no file and no preset 'no-such-model'"),
        ("workload: {model: {source: llama-3.1-8b}, hardware: {gpu: H1000}}", "no GPU 'H1000'"),
        ("workload: {model: {source: llama-3.1-8b}, hardware: {gpu: H100}}", "requests_per_second.mean is missing"),
        ("workload: {model: {source: llama-3.1-8b}, hardware: {gpu: H100}, traffic: {requests_per_second: 1}}", "tokens.input.p50"),
        ("workload: {model: {source: llama-3.1-8b}}", "this machine was not looked at"),
        ("workload: {model: {source: llama-3.1-8b}, serving: {engine: api}}", "called over an interface"),
        ("workload: {model: {source: llama-3.1-8b, kv_cache_dtype: fp9}, hardware: {gpu: H100}}", "no cache type 'fp9'"),
    ],
)  # fmt: skip
def test_what_is_missing_is_told_and_nothing_is_passed(text, problem):
    made = planned(text)
    assert made.verdict == "unknown"
    assert problem in made.problems[0]
    assert made.fit is None


def test_a_plain_count_is_unknown_unless_the_weights_alone_are_too_large():
    text = "workload: {{model: {{params: {n}}}, hardware: {{gpu: H100}}, traffic: {{requests_per_second: 1, tokens: {{input: 9, output: 9}}}}}}"
    small, large = planned(text.format(n="7e9")), planned(text.format(n="70e9"))
    assert (small.verdict, large.verdict) == ("unknown", "no")
    assert "shape is not known" in small.problems[0]


def test_the_plan_is_plain_json():
    import json

    for made in (on(), on("L40S", rate="900"), planned("workload: {name: x}")):
        data = json.loads(json.dumps(to_json(made), allow_nan=False))
        assert data["verdict"] == made.verdict
        assert data["assumptions"] == list(made.assumptions)


def test_ranks_without_direct_links_are_slower_and_it_is_told():
    made = on("L40S", more="  serving: {parallel: {tp: 2}}")
    assert any("over PCIe" in note for note in made.fit.notes)
    assert not any("over PCIe" in note for note in on("H100", more="  serving: {parallel: {tp: 2}}").fit.notes)
    linked = replace(made.setup, gpu=replace(made.setup.gpu, linked=True))
    assert service(linked, made.demand, 64).capacity.expected > service(made.setup, made.demand, 64).capacity.expected


def test_replicas_are_those_that_the_changed_setup_needs():
    """70B does not fit one L40S; copies are counted on what the other changes make, not on what does not run."""
    made = planned(
        """
workload:
  model: {source: llama-3-70b}
  hardware: {gpu: L40S}
  traffic: {requests_per_second: 30, tokens: {input: 2000, output: 500}}
"""
    )
    assert made.fixes
    for one in made.fixes:
        if any(change.lever == "replicas" for change in one.changes):
            assert 0.3 < one.service.utilisation <= 0.8
            assert f"{one.setup.replicas} replicas" in one.text


@pytest.mark.parametrize(
    ("text", "over"),
    [
        ("workload: {api: {model: gpt-4o}}", True),
        ("workload: {serving: {engine: api}}", True),
        ("workload: {api: {model: gpt-4o}, model: {source: llama-3.1-8b}, hardware: {gpu: H100}}", False),
        ("workload: {api: {model: gpt-4o}, serving: {engine: vllm}}", False),
    ],
)
def test_a_model_that_others_serve_has_nothing_to_fit(text, over):
    made = planned(text)
    assert made.workload.over_interface is over
    shown = "\n".join(lines(made))
    assert ("nothing to fit here" in shown) is over
    assert ("Not known" in shown) is not over
