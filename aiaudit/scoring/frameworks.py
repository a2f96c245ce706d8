"""What an audit's results say about the controls of each framework, and the Google ML Test Score in its own terms.

The words are "evidence supporting": a supported control is one whose mapped checks pass, no statement of conformity.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, Protocol

from aiaudit.model.check import Kind, Status
from aiaudit.model.framework import (
    Control,
    ControlCoverage,
    Coverage,
    Framework,
    FrameworkCoverage,
    MappedCheck,
    NativeScore,
    SectionPoints,
)
from aiaudit.scoring.score import JUDGED

ML_TEST_SCORE: Final = "ml-test-score"

# Breck et al. 2017, table of readings: the highest score that still has this reading.
_READINGS: Final = (
    (0.0, "more of a research project than a productionized system"),
    (1.0, "not totally untested, but serious holes in reliability are possible"),
    (2.0, "a first pass at basic productionization; more investment may be needed"),
    (3.0, "reasonably tested; more tests and procedures may be automated"),
    (5.0, "strong levels of automated testing and monitoring"),
)
_BEST_READING: Final = "exceptional levels of automated testing and monitoring"


class Judged(Protocol):
    """What is read of a check's result."""

    @property
    def id(self) -> str: ...
    @property
    def status(self) -> Status: ...
    @property
    def kind(self) -> Kind: ...


def cover(frameworks: Iterable[Framework], results: Iterable[Judged]) -> tuple[FrameworkCoverage, ...]:
    """Every framework with every control's state, by the results as judged by the shipped settings."""
    by_id = {result.id: result for result in results}
    covered = []
    for framework in frameworks:
        rows = tuple(_control(control, by_id) for control in framework.controls)
        native = ml_test_score(rows) if framework.id == ML_TEST_SCORE else None
        covered.append(FrameworkCoverage(framework, rows, native))
    return tuple(covered)


def _control(control: Control, results: dict[str, Judged]) -> ControlCoverage:
    checks = []
    for one in control.checks:
        found = results.get(one.check)
        checks.append(
            MappedCheck(one.check, found.status if found else None, found.kind if found else None, one.reason)
        )
    return ControlCoverage(control, state_of(checks), tuple(checks))


def state_of(checks: Sequence[MappedCheck]) -> Coverage:
    """The state of a control by its mapped checks. One that was not part of the audit counts as not seen."""
    if not checks:
        return Coverage.NOT_ASSESSABLE
    applicable = [one for one in checks if one.status is not Status.NOT_APPLICABLE]
    if not applicable:
        return Coverage.NOT_APPLICABLE
    statuses = {one.status for one in applicable}
    if Status.FAIL in statuses:
        return Coverage.GAP
    if statuses == {Status.PASS}:
        return Coverage.SUPPORTED
    if Status.PARTIAL in statuses:
        return Coverage.PARTLY
    if all(one.kind is Kind.ATTESTED for one in applicable if one.status not in JUDGED):
        return Coverage.NEEDS_PEOPLE
    return Coverage.PARTLY if Status.PASS in statuses else Coverage.NOT_SEEN


def ml_test_score(rows: Sequence[ControlCoverage]) -> NativeScore:
    """The ML Test Score (Breck et al., IEEE Big Data 2017, section VI.A): the minimum over sections of their sums.

    The paper gives half a point to a test run by hand with its results documented, a full point to an automatic and
    repeated one. Here a test earns the points of its weakest applicable check: 1 for a pass of an automatic or measured
    check, 0.5 for a pass by attestation or a partial one, 0 for a fail and for what was not seen. A test that no check
    bears on, or none that applies, earns 0, as one that nobody ran. `best` takes what was not seen as passed.
    """
    groups: dict[str, list[ControlCoverage]] = {}
    for row in rows:
        groups.setdefault(row.control.group, []).append(row)
    sections = tuple(
        SectionPoints(title, sum(_points(row, seen_only=True) for row in of), sum(map(_best, of)), len(of))
        for title, of in groups.items()
    )
    points = min((one.points for one in sections), default=0.0)
    best = min((one.best for one in sections), default=0.0)
    reading = next((words for limit, words in _READINGS if points <= limit), _BEST_READING)
    return NativeScore(points, best, min((one.of for one in sections), default=0), reading, sections)


def _best(row: ControlCoverage) -> float:
    return _points(row, seen_only=False)


def _points(row: ControlCoverage, *, seen_only: bool) -> float:
    applicable = [one for one in row.checks if one.status is not Status.NOT_APPLICABLE]
    return min((_check_points(one, seen_only) for one in applicable), default=0.0)


def _check_points(check: MappedCheck, seen_only: bool) -> float:
    if check.status is Status.PARTIAL:
        return 0.5
    if check.status is Status.FAIL or (seen_only and check.status is not Status.PASS):
        return 0.0
    return 0.5 if check.kind is Kind.ATTESTED else 1.0
