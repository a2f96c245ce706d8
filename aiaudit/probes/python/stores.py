"""What is kept between the runs of a page in a framework's own store: `st.session_state.chain = …`,
`cl.user_session.set("chain", chain)`. What is put in at one place of a file comes out at another by its key."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING, Final

from aiaudit.probes.python.bindings import Binding
from aiaudit.probes.python.module import Scope
from aiaudit.probes.python.nodes import statements

if TYPE_CHECKING:
    from aiaudit.probes.python.resolve import Resolver

# Streamlit: docs.streamlit.io, Session State; Chainlit: docs.chainlit.io, User Session.
STREAMLIT: Final = "streamlit.session_state"
CHAINLIT: Final = "chainlit.user_session"
WORDS: Final = (b"session_state", b"user_session")
COMMON: Final = b"session"  # of both: one look is enough for most files
MAX_KEPT: Final = 4  # bindings of one key that are followed


class Stores:
    """The stores of one file, by name and key. Built when somebody first asks."""

    def __init__(self, resolver: Resolver) -> None:
        self.resolver = resolver
        self._kept: dict[tuple[str, str], list[Binding]] | None = None

    @cached_property
    def there(self) -> bool:
        """Whether the file names a store at all: asked of every expression, looked for once."""
        data = self.resolver.module.source.data
        return COMMON in data and any(word in data for word in WORDS)

    def bindings(self, node: ast.AST, scope: Scope) -> list[Binding]:
        """What may have been put into the place that `node` reads; empty where it reads no store."""
        if not self.there:
            return []
        place = self._read(node, scope)
        if place is None:
            return []
        if self._kept is None:
            self._kept = {}
            for put, binding in self._puts():
                self._kept.setdefault(put, []).append(binding)
        return self._kept.get(place, [])[:MAX_KEPT]

    def _read(self, node: ast.AST, scope: Scope) -> tuple[str, str] | None:
        """(store, key) of `store.key`, `store["key"]` and `store.get("key")`."""
        match node:
            case ast.Attribute(value=store, attr=key):
                return self._place(store, key, scope, (STREAMLIT,))
            case ast.Subscript(value=store, slice=ast.Constant(value=str(key))):
                return self._place(store, key, scope, (STREAMLIT,))
            case ast.Call(func=ast.Attribute(value=store, attr="get"), args=[ast.Constant(value=str(key)), *_]):
                return self._place(store, key, scope, (STREAMLIT, CHAINLIT))
        return None

    def _place(self, store: ast.expr, key: str, scope: Scope, stores: tuple[str, ...]) -> tuple[str, str] | None:
        if not isinstance(store, ast.Name | ast.Attribute):
            return None
        name = next((one.name for one in self.resolver.names(store, scope) if one.name in stores), "")
        return (name, key) if name else None

    def _puts(self) -> Iterator[tuple[tuple[str, str], Binding]]:
        for scope in self.resolver.module.scopes:
            for statement, _ in statements(scope):
                match statement:
                    case ast.Assign(targets=targets, value=value):
                        places = [self._read(target, scope) for target in targets]
                    case ast.AnnAssign(target=target, value=value) if value is not None:
                        places = [self._read(target, scope)]
                    case ast.Expr(value=ast.Call(func=ast.Attribute(value=store, attr=verb), args=[first, *rest])) if (
                        verb in ("set", "append")
                    ):
                        if verb == "append":  # what is added to a list that is kept
                            places, value = [self._read(store, scope)], first
                        elif rest and isinstance(first, ast.Constant) and isinstance(first.value, str):
                            places, value = [self._place(store, first.value, scope, (CHAINLIT,))], rest[0]
                        else:
                            continue
                    case _:
                        continue
                for place in places:
                    if place is not None and not (isinstance(value, ast.Constant) and value.value is None):
                        yield place, Binding("value", statement.lineno, False, value, scope=scope)
