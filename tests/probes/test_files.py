"""The probes files.exists and files.large."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from aiaudit.model.fact import Fact, Level, State
from aiaudit.probes.base import Context
from aiaudit.probes.files import ExistsProbe, ExistsQuery, LargeProbe, LargeQuery
from aiaudit.project.config import ProjectConfig
from aiaudit.project.tree import Project
from aiaudit.project.walk import walk
from tests.probes.support import AS_OF, context, lay

TREE = {
    ".gitignore": "local/\n",
    "Dockerfile": "FROM python\n",
    "deploy/Dockerfile.gpu": "FROM cuda\n",
    "empty/Dockerfile": "",
    "local/Dockerfile": "FROM x\n",
    "tests/Dockerfile": "FROM y\n",
    "data/big.csv": "x" * 5000,
    "local/huge.bin": "x" * 9000,
}


def exists(root: Path, **query: Any) -> Fact:
    return ExistsProbe().answer("f", ExistsQuery(**query), context(root, TREE))


def found(fact: Fact) -> list[str]:
    return [record["path"] for record in fact.value]


def test_files_that_are_there(tmp_path: Path) -> None:
    fact = exists(tmp_path, files=["**/Dockerfile*"])
    assert found(fact) == ["Dockerfile", "deploy/Dockerfile.gpu", "tests/Dockerfile"]
    assert (fact.state, fact.level) == (State.KNOWN, Level.EXISTS)
    assert fact.value[0] == {
        "path": "Dockerfile", "line": 1, "size": 12, "suffix": "", "role": "config", "ignored": False,
    }  # fmt: skip
    assert fact.evidence[0].path == "Dockerfile" and fact.evidence[0].note == "12 bytes"
    assert fact.scope is not None and fact.scope.complete


def test_empty_and_ignored_files_count_only_when_asked_for(tmp_path: Path) -> None:
    assert "empty/Dockerfile" in found(exists(tmp_path, files=["**/Dockerfile"], min_size=0))
    assert "local/Dockerfile" in found(exists(tmp_path, files=["**/Dockerfile"], ignored=True))
    assert found(exists(tmp_path, files=["**/Dockerfile"], roles=["test"])) == ["tests/Dockerfile"]


def test_what_is_not_there_is_absent(tmp_path: Path) -> None:
    fact = exists(tmp_path, files=["**/Jenkinsfile"])
    assert (fact.state, fact.value) == (State.ABSENT, [])


def test_a_link_counts_for_the_file_of_the_tree_that_it_names(tmp_path: Path) -> None:
    lay(tmp_path, {"docs/index.md": "text"})
    (tmp_path / "README.md").symlink_to("docs/index.md")
    (tmp_path / "NOTES.md").symlink_to("/etc/passwd")
    fact = exists(tmp_path, files=["README.md", "NOTES.md"])
    assert found(fact) == ["README.md"] and fact.value[0]["size"] == 4
    assert found(exists(tmp_path, files=["**/*.md"])) == ["docs/index.md"]


def test_large_files(tmp_path: Path) -> None:
    fact = LargeProbe().answer("f", LargeQuery(min_bytes=5000), context(tmp_path, TREE))
    assert found(fact) == ["data/big.csv"] and fact.level is Level.CONTENT
    assert fact.evidence[0].note == "4.9 kB"
    both = LargeProbe().answer("f", LargeQuery(min_bytes=5000, ignored=True), context(tmp_path))
    assert found(both) == ["data/big.csv", "local/huge.bin"]
    none = LargeProbe().answer("f", LargeQuery(), context(tmp_path))
    assert none.state is State.ABSENT


def test_a_walk_that_did_not_end_shows_nothing_absent(tmp_path: Path) -> None:
    lay(tmp_path, {f"f{i}": "x" for i in range(5)})
    cut = Context(Project(walk(tmp_path, max_entries=3)), ProjectConfig(), AS_OF)
    fact = ExistsProbe().answer("f", ExistsQuery(files=["missing"]), cut)
    assert fact.state is State.UNKNOWN and fact.reason and fact.scope is not None and not fact.scope.complete


def test_names_that_are_no_text_are_shown_escaped(tmp_path: Path) -> None:
    (tmp_path / "bad\udcff\x1b.md").write_text("x")
    fact = ExistsProbe().answer("f", ExistsQuery(files=["*.md"]), context(tmp_path))
    assert found(fact) == ["bad\\xff\\x1b.md"]


@pytest.mark.parametrize(
    "query", [{}, {"files": []}, {"files": ["x"], "role": ["code"]}, {"files": ["x"], "roles": ["x"]}]
)
def test_a_wrong_query_is_refused(query: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="validation error"):
        ExistsQuery(**query)
