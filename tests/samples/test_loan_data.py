"""The sample whose faults are in its data: each check that measures data finds its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from aiaudit.audit import Audit
from aiaudit.model.check import Status
from tests.samples.support import audited, copied

FAULTS = [
    ("DATA-001", "schemas/application.schema.json", "income of data/train.csv"),
    ("DATA-003", "data/train.csv", "debt"),
    ("DATA-003", "data/train.csv", "-999"),
    ("DATA-003", "data/train.csv", "channel"),
    ("DATA-004", "data/test.csv", "train"),
    ("DATA-006", "data/train.csv", "decision_code"),
    ("DATA-007", "data/test.csv", "older than the latest of train"),
    ("DATA-009", "data/test.csv", "island"),
    ("DATA-013", "data/train.csv", "card_number"),
    ("DATA-013", "data/train.csv", "email"),
    ("DATA-016", "data/current.csv", "income"),
    ("DATA-018", "data/train.csv", "newest row"),
    ("GOV-008", "data/train.csv", "group f"),
]


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Audit:
    return audited(copied("loan-data", tmp_path_factory.mktemp("loan-data")))


@pytest.mark.parametrize(("check", "path", "words"), FAULTS)
def test_a_planted_fault_is_found(done: Audit, check: str, path: str, words: str) -> None:
    result = next(r for r in done.judged.results if r.id == check)
    assert result.status in (Status.FAIL, Status.PARTIAL), result.reason
    assert any(f.path == path and words in f.message for f in result.findings), [f.message for f in result.findings]


def test_thirty_rows_are_in_both_splits(done: Audit) -> None:
    overlap = done.facts["data.overlaps"].value
    assert [(o["set"], o["other"], o["rows"], o["ids"]) for o in overlap] == [("test", "train", 30, 0)]


def test_the_generator_writes_the_data(tmp_path: Path) -> None:
    root = copied("loan-data", tmp_path)
    before = {file.name: file.read_bytes() for file in (root / "data").iterdir()}
    for file in (root / "data").iterdir():
        file.unlink()
    subprocess.run([sys.executable, str(root / "make_data.py")], check=True)
    assert {file.name: file.read_bytes() for file in (root / "data").iterdir()} == before
