"""Calls that are handed to another thread are calls: `await asyncio.to_thread(client.chat.complete, model=…)` asks the
model as `client.chat.complete(model=…)` does. The tree is told so before anybody looks at it."""

from __future__ import annotations

import ast
from typing import Final

from aiaudit.probes.python.names import last_name
from aiaudit.probes.python.nodes import walk

_MARKS: Final = (b"to_thread", b"run_in_threadpool(", b"run_in_executor(")


def as_calls(tree: ast.Module, data: bytes) -> ast.Module:
    """The tree, with what is handed to a thread by its name called in its place."""
    if any(mark in data for mark in _MARKS):
        for node in walk(tree):
            if isinstance(node, ast.Call):
                _turn(node)
    return tree


def _turn(call: ast.Call) -> None:
    name = last_name(call.func)
    of = last_name(call.func.value) if isinstance(call.func, ast.Attribute) else ""
    if name in ("to_thread", "run_in_threadpool") or (name == "run_sync" and of == "to_thread"):
        first = 0
    elif name == "run_in_executor":
        first = 1
    else:
        return
    if len(call.args) <= first:
        return
    handed, rest, given = call.args[first], call.args[first + 1 :], call.keywords
    if isinstance(handed, ast.Call) and last_name(handed.func) == "partial" and handed.args:
        rest, given = [*handed.args[1:], *rest], [*handed.keywords, *given]
        handed = handed.args[0]
    if isinstance(handed, ast.Name | ast.Attribute):
        call.func, call.args, call.keywords = handed, rest, given
        call.handed = True  # type: ignore[attr-defined]


def is_handed(call: ast.Call) -> bool:
    """Whether a call was written as one that another thread makes."""
    return getattr(call, "handed", False)
