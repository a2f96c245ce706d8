"""What stands beside the routes of a server and answers as they do: websockets and GraphQL.

Whether they ask who is calling is told by what they are given (`verifyClient`, `context`), and by the functions that
take a connection.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from aiaudit import lazy
from aiaudit.probes.javascript.calls import arguments_of
from aiaudit.probes.javascript.module import FUNCTIONS
from aiaudit.probes.javascript.names import dotted
from aiaudit.probes.javascript.route_rows import RouteRows

if TYPE_CHECKING:
    from ast_grep_py import SgNode

_SERVERS: Final = {
    "ws.WebSocketServer": "ws",
    "ws.Server": "ws",
    "socket_io.Server": "socket.io",  # a dot in the name of a package is a line in ours
    "socket_io": "socket.io",  # `require("socket.io")(server)`, as older programs have it
    "@apollo/server/express4.expressMiddleware": "graphql",
    "@as-integrations/express5.expressMiddleware": "graphql",
    "graphql-yoga.createYoga": "graphql",
    "@apollo/server/standalone.startStandaloneServer": "graphql",
}
_TAKES: Final = lazy.regex(r"^[\"'`](?:connection|upgrade|connect)[\"'`]$")
_ASKS: Final = lazy.regex(r"\bverifyClient\b|\ballowRequest\b")
MAX_PLACES: Final = 20


class Sockets:
    """Adds to `rows` the websockets and GraphQL servers of one file; of kind mounted."""

    def __init__(self, rows: RouteRows) -> None:
        self.rows = rows
        self.module = rows.module

    def find(self) -> None:
        if not any(
            one.spec.startswith(("ws", "socket.io", "@apollo/server", "graphql-yoga", "@as-int"))
            for one in self.module.imports
        ):
            return
        for call in self.module.calls:
            named = self.rows.resolver.called(call)
            kind = _SERVERS.get(dotted(named.spec, named.rest))
            if kind is not None and len(self.rows.rows) < 1_000:
                row = self.rows.add(call, kind, "mounted", "", ["WEBSOCKET"] if kind != "graphql" else ["POST"], [])
                row |= {"reads": True, "auth": self._asks(call, kind)}

    def _asks(self, call: SgNode, kind: str) -> str:
        given = call.text()[:20_000]
        if kind == "graphql":
            inside = [one for argument in arguments_of(call) for one in argument.find_all(kind="arrow_function")]
            asks = any(self.rows.handlers.turning.of(one) for one in inside[:MAX_PLACES])
            return "context" if asks else ""
        match = _ASKS.search(given)
        if match is not None:
            return match.group(0)
        for one in self.module.calls:
            called = one.field("function")
            arguments = arguments_of(one)
            member = called.field("property") if called is not None and called.kind() == "member_expression" else None
            if member is None or not arguments or arguments[-1].kind() not in FUNCTIONS:
                continue
            takes = member.text() in ("on", "once") and _TAKES.match(arguments[0].text())
            if (takes or (member.text() == "use" and kind == "socket.io")) and self.rows.handlers.turning.of(
                arguments[-1]
            ):
                return "connection"
        return ""
