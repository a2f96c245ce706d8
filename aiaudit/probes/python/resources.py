"""Handlers that are methods of a class and whose names a framework fixes: responders of Falcon, methods of gRPC's
servicers; and what the functions of Azure ask for before they run.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from aiaudit import lazy
from aiaudit.probes.python.module import Scope
from aiaudit.probes.python.names import last_name
from aiaudit.probes.python.nodes import FunctionNode, parameters

if TYPE_CHECKING:
    from aiaudit.probes.python.routes import RouteFinder

HITS: Final = (
    rb"\bdef[ \t]+on_(?:get|post|put|patch|delete)\w*[ \t]*\(\s*self\s*,\s*req\w*\s*[,:]"
    rb"|\(\s*(?:[\w.]+,\s*)?(?:\w+\.)*\w+Servicer,?\s*\)"
    rb"|\b(?:AuthLevel|http_auth_level|HttpRequest)\b"
)
_RESPONDER: Final = lazy.regex(r"^on_(get|post|put|patch|delete)(?:_\w+)?$")
_AZURE: Final = "azure.functions"
_KEYS: Final = ("FUNCTION", "ADMIN")
KEY: Final = "function key"
AZURE: Final = "azure-function"


def resources(finder: RouteFinder) -> Iterator[dict[str, Any]]:
    """The handlers of one file's resources and servicers."""
    addresses = _addresses(finder)
    for scope in finder.view.module.scopes:
        if not isinstance(scope.node, ast.ClassDef):
            continue
        served = any(last_name(base).endswith("Servicer") for base in scope.node.bases)
        for name, inner in scope.children.items():
            node = inner.node
            if not isinstance(node, FunctionNode) or name.startswith("_"):
                continue
            names = [one.arg for one in parameters(node)]
            responder = _RESPONDER.search(name)
            if responder and len(names) >= 3 and names[1].startswith("req") and names[2].startswith("res"):
                route = addresses.get(scope.qualname, f"{scope.qualname}.{name}")
                row = finder.row(inner, "falcon", route, [responder[1].upper()], None)
                yield {**row, "params": []}  # what comes in is read from the request
            elif served and len(names) == 3:
                # A message of protobuf has types, and of a field's length its types say nothing.
                row = finder.row(inner, "grpc", f"{scope.qualname}.{name}", ["POST"], None)
                message = {"name": names[1], "kind": "model", "type": "Message", "model": "?.Message"}
                yield {**row, "params": [{**message, "bounded": False}], "reads_request": False}


def _addresses(finder: RouteFinder) -> dict[str, str]:
    """The addresses of the resources that the same file adds: `app.add_route("/health", Health())`."""
    found: dict[str, str] = {}
    for scope, call in finder.view.all_calls():
        if last_name(call.func) != "add_route" or len(call.args) < 2:
            continue
        text = finder.view.values.text(call.args[0], scope) or ""
        made: ast.expr | None = call.args[1]
        if isinstance(made, ast.Name):  # health = Health()
            bound = finder.resolver.bindings(made.id, scope, call.lineno) or ()
            made = next((one.node for one in bound if isinstance(one.node, ast.Call)), None)
        if isinstance(made, ast.Call) and text.startswith("/"):
            found.setdefault(last_name(made.func), text)
    return found


def functions(finder: RouteFinder) -> Iterator[dict[str, Any]]:
    """Functions of Azure of the older kind, whose trigger a file `function.json` beside them describes."""
    for scope in finder.view.module.top.children.values():
        node = scope.node
        if not isinstance(node, FunctionNode) or node.decorator_list:
            continue
        for one in parameters(node)[:1]:
            names = [each.name for each in finder.resolver.annotation(one.annotation, scope.parent or scope)]
            if f"{_AZURE}.HttpRequest" in names:
                yield finder.row(scope, AZURE, "/", ["GET", "POST"], None)


def key_of(finder: RouteFinder, decorator: ast.expr | None, scope: Scope) -> str:
    """Whether a function of Azure is called only by who brings its key: by the level that its decorator names, or the
    application, whose own is that of a key."""
    if not isinstance(decorator, ast.Call) or not isinstance(decorator.func, ast.Attribute):
        return ""
    level = next((one.value for one in decorator.keywords if one.arg == "auth_level"), None)
    if level is None:
        receiver = decorator.func.value
        made: list[ast.Call] = []
        if isinstance(receiver, ast.Name):
            bound = finder.resolver.bindings(receiver.id, scope.parent or scope, None) or ()
            made = [one.node for one in bound if isinstance(one.node, ast.Call)]
        if len(made) != 1 or last_name(made[0].func) != "FunctionApp":
            return ""
        given = [*made[0].args, *(one.value for one in made[0].keywords if one.arg == "http_auth_level")]
        if not given:
            return KEY
        level = given[0]
    name = level.value if isinstance(level, ast.Constant) else last_name(level)
    return KEY if str(name).upper() in _KEYS else ""
