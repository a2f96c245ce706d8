"""Values as they read in a sentence: `a, b and c`, `0.83`, `unknown`, `none`."""

from __future__ import annotations

import math
from typing import Any, Final

from aiaudit import lazy
from aiaudit.model.types import Unknown
from aiaudit.rules.comparison import as_double
from aiaudit.rules.values import MANY, Failed, Incomplete, Range

_SHOWN: Final = 8  # elements of a list; the rest is counted
_DEEPEST: Final = 6
_OWN: Final = lazy.regex(r"(?<![\w@])@\.(?=[^\W\d])")
"""How the engines begin the name of what a project wrote itself (`@.load`): a person would not write it."""


def words(value: Any, depth: int = 0) -> str:
    """A value in words. Unknown values, and errors, read "unknown"; what is nested deeper than six reads "…"."""
    kind = type(value)
    if depth > _DEEPEST:
        return "…"
    if kind is str:
        return _OWN.sub("", value) if "@." in value else str(value)
    if kind is bool:
        return "true" if value else "false"
    if kind is float:
        return number(value)
    if kind is list:
        return _listed([words(item, depth + 1) for item in value[: _SHOWN + 1]], len(value))
    if kind is dict:
        return _record(value, depth + 1)
    if kind is Unknown or kind is Failed:
        return "unknown"
    if kind is Range and value.high >= MANY:
        return f"{words(value.low)} or more"
    if kind is Range:
        return f"{words(value.low)} to {words(value.high)}"
    if kind is Incomplete:
        if value.open:
            return f"{words(value.sure)} and possibly more" if value.sure else "none that was seen"
        possible = f"possibly {len(value.maybe)}"
        return f"{words(value.sure)} and {possible} more" if value.sure else possible
    if kind is int:
        return str(value) if abs(value) < 10**18 else f"{as_double(value):.3g}"
    return "none" if value is None else "unknown"


def number(value: float) -> str:
    """A double at a length people read: a whole number without a point, else the digits that matter."""
    if math.isnan(value):
        return "unknown"
    if math.isinf(value):
        return "infinite" if value > 0 else "minus infinite"
    size = abs(value)
    if value.is_integer() and size < 1e15:
        return str(int(value))
    if size >= 1e15 or size < 1e-4:
        return f"{value:.3g}"
    digits = 1 if size >= 100 else 2 if size >= 1 else 3 if size >= 0.01 else 5
    return f"{value:.{digits}f}".rstrip("0").rstrip(".")


def _listed(items: list[str], total: int) -> str:
    if not items:
        return "none"
    if total > _SHOWN:
        return f"{', '.join(items[:_SHOWN])} and {total - _SHOWN} more"
    return items[0] if total == 1 else f"{', '.join(items[:-1])} and {items[-1]}"


def _record(value: dict[str, Any], depth: int) -> str:
    """A record that has a place reads as its place; any other as its fields."""
    return place_of(value) or ", ".join(f"{key} {words(item, depth)}" for key, item in value.items()) or "none"


def place_of(value: Any) -> str:
    """`path:line` of a record that stands somewhere; else ""."""
    if type(value) is not dict or type(value.get("path")) is not str:
        return ""
    line = value.get("line")
    return f"{value['path']}:{line}" if type(line) is int and line > 0 else str(value["path"])
