"""Figures, dates and sizes in the files that evaluations left."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from aiaudit.model.fact import Fact, Level, State
from aiaudit.probes.results import ResultsProbe, ResultsQuery
from tests.probes.support import context

REPORT = {"date": "2026-04-02", "n": 300, "f1": 0.9, "conditions": {"noise": {"f1": 0.8}}}


def _ask(root: Path, files: dict[str, str], keys: str = "noise|ece") -> Fact:
    return ResultsProbe().answer("f", ResultsQuery(keys=keys), context(root, files))


def test_figures_below_a_key_with_date_and_size(tmp_path: Path) -> None:
    fact = _ask(tmp_path, {"reports/evaluation.json": json.dumps(REPORT)})
    (one,) = fact.value
    assert fact.level == Level.RESULT
    assert one["figures"] == [{"key": "conditions.noise.f1", "value": 0.8}]
    assert (one["date"], one["days"], one["n"], one["dated"]) == ("2026-04-02", 60, 300, True)


@pytest.mark.parametrize("day", ["", "2027-01-01", "2026-13-40", "soon"])
def test_without_a_day_that_has_been_it_is_no_dated_result(tmp_path: Path, day: str) -> None:
    fact = _ask(tmp_path, {"reports/evaluation.json": json.dumps({**REPORT, "date": day})})
    assert fact.level == Level.CONTENT
    assert (fact.value[0]["dated"], fact.value[0]["days"]) == (False, -1)


def test_other_formats(tmp_path: Path) -> None:
    files = {
        "reports/a.yaml": "date: 2026-04-02\nece: 0.1\n",
        "reports/b.csv": "date,condition,f1\n2026-04-02,noise,0.7\n",
        "reports/c.jsonl": '{"condition": "noise", "f1": 0.6}\n',
    }
    found = {one["path"]: [figure["value"] for figure in one["figures"]] for one in _ask(tmp_path, files).value}
    assert found == {"reports/a.yaml": [0.1], "reports/b.csv": [0.7], "reports/c.jsonl": [0.6]}


def test_a_broken_file_is_unknown_and_no_file_is_absent(tmp_path: Path) -> None:
    assert _ask(tmp_path / "a", {"reports/evaluation.json": '{"ece": 0.1'}).state is State.UNKNOWN
    assert _ask(tmp_path / "c", {"monitoring/prometheus.yml": "a: [\n"}).state is State.ABSENT
    assert _ask(tmp_path / "b", {"app.py": ""}).state is State.ABSENT
