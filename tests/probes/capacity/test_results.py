"""Result files of each tool, as the tool writes them; and what only looks like one."""

from __future__ import annotations

import datetime as dt
import json

import pytest

from aiaudit.model.fact import Level, State
from aiaudit.probes.capacity.load_tests import LoadTestsProbe, LoadTestsQuery
from aiaudit.probes.capacity.results import UNKNOWN, LoadResult, against, from_csv, from_json, from_text
from aiaudit.project.workload import WorkloadPart
from tests.probes.support import context

K6_OLD = {
    "metrics": {
        "http_reqs": {"count": 900, "rate": 15.1},
        "http_req_duration": {"med": 80.5, "p(95)": 200.25},
        "http_req_failed": {"value": 0.01},
    }
}
K6_NEW = {
    "metrics": {
        "http_reqs": {"type": "counter", "values": {"count": 900, "rate": 15.1}},
        "http_req_duration": {"values": {"med": 80.5, "p(95)": 200.25}},
        "http_req_failed": {"values": {"rate": 0.01}},
    }
}
VLLM = {
    "date": "20261104-101500", "backend": "vllm", "model_id": "meta-llama/Llama-3.1-8B", "num_prompts": 1000, "completed": 990,
    "request_throughput": 8.4, "mean_ttft_ms": 90, "p99_ttft_ms": 310.0, "p99_tpot_ms": 22.0, "median_e2el_ms": 4000, "p99_e2el_ms": 9000,
}  # fmt: skip
GUIDE = {"benchmarks": [
    {"start_time": 1760000000.0, "metrics": {"requests_per_second": {"successful": {"mean": rate}}, "request_latency": {"successful": {"median": 2.0, "percentiles": {"p95": 3.5}}},
     "time_to_first_token_ms": {"successful": {"percentiles": {"p95": 250.0}}}, "request_totals": {"total": 100, "errored": 2}}}
    for rate in (1.0, 6.0)
]}  # fmt: skip
LOCUST = "Type,Name,Request Count,Failure Count,Median Response Time,Requests/s,50%,95%,99%\nGET,/,90,1,70,1.5,70,190,300\n,Aggregated,900,9,80,15.0,80,200,350\n"
WRK = """Running 30s test @ http://localhost:8000/predict
  12 threads and 400 connections
  Latency Distribution
     50%  250.00us
     75%  491.00us
     99%    1.20s
  22464657 requests in 30.00s, 17.76GB read
  Non-2xx or 3xx responses: 22464
Requests/sec: 748868.53
"""


@pytest.mark.parametrize("data", [K6_OLD, K6_NEW])
def test_k6_in_both_shapes(data):
    found = from_json(data)
    assert (found.tool, found.rps, found.p50_ms, found.p95_ms, found.error_rate) == ("k6", 15.1, 80.5, 200.25, 0.01)


def test_vllm_bench_a_99th_stands_in_for_a_95th():
    found = from_json(VLLM)
    assert (found.rps, found.ttft_ms, found.tpot_ms, found.p95_ms) == (8.4, 310.0, 22.0, 9000)
    assert found.error_rate == pytest.approx(0.01)
    assert (found.started, found.kind) == (dt.date(2026, 11, 4), "load")
    assert from_json({**VLLM, "max_concurrency": 1}).kind == "bench"


def test_guidellm_takes_the_highest_rate():
    found = from_json(GUIDE)
    assert (found.rps, found.p95_ms, found.ttft_ms, found.error_rate) == (6.0, 3500, 250, 0.02)
    assert found.started == dt.date(2025, 10, 9)


def test_vegeta_in_nanoseconds():
    found = from_json(
        {
            "latencies": {"50th": 9e7, "95th": 2.1e8},
            "requests": 10,
            "throughput": 12.0,
            "success": 0.95,
            "earliest": "2026-10-01T10:00:00Z",
        }
    )
    assert (found.p50_ms, found.p95_ms, found.rps) == (90, 210, 12)
    assert found.error_rate == pytest.approx(0.05)


def test_locust_csv_and_json():
    found = from_csv(LOCUST)
    assert (found.rps, found.p95_ms, found.error_rate) == (15.0, 200, 0.01)
    rows = [
        {
            "num_requests": 100,
            "num_failures": 1,
            "response_times": {"50": 90, "400": 10},
            "start_time": 1760000000,
            "last_request_timestamp": 1760000010,
        }
    ]
    found = from_json(rows)
    assert (found.rps, found.p50_ms, found.p95_ms, found.error_rate) == (10, 50, 400, 0.01)


def test_wrk_units():
    found = from_text(WRK)
    assert (found.rps, found.p50_ms, found.p95_ms) == (748868.53, 0.25, 1200)
    assert found.error_rate == pytest.approx(22464 / 22464657)


def test_pytest_benchmark_takes_the_slowest():
    runs = [{"stats": {"median": m, "stddev": 0.01, "rounds": 9}} for m in (0.02, 0.2)]
    found = from_json({"machine_info": {}, "datetime": "2026-10-01", "benchmarks": runs, "commit_info": {"id": "abc"}})
    assert (found.kind, found.p50_ms, found.version) == ("bench", 200, "abc")
    assert found.p95_ms == pytest.approx(200 + 16.45)


@pytest.mark.parametrize(
    "data",
    [None, [], {}, [1], {"metrics": {}}, {"metrics": []}, {"benchmarks": []}, {"benchmarks": [{}], "machine_info": {}},
     {"latencies": {}}, {"p95": 200, "rps": 12}, {"request_throughput": 5}, [{"num_requests": 1}], "text", 5],
)  # fmt: skip
def test_what_is_no_result(data):
    assert from_json(data) is None


def test_strange_values_are_unknown():
    found = from_json({"metrics": {"http_reqs": {"rate": "NaN"}, "http_req_duration": {"p(95)": -5, "med": True}}})
    assert (found.rps, found.p95_ms, found.p50_ms) == (UNKNOWN, UNKNOWN, UNKNOWN)
    assert from_csv("a,b\n1,2\n") is None
    assert from_csv("") is None
    assert from_text("Requests/sec: fast") is None


def answer(tmp_path, files, workload=""):
    return LoadTestsProbe().answer("r", LoadTestsQuery(), context(tmp_path, {**files, "aiaudit.yaml": workload}))


def test_results_are_held_against_what_is_declared(tmp_path):
    workload = (
        "workload: {traffic: {requests_per_second: {mean: 2, peak: 15}}, slo: {e2e_s_p95: 0.15, availability: 0.999}}"
    )
    fact = answer(tmp_path, {"perf/k6-2026-05-01.json": json.dumps(K6_OLD)}, workload)
    one = fact.value[0]
    assert (fact.state, fact.level) == (State.KNOWN, Level.RESULT)
    assert (one["reaches_peak"], one["started"], one["days_old"]) == (True, "2026-05-01", 31)
    assert one["missed"] == ["answer at p95 200.2 ms for 150 ms", "share of errors 0.01 for 0.001"]


def test_the_latest_comes_first_and_the_undated_last(tmp_path):
    files = {f"perf/k6-{name}.json": json.dumps(K6_OLD) for name in ("2026-01-01", "undated", "2026-05-01")}
    assert [one["started"] for one in answer(tmp_path, files).value] == ["2026-05-01", "2026-01-01", ""]


def test_a_day_to_come_is_no_age(tmp_path):
    assert answer(tmp_path, {"perf/k6-2027-01-01.json": json.dumps(K6_OLD)}).value[0]["days_old"] == -1


def test_broken_files_are_unread_and_others_are_none(tmp_path):
    fact = answer(tmp_path, {"load/a.json": "{", "load/b.json": "{}", "perf/c.txt": "nothing"})
    assert fact.state is State.ABSENT
    assert (fact.scope.files, fact.scope.read, fact.scope.unread) == (3, 2, ("load/a.json",))


def test_an_objective_at_the_99th_is_held_against_a_figure_of_the_99th_only():
    asked = WorkloadPart.model_validate({"slo": {"e2e_ms_p99": 400}})
    assert against(from_csv(LOCUST), asked) == (["answer at p99"], [])
    assert against(from_text(WRK), asked) == (["answer at p99"], ["answer at p99 1200 ms for 400 ms"])
    assert against(from_json(VLLM), asked)[1] == ["answer at p99 9000 ms for 400 ms"]
    assert against(from_json(K6_OLD), asked) == ([], [])
    assert against(LoadResult("k6", "load", p95_ms=500.0), asked) == ([], [])
    assert from_json(GUIDE).p99_ms == UNKNOWN
