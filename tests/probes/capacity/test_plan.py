"""The plan as a fact, and tables of trade-offs."""

from __future__ import annotations

import json

import pytest

from aiaudit.model.fact import Level, State
from aiaudit.probes.capacity.plan import PlanProbe, PlanQuery
from aiaudit.probes.capacity.tradeoffs import TradeoffsProbe, TradeoffsQuery
from tests.probes.support import context

LOAD = "traffic: {requests_per_second: 1, tokens: {input: 900, output: 250}}"


def plan(tmp_path, workload, files=None, **options):
    made = context(tmp_path, {"aiaudit.yaml": f"workload: {{{workload}}}", **(files or {})}, **options)
    return PlanProbe().answer("p", PlanQuery(), made)


def test_nothing_declared_is_absent(tmp_path):
    assert plan(tmp_path, "name: x").state is State.ABSENT


def test_a_preset_on_a_gpu(tmp_path):
    fact = plan(tmp_path, f"model: {{source: llama-3.1-8b}}, hardware: {{gpu: H100}}, {LOAD}")
    assert (fact.level, fact.value["verdict"], fact.value["hardware_declared"]) == (Level.RESULT, "yes", True)
    assert fact.value["needed_gib"] == pytest.approx(
        sum(t["gib"] for t in fact.value["terms"] if t["name"] != "graphs"), abs=0.02
    )
    assert fact.value["months_left"] > 0
    assert set(fact.value) == {name for name, _ in PlanProbe().value_type(PlanQuery()).fields}


def test_a_count_alone_is_weak_evidence(tmp_path):
    fact = plan(tmp_path, f"model: {{params: 7e9}}, hardware: {{gpu: H100}}, {LOAD}")
    assert (fact.level, fact.value["verdict"]) == (Level.CONTENT, "unknown")


def test_this_machine_only_where_the_file_says_so(tmp_path):
    fact = plan(tmp_path, f"model: {{source: llama-3.1-8b}}, {LOAD}")
    assert not fact.value["hardware_declared"]
    assert "was not looked at" in fact.value["problems"][0]
    root = tmp_path / "machine"
    root.mkdir()
    fact = plan(
        tmp_path / "b", f"model: {{source: llama-3.1-8b}}, hardware: {{target: local}}, {LOAD}", hardware_root=root
    )
    assert fact.value["hardware_declared"]
    assert "no GPU on this machine" in fact.value["problems"][0]


def test_a_kept_calibration_counts_as_measured(tmp_path):
    kept = {"schema": 1, "weights": 16_060_522_496, "pool": 55_000_000_000}
    fact = plan(
        tmp_path,
        f"model: {{source: llama-3.1-8b}}, hardware: {{gpu: H100}}, {LOAD}",
        {"aiaudit-calibration.json": json.dumps(kept)},
    )
    assert (fact.level, fact.value["calibrated"]) == (Level.MEASURED, True)


def tables(tmp_path, files):
    return TradeoffsProbe().answer("t", TradeoffsQuery(), context(tmp_path, files)).value


GOOD = "| Model | F1 | p95 ms | Cost (USD) |\n|---|---|---|---|\n| a | 0.8 | 10 | 1 |\n| b | 0.9 | 20 | 2 |\n| c | 0.9 | 90 | 3 |\n"


def test_three_dimensions(tmp_path):
    one = tables(tmp_path, {"docs/a.md": "# T\n\n" + GOOD})[0]
    assert (one["rows"], one["dimensions"], one["line"], one["columns"]) == (3, 3, 3, ["F1", "p95 ms", "Cost (USD)"])


@pytest.mark.parametrize(
    "text",
    [
        GOOD.replace("0.8", "low").replace("0.9", "high"),  # words are no measurements
        GOOD.replace("| b |", "| a |").replace("| c |", "| A |"),  # one configuration, three times
        GOOD.replace("Model", "Step"),  # no configurations
        GOOD.replace("p95 ms", "Owner").replace("Cost (USD)", "Team"),  # one dimension
        "no | table\nat | all\n",
    ],
)
def test_what_is_no_comparison(tmp_path, text):
    assert tables(tmp_path, {"docs/a.md": text}) == []


def test_csv_and_json(tmp_path):
    rows = [{"model": name, "accuracy": 0.9, "latency_ms": 5, "cost_usd": 1} for name in "abc"]
    found = tables(
        tmp_path, {"eval/x.json": json.dumps({"rows": rows}), "eval/x.csv": "config,accuracy,ttft\na,1,2\nb,2,3\n"}
    )
    assert {(one["path"], one["dimensions"], one["rows"]) for one in found} == {
        ("eval/x.json", 3, 3),
        ("eval/x.csv", 2, 2),
    }
