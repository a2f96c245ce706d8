"""Evidence that was changed after its review: told by its hash, else by git, never by the time stamp of a file."""

from __future__ import annotations

import hashlib
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from aiaudit.probes.attestations import AttestationProbe, AttestationQuery

from ..support import context

SHEET = "# Value\nWe want that nine of ten tickets reach the right team at the first try.\n"
ANSWER = "ORG-005:\n  answer: yes\n  owner: Head of support\n  evidence: docs/value.md\n  reviewed: 2026-03-01\n"
HASH = hashlib.sha256(SHEET.encode()).hexdigest()


def ask(root: Path, text: str = ANSWER, **files: str) -> dict[str, Any]:
    here = context(root, {"docs/value.md": SHEET, "attestations.yaml": text, **files})
    value = AttestationProbe().answer("a", AttestationQuery(check="ORG-005"), here).value
    assert isinstance(value, dict)
    assert value["stale"] is bool(value["changes"])
    assert value["valid"] is not value["stale"]
    return value


def commit(root: Path, day: str) -> None:
    """Commit everything below `root` as of a day."""
    when = f"{day}T12:00:00+00:00"
    env = os.environ | {"GIT_AUTHOR_DATE": when, "GIT_COMMITTER_DATE": when, "GIT_CONFIG_GLOBAL": "/dev/null"}
    who = ["-c", "user.name=Ann Lee", "-c", "user.email=ann@shop.example", "-c", "commit.gpgsign=false"]
    for words in (["init", "-q", "-b", "main"], ["add", "-A"], [*who, "commit", "-q", "-m", "work"]):
        subprocess.run(["git", *words], cwd=root, env=env, check=True, capture_output=True)


@pytest.mark.parametrize("digits", [64, 16])
def test_a_hash_that_fits_or_not(tmp_path: Path, digits: int) -> None:
    text = f'{ANSWER}  evidence_sha256: "{HASH[:digits].upper()}"\n'
    assert ask(tmp_path, text)["changes"] == []
    changed = ask(tmp_path, text, **{"docs/value.md": SHEET + "More.\n"})
    assert changed["problems"] == ["the evidence 'docs/value.md' is not what was reviewed: its hash is another"]


def test_hashes_stand_in_the_order_of_the_evidence(tmp_path: Path) -> None:
    text = ANSWER.replace("docs/value.md", "[https://wiki.shop.internal/value, docs/value.md#target]")
    assert ask(tmp_path, f'{text}  evidence_sha256: ["", {HASH[:16]}]\n')["stale"] is False
    assert ask(tmp_path, f'{text}  evidence_sha256: ["", "0123456789ab"]\n')["stale"] is True


@pytest.mark.parametrize(("day", "stale"), [("2026-03-01", False), ("2026-03-02", True)])
def test_a_commit_that_modified_the_evidence_after_the_day_of_the_review(tmp_path: Path, day: str, stale: bool) -> None:
    ask(tmp_path)
    commit(tmp_path, "2026-02-01")
    (tmp_path / "docs/value.md").write_text(SHEET + "More.\n")
    commit(tmp_path, day)
    found = ask(tmp_path, **{"docs/value.md": SHEET + "More.\n"})
    assert found["changes"] == (
        [f"the evidence 'docs/value.md' was changed on {day}, after its review on 2026-03-01"] if stale else []
    )


def test_what_git_does_not_tell_is_not_told(tmp_path: Path) -> None:
    ask(tmp_path)
    os.utime(tmp_path / "docs/value.md", (1_780_000_000, 1_780_000_000))  # 28 May 2026: a copy, for all we know
    assert ask(tmp_path)["stale"] is False
    commit(tmp_path, "2026-05-01")  # added after the review, never modified
    assert ask(tmp_path)["stale"] is False
    (tmp_path / "docs/value.md").write_text(SHEET + "More.\n")
    commit(tmp_path, "2026-07-01")  # after the day of the audit
    assert ask(tmp_path, **{"docs/value.md": SHEET + "More.\n"})["stale"] is False


def test_a_hash_has_the_last_word_over_git(tmp_path: Path) -> None:
    ask(tmp_path, **{"docs/value.md": SHEET + "Old.\n"})
    commit(tmp_path, "2026-02-01")
    (tmp_path / "docs/value.md").write_text(SHEET)
    commit(tmp_path, "2026-05-01")
    assert ask(tmp_path, f'{ANSWER}  evidence_sha256: "{HASH[:16]}"\n')["stale"] is False
