"""Sentences with places: `{expression}` is replaced by the expression's value in words; `{{` and `}}` are braces.

`[call loads|calls load]` is the singular after a place that came to 1, else the plural: "1 call loads", "3 calls load".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from msgspec import Struct

from aiaudit import lazy
from aiaudit.model.types import DOUBLE, INT, STRING, Type, Unknown
from aiaudit.rules.errors import error_at
from aiaudit.rules.language import Expression, evaluate, finish
from aiaudit.rules.lexer import check_length
from aiaudit.rules.parser import parse_place
from aiaudit.rules.values import Budget, Failed
from aiaudit.rules.wording import words

_LEFT_OVER: Final = lazy.regex(r"[;,:]\s*(?=[;,.?])|\s*\(\s*\)")  # around a part that is left out
_WORD: Final = lazy.regex(r"\w")
FORMS: Final = lazy.regex(r"\[([^\[\]|]*)\|([^\[\]|]*)\]")


class Template(Struct, frozen=True):
    """A compiled sentence. `names` are the facts and variables that it may read."""

    source: str
    names: frozenset[str]
    parts: tuple[str | Expression, ...]

    def told(self, values: Mapping[str, Any]) -> str:
        """The sentence of what is known: of an unknown text nothing is said, of an unknown number that it is one. ""
        where anything else is unknown, since the sentence is about that. Never raises."""
        parts: list[str | Expression] = []
        for part in self.parts:
            value = _value(part, values, None) if isinstance(part, Expression) else None
            if not isinstance(value, Unknown | Failed):
                parts.append(part)
            elif isinstance(part, Expression) and part.type in (INT, DOUBLE):
                parts.append("an unknown number" if parts else "An unknown number")
            elif isinstance(part, Expression) and part.type != STRING:
                return ""
        said = _LEFT_OVER.sub("", Template(self.source, self.names, tuple(parts)).render(values)).lstrip("; ")
        return said if _WORD.search(said) else ""

    def render(self, values: Mapping[str, Any], *, budget: Budget | None = None) -> str:
        """The sentence. An unknown value, and one that ends in an error, reads "unknown". Never raises."""
        said: list[str] = []
        one = False  # whether the last number said is 1
        for part in self.parts:
            if isinstance(part, str):
                said.append(FORMS.sub(r"\1" if one else r"\2", part))
                continue
            value = _value(part, values, budget)
            said.append(words(value))
            if not isinstance(value, str):
                one = value == 1 and not isinstance(value, bool)
        return "".join(said)


def template(source: str, names: Mapping[str, Type]) -> Template:
    """Compile a sentence. Raises `RuleError`, placed inside the sentence."""
    check_length(source)
    parts: list[str | Expression] = []
    text: list[str] = []
    at = 0
    while at < len(source):
        char = source[at]
        if char in "{}" and source.startswith(char, at + 1):
            text.append(char)
            at += 2
        elif char == "{":
            parts.append("".join(text))
            text.clear()
            node, close = parse_place(source, at + 1)
            parts.append(finish(source, node, names))
            at = close + 1
        elif char == "}":
            raise error_at(source, at, "this `}` closes nothing", "`}}`")
        else:
            text.append(char)
            at += 1
    parts.append("".join(text))
    used = frozenset(name for part in parts if isinstance(part, Expression) for name in part.names)
    return Template(source, used, tuple(part for part in parts if part != ""))


def _value(expr: Expression, values: Mapping[str, Any], budget: Budget | None) -> Any:
    result = evaluate(expr, values, budget=budget)
    return result.value if result.incomplete is None else result.incomplete
