"""Tables written out in a file: `LOADERS = {"pkl": pickle.load}`, and what an element of them may be. A function that
gives such a table back stands for it: `def libraries(): from torch import load; return {"load": load}`."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

from aiaudit.probes.python.nodes import statements

if TYPE_CHECKING:
    from aiaudit.probes.python.bindings import Binding
    from aiaudit.probes.python.module import Scope
    from aiaudit.probes.python.resolve import Resolver

MOST_STEPS: Final = 4  # names and functions followed from one to the next


def elements(resolver: Resolver, table: ast.expr, key: ast.expr, scope: Scope) -> Iterator[tuple[ast.expr, Scope]]:
    """The values of a literal dict, list or tuple, or of a name that is bound to one, for which a key may stand; each
    with its scope."""
    for node, owner in _written(resolver, table, scope):
        if isinstance(node, ast.Dict):
            wanted = key.value if isinstance(key, ast.Constant) else None
            keys = [one.value if isinstance(one, ast.Constant) else None for one in node.keys]
            known = wanted is not None and wanted in keys
            for name, value in zip(keys, node.values, strict=True):
                if not known or name == wanted:
                    yield value, owner
        elif isinstance(node, ast.List | ast.Tuple):
            for value in node.elts:
                yield value, owner


def _written(
    resolver: Resolver, table: ast.expr, scope: Scope, steps: int = MOST_STEPS
) -> Iterator[tuple[ast.AST | None, Scope]]:
    match table:
        case ast.Name(id=name):
            bindings: Sequence[Binding] = resolver.bindings(name, scope, table.lineno) or ()
        case ast.Attribute(value=ast.Name(id="self" | "cls"), attr=name):
            owner = scope.enclosing_class()
            bindings = owner.attributes(name) if owner is not None else ()
        case ast.Call():
            yield from _given_back(resolver, table, scope, steps)
            return
        case _:
            yield table, scope
            return
    for one in bindings:
        if one.kind != "value":
            continue
        if isinstance(one.node, ast.Call):
            yield from _given_back(resolver, one.node, one.scope or scope, steps)
        else:
            yield one.node, one.scope or scope


def _given_back(resolver: Resolver, call: ast.Call, scope: Scope, steps: int) -> Iterator[tuple[ast.AST | None, Scope]]:
    """The tables that a function of this file gives back, as they are written or by a name."""
    if not steps:
        return
    for one in resolver.names(call.func, scope):
        if one.local is None or one.local.kind != "function":
            continue
        for node, _ in statements(one.local):
            if isinstance(node, ast.Return) and isinstance(node.value, ast.Dict | ast.List | ast.Tuple | ast.Name):
                yield from _written(resolver, node.value, one.local, steps - 1)
