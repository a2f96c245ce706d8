"""CSV of the frameworks: a row for every control and mapped check; a control without a check has one row, too."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from typing import Any

from aiaudit.project.own_tables import FRAMEWORKS
from aiaudit.reports.csv import safe_cell
from aiaudit.reports.failed import cleaned
from aiaudit.reports.record import Record


def render(result: Mapping[str, Any]) -> str:
    """RFC 4180 with a byte order mark. `evidence` says what the mapped checks support, never that a control is met."""
    stream = io.StringIO(newline="")
    writer = csv.writer(stream)
    writer.writerow(FRAMEWORKS)
    for framework in cleaned(result).records("frameworks"):
        for control in framework.records("controls"):
            for check in control.records("checks") or [Record({})]:
                writer.writerow([safe_cell(value) for value in _row(framework, control, check)])
    return "\ufeff" + stream.getvalue()


def _row(framework: Record, control: Record, check: Record) -> list[str]:
    applies = control.record("effective")
    return [
        framework.text("id"),
        framework.text("edition"),
        control.text("id"),
        control.text("group"),
        control.text("title"),
        control.text("state"),
        check.text("id"),
        check.text("status", "not_in_audit") if check else "",
        control.text("reason"),
        check.text("reason"),
        applies.text("date"),
        applies.text("what"),
        applies.text("trust"),
    ]
