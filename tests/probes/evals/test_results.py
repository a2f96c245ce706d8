"""Result files of each tool, as the tools write them (shortened), and files that only look like results."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from aiaudit.model.fact import Level, State
from aiaudit.model.types import Unknown
from aiaudit.probes.evals.result import day
from aiaudit.probes.evals.results import ResultsProbe, ResultsQuery

from ..support import context


def results(root: Path, files: dict[str, str | bytes], **query: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = ResultsProbe().answer("r", ResultsQuery(**query), context(root, files)).value
    return found


def lines(*entries: dict[str, Any]) -> str:
    return "\n".join(map(json.dumps, entries)) + "\n"


def promptfoo(*outcomes: bool, **more: Any) -> dict[str, Any]:
    listed = [
        {
            "success": won,
            "score": int(won),
            "failureReason": 0 if won else 1,
            "provider": {"id": "https://staging.example/chat"},
            "namedScores": {"recall@5": 0.8},
            "metadata": {"pluginId": "indirect-prompt-injection"} if more.get("attack") else {},
            "gradingResult": {"componentResults": [{"assertion": {"type": "llm-rubric"}}]},
        }
        for won in outcomes
    ]
    broken = {"success": False, "failureReason": 2, "error": "timeout"}
    stats = {"successes": sum(outcomes), "failures": len(outcomes) - sum(outcomes), "errors": 1}
    return {
        "evalId": "eval-1",
        "results": {"version": 3, "timestamp": "2026-05-01T10:00:00Z", "results": [*listed, broken], "stats": stats},
        "config": {"redteam": {}} if more.get("attack") else {},
    }


def test_promptfoo_evaluation_counts_what_ran(tmp_path: Path) -> None:
    (found,) = results(tmp_path, {"eval/out.json": json.dumps(promptfoo(True, True, True, False))})
    assert (found["tool"], found["kind"], found["date"], found["age_days"]) == (
        "promptfoo",
        "evaluation",
        "2026-05-01",
        31,
    )
    assert found["cases"] == 4  # the case whose call failed tested nothing
    assert {one["name"]: one["value"] for one in found["metrics"]} == {"recall@5": 0.8, "pass_rate": 0.75}
    assert found["judge"] == "llm-rubric"


def test_promptfoo_red_team(tmp_path: Path) -> None:
    (found,) = results(tmp_path, {"redteam/results.json": json.dumps(promptfoo(True, True, True, False, attack=True))})
    assert (found["kind"], found["attempts"], found["success_rate"]) == ("red_team", 4, 0.25)
    assert found["categories"] == [{"name": "indirect-prompt-injection", "cases": 4}]
    assert found["model"] == "https://staging.example/chat"


def test_garak_report_counts_an_attempt_once(tmp_path: Path) -> None:
    report = lines(
        {"entry_type": "start_run setup", "plugins.target_type": "openai", "plugins.target_name": "gpt-4o"},
        {"entry_type": "init", "start_time": "2026-05-20T08:00:00", "run": "x"},
        {"entry_type": "attempt", "status": 2},
        {"entry_type": "eval", "probe": "dan.Dan_11_0", "detector": "dan.DAN", "passed": 8, "total": 10},
        {"entry_type": "eval", "probe": "dan.Dan_11_0", "detector": "mitigation.Bypass", "passed": 5, "total": 10},
        {"entry_type": "eval", "probe": "latentinjection.L", "detector": "base.T", "fails": 0, "total_evaluated": 30},
    )
    (found,) = results(tmp_path, {"garak/garak.abc.report.jsonl": report})
    assert (found["tool"], found["date"], found["model"]) == ("garak", "2026-05-20", "gpt-4o")
    assert (found["attempts"], found["success_rate"]) == (40, 0.125)
    assert [one["name"] for one in found["categories"]] == ["dan", "latentinjection"]


def test_a_hit_log_does_not_say_how_many_were_tried(tmp_path: Path) -> None:
    hits = lines({"goal": "g", "prompt": "p", "probe": "dan.Dan_11_0", "detector": "dan.DAN", "generator": "openai x"})
    (found,) = results(tmp_path, {"garak/garak.abc.hitlog.jsonl": hits})
    assert found["kind"] == "red_team"
    assert isinstance(found["attempts"], Unknown)
    assert isinstance(found["success_rate"], Unknown)
    assert isinstance(found["age_days"], Unknown)


def test_pyrit_conversations_and_attack_results(tmp_path: Path) -> None:
    def turn(name: str, role: str, *scores: str) -> dict[str, Any]:
        return {
            "conversation_id": name,
            "role": role,
            "timestamp": "2026-05-02T09:00:00",
            "attack_identifier": {"__type__": "CrescendoAttack"},
            "scores": [{"score_type": "true_false", "score_value": one} for one in scores],
        }

    talks = [turn("a", "user"), turn("a", "assistant", "False"), turn("b", "assistant", "True"), turn("c", "user")]
    newer = {"attack_results": [{"objective": "x", "conversation_id": "a", "outcome": "success"}]}
    old, new = results(tmp_path, {"pyrit/a_results.json": json.dumps(talks), "pyrit/b_results.json": json.dumps(newer)})
    assert (old["tool"], old["date"], old["attempts"], old["success_rate"]) == ("PyRIT", "2026-05-02", 2, 0.5)
    assert (new["attempts"], new["success_rate"], new["date"]) == (1, 1.0, "")


def test_moonshot_recipes(tmp_path: Path) -> None:
    detail = {"model_id": "m", "data": [{}, {}, {}, {}], "metrics": [{"attack_success_rate": 25.0}]}
    run = {
        "metadata": {"start_time": "2026-04-02 10:00:00", "endpoints": ["our-bot"]},
        "results": {"cookbooks": [{"id": "c", "recipes": [{"id": "jailbreak-dan", "details": [detail]}]}]},
    }
    (found,) = results(tmp_path, {"moonshot/result.json": json.dumps(run)})
    assert (found["tool"], found["kind"], found["model"]) == ("Moonshot", "red_team", "our-bot")
    assert (found["attempts"], found["success_rate"], found["date"]) == (4, 0.25, "2026-04-02")


def test_deepteam_and_deepeval(tmp_path: Path) -> None:
    risk = {"overview": {"vulnerability_type_results": [{"vulnerability": "PII Leakage", "passing": 9, "failing": 1}]}}
    run = {
        "testCases": [
            {"name": "a", "success": True, "metricsData": [{"name": "Faithfulness", "score": 1.0, "threshold": 0.7, "evaluationModel": "gpt-4o"}]},
            {"name": "b", "success": False, "metricsData": [{"name": "Faithfulness", "score": 0.5, "threshold": 0.7}]},
        ]
    }  # fmt: skip
    first, second = results(
        tmp_path, {"eval/deepeval_run.json": json.dumps(run), "redteam/risk.json": json.dumps(risk)}
    )
    assert (first["tool"], first["cases"], first["judge"]) == ("deepeval", 2, "gpt-4o")
    assert first["metrics"] == [{"name": "Faithfulness", "value": 0.75, "cases": 2, "target": 0.7, "has_target": True}]
    assert (second["tool"], second["attempts"], second["success_rate"]) == ("deepteam", 10, 0.1)


def test_ragas_table(tmp_path: Path) -> None:
    table = "user_input,retrieved_contexts,response,faithfulness,context_recall\nq1,c,a,1.0,0.5\nq2,c,a,0.5,\n"
    (found,) = results(tmp_path, {"evals/ragas.csv": table})
    assert (found["tool"], found["cases"], found["date"]) == ("ragas", 2, "")
    assert [(one["name"], one["value"], one["cases"]) for one in found["metrics"]] == [
        ("context_recall", 0.5, 1),
        ("faithfulness", 0.75, 2),
    ]


def test_inspect_harness_langsmith_junit(tmp_path: Path) -> None:
    log = {
        "version": 2,
        "status": "success",
        "eval": {"task": "support", "model": "openai/gpt-4o", "created": "2026-03-01T00:00:00+00:00"},
        "results": {"completed_samples": 80, "scores": [{"name": "exact", "metrics": {"accuracy": {"value": 0.9}}}]},
    }
    harness = {
        "results": {"mmlu": {"acc,none": 0.61, "acc_stderr,none": 0.01, "alias": "mmlu"}},
        "versions": {"mmlu": 1},
        "config": {"model": "hf"},
        "model_name": "ours",
        "n-samples": {"mmlu": {"original": 200, "effective": 100}},
        "date": 1772323200.0,
    }
    runs = [{"start_time": "2026-03-03T00:00:00", "feedback_stats": {"correct": {"n": 1, "avg": 1.0}}}]
    suite = '<testsuites><testsuite tests="5" failures="1" skipped="1" timestamp="2026-03-04T00:00:00"/></testsuites>'
    found = results(
        tmp_path,
        {
            "logs/1.json": json.dumps(log),
            "results/2.json": json.dumps(harness),
            "results/3.json": json.dumps(runs),
            "reports/4_eval.xml": suite,
            "reports/junit.xml": suite,  # unit tests are no evaluation
        },
    )
    told = {one["tool"]: (one["date"], one["cases"], one["metrics"][0]["value"]) for one in found}
    assert told == {
        "inspect": ("2026-03-01", 80, 0.9),
        "lm-evaluation-harness": ("2026-03-01", 100, 0.61),
        "LangSmith": ("2026-03-03", 1, 1.0),
        "JUnit": ("2026-03-04", 4, 0.75),
    }


def test_results_of_ones_own(tmp_path: Path) -> None:
    retrieval = {
        "date": "2026-05-30",
        "retrieval": {"n_queries": 120, "recall@5": 0.91, "mrr": 0.7},
        "targets": {"recall@5": 0.85},
    }
    attacks = {"date": "2026-05-30", "model": "bot", "attempts": 200, "successes": 4, "categories": {"indirect": 80}}
    first, second = results(
        tmp_path, {"evals/retrieval.json": json.dumps(retrieval), "evals/redteam.json": json.dumps(attacks)}
    )
    assert (first["kind"], first["attempts"], first["success_rate"]) == ("red_team", 200, 0.02)
    assert [(one["name"], one["cases"], one["target"]) for one in second["metrics"]] == [
        ("retrieval.recall@5", 120, 0.85),
        ("retrieval.mrr", 120, Unknown("no target is named")),
    ]


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("eval/results.json", "{}"),
        ("eval/results.json", '{"results": {"results": [], "stats": {"successes": 0, "failures": 0}}}'),
        ("eval/results.json", '{"metrics": {}}'),
        ("eval/results.json", "not json"),
        ("redteam/garak.report.jsonl", '{"entry_type": "init", "start_time": "2026-05-20"}'),
        ("docs/results.json", '{"accuracy": 0.9, "date": "2026-05-20"}'),
        ("src/package.json", '{"accuracy": 0.9}'),
        ("reports/eval.xml", '<!DOCTYPE x [<!ENTITY a "b">]><testsuite tests="5"/>'),
        ("eval/deep_results.json", "[" * 5000 + "]" * 5000),
    ],
)
def test_templates_and_hostile_files_are_no_results(tmp_path: Path, path: str, content: str) -> None:
    fact = ResultsProbe().answer("r", ResultsQuery(), context(tmp_path, {path: content}))
    assert not fact.value
    assert fact.state in (State.ABSENT, State.UNKNOWN)


def test_only_a_dated_result_is_a_result_of_running(tmp_path: Path) -> None:
    undated = context(tmp_path / "a", {"eval/results.json": '{"accuracy": 0.9}'})
    dated = context(tmp_path / "b", {"eval/results.json": '{"accuracy": 0.9, "date": "2026-05-20"}'})
    ahead = context(tmp_path / "c", {"eval/results.json": '{"accuracy": 0.9, "date": "2027-05-20"}'})
    probe, query = ResultsProbe(), ResultsQuery()
    assert probe.answer("r", query, undated).level == Level.CONTENT
    assert probe.answer("r", query, dated).level == Level.RESULT
    assert isinstance(probe.answer("r", query, ahead).value[0]["age_days"], Unknown)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("2026-05-01T10:00:00Z", "2026-05-01"),
        ("20260501-100000", "2026-05-01"),
        (1772323200, "2026-03-01"),
        (1772323200000, "2026-03-01"),
        (12, ""),
        ("2026-13-01", ""),
        ("soon", ""),
        (True, ""),
    ],
)
def test_days(given: Any, told: str) -> None:
    assert day(given) == told
