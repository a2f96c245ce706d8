"""Readiness levels: the shipped gates, and each kind of gate."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from aiaudit.model.check import Severity, Status
from aiaudit.model.fact import Level
from aiaudit.model.result import Waiver
from aiaudit.resources import path_of
from aiaudit.scoring.levels import Case, GateState, Ladder, load, stand
from aiaudit.scoring.score import score
from tests.scoring.builders import pack, result, results

SHIPPED = load((path_of("checks") / "levels" / "readiness.yaml").read_text())


def ladder(*gates: str) -> Ladder:
    """A ladder of one level a gate."""
    names = ["prototype", "pilot", "production", "scale"]
    levels = "".join(
        f"- {{id: {name}, title: {name.title()}, question: q, gates: [{{{gate}}}]}}\n"
        for name, gate in zip(names, gates, strict=False)
    )
    return load(f"packs:\n  data: {{core: true, checks: 3}}\n  llm: {{core: false, checks: 9}}\nlevels:\n{levels}")


def case(judged, packs=None, **more) -> Case:
    packs = packs or [pack(p) for p in dict.fromkeys(r.pack for r in judged)]
    shipped = more.pop("shipped", {r.id: r.pack for r in judged})
    return Case(judged, score(packs, judged), shipped, **more)


def state(gate: str, judged, **more) -> GateState:
    (only,) = stand(ladder(gate), case(judged, **more)).gates
    return only.state


def test_the_shipped_ladder_has_the_levels_and_gates_of_the_catalogue():
    assert [level.id for level in SHIPPED.levels] == ["prototype", "pilot", "production", "scale"]
    assert SHIPPED.core == {"data", "infra", "security", "governance", "cost"}


def test_gates_list_one_check_each_so_that_each_can_be_shown():
    prototype = SHIPPED.levels[0]
    assert [g.check for g in prototype.gates] == [
        "SEC-001", "SEC-002", "SEC-003", "GOV-003", "ORG-005", "GOV-001", "GOV-002", "DATA-013",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("reach", "met"),
    [
        ("not_failed", {"P", "H", "U", "B", "E"}),
        ("partial", {"P", "H"}),
        ("pass", {"P"}),
    ],
)
def test_what_a_check_must_reach(reach, met):
    for letter in "PHFUBE":
        judged = results(f"m{letter}", prefix="DATA")
        expected = GateState.MET if letter in met else GateState.UNMET
        assert state(f"checks: [DATA-001], reach: {reach}", judged) is expected, letter


def test_measured_means_evidence_of_a_run():
    gate = "checks: [DATA-001], reach: measured"
    for level, expected in ((Level.WIRED, GateState.UNMET), (Level.RESULT, GateState.MET), (None, GateState.UNMET)):
        assert state(gate, [result("DATA-001", Status.PASS, evidence_level=level)]) is expected
    assert state(gate, [result("DATA-001", Status.PARTIAL, evidence_level=Level.MEASURED)]) is GateState.UNMET


def test_a_check_that_does_not_apply_drops_out():
    assert state("checks: [DATA-001], reach: pass", results("mN", prefix="DATA")) is GateState.NOT_APPLICABLE


def test_a_check_that_no_pack_ships_does_not_meet_its_gate():
    judged = results("mP", prefix="DATA")
    assert state("checks: [DATA-009], reach: not_failed", judged) is GateState.NOT_SHIPPED
    assert state("checks: [DATA-009], reach: pass", judged, shipped={"DATA-009": "data"}) is GateState.NOT_SELECTED


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ("F", "P", GateState.MET),
        ("N", "P", GateState.MET),
        ("N", "N", GateState.NOT_APPLICABLE),
        ("N", "F", GateState.UNMET),
        ("U", "F", GateState.UNMET),
    ],
)
def test_any_of_two(first, second, expected):
    assert state("any_of: [DATA-001, DATA-002], reach: pass", results(f"m{first} m{second}", prefix="DATA")) is expected


def test_any_of_with_one_that_is_not_shipped():
    assert state("any_of: [DATA-001, DATA-009], reach: pass", results("mP", prefix="DATA")) is GateState.MET
    assert state("any_of: [DATA-001, DATA-009], reach: pass", results("mF", prefix="DATA")) is GateState.UNMET
    assert state("any_of: [DATA-008, DATA-009], reach: pass", results("mF", prefix="DATA")) is GateState.NOT_SHIPPED


def test_every_critical():
    judged = results("cP cU hF cN", prefix="DATA")
    assert state("severity: critical, reach: not_failed", judged) is GateState.MET
    assert state("severity: critical, reach: pass", judged) is GateState.UNMET
    assert state("severity: critical, reach: not_failed", results("cF")) is GateState.UNMET


def test_what_holds_only_as_nothing_failed_names_what_nobody_judged():
    def unseen(gate, judged):
        (only,) = stand(ladder(gate), case(judged)).gates
        return only.unseen

    assert unseen("severity: critical, reach: not_failed", results("cP cU hU cB", prefix="DATA")) == (
        "DATA-002",
        "DATA-004",
    )
    assert unseen("checks: [DATA-001], reach: not_failed", results("mU", prefix="DATA")) == ("DATA-001",)
    assert unseen("checks: [DATA-001], reach: not_failed", results("mP", prefix="DATA")) == ()
    assert unseen("checks: [DATA-001], reach: pass", results("mU", prefix="DATA")) == ()  # not met at all
    assert unseen("severity: critical, reach: not_failed", results("cF cU", prefix="DATA")) == ()


def test_a_partial_critical_stands_only_with_a_dated_waiver():
    partial = result("DATA-001", Status.PARTIAL, Severity.CRITICAL)
    waiver = Waiver("DATA-001", "accepted", "CTO", "2027-01-01", expired=False)
    gate = "severity: critical, reach: pass"
    assert state(gate, [partial]) is GateState.UNMET
    assert state(gate, [replace(partial, waiver=waiver)]) is GateState.MET
    assert state(gate, [replace(partial, waiver=replace(waiver, expired=True))]) is GateState.UNMET
    assert state(gate, [replace(partial, waiver=replace(waiver, expires=None))]) is GateState.UNMET
    assert state(gate, [replace(partial, status=Status.FAIL, waiver=waiver)]) is GateState.UNMET


def test_figures():
    judged = results("mP mP mU mF")
    assert state("coverage: 75", judged) is GateState.MET
    assert state("coverage: 76", judged) is GateState.UNMET
    assert state("strength: 100", judged) is GateState.MET


def test_a_pack_without_a_number_does_not_meet_its_gate():
    assert state("packs: core, score: 50", results("mP mP mF")) is GateState.MET
    assert state("packs: core, score: 70", results("mP mP mF")) is GateState.UNMET
    assert state("packs: core, score: 50", results("mP mU mU")) is GateState.UNMET
    assert state("packs: core, score: 50", results("mN mN mN")) is GateState.NOT_APPLICABLE


def test_a_pack_that_is_too_thin_because_it_is_not_all_shipped_says_so():
    (gate,) = stand(ladder("packs: core, score: 50"), case(results("mP mN"))).gates
    assert gate.state is GateState.NOT_SHIPPED
    assert gate.got == "1 applicable checks shipped so far; 3 are needed for a number"
    # all three of the catalogue are there, so nothing is left to be shipped
    assert state("packs: core, score: 50", results("mP mN mN")) is GateState.UNMET


def test_a_pack_that_is_missing_altogether():
    assert state("packs: other, score: 50", results("mP mP mP")) is GateState.NOT_SHIPPED
    assert state("packs: other, score: 50", results("mP mP mP"), shipped={"LLM-001": "llm"}) is GateState.NOT_SELECTED


def test_a_gate_asked_only_of_a_high_risk_tier():
    gate = "checks: [DATA-001], reach: pass, when: {risk_tier: high}"
    judged = results("mF", prefix="DATA")
    assert state(gate, judged) is GateState.NOT_APPLICABLE
    assert state(gate, judged, declared={"risk_tier": "limited"}) is GateState.NOT_APPLICABLE
    assert state(gate, judged, declared={"risk_tier": "high"}) is GateState.UNMET


def test_attestations_and_the_audit_before():
    judged = results("mP")
    assert state("attestations: current", judged) is GateState.MET
    assert state("attestations: current", judged, expired=("GOV-001",)) is GateState.UNMET
    again = ladder("coverage: 0.1", "coverage: 0.2", "previous: pilot")
    for previous, expected in (
        (None, "pilot"),
        ("prototype", "pilot"),
        ("pilot", "production"),
        ("production", "production"),
    ):
        assert stand(again, case(judged, previous=previous)).readiness == expected


def test_a_level_needs_every_level_below():
    steps = ladder("checks: [DATA-001], reach: pass", "checks: [DATA-002], reach: pass")
    assert stand(steps, case(results("mF mP", prefix="DATA"))).readiness == "not_ready"
    assert stand(steps, case(results("mP mF", prefix="DATA"))).readiness == "prototype"
    assert stand(steps, case(results("mP mP", prefix="DATA"))).readiness == "pilot"


def test_the_level_by_what_is_shipped_looks_past_missing_checks_only():
    steps = ladder("checks: [DATA-001, DATA-009], reach: pass", "checks: [DATA-002], reach: pass")
    standing = stand(steps, case(results("mP mF", prefix="DATA")))
    assert (standing.readiness, standing.by_shipped) == ("not_ready", "prototype")
