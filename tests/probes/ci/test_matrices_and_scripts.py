"""`ci.commands`: steps that a matrix multiplies, and scripts without a suffix that are followed by their first line."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.probes.ci.asking import brief, commands, github

WORKFLOW = ".github/workflows/ci.yml"


def test_a_task_that_the_matrix_names_is_run_once_for_each_of_its_words(tmp_path: Path) -> None:
    workflow = """\
on: [push]
jobs:
  test:
    strategy:
      matrix:
        step: [static, unit]
        include: [{step: slow}]
    steps:
      - run: |
          make setup
          make test-${{ matrix.step }}
"""
    makefile = "setup:\n\techo\ntest-static:\n\truff check .\ntest-unit:\n\tpytest tests\ntest-slow:\n\tpytest slow\n"
    found = commands(tmp_path, {WORKFLOW: workflow, "Makefile": makefile})
    assert [c["command"] for c in found if c["kind"] in ("lint", "test")] == [
        "ruff check .", "pytest tests", "pytest slow"
    ]  # fmt: skip


def test_a_version_in_a_matrix_multiplies_nothing(tmp_path: Path) -> None:
    workflow = """\
on: [push]
jobs:
  test:
    strategy: {matrix: {python: ["3.11", "3.12"]}}
    steps:
      - run: |
          pip install torch==${{ matrix.python }}
          pytest
"""
    assert [c["kind"] for c in commands(tmp_path, {WORKFLOW: workflow})] == ["install", "test"]


def test_a_script_without_a_suffix_is_followed_by_its_first_line(tmp_path: Path) -> None:
    files = {
        ".github/workflows/ci.yml": github("script/test"),
        "script/test": '#!/bin/bash\nset -e\ncd "$(dirname "$0")/.."\nbackend/script/test\n',
        "backend/script/test": '#!/usr/bin/env bash\nset -e\ncd "$(dirname "$0")/.."\npytest tests | tee out.txt\n',
    }
    (command,) = [one for one in commands(tmp_path, files) if one["kind"] == "test"]
    assert (command["command"], command["path"], command["blocking"]) == ("pytest tests", "backend/script/test", False)


@pytest.mark.parametrize("head", ["", "#!/usr/bin/env ruby\n"])
def test_a_script_that_no_shell_runs_is_the_end_of_its_chain(tmp_path: Path, head: str) -> None:
    files = {".github/workflows/ci.yml": github("bin/test"), "bin/test": head + "pytest tests\n"}
    assert brief(tmp_path, files) == [("test", "bin/test", ".github/workflows/ci.yml:7")]


def test_a_wrapper_of_a_build_tool_is_known_by_itself(tmp_path: Path) -> None:
    files = {".github/workflows/ci.yml": github("./gradlew test"), "gradlew": "#!/bin/sh\nexec java -jar x.jar\n"}
    assert [command for _, command, _ in brief(tmp_path, files)] == ["./gradlew test"]
