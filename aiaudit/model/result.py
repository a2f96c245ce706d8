"""What an audit ends in. `aiaudit.reports.json` writes it as the result JSON; every report is made from that JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import Struct, field

from aiaudit.model.check import Effort, Kind, Severity, Status
from aiaudit.model.fact import Confidence, Evidence, Level


class Finding(Struct, frozen=True):
    """One located fault. `fingerprint` has no line number in it and never a secret's value. `copy_of`: the place of
    another one that says the same, in the file of which this one's is a copy. `cell`: of a notebook, the number of the
    cell; its line may be that of the whole file."""

    message: str
    path: str | None = None
    line: int | None = None
    measured: str = ""
    limit: str = ""
    confidence: Confidence = Confidence.STRONG
    fingerprint: str = ""
    copy_of: str = ""
    cell: int | None = None


class Waiver(Struct, frozen=True):
    """An accepted risk: a mark beside the status, never a status.

    `at`: the comment it stands in (`path:line`), "" for one of aiaudit.yaml; it then covers what is found at `line` of
    its only path, and what is found in that path without a line.
    """

    id: str
    reason: str
    owner: str
    expires: str | None
    expired: bool
    paths: tuple[str, ...] = ()
    compensating_control: str = ""
    ticket: str = ""
    at: str = ""
    line: int | None = None


class Basis(Struct, frozen=True):
    """Things of one kind on which a verdict rests: what they are called, the fact that holds them, the first of their
    places and how many places there are. `looked_at`: what was asked for was not among them, or nothing wrong was."""

    what: str
    fact: str
    places: tuple[Evidence, ...]
    count: int
    looked_at: bool = False


class CheckResult(Struct, frozen=True):
    """How one check ended, and on what. `facts` are the ids of the facts its rule read; `rests_on` is what was found of
    them that decided."""

    id: str
    pack: str
    title: str
    severity: Severity
    kind: Kind
    status: Status
    points: float | None
    evidence_level: Level | None
    confidence: Confidence
    reason: str
    blocked_by: str | None = None
    params: Mapping[str, Any] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    waiver: Waiver | None = None
    why: str = ""
    remediation: str = ""
    effort: Effort = Effort.M
    risk: str = ""
    settles: str = ""  # of an unknown one: what would settle it
    undecided: bool = False  # of an unknown one: not even whether it applies could be told
    urgent: bool = False  # of a failed one: others can use the fault today
    question: str = ""
    controls: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    facts: tuple[str, ...] = ()
    explain: tuple[str, ...] = ()  # the trace: what decided, first element first
    rests_on: tuple[Basis, ...] = ()
    after: tuple[str, ...] = ()  # the checks that are mended before it
    param_titles: Mapping[str, str] = field(default_factory=dict)  # of the parameters that have one


class PackScore(Struct, frozen=True):
    """A pack's figures, 0-100 with one decimal; `score` is None where the evidence is insufficient."""

    id: str
    title: str
    core: bool
    score: float | None
    uncapped_score: float | None
    low: float
    high: float
    coverage: float
    capped_by: tuple[str, ...]
    counts: Mapping[str, int]
    judged_weight: int
    applicable_weight: int


class NextLevel(Struct, frozen=True):
    """The shortest path to the next readiness level. `missing` are check ids; `needs` are gates in words."""

    name: str
    missing: tuple[str, ...]
    needs: tuple[str, ...]
    effort_days: int


class GateRule(Struct, frozen=True):
    """One gate that was asked for: what it wanted, what it got, whether it holds, and what would pass it.

    `checks`: the failed checks on which it fails; fixed or waived, they no longer do.
    """

    rule: str
    wanted: str
    got: str
    passed: bool
    hint: str = ""
    checks: tuple[str, ...] = ()
