"""Hiding evidence does not pay: without documents, tests or attestations no sample's low end rises."""

from __future__ import annotations

import datetime as dt
import shutil
from pathlib import Path

import pytest

from aiaudit.audit import audit
from aiaudit.resources import path_of
from aiaudit.ruleset import Options
from aiaudit.scoring.score import Figures

SAMPLES = path_of("checks").parent / "sample_projects"
DAY = dt.date(2026, 11, 24)
HIDDEN = (
    "**/*.md",
    "docs/**/*",
    "tests/**/*",
    "attestations.yaml",
    "LICENSE*",
    ".github/**/*",
    "**/*.csv",
    "**/*.json",
)


def figures(root: Path) -> Figures:
    return audit(str(root), Options(as_of=DAY, jobs=1)).scored.figures


@pytest.fixture(autouse=True)
def own_cache(monkeypatch, tmp_path_factory):
    monkeypatch.setenv("AIAUDIT_CACHE_DIR", str(tmp_path_factory.getbasetemp() / "cache"))


@pytest.mark.slow
@pytest.mark.parametrize("sample", ["exemplar", "churn-model", "support-rag"])
def test_removing_documents_tests_or_attestations_never_raises_low(sample, tmp_path):
    whole = tmp_path / "whole"
    shutil.copytree(SAMPLES / sample, whole)
    before = figures(whole)
    raised = []
    for glob in HIDDEN:
        less = tmp_path / "less"
        shutil.copytree(whole, less)
        gone = [path for path in less.glob(glob) if path.is_file()]
        for path in gone:
            path.unlink()
        if gone and (after := figures(less)).low > before.low:
            packs = {p.id: (q.low, p.low) for p, q in zip(after.packs, before.packs, strict=True) if p.low > q.low}
            raised.append((glob, before.low, after.low, packs))
        shutil.rmtree(less)
    assert not raised


def test_a_decoy_stays_below_ten(tmp_path):
    decoy = tmp_path / "decoy"
    shutil.copytree(SAMPLES / "decoy", decoy)
    made = figures(decoy)
    assert made.score is None or made.score < 10
