"""Whether what is asked after a failure is something else: another model in a loop's next turn, or the same again."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import Final

from msgspec import Struct

from aiaudit import lazy
from aiaudit.probes.python.module import Scope
from aiaudit.probes.python.names import dotted, last_name, root_name
from aiaudit.probes.python.nodes import DEFS, FunctionNode, blocks, parameters, walk

_CHOOSES = ("model", "model_name", "model_id", "modelId", "provider", "deployment", "engine", "deployment_name")
_MODEL: Final = lazy.regex(r"(?i)(?:^|_)(?:model|llm|deployment|provider)(?:_?(?:name|id))?$")
_OTHER: Final = lazy.regex(r"(?i)model|llm|provider|backend|client|deployment|engine|candidate|endpoint")
_COUNTS = ("range", "count")
_MOST = 40  # calls of one try


class Asked(Struct, frozen=True):
    """The calls of a `try`, so that the same call elsewhere is known again."""

    whole: frozenset[str]
    models: frozenset[tuple[str, str]]
    names: frozenset[str]

    @classmethod
    def of(cls, calls: Sequence[ast.Call]) -> Asked:
        some = calls[:_MOST]
        models = {(dotted(call.func), chosen) for call in some if (chosen := _chosen(call))}
        named = {dotted(call.func) for call in some} - {""}
        return cls(frozenset(ast.dump(call) for call in some if _asks(call)), frozenset(models), frozenset(named))

    def by(self, call: ast.Call, *, whole: bool) -> bool:
        """Whether a call is one of them with all its arguments (`whole`), or names the same model."""
        if whole and ast.dump(call) in self.whole:
            return True
        chosen = _chosen(call)
        return bool(chosen) and (dotted(call.func), chosen) in self.models


def _asks(call: ast.Call) -> bool:
    """Whether a call has arguments: `fallback()` is another each time."""
    return bool(call.args or call.keywords)


def _chosen(call: ast.Call) -> str:
    """The model that a call names, as text of its syntax; "" where it names none."""
    return next((ast.dump(one.value) for one in call.keywords if one.arg in _CHOOSES), "")


def loops_around(scope: Scope) -> dict[int, frozenset[str]]:
    """The names that the nearest loop around each `try` of a scope binds anew each turn, by the `id` of the `try`. A
    loop that only counts binds none."""
    found: dict[int, frozenset[str]] = {}
    stack: list[tuple[Sequence[ast.stmt], frozenset[str]]] = [(scope.node.body, frozenset())]
    while stack:
        body, names = stack.pop()
        for node in body:
            if node.__class__ in DEFS:
                continue
            inside = names
            if isinstance(node, ast.For | ast.AsyncFor):
                counts = isinstance(node.iter, ast.Call) and last_name(node.iter.func) in _COUNTS
                bound = {one.id for one in walk(node.target) if isinstance(one, ast.Name)}
                inside = frozenset() if counts else frozenset(bound) | _chosen_by(bound, node)
            elif isinstance(node, ast.While):
                inside = frozenset()
            if isinstance(node, ast.Try | ast.TryStar):
                found[id(node)] = names
            stack.extend((block, inside) for block in blocks(node))
    return found


def _chosen_by(bound: set[str], loop: ast.For | ast.AsyncFor) -> frozenset[str]:
    """The clients and models that the body of a loop over models or providers looks up by what the loop binds:
    `for backend in order: client, model = self.clients[backend]`."""
    if not any(_OTHER.search(one) for one in bound):
        return frozenset()
    known = set(bound)
    stack: list[Sequence[ast.stmt]] = [loop.body]
    found: set[str] = set()
    while stack:
        for node in stack.pop():
            if node.__class__ in DEFS:
                continue
            if isinstance(node, ast.Assign) and any(
                isinstance(x, ast.Name) and x.id in known for x in walk(node.value)
            ):
                names = {x.id for target in node.targets for x in walk(target) if isinstance(x, ast.Name)}
                found |= names
                known |= names
            stack.extend(blocks(node))
    return frozenset(found)


def asks_another_each_turn(calls: Sequence[ast.Call], names: frozenset[str]) -> bool:
    """Whether a call is made on what a loop binds, or names as its model what a loop binds."""
    if not names:
        return False
    for call in calls[:_MOST]:
        if isinstance(call.func, ast.Attribute) and root_name(call.func) in names:
            return True
        for one in call.keywords:
            if one.arg in _CHOOSES and any(isinstance(x, ast.Name) and x.id in names for x in walk(one.value)):
                return True
    return False


def asks_what_is_handed_in(calls: Sequence[ast.Call], names: frozenset[str], scope: Scope) -> ast.Call | None:
    """The call of a parameter of the function, `ask(model)`, that is given a model which a loop binds."""
    models = {one for one in names if _MODEL.search(one)}
    if not models or not isinstance(scope.node, FunctionNode):
        return None
    handed = {one.arg for one in parameters(scope.node)}
    for call in calls[:_MOST]:
        given = [*call.args, *(one.value for one in call.keywords)]
        named = any(isinstance(one, ast.Name) and one.id in models for one in given)
        if named and isinstance(call.func, ast.Name) and call.func.id in handed:
            return call
    return None
