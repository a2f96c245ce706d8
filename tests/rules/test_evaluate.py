"""What operators, functions and macros give on known values, and how errors and budgets end."""

from __future__ import annotations

import math
import random
from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aiaudit.model.types import BOOL, DOUBLE, DYN, INT, STRING, list_of, map_of, record
from aiaudit.rules import Budget, Failed, RuleError, Unknown, compile, evaluate, template
from tests.rules.generator import NAMES as DRAWN_NAMES
from tests.rules.generator import Generator

FILE = record("file", path=STRING, line=INT, score=DOUBLE)
NAMES = {
    "files": list_of(FILE), "d": DYN, "m": map_of(INT), "ratio": DOUBLE, "n": INT, "s": STRING, "flag.a": BOOL,
    "flag.b": BOOL, "names": list_of(STRING),
}  # fmt: skip
VALUES: dict[str, Any] = {
    "files": [
        {"path": "src/a.py", "line": 3, "score": 1},
        {"path": "src/sub/b.py", "line": 7, "score": 0.5},
        {"path": "README.md", "line": 1, "score": 0.25},
    ],
    "d": {"list": [1, "x", None], "deep": {"k": 1.5}},
    "m": {"a": 1, "b": 2},
    "ratio": 80,
    "n": 3,
    "s": " Größe: 10 GB ",
    "flag.a": True,
    "flag.b": False,
    "names": ["b", "a", "b"],
}

SCALARS = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.sampled_from(["", "a", "b"]))


def value(source: str, **changed: Any) -> Any:
    return evaluate(compile(source, NAMES), {**VALUES, **changed}).value


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("7 / 2", 3),
        ("-7 / 2", -3),
        ("7 % -3", 1),
        ("-7 % 3", -1),
        ("7.0 / 2.0", 3.5),
        ("1.0 / 0.0", math.inf),
        ("-1.0 / 0.0", -math.inf),
        ("'a' + 'b'", "ab"),
        ("[1] + [2, 3]", [1, 2, 3]),
        ("2 > 1.5", True),
        ("1 == 1.0", True),
        ("1 in [1.0]", True),
        ("dyn(true) == dyn(1)", False),
        ("dyn('1') == dyn(1)", False),
        ("null == dyn(0)", False),
        ("n != null", True),
        ("d.list[2] == null", True),
        ("'b' > 'a'", True),
        ("true > false", True),
        ("dyn(1) <= double('nan')", False),
        ("double('nan') >= dyn(1)", False),
        ("double('nan') == double('nan')", False),
        ("names.exists(x, names.exists(x, x == 'a') && x == 'b')", True),
        ("[1, [2.0]] == [1.0, [2]]", True),
        ("{'a': 1} == m", False),
        ("{'b': 2, 'a': 1.0} == dyn(m)", True),
        ("'a' in m", True),
        ("1 in dyn(m)", False),
        ("has(m.a) && !has(m.z)", True),
        ("has(d.deep.k)", True),
        ("m['b'] + m.a", 3),
        ("d.list[dyn(0.0)]", 1),
        ("ratio / 2.0", 40.0),
        ("files.map(f, f.score)", [1.0, 0.5, 0.25]),
        ("files[0].score", 1.0),
        ("flag.a ? 1 : 0.5", 1.0),
        ("files.size() == 3 ? 'few' : 'many'", "few"),
        ("files.all(f, f.line > 0)", True),
        ("files.exists(f, f.path.endsWith('.md'))", True),
        ("files.exists_one(f, f.path.startsWith('src/'))", False),
        ("files.filter(f, f.line > 2).map(f, f.path)", ["src/a.py", "src/sub/b.py"]),
        ("files.map(f, f.line > 2, f.line * 2)", [6, 14]),
        ("files.count(f, f.line > 2)", 2),
        ("files.filter(f, f.line > 2).size()", 2),
        ("size(files.filter(f, f.line > 2))", 2),
        ("files.sortBy(f, f.score).map(f, f.line)", [1, 7, 3]),
        ("files.sortBy(f, f.path.contains('sub')).map(f, f.line)", [3, 1, 7]),
        ("names.sortBy(n, n)", ["a", "b", "b"]),
        ("names.sortBy(n, 1)", ["b", "a", "b"]),
        ("[2, 1.5, 3].sortBy(n, -n)", [3, 2, 1.5]),
        ("[].sortBy(n, n)", []),
        ("m.sortBy(k, -m[k])", ["b", "a"]),
        ("m.exists(k, m[k] == 2)", True),
        ("m.all(k, k < 'c')", True),
        ("m.filter(k, k == 'a')", ["a"]),
        ("[].all(x, false)", True),
        ("[].exists(x, true)", False),
        ("files.exists(f, files.exists(g, f.line + 4 == g.line))", True),
        ("files.map(f, names.map(n, n + f.path)[0])", ["bsrc/a.py", "bsrc/sub/b.py", "bREADME.md"]),
        ("names.map(files, files)", ["b", "a", "b"]),
    ],
)
def test_operators_and_macros(source: str, expected: object) -> None:
    got = value(source)
    assert got == expected and type(got) is type(expected)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("s.size()", 14),
        ("size(names)", 3),
        ("size(m)", 2),
        ("s.contains('10')", True),
        ("s.matches('[0-9]+ GB')", True),
        ("matches(s, '^10')", False),
        ("'é'.matches('^.$')", True),
        ("'a\\nb'.matches('a.b')", False),
        ("'ABCÉ'.lowerAscii()", "abcÉ"),
        ("s.trim()", "Größe: 10 GB"),
        ("'src/ragStore_v2.py'.words()", "src rag store v2 py"),
        ("'HTTPClient.getIDs'.words()", "http client get i ds"),
        ("'RAG-Eval GPT4 größeÄnderung'.words()", "rag eval gpt4 größeänderung"),
        ("'F1Score V2 __'.words()", "f1 score v2"),
        (r"'storage'.words().matches('\\brag\\b') || !'useRag'.words().matches('\\brag\\b')", False),
        ("'a,b,,c'.split(',')", ["a", "b", "", "c"]),
        ("'a,b,c'.split(',', 2)", ["a", "b,c"]),
        ("'a,b,c'.split(',', 0)", []),
        ("'abc'.split('')", ["a", "b", "c"]),
        ("'abc'.split('', 2)", ["a", "bc"]),
        ("''.split(',')", [""]),
        ("names.join('-')", "b-a-b"),
        ("names.join()", "bab"),
        ("int('42')", 42),
        ("int(' -7 ')", -7),
        ("int(2.9)", 2),
        ("int(-2.9)", -2),
        ("double('1.5e3')", 1500.0),
        ("double('.5')", 0.5),
        ("double('inf')", math.inf),
        ("double(3)", 3.0),
        ("string(12)", "12"),
        ("string(1.0)", "1"),
        ("string(0.1)", "0.1"),
        ("string(-2.5)", "-2.5"),
        ("string(100000.0)", "100000"),
        ("string(1000000.0)", "1e+06"),
        ("string(1234567.5)", "1.2345675e+06"),
        ("string(0.0001)", "0.0001"),
        ("string(0.00001)", "1e-05"),
        ("string(-0.0)", "-0"),
        ("string(true)", "true"),
        ("unique(names)", ["b", "a"]),
        ("unique([1, 1.0, true, '1', null, null, [1], [1.0]])", [1, True, "1", None, [1]]),
        ("sum([1, 2, 3])", 6),
        ("sum(files.map(f, f.score))", 1.75),
        ("sum([])", 0),
        ("min([3, 1, 2])", 1),
        ("max([3, 1, 2])", 3),
        ("max(names)", "b"),
        ("min(files.map(f, f.score))", 0.25),
        ("max([1, 2.5])", 2.5),
    ],
)
def test_functions(source: str, expected: object) -> None:
    got = value(source)
    assert got == expected and type(got) is type(expected)


@pytest.mark.parametrize(
    ("path", "pattern", "fits"),
    [
        ("a.py", "*.py", True),
        ("src/a.py", "*.py", False),
        ("src/a.py", "**/*.py", True),
        ("a.py", "**/*.py", True),
        ("src/x/y/a.py", "src/**/*.py", True),
        ("src/a.py", "src/**/*.py", True),
        ("src/x/y", "src/**", True),
        ("srcx", "src/**", False),
        ("a.py", "?.py", True),
        ("ab.py", "?.py", False),
        ("a1.py", "a[0-9].py", True),
        ("ax.py", "a[!0-9].py", True),
        ("a[1].py", "a[[]1].py", True),
        ("a+b (1).py", "a+b (1).py", True),
        ("aXpy", "a.py", False),
        ("a.PY", "*.py", False),
        ("a\n.py", "*.py", True),
        ("[", "[", True),
        ("é.md", "é.*", True),
    ],
)
def test_glob(path: str, pattern: str, fits: bool) -> None:
    assert value(f"glob(s, '{pattern}')", s=path) is fits
    assert value(f"glob(s, '{pattern}' + '')", s=path) is fits


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("1 / 0", "division by zero"),
        ("1 % 0", "modulus by zero"),
        ("9223372036854775807 + 1", "integer overflow"),
        ("-9223372036854775808 - 1", "integer overflow"),
        ("9223372036854775807 * 2", "integer overflow"),
        ("-(-9223372036854775807 - 1)", "integer overflow"),
        ("(-9223372036854775807 - 1) / -1", "integer overflow"),
        ("(-9223372036854775807 - 1) % -1", "integer overflow"),
        ("sum([9223372036854775807, 1])", "integer overflow"),
        ("int(1e30)", "int(): beyond 64 bits"),
        ("int(double('nan'))", "int(): beyond 64 bits"),
        ("int('x')", "int(): the text is no integer of 64 bits"),
        ("int('9223372036854775808')", "int(): the text is no integer of 64 bits"),
        ("int('1_0')", "int(): the text is no integer of 64 bits"),
        ("double('1_0')", "double(): the text is no number"),
        ("m.z", "no field `z`"),
        ("m['z']", "no such key in the map"),
        ("d.deep.k.x", "double has no field `x`"),
        ("names[3]", "no element 3 in a list of 3"),
        ("names[-1]", "no element -1 in a list of 3"),
        ("d.list[1] + 1", "`+` cannot be used between string and int"),
        ("d.list[1] < 1", "`<` cannot be used between string and int"),
        ("-d.list[1]", "`-` cannot be used on string"),
        ("d.deep && true", "`&&` needs true or false, not map"),
        ("d.list[1] ? 1 : 2", "`?:` needs true or false, not string"),
        ("d.deep.exists(x, x)", "the condition of `exists` needs true or false, not string"),
        ("d.list[0].exists(x, true)", "`exists` needs a list, not int"),
        ("1 in d.list[1]", "`in` needs a list or map, not string"),
        ("d.list[0].size()", "size() cannot be used on (int)"),
        ("d.list.join()", "join() cannot be used on a list with int"),
        ("s.matches(s + '(')", "invalid regular expression: missing ): "),
        ("min([])", "min() of an empty list"),
        ("max(d.list)", "max() cannot be used on (string, int)"),
        ("names.map(n, dyn(n), n)", "the condition of `map` needs true or false, not string"),
        ("[dyn(1), dyn('a')].sortBy(x, x)", "`sortBy` needs keys of one kind: numbers, texts or truth values"),
        ("[dyn([1])].sortBy(x, x)", "`sortBy` needs keys of one kind: numbers, texts or truth values"),
        ("[0.0].sortBy(x, x / x)", "`sortBy` needs keys of one kind: numbers, texts or truth values"),
        ("[1, 0].sortBy(x, 1 / x)", "division by zero"),
        ("[1 / 0]", "division by zero"),
        ("{'a': 1 / 0}", "division by zero"),
        ("[1, 0].filter(x, 1 / x == 1)", "division by zero"),
        ("[1, 0].map(x, 1 / x)", "division by zero"),
        ("[0, 1, 1].exists_one(x, 1 / x == 1)", "division by zero"),
    ],
)
def test_errors(source: str, reason: str) -> None:
    got = value(source)
    assert isinstance(got, Failed) and reason in got.reason


def test_errors_are_absorbed_as_in_cel() -> None:
    for source in ("1 / 0 == 1 || true", "true || 1 / 0 == 1", "[0, 1].exists(x, 1 / x == 1)"):
        assert value(source) is True
    for source in ("1 / 0 == 1 && false", "false && 1 / 0 == 1", "[0, 1].all(x, 1 / x == 2)"):
        assert value(source) is False
    assert isinstance(value("1 / 0 == 1 || false"), Failed)
    assert isinstance(value("[0, 1].all(x, 1 / x == 1)"), Failed)


def test_names_read_are_those_that_were_needed() -> None:
    def read(source: str) -> set[str]:
        return set(evaluate(compile(source, NAMES), VALUES).read)

    assert read("flag.a || flag.b") == {"flag.a"}
    assert read("flag.b || flag.a") == {"flag.a", "flag.b"}
    assert read("flag.b && flag.a") == {"flag.b"}
    assert read("flag.a ? n == 3 : ratio > 1.0") == {"flag.a", "n"}
    assert read("[].exists(x, flag.a)") == set()


def test_values_other_than_plain_data_are_errors() -> None:
    class Evil(dict):  # type: ignore[type-arg]
        size = "leaked"

    for odd in (Evil(a=1), {1, 2}, object(), (1, 2), b"bytes", Evil, 1 + 2j):
        for source in ("d.size() == 1", "d.a == 1", "has(d.a)", "d == 1", "d.exists(x, true)", "[d].size() == 1"):
            outcome = value(source, d=odd)
            assert isinstance(outcome, Failed) or outcome is False, (source, odd)
    for source in ("d.__class__", "d.list.__len__", "d.keys", "d.deep.k.real"):
        assert isinstance(value(source), Failed)
    with pytest.raises(RuleError, match="string has no fields"):
        compile("s.__class__", NAMES)


def test_integers_beyond_64_bits_in_facts() -> None:
    """JSON has integers of any size. They compare by value, and overflow everywhere else."""
    huge = {"d": {"list": [10**400, -(10**400)], "k": 10**5000}, "ratio": 10**400, "n": 10**20}
    assert value("n > 1 && n > 1.5 && n == n && d.list[1] < 0.5", **huge) is True
    assert value("d.list.exists(x, x == 1.0) || d.k == d.list[0]", **huge) is False
    assert value("ratio > 1.0", **huge) is True
    for source in ("n + 1", "-n * 2", "sum([n, 1])", "int(n)"):
        assert isinstance(value(source, **huge), Failed), source
    assert isinstance(value("string(d.k)", **huge), Failed)
    assert value("double(n) + sum(d.list)", n=1, d={"list": [0.5, 10**400]}) == math.inf
    assert template("{d.k} {n}", NAMES).render(huge) == "inf 1e+20"


def odd(draw: random.Random, depth: int = 3) -> Any:
    """Any value that JSON can hold, whatever a name's type says, and some that are unknown or errors."""
    kind = draw.randrange(12 if depth else 9)
    plain = [None, True, draw.randint(-3, 3), 10**400, draw.choice([0.5, math.nan, math.inf]), "", "a b", Unknown("?")]
    if kind < 8:
        return plain[kind]
    if kind == 8:
        return Failed("?") if depth == 3 else -(2**63)
    items = [odd(draw, depth - 1) for _ in range(draw.randrange(4))]
    return items if kind < 11 else dict(zip(["a", "path", "line", "zz"], items, strict=False))


def test_nothing_raises_whatever_the_facts_hold() -> None:
    """Facts of a wrong type, deep, huge or broken: an answer, an unknown or an error, and words for it."""
    draw = random.Random(11)
    generator = Generator(draw)
    kinds: Counter[str] = Counter()
    for _ in range(3000):
        source = generator.expression(draw.choice([BOOL, BOOL, INT, STRING, list_of(INT)]), draw.randint(1, 4))
        if len(source.encode()) > 4000:
            continue
        facts = {name: odd(draw) for name in DRAWN_NAMES}
        outcome = evaluate(compile(source, DRAWN_NAMES), facts, explain=True)
        kinds[type(outcome.value).__name__] += 1
        assert all(line.isprintable() for line in outcome.trace)
        assert isinstance(template(f"{{ {source} }}", DRAWN_NAMES).render(facts), str)
    assert min(kinds["bool"], kinds["Failed"], kinds["Unknown"]) > 200, kinds


def test_expected_type_is_kept_at_run_time() -> None:
    condition = compile("d.x", NAMES, expect=BOOL)
    assert evaluate(condition, {"d": {"x": True}}).value is True
    for wrong in (1, "true", None, [], {}):
        assert isinstance(evaluate(condition, {"d": {"x": wrong}}).value, Failed)
    assert isinstance(evaluate(condition, {}).value, Unknown)
    points = compile("d.x", NAMES, expect=DOUBLE)
    assert evaluate(points, {"d": {"x": 1}}).value == 1.0
    assert isinstance(evaluate(points, {"d": {"x": 1}}).value, float)
    assert isinstance(evaluate(points, {"d": {"x": True}}).value, Failed)


def test_step_budget() -> None:
    many = {"names": ["x"] * 1000}
    search = compile("names.exists(n, n == 'y')", NAMES)
    assert evaluate(search, many).value is False
    assert evaluate(search, many, budget=Budget(steps=1000)).value == Failed("gave up after 1000 steps")
    first = compile("names.exists(n, n == 'x')", NAMES)
    assert evaluate(first, many, budget=Budget(steps=100)).value is True
    absorbed = compile("names.exists(n, n == 'y') || true", NAMES)
    assert isinstance(evaluate(absorbed, many, budget=Budget(steps=1000)).value, Failed)
    for source in (
        "names.map(n, n).size() > 0",
        "names.filter(n, n == 'y')",
        "names.count(n, true) > 0",
        "'y' in names",
    ):
        outcome = evaluate(compile(source, NAMES), many, budget=Budget(steps=500), explain=True)
        assert outcome.value == Failed("gave up after 500 steps"), source
        assert outcome.trace


def test_a_condition_is_paid_for_once() -> None:
    """An outer macro does not pay again for the condition of an inner one."""
    long = " || ".join(["m == 'x'"] * 100)
    rule = compile(f"names.all(n, [].all(m, {long}))", NAMES)
    assert evaluate(rule, {"names": ["x"] * 1000}, budget=Budget(steps=10_000)).value is True
    paid = compile(f"names.all(m, {long})", NAMES)
    assert isinstance(evaluate(paid, {"names": ["x"] * 1000}, budget=Budget(steps=10_000)).value, Failed)


def test_size_budget() -> None:
    small = Budget(size=1000)
    for source in (
        "(s + s).size() > 0", "s.split('').size() > 0", "(names + names).size() > 0", "names.map(n, n).size() > 0",
        "names.join(s).size() > 0", "s.trim() == ''", "s.lowerAscii() == ''", "s.words() == ''", "names.filter(n, true) == []",
        "names.map(n, [n]) == []", "names.map(n, {'a': n}) == []", "names.map(n, string(1)) == []",
        "unique(names) == []",
    ):  # fmt: skip
        values = {"s": "ab" * 600, "names": [str(n) for n in range(1200)]}
        outcome = evaluate(compile(source, NAMES), values, budget=small)
        assert outcome.value == Failed("gave up after making 1000 characters or items"), source


def test_a_large_list_is_no_problem() -> None:
    files = [{"path": f"src/{n}.py", "line": n, "score": 0.5} for n in range(100_000)]
    assert value("files.filter(f, f.line > 50000).size()", files=files) == 49_999
    assert value("files.exists(f, f.path == 'src/99999.py')", files=files) is True
    assert value("files.all(f, f.path.endsWith('.py') && f.line >= 0)", files=files) is True
    assert value("files.count(f, f.path.contains('9'))", files=files[:20_000]) > 0
    assert value("files.count(f, f.path.matches('^src/[0-9]+[.]py$'))", files=files[:20_000]) == 20_000


@given(st.lists(st.one_of(SCALARS, st.lists(SCALARS, max_size=2), st.dictionaries(st.sampled_from("ab"), SCALARS))))
def test_unique_keeps_the_first_of_equal_ones(items: list[Any]) -> None:
    kept: list[Any] = []
    for item in items:
        if not any(value("d == m", d=item, m=other) is True for other in kept):
            kept.append(item)
    found = value("unique(d)", d=items)
    assert list(map(repr, found)) == list(map(repr, kept))


def test_unique_of_many_records_stays_within_the_budget() -> None:
    records = [{"path": f"{number % 3_000}.py", "line": number % 7, "score": 0.5} for number in range(9_000)]
    assert len(value("unique(files)", files=records)) == len({(one["path"], one["line"]) for one in records})
