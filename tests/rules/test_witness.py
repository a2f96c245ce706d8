"""The elements by which an expression came out as it did."""

from __future__ import annotations

from typing import Any

import pytest

from aiaudit.model.types import BOOL, DOUBLE, INT, STRING, Type, list_of, record
from aiaudit.rules import Unknown, compile, evaluate, open_list
from aiaudit.rules.values import Budget
from aiaudit.rules.witness import witnesses

CALL = record("call", path=STRING, line=INT, safe=BOOL)
NAMES: dict[str, Type] = {
    "loads": list_of(CALL), "saves": list_of(CALL), "none": list_of(CALL), "words": list_of(STRING),
    "deployed": BOOL, "hidden": BOOL, "count": INT, "share": DOUBLE, "stage": STRING,
}  # fmt: skip
A = {"path": "a.py", "line": 1, "safe": True}
B = {"path": "b.py", "line": 2, "safe": False}
C = {"path": "c.py", "line": 3, "safe": False}
VALUES: dict[str, Any] = {
    "loads": [A, B, C], "saves": [A], "none": [], "words": ["alpha", "beta"],
    "deployed": True, "hidden": False, "count": 3, "share": 0.5, "stage": "pilot",
}  # fmt: skip


def shown(source: str, value: bool | None = True, looked: bool = False, **changed: Any) -> list[tuple[str, list[Any]]]:
    values = {**VALUES, **changed}
    expression = compile(source, NAMES)
    if value is not None:
        assert evaluate(expression, values).value is value
    return [(one.name, list(one.elements)) for one in witnesses(expression, values, value=value, looked=looked)]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("loads.size() > 0", [("loads", [A, B, C])]),
        ("loads.exists(l, !l.safe)", [("loads", [B, C])]),
        ("loads.exists_one(l, l.safe)", [("loads", [A])]),
        ("saves.all(s, s.safe)", [("saves", [A])]),
        ("!loads.all(l, l.safe)", [("loads", [B, C])]),
        ("!loads.exists(l, l.line > 9)", []),
        ("none.size() == 0 && !none.exists(n, n.safe)", []),
        ("none.all(n, n.safe)", []),
        ("loads.filter(l, l.line > 1).size() == 2", [("loads", [B, C])]),
        ("loads.count(l, l.safe) == 1", [("loads", [A])]),
        ("loads.filter(l, l.line > 1).sortBy(l, l.safe).size() == 2", [("loads", [B, C])]),
        ("loads.size() + saves.size() > 3", [("loads", [A, B, C]), ("saves", [A])]),
        ("(loads + saves).exists(x, x.safe)", [("loads", [A]), ("saves", [A])]),
        ("loads.map(l, !l.safe, l.path).size() == 2", [("loads", [B, C])]),
        ("unique(loads.map(l, l.path)).size() > 2", [("loads", [A, B, C])]),
        ("'beta' in words", [("words", ["beta"])]),
        ("'b.py' in loads.map(l, l.path) ? saves.size() > 0 : hidden", [("saves", [A])]),
        ("loads.exists(l, saves.exists(s, s.path == l.path))", [("loads", [A]), ("saves", [A])]),
        ("deployed && loads.exists(l, l.safe)", [("deployed", []), ("loads", [A])]),
        ("hidden || none.size() > 0 || saves.size() > 0 || loads.size() > 0", [("saves", [A]), ("loads", [A, B, C])]),
        ("!(hidden || saves.size() == 0)", [("saves", [A])]),
        ("count > 2 && share < 0.9", [("count", []), ("share", [])]),
    ],
)
def test_what_makes_it_hold(source: str, expected: list[tuple[str, list[Any]]]) -> None:
    assert shown(source) == expected


def test_of_a_disjunction_that_does_not_hold_every_part_is_shown() -> None:
    assert shown("saves.size() == 0 || loads.all(l, l.safe)", False) == [("saves", [A]), ("loads", [B, C])]


def test_of_a_conjunction_that_does_not_hold_only_what_keeps_it_from_it() -> None:
    assert shown("loads.size() == 0 && saves.size() == 1", False) == [("loads", [A, B, C])]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("(deployed ? 1 : 0) + (none.size() > 0 ? 1 : 0)", [("deployed", [])]),
        ("loads.map(l, l.path) + saves.map(s, s.path)", [("loads", [A, B, C]), ("saves", [A])]),
        ("(saves.size() > 0 ? ['kept'] : []) + (hidden ? ['hidden'] : [])", [("saves", [A])]),
    ],
)
def test_what_a_number_counts_or_a_list_is_made_of(source: str, expected: list[tuple[str, list[Any]]]) -> None:
    assert shown(source, None) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("!loads.exists(l, l.line > 9)", [("loads", [A, B, C])]),
        ("loads.filter(l, l.line > 9).size() == 0 && none.size() == 0", [("loads", [A, B, C]), ("none", [])]),
        ("!loads.exists(l, saves.exists(s, s.path == l.path && s.line > 1))", [("loads", [A, B, C])]),
        ("!hidden", [("hidden", [])]),
    ],
)
def test_where_nothing_fits_what_was_looked_through(source: str, expected: list[tuple[str, list[Any]]]) -> None:
    assert shown(source, looked=True) == expected


def test_of_a_list_that_may_go_on_only_what_was_seen() -> None:
    assert shown("loads.exists(l, l.safe)", loads=open_list([A, B], Unknown("more"))) == [("loads", [A])]


def test_an_element_that_is_not_known_is_no_witness() -> None:
    unsure = {"path": "u.py", "line": 4, "safe": Unknown("an expression")}
    assert shown("loads.exists(l, l.safe)", loads=[unsure, A]) == [("loads", [A])]


def test_what_costs_too_much_is_left_out() -> None:
    many = [{"path": f"{number}.py", "line": 1, "safe": True} for number in range(2_000)]
    expression = compile("saves.size() > 0 && loads.exists(l, l.safe)", NAMES)
    found = witnesses(expression, {**VALUES, "loads": many}, budget=Budget(steps=1_000))
    assert [one.name for one in found] == ["saves"]
