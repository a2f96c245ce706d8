"""Sentences with places: `{expression}` is replaced by the expression's value in words; `{{` and `}}` are braces."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from aiaudit.model.types import Type, Unknown
from aiaudit.rules.errors import error_at
from aiaudit.rules.language import Expression, evaluate, finish
from aiaudit.rules.lexer import check_length
from aiaudit.rules.parser import parse_place
from aiaudit.rules.values import Budget, Failed

_SHOWN: Final = 8  # elements of a list; the rest is counted


@dataclass(frozen=True, slots=True)
class Template:
    """A compiled sentence. `names` are the facts and variables that it may read."""

    source: str
    names: frozenset[str]
    parts: tuple[str | Expression, ...]

    def render(self, values: Mapping[str, Any], *, budget: Budget | None = None) -> str:
        """The sentence. An unknown value, and one that ends in an error, reads "unknown". Never raises."""
        return "".join(
            part if isinstance(part, str) else _evaluated(part, values, budget) for part in self.parts
        )


def template(source: str, names: Mapping[str, Type]) -> Template:
    """Compile a sentence. Raises `RuleError`, placed inside the sentence."""
    check_length(source)
    parts: list[str | Expression] = []
    text: list[str] = []
    at, length = 0, len(source)
    while at < length:
        char = source[at]
        if char in "{}" and source.startswith(char, at + 1):
            text.append(char)
            at += 2
        elif char == "{":
            parts.append("".join(text))
            text.clear()
            node, end = parse_place(source, at + 1)
            parts.append(finish(source, node, names))
            at = end + 1
        elif char == "}":
            raise error_at(source, at, "this `}` closes nothing", "`}}`")
        else:
            text.append(char)
            at += 1
    parts.append("".join(text))
    used = frozenset(name for part in parts if isinstance(part, Expression) for name in part.names)
    return Template(source, used, tuple(part for part in parts if part != ""))


def _evaluated(expr: Expression, values: Mapping[str, Any], budget: Budget | None) -> str:
    result = evaluate(expr, values, budget=budget)
    if result.incomplete is not None:
        more = len(result.incomplete.maybe)
        return f"{words(result.incomplete.sure)} and possibly {more} more" if result.incomplete.sure else f"possibly {more}"
    return words(result.value)


def words(value: Any) -> str:
    """A value as it reads in a sentence: `a, b and c`, `0.83`, `unknown`, `none`."""
    kind = type(value)
    if kind is str:
        return str(value)
    if kind is bool:
        return "true" if value else "false"
    if kind is float:
        return number(value)
    if kind is list:
        return _listed([words(item) for item in value])
    if kind is dict:
        return _record(value)
    if kind is Unknown or kind is Failed:
        return "unknown"
    return "none" if value is None else str(value)


def number(value: float) -> str:
    """A double at a length people read: whole numbers without a point, else about three digits that matter."""
    if value != value or value in (float("inf"), float("-inf")):
        return "unknown" if value != value else ("infinite" if value > 0 else "minus infinite")
    if value == int(value) and abs(value) < 1e15:
        return str(int(value))
    size = abs(value)
    if size >= 1e15 or size < 1e-4:
        return f"{value:.3g}"
    digits = 1 if size >= 100 else 2 if size >= 1 else 3 if size >= 0.01 else 5
    return f"{value:.{digits}f}".rstrip("0").rstrip(".")


def _listed(items: list[str]) -> str:
    if not items:
        return "none"
    if len(items) > _SHOWN:
        return f"{', '.join(items[:_SHOWN])} and {len(items) - _SHOWN} more"
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} and {items[-1]}"


def _record(value: dict[str, Any]) -> str:
    """A record that has a place reads as its place; any other as its fields."""
    path, line = value.get("path"), value.get("line")
    if type(path) is str and path:
        return f"{path}:{line}" if type(line) is int else path
    return ", ".join(f"{key} {words(item)}" for key, item in value.items()) or "none"
