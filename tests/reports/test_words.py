"""The sentences: numbers, plurals, and what is said when there is nothing to say."""

import pytest

from aiaudit.reports import headings, words
from aiaudit.reports.text import (
    beside,
    first_clause,
    first_sentence,
    lower_first,
    rest_of,
    shorten,
    slug,
    thousands,
    whole_clauses,
)


@pytest.mark.parametrize(
    ("counts", "critical", "said"),
    [
        ({}, 0, "None of its checks applies to this project"),
        ({"not_applicable": 4}, 0, "None of its checks applies to this project"),
        ({"unknown": 2, "blocked": 1}, 0, "Nothing here could be judged yet"),
        ({"pass": 3}, 0, "All three checks that apply pass"),
        ({"pass": 1}, 0, "The one check that applies passes"),
        ({"pass": 2, "unknown": 1}, 0, "Two of three checks pass; one could not be judged"),
        ({"fail": 1, "pass": 5}, 1, "One of six checks fails, a critical one"),
        ({"fail": 3, "partial": 1, "pass": 9}, 2, "Three of 13 checks fail, two of them critical; one is half done"),
        ({"partial": 1, "error": 1}, 0, "Nothing fails, one of two checks is half done; one could not be judged"),
    ],
)  # fmt: skip
def test_pack_headings(counts, critical, said) -> None:
    assert headings.pack(counts, critical) == said


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((None, False, "", 0, 0, 0), "Nothing could be judged, so nothing is claimed"),
        (("not_ready", True, "Prototype", 1, 0, 0),
         "Not ready to be used. Prototype waits for one gap to be closed."),
        (("not_ready", False, "Prototype", 0, 2, 0),
         "Readiness not proven. Prototype waits for two statements we have not been given."),
        (("prototype", True, "Pilot", 13, 1, 2),
         "Fit to explore, not yet fit to open to users. Pilot waits for 13 gaps to be closed, one statement we have not "
         "been given and two conditions we could not see."),
        (("pilot", False, "Production", 0, 0, 0),
         "Fit for a limited group, not yet fit to run the business. "
         "What stands before Production is a matter of evidence, not of single checks."),
        (("scale", False, "", 0, 0, 0), "Fit to run the business and to grow"),
    ],
)  # fmt: skip
def test_the_verdict(arguments, said) -> None:
    assert headings.summary(*arguments) == said


def test_what_was_not_shown_is_not_called_a_failure() -> None:
    assert headings.summary("not_ready", False, "Prototype", 1, 0, 0).startswith("Readiness not proven")
    assert headings.summary("not_ready", True, "Prototype", 1, 0, 0).startswith("Not ready")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((None, False, "", 0, 0, 0, 0),
         "Give access to the project's files and repeat the audit; nothing can be decided on this one."),
        (("prototype", True, "pilot", 2, 1, 1, 7),
         "Set aside about seven person-days to close two gaps, give the one missing statement and show one condition "
         "that we could not see. The team may go on with it, but nobody else may use it until a new audit shows that "
         "this is done."),
        (("not_ready", False, "prototype", 0, 0, 0, 0),
         "Development may go on, but nobody else may use the system until a new audit shows that the conditions of "
         "Prototype hold."),
        (("not_ready", True, "prototype", 1, 0, 0, 1),
         "Set aside about one person-day to close one gap. Do not use the system outside development until a new "
         "audit shows that this is done."),
        (("scale", True, "", 0, 0, 0, 0),
         "No release is held back by this audit. Repeat it before the next large change, or within six months."),
    ],
)  # fmt: skip
def test_the_decision_asked(arguments, said) -> None:
    assert headings.decision(*arguments) == said


def test_other_headings() -> None:
    assert headings.risks(0, 0, 0, "Pilot") == "No failed or partial check, so no risk to rank"
    assert headings.risks(1, 1, 1, "Pilot") == "One risk in one area; it stands before Pilot"
    assert headings.risks(3, 2, 3, "Pilot") == "Three risks in two areas; all of them stand before Pilot"
    assert headings.risks(9, 4, 1, "Pilot") == "Nine risks in four areas; one of them stands before Pilot"
    assert headings.roadmap(10, 142, 7, "Pilot") == (
        "Ten person-days now, seven of them towards Pilot; about 142 more close the rest"
    )
    assert headings.roadmap(3, 0, 3, "Pilot") == "Three person-days now lead towards Pilot"
    assert headings.roadmap(0, 5, 0, "") == "Nothing is urgent; five person-days would close the rest"
    assert headings.roadmap(0, 0, 0, "") == "Nothing is left to be done by this catalogue"
    assert headings.accepted(2, 1) == "Two acceptances are valid; one has expired and counts again"
    assert headings.accepted(0, 2) == "Two have expired and count again"
    assert headings.attestations(21, 29, 1) == "21 of 29 questions were answered; one answer has lapsed"
    assert headings.scope(0, 9, 0, 0, 0) == "Everything in scope could be read"
    assert headings.scope(0, 9, 1, 2, 1) == (
        "One file could not be read and two facts could not be determined; one statement is taken on trust"
    )
    assert headings.scope(3, 40, 1, 2, 0) == "Three of 40 checks that apply could not be judged"
    assert headings.gate(0, 2) == "Two gates were set, and none failed"
    assert headings.gate(1, 1) == "The gate failed"
    assert headings.packs(0, 0, "Cost", 61.0, 11) == "Cost is the weakest core area, at 61 of 100"
    assert headings.heat({}, {}) == "No check could be judged"
    assert headings.heat({"pass": 3}, {"unknown": 2}) == (
        "Two critical checks could not be judged; most of the others that were judged pass"
    )
    assert headings.heat({"fail": 5, "pass": 4, "unknown": 60}, {"fail": 3, "pass": 1}) == (
        "Three critical checks fail; most of the others that were judged pass"
    )
    assert headings.heat({"fail": 1, "unknown": 9}, {"fail": 1}) == "One critical check fails"


def test_the_score_is_never_said_alone() -> None:
    assert words.score_phrase(66.22, 56.2, 71.7, 82.6) == "66 (56–72), 83\u00a0% of the evidence seen"
    outside = words.score_phrase(27.1, 27.9, 39.9, 89)
    assert outside == "27 (28–40 with all areas), 89\u00a0% of the evidence seen"
    assert words.score_phrase(None, 0, 100, 0) == "no score (nothing could be judged)"
    assert words.score_phrase(None, 20, 90, 30) == "no score (20–90), 30\u00a0% of the evidence seen"


def test_dates_and_numbers() -> None:
    assert words.day("2026-12-04") == "4\u00a0Dec\u00a02026"
    assert words.day("soon") == "soon"
    assert words.days(1) == "one person-day" and words.days(40) == "40 person-days"
    assert words.digits(1, "check") == "1 check" and words.digits(1200, "check") == "1,200 checks"
    assert thousands(-12345) == "\u221212,345"


def test_sentences_are_cut_where_they_end() -> None:
    risk = "Because a key is in version 2.1 of the file, anyone can use it. That costs money."
    assert first_sentence(risk) == "Because a key is in version 2.1 of the file, anyone can use it."
    assert rest_of(risk) == "That costs money."
    assert shorten("one two three four", 12) == "one two…"
    fix = "Keep weights as safetensors, or load with weights_only; where a pickle must stay, check its hash first"
    assert first_clause(fix, 80) == "Keep weights as safetensors, or load with weights_only…"
    assert first_clause(fix, 45) == "Keep weights as safetensors…"
    assert first_clause(fix, 200) == fix
    assert whole_clauses(fix, 80) == "Keep weights as safetensors, or load with weights_only"
    assert whole_clauses(fix, 60) == whole_clauses(fix, 80)
    assert whole_clauses("Fill in the part (name, purpose, owner with contact, and users) of the file", 60).endswith(
        "…"
    )
    assert lower_first("Every call") == "every call"
    assert lower_first("AI risks") == "AI risks"
    assert slug("../../ SEC-001 <b>") == "sec-001-b"


def test_a_place_is_not_named_twice() -> None:
    assert beside("a/req.txt", "a/req.txt names 8 dependencies.") == "names 8 dependencies."
    assert beside("Dockerfile", "Dockerfile: runs as root.") == "runs as root."
    assert beside("a.py", "a.pyc is stored.") == "a.pyc is stored."
    assert beside("", "Nothing stops it.") == "Nothing stops it."


@pytest.mark.parametrize(
    ("numbered", "unnumbered", "said"),
    [
        (1, 7, "The score is that of 1 area of 8; the others have too little evidence for a number."),
        (2, 3, "The score is that of 2 areas of 5; the others have too little evidence for a number."),
        (2, 2, ""),
        (3, 8, ""),
        (1, 0, ""),
        (0, 9, ""),
    ],
)
def test_a_score_of_one_or_two_areas_says_so(numbered: int, unnumbered: int, said: str) -> None:
    assert words.few_areas(numbered, unnumbered) == said


def test_dates_in_a_sentence_are_written_out_and_those_of_a_name_are_not() -> None:
    told = words.dated("gpt-5 stops on 2026-12-11; see docs/2026-12-11.md, run-2026-12-11 and 2026-12-11.json.")
    assert told.replace("\u00a0", " ") == (
        "gpt-5 stops on 11 Dec 2026; see docs/2026-12-11.md, run-2026-12-11 and 2026-12-11.json."
    )
