"""Which language versions a project runs on, and what is no use of one."""

from __future__ import annotations

from pathlib import Path

import pytest

from aiaudit.probes.model_names import _PATTERNS, _in_message
from aiaudit.probes.runtimes import runtimes
from aiaudit.probes.text.search import MAX_PATTERN
from tests.probes.support import context

PYPROJECT = '[project]\nname = "a"\nversion = "1"\nrequires-python = "{}"\n'
POETRY = '[tool.poetry]\nname = "a"\n[tool.poetry.dependencies]\npython = "{}"\n'
WORKFLOW = "on: push\njobs:\n  a:\n    steps:\n      - with:\n          python-version: {}\n"


@pytest.mark.parametrize(
    ("path", "text", "found"),
    [
        (".python-version", "3.9.18\n", [(1, "python:3.9", False)]),
        (".python-version", "pypy3.9\n", []),
        ("runtime.txt", "python-3.8.10\n", [(1, "python:3.8", False)]),
        (".nvmrc", "v18.2\n", [(1, "node:18", False)]),
        (".nvmrc", "lts/*\n", []),
        (
            ".tool-versions",
            "ruby 3.1\npython 3.9.1\nnodejs 16.0.0\n",
            [(2, "python:3.9", False), (3, "node:16", False)],
        ),
        ("environment.yml", "dependencies:\n  - python=3.8.5\n", [(2, "python:3.8", False)]),
        ("environment.yml", "dependencies:\n  - python>=3.8\n", []),
        ("pyproject.toml", PYPROJECT.format(">=3.8"), []),
        ("pyproject.toml", PYPROJECT.format(">=3.8,<3.10"), [(4, "python:3.9", False)]),
        ("pyproject.toml", PYPROJECT.format("==3.8.*"), [(4, "python:3.8", False)]),
        ("pyproject.toml", PYPROJECT.format("~=3.8.0"), [(4, "python:3.8", False)]),
        ("pyproject.toml", PYPROJECT.format("nonsense"), []),
        ("pyproject.toml", POETRY.format("^3.8"), []),
        ("pyproject.toml", POETRY.format("~3.8"), [(4, "python:3.8", False)]),
        ("package.json", '{\n"engines": {"node": "18.x"}}', [(2, "node:18", False)]),
        ("package.json", '{"engines": {"node": "^16 || ^18"}}', [(1, "node:18", False)]),
        ("package.json", '{"engines": {"node": ">=16"}}', []),
        (".github/workflows/a.yml", WORKFLOW.format('"3.9"'), [(6, "python:3.9", True)]),
        (
            ".github/workflows/a.yml",
            'jobs:\n  t:\n    steps:\n      - uses: a/b@v1\n        with: {python-version: "3.9"}\n',
            [(5, "python:3.9", True)],
        ),
        (".github/workflows/a.yml", WORKFLOW.format("3.x"), []),
        (".github/workflows/a.yml", WORKFLOW.format("${{ matrix.python }}"), []),
        (".github/workflows/a.yml", WORKFLOW.format('"3.9"') + "          python-version: 3.13\n", []),
    ],
)
def test_a_version_that_runs(tmp_path: Path, path: str, text: str, found: list[tuple[int, str, bool]]) -> None:
    assert runtimes(context(tmp_path, {path: text})) == [(path, *one) for one in found]


@pytest.mark.parametrize(
    ("before", "inside"),
    [
        (b'x = "use ', True),
        (b"raise E(`set ", True),
        (b'{"temperature": 1, "default_', False),
        (b'{"', False),
        (b'f("a", ', False),
        (b'"closed"\n', False),
    ],
)
def test_a_message_is_no_setting(before: bytes, inside: bool) -> None:
    assert _in_message(before) is inside


def test_every_pattern_can_be_compiled() -> None:
    assert all(len(pattern.regex) <= MAX_PATTERN for pattern in _PATTERNS)
