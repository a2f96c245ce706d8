"""Who answers for the project."""

from __future__ import annotations

from pathlib import Path

import pytest

from aiaudit.model.fact import State
from aiaudit.probes.owners import OwnersProbe, OwnersQuery
from aiaudit.probes.registry import get

from ..support import context


@pytest.mark.parametrize(
    ("path", "text", "line", "via", "owner"),
    [
        (".github/CODEOWNERS", "# c\n*  @acme/ml ann@acme.io # all\n", 2, "codeowners", "@acme/ml ann@acme.io"),
        ("MAINTAINERS.md", "# Maintainers\n\n- Ann Author (@ann)\n", 3, "maintainers-file", "Ann Author"),
        ("OWNERS", "approvers:\n- ann\n", 1, "maintainers-file", "ann"),
        ("pyproject.toml", '[project]\nauthors = [{name = "Ann", email = "a@x.io"}]\n', 2, "metadata", "Ann a@x.io"),
        ("pyproject.toml", '[tool.poetry]\nauthors = ["Ann <ann@acme.io>"]\n', 2, "metadata", "Ann <ann@acme.io>"),
        ("package.json", '{\n "name": "x",\n "author": "Acme Labs"\n}', 3, "metadata", "Acme Labs"),
        ("package.json", '{"contributors": [{"name": "Ann"}]}', 1, "metadata", "Ann"),
        ("setup.cfg", "[metadata]\nauthor = Ann\n", 2, "metadata", "Ann"),
        ("setup.py", "setup(\n    author='Ann Author',\n)\n", 2, "metadata", "Ann Author"),
        ("CITATION.cff", "authors:\n- given-names: Ann\n  family-names: Author\n", 2, "citation", "Ann Author"),
        ("README.md", "# X\n\n## 👥 Team\n\n|Name|Role|\n|---|---|\n| Ann Author | a |\n", 3, "readme", "Ann Author"),
        ("README.md", "# X\n## Contact\nWrite to ml@acme.io.\n", 2, "readme", "ml@acme.io"),
    ],
)  # fmt: skip
def test_owners(tmp_path: Path, path: str, text: str, line: int, via: str, owner: str) -> None:
    fact = OwnersProbe().answer("o", OwnersQuery(), context(tmp_path, {path: text}))
    assert [(one["path"], one["line"], one["via"], one["name"]) for one in fact.value] == [(path, line, via, owner)]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("CODEOWNERS", "# nobody yet\n*\n"),
        ("CODEOWNERS", ""),
        ("MAINTAINERS.md", "# Maintainers\nTBD\n"),
        ("pyproject.toml", '[project]\nauthors = [{name = "Your Name", email = "you@example.com"}]\n'),
        ("setup.py", 'setup(author="", author_email="")\n'),
        ("package.json", '{"author": ""}'),
        ("package.json", '{"author": '),
        ("README.md", "# X\n## Team\nComing soon\n"),
        ("README.md", "# X\n## Usage\nAsk Ann Author.\n"),
        ("vendor/lib/package.json", '{"author": "Someone Else"}'),
        ("examples/pyproject.toml", '[project]\nauthors = [{name = "Ann"}]\n'),
    ],
)
def test_nobody(tmp_path: Path, path: str, text: str) -> None:
    assert OwnersProbe().answer("o", OwnersQuery(), context(tmp_path, {path: text})).state is State.ABSENT


def test_the_probe_is_registered() -> None:
    assert isinstance(get("project.owners"), OwnersProbe)
