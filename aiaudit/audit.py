"""The one way through: project and machine → probes → facts → rules → results → score → gate → reports.

`audit()` reads like that line. What it returns becomes the result JSON (`aiaudit.reports.json`), from which every
report is made.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from aiaudit import __version__, plugins, subject
from aiaudit.collection import Collection, Progress
from aiaudit.model.check import Status
from aiaudit.model.fact import Fact
from aiaudit.model.framework import FrameworkCoverage
from aiaudit.model.result import CheckResult, GateRule, NextLevel
from aiaudit.packs.derive import derive
from aiaudit.packs.frameworks import load as load_frameworks
from aiaudit.packs.judge import judge
from aiaudit.prepared import Prepared, prepare
from aiaudit.probes.registry import PROBES
from aiaudit.ruleset import Options, Ruleset
from aiaudit.scoring import baseline, frameworks, gate, levels, path, priority, score, waivers
from aiaudit.settings import Settings, settle


class Judged(Struct, frozen=True):
    """Every check's result, by the shipped settings and by the project's own (`accepted`); waivers marked in both."""

    results: tuple[CheckResult, ...]
    accepted: tuple[CheckResult, ...]
    waivers: tuple[waivers.WaiverUse, ...]


class Scored(Struct, frozen=True):
    """Figures, level and plan. `readiness` is None where nothing could be judged; `counted` is what gates look at."""

    figures: score.Figures
    accepted: score.Figures
    counted: tuple[CheckResult, ...]
    standing: levels.Standing
    readiness: str | None
    next_level: NextLevel | None
    priorities: Mapping[str, float]
    actions: tuple[priority.Action, ...]
    quick_wins: tuple[str, ...]


class Audit(Struct, frozen=True):
    """All that one audit found."""

    version: str
    ruleset_hash: str
    collection: Collection
    settings: Settings
    facts: Mapping[str, Fact]
    judged: Judged
    ladder: levels.Ladder
    scored: Scored
    gate: tuple[GateRule, ...]
    frameworks: tuple[FrameworkCoverage, ...]
    timings: Mapping[str, float] | None
    since: baseline.Difference | None = None
    plugins: tuple[plugins.Plugin, ...] = ()  # whose packs, probes or formats were used

    @property
    def problems(self) -> tuple[str, ...]:
        """What was wrong with the project file and was left out, one line each."""
        return (*self.collection.problems, *self.settings.problems)


def audit(
    root: str | None, options: Options | None = None, *, facts: str | None = None, progress: Progress | None = None
) -> Audit:
    """Audit the project below `root`, or the facts saved in the file `facts`. Raises as `prepare`, and GateError."""
    return conclude(prepare(root, options, facts=facts, progress=progress))


def conclude(prepared: Prepared) -> Audit:
    """Judge and score what was seen. Raises ConfigError and GateError where the project's settings cannot be used."""
    ruleset, options, clock = prepared.ruleset, prepared.options, prepared.clock
    collection = prepared.collection.discreet()
    commented = subject.waivers(collection.facts)
    settings = settle(ruleset, options, collection.config, collection.config_by, collection.as_of, commented)
    known = derive(collection.specs, collection.facts, subject.declared_words(collection.config))
    basis = _Basis(ruleset, settings, collection, known)
    judged = _judge(basis)
    clock.lap("rules")
    ladder = levels.load(prepared.ladder_text)
    scored = _score(basis, judged, ladder, prepared.before)
    seen = gate.GateCase(
        results=scored.counted,
        figures=scored.accepted,
        coverage=scored.figures.coverage,
        readiness=scored.readiness,
        ladder=ladder,
        level_gates=scored.standing.gates,
        baseline=prepared.before,
    )
    rules = gate.judge(prepared.asked if prepared.asked.asked else settings.gate, seen)
    coverage = frameworks.cover(load_frameworks(), judged.results)
    clock.lap("score")
    return Audit(
        version=__version__,
        ruleset_hash=prepared.ruleset_hash,
        collection=collection,
        settings=settings,
        facts=known,
        judged=judged,
        ladder=ladder,
        scored=scored,
        gate=rules,
        frameworks=coverage,
        timings=clock.laps if options.timings else None,
        since=baseline.difference(judged.results, prepared.before) if prepared.before else None,
        plugins=(
            *ruleset.plugins,
            *plugins.of_probes((spec.probe for spec in collection.specs.values()), PROBES),
            *options.formats,
        ),
    )


class _Basis(Struct, frozen=True):
    """What results and scores are made from."""

    ruleset: Ruleset
    settings: Settings
    collection: Collection
    facts: Mapping[str, Fact]

    @property
    def declared(self) -> dict[str, str]:
        return subject.declared_words(self.collection.config)


def _judge(basis: _Basis) -> Judged:
    """Judge by the shipped settings, and again by the project's own where these differ; then mark what is waived."""
    packs, specs, settings = basis.ruleset.selected.packs, basis.ruleset.full.facts, basis.settings
    shown = judge(packs, specs, basis.facts, overrides=settings.shown, declared=basis.declared, explain=True)
    own = shown
    if settings.accepted != settings.shown:
        own = judge(packs, specs, basis.facts, overrides=settings.accepted, declared=basis.declared, explain=True)
    if not basis.collection.readable:  # nothing was seen, so nothing is judged, whatever a rule makes of no facts
        shown, own = _unjudged(shown), _unjudged(own)
    marked, _ = waivers.apply(settings.waivers, shown)
    own_marked, uses = waivers.apply(settings.waivers, own)
    return Judged(marked, own_marked, uses)


def _unjudged(results: Sequence[CheckResult]) -> tuple[CheckResult, ...]:
    reason = "There is no readable project file."
    return tuple(
        replace(r, status=Status.UNKNOWN, points=None, evidence_level=None, reason=reason, blocked_by=None, findings=())
        for r in results
    )


def _score(basis: _Basis, judged: Judged, ladder: levels.Ladder, before: baseline.Baseline | None) -> Scored:
    """Figures of both views, the readiness level, the way to the next one, and what to do first."""
    packs, results, own_packs = basis.ruleset.selected.packs, judged.results, basis.settings.own_packs
    figures = score.score(packs, results)
    counted = tuple(r for r in score.accepted(judged.accepted) if own_packs is None or r.pack in own_packs)
    case = levels.Case(
        results,
        figures,
        shipped=basis.ruleset.check_packs,
        declared=basis.declared,
        previous=before.readiness if before else None,
        expired=tuple(a["check"] for a in subject.attestations(basis.facts) or () if a.get("expired")),
    )
    standing = levels.stand(ladder, case)
    anything = any(r.status in score.JUDGED for r in results)
    step = path.next_level(ladder, packs, case, standing) if anything else None
    blocking = frozenset(step.missing if step else ())
    return Scored(
        figures=figures,
        accepted=score.score(packs, counted),
        counted=counted,
        standing=standing,
        readiness=standing.readiness if anything else None,
        next_level=step,
        priorities={r.id: round(priority.priority(r, r.id in blocking), 2) for r in results},
        actions=priority.actions(packs, results, blocking) if anything else (),
        quick_wins=priority.quick_wins(results),
    )
