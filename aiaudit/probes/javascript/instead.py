"""What takes the place of an answer outside of the `catch`, as `python.instead` says it of Python."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Final

from aiaudit import lazy
from aiaudit.probes.javascript.module import FUNCTIONS, WRAPPERS, Module, first_named, named_in
from aiaudit.probes.javascript.resolve import Resolver

if TYPE_CHECKING:
    from ast_grep_py import SgNode

Kind = Callable[["SgNode | None"], str]
_MOST: Final = 200
_LEAVES: Final = frozenset({"return_statement", "throw_statement", "continue_statement", "break_statement"})
_NEUTRAL: Final = lazy.regex(
    r"(?i)err|status|state|message|msg|detail|count|start|success|done|time|total|prompt|model|context|query|source|key|url|loading"
)


def goes_on(node: SgNode, handler: SgNode, kind: Kind) -> bool:
    """Whether another answer is given behind the `try`, which returns where it succeeds, or was there before it."""
    body, around = node.field("body"), node.parent()
    if body is None or around is None or any(one.kind() in _LEAVES for one in _within(handler)):
        return False
    block = named_in(around)
    at = next((n for n, one in enumerate(block) if one.range().start.index == node.range().start.index), -1)
    last = next(reversed(named_in(body)), None)
    if last is not None and last.kind() == "return_statement" and first_named(last) is not None:
        return _behind(block[at + 1 : at + 12], kind)
    return _before(body, handler, block, at, kind)


def _behind(block: list[SgNode], kind: Kind) -> bool:
    for one in block:
        if one.kind() == "return_statement":
            return kind(first_named(one)) == "value"
        if one.kind() in ("throw_statement", "try_statement"):
            return False
    return False


def _before(body: SgNode, handler: SgNode, block: list[SgNode], at: int, kind: Kind) -> bool:
    if any(one.kind() == "assignment_expression" for one in _within(handler)):
        return False
    given = {
        left.text()
        for one in body.find_all(kind="assignment_expression")[:_MOST]
        if (left := one.field("left")) is not None and left.kind() == "identifier"
    }
    kept: set[str] = set()
    for statement in block[max(0, at - 12) : at] if given else ():
        for one in statement.find_all(kind="variable_declarator") if statement.kind() == "lexical_declaration" else ():
            name, value = one.field("name"), one.field("value")
            if name is None or value is None or name.text() not in given or _NEUTRAL.search(name.text()):
                continue
            if value.kind() not in ("call_expression", "await_expression") and kind(value) == "value":
                kept.add(name.text())
    return any(
        inner.text() in kept
        for one in block[at + 1 :]
        for inner in one.find_all(any=[{"kind": "identifier"}, {"kind": "shorthand_property_identifier"}])
    )


def _within(node: SgNode) -> Iterator[SgNode]:
    stack = [node]
    while stack:
        one = stack.pop()
        yield one
        stack.extend(inner for inner in one.children() if inner.is_named() and inner.kind() not in FUNCTIONS)


def replaced(module: Module, resolver: Resolver, kind: Kind) -> list[list[Any]]:
    """The functions in whose place another answer is given where they give nothing: `(await ask(t)) ?? byRules(t)`,
    `if (!answer) answer = byRules(t)`."""
    rows: list[list[Any]] = []
    for one in module.root.find_all(kind="binary_expression")[: 5 * _MOST]:
        operator = one.field("operator")
        if operator is not None and operator.text() in ("??", "||") and kind(one.field("right")) == "value":
            _add(rows, _call_of(one.field("left")), resolver)
    for one in module.root.find_all(kind="if_statement")[:_MOST]:
        condition, then = one.field("condition"), one.field("consequence")
        asked = condition.text().strip("() \n") if condition is not None else ""
        name = asked.removeprefix("!").removesuffix("=== null").removesuffix("== null").strip()
        if then is None or name == asked or not name.isidentifier():
            continue
        if not _gives(then, name, kind):
            continue
        bound = module.bound(name, one.range().start.index)
        if bound is not None and bound.kind == "value":
            _add(rows, _call_of(bound.node), resolver)
    return rows


def _gives(then: SgNode, name: str, kind: Kind) -> bool:
    for one in _within(then):
        if one.kind() == "assignment_expression":
            left = one.field("left")
            if left is not None and left.text() == name:
                return kind(one.field("right")) == "value"
        if one.kind() == "return_statement":
            return kind(first_named(one)) == "value"
    return False


def _call_of(node: SgNode | None) -> SgNode | None:
    while node is not None and (node.kind() in WRAPPERS or node.kind() == "await_expression"):
        node = first_named(node)
    return node if node is not None and node.kind() == "call_expression" else None


def _add(rows: list[list[Any]], call: SgNode | None, resolver: Resolver) -> None:
    if call is not None and len(rows) < _MOST:
        named = resolver.called(call)
        if named.rest:
            rows.append([named.spec, named.rest, call.range().start.line + 1])
