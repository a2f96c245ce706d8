"""What aiaudit.yaml declares."""

from __future__ import annotations

from pathlib import Path

from aiaudit.model.fact import Level, State
from aiaudit.model.types import Type
from aiaudit.probes.declared import TYPE, DeclaredProbe, DeclaredQuery
from aiaudit.probes.registry import get

from ..support import context

FULL = """\
schema: 1
project:
  name: ticket-router
  owner: Head of support
  purpose: Chooses the queue of a ticket.
  users: agents
  risk_tier: minimal
  risk_rationale: It sorts work and decides nothing about a person.
  commercial: true
  flags: {rag: false}
  reviewed: 2026-05-02
datasets:
- {name: tickets, path: data/t.csv, role: train, licence: Apache-2.0, schema: schema.json, sensitive: [name]}
models:
- {name: router, path: model.onnx, source: trained here}
workload:
  traffic: {requests_per_second: {mean: 1.5, peak: 12}}
budget:
  monthly: 180
  currency: EUR
  owner: TBD
  unit: {name: 1000 tickets, target: 0.5}
  reviewed: 2026-06-05
value:
  problem: Tickets wait in a wrong queue.
  metric: Share of tickets at the right queue, in percent
  baseline: 80.4 % in the third quarter of 2026
  target: 90 %
  stop_rule: TODO
screening:
  answers: {social_scoring: no, manipulation: no, emotion_at_work: yes}
  by: Counsel
"""


def test_declarations(tmp_path: Path) -> None:
    fact = DeclaredProbe().answer("d", DeclaredQuery(), context(tmp_path, {"aiaudit.yaml": FULL}))
    assert (fact.state, fact.level) == (State.KNOWN, Level.EXISTS)
    value = fact.value
    assert (value["project"]["owner"], value["project"]["users"], value["project"]["commercial"]) == (
        "Head of support",
        ["agents"],
        "yes",
    )
    assert (value["project"]["days_old"], value["project"]["flags"]) == (30, {"rag": False})
    assert (value["budget"]["present"], value["budget"]["monthly"], value["budget"]["owner"]) == (True, 180.0, "")
    assert (value["budget"]["unit"]["name"], value["budget"]["days_old"]) == ("1000 tickets", -5)
    assert value["value"]["numbers"] == {"problem": 0, "metric": 0, "baseline": 2, "target": 1, "stop_rule": 0}
    assert (value["screening"]["yes"], value["screening"]["days_old"]) == (["emotion_at_work"], -1)
    assert (value["datasets"][0]["schema"], value["datasets"][0]["sensitive"], value["datasets"][0]["line"]) == (
        "schema.json",
        True,
        13,
    )
    assert value["models"][0]["source"] == "trained here"
    assert (value["workload"]["present"], value["workload"]["numbers"]) == (True, 2)
    assert [(gap["key"], gap["path"], gap["line"]) for gap in value["gaps"]] == [
        ("budget.owner", "aiaudit.yaml", 21),
        ("value.stop_rule", "aiaudit.yaml", 29),
    ]


def test_without_a_project_file_nothing_is_declared(tmp_path: Path) -> None:
    fact = DeclaredProbe().answer("d", DeclaredQuery(), context(tmp_path, {"a.py": ""}))
    assert fact.state is State.ABSENT


def test_an_almost_empty_file_declares_nothing(tmp_path: Path) -> None:
    value = DeclaredProbe().answer("d", DeclaredQuery(), context(tmp_path, {"aiaudit.yaml": "schema: 1\n"})).value
    assert not any(value[part]["present"] for part in ("budget", "value", "screening", "workload"))
    assert value["project"]["days_old"] == -1


def test_the_value_is_of_its_type(tmp_path: Path) -> None:
    value = DeclaredProbe().answer("d", DeclaredQuery(), context(tmp_path, {"aiaudit.yaml": FULL})).value

    def check(of: Type, given: object, where: str) -> None:
        if of.kind == "record":
            assert isinstance(given, dict), where
            assert set(given) == {name for name, _ in of.fields}, where
            for name, inner in of.fields:
                check(inner, given[name], f"{where}.{name}")
        elif of.kind == "list":
            assert isinstance(given, list), where
            for item in given:
                assert of.item is not None
                check(of.item, item, f"{where}[]")
        else:
            kinds = {"bool": bool, "int": int, "double": float, "string": str, "map": dict}
            assert isinstance(given, kinds[of.kind]), where

    check(TYPE, value, "declared")


def test_the_probe_is_registered() -> None:
    assert isinstance(get("project.declared"), DeclaredProbe)


def test_the_workload_is_read_by_dotted_key_with_who_says_so(tmp_path: Path) -> None:
    text = (
        "workload:\n  traffic: {requests_per_second: {mean: 1.5, peak: 12}, items: TODO}\n  training: [{seq_len: 4}]\n"
        '  source: help desk\n  owner: TBD\n  reviewed: "2026-05-02"\n'
    )
    workload = DeclaredProbe().answer("d", DeclaredQuery(), context(tmp_path, {"aiaudit.yaml": text})).value["workload"]
    assert workload["values"] == {
        "traffic.requests_per_second.mean": 1.5,
        "traffic.requests_per_second.peak": 12.0,
        "training.0.seq_len": 4.0,
    }
    assert (workload["numbers"], workload["source"], workload["owner"]) == (3, "help desk", "")
    assert (workload["reviewed"], workload["days_old"]) == ("2026-05-02", 30)


def test_the_first_figure_of_each_text_of_the_value_sheet(tmp_path: Path) -> None:
    text = "value:\n  unit: percent\n  baseline: 80.4 % in 2026\n  target: 90 % by 31 March 2027\n  metric: queue\n"
    value = DeclaredProbe().answer("d", DeclaredQuery(), context(tmp_path, {"aiaudit.yaml": text})).value["value"]
    assert (value["unit"], value["figures"]) == ("percent", {"baseline": 80.4, "target": 90.0})
