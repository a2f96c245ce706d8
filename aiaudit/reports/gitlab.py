"""GitLab code quality: issues for the merge request widget (docs.gitlab.com, Code Quality report format)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any, Final

from aiaudit.reports.failed import Problem, cleaned, problems

_SEVERITY: Final = {"critical": "blocker", "high": "critical", "medium": "major", "low": "minor"}


def render(result: Mapping[str, Any]) -> str:
    """Every unwaived problem that has a place; GitLab shows nothing else."""
    found = [problem for problem in problems(cleaned(result)) if problem.path and not problem.waived]
    return json.dumps([_issue(problem) for problem in found], indent=2, ensure_ascii=False) + "\n"


def _issue(problem: Problem) -> dict[str, Any]:
    check = problem.check
    told = f"{check.text('id')} {problem.fingerprint}"
    return {
        "description": f"{check.text('id')}: {problem.message}",
        "check_name": check.text("id"),
        "fingerprint": hashlib.sha256(told.encode()).hexdigest()[:32],
        "severity": "info" if check.text("status") == "partial" else _SEVERITY.get(check.text("severity"), "major"),
        "location": {"path": problem.path, "lines": {"begin": problem.line or 1}},
    }
