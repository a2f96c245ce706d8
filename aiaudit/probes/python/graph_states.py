"""What the nodes of a graph take out of its state and put into it: by the keys that their functions name."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any, Final

from aiaudit.probes.python.file_view import FileView
from aiaudit.probes.python.module import Scope
from aiaudit.probes.python.names import last_name
from aiaudit.probes.python.nodes import parameters, statements, walk

HITS: Final = rb"\bdef\s+\w+\s*\([^)]{0,80}\bstate\b"
MAX_ROWS: Final = 80
MAX_KEYS: Final = 40


def graph_states(view: FileView) -> list[dict[str, Any]]:
    """A row for each function that is handed a state: the keys that it reads and those that it hands back or sets."""
    rows: list[dict[str, Any]] = []
    for scope in view.module.scopes:
        if len(rows) == MAX_ROWS or not isinstance(scope.node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        if not any(one.arg == "state" for one in parameters(scope.node)[:2]):
            continue
        reads, writes = _keys(scope)
        if reads or writes:
            rows.append({"function": scope.qualname, "reads": reads, "writes": writes})
    return rows


def _keys(scope: Scope) -> tuple[list[str], list[str]]:
    reads: dict[str, None] = {}
    writes: dict[str, None] = {}
    for statement, _ in statements(scope):
        for node in walk(statement):
            match node:
                case ast.Subscript(value=ast.Name(id="state"), slice=ast.Constant(value=str(key)), ctx=context):
                    (reads if isinstance(context, ast.Load) else writes)[key] = None
                case ast.Attribute(value=ast.Name(id="state"), attr=key, ctx=context) if key not in _METHODS:
                    (reads if isinstance(context, ast.Load) else writes)[key] = None
                case ast.Call(
                    func=ast.Attribute(value=ast.Name(id="state"), attr="get"), args=[ast.Constant(value=str(key)), *_]
                ):
                    reads[key] = None
                case ast.Return(value=value) | ast.Yield(value=value) if value is not None:
                    writes |= dict.fromkeys(_handed_back(value, scope))
                case ast.Call(keywords=keywords) if last_name(node.func) == "Command":
                    for one in keywords:
                        if one.arg == "update":
                            writes |= dict.fromkeys(_handed_back(one.value, scope))
    return list(reads)[:MAX_KEYS], list(writes)[:MAX_KEYS]


def _handed_back(value: ast.expr, scope: Scope) -> Iterator[str]:
    """The keys of a map that a function hands back, also by a name that it is bound to."""
    if isinstance(value, ast.Name):
        for one in scope.bindings(value.id):
            if isinstance(one.node, ast.Dict):
                yield from _handed_back(one.node, scope)
    elif isinstance(value, ast.Dict):
        for key in value.keys:
            if isinstance(key, ast.Constant) and isinstance(key.value, str):
                yield key.value
    elif isinstance(value, ast.IfExp):
        yield from _handed_back(value.body, scope)
        yield from _handed_back(value.orelse, scope)


_METHODS: Final = frozenset(("get", "copy", "update", "items", "keys", "values", "model_dump", "dict", "setdefault"))
