"""`aiaudit init` on real projects: its file is taken as it is, and by itself it takes nothing away."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from aiaudit.cli.app import run

SAMPLES = Path(__file__).parents[2] / "sample_projects"


@pytest.mark.slow
@pytest.mark.parametrize("sample", ["churn-model", "support-rag"])
def test_the_proposal_is_valid_and_lowers_nothing_that_is_shown(sample, tmp_path, monkeypatch):
    monkeypatch.setenv("AIAUDIT_CACHE_DIR", str(tmp_path / "cache"))
    root = tmp_path / "copy"
    shutil.copytree(SAMPLES / sample, root, ignore=shutil.ignore_patterns("aiaudit.yaml"))

    def audited():
        out = tmp_path / "result.json"
        assert run(["run", str(root), "-q", "--as-of", "2026-12-04", "-o", str(out)]) == 0
        return json.loads(out.read_text())

    before = audited()
    assert run(["init", str(root)]) == 0
    after = audited()
    assert after["problems"] == []
    assert after["score_low"] >= before["score_low"]
    assert f'name: "{before["project"]["name"] or "copy"}"' in (root / "aiaudit.yaml").read_text()
