"""The path to the next level, priorities and the actions that gain most."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from aiaudit.model.check import Effort, Kind, Severity, Status
from aiaudit.model.result import Waiver
from aiaudit.scoring.levels import stand
from aiaudit.scoring.path import next_level
from aiaudit.scoring.priority import actions, passed, priority, quick_wins
from aiaudit.scoring.score import score
from tests.scoring.builders import pack, result, results
from tests.scoring.test_levels import case, ladder


def step(gates, judged, packs=None, **more):
    packs = packs or [pack(p) for p in dict.fromkeys(r.pack for r in judged)]
    steps, seen = ladder(*gates), case(judged, packs, **more)
    return next_level(steps, packs, seen, stand(steps, seen))


def test_named_checks_with_their_days():
    judged = [
        result("DATA-001", Status.FAIL, effort=Effort.S),
        result("DATA-002", Status.PARTIAL, effort=Effort.L),
        result("DATA-003", Status.PASS),
    ]
    made = step(["checks: [DATA-001, DATA-002, DATA-003], reach: pass"], judged)
    assert (made.name, made.missing, made.effort_days) == ("prototype", ("DATA-001", "DATA-002"), 11)
    assert made.needs == ("DATA-001 passed: fail", "DATA-002 passed: partial")


def test_the_cheaper_of_two_is_enough():
    judged = [result("DATA-001", Status.FAIL, effort=Effort.L), result("DATA-002", Status.FAIL, effort=Effort.S)]
    assert step(["any_of: [DATA-001, DATA-002], reach: pass"], judged).missing == ("DATA-002",)


def test_a_blocked_check_brings_the_one_that_blocks_it():
    judged = [
        result("DATA-001", Status.FAIL, effort=Effort.S),
        result("DATA-002", Status.BLOCKED, blocked_by="DATA-001", effort=Effort.S),
    ]
    made = step(["checks: [DATA-002], reach: pass"], judged)
    assert (made.missing, made.effort_days) == (("DATA-001", "DATA-002"), 2)


def test_what_is_not_shipped_is_needed_but_costs_nothing_yet():
    made = step(["checks: [DATA-001, DATA-009], reach: pass"], results("mF", prefix="DATA"))
    assert made.missing == ("DATA-001",)
    assert made.needs[1] == "DATA-009 passed: not shipped yet"


def test_gates_of_lower_levels_are_part_of_the_path():
    judged = results("mP mF mF", prefix="DATA")
    made = step(["checks: [DATA-001], reach: pass", "checks: [DATA-002], reach: pass"], judged)
    assert (made.name, made.missing) == ("pilot", ("DATA-002",))


def test_at_the_top_there_is_no_next_level():
    assert step(["coverage: 1"], results("mP")) is None


def test_a_score_is_reached_with_the_least_work():
    judged = [
        result("DATA-001", Status.PASS, Severity.HIGH),
        result("DATA-002", Status.FAIL, Severity.HIGH, effort=Effort.L),
        result("DATA-003", Status.FAIL, Severity.HIGH, effort=Effort.S),
        result("DATA-004", Status.FAIL, Severity.LOW, effort=Effort.S),
    ]
    made = step(["packs: core, score: 60"], judged)
    assert made.missing == ("DATA-003",)
    assert score([pack("data")], passed(judged, made.missing)).score >= 60


def test_a_cap_is_lifted_before_anything_else():
    judged = results("cF lF lF hP hP hP")
    made = step(["packs: core, score: 50"], judged)
    assert made.missing == ("DATA-001",)


def test_evidence_that_is_missing_is_part_of_the_path():
    judged = results("hP hU mU")
    made = step(["coverage: 70"], judged)
    assert made.missing == ("DATA-002",)


def test_priority_is_the_formula_of_the_catalogue():
    failed = result("DATA-001", Status.FAIL, Severity.CRITICAL, effort=Effort.M)
    assert priority(failed, blocks_next=True) == 8 * 1 * 2 / 2
    assert priority(replace(failed, status=Status.PARTIAL), blocks_next=False) == 8 * 0.5 * 1 / 2
    assert priority(replace(failed, effort=Effort.L), blocks_next=False) == 8 / 4
    assert priority(replace(failed, status=Status.PASS), blocks_next=True) == 0


def test_quick_wins_are_heavy_and_short():
    judged = [
        result("DATA-001", Status.FAIL, Severity.HIGH, effort=Effort.S),
        result("DATA-002", Status.FAIL, Severity.HIGH, effort=Effort.M),
        result("DATA-003", Status.PARTIAL, Severity.CRITICAL, effort=Effort.S),
        result("DATA-004", Status.FAIL, Severity.MEDIUM, effort=Effort.S),
        result("DATA-005", Status.UNKNOWN, Severity.CRITICAL, effort=Effort.S),
    ]
    assert quick_wins(judged) == ("DATA-001", "DATA-003")


def test_the_best_action_gains_most_per_effort_and_says_what_it_gains():
    judged = [
        result("DATA-001", Status.FAIL, Severity.HIGH, effort=Effort.L),
        result("DATA-002", Status.FAIL, Severity.HIGH, effort=Effort.S),
        result("DATA-003", Status.PASS, Severity.HIGH),
        result("DATA-004", Status.UNKNOWN, Severity.LOW, effort=Effort.S),
    ]
    first, second, third = actions([pack("data")], judged, blocking=())
    assert [first.check, second.check, third.check] == ["DATA-002", "DATA-001", "DATA-004"]
    assert (first.verb, third.verb) == ("fix", "show")
    assert (first.score_before, first.score_after) == (pytest.approx(33.3), pytest.approx(66.7))
    assert (first.low_before, first.low_after) == (pytest.approx(30.8), pytest.approx(61.5))
    # each action builds on those before it
    assert second.score_before == first.score_after
    assert third.low_after == 100.0


def test_one_of_several_failed_criticals_counts_its_share_of_the_cap():
    judged = [*results("cF cF hP hP hP hP hP hP hP hP"), *results("lF hP hP", "cost")]
    first, second, *_ = actions([pack("data"), pack("cost")], judged, blocking=())
    assert {first.check, second.check} == {"DATA-001", "DATA-002"}
    assert first.low_after == first.low_before  # one alone moves nothing
    assert second.low_after > second.low_before


def test_what_is_accepted_is_no_action_but_a_danger_stays_one():
    waiver = Waiver("DATA-001", "accepted", "CTO", "2030-01-01", expired=False)
    judged = [
        result("DATA-001", Status.FAIL, Severity.HIGH, effort=Effort.S, waiver=waiver),
        result("DATA-002", Status.FAIL, Severity.LOW, effort=Effort.L),
        result("DATA-003", Status.FAIL, Severity.HIGH, effort=Effort.S, waiver=replace(waiver, expired=True)),
        result("DATA-004", Status.PASS, Severity.HIGH),
    ]
    assert [one.check for one in actions([pack("data")], judged, blocking=())] == ["DATA-003", "DATA-002"]
    assert quick_wins(judged) == ("DATA-003",)
    danger = [result("DATA-001", Status.FAIL, Severity.CRITICAL, waiver=waiver), *judged[1:]]
    assert actions([pack("data")], danger, blocking=())[0].check == "DATA-001"


def test_failed_criticals_come_first_whatever_they_gain():
    judged = [
        result("DATA-001", Status.FAIL, Severity.CRITICAL, effort=Effort.L),
        result("DATA-002", Status.FAIL, Severity.HIGH, effort=Effort.S),
        result("DATA-003", Status.UNKNOWN, Severity.CRITICAL, effort=Effort.S),
        result("DATA-004", Status.PASS, Severity.HIGH),
    ]
    first, *_ = actions([pack("data")], judged, blocking=())
    assert first.check == "DATA-001"


def test_of_failed_criticals_what_others_can_use_today_comes_first():
    judged = [
        result("DATA-001", Status.FAIL, Severity.CRITICAL, effort=Effort.S),
        replace(result("DATA-002", Status.FAIL, Severity.CRITICAL, effort=Effort.L), urgent=True),
        replace(result("DATA-003", Status.FAIL, Severity.HIGH, effort=Effort.S), urgent=True),
        result("DATA-004", Status.PASS, Severity.HIGH),
    ]
    found = actions([pack("data")], judged, blocking=())
    assert [one.check for one in found] == ["DATA-002", "DATA-001", "DATA-003"]


def test_a_check_comes_after_the_failed_one_on_whose_mend_its_own_builds():
    gate = result("DATA-001", Status.FAIL, Severity.CRITICAL, effort=Effort.S, after=("DATA-002",))
    suite = result("DATA-002", Status.FAIL, Severity.CRITICAL, effort=Effort.L)
    ready = replace(suite, status=Status.PARTIAL)
    passed_one = result("DATA-003", Status.PASS, Severity.HIGH)
    first, second = actions([pack("data")], [gate, suite, passed_one], blocking=())
    assert (first.check, second.check) == ("DATA-002", "DATA-001")
    assert actions([pack("data")], [gate, ready, passed_one], blocking=())[0].check == "DATA-001"


def test_blocked_checks_are_no_actions():
    judged = [result("DATA-001", Status.BLOCKED, blocked_by="DATA-002"), *results("mP mP mP", prefix="X")]
    assert actions([pack("data")], judged, blocking=()) == ()


def test_actions_do_not_depend_on_the_order_of_the_checks():
    judged = results("cF hF hF mU mF lF hP cU mP hP")
    packs = [pack("data")]
    assert actions(packs, judged, ()) == actions(packs, judged[::-1], ())


def test_nobody_is_advised_to_show_what_may_not_even_apply():
    untold = result("DATA-001", Status.UNKNOWN, Severity.CRITICAL, undecided=True)
    (only,) = actions([pack("data")], [untold, *results("mF mP mP", prefix="X")], blocking=())
    assert (only.check, only.verb) == ("X-001", "fix")


def test_two_of_the_actions_ask_people_at_most():
    asked = [result(f"DATA-{n:03}", Status.UNKNOWN, Severity.HIGH, kind=Kind.ATTESTED) for n in range(1, 6)]
    told = actions([pack("data")], [*asked, *results("lF lU mP", prefix="X")], blocking=())
    assert [one.check for one in told] == ["DATA-001", "DATA-002", "X-001", "X-002"]
