"""The score: figures of a pack and of the whole audit, each with its range and its coverage.

Pass earns 1, partial a fraction (0.5 unless measured), fail 0, times the weight of the severity (8, 4, 2, 1).
Unknown, blocked and error are never left out silently: `low` counts them as 0, `high` as 1, and `coverage` says how
much was seen. All figures are 0-100 with one decimal. Sums are exact (`math.fsum`): order does not matter.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final

from msgspec import Struct

from aiaudit.model.check import Pack, Severity, Status
from aiaudit.model.fact import Level
from aiaudit.model.result import CheckResult, PackScore

MIN_COVERAGE: Final = 50.0  # below it a pack gets no number
MIN_APPLICABLE: Final = 3  # with fewer applicable checks a pack gets no number
CAP_FAILED: Final = 49.0  # a failed critical holds the pack here
CAP_UNKNOWN: Final = 69.0  # an unknown critical holds the pack here
CORE_WEIGHT: Final = 2  # a core pack counts double in the overall figures
JUDGED: Final = frozenset({Status.PASS, Status.PARTIAL, Status.FAIL})


class Figures(Struct, frozen=True):
    """The overall figures and those of each pack.

    `score` is the mean of the packs that have a number; `low` and `high` take in every pack with an applicable check.
    So where a pack has too little evidence for a number, the score may lie outside the range: `unnumbered` names it.
    `strength` is the share of judged weight that rests on evidence level E3 or better.
    """

    score: float | None
    low: float
    high: float
    coverage: float
    strength: float
    weakest_core: str | None
    packs: tuple[PackScore, ...]
    unnumbered: tuple[str, ...]

    def pack(self, pack_id: str) -> PackScore | None:
        """The figures of one pack, or None where it was not judged."""
        return next((p for p in self.packs if p.id == pack_id), None)


def score(packs: Sequence[Pack], results: Iterable[CheckResult]) -> Figures:
    """Score `results` (design, section 5). Packs keep their order; a pack without results is shown too."""
    of_pack = by_pack(packs, results)
    scored = tuple(score_pack(pack, of_pack[pack.id]) for pack in packs)
    return combine(scored, evidence_strength([r for rs in of_pack.values() for r in rs]))


def by_pack(packs: Sequence[Pack], results: Iterable[CheckResult]) -> dict[str, list[CheckResult]]:
    """The results of each pack, in the order of `packs`."""
    of_pack: dict[str, list[CheckResult]] = {pack.id: [] for pack in packs}
    for result in results:
        of_pack[result.pack].append(result)
    return of_pack


def combine(packs: tuple[PackScore, ...], strength: float = 0.0) -> Figures:
    """The overall figures: made from the packs' printed figures, so that a reader can compute them again."""
    entering = [p for p in packs if p.applicable_weight]
    low, high = _mean((p.core, p.low) for p in entering), _mean((p.core, p.high) for p in entering)
    return Figures(
        score=_mean((p.core, p.score) for p in entering if p.score is not None),
        low=0.0 if low is None else low,
        high=100.0 if high is None else high,
        coverage=_percent(sum(p.judged_weight for p in packs), sum(p.applicable_weight for p in packs)),
        strength=strength,
        weakest_core=_weakest(p for p in entering if p.core),
        packs=packs,
        unnumbered=tuple(p.id for p in entering if p.score is None),
    )


def score_pack(pack: Pack, results: Sequence[CheckResult]) -> PackScore:
    """The figures of one pack over its applicable checks. `score` is None where the evidence is insufficient."""
    applicable = [r for r in results if r.status is not Status.NOT_APPLICABLE]
    judged = [r for r in applicable if r.status in JUDGED]
    all_weight = sum(r.severity.weight for r in applicable)
    judged_weight = sum(r.severity.weight for r in judged)
    earned = math.fsum(r.severity.weight * points(r) for r in judged)

    critical = [r for r in applicable if r.severity is Severity.CRITICAL]
    failed = sorted(r.id for r in critical if r.status is Status.FAIL)
    unknown = sorted(r.id for r in critical if r.status not in JUDGED)
    low_cap = CAP_FAILED if failed or unknown else 100.0  # low takes an unknown critical as failed
    high_cap = CAP_FAILED if failed else 100.0  # high takes it as passed
    cap = CAP_FAILED if failed else CAP_UNKNOWN if unknown else 100.0

    coverage = _percent(judged_weight, all_weight)
    enough = 2 * judged_weight >= all_weight and len(applicable) >= MIN_APPLICABLE
    uncapped = _percent(earned, judged_weight) if enough else None
    return PackScore(
        id=pack.id,
        title=pack.title,
        core=pack.core,
        score=None if uncapped is None else min(uncapped, cap),
        uncapped_score=uncapped,
        low=min(_percent(earned, all_weight), low_cap),
        high=min(_percent(earned + (all_weight - judged_weight), all_weight), high_cap) if applicable else 100.0,
        coverage=coverage,
        capped_by=tuple(failed or unknown) if uncapped is not None and uncapped > cap else (),
        counts=count(results),
        judged_weight=judged_weight,
        applicable_weight=all_weight,
    )


def points(result: CheckResult) -> float:
    """What a judged check earns, 0-1: a partial earns its measured fraction, or a half."""
    match result.status:
        case Status.PASS:
            return 1.0
        case Status.PARTIAL:
            return 0.5 if result.points is None else min(max(result.points, 0.0), 1.0)
        case _:
            return 0.0


def count(results: Sequence[CheckResult]) -> dict[str, int]:
    """How many checks ended in each status, all statuses named, and how many of them are waived."""
    found = Counter(r.status.value for r in results)
    counts = {status.value: found[status.value] for status in Status}
    counts["waived"] = sum(1 for r in results if r.waiver and not r.waiver.expired)
    return counts


def evidence_strength(results: Iterable[CheckResult]) -> float:
    """Percent of the judged weight that rests on evidence level E3 or better (catalogue, 4.2)."""
    weights = [
        (r.severity.weight, (r.evidence_level or Level.CLAIM) >= Level.WIRED) for r in results if r.status in JUDGED
    ]
    return _percent(sum(w for w, strong in weights if strong), sum(w for w, _ in weights))


def accepted(results: Iterable[CheckResult]) -> tuple[CheckResult, ...]:
    """The results that `score_accepted` counts: those with a waiver in force are left out."""
    return tuple(r for r in results if r.waiver is None or r.waiver.expired)


def _weakest(packs: Iterable[PackScore]) -> str | None:
    """The pack with the lowest score; of equal ones the one with the lower low end, then the first by name."""
    ranked = sorted((p.score, p.low, p.id) for p in packs if p.score is not None)
    return ranked[0][2] if ranked else None


def _percent(part: float, whole: float) -> float:
    return round(100.0 * part / whole, 1) if whole else 0.0


def _mean(figures: Iterable[tuple[bool, float]]) -> float | None:
    """Mean of (core, figure) pairs in which core packs count double; None of none."""
    weighted = [(CORE_WEIGHT if core else 1, value) for core, value in figures]
    total = sum(weight for weight, _ in weighted)
    return round(math.fsum(weight * value for weight, value in weighted) / total, 1) if total else None
