"""What to ask: checks that apply and that only people can answer, the most valuable first."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any, Final

from msgspec import Struct

from aiaudit.reports.record import Record
from aiaudit.reports.text import clean, first_sentence

_ENDS: Final = {"yes": ("pass",), "partly": ("pass", "partial")}  # where such an answer counts


class Question(Struct, frozen=True):
    """One question. `state`: open, stale (answered, but the answer no longer counts) or answered (by the
    project's files too). `settles`: what has to be there for the check to pass. `fails`: the check does, as it stands.

    `worth` orders them: weight of the severity, doubled where the next readiness level waits for it.
    """

    check: str
    title: str
    pack: str
    severity: str
    text: str
    why: str
    found: str
    state: str
    worth: float
    answer: Mapping[str, Any]
    settles: str = ""
    fails: bool = False


def questions(result: Mapping[str, Any], answers: Mapping[str, Mapping[str, Any]], today: dt.date) -> list[Question]:
    """Everything that may be asked of this audit, what is open or stale before what is answered.

    Only checks that apply are asked: attested ones, and those that ended unknown and say what a person could answer.
    """
    told = Record(clean(dict(result)))
    asked = []
    for check in told.records("checks"):
        text = check.text("question")
        if not text or check.text("status") == "not_applicable":
            continue
        if check.text("kind") != "attested" and check.text("status") not in ("unknown", "partial"):
            continue
        given = answers.get(check.text("id"), {})
        asked.append(
            Question(
                check=check.text("id"),
                title=check.text("title"),
                pack=check.text("pack"),
                severity=check.text("severity"),
                text=text,
                why=first_sentence(check.text("why")),
                found=_found(check.text("reason")),
                state=_state(check, given, today),
                worth=check.number("priority") or 0.0,
                answer=given,
                settles=check.text("remediation"),
                fails=check.text("status") == "fail",
            )
        )
    order = {"open": 0, "stale": 1, "answered": 2}
    return sorted(asked, key=lambda q: (order[q.state], -q.worth, q.check))


def _found(reason: str) -> str:
    """What was found; nothing where the sentence only says that nobody answered, which the question says better."""
    return "" if reason.startswith("Nobody has answered") and "The project points to" not in reason else reason


def _state(check: Record, given: Mapping[str, Any], today: dt.date) -> str:
    if not given:  # what the project's files say already, such as the record in aiaudit.yaml, is not asked again
        return "answered" if check.text("status") == "pass" else "open"
    review = given.get("review_by")
    if isinstance(review, dt.date) and review < today:
        return "stale"
    expected = _ENDS.get(str(given.get("answer")))
    if check.text("kind") == "attested" and expected and check.text("status") not in expected:
        return "stale"
    return "answered"
