"""Statements at which a way through a function ends, turns somebody away, or goes on though a check failed."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import Final

from aiaudit import lazy
from aiaudit.probes.python.credentials import Said
from aiaudit.probes.python.names import last_name
from aiaudit.probes.python.nodes import expressions, header, walk

_ANSWERS: Final = frozenset(
    ("get", "jsonify", "Response", "JSONResponse", "PlainTextResponse", "make_response", "dumps")
)
_ENDS: Final = ("abort", "exit", "_exit")
_REFUSALS: Final = lazy.regex(r"^(?:Base)?Exception$|HTTPException|(?i:signature|auth|jwt|token|verif|credential)")


def calls_of(node: ast.stmt) -> list[ast.Call]:
    return [one for one in expressions(header(node)) if isinstance(one, ast.Call)]


def catches_all(handler: ast.ExceptHandler) -> bool:
    """Whether it takes in what a check raises."""
    kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(one is None or _REFUSALS.search(last_name(one)) for one in kinds)


def suppresses(node: ast.expr) -> bool:
    """`contextlib.suppress(Exception)`, or of what a check raises."""
    return (
        isinstance(node, ast.Call)
        and last_name(node.func) == "suppress"
        and any(_REFUSALS.search(last_name(one)) for one in node.args)
    )


def call_of(node: ast.Expr) -> ast.expr:
    value = node.value.value if isinstance(node.value, ast.Await) else node.value
    return value.func if isinstance(value, ast.Call) else value


def answered(node: ast.If) -> str:
    """The name of what is answered with where it is there: `if refusal is not None: return refusal`."""
    match node:
        case ast.If(
            test=ast.Name(id=name)
            | ast.Compare(left=ast.Name(id=name), ops=[ast.IsNot()], comparators=[ast.Constant(value=None)]),
            body=[ast.Return(value=ast.Name(id=answer))],
            orelse=[],
        ) if name == answer:
            return name
    return ""


def is_none(node: ast.expr | None) -> bool:
    return node is None or (isinstance(node, ast.Constant) and node.value is None)


def gives_up(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Call) and last_name(node.value.func) in _ENDS


def ends_here(node: ast.stmt) -> bool:
    return isinstance(node, ast.Return | ast.Raise) or gives_up(node)


def is_handshake(node: ast.If) -> bool:
    """`if body["type"] == "url_verification": return {"challenge": …}`: a platform looks whether somebody is there, and
    is given back what it sent; nothing else is done for it."""
    match node.test, node.body:
        case ast.Compare(ops=[ast.Eq()], comparators=[ast.Constant(value="url_verification")]), [
            ast.Return(value=made)
        ]:
            parts = list(walk(made)) if made is not None else []
            called = {last_name(one.func) for one in parts if isinstance(one, ast.Call)}
            echoes = any(isinstance(one, ast.Constant) and one.value == "challenge" for one in parts)
            return echoes and len(parts) < 30 and called <= _ANSWERS
    return False


def emptied(handlers: Sequence[ast.ExceptHandler]) -> list[str]:
    """The names to which handlers of errors give nothing: `user = None`."""
    return [
        target.id
        for handler in handlers
        for one in handler.body
        if isinstance(one, ast.Assign) and isinstance(one.value, ast.Constant) and not one.value.value
        for target in one.targets
        if isinstance(target, ast.Name)
    ]


def hangs_up(body: Sequence[ast.stmt], said: Said) -> bool:
    """Whether the last that is done with a WebSocket is to close it."""
    closes = any(
        isinstance(one, ast.Attribute) and one.attr == "close" and last_name(one.value) in said.request
        for statement in body
        for one in walk(statement)
    )
    return closes and bool(body) and isinstance(body[-1], ast.Return | ast.Raise)


def is_gone(handler: ast.ExceptHandler) -> bool:
    """A handler for a caller who has left."""
    return "Disconnect" in last_name(handler.type) if handler.type is not None else False
