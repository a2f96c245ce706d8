"""Which of its arguments a function of the same file gives back: `def fenced(text): return re.findall(FENCE, text)[0]`.

What a value is looked up or measured by is not given back (`TABLE[text]`, `TABLE.get(text)`, `len(text)`).
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator
from typing import Final

from aiaudit.probes.python.module import Scope
from aiaudit.probes.python.names import last_name
from aiaudit.probes.python.nodes import children_of, parameters, statements, walk
from aiaudit.probes.python.resolve import Resolver

_LOOKED_UP: Final = frozenset(("get", "index", "count", "find", "isinstance", "startswith", "endswith", "bool", "sum"))
_RESOLVES: Final = frozenset(("realpath", "resolve", "abspath", "normpath"))
_INSIDE: Final = frozenset(("startswith", "is_relative_to", "commonpath"))
_MOST: Final = 200  # expressions looked at in one function


class Passing:
    """Remembers of each function which parameters it gives back, and whether only cleaned."""

    def __init__(self, resolver: Resolver, sanitisers: Collection[str]) -> None:
        self._resolver = resolver
        self._sanitisers = sanitisers
        self._known: dict[int, dict[str, bool]] = {}

    def given(self, call: ast.Call, function: Scope) -> Iterator[tuple[ast.expr, bool]]:
        """The arguments of a call that its function gives back, and whether it cleans them."""
        node = function.node
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            return
        passed = self._of(function)
        if not passed:
            return
        names = [one.arg for one in parameters(node)]
        if function.parent is not None and function.parent.kind == "class" and isinstance(call.func, ast.Attribute):
            names = names[1:]
        for name, argument in zip(names, call.args, strict=False):
            if name in passed and not isinstance(argument, ast.Starred):
                yield argument, passed[name]
        for keyword in call.keywords:
            if keyword.arg in passed:
                yield keyword.value, passed[keyword.arg]

    def _of(self, function: Scope) -> dict[str, bool]:
        """The parameters that a function gives back: whether it does so only cleaned."""
        known = self._known.get(id(function))
        if known is not None:
            return known
        found = self._known[id(function)] = {}
        todo: list[tuple[ast.AST, bool]] = [
            (statement.value, False)
            for statement, _ in statements(function)
            if isinstance(statement, ast.Return) and statement.value is not None
        ]
        seen: set[tuple[int, bool]] = set()
        while todo and len(seen) < _MOST:
            node, clean = todo.pop()
            if (id(node), clean) in seen:
                continue
            seen.add((id(node), clean))
            match node:
                case ast.Name(id=name):
                    for binding in (self._resolver.bindings(name, function, node.lineno) or [])[:4]:
                        if binding.kind == "param" and isinstance(binding.node, ast.arg):
                            found[name] = found.get(name, True) and clean
                        elif binding.kind in ("value", "item", "part") and binding.node is not None:
                            todo.append((binding.node, clean))
                case ast.Call(func=called, args=args, keywords=keywords):
                    last = last_name(called)
                    inner = clean or last in self._sanitisers
                    if last not in _LOOKED_UP:
                        todo += [(one, inner) for one in (*args, *(one.value for one in keywords))]
                    if isinstance(called, ast.Attribute):
                        todo.append((called.value, inner))
                case ast.Subscript(value=value) | ast.Attribute(value=value):
                    todo.append((value, clean))
                case ast.IfExp(body=body, orelse=orelse):
                    todo += [(body, clean), (orelse, clean)]
                case ast.Compare() | ast.Constant() | ast.Lambda():
                    continue
                case _:
                    todo += [(one, clean) for one in children_of(node) if isinstance(one, ast.expr)]
                    todo += [(one.iter, clean) for one in children_of(node) if isinstance(one, ast.comprehension)]
        if found and confines(function):
            found.update(dict.fromkeys(found, True))
        return found


def confines(function: Scope) -> bool:
    """Whether a function resolves a path and raises where it does not lie in a folder: `full = realpath(join(HOME,
    path))`, `if not full.startswith(HOME + sep): raise`, or `full.relative_to(HOME)`, which raises by itself."""
    calls: set[str] = set()
    held = False
    for statement, _ in statements(function):
        for node in walk(statement):
            if isinstance(node, ast.Call):
                calls.add(last_name(node.func))
        if isinstance(statement, ast.If) and isinstance(statement.body[-1], ast.Raise):
            held = held or any(
                isinstance(one, ast.Call) and last_name(one.func) in _INSIDE for one in walk(statement.test)
            )
    return bool(calls & _RESOLVES) and (held or "relative_to" in calls)
