"""Looking elements up by a field, and working a part out once, give what the plain walk gives."""

from __future__ import annotations

import random
from typing import Any

import pytest

from aiaudit.model.types import INT, STRING, list_of, record
from aiaudit.rules import Budget, Unknown, compile, evaluate, joins

ROW = record("row", path=STRING, name=STRING, n=INT, uses=list_of(STRING))
NAMES = {"left": list_of(ROW), "right": list_of(ROW)}
SOURCES = (
    "left.filter(l, right.exists(r, r.path == l.path && r.n > l.n))",
    "left.filter(l, right.exists(r, r.n > 2 && l.path == r.path))",
    "left.filter(l, !right.exists(r, r.path == l.path))",
    "left.map(l, right.filter(r, r.path == l.path && r.name != l.name))",
    "left.map(l, right.count(r, r.name == l.path + '' && r.n / l.n > 0))",
    "left.exists(l, right.filter(r, r.path == l.path).size() > 3)",
    "left.all(l, right.exists_one(r, r.path == l.path))",
    "left.map(l, right.filter(r, r.n > 1).exists(r, r.path == l.path))",
    "left.filter(l, right.exists(r, l.path in r.uses && r.n > 0))",
    "left.map(l, right.count(r, l.path in r.uses))",
    "left.map(l, right.map(r, r.path == l.path, r.n))",
    "left.filter(l, (right + left).exists(r, r.path == l.path && r.n > l.n))",
)


def rows(draw: random.Random, size: int) -> list[dict[str, Any]]:
    """Records some of whose fields are unknown, of another type, or missing."""
    texts: list[Any] = ["a", "b", "c", "", Unknown("seen, not resolved"), 3, None]
    found = []
    for _ in range(size):
        row = {"path": draw.choice(texts[: draw.choice((3, 7))]), "name": draw.choice(texts), "n": draw.randrange(4)}
        row["uses"] = draw.choice((["a", "b", "a"], [], ["c", Unknown("?")], Unknown("?"), {"a": 1}, None, ["b", 3]))
        if draw.random() < 0.05:
            del row["path"]
        found.append(row)
    return found


@pytest.mark.parametrize("source", SOURCES)
def test_a_lookup_gives_what_a_walk_gives(source: str, monkeypatch: pytest.MonkeyPatch) -> None:
    draw = random.Random(source)
    expression = compile(source, NAMES)
    for _ in range(60):
        facts = {"left": rows(draw, 6), "right": rows(draw, 24)}
        monkeypatch.setattr(joins, "MIN_LOOKED_UP", 0)
        looked_up = evaluate(expression, facts)
        monkeypatch.setattr(joins, "MIN_LOOKED_UP", 10**9)
        walked = evaluate(expression, facts)
        assert (looked_up.value, looked_up.incomplete) == (walked.value, walked.incomplete)


def test_a_join_of_large_lists_is_affordable() -> None:
    rows = [{"path": f"src/{n}.py", "name": "x", "n": n} for n in range(20_000)]
    joined = compile("left.filter(l, right.exists(r, r.path == l.path && r.n > 19990)).size() == 9", NAMES)
    assert evaluate(joined, {"left": rows, "right": rows}).value is True


def test_a_part_without_variables_is_paid_once() -> None:
    rows = [{"path": "a", "name": "x", "n": n} for n in range(1_000)]
    rule = compile("left.exists(l, right.filter(r, r.n < 0).size() > l.n)", NAMES)
    assert evaluate(rule, {"left": rows, "right": rows}, budget=Budget(steps=10_000)).value is False


def test_two_lists_are_joined_once() -> None:
    rows = [{"path": f"src/{n}.py", "name": "x", "n": n} for n in range(2_000)]
    rule = compile("left.filter(l, (left + right).exists(r, r.path == l.path && r.n > 1990)).size()", NAMES)
    assert evaluate(rule, {"left": rows, "right": rows}, budget=Budget(steps=50_000)).value == 9
