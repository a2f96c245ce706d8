"""What Git LFS left in a file's place is not what the file holds: nothing is said of that, above all not that it has none."""

from __future__ import annotations

from pathlib import Path

import pytest

from aiaudit.model.check import FactSpec, Place
from aiaudit.model.fact import Fact, State
from aiaudit.probes.collect import collect
from aiaudit.project.reader import IS_POINTER, Unreadable, is_pointer
from aiaudit.project.tree import Project
from tests.probes.support import context


def ask(root: Path, probe: str, laid: dict[str, str], **query: object) -> Fact:
    asked = context(root, laid)
    with asked.project as project:
        return collect(
            [FactSpec("x", Place("pack.yaml", 1, 1), probe=probe, query=query)], project, asked.config, asked.as_of
        )["x"]


POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:" + "4d" * 32 + "\nsize 612\n"


@pytest.mark.parametrize(
    ("path", "probe", "query"),
    [
        ("app/auth.py", "text.search", {"any": {"p": "password"}, "files": ["**/*.py"]}),
        ("app/auth.py", "python.calls", {"any": ["flask.Flask"]}),
        ("web/auth.ts", "javascript.calls", {"any": ["express.*"]}),
        ("Dockerfile", "config.docker", {}),
        ("docker-compose.yml", "config.compose", {}),
    ],
)
def test_code_and_settings_of_which_a_pointer_is_left_were_not_read(
    tmp_path: Path, path: str, probe: str, query: dict[str, object]
) -> None:
    fact = ask(tmp_path, probe, {path: POINTER, "main.py": "import os\n"}, **query)
    assert fact.state in (State.UNKNOWN, State.ERROR)
    assert path in fact.reason


def test_who_asks_for_data_or_a_model_is_told_that_it_is_a_pointer(tmp_path: Path) -> None:
    fact = ask(tmp_path, "models.files", {"model.pkl": POINTER})
    assert [row["pointer"] for row in fact.value] == [True]
    (tmp_path / "data").mkdir()
    (tmp_path / "data/rows.csv").write_text(POINTER)
    (tmp_path / "run.sh").write_text(POINTER)
    with Project.open(tmp_path) as project:
        assert is_pointer(project.read("data/rows.csv"))
        with pytest.raises(Unreadable, match=IS_POINTER):
            project.read("run.sh")


def test_a_text_that_only_speaks_of_pointers_is_read() -> None:
    assert not is_pointer(b"# " + POINTER.encode())
    assert not is_pointer(POINTER.encode() + b"#" * 1024)
