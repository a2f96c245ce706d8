"""Sentences with places: `{expression}` is replaced by the expression's value in words; `{{` and `}}` are braces."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aiaudit.model.types import Type
from aiaudit.rules.errors import error_at
from aiaudit.rules.language import Expression, evaluate, finish
from aiaudit.rules.lexer import check_length
from aiaudit.rules.parser import parse_place
from aiaudit.rules.values import Budget
from aiaudit.rules.wording import words


@dataclass(frozen=True, slots=True)
class Template:
    """A compiled sentence. `names` are the facts and variables that it may read."""

    source: str
    names: frozenset[str]
    parts: tuple[str | Expression, ...]

    def render(self, values: Mapping[str, Any], *, budget: Budget | None = None) -> str:
        """The sentence. An unknown value, and one that ends in an error, reads "unknown". Never raises."""
        return "".join(part if isinstance(part, str) else _in_words(part, values, budget) for part in self.parts)


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


def _in_words(expr: Expression, values: Mapping[str, Any], budget: Budget | None) -> str:
    result = evaluate(expr, values, budget=budget)
    return words(result.value if result.incomplete is None else result.incomplete)
