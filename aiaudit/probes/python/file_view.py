"""What the engine hands to the extractors of single questions (routes, prompts, flows): one parsed file, seen whole."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any

from aiaudit.probes.python.calls import CallFinder
from aiaudit.probes.python.module import Module, Scope
from aiaudit.probes.python.names import last_name
from aiaudit.probes.python.nodes import expressions, header, statements
from aiaudit.probes.python.provenance import Provenance
from aiaudit.probes.python.resolve import Resolver
from aiaudit.probes.python.source import Source
from aiaudit.probes.python.values import Values
from aiaudit.probes.python.words import offsets_of


class FileView:
    """A parsed file with its resolver. What several extractors need is worked out once."""

    def __init__(self, module: Module, resolver: Resolver, finder: CallFinder) -> None:
        self.module = module
        self.resolver = resolver
        self.finder = finder
        self.source: Source = module.source
        self.values: Values = finder.values
        self.provenance: Provenance = finder.provenance
        self.marked: list[int] = []  # lines on which the running extractor's marks stand
        self._calls: list[tuple[Scope, ast.Call]] | None = None
        self._has: dict[bytes, bool] = {}  # words that were looked for
        self._statement: dict[int, ast.stmt] = {}

    def text_has(self, word: bytes) -> bool:
        known = self._has.get(word)
        if known is None:
            known = self._has[word] = word in self.source.data
        return known

    def all_calls(self) -> list[tuple[Scope, ast.Call]]:
        """Every call of the file with its scope, in source order within a scope."""
        if self._calls is None:
            self._calls = list(self._walk())
        return self._calls

    def _walk(self) -> Iterator[tuple[Scope, ast.Call]]:
        for scope in self.module.scopes:
            for statement, _ in statements(scope):
                for node in expressions(header(statement)):
                    if node.__class__ is ast.Call:
                        self._statement[id(node)] = statement
                        yield scope, node

    def marked_statements(self, around: int = 0) -> Iterator[tuple[Scope, ast.stmt]]:
        """The statements on the lines on which the extractor's marks stand, each once, in source order; with as many
        of those around them in the same scope."""
        seen: set[int] = set()
        for line in self.marked:
            for scope, chain in self.module.on_line(line):
                for statement in chain[-1 - around :]:
                    if id(statement) not in seen:
                        seen.add(id(statement))
                        yield scope, statement

    def calls_of(self, name: str) -> Iterator[tuple[Scope, ast.Call]]:
        """The calls by this last name, looked for on the lines on which it stands."""
        before, self.marked = self.marked, self.source.lines_at(offsets_of([name], self.source.data))
        found = [(scope, call) for scope, call in self.marked_calls() if last_name(call.func) == name]
        self.marked = before
        yield from found

    def marked_calls(self) -> Iterator[tuple[Scope, ast.Call]]:
        """The calls in those statements."""
        for scope, statement in self.marked_statements():
            for node in expressions(header(statement)):
                if isinstance(node, ast.Call):
                    yield scope, node

    def statement_of(self, call: ast.Call) -> ast.stmt | None:
        """The statement in which a call stands."""
        self.all_calls()
        return self._statement.get(id(call))

    def place(self, node: ast.expr | ast.stmt, scope: Scope) -> dict[str, Any]:
        """Line, cell and function of a node, as every record carries them."""
        return {
            "line": self.source.line(node.lineno),
            "cell": self.source.cell(node.lineno) or 0,
            "function": scope.qualname,
        }
