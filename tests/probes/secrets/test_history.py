"""Secrets of the git history: what is found, what the tree still holds, bounds, and a hostile repository."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from msgspec.structs import replace

from aiaudit.model.fact import Confidence, Fact, State
from aiaudit.probes.git import blobs
from aiaudit.probes.git.run import find_repository
from aiaudit.probes.secrets.history import HistoryProbe, HistoryQuery
from aiaudit.probes.text.engine import TextEngine
from aiaudit.project.scan import scan

from ..git.repositories import Repo, needs_git
from ..support import context
from .corpus import ALNUM, Maker

pytestmark = needs_git

KEY = "hf" + "_" + Maker(50).of(ALNUM[:52], 34)
OTHER = "hf" + "_" + Maker(51).of(ALNUM[:52], 34)
WORDS = "Kv7-tulip-" + "Harbor92"


def past(root: Path, *, asked: bool = True, **query: Any) -> Fact:
    here, put = context(root), HistoryQuery(**query)
    scans = scan(here.project, [TextEngine([put])], jobs=1, isolate=False)
    seen = replace(here, scans=scans, options={"history": asked})
    return HistoryProbe().answer("past", put, seen)


def leaky(root: Path) -> Repo:
    """A key that was taken out in the second commit."""
    repo = Repo(root)
    repo.commit("start", {"deploy.sh": f"echo\nexport HF_TOKEN={KEY}\n", "a.py": "x = 1\n"}, day="2026-05-01")
    repo.commit("tidy", {"deploy.sh": "echo\n"}, day="2026-05-02")
    return repo


def test_what_was_taken_out_is_found_with_its_commit(tmp_path: Path) -> None:
    repo = leaky(tmp_path)
    fact = past(tmp_path)
    assert fact.state is State.KNOWN
    assert fact.confidence is Confidence.STRONG
    one = fact.value[0]
    first = repo.git("rev-list", "--max-parents=0", "HEAD")
    assert (one["path"], one["line"], one["rule"], one["prefix"]) == ("deploy.sh", 2, "huggingface", "hf_")
    assert one["commit"].split()[1] == "2026-05-01"
    assert first.startswith(one["commit"].split()[0])
    assert KEY not in repr(fact)
    assert KEY[8:20] not in repr(fact)


def test_unasked_it_is_unknown(tmp_path: Path) -> None:
    leaky(tmp_path)
    fact = past(tmp_path, asked=False)
    assert fact.state is State.UNKNOWN
    assert "--history" in fact.reason


def test_what_the_tree_still_holds_is_left_out_wherever_it_stands(tmp_path: Path) -> None:
    repo = Repo(tmp_path)
    repo.commit("start", {"a.py": f"T = '{KEY}'\nDB_PASSWORD = '{WORDS}'\n"})
    repo.commit("move", {"a.py": "x = 1\n", "conf/b.py": f"\nT = '{KEY}'\nDB_PASSWORD = '{WORDS}'\n"})
    assert past(tmp_path).state is State.ABSENT
    repo.commit("change", {"conf/b.py": f"\nT = '{OTHER}'\nDB_PASSWORD = '{WORDS}'\n"})
    assert {one["rule"] for one in past(tmp_path).value} == {"huggingface"}


def test_other_branches_and_tags_count(tmp_path: Path) -> None:
    repo = Repo(tmp_path)
    repo.commit("start", {"a.py": "x = 1\n"})
    repo.git("checkout", "-q", "-b", "side")
    repo.commit("oops", {"b.py": f"T = '{KEY}'\n"})
    repo.git("checkout", "-q", "main")
    assert [one["path"] for one in past(tmp_path).value] == ["b.py"]


def test_a_file_gone_by_rename_or_removal_is_found(tmp_path: Path) -> None:
    repo = leaky(tmp_path)
    repo.git("rm", "-q", "deploy.sh")
    repo.commit("remove")
    assert [one["path"] for one in past(tmp_path).value] == ["deploy.sh"]


def test_a_bound_that_was_met_makes_a_clean_answer_unknown(tmp_path: Path) -> None:
    repo = Repo(tmp_path)
    for number in range(3):
        repo.commit(f"{number}", {"a.py": f"x = {number}\n"})
    assert past(tmp_path).state is State.ABSENT
    cut = past(tmp_path, commits=2)
    assert cut.state is State.UNKNOWN
    assert "only the newest 2 of 3 commits" in cut.reason
    late = past(tmp_path, seconds=1e-9)
    assert late.state is State.UNKNOWN
    assert "the time was up" in late.reason


def test_a_bound_on_bytes(tmp_path: Path) -> None:
    repo = Repo(tmp_path)
    repo.commit("one", {"a.txt": "word \n" * 100_000, "b.txt": "other\n" * 100_000})
    cut = past(tmp_path, megabytes=1)
    assert cut.state is State.UNKNOWN
    assert "only the newest 1 MB" in cut.reason


def test_a_find_within_the_bounds_stands(tmp_path: Path) -> None:
    repo = leaky(tmp_path)
    repo.commit("later", {"a.py": "x = 2\n"})
    fact = past(tmp_path, commits=3, seconds=60)
    assert fact.state is State.KNOWN


def test_a_shallow_clone_is_unknown(tmp_path: Path) -> None:
    repo = leaky(tmp_path / "origin")
    repo.git("clone", "-q", "--depth=1", f"file://{tmp_path / 'origin'}", str(tmp_path / "clone"))
    fact = past(tmp_path / "clone")
    assert fact.state is State.UNKNOWN
    assert "shallow" in fact.reason


def test_a_part_of_a_repository_is_looked_at_alone(tmp_path: Path) -> None:
    repo = Repo(tmp_path)
    repo.commit("start", {"app/a.py": f"T = '{KEY}'\n", "other/b.py": f"T = '{OTHER}'\n"})
    repo.commit("tidy", {"app/a.py": "x = 1\n", "other/b.py": "x = 1\n"})
    assert [one["path"] for one in past(tmp_path / "app").value] == ["a.py"]


def test_no_program_of_the_repository_runs(tmp_path: Path) -> None:
    repo = leaky(tmp_path)
    proof = tmp_path.parent / f"{tmp_path.name}-proof"
    repo.commit("attributes", {".gitattributes": "* filter=evil diff=evil\n"})
    for key in ("filter.evil.smudge", "filter.evil.clean", "diff.evil.textconv", "diff.evil.command", "core.fsmonitor"):
        repo.git("config", key, f"touch {proof}; cat")
    assert past(tmp_path).state is State.KNOWN
    assert not proof.exists()


def test_without_a_repository_or_a_commit(tmp_path: Path) -> None:
    (tmp_path / "none").mkdir()
    assert past(tmp_path / "none").state is State.UNKNOWN
    Repo(tmp_path / "empty")
    assert past(tmp_path / "empty").state is State.ABSENT


def test_each_content_is_read_once(tmp_path: Path) -> None:
    repo = Repo(tmp_path)
    repo.commit("one", {"a.py": "same\n", "b.py": "same\n"})
    repo.commit("two", {"c.py": "same\n"})
    repository = find_repository(str(tmp_path))
    assert repository is not None
    listed = blobs.list_blobs(repository, blobs.Bounds(), lambda path, size: True)
    assert len(listed.blobs) == 1
    assert [data for _, data in blobs.read_blobs(repository, listed)] == [b"same\n"]


def test_messages_of_commits_and_tags_count(tmp_path: Path) -> None:
    repo = Repo(tmp_path)
    repo.commit("start", {"a.py": "x = 1\n"}, day="2026-05-01")
    repo.commit(f"deploy\n\nHF_TOKEN={KEY}", {"a.py": "x = 2\n"}, day="2026-05-02")
    repo.git("-c", "user.name=x", "-c", "user.email=x@example.org", "tag", "-a", "v1", "-m", f"use {OTHER}")
    fact = past(tmp_path)
    assert {(one["path"], one["commit"].split()[-1]) for one in fact.value} == {(".git", "2026-05-02"), (".git", "v1")}
    assert KEY not in repr(fact) and OTHER not in repr(fact)


def test_a_content_that_only_a_tag_names_counts(tmp_path: Path) -> None:
    repo = Repo(tmp_path)
    repo.commit("start", {"a.py": "x = 1\n"})
    (tmp_path / "note").write_text(f"HF_TOKEN={KEY}\n")
    repo.git("tag", "kept", repo.git("hash-object", "-w", "note"))
    (tmp_path / "note").unlink()
    assert [one["path"] for one in past(tmp_path).value] == [".git"]


def test_a_graft_cuts_no_commit_off(tmp_path: Path) -> None:
    """One line in `.git/info/grafts` made the second commit the first one."""
    repo = leaky(tmp_path)
    (tmp_path / ".git/info").mkdir(exist_ok=True)
    (tmp_path / ".git/info/grafts").write_text(repo.git("rev-parse", "HEAD") + "\n")
    assert [one["path"] for one in past(tmp_path).value] == ["deploy.sh"]


def test_a_key_as_a_file_s_name_counts(tmp_path: Path) -> None:
    repo = Repo(tmp_path)
    repo.commit("start", {f"{KEY}.txt": "x\n", "a.py": "x = 1\n"})
    repo.git("rm", "-q", f"{KEY}.txt")
    repo.commit("tidy")
    assert [(one["line"], one["rule"]) for one in past(tmp_path).value] == [(0, "huggingface")]
