"""What a caught error is of: a request by axios, whose error holds the headers and the body that were sent, or other
work. An error of `JSON.parse`, of a sign-in or of a database holds neither, nor do those of the SDKs of OpenAI (from
version 4), of Anthropic and of Google: they keep the answer alone. `OpenAIApi` of `openai` before 4 asks by axios."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from aiaudit import lazy
from aiaudit.probes.javascript.module import FUNCTIONS, Module
from aiaudit.probes.javascript.names import GLOBAL, LOCAL, UNKNOWN

if TYPE_CHECKING:
    from ast_grep_py import SgNode

    from aiaudit.probes.javascript.resolve import Resolver

REQUEST: Final = "request"
HANDED: Final = "handed"  # the request stands in another file, whose function hands its error on
NOTHING: Final = "nothing"  # what reads a text and waits for nobody asks nobody
MARKS: Final = lazy.linear(rb"\baxios(?:\.\w+)?\(|\bnew\s+OpenAIApi\(")
_HEADER: Final = lazy.regex(
    r"[\"']?\bAuthorization[\"']?\s*:\s*[`\w]|[\"'](?i:x-api-key|api-key|x-goog-api-key|xi-api-key)[\"']\s*:\s*[`\w]"
)
_MADE: Final = lazy.regex(
    r"(?:\b(?:const|let|var)\s+|\bthis\.|^\s*(?:private|readonly)\s+)(\w{1,60})\s*=\s*(axios\.create|new\s+OpenAIApi)\("
)
_BY_AXIOS: Final = r"axios(?:\.(?:get|post|put|patch|delete|head|request|postForm|putForm))?"
_WAITS: Final = lazy.regex(r"\bawait\b|\.then\(")
MAX_TEXT: Final = 60_000
MAX_CALLED: Final = 40


class AskedErrors:
    """Reads the `try` statements of one file."""

    def __init__(self, module: Module, resolver: Resolver) -> None:
        self.module = module
        self.resolver = resolver
        self._keyed = _HEADER.search(module.text) is not None
        clients = {name: made.startswith("new") for name, made in _MADE.findall(module.text)[:10]}
        self._keyed_alone = any(clients.values()) and not self._keyed  # what other requests of the file send is no key
        asking = [re.escape(name) for name, always in clients.items() if always or not self._keyed_alone]
        sends = [rf"(?:{'|'.join(asking)})(?:\.\w+)?"] if asking else []
        sends += [_BY_AXIOS] if "axios" in module.text and not self._keyed_alone else []
        self._sends = re.compile(rf"^(?:this\.)?(?:{'|'.join(sends)})$") if sends else None
        self._known: dict[int, str] = {}

    def of(self, name: str, at: SgNode) -> tuple[str, SgNode | None]:
        """(REQUEST, NOTHING or "" for other work; what may throw it) of the error of that name where it is logged."""
        for one in at.ancestors():
            kind = one.kind()
            if kind == "else_clause" and _is_no_error(one, name):
                return NOTHING, None
            if kind == "catch_clause":
                parameter, tried = one.field("parameter"), one.parent()
                if parameter is not None and parameter.text() == name and tried is not None:
                    body = tried.field("body")
                    return self._of(body), body
            elif kind in FUNCTIONS:
                given = one.parent()
                call = given.parent() if given is not None and given.kind() == "arguments" else None
                called = call.field("function") if call is not None else None
                if called is not None and called.text().endswith(".catch"):
                    return self._of(called), called
        return "", None

    def handed(self, body: SgNode) -> list[list[str]]:
        """What is called in it that other files define, and whose errors nothing in it catches."""
        found: list[list[str]] = []
        for call in self._thrown(body):
            named = self.resolver.called(call)
            if named.spec not in (GLOBAL, LOCAL, UNKNOWN) and [named.spec, named.rest] not in found:
                found.append([named.spec, named.rest])
        return found[:MAX_CALLED]

    def keyed(self) -> list[str]:
        """The functions of this file that send a key by axios and hand its error to whoever calls them."""
        if self._sends is None or not (self._keyed or self._keyed_alone):
            return []
        made = ((scope.name, scope.node) for scope in self.module.functions if scope.name and scope.node is not None)
        return sorted({name for name, node in made if self._asks(node)})

    def _of(self, body: SgNode | None) -> str:
        if body is None:
            return ""
        start = body.range().start.index
        if start not in self._known:
            text = body.text()[:MAX_TEXT]
            nothing = "JSON.parse(" in text and body.kind() == "statement_block" and _WAITS.search(text) is None
            self._known[start] = NOTHING if nothing else REQUEST if self._asks(body) else ""
        return self._known[start]

    def _asks(self, body: SgNode) -> bool:
        """Whether it sends a request by axios itself, or by a function of this file that it calls."""
        if self._sends is None:
            return False
        calls = self._thrown(body)
        return any(self._sent(one) for one in calls) or any(
            self._sent(inner)
            for one in calls[:MAX_CALLED]
            if (made := self._made(one)) is not None
            for inner in self._thrown(made)
        )

    def _sent(self, call: SgNode) -> bool:
        called = call.field("function")
        return called is not None and self._sends is not None and self._sends.match(called.text()[:120]) is not None

    def _made(self, call: SgNode) -> SgNode | None:
        """The function or the method of this file that a call runs."""
        called = call.field("function")
        name = called.text().removeprefix("this.") if called is not None else ""
        if not name.isidentifier():
            return None
        bound = self.module.bound(name, call.range().start.index)
        made = bound.node if bound is not None else None
        if made is not None and made.kind() in FUNCTIONS:
            return made
        return next((one for key, one in self.module.methods.items() if key.rpartition(".")[2] == name), None)

    def _thrown(self, body: SgNode) -> list[SgNode]:
        """The calls in it whose errors come out of it: what is caught inside comes out only where it is thrown on."""
        place = body.range()
        calls = self.module.calls_in(place.start.index, place.end.index)
        return [one for one in calls if not self._caught(one, place.start.index)]

    def _caught(self, call: SgNode, start: int) -> bool:
        inside = call
        for one in call.ancestors():
            begins, kind = one.range().start.index, one.kind()
            if begins < start:
                return False
            if kind == "call_expression" and begins > start and inside.text().endswith(".catch"):
                return True
            if kind == "try_statement" and begins > start:
                body, handler = one.field("body"), one.field("handler")
                of_it = body is not None and body.range().start.index == inside.range().start.index
                if of_it and handler is not None and not _throws_on(handler):
                    return True
            inside = one
        return False


def _throws_on(handler: SgNode) -> bool:
    """`catch (e) { …; throw e }`: the error goes on as it is."""
    parameter = handler.field("parameter")
    return parameter is not None and any(
        re.fullmatch(rf"throw\s+{re.escape(parameter.text())}\s*;?", one.text()) is not None
        for one in handler.find_all(kind="throw_statement")
    )


def _is_no_error(node: SgNode, name: str) -> bool:
    """`if (error instanceof Error) … else log(error)`: what is logged there was thrown by nobody who asks."""
    tested = node.parent()
    condition = tested.field("condition") if tested is not None else None
    return condition is not None and condition.text().strip("( )") == f"{name} instanceof Error"
