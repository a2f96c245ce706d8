"""Route handlers of web frameworks, tools of MCP servers, and pages of Streamlit and Gradio: what they take and check.

A handler is found by its decorator (`@app.post("/x")`) or by its registration (`app.add_api_route("/x", handler)` or
`path("x", view)`). Of each parameter it is told whether the framework checks it (a typed model, a typed scalar) or
hands it over raw. Models are described beside, so that a handler whose model stands in another file can be judged.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any, Final

from aiaudit import lazy
from aiaudit.probes.python import class_views, http_events, resources
from aiaudit.probes.python.asked import Asked
from aiaudit.probes.python.file_view import FileView
from aiaudit.probes.python.handler_body import HandlerBody, made_of
from aiaudit.probes.python.lengths import Lengths
from aiaudit.probes.python.match import name_set
from aiaudit.probes.python.module import Scope
from aiaudit.probes.python.names import dotted, last_name
from aiaudit.probes.python.nodes import FunctionNode, parameters
from aiaudit.probes.python.route_parameters import METHODS, parameter
from aiaudit.probes.python.routers import named_in

# Decorated functions and registrations must be parsed whole.
HITS: Final = (
    rb"@[\w.]+\.(?:get|post|put|delete|patch|head|route|websocket|websocket_route|api_route|api|tool|resource|prompt)\b"
    rb"|@(?:[\w.]*\b(?:functions_framework\.http|on_request)|http)\b"
    rb"|\.(?:get|post|put|delete|patch|websocket)\([^()]{0,200}\)\("
    rb"|@(?:\w+\.)?(?:fastapi_endpoint|web_endpoint)\b"
    rb"|@(?:get|post|put|patch|delete|route)\("
    rb"|\b(?:add_api_route|add_url_rule|add_routes?|add_resource|add_get|add_post|Route|re_path|path|APIView|MethodView)\("
    rb"|\b(?:streamlit|gradio|chainlit|BaseModel|create_model|api_view|FastMCP)\b"
    rb"|@(?:pydantic\.)?(?:field_|model_|root_)?validator\b"
    rb"|\breturn[ \t]+(?:await[ \t]+)?request\.\w"  # a function that hands a handler what came in
    rb"|\bdef[ \t]+\w+[ \t]*\(\s*request\b"
    # a function to which a handler hands what came in
    rb"|\braise[ \t]+(?:\w+\.)*(?:HTTP)?(?:BadRequest|UnprocessableEntity)(?:Error)?\("
    rb"|\b(?:abort|HTTPException)\(\s*(?:status_code[ \t]*=[ \t]*)?(?:400|413|422)\b"
    rb"|" + class_views.HITS + rb"|" + http_events.HITS + rb"|" + resources.HITS
)
_FRAMEWORKS: Final = {
    "fastapi": "fastapi",
    "starlette": "starlette",
    "flask": "flask",
    "flask_restx": "flask",
    "flask_restful": "flask",
    "quart": "quart",
    "sanic": "sanic",
    "litestar": "litestar",
    "aiohttp": "aiohttp",
    "bottle": "bottle",
    "falcon": "falcon",
    "tornado": "tornado",
    "django": "django",
    "rest_framework": "django",
    "channels": "channels",
    "ninja": "django-ninja",
    "robyn": "robyn",
    "blacksheep": "blacksheep",
    "mcp": "mcp",
    "fastmcp": "mcp",
    "streamlit": "streamlit",
    "gradio": "gradio",
    "chainlit": "chainlit",
    "bentoml": "bentoml",
    "modal": "modal",
    "chalice": "chalice",
    "functions_framework": "cloud-function",
    "firebase_functions": "cloud-function",
    "aws_lambda_powertools": "lambda",
}
_IMPORTS: Final = lazy.regex(r"(?m)^[ \t]*(?:from[ \t]+\S+[ \t]+import[ \t]+(?:\([^)]*\)|[^\n]*)|import[ \t][^\n]*)")
_COMMENTS: Final = lazy.regex(r"#[^\n]*")
_CLASSES: Final = lazy.regex(r"\b[A-Z]\w+")
_FUNCTIONS: Final = frozenset({"functions_framework.http", "firebase_functions.https_fn.on_request"})
# Decorators of a module by themselves, with the address as their first argument.
_LITESTAR: Final = frozenset(f"litestar.{one}" for one in ("get", "post", "put", "patch", "delete"))
_BOTTLE: Final = frozenset(f"bottle.{one}" for one in ("get", "post", "put", "patch", "delete", "route"))
_IN_A_CLASS: Final = (b"(self", b"Servicer", b"def on_")  # handlers that are methods
_ROUTES: Final = METHODS | name_set("route api_route websocket_route")
_MCP_KINDS: Final = name_set("tool resource prompt")
_GIVEN: Final = name_set("app api application router blueprint bp server flask_app fastapi_app")
_BENTOML: Final = "api"  # `@bentoml.api`, or `@svc.api` of the older kind
_MODAL: Final = frozenset({"modal.fastapi_endpoint", "modal.web_endpoint"})
_BY_NAME: Final = name_set("django rest_framework cloud-function")  # these call what a module's name stands for


class RouteFinder:
    """Finds the routes of one file."""

    def __init__(self, view: FileView) -> None:
        self.view = view
        self.resolver = view.resolver
        self.asked = Asked(view)
        self._lengths = Lengths()
        self.frameworks = self._frameworks()

    def rows(self) -> list[dict[str, Any]]:
        found = [
            self.row(one, "lambda", "/", ["GET", "POST"], None) for one in http_events.handlers_of_events(self.view)
        ]
        if not self.frameworks and not any(map(self.view.text_has, (b"@", b"azure.functions", *_IN_A_CLASS))):
            return found
        for scope in self.view.module.scopes:
            found += self._decorated(scope) if scope.kind == "function" else ()
        found.extend(self._registered())
        found.extend(self._pages())
        if {"django", "channels"} & set(self.frameworks) or any(map(self.view.text_has, _IN_A_CLASS)):
            found.extend(class_views.ClassViews(self).rows())
            found.extend(resources.resources(self))
        if self.view.text_has(b"azure.functions"):
            found.extend(resources.functions(self))
        if "django" in self.frameworks:
            found.extend(self._views({str(row["function"]) for row in found}))
        return found

    def urls(self) -> list[str]:
        """The functions of other files that addresses of Django stand for: `path("predict/", views.predict)`."""
        found: dict[str, None] = {}
        for scope, call in self.view.marked_calls() if "django" in self.frameworks else ():
            if last_name(call.func) in ("path", "re_path") and len(call.args) > 1 and len(found) < 500:
                inner = call.args[1]
                while isinstance(inner, ast.Call) and inner.args:  # csrf_exempt(views.predict)
                    inner = inner.args[0]
                for one in self.resolver.names(inner, scope):
                    found.setdefault(one.name)
        return list(found)

    def tabled(self) -> list[str]:
        """The names of classes in a file with addresses of Django, but in its imports and comments."""
        if "django" not in self.frameworks or not self.view.text_has(b"urlpatterns"):
            return []
        text = _IMPORTS.sub("", self.view.source.data.decode("utf-8", "replace"))
        return sorted(set(_CLASSES.findall(_COMMENTS.sub("", text))))[:500]

    def _views(self, known: set[str]) -> Iterator[dict[str, Any]]:
        """Functions that take a request of Django; whether an address stands for one is told in another file."""
        for name, scope in self.view.module.top.children.items():
            node = scope.node
            if not isinstance(node, FunctionNode) or name in known or not parameters(node):
                continue
            if parameters(node)[0].arg != "request":
                continue
            names = {last_name(one.func if isinstance(one, ast.Call) else one) for one in node.decorator_list}
            methods = ["POST"] if "require_POST" in names else ["GET", "POST"]
            if names & {"require_GET", "require_safe"}:
                methods = ["GET"]
            for one in node.decorator_list:
                if isinstance(one, ast.Call) and last_name(one.func) == "require_http_methods" and one.args:
                    told = self.view.values.of(one.args[0], scope.parent or scope)
                    methods = [str(each).upper() for each in told] if isinstance(told, list) else methods
            # Its address stands in another file; it is called after its function, as the methods of classes are.
            yield {**self.row(scope, "django", scope.qualname, methods, None), "kind": "view"}

    def _frameworks(self) -> list[str]:
        roots = [one.module.partition(".")[0] for one, _ in self.view.module.imports]
        return [_FRAMEWORKS[root] for root in dict.fromkeys(roots) if root in _FRAMEWORKS]

    def _decorated(self, scope: Scope) -> Iterator[dict[str, Any]]:
        node = scope.node
        assert isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        for decorator in node.decorator_list:
            call = decorator if isinstance(decorator, ast.Call) else None
            target = call.func if call else decorator
            last = last_name(target)
            if last == "api_view":
                methods = self.view.values.of(call.args[0], scope) if call and call.args else ["GET"]
                yield self.row(scope, "django", scope.qualname, methods if isinstance(methods, list) else [], decorator)
            if last in ("http", "on_request") and self._is_named(target, scope, _FUNCTIONS):
                yield self.row(scope, "cloud-function", "/", ["GET", "POST"], decorator)
            if last in ("fastapi_endpoint", "web_endpoint") and self._is_named(target, scope, _MODAL):
                methods = [self._text(call, len(call.args), ("method",), scope) or "GET"] if call else ["GET"]
                asks = any(
                    one.arg == "requires_proxy_auth" and self.view.values.of(one.value, scope) is True
                    for one in (call.keywords if call else ())
                )
                row = self.row(scope, "modal", "/", methods, decorator)
                yield {**row, "auth": "requires_proxy_auth"} if asks else row
                continue
            if isinstance(target, ast.Name) and last in METHODS and call and self._is_named(target, scope, _LITESTAR):
                route = self._text(call, 0, ("path",), scope)
                row = self.row(scope, "litestar", f"/{route.lstrip('/')}", [last.upper()], decorator)
                yield {**row, "asked": [*row["asked"], *self._guards(scope)]}
                continue
            if isinstance(target, ast.Name) and call and self._is_named(target, scope, _BOTTLE):
                route = self._text(call, 0, ("path",), scope)
                methods = [last.upper()] if last in METHODS else self._of_bottle(call, scope)
                yield self.row(scope, "bottle", f"/{route.lstrip('/')}", methods, decorator)
                continue
            if not isinstance(target, ast.Attribute) or last not in _ROUTES | _MCP_KINDS | {_BENTOML}:
                continue
            addressed = call is not None and last in _ROUTES and self._text(call, 0, ("path", "rule"), scope)[:1] == "/"
            around = scope.parent or scope
            framework = self._framework(target.value, around, is_mcp=last in _MCP_KINDS, addressed=addressed)
            if not framework or (call is None and framework not in ("mcp", "bentoml")):
                continue
            if (last == _BENTOML) != (framework == "bentoml"):
                continue
            if last == _BENTOML:  # the address is the method's name
                yield self.row(scope, framework, f"/{scope.qualname.rpartition('.')[2]}", ["POST"], decorator)
                continue
            route = self._text(call, 0, ("uri", "name") if framework == "mcp" else ("path", "rule", "route"), scope)
            if call is not None and any(one.arg == "route" for one in call.keywords):  # Azure Functions
                route = f"/{route.lstrip('/')}"
            if framework not in ("mcp", "chainlit", "django-ninja") and not route.startswith("/") and route != "":
                continue
            if self._is_azure(target.value, scope):
                row = self.row(scope, resources.AZURE, route, self._methods(last, call, scope), decorator)
                yield {**row, "auth": row["auth"] or resources.key_of(self, decorator, scope)}
                continue
            row = self.row(scope, framework, route, self._methods(last, call, scope), decorator, kind=last)
            yield {**row, "auth": row["auth"] or self._asks_by_word(framework, call, scope)}

    def _is_azure(self, receiver: ast.expr, scope: Scope) -> bool:
        names = self.resolver.names(receiver, scope.parent or scope)
        return any(one.name.startswith("azure.functions.") for one in names)

    def _asks_by_word(self, framework: str, call: ast.Call | None, scope: Scope) -> str:
        """What a route asks of who calls by one word: `@app.post("/x", auth_required=True)` of Robyn."""
        for keyword in call.keywords if framework == "robyn" and call is not None else ():
            if keyword.arg == "auth_required" and self.view.values.of(keyword.value, scope) is True:
                return "auth_required"
        return ""

    def _guards(self, scope: Scope) -> list[list[str]]:
        """What the class of a handler of Litestar lists as guards."""
        owner = scope.parent
        if owner is None or not isinstance(owner.node, ast.ClassDef):
            return []
        listed = [
            one.value
            for one in owner.node.body
            if isinstance(one, ast.Assign | ast.AnnAssign)
            and one.value is not None
            and any(
                last_name(each) == "guards" for each in (one.targets if isinstance(one, ast.Assign) else [one.target])
            )
        ]
        return self.asked.named([one for value in listed for one in named_in(value)], owner.parent or owner)

    def _of_bottle(self, call: ast.Call, scope: Scope) -> list[str]:
        for keyword in call.keywords:
            if keyword.arg in ("method", "methods"):
                value = self.view.values.of(keyword.value, scope)
                return [str(one).upper() for one in (value if isinstance(value, list) else [value])]
        return ["GET"]

    def _is_named(self, target: ast.expr, scope: Scope, names: frozenset[str]) -> bool:
        """Whether a decorator is one of these: its handler has a whole address of its own."""
        return any(one.name in names for one in self.resolver.names(target, scope.parent or scope))

    def _framework(self, receiver: ast.expr, around: Scope, *, is_mcp: bool, addressed: bool = False) -> str:
        """The framework of the object that a decorator `around` a handler belongs to; where it comes from another file,
        by its name, or because it is given an address (`addressed`) in a file that imports a framework."""
        for one in self.resolver.names(receiver, around):
            root = one.name.partition(".")[0]
            if root in _FRAMEWORKS:
                found = _FRAMEWORKS[root]
                return found if (found == "mcp") == is_mcp else ""
            if one.local is None and not one.name.startswith(("@", "?")) and one.origin:
                named = last_name(receiver).lower()
                if is_mcp:
                    return "mcp" if "mcp" in named or "server" in named else ""
                likely = ("app", "router", "api", "blueprint", "bp", "server")
                if any(word in named for word in likely):
                    return self._served() or "unknown"
                if addressed:
                    return self._served()
        return "" if is_mcp else self._given(receiver, around)

    def _served(self) -> str:
        """The framework of the file that has decorators for routes."""
        served = [one for one in self.frameworks if one not in ("mcp", "streamlit", "gradio", "chainlit")]
        if "django-ninja" in served:  # Django itself has no decorators for routes
            return "django-ninja"
        return served[0] if served else ""

    def _given(self, receiver: ast.expr, around: Scope) -> str:
        """The framework of an application that a function around the handler is given: `def routes(app): @app.get…`."""
        at: Scope | None = around
        while isinstance(receiver, ast.Name) and at is not None and at.kind == "function":
            node = at.node
            if isinstance(node, FunctionNode) and receiver.id in {one.arg for one in parameters(node)}:
                return self._served() if receiver.id.lower() in _GIVEN else ""
            at = at.parent
        return ""

    def _registered(self) -> Iterator[dict[str, Any]]:
        """Routes given to the application by calls, with the handler as an argument."""
        for scope, call in self.view.marked_calls():
            if isinstance(call.func, ast.Call):
                yield from self._called(call, call.func, scope)
                continue
            last = last_name(call.func)
            if last not in _REGISTERED:
                continue
            framework = self._registrar(last)
            if not framework:
                continue
            route = self._text(call, 0, ("path", "rule", "route"), scope)
            if not route and framework != "django":
                route = self._text(call, 1, (), scope)
            handler = self._handler(call, scope)
            if handler is None:
                continue
            methods = self._methods(last.removeprefix("add_"), call, scope)
            yield self.row(handler, framework, route if route.startswith("/") else f"/{route}", methods, call)

    def _called(self, call: ast.Call, decorator: ast.Call, scope: Scope) -> Iterator[dict[str, Any]]:
        """`app.post("/chat")(chat)`: a decorator that is called."""
        last = last_name(decorator.func)
        if last not in _ROUTES or not isinstance(decorator.func, ast.Attribute) or not call.args:
            return
        framework = self._framework(decorator.func.value, scope, is_mcp=False)
        if not framework:
            return
        route = self._text(decorator, 0, ("path", "rule", "route"), scope)
        methods = self._methods(last, decorator, scope)
        handler = self._handler(ast.Call(decorator, [call, call.args[0]], []), scope)
        if handler is not None:
            yield self.row(handler, framework, route, methods, decorator)
        else:
            yield {
                **self._elsewhere(call.args[0], scope, decorator),
                "framework": framework,
                "route": route,
                "methods": methods,
            }

    def _elsewhere(self, handler: ast.expr, scope: Scope, at: ast.Call) -> dict[str, Any]:
        """The row of a handler that stands in another file, whose parameters are not seen here."""
        names = [one.name for one in self.resolver.names(handler, scope)]
        around = [[dotted(handler)[:80], names[0]]] if names else []
        return {
            "line": self.view.source.line(at.lineno),
            "kind": "route",
            "function": dotted(handler),
            "params": [],
            "auth": "",
            "asked": [*self.asked.at_route(scope, at), *around],
            "router": self.asked.router(scope, at),
            "reads_request": True,
            "checks": "",
        }

    def _registrar(self, last: str) -> str:
        for framework in self.frameworks:
            if last in _REGISTERED_BY.get(framework, ()):
                return framework
        return ""

    def _handler(self, call: ast.Call, scope: Scope) -> Scope | None:
        for argument in (*call.args[1:], *(one.value for one in call.keywords)):
            for one in self.resolver.names(argument, scope):
                if one.local is not None and one.local.kind == "function":
                    return one.local
        return None

    def _pages(self) -> Iterator[dict[str, Any]]:
        """One row a Streamlit, Gradio or Chainlit file: a page that people use over HTTP."""
        for framework, roots in (("streamlit", ("streamlit",)), ("gradio", ("gradio",)), ("chainlit", ("chainlit",))):
            if framework not in self.frameworks:
                continue
            for scope, call in self.view.all_calls():
                names = [one.name for one in self.resolver.names(call.func, scope)]
                if any(name.startswith(tuple(f"{root}." for root in roots)) for name in names):
                    line = self.view.source.line(call.lineno)
                    yield {"line": line, "framework": framework, "kind": "page", "function": scope.qualname}
                    break

    def _methods(self, last: str, call: ast.Call | None, scope: Scope) -> list[str]:
        if last in METHODS:
            return [last.upper()]
        for keyword in call.keywords if call else ():
            if keyword.arg == "methods":
                value = self.view.values.of(keyword.value, scope)
                return [str(one).upper() for one in value] if isinstance(value, list) else []
        return ["GET"] if last in ("route", "api_route", "path") else []

    def _text(self, call: ast.Call | None, position: int, keywords: tuple[str, ...], scope: Scope) -> str:
        if call is None:
            return ""
        node = call.args[position] if position < len(call.args) else None
        for keyword in call.keywords if node is None else ():
            if keyword.arg in keywords:
                node = keyword.value
        return self.view.values.text(node, scope.parent or scope) or "" if node is not None else ""

    def row(
        self, scope: Scope, framework: str, route: str, methods: list[str], at: ast.expr | None, *, kind: str = "route"
    ) -> dict[str, Any]:
        """What a handler takes in and does; `at` is the decorator or the call that makes it one."""
        node = scope.node
        assert isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        params = [parameter(self.resolver, argument, scope, framework, route) for argument in parameters(node)]
        params = [one for one in params if one]
        body = HandlerBody(scope, self._lengths)
        decorators = [dotted(one.func if isinstance(one, ast.Call) else one) for one in node.decorator_list]
        if route in ("", "/"):
            route = self.asked.prefix(at, scope) or route
        first = node.decorator_list.index(at) + 1 if at in node.decorator_list and framework not in _BY_NAME else 0
        return {
            "line": self.view.source.line(node.lineno),
            "framework": framework,
            "kind": kind if kind in _MCP_KINDS or kind.startswith("websocket") else "route",
            "route": route[:200],
            "methods": methods,
            "function": scope.qualname,
            "params": params,
            "auth": class_views.permitted(node),
            "asked": self.asked.of(scope, at),
            "router": self.asked.router(scope, at),
            "constant": body.constant,
            "reads_request": body.reads_request,
            "looks_in": body.looks_in,
            "checks": body.checks,
            **({"sized": True} if body.limits_length else {}),
            **({"made": made} if (made := self._made(node, scope, params)) and not body.checks else {}),
            "touches": body.touches,
            "calls": body.called,
            "decorators": decorators,
            "inner": decorators[first:],
        }

    def _made(self, node: FunctionNode, scope: Scope, params: list[dict[str, Any]]) -> list[str]:
        """The names of the classes of which the handler makes an object out of what it takes in."""
        given = {one["name"] for one in params if one["kind"] not in ("service", "path", "model")}
        names = (self.resolver.names(one, scope) for one in made_of(node, given))
        return sorted({one[0].name if one[0].local is None else f"@.{one[0].local.qualname}" for one in names if one})[
            :8
        ]

    def parameter(self, argument: ast.arg, scope: Scope) -> dict[str, Any]:
        """A parameter of a dependency, which FastAPI fills as it does those of a handler."""
        return parameter(self.resolver, argument, scope, "fastapi", "")


_REGISTERED_BY: Final = {
    "fastapi": {"add_api_route", "add_route", "add_api_websocket_route"},
    "starlette": {"Route", "WebSocketRoute", "add_route"},
    "flask": {"add_url_rule", "add_resource"},
    "quart": {"add_url_rule"},
    "sanic": {"add_route"},
    "aiohttp": {"add_get", "add_post", "add_put", "add_delete", "add_route", "get", "post"},
    "falcon": {"add_route"},
    "django": {"path", "re_path"},
}
_REGISTERED: Final = frozenset(name for names in _REGISTERED_BY.values() for name in names)
