"""Generated expressions against cel-expr-python, the oracle, on the shared subset: not one disagreement.

Run with `pytest -s` to see how often each operator, macro, type and kind of error was drawn.
"""

from __future__ import annotations

import ctypes
import math
import random
from collections import Counter
from typing import Any

import pytest

from aiaudit.model.types import BOOL, DOUBLE, DYN, INT, STRING, Type, list_of, map_of
from aiaudit.rules import Failed, RuleError, Unknown, compile, evaluate
from tests.rules.generator import NAMES, Generator, environment

cel = pytest.importorskip("cel_expr_python.cel")
ext_strings = pytest.importorskip("cel_expr_python.ext.ext_strings")

EXPRESSIONS = 6000
MISTYPED = 3000
RESULTS = [
    *[BOOL] * 6, INT, DOUBLE, STRING, DYN, list_of(INT), list_of(STRING), map_of(INT), list_of(DYN), list_of(DOUBLE),
]  # fmt: skip

# How each side words the same error. The oracle gives errors as values of type ERROR whose text is truthy.
THEIR_ERRORS = {
    "No matching overloads": "type mismatch", "Applying SELECT": "type mismatch",
    "expected integer type": "type mismatch",
    "divide by zero": "division by zero", "modulus by zero": "modulus by zero", "integer overflow": "integer overflow",
    "out of int64": "number beyond int64", "Key not found": "no such key", "Index error": "index out of range",
    "invalid regular": "invalid pattern", "string to int": "text is no int", "string to double": "text is no double",
}  # fmt: skip
OUR_ERRORS = {
    "cannot be used": "type mismatch", "needs true or false": "type mismatch", "has no field": "type mismatch",
    "cannot be indexed": "type mismatch", "`in` needs": "type mismatch", "needs a list": "type mismatch",
    "division by zero": "division by zero", "modulus by zero": "modulus by zero",
    "integer overflow": "integer overflow",
    "beyond 64 bits": "number beyond int64", "no field": "no such key", "no such key": "no such key",
    "no element": "index out of range", "invalid regular": "invalid pattern", "no integer": "text is no int",
    "no number": "text is no double",
}  # fmt: skip

# The least number of draws among EXPRESSIONS for the table to mean something.
AT_LEAST = {
    "operator &&": 200, "operator ||": 200, "operator !": 100, "operator ==": 200, "operator !=": 100,
    "operator <": 100,
    "operator <=": 100, "operator >": 100, "operator >=": 100, "operator in": 80, "operator in map": 15,
    "operator ?:": 400,
    "operator +": 250, "operator -": 100, "operator *": 100, "operator /": 100, "operator %": 80,
    "operator unary -": 80,
    "operator + on dyn": 40, "operator - on dyn": 40, "operator * on dyn": 40, "operator / on dyn": 40,
    "operator % on dyn": 40, "chain &&": 40, "chain ||": 40, "comparison with null": 80,
    "macro has": 150, "macro all": 200, "macro exists": 200, "macro exists_one": 100, "macro filter": 200,
    "macro map": 300,
    "macro map with condition": 80, "macro over map": 40, "select of map": 20, "select of record": 20,
    "select of dyn": 200,
    "index of list": 300, "index of map": 20, "size of filter": 60, "list literal": 150, "map literal": 100,
    "literal empty": 80, "literal escape": 50, "literal raw string": 50, "literal triple quotes": 50, "literal hex": 50,
    "function size": 150, "function startsWith": 80, "function endsWith": 80, "function contains": 80,
    "function matches": 80, "function lowerAscii": 60, "function trim": 60, "function split": 30, "function join": 100,
    "function int": 80, "function double": 80, "function string": 40, "function string of double": 25,
    "function dyn": 400,
    "type bool": 5000, "type int": 3000, "type double": 1500, "type string": 2500, "type list": 3000, "type map": 800,
    "type dyn": 3000,
}  # fmt: skip
ERRORS_AT_LEAST = {
    "type mismatch": 500, "no such key": 200, "index out of range": 150, "integer overflow": 30,
    "text is no double": 20,
    "text is no int": 20, "invalid pattern": 8, "modulus by zero": 8, "division by zero": 8, "number beyond int64": 4,
}  # fmt: skip


def cel_type(of: Type) -> Any:
    """Our type in the oracle's terms; a record is a map to it."""
    simple = {"bool": "BOOL", "int": "INT", "double": "DOUBLE", "string": "STRING", "null": "NULL", "dyn": "DYN"}
    if of.kind == "list":
        return cel.Type.List(cel_type(of.item or DYN))
    if of.kind in ("map", "record"):
        return cel.Type.Map(cel.Type.STRING, cel_type(of.item or DYN))
    return getattr(cel.Type, simple[of.kind])


@pytest.fixture(scope="module")
def oracle() -> Any:
    # cel-expr-python 0.1.3 drops one reference to None for every null it converts, and would end the process.
    none, increment = ctypes.py_object(None), ctypes.pythonapi.Py_IncRef
    for _ in range(300_000):
        increment(none)
    types = {name: cel_type(of) for name, of in NAMES.items()}
    return cel.NewEnv(variables=types, extensions=[ext_strings.ExtStrings()])


def ask_oracle(oracle: Any, source: str, values: dict[str, Any]) -> tuple[str, Any]:
    """`("value", v)`, `("error", kind)` or `("refused", message)`."""
    try:
        compiled = oracle.compile(source)
    except RuntimeError as error:
        return "refused", str(error)
    result = compiled.eval(data=values)
    if result.type() == cel.Type.ERROR:
        return "error", kind_of_error(THEIR_ERRORS, str(result.value()))
    return "value", result.plain_value()


def ask_ours(source: str, values: dict[str, Any], names: dict[str, Type] = NAMES) -> tuple[str, Any]:
    """The same of the rule language."""
    try:
        value = evaluate(compile(source, names), values).value
    except RuleError as error:
        return "refused", str(error)
    if isinstance(value, Failed):
        return "error", kind_of_error(OUR_ERRORS, value.reason)
    return ("unknown", value.reason) if isinstance(value, Unknown) else ("value", value)


def kind_of_error(kinds: dict[str, str], message: str) -> str:
    return next((kind for part, kind in kinds.items() if part in message), message)


def same(a: Any, b: Any) -> bool:
    """Equal in value and type at every depth; NaN equals NaN, and -0.0 differs from 0.0."""
    if type(a) is not type(b):
        return False
    if isinstance(a, float):
        return (a == b and math.copysign(1, a) == math.copysign(1, b)) or (math.isnan(a) and math.isnan(b))
    if isinstance(a, list):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same(value, b[key]) for key, value in a.items())
    return bool(a == b)


def draw_expressions(generator: Generator, number: int) -> list[tuple[str, dict[str, Any]]]:
    draw = generator.draw
    values = [environment(draw) for _ in range(40)]
    drawn: list[tuple[str, dict[str, Any]]] = []
    while len(drawn) < number:
        source = generator.expression(draw.choice(RESULTS), draw.randint(1, 4))
        if len(source.encode()) <= 4096:
            drawn.append((source, draw.choice(values)))
    return drawn


def test_values_and_errors_agree(oracle: Any) -> None:
    generator = Generator(random.Random(20260801))
    outcomes: Counter[str] = Counter()
    disagreements = []
    for source, values in draw_expressions(generator, EXPRESSIONS):
        ours, theirs = ask_ours(source, values), ask_oracle(oracle, source, values)
        outcomes[theirs[1] if theirs[0] == "error" else theirs[0]] += 1
        if ours[0] != theirs[0] or theirs[0] == "refused" or not same(ours[1], theirs[1]):
            disagreements.append((source, ours, theirs))
    for title, table in (("drawn", generator.drawn), ("ended as", outcomes)):
        print(f"\n{title}, of {EXPRESSIONS} expressions:")
        print("\n".join(f"  {count:6} {what}" for what, count in sorted(table.items())))
    assert disagreements == []
    assert {what: generator.drawn[what] for what, least in AT_LEAST.items() if generator.drawn[what] < least} == {}
    assert set(generator.drawn) <= set(AT_LEAST), "a production without a least number"
    assert {kind: outcomes[kind] for kind, least in ERRORS_AT_LEAST.items() if outcomes[kind] < least} == {}
    assert set(outcomes) == {"value", *ERRORS_AT_LEAST}


def test_type_errors_agree(oracle: Any) -> None:
    """Expressions with parts of a wrong type: both compilers refuse the same ones.

    Left out are comparisons with null, which our language allows everywhere. The oracle knows no records: here they
    are maps to us as well.
    """
    names = {**NAMES, "files": list_of(map_of(DYN))}
    generator = Generator(random.Random(7), wrong=0.06)
    refused: Counter[bool] = Counter()
    disagreements = []
    for source, values in draw_expressions(generator, MISTYPED):
        ours, theirs = ask_ours(source, values, names), ask_oracle(oracle, source, values)
        if theirs[0] == "refused" and "null_type" in theirs[1]:
            continue
        refused[theirs[0] == "refused"] += 1
        if (ours[0] == "refused") != (theirs[0] == "refused"):
            disagreements.append((source, ours, theirs))
    assert disagreements == []
    assert refused[True] > 400 and refused[False] > 1500
