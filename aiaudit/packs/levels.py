"""How strong the evidence behind a result is: levels, confidence and completeness of the scope."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from aiaudit.model.check import Check, Kind
from aiaudit.model.fact import Confidence, Fact, Level, State

_EMPTY: tuple[object, ...] = (None, False, 0, "", [], {})
_ORDER = {Confidence.WEAK: 0, Confidence.MEDIUM: 1, Confidence.STRONG: 2}


def default_min_level(kind: Kind, asserts_absence: bool) -> Level:
    """The least level at which a check may pass, where its pack names none.

    Automatic checks must be wired, measured ones have a result, attested ones a named owner, evidence and date. That
    something bad is absent is a static property, shown by having read everything.
    """
    if kind is Kind.ATTESTED:
        return Level.EXISTS
    if kind is Kind.MEASURED:
        return Level.RESULT
    return Level.CONTENT if asserts_absence else Level.WIRED


def weakest_level(facts: Iterable[Fact]) -> Level | None:
    """The weakest link of the facts that a result rests on; None where it rests on no fact that could be looked at.

    A fact that could not be looked at decided nothing, so it does not count. A thing that is not there (absent, or
    false, 0 or empty) has no level of its own: beside facts that were found it adds and takes nothing; where only
    absences decided, everything in scope was read, which is the level of judged content, or that of mere existence
    where no scope is known.
    """
    found: list[Level] = []
    absent: list[Level] = []
    for fact in facts:
        if fact.state is State.KNOWN and fact.value not in _EMPTY:
            found.append(fact.level)
        elif fact.state in (State.KNOWN, State.ABSENT):
            searched = Level.CONTENT if fact.scope is not None and fact.scope.complete else Level.EXISTS
            absent.append(max(fact.level, searched))
    if found:
        return min(found)
    return min(absent, default=None)


def weakest_confidence(facts: Iterable[Fact]) -> Confidence:
    """The least confidence among the facts; strong where there is none to doubt."""
    return min((fact.confidence for fact in facts), key=_ORDER.__getitem__, default=Confidence.STRONG)


def scope_gap(check: Check, facts: Sequence[Fact]) -> str:
    """Why these facts cannot show that something is absent; empty where they can.

    Facts that the check names as `evidence` must all have a complete scope. Where it names none, those of the deciding
    line that have a scope must, and there must be one.
    """
    judged = list(facts) if check.evidence else [fact for fact in facts if fact.scope is not None]
    if not judged:
        return "no fact it read says how much of the project was looked through"
    for fact in judged:
        scope = fact.scope
        if scope is None:
            return f"{fact.id} does not say how much of the project was looked through"
        if scope.files == 0:
            return f"there was nothing to look through for {fact.id}"
        if not scope.complete:
            missed = scope.files - scope.read
            names = f" ({', '.join(scope.unread[:3])}{', …' if missed > 3 else ''})" if scope.unread else ""
            return f"{missed} of {scope.files} files could not be read{names}"
    return ""
