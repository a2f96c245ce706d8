"""Arithmetic and ordering: int64 with overflow as an error, doubles as IEEE 754, ranges by their bounds."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Final

from aiaudit.model.types import Unknown
from aiaudit.rules.comparison import bounds, less
from aiaudit.rules.lexer import INT_MAX, INT_MIN
from aiaudit.rules.values import Failed, Frame, Incomplete, Meter, Range, Run, first_not_a_value, kind_of, not_a_value

_OVERFLOW: Final = Failed("integer overflow")
_DIVISION: Final = Failed("division by zero")
_MODULUS: Final = Failed("modulus by zero")


def negate(value: Any) -> Any:
    """`-value`."""
    kind = type(value)
    if kind is int:
        return -value if value != INT_MIN else _OVERFLOW
    if kind is float:
        return -value
    if kind is Range:
        return Range(-value.high, -value.low, value.why)
    return not_a_value(value) or Failed(f"`-` cannot be used on {kind_of(value)}")


def _checked(value: int) -> int | Failed:
    return value if INT_MIN <= value <= INT_MAX else _OVERFLOW


def _add(a: Any, b: Any) -> Any:
    return _checked(a + b) if type(a) is int else a + b


def _subtract(a: Any, b: Any) -> Any:
    return _checked(a - b) if type(a) is int else a - b


def _multiply(a: Any, b: Any) -> Any:
    return _checked(a * b) if type(a) is int else a * b


def _divide(a: Any, b: Any) -> Any:
    if type(a) is int:
        if b == 0:
            return _DIVISION
        quotient = abs(a) // abs(b)  # towards zero, as in C
        return _checked(quotient if (a < 0) == (b < 0) else -quotient)
    if b != 0:
        return a / b
    if a == 0 or math.isnan(a):
        return math.nan
    return math.copysign(math.inf, a) * math.copysign(1, b)


def _modulo(a: Any, b: Any) -> Any:
    if type(a) is not int:
        return Failed("`%` cannot be used between double and double")
    if b == 0:
        return _MODULUS
    if a == INT_MIN and b == -1:
        return _OVERFLOW
    rest = abs(a) % abs(b)
    return -rest if a < 0 else rest


def _operator(op: str, compute: Callable[[Any, Any], Any]) -> Callable[[Run, Run], Run]:
    def factory(left: Run, right: Run) -> Run:
        def run(f: Frame) -> Any:
            a, b = left(f), right(f)
            kind = type(a)
            if kind is type(b) and (kind is int or kind is float):
                return compute(a, b)
            if op == "+":
                joined = _concatenate(f[0], a, b)
                if joined is not None:
                    return joined
            if kind is Range or type(b) is Range:
                return _on_ranges(op, compute, a, b)
            return first_not_a_value(a, b) or _mismatch(op, a, b)

        return run

    return factory


def _concatenate(meter: Meter, a: Any, b: Any) -> Any:
    """Strings or lists joined, their size charged first; None where the operands are neither."""
    kind, other = type(a), type(b)
    if kind is other and (kind is str or kind is list):
        meter.make(len(a) + len(b))
        return a + b
    if {kind, other} in ({list, Incomplete}, {Incomplete}):
        a_sure, a_maybe = (a.sure, a.maybe) if kind is Incomplete else (a, [])
        b_sure, b_maybe = (b.sure, b.maybe) if other is Incomplete else (b, [])
        meter.make(len(a_sure) + len(a_maybe) + len(b_sure) + len(b_maybe))
        is_open = any(type(one) is Incomplete and one.open for one in (a, b))
        return Incomplete(a_sure + b_sure, a_maybe + b_maybe, (a if kind is Incomplete else b).why, is_open)
    return None


def _mismatch(op: str, a: Any, b: Any) -> Failed:
    return Failed(f"`{op}` cannot be used between {kind_of(a)} and {kind_of(b)}")


def _on_ranges(op: str, compute: Callable[[Any, Any], Any], a: Any, b: Any) -> Any:
    """Bounds of the result: + - * / are monotone in each operand, so their extremes lie at the corners."""
    why = (a if type(a) is Range else b).why
    x, y = bounds(a), bounds(b)
    if x is None or y is None:
        return not_a_value(a if x is None else b) or _mismatch(op, a, b)
    if type(x[0]) is not type(y[0]):
        return Failed(f"`{op}` cannot be used between int and double")
    if op == "%" or (op == "/" and y[0] <= 0 <= y[1]):
        return why
    corners = [compute(p, q) for p in x for q in y]
    if any(type(corner) is Failed or math.isnan(corner) for corner in corners):
        return why
    return Range(min(corners), max(corners), why)


ARITHMETIC: Final[dict[str, Callable[[Run, Run], Run]]] = {
    "+": _operator("+", _add),
    "-": _operator("-", _subtract),
    "*": _operator("*", _multiply),
    "/": _operator("/", _divide),
    "%": _operator("%", _modulo),
}


# -- ordering ----------------------------------------------------------------------------------------------------------


def _slow_order(op: str, a: Any, b: Any, meter: Meter) -> Any:
    """Everything but two numbers of one type."""
    for value in (a, b):
        if type(value) is Unknown or type(value) is Failed:
            return value
    if type(a) is Range or type(b) is Range:
        x, y = bounds(a), bounds(b)
        if x is not None and y is not None:
            return _order_ranges(op, a, b, x, y)
    lower = less(a, b, meter) if op in ("<", ">=") else less(b, a, meter)
    if lower is None:
        return first_not_a_value(a, b) or _mismatch(op, a, b)
    if op in ("<", ">"):
        return lower
    return not lower and a == a and b == b  # noqa: PLR0124 - every comparison with NaN is false


def _order_ranges(op: str, a: Any, b: Any, x: tuple[Any, Any], y: tuple[Any, Any]) -> Any:
    if op in (">", ">="):
        x, y = y, x
        op = {">": "<", ">=": "<="}[op]
    certainly, possibly = (x[1] < y[0], x[0] < y[1]) if op == "<" else (x[1] <= y[0], x[0] <= y[1])
    if certainly:
        return True
    return (a if type(a) is Range else b).why if possibly else False


_FAST: Final = frozenset({int, float})


def _less(left: Run, right: Run) -> Run:
    def run(f: Frame) -> Any:
        a, b = left(f), right(f)
        return a < b if type(a) is type(b) and type(a) in _FAST else _slow_order("<", a, b, f[0])

    return run


def _less_equal(left: Run, right: Run) -> Run:
    def run(f: Frame) -> Any:
        a, b = left(f), right(f)
        return a <= b if type(a) is type(b) and type(a) in _FAST else _slow_order("<=", a, b, f[0])

    return run


def _greater(left: Run, right: Run) -> Run:
    def run(f: Frame) -> Any:
        a, b = left(f), right(f)
        return a > b if type(a) is type(b) and type(a) in _FAST else _slow_order(">", a, b, f[0])

    return run


def _greater_equal(left: Run, right: Run) -> Run:
    def run(f: Frame) -> Any:
        a, b = left(f), right(f)
        return a >= b if type(a) is type(b) and type(a) in _FAST else _slow_order(">=", a, b, f[0])

    return run


ORDERINGS: Final[dict[str, Callable[[Run, Run], Run]]] = {
    "<": _less,
    "<=": _less_equal,
    ">": _greater,
    ">=": _greater_equal,
}
