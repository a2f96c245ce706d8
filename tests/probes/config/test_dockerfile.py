"""Dockerfiles: instructions, stages, and what the probe says of an image."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aiaudit.model.fact import State
from aiaudit.model.types import Unknown
from aiaudit.probes.config.docker import ConfigDocker, DockerQuery, image_record
from aiaudit.probes.config.dockerfile import Instruction, environment, instructions, resolve, stages
from aiaudit.probes.config.images import parse
from tests.probes.support import context


def image(text: str) -> dict[str, Any]:
    made = image_record("Dockerfile", text)
    assert made is not None
    return made


def test_continuations_comments_and_blank_lines() -> None:
    text = "FROM x\nRUN a \\\n  # why\n\n  && b\nENV A=1 \\\n    B=2\n"
    assert [(i.name, i.flat, i.line) for i in instructions(text)] == [
        ("FROM", "x", 1),
        ("RUN", "a && b", 2),
        ("ENV", "A=1 B=2", 6),
    ]


def test_the_escape_directive_comes_first_or_not_at_all() -> None:
    assert [i.flat for i in instructions("# escape=`\nFROM x\nRUN a `\n  b\n")] == ["x", "a b"]
    assert [i.flat for i in instructions("FROM x\n# escape=`\nRUN a `\nRUN b\n")] == ["x", "a `", "b"]


def test_here_documents() -> None:
    text = "FROM x\nRUN <<EOF\nUSER root\npip install y\nEOF\nCOPY <<-'A' <<B /x/\n1\nA\n2\nB\nUSER app\n"
    found = instructions(text)
    assert [i.name for i in found] == ["FROM", "RUN", "COPY", "USER"]
    assert found[1].bodies == ((3, "USER root\npip install y"),)
    assert [body for _, body in found[2].bodies] == ["1", "2"]


def test_an_open_here_document_hides_nothing() -> None:
    assert [i.name for i in instructions("FROM x\nRUN cat <<EOF\nUSER app\n")] == ["FROM", "RUN", "USER"]


def test_arguments_in_from() -> None:
    text = "ARG V=3.12\nARG REG\nFROM python:${V}-slim AS one\nFROM ${REG:-docker.io}/node:$V\nFROM $REG/x\n"
    assert [s.base for s in stages(text)] == ["python:3.12-slim", "docker.io/node:3.12", None]


def test_exec_and_shell_form() -> None:
    assert Instruction("CMD", '["a", "b c"]', 1).exec_form() == ["a", "b c"]
    assert Instruction("CMD", "a b", 1).exec_form() is None
    assert Instruction("CMD", "['a']", 1).exec_form() is None


def test_environment_in_both_forms() -> None:
    assert environment(Instruction("ENV", "A=1 B=\"x y\" C='z'", 1)) == [("A", "1"), ("B", "x y"), ("C", "z")]
    assert environment(Instruction("ENV", "KEY = value", 1)) == [("KEY", "= value")]


@pytest.mark.parametrize(
    ("text", "expected"),
    [("$A", "1"), ("${A}", "1"), ("${B:-2}", "2"), ("${A:+3}", "3"), ("${B:+3}", ""), ("$B", None), ("x$Ay", None)],
)
def test_variables(text: str, expected: str | None) -> None:
    assert resolve(text, {"A": "1"}) == expected


@pytest.mark.parametrize(
    ("reference", "pin"),
    [
        ("python:3.12.4-slim", "exact"),
        ("python:3.12-slim", "partial"),
        ("python", "latest"),
        ("python:latest", "latest"),
        ("registry:5000/team/app", "latest"),
        ("ubuntu:noble-20240605", "exact"),
        ("ghcr.io/x/y:sha-0123456789abcdef", "exact"),
        ("python@sha256:" + "a" * 64, "digest"),
        ("python:3@sha256:" + "a" * 64, "digest"),
    ],
)
def test_how_a_reference_is_pinned(reference: str, pin: str) -> None:
    found = parse(reference)
    assert found is not None
    assert found.pin == pin


@pytest.mark.parametrize("reference", ["{{ image }}", "a b", "", "x" * 600, "https://x/y"])
def test_what_is_no_reference(reference: str) -> None:
    assert parse(reference) is None


@pytest.mark.parametrize(
    ("text", "root"),
    [
        ("FROM python:3.12\n", True),
        ("FROM python:3.12\nUSER app\n", False),
        ("FROM python:3.12\nUSER app\nUSER root\n", True),
        ("FROM python:3.12\nUSER 10001:10001\n", False),
        ("FROM python:3.12\nUSER 0:0\n", True),
        ("FROM python:3.12 AS base\nUSER app\nFROM base\n", False),
        ("FROM python:3.12 AS base\nUSER app\nFROM python:3.12\nCOPY --from=base /x /x\n", True),
        ("FROM gcr.io/distroless/python3:nonroot\n", False),
        ("FROM apache/airflow:2.10.2\n", False),
        ("FROM python:3.12\nARG U=app\nUSER $U\n", False),
        ("FROM docker.io/library/python:3.12\n", True),
    ],
)
def test_who_the_container_runs_as(text: str, root: bool) -> None:
    assert image(text)["root"] is root


@pytest.mark.parametrize("text", ["FROM team/base:1\n", "FROM python:3\nUSER $WHO\n", "FROM $BASE\n"])
def test_who_it_runs_as_is_not_always_known(text: str) -> None:
    assert isinstance(image(text)["root"], Unknown)


def test_an_image_record() -> None:
    text = """\
FROM node:20.11.1 AS web
RUN npm ci
FROM python:3.12.4-slim
ENV API_TOKEN=abcd1234efgh OTHER_SECRET=${GIVEN} MAX_TOKENS=100 DB_PASSWORD=changeme
ARG CLIENT_SECRET="q9w8e7r6"
COPY --from=web /app /app
EXPOSE 80 443/tcp
HEALTHCHECK CMD curl localhost
ENTRYPOINT ["python", "-m", "app"]
CMD ["--name", "a b"]
"""
    found = image(text)
    assert found["base"] == "python:3.12.4-slim"
    assert [base["pin"] for base in found["bases"]] == ["exact", "exact"]
    assert [(s["name"], s["line"]) for s in found["secrets"]] == [("API_TOKEN", 4), ("CLIENT_SECRET", 5)]
    assert "abcd1234efgh" not in str(found)
    assert found["command"] == "python -m app --name 'a b'"
    assert (found["healthcheck"], found["expose"], found["stages"]) == (True, ["80", "443/tcp"], 2)
    assert found["python"] == "3.12.4"
    assert image("FROM x\nHEALTHCHECK NONE\n")["healthcheck"] is False


def test_development_files_count_only_when_asked(tmp_path: Path) -> None:
    files = {
        "Dockerfile": "FROM x:1\n",
        "api.Dockerfile": "FROM x:1\n",
        "deploy/Dockerfile.api": "FROM x:1\n",
        "Dockerfile.dev": "FROM x:1\n",
        ".devcontainer/Dockerfile": "FROM x:1\n",
        "tests/Dockerfile": "FROM x:1\n",
        "empty/Dockerfile": "",
        "Dockerfile.dockerignore": "FROM\n",
        "docs/Dockerfile.md": "FROM x\n",
    }
    made = context(tmp_path, files)
    paths = [i["path"] for i in ConfigDocker().answer("i", DockerQuery(), made).value]
    assert paths == ["Dockerfile", "api.Dockerfile", "deploy/Dockerfile.api"]
    assert len(ConfigDocker().answer("i", DockerQuery(development=True), made).value) == 6


def test_no_dockerfile_is_absent(tmp_path: Path) -> None:
    assert ConfigDocker().answer("i", DockerQuery(), context(tmp_path, {"a": ""})).state is State.ABSENT


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet=st.sampled_from("FROMRUNENVUSERASARG <>-'\"\\\n#=$ {}[]:@`EOF\t\r\0é"), max_size=300))
def test_any_text_is_split(text: str) -> None:
    for one in instructions(text):
        assert 1 <= one.line <= text.count("\n") + text.count("\r") + 1
    image_record("Dockerfile", "FROM x\n" + text)


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=300))
def test_any_text_at_all(text: str) -> None:
    image_record("Dockerfile", text)


def test_large_files_take_no_long_time() -> None:
    start = time.process_time()
    stages("FROM x\n" + "RUN a \\\n" * 50_000)
    stages("FROM x\n" * 20_000)
    stages("FROM x\nENV " + "A=" * 50_000)
    assert time.process_time() - start < 3
