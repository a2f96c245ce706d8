"""Where a caught exception, or its text, is handed to something that is not followed: a call, a field of an object.

What is made of it by texts, containers and answers is followed elsewhere, and what only a log or a metric is told goes
nowhere. What remains is open: whether an answer ever holds it, nobody has seen."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Final

from aiaudit import lazy
from aiaudit.probes.python.held_texts import Context, Holder, Piece, passes_on
from aiaudit.probes.python.match import name_set
from aiaudit.probes.python.names import dotted, last_name
from aiaudit.probes.python.nodes import expressions, header, walk

MAX_LENT: Final = 40
_LOGGED: Final = name_set(
    "debug info warning warn error exception critical fatal log msg print_exc print_exception capture_exception"
    " capture_message record_exception set_status set_attribute set_attributes add_event observe inc labels fatal trace"
)
_PLAIN: Final = name_set(
    "print pprint isinstance issubclass type len bool int float hash id hasattr callable any all min max sum range"
    " enumerate zip exit _exit startswith endswith find rfind index count match search fullmatch findall __contains__"
    " isdigit append_to_log"
)
_LOG: Final = lazy.regex(r"(?i)log|sentry|tracer?|span|metric|console|warnings|stderr|stdout|traceback")
_KEEPS: Final = name_set("append extend insert add update setdefault")


def lent(holder: Holder, node: ast.stmt, context: Context) -> Iterator[tuple[ast.expr, str, Piece]]:
    """(place, name of what it is handed to, what is handed) of a statement's own expressions."""
    if context.debug or isinstance(node, ast.Raise):
        return
    whole = node.value if isinstance(node, ast.Expr) else None
    while isinstance(whole, ast.Await):
        whole = whole.value
    told: set[int] = set()  # what stands among the arguments of a log is for the log
    for one in expressions(header(node)):
        if isinstance(one, ast.Call) and _is_log(one):
            told.update(id(inner) for inner in walk(one))
        if (
            isinstance(one, ast.Call)
            and id(one) not in told
            and (piece := _handed(holder, one, context, alone=one is whole))
        ):
            yield one, dotted(one.func) or last_name(one.func), piece
    if isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign) and node.value is not None:
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        for target in targets:
            if isinstance(target, ast.Attribute) and (root := _root(target)) not in ("self", "cls", ""):
                piece = _told(holder, [node.value], context)
                if piece is not None and not _is_answered(holder, root, node.lineno):
                    yield target, dotted(target), piece


def _handed(holder: Holder, call: ast.Call, context: Context, *, alone: bool) -> Piece | None:
    last = last_name(call.func)
    if last in _KEEPS and isinstance(call.func, ast.Attribute) and isinstance(call.func.value, ast.Name):
        return None  # what the name holds is followed
    if passes_on(holder, call, alone=alone):
        return None
    return _told(holder, [*call.args, *(one.value for one in call.keywords)], context)


def _is_log(call: ast.Call) -> bool:
    last = last_name(call.func)
    owner = dotted(call.func).rpartition(".")[0]
    return last in _PLAIN or (
        last in _LOGGED and (owner == "" or bool(_LOG.search(owner)) or last not in ("error", "info"))
    )


def _told(holder: Holder, parts: list[ast.expr], context: Context) -> Piece | None:
    pieces = [one for one in holder.texts(parts, context) if one.kind != "call"]
    return next((one for kind in ("trace", "program", "text", "error") for one in pieces if one.kind == kind), None)


def _root(target: ast.Attribute) -> str:
    inner: ast.expr = target
    while isinstance(inner, ast.Attribute | ast.Subscript):
        inner = inner.value
    return inner.id if isinstance(inner, ast.Name) else ""


def _is_answered(holder: Holder, name: str, line: int) -> bool:
    """Whether the function gives the object back further down: it is followed there."""
    return any(
        isinstance(one, ast.Name) and one.id == name
        for node in walk(holder.scope.node)
        if isinstance(node, ast.Return | ast.Yield) and node.value is not None and node.lineno > line
        for one in walk(node.value)
    )
