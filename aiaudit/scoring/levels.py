"""Readiness levels: named gates, read from `checks/levels/readiness.yaml`, judged on results and figures.

A level is reached when all gates of it and of every level below are met. A gate whose checks do not apply drops out. A
gate's check that no pack ships, and a pack without a number, do not meet their gate; the state says which it was.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Any, Final

from msgspec import Struct, field

from aiaudit.model.check import Severity, Status
from aiaudit.model.fact import Level
from aiaudit.model.result import CheckResult
from aiaudit.scoring.score import MIN_APPLICABLE, Figures

NOT_READY: Final = "not_ready"


class GateState(StrEnum):
    MET = "met"
    UNMET = "unmet"
    NOT_SHIPPED = "not_shipped"  # a check, or too much of a pack, that it needs does not exist yet
    NOT_SELECTED = "not_selected"  # shipped, but left out of this audit
    NOT_APPLICABLE = "not_applicable"  # drops out


HOLDS: Final = frozenset({GateState.MET, GateState.NOT_APPLICABLE})
_NO_VERDICT: Final = HOLDS | {GateState.NOT_SHIPPED}


class GateSpec(Struct, frozen=True):
    """One gate as written: exactly one of its kinds is set (see the head of the YAML file)."""

    check: str = ""
    any_of: tuple[str, ...] = ()
    severity: Severity | None = None
    reach: str = ""
    packs: str = ""
    score: float = 0.0
    coverage: float = 0.0
    strength: float = 0.0
    attestations: str = ""
    previous: str = ""
    when: Mapping[str, str] = field(default_factory=dict)


class LevelSpec(Struct, frozen=True):
    id: str
    title: str
    question: str
    gates: tuple[GateSpec, ...]


class Ladder(Struct, frozen=True):
    """All levels, lowest first, and how many checks the catalogue has for each pack (`core` packs apart)."""

    levels: tuple[LevelSpec, ...]
    catalogue: Mapping[str, int]
    core: frozenset[str]

    def rank(self, level: str | None) -> int:
        """0 for not ready or none, 1 for the first level, and so on."""
        return 1 + next((i for i, spec in enumerate(self.levels) if spec.id == level), -1)


class GateResult(Struct, frozen=True):
    """How one gate ended. `wanted` and `got` are words; `checks` are those that keep it from being met.

    `unseen`: of a gate that is met because nothing failed, the checks that nobody could judge: it is not contradicted,
    which is less than shown. A gate on a figure says which (`figure`, and `pack` for a pack's score) and the least it
    asks for.
    """

    level: str
    wanted: str
    got: str
    state: GateState
    checks: tuple[str, ...] = ()
    any_of: bool = False
    figure: str = ""
    pack: str = ""
    least: float = 0.0
    unseen: tuple[str, ...] = ()


class Standing(Struct, frozen=True):
    """The level reached, and the level by the gates whose checks are shipped so far (`by_shipped`)."""

    readiness: str
    by_shipped: str
    gates: tuple[GateResult, ...]


class Case(Struct, frozen=True):
    """What gates look at: results and figures of one audit and a few declared things.

    `shipped` holds every check that exists, selected or not, and its pack. `previous` is the readiness of the audit
    given as baseline. `expired` names attestations whose review day has passed.
    """

    results: Sequence[CheckResult]
    figures: Figures
    shipped: Mapping[str, str]
    declared: Mapping[str, str] = field(default_factory=dict)
    previous: str | None = None
    expired: tuple[str, ...] = ()


def load(text: str) -> Ladder:
    """Read the shipped ladder."""
    import yaml

    data = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 (a safe loader)
    levels = tuple(
        LevelSpec(
            entry["id"], entry["title"], entry["question"], tuple(g for raw in entry["gates"] for g in _gates(raw))
        )
        for entry in data["levels"]
    )
    packs = data["packs"]
    return Ladder(
        levels, {k: v["checks"] for k, v in packs.items()}, frozenset(k for k, v in packs.items() if v["core"])
    )


def stand(ladder: Ladder, case: Case) -> Standing:
    """Judge every gate of every level, and say which level is reached."""
    judge = _Judge(ladder, case)
    gates = tuple(result for level in ladder.levels for spec in level.gates for result in judge.gate(level.id, spec))
    return Standing(_highest(ladder, gates, HOLDS), _highest(ladder, gates, _NO_VERDICT), gates)


def _highest(ladder: Ladder, gates: Sequence[GateResult], holds: frozenset[GateState]) -> str:
    """The highest level whose gates, and those of all levels below, are in `holds`; one at least must be met."""
    reached = NOT_READY
    for level in ladder.levels:
        states = {g.state for g in gates if g.level == level.id}
        if not states <= holds or GateState.MET not in states:
            break
        reached = level.id
    return reached


def _gates(raw: Mapping[str, Any]) -> list[GateSpec]:
    """One gate a check where several are listed, so that each can be shown and mended by itself."""
    values = dict(raw)
    checks = values.pop("checks", None)
    if "severity" in values:
        values["severity"] = Severity(values["severity"])
    if "any_of" in values:
        values["any_of"] = tuple(values["any_of"])
    return [GateSpec(check=c, **values) for c in checks] if checks else [GateSpec(**values)]


class _Judge:
    """Judges gates on one case."""

    def __init__(self, ladder: Ladder, case: Case) -> None:
        self.ladder = ladder
        self.case = case
        self.by_id = {r.id: r for r in case.results}

    def gate(self, level: str, spec: GateSpec) -> list[GateResult]:
        """The result of one gate; a gate on packs gives one result a pack."""
        figures = self.case.figures
        if any(self.case.declared.get(key, "") != value for key, value in spec.when.items()):
            said = ", ".join(f"{key.replace('_', ' ')} {value}" for key, value in spec.when.items())
            return [
                GateResult(
                    level, f"{spec.check} {_REACH[spec.reach]}", f"asked only of {said}", GateState.NOT_APPLICABLE
                )
            ]
        if spec.packs:
            return self._packs(level, spec)
        if spec.check:
            state, got = self._check(spec.check, spec.reach)
            checks = () if state in HOLDS else (spec.check,)
            unseen = self._unseen((spec.check,)) if state is GateState.MET else ()
            return [GateResult(level, f"{spec.check} {_REACH[spec.reach]}", got, state, checks, unseen=unseen)]
        if spec.any_of:
            return [self._any(level, spec)]
        if spec.severity:
            return [self._severity(level, spec.severity, spec.reach)]
        if spec.coverage:
            return [
                _figure(
                    level,
                    "coverage",
                    f"at least {spec.coverage:g} % of the evidence seen",
                    figures.coverage,
                    spec.coverage,
                )
            ]
        if spec.strength:
            wanted = f"at least {spec.strength:g} % of the judged weight on evidence level E3 or better"
            return [_figure(level, "strength", wanted, figures.strength, spec.strength)]
        if spec.attestations:
            expired = self.case.expired
            return [
                GateResult(level, "no expired attestation", ", ".join(expired) or "none expired", _met(not expired))
            ]
        before = self.case.previous
        met = _met(self.ladder.rank(before) >= self.ladder.rank(spec.previous))
        return [
            GateResult(
                level, f"the audit before this one at {spec.previous} or above", before or "no baseline given", met
            )
        ]

    def _check(self, check_id: str, reach: str) -> tuple[GateState, str]:
        result = self.by_id.get(check_id)
        if result is None:
            return _NOT_SELECTED if check_id in self.case.shipped else _NOT_SHIPPED
        if result.status is Status.NOT_APPLICABLE:
            return GateState.NOT_APPLICABLE, "does not apply"
        got = result.status.value.replace("_", " ")
        if reach == "measured" and result.status is Status.PASS:
            got = f"pass on evidence level {result.evidence_level}"
        return _met(_reaches(result, reach)), got

    def _any(self, level: str, spec: GateSpec) -> GateResult:
        found = [(check, *self._check(check, spec.reach)) for check in spec.any_of]
        got = ", ".join(f"{check} {said}" for check, _, said in found)
        state = next(s for s in _BEST_FIRST if any(s is state for _, state, _ in found))
        short = () if state in HOLDS else tuple(check for check, s, _ in found if s is state)
        return GateResult(level, f"{' or '.join(spec.any_of)} {_REACH[spec.reach]}", got, state, short, any_of=True)

    def _severity(self, level: str, severity: Severity, reach: str) -> GateResult:
        applicable = [r for r in self.case.results if r.severity is severity and r.status is not Status.NOT_APPLICABLE]
        short = tuple(sorted(r.id for r in applicable if not _reaches(r, reach) and not _accepted_partial(r)))
        wanted = f"no failed {severity}" if reach == "not_failed" else f"every {severity} check {_REACH[reach]}"
        got = ", ".join(f"{i} {self.by_id[i].status.value}" for i in short) or f"none of {len(applicable)} falls short"
        unseen = () if short else self._unseen(r.id for r in applicable)
        return GateResult(level, wanted, got, _met(not short), short, unseen=unseen)

    def _unseen(self, ids: Iterable[str]) -> tuple[str, ...]:
        """Those of the checks that nobody could judge."""
        return tuple(sorted(i for i in ids if self.by_id[i].status in _UNSEEN))

    def _packs(self, level: str, spec: GateSpec) -> list[GateResult]:
        known = [
            p for p in self.ladder.catalogue if (p in self.ladder.core) is (spec.packs == "core") or spec.packs == "all"
        ]
        others = [p.id for p in self.case.figures.packs if p.id not in self.ladder.catalogue and spec.packs != "core"]
        return [self._pack(level, pack, spec.score) for pack in known + others]

    def _pack(self, level: str, pack_id: str, least: float) -> GateResult:
        wanted = f"{pack_id} at least {least:g}"
        figures = self.case.figures.pack(pack_id)
        if figures is None or not sum(figures.counts.values()):
            exists = pack_id in self.case.shipped.values()
            state, got = _NOT_SELECTED if exists else _NOT_SHIPPED
            return GateResult(level, wanted, got, state, figure="score", pack=pack_id, least=least)
        applicable = sum(n for status, n in figures.counts.items() if status not in ("waived", "not_applicable"))
        shipped = sum(n for status, n in figures.counts.items() if status != "waived")
        if not applicable:
            state, got = GateState.NOT_APPLICABLE, "no check of it applies"
        elif figures.score is not None:
            state, got = _met(figures.score >= least), f"{figures.score:g}"
        elif applicable < MIN_APPLICABLE and shipped < self.ladder.catalogue.get(pack_id, 0):
            state = GateState.NOT_SHIPPED
            got = f"{applicable} applicable checks shipped so far; {MIN_APPLICABLE} are needed for a number"
        else:
            state = GateState.UNMET
            noun = "check" if applicable == 1 else "checks"
            got = f"no number: {applicable} applicable {noun}, {figures.coverage:g} % of the evidence seen"
        return GateResult(level, wanted, got, state, figure="score", pack=pack_id, least=least)


_NOT_SHIPPED: Final = (GateState.NOT_SHIPPED, "not shipped yet")
_NOT_SELECTED: Final = (GateState.NOT_SELECTED, "not selected for this audit")
_REACH: Final = {
    "not_failed": "not failed",
    "partial": "at least partial",
    "pass": "passed",
    "measured": "passed by measuring",
}


_UNSEEN: Final = frozenset({Status.UNKNOWN, Status.BLOCKED, Status.ERROR})
_BEST_FIRST: Final = (
    GateState.MET,
    GateState.UNMET,
    GateState.NOT_SELECTED,
    GateState.NOT_SHIPPED,
    GateState.NOT_APPLICABLE,
)


def _figure(level: str, figure: str, wanted: str, got: float, least: float) -> GateResult:
    return GateResult(level, wanted, f"{got:g} %", _met(got >= least), figure=figure, least=least)


def _met(holds: bool) -> GateState:
    return GateState.MET if holds else GateState.UNMET


def _accepted_partial(result: CheckResult) -> bool:
    """A critical check that is partial stands in no level's way where somebody accepted the rest, until a day."""
    waiver = result.waiver
    return result.status is Status.PARTIAL and waiver is not None and not waiver.expired and waiver.expires is not None


def _reaches(result: CheckResult, reach: str) -> bool:
    match reach:
        case "not_failed":  # what could not be judged was not shown to fail
            return result.status is not Status.FAIL
        case "partial":
            return result.status in (Status.PASS, Status.PARTIAL)
        case "measured":
            return result.status is Status.PASS and (result.evidence_level or Level.CLAIM) >= Level.RESULT
        case _:
            return result.status is Status.PASS
