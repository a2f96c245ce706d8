"""From an audit to the result JSON (its shape: `aiaudit.reports.schema`), from which every report is made."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final

from aiaudit import subject, track_record
from aiaudit.model.fact import Fact
from aiaudit.model.fact_json import Values, fact_json
from aiaudit.model.result import Basis, CheckResult, Finding, GateRule, NextLevel, PackScore, Waiver
from aiaudit.model.types import as_json
from aiaudit.reports import coverage
from aiaudit.scoring.score import Figures

if TYPE_CHECKING:
    from aiaudit.audit import Audit
    from aiaudit.model.check import FactSpec
    from aiaudit.plugins import Plugin
    from aiaudit.scoring.baseline import Difference, Located
    from aiaudit.scoring.levels import GateResult, Ladder, Standing
    from aiaudit.scoring.priority import Action
    from aiaudit.scoring.waivers import WaiverUse

SCHEMA_VERSION: Final = 1
MOST_ITEMS: Final = 500  # of a list fact's value; the saved facts (`--facts-out`) hold all of them


def to_json(audit: Audit, values: Values = as_json) -> dict[str, Any]:
    """The result JSON of an audit. Sections whose probe did not run are null. `values`: what makes JSON of a fact's
    value; the encoder can do without (`unchanged`)."""
    collection, judged, scored = audit.collection, audit.judged, audit.scored
    figures, accepted = scored.figures, scored.accepted
    own = {r.id: r for r in judged.accepted}
    answers = subject.attestations(audit.facts)
    profile = subject.data_profile(audit.facts, collection.specs)
    capacity = _own_report(audit, subject.capacity_plan)
    cost = _own_report(audit, subject.cost_plan)
    flags = subject.flags(audit.facts)
    data: dict[str, Any] = {
        "schema_version": SCHEMA_VERSION,
        "as_of": collection.as_of.isoformat(),
        "tool": {
            "name": "aiaudit",
            "version": audit.version,
            "ruleset_hash": audit.ruleset_hash,
            "plugins": [_plugin(plugin) for plugin in audit.plugins],
        },
        "project": {
            **collection.project,
            "stage": collection.config.project.stage or None,
            "flags": flags,
            "declared": subject.declared(collection.config),
        },
        "host": collection.host,
        "score": figures.score,
        "score_low": figures.low,
        "score_high": figures.high,
        "score_accepted": accepted.score,
        "coverage": figures.coverage,
        "evidence_strength": figures.strength,
        "unnumbered": list(figures.unnumbered),
        "readiness": scored.readiness,
        "readiness_shipped": scored.standing.by_shipped if scored.readiness else None,
        "next_level": _next_level(scored.next_level),
        "weakest_core": figures.weakest_core,
        "levels": _levels(audit.ladder, scored.standing),
        "packs": [_pack(p, accepted.pack(p.id)) for p in figures.packs],
        "checks": [_check(r, own[r.id], scored.priorities[r.id]) for r in judged.results],
        "actions": [_action(a) for a in scored.actions],
        "quick_wins": list(scored.quick_wins),
        "facts": _facts(audit, profile, values),
        "frameworks": coverage.to_json(audit.frameworks),
        "data": as_json(audit.facts[profile].value) or None if profile else None,
        "capacity": capacity,
        "cost": cost,
        "attestations": as_json(answers),
        "assumptions": [
            *(_comes_from(plugin) for plugin in audit.plugins),
            *([subject.NO_MODEL] if subject.without_model({"flags": flags}) else ()),
            *subject.assumptions(collection.config, answers, collection.config_by),
            *subject.capacity_assumptions(capacity),
            *subject.cost_assumptions(cost),
            *_outside(figures),
        ],
        "relaxations": list(audit.settings.relaxations),
        "skipped": collection.skipped,
        "gate": {"passed": all(rule.passed for rule in audit.gate), "rules": [_rule(rule) for rule in audit.gate]},
        "baseline": _since(audit.since) if audit.since else None,
        "waivers": [_waiver_use(use) for use in judged.waivers],
        "problems": list(audit.problems),
        "brand": as_json(collection.config.brand) or None,
    }
    if audit.timings is not None:
        data["timings"] = dict(audit.timings)
    return data


def _facts(audit: Audit, profile: str | None, values: Values) -> dict[str, Any]:
    """Every fact by id, but for what stands in a section of its own: the data's profile, and the plan's own report."""
    names = [name for name in sorted(audit.facts) if name != profile]
    found = {name: fact_json(audit.facts[name], MOST_ITEMS, values) for name in names}
    for section in (subject.capacity_plan, subject.cost_plan):
        if plan := section(audit.facts, audit.collection.specs):
            value = found[plan]["value"]
            if isinstance(value, dict):
                found[plan]["value"] = {key: part for key, part in value.items() if key != "report"}
    return found


def _own_report(audit: Audit, section: Callable[[Mapping[str, Fact], Mapping[str, FactSpec]], str | None]) -> Any:
    """Capacity or cost of the declared workload as `aiaudit plan --json` prints it; None where none is declared."""
    name = section(audit.facts, audit.collection.specs)
    value = audit.facts[name].value if name else None
    report = as_json(value.get("report")) if isinstance(value, Mapping) else None
    return report if isinstance(report, dict) and report else None


def _outside(figures: Figures) -> list[str]:
    """Says so where the score lies outside its range, which takes in the packs without a number."""
    if figures.score is None or figures.low <= figures.score <= figures.high:
        return []
    titles = {pack.id: pack.title for pack in figures.packs}
    areas = "; ".join(titles.get(name, name) for name in figures.unnumbered)
    return [
        f"The score is the mean of the areas with a number; the range, {figures.low:g} to {figures.high:g}, takes in"
        f" every area, also those with too little evidence for a number of their own ({areas}). Read the score together"
        " with it."
    ]


def _pack(pack: PackScore, accepted: PackScore | None) -> dict[str, Any]:
    return {
        "id": pack.id,
        "title": pack.title,
        "core": pack.core,
        "score": pack.score,
        "uncapped_score": pack.uncapped_score,
        "low": pack.low,
        "high": pack.high,
        "coverage": pack.coverage,
        "capped_by": list(pack.capped_by),
        "counts": dict(pack.counts),
        "judged_weight": pack.judged_weight,
        "applicable_weight": pack.applicable_weight,
        "score_accepted": accepted.score if accepted else None,
    }


def _check(result: CheckResult, accepted: CheckResult, priority: float) -> dict[str, Any]:
    """One check. `accepted` says how the project's own settings judge it, where that differs."""
    return {
        "id": result.id,
        "pack": result.pack,
        "title": result.title,
        "severity": result.severity.value,
        "kind": result.kind.value,
        "status": result.status.value,
        "points": result.points,
        "evidence_level": result.evidence_level.value if result.evidence_level else None,
        "confidence": result.confidence.value,
        "track_record": _track_record(result),
        "reason": result.reason,
        "blocked_by": result.blocked_by,
        "params": as_json(result.params),
        "findings": [_finding(f) for f in result.findings],
        "waiver": _waiver(result.waiver) if result.waiver else None,
        "why": result.why,
        "remediation": result.remediation,
        "effort": result.effort.value,
        "effort_days": result.effort.days,
        "priority": priority,
        "controls": {scheme: list(ids) for scheme, ids in result.controls.items()},
        "risk": result.risk,
        "settles": result.settles,
        **({"urgent": True} if result.urgent else {}),
        "question": result.question,
        "facts": list(result.facts),
        "explain": list(result.explain),
        "rests_on": [_basis(one) for one in result.rests_on],
        "after": list(result.after),
        "param_titles": dict(result.param_titles),
        "accepted": _accepted(result, accepted),
    }


def _track_record(result: CheckResult) -> dict[str, int] | None:
    read = track_record.record(result.id, result.status.value)
    return {"read": read.read, "right": read.right, "in_full": read.in_full} if read else None


def _accepted(result: CheckResult, accepted: CheckResult) -> dict[str, Any] | None:
    own = {
        "status": accepted.status.value,
        "points": accepted.points,
        "severity": accepted.severity.value,
        "params": as_json(accepted.params),
        "reason": accepted.reason,
    }
    shown = {
        "status": result.status.value,
        "points": result.points,
        "severity": result.severity.value,
        "params": as_json(result.params),
        "reason": result.reason,
    }
    return None if own == shown else own


def _basis(basis: Basis) -> dict[str, Any]:
    places = [{"path": place.path, "line": place.line} for place in basis.places]
    return {
        "what": basis.what,
        "fact": basis.fact,
        "places": places,
        "count": basis.count,
        "looked_at": basis.looked_at,
    }


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "message": finding.message,
        "path": finding.path,
        "line": finding.line,
        "measured": finding.measured,
        "limit": finding.limit,
        "confidence": finding.confidence.value,
        "fingerprint": finding.fingerprint,
        **({"copy_of": finding.copy_of} if finding.copy_of else {}),
        **({"cell": finding.cell} if finding.cell else {}),
    }


def _plugin(plugin: Plugin) -> dict[str, str]:
    return {"kind": plugin.kind, "name": plugin.name, "package": plugin.package, "version": plugin.version}


def _comes_from(plugin: Plugin) -> str:
    return f"The {plugin.kind} {plugin.name!r} come from the plug-in {plugin.package} {plugin.version}."


def naming(result: dict[str, Any], formats: Iterable[Plugin]) -> dict[str, Any]:
    """A saved result that also names the plug-ins that write its reports now."""
    tool = result["tool"]
    named = tool.get("plugins") or []
    new = [plugin for plugin in formats if _plugin(plugin) not in named]
    if not new:
        return result
    plugins = [*named, *(_plugin(plugin) for plugin in new)]
    said = [*(_comes_from(plugin) for plugin in new), *result["assumptions"]]
    return {**result, "tool": {**tool, "plugins": plugins}, "assumptions": said}


def _since(since: Difference) -> dict[str, Any]:
    def rows(found: Iterable[tuple[str, Located]]) -> list[dict[str, Any]]:
        return [{"check": check, **at._asdict()} for check, at in found]

    return {
        "as_of": since.as_of,
        "ruleset_hash": since.ruleset_hash,
        "new": rows(since.new),
        "fixed": rows(since.fixed),
        "unchanged": since.unchanged,
    }


def _waiver(waiver: Waiver) -> dict[str, Any]:
    return {
        "id": waiver.id,
        "reason": waiver.reason,
        "owner": waiver.owner,
        "expires": waiver.expires,
        "expired": waiver.expired,
        "paths": list(waiver.paths),
        "control": waiver.compensating_control,
        "ticket": waiver.ticket,
        "at": waiver.at,
    }


def _waiver_use(use: WaiverUse) -> dict[str, Any]:
    return {**_waiver(use.waiver), "state": use.state, "covers": use.covers, "of": use.of}


def _rule(rule: GateRule) -> dict[str, Any]:
    return {
        "rule": rule.rule,
        "wanted": rule.wanted,
        "got": rule.got,
        "passed": rule.passed,
        "hint": rule.hint,
        "checks": list(rule.checks),
    }


def _next_level(step: NextLevel | None) -> dict[str, Any] | None:
    if step is None:
        return None
    return {
        "name": step.name,
        "missing": list(step.missing),
        "needs": list(step.needs),
        "effort_days": step.effort_days,
    }


def _levels(ladder: Ladder, standing: Standing) -> list[dict[str, Any]]:
    return [
        {
            "id": level.id,
            "title": level.title,
            "question": level.question,
            "reached": ladder.rank(standing.readiness) >= rank,
            "reached_shipped": ladder.rank(standing.by_shipped) >= rank,
            "gates": list(_gates(gate for gate in standing.gates if gate.level == level.id)),
        }
        for rank, level in enumerate(ladder.levels, start=1)
    ]


def _gates(gates: Iterable[GateResult]) -> Iterable[dict[str, Any]]:
    for gate in gates:
        yield {
            "wanted": gate.wanted,
            "got": gate.got,
            "state": gate.state.value,
            "checks": list(gate.checks),
            "unseen": list(gate.unseen),
            "pack": gate.pack or None,
        }


def _action(action: Action) -> dict[str, Any]:
    return {
        "check": action.check,
        "pack": action.pack,
        "verb": action.verb,
        "effort": action.effort.value,
        "effort_days": action.effort.days,
        "priority": action.priority,
        "blocks_next": action.blocks_next,
        "score_before": action.score_before,
        "score_after": action.score_after,
        "low_before": action.low_before,
        "low_after": action.low_after,
    }
