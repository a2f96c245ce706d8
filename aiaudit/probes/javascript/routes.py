"""What a file serves: routes of Express, Fastify, Hono, Koa and Nest, handlers of Next, MCP tools, plain servers.

Where the route of a handler follows from the file's path (Next, SvelteKit), the record holds the exported handlers, and
the probe judges the path: what is found here depends on the content only.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Any, Final

from aiaudit import lazy
from aiaudit.probes.javascript import elysia
from aiaudit.probes.javascript.calls import arguments_of, own_spec, properties
from aiaudit.probes.javascript.exported import ExportedHandlers
from aiaudit.probes.javascript.functions import FunctionRoutes, procedures
from aiaudit.probes.javascript.handlers import is_validator, names_a_check
from aiaudit.probes.javascript.limits import MIDDLEWARE
from aiaudit.probes.javascript.module import FUNCTIONS, Module, first_named
from aiaudit.probes.javascript.names import LOCAL, UNKNOWN, dotted
from aiaudit.probes.javascript.resolve import Resolver
from aiaudit.probes.javascript.route_rows import RouteRows, called_name
from aiaudit.probes.javascript.sockets import Sockets
from aiaudit.probes.javascript.turning import SELF_DENYING
from aiaudit.probes.javascript.values import Values
from aiaudit.probes.python.match import name_set

if TYPE_CHECKING:
    from ast_grep_py import SgNode

# What may make a route of a function, but for what is one by the place of its file.
SERVES: Final = lazy.linear(
    rb"\.(?:get|post|put|patch|delete|all|use|route|tool|registerTool|addTool|setRequestHandler|openapi|serve)\s*\("
    rb"|\bexport\s+(?:async\s+)?(?:function|const)\s+(?:GET|POST|PUT|PATCH|DELETE)\b|\bcreateServer\s*\("
    rb"|[\"']use server[\"']|@(?:Get|Post|Put|Patch|Delete|All)\(|\bexport\s*\{[^}]*\b(?:GET|POST)\b"
    rb"|@azure/functions|firebase-functions|functions-framework|\b(?:APIGateway|ALB|LambdaFunctionURL)\w*Event|\bstatusCode\b"
    rb"|\bexport\s+(?:async\s+)?(?:function|const)\s+(?:action|loader|actions)\b|\bdefine\w*EventHandler\b"
    rb"|\b(?:WebSocketServer|socket\.io|APP_GUARD|useGlobalGuards|expressMiddleware|createYoga|WebSocket\.Server)\b"
    rb"|\basync\s+fetch\s*\(|\bfetch\s*(?::|\(\s*_?req)|\bexports\.handler\b|\b(?:Deno|Bun)\.serve\b"
    rb"|\bexport\s+default\s*\{[^}]{0,200}\bfetch\b"
)
EXPORTS: Final = lazy.linear(rb"\bexport\s+default\b|\bmodule\.exports\b")
PLACES: Final = lazy.regex(r"(?:^|/)(?:api|server|routes|functions|middleware|proxy)[/.]")
MARKS: Final = lazy.linear(
    SERVES.pattern + b"|" + EXPORTS.pattern + rb"|(?i:rate-?_?limit|throttl|quota|arcjet)|\b429\b|\b\w*[pP]rocedure\b"
    rb"|\b(?:req|request|c|z|yup|joi|ajv|auth|jwt)\b|[Ss]ession|[Uu]ser\("
)
VERBS: Final = name_set("get post put patch delete all options head")
APPS: Final = {  # heads of names on which a verb makes a route
    "express": "express",
    "express.Router": "express",
    "express.Express": "express",
    "express.Application": "express",
    "express.IRouter": "express",
    "fastify": "fastify",
    "fastify.fastify": "fastify",
    "fastify.FastifyInstance": "fastify",
    "hono.Hono": "hono",
    "hono/tiny.Hono": "hono",
    "hono/quick.Hono": "hono",
    "@hono/zod-openapi.OpenAPIHono": "hono",
    "koa": "koa",
    "koa-router": "koa",
    "@koa/router": "koa",
    "restify.createServer": "restify",
    "polka": "polka",
    "itty-router.Router": "itty-router",
    "itty-router.AutoRouter": "itty-router",
    "elysia.Elysia": "elysia",
    "@oak/oak.Router": "oak",
}
_COMPARED: Final = lazy.regex(r"===?\s*[\"'`](/(?:api/)?(?:healthz?|readyz?|livez?|ping|status))[\"'`]")
_ANSWERING: Final = name_set(
    "writeHead setHeader set header headers append status sendStatus type send end write json stringify Response text"
    " log"
)
_CALLED: Final = lazy.regex(r"([A-Za-z_$][\w$]*)\s*\(")
_LOOKED_UP: Final = lazy.regex(
    r"\bawait\b|\$\{|:\s*(?!true\b|false\b|null\b)[A-Za-z_$]|\b(?:end|send|json|write)\(\s*[A-Za-z_$]"
)
_TOOLS: Final = name_set("tool registerTool addTool setRequestHandler")
_OTHERS: Final = name_set("use route openapi addHook register onBeforeHandle onRequest")
_HOOKS: Final = name_set("onRequest preHandler preValidation preParsing")
# Files that are taken in by a name which is put together while it runs, or by looking through a folder.
_LOADS: Final = lazy.regex(
    r"\b(?:require|import)\(\s*(?:[A-Za-z_$]|[`][^`\n]{0,200}\$\{|[\"'][^\"'\n]{0,200}[\"']\s*\+)|\brequire\.context\("
    r"|\bimport\.meta\.glob\w*\(|[\"'](?:require-all|require-directory|consign|express-load|express-file-routing|express-automatic-routes)[\"']"
)
_LIKE_APP: Final = lazy.regex(r"^(?:app|router|fastify|server|api|\w+Router|\w+App)$")
_LIKE_SERVER: Final = lazy.regex(r"(?i)server$|^mcp")
_SERVERS: Final = {
    "http.createServer": "http",
    "https.createServer": "http",
    "Bun.serve": "bun",
    "Deno.serve": "deno",
    # Before there was `Deno.serve`; functions of Supabase still begin so.
    "https://deno_land/std/http/server_ts.serve": "deno",
    "https://deno_land/std/http/mod_ts.serve": "deno",
    "std/http/server_ts.serve": "deno",
    "std/server.serve": "deno",
    "@std/http.serve": "deno",
    "@std/http/server.serve": "deno",
}
MAX_ROUTES: Final = 1_000


class RouteFinder:
    def __init__(self, module: Module, resolver: Resolver, values: Values) -> None:
        self.module = module
        self.resolver = resolver
        self.values = values
        self.made = RouteRows(module, resolver)
        self.handlers = self.made.handlers
        self.registered: list[dict[str, Any]] = []
        self.mounts: list[dict[str, Any]] = []

    def record(self) -> dict[str, Any]:
        """`routes`, `handlers` (functions of the top level that read a request), `schemas`, and what limits callers."""
        for call in self.module.calls:
            if len(self.made.rows) >= MAX_ROUTES:
                break
            if call.kind() == "call_expression":
                self._call(call)
        exported = ExportedHandlers(self.made)
        exported.find()
        Sockets(self.made).find()
        made: dict[str, Any] = {}
        guard = exported.guard_of_all()
        if guard:
            made["guard_of_all"] = guard
        if self.made.rows:
            made["routes"] = sorted(self.made.rows, key=lambda row: int(row["line"]))
        functions = {**self._functions(), **procedures(self.module)}
        if functions:
            made["handlers"] = functions
        if _LOADS.search(self.module.text):
            made["loads"] = True
        idle = self._idle()
        if idle:
            made["idle"] = idle
        if self.mounts:
            made["mounts"] = self.mounts[:MAX_ROUTES]
        schemas = self.handlers.schemas()
        if schemas:
            made["schemas"] = schemas
        if self.registered:
            made["registered"] = self.registered
        return made | self.handlers.limits.record()

    def _idle(self) -> list[str]:
        """Functions that are named after a check of the caller, and refuse nobody."""
        return sorted(
            scope.name
            for scope in self.module.functions
            if scope.node is not None
            and scope.name
            and (names_a_check(scope.name) or SELF_DENYING.search(scope.name))
            and not self.handlers.turning.of(scope.node)
        )[:50]

    def _functions(self) -> dict[str, dict[str, Any]]:
        """Functions of the top level and methods of its classes, these by the name that an object of the class has
        for them: a file exports `new Controller()`, or the class."""
        found: dict[str, dict[str, Any]] = {}
        named = [
            (scope.name, scope.node)
            for scope in self.module.functions
            if scope.parent is self.module.top and scope.name and scope.node is not None
        ]
        named += [(name, node) for name, node in self._wrapped() if name not in {one for one, _ in named}]
        methods = [(name.rpartition(".")[2], node) for name, node in self.module.methods.items()]
        counts = Counter(name for name, _ in (*named, *methods))
        for name, node in (*named, *(one for one in methods if counts[one[0]] == 1)):
            if len(found) < 200:
                summary = self.handlers.of(node)
                if (
                    summary.get("reads")
                    or summary.get("auth")
                    or summary.get("checks")
                    or summary.get("hands_to")
                    or summary.get("headers")
                ):
                    found[name] = {key: value for key, value in summary.items() if value and key != "limits"}
        return found

    def _wrapped(self) -> list[tuple[str, SgNode]]:
        """Functions of the top level that a helper is given and whose result has a name, as with
        `const save = asyncHandler(async (req, res) => …)`."""
        found = []
        for scope in self.module.functions:
            node = scope.node if scope.parent is self.module.top and not scope.name else None
            given = node.parent() if node is not None else None
            call = given.parent() if given is not None and given.kind() == "arguments" else None
            holder = call.parent() if call is not None and call.kind() == "call_expression" else None
            name = holder.field("name" if holder.kind() == "variable_declarator" else "left") if holder else None
            if node is not None and name is not None:
                found.append((name.text().rpartition(".")[2], node))
        return found

    # --- routes by calls ---------------------------------------------------------------------------------------------
    def _call(self, call: SgNode) -> None:
        called = call.field("function")
        if called is None:
            return
        named = self.resolver.called(call)
        name = dotted(named.spec, named.rest)
        if FunctionRoutes(self.made, self.values).add(call, name):
            return
        if name in _SERVERS:
            self.made.add(call, _SERVERS[name], "route", "", [], arguments_of(call))
            self._compared(call, _SERVERS[name])
            return
        if called.kind() != "member_expression":
            return
        member = called.field("property")
        receiver = called.field("object")
        verb = member.text() if member is not None else ""
        if verb == "register":
            self._register(call)
        if receiver is None or not (verb in VERBS or verb in _TOOLS or verb in _OTHERS):
            return
        head = name.rpartition(".")[0]
        if verb in _TOOLS:
            self._tool(call, verb, head, receiver, named.spec)
            return
        framework = self._framework(head, receiver, named.spec, call)
        if framework:
            known = len(self.made.rows)
            self._verb(call, verb, framework, receiver)
            for row in self.made.rows[known:] if framework == "?" else ():
                row["app_of"] = [named.spec, named.rest.rpartition(".")[0]]

    def _compared(self, call: SgNode, framework: str) -> None:
        """Routes of health in a plain server, which compares the path by itself."""
        for match in list(_COMPARED.finditer(call.text()[:60_000]))[:5]:
            line = call.range().start.line + 1 + call.text().count("\n", 0, match.start())
            row = {"line": line, "framework": framework, "kind": "route", "route": match.group(1), "methods": ["GET"]}
            constant = _answers_alike(call.text()[match.end() : match.end() + 400])
            self.made.rows.append({**row, "function": "", "app": "", "reads": False, "constant": constant})

    def _framework(self, head: str, receiver: SgNode, spec: str, call: SgNode) -> str:
        for part in (head, head.removesuffix(".route"), _strip_verbs(head)):
            if part in APPS:
                return APPS[part]
        arguments = arguments_of(call)
        literal = (
            bool(arguments)
            and arguments[0].kind() in ("string", "template_string")
            and arguments[0].text()[1:2] in ("/", "*")
        )
        handled = len(arguments) > 1 and arguments[-1].kind() in (
            *FUNCTIONS,
            "identifier",
            "call_expression",
            "member_expression",
        )
        if own_spec(spec) and literal and handled:
            return "?"  # an application made in another file: the probe looks there
        if spec == UNKNOWN and len(arguments) > 1 and self._is_hook(call, arguments[0]):
            return "fastify"  # a plugin is handed the application, and puts a hook before its routes
        whole = len(arguments) == 1 and arguments[0].kind() == "object" and "handler" in properties(arguments[0])
        if spec == UNKNOWN and whole and receiver.text() == "fastify":
            return "fastify"  # a plugin is handed the application, and says all of a route in one object
        if spec == UNKNOWN and literal and handled and _LIKE_APP.match(receiver.text()):
            return "fastify" if receiver.text() == "fastify" else "express"
        return ""

    def _is_hook(self, call: SgNode, name: SgNode) -> bool:
        called = call.field("function")
        return called is not None and called.text().endswith(".addHook") and self.values.text(name) in _HOOKS

    def _verb(self, call: SgNode, verb: str, framework: str, receiver: SgNode) -> None:
        arguments = arguments_of(call)
        if not arguments:
            return
        if verb == "addHook":
            if self.values.text(arguments[0]) in _HOOKS:
                self._middleware(call, framework, "", arguments[1:], receiver)
            return
        if verb in elysia.HOOKS:
            if framework == "elysia":
                self._middleware(call, framework, "", arguments[-1:], receiver)
            return
        if verb == "register":
            self._mount(call.range().start.line + 1, "", arguments[0], receiver)
            return
        route = self._route(arguments[0])
        if verb == "use":
            self._middleware(call, framework, route or "", arguments, receiver)
            return
        if verb == "route" and framework == "fastify" and arguments[0].kind() == "object":
            self._fastify_route(call, arguments[0])
            return
        if verb == "openapi":
            self.made.add(call, framework, "route", "", [], arguments[1:], checks="createRoute", app=receiver.text())
            return
        if verb == "route":
            if len(arguments) == 2:
                self._mount(call.range().start.line + 1, route or "", arguments[1], receiver)
            return
        chained = self._chained(receiver)
        if route is None and chained is None:
            return
        handlers = arguments if chained is not None else arguments[1:]
        if framework == "elysia" and len(handlers) > 1:  # the options of a route stand behind its handler
            handlers = handlers[:1]
        if not handlers or (framework == "?" and route is None):
            return
        row = self.made.add(
            call,
            framework,
            "route",
            chained if chained is not None else route or "",
            [] if verb == "all" else [verb.upper()],
            handlers,
            app=_root_text(receiver),
        )
        if framework == "elysia":
            elysia.complete(self.made, row, receiver, arguments)

    def _chained(self, receiver: SgNode) -> str | None:
        """`router.route("/x").get(…)`: the path given before."""
        while receiver.kind() == "call_expression":
            called = receiver.field("function")
            member = called.field("property") if called is not None else None
            if called is None or member is None:
                return None
            if member.text() == "route":
                arguments = arguments_of(receiver)
                return self._route(arguments[0]) if arguments else None
            inner = called.field("object")
            if inner is None:
                return None
            receiver = inner
        return None

    def _route(self, node: SgNode) -> str | None:
        if node.kind() == "array":
            first = first_named(node)
            return self._route(first) if first is not None else None
        value = self.values.text(node) if node.kind() in ("string", "template_string") else self.values.of(node)
        return value[:200] if isinstance(value, str) and (value[:1] in ("/", "*", "") or "{…}" in value) else None

    def _fastify_route(self, call: SgNode, options: SgNode) -> None:
        given = properties(options)
        url = given.get("url")
        method = given.get("method")
        handler = given.get("handler")
        handlers = [options, *([handler] if handler is not None else [])]
        methods = re.findall(r"[A-Z]+", method.text()) if method is not None else []
        route = self._route(url) if url is not None else ""
        self.made.add(call, "fastify", "route", route or "", methods, handlers)

    def _middleware(self, call: SgNode, framework: str, route: str, arguments: list[SgNode], receiver: SgNode) -> None:
        line = call.range().start.line + 1
        for one in arguments:
            if one.kind() in ("string", "template_string"):
                continue
            name = called_name(one)
            summary = self.handlers.of(one) if one.kind() in FUNCTIONS else self._summary_of(one)
            limits = self.handlers.limits.chain(one)
            row: dict[str, Any] = {
                **({"limits": limits} if limits else {}),
                **({"sure": True} if summary and summary.get("sure") else {}),
                "line": line,
                "framework": framework,
                "kind": "middleware",
                "route": route,
                "methods": [],
                "function": name,
                "app": _root_text(receiver),
                "span": self._span(call),
                "auth": summary.get("auth", "") if summary else "",
                "checks": summary.get("checks") or (name if is_validator(name) else ""),
            }
            if not summary:
                self.made.believe(row, one, name)
            self.made.rows.append(row)
            if one.kind() in ("identifier", "member_expression", "call_expression"):
                self._mount(line, route, one, receiver)
            if framework == "koa" and one.kind() == "call_expression":
                self._routes_of(line, route, one, receiver)

    def _routes_of(self, line: int, route: str, node: SgNode, receiver: SgNode) -> None:
        """`app.use(router.routes())` of Koa: what its router serves."""
        called = node.field("function")
        inner = called.field("object") if called is not None and called.text().endswith(".routes") else None
        if inner is not None:
            self._mount(line, route, inner, receiver)

    def _mount(self, line: int, route: str, node: SgNode, receiver: SgNode) -> None:
        """What an application is given at a path: perhaps the routes of another file."""
        given = node.field("function") if node.kind() == "call_expression" else node
        found = self.resolver.of(given) if given is not None else None
        if found is not None and own_spec(found.spec):
            target = [found.spec, found.rest]
        elif node.kind() == "identifier":
            target = [LOCAL, node.text()]
        else:
            return
        called = {"called": True} if node.kind() == "call_expression" else {}
        self.mounts.append({"line": line, "route": route, "app": _root_text(receiver), "target": target, **called})

    def _span(self, call: SgNode) -> list[int]:
        """The lines of the function inside which a middleware is given to its application; all of them at the top."""
        at = call.range().start.index
        inner = next((one for one in self.module.around(at) if one.kind in FUNCTIONS and one.node is not None), None)
        if inner is None or inner.node is None:
            return []
        place = inner.node.range()
        return [place.start.line + 1, place.end.line + 1]

    def _register(self, call: SgNode) -> None:
        """Fastify's plugin, which limits every route that is made after it unless it is told not to."""
        arguments = arguments_of(call)
        named = self.resolver.of(arguments[0]) if arguments else None
        if named is None or not MIDDLEWARE.match(dotted(named.spec, named.rest)):
            return
        row = self.handlers.limits.configured(call, dotted(named.spec, named.rest), second=True)
        if row is not None:
            options = arguments[1].text()[:2000] if len(arguments) > 1 else ""
            everywhere = not re.search(r"\bglobal\s*:\s*false\b", options)
            self.registered.append({**row, "everywhere": everywhere, "root": self._is_root()})

    def _is_root(self) -> bool:
        """Whether what is registered here holds for the whole application: it is made here, or a plugin of it."""
        return re.search(r"\b[fF]astify\(\s*[){]|\bfp\(|\bfastifyPlugin\(", self.module.text) is not None

    def _summary_of(self, node: SgNode) -> dict[str, Any]:
        if node.kind() == "identifier":
            bound = self.module.bound(node.text(), node.range().start.index)
            if bound is not None and bound.node is not None and bound.node.kind() in FUNCTIONS:
                return self.handlers.of(bound.node)
        return {}

    # --- tools -------------------------------------------------------------------------------------------------------
    def _tool(self, call: SgNode, verb: str, head: str, receiver: SgNode, spec: str) -> None:
        known = (
            "modelcontextprotocol" in head
            or "mcp" in head.lower()
            or (spec == UNKNOWN and _LIKE_SERVER.search(receiver.text()) is not None)
        )
        arguments = arguments_of(call)
        if not known or not arguments:
            return
        if verb == "setRequestHandler" and "CallTool" not in arguments[0].text():
            return
        name = self.values.text(arguments[0]) or ""
        if verb == "addTool" and arguments[0].kind() == "object":
            found, _ = self.values.options(arguments[0])
            name = str(found.get("name", ""))
        inside = [one for one in arguments if one.kind() in (*FUNCTIONS, "identifier", "call_expression")][-1:]
        row = self.made.add(call, "mcp", "tool", name[:200], [], inside)
        row["reads"] = True
        schema = any(
            one.kind() == "object" and (verb == "tool" or re.search(r"\b(?:inputSchema|parameters)\b", one.text()))
            for one in (arguments if verb == "addTool" else arguments[1:])
        )
        if schema:
            row["checks"] = row.get("checks") or "schema of the tool"
            row["bounded"] = row.get("bounded") or bool(
                re.search(r"\.max\(|maxLength|\bmaximum\b|\.enum\(", call.text()[:20_000])
            )


def _strip_verbs(head: str) -> str:
    """`express.Router.route.get` of a chain `router.route(…).get(…).post(…)`; `hono.Hono.get` of chained routes."""
    parts = head.split(".")
    while parts and parts[-1] in (*VERBS, "route", "use", "basePath", "openapi", *elysia.CHAINED):
        parts.pop()
    return ".".join(parts)


def _root_text(node: SgNode) -> str:
    while node.kind() in ("call_expression", "member_expression"):
        inner = node.field("function") if node.kind() == "call_expression" else node.field("object")
        if inner is None:
            break
        node = inner
    return node.text()[:60]


def _answers_alike(after: str) -> bool:
    """Whether the branch that follows a comparison of the path answers literals each time, and asks nothing."""
    head, brace, body = after.partition("{")
    branch = body if brace and ";" not in head else after.partition(";")[0]
    for end in ("return;", "\n    }", "\n  }", "\n}"):
        branch = branch.partition(end)[0]
    called = _CALLED.findall(branch)
    return bool(called) and all(one in _ANSWERING for one in called) and _LOOKED_UP.search(branch) is None
