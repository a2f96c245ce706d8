"""Attestations: the default rule of attested checks, and what a claim may change about a check that can be observed.

The fact `attestation.<CHECK>` is a record {answered, answer, owner, evidence, evidence_form, reviewed, review_by,
valid, expired, stale, changes, problems, note}. A claim never outweighs what was seen:

- A valid "yes" lifts *unknown* to *partial*: someone with a name answers for what the project cannot show.
- It lifts *fail* to *partial* only where the failure is that nothing was found, for then the thing may lie elsewhere
  (another repository, a service). Where the fault itself was seen (the check has findings, or asserts an absence), the
  claim contradicts a fact, the check stays failed and the reason says so.
- A "no" turns *unknown* into *fail*, since the owner says that it does not hold. It never lowers what was seen to hold,
  so taking an attestation away never raises a figure; the contradiction is told.
- "partly", "not_applicable", an expired or incomplete answer change nothing and are told.

An answer that contradicts what was seen, one that has run out and one whose evidence was changed since are findings of
their own, at the answer's line.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from aiaudit.model.check import Check, Kind, Status
from aiaudit.model.fact import Confidence, Fact, State
from aiaudit.model.result import Finding
from aiaudit.packs.findings import fingerprint
from aiaudit.rules.wording import words

NAME: Final = "attestation"  # what rules call the attestation of their own check
PROBE: Final = "attestations"

DEFAULT_RULE: Final[Mapping[str, str]] = {
    "fail": "attestation.answer == 'no'",
    "not_applicable": "attestation.answer == 'not_applicable' && attestation.note != '' && !attestation.expired",
    "unknown": "!attestation.answered || attestation.answer == 'not_applicable'",
    "pass": "attestation.answer == 'yes' && attestation.valid",
    "partial": "otherwise",
}


def fact_id(check_id: str) -> str:
    """The id of the fact that holds a check's attestation."""
    return f"{NAME}.{check_id}"


def record_of(fact: Fact | None) -> Mapping[str, Any]:
    """The attestation as it was written; empty where there is none."""
    if fact is None or fact.state is not State.KNOWN or not isinstance(fact.value, Mapping):
        return {}
    return fact.value if fact.value.get("answered") else {}


def lift(status: Status, fault_seen: bool, record: Mapping[str, Any]) -> tuple[Status, str]:
    """The status of an observable check beside a claim, and what the reason adds ("" where nothing was answered)."""
    if not record:
        return status, ""
    answer, by = str(record.get("answer", "")), f"attested by {record.get('owner') or 'nobody named'}"
    trouble = _trouble(record)
    if answer == "yes" and trouble:
        return status, f"It is {by}, but that counts for nothing: {trouble}."
    if answer == "yes":
        if status is Status.UNKNOWN:
            return Status.PARTIAL, f"It is {by}; a claim earns at most half."
        if status is Status.FAIL and not fault_seen:
            return Status.PARTIAL, f"Nothing in the project shows it, but it is {by}; a claim earns at most half."
        if status is Status.FAIL:
            return status, f"It is {by}, which what was found contradicts."
        return status, ""
    if answer == "no":
        if status is Status.UNKNOWN:
            return Status.FAIL, f"It does not hold, {by}."
        if status in (Status.PASS, Status.PARTIAL):
            return status, f"That it does not hold is {by}, which what was found contradicts."
        return status, ""
    return status, f'The answer "{answer}" is {by}; it changes nothing for a check that can be observed.'


def findings_of(check: Check, status: Status, fault_seen: bool, record: Mapping[str, Any]) -> tuple[Finding, ...]:
    """What is wrong with the answer itself. `status` is the one without it; `fault_seen`: the fault itself was seen."""
    if not record or status in (Status.NOT_APPLICABLE, Status.BLOCKED, Status.ERROR):
        return ()
    answer, owner = str(record.get("answer", "")), record.get("owner") or "nobody named"
    said: list[tuple[str, str, str]] = []
    observed = check.kind is not Kind.ATTESTED
    if observed and answer == "yes" and status is Status.FAIL and fault_seen:
        said.append(("contradicts", f'{owner} answers "yes", and what was found shows otherwise.', answer))
    if observed and answer == "no" and status is Status.PASS:
        said.append(("contradicts", f'{owner} answers "no", and what was found shows that it holds.', answer))
    if answer in ("yes", "partly") and (status is not Status.PASS or not observed):
        if record.get("expired"):
            due = str(record.get("review_by", ""))
            said.append(("expired", f"The answer has run out: its review was due on {due}.", due))
        said += [("stale", f"The answer is stale: {change}.", "") for change in map(str, record.get("changes") or ())]
    element = {"path": record.get("path"), "line": record.get("line")}
    return tuple(
        Finding(
            message=message,
            path=str(record.get("path")) if record.get("path") else None,
            line=record.get("line"),
            measured=measured,
            confidence=Confidence.STRONG,
            fingerprint=fingerprint(check.id, {**element, "name": kind}, NAME),
        )
        for kind, message, measured in said
    )


def attested_reason(status: Status, record: Mapping[str, Any], question: str) -> str:
    """What an attested check under the default rule says of itself."""
    if not record:
        return f"Nobody has answered: {question}" if question else "Nobody has answered."
    owner = record.get("owner") or "nobody named"
    note = f": {record['note']}" if record.get("note") else ""
    if status is Status.PASS:
        until = f", to be reviewed by {record['review_by']}" if record.get("review_by") else ""
        opened = " (not opened)" if record.get("evidence_form") == "link" else ""
        return f"Attested by {owner}{until}; evidence: {words(record.get('evidence'))}{opened}."
    if status is Status.FAIL:
        return f"{owner} says that it does not hold{note}."
    if status is Status.NOT_APPLICABLE:
        return f"{owner} says that it does not apply{note}."
    if status is Status.UNKNOWN:
        return f"{owner} says that it does not apply, without a reason that still holds."
    trouble = _trouble(record)
    said = "partly" if record.get("answer") == "partly" else "yes"
    return f'{owner} answers "{said}"{note}' + (f"; {trouble}." if trouble else ".")


def _trouble(record: Mapping[str, Any]) -> str:
    """Why the answer does not count in full; empty where it does."""
    if record.get("valid"):
        return ""
    problems = [str(problem) for problem in record.get("problems") or ()]
    if record.get("expired") and not problems:
        problems = [f"its review was due on {record.get('review_by')}"]
    return "; ".join(problems) or "owner, evidence or date is missing"
