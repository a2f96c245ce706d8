"""Handlers that are methods of a class: views of Django, and views and view sets of Django REST framework; resources of
Flask, endpoints of Starlette, handlers of Tornado.

The address of such a view stands in another file (`urls.py`), so that a handler is called after its class and method.
What a view set takes over from the framework (`CreateModelMixin`, `ModelViewSet`) has no body here: one row tells it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final

from aiaudit.probes.python.match import name_set
from aiaudit.probes.python.module import Scope
from aiaudit.probes.python.names import dotted, last_name
from aiaudit.probes.python.nodes import FunctionNode, parameters, walk
from aiaudit.probes.python.routers import named_in

if TYPE_CHECKING:
    from aiaudit.probes.python.routes import RouteFinder

FRAMEWORK: Final = "rest_framework"
HITS: Final = (
    rb"\b(?:\w*ViewSet|\w*APIView|\w*WebsocketConsumer)\b|@(?:\w+\.)?action\("
    rb"|\(\s*(?:[\w.]+,\s*)?(?:\w+\.)*(?:Resource|MethodView|HTTPEndpoint|RequestHandler),?\s*\)"
    rb"|\bdef[ \t]+(?:get|post|put|patch|delete)[ \t]*\(\s*self\b"
    rb"|\bdef[ \t]+(?:get|post|put|patch|delete|list|retrieve|create|update|partial_update|destroy)"
    rb"[ \t]*\(\s*self\s*,\s*request\b"
)
_METHODS: Final = {
    **{name: name.upper() for name in ("get", "post", "put", "patch", "delete")},
    "list": "GET",
    "retrieve": "GET",
    "create": "POST",
    "update": "PUT",
    "partial_update": "PATCH",
    "destroy": "DELETE",
}
_TAKEN_OVER: Final = {
    "CreateModelMixin": ("POST",),
    "UpdateModelMixin": ("PUT", "PATCH"),
    "DestroyModelMixin": ("DELETE",),
    "ListModelMixin": ("GET",),
    "RetrieveModelMixin": ("GET",),
    "ModelViewSet": ("GET", "POST", "PUT", "PATCH", "DELETE"),
    "ReadOnlyModelViewSet": ("GET",),
    "CreateAPIView": ("POST",),
    "ListAPIView": ("GET",),
    "RetrieveAPIView": ("GET",),
    "DestroyAPIView": ("DELETE",),
    "UpdateAPIView": ("PUT", "PATCH"),
    "ListCreateAPIView": ("GET", "POST"),
    "RetrieveUpdateAPIView": ("GET", "PUT", "PATCH"),
    "RetrieveDestroyAPIView": ("GET", "DELETE"),
    "RetrieveUpdateDestroyAPIView": ("GET", "PUT", "PATCH", "DELETE"),
}
FRAMEWORKS: Final = {
    "Resource": "flask",
    "MethodView": "flask",
    "HTTPEndpoint": "starlette",
    "RequestHandler": "tornado",
}
_WRITES: Final = name_set("POST PUT PATCH")
_LOGIN: Final = name_set("LoginRequiredMixin PermissionRequiredMixin UserPassesTestMixin")
OPEN: Final = name_set("AllowAny IsAuthenticatedOrReadOnly")
_MAX_BASES: Final = 5


class ClassViews:
    """The handlers of one file's view classes, and what each class says of who may call it."""

    def __init__(self, finder: RouteFinder) -> None:
        self.finder = finder
        self.classes = {
            scope.qualname: scope for scope in finder.view.module.scopes if isinstance(scope.node, ast.ClassDef)
        }

    def rows(self) -> Iterator[dict[str, Any]]:
        for name, scope in self.classes.items():
            node = scope.node
            assert isinstance(node, ast.ClassDef)
            bases = [last_name(one) for one in self._bases(node)]
            if "channels" in self.finder.frameworks and any(one.endswith("WebsocketConsumer") for one in bases):
                yield from self._consumer(name, scope)
                continue
            framework = next((FRAMEWORKS[one] for one in bases if one in FRAMEWORKS), "") or self._by_base(scope, node)
            if framework and framework in ("tornado", *self.finder.frameworks, *self._beside()):
                yield from self._plain(name, scope, node, framework)
                continue
            if "django" not in self.finder.frameworks:
                continue
            if not any(one == "View" or one.endswith(("APIView", "ViewSet", "ModelMixin")) for one in bases):
                continue
            if name.endswith("Mixin"):
                continue
            based_on = any(name == dotted(base) for one in self.classes.values() for base in _bases_of(one.node))
            for row in self._class(name, scope, node, bases):
                yield {**row, "class": "" if based_on else name}

    def _by_base(self, scope: Scope, node: ast.ClassDef) -> str:
        """Tornado, where a base of another file is a handler as it seems: in a file that imports Tornado its methods
        are named as those of HTTP and are given the object alone, or what stands in the address besides."""
        if self.finder.frameworks != ["tornado"] or not node.bases:
            return ""
        found = [inner for name, inner in scope.children.items() if name in ("get", "post", "put", "patch", "delete")]
        named = (names for inner in found if (names := _parameters(inner.node)))
        return "tornado" if any(names[0] == "self" and "request" not in names for names in named) else ""

    def _beside(self) -> list[str]:
        return ["starlette"] if "fastapi" in self.finder.frameworks else []

    def _plain(self, name: str, scope: Scope, node: ast.ClassDef, framework: str) -> Iterator[dict[str, Any]]:
        """The methods of a class that is a handler by itself; what it lists as decorators stands before each."""
        around = [
            one
            for statement in node.body
            if isinstance(statement, ast.Assign)
            and any(last_name(target) in ("decorators", "method_decorators") for target in statement.targets)
            for one in named_in(statement.value)
        ]
        before = self._before(scope, node) if framework == "tornado" else []
        for method, inner in scope.children.items():
            if method in _METHODS and inner.kind == "function":
                row = self.finder.row(inner, framework, f"{name}.{method}", [_METHODS[method]], None)
                row = {**row, "asked": [*row["asked"], *before]}
                yield {**row, "asked": [*row["asked"], *self.finder.asked.named(around, scope.parent or scope)]}

    def _before(self, scope: Scope, node: ast.ClassDef, depth: int = 0) -> list[list[str]]:
        """What runs before each method of a handler of Tornado: the `prepare` of the class, or of a base."""
        if "prepare" in scope.children:
            return [["prepare", f"@.{scope.qualname}.prepare"]]
        found: list[list[str]] = []
        for base in node.bases:
            inner = self.classes.get(dotted(base))
            if inner is not None and isinstance(inner.node, ast.ClassDef):
                found += self._before(inner, inner.node, depth + 1) if depth < _MAX_BASES else []
                continue
            names = self.finder.resolver.names(base, scope.parent or scope)
            found += [["prepare", f"{one.name}.prepare"] for one in names if not one.name.startswith(("@", "tornado."))]
        return found

    def _consumer(self, name: str, scope: Scope) -> Iterator[dict[str, Any]]:
        """What a consumer of Django Channels does with a message. Who is calling may be asked where the connection is
        made, which stands in another method of the class."""
        asked = [
            one.attr
            for one in walk(scope.node)
            if isinstance(one, ast.Attribute) and one.attr in ("is_authenticated", "is_anonymous", "has_perm")
        ]
        for method in ("receive", "receive_json"):
            inner = scope.children.get(method)
            if inner is not None and inner.kind == "function":
                row = self.finder.row(inner, "channels", f"{name}.{method}", ["WEBSOCKET"], None, kind="websocket")
                yield {**row, "auth": row["auth"] or (asked[0] if asked else "")}

    def _bases(self, node: ast.ClassDef, depth: int = 0) -> list[ast.expr]:
        """Its bases, and those of the bases that stand in the same file."""
        found: list[ast.expr] = list(node.bases)
        for base in node.bases:
            inner = self.classes.get(dotted(base))
            if inner is not None and depth < _MAX_BASES and isinstance(inner.node, ast.ClassDef):
                found += self._bases(inner.node, depth + 1)
        return found

    def _class(self, name: str, scope: Scope, node: ast.ClassDef, bases: Sequence[str]) -> Iterator[dict[str, Any]]:
        guard, said = self._guard(node)
        written: set[str] = set()
        for method, inner in scope.children.items():
            if inner.kind != "function" or not isinstance(inner.node, ast.FunctionDef | ast.AsyncFunctionDef):
                continue
            action = next((one for one in inner.node.decorator_list if _is_action(one)), None)
            if action is None and method not in _METHODS:
                continue
            methods = self._methods(action, scope) if action is not None else [_METHODS[method]]
            written.update(methods if action is None else ())
            own, own_said = _named(action, "permission_classes") if isinstance(action, ast.Call) else ("", [])
            asked, named = (own, own_said) if own or own_said else (guard, said)
            yield self._row(inner, f"{name}.{method}", methods, asked, named)
        taken = [one for base in bases for one in _TAKEN_OVER.get(base, ()) if one not in written]
        if taken:
            yield {
                "line": self.finder.view.source.line(node.lineno),
                "framework": FRAMEWORK,
                "kind": "route",
                "route": name,
                "methods": list(dict.fromkeys(taken)),
                "function": name,
                "params": [],
                "auth": guard,
                "constant": False,
                "reads_request": bool(_WRITES & set(taken)),
                "checks": "serializer",
                "touches": said,
                "calls": self._throttles(node),
                "decorators": [],
            }

    def _row(self, scope: Scope, name: str, methods: list[str], guard: str, said: list[str]) -> dict[str, Any]:
        node = scope.node
        assert isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        row = self.finder.row(scope, FRAMEWORK, name, methods, next(filter(_is_action, node.decorator_list), None))
        # What the framework takes over after `super().create(…)` goes through the serializer.
        handed_on = any(isinstance(one, ast.Call) and last_name(one.func) == "super" for one in walk(node))
        owner = scope.parent.node if scope.parent is not None else None
        throttles = self._throttles(owner) if isinstance(owner, ast.ClassDef) else []
        throttles += [one for one in row["decorators"] if "throttle" in one]
        for decorator in node.decorator_list:
            if isinstance(decorator, ast.Call):
                throttles += [one.arg for one in decorator.keywords if one.arg == "throttle_classes"]
        return {
            **row,
            "params": [],
            "auth": guard or row["auth"],
            "touches": [*said, *row["touches"]],
            "reads_request": row["reads_request"] or (handed_on and bool(_WRITES & set(methods))),
            "checks": row["checks"] or ("serializer" if handed_on else ""),
            "calls": [*throttles, *row["calls"]],
        }

    def _throttles(self, node: ast.ClassDef, depth: int = 0) -> list[str]:
        """What limits how often one caller may ask, by the class or a base in the same file."""
        for statement in node.body:
            match statement:
                case ast.Assign(targets=[ast.Name(id="throttle_classes" | "throttle_scope" as name)], value=value):
                    if not (isinstance(value, ast.List | ast.Tuple) and not value.elts):
                        return [name]
                case ast.FunctionDef(name="get_throttles"):
                    return ["get_throttles"]
        bases = (self.classes.get(dotted(base)) for base in node.bases)
        found = (
            self._throttles(one.node, depth + 1)
            for one in bases
            if one is not None and isinstance(one.node, ast.ClassDef) and depth < _MAX_BASES
        )
        return next((one for one in found if one), [])

    def _guard(self, node: ast.ClassDef, depth: int = 0) -> tuple[str, list[str]]:
        """What asks who is calling, by the class or a base in the same file, and the names that it gives for that. A
        base of another file counts by its name only."""
        for statement in node.body:
            match statement:
                case (
                    ast.Assign(targets=[ast.Name(id="permission_classes")], value=value)
                    | ast.AnnAssign(target=ast.Name(id="permission_classes"), value=ast.expr() as value)
                ):
                    return _classes(value)
                case ast.FunctionDef(name="get_permissions"):
                    return "get_permissions", []
        for decorator in node.decorator_list:
            words = [dotted(one) for one in walk(decorator) if isinstance(one, ast.Name | ast.Attribute)]
            if any("login_required" in word or "permission_required" in word for word in words):
                return "login_required", []
        for base in node.bases:
            if last_name(base) in _LOGIN:
                return last_name(base), []
            inner = self.classes.get(dotted(base))
            if inner is not None and depth < _MAX_BASES and isinstance(inner.node, ast.ClassDef):
                found = self._guard(inner.node, depth + 1)
                if found[0] or found[1]:
                    return found
        return "", []

    def _methods(self, action: ast.expr, scope: Scope) -> list[str]:
        for keyword in action.keywords if isinstance(action, ast.Call) else ():
            if keyword.arg == "methods":
                value = self.finder.view.values.of(keyword.value, scope)
                return [str(one).upper() for one in value] if isinstance(value, list) else []
        return ["GET"]


def _bases_of(node: ast.AST) -> list[ast.expr]:
    return node.bases if isinstance(node, ast.ClassDef) else []


def _parameters(node: ast.AST) -> list[str]:
    return [one.arg for one in parameters(node)] if isinstance(node, FunctionNode) else []


def permitted(node: FunctionNode) -> str:
    """The class that guards a view which is a function: `@permission_classes([IsAuthenticated])`; "" for none."""
    for one in node.decorator_list:
        if isinstance(one, ast.Call) and last_name(one.func) == "permission_classes" and one.args:
            return _classes(one.args[0])[0]
    return ""


def _is_action(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and last_name(node.func) == "action"


def _named(call: ast.Call, keyword: str) -> tuple[str, list[str]]:
    return next((_classes(one.value) for one in call.keywords if one.arg == keyword), ("", []))


def _classes(value: ast.expr) -> tuple[str, list[str]]:
    """The class that guards, of those in `permission_classes`, and all that are named; "[]" where none is."""
    names = [last_name(one) for one in walk(value) if isinstance(one, ast.Name | ast.Attribute)]
    names = [one for one in names if one[:1].isupper()]
    guard = next((one for one in names if one not in OPEN), "")
    if not names and not isinstance(value, ast.List | ast.Tuple):
        return "permission_classes", []
    return guard, names or ["[]"]
