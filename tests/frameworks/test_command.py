"""`aiaudit checks list --framework ID`."""

from __future__ import annotations

import json

from aiaudit.cli.app import run


def test_every_control_is_listed_with_its_checks(capsys) -> None:
    assert run(["checks", "list", "--framework", "owasp-agentic-threats"]) == 0
    out = capsys.readouterr().out
    assert "T1  Memory poisoning\n    LLM-013 " in out
    assert "T7  Misaligned and deceptive behaviour\n    no check\n" in out
    assert out.endswith("15 controls, 3 without a check\n")
    assert "no statement of conformity" in out


def test_dates_and_json(capsys) -> None:
    assert run(["checks", "list", "--framework", "eu-ai-act"]) == 0
    assert "Art. 9.1  A risk management system exists (applies from 2027-12-02)" in capsys.readouterr().out
    assert run(["checks", "list", "--framework", "ml-test-score", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert len(rows) == 28
    assert rows[0]["checks"] == ["DATA-001", "DATA-003"]


def test_an_unknown_framework_is_wrong_usage(capsys) -> None:
    assert run(["checks", "list", "--framework", "nist-ai-rfm"]) == 2
    assert "did you mean 'nist-ai-rmf'" in capsys.readouterr().err
