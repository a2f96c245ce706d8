"""The probe `cost.plan` and the prices that the caller brings."""

from __future__ import annotations

from aiaudit.probes.cost.plan import PlanProbe, PlanQuery
from tests.probes.support import context

PROJECT = """
workload:
  model: {source: llama-3.1-8b}
  hardware: {gpu: L40S, min_replicas: 2}
  traffic: {requests_per_second: 0.5, tokens: {input: 900, output: 250}}
"""
OWN = "source: contract 4711\ndate: 2026-11-01\ngpu_hours: {L40S: 1.10}\n"


def counted(root, **options):
    return PlanProbe().answer("p", PlanQuery(), context(root, {"aiaudit.yaml": PROJECT}, **options)).value


def test_the_caller_s_prices_come_before_the_illustrative_ones(tmp_path):
    prices = tmp_path / "prices.yaml"
    prices.write_text(OWN)
    shipped, own = counted(tmp_path / "a"), counted(tmp_path / "b", prices=str(prices))
    assert (shipped["illustrative"], own["illustrative"]) == (True, False)
    assert own["monthly"] == 1606.0  # 2 × 730 h × 1.10
    assert [line["source"] for line in own["report"]["lines"]] == ["contract 4711"]
