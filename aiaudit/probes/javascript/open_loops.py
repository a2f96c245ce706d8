"""Loops and recursions, and what of the project is called in them: another file may tell that this asks a model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from aiaudit import lazy
from aiaudit.probes.javascript.calls import CallFinder, own_spec
from aiaudit.probes.javascript.module import FUNCTIONS, Module
from aiaudit.probes.javascript.names import LOCAL, UNKNOWN
from aiaudit.probes.javascript.resolve import Resolver
from aiaudit.probes.javascript.steps import HARMLESS

if TYPE_CHECKING:
    from ast_grep_py import SgNode

MARKS: Final = lazy.linear(rb"\bwhile\s*\(|\bfor\s*\(|\bdo\s*\{")
# Without one of these, no function that calls itself is told.
RECURS: Final = lazy.linear(rb"(?i:depth|level|step|turn|round|iteration|hop|recurs|tool|_?calls?\b|_?reason)")
MAX_LOOPS: Final = 300  # of one file
MAX_CALLS: Final = 60  # of one loop
_KINDS: Final[Any] = {
    "rule": {"any": [{"kind": "while_statement"}, {"kind": "do_statement"}, {"kind": "for_statement"}]}
}
_ENDS: Final = lazy.regex(r"\b(?:break|return)\b")
_WAITS: Final = lazy.regex(r"(?i)\b(?:sleep|delay|setTimeout|wait\w*)\(")
_TOOLS: Final = lazy.regex(r"(?i)tool_?calls?|function_?calls?|\btools\b|finish_?reason|stop_?reason")
_DEEPER: Final = lazy.regex(r"(?i)depth|level|step|(?<!re)turn|(?<!g)(?<!\ba)round|iteration|(?<![sc])hop|recurs")
_GUARD: Final = lazy.regex(r"[<>]=?|===?\s*\d")
_LEAVES: Final = lazy.regex(r"\b(?:return|throw)\b")


class OpenLoopFinder:
    def __init__(self, module: Module, resolver: Resolver, finder: CallFinder) -> None:
        self.module = module
        self.resolver = resolver
        self.finder = finder

    def record(self) -> dict[str, Any]:
        """`loops`: kind, bound, what they call; `recursions`: functions that call themselves, and whether that ends."""
        found: dict[str, Any] = {}
        loops = [row for one in self._loops() if (row := self._row(one)) is not None]
        if loops:
            found["loops"] = loops
        recursions = self._recursions()
        if recursions:
            found["recursions"] = recursions
        return found

    def _loops(self) -> list[SgNode]:
        return self.module.root.find_all(_KINDS)[:MAX_LOOPS] if MARKS.search(self.module.text.encode()) else []

    def _row(self, loop: SgNode) -> dict[str, Any] | None:
        place = loop.range()
        calls = self._called(place.start.index, place.end.index)
        if not calls:
            return None
        made = self.finder.loop_row(loop, None)
        text = loop.text()[:20_000]
        ends = _ENDS.search(text) is not None or made["loop"] in ("while", "do")
        waits = _WAITS.search(text) is not None and _TOOLS.search(text) is None
        return {
            "line": made["loop_line"],
            "kind": made["loop"],
            "bound": made["bound"],
            "turns": ends and not waits,  # it ends by what is answered, and is no service that looks again and again
            "function": self.module.function_at(place.start.index),
            "calls": calls,
        }

    def _called(self, start: int, end: int) -> list[list[Any]]:
        """[specifier, name, line] of what may be the project's."""
        found: list[list[Any]] = []
        for call in self.module.calls_in(start, end)[:400]:
            named = self.resolver.called(call)
            last = named.rest.rpartition(".")[2]
            if named.spec == UNKNOWN and (last in HARMLESS or not last):
                continue
            if named.spec in (LOCAL, UNKNOWN) or own_spec(named.spec):
                found.append([named.spec, named.rest, call.range().start.line + 1])
                if len(found) >= MAX_CALLS:
                    break
        return found

    def _recursions(self) -> list[dict[str, Any]]:
        found: dict[str, dict[str, Any]] = {}
        for call in self.module.calls:
            called = call.field("function")
            if called is None or called.kind() != "identifier" or len(found) >= MAX_LOOPS:
                continue
            at = call.range().start.index
            name = called.text()
            if self.module.function_at(at) != name or name in found:
                continue
            scope = next((one for one in self.module.around(at) if one.kind in FUNCTIONS and one.name == name), None)
            if scope is None or scope.node is None or _in_a_catch(call):
                continue
            text = scope.node.text()[:20_000]
            tools = _TOOLS.search(text) is not None
            if not tools and not _DEEPER.search(call.text()[:1000]):
                continue
            found[name] = {
                "line": scope.node.range().start.line + 1,
                "function": name,
                "bounded": self._ends(call, scope.node),
                "tools": tools,
                "calls": self._called(scope.start, scope.end),
            }
        return list(found.values())

    def _ends(self, call: SgNode, function: SgNode) -> bool:
        """Whether a comparison stands around the call, or one leaves the function before."""
        start, at = function.range().start.index, call.range().start.index
        for one in call.ancestors()[:40]:
            if one.range().start.index <= start:
                break
            if one.kind() in ("if_statement", "ternary_expression"):
                condition = one.field("condition")
                if condition is not None and _limits(condition.text()[:300]):
                    return True
        for one in function.find_all(kind="if_statement")[:40]:
            condition, then = one.field("condition"), one.field("consequence")
            if condition is None or then is None or one.range().start.index > at:
                continue
            if _limits(condition.text()[:300]) and _LEAVES.search(then.text()[:400]):
                return True
        return False


def _limits(condition: str) -> bool:
    return _GUARD.search(condition) is not None and _DEEPER.search(condition) is not None


def _in_a_catch(call: SgNode) -> bool:
    for one in call.ancestors()[:40]:
        if one.kind() == "catch_clause":
            return True
        if one.kind() in ("function_declaration", "method_definition"):
            return False
    return False
