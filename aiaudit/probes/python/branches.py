"""Branches of Airflow that ask for the quality of a model: whether anything depends on what they answer.

A function that a BranchPythonOperator calls (or `@task.branch` makes one) names the task to go on with. Where both of
its answers lead on to the same tasks, and nothing but a marker (EmptyOperator) stands on the good way alone, the
release follows whatever was measured: `gate >> [passed, failed] >> release`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from typing import Final

from aiaudit.probes.python.file_view import FileView
from aiaudit.probes.python.module import Scope
from aiaudit.probes.python.names import dotted, last_name
from aiaudit.probes.python.nodes import answer_of, walk

_OPERATORS: Final = ("BranchPythonOperator", "BranchPythonVirtualenvOperator", "BranchExternalPythonOperator")
_MARKERS: Final = ("EmptyOperator", "DummyOperator")
_MOST_CHAINS: Final = 300


class Branches:
    """The tasks of one file and what follows what."""

    def __init__(self, view: FileView) -> None:
        self.view = view
        self._kinds: dict[str, str] | None = None  # by task id: the class of its operator
        self._ids: dict[str, str] = {}  # by the name of a variable: the task id
        self._after: dict[str, set[str]] = {}

    def is_in_vain(self, scope: Scope, good: str) -> bool:
        """Whether a function is asked by a branch, and no work stands only on the way that its good answer takes."""
        if not self._is_branch(scope):
            return False
        self._read()
        given = set(answers(scope.node))
        kinds = self._kinds or {}
        if good not in given or len(given) < 2 or not given <= set(kinds):
            return False
        others = set[str]().union(*(self._way(one) for one in given - {good}))
        way = self._way(good)
        return bool(way - {good}) and all(kinds.get(one, "") in _MARKERS for one in way - others)

    def _is_branch(self, scope: Scope) -> bool:
        node = scope.node
        if scope.kind != "function" or not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            return False
        if any(dotted(one).endswith("task.branch") for one in _marks(node)):
            return True
        return any(
            isinstance(given, ast.Name) and given.id == node.name
            for operator in _OPERATORS
            if self.view.text_has(operator.encode())
            for _, call in self.view.calls_of(operator)
            for given in (one.value for one in call.keywords if one.arg == "python_callable")
        )

    def _read(self) -> None:
        if self._kinds is not None:
            return
        self._kinds = {}
        chains: list[ast.BinOp] = []
        for node in walk(self.view.source.tree):
            match node:
                case ast.FunctionDef(name=name, decorator_list=[_, *_]) if _is_task(node):
                    self._kinds[name] = "task"
                    self._ids.setdefault(name, name)
                case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call() as call):
                    self._task(name, call)
                case ast.Expr(value=ast.BinOp() as chain):
                    chains.append(chain)
        for chain in chains[:_MOST_CHAINS]:
            self._chain(chain)

    def _task(self, name: str, call: ast.Call) -> None:
        task = next((one.value for one in call.keywords if one.arg == "task_id"), None)
        if isinstance(task, ast.Constant) and isinstance(task.value, str) and self._kinds is not None:
            self._kinds[task.value] = last_name(call.func)
            self._ids[name] = task.value
        elif isinstance(call.func, ast.Name):
            self._ids[name] = call.func.id

    def _chain(self, node: ast.expr) -> None:
        """Notes what a chain of `>>` and `<<` puts in order."""
        links: list[tuple[bool, ast.expr]] = []
        while isinstance(node, ast.BinOp) and isinstance(node.op, ast.RShift | ast.LShift):
            links.append((isinstance(node.op, ast.RShift), node.right))
            node = node.left
        left = self._named(node)
        for forward, right in reversed(links):
            behind = self._named(right)
            for one in left if forward else behind:
                self._after.setdefault(one, set()).update(behind if forward else left)
            left = behind

    def _named(self, node: ast.expr) -> list[str]:
        """The ids of the tasks that a link of a chain names."""
        parts: Iterable[ast.expr] = node.elts if isinstance(node, ast.List | ast.Tuple) else [node]
        names = (one.func if isinstance(one, ast.Call) else one for one in parts)
        return [self._ids.get(one.id, one.id) for one in names if isinstance(one, ast.Name)]

    def _way(self, start: str) -> set[str]:
        """A task and all that follows it."""
        seen = {start}
        left = [start]
        while left:
            for one in self._after.get(left.pop(), ()):
                if one not in seen:
                    seen.add(one)
                    left.append(one)
        return seen


def _marks(node: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[ast.expr]:
    """The names of a function's decorators."""
    return (one.func if isinstance(one, ast.Call) else one for one in node.decorator_list)


def _is_task(node: ast.FunctionDef) -> bool:
    return any(dotted(one).split(".")[0] == "task" for one in _marks(node))


def answers(node: ast.AST) -> Iterator[str]:
    """The texts that a function returns."""
    for inner in walk(node):
        if isinstance(inner, ast.Return) and (given := answer_of(inner)) is not None:
            for value in walk(given):
                if isinstance(value, ast.Constant) and isinstance(value.value, str):
                    yield value.value
