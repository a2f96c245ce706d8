"""Every default that a plan uses is listed, and none that is declared."""

from __future__ import annotations

import pytest

from aiaudit.capacity import assumptions
from aiaudit.capacity.assumptions import DEFAULTS, Assumptions

from .support import SMALLEST, planned

# the key of a default -> what declares it
DECLARED = {
    "model.weights.dtype": "model: {weights: {dtype: fp8}}",
    "model.kv_cache_dtype": "model: {kv_cache_dtype: fp8}",
    "serving.engine": "serving: {engine: sglang}",
    "serving.parallel.tp": "serving: {parallel: {tp: 2}}",
    "serving.parallel.pp": "serving: {parallel: {pp: 2}}",
    "serving.parallel.replicas": "serving: {parallel: {replicas: 2}}",
    "hardware.min_replicas": "hardware: {min_replicas: 3}",
    "hardware.target_utilisation": "hardware: {target_utilisation: 0.6}",
    "hardware.count": "hardware: {count: 4}",
    "traffic.requests_per_second.peak": "traffic: {requests_per_second: {peak: 9}}",
    "traffic.concurrency.p99": "traffic: {concurrency: {p99: 9}}",
    "traffic.tokens.input.p95": "traffic: {tokens: {input: {p95: 3000}}}",
    "traffic.tokens.output.p95": "traffic: {tokens: {output: {p95: 900}}}",
    "traffic.prefix_cache_hit": "traffic: {prefix_cache_hit: 0.4}",
    "traffic.hours_per_day": "traffic: {hours_per_day: 8}",
    "growth.per_month.expected": "growth: {per_month: {expected: 0.1}}",
    "growth.per_month.low": "growth: {per_month: {low: 0.1}}",
    "growth.per_month.high": "growth: {per_month: {high: 0.1}}",
    "growth.horizon_months": "growth: {horizon_months: 12}",
}


def merged(text: str):
    import yaml

    def into(one, two):
        for key, value in two.items():
            if isinstance(value, dict) and isinstance(one.get(key), dict):
                into(one[key], value)
            else:
                one[key] = value
        return one

    base = yaml.safe_load(SMALLEST)
    base["workload"]["traffic"] = {
        "requests_per_second": {"mean": 3},
        "tokens": {"input": {"p50": 900}, "output": {"p50": 250}},
    }
    return yaml.safe_dump({"workload": into(base["workload"], yaml.safe_load(text))})


@pytest.mark.parametrize("key", DECLARED)
def test_a_default_is_listed_where_it_is_used_and_only_there(key):
    assert any(line.startswith(f"{key}: ") for line in planned(SMALLEST).assumptions)
    assert not any(line.startswith(f"{key}: ") for line in planned(merged(DECLARED[key])).assumptions)


@pytest.mark.parametrize(
    "key",
    [key for key in DECLARED if key not in ("hardware.count", "traffic.concurrency.p99", "serving.parallel.replicas")],
)
def test_another_default_makes_another_plan_or_another_line(key, monkeypatch):
    """A default that is used and not listed would change the plan and no assumption."""
    before = planned(SMALLEST)
    value, why = DEFAULTS[key]
    other = {"model.weights.dtype": "fp8", "model.kv_cache_dtype": "fp8", "serving.engine": "sglang"}.get(key)
    monkeypatch.setattr(assumptions, "DEFAULTS", {**DEFAULTS, key: (other or (value or 0.1) * 2, why)})
    after = planned(SMALLEST)
    assert set(before.assumptions) != set(after.assumptions)


def test_a_figure_without_a_default_cannot_be_taken():
    with pytest.raises(KeyError):
        Assumptions().take("serving.colour", None)


def test_engine_defaults_are_listed_too():
    assert any("max_num_seqs 1024" in line for line in planned(SMALLEST).assumptions)
    assert any("memory utilisation 0.9" in line for line in planned(SMALLEST).assumptions)


def test_what_is_declared_in_full_assumes_nothing():
    text = """
workload:
  model: {source: llama-3.1-8b, weights: {dtype: bf16}, kv_cache_dtype: auto}
  serving: {engine: vllm, max_num_seqs: 256, memory_utilization: 0.9, parallel: {tp: 1, pp: 1, replicas: 1}}
  hardware: {gpu: H100, count: 1, target_utilisation: 0.8}
  traffic:
    requests_per_second: {mean: 3, peak: 9}
    concurrency: {p99: 60}
    tokens: {input: {p50: 900, p95: 3000}, output: {p50: 250, p95: 700}}
    prefix_cache_hit: 0.0
    hours_per_day: 24
  growth: {per_month: {low: 0.03, expected: 0.08, high: 0.15}, horizon_months: 18}
"""
    assert planned(text).assumptions == ()
    assert planned(text).assumptions == ()
