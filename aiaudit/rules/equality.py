"""`==`, `!=` and `in` as closures: a short way where one side is a constant or both are plain, else the long one."""

from __future__ import annotations

from typing import Any, Final

from aiaudit.model.types import Unknown
from aiaudit.rules.comparison import contains, equal
from aiaudit.rules.joins import free, texts
from aiaudit.rules.nodes import Binary, Const
from aiaudit.rules.values import Failed, Frame, Incomplete, Run, kind_of, not_a_value

_SHORT: Final = 1024  # characters; comparing longer texts is charged


def equality(node: Binary, left: Run, right: Run) -> Run:
    """The closure of `left == right`, or of `!=`."""
    same, differ = (True, False) if node.op == "==" else (False, True)
    if type(node.right) is Const and type(node.right.value) in (str, bool, int):
        constant = node.right.value
        constant_kind = type(constant)

        def run_constant(f: Frame) -> Any:
            a = left(f)
            kind = type(a)
            if kind is constant_kind:
                return same if a == constant else differ
            if kind is Unknown or kind is Failed:
                return a
            value = equal(a, constant, f[0])
            return same if value is True else differ if value is False else value

        return run_constant

    def run(f: Frame) -> Any:
        a, b = left(f), right(f)
        kind = type(a)
        if kind is type(b) and (kind is int or kind is bool or kind is float or (kind is str and len(a) < _SHORT)):
            return same if a == b else differ
        if kind is Unknown or kind is Failed:
            return a
        value = equal(a, b, f[0])
        return same if value is True else differ if value is False else value

    return run


def membership(node: Binary, left: Run, right: Run) -> Run:
    """The closure of `left in right`."""
    if type(node.right) is Const and all(type(item) is str for item in node.right.value):
        choices = frozenset(node.right.value)

        def run_choices(f: Frame) -> Any:
            value = left(f)
            if type(value) is str:
                return value in choices
            bad = not_a_value(value)
            return False if bad is None else bad

        return run_choices

    stays = not free(node.right) and bool(free(node.left))

    def run(f: Frame) -> Any:
        value, items = left(f), right(f)
        kind = type(items)
        if stays and kind is list and type(value) is str and (known := texts(f, items)) is not None:
            return value in known
        if type(value) is Unknown or type(value) is Failed:
            return value
        if kind is list or kind is Incomplete:
            return contains(items, value, f[0])
        if kind is dict:
            bad = not_a_value(value)
            return type(value) is str and value in items if bad is None else bad
        return not_a_value(items) or Failed(f"`in` needs a list or map, not {kind_of(items)}")

    return run
