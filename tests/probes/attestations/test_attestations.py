"""Attestations: where they stand, what makes one valid, when it runs out."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from aiaudit.model.fact import Level, State
from aiaudit.probes.attestations import AttestationProbe, AttestationQuery, months_after
from aiaudit.probes.registry import get

from ..support import context

GOOD = "  owner: Head of support\n  evidence: docs/value.md\n  reviewed: 2026-03-01\n"
SHEET = "# Value\nWe want that nine of ten tickets reach the right team at the first try.\n"


def ask(root: Path, text: str, check: str = "ORG-005", **files: str) -> Any:
    here = context(root, {"docs/value.md": SHEET, "attestations.yaml": text, **files})
    return AttestationProbe().answer(f"attestation.{check}", AttestationQuery(check=check), here)


def problems(root: Path, body: str, check: str = "ORG-005") -> list[str]:
    fact = ask(root, f"{check}:\n  answer: yes\n{body}", check)
    found: list[str] = fact.value["problems"]
    assert fact.value["valid"] is (not found)
    assert fact.level is (Level.CLAIM if found else Level.EXISTS)
    return found


def test_a_valid_answer(tmp_path: Path) -> None:
    fact = ask(tmp_path, f"# answers\nORG-005:\n  answer: yes\n{GOOD}  note: agreed\n")
    assert (fact.state, fact.level) == (State.KNOWN, Level.EXISTS)
    assert fact.value == {
        "answered": True,
        "answer": "yes",
        "owner": "Head of support",
        "evidence": "docs/value.md",
        "evidence_form": "path",
        "reviewed": "2026-03-01",
        "review_by": "2027-03-01",
        "valid": True,
        "expired": False,
        "stale": False,
        "changes": [],
        "problems": [],
        "note": "agreed",
        "path": "attestations.yaml",
        "line": 2,
    }
    assert (fact.evidence[0].path, fact.evidence[0].line) == ("attestations.yaml", 2)


def test_no_answer_is_absent(tmp_path: Path) -> None:
    assert ask(tmp_path, f"GOV-001:\n  answer: no\n{GOOD}").state is State.ABSENT
    assert (
        AttestationProbe().answer("a", AttestationQuery(check="ORG-005"), context(tmp_path / "b")).state is State.ABSENT
    )


OWNER, DATED, SHEET_NAMED = "  owner: Ann\n", "  reviewed: 2026-03-01\n", "  evidence: docs/value.md\n"


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (SHEET_NAMED + DATED, "no owner is named"),
        ("  owner: TBD\n" + SHEET_NAMED + DATED, "the owner 'TBD' is a placeholder"),
        (OWNER + DATED, "no evidence is named"),
        (OWNER + SHEET_NAMED, "it bears no date"),
        (OWNER + SHEET_NAMED + "  reviewed: 2026-06-02\n", "its date 2026-06-02 lies in the future"),
        (OWNER + SHEET_NAMED + "  reviewed: 2025-05-31\n", "its review was due on 2026-05-31"),
        (OWNER + SHEET_NAMED + DATED + "  review_by: 2026-05-31\n", "its review was due on 2026-05-31"),
        (
            OWNER + SHEET_NAMED + "  reviewed: 2024-05-31\n  review_by: 2099-01-01\n",  # believed for two years at most
            "its review was due on 2026-05-31",
        ),
    ],
)
def test_what_makes_an_answer_not_count(tmp_path: Path, body: str, said: str) -> None:
    assert problems(tmp_path, body) == [said]


@pytest.mark.parametrize(
    ("evidence", "said"),
    [
        ("docs/gone.md", "is not in the project"),
        ("../x.md", "lies outside the project"),
        ("/etc/passwd", "lies outside the project"),
        ("see wiki", "is neither a path nor a link"),
        ("TODO", "is a placeholder"),
        ("ftp://x/y", "is no web address"),
        ("https://", "names no place"),
    ],
)
def test_evidence_that_does_not_hold(tmp_path: Path, evidence: str, said: str) -> None:
    assert problems(tmp_path, f"{OWNER}{DATED}  evidence: '{evidence}'\n") == [f"the evidence '{evidence}' {said}"]


def test_a_document_as_evidence_must_say_something(tmp_path: Path) -> None:
    for text, said in (
        ("", "the evidence 'docs/value.md' is empty"),
        ("# Value\n\nTODO: fill in\n", "the evidence 'docs/value.md' is template text or says nothing"),
    ):
        fact = ask(tmp_path / said[-5:], f"ORG-005:\n  answer: yes\n{GOOD}", **{"docs/value.md": text})
        assert fact.value["problems"] == [said]


def test_evidence_may_name_a_place_in_a_document_a_folder_or_a_link(tmp_path: Path) -> None:
    for evidence, form in (
        ("docs/value.md#target", "path"),
        ("docs/value.md:2", "path"),
        ("./docs/value.md", "path"),
        ("docs/", "path"),
        ("https://wiki.acme.io/x?page=3", "link"),
        ("[docs/value.md, 'https://wiki.acme.io/x']", "path"),
    ):
        body = GOOD.replace("docs/value.md", evidence)
        fact = ask(tmp_path / form / evidence[-4:].strip("/"), f"ORG-005:\n  answer: yes\n{body}")
        assert (fact.value["valid"], fact.value["evidence_form"]) == (True, form), evidence


def test_a_link_in_the_tree_is_no_evidence(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "policy.md").symlink_to("/etc/hosts")
    fact = ask(tmp_path, f"ORG-005:\n  answer: yes\n{GOOD.replace('value', 'policy')}")
    assert fact.value["problems"] == ["the evidence 'docs/policy.md' is not a regular file"]


def test_drills_run_out_earlier(tmp_path: Path) -> None:
    body = GOOD.replace("2026-03-01", "2025-10-01")
    assert problems(tmp_path / "a", body) == []
    assert problems(tmp_path / "b", body, "GOV-010") == ["its review was due on 2026-04-01"]


def test_the_file_wins_over_the_inline_answer(tmp_path: Path) -> None:
    inline = "project: {name: x}\nattestations:\n"
    inline += "  ORG-005: {answer: no, owner: Ben}\n  GOV-001: {answer: partly, owner: Ben}\n"
    files = {"aiaudit.yaml": inline}
    assert ask(tmp_path, f"ORG-005:\n  answer: yes\n{GOOD}", **files).value["answer"] == "yes"
    fact = ask(tmp_path, f"ORG-005:\n  answer: yes\n{GOOD}", "GOV-001", **files)
    assert (fact.value["answer"], fact.value["path"], fact.value["line"]) == ("partly", "aiaudit.yaml", 4)


def test_answers_may_stand_under_a_heading(tmp_path: Path) -> None:
    fact = ask(tmp_path, "attestations:\n  ORG-005:\n    answer: no\n    owner: Ann\n")
    assert (fact.value["answer"], fact.value["line"]) == ("no", 2)


def test_a_broken_file_is_unknown_and_says_where(tmp_path: Path) -> None:
    for text, said in (
        ("ORG-005: [", "attestations.yaml:"),
        ("ORG-005:\n  answer: yes\n  onwer: Ann\n", "did you mean 'owner'?"),
        ("ORG-005:\n  answer: maybe\n", "attestations.yaml:2:11"),
        ("- a\n", "must be a mapping"),
    ):
        fact = ask(tmp_path / str(len(said)), text)
        assert fact.state is State.UNKNOWN
        assert said in fact.reason


def test_months_end_where_the_month_ends() -> None:
    assert months_after(dt.date(2026, 1, 31), 1) == dt.date(2026, 2, 28)
    assert months_after(dt.date(2026, 12, 15), 12) == dt.date(2027, 12, 15)


def test_the_probe_is_registered() -> None:
    assert isinstance(get("attestations"), AttestationProbe)
