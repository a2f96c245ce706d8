"""How a control's state and the ML Test Score follow from the results of the mapped checks."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from aiaudit.model.check import Kind, Status
from aiaudit.model.framework import Coverage, MappedCheck
from aiaudit.packs import frameworks as files
from aiaudit.scoring import frameworks

KINDS = {"a": Kind.AUTOMATIC, "m": Kind.MEASURED, "t": Kind.ATTESTED}
STATUSES = {
    "P": Status.PASS, "H": Status.PARTIAL, "F": Status.FAIL, "U": Status.UNKNOWN, "N": Status.NOT_APPLICABLE,
    "B": Status.BLOCKED, "E": Status.ERROR,
}  # fmt: skip


def mapped(text):
    """Such as "aP tU -": an automatic pass, an attested unknown, a check that is not in the audit."""
    return [
        MappedCheck(f"X-{n}", None, None) if word == "-" else MappedCheck(f"X-{n}", STATUSES[word[1]], KINDS[word[0]])
        for n, word in enumerate(text.split())
    ]


@pytest.mark.parametrize(
    ("checks", "state"),
    [
        ("", "not_assessable"),
        ("aN tN", "not_applicable"),
        ("aP", "supported"),
        ("aP tP aN", "supported"),
        ("aP aF", "gap"),
        ("tF", "gap"),
        ("aP aU", "partly"),
        ("aH", "partly"),
        ("aH tU", "partly"),
        ("aP -", "partly"),
        ("aP tU", "needs_people"),
        ("tU", "needs_people"),
        ("tU aU", "not_seen"),
        ("aB", "not_seen"),
        ("mE", "not_seen"),
        ("-", "not_seen"),
        ("aN -", "not_seen"),
    ],
)
def test_state_of_a_control(checks, state) -> None:
    assert frameworks.state_of(mapped(checks)) is Coverage(state)


def test_better_results_never_lower_a_state() -> None:
    rank = ["gap", "not_seen", "needs_people", "partly", "supported"]
    for kind in KINDS:
        states = [frameworks.state_of(mapped(f"aP {kind}{letter}")).value for letter in "FHP"]
        assert [rank.index(state) for state in states] == sorted(rank.index(state) for state in states)


def test_ml_test_score_as_computed_by_hand() -> None:
    """Every check passes automatically but for those named. By the file's mapping, by hand:

    Data: 4 (only DATA-011, failed) gives 0 and 5 (only DATA-013, attested) 0.5; the others 1: 5.5 of 7.
    Model: 3 (only OPS-016, partial) gives 0.5, the others 1: 6.5.
    Infra: 6 (only OPS-012, unknown) gives 0 now and 1 at best; the others 1: 6, at best 7.
    Monitor: 1 (only INT-006, not applicable) 0, 5 (only OBS-010, failed) 0, 6 (OBS-010 among seven) 0: 4.
    """
    named = {
        "DATA-011": ("fail", "automatic"),
        "DATA-013": ("pass", "attested"),
        "OPS-016": ("partial", "automatic"),
        "OPS-012": ("unknown", "automatic"),
        "INT-006": ("not_applicable", "attested"),
        "OBS-010": ("fail", "measured"),
    }
    score = files.find("ml-test-score")
    ids = {one.check for control in score.controls for one in control.checks}
    results = []
    for check in sorted(ids):
        status, kind = named.get(check, ("pass", "automatic"))
        results.append(SimpleNamespace(id=check, status=Status(status), kind=Kind(kind)))
    native = frameworks.cover([score], results)[0].native
    assert {s.title: (s.points, s.best) for s in native.sections} == {
        "Data": (5.5, 5.5),
        "Model": (6.5, 6.5),
        "Infra": (6.0, 7.0),
        "Monitor": (4.0, 4.0),
    }
    assert (native.points, native.best, native.of) == (4.0, 4.0, 7)
    assert native.reading == "strong levels of automated testing and monitoring"


@pytest.mark.parametrize(
    ("status", "points", "reading"), [("unknown", 0, "research project"), ("pass", 7, "exceptional")]
)
def test_ml_test_score_at_its_ends(status, points, reading) -> None:
    score = files.find("ml-test-score")
    ids = {one.check for control in score.controls for one in control.checks}
    results = [SimpleNamespace(id=i, status=Status(status), kind=Kind.AUTOMATIC) for i in ids]
    native = frameworks.cover([score], results)[0].native
    assert (native.points, native.best) == (points, 7)
    assert reading in native.reading
