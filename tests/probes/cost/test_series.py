"""Exported utilisation and tables of spend, also broken and hostile ones."""

from __future__ import annotations

import datetime as dt
import json

import pytest

from aiaudit.probes.cost.reviews import _amount, _csv, _markdown, _read
from aiaudit.probes.cost.series import from_csv, from_json

TODAY = dt.date(2026, 6, 1)


def matrix(name: str, values: list, start: int = 1_778_000_000) -> dict:
    pairs = [[start + 3600 * i, value] for i, value in enumerate(values)]
    return {"data": {"resultType": "matrix", "result": [{"metric": {"__name__": name}, "values": pairs}]}}


def test_prometheus():
    found = from_json(matrix("DCGM_FI_DEV_GPU_UTIL", ["10", "20", "90", "30", "40"]))
    assert found is not None
    assert (found.kind, found.samples, found.p50) == ("gpu", 5, 30)
    assert found.days == pytest.approx(4 / 24)
    ratio = from_json(matrix("DCGM_FI_PROF_GR_ENGINE_ACTIVE", ["0.5", "0.6", "0.7"]))
    assert ratio is not None
    assert ratio.p50 == pytest.approx(60)


@pytest.mark.parametrize(
    "data",
    [
        None, [], {}, {"data": 1}, {"data": {"resultType": "vector", "result": []}}, matrix("http_requests_total", ["1"]),
        matrix("DCGM_FI_DEV_GPU_UTIL", ["NaN", "x", None, [], "1e999", "-3", "400"]),
        {"data": {"resultType": "matrix", "result": [1, {"metric": 2}, {"metric": {"__name__": 5}, "values": "x"}]}},
        matrix("DCGM_FI_DEV_GPU_UTIL", ["5"], start=10**13),
    ],
)  # fmt: skip
def test_what_is_no_use_is_none(data):
    assert from_json(data) is None


def test_nvidia_smi():
    text = (
        "timestamp, name, utilization.gpu [%], utilization.memory [%]\n"
        "2026/05/01 00:00:00.000, L40S, 10 %, 1 %\n"
        "2026/05/02 00:00:00.000, L40S, [N/A], 1 %\n"
        "2026/05/09 00:00:00.000, L40S, 50 %, 3 %\nshort\n"
    )
    found = from_csv(text)
    assert found is not None
    assert (found.source, found.samples, found.days, found.memory_p50) == ("nvidia-smi", 2, 8.0, 3.0)


def test_dcgm_csv():
    found = from_csv("timestamp,gpu,DCGM_FI_DEV_GPU_UTIL\n1778000000,0,7\n1778086400,1,9\n")
    assert found is not None
    assert (found.source, found.days) == ("DCGM", 1.0)


def test_focus_counts_what_is_committed_and_not_used():
    head = "ChargePeriodStart,CommitmentDiscountStatus,EffectiveCost\n"
    day = "2026-05-0{0}T00:00:00Z,Used,30\n2026-05-0{0}T00:00:00Z,Unused,70\n2026-05-0{0}T00:00:00Z,,500\n"
    found = from_csv(head + "".join(day.format(n) for n in range(1, 9)))
    assert found is not None
    assert (found.kind, found.p50, found.days) == ("commitment", 30, 7.0)


@pytest.mark.parametrize(
    "text", ["", "a,b\n1,2\n", "timestamp,utilization.gpu\n", 'timestamp,gpu_util\n"' + "x" * 200_000]
)
def test_other_csv_is_none(text):
    assert from_csv(text) is None


def rows(text: str) -> list[dict]:
    reader = _markdown(text) if text.lstrip().startswith(("#", "|")) else _csv(text)
    return list(_read(reader, TODAY))


def test_reviews_in_markdown_and_csv():
    table = (
        "# Cost\n| Month | Forecast | Actual | Action |\n|---|--:|--:|---|\n| 2026-04 | 1,000 EUR | 1 250.50 | - |\n"
    )
    found = rows(table)
    assert len(found) == 1
    told = [found[0][key] for key in ("line", "forecast", "actual", "currency", "has_action", "months")]
    assert told == [4, 1000, 1250.5, "EUR", False, ["2026-04"]]
    assert (found[0]["ended"], found[0]["days_old"]) == ("2026-04-30", 32)
    quarter = rows("period,forecast,actual,action\nQ1 2026,100,90,renegotiated\n")
    assert (quarter[0]["ended"], quarter[0]["has_action"]) == ("2026-03-31", True)
    assert quarter[0]["months"] == ["2026-01", "2026-02", "2026-03"]


@pytest.mark.parametrize(
    ("text", "amount"),
    [("1040", 1040), ("USD 12345.67", 12345.67), ("1,040,000", 1_040_000), ("1 250.50 EUR", 1250.5), ("1'250", 1250),
     ("1.250,50 €", 1250.5), ("1.000", 1000), ("0.75", 0.75), ("0.750", 0.75), ("12345.678", 12345.678), ("12.5", 12.5), ("none", None)],
)  # fmt: skip
def test_amounts(text, amount):
    assert _amount(text) == amount


@pytest.mark.parametrize(
    "row", ["2026-07,1,1,", "2026-13,1,1,", "TODO,TBD,TBD,", "2026-04,0,5,", "2026-04,,5,", "2026-04"]
)
def test_rows_that_say_nothing(row):
    assert rows(f"period,forecast,actual,action\n{row}\n") == []


def test_json_round_trip_of_a_large_series():
    data = json.loads(json.dumps(matrix("DCGM_FI_DEV_GPU_UTIL", [str(i % 100) for i in range(5000)])))
    found = from_json(data)
    assert found is not None
    assert found.p50 == pytest.approx(50, abs=1)
