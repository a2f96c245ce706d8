"""Functions of a project that make a tool out of a function which they are handed: each call of one makes a tool."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Final

from aiaudit.probes.python.file_view import FileView
from aiaudit.probes.python.module import Scope

MOST: Final = 60  # calls of one maker

Made = tuple[ast.Call, Scope, ast.expr, ast.expr | None]


def calls_of_its_maker(view: FileView, scope: Scope, given: ast.expr | None, named: ast.expr | None) -> Iterator[Made]:
    """`def as_tool(name, fn): return Tool.from_function(func=fn, name=name)`: the calls of `as_tool` in this file, each
    with the function that it is handed, and with the name. Nothing where the tool is made of something else."""
    maker = scope.node
    if not isinstance(maker, ast.FunctionDef) or not isinstance(given, ast.Name):
        return
    taken = [one.arg for one in (*maker.args.posonlyargs, *maker.args.args)]
    if scope.parent is not None and scope.parent.kind == "class":
        taken = taken[1:]
    if given.id not in (*taken, *(one.arg for one in maker.args.kwonlyargs)):
        return
    found = [(where, call) for where, call in view.calls_of(maker.name) if where is not scope]
    for where, call in found[:MOST]:
        function = _handed(call, given.id, taken)
        if function is not None:
            name = _handed(call, named.id, taken) if isinstance(named, ast.Name) else None
            yield call, where, function, name


def _handed(call: ast.Call, name: str, taken: list[str]) -> ast.expr | None:
    """What a call hands in for a parameter."""
    for one in call.keywords:
        if one.arg == name:
            return one.value
    at = taken.index(name) if name in taken else len(call.args)
    if at < len(call.args) and not any(isinstance(one, ast.Starred) for one in call.args[: at + 1]):
        return call.args[at]
    return None
