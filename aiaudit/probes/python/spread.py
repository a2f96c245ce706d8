"""What `**options` hands on, where the function puts the map together itself.

Followed are literals, `dict(…)`, `{**base, …}`, names bound once, and keys that a statement of the function's own body
sets before the call. A key that is set in a branch may be missing or another: it counts as not known and leaves the map
open. What may change any key (a map from elsewhere, a function that is given the map) leaves nothing known before it.
"""

from __future__ import annotations

import ast
from functools import partial
from typing import Any, Final

from aiaudit.model.types import Unknown
from aiaudit.probes.python.entries import goes_deeper
from aiaudit.probes.python.match import PERHAPS, name_set
from aiaudit.probes.python.module import Scope
from aiaudit.probes.python.names import dotted, last_name
from aiaudit.probes.python.nodes import expressions, header, statements, walk
from aiaudit.probes.python.values import Values

_DEEPEST: Final = 5  # maps in maps and names that stand for names
_READS: Final = name_set("print repr len str dict list sorted dumps isinstance copy deepcopy urlopen Request")
_SENDS: Final = (
    name_set(  # what a client or a logger is given stays as it was; a function called `patch` may do anything
        "post put patch request stream debug info warning error exception"
    )
)
_CHANGES: Final = frozenset(("pop", "popitem", "clear", "setdefault"))


def _is_given(name: str, node: ast.AST) -> bool:
    """Whether a call is given the map itself, so that it may change it; `**name` hands on a copy."""
    if not isinstance(node, ast.Call) or last_name(node.func) in _READS:
        return False
    if isinstance(node.func, ast.Attribute) and node.func.attr in _SENDS:
        return False
    handed = [*node.args, *(one.value for one in node.keywords if one.arg)]
    return any(isinstance(one, ast.Name) and one.id == name for one in handed)


class Spread:
    """Reads the maps of one file."""

    def __init__(self, values: Values) -> None:
        self.values = values

    def of(self, node: ast.expr, scope: Scope, depth: int = 0) -> tuple[dict[str, Any], bool]:
        """The keys with their values, and whether these are all that there are."""
        if depth > _DEEPEST:
            return {}, False
        match node:
            case ast.Dict(keys=keys, values=values):
                return self._literal(keys, values, scope, depth)
            case ast.Call(func=ast.Name(id="dict"), args=arguments, keywords=keywords):
                firsts: list[ast.expr | None] = [None] * len(arguments)
                names = [ast.Constant(one.arg) if one.arg else None for one in keywords]
                return self._literal([*firsts, *names], [*arguments, *(one.value for one in keywords)], scope, depth)
            case ast.Name(id=name):
                return self._named(name, node.lineno, scope, depth)
        value = self.values.of(node, scope)
        if not isinstance(value, dict):
            return {}, False
        sure = {key: one for key, one in value.items() if not (isinstance(one, Unknown) and one.reason == PERHAPS)}
        return sure, len(sure) == len(value)

    def keys(self, node: ast.expr, scope: Scope, depth: int = 0) -> set[str] | None:
        """All keys that the map may hold, those that a branch sets among them; None where it may hold others."""
        if not isinstance(node, ast.Name):
            found, whole = self.of(node, scope, depth)
            return set(found) if whole else None
        bindings = self.values.resolver.bindings(node.id, scope, node.lineno) or []
        if depth > _DEEPEST or len(bindings) != 1 or not isinstance(bindings[0].node, ast.expr):
            return None
        owner = bindings[0].scope or scope
        known = self.keys(bindings[0].node, owner, depth + 1)
        for inner in {id(one): one for one in (owner, scope)}.values():
            put = self.put_into(node.id, inner, depth) if known is not None else None
            known = None if put is None or known is None else known | put
        return known

    def put_into(self, name: str, scope: Scope, depth: int = 0) -> set[str] | None:
        """The keys that statements of the scope put into a map; None where they may put others."""
        found: set[str] = set()
        for statement, _ in statements(scope):
            given, certain = self._change(name, statement, scope, depth)
            if not certain:
                return None
            found.update(given)
        return found

    def _literal(
        self, keys: list[ast.expr | None], values: list[ast.expr], scope: Scope, depth: int
    ) -> tuple[dict[str, Any], bool]:
        """A map key by key; None stands for a map whose keys all go in."""
        found: dict[str, Any] = {}
        whole = True
        for key, value in zip(keys, values, strict=True):
            match key:
                case None:
                    inner, known = self.of(value, scope, depth + 1)
                    found = found | inner if known else inner
                    whole = whole and known
                case ast.Constant(value=str(name)):
                    found[name] = self.values.of(value, scope, name)
                case _:
                    whole = False
        return found, whole

    def _named(self, name: str, line: int, scope: Scope, depth: int) -> tuple[dict[str, Any], bool]:
        bindings = self.values.resolver.bindings(name, scope, line) or []
        if len(bindings) != 1 or bindings[0].kind != "value" or not isinstance(bindings[0].node, ast.expr):
            return {}, False
        node, owner = bindings[0].node, bindings[0].scope or scope
        found, whole = self.of(node, owner, depth + 1)
        for inner in {id(one): one for one in (owner, scope)}.values():
            for statement, nesting in statements(inner):
                if statement.lineno < node.lineno and inner is owner:
                    continue
                if inner is scope and statement.lineno > line:
                    break
                given, known = self._change(name, statement, inner, depth)
                if not known:
                    found = {}
                if nesting == 0 and inner is scope:
                    found = found | given
                else:  # it may be done or not
                    found = {key: value for key, value in found.items() if key not in given}
                whole = whole and known and (not given or (nesting == 0 and inner is scope))
        return found, whole

    def _change(self, name: str, statement: ast.stmt, scope: Scope, depth: int) -> tuple[dict[str, Any], bool]:
        """What a statement puts into the map, and whether it changes nothing else in it."""
        if goes_deeper(statement, name):
            return {}, False
        match statement:
            case ast.Assign(targets=targets, value=value):
                for target in targets:
                    if isinstance(target, ast.Subscript) and dotted(target.value) == name:
                        key = target.slice.value if isinstance(target.slice, ast.Constant) else None
                        return ({key: self.values.of(value, scope, key)}, True) if isinstance(key, str) else ({}, False)
            case ast.Delete(targets=targets):
                return {}, not any(isinstance(one, ast.Subscript) and dotted(one.value) == name for one in targets)
            case ast.AugAssign(target=target, value=value) if dotted(target) == name:
                return self.of(value, scope, depth + 1)
            case ast.Expr(value=ast.Call(func=ast.Attribute(value=ast.Name(id=owner), attr=attr)) as call) if (
                owner == name
            ):
                if attr == "pop" and call.args and isinstance(gone := call.args[0], ast.Constant):
                    return ({gone.value: Unknown(PERHAPS)}, True) if isinstance(gone.value, str) else ({}, False)
                if attr != "update":
                    return {}, attr not in _CHANGES and not any(map(partial(_is_given, name), walk(call)))
                made = ast.Call(ast.Name("dict"), call.args, call.keywords)
                return self.of(made, scope, depth + 1)
        return {}, not any(_is_given(name, one) for one in expressions(header(statement)))
