"""The proposed project file: valid as it is, valid when its comments are answered, and true to what was seen."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aiaudit.capacity.plan import plan
from aiaudit.project.config import parse_config
from aiaudit.project.proposal import Detected, propose

DATA = [
    {"name": "data/train.csv", "from": "file", "licence": "CC-BY-4.0"},
    {"name": "data/train.csv", "from": "file", "licence": ""},
    {"name": "squad", "from": "hub", "licence": ""},
]
MODELS = [
    {"name": "model/router.onnx", "from": "file", "version": ""},
    {"name": "org/model", "from": "hub", "version": "abc123"},
    {"name": "gpt-4o", "from": "provider", "version": ""},
]
ALL = {"serves_http": True, "calls_llm_api": True, "decides_about_people": True, "user_facing": True}


def parsed(text):
    return parse_config(text.encode())


def answered(text):
    """The file with every comment that waits for an answer taken as one."""
    kept = (line for line in text.splitlines() if "seen by the audit" not in line)
    lines = (re.sub(r"^(\s*)# (?=[\w ]+:|  )", r"\1", line) for line in kept)
    return "\n".join(lines).replace("label: the column that is predicted", "label: churned")


def test_what_was_detected_is_filled_in():
    text = propose(Detected("shop", ALL, DATA, MODELS))
    config = parsed(text)
    assert config.project.name == "shop"
    assert [(d.name, d.path, d.source, d.role, d.licence) for d in config.datasets] == [
        ("train", "data/train.csv", "", "train", "CC-BY-4.0"),
        ("squad", "", "squad", None, ""),
    ]
    assert not config.models  # a licence is what people must say of each
    assert [(m.name, m.path, m.source, m.revision) for m in parsed(answered(text)).models] == [
        ("router.onnx", "model/router.onnx", "", ""),
        ("org/model", "", "org/model", "abc123"),
        ("gpt-4o", "", "", ""),
    ]


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("CRM — Modül", 'name: "CRM — Modül"'),
        ("a\u202eb", 'name: "a\\u202Eb"'),
        ("a\u200b\nb", 'name: "a\\u200B\\nb"'),
    ],
)
def test_a_name_stands_as_people_write_it_unless_it_holds_what_nobody_sees(name, line):
    text = propose(Detected(name, ALL, DATA, MODELS))
    assert f"  {line}\n" in text
    assert parsed(text).project.name == name


def test_nothing_is_claimed_that_nobody_wrote():
    config = parsed(propose(Detected("shop", ALL, [], [])))
    assert config.project.owner == config.project.stage == config.project.risk_tier == ""
    assert config.budget.monthly is None
    assert not config.screening.answers


@pytest.mark.parametrize("flags", [{}, ALL, {"serves_http": True}, {"user_facing": True}])
def test_the_comments_are_valid_once_they_are_answered(flags):
    config = parsed(answered(propose(Detected("shop", flags, DATA, MODELS))))
    assert config.budget.currency == "USD"
    assert config.gate.fail_on == ["critical"]
    assert config.project.stage == "prototype"


def test_files_that_differ_in_a_number_are_one_set_and_absent_ones_are_named_only():
    rows = [{"name": f"data/shard_{n}.json", "from": "file"} for n in range(3)]
    rows += [{"name": "data/q1.csv", "from": "file"}, {"name": "data/q2.csv", "from": "file"}]
    rows += [{"name": "out/scored.jsonl", "from": "file"}, {"name": "raw", "from": "file"}]
    here = frozenset({row["name"] for row in rows} - {"out/scored.jsonl", "raw"} | {"raw/a.csv"})
    text = propose(Detected("shop", {}, rows, [], files=here))
    assert [d.path for d in parsed(text).datasets] == ["data/shard_*.json", "data/q1.csv", "data/q2.csv", "raw"]
    assert '#   "out/scored.jsonl"' in text


@pytest.mark.parametrize(
    ("name", "role"),
    [("src/evaluators/data.jsonl", None), ("data/val.csv", "validation"), ("data/test_2024.csv", "test"),
     ("contest/a.csv", None), ("training/a.csv", "train")],
)  # fmt: skip
def test_a_role_is_a_word_of_the_path(name, role):
    (made,) = parsed(propose(Detected("shop", {}, [{"name": name, "from": "file"}], []))).datasets
    assert made.role == role


def test_a_model_that_is_trained_here_is_proposed_with_its_place_and_its_workload():
    trained = [
        {"name": "sklearn.linear_model.LogisticRegression.fit", "path": "src/train.py", "line": 28},
        {"name": "sklearn.linear_model.LogisticRegression.fit", "path": "src/again.py", "line": 3},
        {"name": "transformers.Trainer.train", "path": "src/tune.py", "line": 9},
    ]
    flags = {"classical_ml": True, "serves_http": True}
    text = propose(Detected("shop", flags, [], [], trained=trained))
    assert '- name: "LogisticRegression"   # trained in "src/train.py", line 28' in text
    assert "src/again.py" not in text and '"Trainer"' not in text
    config = parsed(answered(text))
    assert len(config.models) == 2
    assert (config.workload.model.kind, config.workload.model.file_mb) == ("classical", 10)
    kept = parsed(
        answered(propose(Detected("shop", flags, [], [{"name": "m/a.joblib", "from": "file"}], trained=trained)))
    )
    assert [model.name for model in kept.models] == ["a.joblib"]
    assert kept.workload.model.source == "m/a.joblib"


def test_the_objectives_of_a_language_model_are_such_as_hardware_can_meet():
    config = parsed(answered(propose(Detected("chat", {"calls_llm_api": True}, [], []))))
    made = plan(config.workload, None)
    assert (config.workload.model.source, config.workload.slo.ttft_ms_p95) == ("llama-3.1-8b", 2000)
    assert made.service is not None
    assert made.findings == ()
    assert made.carries.verdict == "yes"
    trees = parsed(answered(propose(Detected("shop", {"classical_ml": True, "serves_http": True}, [], []))))
    assert trees.workload.slo.e2e_ms_p95 == 500
    own = parsed(answered(propose(Detected("chat", {"local_llm": True}, [], []))))  # a script that runs vLLM itself
    assert (own.workload.model.source, own.workload.slo.ttft_ms_p95) == ("llama-3.1-8b", 2000)


@given(st.text(max_size=60), st.lists(st.text(min_size=1, max_size=40), max_size=5))
def test_any_name_stays_one_value(name, names):
    rows = [{"name": one, "from": "file"} for one in names]
    text = propose(Detected(name or "x", {}, rows, rows))
    assert len(parsed(text).datasets) == len(set(names))
    assert len(parsed(answered(text)).models) == len(set(names))
