"""Names and types: what is resolved to what, and what is refused with which hint."""

from __future__ import annotations

import pytest

from aiaudit.model.types import BOOL, DOUBLE, DYN, INT, STRING, Type, list_of, map_of, record
from aiaudit.rules import RuleError, compile

CALL = record("call", path=STRING, line=INT, source=STRING, score=DOUBLE, kw=map_of(STRING))
NAMES: dict[str, Type] = {
    "loads": list_of(CALL),
    "image": record("image", user=STRING, ports=list_of(INT)),
    "flag.trains": BOOL,
    "flag.rag": BOOL,
    "tests.in_ci": BOOL,
    "tests": record("tests", count=INT),
    "params.max_age": INT,
    "coverage": DOUBLE,
    "title": STRING,
    "counts": map_of(INT),
    "any": DYN,
}


@pytest.mark.parametrize(
    ("source", "of"),
    [
        ("flag.trains", "bool"),
        ("tests.count", "int"),
        ("tests.in_ci", "bool"),
        ("loads", "list(call)"),
        ("loads[0]", "call"),
        ("loads[0].kw.device", "string"),
        ("loads.map(l, l.line)", "list(int)"),
        ("loads.map(l, l.line > 1, [l.path])", "list(list(string))"),
        ("loads.filter(l, l.line > 1)", "list(call)"),
        ("loads.count(l, true) + 1", "int"),
        ("counts.map(key, key)", "list(string)"),
        ("counts.a", "int"),
        ("any.x.y", "dyn"),
        ("any.x + 1", "int"),
        ("any + any", "dyn"),
        ("any == 1 ? 1 : 2", "int"),
        ("flag.trains ? 1 : 0.5", "double"),
        ("flag.trains ? 'a' : null", "dyn"),
        ("flag.trains ? [] : loads", "list(call)"),
        ("[]", "list(dyn)"),
        ("[[], [1]]", "list(list(int))"),
        ("[1, 'a']", "list(dyn)"),
        ("{'a': 1, 'b': 'x'}", "map(dyn)"),
        ("min(loads.map(l, l.score))", "double"),
        ("unique(loads.map(l, l.path))", "list(string)"),
        ("title.split(',')", "list(string)"),
        ("-coverage", "double"),
        ("params.max_age * 2", "int"),
    ],
)
def test_type_of(source: str, of: str) -> None:
    assert str(compile(source, NAMES).type) == of


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("flag.trains && loads.size() > 0", {"flag.trains", "loads"}),
        ("tests.count > 0", {"tests"}),
        ("tests.in_ci", {"tests.in_ci"}),
        ("loads.exists(tests, tests.line > 0)", {"loads"}),
        ("loads.exists(loads, loads.line > 0)", {"loads"}),
        ("1 > 0", set()),
        ("true || flag.rag", {"flag.rag"}),
    ],
)
def test_names_that_may_be_read(source: str, names: set[str]) -> None:
    assert compile(source, NAMES).names == names


@pytest.mark.parametrize(
    ("source", "column", "message", "suggestion"),
    [
        ("flag.trainz", 1, "unknown name `flag.trainz`", "`flag.trains`"),
        ("flags.trains", 1, "unknown name `flags.trains`", "`flag.trains`"),
        ("trains", 1, "unknown name `trains`", "`flag.trains`"),
        ("load.size() > 0", 1, "unknown name `load`", "`loads`"),
        ("zzz", 1, "unknown name `zzz`", None),
        ("True", 1, "unknown name `True`", "`true`"),
        ("any == None", 8, "unknown name `None`", "`null`"),
        ("loads.exists(l, l.sorce == 'x')", 19, "call has no field `sorce`", "`source`"),
        ("loads.exists(l, x.source == 'x')", 17, "unknown name `x.source`", None),
        ("image.usr", 7, "image has no field `usr`", "`user`"),
        ("tests.countt", 7, "tests has no field `countt`", "`count`"),
        (
            "loads.source",
            1,
            "list has no fields, and so no `source`",
            "`list.exists(x, …)`, `all`, `filter` or `map`",
        ),
        ("loads.size > 1", 1, "`size` is a function", "`.size()`"),
        ("title.x", 1, "string has no fields, and so no `x`", None),
        ("has(flag.trains)", 1, "has() asks for a field, and `flag.trains` is a fact", "`flag.trains != null`"),
        ("has(image.usr)", 1, "image has no field `usr`", "`user`"),
        ("title && true", 1, "`&&` needs true or false, not string", "`… .size() > 0`"),
        ("tests.count || true", 1, "`||` needs true or false, not int", "`… > 0`"),
        ("!loads", 2, "`!` needs true or false, not list(call)", "`… .size() > 0`"),
        ("loads.exists(l, l.line)", 17, "the condition of `exists` needs true or false, not int", "`… > 0`"),
        ("title.exists(c, true)", 7, "`exists` needs a list, not string", None),
        ("title > 1", 7, "`>` cannot be used between string and int", None),
        ("title == 1", 7, "`==` cannot be used between string and int", None),
        ("flag.trains == 'yes'", 13, "`==` cannot be used between bool and string", None),
        ("coverage + 1", 10, "`+` cannot be used between double and int", "`1.0`"),
        ("coverage * tests.count", 10, "`*` cannot be used between double and int", "`double(tests.count)`"),
        ("coverage % 2.0", 10, "`%` cannot be used between double and double", None),
        ("loads + [1]", 7, "`+` cannot be used between list(call) and list(int)", None),
        ("'a' in title", 5, "`in` needs a list or map on its right, not string", "`text.contains(part)`"),
        ("'user' in image", 8, "`in` needs a list or map on its right, not image", "`has(record.field)`"),
        ("1 in ['a']", 3, "`in` cannot be used between int and list(string)", None),
        ("-title", 1, "`-` cannot be used on string", None),
        ("flag.trains ? 1 : 'a'", 1, "`?:` ends in int or string: both must be of one type", None),
        ("loads['a']", 1, "list is indexed by int, not string", None),
        ("counts[1]", 1, "map is indexed by string, not int", None),
        ("image['user']", 1, "a field of image is written with a dot", "`record.field`"),
        ("title[0]", 1, "string has no elements to index", None),
        ("len(loads)", 1, "unknown function `len`", "`size`"),
        ("title.startswith('a')", 7, "unknown function `startswith`", "`startsWith`"),
        ("title.lower()", 7, "unknown function `lower`", "`lowerAscii`"),
        ("loads.any(l, true)", 7, "unknown function `any`", "`exists`"),
        ("loads.filtr(l, true)", 7, "unknown function `filtr`", "`filter`"),
        ("title.frobnicate()", 7, "unknown function `frobnicate`", None),
        ("title.int()", 7, "`int` is called the other way", "`int(…)`"),
        ("contains(title, 'a')", 1, "`contains` is called the other way", "`text.contains(…)`"),
        ("title.contains(1)", 7, "contains(int) cannot be used on string", None),
        ("size(1)", 1, "size(int) cannot be used", None),
        ("sum(['a'])", 1, "sum(list(string)) cannot be used", None),
        ("title.matches('(')", 15, "invalid regular expression: missing ): (", None),
        (r"title.matches('\bai\b')", 15, r"'\b' is a backspace here; the border of a word is '\\b'", None),
    ],
)
def test_refused(source: str, column: int, message: str, suggestion: str | None) -> None:
    with pytest.raises(RuleError) as caught:
        compile(source, NAMES)
    found = caught.value
    assert (found.line, found.column, found.message, found.suggestion) == (1, column, message, suggestion)


def test_pattern_bounds() -> None:
    assert compile(f"title.matches('{'a' * 512}')", NAMES).type == BOOL
    for pattern, message in (
        ("a" * 513, "pattern longer than 512 characters"),
        ("(a{1,300}b{1,300}c{1,300}){3}", "pattern too large"),
        ("a{1001}", "invalid regular expression"),
        ("(?=a)", "invalid regular expression"),
        ("(a)\\\\1", "invalid regular expression"),
    ):
        with pytest.raises(RuleError, match=message):
            compile(f"title.matches('{pattern}')", NAMES)


@pytest.mark.parametrize(
    ("source", "expect", "fits"),
    [
        ("flag.trains", BOOL, True),
        ("any", BOOL, True),
        ("tests.count", DOUBLE, True),
        ("loads", list_of(DYN), True),
        ("loads", list_of(CALL), True),
        ("[]", list_of(STRING), True),
        ("image", map_of(DYN), True),
        ("tests.count", BOOL, False),
        ("coverage", INT, False),
        ("null", BOOL, False),
        ("loads.map(l, l.path)", list_of(INT), False),
    ],
)
def test_expected_type(source: str, expect: Type, fits: bool) -> None:
    if fits:
        assert compile(source, NAMES, expect=expect).type == expect
    else:
        with pytest.raises(RuleError, match="this must be"):
            compile(source, NAMES, expect=expect)
