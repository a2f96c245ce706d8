"""Rows of routes: what a route's handlers and middleware do, put together."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from aiaudit import lazy
from aiaudit.probes.javascript.calls import arguments_of, own_spec, properties
from aiaudit.probes.javascript.handlers import Handlers, is_validator, merge, names_a_check
from aiaudit.probes.javascript.module import FUNCTIONS, Module, named_in, required
from aiaudit.probes.javascript.names import GLOBAL, LOCAL, UNKNOWN, dotted
from aiaudit.probes.javascript.resolve import Resolver

if TYPE_CHECKING:
    from ast_grep_py import SgNode


_KEPT: Final = lazy.regex(
    r"(?m)^(?:export\s+)?(?:const|let|var)\s+(\w{2,40})\s*(?::[^=\n]{1,80})?=\s*(?:new\s+(?:Map|Set)\b|\[\s*\]|\{\s*\})"
)
_CHAIN: Final = lazy.regex(r"^\[?\s*(?:body|check|checkSchema|oneOf)\(")
_CHAIN_BOUND: Final = lazy.regex(
    r"\bisLength\(\s*\{[^}]*\bmax\b|\.is(?:In|Email|UUID|MongoId|ISO8601|Boolean|Date)\(|\.is(?:Int|Float)\(\s*\{[^}]*\bmax\b|\.matches\("
)
_HOOKS: Final = ("onRequest", "preParsing", "preValidation", "preHandler")
_LIMITED: Final = lazy.regex(r"\brateLimit\s*:\s*(\w+|\{)")
_PAGE: Final = lazy.regex(r"(?s)\.sendFile\(.*\.html[\"'`]|\.html[\"'`].*\.sendFile\(")
_FILE: Final = lazy.regex(r"\.(?:sendFile|download)\(")
_PAGE_CALLS: Final = frozenset(("resolve", "join", "includes", "cwd"))
# Middleware of libraries that only note who is calling, and let everybody on.
LETS_ON: Final = frozenset(
    {
        "passport.initialize",
        "passport.session",
        "@clerk/express.clerkMiddleware",
        "@hono/clerk-auth.clerkMiddleware",
        "@hono/auth-js.initAuthConfig",
        "@hono/auth-js.authHandler",
        "@fastify/jwt",
        "@fastify/auth",
        "@fastify/bearer-auth",
        "@elysiajs/jwt",
        "@elysiajs/jwt.jwt",
        "@elysiajs/bearer",
        "@elysiajs/bearer.bearer",
    }
)


class RouteRows:
    """Collects the rows of one file."""

    def __init__(self, module: Module, resolver: Resolver) -> None:
        self.module = module
        self.resolver = resolver
        self.handlers = Handlers(module, resolver)
        self.rows: list[dict[str, Any]] = []
        self._kept: list[str] | None = None

    def add(
        self,
        node: SgNode,
        framework: str,
        kind: str,
        route: str,
        methods: list[str],
        handlers: list[SgNode],
        *,
        checks: str = "",
        app: str = "",
    ) -> dict[str, Any]:
        place = node.range()
        row: dict[str, Any] = {
            "line": place.start.line + 1,
            "framework": framework,
            "kind": kind,
            "route": route,
            "methods": methods,
            "function": "",
            "app": app,
            "reads": False,
        }
        if checks:
            row["checks"] = checks
        listed = [inner for one in handlers for inner in _listed(one)]
        for index, one in enumerate(listed):
            self.handler(row, one, last=index == len(listed) - 1)
        self.rows.append(row)
        return row

    def _chained(self, row: dict[str, Any], node: SgNode) -> None:
        """`body("text").isString().isLength({ max: 500 })` of express-validator, alone or in a list with a name."""
        if not any(one.spec.startswith("express-validator") for one in self.module.imports):
            return
        if node.kind() == "identifier":
            bound = self.module.bound(node.text(), node.range().start.index)
            node = bound.node if bound is not None and bound.node is not None and bound.kind == "value" else node
        text = node.text()[:8000] if node.kind() in ("call_expression", "array") else ""
        if _CHAIN.search(text):
            row["checks"] = "express-validator"
            row["bounded"] = row.get("bounded") or bool(_CHAIN_BOUND.search(text))

    def handler(self, row: dict[str, Any], node: SgNode, *, last: bool) -> None:
        node = _unbound(node)
        kind = node.kind()
        if kind in FUNCTIONS:
            merge(row, self.handlers.of(node))
            row["constant"] = last and self._constant(node, row)
            return
        if kind in ("identifier", "call_expression", "member_expression"):
            limits = self.handlers.limits.chain(node)
            if limits:
                row["limits"] = [*row.get("limits", []), *limits][:60]
        options = self._literal(node, "object") if not last else None
        if options is not None:
            self._options(row, options)
            return
        listed = self._literal(node, "array") if kind == "identifier" and not last else None
        if listed is not None:  # const guard = [authenticate, authorize]
            for guard in self.inside(listed):
                self.handler(row, guard, last=False)
            return
        name = called_name(node)
        if not last or kind == "call_expression":
            self.believe(row, node, name)
            if is_validator(name):
                row["checks"] = row.get("checks") or name
                row["bounded"] = row.get("bounded") or bool(re.search(r"\.max\(", node.text()[:5000]))
        self._chained(row, node)
        if kind == "ternary_expression":
            for side in ("consequence", "alternative"):
                one = node.field(side)
                if one is not None and one.kind() == "call_expression":
                    self.handler(row, one, last=last)
            return
        if kind == "call_expression" and (signed := self.handlers.signed(node) or self._made_check(node, last)):
            row["auth"] = row.get("auth") or signed
        if kind in ("call_expression", "array", "object"):
            for inner in self.inside(node, members=last):
                self.handler(row, inner, last=last)
            return
        if last:
            row["function"] = name
        if kind == "identifier":
            bound = self.module.bound(node.text(), node.range().start.index)
            if bound is not None and bound.imported is not None:
                row.setdefault("hands_to", []).append([bound.imported.spec, bound.imported.name])
            elif bound is not None and bound.node is not None and required(bound.node) is not None:
                found = self.resolver.of(node)  # const { check } = require("./check")
                if found is not None and found.spec not in (GLOBAL, LOCAL, UNKNOWN):
                    row.setdefault("hands_to", []).append([found.spec, found.rest])
            elif bound is not None and bound.node is not None and bound.node.kind() in FUNCTIONS:
                merge(row, self.handlers.of(bound.node))
                row["constant"] = last and self._constant(bound.node, row)
            elif bound is not None and bound.node is not None and bound.node.kind() == "call_expression":
                self.handler(row, bound.node, last=last)
        elif kind == "member_expression":
            found = self.resolver.of(node)
            if found is not None and found.spec not in (GLOBAL, LOCAL, UNKNOWN):
                row.setdefault("hands_to", []).append([found.spec, found.rest])
            elif found is not None and found.spec == LOCAL and found.rest.count(".") == 1:
                method = self.module.methods.get(found.rest)  # of an object of a class of this file
                if method is not None:
                    merge(row, self.handlers.of(method))

    def _options(self, row: dict[str, Any], options: SgNode, depth: int = 0) -> None:
        """Fastify's options before a handler: those that stand in a constant, and those that are spread into others."""
        self.rate(row, options)
        given = properties(options)
        self.fastify_schema(row, given.get("schema"))
        for name in _HOOKS:
            value = given.get(name)
            if value is not None:
                self._hook(row, value)
        for one in options.children():
            if one.kind() == "spread_element" and depth < 3:
                inner = next((part for part in one.children() if part.is_named()), None)
                shared = self._literal(inner, "object") if inner is not None else None
                if shared is not None:
                    self._options(row, shared, depth + 1)
                elif inner is not None:
                    self.believe(row, inner, called_name(inner))
            elif one.kind() == "shorthand_property_identifier" and one.text() in _HOOKS:
                bound = self.module.bound(one.text(), one.range().start.index)
                if bound is not None and bound.node is not None:
                    self._hook(row, bound.node)

    def _hook(self, row: dict[str, Any], value: SgNode) -> None:
        """What stands before the handler by an option: functions, or a list of them."""
        listed = self._literal(value, "array")
        kinds = (*FUNCTIONS, "identifier", "member_expression", "call_expression")
        found = [one for one in (listed.children() if listed is not None else [value]) if one.kind() in kinds]
        for one in found[:8]:
            self.handler(row, one, last=False)
        if not found and names_a_check(value.text()[:200]):
            row["auth"] = row.get("auth") or value.text()[:60]

    def _made_check(self, call: SgNode, last: bool) -> str:
        """The name of a function of this file that makes the check which stands before a handler; else ""."""
        called = call.field("function")
        if last or called is None or called.kind() != "identifier":
            return ""
        bound = self.module.bound(called.text(), call.range().start.index)
        made = bound.node if bound is not None else None
        refuses = made is not None and made.kind() in FUNCTIONS and self.handlers.turning.of(made)
        return called.text()[:80] if refuses else ""

    def _constant(self, node: SgNode, row: dict[str, Any]) -> bool:
        """The handler answers and does nothing else: with what stands in it, or with a page of the image."""
        text = node.text()[:4000]
        page = _PAGE.search(text) is not None
        quiet = set(row.get("touches", ())) <= (_PAGE_CALLS if page else set()) and (page or not _FILE.search(text))
        # An `await` of the code, and not only a text that shows how.
        waits = "await " in text and node.find(kind="await_expression") is not None
        return quiet and not row.get("reads") and not waits and "process." not in text and not self._tells(text)

    def _tells(self, text: str) -> bool:
        """What the file has gathered (`const rooms = new Map()`) goes through the handler, and not only its number."""
        if self._kept is None:
            self._kept = sorted(set(_KEPT.findall(self.module.text)))[:20]
        return any(
            re.search(rf"\b(?:of\s+|\.\.\.|from\(|json\(|send\(){one}\b(?!\.(?:size|length))", text) is not None
            or re.search(rf"\b{one}\.(?:entries|values|keys|forEach|map|filter)\(", text) is not None
            for one in self._kept
        )

    def _literal(self, node: SgNode, kind: str) -> SgNode | None:
        """The object or list that a node is, or that a constant of this file holds."""
        if node.kind() == "identifier":
            bound = self.module.bound(node.text(), node.range().start.index)
            if bound is None or bound.node is None or bound.kind != "value" or bound.assigned:
                return None
            node = bound.node
        while node.kind() in ("as_expression", "satisfies_expression", "parenthesized_expression"):
            inner = next((one for one in node.children() if one.is_named()), None)
            if inner is None:
                break
            node = inner
        return node if node.kind() == kind else None

    def rate(self, row: dict[str, Any], options: SgNode) -> None:
        """What one of Fastify's routes says of the limit that its plugin sets."""
        said = _LIMITED.search(options.text()[:20_000])
        if said is not None:
            row["rate"] = said.group(1) != "false"

    def believe(self, row: dict[str, Any], node: SgNode, name: str) -> None:
        """Take what stands before a handler for a check of the caller by its name, where no lines of it can be read
        here: those of a function of this file tell by themselves, those of another file are read by the probe."""
        if row.get("auth") or not names_a_check(name):
            return
        bare = node.field("function") if node.kind() == "call_expression" else node
        found = self.resolver.of(bare) if bare is not None else None
        if found is not None and dotted(found.spec, found.rest) in LETS_ON:
            return
        if bare is not None and bare.kind() == "identifier":
            bound = self.module.bound(bare.text(), bare.range().start.index)
            if bound is not None and bound.node is not None and bound.imported is None and required(bound.node) is None:
                made = bound.node
                if made.kind() in FUNCTIONS:
                    refusal = self.handlers.turning.of(made)
                    row["auth"] = name if refusal else ""
                    return
                if made.kind() == "call_expression":
                    inside = [one for one in arguments_of(made) if one.kind() in FUNCTIONS]
                    if inside:  # asyncHandler(async (req, res, next) => …)
                        row["auth"] = name if any(map(self.handlers.turning.of, inside)) else ""
                        return
                    if not names_a_check(called_name(made)):
                        return
        row["auth"] = name
        if found is not None and own_spec(found.spec):
            row["believed"] = [found.spec, found.rest]

    def inside(self, node: SgNode, *, members: bool = False) -> list[SgNode]:
        """The functions in an object, a list or the arguments of a call; `members`: methods of objects too."""
        if node.kind() == "object":
            found = [
                one.field("value") or one for one in node.children() if one.kind() in ("pair", "method_definition")
            ]
            return [one for one in found if one.kind() in FUNCTIONS][:4]
        items = (
            arguments_of(node)
            if node.kind() == "call_expression"
            else [one for one in node.children() if one.is_named()]
        )
        kinds = (*FUNCTIONS, "identifier", "call_expression", *(("member_expression",) if members else ()))
        return [one for one in items if one.kind() in kinds][:4]

    def fastify_schema(self, row: dict[str, Any], schema: SgNode | None) -> None:
        if schema is None:
            return
        text = schema.text()[:20_000]
        if schema.kind() != "object" or re.search(r"\b(?:body|querystring)\b", text):
            row["checks"] = row.get("checks") or "schema"
        row["bounded"] = True  # bodyLimit: one MiB by default


def _unbound(node: SgNode) -> SgNode:
    """`controller.create` of `controller.create.bind(controller)`."""
    called = node.field("function") if node.kind() == "call_expression" else None
    member = called.field("property") if called is not None and called.kind() == "member_expression" else None
    if called is None or member is None or member.text() != "bind":
        return node
    return called.field("object") or node


def _listed(node: SgNode) -> list[SgNode]:
    """What Express takes for its handlers in a list, one after the other: `app.get("/x", [check, answer])`."""
    if node.kind() != "array":
        return [node]
    return named_in(node)[:20]


def called_name(node: SgNode) -> str:
    if node.kind() == "call_expression":
        called = node.field("function")
        return called.text()[:80] if called is not None else ""
    return node.text()[:80] if node.kind() in ("identifier", "member_expression") else ""
