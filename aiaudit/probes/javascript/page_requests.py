"""What a page asks: the addresses of its requests, and the functions that are handed an answer or an event."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final

from aiaudit import lazy
from aiaudit.probes.javascript.module import Module, named_in
from aiaudit.probes.javascript.page_values import PageValues

if TYPE_CHECKING:
    from ast_grep_py import SgNode

ASKS: Final = lazy.regex(
    r"(?i)^(?:(?:window|globalThis|self)\.)?fetch$|^axios(?:\.(?:get|post|put|patch|delete|request))?$|^(?:ky|ofetch|\$fetch)(?:\.\w+)?$"
    r"|^(?:\$|jQuery)\.(?:ajax|post|get|getJSON)$|(?:^|[._])(?:api|http|client|axios\w*|instance)\.(?:get|post|put|patch|delete)$"
)
SOCKETS: Final = lazy.regex(r"^(?:WebSocket|EventSource)$")
_PREFIX: Final = lazy.regex(
    r"^[\"'`]?(?:\$\{[^}]*\})*(?:(?:https?|wss?)://(?:localhost|127\.0\.0\.1|0\.0\.0\.0)(?::\d+)?)?"
)
_PATH: Final = lazy.regex(r"/[\w\-./${}:\[\]]*")


class PageRequests:
    """`source`: where a value comes from (source, name, line). `written`: an expression as it is written, with what the
    names in it hold."""

    def __init__(
        self,
        module: Module,
        values: PageValues,
        source: Callable[[SgNode | None, int], tuple[Any, Any, int]],
        written: Callable[[SgNode], str],
    ) -> None:
        self.module = module
        self.values = values
        self._source = source
        self._written = written

    def answered(self, made: SgNode) -> str | None:
        """The address whose answer a callback is handed: `$.post(url, data, reply => …)`, `socket.onmessage = e => …`;
        "" where it is handed an event of the page, None where it is no such callback."""
        parent = made.parent()
        if parent is None:
            return None
        if parent.kind() == "pair" and (key := parent.field("key")) is not None:
            owner = parent.parent()
            call = owner.parent().parent() if owner is not None and owner.parent() is not None else None  # type: ignore[union-attr]
            if key.text() in ("success", "done") and call is not None and is_asking(call) and owner is not None:
                return self.address([owner])
            return None
        if parent.kind() == "assignment_expression" and (left := parent.field("left")) is not None:
            if left.text().endswith(".onmessage"):
                found = self._source(left.field("object"), 2)
                return str(found[1]) if found[0] == "reply" else None
            return "" if re.search(r"\.on[a-z]+$", left.text()) else None
        if parent.kind() != "arguments" or (call := parent.parent()) is None:
            return None
        called = call.field("function")
        given = named_in(parent)
        if called is None:
            return None
        if is_asking(call) and given and given[0].range().start != made.range().start:
            return self.address(given)
        member = called.field("property")
        if member is None:
            return None
        if member.text() in ("done", "success"):
            found = self._source(called.field("object"), 2)
            return str(found[1]) if found[0] == "reply" else None
        if member.text() == "addEventListener" and given:
            found = self._source(called.field("object"), 2)
            return str(found[1]) if found[0] == "reply" else ""
        if member.text() == "on" and len(given) > 1 and given[0].kind() == "string":
            return f"socket:{given[0].text()[1:-1]}" if self._is_socket(called.field("object")) else ""
        return "" if member.text() in ("catch", "click", "ready", "submit") else None

    def _is_socket(self, owner: SgNode | None) -> bool:
        """`socket.on("said", …)`, whatever the socket is called where `io()` made it."""
        if owner is None:
            return False
        bound = self.module.bound(owner.text(), owner.range().start.index) if owner.kind() == "identifier" else None
        made = bound.node.text()[:20] if bound is not None and bound.node is not None else ""
        return re.search(r"(?i)socket|\bio\b", owner.text()[-40:]) is not None or made.startswith(
            ("io(", "io.connect(")
        )

    def address(self, given: Sequence[SgNode]) -> str:
        """The path that is asked, as far as the file says; "?" where it does not."""
        if not given:
            return "?"
        first = given[0]
        if first.kind() == "object":
            held = list(self.values.held(first, "url", 0))
            return self.address(held[:1])
        text = self._written(first)[:300]
        stripped = text[_PREFIX.match(text).end() :]  # type: ignore[union-attr]
        found = _PATH.search(stripped)
        if stripped.startswith(("http://", "https://", "ws://", "wss://")):
            return stripped.strip("\"'`")[:80]
        return found[0][:80] if found is not None else "?"


def is_asking(call: SgNode) -> bool:
    called = call.field("function")
    return called is not None and ASKS.search(called.text()[-60:]) is not None


def field_of(told: str, word: str) -> str:
    """The address that was asked with one more step of what was taken from the reply."""
    if not word or word in ("data", "body", "json", "?"):
        return told
    address, _, fields = told.partition(" ")
    return f"{address} {fields}.{word}" if fields else f"{address} {word}"
