"""A load test of the project stands in where no model of the speed exists: what it shows is used, and no more."""

from __future__ import annotations

import json

import pytest

from aiaudit.capacity.report import to_json
from aiaudit.cli.plan_text import lines

from .support import SMALLEST, planned

SLO = "slo: {e2e_ms_p95: 300, availability: 0.99}"


def result(rps: float, p95: float = 200, failed: float = 0.0) -> dict:
    """k6's summary."""
    return {
        "metrics": {
            "http_reqs": {"count": rps * 60, "rate": rps},
            "http_req_duration": {"med": p95 / 2, "p(95)": p95},
            "http_req_failed": {"value": failed},
        }
    }


def served(tmp_path, data=None, *, test: str = "{file: load.json, replicas: 1}", more: str = SLO, peak: float = 12):
    if data is not None:
        (tmp_path / "load.json").write_text(json.dumps(data) if isinstance(data, dict) else data)
    tested = f", load_test: {test}" if test else ""
    return planned(
        f"""
workload:
  name: routing
  model: {{kind: classical, source: model/m.onnx, file_mb: 2}}
  serving: {{engine: onnxruntime, replicas: 2, processes: 2{tested}}}
  hardware: {{target: {{cpu: 1, memory_mb: 1024}}, price_per_hour: 0.05}}
  traffic: {{requests_per_second: {{mean: 2, peak: {peak}}}}}
  growth: {{per_month: {{low: 0.05, expected: 0.1, high: 0.2}}}}
  {more}
""",
        tmp_path,
        budget=200.0,
    )


def test_a_classical_model_needs_no_tokens_and_is_told_by_its_file(tmp_path):
    made = served(tmp_path, result(20))
    assert (made.verdict, made.problems) == ("yes", ())
    assert {term.name: term.expected for term in made.fit.terms.terms} == {"weights": 8_000_000, "context": 390_000_000}
    assert not any("token" in line or "cache" in line or "parallel.tp" in line for line in made.assumptions)
    (tmp_path / "model").mkdir()
    (tmp_path / "model/m.onnx").write_bytes(b"\0" * 1_000_000)
    assert served(tmp_path, result(20)).model.weights.low == 1_000_000  # the file itself goes before what is declared


@pytest.mark.parametrize(
    ("text", "peak"),
    [
        ("VmHWM:\t   25544 kB\nVmHWM:\t  141052 kB\n", (25544 + 141052) * 1024),
        ("335544320\n", 335544320),
    ],
)
def test_measured_memory_goes_before_what_is_worked_out(tmp_path, text, peak):
    (tmp_path / "memory.txt").write_text(text)
    made = served(tmp_path, result(20), test="{file: load.json, replicas: 1, memory: memory.txt}")
    assert [(term.name, term.expected) for term in made.fit.terms.terms] == [("processes", peak)]
    assert made.verdict == "yes"


@pytest.mark.parametrize("text", ["", "VmHWM: many kB", "VmRSS: 5 kB", "0", "-5", "9" * 40, None])
def test_memory_that_was_not_measured_is_unknown(tmp_path, text):
    if text is not None:
        (tmp_path / "memory.txt").write_text(text)
    made = served(tmp_path, result(20), test="{file: load.json, replicas: 1, memory: memory.txt}")
    assert made.verdict == "unknown"
    assert "memory.txt" in made.problems[0]


def test_processes_that_do_not_fit_do_not_fit(tmp_path):
    text = """
workload:
  model: {kind: classical, file_mb: 300}
  serving: {engine: onnxruntime, replicas: 1, processes: 2}
  hardware: {target: {memory_mb: 512}}
  traffic: {requests_per_second: 1}
"""
    made = planned(text)
    assert made.verdict == "no"
    assert made.fit.reason == "1,078 MB are missing"
    assert any(line.startswith("    ▓ context") and "× 2 processes" in line for line in lines(made))


def test_the_tested_rate_tells_replicas_growth_and_budget(tmp_path):
    made = served(tmp_path, result(20))
    assert made.measured.each == pytest.approx(20)
    ends = {one.what: one.expected for one in made.runways}
    # 40 / 12 at 10 % a month; $200 buy 5 replicas of $36.50: 100 / 12
    assert ends == {"speed": pytest.approx(12.63, abs=0.01), "budget": pytest.approx(22.25, abs=0.01)}
    assert made.ten_times.replicas == 6
    said = "\n".join(lines(made))
    assert "at least 40/s by 2 replicas, as tested" in said
    assert "the peak of 12/s is 30 % of at least 40/s, as tested" in said
    assert "whole answer 200 ms at p95, at 20/s a replica" in said
    assert "k6, no date, load.json" in said
    assert to_json(made)["measured"]["utilisation"] == pytest.approx(0.3)


def test_failed_requests_were_not_served(tmp_path):
    assert served(tmp_path, result(20, failed=0.01)).measured.each == pytest.approx(19.8)


def test_without_its_replicas_the_test_was_of_all_that_serve(tmp_path):
    made = served(tmp_path, result(20), test="{file: load.json}")
    assert made.measured.each == pytest.approx(10)
    assert any(line.startswith("serving.load_test.replicas: 2") for line in made.assumptions)


def test_a_peak_beyond_the_test_is_a_finding(tmp_path):
    made = served(tmp_path, result(20), peak=50)
    assert [one.kind for one in made.findings] == ["missed"]
    assert "2 replicas were tested up to 40: test that rate" in made.findings[0].text
    assert served(tmp_path, result(20), peak=40.5).findings == ()  # a fixed rate is never met to the digit


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (result(20, p95=400), "misses an objective (answer at p95 400 ms for 300 ms)"),
        (result(20, failed=0.02), "misses an objective (share of errors 0.02 for 0.01)"),
        ("{", "is broken JSON"),
        ({"a": 1}, "is no result of a load test that is known"),
        (result(0), "does not tell how many requests a second"),
        ({"machine_info": {}, "benchmarks": [{"stats": {"median": 0.1, "stddev": 0.1, "rounds": 9}}]}, "no load test"),
        (None, "load.json cannot be read"),
    ],
)  # fmt: skip
def test_what_shows_nothing_is_not_used(tmp_path, data, why):
    made = served(tmp_path, data)
    assert made.measured is None
    assert why in made.problems[0]
    assert made.ten_times.replicas is None
    assert not any(one.what == "speed" for one in made.runways)


def test_without_a_test_the_way_to_know_is_told(tmp_path):
    assert "name the result in workload.serving.load_test" in served(tmp_path, test="").problems[0]


def test_a_test_outside_the_project_is_not_read(tmp_path):
    (tmp_path / "load.json").write_text(json.dumps(result(20)))
    (tmp_path / "project").mkdir()
    made = served(tmp_path / "project", test="{file: ../load.json}")
    assert made.measured is None
    assert "cannot be read" in made.problems[0]


def test_a_known_speed_goes_before_a_test(tmp_path):
    (tmp_path / "load.json").write_text(json.dumps(result(1)))
    made = planned(SMALLEST.replace("traffic:", "serving: {load_test: {file: load.json}}\n  traffic:"), tmp_path)
    assert made.measured is None
    assert made.service is not None
