"""Three values: truth tables, lists and numbers that are known in part, and that no answer depends on a guess."""

from __future__ import annotations

import math
import random
from collections import Counter
from typing import Any

import pytest

from aiaudit.model.types import BOOL, DOUBLE, DYN, INT, STRING, list_of, map_of, record
from aiaudit.rules import Failed, Unknown, compile, evaluate
from aiaudit.rules.values import Incomplete
from tests.rules.generator import NAMES as DRAWN_NAMES
from tests.rules.generator import Generator, environment

ITEM = record("item", path=STRING, size=INT, ok=BOOL, kind=DYN)
NAMES = {
    "t": BOOL, "f": BOOL, "u": BOOL, "e": BOOL, "items": list_of(ITEM), "some": list_of(INT), "n": INT, "x": DOUBLE,
    "s": STRING, "m": map_of(INT), "any": DYN, "gone": BOOL, "none": list_of(INT),
}  # fmt: skip
VALUES: dict[str, Any] = {
    "t": True,
    "f": False,
    "u": Unknown("not read"),
    "e": Failed("probe broke"),
    # ok is true, unknown, false; the second one's size is unknown too
    "items": [
        {"path": "a.py", "size": 1, "ok": True, "kind": 1},
        {"path": "b.py", "size": Unknown("too large"), "ok": Unknown("an expression"), "kind": Unknown()},
        {"path": "c.py", "size": 3, "ok": False, "kind": "x"},
    ],
    "some": [1, Unknown("a hole"), 3],
    "n": Unknown("no number"),
    "x": Unknown("no double"),
    "s": Unknown("no text"),
    "m": {"a": 1, "b": Unknown("a hole")},
    "any": {"x": Unknown("a hole"), "list": [1, Unknown("a hole")]},
    "none": [],
}


def value(source: str) -> Any:
    return evaluate(compile(source, NAMES), VALUES).value


def letter(source: str) -> str:
    """`t`, `f`, `u` (unknown) or `e` (error)."""
    got = value(source)
    return {True: "t", False: "f"}[got] if isinstance(got, bool) else "u" if isinstance(got, Unknown) else "e"


@pytest.mark.parametrize(
    ("left", "conjunction", "disjunction"),
    # right operand:  t     f     u     e
    [
        ("t", ["t", "f", "u", "e"], ["t", "t", "t", "t"]),
        ("f", ["f", "f", "f", "f"], ["t", "f", "u", "e"]),
        ("u", ["u", "f", "u", "u"], ["t", "u", "u", "u"]),
        ("e", ["e", "f", "u", "e"], ["t", "e", "u", "e"]),
    ],
)
def test_truth_tables(left: str, conjunction: list[str], disjunction: list[str]) -> None:
    assert [letter(f"{left} && {right}") for right in "tfue"] == conjunction
    assert [letter(f"{left} || {right}") for right in "tfue"] == disjunction
    for right in "tfue":  # a quantifier is its chain, over two elements
        assert letter(f"['1', '2'].all(i, i == '1' ? {left} : {right})") == letter(f"{left} && {right}")
        assert letter(f"['1', '2'].exists(i, i == '1' ? {left} : {right})") == letter(f"{left} || {right}")


def test_not_and_conditional() -> None:
    assert [letter(f"!{operand}") for operand in "tfue"] == ["f", "t", "u", "e"]
    assert [letter(f"{operand} ? t : f") for operand in "tfue"] == ["t", "f", "u", "e"]
    assert [letter(f"t ? {operand} : e") for operand in "tfue"] == ["t", "f", "u", "e"]
    assert [letter(f"f ? e : {operand}") for operand in "tfue"] == ["t", "f", "u", "e"]


def test_longer_chains_keep_the_order_of_weight() -> None:
    assert letter("e && u && t && f") == "f"
    assert letter("e && u && t") == "u"
    assert letter("u || e || f || t") == "t"
    assert letter("e || f || f") == "e"


@pytest.mark.parametrize(
    "source",
    [
        "n == 1", "n != 1", "n < 1", "1 >= n", "n + 1 == 2", "-n == 1", "n / 2 == 1", "n in [1, 2]", "s == 'x'",
        "s.size() > 0", "s.startsWith('a')", "'a'.startsWith(s)", "s.matches('a')", "s + 'a' == 'a'",
        "s.trim() == ''", "int(s) == 1", "double(n) > 1.0", "string(n) == '1'", "x > 1", "s in m", "m[s] == 1",
        "some[n] == 1", "some[1] == 1", "m.b == 1", "has(m.b)", "has(any.x)", "has(any.x.y)", "any.x.y == 1",
        "any.x == null", "n == n", "some == [1, 2, 3]", "[1, 2, 3] != some", "m == {'a': 1, 'b': 2}", "2 in some",
        "2 in any.list", "sum(some) > 0", "min(some) == 1", "unique(some).size() == 3", "glob(s, '*')",
        "s.split(',').size() > 0", "['a', s].join() == 'a'", "gone", "gone || f", "gone && t",
        "some.exists(i, i == 2)", "some.all(i, i < 9)", "some.exists_one(i, i == 1)",
        "some.sortBy(i, i)", "items.sortBy(i, i.size)[0].path", "items.filter(i, i.ok).sortBy(i, i.path)[0]",
    ],
)  # fmt: skip
def test_what_depends_on_an_unknown_is_unknown(source: str) -> None:
    assert isinstance(value(source), Unknown)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("some.size()", 3),
        ("1 in some", True),
        ("some == [1, 2]", False),
        ("some == [2, 2, 3]", False),
        ("m == {'a': 2, 'b': 2}", False),
        ("m == {'a': 1}", False),
        ("has(m.a)", True),
        ("has(m.z)", False),
        ("has(any.list)", True),
        ("'b' in m", True),
        ("m.exists(k, k == 'b')", True),
        ("some.exists(i, i == 3)", True),
        ("some.all(i, i > 1)", False),
        ("some.exists_one(i, i > 0)", False),
        ("[1, 3, 1].exists_one(i, i == 1 || u)", False),
        ("items.exists(i, i.ok)", True),
        ("items.all(i, i.ok)", False),
        ("items.map(i, i.path)", ["a.py", "b.py", "c.py"]),
        ("items.sortBy(i, i.path == 'a.py').map(i, i.path)", ["b.py", "c.py", "a.py"]),
        ("items.filter(i, i.ok).sortBy(i, i.path).size() > 0", True),
        ("items.filter(i, i.ok).sortBy(i, i.path).exists(i, i.path == 'c.py')", False),
        ("items.map(i, i.size)", [1, Unknown("too large"), 3]),
        ("none.exists(i, u)", False),
        ("none.all(i, u)", True),
        ("none.filter(i, u)", []),
        ("none.count(i, u)", 0),
    ],
)
def test_what_does_not_depend_on_it_is_known(source: str, expected: object) -> None:
    assert value(source) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("SIZE > 0", "t"),
        ("SIZE >= 1", "t"),
        ("SIZE > 1", "u"),
        ("SIZE > 2", "f"),
        ("SIZE == 0", "f"),
        ("SIZE == 1", "u"),
        ("SIZE == 2", "u"),
        ("SIZE != 3", "t"),
        ("SIZE <= 2", "t"),
        ("SIZE < 2", "u"),
        ("SIZE < 1", "f"),
        ("0 < SIZE", "t"),
        ("2 >= SIZE", "t"),
        ("1.5 < SIZE", "u"),
        ("SIZE == SIZE", "u"),
        ("SIZE + 1 > 1", "t"),
        ("1 + SIZE > 3", "f"),
        ("SIZE - 1 >= 0", "t"),
        ("3 - SIZE >= 1", "t"),
        ("-SIZE < 0", "t"),
        ("-SIZE > -2", "u"),
        ("-SIZE >= -2", "t"),
        ("SIZE * 10 >= 10", "t"),
        ("SIZE * -10 <= -10", "t"),
        ("SIZE * 100 / 3 > 30", "t"),
        ("6 / SIZE >= 3", "t"),
        ("6 / SIZE > 3", "u"),
        ("10 / (SIZE - 1) > 0", "u"),
        ("10 / (SIZE * 4 - 6) <= 5", "u"),
        ("SIZE % 5 < 5", "u"),
        ("double(SIZE) / 3.0 > 0.3", "t"),
        ("double(SIZE) / 3.0 > 0.7", "f"),
        ("double(SIZE) / 3.0 > 0.5", "u"),
        ("int(double(SIZE)) == 3", "f"),
        ("SIZE * 9223372036854775807 > 0", "u"),
        ("SIZE in [0, 3]", "f"),
        ("SIZE in [1]", "u"),
        ("[SIZE].exists(k, k > 0)", "t"),
        ("{'k': SIZE}.k > 0", "t"),
        ("SIZE > 0 ? t : e", "t"),
    ],
)
def test_the_size_of_an_incomplete_list_is_known_by_its_bounds(source: str, expected: str) -> None:
    """One item certainly fits, another possibly: the size is 1 or 2."""
    for size in ("items.filter(i, i.ok).size()", "size(items.filter(i, i.ok))", "items.count(i, i.ok)"):
        assert letter(source.replace("SIZE", size)) == expected, size
    assert letter(source.replace("SIZE", "items.filter(i, i.ok).map(i, i.path).size()")) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("LIST.exists(i, i.path == 'a.py')", "t"),
        ("LIST.exists(i, i.path == 'b.py')", "u"),
        ("LIST.exists(i, i.path == 'c.py')", "f"),
        ("LIST.all(i, i.path != 'c.py')", "t"),
        ("LIST.all(i, i.path == 'a.py')", "u"),
        ("LIST.all(i, i.path == 'b.py')", "f"),
        ("LIST.exists_one(i, i.path == 'a.py')", "t"),
        ("LIST.exists_one(i, i.path != 'c.py')", "u"),
        ("LIST.filter(i, i.path == 'a.py').size() == 1", "t"),
        ("LIST.filter(i, i.path == 'b.py').size() == 0", "u"),
        ("LIST.filter(i, i.path == 'c.py').size() == 0", "t"),
        ("LIST.map(i, i.path).exists(p, p == 'a.py')", "t"),
        ("LIST.map(i, i.path == 'a.py', i.path).size() == 1", "t"),
        ("'a.py' in LIST.map(i, i.path)", "t"),
        ("'b.py' in LIST.map(i, i.path)", "u"),
        ("'c.py' in LIST.map(i, i.path)", "f"),
        ("unique(LIST.map(i, 'same')).size() == 1", "t"),
        ("(LIST + LIST).size() >= 2", "t"),
        ("(LIST + items).size() == 4", "u"),
        ("([] + LIST).size() > 2", "f"),
        ("LIST == []", "f"),
        ("LIST == items", "f"),
        ("LIST.map(i, i.path) == ['a.py']", "u"),
        ("LIST == LIST", "u"),
        ("LIST[0].path == 'a.py'", "u"),
        ("LIST.map(i, i.path).join() == 'a.py'", "u"),
        ("sum(LIST.map(i, i.size)) > 0", "u"),
        ("max(LIST.map(i, i.size)) > 0", "u"),
        ("[LIST][0].size() > 0", "t"),
        ("LIST.exists(i, 1 / (i.path == 'a.py' ? 1 : 0) == 1)", "t"),
        ("LIST.exists(i, 1 / (i.path == 'a.py' ? 0 : 1) == 9)", "e"),
        ("LIST.exists(i, 1 / (i.path == 'b.py' ? 0 : 1) == 9)", "u"),
        ("LIST.filter(i, 1 / (i.path == 'b.py' ? 0 : 1) == 1).size() >= 0", "u"),
        ("LIST.map(i, 1 / (i.path == 'b.py' ? 0 : 1)).size() >= 0", "u"),
        ("LIST.map(i, 1 / (i.path == 'a.py' ? 0 : 1)).size() >= 0", "e"),
    ],
)
def test_what_an_incomplete_list_can_still_say(source: str, expected: str) -> None:
    assert letter(source.replace("LIST", "items.filter(i, i.ok)")) == expected


def test_a_condition_that_may_fail_makes_no_element_certain() -> None:
    """Where an unknown might turn out to be an error, `filter` has no list at all: the size is not known."""
    assert letter("items.filter(i, i.size / 1 > 0).size() > 0") == "u"
    assert letter("items.exists(i, i.size / 1 > 0)") == "t"
    assert letter("items.filter(i, i.kind == 1).size() > 0") == "t"
    assert letter("items.filter(i, dyn(i.kind) > 0).size() > 0") == "e"  # 'x' > 0
    assert letter("[n / 2].size() == 1") == "u"
    assert letter("{'a': n / 2}.size() == 1") == "u"
    assert letter("[n].size() == 1") == "t"
    assert letter("items.map(i, i.size + 1).size() == 3") == "u"
    assert letter("items.map(i, i.size).size() == 3") == "t"


def test_an_incomplete_list_as_a_result() -> None:
    outcome = evaluate(compile("items.filter(i, i.ok)", NAMES), VALUES)
    assert outcome.value == Unknown("an expression")
    assert outcome.incomplete is not None
    assert [item["path"] for item in outcome.incomplete.sure] == ["a.py"]
    assert [item["path"] for item in outcome.incomplete.maybe] == ["b.py"]
    again = evaluate(compile("none.size() > 0", NAMES), {"none": outcome.incomplete})
    assert again.value is True
    nested = evaluate(compile("[items.filter(i, i.ok), items]", NAMES), VALUES)
    assert nested.value[0] == Unknown("an expression") and nested.value[1] == VALUES["items"]
    assert nested.incomplete is None
    number = evaluate(compile("items.count(i, i.ok) + 1", NAMES), VALUES)
    assert number.value == Unknown("an expression")
    assert evaluate(compile("items.filter(i, i.path == 'a.py')", NAMES), VALUES).incomplete is None


def test_reasons_are_those_of_the_facts() -> None:
    assert value("u && t") == Unknown("not read")
    assert value("t && unknown('a library of no list')") == Unknown("a library of no list")
    assert value("!t && unknown('never asked')") is False
    assert value("t || unknown('never asked')") is True
    assert value("gone") == Unknown("gone was not collected")
    assert value("items[1].size > 1") == Unknown("too large")
    assert value("items.exists(i, i.size > 9)") == Unknown("too large")
    assert value("e || f") == Failed("probe broke")
    assert value("e == t") == Failed("probe broke")
    assert evaluate(compile("u", NAMES), {"u": Unknown()}).value == Unknown("u is unknown")
    assert evaluate(compile("u", NAMES), {"u": Failed("")}).value == Failed("u ended in an error")


def blur(draw: random.Random, whole: Any, share: float) -> Any:
    """The value with some places, at any depth, made unknown."""
    if draw.random() < share:
        return Unknown("blurred")
    if isinstance(whole, list):
        return [blur(draw, item, share) for item in whole]
    if isinstance(whole, dict):
        return {key: blur(draw, item, share) for key, item in whole.items()}
    return whole


def refines(part: Any, whole: Any) -> bool:
    """Whether an answer given on blurred values stands once they are known."""
    if isinstance(part, Unknown):
        return True
    if isinstance(part, Failed) or isinstance(whole, Failed):
        return type(part) is type(whole)
    if isinstance(part, list) and isinstance(whole, list):
        return len(part) == len(whole) and all(map(refines, part, whole))
    if isinstance(part, dict) and isinstance(whole, dict):
        return part.keys() == whole.keys() and all(refines(item, whole[key]) for key, item in part.items())
    if isinstance(part, float) and isinstance(whole, float) and math.isnan(part):
        return math.isnan(whole)
    return type(part) is type(whole) and part == whole


def bounded_by(part: Incomplete, whole: Any) -> bool:
    """Whether a list has every certain element, and no more elements than are possible."""
    if not isinstance(whole, list):
        return False
    certain = all(any(refines(item, other) for other in whole) for item in part.sure)
    return certain and len(part.sure) <= len(whole) <= len(part.sure) + len(part.maybe)


def test_no_answer_changes_when_unknowns_become_known() -> None:
    """For thousands of expressions: a definite answer on blurred facts is the answer on the whole ones."""
    draw = random.Random(3)
    generator = Generator(draw)
    seen: Counter[str] = Counter()
    for _ in range(6000):
        of = draw.choice([BOOL, BOOL, BOOL, INT, list_of(INT), list_of(STRING), STRING])
        source = generator.expression(of, draw.randint(1, 4))
        if len(source.encode()) > 4096:
            continue
        whole = environment(draw)
        part = {name: blur(draw, item, 0.15) for name, item in whole.items()}
        expression = compile(source, DRAWN_NAMES)
        before, after = evaluate(expression, part), evaluate(expression, whole)
        seen[type(before.value).__name__] += 1
        assert refines(before.value, after.value), (source, before, after)
        if before.incomplete is not None:
            seen["incomplete"] += 1
            assert bounded_by(before.incomplete, after.value), (source, before, after)
    assert seen["Unknown"] > 800 and seen["bool"] > 1000 and seen["Failed"] > 500 and seen["incomplete"] > 15, seen
