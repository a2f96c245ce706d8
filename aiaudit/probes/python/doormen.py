"""What stands before every route of an application: middleware of ASGI and aiohttp, hooks of Flask.

Whether it asks who is calling is told by the ways through it (`ways.py`); where an application is given it, by calls
and decorators.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any, Final

from aiaudit.probes.python.file_view import FileView
from aiaudit.probes.python.module import Scope
from aiaudit.probes.python.names import last_name
from aiaudit.probes.python.nodes import FunctionNode, parameters
from aiaudit.probes.python.ways import Ways

HITS: Final = (
    rb"\bBaseHTTPMiddleware\b|\badd_middleware\(|\bMiddleware\(|\.middleware\(|\bweb\.middleware\b|\bmiddlewares\b"
    rb"|\bbefore_(?:app_)?request\b|\bcall_next\b|\breceive\b[^\n]{0,40}\bsend\b"
    rb"|\bprocess_re(?:quest|source)\b|\bmiddleware=\[|\bon_request\b|\badd_asgi_middleware\(|\binterceptors\b"
    rb"|\bintercept_service\b"
)
MAX_ROWS: Final = 40  # functions of one file whose ways are followed
_HOOKS: Final = ("before_request", "before_app_request")
_FALCON: Final = ("process_request", "process_resource", "process_request_async", "process_resource_async")


def doormen(view: FileView) -> dict[str, Any]:
    """`doormen`: the functions that let requests on, and whether they ask who is calling; `mounts`: what an
    application, or a part of one, is given to stand before its routes, by name."""
    rows: list[dict[str, Any]] = []
    mounts: list[dict[str, Any]] = []
    for scope in view.module.scopes:
        if scope.kind == "function":
            kind = _kind(scope, view)
            if kind and len(rows) < MAX_ROWS:
                rows.append(Ways(view, scope, kind).row())
            if kind in ("hook", "flask"):
                mounts.extend(_decorated(scope, view))
    for scope, call in view.all_calls():
        for node in _mounted(call, view):
            names = [one.name for one in view.resolver.names(node, scope)]
            if not names and isinstance(node, ast.Name):
                names = [f"@.{node.id}"]
            where = {"part": _of_a_part(call.func, scope, view), "condition": _condition(call, view)}
            mounts.extend({"name": name, **where} for name in names)
    return {"doormen": rows, "mounts": mounts}


def _kind(scope: Scope, view: FileView) -> str:
    """What kind of function lets requests on: class, asgi, hook (a function with `call_next`), aiohttp, falcon, grpc,
    or flask (whoever gives nothing back lets on, as the hooks of Sanic and Bottle do too)."""
    node = scope.node
    assert isinstance(node, FunctionNode)
    names = [one.arg for one in parameters(node)]
    in_class = scope.parent is not None and scope.parent.kind == "class"
    if in_class:
        if node.name == "dispatch" and len(names) == 3:
            return "class"
        if node.name in _FALCON and len(names) >= 3 and names[1].startswith("req"):
            return "falcon"
        if node.name == "intercept_service" and len(names) == 3:
            return "grpc"
        return "asgi" if node.name == "__call__" and names[1:] == ["scope", "receive", "send"] else ""
    decorators = [last_name(one.func if isinstance(one, ast.Call) else one) for one in node.decorator_list]
    if any(_is_hook(one, view) for one in node.decorator_list):
        return "flask"
    if len(names) == 2 and "middleware" in decorators:
        return "hook" if names[1] != "handler" else "aiohttp"
    return "hook" if len(names) == 2 and names[1] == "call_next" else ""


def _decorated(scope: Scope, view: FileView) -> Iterator[dict[str, Any]]:
    """Where a decorator by itself puts a function before routes: `@app.middleware("http")`, `@app.before_request`."""
    node = scope.node
    assert isinstance(node, FunctionNode)
    for one in node.decorator_list:
        name = last_name(one.func if isinstance(one, ast.Call) else one)
        if _is_hook(one, view) or (name == "middleware" and isinstance(one, ast.Call) and one.args):
            part = _of_a_part(one, scope.parent or view.module.top, view)
            yield {"name": f"@.{scope.qualname}", "part": part, "condition": 0}


def _is_hook(decorator: ast.expr, view: FileView) -> bool:
    """Whether a decorator puts a function before every handler: `@app.before_request`, `@app.on_request` and
    `@app.middleware("request")` of Sanic, `@hook("before_request")` of Bottle."""
    name = last_name(decorator.func if isinstance(decorator, ast.Call) else decorator)
    given = (
        [one.value for one in decorator.args if isinstance(one, ast.Constant)]
        if isinstance(decorator, ast.Call)
        else []
    )
    if name == "hook":
        return "before_request" in given
    if view.text_has(b"sanic") and (name == "on_request" or (name == "middleware" and given in ([], ["request"]))):
        return True
    return name in _HOOKS


def _condition(call: ast.Call, view: FileView) -> int:
    """The line of the `if` inside which an application is given something; 0 where it always is."""
    _, chain = view.module.locate(call.lineno)
    conditions = [one for one in chain if isinstance(one, ast.If) and "__name__" not in ast.dump(one.test)]
    return view.source.line(conditions[-1].lineno) if conditions else 0


def _of_a_part(node: ast.expr, scope: Scope, view: FileView) -> bool:
    """Whether a hook is that of a blueprint, and stands before its routes only."""
    if not isinstance(node, ast.Attribute) or node.attr != "before_request":
        return False
    return any(one.name.rpartition(".")[2] == "Blueprint" for one in view.resolver.names(node.value, scope))


def _mounted(call: ast.Call, view: FileView) -> Iterator[ast.expr]:
    """What a call puts before the routes of an application."""
    name = last_name(call.func)
    if name in ("add_middleware", "Middleware", "add_asgi_middleware") and call.args:
        given = [one.value for one in call.keywords if one.arg == "dispatch"]
        yield given[0] if given else call.args[0]
    elif name in _HOOKS and call.args:
        yield call.args[0]
    elif isinstance(call.func, ast.Call) and last_name(call.func.func) == "middleware" and call.args:
        yield call.args[0]  # app.middleware("http")(function)
    for one in call.keywords:
        if one.arg in ("middlewares", "middleware", "interceptors"):
            given = one.value.elts if isinstance(one.value, ast.List | ast.Tuple) else [one.value]
            for each in given:  # an object of a class stands for the class: `falcon.App(middleware=[Auth()])`
                made = isinstance(each, ast.Call) and last_name(each.func) not in ("Middleware", "DefineMiddleware")
                yield each.func if isinstance(each, ast.Call) and made else each
    statement = view.statement_of(call)
    match statement:  # app = Guard(app)
        case ast.Assign(targets=[ast.Name(id=target)], value=value) if value is call and call.args:
            if isinstance(call.args[0], ast.Name) and call.args[0].id == target:
                yield call.func
