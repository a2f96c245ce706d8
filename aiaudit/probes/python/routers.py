"""How the routers of a project are put together: what each is made with, and which application takes it in.

`app.include_router(router, dependencies=[Depends(check)])` stands before all routes of that router, what an application
is made with before all that it takes in. What is mounted beside them answers for itself: routes that a library
makes of a chain (LangServe), a GraphQL router, an MCP server, socket.io.
"""

from __future__ import annotations

import ast
from typing import Any, Final

from aiaudit import lazy
from aiaudit.probes.python.file_view import FileView
from aiaudit.probes.python.module import Scope
from aiaudit.probes.python.names import dotted, last_name
from aiaudit.probes.python.nodes import FunctionNode, walk

HITS: Final = (
    rb"\binclude_router\(|\badd_router\(|\b(?:FastAPI|APIRouter|NinjaAPI)\(|\badd_routes\(|\.mount\(|\bmount_http\("
    rb"|@\w+\.(?:on|event)\b"
)
MAX_ROWS: Final = 200
Grown = dict[tuple[str, str], list[ast.expr]]  # by function and name, what is put into the list that it holds
_MAKERS: Final = lazy.regex(r"(?:^|\.)(?:FastAPI|APIRouter|NinjaAPI|Router)$")
_ASKED: Final = ("dependencies", "auth")
_MOUNTED: Final = (
    (lazy.regex(r"^langserve\.add_routes$"), "langserve"),
    (lazy.regex(r"(?:^|\.)GraphQL(?:Router|App)?$"), "graphql"),
    (lazy.regex(r"^(?:mcp|fastmcp)\.|(?:^|\.)(?:sse_app|streamable_http_app|http_app)$"), "mcp"),
    (lazy.regex(r"^socketio\.(?:ASGIApp|WSGIApp)$"), "socket.io"),
)
_OWN_LOGIN: Final = ("auth", "token_verifier", "auth_server_provider", "middleware", "auth_config", "context_getter")


def routers(view: FileView) -> dict[str, Any]:
    """`made`: by the name of a router, what it is made with; `included`: rows of child, parent and what stands between;
    `mounted`: rows of routes for what answers beside the project's own handlers."""
    return _Finder(view).found()


def asked_in(view: FileView, call: ast.Call, scope: Scope, grown: Grown | None = None) -> list[list[str]]:
    """What a call is given to stand before routes, as written and by its resolved name. `grown`: what is put into
    lists that a name holds (`checks = []`, `checks.append(Depends(check))`)."""
    found: list[list[str]] = []
    for keyword in call.keywords:
        if keyword.arg in _ASKED:
            given = named_in(keyword.value)
            if grown is not None and isinstance(keyword.value, ast.Name):
                given = _held(view, keyword.value.id, scope, grown) or given
            for one in given:
                names = [name.name for name in view.resolver.names(one, scope)]
                found.append([dotted(one)[:80], names[0] if names else f"@.{dotted(one)}"])
    return found[:10]


def named_in(value: ast.expr) -> list[ast.expr]:
    """What a list of dependencies, or one, names: `[Depends(check), Security(scheme)]`, `JWTAuth()`."""
    found: list[ast.expr] = []
    for one in value.elts if isinstance(value, ast.List | ast.Tuple) else [value]:
        inner: ast.expr = one
        if isinstance(inner, ast.Call) and last_name(inner.func) in ("Depends", "Security") and inner.args:
            inner = inner.args[0]
        if isinstance(inner, ast.Call):
            inner = inner.func
        if isinstance(inner, ast.Name | ast.Attribute):
            found.append(inner)
    return found


def _held(view: FileView, name: str, scope: Scope, grown: Grown) -> list[ast.expr]:
    """What stands in a list that a name holds, and what is added to it in the same function."""
    lists = [one.node for one in view.resolver.bindings(name, scope, None) or ()]
    written = [one for one in lists if isinstance(one, ast.List | ast.Tuple)]
    if not written or len(written) < len(lists):
        return []  # another value may be there
    return [one for part in (*written, *grown.get((scope.qualname, name), ())) for one in named_in(part)]


def name_of_router(view: FileView, node: ast.expr, scope: Scope) -> str:
    """The name by which a router can be found elsewhere: where it is imported from, or its name in this file."""
    root: ast.expr = node
    while isinstance(root, ast.Attribute):
        root = root.value
    rest = dotted(node).partition(".")[2]
    if isinstance(root, ast.Call):  # `Routes().router`: what its class holds
        return _of_a_class(view, root, node, scope)
    if not isinstance(root, ast.Name):
        return ""
    if root.id == "self":
        owner = owner_of(scope)
        return f"@.{owner}.{rest}" if owner and rest else ""
    bound = view.resolver.bindings(root.id, scope, None) or []
    imported = next((one.target for one in bound if one.kind == "import" and one.target), "")
    if imported:
        return f"{imported}.{rest}" if rest else imported
    made = bool(bound) and all(one.kind == "value" and isinstance(one.node, ast.Call) for one in bound)
    if made and rest and len(bound) == 1 and isinstance(bound[0].node, ast.Call):
        return _of_a_class(view, bound[0].node, node, scope) or f"@.{dotted(node)}"
    return f"@.{dotted(node)}" if made else ""  # that of a loop, or a parameter, may be any


def owner_of(scope: Scope) -> str:
    """The class whose method a scope is, or that it is itself."""
    at = scope.parent if scope.kind == "function" else scope
    return at.qualname if at is not None and at.kind == "class" else ""


def _of_a_class(view: FileView, made: ast.Call, node: ast.expr, scope: Scope) -> str:
    """The name of what an object of a class holds, by that of its class."""
    held: list[str] = []
    while isinstance(node, ast.Attribute):
        held.insert(0, node.attr)
        node = node.value
    names = [one.name for one in view.resolver.names(made.func, scope) if not one.name.startswith("?")]
    named = last_name(made.func)[:1].isupper() and not _MAKERS.search(last_name(made.func))
    return ".".join((names[0], *held)) if named and names and held else ""


class _Finder:
    def __init__(self, view: FileView) -> None:
        self.view = view
        self.made: dict[str, list[list[str]]] = {}
        self.included: list[dict[str, Any]] = []
        self.mounted: list[dict[str, Any]] = []
        self.grown: Grown = {}

    def found(self) -> dict[str, Any]:
        twice: set[str] = set()
        for scope, call in self.view.all_calls():
            match call:
                case ast.Call(func=ast.Attribute(value=ast.Name(id=held), attr="append" | "extend"), args=[added]):
                    self.grown.setdefault((scope.qualname, held), []).append(added)
        for scope, call in self.view.all_calls():
            name = last_name(call.func)
            if name in ("include_router", "add_router") and isinstance(call.func, ast.Attribute):
                self._included(call, call.func.value, scope)
            elif _MAKERS.search(name):
                self._made(call, scope, twice)
            elif name in ("add_routes", "mount"):
                self._mounted(call, scope)
        for name in twice:
            self.made.pop(name, None)
        return {
            "made_with": self.made,
            "included": self.included[:MAX_ROWS],
            "mounted": self.mounted[:MAX_ROWS],
        }

    def _made(self, call: ast.Call, scope: Scope, twice: set[str]) -> None:
        statement = self.view.statement_of(call)
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=value) if value is call:
                if name in self.made:
                    twice.add(name)
                self.made[name] = asked_in(self.view, call, scope, self.grown)
            case ast.Assign(targets=[ast.Attribute(value=ast.Name(id="self"), attr=held)]) if statement.value is call:
                if owner := owner_of(scope):
                    self.made[f"{owner}.{held}"] = asked_in(self.view, call, scope, self.grown)

    def _included(self, call: ast.Call, parent: ast.expr, scope: Scope) -> None:
        given = [one for one in call.args if not isinstance(one, ast.Constant)]
        given += [one.value for one in call.keywords if one.arg == "router"]
        if not given:
            return
        child = given[0]
        if isinstance(child, ast.Call):
            self._beside(call, child.func, scope, asked_in(self.view, call, scope), child)
            return
        if self._beside(call, child, scope, asked_in(self.view, call, scope), None):
            return
        self.included.append(
            {
                "line": self.view.source.line(call.lineno),
                "child": name_of_router(self.view, child, scope),
                "parent": name_of_router(self.view, parent, scope),
                "asked": asked_in(self.view, call, scope, self.grown),
            }
        )

    def _mounted(self, call: ast.Call, scope: Scope) -> None:
        if last_name(call.func) == "add_routes":
            modified = any(one.arg == "per_req_config_modifier" for one in call.keywords)
            if not modified:
                self._beside(call, call.func, scope, asked_in(self.view, call, scope), None)
            return
        given = [*call.args[1:], *(one.value for one in call.keywords if one.arg == "app")]
        for one in given[:1]:
            target = one.func if isinstance(one, ast.Call) else one
            self._beside(call, target, scope, [], one if isinstance(one, ast.Call) else None)

    def _beside(
        self, at: ast.Call, target: ast.expr, scope: Scope, asked: list[list[str]], made: ast.Call | None
    ) -> bool:
        """Adds what answers beside the handlers, where it is of a kind that is known."""
        for one in self.view.resolver.names(target, scope):
            kind = next((kind for pattern, kind in _MOUNTED if pattern.search(one.name)), "")
            if not kind:
                continue
            calls = [call for call in (made, one.made_by) if call is not None]
            keywords = {word.arg for call in calls for word in call.keywords} | self._keywords_of(target, scope)
            if keywords & set(_OWN_LOGIN) or (kind == "socket.io" and self._asks_on_connect()):
                return True
            self.mounted.append(self._row(at, kind, scope, asked))
            return True
        return False

    def _keywords_of(self, target: ast.expr, scope: Scope) -> set[str]:
        """The keywords with which the object was made whose method or self is mounted: `mcp = FastMCP("x", auth=…)`."""
        root: ast.AST = target
        while isinstance(root, ast.Attribute | ast.Call):
            root = root.value if isinstance(root, ast.Attribute) else root.func
        found: set[str] = set()
        if isinstance(root, ast.Name):
            for bound in self.view.resolver.bindings(root.id, scope, None) or ():
                if isinstance(bound.node, ast.Call):
                    found |= {word.arg for word in bound.node.keywords if word.arg}
        return found

    def _asks_on_connect(self) -> bool:
        """Whether the function that takes a connection of socket.io refuses some."""
        for scope in self.view.module.scopes:
            node = scope.node
            if isinstance(node, FunctionNode) and node.name in ("connect", "on_connect", "handle_connect"):
                return any(isinstance(one, ast.Raise) for one in walk(node)) or any(
                    isinstance(one, ast.Return) and isinstance(one.value, ast.Constant) and one.value.value is False
                    for one in walk(node)
                )
        return False

    def _row(self, call: ast.Call, kind: str, scope: Scope, asked: list[list[str]]) -> dict[str, Any]:
        texts = [self.view.values.text(one, scope) for one in call.args if isinstance(one, ast.Constant)]
        texts += [self.view.values.text(one.value, scope) for one in call.keywords if one.arg in ("path", "prefix")]
        route = next((one for one in texts if one), "")
        return {
            "line": self.view.source.line(call.lineno),
            "framework": kind,
            "kind": "mounted",
            "route": str(route)[:200],
            "methods": ["WEBSOCKET"] if kind == "socket.io" else ["POST"],
            "function": "",
            "asked": asked,
            "router": name_of_router(self.view, call.func.value, scope)
            if isinstance(call.func, ast.Attribute) and kind == "graphql"
            else "",
            "reads_request": True,
        }
