"""Parameters and severities of a configuration: typed, bounded, and told apart from relaxations."""

from __future__ import annotations

from typing import Any

import pytest

from aiaudit.model.check import Place, Severity
from aiaudit.packs.overrides import resolve
from aiaudit.packs.problems import PackError
from tests.packs.fakes import one_check

PARAMS = """{days: {default: 30, min: 1, max: 365, stricter: lower}, share: {default: 0.5, stricter: higher},
    strict: true, word: {default: x}, names: [a], count: 3}"""
CHECKS = list(one_check(params=PARAMS, rule='{fail: "loads.size() > params.count", pass: otherwise}').checks)


def test_what_is_set_is_in_force_and_the_rest_as_shipped() -> None:
    overrides = resolve(CHECKS, {"OWN-001": {"days": 90, "share": 1, "names": []}}, {"OWN-001": "critical"})
    assert overrides.params_of(CHECKS[0]) == {
        "days": 90, "share": 1, "strict": True, "word": "x", "names": [], "count": 3,
    }  # fmt: skip
    assert overrides.severity_of(CHECKS[0]) is Severity.CRITICAL


@pytest.mark.parametrize(
    ("params", "severity", "relaxes"),
    [
        ({"days": 90}, None, True),
        ({"days": 7}, None, False),
        ({"share": 0.1}, None, True),
        ({"share": 0.9}, None, False),
        ({"count": 9}, None, True),  # the pack does not say which way is stricter
        ({}, "low", True),
        ({}, "critical", False),
    ],
)
def test_what_makes_a_check_easier_is_a_relaxation(params: dict[str, Any], severity: str | None, relaxes: bool) -> None:
    overrides = resolve(CHECKS, {"OWN-001": params}, {"OWN-001": severity} if severity else {})
    (change,) = overrides.changes
    assert change.relaxes is relaxes
    assert bool(overrides.relaxations) is relaxes


def test_a_value_as_shipped_is_no_change() -> None:
    assert resolve(CHECKS, {"OWN-001": {"days": 30}}, {"OWN-001": "high"}).changes == ()


@pytest.mark.parametrize(
    ("params", "severity", "line"),
    [
        ({"OWN-001": {"days": 0}}, {}, "OWN-001 days: must be at least 1, not 0"),
        ({"OWN-001": {"days": 366}}, {}, "OWN-001 days: must be at most 365, not 366"),
        ({"OWN-001": {"days": 1.5}}, {}, "OWN-001 days: must be a whole number, not the number 1.5"),
        ({"OWN-001": {"days": True}}, {}, "OWN-001 days: must be a whole number, not true"),
        ({"OWN-001": {"days": "many"}}, {}, "OWN-001 days: must be a whole number, not the text 'many'"),
        ({"OWN-001": {"share": float("inf")}}, {}, "OWN-001 share: must be a finite number"),
        ({"OWN-001": {"strict": 1}}, {}, "OWN-001 strict: must be true or false, not the number 1"),
        ({"OWN-001": {"word": None}}, {}, "OWN-001 word: must be a text, not nothing"),
        ({"OWN-001": {"names": "a"}}, {}, "OWN-001 names: must be a list, not the text 'a'"),
        ({"OWN-001": {"names": [1]}}, {}, "OWN-001 names: the list may not hold the number 1"),
        ({"OWN-001": {"count": -1}}, {}, "OWN-001 count: must be at least 0, not -1"),
        ({"OWN-001": {"dyas": 1}}, {}, "OWN-001 has no parameter 'dyas'; did you mean 'days'?"),
        ({"OWN-002": {"days": 1}}, {}, "params: no check 'OWN-002'; did you mean 'OWN-001'?"),
        ({}, {"OWN-002": "low"}, "severity: no check 'OWN-002'; did you mean 'OWN-001'?"),
        ({}, {"OWN-001": "lwo"}, "OWN-001 severity: 'lwo' is none of critical, high, medium, low; did you mean 'low'?"),
    ],
)
def test_what_does_not_fit_is_told_with_its_place(params: Any, severity: Any, line: str) -> None:
    def place(*path: str) -> Place:
        return Place("aiaudit.yaml", len(path), 1)

    with pytest.raises(PackError) as caught:
        resolve(CHECKS, params, severity, place)
    (problem,) = caught.value.problems
    assert problem.message == line
    assert str(problem).startswith("aiaudit.yaml:")
