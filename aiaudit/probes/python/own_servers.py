"""Handlers of servers that are made of Python's own `http.server`: methods such as `do_POST` of a request handler.

Their address stands in their bodies (`if self.path == "/chat"`), so there is a row for each address that a method tells
apart, with what that branch hands the request to. A server that only waits for one answer of a browser (a login's way
back), or that shows pages to its own machine alone, serves nobody else and has no rows. A file that imports nothing
but the standard library, and nothing of that by which it could reach another program, is alone: a viewer of something.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator, Mapping
from typing import Any, Final

from aiaudit import lazy
from aiaudit.probes.python.file_view import FileView
from aiaudit.probes.python.match import name_set
from aiaudit.probes.python.module import Scope
from aiaudit.probes.python.names import dotted, last_name
from aiaudit.probes.python.nodes import walk

FRAMEWORK: Final = "http.server"
HITS: Final = rb"^[ \t]+(?:async[ \t]+)?def[ \t]+do_(?:GET|POST|PUT|DELETE|PATCH)\b"
_BASES: Final = name_set("http.server.BaseHTTPRequestHandler http.server.SimpleHTTPRequestHandler")
_METHODS: Final = name_set("do_GET do_POST do_PUT do_DELETE do_PATCH")
_PLAIN: Final = name_set("send_response send_header end_headers write encode flush print log_message")
_KEYS: Final = lazy.regex(r"(?i)authori[sz]ation|api[-_]?key|token|cookie|secret|signature")
_MADE: Final = lazy.regex(rb"(?:HTTP|TCP)Server\(\s*\(\s*([^,()]*)")
_LOOPBACK: Final = lazy.regex(rb"[\"'](?:127\.0\.0\.1|localhost|::1)[\"']\s*$")
_REACHES: Final = name_set(
    "urllib.request urllib3 http.client socket ssl subprocess multiprocessing importlib runpy ctypes asyncio ftplib"
    " smtplib imaplib xmlrpc code"
)
_MAX_DEPTH: Final = 3  # methods followed from one to the next
_MOST: Final = 40


class OwnServers:
    """The handlers of one file's request handler classes."""

    def __init__(self, view: FileView) -> None:
        self.view = view
        self.classes = [scope for scope in view.module.scopes if isinstance(scope.node, ast.ClassDef)]

    def rows(self) -> list[dict[str, Any]]:
        data = self.view.source.data
        if b"handle_request(" in data and b"serve_forever" not in data:
            return []
        made = _MADE.findall(data)
        own_machine = bool(made) and all(_LOOPBACK.search(host) for host in made)
        found: list[dict[str, Any]] = []
        for scope in self.classes:
            if self._answers(scope):
                methods = [name for name in scope.children if name in _METHODS]
                if not (own_machine and methods == ["do_GET"]):
                    found.extend(row for name in methods for row in self._method(scope, name))
        if found and self._alone():
            found = [{**row, "alone": True} for row in found]
        return found

    def _alone(self) -> bool:
        """Whether all that the file imports is the standard library, without what reaches other programs."""
        for node in walk(self.view.source.tree):
            names: list[str] = []
            if isinstance(node, ast.Import):
                names = [one.name for one in node.names]
            elif isinstance(node, ast.ImportFrom):
                if node.level:
                    return False
                names = [node.module or "", *(f"{node.module}.{one.name}" for one in node.names)]
            for name in names:
                root = name.split(".")[0]
                if root not in sys.stdlib_module_names or name in _REACHES or root in _REACHES:
                    return False
        return True

    def _answers(self, scope: Scope, depth: int = 0) -> bool:
        """Whether a class answers requests: it extends a handler of the standard library, if only by a base here."""
        assert isinstance(scope.node, ast.ClassDef)
        for base in scope.node.bases:
            for one in self.view.resolver.names(base, scope.parent or scope):
                if one.name in _BASES:
                    return True
                inner = one.local if depth < _MAX_DEPTH and one.local is not scope else None
                if inner is not None and isinstance(inner.node, ast.ClassDef) and self._answers(inner, depth + 1):
                    return True
        return False

    def _method(self, owner: Scope, name: str) -> Iterator[dict[str, Any]]:
        node = owner.children[name].node
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            return
        told = list(_branches(node.body))
        common = list(_common(node.body)) if told else []
        for address, body in told or [("", node.body)]:
            handed = [one for statement in body for one in _calls(statement) if _of_self(one) in owner.children]
            given = [_of_self(one) for one in handed if not _of_self(one).startswith(("send", "_send", "respond"))]
            named = given[0] if len(set(given)) == 1 else name
            seen = _Seen(owner, [*common, *body], self.view.module.top.children)
            reads = seen.reads and (not told or self._reads(owner, common, body))
            at = owner.children[named].node
            assert isinstance(at, ast.FunctionDef | ast.AsyncFunctionDef)
            yield {
                "line": self.view.source.line(at.lineno),
                "framework": FRAMEWORK,
                "kind": "route",
                "route": address[:200],
                "methods": [name.removeprefix("do_")],
                "function": owner.children[named].qualname,
                "params": [],
                "auth": seen.asks if seen.asks and seen.refuses else "",
                "constant": seen.constant,
                "reads_request": reads,
                "checks": "answers 400" if seen.turns_away else "",
                "sized": seen.limits,
                "touches": list(seen.touches)[:_MOST],
                "calls": list(seen.called)[:_MOST],
                "decorators": [],
            }

    def _reads(self, owner: Scope, common: list[ast.stmt], body: list[ast.stmt]) -> bool:
        """Whether a branch reads the request: itself, or what was read of the address before the branches part."""
        functions = self.view.module.top.children
        if _Seen(owner, body, functions).reads:
            return True
        if any(isinstance(node, ast.Attribute) and node.attr == "rfile" for one in common for node in walk(one)):
            return True
        kept: set[str] = set()
        for one in common:
            if any(last_name(call.func) in ("parse_qs", "parse_qsl") for call in _calls(one)):
                if not isinstance(one, ast.Assign):
                    return True
                kept |= {node.id for target in one.targets for node in walk(target) if isinstance(node, ast.Name)}
        return not kept or any(isinstance(node, ast.Name) and node.id in kept for one in body for node in walk(one))


class _Seen:
    """What some statements do, with the methods of the same class that they call and the functions of the file that
    they hand the request to."""

    def __init__(self, owner: Scope, body: list[ast.stmt], functions: Mapping[str, Scope]) -> None:
        self.touches: dict[str, None] = {}
        self.called: dict[str, None] = {}
        self.asks = ""
        self.refuses = self.turns_away = self.limits = self.reads = False
        self.constant = True
        self._owner = owner
        self._file = functions
        self._done: set[str] = set()
        self._look(body, 0)

    def _look(self, body: list[ast.stmt], depth: int) -> None:
        for statement in body:
            for node in walk(statement):
                if isinstance(node, ast.Attribute) and (text := dotted(node)):
                    self.touches.setdefault(text)
                    self.reads = self.reads or node.attr == "rfile"
                    self.constant = self.constant and node.attr not in ("path", "headers", "rfile")
                elif isinstance(node, ast.Subscript) and last_name(node.value) == "headers":
                    self._key(node.slice)
                elif isinstance(node, ast.Call):
                    self._call(node, depth)

    def _call(self, call: ast.Call, depth: int) -> None:
        written = dotted(call.func)
        if written:
            self.called.setdefault(written)
        last = last_name(call.func)
        self.reads = self.reads or last in ("parse_qs", "parse_qsl")
        self.constant = self.constant and last in _PLAIN
        if written.endswith(("headers.get", "headers.getheader")) and call.args:
            self._key(call.args[0])
        given = [*call.args, *(one.value for one in call.keywords)]
        codes = {one.value for one in given if isinstance(one, ast.Constant) and type(one.value) is int}
        codes |= {_STATUS[last_name(one)] for one in given if last_name(one) in _STATUS}
        self.refuses = self.refuses or bool(codes & {401, 403})
        self.turns_away = self.turns_away or bool(codes & {400, 422})
        self.limits = self.limits or 413 in codes
        named = _of_self(call)
        inner = self._owner.children.get(named)
        if inner is None and isinstance(call.func, ast.Name) and any(dotted(one) == "self" for one in call.args):
            named = call.func.id  # a function of the file that is handed the request
            inner = self._file.get(named)
        if inner is not None and named not in self._done and depth < _MAX_DEPTH:
            self._done.add(named)
            if isinstance(inner.node, ast.FunctionDef | ast.AsyncFunctionDef):
                self._look(inner.node.body, depth + 1)

    def _key(self, name: ast.expr) -> None:
        if isinstance(name, ast.Constant) and isinstance(name.value, str) and _KEYS.search(name.value):
            self.asks = self.asks or f"self.headers[{name.value[:40]!r}]"


_STATUS: Final = {
    "BAD_REQUEST": 400,
    "UNPROCESSABLE_ENTITY": 422,
    "UNAUTHORIZED": 401,
    "FORBIDDEN": 403,
    "REQUEST_ENTITY_TOO_LARGE": 413,
    "CONTENT_TOO_LARGE": 413,
}


def _calls(statement: ast.stmt) -> Iterator[ast.Call]:
    return (node for node in walk(statement) if isinstance(node, ast.Call))


def _of_self(call: ast.Call) -> str:
    """`x` of `self.x(…)`; "" for other calls."""
    match call.func:
        case ast.Attribute(value=ast.Name(id="self"), attr=name):
            return name
    return ""


def _common(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """What is done whatever the address is."""
    for statement in body:
        if isinstance(statement, ast.With | ast.Try):
            yield from _common(statement.body)
        elif not (isinstance(statement, ast.If) and _address(statement.test)[0]):
            yield statement


def _branches(body: list[ast.stmt]) -> Iterator[tuple[str, list[ast.stmt]]]:
    """The addresses that `if` and `elif` tell apart, each with what is done for it; `if self.path != "/x": return`
    leads to the rest of the body."""
    for index, statement in enumerate(body):
        if isinstance(statement, ast.With | ast.Try):
            yield from _branches(statement.body)
        inner: ast.stmt | None = statement
        while isinstance(inner, ast.If):
            address, is_that = _address(inner.test)
            if address:
                yield address, inner.body if is_that else [*inner.orelse, *body[index + 1 :]]
            inner = inner.orelse[0] if len(inner.orelse) == 1 else None


def _address(test: ast.expr) -> tuple[str, bool]:
    """The address with which a test compares, and whether it asks for that one; ("", True) where it does not."""
    for node in walk(test):
        match node:
            case ast.Compare(ops=[op], comparators=[ast.Constant(value=str(text))]) if text.startswith("/"):
                return text, not isinstance(op, ast.NotEq | ast.NotIn)
            case ast.Compare(
                ops=[op], comparators=[ast.Tuple(elts=every) | ast.List(elts=every) | ast.Set(elts=every)]
            ):
                for one in every:
                    if isinstance(one, ast.Constant) and isinstance(one.value, str) and one.value.startswith("/"):
                        return one.value, not isinstance(op, ast.NotEq | ast.NotIn)
            case ast.Call(func=ast.Attribute(attr="startswith"), args=[ast.Constant(value=str(text))]) if (
                text.startswith("/")
            ):
                return text, True
    return "", True
