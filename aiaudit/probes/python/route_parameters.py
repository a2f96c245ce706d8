"""What a handler takes: each of its parameters, and whether the framework checks it or hands it over raw."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any, Final

from aiaudit import lazy
from aiaudit.probes.python.annotations import (
    LOOSE_TYPES,
    SCALAR_TYPES,
    annotated,
    annotated_argument,
    any_size,
    bounded,
    bounded_annotation,
    is_loose,
    ranged,
    type_names,
)
from aiaudit.probes.python.match import name_set
from aiaudit.probes.python.module import Scope
from aiaudit.probes.python.names import dotted, last_name
from aiaudit.probes.python.nodes import FunctionNode, default_of, parameters, walk
from aiaudit.probes.python.resolve import INJECTIONS

if TYPE_CHECKING:
    from aiaudit.probes.python.resolve import Resolver

METHODS: Final = name_set("get post put delete patch head options websocket")
# Checked by type where a decorator of an extension says so, or by the decorator of the route itself (Powertools).
_BY_DECORATOR: Final = name_set("flask quart sanic lambda")
_VALIDATES: Final = name_set("validate validate_request validate_querystring validate_json")
_CHECKED_BY_TYPE: Final = name_set("fastapi litestar django-ninja mcp bentoml blacksheep modal")
_RAW_TYPES: Final = name_set("Request HttpRequest WebSocket HTTPConnection")
_SERVICE_TYPES: Final = name_set("Response BackgroundTasks Session AsyncSession SecurityScopes Context State")
_FORMS: Final = name_set("OAuth2PasswordRequestForm OAuth2PasswordRequestFormStrict")  # of a login, with typed fields
_DEPENDENCY: Final = lazy.regex(
    r"(?:^|_)(?i:dep(?:s|ends|endency|endencies)?)(?:_|$)|[a-z0-9]Dep(?:s|ends|endency|endencies)?(?:_|[A-Z]|$)"
)


def parameter(resolver: Resolver, argument: ast.arg, scope: Scope, framework: str, route: str) -> dict[str, Any]:
    """Name, kind and type of a parameter. Kinds: path, scalar, model (its class in another row), loose, raw,
    service (injected by the framework), untyped."""
    node = scope.node
    assert isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    if argument.arg in ("self", "cls"):
        return {}
    default: ast.expr | None = resolver.injection(node, argument.arg, scope.parent or scope)
    default = default or default_of(node, argument.arg)
    marker = last_name(default.func) if isinstance(default, ast.Call) else ""
    annotation = argument.annotation
    marked = annotated(annotation)
    if isinstance(default, ast.Name) and _DEPENDENCY.search(default.id):  # a name that another file gives
        return {"name": argument.arg, "kind": "service", "type": f"Depends({default.id})"}
    if marker in INJECTIONS or marked in INJECTIONS:
        inner = default if isinstance(default, ast.Call) and default.args else None
        given = inner.args[0] if inner else None  # `Depends(current_user())` makes the dependency first
        called = (
            dotted(given.func if isinstance(given, ast.Call) else given) if given else annotated_argument(annotation)
        )
        form = next((name for name in (called, *type_names(annotation)) if name.rpartition(".")[2] in _FORMS), "")
        if form:  # what is sent, and no service
            return {"name": argument.arg, "kind": "model", "type": form, "bounded": False, "in_body": True}
        return {"name": argument.arg, "kind": "service", "type": f"{marker or marked}({called})"}
    types = type_names(annotation)
    is_bounded = bounded(default) or bounded_annotation(annotation)
    row: dict[str, Any] = {"name": argument.arg, "type": " | ".join(types)[:80], "bounded": is_bounded}
    if is_bounded and ranged(default, annotation):
        row["ranged"] = True
    elif not is_bounded and any_size(annotation):
        row["endless"] = True
    if marker in ("Form", "Body") or marked in ("Form", "Body"):
        row["in_body"] = True  # of any size, where nothing limits it; what stands in the address is short
    if f"{{{argument.arg}" in route or f":{argument.arg}>" in route or f"<{argument.arg}>" in route:
        return {**row, "kind": "path" if types or ":" in route else "untyped"}
    by_type = framework in _CHECKED_BY_TYPE or (framework in _BY_DECORATOR and _checks_types(node))
    if not by_type and framework != "unknown":
        return {**row, "kind": "raw" if set(types) & _RAW_TYPES or not types else "service"}
    if framework == "django-ninja" and argument.arg == "request":  # Django's own, always the first
        return {**row, "kind": "service"}
    if not types:
        return {**row, "kind": "untyped"}
    if set(types) & _RAW_TYPES and not _of_project(resolver, annotation, types, scope.parent or scope):
        return {**row, "kind": "raw"}
    if set(types) & _SERVICE_TYPES:
        return {**row, "kind": "service"}
    if annotation is not None and is_loose(annotation):
        return {**row, "kind": "loose"}
    if types[0] == "UploadFile" or "UploadFile" in types:
        return {**row, "kind": "upload"}
    if set(types) <= SCALAR_TYPES | {"Optional", "Union", "None"}:
        return {**row, "kind": "scalar"}
    return {**row, "kind": "model", "model": _class_of(resolver, annotation, types, scope.parent or scope)}


def _of_project(resolver: Resolver, annotation: ast.expr | None, types: list[str], scope: Scope) -> bool:
    """Whether a class that is called like a framework's request is one that this module makes."""
    return _class_of(resolver, annotation, types, scope).startswith("@")


def _class_of(resolver: Resolver, annotation: ast.expr | None, types: list[str], scope: Scope) -> str:
    """The qualified name of the class in an annotation, also inside `list[…]` and the like."""
    wrappers = LOOSE_TYPES | {"Optional", "Union", "None"}
    wanted = next((name for name in types if name not in wrappers), types[0])
    for node in walk(annotation) if annotation is not None else ():
        if isinstance(node, ast.Name | ast.Attribute) and last_name(node) == wanted:
            return next((one.name for one in resolver.names(node, scope)), f"?.{wanted}")
    return next((one.name for one in resolver.annotation(annotation, scope)), f"?.{wanted}")


def _checks_types(node: FunctionNode) -> bool:
    """Whether a decorator holds what comes in against the types of the parameters: `@validate()` of Flask-Pydantic,
    `@validate_request(Model)` of Quart-Schema, `@validate(json=Model)` of Sanic, a route of Powertools."""
    names = {last_name(one.func) for one in node.decorator_list if isinstance(one, ast.Call)}
    powertools = bool(names & METHODS) and not any(one.arg in ("request", "req") for one in parameters(node))
    return bool(names & _VALIDATES) or powertools
