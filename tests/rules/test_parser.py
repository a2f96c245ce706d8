"""Syntax: what is read, how it binds, and where an error stands."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aiaudit.model.types import BOOL, DYN, INT, STRING, list_of
from aiaudit.rules import Expression, RuleError, compile, evaluate, template

NAMES = {"a": DYN, "n": INT, "s": STRING, "flag.trains": BOOL, "items": list_of(DYN)}
PIECES = [
    *"()[]{}.,:?!<>+-*/%", "&&", "||", "==", "!=", "<=", ">=", " in ", " ", "\n", "a", "n", "s", "x", "flag.trains",
    "items", "true", "null", "1", "9223372036854775808", "0x1F", "1.5", "1e3", ".5", "'t'", '"t"', "r'\\'", "'''",
    "'\\n'", "'\\q'", ".exists(x, ", ".map(x, x, x)", ".filter(", "has(", "size(", ".size()", ".matches('(')", "// c",
    "and", "@", "é", "{'k': ",
]  # fmt: skip


def value(source: str) -> Any:
    return evaluate(compile(source, NAMES), {"a": {"b": [10, 20]}, "n": 3, "s": "text", "items": [1, 2]}).value


def error(source: str) -> RuleError:
    with pytest.raises(RuleError) as caught:
        compile(source, NAMES)
    return caught.value


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("1 + 2 * 3", 7),
        ("(1 + 2) * 3", 9),
        ("10 - 3 - 2", 5),
        ("-2 * 3", -6),
        ("2 - -3", 5),
        ("7 % 4 * 2", 6),
        ("1 < 2 == true", True),
        ("1 + 1 == 2 && 3 > 2", True),
        ("true || false && false", True),
        ("(true || false) && false", False),
        ("!true || true", True),
        ("!(true || true)", False),
        ("true ? 1 : false ? 2 : 3", 1),
        ("false ? 1 : false ? 2 : 3", 3),
        ("1 in [1] && true", True),
        ("a.b[1]", 20),
        ("a['b'][0]", 10),
        ("a.b.size() + 1", 3),
        ("-a.b[0]", -10),
        ("[1, 2,][1]", 2),
        ("{'k': 1,}.k", 1),
        ("{'k': {'k': 2}}.k.k", 2),
        ("1 // a comment\n + 1", 2),
        ("\n\t1\r\n", 1),
    ],
)
def test_binding(source: str, expected: object) -> None:
    assert value(source) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("0x1F", 31),
        ("-0x10", -16),
        ("9223372036854775807", 2**63 - 1),
        ("-9223372036854775808", -(2**63)),
        ("1.5", 1.5),
        ("1e3", 1000.0),
        (".5", 0.5),
        ("2.5E-1", 0.25),
        ("'single'", "single"),
        ('"double"', "double"),
        ("'it\\'s'", "it's"),
        ("'\\x41\\u00e9\\U0001F600\\101\\n\\\\\\?'", "Aé😀A\n\\?"),
        ("'''one ' two\nlines'''", "one ' two\nlines"),
        ('"""a "quoted" b"""', 'a "quoted" b'),
        ("r'\\d+'", "\\d+"),
        ('R"""\\n"""', "\\n"),
        ("''", ""),
        ("true", True),
        ("null", None),
        ("[]", []),
        ("{}", {}),
        ("[1, 'a', [true]]", [1, "a", [True]]),
        ("{'a': 1, 'b': null}", {"a": 1, "b": None}),
    ],
)
def test_literals(source: str, expected: object) -> None:
    got = value(source)
    assert got == expected and type(got) is type(expected)


@pytest.mark.parametrize(
    ("source", "line", "column", "message", "suggestion"),
    [
        ("", 1, 1, "an expression is missing", None),
        ("  // nothing", 1, 13, "an expression is missing", None),
        ("1 +", 1, 4, "expected a value, found the end", None),
        ("1 1", 1, 3, "expected an operator or the end, found `1`", None),
        ("(1", 1, 1, "this `(` is not closed", None),
        ("n > (2", 1, 5, "this `(` is not closed", None),
        ("1)", 1, 2, "this `)` closes nothing", None),
        ("[1, 2", 1, 1, "this `[` is not closed", None),
        ("[1 2]", 1, 4, "expected `]`, found `2`", None),
        ("{'a': 1", 1, 1, "this `{` is not closed", None),
        ("{a: 1}", 1, 2, "expected a string as the key of a map, found `a`", None),
        ("{1: 1}", 1, 2, "expected a string as the key of a map, found `1`", None),
        ("{'a': 1, 'a': 2}", 1, 10, "the key 'a' stands twice in this map", None),
        ("'abc", 1, 1, "this string is not closed", None),
        ("n ==\n  'abc", 2, 3, "this string is not closed", None),
        ("'a\\q'", 1, 3, "unknown escape `\\q`", "`\\\\q` or a raw string r'…'"),
        ("'\\uD800'", 1, 2, "this escape is no Unicode character", None),
        ("n = 1", 1, 3, "unexpected character `=`", "`==`"),
        ("n & 1", 1, 3, "unexpected character `&`", "`&&`"),
        ("flag.trains | true", 1, 13, "unexpected character `|`", "`||`"),
        ("flag.trains and true", 1, 13, "expected an operator or the end, found `and`", "`&&`"),
        ("true or false", 1, 6, "expected an operator or the end, found `or`", "`||`"),
        ("a is null", 1, 3, "expected an operator or the end, found `is`", "`==`"),
        ("@a", 1, 1, "unexpected character `@`", None),
        ("a.1", 1, 2, "expected an operator or the end, found `.1`", None),
        ("a.", 1, 3, "expected a name after `.`, found the end", None),
        ("a.'b'", 1, 3, "expected a name after `.`, found `'b'`", None),
        ("true ? 1", 1, 9, "expected `:`, found the end", None),
        ("true ? true ? 1 : 2 : 3", 1, 13, "an inner `?:` needs parentheses here", "`a ? (b ? c : d) : e`"),
        ("1u", 1, 1, "unsigned numbers are not part of the language", "`1`"),
        ("1abc", 1, 1, "`1a` is no number", None),
        ("9223372036854775808", 1, 1, "number beyond 64 bits", None),
        ("-9223372036854775809", 1, 2, "number beyond 64 bits", None),
        ("1" * 30, 1, 1, "number beyond 64 bits", None),
        ("for", 1, 1, "`for` is a reserved word", None),
        ("has(n)", 1, 1, "has() takes one field, as in `has(image.user)`", None),
        ("has(a.b, a.c)", 1, 1, "has() takes one field, as in `has(image.user)`", None),
        ("exists(items, x, x)", 1, 1, "`exists` is written after a list", "`list.exists(x, …)`"),
        ("items.exists(x)", 1, 7, "`exists` takes 2 arguments, a variable first, not 1", None),
        ("items.map(x, x, x, x)", 1, 7, "`map` takes 2 or 3 arguments, a variable first, not 4", None),
        ("items.all(1, true)", 1, 11, "the first argument of `all` is a new variable's name", None),
        ("\n\n  n ++ 1", 3, 6, "expected a value, found `+`", None),
    ],
)
def test_error_and_place(source: str, line: int, column: int, message: str, suggestion: str | None) -> None:
    found = error(source)
    assert (found.line, found.column, found.message, found.suggestion) == (line, column, message, suggestion)


def test_error_reads_as_one_line() -> None:
    assert str(error("n = 1")) == "1:3: unexpected character `=`; did you mean `==`?"
    assert str(error("1\n+")) == "2:2: expected a value, found the end"
    assert "\n" not in str(error("'a' '\nb'"))


def test_length_is_bounded_in_bytes() -> None:
    assert evaluate(compile("'" + "a" * 4094 + "'", {}), {}).value == "a" * 4094
    assert error("'" + "a" * 4095 + "'").message == "longer than 4096 bytes (4097 characters)"
    assert error("'" + "é" * 2048 + "'").message == "longer than 4096 bytes (4098)"
    assert error("1" * 10**6).message == "longer than 4096 bytes (1000000 characters)"
    assert error("'\ud800'").message == "not valid Unicode text"


@pytest.mark.parametrize(
    "deep",
    [
        "(" * 64 + "1" + ")" * 64,
        "[" * 65 + "]" * 65,
        "{'a':" * 64 + "1" + "}" * 64,
        "!" * 64 + "true",
        "-" * 65 + "n",
        "a" + ".b" * 64,
        "a" + "[0]" * 64,
        "n" + "+n" * 64,
        "true?1:" * 64 + "1",
        "size(" * 64 + "s" + ")" * 64,
        "(" * 1000 + "1" + ")" * 1000,
    ],
)
def test_depth_is_bounded(deep: str) -> None:
    assert error(deep).message == "nested deeper than 64"


def test_allowed_depth_and_flat_chains() -> None:
    assert value("(" * 60 + "1" + ")" * 60) == 1
    assert value("n" + "+n" * 62) == 189
    assert value("!" * 62 + "true") is True
    assert value(" || ".join(["false"] * 400 + ["true"])) is True
    assert value(" && ".join(["true"] * 400)) is True


@given(st.text(max_size=200) | st.lists(st.sampled_from(PIECES), max_size=40).map("".join))
@settings(max_examples=500, deadline=None)
def test_any_text_compiles_or_is_refused(source: str) -> None:
    for read in (compile, template):
        try:
            compiled = read(source, NAMES)
        except RuleError as refusal:
            assert refusal.line >= 1 and refusal.column >= 1
            assert refusal.line <= source.count("\n") + 1 and refusal.column <= len(source) + 1
            assert "\n" not in str(refusal) and refusal.message
        else:
            if isinstance(compiled, Expression):
                evaluate(compiled, {"a": 1, "items": [1, {}, "x"]}, explain=True)
            else:
                compiled.render({"a": 1, "items": [1, {}, "x"]})
