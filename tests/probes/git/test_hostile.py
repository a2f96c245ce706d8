"""A repository that tries to run something, or to show somebody else's history."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from aiaudit.model.fact import Fact, State
from aiaudit.model.types import Unknown
from aiaudit.probes.git import run
from aiaudit.probes.git.probe import HistoryProbe, HistoryQuery, TrackedProbe, TrackedQuery

from ..support import context
from .repositories import Repo, needs_git

pytestmark = needs_git


def ask(root: Path) -> tuple[Fact, Fact]:
    here = context(root)
    return HistoryProbe().answer("h", HistoryQuery(), here), TrackedProbe().answer("t", TrackedQuery(), here)


def test_no_program_of_the_repository_runs(tmp_path: Path) -> None:
    repo = Repo(tmp_path / "repo")
    repo.commit("c", {"a.txt": "x", ".gitattributes": "* diff=evil filter=evil\n"})
    mark = tmp_path / "ran"
    evil = f"touch {mark}"
    for key in (
        "core.fsmonitor", "core.pager", "pager.log", "core.sshCommand", "core.editor", "core.askPass", "diff.external",
        "diff.evil.textconv", "diff.evil.command", "filter.evil.clean", "filter.evil.smudge", "gpg.program",
        "core.alternateRefsCommand", "credential.helper", "uploadpack.packObjectsHook", "alias.log", "alias.ls-tree",
    ):  # fmt: skip
        repo.git("config", key, f"!{evil}" if key.startswith("alias") or key == "credential.helper" else evil)
    repo.git("config", "log.showSignature", "true")
    repo.git("config", "extensions.partialClone", "origin")
    repo.git("config", "remote.origin.url", f"ext::{evil}")
    repo.git("config", "remote.origin.promisor", "true")
    for hook in ("post-checkout", "pre-commit", "fsmonitor-watchman", "reference-transaction"):
        path = repo.root / ".git" / "hooks" / hook
        path.write_text(f"#!/bin/sh\n{evil}\n")
        path.chmod(0o755)
    blob = repo.git("rev-parse", "HEAD:a.txt")
    (repo.root / ".git" / "objects" / blob[:2] / blob[2:]).unlink()  # a lazy fetch would run the remote's command
    history, tracked = ask(repo.root)
    assert history.value["commits"] == 1
    assert {file["path"]: file["size"] for file in tracked.value}["a.txt"] == Unknown("the object is not in this clone")
    assert not mark.exists()


def test_a_git_file_into_another_repository_is_refused(tmp_path: Path) -> None:
    other = Repo(tmp_path / "private")
    other.commit("secret work", {"a": "1"}, who=("Private Person", "p@example.org"))
    audited = tmp_path / "audited"
    audited.mkdir()
    (audited / ".git").write_text(f"gitdir: {other.root}/.git\n")
    history, tracked = ask(audited)
    assert history.state is State.UNKNOWN
    assert history.reason == ".git points to a repository that does not know this folder"
    assert tracked.state is State.UNKNOWN


def test_a_linked_git_folder_is_refused(tmp_path: Path) -> None:
    other = Repo(tmp_path / "private")
    other.commit("c", {"a": "1"})
    audited = tmp_path / "audited"
    audited.mkdir()
    (audited / ".git").symlink_to(other.root / ".git")
    history, _ = ask(audited)
    assert history.reason == ".git is a symbolic link"


def test_a_real_linked_work_tree_is_read(tmp_path: Path) -> None:
    repo = Repo(tmp_path / "repo")
    head = repo.commit("c", {"a": "1"})
    repo.git("worktree", "add", "-q", "-b", "side", str(tmp_path / "tree"))
    history, tracked = ask(tmp_path / "tree")
    assert (history.value["commits"], history.value["head"]) == (1, head)
    assert [file["path"] for file in tracked.value] == ["a"]


def test_a_broken_repository_is_one_clear_line(tmp_path: Path) -> None:
    repo = Repo(tmp_path)
    repo.commit("c", {"a": "1"})
    for pack in (tmp_path / ".git" / "objects").glob("??/*"):
        pack.write_bytes(b"garbage")
    history, tracked = ask(tmp_path)
    assert history.reason == "git log failed (status 128)"
    assert isinstance(history.value["commits"], Unknown)
    assert history.value["present"] is True
    assert tracked.state is State.UNKNOWN


def test_git_of_the_audited_folder_is_never_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    repo = Repo(tmp_path / "repo")
    repo.commit("c", {"a": "1"})
    fake = repo.root / "bin" / "git"
    fake.parent.mkdir()
    fake.write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n")
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", f"{fake.parent}:.:{os.environ['PATH']}")
    monkeypatch.chdir(fake.parent)
    history, _ = ask(repo.root)
    assert history.value["commits"] == 1
    assert not (tmp_path / "ran").exists()


def test_without_git_the_head_is_still_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    repo = Repo(tmp_path)
    head = repo.commit("c", {"a": "1"})
    repo.git("pack-refs", "--all")
    monkeypatch.setenv("PATH", "/nonexistent")
    history, tracked = ask(tmp_path)
    assert history.value["head"] == head
    assert history.value["commits"] == Unknown("git is not installed")
    assert tracked.reason == "git is not installed"


def test_a_flood_of_output_is_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    repo = Repo(tmp_path)
    repo.commit("c" * 5000, {"a": "1"})
    monkeypatch.setattr(run, "MAX_OUTPUT", 1000)
    history, _ = ask(tmp_path)
    assert history.reason == "git wrote more than 0 MB"


def test_control_characters_of_a_name_do_not_reach_the_report(tmp_path: Path) -> None:
    repo = Repo(tmp_path)
    repo.commit("c", {"a": "1"}, who=("Evil \x1b[31mName", "e@example.org"))
    history, _ = ask(tmp_path)
    assert "\x1b" not in history.value["authors"][0]["name"]


@pytest.mark.parametrize(
    "name", ["config", "packed-refs", "refs/heads/side", "objects/ab/0123", "objects/info/alternates"]
)
def test_a_pipe_in_place_of_a_file_does_not_hold_git_up(tmp_path: Path, name: str) -> None:
    repo = Repo(tmp_path)
    head = repo.commit("c", {"a": "1"})
    pipe = tmp_path / ".git" / name
    pipe.parent.mkdir(exist_ok=True)
    pipe.unlink(missing_ok=True)
    os.mkfifo(pipe)
    history, tracked = ask(tmp_path)
    assert history.reason == f".git holds something that is no file ({pipe.name})"
    assert history.value["head"] == head
    assert tracked.state is State.UNKNOWN


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        ("config", "[include]\n\tpath = ../pipe\n"),
        ("config", "[include] path = ../pipe\n"),
        ("config", '[include]\n\tpath = "../pi\\\npe"\n'),
        ("config", "[diff]\n\torderFile = ../pipe\n"),
        ("config", "[include]\n\tpath = ../more\n"),
        ("config.worktree", "[include]\n\tpath = ../pipe\n"),
    ],
)
def test_settings_that_name_a_pipe_are_refused_and_a_missing_file_is_not(tmp_path: Path, name: str, lines: str) -> None:
    repo = Repo(tmp_path)
    repo.commit("c", {"a": "1"})
    (tmp_path / "more").write_text("[include]\n\tpath = pipe\n")
    with (tmp_path / ".git" / name).open("a") as file:
        file.write(lines)
    assert ask(tmp_path)[0].value["commits"] == 1
    os.mkfifo(tmp_path / "pipe")
    assert ask(tmp_path)[0].reason == "its settings name something that is no file"


@pytest.mark.parametrize("way", ["link", "alternates"])
def test_objects_of_another_repository_are_not_read(tmp_path: Path, way: str) -> None:
    other = Repo(tmp_path / "private")
    secret = other.commit("secret work", {"a": "1"}, who=("Private Person", "p@example.org"))
    mine = Repo(tmp_path / "audited")
    mine.commit("c", {"a": "1"})
    objects = mine.root / ".git/objects"
    if way == "link":
        objects.rename(mine.root / ".git/was")
        objects.symlink_to(other.root / ".git/objects")
    else:
        (objects / "info/alternates").write_text(f"{other.root}/.git/objects\n")
    (mine.root / ".git/HEAD").write_text(secret)
    history, tracked = ask(mine.root)
    assert "Private" not in str(history) and tracked.state is State.UNKNOWN
    assert "another repository" in history.reason or "leads out of it" in history.reason
