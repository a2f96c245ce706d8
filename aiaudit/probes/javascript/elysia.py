"""Routes of Elysia: a chain of calls in which hooks and plugins stand before the routes behind them, and the options of
a route stand behind its handler."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from aiaudit import lazy
from aiaudit.probes.javascript.calls import arguments_of, properties
from aiaudit.probes.javascript.module import FUNCTIONS
from aiaudit.probes.javascript.route_rows import RouteRows

if TYPE_CHECKING:
    from ast_grep_py import SgNode

CHAINED: Final = (
    "onBeforeHandle", "onRequest", "onTransform", "onAfterHandle", "onAfterResponse", "onError", "derive", "resolve",
    "guard", "group", "decorate", "state", "model", "macro", "as", "mount", "headers", "trace", "ws", "onParse",
)  # fmt: skip
HOOKS: Final = ("onBeforeHandle", "onRequest")
_HOOKS: Final = (*HOOKS, "resolve", "derive")
_TAKEN: Final = lazy.regex(r"\b(?:body|query)\b")
_LIMITS: Final = lazy.regex(r"\bmax(?:Length|Items|imum|Size)\s*:|\bt\.(?:Union|Enum|Literal|Number|Numeric|Boolean)\(")
_MAX_CHAIN: Final = 60


def complete(made: RouteRows, row: dict[str, Any], receiver: SgNode, arguments: list[SgNode]) -> None:
    """Adds to a route what its options say and what stands before it in the chain."""
    handler = next((one for one in arguments[1:2] if one.kind() in FUNCTIONS), None)
    if handler is not None:
        parameters = handler.field("parameters") or handler.field("parameter")
        row["reads"] = row["reads"] or (parameters is not None and _TAKEN.search(parameters.text()) is not None)
    options = arguments[2] if len(arguments) > 2 and arguments[2].kind() == "object" else None
    if options is not None:
        given = properties(options)
        schema = given.get("body") or given.get("query")
        if schema is not None:
            row["checks"] = row.get("checks") or "schema"
            row["bounded"] = row.get("bounded") or _LIMITS.search(schema.text()) is not None
        hook = given.get("beforeHandle")
        _hook(made, row, hook)
    inner: SgNode | None = receiver
    for _ in range(_MAX_CHAIN):
        called = inner.field("function") if inner is not None and inner.kind() == "call_expression" else None
        if inner is None or called is None:
            return
        member = called.field("property")
        name = member.text() if member is not None else ""
        given_to = arguments_of(inner)
        if name in _HOOKS and given_to:
            _hook(made, row, given_to[-1])
        if name == "guard" and given_to and given_to[0].kind() == "object":
            _hook(made, row, properties(given_to[0]).get("beforeHandle"))
        if name == "use":
            for one in given_to[:4]:
                limits = made.handlers.limits.chain(one)
                if limits:
                    row["limits"] = [*row.get("limits", []), *limits][:60]
        inner = called.field("object")


def _hook(made: RouteRows, row: dict[str, Any], hook: SgNode | None) -> None:
    """What runs before a handler, and may turn a caller away."""
    if hook is None:
        return
    if hook.kind() in FUNCTIONS:
        refusal = made.handlers.turning.of(hook)
        if refusal:
            row["auth"], row["sure"] = row.get("auth") or "beforeHandle", True
        return
    for one in [hook, *made.inside(hook)] if hook.kind() == "array" else [hook]:
        made.handler(row, one, last=False)
