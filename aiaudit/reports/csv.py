"""CSV: one row a finding (a check without findings has one row), for spreadsheets and ticket systems."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from typing import Any, Final

from aiaudit.project.own_tables import FINDINGS
from aiaudit.reports.failed import cleaned, is_waived, message_of
from aiaudit.reports.record import Record

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


def render(result: Mapping[str, Any]) -> str:
    """RFC 4180 with a byte order mark, which spreadsheets need to read UTF-8."""
    stream = io.StringIO(newline="")
    writer = csv.writer(stream)
    writer.writerow(FINDINGS)
    for check in cleaned(result).records("checks"):
        for finding in check.records("findings") or [Record({})]:
            writer.writerow([safe_cell(value) for value in _row(check, finding)])
    return "\ufeff" + stream.getvalue()


def _row(check: Record, finding: Record) -> list[str]:
    return [
        check.text("id"),
        check.text("pack"),
        check.text("severity"),
        check.text("status"),
        check.text("title"),
        check.text("reason"),
        finding.text("path"),
        str(finding.whole("line") or ""),
        message_of(finding),
        finding.text("measured"),
        finding.text("limit"),
        finding.text("confidence", check.text("confidence")),
        check.text("evidence_level"),
        "yes" if is_waived(check) else "",
        check.text("effort_days"),
        check.text("priority"),
        check.text("remediation"),
        finding.text("fingerprint"),
    ]


def safe_cell(value: str) -> str:
    """A cell that a spreadsheet does not take for a formula."""
    return "'" + value if value.startswith(_FORMULA) else value
