"""Entries of maps that are written once and never changed: `CONFIG["model_name"]`."""

from __future__ import annotations

import ast
import re
from typing import Final

from aiaudit.probes.python.module import Scope
from aiaudit.probes.python.names import dotted
from aiaudit.probes.python.nodes import statements
from aiaudit.probes.python.resolve import Resolver

_CHANGES: Final = frozenset(("update", "setdefault", "pop", "popitem", "clear"))
_HARMLESS: Final = frozenset(("print", "repr", "len"))


class Entries:
    """Finds what stands under a constant key of a map that one statement of the module binds to a literal."""

    def __init__(self, resolver: Resolver) -> None:
        self.resolver = resolver
        self._changed: dict[str, bool] = {}

    def of(self, node: ast.Subscript, scope: Scope) -> tuple[ast.expr, Scope] | None:
        """The expression and where it stands; None where the map is bound twice, changed anywhere in the module, put
        together of others, or does not hold the key."""
        match node:
            case ast.Subscript(value=ast.Name(id=name), slice=ast.Constant(value=str() as key)):
                bindings = self.resolver.bindings(name, scope, node.lineno) or ()
            case _:
                return None
        if len(bindings) != 1 or bindings[0].kind != "value" or not isinstance(bindings[0].node, ast.Dict):
            return None
        written = bindings[0].node
        held = [
            value
            for one, value in zip(written.keys, written.values, strict=True)
            if isinstance(one, ast.Constant) and one.value == key
        ]
        if not held or None in written.keys or self._is_changed(name):
            return None
        return held[-1], bindings[0].scope or scope

    def _is_changed(self, name: str) -> bool:
        known = self._changed.get(name)
        if known is None:
            module = self.resolver.module
            known = self._changed[name] = any(changes(name, one, 0) for one in module.scopes) or (
                bool(module.source.idle) and module.source.hides_such(_change_of(name))
            )
        return known


def _change_of(name: str) -> re.Pattern[bytes]:
    """A statement that may change a map of this name, as the bytes of a body show it that was not parsed."""
    return re.compile(
        rb"(?m)^[ \t]*(?:del[ \t]+)?%b(?:\[[^\n]*\][ \t]*(?:[-+*/|]?=[^=]|$)|\.(?:%b)\()"
        % (re.escape(name.encode()), "|".join(sorted(_CHANGES)).encode())
    )


def goes_deeper(statement: ast.stmt, name: str) -> bool:
    """Whether a statement changes a map in the map: `options["config"]["limit"] = …`, `options["config"].update(…)`."""
    match statement:
        case ast.Assign(targets=targets) | ast.Delete(targets=targets):
            inner = [one.value for one in targets if isinstance(one, ast.Subscript)]
        case ast.AugAssign(target=ast.Subscript(value=one)) | ast.AnnAssign(target=ast.Subscript(value=one)):
            inner = [one]
        case ast.Expr(value=ast.Call(func=ast.Attribute(value=one, attr=attr))) if attr in _CHANGES:
            inner = [one]
        case _:
            return False
    return any(not isinstance(one, ast.Name) and _beginning(one) == name for one in inner)


def _beginning(node: ast.expr) -> str:
    """The name with which `options["config"]`, `options.setdefault("config", {})` begin."""
    inner: ast.expr = node
    while isinstance(inner, ast.Subscript | ast.Attribute | ast.Call):
        inner = inner.func if isinstance(inner, ast.Call) else inner.value
    return inner.id if isinstance(inner, ast.Name) else ""


def changes(name: str, scope: Scope, last: int) -> bool:
    """Whether statements of the scope (up to the line `last`, if it is one) may change a map: an entry is set or
    removed, or it is handed to a function for its own sake (`patch(options)`)."""
    for statement, _ in statements(scope):
        if last and statement.lineno > last:
            break
        match statement:
            case ast.Assign(targets=targets) | ast.Delete(targets=targets):
                found = any(isinstance(one, ast.Subscript) and dotted(one.value) == name for one in targets)
            case ast.AugAssign(target=target):
                found = dotted(target.value if isinstance(target, ast.Subscript) else target) == name
            case ast.Expr(value=ast.Call(func=ast.Attribute(value=ast.Name(id=receiver), attr=attr))) if (
                receiver == name
            ):
                found = attr in _CHANGES
            case ast.Expr(value=ast.Call(func=function, args=arguments)):
                given = any(isinstance(one, ast.Name) and one.id == name for one in arguments)
                found = given and isinstance(function, ast.Name) and function.id not in _HARMLESS
            case _:
                found = False
        if found or goes_deeper(statement, name):
            return True
    return False
