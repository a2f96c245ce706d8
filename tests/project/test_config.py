"""The project file: what it may say, and one clear line with its place for each mistake."""

from __future__ import annotations

import datetime as dt
import json
import os
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from aiaudit.model.check import Place
from aiaudit.project.config import (
    ConfigError,
    ProjectConfig,
    attestations_json_schema,
    json_schema,
    load_config,
    load_project_config,
    no_config,
    parse_attestations,
    parse_config,
)
from tests.project.trees import build

FULL = """\
schema: 1
project:
  name: churn
  owner: Dana (dana@example.org)
  purpose: ranks customers for a call
  stage: pilot
  role: deployer
  exposure: internal
  risk_tier: limited
  users: [sales]
  models: [xgb-3]
  flags: {rag: no, trains: yes}
  reviewed: 2026-03-01
datasets:
- {name: train, path: data/train.csv, role: train, label: churned, id: [customer], time: month, groups: [customer],
   sensitive: [age], schema: data/schema.json, max_age_days: 90}
models:
- {name: xgb-3, path: models/xgb.json, licence: own}
workload: {traffic: {requests_per_second: {mean: 3}}}
budget: {monthly: 400, currency: EUR, owner: Dana, unit: {name: a call, target: 0.2, value: 5}, reviewed: 2026-01-31}
attestations:
  GOV-002: {answer: yes, owner: Dana, evidence: docs/risk.md, reviewed: 2026-02-01, review_by: 2027-02-01}
  GOV-006: {answer: partly, evidence: [docs/a.md, docs/b.md]}
waivers:
- {id: SEC-004, reason: rotated, owner: Dana, expires: 2026-12-31}
packs: [security, data]
params: {OPS-004: {max_age_days: 30}}
severity: {SEC-007: high}
gate: {fail_under: 60, min_coverage: 50, fail_on: [critical], level: pilot}
brand: {colour: '#123456'}
exclude: ["third_party/**"]
"""


def mistakes(text: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        parse_config(text.encode())
    assert all("\n" not in problem for problem in caught.value.problems)
    return list(caught.value.problems)


def test_everything_it_may_say() -> None:
    config = parse_config(FULL.encode())
    assert config.project.stage == "pilot" and config.project.reviewed == dt.date(2026, 3, 1)
    assert config.project.flags == {"rag": False, "trains": True}
    assert config.datasets[0].schema_ == "data/schema.json" and config.datasets[0].id == ["customer"]
    assert config.workload.declared()["traffic"] == {"requests_per_second": {"mean": 3.0}}
    assert config.budget.unit.value == 5 and config.budget.currency == "EUR"
    assert config.attestations["GOV-002"].answer == "yes"
    assert config.attestations["GOV-002"].review_by == dt.date(2027, 2, 1)
    assert config.attestations["GOV-006"].evidence == ["docs/a.md", "docs/b.md"]
    assert config.params == {"OPS-004": {"max_age_days": 30}} and config.exclude == ["third_party/**"]
    assert config.gate.fail_under == 60
    assert config.declares("workload") and not config.declares("models_")


def test_places() -> None:
    config = parse_config(FULL.encode())
    assert config.place("project", "stage") == Place("aiaudit.yaml", 6, 10)
    assert config.place("datasets", 0, "role") is not None
    assert config.place("params", "OPS-004", "max_age_days") == Place("aiaudit.yaml", 27, 34)
    assert config.place("params", "missing") == config.place("params")
    assert ProjectConfig().place("project") is None


@pytest.mark.parametrize("text", ["", "# nothing", "project:", "{}", "---"])
def test_nothing_is_an_empty_configuration(text: str) -> None:
    assert parse_config(text.encode()).model_dump() == ProjectConfig().model_dump()


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("projct: {}", "aiaudit.yaml:1:1: projct: unknown key; did you mean 'project'?"),
        ("project:\n  stgae: pilot", "aiaudit.yaml:2:3: project.stgae: unknown key; did you mean 'stage'?"),
        ("stage: pilot", "aiaudit.yaml:1:1: stage: unknown key; did you mean 'project.stage'?"),
        ("stgae: pilot", "aiaudit.yaml:1:1: stgae: unknown key; did you mean 'project.stage'?"),
        ("risk_tier: high", "aiaudit.yaml:1:1: risk_tier: unknown key; did you mean 'project.risk_tier'?"),
        (
            "project:\n  stage: pilots",
            "aiaudit.yaml:2:10: project.stage: 'pilots' is none of prototype, pilot, production, scale;"
            " did you mean 'pilot'?",
        ),
        ("datasets:\n- path: x", "aiaudit.yaml:2:3: datasets[1].name: is missing"),
        (
            "datasets:\n- {name: a}\n- {name: b, rol: train}",
            "aiaudit.yaml:3:13: datasets[2].rol: unknown key; did you mean 'role'?",
        ),
        (
            "attestations:\n  GOV-001: {answer: maybe}",
            "aiaudit.yaml:2:21: attestations.GOV-001.answer: 'maybe' is none of yes, partly, no, not_applicable",
        ),
        ("budget: {monthly: -1}", "aiaudit.yaml:1:19: budget.monthly: must be greater than or equal to 0, not -1"),
        ("budget: {monthly: nan}", "aiaudit.yaml:1:19: budget.monthly: must be a finite number, not 'nan'"),
        ("schema: 2", "aiaudit.yaml:1:9: schema: 2 is none of 1"),
        ("- a", "aiaudit.yaml:1:1: must be a mapping of settings"),
        ("a: 1\na: 2", "aiaudit.yaml:2:1: duplicate key 'a'"),
        ("exclude: '*.py'", "aiaudit.yaml:1:10: exclude: must be a list (`[one, two]`), not '*.py'"),
        (
            "project: {reviewed: 1.11.2026}",
            "aiaudit.yaml:1:21: project.reviewed: must be a day such as 2027-01-31, not '1.11.2026'",
        ),
        (
            "budget: {currency: euro}",
            "aiaudit.yaml:1:20: budget.currency: must be the three capitals of a currency, such as EUR, not 'euro'",
        ),
        (
            "project:\n  name: a\n   stage: pilot",
            "aiaudit.yaml:3:9: mapping values are not allowed in this context; a text that holds `: ` needs quotes, "
            "and keys of one part begin in one column",
        ),
    ],
)
def test_mistakes_say_where_and_what_was_meant(text: str, problem: str) -> None:
    assert mistakes(text) == [problem]


def test_every_mistake_is_told_in_the_order_of_the_file() -> None:
    found = mistakes("gate: {level: top}\nproject: {owner: [1], nmae: x}\nbudget: {currency: euro}\n")
    assert [line.split(": ")[0] for line in found] == [
        "aiaudit.yaml:1:15",
        "aiaudit.yaml:2:18",
        "aiaudit.yaml:2:23",
        "aiaudit.yaml:3:20",
    ]


def test_control_characters_of_the_file_do_not_reach_the_terminal() -> None:
    (problem,) = mistakes('project: {"\\e[31m": 1}')
    assert problem.isprintable()


def test_the_file_of_the_project_is_read_guarded(tmp_path: Path) -> None:
    assert load_project_config(tmp_path) == ProjectConfig()
    build(tmp_path, {"aiaudit.yaml": "project: {name: x}", "other": "project: {name: stolen}"})
    config = load_project_config(tmp_path)
    assert config.project.name == "x" and config.file == "aiaudit.yaml"
    (tmp_path / "aiaudit.yaml").unlink()
    (tmp_path / "aiaudit.yaml").symlink_to("other")
    with pytest.raises(ConfigError, match=r"aiaudit\.yaml: a symbolic link"):
        load_project_config(tmp_path)
    (tmp_path / "aiaudit.yaml").unlink()
    os.mkfifo(tmp_path / "aiaudit.yaml")
    with pytest.raises(ConfigError, match="not a regular file"):
        load_project_config(tmp_path)


def test_a_file_that_the_caller_names(tmp_path: Path) -> None:
    build(tmp_path, {"mine.yaml": "project: {stage: x}", "big.yaml": b"#" * (2 << 20)})
    for name, words in (("mine.yaml", "mine.yaml:1:18"), ("missing.yaml", "no such file"), ("big.yaml", "larger")):
        with pytest.raises(ConfigError) as caught:
            load_config(tmp_path / name)
        assert words in caught.value.problems[0]


def test_attestations_of_their_own_file() -> None:
    for text in ("GOV-001: {answer: no}\n", "attestations:\n  GOV-001: {answer: no}\n"):
        assert parse_attestations(text.encode(), "attestations.yaml")["GOV-001"].answer == "no"
    with pytest.raises(ConfigError) as caught:
        parse_attestations(b"GOV-001: {answer: yes, ownr: x}\nGOV-002: {}\nGOV-003: 5\n", "attestations.yaml")
    assert caught.value.problems == (
        "attestations.yaml:1:24: GOV-001.ownr: unknown key; did you mean 'owner'?",
        "attestations.yaml:2:10: GOV-002.answer: is missing",
        "attestations.yaml:3:10: GOV-003: must be a mapping (`key: value`), not 5",
    )


def test_the_schemas_accept_what_the_models_accept() -> None:
    schema = json_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    document = json.loads(json.dumps(yaml.safe_load(FULL), default=str))
    document["attestations"]["GOV-002"]["answer"] = "yes"  # the schema sees the editor's YAML, where a bare yes is text
    jsonschema.validate(document, schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"projct": {}}, schema)
    jsonschema.Draft202012Validator.check_schema(attestations_json_schema())
    jsonschema.validate({"GOV-001": {"answer": "no"}}, attestations_json_schema())


KEYS = st.sampled_from([*ProjectConfig.model_fields, "name", "stage", "answer", "role", "unit", "x", "schema"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=6) | st.sampled_from(["pilot", "train", "2026-01-01"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(KEYS, VALUES, max_size=5))
def test_any_document_gives_a_configuration_or_placed_lines(document: dict[str, Any]) -> None:
    try:
        parse_config(json.dumps(document).encode())
    except ConfigError as error:
        assert error.problems
        for problem in error.problems:
            assert problem.startswith("aiaudit.yaml:") and problem.isprintable()


def test_no_configuration_is_one_of_defaults() -> None:
    assert no_config() == ProjectConfig() and no_config().model_dump() == ProjectConfig().model_dump()
    assert not no_config().workload and not no_config().file
