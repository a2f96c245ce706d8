"""What takes the place of an answer outside of the handler of the error: what follows a `try` that would have returned,
what a name was given before it, and what a caller does where a function gives nothing."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

from aiaudit.probes.python.file_view import FileView
from aiaudit.probes.python.module import Scope
from aiaudit.probes.python.names import last_name
from aiaudit.probes.python.nodes import DEFS, LEAVES, blocks, statements, walk

Kind = Callable[[ast.expr | None], str]  # value, message or nothing
_MOST: Final = 200
_FAR: Final = 12  # statements behind a `try` that are looked at


def around(scope: Scope) -> dict[int, tuple[Sequence[ast.stmt], int]]:
    """The block in which each `try` of a scope stands, and its place there, by the `id` of the `try`. Where that is the
    block of a condition, what stands behind the condition follows: `if model: try: return model(text) …`."""
    found: dict[int, tuple[Sequence[ast.stmt], int]] = {}
    stack: list[tuple[Sequence[ast.stmt], Sequence[ast.stmt]]] = [(scope.node.body, ())]
    while stack:
        block, behind = stack.pop()
        for at, node in enumerate(block):
            if isinstance(node, ast.Try | ast.TryStar):
                found[id(node)] = ((*block, *behind), at) if behind else (block, at)
            if isinstance(node, ast.If):
                rest = (*block[at + 1 : at + 1 + _FAR], *behind)[:_FAR]
                stack.extend((inner, rest) for inner in blocks(node))
            elif node.__class__ not in DEFS:
                stack.extend((inner, ()) for inner in blocks(node))
    return found


def follows(
    node: ast.Try | ast.TryStar, handler: ast.ExceptHandler, block: Sequence[ast.stmt], at: int, kind: Kind
) -> bool:
    """Whether what stands behind a `try` is reached only where it failed, and answers: the `try` returns, its handler
    goes on, and so does `return by_rules(text)`."""
    if any(isinstance(one, LEAVES) for one in _within(handler.body)) or not node.body:
        return False
    if not isinstance(node.body[-1], ast.Return) or node.body[-1].value is None or node.orelse:
        return False
    for one in block[at + 1 : at + _FAR]:
        if isinstance(one, ast.Return):
            return kind(one.value) == "value"
        if isinstance(one, ast.Raise | ast.Try | ast.TryStar):
            return False
    return False


def stays(
    node: ast.Try | ast.TryStar, handler: ast.ExceptHandler, block: Sequence[ast.stmt], at: int, kind: Kind
) -> bool:
    """Whether a name that the `try` gives an answer had one before it, which stays where it fails, and is used behind:
    `result = {"label": "neutral"}`."""
    if any(isinstance(one, (*LEAVES, ast.Assign)) for one in _within(handler.body)):
        return False
    given = {
        target.id
        for one in _within(node.body)
        if isinstance(one, ast.Assign)
        for target in one.targets
        if isinstance(target, ast.Name)
    }
    before = {
        target.id
        for one in block[max(0, at - 12) : at]
        if isinstance(one, ast.Assign)
        and kind(one.value) == "value"
        and not isinstance(one.value, ast.Call | ast.Await)
        for target in one.targets
        if isinstance(target, ast.Name)
    }
    kept = given & before
    return any(
        isinstance(one, ast.Return)
        and one.value is not None
        and any(isinstance(inner, ast.Name) and inner.id in kept for inner in walk(one.value))
        for one in block[at + 1 :]
    )


def _within(body: Sequence[ast.stmt]) -> Iterator[ast.stmt]:
    stack = list(reversed(body))
    while stack:
        node = stack.pop()
        yield node
        if node.__class__ not in DEFS:
            for block in blocks(node):
                stack.extend(block)


def replaced(view: FileView, kind: Kind) -> list[dict[str, Any]]:
    """The functions in whose place another answer is given where they give nothing: `answer = ask(text)` and
    `if not answer: answer = by_rules(text)`, or `ask(text) or by_rules(text)`."""
    rows: list[dict[str, Any]] = []
    for scope in view.module.scopes:
        if scope.kind != "function":
            continue
        given: dict[str, ast.Call] = {}
        for node, _ in statements(scope):
            if len(rows) >= _MOST:
                return rows
            call = None
            if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
                if (made := _call_of(node.value)) is not None:
                    given[node.targets[0].id] = made
            elif isinstance(node, ast.If):
                call = given.get(_missing(node.test))
                call = call if call is not None and _gives(node.body, _missing(node.test), kind) else None
            value = node.value if isinstance(node, ast.Assign | ast.Return) else None
            if isinstance(value, ast.BoolOp) and isinstance(value.op, ast.Or):
                first = _call_of(value.values[0])
                call = first if first is not None and kind(value.values[-1]) == "value" else None
            if call is not None:
                rows.extend({"of": name, "line": view.source.line(node.lineno)} for name in _names(call, scope, view))
    return rows


def _call_of(node: ast.expr) -> ast.Call | None:
    inner = node.value if isinstance(node, ast.Await) else node
    return inner if isinstance(inner, ast.Call) else None


def _names(call: ast.Call, scope: Scope, view: FileView) -> list[str]:
    found = [one.name for one in view.resolver.names(call.func, scope)[:2]]
    return found or ([f"?.{call.func.attr}"] if isinstance(call.func, ast.Attribute) else [])


def _missing(test: ast.expr) -> str:
    """The name that is asked for where a condition holds if it is empty: `not answer`, `answer is None`."""
    match test:
        case ast.UnaryOp(op=ast.Not(), operand=ast.Name(id=name)):
            return name
        case ast.Compare(left=ast.Name(id=name), ops=[ast.Is() | ast.Eq()], comparators=[ast.Constant(value=None)]):
            return name
        case ast.BoolOp(op=ast.Or(), values=[first, *_]):
            return _missing(first)
    return ""


def _gives(body: Sequence[ast.stmt], name: str, kind: Kind) -> bool:
    """Whether a block gives a name, or the caller, another answer."""
    for node in body:
        match node:
            case ast.Assign(targets=[ast.Name(id=target)], value=value) if target == name:
                return kind(value) == "value"
            case ast.Return(value=value):
                return kind(value) == "value" and not _is_refusal(value)
    return False


def _is_refusal(node: ast.expr | None) -> bool:
    return node is not None and any(
        isinstance(one, ast.Call) and last_name(one.func) in ("abort", "redirect", "HTTPException")
        for one in walk(node)
    )
