"""`runs.figures`: what runs left as files of figures."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from aiaudit.model.fact import Level, State
from aiaudit.probes.runs.probe import ResultsQuery, RunFigures

from ..support import context


def found(tmp_path: Path, files: dict[str, Any]) -> dict[str, Any]:
    texts = {path: data if isinstance(data, str) else json.dumps(data) for path, data in files.items()}
    fact = RunFigures().answer("r", ResultsQuery(), context(tmp_path, texts))
    assert fact.state is State.KNOWN
    return dict(fact.value[0])


def test_a_baseline_is_compared_on_the_same_metric(tmp_path: Path) -> None:
    one = found(
        tmp_path,
        {"reports/eval.json": {"date": "2026-05-01", "n": 400, "macro_f1": 0.86, "baseline": {"macro_f1": 0.41}}},
    )
    (pair,) = one["comparisons"]
    assert (pair["baseline"], pair["model"], pair["gain"]) == ("baseline.macro_f1", "macro_f1", 0.45)
    assert pair["judged"]
    assert pair["beyond"]
    assert [m["name"] for m in one["metrics"]] == ["macro_f1"]


def test_a_gain_within_chance_is_not_beyond_it_and_errors_count_the_other_way(tmp_path: Path) -> None:
    (near,) = found(tmp_path, {"eval.json": {"n": 50, "accuracy": 0.82, "dummy_accuracy": 0.80}})["comparisons"]
    assert (near["gain"], near["judged"], near["beyond"]) == (0.02, True, False)
    (error,) = found(tmp_path, {"eval.json": {"rmse": 4.0, "naive_rmse": 5.0}})["comparisons"]
    assert (error["gain"], error["judged"], error["beyond"]) == (1.0, False, False)


def test_the_stated_interval_of_the_gain_decides(tmp_path: Path) -> None:
    data = {"rmse": 4.0, "baseline_rmse": 5.0, "gain_over_baseline": {"low": 0.4, "high": 1.6}}
    (pair,) = found(tmp_path, {"eval.json": data})["comparisons"]
    assert pair["beyond"]


def test_rows_of_a_table_are_models(tmp_path: Path) -> None:
    one = found(
        tmp_path,
        {"model_comparison.csv": "model,accuracy,cost_usd\nDummyClassifier,0.5,0\nlarge,0.91,4.2\nsmall,0.9,0.3\n"},
    )
    assert [(m["model"], m["quality"], m["cost"]) for m in one["models"]][1:] == [
        ("large", True, True),
        ("small", True, True),
    ]
    assert one["comparisons"][0]["model"] == "rows.large.accuracy"


def test_slices_carry_their_cases(tmp_path: Path) -> None:
    data = {
        "f1": 0.8,
        "slices": {"short": {"n": 40, "f1": 0.7}, "long": {"n": 12, "f1": 0.9}},
        "f1_by_country": {"de": 0.8},
    }
    one = found(tmp_path, {"results/a.json": data})
    assert [(s["name"], s["metric"], s["cases"]) for s in one["slices"]] == [
        ("short", "f1", 40),
        ("long", "f1", 12),
        ("de", "f1_by_country", 0),
    ]
    assert one["cases"] == 0


def test_intervals_and_repeats(tmp_path: Path) -> None:
    data = {
        "auc": 0.8,
        "auc_ci": [0.7, 0.9],
        "repeat": {"runs": 2, "auc": [0.8, 0.8], "max_difference": 0.0, "tolerance": 0.001},
    }
    one = found(tmp_path, {"eval.json": data})
    assert {i["name"] for i in one["intervals"]} == {"auc_ci.0", "auc_ci.1"}
    (again,) = one["repeats"]
    assert (again["delta"], again["tolerance"], again["within"]) == (0.0, 0.001, True)


def test_a_spread_without_a_tolerance_is_not_within_it(tmp_path: Path) -> None:
    (again,) = found(tmp_path, {"eval.json": {"auc": 0.8, "rerun": {"auc": [0.81, 0.78]}}})["repeats"]
    assert (round(again["delta"], 6), again["tolerance"], again["within"]) == (0.03, -1.0, False)


def test_only_a_dated_file_is_a_result_of_a_run(tmp_path: Path) -> None:
    def level(data: dict[str, Any]) -> Level:
        return RunFigures().answer("r", ResultsQuery(), context(tmp_path, {"eval.json": json.dumps(data)})).level

    assert level({"date": "2020-05-01", "f1": 0.8}) is Level.RESULT
    assert level({"date": "soon", "f1": 0.8}) is Level.CONTENT
    assert level({"date": "2999-05-01", "f1": 0.8}) is Level.CONTENT


def test_limits_are_no_metrics_and_files_without_metrics_none(tmp_path: Path) -> None:
    assert [m["name"] for m in found(tmp_path, {"eval.json": {"f1": 0.8, "limit_f1": 0.7}})["metrics"]] == ["f1"]
    nothing = RunFigures().answer(
        "r", ResultsQuery(), context(tmp_path, {"eval.json": '{"name": "x"}', "report.json": "{"})
    )
    assert nothing.state is State.ABSENT


def test_of_an_unsettled_merge_one_side_is_read(tmp_path: Path) -> None:
    text = '{\n<<<<<<< HEAD\n  "f1": 0.7\n=======\n  "f1": 0.8\n>>>>>>> b\n}\n'
    assert [one["value"] for one in found(tmp_path, {"metrics.json": text})["metrics"]] == [0.7]


@pytest.mark.parametrize(
    ("text", "state"), [('{"f1": 0.7,', State.UNKNOWN), ('{"rows": 7,', State.ABSENT), ("", State.ABSENT)]
)
def test_what_cannot_be_read_counts_where_its_text_names_a_metric(tmp_path: Path, text: str, state: State) -> None:
    fact = RunFigures().answer("r", ResultsQuery(), context(tmp_path, {"reports/a.json": text}))
    assert fact.state is state
