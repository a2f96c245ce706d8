"""Conditions that let work be done once: `if model is None: model = load()`."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import Final

from aiaudit.probes.python.module import Scope
from aiaudit.probes.python.names import last_name
from aiaudit.probes.python.nodes import walk

_MISSING: Final = ("KeyError", "AttributeError", "LookupError", "NameError")


def asks_for_nothing(test: ast.expr) -> bool:
    """Whether a condition asks that something is not there yet (`is None`, `not x`, `not in`): work done once."""
    if isinstance(test, ast.BoolOp):
        return any(asks_for_nothing(one) for one in test.values)
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        return isinstance(test.operand, ast.Name | ast.Attribute | ast.Call)
    if not isinstance(test, ast.Compare) or len(test.ops) != 1:
        return False
    empty = isinstance(test.comparators[0], ast.Constant) and test.comparators[0].value is None
    return isinstance(test.ops[0], ast.NotIn) or (isinstance(test.ops[0], ast.Is | ast.Eq) and empty)


def in_want_of_a_key(around: Sequence[ast.stmt], own: ast.stmt) -> bool:
    """Whether a statement stands in a handler of what was not found where it is kept: `except KeyError: models[name] =
    load(name)`."""
    return any(
        isinstance(one, ast.Try)
        and any(
            handler.lineno <= own.lineno <= (handler.end_lineno or handler.lineno)
            and last_name(handler.type) in _MISSING
            for handler in one.handlers
            if isinstance(handler.type, ast.Name | ast.Attribute)
        )
        for one in around
    )


def returns_what_is_there(scope: Scope, line: int) -> bool:
    """Whether a function starts with `if model is not None: return`, so that what follows is done once."""
    if isinstance(scope.node, ast.Module):
        return False
    for statement in scope.node.body:
        if statement.lineno >= line:
            return False
        leaves = isinstance(statement, ast.If) and any(isinstance(one, ast.Return) for one in statement.body)
        if isinstance(statement, ast.If) and leaves and _tells_of_what_is_there(statement.test):
            return True
    return False


def _tells_of_what_is_there(test: ast.expr) -> bool:
    """`model`, `self.model`, `model is not None`, `key in models`, and all of several such."""
    if isinstance(test, ast.BoolOp):
        return isinstance(test.op, ast.And) and all(_tells_of_what_is_there(one) for one in test.values)
    if isinstance(test, ast.Name | ast.Attribute):
        return True
    return isinstance(test, ast.Compare) and isinstance(test.ops[0], ast.IsNot | ast.In)


def keeps_what_it_makes(scope: Scope, line: int) -> bool:
    """Whether what a function makes on this line is made once, however often it is called: it keeps the result, or asks
    first whether something is there."""
    node = scope.node
    if isinstance(node, ast.Module | ast.ClassDef):
        return False
    kept = (last_name(one.func if isinstance(one, ast.Call) else one) for one in node.decorator_list)
    if any(name in _KEEPERS for name in kept) or returns_what_is_there(scope, line):
        return True
    return any(
        isinstance(one, ast.If) and asks_for_nothing(one.test) and one.lineno < line <= (one.end_lineno or one.lineno)
        for one in walk(node)
    )


_KEEPERS: Final = ("cache", "lru_cache", "cache_resource", "cache_data", "singleton")
