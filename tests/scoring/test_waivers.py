"""Waivers: who may waive what, until when, and what a waiver covers."""

from __future__ import annotations

import datetime as dt

import pytest

from aiaudit.model.check import Severity, Status
from aiaudit.scoring.waivers import apply, read, read_inline
from tests.scoring.builders import finding, result

DAY = dt.date(2026, 12, 4)
KNOWN = {"SEC-001": Severity.CRITICAL, "COST-009": Severity.LOW}
GOOD = {"id": "SEC-001", "reason": "test keys", "owner": "Ann", "expires": "2027-03-31"}


def waiver(**changes):
    waivers, errors = read([{**GOOD, **changes}], KNOWN, DAY)
    assert not errors, errors
    return waivers[0]


def test_a_complete_waiver_is_read():
    made = waiver(control="rotated nightly", ticket="SEC-12", paths=["tests/*"])
    assert (made.id, made.owner, made.expires, made.expired) == ("SEC-001", "Ann", "2027-03-31", False)
    assert (made.compensating_control, made.ticket, made.paths) == ("rotated nightly", "SEC-12", ("tests/*",))


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"id": "sec-1"}, "waivers[1]: no check has the id 'sec-1'; did you mean 'SEC-001'?"),
        ({"id": "SEC-100"}, "waivers[1]: no check has the id 'SEC-100'; did you mean 'SEC-001'?"),
        ({"owner": " "}, "waivers[1] (SEC-001): owner is missing; without it nobody answers for the risk"),
        ({"reason": None}, "waivers[1] (SEC-001): reason is missing; without it nobody answers for the risk"),
        ({"expires": None}, "waivers[1] (SEC-001): expires is missing; a critical check needs a last day"),
        ({"expires": "soon"}, "waivers[1] (SEC-001): expires must be a day such as 2027-03-31, not 'soon'"),
        ({"paths": "tests/*"}, "waivers[1] (SEC-001): paths must be a list of patterns"),
        ({"path": ["a"]}, "waivers[1]: unknown key 'path'; did you mean 'paths'?"),
        (
            {"check": 1},
            "waivers[1]: unknown key 'check'; there are: id, reason, owner, expires, paths, control, ticket",
        ),
    ],
)
def test_what_is_no_waiver_is_refused_in_one_line(changes, says):
    waivers, errors = read([{**GOOD, **changes}], KNOWN, DAY)
    assert waivers == []
    assert [str(e) for e in errors] == [says]


def test_one_bad_entry_does_not_hide_the_others():
    waivers, errors = read(["nonsense", GOOD], KNOWN, DAY)
    assert [w.id for w in waivers] == ["SEC-001"]
    assert str(errors[0]).startswith("waivers[1]: expected a mapping")


def test_a_low_check_may_be_waived_without_an_end():
    assert waiver(id="COST-009", expires=None).expires is None


@pytest.mark.parametrize(("last_day", "expired"), [(dt.date(2026, 12, 4), False), (dt.date(2026, 12, 3), True)])
def test_the_last_day_still_counts(last_day, expired):
    assert waiver(expires=last_day).expired is expired


def test_a_waiver_is_a_mark_and_changes_no_status():
    (marked,), (use,) = apply([waiver()], [result("SEC-001", Status.FAIL)])
    assert marked.status is Status.FAIL
    assert marked.waiver is not None
    assert use.state == "in_force"


@pytest.mark.parametrize("status", [Status.PASS, Status.NOT_APPLICABLE])
def test_where_nothing_is_wrong_nothing_is_waived(status):
    (marked,), (use,) = apply([waiver()], [result("SEC-001", status)])
    assert marked.waiver is None
    assert use.state == "unused"


def test_an_expired_waiver_stays_visible_and_has_no_effect():
    (marked,), (use,) = apply([waiver(expires="2026-01-01")], [result("SEC-001", Status.FAIL)])
    assert marked.waiver is not None
    assert marked.waiver.expired
    assert use.state == "expired"


def test_paths_must_cover_every_finding():
    found = [finding("tests/a.py"), finding("src/b.py")]
    failed = result("SEC-001", Status.FAIL, findings=tuple(found))
    (marked,), (use,) = apply([waiver(paths=["tests/*"])], [failed])
    assert marked.waiver is None
    assert (use.state, use.covers, use.of) == ("partial", 1, 2)
    (marked,), (use,) = apply([waiver(paths=["tests/*", "src/*"])], [failed])
    assert marked.waiver is not None
    assert use.state == "in_force"


def test_two_waivers_may_cover_a_check_together():
    failed = result("SEC-001", Status.FAIL, findings=(finding("tests/a.py"), finding("src/b.py")))
    own = [waiver(paths=["tests/*"]), waiver(paths=["src/*"], owner="Bo")]
    (marked,), uses = apply(own, [failed])
    assert marked.waiver is not None
    assert [u.state for u in uses] == ["in_force", "in_force"]


def test_a_waiver_of_a_check_that_was_not_judged_is_unused():
    _, (use,) = apply([waiver()], [])
    assert use.state == "unused"


ROW = {
    "path": "app.py", "line": 3, "covers": 4, "check": "SEC-001", "reason": "a test key", "owner": "", "until": "2027-01-31",
    "ticket": "", "control": "", "problem": "",
}  # fmt: skip


def inline(owner="Ann", **changes):
    return read_inline([{**ROW, **changes}], owner, KNOWN, DAY)


def test_a_comment_waives_its_own_place_alone():
    (made,), _ = inline()
    assert (made.at, made.owner, made.expires) == ("app.py:3", "Ann", "2027-01-31")
    here, elsewhere, whole = finding("app.py", line=4), finding("app.py", line=9), finding("app.py", line=None)
    for found, state in (
        ((here,), "in_force"),
        ((here, whole), "in_force"),
        ((here, elsewhere), "partial"),
        ((elsewhere,), "unused"),
    ):
        (marked,), (use,) = apply([made], [result("SEC-001", Status.FAIL, findings=found)])
        assert use.state == state
        assert (marked.waiver is None) is (state != "in_force")


def test_a_file_named_like_a_pattern_covers_no_other():
    (made,), _ = inline(path="[ab].py")
    (marked,), _ = apply([made], [result("SEC-001", Status.FAIL, findings=(finding("a.py", line=4),))])
    assert marked.waiver is None


@pytest.mark.parametrize(
    ("owner", "changes", "says"),
    [
        (
            "",
            {},
            'app.py:3: waive (SEC-001): owner is missing; without it nobody answers for the risk; name one (owner="…"), or set project.owner in aiaudit.yaml',
        ),
        ("Ann", {"until": ""}, "app.py:3: waive (SEC-001): until is missing; a critical check needs a last day"),
        ("Ann", {"until": "soon"}, "app.py:3: waive (SEC-001): until must be a day such as 2027-03-31, not 'soon'"),
        ("Ann", {"check": "SEC-010"}, "app.py:3: waive: no check has the id 'SEC-010'; did you mean 'SEC-001'?"),
        ("Ann", {"problem": "unknown key 'x'"}, "app.py:3: waive: unknown key 'x'"),
        ("Ann", {"reason": "TODO why"}, "app.py:3: waive (SEC-001): reason is still a TODO; say why the risk is taken"),
    ],
)
def test_a_comment_that_is_no_waiver_is_told_with_its_place(owner, changes, says):
    made, errors = inline(owner, **changes)
    assert (made, [str(error) for error in errors]) == ([], [says])
