"""What an expression may evaluate to besides plain JSON, the budget, and comparison of values.

Three values: a plain value, `Unknown` (could be any value) and `Failed` (an error). Two more exist only inside an
evaluation: `Incomplete`, a list of which some elements are certain and others possible, and `Range`, a number known only
by its bounds, such as the size of an incomplete list. They keep `list.filter(…).size() > 0` true when one element is
certain, although the whole list is not known.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from aiaudit.model.types import Unknown
from aiaudit.rules.lexer import INT_MAX, INT_MIN

Frame = list[Any]  # slot 0 is the meter, then one slot for each name and each macro variable
Run = Callable[[Frame], Any]


@dataclass(frozen=True, slots=True)
class Failed:
    """An error: the expression has no value, and never will have. Never a pass."""

    reason: str


@dataclass(frozen=True, slots=True)
class Incomplete:
    """A list that holds all of `sure` and some of `maybe`; `why` says what could not be decided."""

    sure: list[Any]
    maybe: list[Any]
    why: Unknown

    @property
    def size(self) -> Range:
        return Range(len(self.sure), len(self.sure) + len(self.maybe), self.why)


@dataclass(frozen=True, slots=True)
class Range:
    """A number between `low` and `high` (both included)."""

    low: int | float
    high: int | float
    why: Unknown


@dataclass(frozen=True, slots=True)
class Budget:
    """Bounds of one evaluation. An exhausted budget is an error, never a pass.

    `steps`: elements visited (a body of more than four operations costs several a visit). `size`: characters and items
    of all strings, lists and maps that the expression makes.
    """

    steps: int = 1_000_000
    size: int = 1_000_000


class Exhausted(Exception):
    """A budget ran out. Passes through `||` and macros, which absorb ordinary errors."""


class Meter:
    """What is left of the budget, and what the evaluation has read so far."""

    __slots__ = ("budget", "partial", "read", "size", "steps", "values")

    def __init__(self, values: Mapping[str, Any], budget: Budget) -> None:
        self.values = values
        self.budget = budget
        self.steps = budget.steps
        self.size = budget.size
        self.read: set[str] = set()
        self.partial = False  # whether an `Incomplete` or `Range` was made

    def spend(self, steps: int) -> None:
        """Take steps from the budget."""
        self.steps -= steps
        if self.steps < 0:
            raise Exhausted(f"gave up after {self.budget.steps} steps")

    def make(self, size: int) -> None:
        """Take the size of a new string, list or map from the budget; 4 more for the object itself."""
        self.size -= size + 4
        if self.size < 0:
            raise Exhausted(f"gave up after making {self.budget.size} characters or items")


class _Unset:
    """The content of a slot whose name was not read yet."""


UNSET: Final = _Unset()
PLAIN: Final = frozenset({type(None), bool, int, float, str, list, dict, Unknown, Failed, Incomplete})
_KINDS: Final = {
    type(None): "null", bool: "bool", int: "int", float: "double", str: "string", list: "list", dict: "map",
    Incomplete: "list", Range: "number",
}  # fmt: skip


def kind_of(value: object) -> str:
    """The language's name for a value's type; the value itself is never shown (it may be a secret)."""
    return _KINDS.get(type(value), "value")


def not_a_value(*values: Any) -> Unknown | Failed | None:
    """The first of the values that is unknown or an error; what is known only in part counts as unknown."""
    for value in values:
        kind = type(value)
        if kind is Unknown or kind is Failed:
            return value  # type: ignore[no-any-return]
        if kind is Incomplete or kind is Range:
            return value.why  # type: ignore[no-any-return]
    return None


def settle(value: Any) -> Any:
    """The value as callers see it: what is known only in part becomes `Unknown`, at any depth."""
    kind = type(value)
    if kind is Incomplete or kind is Range:
        return value.why
    if kind is list:
        return [settle(item) for item in value]
    if kind is dict:
        return {key: settle(item) for key, item in value.items()}
    return value


# -- comparison --------------------------------------------------------------------------------------------------------

_SCALARS: Final = frozenset({type(None), bool, int, float, str})
_MAX_NESTING: Final = 200


def equal(a: Any, b: Any, meter: Meter, depth: int = 0) -> bool | Unknown | Failed:
    """`a == b` as CEL: deep, numbers by value across int and double, other types never equal to each other.

    Unknown only where an unknown place could decide: `[1, unknown] == [2, 3]` is false.
    """
    ta, tb = type(a), type(b)
    if ta in _SCALARS and tb in _SCALARS:
        if ta is tb:
            if ta is str and len(a) > 1024 and len(b) > 1024:
                meter.spend(len(a) >> 10)
            return bool(a == b)
        return bool(a == b) if ta in (int, float) and tb in (int, float) else False
    if ta is Failed or tb is Failed:
        return not_a_value(a, b) or Failed("an error was compared")
    if ta is Unknown or tb is Unknown:
        return a if ta is Unknown else b  # type: ignore[no-any-return]
    if ta is list and tb is list:
        if len(a) != len(b):
            return False
        if depth > _MAX_NESTING:
            return Failed("compared values are nested too deeply")
        meter.spend(len(a))
        return _all_equal(((x, y) for x, y in zip(a, b, strict=True)), meter, depth)
    if ta is dict and tb is dict:
        if a.keys() != b.keys():
            return False
        if depth > _MAX_NESTING:
            return Failed("compared values are nested too deeply")
        meter.spend(len(a))
        return _all_equal(((x, b[key]) for key, x in a.items()), meter, depth)
    if ta is Range or tb is Range:
        return _range_equal(a, b)
    if ta is Incomplete or tb is Incomplete:
        return _incomplete_equal(a, b)
    return False


def _all_equal(pairs: Any, meter: Meter, depth: int) -> bool | Unknown | Failed:
    pending: Unknown | Failed | None = None
    for x, y in pairs:
        same = equal(x, y, meter, depth + 1)
        if same is False:
            return False
        if same is not True:
            pending = pending or same
    return True if pending is None else pending


def bounds(value: Any) -> tuple[int | float, int | float] | None:
    """Lower and upper bound of a number or range; None for anything else."""
    kind = type(value)
    if kind is Range:
        return value.low, value.high
    return (value, value) if kind is int or kind is float else None


def _range_equal(a: Any, b: Any) -> bool | Unknown:
    x, y = bounds(a), bounds(b)
    if x is None or y is None:
        return False
    if x[1] < y[0] or y[1] < x[0]:
        return False
    if x[0] == x[1] == y[0] == y[1]:
        return True
    return (a if type(a) is Range else b).why  # type: ignore[no-any-return]


def _incomplete_equal(a: Any, b: Any) -> bool | Unknown:
    part, other = (a, b) if type(a) is Incomplete else (b, a)
    if type(other) is Incomplete:
        return part.why  # type: ignore[no-any-return]
    if type(other) is not list or not part.size.low <= len(other) <= part.size.high:
        return False
    return part.why  # type: ignore[no-any-return]


def less(a: Any, b: Any) -> bool | None:
    """`a < b` for two numbers, two strings or two bools; None where they cannot be ordered."""
    ta, tb = type(a), type(b)
    if ta is tb:
        return bool(a < b) if ta in (int, float, str, bool) else None
    return bool(a < b) if ta in (int, float) and tb in (int, float) else None


def contains(items: Any, wanted: Any, meter: Meter) -> bool | Unknown | Failed:
    """`wanted in items` for a list: true if one element is certainly equal, unknown if one might be."""
    if type(items) is Incomplete:
        sure = contains(items.sure, wanted, meter)
        if sure is True:
            return True
        maybe = contains(items.maybe, wanted, meter)
        return sure if maybe is False else items.why
    meter.spend(len(items))
    pending: Unknown | Failed | None = None
    for item in items:
        same = equal(item, wanted, meter)
        if same is True:
            return True
        if same is not False:
            pending = pending or same
    return False if pending is None else pending


def as_int(value: int) -> int | None:
    """The value if it fits 64 bits."""
    return value if INT_MIN <= value <= INT_MAX else None


@dataclass(slots=True)
class Evaluation:
    """What an expression came to.

    `value`: a plain value, `Unknown` or `Failed`. A list of which only some elements are certain is `Unknown` here, and
    `incomplete` then holds it. `read`: the names that were really read. `trace`: what decided (only when asked for).
    """

    value: Any
    trace: tuple[str, ...] = ()
    read: frozenset[str] = field(default=frozenset())
    incomplete: Incomplete | None = None
