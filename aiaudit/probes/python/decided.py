"""What decides whether a call that acts on the world is reached, and through what its arguments came.

A condition decides where the call stands in a branch of it, or behind one that leaves (return, raise, continue, break).
One that only writes a line decides nothing. What stands in a condition or an argument is followed back through the
names of the function to the calls that made it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from aiaudit.probes.python.file_view import FileView
from aiaudit.probes.python.match import name_set
from aiaudit.probes.python.module import Scope
from aiaudit.probes.python.names import dotted, last_name
from aiaudit.probes.python.nodes import DEFS, LEAVES, expressions, header, statements, walk

HITS: Final = (
    rb"\b(?:sendmail|send_message|chat_postMessage|basic_publish|put_item|send_email|create_issue|publish|produce"
    rb"|stripe|twilio)\b|\.(?:post|put|patch|delete|request)\("
)
_ACTS: Final = name_set(
    "sendmail send_message chat_postMessage basic_publish put_item send_email create_issue publish produce send create"
    " post put patch delete request"
)
_MOST: Final = 100  # rows of a file
_MOST_NAMES: Final = 60  # that are followed back from one place

Condition = tuple[ast.expr, ...]


def decided(view: FileView) -> list[dict[str, Any]]:
    """One row for each call that may act: the lines of the calls from which its conditions and its arguments come."""
    rows: list[dict[str, Any]] = []
    for scope in view.module.scopes:
        if scope.kind != "function":
            continue
        acts = list(_acts(scope.node.body, ()))
        if not acts:
            continue
        made = _Made(scope)
        for call, conditions in acts:
            if len(rows) >= _MOST:
                return rows
            asked = made.behind(conditions)
            given = made.behind([*call.args, *(one.value for one in call.keywords)])
            rows.append(
                {
                    **view.place(call, scope),
                    "name": dotted(call.func)[:120],
                    "conditions": [view.source.line(one.lineno) for one in conditions][:20],
                    "words": sorted(asked.names)[:40],
                    "from_lines": sorted({view.source.line(one.lineno) for one in asked.calls}),
                    "asked": sorted({last_name(one.func) for one in asked.calls})[:40],
                    "through": sorted({last_name(one.func) for one in given.calls if one.func is not call.func})[:40],
                }
            )
    return rows


def _acts(body: Sequence[ast.stmt], conditions: Condition) -> Iterator[tuple[ast.Call, Condition]]:
    """The calls of these statements that may act, with the conditions that decide whether they are reached."""
    stack: list[tuple[Sequence[ast.stmt], Condition]] = [(body, conditions)]
    while stack:
        block, before = stack.pop()
        for node in block:
            if node.__class__ in DEFS:
                continue
            for inner in expressions(header(node)):
                if isinstance(inner, ast.Call) and last_name(inner.func) in _ACTS:
                    yield inner, before
            if isinstance(node, ast.If | ast.While):
                inside = (*before, node.test)[-20:]
                stack += [(node.body, inside), (node.orelse, inside)]
                if isinstance(node, ast.If) and (_leaves(node.body) or _leaves(node.orelse)):
                    before = inside
            elif isinstance(node, ast.Assert):
                before = (*before, node.test)[-20:]
            elif isinstance(node, ast.Match):
                inside = (*before, node.subject)[-20:]
                stack.extend((case.body, inside) for case in node.cases)
            elif isinstance(node, ast.For | ast.AsyncFor):
                stack += [(node.body, before), (node.orelse, before)]
            elif isinstance(node, ast.With | ast.AsyncWith):
                stack.append((node.body, before))
            elif isinstance(node, ast.Try | ast.TryStar):
                stack += [(node.body, before), (node.orelse, before), (node.finalbody, before)]
                stack.extend((one.body, before) for one in node.handlers)


def _leaves(body: Sequence[ast.stmt]) -> bool:
    """Whether a block ends the function or the turn of a loop."""
    return bool(body) and isinstance(body[-1], LEAVES)


class _Found:
    """Names and calls from which something comes."""

    def __init__(self) -> None:
        self.names: set[str] = set()
        self.calls: list[ast.Call] = []


class _Made:
    """What the names of a function are made of."""

    def __init__(self, scope: Scope) -> None:
        self._by: dict[str, list[ast.expr]] = {}
        for node, _ in statements(scope):
            match node:
                case ast.Assign(targets=targets, value=value):
                    for target in targets:
                        self._note(target, value)
                case ast.AnnAssign(target=target, value=value) | ast.AugAssign(target=target, value=value) if value:
                    self._note(target, value)
                case ast.For(target=target, iter=value) | ast.AsyncFor(target=target, iter=value):
                    self._note(target, value)
                case ast.With(items=items) | ast.AsyncWith(items=items):
                    for item in items:
                        if item.optional_vars is not None:
                            self._note(item.optional_vars, item.context_expr)

    def _note(self, target: ast.expr, value: ast.expr) -> None:
        for one in walk(target):
            if isinstance(one, ast.Name) and len(known := self._by.setdefault(one.id, [])) < 5:
                known.append(value)

    def behind(self, nodes: Iterable[ast.expr]) -> _Found:
        """The names in some expressions, those that these are made of, and the calls among all of it."""
        found = _Found()
        todo = list(nodes)
        while todo:
            for one in walk(todo.pop()):
                if isinstance(one, ast.Call):
                    found.calls.append(one)
                elif isinstance(one, ast.Name) and one.id not in found.names and len(found.names) < _MOST_NAMES:
                    found.names.add(one.id)
                    todo += self._by.get(one.id, ())
        return found
