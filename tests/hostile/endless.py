"""Texts that make an expression try again and again: what leads to one of its repeats, and then that repeat's own words.

An expression of Python's goes back and tries otherwise. Where two repeats can take the same text, it tries all ways to
share it out, which are as many as the square of its length or the cube, and where one repeat stands in another, two to
its power.
"""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
import re._constants as kinds
import re._parser as parser
import sys
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import aiaudit
from aiaudit.lazy import Lazy

MANY = 20  # times: what may be repeated so often may share out a text
_LIKE = {
    kinds.CATEGORY_DIGIT: "1",
    kinds.CATEGORY_NOT_DIGIT: "a",
    kinds.CATEGORY_SPACE: " ",
    kinds.CATEGORY_NOT_SPACE: "a",
    kinds.CATEGORY_WORD: "a",
    kinds.CATEGORY_NOT_WORD: "-",
}
_USED = {
    f"re.{name}" for name in ("search", "match", "fullmatch", "sub", "subn", "split", "findall", "finditer", "compile")
}
_REPEATS = (kinds.MAX_REPEAT, kinds.MIN_REPEAT, kinds.POSSESSIVE_REPEAT)
_OTHERS = "a 1-x(\"'/*#=\n~"


def expressions() -> dict[str, re.Pattern[Any]]:
    """Every expression that a module of the program names or writes where it is used, by module and name or line; each
    once."""
    for found in pkgutil.walk_packages(aiaudit.__path__, "aiaudit."):
        if not found.name.endswith("__main__"):
            importlib.import_module(found.name)
    named: dict[tuple[Any, int], str] = {}
    known: dict[str, re.Pattern[Any]] = {}
    for module in sorted(name for name in sys.modules if name.startswith("aiaudit.")):
        for name, value in list(vars(sys.modules[module]).items()):
            for one in value if isinstance(value, tuple | list) else [value]:
                made = one.compiled() if isinstance(one, Lazy) else one
                if isinstance(made, re.Pattern) and (made.pattern, made.flags) not in named:
                    label = named[made.pattern, made.flags] = f"{module}.{name}"
                    known[label if label not in known else f"{label} {len(known)}"] = made
    return {**_written(), **known}


def _written() -> dict[str, re.Pattern[Any]]:
    """Those that are written as the first argument of a function of `re`."""
    root = Path(aiaudit.__file__).parent
    known: dict[str, re.Pattern[Any]] = {}
    for file in sorted(root.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_bytes())):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in _USED and node.args:
                first = node.args[0]
                if isinstance(first, ast.Constant) and isinstance(first.value, str | bytes):
                    known[f"{file.relative_to(root)}:{node.lineno}"] = re.compile(first.value, _flags(node))
    return known


def _flags(call: ast.Call) -> int:
    """The flags that a call names, wherever they stand."""
    names = {
        one.attr
        for part in [*call.args[1:], *call.keywords]
        for one in ast.walk(part)
        if isinstance(one, ast.Attribute)
    }
    return sum(re.RegexFlag[name] for name in names if name in re.RegexFlag.__members__)


def texts(pattern: re.Pattern[Any], size: int, random: Random, each: int) -> Iterator[Any]:
    """`each` texts of about `size` characters for every repeat of the expression."""
    source = pattern.pattern if isinstance(pattern.pattern, str) else pattern.pattern.decode("latin-1")
    for before, body in _repeats(list(parser.parse(source, pattern.flags & ~re.DEBUG)), []):
        for _ in range(each):
            groups: dict[int | None, str] = {}
            unit = "".join(_sample(body, groups, random) for _ in range(random.choice((1, 1, 2, 3))))
            text = "".join(_sample(part, groups, random) for part in before) + unit * (size // max(1, len(unit)))
            text += random.choice(("\0", "\n\0", "~"))
            yield text if isinstance(pattern.pattern, str) else text.encode()


def _repeats(nodes: list[Any], before: list[Any]) -> Iterator[tuple[list[Any], list[Any]]]:
    for number, (kind, value) in enumerate(nodes):
        lead = [*before, nodes[:number]]
        if kind in _REPEATS:
            if value[1] > MANY and kind is not kinds.POSSESSIVE_REPEAT:
                yield lead, list(value[2])
            yield from _repeats(list(value[2]), lead)
        elif kind is kinds.SUBPATTERN:
            yield from _repeats(list(value[3]), lead)
        elif kind is kinds.ATOMIC_GROUP:
            yield from _repeats(list(value), lead)
        elif kind in (kinds.ASSERT, kinds.ASSERT_NOT):
            yield from _repeats(list(value[1]), lead)
        elif kind is kinds.BRANCH:
            for one in value[1]:
                yield from _repeats(list(one), lead)


def _sample(nodes: Any, groups: dict[int | None, str], random: Random) -> str:
    """A text that these parts of an expression match, looked-for neighbours aside."""
    made = ""
    for kind, value in nodes:
        if kind is kinds.LITERAL:
            made += chr(value)
        elif kind is kinds.NOT_LITERAL:
            made += "a" if value != ord("a") else "b"
        elif kind is kinds.ANY:
            made += random.choice("ab x")
        elif kind is kinds.IN:
            made += _of_set(value, random)
        elif kind is kinds.BRANCH:
            made += _sample(random.choice(value[1]), groups, random)
        elif kind is kinds.SUBPATTERN:
            groups[value[0]] = _sample(value[3], groups, random)
            made += groups[value[0]]
        elif kind is kinds.ATOMIC_GROUP:
            made += _sample(value, groups, random)
        elif kind is kinds.GROUPREF:
            made += groups.get(value, "")
        elif kind in _REPEATS:
            least, most, body = value
            times = random.choice((least, max(least, min(int(most), 1)), max(least, min(int(most), 2))))
            made += "".join(_sample(body, groups, random) for _ in range(times))
    return made


def _of_set(items: list[Any], random: Random) -> str:
    if items[0][0] is kinds.NEGATE:
        return next((sign for sign in _OTHERS if not any(_has(sign, one) for one in items[1:])), "é")
    kind, value = random.choice(items)
    if kind is kinds.LITERAL:
        return chr(value)
    if kind is kinds.RANGE:
        return chr(random.randint(value[0], min(value[1], value[0] + 25)))
    return _LIKE.get(value, "a")


def _has(sign: str, item: Any) -> bool:
    kind, value = item
    if kind is kinds.LITERAL:
        return chr(value) == sign
    if kind is kinds.RANGE:
        return bool(value[0] <= ord(sign) <= value[1])
    word = sign.isalnum() or sign == "_"
    return {
        kinds.CATEGORY_DIGIT: sign.isdigit(),
        kinds.CATEGORY_NOT_DIGIT: not sign.isdigit(),
        kinds.CATEGORY_SPACE: sign.isspace(),
        kinds.CATEGORY_NOT_SPACE: not sign.isspace(),
        kinds.CATEGORY_WORD: word,
        kinds.CATEGORY_NOT_WORD: not word,
    }.get(value, False)
