"""What a keyword is where nobody says otherwise: `timeout=timeout` in `def fetch(url, timeout=10)`,
`timeout=self.timeout` of an object that is made by `def __init__(self, timeout=10)` or has a field of that kind.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable
from typing import Final

from aiaudit.probes.python.bindings import Binding
from aiaudit.probes.python.bodies import BODIES, literal
from aiaudit.probes.python.module import Scope
from aiaudit.probes.python.names import dotted
from aiaudit.probes.python.nodes import default_of, parameters
from aiaudit.probes.python.resolve import Resolver

Default = bool | int | float | None
_NUMBERS: Final = ("int", "float")
_NONE: Final = object()


def defaults(calls: Iterable[tuple[ast.Call, Scope]], resolver: Resolver) -> dict[str, Default]:
    """The keywords that hand on a parameter or what an object keeps, with what that is by itself: switches, numbers and
    None only. Of the calls the first that gives a keyword decides. A number is left out where its type says that None
    may be given instead."""
    out: dict[str, Default] = {}
    given: set[str] = set()
    for call, scope in calls:
        for keyword in call.keywords:
            if keyword.arg is None or keyword.arg in given:
                continue
            given.add(keyword.arg)
            default = _of(keyword.value, scope, resolver)
            if default is None or isinstance(default, bool | int | float):
                out[keyword.arg] = default
            if keyword.arg in BODIES:
                out.update(_of_body(keyword.arg, keyword.value, scope, resolver))
    return out


def _of_body(name: str, node: ast.expr, scope: Scope, resolver: Resolver) -> dict[str, Default]:
    """The same of what a request carries: `json.max_tokens` of `json={"max_tokens": max_tokens}`."""
    written = literal(node, scope, resolver)
    if written is None:
        return {}
    out: dict[str, Default] = {}
    for key, value in zip(written[0].keys, written[0].values, strict=True):
        match key:
            case ast.Constant(value=str(text)):
                default = _of(value, written[1], resolver)
                if default is None or isinstance(default, bool | int | float):
                    out[f"{name}.{text}"] = default
    return out


def _of(node: ast.expr, scope: Scope, resolver: Resolver) -> object:
    if isinstance(node, ast.Name):
        bound = resolver.bindings(node.id, scope, node.lineno) or []
        return _of_parameter(bound[0], scope) if len(bound) == 1 and bound[0].kind == "param" else _NONE
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in ("self", "cls"):
        return _kept(node.attr, scope, resolver)
    return _NONE


def _kept(name: str, scope: Scope, resolver: Resolver) -> object:
    """What an object keeps under the name, where it is given a value in one place."""
    owner = scope.enclosing_class()
    if owner is None:
        return _NONE
    bound = [one for one in owner.attributes(name) if one.kind != "annotated" or "__init__" not in owner.children]
    if len(bound) != 1 or bound[0].kind != "value" or not isinstance(bound[0].node, ast.expr):
        return _NONE
    if bound[0].field:
        return _of_field(name, owner)
    if not isinstance(bound[0].node, ast.Name):
        return _NONE
    inner = bound[0].scope or owner
    handed = resolver.bindings(bound[0].node.id, inner, bound[0].line) or []
    return _of_parameter(handed[0], inner) if len(handed) == 1 and handed[0].kind == "param" else _NONE


def _of_parameter(binding: Binding, scope: Scope) -> object:
    function, argument = (binding.scope or scope).node, binding.node
    if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef) or not isinstance(argument, ast.arg):
        return _NONE
    if all(argument is not one for one in parameters(function)):
        return _NONE
    default, kind = default_of(function, argument.arg), argument.annotation
    if default is None and kind is not None and dotted(kind) in _NUMBERS:
        return 1  # whoever calls hands in a number
    return _constant(default, kind)


def _of_field(name: str, owner: Scope) -> object:
    for statement in owner.node.body if isinstance(owner.node, ast.ClassDef) else ():
        match statement:
            case ast.AnnAssign(target=ast.Name(id=found), annotation=kind, value=value) if found == name:
                return _constant(value, kind)
    return _NONE


def _constant(default: ast.expr | None, kind: ast.expr | None) -> object:
    if not isinstance(default, ast.Constant):
        return _NONE
    value = default.value
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return _NONE if is_number and kind is not None and _may_be_none(kind) else value


def _may_be_none(kind: ast.expr) -> bool:
    """`Optional[float]`, `float | None`, also as text."""
    return any(word in ast.unparse(kind) for word in ("None", "Optional"))
