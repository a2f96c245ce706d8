"""Functions that a cloud serves over HTTP: those of Azure, Firebase and Google; procedures of tRPC."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from aiaudit import lazy
from aiaudit.probes.javascript.calls import arguments_of, own_spec, properties
from aiaudit.probes.javascript.module import Module
from aiaudit.probes.javascript.names import LOCAL
from aiaudit.probes.javascript.route_rows import RouteRows
from aiaudit.probes.javascript.values import Values

if TYPE_CHECKING:
    from ast_grep_py import SgNode

_AZURE: Final = {
    f"@azure/functions.app.{verb}": verb for verb in ("http", "get", "post", "put", "patch", "deleteRequest")
}
_HTTPS: Final = lazy.regex(
    r"^(?:firebase-functions(?:/v\d)?(?:/https)?(?:\.\w+)*\.(?:onRequest|onCall)"
    r"|@google-cloud/functions-framework(?:\.\w+)*\.http)$"
)
_DENIES: Final = lazy.regex(r"UNAUTHORIZED|FORBIDDEN|\b40[13]\b|(?i:unauthori[sz]ed|not[ _-]?authenticated)")
_PROCEDURE: Final = lazy.regex(r"^\w*[pP]rocedure$")
_KINDS: Final = {"query": "GET", "mutation": "POST", "subscription": "GET"}
MAX_CHAIN: Final = 8


class FunctionRoutes:
    """Adds the rows of one file to `made`."""

    def __init__(self, made: RouteRows, values: Values) -> None:
        self.made = made
        self.values = values

    def add(self, call: SgNode, name: str) -> bool:
        """Whether the call makes a route; its row is then added."""
        if name in _AZURE:
            return self._azure(call, _AZURE[name])
        if _HTTPS.match(name):
            return self._https(call, name)
        called = call.field("function")
        member = called.field("property") if called is not None else None
        if called is not None and member is not None and member.text() in _KINDS:
            return self._procedure(call, called, member.text())
        return False

    def _azure(self, call: SgNode, verb: str) -> bool:
        """`app.http("chat", {methods, authLevel, route, handler})`: without a level, anybody may call."""
        arguments = arguments_of(call)
        if len(arguments) < 2:
            return False
        given = properties(arguments[1]) if arguments[1].kind() == "object" else {"handler": arguments[1]}
        found, _ = self.values.options(arguments[1])
        handler = given.get("handler")
        route = found.get("route") or self.values.text(arguments[0]) or ""
        methods = [one.upper() for one in found.get("methods", []) if isinstance(one, str)] or ["GET", "POST"]
        row = self.made.add(
            call,
            "azure",
            "route",
            f"/api/{route}" if isinstance(route, str) else "",
            methods if verb == "http" else [verb.removesuffix("Request").upper()],
            [handler] if handler is not None else [],
        )
        said = given.get("authLevel")
        level = said.text().strip("'\"`") if said is not None else ""
        if level in ("function", "admin"):
            row["auth"] = f"authLevel {level}"
        return True

    def _https(self, call: SgNode, name: str) -> bool:
        arguments = arguments_of(call)
        if not arguments:
            return False
        row = self.made.add(call, "functions", "route", "", [], arguments[-1:])
        if name.endswith("onCall"):
            row["reads"] = True
            text = arguments[-1].text()[:20_000]
            if "auth" in text and (_DENIES.search(text) or "unauthenticated" in text):
                row["auth"] = row.get("auth") or "auth of the call"
        return True

    def _procedure(self, call: SgNode, called: SgNode, kind: str) -> bool:
        """`protectedProcedure.input(schema).mutation(…)`; who may call is what the procedure is made of."""
        inner = called.field("object")
        has_input = False
        for _ in range(MAX_CHAIN):
            if inner is None or inner.kind() != "call_expression":
                break
            outer = inner.field("function")
            member = outer.field("property") if outer is not None else None
            has_input = has_input or (member is not None and member.text() == "input")
            inner = outer.field("object") if outer is not None else None
        if inner is None or not _PROCEDURE.match(inner.text().rpartition(".")[2]):
            return False
        pair = next((one for one in call.ancestors() if one.kind() == "pair"), None)
        key = pair.field("key") if pair is not None else None
        row = self.made.add(
            call,
            "trpc",
            "route",
            f"/{key.text()}" if key is not None else "",
            [_KINDS[kind]],
            arguments_of(call)[-1:],
            checks="input of the procedure" if has_input else "",
        )
        row["reads"] = row.get("reads") or has_input
        named = self.made.resolver.of(inner)
        if named is not None and (named.spec == LOCAL or own_spec(named.spec)):
            row.setdefault("asks_by", []).append([named.spec, named.rest])
        elif inner.kind() == "identifier":
            row["auth"] = row.get("auth") or procedures(self.made.module).get(inner.text(), {}).get("auth", "")
        return True


def procedures(module: Module) -> dict[str, dict[str, Any]]:
    """Top-level procedures of tRPC that send a stranger away, by a middleware in their chain or one that is named."""
    found: dict[str, dict[str, Any]] = {}
    if "rocedure" not in module.text:
        return found
    for name, bindings in module.bindings.items():
        one = bindings[0]
        if one.scope is not module.top or one.kind != "value" or one.node is None or not _PROCEDURE.match(name):
            continue
        text = one.node.text()[:20_000]
        used = [text]
        for other in lazy.regex(r"\.(?:use|concat)\(\s*(\w+)").findall(text) + lazy.regex(r"^(\w+)\b").findall(text):
            inner = module.bound(other, len(module.text) - 1)
            if inner is not None and inner.node is not None and inner.kind in ("value", "function") and other != name:
                used.append(inner.node.text()[:20_000])
        if any(_DENIES.search(part) and (".use(" in text or part is not text) for part in used):
            found[name] = {"auth": name}
    return found
