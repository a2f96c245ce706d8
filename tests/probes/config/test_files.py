"""Compose, Terraform, values, environment files, settings, and masks of secrets."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aiaudit.model.fact import State
from aiaudit.model.types import Unknown
from aiaudit.probes.config.compose import ComposeQuery, ConfigCompose
from aiaudit.probes.config.environment import ConfigEnvironment, EnvironmentQuery
from aiaudit.probes.config.redact import redact, redact_words
from aiaudit.probes.config.secret_names import is_placeholder, is_secret_name
from aiaudit.probes.config.settings import ConfigSettings, SettingsQuery
from aiaudit.probes.config.terraform import ConfigTerraform, TerraformQuery, blocks
from aiaudit.probes.config.values import ConfigValues, ValuesQuery
from tests.probes.support import context


def values(root: Path, files: dict[str, str], of: list[str], keys: list[str]) -> list[tuple[str, Any, int]]:
    found = ConfigValues().answer("v", ValuesQuery(files=tuple(of), keys=tuple(keys)), context(root, files)).value or []
    return [(one["key"], one["value"], one["line"]) for one in found]


def test_compose_services(tmp_path: Path) -> None:
    text = """\
services:
  api:
    build: {context: ./app, dockerfile: Api.Dockerfile}
    image: ${REG:-ghcr.io}/x:1.2.3
    command: [sh, -c, "run it"]
    user: "1000"
    environment:
      MODE: prod
      API_TOKEN: abcd1234efgh
      DB_PASSWORD: ${DB_PASSWORD}
    healthcheck: {test: curl}
    deploy: {replicas: 2, resources: {limits: {memory: 1g, cpus: '2'}, reservations: {devices: [{capabilities: [x]}]}}}
  db:
    image: postgres
    environment: [POSTGRES_PASSWORD=hunter2hunter2, A]
    privileged: true
  m:
    image: prom/prometheus:v2.1.0
"""
    found = ConfigCompose().answer("s", ComposeQuery(), context(tmp_path, {"docker-compose.yml": text})).value
    api, db, prometheus = found
    assert (api["dockerfile"], api["image"], api["pin"], api["line"]) == (
        "app/Api.Dockerfile",
        "ghcr.io/x:1.2.3",
        "exact",
        2,
    )
    assert (api["command"], api["user"], api["root"], api["healthcheck"]) == ("sh -c 'run it'", "1000", False, True)
    assert (api["memory_limit"], api["cpu_limit"], api["gpu"], api["replicas"]) == ("1g", "2", True, 2)
    assert api["environment"] == ["MODE", "API_TOKEN", "DB_PASSWORD"]
    assert [(s["name"], s["line"]) for s in api["secrets"]] == [("API_TOKEN", 9)]
    assert (db["root"], db["pin"], db["privileged"], [s["name"] for s in db["secrets"]]) == (
        True,
        "latest",
        True,
        ["POSTGRES_PASSWORD"],
    )
    assert prometheus["root"] is False
    assert "hunter2" not in str(found)
    assert "abcd1234" not in str(found)


@pytest.mark.parametrize(
    "text", ["", "services: 3", "services: {a: 3}", "services: {a: {build: 4, ports: x, deploy: y, environment: 5}}"]
)
def test_hostile_compose_files(tmp_path: Path, text: str) -> None:
    fact = ConfigCompose().answer("s", ComposeQuery(), context(tmp_path, {"compose.yaml": text}))
    assert fact.state in (State.KNOWN, State.ABSENT)


def test_terraform_text_may_hold_what_begins_a_comment() -> None:
    text = """\
module "alarm" {
  source = "git::https://example.com/modules.git//alarms?ref=v1"  // pinned
  name   = "a#b" # the name
  size   = var.env == "prod" ? 2 : 1  // by stage
}
"""
    (found,) = blocks("main.tf", text)
    assert found["attributes"]["source"] == "git::https://example.com/modules.git//alarms?ref=v1"
    assert found["attributes"]["name"] == "a#b"


def test_terraform_blocks() -> None:
    text = """\
# resource "fake" "one" {
resource "aws_sagemaker_endpoint" "main" {
  name = "churn"  # the endpoint
  count = 2
  enabled = true
  role = var.role
  admin_password = "hunter2"
  config {
    variant = "a"
    nested { size = 3 }
  }
  doc = <<EOT
}
EOT
  tags = { a = 1 }
}
module "net" { source = "./net" }
provider "aws" {}
"""
    found = list(blocks("main.tf", text))
    assert [(b["block"], b["type"], b["name"], b["line"]) for b in found] == [
        ("resource", "aws_sagemaker_endpoint", "main", 2),
        ("module", "net", "net", 17),
        ("provider", "aws", "aws", 18),
    ]
    attributes = found[0]["attributes"]
    assert (attributes["name"], attributes["count"], attributes["enabled"]) == ("churn", 2, True)
    assert (attributes["config.variant"], isinstance(attributes["role"], Unknown)) == ("a", True)
    assert isinstance(attributes["admin_password"], Unknown)
    assert "hunter2" not in str(found)


def test_terraform_lists_of_texts() -> None:
    (block,) = blocks("a.tf", 'resource "a" "b" {\n  open = ["0.0.0.0/0", "::/0"]\n  own = [var.a]\n  none = []\n}\n')
    assert (block["attributes"]["open"], block["attributes"]["none"]) == (["0.0.0.0/0", "::/0"], [])
    assert isinstance(block["attributes"]["own"], Unknown)


def test_a_long_list_in_terraform_takes_no_time() -> None:
    started = time.process_time()
    list(blocks("a.tf", 'resource "a" "b" {\n  x = [' + '"a" ' * 5_000 + "\n}"))
    assert time.process_time() - started < 1


def test_terraform_by_type(tmp_path: Path) -> None:
    made = context(tmp_path, {"a.tf": 'resource "aws_eks_cluster" "c" {\n}\nresource "aws_s3_bucket" "b" {\n}\n'})
    fact = ConfigTerraform().answer("t", TerraformQuery(types=("aws_eks_*",)), made)
    assert [b["name"] for b in fact.value] == ["c"]


@settings(max_examples=150, deadline=None)
@given(st.text(alphabet=st.sampled_from('resource "a" {}=\n<<EOT#/\\ 1'), max_size=200))
def test_any_text_is_terraform_or_not(text: str) -> None:
    list(blocks("a.tf", text))


def test_values_by_key_in_five_formats(tmp_path: Path) -> None:
    files = {
        "a.yaml": "train:\n  lr: 0.1\n  steps: [{name: one}, {name: two}]\n---\ntrain: {lr: 0.2}\n",
        "b.toml": '[train]\nlr = 0.3\ntags = ["x", "y"]\n',
        "c.json": '{\n "train": {\n  "lr": 0.4\n }\n}',
        "d.ini": "[train]\nlr = 0.5\n",
        ".env": "TRAIN=1\nexport LR='0.6'\n",
    }
    assert values(tmp_path, files, ["a.yaml"], ["train.lr"]) == [("train.lr", 0.1, 2), ("train.lr", 0.2, 5)]
    assert values(tmp_path, {}, ["a.yaml"], ["train.steps.*.name"]) == [
        ("train.steps.0.name", "one", 3),
        ("train.steps.1.name", "two", 3),
    ]
    assert values(tmp_path, {}, ["b.toml"], ["TRAIN.lr", "**.tags"]) == [
        ("train.lr", 0.3, 2),
        ("train.tags", ["x", "y"], 3),
    ]
    assert values(tmp_path, {}, ["c.json"], ["**.lr"]) == [("train.lr", 0.4, 3)]
    assert values(tmp_path, {}, ["d.ini"], ["train.*"]) == [("train.lr", "0.5", 2)]
    assert values(tmp_path, {}, [".env"], ["LR"]) == [("LR", "'0.6'", 2)]
    assert values(tmp_path, {}, ["*"], ["absent"]) == []


def test_values_under_secret_names_are_not_kept(tmp_path: Path) -> None:
    files = {
        "a.yaml": "db: {password: hunter2, url: 'postgres://u:hunter2x@h/d'}\nkey: sk-proj-abcdefghijklmnopqrstu\n"
    }
    found = str(values(tmp_path, files, ["a.yaml"], ["**"]))
    assert "hunter2" not in found
    assert "abcdefghijklmnop" not in found


def test_environment_files_give_names_only(tmp_path: Path) -> None:
    files = {".env.example": "# c\nAPI_KEY=\nMODEL=gpt\n", ".env": "API_KEY=s3cr3tvalue\n", ".gitignore": ".env\n"}
    found = ConfigEnvironment().answer("e", EnvironmentQuery(), context(tmp_path, files)).value
    assert [(v["name"], v["line"], v["example"], v["empty"], v["secret"]) for v in found] == [
        ("API_KEY", 2, True, True, True),
        ("MODEL", 3, True, False, False),
    ]
    everything = ConfigEnvironment().answer("e", EnvironmentQuery(ignored=True), context(tmp_path)).value
    assert [v["path"] for v in everything] == [".env", ".env.example", ".env.example"]
    assert "s3cr3t" not in str(everything)


def test_where_configuration_is_kept(tmp_path: Path) -> None:
    files = {
        "configs/train.yaml": "defaults:\n  - model\nlr: 1\n",
        "params.yaml": "lr: 1\n",
        "config/empty.yaml": "",
        "src/settings.py": "from pydantic_settings import BaseSettings\nclass S(BaseSettings):\n    a: int = 1\n",
        "src/config.py": "LIMIT = 3\n",
        ".env.example": "A=1\n",
        "tests/configs/x.yaml": "a: 1\n",
        ".pre-commit-config.yaml": "repos: []\n",
        "tsconfig.json": "{}",
        "docker-compose.yml": "services: {}\n",
    }
    found = ConfigSettings().answer("s", SettingsQuery(), context(tmp_path, files)).value
    assert {(s["path"], s["kind"]) for s in found} == {
        ("configs/train.yaml", "hydra"),
        ("params.yaml", "parameters"),
        ("src/settings.py", "module"),
        (".env.example", "environment"),
    }


@pytest.mark.parametrize(
    "name", ["PASSWORD", "db_password", "API_KEY", "OPENAI_API_KEY", "clientSecret", "AUTH_TOKEN", "apiKey"]
)
def test_names_of_secrets(name: str) -> None:
    assert is_secret_name(name)


@pytest.mark.parametrize(
    "name", ["MAX_TOKENS", "TOKEN_LIMIT", "KEY", "SECRET_NAME", "TOKENIZER", "token_url", "PASSWORD_FIELD", "monkey"]
)
def test_names_of_other_things(name: str) -> None:
    assert not is_secret_name(name)


@pytest.mark.parametrize(
    "value", ["", "changeme", "<key>", "${X}", "your-key-here", "xxx", "MY_SECRET_VALUE", "{{ x }}", "null", "***"]
)
def test_placeholders(value: str) -> None:
    assert is_placeholder(value)


def test_masks() -> None:
    assert redact("psql postgres://u:p4ssw0rd1@h/d") == "psql postgres://u:***@h/d"
    assert redact('export DB_PASSWORD="abc12345" X=1') == 'export DB_PASSWORD="***" X=1'
    assert (
        redact("run --max-tokens 100 --token $T --tokenizer gpt2") == "run --max-tokens 100 --token $T --tokenizer gpt2"
    )
    assert redact_words(["x", "--password", "abc12345", "--name", "y"]) == ["x", "--password", "***", "--name", "y"]


def test_masks_take_no_long_time() -> None:
    start = time.process_time()
    for piece in ("a" * 100, "://:", "--a=", "Bearer ", "sk-", "=" * 50, "x: "):
        redact((piece * 3_000)[:60_000])
        is_placeholder(piece * 1_000)
    assert time.process_time() - start < 4


@pytest.mark.parametrize(
    ("text", "state"),
    [
        ('{"id": 1, "name": "a",', State.ABSENT),
        ('{"retention_days": 30, "name": "a",', State.UNKNOWN),
        ('{"\\u0072etention_days": 30,', State.UNKNOWN),
        (b"\xff\xfe\x00\x00\xff", State.UNKNOWN),
        ("  \n", State.ABSENT),
    ],
)
def test_a_file_that_cannot_be_read_leaves_open_what_its_text_may_hold(
    tmp_path: Path, text: str | bytes, state: State
) -> None:
    query = ValuesQuery(files=("**/*log*.json",), keys=("**.retention_days", "limits.*"))
    assert ConfigValues().answer("v", query, context(tmp_path, {"logs/audit_log.json": text})).state is state
