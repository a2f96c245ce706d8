"""Conditions that let work be done once: `if model is None: model = load()`."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from typing import Final

from aiaudit.probes.python.match import name_set
from aiaudit.probes.python.module import Scope
from aiaudit.probes.python.names import dotted, last_name
from aiaudit.probes.python.nodes import FunctionNode, statements, walk

_MISSING: Final = ("KeyError", "AttributeError", "LookupError", "NameError")


def asks_for_nothing(test: ast.expr) -> bool:
    """Whether a condition asks that something is not there yet (`is None`, `not x`, `not in`): work done once."""
    if isinstance(test, ast.BoolOp):
        return any(asks_for_nothing(one) for one in test.values)
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        return isinstance(test.operand, ast.Name | ast.Attribute | ast.Call | ast.NamedExpr)
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
    if _is_kept(node) or returns_what_is_there(scope, line):
        return True
    return any(
        isinstance(one, ast.If) and asks_for_nothing(one.test) and one.lineno < line <= (one.end_lineno or one.lineno)
        for one in walk(node)
    )


def spans_done_once(scope: Scope) -> Iterator[tuple[int, int]]:
    """The lines of a function or a script, from the first to the last, on which it does only what was not done before:
    behind `if model is None`, after `if key in models: return`, in the `else` of that, in `except KeyError`, in `model
    or load()`. All of them where a decorator keeps what it returns, or where it makes the one object of its class."""
    node = scope.node
    if isinstance(node, ast.ClassDef):
        return
    if isinstance(node, FunctionNode) and (_is_kept(node) or (node.name == "__init__" and _is_made_once(scope.parent))):
        yield node.lineno, scope.end
        return
    for statement, _ in statements(scope):
        match statement:
            case ast.If(test=test, body=body, orelse=orelse):
                if asks_for_nothing(test) or _asks_for_another(test):
                    yield _lines(body)
                elif _tells_of_what_is_there(test) and _takes_it(test, body):
                    if isinstance(body[-1], ast.Return):
                        yield (statement.end_lineno or statement.lineno) + 1, scope.end
                    elif orelse:
                        yield _lines(orelse)
            case ast.Try(handlers=handlers) | ast.TryStar(handlers=handlers):
                for one in handlers:
                    if isinstance(one.type, ast.Name | ast.Attribute) and last_name(one.type) in _MISSING:
                        yield _lines(one.body)
            case ast.Assign(value=value) | ast.AnnAssign(value=value) | ast.Return(value=value):
                if isinstance(value, ast.IfExp) or (isinstance(value, ast.BoolOp) and isinstance(value.op, ast.Or)):
                    yield _lines([statement])


def _lines(block: Sequence[ast.stmt]) -> tuple[int, int]:
    return block[0].lineno, block[-1].end_lineno or block[-1].lineno


def _takes_it(test: ast.expr, body: Sequence[ast.stmt]) -> bool:
    """Whether what is done where something is there ends with that thing, or with nothing: `if model: return model`."""
    end = body[-1]
    if not isinstance(end, ast.Return | ast.Assign):
        return isinstance(end, ast.Pass)
    if end.value is None:
        return True
    named = {dotted(one) for one in walk(test) if isinstance(one, ast.Name | ast.Attribute)}
    return any(isinstance(one, ast.Name | ast.Attribute) and dotted(one) in named for one in walk(end.value))


def _asks_for_another(test: ast.expr) -> bool:
    """Whether a condition asks that something is not the same as before: `name != self.loaded`."""
    if isinstance(test, ast.BoolOp):
        return any(_asks_for_another(one) for one in test.values)
    sides = (
        [test.left, *test.comparators] if isinstance(test, ast.Compare) and isinstance(test.ops[0], ast.NotEq) else []
    )
    return len(sides) == 2 and all(isinstance(one, ast.Name | ast.Attribute) for one in sides)


def _is_kept(node: FunctionNode) -> bool:
    """Whether a decorator keeps what a function returns."""
    names = (last_name(one.func if isinstance(one, ast.Call) else one) for one in node.decorator_list)
    return any(name in _KEEPERS for name in names)


def _is_made_once(scope: Scope | None) -> bool:
    """Whether of a class there is one object: a `__new__` of its own, a metaclass or a decorator see to that."""
    if scope is None or not isinstance(scope.node, ast.ClassDef):
        return False
    marks = [*(one.value for one in scope.node.keywords), *scope.node.decorator_list, *scope.node.bases]
    return "__new__" in scope.children or any(
        "singleton" in last_name(one.func if isinstance(one, ast.Call) else one).lower() for one in marks
    )


_KEEPERS: Final = name_set(
    "cache lru_cache alru_cache cached cached_property cachedmethod memoize memoized singleton once run_once"
    " cache_resource cache_data experimental_singleton experimental_memo"
)
