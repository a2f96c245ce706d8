"""GitHub annotations: workflow commands that put each problem at its line in a pull request.

The one format that prints `::` lines, so every value is escaped, and at most `MOST` are printed: GitHub shows ten of
each kind a step and drops the rest.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from aiaudit.reports.failed import LEVELS, Problem, cleaned, problems

MOST: Final = 50
_COMMAND: Final = {"critical": "error", "high": "error", "medium": "warning", "low": "notice"}


def render(result: Mapping[str, Any]) -> str:
    """The worst first, unwaived ones only."""
    found = [problem for problem in problems(cleaned(result)) if not problem.waived]
    found.sort(key=_rank)
    lines = [_command(problem) for problem in found[:MOST]]
    if len(found) > MOST:
        lines.append(f"::notice title=aiaudit::{len(found) - MOST} more findings are in the report")
    return "".join(line + "\n" for line in lines)


def _rank(problem: Problem) -> tuple[int, int]:
    severity = problem.check.text("severity")
    failed = problem.check.text("status") == "fail"
    return (0 if failed else 1, LEVELS.index(severity) if severity in LEVELS else len(LEVELS))


def _command(problem: Problem) -> str:
    check = problem.check
    kind = _COMMAND.get(check.text("severity"), "warning") if check.text("status") == "fail" else "notice"
    values = {"title": f"{check.text('id')} {check.text('title')}"}
    if problem.path:
        values = {"file": problem.path, **({"line": str(problem.line)} if problem.line else {}), **values}
    properties = ",".join(f"{name}={_property(value)}" for name, value in values.items())
    return f"::{kind} {properties}::{_data(problem.message)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
