"""The figures of design section 5, with the worked example of the catalogue (4.2)."""

from __future__ import annotations

import pytest

from aiaudit.model.check import Severity, Status
from aiaudit.model.fact import Level
from aiaudit.model.result import Waiver
from aiaudit.scoring.score import accepted, score, score_pack
from tests.scoring.builders import pack, result, results

WORKED = "cP cF cP hP hH hP hU mP mH lP mN"


def figures(spelled: str):
    made = score_pack(pack("data"), results(spelled))
    return made.score, made.uncapped_score, made.low, made.high, made.coverage


def test_worked_example():
    made = score_pack(pack("data"), results(WORKED))
    assert (made.judged_weight, made.applicable_weight) == (41, 45)
    assert (made.score, made.uncapped_score, made.low, made.high, made.coverage) == (49.0, 73.2, 49.0, 49.0, 91.1)
    assert made.capped_by == ("DATA-002",)


def test_worked_example_with_the_critical_fixed():
    assert figures(WORKED.replace("cF", "cP")) == (92.7, 92.7, 84.4, 93.3, 91.1)


def test_worked_example_with_the_critical_unknown():
    score_, uncapped, low, high, _ = figures(WORKED.replace("cF", "cU"))
    # low takes the unknown critical as failed: 66.7 without the cap, 49 with it (design, section 5)
    assert (score_, uncapped, low, high) == (69.0, 90.9, 49.0, 93.3)


@pytest.mark.parametrize("letter", ["U", "B", "E"])
def test_blocked_and_error_count_as_unknown(letter):
    assert figures(f"cP hP mP h{letter}") == figures("cP hP mP hU")
    assert figures(f"c{letter} cP cP hP") == figures("cU cP cP hP")


def test_a_cap_never_raises_a_score():
    score_, uncapped, low, high, _ = figures("cF hF mF lP")
    assert score_ == uncapped == pytest.approx(6.7)
    assert low <= score_ <= high
    assert score_pack(pack("data"), results("cF hF mF lP")).capped_by == ()


def test_failed_critical_outweighs_an_unknown_one():
    made = score_pack(pack("data"), results("cF cU cP cP cP cP"))
    assert made.score == 49.0
    assert made.capped_by == ("DATA-001",)


def test_partial_earns_its_measured_fraction():
    half = results("mP mP mH")
    measured = [*half[:2], result("DATA-003", Status.PARTIAL, points=0.8)]
    assert score_pack(pack("data"), half).score == pytest.approx(83.3)
    assert score_pack(pack("data"), measured).score == pytest.approx(93.3)


@pytest.mark.parametrize(
    ("spelled", "numbered"),
    [("mP mP", False), ("mP mP mP", True), ("mP mP mN", False), ("mP mP mU mU", True), ("mP mU mU", False)],
)
def test_a_number_needs_three_applicable_checks_and_half_the_evidence(spelled, numbered):
    made = score_pack(pack("data"), results(spelled))
    assert (made.score is not None) is numbered
    assert (made.uncapped_score is not None) is numbered


def test_coverage_at_the_limit_is_not_a_matter_of_rounding():
    # 1999 of 4000 would print as 50.0
    made = score_pack(pack("data"), results(" ".join(["lP"] * 1999 + ["lU"] * 2001)))
    assert made.coverage == 50.0
    assert made.score is None


def test_nothing_applicable_is_neither_zero_nor_a_hundred():
    made = score([pack("data")], results("mN mN mN"))
    assert (made.score, made.low, made.high, made.coverage) == (None, 0.0, 100.0, 0.0)
    assert made.weakest_core is None


def test_nothing_judged_has_no_score_and_an_open_range():
    made = score([pack("data")], results("cU hU mU"))
    assert (made.score, made.high, made.coverage) == (None, 100.0, 0.0)
    assert made.low == 0.0


def test_core_packs_count_double():
    packs = [pack("data"), pack("llm", core=False)]
    made = score(packs, [*results("mP mP mP"), *results("mF mF mF", "llm")])
    assert made.score == pytest.approx(66.7)
    assert (made.low, made.high) == (pytest.approx(66.7), pytest.approx(66.7))


def test_a_pack_without_a_number_enters_the_range_only():
    packs = [pack("data"), pack("infra")]
    made = score(packs, [*results("mP mP mP"), *results("mU mU mU", "infra")])
    assert (made.score, made.low, made.high) == (100.0, 50.0, 100.0)
    assert made.unnumbered == ("infra",)
    assert made.coverage == 50.0


def test_a_pack_of_which_nothing_applies_enters_nowhere():
    packs = [pack("data"), pack("llm", core=False)]
    made = score(packs, [*results("mP mP mF"), *results("mN mN mN", "llm")])
    assert made.score == made.low == made.high == pytest.approx(66.7)
    assert made.unnumbered == ()


def test_weakest_core_is_the_lowest_numbered_core_pack():
    packs = [pack("data"), pack("infra"), pack("llm", core=False), pack("cost")]
    judged = [
        *results("mP mP mF"),
        *results("mP mF mF", "infra"),
        *results("mF mF mF", "llm"),
        *results("mU mU mU", "cost"),
    ]
    assert score(packs, judged).weakest_core == "infra"


def test_counts_name_every_status_and_the_waived():
    waiver = Waiver("DATA-001", "known", "Ann", "2030-01-01", expired=False)
    judged = [result("DATA-001", Status.FAIL, waiver=waiver), *results("mP mU", prefix="DATB")]
    counts = score_pack(pack("data"), judged).counts
    assert counts == {
        "pass": 1, "partial": 0, "fail": 1, "unknown": 1, "not_applicable": 0, "blocked": 0, "error": 0, "waived": 1,
    }  # fmt: skip


def test_accepted_leaves_out_waivers_in_force_only():
    in_force = Waiver("DATA-001", "known", "Ann", "2030-01-01", expired=False)
    expired = Waiver("DATA-002", "known", "Ann", "2020-01-01", expired=True)
    judged = [
        result("DATA-001", Status.FAIL, waiver=in_force),
        result("DATA-002", Status.FAIL, waiver=expired),
        result("DATA-003", Status.PASS),
    ]
    assert [r.id for r in accepted(judged)] == ["DATA-002", "DATA-003"]


def test_evidence_strength_is_a_share_of_the_judged_weight():
    judged = [
        result("DATA-001", Status.PASS, Severity.CRITICAL, evidence_level=Level.RESULT),
        result("DATA-002", Status.PASS, Severity.HIGH, evidence_level=Level.CONTENT),
        result("DATA-003", Status.FAIL, Severity.HIGH, evidence_level=None),
        result("DATA-004", Status.UNKNOWN, Severity.CRITICAL, evidence_level=Level.RESULT),
    ]
    assert score([pack("data")], judged).strength == 50.0
