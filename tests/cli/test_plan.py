"""`aiaudit plan` as a person and as a program see it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from aiaudit import resources
from tests.cli.conftest import lay

WORKLOAD = """
workload:
  name: support-chat
  model: {source: llama-3.1-8b}
  hardware: {gpu: L40S, count: 2}
  serving: {parallel: {replicas: 2}}
  traffic: {requests_per_second: {mean: 0.5, peak: 2}, tokens: {input: 900, output: 250}}
  slo: {e2e_s_p95: 60}
  growth: {per_month: {low: 0.03, expected: 0.08, high: 0.15}}
"""
LOG = "Model loading took 14.99 GiB and 5 seconds\nAvailable KV cache memory: 23.4 GiB\n"


@pytest.fixture(autouse=True)
def real_tables(small_world, monkeypatch):
    """The world of these tests has packs of its own, but no tables."""
    monkeypatch.setattr(resources, "_PACKAGE", Path(resources.__file__).resolve().parent)


@pytest.fixture
def service(tmp_path):
    lay(tmp_path, {"aiaudit.yaml": WORKLOAD})
    return tmp_path


def test_the_answers_come_first(aiaudit, service, snapshot):
    done = aiaudit("plan", service, "--as-of", "2026-11-24")
    assert done.code == 0
    assert [line.split("  ")[1].strip() for line in done.out.splitlines()[1:6]] == [
        "Fits in memory?",
        "Carries the load?",
        "How many requests?",
        "How long?",
        "What then?",
    ]
    snapshot("plan.txt", f"exit {done.code}\n--- stdout\n{done.out}--- stderr\n{done.err}")


def test_json(aiaudit, service):
    done = aiaudit("plan", service, "--json")
    data = json.loads(done.out)
    assert (data["verdict"], data["setup"]["replicas"]) == ("yes", 2)
    assert data["memory"]["terms"][0]["formula"]


def test_findings_end_with_1(aiaudit, service):
    lay(service, {"aiaudit.yaml": WORKLOAD.replace("peak: 2", "peak: 900")})
    done = aiaudit("plan", service)
    assert done.code == 1
    assert "not physically possible on this hardware" in done.out
    assert "Cheapest changes that work" in done.out


def test_a_log_calibrates_and_is_kept(aiaudit, service, tmp_path_factory):
    log = tmp_path_factory.mktemp("log") / "vllm.log"
    log.write_text(LOG)
    done = aiaudit("plan", service, "--calibrate", log)
    assert done.code == 0
    assert "kept in aiaudit-calibration.json" in done.err
    assert json.loads((service / "aiaudit-calibration.json").read_text())["residual"] != 0
    assert "memory as the engine's own log has it" in aiaudit("plan", service).out
    log.write_text(LOG.replace("23.4", "3.4"))
    done = aiaudit("plan", service, "--calibrate", log)
    assert done.code == 1
    assert "cache pool: the log has 3.40 GiB a rank" in done.out


def test_a_link_is_not_written_through(aiaudit, service, tmp_path_factory):
    other = tmp_path_factory.mktemp("other") / "precious.txt"
    other.write_text("precious")
    (service / "aiaudit-calibration.json").symlink_to(other)
    log = other.with_name("vllm.log")
    log.write_text(LOG)
    assert aiaudit("plan", service, "--calibrate", log).code == 2
    assert other.read_text() == "precious"


def test_selfcheck_prints_the_tables(aiaudit):
    done = aiaudit("plan", "--selfcheck")
    assert done.code == 1  # a table whose goal is missed is told, and is no success
    assert "1 of 15 goals missed: vLLM cache pool, dense text, as shipped, held out (67 % of the rows" in done.err
    assert done.out.count("goal missed") == 1
    assert "ideal bound exceeded: 0 of 57" in done.out
    assert "held out" in done.out


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({}, "there is no aiaudit.yaml with a `workload:` to plan; `aiaudit init "),
        ({"aiaudit.yaml": "workload: {modle: x}"}, "did you mean 'model'?"),
    ],
)
def test_trouble(aiaudit, tmp_path, files, said):
    lay(tmp_path, files)
    done = aiaudit("plan", tmp_path)
    assert done.code == 2
    assert said in done.err
    log = aiaudit("plan", tmp_path, "--calibrate", tmp_path / "none.log")
    assert log.code == 2


def test_an_unknown_model_is_nothing_to_judge(aiaudit, tmp_path):
    lay(tmp_path, {"aiaudit.yaml": WORKLOAD.replace("llama-3.1-8b", "no-such")})
    done = aiaudit("plan", tmp_path)
    assert done.code == 3
    assert "cannot be told" in done.out


def test_the_docs_have_the_figures_of_the_selfcheck(aiaudit):
    docs = (Path(__file__).parents[2] / "docs" / "accuracy.md").read_text(encoding="utf-8")
    assert aiaudit("plan", "--selfcheck").out.strip() in docs


def test_lines_are_as_wide_as_the_terminal_and_whole_in_a_pipe(aiaudit, service, monkeypatch):
    monkeypatch.setenv("COLUMNS", "60")
    folded = aiaudit("plan", service).out.splitlines()
    assert not [line for line in folded if len(line) > 60 and "[█" not in line]
    assert any(line.startswith(" " * 22 + "whole answer") for line in folded)
    monkeypatch.delenv("COLUMNS")
    whole = aiaudit("plan", service).out
    assert "".join(whole.split()) == "".join("".join(folded).split())
    assert any(len(line) > 90 for line in whole.splitlines())


def test_a_difference_says_why_it_ends_with_1(aiaudit, service, tmp_path):
    base = tmp_path / "base.json"
    base.write_text(aiaudit("plan", service, "--json").out)
    lay(service, {"aiaudit.yaml": WORKLOAD.replace("peak: 2", "peak: 900")})
    done = aiaudit("plan", service, "--cost-diff", base)
    assert done.code == 1
    assert "900 requests/s" in done.err and "| serving |" in done.out


def test_an_engine_that_is_not_known_is_told_with_a_near_one(aiaudit, service):
    lay(service, {"aiaudit.yaml": WORKLOAD.replace("serving: {", "serving: {engine: vlm, ")})
    assert "serving.engine: vlm (not in the table (near: vllm)" in aiaudit("plan", service).out
    lay(service, {"aiaudit.yaml": WORKLOAD.replace("serving: {", "serving: {engine: ours, ")})
    assert "serving.engine: ours (not in the table: 2.3 GiB" in aiaudit("plan", service).out


def test_one_month_is_one(aiaudit, service):
    lay(service, {"aiaudit.yaml": WORKLOAD.replace("peak: 2", "peak: 6.1")})
    assert "speed lasts 1 month (" in aiaudit("plan", service).out


def test_long_times_are_told_in_seconds(aiaudit, service):
    lay(
        service,
        {"aiaudit.yaml": WORKLOAD.replace("input: 900", "input: 60000").replace("mean: 0.5, peak: 2", "mean: 0.01")},
    )
    assert " s, " in aiaudit("plan", service).out.split("first token")[1].split("a token")[0]
