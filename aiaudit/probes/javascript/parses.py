"""Where what a model wrote is read as data: by which reader, against which schema, with which failure path."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from aiaudit import lazy
from aiaudit.probes.javascript.flows import FlowFinder
from aiaudit.probes.javascript.module import FUNCTIONS, WRAPPERS, first_named
from aiaudit.probes.javascript.names import GLOBAL, LOCAL, UNKNOWN, dotted
from aiaudit.probes.javascript.values import Values
from aiaudit.probes.python.match import name_set

if TYPE_CHECKING:
    from ast_grep_py import SgNode

MARKS: Final = lazy.linear(
    rb"\bJSON\.parse\(|\bJSON5\.parse\(|\bjsonrepair\(|\bparsePartialJson\(|\b(?:generate|stream)Object\(|withStructuredOutput\("
    rb"|completions\.(?:parse|stream)\(|responses\.parse\(|StructuredOutputParser|\bOutput\.(?:object|array|choice)\(|toolRunner\("
)
_READERS: Final = name_set(
    "JSON.parse json5.parse JSON5.parse jsonrepair.jsonrepair ai.parsePartialJson partial-json.parse"
)
_OBJECTS: Final = lazy.regex(r"^(?:ai|ai/rsc|@ai-sdk/rsc)\.(?:experimental_)?(?:generateObject|streamObject)$")
_TEXTS: Final = lazy.regex(r"^ai\.(?:generateText|streamText)$")
_SCHEMAS: Final = lazy.regex(
    r"\.withStructuredOutput$|(?:^|\.)chat\.completions\.parse$|\.responses\.parse$"
    r"|StructuredOutputParser\.(?:fromZodSchema|fromNamesAndDescriptions)$"
)
_CHECKS: Final = name_set(
    "parse safeParse parseAsync safeParseAsync validate validateSync validateAsync assert decode create is"
    " plainToInstance plainToClass Check Parse Decode"
)
MAX_ROWS: Final = 100


class ParseFinder:
    """Rows of reads; `source`: llm, or call (a function of the project, judged when all files are known)."""

    def __init__(self, finder: FlowFinder, values: Values) -> None:
        self.finder = finder
        self.module = finder.module
        self.resolver = finder.resolver
        self.values = values

    def rows(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        for call in self.module.calls:
            if len(found) >= MAX_ROWS:
                break
            row = self._row(call)
            if row is not None:
                at = call.range().start
                row |= {"line": at.line + 1, "function": self.module.function_at(at.index)}
                row["handled"] = row.get("handled", False) if row.get("streams") else _tried(call)
                found.append({key: value for key, value in row.items() if value not in (False, "", 0)})
        return found

    def _row(self, call: SgNode) -> dict[str, Any] | None:
        named = self.resolver.called(call)
        name = dotted(named.spec, named.rest)
        arguments = call.field("arguments")
        first = first_named(arguments) if arguments is not None and arguments.kind() == "arguments" else None
        if name in _READERS and first is not None:
            source, origin, line = self.finder.source_of(first)
            if source not in ("llm", "call"):
                return None
            typed = self._typed(call)
            return {
                "name": name,
                "kind": "json",
                "source": source,
                "source_name": origin,
                "source_line": line,
                "typed": typed,
            }
        if _OBJECTS.match(name):
            given, hidden = self.values.options(first)
            asked = (
                "schema" in given or given.get("output") == "enum" or (hidden and given.get("output") != "no-schema")
            )
            return self._asked(call, name, asked) | self._streamed(name, given)
        if _TEXTS.match(name):
            given, _ = self.values.options(first)
            if not {"output", "experimental_output"} & set(given):
                return None
            return self._asked(call, name, True) | self._streamed(name, given)
        if _SCHEMAS.search(name) and named.spec not in (GLOBAL, LOCAL):
            return self._asked(call, name, True)
        return None

    def _asked(self, call: SgNode, name: str, typed: bool) -> dict[str, Any]:
        line = call.range().start.line + 1
        kind = "schema" if typed else "json"
        shown = name.removeprefix(f"{UNKNOWN}.")
        return {"name": shown, "kind": kind, "source": "llm", "source_name": shown, "source_line": line, "typed": typed}

    def _streamed(self, name: str, given: dict[str, Any]) -> dict[str, Any]:
        """A stream throws nothing where it is made: what is wrong with the answer is told to a callback."""
        if ".stream" not in name:
            return {}
        return {"streams": True, "handled": bool({"onError", "onFinish"} & set(given))}

    def _typed(self, call: SgNode) -> bool:
        """Whether what was read goes into a check of a schema, here or by the name that it is given."""
        node: SgNode | None = call
        while node is not None:
            parent = node.parent()
            if parent is None:
                return False
            kind = parent.kind()
            if kind == "arguments":
                outer = parent.parent()
                return outer is not None and self._checks(outer)
            if kind == "variable_declarator":
                name = parent.field("name")
                return name is not None and name.kind() == "identifier" and self._checked_later(name)
            if kind == "assignment_expression":
                left = parent.field("left")
                return left is not None and left.kind() == "identifier" and self._checked_later(left)
            if kind not in WRAPPERS and kind not in ("binary_expression", "ternary_expression"):
                return False
            node = parent
        return False

    def _checks(self, call: SgNode) -> bool:
        called = call.field("function")
        last = called.text()[-80:].rpartition(".")[2] if called is not None else ""
        return last in _CHECKS and (called is None or not called.text().startswith("JSON"))

    def _checked_later(self, name: SgNode) -> bool:
        at = name.range().start.index
        bound = self.module.bound(name.text(), at)
        for call in self.module.calls:
            place = call.range().start.index
            if place <= at or not self._checks(call):
                continue
            arguments = call.field("arguments")
            given = [one for one in arguments.children() if one.is_named()] if arguments is not None else []
            for one in given[:2]:
                if (
                    one.kind() == "identifier"
                    and one.text() == name.text()
                    and self.module.bound(name.text(), place) is bound
                ):
                    return True
        return False


def _tried(node: SgNode) -> bool:
    """Whether a `try` with a `catch`, or a `.catch(…)` on the same expression, stands around the node."""
    inner = node
    for one in node.ancestors():
        kind = one.kind()
        if kind == "try_statement" and one.field("handler") is not None:
            body = one.field("body")
            if body is not None and body.range().start.index <= inner.range().start.index < body.range().end.index:
                return True
        if kind == "member_expression":
            member = one.field("property")
            if member is not None and member.text() == "catch":
                return True
        if kind in FUNCTIONS and one.kind() != "arrow_function":
            return False
        inner = one
    return False
