"""What log lines of TypeScript and JavaScript hold of what a model wrote: each part followed inside its file.

What callers send is told by the names under which a body is taken apart; only its own names (`req.body.text`) are
followed here.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from aiaudit import lazy
from aiaudit.probes.javascript.flows import FlowFinder
from aiaudit.probes.javascript.module import WRAPPERS, first_named
from aiaudit.probes.python.match import name_set

if TYPE_CHECKING:
    from ast_grep_py import SgNode

MARKS: Final = lazy.linear(rb"\b(?:console|[lL]ogger|log|winston|pino)\.(?:log|info|warn|error|dir|debug)\(")
MAX_ROWS: Final = 60
MAX_PARTS: Final = 12  # of one log line are followed
LOG: Final = lazy.regex(
    r"^(?:this\.|req\.|request\.|fastify\.|app\.|ctx\.)?(?:console|[lL]ogger|log|winston|pino)\.(?:log|info|warn|error|dir|debug)$"
)
_OWN: Final = name_set("slice substring substr trim toString toLowerCase toUpperCase replace replaceAll json text")
_WHOLE: Final = name_set("JSON.stringify JSON.parse String util.inspect inspect")


class _Wording(FlowFinder):
    """What is logged word by word: what a library makes of a text, or answers to it, is another text."""

    def lets_through(self, call: SgNode) -> bool:
        function = call.field("function")
        if function is None:
            return False
        property_ = function.field("property") if function.kind() == "member_expression" else None
        return function.text() in _WHOLE or (property_ is not None and property_.text() in _OWN)


class LoggedFinder:
    """Rows of parts of log lines; `source`: llm, user, or call (a function of another file, judged later)."""

    def __init__(self, finder: FlowFinder) -> None:
        self.finder = _Wording(finder.module, finder.resolver)
        self.module = finder.module

    def rows(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        for call in self.module.calls:
            function, arguments = call.field("function"), call.field("arguments")
            if function is None or arguments is None or arguments.kind() != "arguments" or len(found) >= MAX_ROWS:
                continue
            name = function.text() if function.kind() == "member_expression" else ""
            if len(name) < 40 and LOG.match(name):
                found.extend(self._rows(call, name, arguments))
        return found

    def _rows(self, call: SgNode, name: str, arguments: SgNode) -> Iterator[dict[str, Any]]:
        at = call.range().start
        seen: set[str] = set()
        for part, told in list(_parts(arguments))[:MAX_PARTS]:
            source, origin, line = self.finder.source_of(part)
            if told in seen or source not in ("llm", "user", "call"):
                continue
            seen.add(told)
            yield {
                "line": at.line + 1,
                "function": self.module.function_at(at.index),
                "call": name,
                "name": told,
                "source": source,
                "source_name": origin,
                "source_line": line,
            }


def _parts(node: SgNode) -> Iterator[tuple[SgNode, str]]:
    """The parts of what is logged that are no constants, each with the name that it goes by."""
    kind = node.kind()
    if kind in ("arguments", "array", "template_string", "template_substitution", "object", "binary_expression"):
        for one in node.children():
            if one.is_named():
                yield from _parts(one)
    elif kind in WRAPPERS or kind == "await_expression":
        inner = first_named(node)
        if inner is not None:
            yield from _parts(inner)
    elif kind in ("identifier", "shorthand_property_identifier"):
        yield node, node.text()
    elif kind == "member_expression" and (property_ := node.field("property")) is not None:
        yield node, property_.text()
    elif kind == "subscript_expression":
        index, owner = node.field("index"), node.field("object")
        if index is not None and index.kind() == "string":
            yield node, index.text().strip("\"'")
        elif owner is not None:
            yield from _parts(owner)
    elif kind in ("pair", "ternary_expression"):
        for field in ("value",) if kind == "pair" else ("consequence", "alternative"):
            inner = node.field(field)
            if inner is not None:
                yield from _parts(inner)
    elif kind == "call_expression":
        yield from _of_call(node)


def _of_call(call: SgNode) -> Iterator[tuple[SgNode, str]]:
    """What a call hands on: `JSON.stringify(x)`, `x.slice(0, 80)`. Another makes another text."""
    function, arguments = call.field("function"), call.field("arguments")
    if function is None or arguments is None or arguments.kind() != "arguments":
        return
    if function.text() in _WHOLE:
        first = first_named(arguments)
        if first is not None:
            yield from _parts(first)
    elif function.kind() == "member_expression":
        property_, owner = function.field("property"), function.field("object")
        if property_ is not None and owner is not None and property_.text() in _OWN:
            yield from _parts(owner)
