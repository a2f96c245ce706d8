"""Which files git tracks, read from its index, and what that does to files that a `.gitignore` names."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from aiaudit.project.entry import MISSING
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


def test_what_git_tracks_and_the_working_tree_lacks_is_told(tmp_path: Path) -> None:
    repository(tmp_path, 2)
    (tmp_path / "data/raw/rows.csv").unlink()
    told = [one for one in walk(tmp_path).skipped if one.reason == MISSING]
    assert told == [("data/raw/rows.csv", MISSING)]


def test_of_many_that_are_missing_the_first_are_told_and_the_others_counted(tmp_path: Path) -> None:
    repository(tmp_path, 2)
    for number in range(60):
        (tmp_path / f"m{number:02}.py").write_text("1\n")
    subprocess.run(["git", "-C", str(tmp_path), "add", "."], check=True)
    for number in range(60):
        (tmp_path / f"m{number:02}.py").unlink()
    told = [one for one in walk(tmp_path).skipped if one.reason.endswith(MISSING)]
    assert len(told) == 51 and ("**", f"10 more files: {MISSING}") in told


def test_an_index_that_names_what_lies_elsewhere_is_not_followed(tmp_path: Path) -> None:
    root = repository(tmp_path / "tree", 2)
    index = (root / ".git/index").read_bytes()
    (root / "a.py").unlink()
    for name in (b"/x/y", b"../x"):
        (root / ".git/index").write_bytes(index.replace(b"a.py", name))
        assert not [one for one in walk(root).skipped if one.reason == MISSING]
