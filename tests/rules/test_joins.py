"""Looking elements up by a field, and working a part out once, give what the plain walk gives."""

from __future__ import annotations

import random
from typing import Any

import pytest

from aiaudit.model.types import INT, STRING, list_of, record
from aiaudit.rules import Budget, Unknown, compile, evaluate, evaluator, joins

ROW = record("row", path=STRING, name=STRING, n=INT, uses=list_of(STRING))
BOX = record("box", rows=list_of(ROW))
NAMES = {"left": list_of(ROW), "right": list_of(ROW), "boxes": list_of(BOX), "texts": list_of(STRING)}
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
    "left.filter(l, right.exists(r, r.path in l.uses && r.n > l.n))",
    "left.map(l, right.count(r, r.path in l.uses || r.path == l.path))",
    "left.map(l, right.filter(r, (r.path == l.path || l.name in r.uses || r.name in l.uses && r.n > 1) && r.n != l.n))",
    "left.map(l, right.count(r, r.path == l.path || r.n > 2))",
    "left.filter(l, boxes.exists(b, b.rows.exists(r, r.path == l.path && r.n > l.n)))",
    "boxes.map(b, left.filter(l, b.rows.exists(r, r.path == l.path) || b.rows.exists(r, r.name in l.uses)))",
    "left.filter(l, l.path in texts)",
    "left.map(l, right.count(r, r.path in texts && l.name in right.map(x, x.name)))",
    "boxes.map(b, b.rows.map(r, r.path in texts))",
)
FIXED = (
    "left.map(l, right.count(r, r.path.startsWith(l.path + ':' + string(l.n))))",
    "left.map(l, right.count(r, r.uses.exists(u, u == l.path + r.name)))",
    "left.map(l, right.exists(r, left.filter(x, x.n > l.n).all(x, x.path != r.path)))",
    "left.map(l, right.map(r, right.filter(x, x.path == l.path).size() + r.n))",
    "left.map(l, l.uses.exists(u, right.exists(r, r.path == l.path.lowerAscii() + u || r.name in l.uses.filter(v, v != u))))",
    "left.map(l, right.map(r, r.n > l.n ? l.path + 'a' : r.path + 'b'))",
    "left.filter(l, right.exists(r, 3 / l.n > r.n && l.name.matches('a|b')))",
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


def seen(draw: random.Random) -> dict[str, Any]:
    boxes = [{"rows": rows(draw, size)} for size in (20, 3, 18)] + [{"rows": Unknown("?")}] * draw.randrange(2)
    texts = [draw.choice("abcdef") for _ in range(17)] + [Unknown("?"), 3][: draw.choice((0, 0, 1, 2))]
    return {"left": rows(draw, 6), "right": rows(draw, 24), "boxes": boxes, "texts": texts}


@pytest.mark.parametrize("source", SOURCES)
def test_a_lookup_gives_what_a_walk_gives(source: str, monkeypatch: pytest.MonkeyPatch) -> None:
    draw = random.Random(source)
    expression = compile(source, NAMES)
    for _ in range(60):
        facts = seen(draw)
        monkeypatch.setattr(joins, "MIN_LOOKED_UP", 0)
        looked_up = evaluate(expression, facts)
        monkeypatch.setattr(joins, "MIN_LOOKED_UP", 10**9)
        walked = evaluate(expression, facts)
        assert (looked_up.value, looked_up.incomplete) == (walked.value, walked.incomplete)


@pytest.mark.parametrize("source", FIXED)
def test_a_part_that_stays_gives_what_it_gives_anew(source: str, monkeypatch: pytest.MonkeyPatch) -> None:
    draw = random.Random(source)
    kept = compile(source, NAMES)
    anew = compile(source, NAMES)
    assert kept.run is not None
    monkeypatch.setattr(evaluator, "once", lambda node, run: run)
    assert anew.run is not None
    for _ in range(60):
        facts = seen(draw)
        one, other = evaluate(kept, facts), evaluate(anew, facts)
        assert (one.value, one.incomplete) == (other.value, other.incomplete)


def test_a_join_by_one_of_several_fields_is_affordable() -> None:
    rows = [{"path": f"src/{n}.py", "name": f"f{n}", "n": n, "uses": [f"src/{n + 1}.py"]} for n in range(10_000)]
    joined = compile("left.filter(l, right.exists(r, r.path in l.uses || r.name == l.path)).size()", NAMES)
    assert evaluate(joined, {"left": rows, "right": rows}).value == 9_999


def test_looking_into_a_long_list_of_texts_is_affordable() -> None:
    rows = [{"path": f"src/{n}.py", "name": "x", "n": n, "uses": []} for n in range(20_000)]
    known = compile("left.filter(l, l.path in right.filter(r, r.n > 19990).map(r, r.path)).size()", NAMES)
    assert evaluate(known, {"left": rows, "right": rows}).value == 9
    texts = [row["path"] for row in rows]
    assert evaluate(compile("left.all(l, l.path in texts)", NAMES), {"left": rows, "texts": texts}).value is True


def test_lists_inside_a_fact_are_looked_up_too() -> None:
    rows = [{"path": f"src/{n}.py", "name": "x", "n": n, "uses": []} for n in range(5_000)]
    joined = compile("left.filter(l, !boxes.exists(b, b.rows.exists(r, r.path == l.path))).size()", NAMES)
    assert evaluate(joined, {"left": rows, "boxes": [{"rows": rows[:4_000]}]}).value == 1_000


def test_a_part_that_stays_is_paid_once_for_each_walk() -> None:
    rows = [{"path": "a", "name": "x", "n": n, "uses": []} for n in range(200)]
    rule = compile(
        "left.exists(l, right.exists(r, r.path == 'b' || r.name == l.path + string(l.n) + 'ccccccccccc'))", NAMES
    )
    assert evaluate(rule, {"left": rows, "right": rows}, budget=Budget(size=20_000)).value is False


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
