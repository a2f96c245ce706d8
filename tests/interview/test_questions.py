"""What is asked, of whom nothing is asked, and in which order."""

from __future__ import annotations

import datetime as dt

from aiaudit.interview.questions import questions
from tests.reports.make_result import make_result

TODAY = dt.date(2026, 11, 24)


def asked(changes, answers=None):
    result = make_result()
    kept = []
    for number, change in enumerate(changes):
        check = {
            **result["checks"][number],
            "question": "Who?",
            "kind": "attested",
            "status": "unknown",
            "priority": 1.0,
        }
        kept.append({**check, **change})
    result["checks"] = kept
    return questions(result, answers or {}, TODAY), [check["id"] for check in kept]


def test_only_what_applies_and_people_can_answer_is_asked():
    found, ids = asked(
        [
            {},
            {"status": "not_applicable"},
            {"question": ""},
            {"kind": "automatic", "status": "unknown"},
            {"kind": "automatic", "status": "fail"},
        ]
    )
    assert [question.check for question in found] == sorted([ids[0], ids[3]])


def test_the_most_valuable_comes_first_and_the_answered_last():
    answers = {}
    found, ids = asked([{"priority": 2.0}, {"priority": 8.0}, {"priority": 9.0}, {"priority": 1.0}], answers)
    assert [question.check for question in found] == [ids[2], ids[1], ids[0], ids[3]]
    answers = {ids[2]: {"answer": "no", "owner": "Kim"}}
    found, ids = asked([{"priority": 2.0}, {"priority": 8.0}, {"priority": 9.0}, {"priority": 1.0}], answers)
    assert [(question.check, question.state) for question in found][-1] == (ids[2], "answered")


def test_an_answer_that_no_longer_counts_is_asked_again():
    _, ids = asked([{}, {}])
    answers = {
        ids[0]: {"answer": "yes", "review_by": TODAY - dt.timedelta(days=1)},
        ids[1]: {"answer": "yes", "review_by": TODAY + dt.timedelta(days=1)},
    }
    passed, _ = asked([{"status": "pass"}, {"status": "pass"}], answers)
    assert {question.check: question.state for question in passed} == {ids[0]: "stale", ids[1]: "answered"}
    unproven, _ = asked([{"status": "pass"}, {"status": "partial"}], answers)
    assert {question.state for question in unproven} == {"stale"}
    partly = {check: {"answer": "partly", "owner": "Kim"} for check in ids}
    half, _ = asked([{"status": "partial"}, {"status": "unknown"}], partly)
    assert {question.check: question.state for question in half} == {ids[0]: "answered", ids[1]: "stale"}


def test_what_the_files_of_the_project_answer_is_not_asked_again():
    found, _ = asked([{"status": "pass"}, {"status": "partial"}])
    assert sorted(question.state for question in found) == ["answered", "open"]
