"""Short ways to make packs and results for the scoring tests."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from aiaudit.model.check import Effort, Kind, Pack, Severity, Status
from aiaudit.model.fact import Confidence, Level
from aiaudit.model.result import CheckResult, Finding

LETTERS = {
    "P": Status.PASS,
    "H": Status.PARTIAL,
    "F": Status.FAIL,
    "U": Status.UNKNOWN,
    "N": Status.NOT_APPLICABLE,
    "B": Status.BLOCKED,
    "E": Status.ERROR,
}
SEVERITIES = {"c": Severity.CRITICAL, "h": Severity.HIGH, "m": Severity.MEDIUM, "l": Severity.LOW}


def pack(pack_id: str, core: bool = True) -> Pack:
    return Pack(id=pack_id, title=pack_id.title(), file=f"{pack_id}.yaml", core=core)


def result(
    check_id: str, status: Status, severity: Severity = Severity.MEDIUM, pack_id: str = "data", **more: Any
) -> CheckResult:
    made = CheckResult(
        id=check_id,
        pack=pack_id,
        title=f"{check_id} holds",
        severity=severity,
        kind=Kind.AUTOMATIC,
        status=status,
        points=None,
        evidence_level=Level.WIRED,
        confidence=Confidence.STRONG,
        reason="",
        effort=Effort.M,
    )
    return replace(made, **more)


def results(spelled: str, pack_id: str = "data", prefix: str | None = None) -> list[CheckResult]:
    """`cP hF` = a critical that passed and a high that failed, as T-001 and T-002 of the pack."""
    start = prefix or pack_id[:4].upper()
    return [
        result(f"{start}-{n:03}", LETTERS[word[1]], SEVERITIES[word[0]], pack_id)
        for n, word in enumerate(spelled.split(), start=1)
    ]


def finding(path: str, fingerprint: str = "", line: int = 1) -> Finding:
    return Finding(message="found", path=path, line=line, fingerprint=fingerprint or path)
