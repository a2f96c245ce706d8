"""What the machine formats share: the findings of checks that did not pass, one place each, safe to hand on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from msgspec import Struct

from aiaudit.reports.record import Record
from aiaudit.reports.strings import say
from aiaudit.reports.text import clean, full_stop, upper_first

STATUSES: Final = ("fail", "partial", "error")
_UNREAD: Final = ("facts",)
"""The many facts are in no machine format but the result itself; to clean them would take most of the time."""
LEVELS: Final = ("critical", "high", "medium", "low")


class Problem(Struct, frozen=True):
    """One finding of a check, or the check itself where it has no finding. `path` is relative to the project, or ""."""

    check: Record
    message: str
    path: str
    line: int
    fingerprint: str
    confidence: str

    @property
    def waived(self) -> bool:
        return is_waived(self.check)


def message_of(finding: Record) -> str:
    """What is said of a finding, headed by the cell of the notebook: the line beside it may be the file's only."""
    message, cell = finding.text("message"), finding.whole("cell")
    return f"{upper_first(say('place.cell', cell=str(cell)))}: {message}" if cell and message else message


def is_waived(check: Record) -> bool:
    """Whether a waiver is in force; after its last day the finding is back."""
    waiver = check.record("waiver")
    return bool(waiver) and not waiver.flag("expired")


def cleaned(result: Mapping[str, Any]) -> Record:
    """A result without its many facts, every text on one line, nothing invisible in it."""
    return Record(clean({key: value for key, value in result.items() if key not in _UNREAD}))


def problems(result: Record, statuses: tuple[str, ...] = STATUSES) -> Iterator[Problem]:
    """In the order of the result: by check, then by finding."""
    for check in result.records("checks"):
        if check.text("status") not in statuses:
            continue
        findings = check.records("findings")
        for finding in findings:
            yield Problem(
                check,
                full_stop(message_of(finding) or check.text("title")),
                finding.text("path"),
                finding.whole("line"),
                finding.text("fingerprint"),
                finding.text("confidence", check.text("confidence")),
            )
        if not findings:
            message = full_stop(check.text("reason") or check.text("title"))
            yield Problem(check, message, "", 0, check.text("id"), check.text("confidence"))
