"""What a project says of itself and cannot be used: only that is left out, and whoever runs the audit is told."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from aiaudit.audit import audit
from aiaudit.cli.output import MOST_ABSENT, absent_lines
from aiaudit.reports.document import Report
from aiaudit.reports.result import to_json
from aiaudit.ruleset import Options
from tests.cli.conftest import lay

PROOF = "owner: Head of QA, evidence: README.md, reviewed: 2026-11-01"
TEXT = {"README.md": "The screen for what Article 5 prohibits, practice by practice.\n" * 20}


def result(root: Path, files: dict[str, str], *packs: str) -> dict[str, Any]:
    lay(root, TEXT | files)
    return to_json(audit(str(root), Options(as_of=dt.date(2026, 11, 29), packs=packs, jobs=1, cache=False)))


def test_a_bad_answer_is_left_out_by_itself(tmp_path: Path) -> None:
    own = "project: {name: shop}\nattestations:\n  GOV-003: {answer: maybe}\n  GOV-001: {answer: no, owner: Ann}\n"
    answers = "ORG-005: {answer: yes, ownr: x}\nGOV-005: {answer: no}\n"
    made = result(tmp_path, {"aiaudit.yaml": own, "attestations.yaml": answers}, "governance", "organisation")
    assert made["project"]["name"] == "shop"
    assert made["problems"] == [
        "aiaudit.yaml:3:21: attestations.GOV-003.answer: 'maybe' is none of yes, partly, no, not_applicable (the answer was left out)",
        "attestations.yaml:1:24: ORG-005.ownr: unknown key; did you mean 'owner'? (the answer was left out)",
    ]
    told = {one["id"]: one for one in made["checks"]}
    assert (told["GOV-001"]["status"], told["GOV-003"]["status"], told["ORG-005"]["status"]) == (
        "fail",
        "unknown",
        "unknown",
    )
    assert "aiaudit.yaml:3:21" in told["GOV-003"]["reason"]
    assert "attestations.yaml:1:24" in told["ORG-005"]["reason"]


@pytest.mark.parametrize(("answers", "status"), [("{}\n", "fail"), ("ORG-005: {answer: not yet}\n", "unknown")])
def test_a_bad_answer_does_not_let_the_other_file_speak(tmp_path: Path, answers: str, status: str) -> None:
    own = f"attestations:\n  ORG-005: {{answer: no, {PROOF}}}\n"
    made = result(tmp_path, {"aiaudit.yaml": own, "attestations.yaml": answers}, "organisation")
    assert [one["status"] for one in made["checks"] if one["id"] == "ORG-005"] == [status]


def test_declared_data_that_is_not_here_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    paths = ["in/a.csv", "pictures", "src", "x/*.csv", "y.csv", "z.csv"]
    own = "".join(f"- {{name: set {n}, path: {path!r}}}\n" for n, path in enumerate(paths))
    made = result(tmp_path, {"aiaudit.yaml": f"datasets:\n{own}", "src/a.bin": "x"}, "data")
    absent_lines(made)
    told = capsys.readouterr().err.splitlines()
    assert told == [
        *(
            f"aiaudit: note: {path}: declared (aiaudit.yaml), but not here; nothing of it was measured"
            for path in ("in/a.csv", "pictures", "x/*.csv")
        ),
        f"aiaudit: note: {5 - MOST_ABSENT} more data sets are declared and not here",
    ]
    shown = [text for label, text in Report(made).not_seen if label == "Data"]
    assert len(shown) == 5
    assert shown[0] == "in/a.csv: declared (aiaudit.yaml), but not here; nothing of it was measured"


def test_a_declared_column_that_is_not_there_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    own = "datasets:\n- {name: a, path: a.csv, label: returnd, groups: [customer, shop]}\n"
    rows = "".join(f"{i},{i % 7},{i % 2}\n" for i in range(50))
    made = result(tmp_path, {"aiaudit.yaml": own, "a.csv": f"id,customer,returned\n{rows}"}, "data")
    absent_lines(made)
    wrong = "a.csv: declared, but it has no column"
    assert capsys.readouterr().err.splitlines() == [
        f"aiaudit: note: {wrong} {what}; nothing was measured by it" for what in ("returnd (label)", "shop (groups)")
    ]
    shown = [text for label, text in Report(made).not_seen if label == "Data"]
    assert shown[0] == f"{wrong} returnd (label); nothing was measured by it"
