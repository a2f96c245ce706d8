"""Clients of language models that a function is handed by calls in the same file.

`def ask(model, prompt): return model.generate_content(prompt)` asks what its callers made. That is followed for clients
alone, and within one file: elsewhere a parameter without a type stands for nothing."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from aiaudit import lazy
from aiaudit.probes.python.groups_of_llms import CLIENTS
from aiaudit.probes.python.nodes import FunctionNode, expressions, header, parameters, statements
from aiaudit.probes.python.resolved import Names, Resolved, few

if TYPE_CHECKING:
    from aiaudit.probes.python.module import Scope
    from aiaudit.probes.python.resolve import Resolver

MOST_CALLS: Final = 8  # of one function
_CLIENTS: Final = frozenset(CLIENTS)
_PACKAGES: Final = lazy.regex(
    rb"\b(?:import|from)[ \t]+(?:" + "|".join(sorted({one.partition(".")[0] for one in CLIENTS})).encode() + rb")\b"
)


class HandedIn:
    """What the calls of a file hand to the functions of that file."""

    def __init__(self, resolver: Resolver) -> None:
        self._resolver = resolver
        self._calls: dict[str, list[tuple[ast.Call, Scope]]] | None = None
        self._there: bool | None = None

    @property
    def there(self) -> bool:
        """Whether the file imports a client at all: most do not, and need not be looked through."""
        if self._there is None:
            self._there = _PACKAGES.search(self._resolver.module.source.data) is not None
        return self._there

    def to(self, argument: ast.arg, function: FunctionNode, *, method: bool, depth: int) -> Names:
        """The clients that stand for a parameter, by the calls of its function."""
        every = [one.arg for one in parameters(function)]
        at = every.index(argument.arg) - (1 if method else 0)
        if at < 0:
            return ()
        found: list[Resolved] = []
        for call, scope in self._of(function.name)[:MOST_CALLS]:
            if (isinstance(call.func, ast.Attribute)) is not method:
                continue
            given = _given(call, at, argument.arg)
            if given is not None:
                found.extend(
                    one
                    for one in self._resolver.names(given, scope, depth + 1)
                    if one.instance and one.name in _CLIENTS
                )
        return few(found)

    def _of(self, name: str) -> list[tuple[ast.Call, Scope]]:
        if self._calls is None:
            self._calls = {}
            for called, call, scope in self._all():
                self._calls.setdefault(called, []).append((call, scope))
        return self._calls.get(name, [])

    def _all(self) -> Iterator[tuple[str, ast.Call, Scope]]:
        """Calls by a bare name, or of a method of the same object."""
        for scope in self._resolver.module.scopes:
            for statement, _ in statements(scope):
                for node in expressions(header(statement)):
                    match node:
                        case ast.Call(func=ast.Name(id=name)):
                            yield name, node, scope
                        case ast.Call(func=ast.Attribute(value=ast.Name(id="self" | "cls"), attr=name)):
                            yield name, node, scope


def _given(call: ast.Call, at: int, name: str) -> ast.expr | None:
    """What a call hands to a parameter; None where it is left out or may be handed over by `*` or `**`."""
    for keyword in call.keywords:
        if keyword.arg == name:
            return keyword.value
    plain = call.args[: at + 1]
    if len(plain) <= at or any(isinstance(one, ast.Starred) for one in plain):
        return None
    return plain[at]
