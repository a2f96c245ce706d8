"""Which files git tracks, read from its index, and what that does to files that a `.gitignore` names."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from aiaudit.project.tracked import tracked
from aiaudit.project.walk import walk

FILES = ("a.py", "data/raw/rows.csv", "data/raw/rows_of_may.csv", "data/ünü.csv", "x" * 150 + "/" + "y" * 120 + ".csv")


def repository(path: Path, version: int) -> Path:
    for name in FILES:
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_text("1\n")
    run = ["git", "-C", str(path), "-c", "init.defaultObjectFormat=sha1"]
    subprocess.run([*run, "init", "-q"], check=True)
    subprocess.run([*run, "add", "."], check=True)
    subprocess.run([*run, "update-index", f"--index-version={version}"], check=True)
    return path


def names(path: Path) -> frozenset[str]:
    root = os.open(path, os.O_RDONLY)
    try:
        return tracked(root)
    finally:
        os.close(root)


@pytest.mark.parametrize("version", [2, 3, 4])
def test_all_versions_of_the_index_are_read(tmp_path: Path, version: int) -> None:
    assert names(repository(tmp_path, version)) == set(FILES)


def test_a_file_that_git_tracks_is_not_ignored(tmp_path: Path) -> None:
    repository(tmp_path, 2)
    (tmp_path / ".gitignore").write_text("data/*\n")
    (tmp_path / "data" / "raw" / "later.csv").write_text("1\n")
    ignored = {entry.path for entry in walk(tmp_path).entries if entry.ignored}
    assert ignored == {"data/raw/later.csv"}


def test_without_a_repository_the_rules_decide(tmp_path: Path) -> None:
    (tmp_path / ".gitignore").write_text("*.csv\n")
    (tmp_path / "rows.csv").write_text("1\n")
    assert {entry.path for entry in walk(tmp_path).entries if entry.ignored} == {"rows.csv"}
    assert names(tmp_path) == frozenset()


def test_an_index_that_is_none_says_nothing(tmp_path: Path) -> None:
    data = (repository(tmp_path, 4) / ".git" / "index").read_bytes()
    for broken in (b"", b"DIRC", data[:40], data[:150], b"DIRC" + b"\xff" * 400, data[:12] + b"\0" * 400):
        (tmp_path / ".git" / "index").write_bytes(broken)
        assert names(tmp_path) == frozenset()


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    outside, inside = tmp_path / "outside", tmp_path / "inside"
    outside.mkdir()
    inside.mkdir()
    repository(outside, 2)
    (inside / ".git").symlink_to(outside / ".git")
    assert names(inside) == frozenset()
