"""`--dry-run` says what would judge; `--ruleset` stops where the rules are others."""

from __future__ import annotations

import json


def test_a_dry_run_reads_nothing_and_names_what_is_left_out(aiaudit, project, monkeypatch):
    monkeypatch.setattr("aiaudit.outcome.outcome", None)  # calling it would end in an error
    done = aiaudit("run", project, "--dry-run", "--pack", "security")
    assert done.code == 0
    assert "5 checks of 1 packs would judge; ruleset " in done.out
    assert "Left out by --pack:\n  mlops" in done.out
    assert "Probes: " in done.out


def test_the_ruleset_of_a_dry_run_is_that_of_the_result_and_can_be_pinned(aiaudit, project, tmp_path):
    dry = aiaudit("run", project, "--dry-run").out
    named = dry.partition("ruleset ")[2].split()[0]
    assert aiaudit("run", project, "--ruleset", named, "-o", tmp_path / "r.json", "-q").code == 0
    assert json.loads((tmp_path / "r.json").read_text())["tool"]["ruleset_hash"] == named
    assert aiaudit("checks", "list").out.rstrip().endswith(f"ruleset {named}")
    for shown in (named[:12], named[:8].upper()):
        assert aiaudit("run", project, "--ruleset", shown, "-o", tmp_path / "r.json", "-q").code == 0
    assert aiaudit("run", project, "--ruleset", named[:7], "-o", tmp_path / "r.json", "-q").code == 2


def test_other_rules_stop_the_audit_in_one_line(aiaudit, project):
    done = aiaudit("run", project, "--ruleset", "0123456789abcdef")
    assert done.code == 2
    assert done.err.startswith("aiaudit: --ruleset 0123456789abcdef: these rules are ")
    assert done.err.count("\n") == 1
