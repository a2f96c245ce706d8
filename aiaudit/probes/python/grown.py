"""What is added to a value after it got its name: `text += part`, `parts.append(part)`, `row["text"] = part`."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Final

from aiaudit.probes.python.module import Scope
from aiaudit.probes.python.nodes import statements

_ADDS: Final = frozenset(("append", "extend", "insert", "appendleft", "add", "update", "write"))
_MOST: Final = 6  # things that are added under one name


class Grown:
    """The additions of one file, worked out for the scopes that somebody asks about."""

    def __init__(self) -> None:
        self._known: dict[int, dict[str, list[ast.expr]]] = {}

    def of(self, name: str, scope: Scope) -> list[ast.expr]:
        """What is added to a name in the scope that binds it."""
        known = self._known.get(id(scope))
        if known is None:
            known = self._known[id(scope)] = {}
            for statement, _ in statements(scope):
                for to, value in _added(statement):
                    values = known.setdefault(to, [])
                    if len(values) < _MOST:
                        values.append(value)
        return known.get(name, [])


def _added(statement: ast.stmt) -> Iterator[tuple[str, ast.expr]]:
    match statement:
        case ast.AugAssign(target=ast.Name(id=name), op=ast.Add(), value=value):
            yield name, value
        case ast.Assign(targets=[ast.Subscript(value=ast.Name(id=name))], value=value):
            yield name, value
        case ast.Expr(value=ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr=attr), args=[*_, last])):
            if attr in _ADDS:
                yield name, last
