"""Hiding evidence does not pay: without documents, tests or attestations no sample's low end rises."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from aiaudit.scoring.score import Figures
from tests.samples.support import SAMPLES, audited

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
    return audited(root).scored.figures


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
