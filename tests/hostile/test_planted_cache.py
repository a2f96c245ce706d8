"""A cache that whoever wrote the project, or another user, could have laid: it is not used."""

from __future__ import annotations

import os
import stat
import subprocess
from pathlib import Path

import pytest

from aiaudit.project import cache
from aiaudit.project.cache import open_cache, refuse_planted


@pytest.fixture(autouse=True)
def nothing_refused(monkeypatch):
    monkeypatch.setattr(cache, "_refused", set())


def used(project: Path, folder: Path, monkeypatch) -> bool:
    monkeypatch.setenv("AIAUDIT_CACHE_DIR", str(folder))
    refused = refuse_planted(str(project))
    opened = open_cache()
    if opened is not None:
        opened.close()
    assert (opened is None) == bool(refused)
    return opened is not None


def git(project: Path, *words: str) -> None:
    env = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "GIT_CONFIG_NOSYSTEM": "1"}
    who = ("-c", "user.name=x", "-c", "user.email=x@example.com")
    subprocess.run(["git", *who, *words], cwd=project, env=env, check=True, capture_output=True)


@pytest.fixture
def project(tmp_path) -> Path:
    made = tmp_path / "project"
    (made / "app").mkdir(parents=True)
    (made / "app/a.py").write_text("x = 1\n")
    return made


def test_one_in_a_project_without_git_may_have_come_with_it(project, monkeypatch):
    assert not used(project, project / ".cache/aiaudit", monkeypatch)
    assert not (project / ".cache").exists()


def test_one_that_git_does_not_track_is_that_of_ci(project, monkeypatch):
    git(project, "init", "-q")
    git(project, "add", "app")
    assert used(project, project / ".cache/aiaudit", monkeypatch)
    assert used(project / "app", project / ".cache/aiaudit", monkeypatch)


@pytest.mark.parametrize("what", ["file", "link", "folder"])
def test_one_that_git_tracks_came_with_the_project(project, tmp_path, monkeypatch, what):
    git(project, "init", "-q")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    match what:
        case "file":
            (project / ".cache/aiaudit").mkdir(parents=True)
            (project / ".cache/aiaudit/scans-3.sqlite").write_bytes(b"answers")
        case "link":  # the whole cache would be written elsewhere
            (project / ".cache").symlink_to(elsewhere)
        case "folder":
            (project / ".cache").mkdir()
            (project / ".cache/aiaudit").symlink_to(elsewhere)
    git(project, "add", "-f", ".")
    assert not used(project, project / ".cache/aiaudit", monkeypatch)
    assert not used(project / "app", project / ".cache/aiaudit", monkeypatch)
    assert list(elsewhere.iterdir()) == []


def test_one_outside_is_used(project, tmp_path, monkeypatch):
    assert used(project, tmp_path / "cache", monkeypatch)


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="modes of POSIX")
class TestModes:
    def test_nobody_else_may_read_it(self, tmp_path):
        tmp_path.chmod(0o755)
        with open_cache(tmp_path) as one:
            one.put([((b"e", b"c"), b"{}")])
            modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
        assert modes and set(modes.values()) == {0o600}

    def test_one_that_others_could_read_is_closed_to_them(self, tmp_path):
        with open_cache(tmp_path) as one:
            one.put([((b"e", b"c"), b'{"a":1}')])
        file = next(tmp_path.glob("*.sqlite"))
        file.chmod(0o644)
        with open_cache(tmp_path) as one:
            assert one.get([(b"e", b"c")]) == {(b"e", b"c"): {"a": 1}}
        assert stat.S_IMODE(file.stat().st_mode) == 0o600

    @pytest.mark.parametrize("mode", [0o666, 0o660])
    def test_one_that_others_could_write_to_goes(self, tmp_path, mode):
        with open_cache(tmp_path) as one:
            one.put([((b"e", b"c"), b'{"a":1}')])
        next(tmp_path.glob("*.sqlite")).chmod(mode)
        with open_cache(tmp_path) as one:
            assert one.get([(b"e", b"c")]) == {}

    def test_a_link_in_its_place_goes_and_is_not_followed(self, tmp_path):
        (tmp_path / "c").mkdir()
        (tmp_path / "kept").write_bytes(b"somebody's")
        (tmp_path / "c/scans-3.sqlite").symlink_to(tmp_path / "kept")
        with open_cache(tmp_path / "c") as one:
            one.put([((b"e", b"c"), b"{}")])
        assert (tmp_path / "kept").read_bytes() == b"somebody's"
        assert not (tmp_path / "c/scans-3.sqlite").is_symlink()

    def test_a_folder_in_its_place_means_no_cache(self, tmp_path):
        (tmp_path / "scans-3.sqlite").mkdir()
        assert open_cache(tmp_path) is None

    def test_a_folder_that_a_group_may_write_to_is_used_by_its_only_member(self, tmp_path):
        tmp_path.chmod(0o775)
        found = tmp_path.stat()
        opened = open_cache(tmp_path)
        assert (opened is not None) == (found.st_gid == found.st_uid)
        if opened is not None:
            opened.close()
