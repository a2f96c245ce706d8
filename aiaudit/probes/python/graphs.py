"""Graphs of LangGraph as a file puts them together: nodes, what each does, and the ways from one to the next."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any, Final

from aiaudit.model.types import as_json
from aiaudit.probes.python.file_view import FileView
from aiaudit.probes.python.match import name_set
from aiaudit.probes.python.module import Scope
from aiaudit.probes.python.names import dotted, last_name
from aiaudit.probes.python.nodes import statements, walk
from aiaudit.probes.python.values import Values

HITS: Final = rb"\.add_(?:node|edge|conditional_edges)\("
MAX_GRAPHS: Final = 20
MAX_STEPS: Final = 60  # nodes and ways of one graph
_ADDS: Final = name_set("add_node add_edge add_conditional_edges")
_TOOLS: Final = ["tools", "END"]  # where `tools_condition` of the library leads to


def graphs(view: FileView) -> list[dict[str, Any]]:
    """A row for each object to which the file adds nodes: `nodes` with what they do, `edges`, `branches` with the
    nodes to which they may lead (null where that is not told), and `routers`, the functions that choose among them."""
    if not view.text_has(b"langgraph"):
        return []
    found: dict[tuple[str, str], dict[str, Any]] = {}
    reader = _Reader(view)
    for scope, call in view.marked_calls():
        verb = last_name(call.func)
        if verb not in _ADDS or not isinstance(call.func, ast.Attribute):
            continue
        key = (dotted(call.func.value), scope.qualname)
        row = found.get(key)
        if row is None:
            if len(found) == MAX_GRAPHS:
                continue
            row = found[key] = {**view.place(call, scope), "name": key[0], "nodes": [], "edges": [], "branches": []}
        reader.read(row, verb, call, scope)
    return [row for row in found.values() if row["nodes"]]


class _Reader:
    """Reads the calls that build the graphs of one file."""

    def __init__(self, view: FileView) -> None:
        self.view = view
        self.values = Values(view.resolver)

    def read(self, row: dict[str, Any], verb: str, call: ast.Call, scope: Scope) -> None:
        if len(row["nodes"]) + len(row["edges"]) + len(row["branches"]) >= MAX_STEPS:
            return
        given: dict[str, ast.expr] = dict(zip(_NAMES[verb], call.args, strict=False))
        given |= {one.arg: one.value for one in call.keywords if one.arg in _NAMES[verb]}
        first, second = (given.get(one) for one in _NAMES[verb][:2])
        if first is None:
            return
        if verb == "add_node":
            does = second if second is not None else first
            name = self._value(first, scope) if second is not None else last_name(first)
            row["nodes"].append([name, self._function(does, scope), *self._goes_on(does, scope)])
        elif verb == "add_edge" and second is not None:
            starts = first.elts if isinstance(first, ast.List | ast.Tuple) else [first]
            row["edges"] += [[self._value(one, scope), self._value(second, scope)] for one in starts]
        elif verb == "add_conditional_edges":
            row["branches"].append([self._value(first, scope), self._targets(second, given.get("path_map"), scope)])
            router = self._function(second, scope) if second is not None else ""
            if router:
                row.setdefault("routers", []).append(router)

    def _value(self, node: ast.expr, scope: Scope) -> Any:
        return as_json(self.values.of(node, scope))

    def _function(self, node: ast.expr, scope: Scope) -> str:
        """The name of what a node does; of `partial(run, llm=llm)` and of what a factory makes that which makes it."""
        while isinstance(node, ast.Call):
            node = node.args[0] if last_name(node.func) == "partial" and node.args else node.func
        return next((one.name for one in self.view.resolver.names(node, scope)), "")

    def _goes_on(self, node: ast.expr, scope: Scope) -> Iterator[list[Any]]:
        """Where `Command(goto="writer")` in a function of this file leads to."""
        body = self._local(node, scope)
        texts = [] if body is None else list(self._gotos(body))
        if texts:
            yield texts

    def _gotos(self, body: Scope) -> Iterator[Any]:
        for statement, _ in statements(body):
            for node in walk(statement):
                if isinstance(node, ast.Call) and last_name(node.func) == "Command":
                    goto = next((one.value for one in node.keywords if one.arg == "goto"), None)
                    for one in () if goto is None else _parts(goto):
                        yield self._value(one, body)

    def _targets(self, router: ast.expr | None, named: ast.expr | None, scope: Scope) -> list[Any] | None:
        """The nodes to which a branch may lead: those of its map, or the texts that its function gives back."""
        if isinstance(named, ast.Dict):
            return [self._value(one, scope) for one in named.values]
        if isinstance(named, ast.List | ast.Tuple):
            return [self._value(one, scope) for one in named.elts]
        if named is not None or router is None:
            return None
        if last_name(router) == "tools_condition":
            return _TOOLS
        if isinstance(router, ast.Lambda):
            return [self._value(one, scope) for one in _parts(router.body)]
        body = self._local(router, scope)
        if body is None:
            return None
        given = [node.value for node, _ in statements(body) if isinstance(node, ast.Return) and node.value is not None]
        return [self._value(part, body) for one in given for part in _parts(one)] or None

    def _local(self, node: ast.expr, scope: Scope) -> Scope | None:
        """The function of this file that an expression stands for."""
        if isinstance(node, ast.Call):
            node = node.args[0] if last_name(node.func) == "partial" and node.args else node
        names = self.view.resolver.names(node, scope) if isinstance(node, ast.Name | ast.Attribute) else ()
        found = [one.local for one in names if one.local is not None and one.local.kind == "function"]
        return found[0] if len(found) == 1 else None


def _parts(node: ast.expr) -> Iterator[ast.expr]:
    """The branches of a choice, the elements of a list, and the node that `Send("writer", state)` names."""
    if isinstance(node, ast.IfExp):
        yield from _parts(node.body)
        yield from _parts(node.orelse)
    elif isinstance(node, ast.List | ast.Tuple):
        for one in node.elts:
            yield from _parts(one)
    elif isinstance(node, ast.ListComp):
        yield from _parts(node.elt)
    elif isinstance(node, ast.Call) and last_name(node.func) == "Send" and node.args:
        yield node.args[0]
    else:
        yield node


_NAMES: Final = {
    "add_node": ("node", "action"),
    "add_edge": ("start_key", "end_key"),
    "add_conditional_edges": ("source", "path", "path_map"),
}
