"""Judge checks on facts: applicability, requirements, the rule, the level of its evidence, findings and the reason.

Every check ends in exactly one status:

1. `applies` false: *not applicable*, with the fact that makes it so; unknown: *unknown*; failed: *error*.
2. A check it requires has failed: *blocked* by that one, or by the one that blocks it. One cause is one failure.
3. The lines of the rule, in the order written: the first that holds wins; one that is unknown ends as *unknown*, one
   that fails to evaluate as *error*; where no line holds, *unknown*.
4. A *pass* is held to its evidence: below the check's least level it is *partial*; a check that asserts an absence is
   *unknown* where the scope was not read completely.
5. An attestation may change what could not be seen (see `aiaudit.packs.attested`), never what was.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from aiaudit.model.check import Check, FactSpec, Kind, Outcome, Pack, Status
from aiaudit.model.fact import NOT_FOLLOWED, PART_FAILED, Confidence, Fact, Level, State
from aiaudit.model.result import Basis, CheckResult, Finding
from aiaudit.model.sentence import as_words, begun
from aiaudit.model.types import Unknown
from aiaudit.packs import attested, reasons
from aiaudit.packs.basis import basis_of
from aiaudit.packs.findings import Gathered, gather, number_equal_ones
from aiaudit.packs.levels import scope_gap, weakest_confidence, weakest_level
from aiaudit.packs.overrides import Overrides
from aiaudit.packs.support import FactsOf, rests_on
from aiaudit.packs.values import Values
from aiaudit.rules import Evaluation, Failed, evaluate

HALF = 0.5
_UNTOLD = "Cannot tell whether it applies: "
_NO_LINE = "No line of the rule holds."
FINDING_STATUSES = frozenset({Status.FAIL, Status.PARTIAL, Status.UNKNOWN})


class Verdict(Struct, frozen=True):
    """How a check stands before its findings, its sentence and its attestation are added."""

    status: Status
    reason: str = ""  # "" = the check's own sentence or a generated one
    points: float | None = None
    blocked_by: str | None = None
    read: tuple[str, ...] = ()  # ids of the facts that were read
    level: Level | None = None
    confidence: Confidence = Confidence.STRONG
    line: Outcome | None = None
    trace: tuple[str, ...] = ()
    rests_on: tuple[Basis, ...] = ()
    undecided: bool = False  # whether the check applies could not be told


def judge(
    packs: Sequence[Pack],
    specs: Mapping[str, FactSpec],
    facts: Mapping[str, Fact],
    *,
    overrides: Overrides | None = None,
    declared: Mapping[str, str] | None = None,
    explain: bool = False,
) -> tuple[CheckResult, ...]:
    """Judge every check of `packs`, in their order.

    Args:
        packs: what to judge. A required check that is not among them is taken as not failed.
        specs: the facts that the packs may use, by id (`Library.facts`).
        facts: what was collected, with the derived facts (`aiaudit.packs.derive`).
        overrides: parameters and severities in force; the shipped ones where None.
        declared: what the project file declares as stage, role, exposure and risk_tier.
        explain: also tell what decided, for `aiaudit explain`.
    """
    values = Values(specs, facts, declared)
    in_force = overrides or Overrides()
    by_id = {check.id: check for pack in packs for check in pack.checks}
    done: dict[str, CheckResult] = {}
    for check in _parents_first(by_id):
        done[check.id] = _judge_check(check, values, in_force, done, explain)
    return tuple(done[check.id] for pack in packs for check in pack.checks)


def _parents_first(checks: Mapping[str, Check]) -> Iterable[Check]:
    """Each check after those it requires (the loader has refused cycles)."""
    placed: dict[str, Check] = {}

    def add(check: Check) -> None:
        if check.id not in placed:
            for parent in check.requires:
                if parent in checks:
                    add(checks[parent])
            placed[check.id] = check

    for check in checks.values():
        add(check)
    return placed.values()


def _judge_check(
    check: Check, values: Values, overrides: Overrides, done: Mapping[str, CheckResult], explain: bool
) -> CheckResult:
    params = overrides.params_of(check)
    seen = values.named(check.names, params)
    told = values.seen(check.names, params) if values.beyond(check.names) else seen
    once = values.copies.folded(told)
    try:
        verdict = _verdict(check, values, seen, told, done, explain)
        gathered = (
            gather(check, told, verdict.confidence, values.copies, values.cells)
            if verdict.status in FINDING_STATUSES
            else Gathered()
        )
        remark = ""
        if told is not seen and verdict.status is Status.UNKNOWN and _placed(gathered):
            verdict, remark = _by_what_was_seen(check, values, told, done, explain, verdict)
        sentence = _sentence(check, verdict, gathered, told, values) + remark
        own = _answers_faults(check, verdict, gathered, values)
        verdict, sentence = _with_attestation(check, verdict, sentence, gathered, values)
        gathered = replace(gathered, findings=number_equal_ones((*gathered.findings, *own))) if own else gathered
    except RecursionError:  # a hostile value, deeper than any rule needs; the audit of the rest goes on
        verdict, gathered, sentence = Verdict(Status.ERROR), Gathered(), "A value it reads is nested too deeply."
    return CheckResult(
        id=check.id,
        pack=check.pack,
        title=check.title,
        severity=overrides.severity_of(check),
        kind=check.kind,
        status=verdict.status,
        points=_points(verdict),
        evidence_level=verdict.level,
        confidence=verdict.confidence,
        reason=sentence,
        blocked_by=verdict.blocked_by,
        params=params,
        findings=gathered.findings,
        why=check.why,
        remediation=reasons.text_of(check, "remediation", told, once),
        effort=check.effort,
        risk=reasons.text_of(check, "risk", told, once),
        settles=reasons.text_of(check, "settles", told, once) if verdict.status is Status.UNKNOWN else "",
        urgent=verdict.status is Status.FAIL
        and check.urgent is not None
        and evaluate(check.urgent, told).value is True,
        undecided=verdict.undecided and verdict.status is Status.UNKNOWN,
        question=check.question,
        controls=check.controls,
        facts=verdict.read,
        explain=verdict.trace,
        rests_on=verdict.rests_on,
        after=check.after,
        param_titles={param.name: param.title for param in check.params if param.title},
    )


def _verdict(
    check: Check,
    values: Values,
    seen: Mapping[str, Any],
    told: Mapping[str, Any],
    done: Mapping[str, CheckResult],
    explain: bool,
) -> Verdict:
    verdict = _applicability(check, values, seen, told, explain) or _blocked(check, done)
    return verdict or _held_to_evidence(check, _by_rule(check, values, seen, explain), values)


def _placed(gathered: Gathered) -> bool:
    return any(finding.path for finding in gathered.findings)


def _by_what_was_seen(
    check: Check,
    values: Values,
    told: Mapping[str, Any],
    done: Mapping[str, CheckResult],
    explain: bool,
    verdict: Verdict,
) -> tuple[Verdict, str]:
    """The verdict of a check that code beyond what was read leaves open, and a remark on that code: what is wrong at a
    place that was seen is wrong there whatever else there is. Nothing is found right by it."""
    shown = _verdict(check, values, told, told, done, explain)
    if shown.status not in (Status.FAIL, Status.PARTIAL):
        return verdict, ""
    beyond = _plain(verdict.reason).removeprefix(_UNTOLD)
    return shown, f" Not judged beside this: {beyond}." if _is_of_others(beyond) else ""


def _points(verdict: Verdict) -> float | None:
    """1, 0, or the fraction of a partial one; None where nothing was judged."""
    if verdict.status is Status.PARTIAL:
        return HALF if verdict.points is None else verdict.points
    return {Status.PASS: 1.0, Status.FAIL: 0.0}.get(verdict.status)


def _applicability(
    check: Check, values: Values, seen: Mapping[str, Any], told: Mapping[str, Any], explain: bool
) -> Verdict | None:
    """The verdict where the check does not apply or that cannot be told; None where it applies. `told`: what its
    sentence speaks of."""
    if check.applies is None:
        return None
    outcome = evaluate(check.applies, seen, explain=explain)
    if outcome.value is True:
        return None
    read = _facts_read(check, outcome)
    facts = _known(values, read)
    confidence = weakest_confidence(facts)
    trace = (f"applies: {check.applies.source}", *outcome.trace) if explain else ()
    if isinstance(outcome.value, Failed):
        reason = f"Whether it applies could not be worked out: {outcome.value.reason}."
        return Verdict(Status.ERROR, reason, read=read, confidence=confidence, trace=trace)
    if isinstance(outcome.value, Unknown):
        reason = f"{_UNTOLD}{as_words(outcome.value.reason)}."
        return Verdict(Status.UNKNOWN, reason, read=read, confidence=confidence, trace=trace, undecided=True)
    deciding = rests_on(check.applies, seen, _lookup(check, values), value=False) or facts
    return Verdict(
        Status.NOT_APPLICABLE,
        reasons.not_applicable(check, told, {f.id: reasons.called(f, values.title(f.id)) for f in deciding}),
        read=read,
        level=weakest_level(deciding),
        confidence=weakest_confidence(deciding),
        trace=trace,
    )


def _blocked(check: Check, done: Mapping[str, CheckResult]) -> Verdict | None:
    for parent_id in check.requires:
        parent = done.get(parent_id)
        if parent is not None and parent.status in (Status.FAIL, Status.BLOCKED):
            cause = parent.blocked_by or parent_id
            return Verdict(Status.BLOCKED, blocked_by=cause, trace=(f"requires: {parent_id} is {parent.status}",))
    return None


def _by_rule(check: Check, values: Values, seen: Mapping[str, Any], explain: bool) -> Verdict:
    """The first line of the rule that holds, or that cannot be told."""
    verdict = Verdict(Status.UNKNOWN, _NO_LINE)
    read: dict[str, None] = {}
    trace: list[str] = []
    for line in check.rule:
        outcome = Evaluation(True) if line.when is None else evaluate(line.when, seen, explain=explain)
        here = _facts_read(check, outcome)
        read.update(dict.fromkeys(here))
        trace += [f"{line.status}: {line.source} → {_told(outcome.value)}", *outcome.trace]
        if outcome.value is not False:
            facts = _known(values, check.evidence) or _basis(check, line, outcome, values, seen)
            verdict = _ended_at(check, line, outcome.value, facts, seen)
            if explain and outcome.value is True:
                verdict = replace(verdict, rests_on=basis_of(check, line, seen, values))
            break
    return replace(verdict, read=tuple(read), trace=tuple(trace) if explain else ())


def _basis(check: Check, line: Outcome, outcome: Evaluation, values: Values, seen: Mapping[str, Any]) -> list[Fact]:
    """The facts on which the line that decided rests: for `otherwise`, those for which no line before it holds. Where
    no fact decided but a parameter or a declaration, those that were read."""

    facts_of = _lookup(check, values)
    if outcome.value is not True:
        return facts_of(sorted(outcome.read))
    if line.when is not None:
        return rests_on(line.when, seen, facts_of) or facts_of(sorted(outcome.read))
    before = [one.when for one in check.rule[: check.rule.index(line)] if one.when is not None]
    basis = [fact for when in before for fact in rests_on(when, seen, facts_of, value=False)]
    return basis or facts_of(sorted({name for when in before for name in when.names}))


def _told(value: Any) -> str:
    if isinstance(value, Failed):
        return "could not be worked out"
    return "cannot be told" if isinstance(value, Unknown) else "holds" if value else "does not hold"


def _ended_at(check: Check, line: Outcome, value: Any, facts: Sequence[Fact], seen: Mapping[str, Any]) -> Verdict:
    """The verdict of the line that decided; `facts` are what it rests on."""
    if isinstance(value, Unknown | Failed):
        status = Status.ERROR if isinstance(value, Failed) else Status.UNKNOWN
        reason = value.reason or f"whether {line.source} holds {_told(value)}"
        return Verdict(status, reason, confidence=weakest_confidence(facts), line=line)
    points = None
    if line.status is Status.PARTIAL and check.points is not None:
        credit = evaluate(check.points, seen).value
        points = min(1.0, max(0.0, credit)) if isinstance(credit, float) and not math.isnan(credit) else None
    return Verdict(
        line.status, points=points, level=weakest_level(facts), confidence=weakest_confidence(facts), line=line
    )


def _held_to_evidence(check: Check, verdict: Verdict, values: Values) -> Verdict:
    """A pass stands only on evidence that is strong enough; where it asserts an absence, on a scope that was read."""
    if verdict.status is not Status.PASS:
        return verdict
    if check.asserts_absence:
        facts = _known(values, check.evidence or verdict.read)
        if gap := scope_gap(check, facts):
            return replace(verdict, status=Status.UNKNOWN, reason=f"Nothing was found, but {gap}.")
    level = verdict.level or Level.CLAIM
    if level < check.min_level:
        return replace(verdict, status=Status.PARTIAL, reason=reasons.below_level(level, check.min_level), points=None)
    return verdict


def _sentence(check: Check, verdict: Verdict, gathered: Gathered, seen: Mapping[str, Any], values: Values) -> str:
    """Why it ended so: the engine's own reason, the check's sentence for the status, or a generated one."""
    facts = [values.facts[fact_id] for fact_id in verdict.read if fact_id in values.facts]
    own, copied = reasons.said_once(check, verdict.status, seen, values.copies.folded(seen), gathered.copied)
    match verdict.status:
        case Status.UNKNOWN if check.kind is not Kind.ATTESTED and _is_of_others(verdict.reason):
            sentence = _ended(verdict.reason)
        case Status.UNKNOWN | Status.ERROR if verdict.reason:
            told = own and (not _is_unread(facts, verdict.reason) or _plain(verdict.reason).isidentifier())
            more = f" ({_plain(verdict.reason)})" if _tells_more(verdict.reason) else ""
            sentence = f"{own}{more}" if told else _ended(verdict.reason)
        case Status.PARTIAL if verdict.reason:
            passed = reasons.from_pack(check, Status.PASS, seen) or reasons.holds(check, facts)
            sentence = f"{passed} {verdict.reason}"
        case Status.BLOCKED:
            sentence = own or f"Not judged before {verdict.blocked_by} is mended, on which it rests."
        case Status.NOT_APPLICABLE if verdict.line is None:
            sentence = own or verdict.reason
        case _ if check.kind is Kind.ATTESTED and not own and reasons.has_default_rule(check):
            record = attested.record_of(values.facts.get(attested.fact_id(check.id)))
            sentence = attested.attested_reason(verdict.status, record, check.question)
        case _:
            titles = {fact.id: reasons.called(fact, values.title(fact.id)) for fact in facts} if not own else {}
            sentence = own or reasons.generated(check, verdict.status, verdict.line, facts, gathered, titles)
    return sentence + (copied if own and own in sentence else "") + gathered.remark


def _is_of_others(reason: str) -> bool:
    """Whether what leaves it open is nothing that a pack's sentence speaks of: that one tells what its rule could not
    see, not whether it applies, and of code that it knows it cannot follow."""
    return reason.startswith(_UNTOLD) or NOT_FOLLOWED in reason or PART_FAILED in reason


def _is_unread(facts: Sequence[Fact], reason: str) -> bool:
    """Whether it cannot be told since files could not be read: a pack's sentence tells of other causes."""
    return any(
        fact.state is State.UNKNOWN and fact.scope is not None and not fact.scope.complete and fact.reason in reason
        for fact in facts
        if fact.reason
    )


def _answers_faults(check: Check, verdict: Verdict, gathered: Gathered, values: Values) -> tuple[Finding, ...]:
    """What is wrong with the claim itself."""
    record = attested.record_of(values.facts.get(attested.fact_id(check.id)))
    return attested.findings_of(check, verdict.status, check.asserts_absence or bool(gathered.findings), record)


def _with_attestation(
    check: Check, verdict: Verdict, sentence: str, gathered: Gathered, values: Values
) -> tuple[Verdict, str]:
    """What a claim changes about a check that can be observed."""
    if check.kind is Kind.ATTESTED or verdict.status in (Status.NOT_APPLICABLE, Status.BLOCKED, Status.ERROR):
        return verdict, sentence
    fact_id = attested.fact_id(check.id)
    record = attested.record_of(values.facts.get(fact_id))
    fault_seen = check.asserts_absence or bool(gathered.findings)
    status, remark = attested.lift(verdict.status, fault_seen, record)
    if not remark:
        return verdict, sentence
    if status is not verdict.status:
        claim = values.facts[fact_id]
        verdict = replace(
            verdict,
            status=status,
            points=None,
            level=claim.level,
            confidence=weakest_confidence([claim]),
            read=(*verdict.read, fact_id),
            trace=(*verdict.trace, f"attestation: {verdict.status} → {status}") if verdict.trace else (),
        )
    return verdict, f"{sentence} {remark}"


def _facts_read(check: Check, outcome: Evaluation) -> tuple[str, ...]:
    """The ids of the facts an evaluation read (parameters and declarations are no facts)."""
    return tuple(check.names[name] for name in sorted(outcome.read) if name in check.names)


def _lookup(check: Check, values: Values) -> FactsOf:
    """From names that the check uses to the facts behind them."""
    return lambda names: _known(values, [check.names[name] for name in names if name in check.names])


def _known(values: Values, fact_ids: Iterable[str]) -> list[Fact]:
    return [values.facts[fact_id] for fact_id in fact_ids if fact_id in values.facts]


def _tells_more(reason: str) -> bool:
    """Whether a reason of the engine adds to the pack's own sentence: neither the one for a rule that ends nowhere nor
    the bare word by which a value of the code is called (`boolop`, `subscript`)."""
    plain = _plain(reason)
    return plain != _plain(_NO_LINE) and not plain.isidentifier()


def _plain(reason: str) -> str:
    return reason.rstrip(".")


def _ended(reason: str) -> str:
    told = as_words(_plain(reason))
    text = f"Cannot be told: {told}" if told != _plain(reason) else begun(reason)
    return text if text.endswith((".", "!", "?")) else f"{text}."


__all__ = ["Finding", "Verdict", "judge"]
