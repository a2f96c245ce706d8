"""What to do first: the priority of a check, quick wins, and the actions that come first.

Gains are found by simulation: a check is taken as passed, the figures are computed again, the difference is the gain.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from aiaudit.model.check import Effort, Kind, Pack, Severity, Status
from aiaudit.model.fact import Level
from aiaudit.model.result import CheckResult
from aiaudit.scoring.score import CORE_WEIGHT, JUDGED, Figures, by_pack, combine, points, score_pack

EFFORT_UNITS: Final = {Effort.S: 1, Effort.M: 2, Effort.L: 4}  # for ranking (catalogue, 4.4); days are `Effort.days`
OPEN: Final = frozenset({Status.FAIL, Status.PARTIAL, Status.UNKNOWN, Status.ERROR})
MOST_ACTIONS: Final = 5
MOST_ASKED: Final = 2  # of them: questions that only people can answer; the questionnaire has them all


class Action(Struct, frozen=True):
    """One check to fix, or to show where it is unknown, and the overall figures once it and all before it are done."""

    check: str
    pack: str
    verb: str  # fix | show
    effort: Effort
    priority: float
    blocks_next: bool
    score_before: float | None
    score_after: float | None
    low_before: float
    low_after: float


def priority(result: CheckResult, blocks_next: bool) -> float:
    """`weight x (1 - points) x (2 if it blocks the next level) / effort(S 1, M 2, L 4)` (catalogue, 4.4)."""
    if result.status not in OPEN:
        return 0.0
    return result.severity.weight * (1 - points(result)) * (2 if blocks_next else 1) / EFFORT_UNITS[result.effort]


def quick_wins(results: Iterable[CheckResult]) -> tuple[str, ...]:
    """Failed or partial checks of weight 4 or more that take under a day and are not waived, those that gain most
    first."""
    wins = [
        r
        for r in results
        if r.status in (Status.FAIL, Status.PARTIAL)
        and r.effort is Effort.S
        and r.severity.weight >= 4
        and not _is_accepted(r)
    ]
    return tuple(r.id for r in sorted(wins, key=lambda r: (-priority(r, False), r.id)))


def actions(
    packs: Sequence[Pack], results: Iterable[CheckResult], blocking: Collection[str], most: int = MOST_ACTIONS
) -> tuple[Action, ...]:
    """Failed critical checks, those first of which others can use the fault today, then the actions that gain most per
    effort, best first, each simulated on top of those before it.

    The gain is the mean of what `score` and `low` gain, over the effort. Where several criticals hold a pack down,
    mending one of them moves nothing yet: each then counts an equal share of what lifting the cap brings. Equal gains
    go by `priority`, then by id. `blocking` are the checks that keep the project from its next level. What somebody has
    accepted until a day to come is no action before that day, unless it is dangerous at any level. A check whose mend
    builds on that of a failed one (`after`) follows it. Nobody is advised to show what may not even apply, and of the
    questions that only people can answer there are two at most: engineers read this list as work.
    """
    plan = _Plan(packs, results)
    chosen: list[Action] = []
    while len(chosen) < most:
        asked = sum(_asks(plan.result(action.check)) for action in chosen)
        ranked = [
            (
                not _is_danger(r),
                not (_is_danger(r) and r.urgent),
                -gain / EFFORT_UNITS[r.effort],
                -priority(r, r.id in blocking),
                r.id,
            )
            for r, gain in plan.gains()
            if gain > 0
            and (_is_danger(r) or not _is_accepted(r))
            and not (r.undecided or (asked >= MOST_ASKED and _asks(r)))
        ]
        if not ranked:
            break
        result = plan.result(min(ranked)[-1])
        while first := _failed_before(result, plan):
            result = first
        before, after = plan.take(result)
        chosen.append(
            Action(
                check=result.id,
                pack=result.pack,
                verb="fix" if result.status in (Status.FAIL, Status.PARTIAL) else "show",
                effort=result.effort,
                priority=round(priority(result, result.id in blocking), 2),
                blocks_next=result.id in blocking,
                score_before=before.score,
                score_after=after.score,
                low_before=before.low,
                low_after=after.low,
            )
        )
    return tuple(chosen)


def _failed_before(result: CheckResult, plan: _Plan) -> CheckResult | None:
    """A failed check whose mend this one's builds on: it comes first, whatever it gains."""
    failed = (plan.find(name) for name in result.after)
    return next((r for r in failed if r and r.status is Status.FAIL and not _is_accepted(r)), None)


def _asks(result: CheckResult) -> bool:
    """Whether a person is asked, since no file can answer."""
    return result.kind is Kind.ATTESTED


def _is_danger(result: CheckResult) -> bool:
    """Whether it is mended first, whatever it gains: no level of use is open to a project that fails here."""
    return result.severity is Severity.CRITICAL and result.status is Status.FAIL


def _is_accepted(result: CheckResult) -> bool:
    """Whether a waiver in force covers it: its owner has decided already."""
    return result.waiver is not None and not result.waiver.expired


def passed(results: Sequence[CheckResult], ids: Collection[str]) -> list[CheckResult]:
    """The results as they would be with the checks `ids` passed and nothing else changed."""
    return [
        replace(r, status=Status.PASS, points=1.0, evidence_level=max(r.evidence_level or Level.WIRED, Level.WIRED))
        if r.id in ids
        else r
        for r in results
    ]


class _Plan:
    """The figures while actions are taken one after the other. Only the pack that an action touches is scored again."""

    def __init__(self, packs: Sequence[Pack], results: Iterable[CheckResult]) -> None:
        self.packs = packs
        self.of_pack = by_pack(packs, results)
        self.scores = {pack.id: score_pack(pack, self.of_pack[pack.id]) for pack in packs}
        self.known_gains: dict[str, list[tuple[CheckResult, float]]] = {}

    def gains(self) -> list[tuple[CheckResult, float]]:
        """Every open check and what passing it gains, in points of its pack's figures times the pack's weight."""
        for pack in self.packs:
            if pack.id not in self.known_gains:
                open_checks = [r for r in self.of_pack[pack.id] if r.status in OPEN]
                self.known_gains[pack.id] = [(r, self._gain(pack, r)) for r in open_checks]
        return [pair for pack in self.packs for pair in self.known_gains[pack.id]]

    def result(self, check_id: str) -> CheckResult:
        return next(r for results in self.of_pack.values() for r in results if r.id == check_id)

    def find(self, check_id: str) -> CheckResult | None:
        """The check as it stands now; None where it is not of this audit."""
        return next((r for results in self.of_pack.values() for r in results if r.id == check_id), None)

    def take(self, result: CheckResult) -> tuple[Figures, Figures]:
        """Pass one check; the figures before and after."""
        before = combine(tuple(self.scores.values()))
        pack = next(p for p in self.packs if p.id == result.pack)
        self.of_pack[pack.id] = passed(self.of_pack[pack.id], {result.id})
        self.scores[pack.id] = score_pack(pack, self.of_pack[pack.id])
        del self.known_gains[pack.id]
        return before, combine(tuple(self.scores.values()))

    def _gain(self, pack: Pack, result: CheckResult) -> float:
        gain = self._difference(pack, {result.id})
        holding = {
            r.id
            for r in self.of_pack[pack.id]
            if r.severity is Severity.CRITICAL
            and r.status is not Status.NOT_APPLICABLE
            and (r.status is Status.FAIL or r.status not in JUDGED)
        }
        if result.id in holding and len(holding) > 1:
            return max(gain, self._difference(pack, holding) / len(holding))
        return gain

    def _difference(self, pack: Pack, ids: Collection[str]) -> float:
        """A pack that only now gets its number gains in `low` alone."""
        before, after = self.scores[pack.id], score_pack(pack, passed(self.of_pack[pack.id], ids))
        score_gain = after.score - before.score if after.score is not None and before.score is not None else 0.0
        return (CORE_WEIGHT if pack.core else 1) * (score_gain + after.low - before.low) / 2
