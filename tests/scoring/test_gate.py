"""The gate: which rule failed, by how much, and what would pass it."""

from __future__ import annotations

import pytest

from aiaudit.model.check import Severity, Status
from aiaudit.scoring import baseline
from aiaudit.scoring.gate import GateCase, GateError, GateOptions, judge, parse_fail_on, parse_fail_under
from aiaudit.scoring.levels import Case, stand
from aiaudit.scoring.score import score
from tests.scoring.builders import finding, pack, result, results
from tests.scoring.test_levels import ladder

LADDER = ladder("coverage: 60", "coverage: 70")


def gate(options: GateOptions, judged, readiness="prototype", before=None, packs=None):
    packs = packs or [pack("data")]
    figures = score(packs, judged)
    gates = stand(LADDER, Case(judged, figures, {})).gates
    return judge(options, GateCase(judged, figures, figures.coverage, readiness, LADDER, gates, before))


def test_nothing_asked_gives_no_rule():
    assert not GateOptions().asked
    assert gate(GateOptions(), results("mF mF mF")) == ()


def test_fail_under_says_by_how_much_and_what_would_pass():
    rule, coverage = gate(GateOptions(fail_under={"": 70}), results("mP mP mF"))
    assert (rule.rule, rule.passed, rule.got) == ("--fail-under 70", False, "66.7")
    assert rule.hint == "3.3 points short; passes at --fail-under 66"
    assert (coverage.rule, coverage.passed) == ("--min-coverage 50 (implied by --fail-under)", True)


def test_fail_under_is_met_at_the_number_itself():
    rule, _ = gate(GateOptions(fail_under={"": 50}), results("mP mF mH"))
    assert rule.passed


def test_fail_under_of_a_pack_without_a_number_fails():
    rule, _ = gate(GateOptions(fail_under={"data": 0}), results("mP mU mU"))
    assert not rule.passed
    assert rule.got == "no number: too little evidence"


def test_the_gap_is_never_shown_as_nothing():
    rule, _ = gate(GateOptions(fail_under={"": 66.75}), results("mP mP mF"))
    assert rule.hint.startswith("0.1 points short")


def test_a_high_score_on_little_evidence_fails_the_implied_coverage():
    packs = [pack("data"), pack("llm", core=False)]
    judged = [*results("mP mP mP"), *results("hU hU hU hU", "llm")]
    score_rule, coverage = gate(GateOptions(fail_under={"": 70}), judged, packs=packs)
    assert (score_rule.passed, coverage.passed) == (True, False)
    assert coverage.hint.startswith("22.7 points short")
    _, given = gate(GateOptions(fail_under={"": 70}, min_coverage=20), judged, packs=packs)
    assert (given.rule, given.passed) == ("--min-coverage 20", True)


def test_fail_on_a_severity_counts_that_one_and_worse():
    judged = results("cP hF mF lF hU")
    critical, high, low = gate(GateOptions(fail_on=("critical", "high", "low")), judged)
    assert (critical.passed, critical.got) == (True, "0 failed")
    assert (high.passed, high.got, high.hint) == (False, "1 failed (1 could not be judged)", "fix or waive DATA-002")
    assert low.got == "3 failed (1 could not be judged)"


@pytest.mark.parametrize(("letter", "passes"), [("P", 1), ("H", 1), ("N", 1), ("F", 0), ("U", 0), ("B", 0), ("E", 0)])
def test_fail_on_a_named_check_is_not_passed_by_not_looking(letter, passes):
    (rule,) = gate(GateOptions(fail_on=("DATA-001",)), results(f"m{letter}"))
    assert rule.passed is bool(passes)


def test_a_waived_check_passes_its_own_gate():
    (rule,) = gate(GateOptions(fail_on=("DATA-009",)), results("mP"))  # left out of the accepted results
    assert (rule.passed, rule.got) == (True, "waived")


def test_level():
    assert gate(GateOptions(level="prototype"), results("mP"))[0].passed
    rule = gate(GateOptions(level="pilot"), results("mP"))[0]
    assert (rule.passed, rule.got) == (False, "prototype")
    short = gate(GateOptions(level="pilot"), results("mU mP"), readiness="not_ready")[0]
    assert short.hint == "not met: at least 60 % of the evidence seen (50 %), at least 70 % of the evidence seen (50 %)"
    assert not gate(GateOptions(level="prototype"), results("mP"), readiness=None)[0].passed


def saved(*failed, as_of="2026-11-01"):
    checks = [
        {"id": r.id, "status": r.status.value, "findings": [{"fingerprint": f.fingerprint} for f in r.findings]}
        for r in failed
    ]
    return baseline.read({"as_of": as_of, "tool": {"ruleset_hash": "x"}, "readiness": "pilot", "checks": checks})


def test_fail_on_new_looks_at_new_checks_and_new_findings_only():
    old = result("DATA-001", Status.FAIL, Severity.HIGH, findings=(finding("a.py"),))
    more = result("DATA-001", Status.FAIL, Severity.HIGH, findings=(finding("a.py", line=9), finding("b.py")))
    other = result("DATA-002", Status.FAIL, Severity.HIGH)
    options = GateOptions(fail_on_new=Severity.HIGH)
    assert gate(options, [old], before=saved(old))[0].passed
    rule = gate(options, [more, other], before=saved(old))[0]
    assert (rule.passed, rule.got, rule.hint) == (False, "2 new since 2026-11-01", "fix or waive DATA-001, DATA-002")
    assert gate(GateOptions(fail_on_new=Severity.CRITICAL), [more, other], before=saved(old))[0].passed


def test_a_mended_finding_that_moved_is_not_new():
    before = result("DATA-001", Status.FAIL, findings=(finding("a.py"), finding("b.py")))
    after = result("DATA-001", Status.FAIL, findings=(finding("b.py", line=40),))
    assert baseline.new_failures([after], saved(before)) == {}


def test_fail_on_new_without_a_baseline_is_a_usage_error():
    with pytest.raises(GateError, match="needs --baseline FILE"):
        gate(GateOptions(fail_on_new=Severity.HIGH), results("mP"))


@pytest.mark.parametrize("data", [{}, [], {"as_of": "x"}, "text", {"checks": [1]}])
def test_what_is_no_result_is_no_baseline(data):
    with pytest.raises(baseline.BaselineError, match="not a result JSON"):
        baseline.read(data)


def test_options_are_read():
    assert parse_fail_under(["70", "data=55.5"], ["data"]) == {"": 70.0, "data": 55.5}
    assert parse_fail_on(["high,SEC-001", "high"], ["SEC-001"]) == ("high", "SEC-001")


@pytest.mark.parametrize("value", ["x", "101", "-1", "nan", "", "data=", "nope=5"])
def test_a_wrong_threshold_is_refused(value):
    with pytest.raises(GateError, match="--fail-under"):
        parse_fail_under([value], ["data"])


def test_a_wrong_name_to_fail_on_gets_a_hint():
    with pytest.raises(GateError, match="did you mean 'SEC-001'"):
        parse_fail_on(["SCE-001"], ["SEC-001"])


def whole(*results_of, as_of="2026-11-01"):
    """A saved result with all its findings."""
    checks = [
        {
            "id": r.id,
            "status": r.status.value,
            "reason": r.reason,
            "findings": [
                {"fingerprint": f.fingerprint, "message": f.message, "path": f.path, "line": f.line} for f in r.findings
            ],
        }
        for r in results_of
    ]
    return baseline.read({"as_of": as_of, "tool": {"ruleset_hash": "x"}, "readiness": "pilot", "checks": checks})


def test_the_difference_knows_new_fixed_and_unchanged_whatever_the_line():
    a, b, c = finding("a.py", line=1), finding("b.py", line=2), finding("c.py", line=3)
    before = whole(
        result("DATA-001", Status.FAIL, findings=(a, b)),
        result("DATA-002", Status.FAIL),
        result("DATA-003", Status.PARTIAL),
    )
    now = [
        result("DATA-001", Status.PARTIAL, findings=(finding("b.py", line=70), c)),
        result("DATA-002", Status.PASS),
        result("DATA-003", Status.UNKNOWN),
    ]
    made = baseline.difference(now, before)
    assert [(check, at.path, at.line) for check, at in made.new] == [("DATA-001", "c.py", 3)]
    assert sorted((check, at.path) for check, at in made.fixed) == [
        ("DATA-001", "a.py"),
        ("DATA-002", None),
    ]  # what is unknown is not fixed
    assert made.unchanged == 1
