"""What a route is given to ask who is calling, and what its router is made with: decorators below the one that makes it
a route, dependencies, guards, the prefix of its addresses."""

from __future__ import annotations

import ast

from aiaudit.probes.python import class_views
from aiaudit.probes.python.file_view import FileView
from aiaudit.probes.python.module import Scope
from aiaudit.probes.python.names import dotted, last_name
from aiaudit.probes.python.nodes import walk
from aiaudit.probes.python.routers import name_of_router, named_in


class Asked:
    """Of the routes of one file."""

    def __init__(self, view: FileView) -> None:
        self.view = view
        self.resolver = view.resolver

    def of(self, scope: Scope, at: ast.expr | None) -> list[list[str]]:
        """What may be a check of who calls, as written and by its resolved name: the decorators below `at`, which alone
        stand before the handler, and what the route or its router depends on. Dependencies of parameters are told by
        `dependencies`."""
        node = scope.node
        assert isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        around = scope.parent or scope
        below = node.decorator_list
        if at in below:
            below = below[below.index(at) + 1 :]
        found: list[ast.expr] = []
        for one in below:
            target = one.func if isinstance(one, ast.Call) else one
            if isinstance(one, ast.Call) and last_name(target) == "method_decorator" and one.args:
                found += named_in(one.args[0])
            elif not _lets_strangers_on(one):
                found.append(target)
        return [*self.named(found, around), *self.at_route(scope, at)]

    def at_route(self, scope: Scope, at: ast.expr | None) -> list[list[str]]:
        """What a route or its router is given to ask."""
        found: list[ast.expr] = []
        for keyword in (*self._of_router(at, scope), *(at.keywords if isinstance(at, ast.Call) else ())):
            if keyword.arg in ("dependencies", "auth", "guards", "middleware", "permission", "authorizer"):
                found += named_in(keyword.value)
        return self.named(found, scope.parent or scope)

    def named(self, found: list[ast.expr], around: Scope) -> list[list[str]]:
        asked: list[list[str]] = []
        for target in found[:20]:
            names = [one.name for one in self.resolver.names(target, around)]
            asked.append([dotted(target)[:80], names[0] if names else f"@.{dotted(target)}"])
        return asked

    def router(self, scope: Scope, at: ast.expr | None) -> str:
        """The router or application whose route it is."""
        match at:
            case ast.Call(func=ast.Attribute(value=receiver)):
                return name_of_router(self.view, receiver, scope.parent or scope)
        return ""

    def prefix(self, at: ast.expr | None, scope: Scope) -> str:
        """What the router of a handler puts before all its addresses; it alone names one that adds nothing to it."""
        for keyword in self._of_router(at, scope):
            if keyword.arg in ("prefix", "url_prefix"):
                text = self.view.values.text(keyword.value, scope.parent or scope) or ""
                return text.rstrip("/") if text.startswith("/") else ""
        return ""

    def _of_router(self, at: ast.expr | None, scope: Scope) -> list[ast.keyword]:
        """What the router of a decorated handler is made with, where its file makes it once:
        `router = APIRouter(dependencies=[Depends(check)])`."""
        match at:
            case ast.Call(func=ast.Attribute(value=ast.Name(id=name))):
                bound = self.resolver.bindings(name, scope.parent or scope, at.lineno) or []
                made = bound[0].node if len(bound) == 1 else None
                return made.keywords if isinstance(made, ast.Call) else []
        return []


def _lets_strangers_on(decorator: ast.expr) -> bool:
    """Whether a check of the caller only looks: `@jwt_required(optional=True)` lets on who brings nothing."""
    if not isinstance(decorator, ast.Call):
        return False
    if last_name(decorator.func) == "permission_classes":
        named = [
            last_name(one)
            for given in decorator.args
            for one in walk(given)
            if isinstance(one, ast.Name | ast.Attribute)
        ]
        return not any(one[:1].isupper() and one not in class_views.OPEN for one in named)
    return any(
        one.arg == "optional" and isinstance(one.value, ast.Constant) and one.value.value is True
        for one in decorator.keywords
    )
