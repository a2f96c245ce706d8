"""The options of `aiaudit plan` that concern cost."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from aiaudit import resources
from tests.cli.conftest import lay

PROJECT = """
workload:
  serving: {engine: api}
  api: {provider: openai, model: gpt-4o-mini}
  traffic: {requests_per_second: 0.5, tokens: {input: 900, output: 250}}
  growth: {per_month: 0.02}
budget: {monthly: 4000, currency: USD}
"""
DAY = ("--as-of", "2026-11-24")


@pytest.fixture(autouse=True)
def real_tables(small_world, monkeypatch):
    monkeypatch.setattr(resources, "_PACKAGE", Path(resources.__file__).resolve().parent)


@pytest.fixture
def service(tmp_path):
    lay(tmp_path, {"aiaudit.yaml": PROJECT})
    return tmp_path


def test_an_interface_has_a_cost_though_there_is_nothing_to_fit(aiaudit, service):
    done = aiaudit("plan", service, *DAY)
    assert done.code == 0
    assert "gpt-4o-mini: output:" in done.out
    assert "Budget: pass" in done.out


def test_json_is_the_same_twice_and_ends_in_a_difference_of_nothing(aiaudit, service, tmp_path):
    first, second = (aiaudit("plan", service, "--json", *DAY).out for _ in range(2))
    assert first == second
    assert json.loads(first)["cost"]["budget"]["verdict"] == "pass"
    base = tmp_path / "base.json"
    base.write_text(first)
    assert "stay the same" in aiaudit("plan", service, "--cost-diff", base, *DAY).out


def test_focus(aiaudit, service):
    rows = list(csv.DictReader(io.StringIO(aiaudit("plan", service, "--format", "focus-csv", "--months", 2, *DAY).out)))
    assert {row["ServiceCategory"] for row in rows} == {"AI and Machine Learning"}
    assert len({row["ChargePeriodStart"] for row in rows}) == 2


@pytest.mark.parametrize(("limit", "code"), [("100000", 0), ("100000@p50", 0), ("10", 1), ("600@p90", 1)])
def test_the_gate(aiaudit, service, limit, code):
    done = aiaudit("plan", service, "--max-monthly-cost", limit, *DAY)
    assert done.code == code
    assert ("--max-monthly-cost" in done.err) == bool(code)


def test_a_gate_without_a_dated_price_does_not_pass(aiaudit, service, tmp_path):
    prices = tmp_path / "prices.yaml"
    prices.write_text("api: {gpt-4o-mini: {input: 0.1, output: 0.4}}\n")
    done = aiaudit("plan", service, "--prices", prices, "--max-monthly-cost", "100000", *DAY)
    assert (done.code, "bears no date" in done.err) == (1, True)


@pytest.mark.parametrize(
    "options",
    [("--months", 0), ("--months", 37), ("--max-monthly-cost", "much"), ("--max-monthly-cost", "5@p99"),
     ("--prices", "no.yaml"), ("--cost-diff", "no.json"), ("--as-of", "soon")],
)  # fmt: skip
def test_wrong_use(aiaudit, service, options):
    assert aiaudit("plan", service, *options).code == 2


def test_a_base_without_a_cost(aiaudit, service, tmp_path):
    for text in ("[]", "{}", "nonsense"):
        (tmp_path / "base.json").write_text(text)
        assert aiaudit("plan", service, "--cost-diff", tmp_path / "base.json", *DAY).code == 2
