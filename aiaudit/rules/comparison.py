"""Equality, order and membership, as CEL defines them, with unknown places inside lists and maps."""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable
from typing import Any, Final

from aiaudit.model.types import Unknown
from aiaudit.rules.values import Failed, Incomplete, Meter, Range, first_not_a_value

_SCALARS: Final = frozenset({type(None), bool, int, float, str})
_NUMBERS: Final = (int, float)
_MAYBE: Final = frozenset({Unknown, Failed})
_MAX_NESTING: Final = 200
_KEY_NESTING: Final = 4
_EXACT: Final = 2**53  # below it each integer is a double of its own


def equal(a: Any, b: Any, meter: Meter, depth: int = 0) -> bool | Unknown | Failed:
    """`a == b` as CEL: deep, numbers by value across int and double, other types never equal to each other.

    Unknown only where an unknown place could decide: `[1, unknown] == [2, 3]` is false.
    """
    ta, tb = type(a), type(b)
    if ta in _SCALARS and tb in _SCALARS:
        if ta is tb:
            if ta is str:
                _charge(meter, a, b)
            return bool(a == b)
        return bool(ta in _NUMBERS and tb in _NUMBERS and as_double(a) == as_double(b))
    if ta is Failed or tb is Failed:
        return first_not_a_value(a, b) or Failed("an error was compared")
    if ta is Unknown or tb is Unknown:
        return first_not_a_value(a, b) or False
    if ta is list and tb is list:
        if len(a) != len(b):
            return False
        if depth > _MAX_NESTING:
            return Failed("compared values are nested too deeply")
        meter.spend(len(a) + 6)
        return _all_equal(zip(a, b, strict=True), meter, depth)
    if ta is dict and tb is dict:
        if len(a) != len(b):
            return False
        if depth > _MAX_NESTING:
            return Failed("compared values are nested too deeply")
        meter.spend(2 * len(a) + 6)
        if a.keys() != b.keys():
            return False
        return _all_equal(((x, b[key]) for key, x in a.items()), meter, depth)
    if ta is Range or tb is Range:
        return _range_equal(a, b)
    if ta is Incomplete or tb is Incomplete:
        return _incomplete_equal(a, b)
    return False


def equality_key(value: Any, meter: Meter, depth: int = 0) -> Hashable | None:
    """What is the same for equal values and for no others; None where there is no such key: of a value that is unknown
    somewhere, of numbers whose nearest double stands for others too, and of what is nested deeply."""
    kind = type(value)
    if kind is str or kind is bool or value is None:
        return kind, value
    if kind is int or kind is float:
        exact = -_EXACT < value < _EXACT  # false of NaN, which equals nothing
        return (float, float(value)) if exact else None
    if (kind is not list and kind is not dict) or depth > _KEY_NESTING:
        return None
    meter.spend(len(value) + 6)
    parts = [equality_key(part, meter, depth + 1) for part in (value if kind is list else value.values())]
    if None in parts:
        return None
    return (kind, tuple(parts)) if kind is list else (kind, frozenset(zip(value, parts, strict=True)))


def as_double(number: int | float) -> float:
    """The nearest double; infinite for an integer beyond all doubles, which only a fact can hold."""
    try:
        return float(number)
    except OverflowError:
        return math.inf if number > 0 else -math.inf


def _charge(meter: Meter, a: str, b: str) -> None:
    """Long texts that begin alike take time to compare."""
    if len(a) > 1024 and len(b) > 1024:
        meter.spend(min(len(a), len(b)) >> 10)


def _all_equal(pairs: Iterable[tuple[Any, Any]], meter: Meter, depth: int) -> bool | Unknown | Failed:
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
    return (a if type(a) is Range else b).why


def _incomplete_equal(a: Any, b: Any) -> bool | Unknown:
    part, other = (a, b) if type(a) is Incomplete else (b, a)
    if type(other) is Incomplete:
        return part.why
    if type(other) is not list or not part.size.low <= len(other) <= part.size.high:
        return False
    return part.why


def less(a: Any, b: Any, meter: Meter) -> bool | None:
    """`a < b` for two numbers, two strings or two bools; None where they cannot be ordered."""
    ta, tb = type(a), type(b)
    if ta is tb:
        if ta is str:
            _charge(meter, a, b)
        return bool(a < b) if ta in (int, float, str, bool) else None
    return as_double(a) < as_double(b) if ta in _NUMBERS and tb in _NUMBERS else None


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
    if type(wanted) is str and len(wanted) <= 1024:  # by far the most frequent case: only a text can be equal to it
        if wanted in items:
            return True
        items = [item for item in items if type(item) in _MAYBE]
    for item in items:
        same = equal(item, wanted, meter)
        if same is True:
            return True
        if same is not False:
            pending = pending or same
    return False if pending is None else pending
