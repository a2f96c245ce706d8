"""Commands that write into a project: whatever lies there instead of their files, nothing outside is read or changed."""

# ruff: noqa: F401, F811 (fixtures)

from __future__ import annotations

import io
import os
import sys
from pathlib import Path

import pytest

from aiaudit.reports import writing
from aiaudit.reports.writing import OutputError, write_below, write_file
from tests.cli.conftest import aiaudit, lay, small_world

OURS = "outside-canary-8d1f"
SHEET = "check,answer,owner\nGOV-003,yes,Kim\n"
WORKLOAD = (
    "workload:\n  model: {source: ./model}\n  traffic: {requests_per_second: 1}\n  tokens: {input: 9, output: 9}\n"
)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A small project, and a file of somebody else beside it."""
    lay(tmp_path, {"outside/kept.yaml": f"# {OURS}\n", "project/app.py": "x = 1\n", "sheet.csv": SHEET})
    return tmp_path


def plant(place: Path, name: str, kind: str) -> None:
    """Lay something else than a regular file of the project's own under this name."""
    target = place / "project" / name
    target.parent.mkdir(parents=True, exist_ok=True)
    match kind:
        case "link":
            target.symlink_to(place / "outside/kept.yaml")
        case "dangling":
            target.symlink_to(place / "outside/new.yaml")
        case "loop":
            target.symlink_to(target.name)
        case "pipe":
            os.mkfifo(target)
        case "folder":
            target.mkdir()


KINDS = ("link", "dangling", "loop", "pipe", "folder")
COMMANDS = {
    "init": ("aiaudit.yaml", ["init", "{project}"]),
    "waivers add": (
        "aiaudit.yaml",
        ["waivers", "add", "SEC-001", "--reason", "x", "--owner", "Ann", "--expires", "2099-01-01", "--project", "{project}"],
    ),
    "interview --import": ("attestations.yaml", ["interview", "{project}", "--import", "{sheet}"]),
    "interview": ("attestations.yaml", ["interview", "{project}"]),
}  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", COMMANDS)
def test_what_is_planted_under_a_name_of_ours_is_neither_followed_nor_waited_for(
    aiaudit,
    place,
    monkeypatch,
    name,
    kind,
):
    file, words = COMMANDS[name]
    plant(place, file, kind)
    monkeypatch.setattr(sys, "stdin", io.StringIO("y\nKim\n\n\n\n" * 9))
    done = aiaudit(*(word.format(project=place / "project", sheet=place / "sheet.csv") for word in words))
    assert done.code == 2, done
    assert OURS not in done.out + done.err
    assert {path.name: path.read_text() for path in (place / "outside").iterdir()} == {"kept.yaml": f"# {OURS}\n"}
    assert {path.name for path in (place / "project").iterdir()} == {"app.py", file}  # no temporary file either


@pytest.mark.parametrize("new", [True, False])
@pytest.mark.parametrize("kind", KINDS)
def test_a_planted_folder_on_the_way(place, kind, new):
    plant(place, "docs", kind)
    if kind == "folder":
        write_below(place / "project", "docs/a/b.md", b"x", new=new)
        assert (place / "project/docs/a/b.md").read_bytes() == b"x"
        return
    with pytest.raises(OutputError, match=r"docs.*is a link or no folder|cannot write"):
        write_below(place / "project", "docs/a/b.md", b"x", new=new)
    assert sorted(path.name for path in (place / "outside").iterdir()) == ["kept.yaml"]


def test_no_folder_is_made_behind_a_link(place):
    (place / "project/docs").symlink_to(place / "outside")
    with pytest.raises(OutputError):
        write_below(place / "project", "docs/model/card.md", b"x", new=True)
    assert sorted(path.name for path in (place / "outside").iterdir()) == ["kept.yaml"]


@pytest.mark.parametrize("path", ["../outside/kept.yaml", "/etc/x", "a/../../x", "", "a/", "./x"])
def test_only_plain_paths_are_written_below_a_project(place, path):
    with pytest.raises(OutputError, match="not a plain path"):
        write_below(place / "project", path, b"x")


def test_a_hard_link_is_parted_not_written_through(place):
    (place / "project/a.yaml").hardlink_to(place / "outside/kept.yaml")
    write_below(place / "project", "a.yaml", b"new")
    assert (place / "project/a.yaml").read_bytes() == b"new"
    assert (place / "outside/kept.yaml").read_text() == f"# {OURS}\n"


@pytest.mark.parametrize("what", ["file", "folder"])
def test_a_link_that_is_put_in_place_between_check_and_write(place, monkeypatch, what):
    """Just before the file takes its name, and just before it is made: neither leads out."""
    folder, elsewhere = place / "project/out", place / "outside"
    folder.mkdir()
    honest = writing._take_names

    def raced(staged):
        if what == "file":
            (folder / "r.md").symlink_to(elsewhere / "kept.yaml")
        else:
            folder.rename(place / "project/moved")
            folder.symlink_to(elsewhere)
        honest(staged)

    monkeypatch.setattr(writing, "_take_names", raced)
    write_file(str(folder / "r.md"), b"report", root=str(place / "project"))
    assert {path.name: path.read_text() for path in elsewhere.iterdir()} == {"kept.yaml": f"# {OURS}\n"}
    made = folder if what == "file" else place / "project/moved"
    assert (made / "r.md").read_bytes() == b"report"
    assert not (made / "r.md").is_symlink()


def test_a_link_that_is_put_in_place_after_the_first_look(aiaudit, place, monkeypatch):
    """`aiaudit run` looks at its outputs before it begins; what was changed while it ran is seen when it writes."""
    from aiaudit.cli import output

    honest = output.stay_inside

    def raced(root, paths):
        honest(root, paths)
        (place / "project/r.json").symlink_to(place / "outside/kept.yaml")

    monkeypatch.setattr(output, "stay_inside", raced)
    done = aiaudit("run", place / "project", "-q", "-o", place / "project/r.json")
    assert (done.code, "a link of the project leads to" in done.err) == (2, True)
    assert (place / "outside/kept.yaml").read_text() == f"# {OURS}\n"


@pytest.mark.parametrize("kind", ["link", "dangling", "pipe"])
def test_outputs_of_commands_that_are_given_no_project(aiaudit, place, monkeypatch, kind):
    """Whoever works in the audited folder names outputs from there."""
    aiaudit("run", place / "project", "-q", "-o", place / "r.json")
    monkeypatch.chdir(place / "project")
    for name in ("r.md", "c.md", "p.md", "s.csv", "team.yaml"):
        plant(place, name, kind)
    file = place / "r.json"
    for words in (
        ["report", file, "-o", "r.md"],
        ["compare", file, file, "-o", "c.md"],
        ["portfolio", file, "-o", "p.md"],
        ["interview", ".", "--export", "s.csv"],
        ["checks", "new", "TEAM-001", "--pack", "team.yaml"],
    ):
        assert aiaudit(*words).code == 2, words
    assert {path.name: path.read_text() for path in (place / "outside").iterdir()} == {"kept.yaml": f"# {OURS}\n"}


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes everywhere")
def test_a_folder_that_may_not_be_written_to_is_one_line(aiaudit, place):
    (place / "project").chmod(0o500)
    done = aiaudit("init", place / "project")
    (place / "project").chmod(0o700)
    assert (done.code, done.err.count("\n")) == (2, 1)
    assert "cannot write aiaudit.yaml" in done.err


def test_a_project_file_in_utf_16_is_read_as_the_audit_reads_it(aiaudit, place):
    (place / "project/aiaudit.yaml").write_bytes("schema: 1\n".encode("utf-16"))
    words = ["waivers", "add", "SEC-001", "--reason", "x", "--owner", "Ann", "--expires", "2099-01-01"]
    assert aiaudit(*words, "--project", place / "project").code == 0
    assert "SEC-001" in (place / "project/aiaudit.yaml").read_text(encoding="utf-8")
