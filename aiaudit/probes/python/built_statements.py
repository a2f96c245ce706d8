"""Statements of SQL that a library puts together, such as `select(Order).where(Order.id == given)`: what the caller
hands over becomes a bound value, so that the verb stands in the code."""

from __future__ import annotations

import ast
from typing import Final

from aiaudit.probes.python.match import name_set
from aiaudit.probes.python.module import Scope
from aiaudit.probes.python.values import Values

_LIBRARIES: Final = ("sqlalchemy.", "sqlmodel.", "pypika.")
_VERBS: Final = name_set("select insert update delete")
_MAX_DEPTH: Final = 6  # of names that stand for one another


def built_verb(node: ast.expr, values: Values, scope: Scope, depth: int = 0) -> str:
    """select, insert, update or delete, where each value that `node` may have is built by such a function; else ""."""
    while isinstance(node, ast.Call):
        if isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Call | ast.Name):
            below = built_verb(node.func.value, values, scope, depth + 1)  # `.where(…)` of a statement
            if below:
                return below
        return _verb(node, values, scope)
    if not isinstance(node, ast.Name) or depth > _MAX_DEPTH:
        return ""
    bound = values.resolver.bindings(node.id, scope, node.lineno) or []
    verbs = set()
    for one in bound:
        if one.kind != "value" or not isinstance(one.node, ast.expr):
            return ""
        if not (isinstance(one.node, ast.Call) and _is_itself(one.node, node.id)):  # `statement = statement.limit(5)`
            verbs.add(built_verb(one.node, values, scope, depth + 1))
    return verbs.pop() if len(verbs) == 1 else ""


def _verb(call: ast.Call, values: Values, scope: Scope) -> str:
    for one in values.resolver.names(call.func, scope):
        library, _, verb = one.name.rpartition(".")
        if verb in _VERBS and f"{library}.".startswith(_LIBRARIES):
            return verb
    return ""


def _is_itself(call: ast.Call, name: str) -> bool:
    inner: ast.expr = call
    while isinstance(inner, ast.Call) and isinstance(inner.func, ast.Attribute):
        inner = inner.func.value
    return isinstance(inner, ast.Name) and inner.id == name
