"""Where a value comes in that a caller sends: what a handler is given, a field of its body, what is taken from a
request."""

from __future__ import annotations

import ast
from typing import Final, NamedTuple

from aiaudit import lazy
from aiaudit.probes.python.answering import is_handler
from aiaudit.probes.python.bindings import Binding
from aiaudit.probes.python.match import name_set
from aiaudit.probes.python.module import Scope
from aiaudit.probes.python.names import dotted, last_name
from aiaudit.probes.python.resolve import Resolver

_OF_REQUESTS: Final = name_set("args form json values query_params GET POST data get_json files")
_REQUESTS: Final = ("flask.request", "quart.request", "bottle.request")
_NAMED: Final = {  # what a field is called that a class of another file holds, whose type is not known here
    "path": lazy.regex(r"(?i)(?:^|_)(?:path|file|filename|name|folder|dir|directory)$"),
    "text": lazy.regex(
        r"(?i)(?:^|_)(?:query|sql|statement|code|command|cmd|script|expression|name|text|table|column)$"
    ),
    "url": lazy.regex(r"(?i)(?:^|_)(?:ur[il]|link|endpoint|webhook|href|address|host)s?$"),
}


class Sent(NamedTuple):
    """Where a value comes in."""

    name: str
    line: int


class Senders:
    """Who sends what decides a path, an address (`url`) or a text."""

    def __init__(self, resolver: Resolver, kind: str) -> None:
        self.resolver = resolver
        self.kind = kind

    def of_request(self, node: ast.AST, scope: Scope) -> Sent | None:
        """What is taken from Flask's request by a key, or from a request that a handler is given."""
        match node:
            case ast.Call(func=ast.Attribute(value=taken, attr="get"), args=[ast.Constant(), *_]):
                pass
            case ast.Subscript(value=taken, slice=ast.Constant()):
                pass
            case _:
                return None
        if isinstance(taken, ast.Name):  # `data = request.get_json()`
            bound = self.resolver.bindings(taken.id, scope, taken.lineno) or []
            if any(self._is_body(one, node) for one in bound):
                return Sent(f"{taken.id}[…]", taken.lineno)
            taken = next(
                (one.node for one in bound[:3] if one.kind == "value" and isinstance(one.node, ast.expr)), taken
            )
        while isinstance(taken, ast.Await | ast.BoolOp):
            taken = taken.value if isinstance(taken, ast.Await) else taken.values[0]
        if isinstance(taken, ast.Call):
            taken = taken.func
        if not isinstance(taken, ast.Attribute) or taken.attr not in _OF_REQUESTS - {"files"}:
            return None
        return Sent(dotted(taken) or "request", taken.lineno) if self.is_flask(taken, scope) else None

    def _is_body(self, binding: Binding, node: ast.AST) -> bool:
        """Whether a name is the body that a handler is given as a mapping, and the key one for a path or an address."""
        argument, scope = binding.node, binding.scope
        if not isinstance(argument, ast.arg) or scope is None or argument.annotation is None:
            return False
        keys = node.args[:1] if isinstance(node, ast.Call) else [node.slice] if isinstance(node, ast.Subscript) else []
        return (
            last_name(container(argument.annotation)) in ("dict", "Dict")
            and is_handler(scope, self.resolver)
            and not self.is_injected(argument, scope)
            and any(isinstance(key, ast.Constant) and _NAMED[self.kind].search(str(key.value)) for key in keys)
        )

    def is_flask(self, node: ast.expr, scope: Scope) -> bool:
        """Whether an expression begins with a request: Flask's, or the one that a handler is given."""
        while isinstance(node, ast.Attribute | ast.Subscript | ast.Call | ast.Await):
            if isinstance(node, ast.Attribute) and any(
                one.name in _REQUESTS for one in self.resolver.names(node.value, scope)
            ):
                return True
            node = node.func if isinstance(node, ast.Call) else node.value
        if not isinstance(node, ast.Name):
            return False
        names = [one.name for one in self.resolver.names(node, scope)]
        return any(name in _REQUESTS for name in names) or (node.id == "request" and is_handler(scope, self.resolver))

    def is_free(self, annotation: ast.expr, attr: str, scope: Scope) -> bool:
        """Whether a field of the body may hold any text: by its type if the class is of this file, else by its name."""
        plain = bare(annotation)
        if last_name(plain) in ("Request", "WebSocket", "Session", "AsyncSession", "HTTPConnection"):
            return False
        owner = next(
            (one.local for one in self.resolver.names(plain, scope.parent or scope) if one.local is not None), None
        )
        if owner is None or not isinstance(owner.node, ast.ClassDef):
            return bool(_NAMED[self.kind].search(attr))
        for statement in owner.node.body:
            if (
                isinstance(statement, ast.AnnAssign)
                and isinstance(statement.target, ast.Name)
                and statement.target.id == attr
            ):
                return is_text(statement.annotation)
        return False

    def is_injected(self, argument: ast.arg, scope: Scope) -> bool:
        node = scope.node
        assert isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        return self.resolver.injection(node, argument.arg, scope.parent or scope) is not None


def bare(annotation: ast.expr) -> ast.expr:
    """The type without `Optional`, `Annotated` and `| None`."""
    while True:
        if isinstance(annotation, ast.Subscript) and last_name(annotation.value) in ("Optional", "Annotated", "Union"):
            inner = annotation.slice
            annotation = inner.elts[0] if isinstance(inner, ast.Tuple) and inner.elts else inner
        elif isinstance(annotation, ast.BinOp):
            annotation = annotation.left
        else:
            return annotation


def container(annotation: ast.expr) -> ast.expr:
    """`dict` of `dict[str, str]`."""
    plain = bare(annotation)
    return plain.value if isinstance(plain, ast.Subscript) else plain


def is_text(annotation: ast.expr) -> bool:
    """Whether a type lets any text through."""
    plain = bare(annotation)
    return last_name(plain) in ("str", "HttpUrl", "AnyUrl", "AnyHttpUrl", "Path", "FilePath", "constr", "StrictStr")


def may_be_text(annotation: ast.expr | None) -> bool:
    """Whether a parameter may be any text: no number, and no object of a class."""
    return annotation is None or is_text(annotation) or last_name(container(annotation)) in ("Any", "PathLike")


def is_in_path(node: ast.FunctionDef | ast.AsyncFunctionDef, name: str) -> bool:
    """Whether a parameter is a part of the route's own path, which holds no slash: `/files/{name}`, `<name>`."""
    routes = [
        str(argument.value)
        for decorator in node.decorator_list
        if isinstance(decorator, ast.Call)
        for argument in decorator.args[:1]
        if isinstance(argument, ast.Constant)
    ]
    return any(f"{{{name}}}" in route or f"<{name}>" in route or f"<string:{name}>" in route for route in routes)
