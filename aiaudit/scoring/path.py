"""The shortest path to the next readiness level: which checks to pass, what else it needs, and how many days it takes.

Checks that a gate names come first. Gates on figures (a pack's score, the evidence seen) are met with the checks that
bring most weight per day, and those that turn out not to be needed are left out again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Final

from aiaudit.model.check import Pack, Severity, Status
from aiaudit.model.result import CheckResult, NextLevel
from aiaudit.scoring.levels import HOLDS, Case, GateResult, GateState, Ladder, Standing
from aiaudit.scoring.priority import passed
from aiaudit.scoring.score import JUDGED, points, score, score_pack

CLOSED: Final = frozenset({Status.PASS, Status.NOT_APPLICABLE})


def next_level(ladder: Ladder, packs: Sequence[Pack], case: Case, standing: Standing) -> NextLevel | None:
    """The level after the one reached, or None at the top.

    `missing` are checks of this audit; what no pack ships, or was left out, is named in `needs` only.
    """
    rank = ladder.rank(standing.readiness)
    if rank >= len(ladder.levels):
        return None
    upto = {level.id for level in ladder.levels[: rank + 1]}
    open_gates = [g for g in standing.gates if g.level in upto and g.state not in HOLDS]
    path = _Path(packs, case)
    for gate in open_gates:
        path.meet_named(gate)
    for gate in open_gates:
        path.meet_figure(gate)
    return NextLevel(
        name=ladder.levels[rank].id,
        missing=tuple(sorted(path.chosen)),
        needs=tuple(f"{g.wanted}: {g.got}" for g in open_gates),
        effort_days=sum(path.by_id[i].effort.days for i in path.chosen),
    )


class _Path:
    """Chooses checks gate by gate; `chosen` grows, and is counted as passed in every later step."""

    def __init__(self, packs: Sequence[Pack], case: Case) -> None:
        self.packs = {p.id: p for p in packs}
        self.results = list(case.results)
        self.by_id = {r.id: r for r in case.results}
        self.chosen: set[str] = set()

    def meet_named(self, gate: GateResult) -> None:
        """Choose the checks a gate names: all of them, or the cheapest where any one will do."""
        named = [i for i in gate.checks if i in self.by_id]
        if gate.any_of and named:
            named = [min(named, key=lambda i: (sum(self.by_id[j].effort.days for j in self._with_parents(i)), i))]
        for check_id in named:
            self.chosen |= self._with_parents(check_id)

    def meet_figure(self, gate: GateResult) -> None:
        """Choose what else is needed for a gate on a pack's score or on the evidence seen."""
        if gate.pack in self.packs and gate.state is GateState.UNMET:
            pack = self.packs[gate.pack]
            own = [r for r in self.results if r.pack == pack.id]
            self._choose(own, lambda done: (score_pack(pack, passed(own, done)).score or 0.0) >= gate.least, caps=True)
        elif gate.figure == "coverage":
            unseen = [r for r in self.results if r.status not in JUDGED]
            self._choose(
                unseen, lambda done: score(list(self.packs.values()), passed(self.results, done)).coverage >= gate.least
            )

    def _choose(self, among: Iterable[CheckResult], enough: Callable[[set[str]], bool], caps: bool = False) -> None:
        """Add by weight gained per day until `enough`; with `caps`, criticals that hold the pack down go first."""

        def rank(r: CheckResult) -> tuple[bool, float, str]:
            holds_down = caps and r.severity is Severity.CRITICAL and r.status is not Status.PARTIAL
            return not holds_down, -r.severity.weight * (1 - points(r)) / r.effort.days, r.id

        added: list[str] = []
        for result in sorted((r for r in among if r.status not in CLOSED and r.id not in self.chosen), key=rank):
            if enough(self.chosen | set(added)):
                break
            added.append(result.id)
        for check_id in sorted(added, key=lambda i: (-self.by_id[i].effort.days, i)):
            without = set(added) - {check_id}
            if enough(self.chosen | without):
                added.remove(check_id)
        for check_id in added:
            self.chosen |= self._with_parents(check_id)

    def _with_parents(self, check_id: str) -> set[str]:
        """A blocked check cannot pass before the one that blocks it."""
        chain: set[str] = set()
        following: str | None = check_id
        while following in self.by_id and following not in chain:
            chain.add(following)
            following = self.by_id[following].blocked_by
        return {i for i in chain if self.by_id[i].status not in CLOSED}
