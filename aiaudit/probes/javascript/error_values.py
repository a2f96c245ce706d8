"""What an answer says after something went wrong, where no caught error stands in it:
`res.status(502).json({error: body})`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from aiaudit import lazy
from aiaudit.probes.javascript.flows import FlowFinder
from aiaudit.probes.javascript.module import first_named
from aiaudit.probes.python.match import name_set

if TYPE_CHECKING:
    from ast_grep_py import SgNode

    from aiaudit.probes.javascript.module import Module
    from aiaudit.probes.javascript.resolve import Resolver

MARKS: Final = lazy.linear(rb"\b(?:status(?:Code)?\b\W{1,3}[45]\d\d|error\s*:)")
MAX_ROWS: Final = 20
_ANSWERS: Final = lazy.regex(
    r"^(?:_?res|response|reply|c|ctx|NextResponse|Response)\b[^;]*\.(?:json|send|jsonp)$|^(?:NextResponse|Response)\.json$"
)
_STATUS: Final = lazy.regex(r"\b(?:status|code|statusCode)\b[\"']?\s*[:(]\s*([1-5]\d\d)\b")
_SAYS: Final = lazy.regex(
    r"(?i)^[\"']?(?:\w+_?)?(?:error|err|detail|details|reason|stderr|stack|exception)(?:_?(?:message|msg|text))?[\"']?$"
)


_TEXTS: Final = name_set(
    "toString slice substring trim replace replaceAll split join toLowerCase toUpperCase concat String stringify"
    " map filter"
)


class _Origins(FlowFinder):
    """What a call gives is its own: what another service was asked with does not tell what it answers."""

    def lets_through(self, call: SgNode) -> bool:
        called = call.field("function")
        member = called.field("property") if called is not None else None
        return called is not None and (member.text() if member is not None else called.text()) in _TEXTS


class ErrorValues:
    """The rows of one file. `told`: the lines of which rows of caught errors tell already."""

    def __init__(self, module: Module, resolver: Resolver, told: frozenset[int]) -> None:
        self.finder, self.told = _Origins(module, resolver), told
        self.errors = {
            parameter.text()
            for clause in module.root.find_all(kind="catch_clause")
            if (parameter := clause.field("parameter")) is not None
        }

    def rows(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        for call in self._answers():
            line = call.range().start.line + 1
            for value in self._said(call):
                at = value.range().start
                source, name, _ = self.finder.source_of(value)
                words = value.text()[:200]
                if source not in ("unknown", "call") or not self.told.isdisjoint((line, at.line + 1)):
                    continue
                if any(one in words for one in self.errors if one):
                    continue
                named = name if isinstance(name, str) and name else str(name[-1]) if name else words[:60]
                found.append(
                    {
                        "line": at.line + 1,
                        "function": self.finder.module.function_at(at.index),
                        "to": "open",
                        "kind": "value",
                        "status": 0,
                        "own": False,
                        "name": named[-80:],
                    }
                )
            if len(found) >= MAX_ROWS:
                break
        return found

    def _answers(self) -> Iterator[SgNode]:
        for call in self.finder.module.calls:
            called = call.field("function")
            member = called.field("property") if called is not None else None
            answers = member is not None and member.text() in ("json", "send", "jsonp")
            if called is not None and answers and _ANSWERS.match(called.text()[-200:]):
                yield call
        if "Response(" in self.finder.module.text:
            yield from self.finder.module.root.find_all(
                {"rule": {"kind": "new_expression", "regex": r"^new\s+(?:Next)?Response\("}}
            )[:100]

    def _said(self, call: SgNode) -> Iterator[SgNode]:
        arguments = call.field("arguments")
        given = [one for one in arguments.children() if one.is_named()] if arguments is not None else []
        if not given:
            return
        called = call.field("function")
        beside = (called.text()[-200:] if called is not None else "") + " ".join(one.text()[:400] for one in given[1:])
        status = _STATUS.search(beside)
        fault = status is not None and int(status[1]) >= 400
        value: SgNode | None = given[0]
        inner = given[0].field("function")
        texts = given[0].field("arguments")
        if inner is not None and texts is not None and inner.text() == "JSON.stringify":
            value = first_named(texts)
        if value is None:
            return
        if value.kind() != "object":
            if fault and value.kind() != "null":
                yield value
            return
        for one in value.children():
            key = one.field("key") if one.kind() == "pair" else None
            told = one.field("value") if one.kind() == "pair" else None
            if one.kind() == "shorthand_property_identifier" and _SAYS.match(one.text()):
                yield one
            elif key is not None and told is not None and _SAYS.match(key.text()):
                yield told
