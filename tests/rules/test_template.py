"""Sentences: places, braces, and how values read."""

from __future__ import annotations

from typing import Any

import pytest

from aiaudit.model.types import BOOL, DOUBLE, DYN, INT, STRING, list_of, record
from aiaudit.rules import Failed, RuleError, Template, Unknown, choice, compile, template

LOAD = record("load", path=STRING, line=INT, ok=BOOL)
NAMES = {
    "loads": list_of(LOAD), "names": list_of(STRING), "n": INT, "ratio": DOUBLE, "ok": BOOL, "s": STRING, "d": DYN,
    "params.max_age": INT,
}  # fmt: skip
VALUES: dict[str, Any] = {
    "loads": [
        {"path": "a.py", "line": 3, "ok": True},
        {"path": "b.py", "line": 4, "ok": Unknown("?")},
        {"path": "c.py", "line": 5, "ok": False},
    ],
    "names": ["a", "b", "c"],
    "n": 3,
    "ratio": 2 / 3,
    "ok": False,
    "s": "a text",
    "d": None,
    "params.max_age": 365,
}


def render(source: str, **changed: Any) -> str:
    return template(source, NAMES).render({**VALUES, **changed})


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("", ""),
        ("plain text", "plain text"),
        ("{n} of {loads.size()}", "3 of 3"),
        ("{ n }{ n }", "33"),
        ("older than {params.max_age} days", "older than 365 days"),
        ("{names}", "a, b and c"),
        ("{names.filter(x, x == 'a')}", "a"),
        ("{names.filter(x, x != 'a')}", "b and c"),
        ("{names.filter(x, false)}", "none"),
        ("{loads}", "a.py:3, b.py:4 and c.py:5"),
        ("{loads[0]}", "a.py:3"),
        ("{loads.filter(l, l.ok)}", "a.py:3 and possibly 1 more"),
        ("{loads.filter(l, l.ok && l.line > 3)}", "possibly 1"),
        ("{loads.count(l, l.ok)} loads", "unknown loads"),
        ("{ratio}", "0.667"),
        ("{ratio * 100.0} %", "66.67 %"),
        ("{ok}", "false"),
        ("{d}", "none"),
        ("{s}", "a text"),
        ("{n} [call loads|calls load] a file", "3 calls load a file"),
        ("{n - 2} [call loads|calls load] a file", "1 call loads a file"),
        ("{n - 3} [call|calls]", "0 calls"),
        ("{n - 2} of {n} [call loads|calls load|calls loads] a file", "1 of 3 calls loads a file"),
        ("{n - 1} of {n} [call loads|calls load|calls loads] a file", "2 of 3 calls load a file"),
        ("{n - 2} of {n - 2} [call loads|calls load|calls loads] a file", "1 of 1 call loads a file"),
        ("{n - 2} of {n} [file|files], {s} [is|are] there", "1 of 3 files, a text are there"),
        ("{n - 2} [file|files] in {s} [is|are] there", "1 file in a text is there"),
        ("{loads.count(l, l.ok)} [load|loads]", "unknown loads"),
        ("[one|many] {n}", "many 3"),
        ("{ok}[a|b] {!ok}[a|b]", "falseb trueb"),
        ("a[0] [x] {n}", "a[0] [x] 3"),
        ("{'[' + s + '|b]'}", "[a text|b]"),
        ("{{n}} is {n}", "{n} is 3"),
        ("}}{{", "}{"),
        ("{{{n}}}", "{3}"),
        ("{ {'a': '}'}.a }", "}"),
        ("{'{' + s + '}'}", "{a text}"),
        ("{n > 2 ? 'many' : 'few'}", "many"),
        ("{n == 1 ? '1 load' : string(n) + ' loads'}", "3 loads"),
        ("{1 / 0}", "unknown"),
        ("{d.x.y}", "unknown"),
        ("{[1, 2.5, true, null, [1, 2]]}", "1, 2.5, true, none and 1 and 2"),
        ("{ {'a': 1, 'b': 'x'} }", "a 1, b x"),
    ],
)
def test_render(source: str, text: str) -> None:
    assert render(source) == text


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0.0, "0"), (80.0, "80"), (-3.0, "-3"), (0.5, "0.5"), (0.8333333, "0.833"), (12.345678, "12.35"),
        (1234.5678, "1234.6"), (0.0123456, "0.012"), (0.00123456, "0.00123"), (0.0000123, "1.23e-05"), (1e20, "1e+20"),
        (99.999, "100"), (1e6, "1000000"), (float("inf"), "infinite"), (float("-inf"), "minus infinite"),
        (float("nan"), "unknown"),
    ],
)  # fmt: skip
def test_doubles_read_sensibly(number: float, text: str) -> None:
    assert render("{ratio}", ratio=number) == text


def test_names_of_a_projects_own_things_read_as_people_write_them() -> None:
    assert render("{s} waits", s="@.client.chat.create") == "client.chat.create waits"
    assert render("{names}", names=["@.load", "requests.get"]) == "load and requests.get"
    kept = "@app.get, jo@.example, a @. b, torch@.1"
    assert render("{s}", s=kept) == kept


def test_unknown_and_failed_values() -> None:
    assert render("{n}", n=Unknown("?")) == "unknown"
    assert render("{n}", n=Failed("?")) == "unknown"
    assert template("{n}", NAMES).render({}) == "unknown"
    assert render("{names}", names=["a", Unknown("?")]) == "a and unknown"


def test_long_lists_are_counted() -> None:
    assert render("{names}", names=[str(n) for n in range(20)]) == "0, 1, 2, 3, 4, 5, 6, 7 and 12 more"
    assert render("{names}", names=[str(n) for n in range(8)]) == "0, 1, 2, 3, 4, 5, 6 and 7"


def test_long_code_is_quoted_by_its_beginning() -> None:
    command = "rsync -a --delete " + "--exclude=node_modules " * 10 + "src host:/srv"
    said = render("`{s}` copies, and {s} is what it is.", s=command)
    assert said.startswith("`rsync -a --delete --exclude=node_modules --exclude=node_modules --exclude=node_modules …`")
    assert command in said.partition("` copies")[2]
    assert render("`{s}` stays", s="x" * 100) == f"`{'x' * 100}` stays"
    assert render("`{s}` is cut", s="x" * 101) == f"`{'x' * 98} …` is cut"


def test_deeply_nested_values_end() -> None:
    deep: Any = []
    for _ in range(5000):
        deep = [deep]
    assert render("{d}", d=deep) == "…"


def test_names_that_are_read() -> None:
    assert template("{n} {names.size()} {n}", NAMES).names == {"n", "names"}
    assert template("no place", NAMES).names == frozenset()


@pytest.mark.parametrize(
    ("source", "line", "column", "message"),
    [
        ("{nn}", 1, 2, "unknown name `nn`"),
        ("one\n two {s.trimm()}", 2, 9, "unknown function `trimm`"),
        ("a {n", 1, 3, "this `{` is not closed (write `{{` for a brace)"),
        ("a { {'a': 1}", 1, 3, "this `{` is not closed (write `{{` for a brace)"),
        ("a } b", 1, 3, "this `}` closes nothing"),
        ("{}", 1, 2, "an expression is missing"),
        ("{n n}", 1, 4, "expected an operator or the end, found `n`"),
        ("{'a}", 1, 2, "this string is not closed"),
        ("x" * 5000, 1, 1, "longer than 4096 bytes (5000 characters)"),
    ],
)
def test_refused(source: str, line: int, column: int, message: str) -> None:
    with pytest.raises(RuleError) as caught:
        template(source, NAMES)
    assert (caught.value.line, caught.value.column, caught.value.message) == (line, column, message)


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("{n} loads; {s}; done.", "3 loads; done."),
        ("{n} loads, of {names.size()} names.", "3 loads, of 3 names."),
        ("Asked?{s}", "Asked?"),
        ("{s}; done.", "done."),
        ("None ({s}).", "None."),
        ("{s}.", ""),
        ("{loads.size()} loads{s}", "An unknown number loads"),
        ("{n} ask, {loads.size()} load.", "3 ask, an unknown number load."),
        ("{n} ask, {loads} load.", ""),
    ],
)
def test_a_sentence_tells_what_is_known(source: str, text: str) -> None:
    values = {**VALUES, "s": Unknown("?"), "loads": Unknown("?")}
    assert template(source, NAMES).told(values) == text


def _several(*sentences: tuple[str, str]) -> Template:
    return choice(
        [(compile(when, NAMES, expect=BOOL) if when else None, template(say, NAMES)) for when, say in sentences]
    )


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({}, "None of the 3."),
        ({"n": 1}, "One [load]."),
        ({"ok": True}, "It is well."),
        ({"ok": True, "n": 1}, "It is well."),
        ({"ok": Unknown("?")}, ""),  # what comes first cannot be told, so none that follows is sure
        ({"ok": Unknown("?"), "n": 1}, ""),
        ({"ok": Failed("no")}, ""),
        ({"n": Unknown("?")}, ""),
        ({"s": Unknown("?")}, "None of the 3."),
    ],
)
def test_of_several_sentences_the_first_is_said_whose_condition_holds(changed: dict[str, Any], said: str) -> None:
    sentence = _several(("ok", "It is well."), ("n == 1", "One [load]."), ("", "None of the {n}{ok ? s : ''}."))
    values = {**VALUES, **changed}
    assert sentence.told(values) == said
    assert sentence.render(values) == (said or "unknown")
    assert sentence.names == {"ok", "n", "s"}


def test_nothing_is_said_of_a_place_that_is_not_known() -> None:
    sentence = template("It stands at {s}:{n}; look there: {n} times.", NAMES)
    assert sentence.told(VALUES) == "It stands at a text:3; look there: 3 times."
    assert sentence.told({**VALUES, "n": Unknown("?")}) == ""
    told = template("Look there: {n} times.", NAMES).told({**VALUES, "n": Unknown("?")})
    assert told == "Look there: an unknown number times."
