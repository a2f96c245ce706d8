"""What attestations change in how checks end: those that only people answer, and claims beside what was seen."""

from __future__ import annotations

from typing import Any

import pytest

from aiaudit.model.check import Status
from aiaudit.model.fact import Fact, Level
from tests.packs.fakes import LOADS, TESTED, absent, call, claim, ended, known, one_check, unknown

INVALID: dict[str, Any] = {"valid": False, "problems": ["no evidence is named"]}


@pytest.mark.parametrize(
    ("facts", "status", "reason"),
    [
        ([], "unknown", "The fact attestation.OWN-001 was not collected."),
        ([absent("attestation.OWN-001")], "unknown", "Nobody has answered: Is it so?"),
        (
            [claim("OWN-001", "yes")],
            "pass",
            "Attested by Ada, to be reviewed by 2027-01-01; evidence: docs/x.md.",
        ),
        ([claim("OWN-001", "yes", evidence_form="link")], "pass", "evidence: docs/x.md (not opened)."),
        ([claim("OWN-001", "yes", **INVALID)], "partial", 'Ada answers "yes"; no evidence is named.'),
        ([claim("OWN-001", "partly")], "partial", 'Ada answers "partly".'),
        ([claim("OWN-001", "no", note="not yet")], "fail", "Ada says that it does not hold: not yet."),
        ([claim("OWN-001", "no", **INVALID)], "fail", "Ada says that it does not hold."),
        (
            [claim("OWN-001", "not_applicable", note="no people are scored")],
            "not_applicable",
            "Ada says that it does not apply: no people are scored.",
        ),
        (
            [claim("OWN-001", "not_applicable")],
            "unknown",
            "Ada says that it does not apply, without a reason that still holds.",
        ),
    ],
)
def test_attested_checks_end_as_their_attestation_says(facts: list[Fact], status: str, reason: str) -> None:
    library = one_check(kind="attested", rule="", min_level="", question="Is it so?")
    result = ended(library, *facts)
    assert result.status == status
    assert reason in result.reason
    assert result.facts == ("attestation.OWN-001",)


NOTHING_FOUND = absent(TESTED)


@pytest.mark.parametrize(
    ("fact", "answer", "rest", "status", "said"),
    [
        (unknown(TESTED), "yes", {}, "partial", "It is attested by Ada; a claim earns at most half."),
        (NOTHING_FOUND, "yes", {}, "partial", "Nothing in the project shows it, but it is attested by Ada"),
        (unknown(TESTED), "yes", INVALID, "unknown", "counts for nothing: no evidence is named."),
        (NOTHING_FOUND, "yes", INVALID, "fail", "counts for nothing: no evidence is named."),
        (known(TESTED, True), "yes", {}, "pass", ""),
        (unknown(TESTED), "no", {}, "fail", "It does not hold, attested by Ada."),
        (known(TESTED, True), "no", {}, "pass", "which what was found contradicts."),
        (NOTHING_FOUND, "no", {}, "fail", ""),
        (unknown(TESTED), "partly", {}, "unknown", 'The answer "partly" is attested by Ada; it changes nothing'),
        (NOTHING_FOUND, "not_applicable", {}, "fail", "it changes nothing"),
    ],
)
def test_a_claim_never_outweighs_what_was_seen(
    fact: Fact, answer: str, rest: dict[str, Any], status: str, said: str
) -> None:
    library = one_check(rule="{pass: tested, fail: otherwise}")
    result = ended(library, fact, claim("OWN-001", answer, **rest))
    assert result.status == status
    assert said in result.reason
    if status == "partial":
        assert (result.points, result.evidence_level) == (0.5, Level.EXISTS)


@pytest.mark.parametrize("keys", [{"findings": "loads"}, {"asserts": "absence"}])
def test_a_claim_does_not_mend_a_fault_that_was_seen(keys: dict[str, str]) -> None:
    result = ended(one_check(**keys), known(LOADS, [call()]), claim("OWN-001", "yes"))
    assert result.status is Status.FAIL
    assert result.reason.endswith("It is attested by Ada, which what was found contradicts.")


@pytest.mark.parametrize("keys", [{"findings": "loads"}, {"asserts": "absence"}])
def test_a_claim_that_a_seen_fault_contradicts_is_a_finding_of_its_own(keys: dict[str, str]) -> None:
    fact = claim("OWN-001", "yes", path="attestations.yaml", line=7)
    result = ended(one_check(**keys), known(LOADS, [call()]), fact)
    own = [f for f in result.findings if f.path == "attestations.yaml"]
    assert [(f.line, f.message) for f in own] == [(7, 'Ada answers "yes", and what was found shows otherwise.')]


def test_a_no_against_what_was_seen_to_hold_is_a_finding_and_lowers_nothing() -> None:
    fact = claim("OWN-001", "no", path="attestations.yaml", line=7)
    result = ended(one_check(rule="{pass: tested, fail: otherwise}"), known(TESTED, True), fact)
    assert (result.status, result.points) == (Status.PASS, 1.0)
    assert [f.message for f in result.findings] == ['Ada answers "no", and what was found shows that it holds.']


@pytest.mark.parametrize(
    ("rest", "said"),
    [
        ({"expired": True, "review_by": "2026-01-31"}, "The answer has run out: its review was due on 2026-01-31."),
        ({"stale": True, "changes": ["a.md was changed"]}, "The answer is stale: a.md was changed."),
    ],
)
def test_an_answer_that_no_longer_counts_is_a_finding_of_an_attested_check(rest: dict[str, Any], said: str) -> None:
    fact = claim("OWN-001", "yes", valid=False, problems=["…"], path="attestations.yaml", line=7, **rest)
    result = ended(one_check(kind="attested", rule="", min_level="", question="Is it so?"), fact)
    assert result.status is Status.PARTIAL
    assert [f.message for f in result.findings] == [said]
