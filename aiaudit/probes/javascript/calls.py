"""Calls that some query asks for, with arguments, options and surroundings."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from aiaudit import lazy
from aiaudit.model.types import Unknown, as_json
from aiaudit.probes.javascript.factories import factory_of
from aiaudit.probes.javascript.module import FUNCTIONS, Module, first_named, named_in
from aiaudit.probes.javascript.names import GLOBAL, LOCAL, UNKNOWN, dotted, far
from aiaudit.probes.javascript.resolve import Named, Resolver
from aiaudit.probes.javascript.values import SOMETIMES, Values
from aiaudit.probes.python.match import Patterns, name_set
from aiaudit.probes.python.values import redacted

if TYPE_CHECKING:
    from ast_grep_py import SgNode

MAX_CALLS: Final = 5_000  # records of one file
_LOOPS: Final = {
    "for_statement": "for",
    "for_in_statement": "for_of",
    "while_statement": "while",
    "do_statement": "do",
}
_EACH: Final = name_set("map forEach flatMap reduce filter")
_RETRIERS: Final = name_set(
    "p-retry async-retry exponential-backoff exponential-backoff.backOff retry cockatiel ts-retry-promise"
)
_ENDLESS: Final = lazy.regex(r"^\(?\s*(?:true|1)\s*\)?$")
_COMPARES: Final = lazy.regex(r"[\w\])]\s*(?:<=?|>=?)\s*[\w(]|--|\.length\b")
_LEAVES: Final = (
    r"\bif\s*\([^{;]{0,120}(?:[<>]=?|--|(?i:attempt|retr(?:y|ies)|\btries|max|count|step|turn|round|iteration)\w*\s*===?)"
    r"[^{;]{0,120}\)\s*\{?[^}]{0,200}\b(?:break|return|throw)\b"
)
_ENDS: Final = lazy.regex(r"\b(?:break|return)\b")
# A number of calls or of characters that the model asks for bounds nothing: it decides that.
_OF_THE_MODEL: Final = lazy.regex(
    r"(?i)(?:tool|function)_?(?:calls?|uses?)|\bcalls\b|finish_?reason|stop_?reason|content\w*\??\.length"
)
_NAMED_MAXIMUM: Final = lazy.regex(
    r"(?i)(?:<=?|>=?|===?)\s*[\w.]*(?:max|limit|steps?\b|iterations?\b|turns\b|rounds\b)|(?:max|limit)\w*\s*(?:<=?|>=?)"
)
# What gives up waiting after a time: `Promise.race([ask(), late])`, `pTimeout(…)`, `withTimeout(…)`; not `setTimeout`.
_GIVES_UP: Final = lazy.regex(r"(?i)^(?:race|(?!set|clear)\w*time_?out\w*|\w*deadline\w*)$")
_REQUEST: Final = lazy.regex(
    r"(?:^|[\s({,])(?:req|request|ctx|_req|_request|c)\s*[,:)=]|NextRequest|FastifyRequest|APIGatewayProxyEvent"
)
_ADDRESS: Final = lazy.regex(r"[`\"'](?:https?:|wss?:|\$\{\w*(?i:url|host|base|endpoint|origin|api)\w*(?:\.\w+)*\})")
_OWN_ADDRESS: Final = lazy.regex(r"[`\"'](?:/(?!/)|\./|blob:|data:|https?://(?:localhost|127\.0\.0\.1))")
_METHOD_NAMES: Final = name_set("GET POST PUT PATCH DELETE OPTIONS HEAD handler")
_USER: Final = lazy.regex(r"\b(?:req|request|ctx\.request|c\.req)\b[.?]|\bsearchParams\b|process\.argv")


_BASES: Final = ("baseURL", "baseUrl", "prefixUrl")


def _elsewhere(base: Any) -> bool:
    """Whether the address that a client puts before each path is no path of the same host."""
    return not isinstance(base, str) or not _OWN_ADDRESS.match(base)


def arguments_of(call: SgNode) -> list[SgNode]:
    """What a call is given in its brackets; a tagged template is given nothing."""
    arguments = call.field("arguments")
    if arguments is None or arguments.kind() == "template_string":
        return []
    return named_in(arguments)


def properties(node: SgNode) -> dict[str, SgNode]:
    """The properties of an object literal by name."""
    found: dict[str, SgNode] = {}
    for one in node.children():
        key = one.field("key") or one.field("name")
        if key is not None:
            value = one.field("value")
            found[key.text().strip("'\"")] = value if value is not None else one
    return found


class CallFinder:
    """Records of the calls in one file whose name may be asked for."""

    def __init__(self, module: Module, resolver: Resolver, values: Values, patterns: Patterns) -> None:
        self.module = module
        self.resolver = resolver
        self.values = values
        self.patterns = patterns

    def rows(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        for call in self.module.calls:
            named = self.resolver.called(call)
            if self._asked(named):
                found.append(self._row(call, named))
                if len(found) >= MAX_CALLS:
                    break
        return found

    def _asked(self, named: Named) -> bool:
        if not named.rest and named.spec in (GLOBAL, UNKNOWN, LOCAL):
            return False
        name = dotted(named.spec, named.rest)
        if self.patterns.match(name):
            return True
        if named.spec in (GLOBAL, LOCAL, UNKNOWN):
            return False
        # A name of the project's own: what it stands for is known when all files are. A package's may be a workspace's.
        _, _, tail = named.rest.partition(".")
        if not own_spec(named.spec):
            return "." in tail and self.patterns.is_tail(tail)
        last = named.rest.rpartition(".")[2]
        return not tail or self.patterns.ends_like(last) or self.patterns.is_tail(last)

    def _row(self, call: SgNode, named: Named) -> dict[str, Any]:
        place = call.range()
        at = place.start.index
        args = arguments_of(call)
        kw: dict[str, Any] = {}
        hidden: list[int] = []
        made: list[list[Any]] = []
        for index, one in enumerate(args):
            if one.kind() == "spread_element":
                hidden += [index, index + 1]
                continue
            given, more = self.values.options(one)
            kw = {**given, **kw}
            if more:
                hidden.append(index)
                factory = factory_of(one, self.module)
                if factory is not None and factory.imported is not None:
                    made.append([index, factory.imported.spec, factory.imported.name])
        row: dict[str, Any] = {
            "line": place.start.line + 1,
            "names": [[named.spec, named.rest]],
            "args": [as_json(self._argument(one)) for one in args[:6]],
            "kw": as_json(kw),
            "hidden": hidden,
            "function": self.module.function_at(at),
            "arg0": redacted(_one_line(self._written(args[0]))) if args else "",
            "new": call.kind() == "new_expression",
        }
        if args:
            row["dynamic"] = isinstance(self._argument(args[0]), Unknown)
            row["source"] = self._source(args[0])
        if made:
            row["made_by"] = made
        if not named.sure:
            row["other_names"] = True
            if named.other is not None and named.made is None:
                row["other"] = list(named.other)
        if named.made is not None:
            client, more = self._made_with(named.made)
            row |= {"ctor_kw": as_json(client), "ctor_star": more, "ctor_known": True}
            if row.get("source") == "own" and any(_elsewhere(client[key]) for key in _BASES if key in client):
                row["source"] = "external"  # `axios.create({baseURL}).get("/path")`
        row |= self._surroundings(call, at)
        if self._given_up(call):
            row["kw"].setdefault("timeout", as_json(Unknown(SOMETIMES)))  # a limit on time, but not of the call's own
        return row

    def _given_up(self, call: SgNode) -> bool:
        """Whether the call is handed to what stops waiting for it after a time."""
        for one in call.ancestors():
            kind = one.kind()
            if kind == "call_expression":
                called = one.field("function")
                last = called.field("property") or called if called is not None else None
                if last is not None and _GIVES_UP.match(last.text()[:60]):
                    return True
            elif kind in FUNCTIONS:
                parent = one.parent()
                if parent is None or parent.kind() != "arguments":
                    return False
        return False

    def _source(self, node: SgNode, steps: int = 0) -> str:
        """Where the first argument comes from: literal, external (an address of another host), own (a path of the same
        host), user (a request), parameter, or expression."""
        kind = node.kind()
        text = node.text()[:300]
        if kind in ("string", "template_string"):
            return (
                "own"
                if _OWN_ADDRESS.match(text)
                else "external"
                if _ADDRESS.match(text)
                else ("literal" if kind == "string" or "${" not in text else "expression")
            )
        if _USER.search(text):
            return "user"
        if kind == "identifier" and steps < 4:
            bound = self.module.bound(text, node.range().start.index)
            if bound is not None and bound.kind == "param":
                return "parameter"
            if bound is not None and bound.kind == "value" and bound.node is not None and not bound.path:
                return self._source(bound.node, steps + 1)
        if kind in ("new_expression", "binary_expression") and steps < 4:
            inner = node.field("left") or node.field("arguments")
            first = first_named(inner) if inner is not None and kind == "new_expression" else inner
            return self._source(first, steps + 1) if first is not None else "expression"
        return "expression" if isinstance(self._argument(node), Unknown) else "literal"

    def _written(self, node: SgNode) -> str:
        """The first argument as it is written; of a name the address that is put together under it."""
        address = self._address(node) if node.kind() in ("identifier", "template_string") else ""
        return address if address.startswith("`") and _ADDRESS.match(address) else node.text()

    def _address(self, node: SgNode, steps: int = 0) -> str:
        """`const url = `${BASE}/models/${model}`` as a text, with what BASE holds; "" for what is no such text."""
        if node.kind() == "identifier" and steps < 3:
            bound = self.module.bound(node.text(), node.range().start.index)
            plain = bound is not None and bound.kind == "value" and not bound.assigned and not bound.path
            return (
                self._address(bound.node, steps + 1) if plain and bound is not None and bound.node is not None else ""
            )
        if node.kind() == "string":
            return node.text() if steps > 1 else ""  # what a plain name holds is filled in with the other values
        if node.kind() != "template_string":
            return ""
        text, inner = node.text()[:600], first_named(node)
        base = first_named(inner) if inner is not None and text.startswith("`${") else None
        head = self._address(base, steps + 1) if base is not None else ""
        return "`" + head.strip("\"'`") + text[text.index("}") + 1 :] if head and "}" in text else text

    def _argument(self, node: SgNode) -> Any:
        if node.kind() == "spread_element":
            return Unknown("...")
        return Unknown("options") if node.kind() == "object" else self.values.of(node)

    def _made_with(self, made: SgNode) -> tuple[dict[str, Any], bool]:
        found: dict[str, Any] = {}
        hidden = False
        for one in arguments_of(made):
            given, more = self.values.options(one)
            found = {**given, **found}
            hidden = hidden or more
        called = made.field("function")
        begun = called.field("object") if called is not None and called.text().endswith(".startChat") else None
        of = self.resolver.of(begun) if begun is not None else None  # a chat has the settings of the model it is of
        if of is not None and of.made is not None and of.made.range() != made.range():
            for one in arguments_of(of.made):
                given, more = self.values.options(one)
                found = {**given, **found}
                hidden = hidden or more
        return found, hidden

    def _surroundings(self, call: SgNode, at: int) -> dict[str, Any]:
        found: dict[str, Any] = {}
        own_function = True
        tried: SgNode | None = None
        parent = call.parent()
        if parent is not None and parent.kind() == "await_expression":
            found["awaited"] = True
        for one in call.ancestors():
            kind = one.kind()
            if kind == "variable_declarator" and own_function and "result" not in found:
                name = one.field("name")
                found["result"] = name.text()[:80] if name is not None else ""
            elif kind == "try_statement":
                if own_function:
                    tried = tried or one
                    found["in_try"] = True
            elif kind in _LOOPS and "loop" not in found and own_function:
                found |= self.loop_row(one, tried)
            elif kind in FUNCTIONS:
                own_function = own_function and self._is_callback(one, found)
                tried = None  # what is caught inside does not make a loop around it go round again
                if _REQUEST.search(_signature(one)) or self._name(one) in _METHOD_NAMES:
                    found["in_handler"] = True
        found["at_module"] = not any(scope.kind in FUNCTIONS for scope in self.module.around(at))
        return found

    def _is_callback(self, function: SgNode, found: dict[str, Any]) -> bool:
        """Whether a function runs where it stands: an argument of `map` or of a retry helper, or called at once."""
        parent = function.parent()
        outer = parent.parent() if parent is not None and parent.kind() == "arguments" else None
        if outer is None or outer.kind() != "call_expression":
            return False
        named = self.resolver.called(outer)
        name = dotted(named.spec, named.rest)
        if name in _RETRIERS:
            found.setdefault("retried", name)
        last = name.rpartition(".")[2]
        if last in _EACH:
            found.setdefault("in_loop", True)
        return True

    def loop_row(self, loop: SgNode, tried: SgNode | None) -> dict[str, Any]:
        """What a loop is, and what bounds it; `tried`: the `try` in it around a call."""
        kind = _LOOPS[loop.kind()]
        condition = loop.field("condition")
        text = condition.text().strip(" ;") if condition is not None else ""
        bound = ""
        if (kind == "for" and text in ("", ";")) or (kind == "while" and _ENDLESS.match(text)):
            kind = "while_true"
        if kind == "for" and _NAMED_MAXIMUM.search(text):
            bound = "a named maximum"
        elif kind in ("for_of", "for"):
            bound = "the loop's own head"
        elif kind != "while_true" and any(
            _COMPARES.search(one) and not _OF_THE_MODEL.search(one) for one in _conjuncts(text)
        ):
            bound = "its condition"
        elif self._is_left(loop.text()[:20_000]):
            bound = "a comparison that ends it"
        head = loop.text()[:200]
        repeats = kind != "for_of" and (
            kind != "for" or re.search(r"(?i:attempt|retr(?:y|ies))|\b[Tt]ries|[a-z_]Tries|_tries", head) is not None
        )
        row: dict[str, Any] = {
            "in_loop": True,
            "loop": kind,
            "loop_line": loop.range().start.line + 1,
            "bound": bound,
        }
        body = tried.field("body") if tried is not None else None
        ends = kind != "while_true" or (body is not None and _ENDS.search(body.text()[:20_000]) is not None)
        if tried is not None and repeats and ends:  # an endless loop that success does not leave repeats no failed call
            row["retried"] = "loop"
        return row

    def _is_left(self, text: str) -> bool:
        """Whether a comparison ends the loop that is not one of what the model answered."""
        for match in list(_leaves().finditer(text))[:20]:
            condition = match.group(0).partition(")")[0]
            if not _OF_THE_MODEL.search(condition) or _NAMED_MAXIMUM.search(match.group(0)[:300]):
                return True
        return False

    def _name(self, function: SgNode) -> str:
        name = function.field("name")
        return name.text() if name is not None else ""


def _conjuncts(condition: str) -> list[str]:
    """The parts of a condition that all must hold, so that each of them ends a loop by itself."""
    return [condition] if "||" in condition else condition.split("&&")


def own_spec(spec: str) -> bool:
    """Whether a specifier may mean a file of the project: relative, or one of the usual aliases of tsconfig."""
    return not far(spec) and (
        spec.startswith((".", "/", "@/", "~", "#", "src/", "$lib"))
        or (not spec.startswith("@") and "/" in spec and not spec.startswith("node:"))
        or spec.count("/") > 1
    )


@cache
def _leaves() -> Any:
    import re2

    return re2.compile(_LEAVES)


def _signature(function: SgNode) -> str:
    parameters = function.field("parameters") or function.field("parameter")
    return f"({parameters.text().strip('()')})"[:300] if parameters is not None else ""


def _one_line(text: str) -> str:
    return " ".join(text[:300].split())
