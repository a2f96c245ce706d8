"""Derived facts: expressions over other facts, with the evidence of the facts they see."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from msgspec.structs import replace

from aiaudit.model.check import FactSpec
from aiaudit.model.fact import Evidence, Fact, Level, Scope, State
from aiaudit.model.types import Unknown
from aiaudit.packs.levels import weakest_confidence, weakest_level
from aiaudit.packs.support import rests_on
from aiaudit.packs.values import Values
from aiaudit.project.aside import rank
from aiaudit.rules import Failed, evaluate
from aiaudit.rules.values import Purse

MAX_EVIDENCE = 25


def derive(
    specs: Mapping[str, FactSpec], facts: Mapping[str, Fact], declared: Mapping[str, str] | None = None
) -> dict[str, Fact]:
    """All facts: those collected, and every derived one of `specs`, in the order that their own facts need.

    `declared` holds what the project file declares (`stage`, `role`, `exposure`, `risk_tier`).
    """
    complete = in_reading_order(facts)
    values, purse = Values(specs, complete, declared), Purse()
    for spec in in_order(specs):
        if spec.derive is not None:
            complete[spec.id] = _derived(spec, values, purse)
    return complete


def in_reading_order(facts: Mapping[str, Fact]) -> dict[str, Fact]:
    """The facts with what lies beside the project (tests, backups) at the end of each list of places, so that "first"
    in a sentence is a place that runs; else as they stood. What a pack sorts keeps this order among equals."""
    return {name: _in_reading_order(fact) for name, fact in facts.items()}


def _in_reading_order(fact: Fact) -> Fact:
    value = fact.value
    if fact.state is not State.KNOWN or not isinstance(value, list) or len(value) < 2:
        return fact
    paths = [one.get("path") if isinstance(one, dict) else None for one in value]
    ranks = [rank(path) for path in paths if isinstance(path, str)]
    if len(ranks) < len(value) or len(set(ranks)) == 1:
        return fact
    return replace(fact, value=[value[at] for at in sorted(range(len(value)), key=ranks.__getitem__)])


def in_order(specs: Mapping[str, FactSpec]) -> Sequence[FactSpec]:
    """The specs so that each stands after the facts it is made of (the loader has refused cycles)."""
    ordered: dict[str, FactSpec] = {}

    def add(spec: FactSpec) -> None:
        if spec.id not in ordered:
            for inner in (*spec.names.values(), *spec.sees):
                if inner in specs and inner != spec.id:
                    add(specs[inner])
            ordered[spec.id] = spec

    for spec in specs.values():
        add(spec)
    return tuple(ordered.values())


def _derived(spec: FactSpec, values: Values, purse: Purse) -> Fact:
    assert spec.derive is not None
    given = values.named(spec.names)
    outcome = evaluate(spec.derive, given, budget=purse.budget())
    purse.took(outcome.steps)

    def facts_of(names: Iterable[str]) -> list[Fact]:
        return [values.facts[spec.names[name]] for name in names if spec.names.get(name) in values.facts]

    basis = rests_on(spec.derive, given, facts_of, outcome.value) if isinstance(outcome.value, bool) else []
    basis = basis or facts_of(sorted(outcome.read))
    seen = [values.facts[fact_id] for fact_id in spec.sees if fact_id in values.facts] or basis
    state, value, reason, beyond = State.KNOWN, outcome.value, "", ""
    if isinstance(value, Unknown) and values.beyond(spec.names):
        seen_alone = evaluate(spec.derive, values.seen(spec.names), budget=purse.budget())
        purse.took(seen_alone.steps)
        if isinstance(seen_alone.value, list):
            beyond, value = value.reason, seen_alone.value
    if isinstance(value, Unknown | Failed):
        state, reason = (State.UNKNOWN if isinstance(value, Unknown) else State.ERROR), value.reason
        value = None
    return Fact(
        id=spec.id,
        state=state,
        value=value,
        level=weakest_level(basis) or Level.CLAIM,
        method=f"derived: {spec.derive.source}",
        confidence=weakest_confidence(basis),
        evidence=_evidence(seen),
        scope=_scope(seen),
        reason=reason,
        beyond=beyond,
    )


def _evidence(facts: Sequence[Fact]) -> tuple[Evidence, ...]:
    distinct = dict.fromkeys(place for fact in facts for place in fact.evidence)
    return tuple(distinct)[:MAX_EVIDENCE]


def _scope(facts: Sequence[Fact]) -> Scope | None:
    """The parts' scopes together; larger complete ones do not hide an incomplete one, which then stands alone."""
    scopes = [fact.scope for fact in facts if fact.scope is not None]
    if not scopes:
        return None
    gaps = [scope for scope in scopes if scope.files and not scope.complete]
    if gaps:
        return min(gaps, key=lambda scope: scope.read / scope.files)
    unread = dict.fromkeys(path for scope in scopes for path in scope.unread)
    return Scope(sum(s.files for s in scopes), sum(s.read for s in scopes), tuple(unread)[:10])
