"""A parsed file's scopes: what is defined where, and what every name is bound to.

The first walk visits statements only (never expressions) and is cheap; the bindings of a scope are collected when
somebody asks for them. All walks are iterative: the nesting of hostile source costs no stack.
"""

from __future__ import annotations

import ast
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from operator import attrgetter
from types import MappingProxyType
from typing import Any, Final

from msgspec import Struct

from aiaudit.probes.python.bindings import Binding, Placed, bindings_at, index, self_attributes
from aiaudit.probes.python.nodes import DEFS, SIMPLE, FunctionNode, blocks, first_line, note_answer
from aiaudit.probes.python.source import Source


class Import(Struct, frozen=True, gc=False):
    """One imported name. `module` keeps leading dots; `name` is empty for `import module`; `alias`: the local name."""

    module: str
    name: str
    alias: str
    line: int

    @property
    def target(self) -> str:
        """The dotted name that the local name stands for."""
        return self.of(self.name) if self.name else self.module

    def of(self, name: str) -> str:
        """The dotted name of something in the module."""
        return self.module + name if self.module.endswith(".") else f"{self.module}.{name}"


class Scope(Struct, eq=False):
    """A module, class or function. `qualname` is dotted and empty for the module."""

    kind: str  # module | class | function
    qualname: str
    node: ast.Module | ast.ClassDef | FunctionNode
    parent: Scope | None
    imports: Sequence[Import] = ()
    global_names: frozenset[str] = frozenset()
    flat: list[tuple[ast.stmt, int]] | None = None  # see `statements`
    _children: dict[str, Scope] | None = None
    _index: dict[str, list[Placed | None]] | None = None
    _bound: dict[str, list[Binding]] | None = None  # of the names that were asked about
    _attributes: dict[str, list[Binding]] | None = None

    @property
    def children(self) -> Mapping[str, Scope]:
        """The classes and functions defined in it, by name."""
        return self._children or _NONE

    @property
    def start(self) -> int:
        """The first line, decorators included."""
        return first_line(self.node) if self.node.__class__ is not ast.Module else 1

    @property
    def end(self) -> int:
        return getattr(self.node, "end_lineno", None) or 0

    def bindings(self, name: str) -> Sequence[Binding]:
        """What a name is bound to in this scope's own body, in the order of the lines."""
        found = self._bound.get(name) if self._bound is not None else None
        if found is None:
            places = self._names().get(name)
            if places is None:
                return ()
            if self._bound is None:
                self._bound = {}
            found = self._bound[name] = bindings_at(self, name, places)
        return found

    def binds(self, name: str) -> int:
        """In how many statements the name is bound here."""
        return len(self._names().get(name, ()))

    def bound_last(self) -> Iterator[tuple[str, ast.stmt | None]]:
        """The names that are bound here, each with the last statement that binds it; None of a parameter."""
        for name, places in self._names().items():
            last = places[-1]
            yield name, last and last[0]

    def _names(self) -> dict[str, list[Placed | None]]:
        if self._index is None:
            self._index = index(self)
        return self._index

    def attributes(self, name: str) -> Sequence[Binding]:
        """Of a class: what `self.NAME` is bound to in its body and in its methods."""
        if self._attributes is None:
            self._attributes = self_attributes(one for one in self.children.values() if one.kind == "function")
        bound = self.bindings(name)
        given = self._attributes.get(name)
        return bound if given is None else [*bound, *given]

    def define(self, name: str, inner: Scope) -> None:
        """Note a class or function. `@x.setter` and the like define nothing new: the property keeps its getter."""
        if self._children is None:
            self._children = {name: inner}
        elif name not in self._children or not _is_accessor(inner.node):
            self._children[name] = inner

    def release(self) -> None:
        """Let go of all that leads back here."""
        if self._children is not None:
            self._children = None
        if self._bound is not None:
            self._bound = None
        if self._attributes is not None:
            self._attributes = None

    def enclosing_class(self) -> Scope | None:
        """The class whose method this scope is (or is nested in)."""
        scope: Scope | None = self
        while scope is not None and scope.kind != "class":
            scope = scope.parent
        return scope


class Module:
    """A parsed file with its scopes, imports and tests."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.top = Scope("module", "", source.tree, None)
        self.scopes: list[Scope] = [self.top]
        self.has_main = False
        self.stars: list[Import] = []
        self.declares_globals = False
        self._scope_of: dict[int, Scope] = {id(source.tree): self.top}
        self._located: tuple[int, int, Scope, list[ast.stmt]] = (0, -1, self.top, [])  # first and last line, and where
        self._walk()

    def _walk(self) -> None:
        scopes, scope_of = self.scopes, self._scope_of
        stack: list[tuple[list[ast.stmt], Scope]] = [(self.source.tree.body, self.top)]
        typed: dict[int, list[ast.stmt]] = {}
        node: Any
        while stack:
            body, scope = stack.pop()
            if body:
                note_answer(body)
            for node in body:
                kind = node.__class__
                if kind in SIMPLE:
                    if kind is ast.AnnAssign and scope.kind != "class" and node.value is not None:
                        typed[id(body)] = body
                    continue
                if kind in DEFS:
                    name = node.name
                    qualname = f"{scope.qualname}.{name}" if scope.qualname else name
                    inner = Scope("class" if kind is ast.ClassDef else "function", qualname, node, scope)
                    scope.define(name, inner)
                    scopes.append(inner)
                    scope_of[id(node)] = inner
                    stack.append((node.body, inner))
                elif kind is ast.ImportFrom or kind is ast.Import:
                    self._import(node, scope)
                elif kind is ast.Global:
                    scope.global_names |= frozenset(node.names)
                    self.declares_globals = True
                else:
                    if kind is ast.If and scope is self.top and _is_main_guard(node.test):
                        self.has_main = True
                    for block in blocks(node):
                        stack.append((block, scope))
        for body in typed.values():
            body[:] = map(_untyped, body)

    def _import(self, node: ast.Import | ast.ImportFrom, scope: Scope) -> None:
        line = node.lineno
        if isinstance(node, ast.Import):
            found = [Import(one.name, "", one.asname or one.name.partition(".")[0], line) for one in node.names]
        else:
            module = "." * node.level + (node.module or "")
            found = [Import(module, one.name, one.asname or one.name, line) for one in node.names]
            if found[0].name == "*":
                self.stars.append(found[0])
        scope.imports = [*scope.imports, *found] if scope.imports else found

    def scope_of(self, node: ast.AST) -> Scope:
        """The scope that a module, class or function node makes."""
        return self._scope_of[id(node)]

    def release(self) -> None:
        """Break the cycles between scopes, so that the tree is freed at once and not by a later garbage collection."""
        for scope in self.scopes:
            scope.release()

    @cached_property
    def imports(self) -> list[tuple[Import, Scope]]:
        """All imported names, each with the scope that imports it."""
        return [(one, scope) for scope in self.scopes if scope.imports for one in scope.imports]

    def locate(self, line: int) -> tuple[Scope, list[ast.stmt]]:
        """The innermost scope at `line` and the chain of statements from its own down to the innermost one.

        A line of a decorator or of a default belongs to the scope around the function."""
        first, last, scope, chain = self._located
        if first <= line <= last:
            return scope, chain
        scope, chain = self.top, []
        body: Sequence[ast.stmt] = self.source.tree.body
        while True:
            node = _at(body, line)
            if node is None:
                return scope, chain
            chain.append(node)
            inside = blocks(node)
            for block in inside:
                if block and first_line(block[0]) <= line <= _last_line(block[-1]):
                    break
            else:
                if not inside:  # the same on all of its lines
                    self._located = (node.lineno, _last_line(node), scope, chain)
                return scope, chain
            if node.__class__ in DEFS:
                scope, chain = self.scope_of(node), []
            body = block

    def on_line(self, line: int) -> Iterator[tuple[Scope, list[ast.stmt]]]:
        """`locate` for each statement of the line, the innermost and last one first: `loss.backward(); step()`,
        `if not ready(): return`."""
        scope, chain = self.locate(line)
        yield scope, chain
        if not chain:
            return
        yield from self._beside(line, scope, chain)
        for upto in range(len(chain) - 1, 0, -1):
            if not _begins_inside(chain[upto - 1], line):
                break
            yield scope, chain[:upto]
        else:
            if scope.parent is not None and isinstance(scope.node, ast.stmt) and _begins_inside(scope.node, line):
                yield scope.parent, [scope.node]

    def _beside(self, line: int, scope: Scope, chain: list[ast.stmt]) -> Iterator[tuple[Scope, list[ast.stmt]]]:
        """The statements of the same block before the last one on a line."""
        if not self._joins:
            return
        around = chain[-2] if len(chain) > 1 else scope.node
        for block in blocks(around) or [getattr(around, "body", [])]:
            at = bisect_right(block, line, key=_LINE) - 1
            if at > 0 and block[at] is chain[-1]:
                least = max(0, at - _MOST_ON_A_LINE)
                while at > least and _last_line(block[at - 1]) >= line:
                    at -= 1
                    yield scope, [*chain[:-1], block[at]]
                return

    @cached_property
    def _joins(self) -> bool:
        """Whether several statements may stand on a line."""
        return b";" in self.source.data


_NONE: Final[Mapping[str, Scope]] = MappingProxyType({})
_MOST_ON_A_LINE: Final = 200  # statements: nobody writes as many, and each is looked at with its line


def _untyped(node: ast.stmt) -> ast.stmt:
    """`x: T = v` of a module or function as `x = v`: who looks for what a name is given need not know of both. The
    fields of a class stay, since their types say what they are."""
    if not isinstance(node, ast.AnnAssign) or node.value is None:
        return node
    return ast.copy_location(ast.Assign(targets=[node.target], value=node.value), node)


def _is_accessor(node: Any) -> bool:
    return any(isinstance(one, ast.Attribute) and one.attr in ("setter", "deleter") for one in node.decorator_list)


def _is_main_guard(test: ast.expr) -> bool:
    match test:
        case ast.Compare(left=ast.Name(id="__name__"), comparators=[ast.Constant(value="__main__")]):
            return True
        case ast.Compare(left=ast.Constant(value="__main__"), comparators=[ast.Name(id="__name__")]):
            return True
    return False


def _at(body: Sequence[ast.stmt], line: int) -> ast.stmt | None:
    """The statement of a block that covers a line."""
    at = bisect_right(body, line, key=_LINE)
    if at < len(body) and body[at].__class__ in DEFS and first_line(body[at]) <= line:  # one of its decorators
        return body[at]
    return body[at - 1] if at and line <= _last_line(body[at - 1]) else None


def _begins_inside(node: ast.stmt, line: int) -> bool:
    """Whether the first statement inside of a compound one stands on this line, and on that of its head."""
    return any(block and block[0].lineno == line == node.lineno for block in blocks(node))


_LINE: Final = attrgetter("lineno")


def _last_line(node: ast.stmt) -> int:
    return node.end_lineno or node.lineno
