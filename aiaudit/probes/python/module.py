"""A parsed file's scopes: what is defined where, and what every name is bound to.

The first walk visits statements only (never expressions) and is cheap; the bindings of a scope are collected when
somebody asks for them. All walks are iterative: the nesting of hostile source costs no stack.
"""

from __future__ import annotations

import ast
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Final, NamedTuple

from msgspec import Struct, field

from aiaudit.probes.python.nodes import DEFS, SIMPLE, blocks, first_line, statements
from aiaudit.probes.python.source import Source

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef


class Import(NamedTuple):
    """One imported name. `module` keeps leading dots; `name` is empty for `import module`; `alias`: the local name."""

    module: str
    name: str
    alias: str
    line: int

    @property
    def target(self) -> str:
        """The dotted name that the local name stands for."""
        if not self.name:
            return self.module
        return self.module + self.name if self.module.endswith(".") else f"{self.module}.{self.name}"


class Binding(NamedTuple):
    """One way in which a name gets its value.

    kind: import (`target`), value (assigned `node`), item (a part of `node`: tuple target, loop variable), param, def,
    class. `certain`: the statement is not inside a branch or loop of its scope.
    """

    kind: str
    line: int
    certain: bool
    node: ast.AST | None = None
    target: str = ""
    scope: Scope | None = None  # of the expression `node`, or the scope that a def or class makes
    field: bool = False  # an annotated field in the body of a class


class Scope(Struct, eq=False):
    """A module, class or function. `qualname` is dotted and empty for the module."""

    kind: str  # module | class | function
    qualname: str
    node: ast.Module | ast.ClassDef | FunctionNode
    parent: Scope | None
    imports: list[Import] = field(default_factory=list)
    children: dict[str, Scope] = field(default_factory=dict)
    global_names: set[str] = field(default_factory=set)
    flat: list[tuple[ast.stmt, int]] | None = None  # see `statements`
    _bindings: dict[str, list[Binding]] | None = None
    _attributes: dict[str, list[Binding]] | None = None

    @property
    def start(self) -> int:
        """The first line, decorators included."""
        return first_line(self.node) if not isinstance(self.node, ast.Module) else 1

    @property
    def end(self) -> int:
        return getattr(self.node, "end_lineno", None) or 0

    def bindings(self) -> dict[str, list[Binding]]:
        """All bindings made in this scope's own body, in the order of their lines."""
        if self._bindings is None:
            self._bindings = _collect(self)
        return self._bindings

    def attributes(self) -> dict[str, list[Binding]]:
        """Of a class: what `self.NAME` is bound to in its body and in its methods."""
        if self._attributes is None:
            found = {name: list(bindings) for name, bindings in self.bindings().items()}
            for method in self.children.values():
                if method.kind == "function":
                    _self_attributes(method, found)
            self._attributes = found
        return self._attributes

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
        self._scope_of: dict[int, Scope] = {id(source.tree): self.top}
        self._located: tuple[int, int, Scope, list[ast.stmt]] = (0, -1, self.top, [])  # first and last line, and where
        self._walk()

    def _walk(self) -> None:
        stack: list[tuple[Sequence[ast.stmt], Scope]] = [(self.source.tree.body, self.top)]
        while stack:
            body, scope = stack.pop()
            for node in body:
                kind = node.__class__
                if kind in SIMPLE:
                    continue
                if kind in DEFS:
                    stack.append((node.body, self._define(node, scope)))  # type: ignore[attr-defined, arg-type]
                elif kind is ast.Import or kind is ast.ImportFrom:
                    self._import(node, scope)  # type: ignore[arg-type]
                elif kind is ast.Global:
                    scope.global_names.update(node.names)  # type: ignore[attr-defined]
                else:
                    if kind is ast.If and scope is self.top and _is_main_guard(node.test):  # type: ignore[attr-defined]
                        self.has_main = True
                    for inner in blocks(node):
                        stack.append((inner, scope))

    def _define(self, node: FunctionNode | ast.ClassDef, scope: Scope) -> Scope:
        kind = "class" if node.__class__ is ast.ClassDef else "function"
        inner = Scope(kind, f"{scope.qualname}.{node.name}" if scope.qualname else node.name, node, scope)
        if not (node.name in scope.children and _is_accessor(node)):
            scope.children[node.name] = inner
        self.scopes.append(inner)
        self._scope_of[id(node)] = inner
        return inner

    def _import(self, node: ast.Import | ast.ImportFrom, scope: Scope) -> None:
        if isinstance(node, ast.Import):
            for name in node.names:
                scope.imports.append(Import(name.name, "", name.asname or name.name.partition(".")[0], node.lineno))
            return
        module = "." * node.level + (node.module or "")
        for name in node.names:
            found = Import(module, name.name, name.asname or name.name, node.lineno)
            if name.name == "*":
                self.stars.append(found)
            scope.imports.append(found)

    def scope_of(self, node: ast.AST) -> Scope:
        """The scope that a module, class or function node makes."""
        return self._scope_of[id(node)]

    def release(self) -> None:
        """Break the cycles between scopes, so that the tree is freed at once and not by a later garbage collection."""
        for scope in self.scopes:
            scope.parent = None
            scope.children = {}
            scope.flat = scope._bindings = scope._attributes = None

    def all_imports(self) -> Iterator[tuple[Import, Scope]]:
        for scope in self.scopes:
            for found in scope.imports:
                yield found, scope

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
            inner = next((block for block in inside if block and _covers(block, line)), None)
            if inner is None:
                if not inside:  # the same on all of its lines
                    self._located = (node.lineno, node.end_lineno or node.lineno, scope, chain)
                return scope, chain
            if node.__class__ in DEFS:
                scope, chain = self.scope_of(node), []
            body = inner


def _is_accessor(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> bool:
    """`@x.setter` and the like define nothing new: the property keeps its getter."""
    return any(isinstance(one, ast.Attribute) and one.attr in ("setter", "deleter") for one in node.decorator_list)


def _is_main_guard(test: ast.expr) -> bool:
    match test:
        case ast.Compare(left=ast.Name(id="__name__"), comparators=[ast.Constant(value="__main__")]):
            return True
        case ast.Compare(left=ast.Constant(value="__main__"), comparators=[ast.Name(id="__name__")]):
            return True
    return False


def _at(body: Sequence[ast.stmt], line: int) -> ast.stmt | None:
    index = bisect_right(body, line, key=first_line) - 1
    if index < 0:
        return None
    node = body[index]
    return node if line <= (node.end_lineno or node.lineno) else None


def _covers(block: Sequence[ast.stmt], line: int) -> bool:
    last = block[-1]
    return first_line(block[0]) <= line <= (last.end_lineno or last.lineno)


def _collect(scope: Scope) -> dict[str, list[Binding]]:
    found: dict[str, list[Binding]] = {}
    if isinstance(scope.node, ast.FunctionDef | ast.AsyncFunctionDef):
        for argument in parameters(scope.node):
            found[argument.arg] = [Binding("param", scope.node.lineno, True, argument, scope=scope)]
    binder_of = _BINDERS.get
    for node, depth in statements(scope):
        binder = binder_of(node.__class__)
        if binder is not None:
            for name, binding in binder(node, depth == 0, scope):
                if name in found:
                    found[name].append(binding)
                else:
                    found[name] = [binding]
    for name in scope.global_names:
        found.pop(name, None)
    return found


def parameters(node: FunctionNode) -> list[ast.arg]:
    """All parameters in order, `*args` and `**kwargs` last."""
    arguments = node.args
    extra = [arg for arg in (arguments.vararg, arguments.kwarg) if arg is not None]
    return [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, *extra]


_Bound = Iterable[tuple[str, Binding]]


def _of_assign(node: ast.Assign, certain: bool, scope: Scope) -> _Bound:
    line = node.end_lineno or node.lineno  # what an assignment binds holds after its last line
    target = node.targets[0]
    if len(node.targets) == 1 and target.__class__ is ast.Name:
        return ((target.id, Binding("value", line, certain, node.value, "", scope)),)
    return [one for target in node.targets for one in _target(target, node.value, line, certain, scope)]


def _of_annotated(node: ast.AnnAssign, certain: bool, scope: Scope) -> _Bound:
    if not isinstance(node.target, ast.Name):
        return ()
    kind = "value" if node.value else "annotated"
    line = node.end_lineno or node.lineno
    value = node.value or node.annotation
    return ((node.target.id, Binding(kind, line, certain, value, "", scope, scope.kind == "class")),)


def _of_for(node: ast.For | ast.AsyncFor, certain: bool, scope: Scope) -> _Bound:
    return _target(node.target, node.iter, node.lineno, False, scope, kind="item")


def _of_with(node: ast.With | ast.AsyncWith, certain: bool, scope: Scope) -> _Bound:
    return [
        one
        for item in node.items
        if item.optional_vars is not None
        for one in _target(item.optional_vars, item.context_expr, node.lineno, certain, scope)
    ]


def _of_import(node: ast.Import, certain: bool, scope: Scope) -> _Bound:
    for name in node.names:
        root = name.name.partition(".")[0]  # `import a.b` binds `a`
        target = name.name if name.asname else root
        yield name.asname or root, Binding("import", node.lineno, certain, node, target, scope)


def _of_import_from(node: ast.ImportFrom, certain: bool, scope: Scope) -> _Bound:
    module = "." * node.level + (node.module or "")
    before = module if module.endswith(".") else f"{module}."
    line = node.lineno
    return [
        (name.asname or name.name, Binding("import", line, certain, node, before + name.name, scope))
        for name in node.names
        if name.name != "*"
    ]


def _of_def(node: FunctionNode | ast.ClassDef, certain: bool, scope: Scope) -> _Bound:
    kind = "class" if isinstance(node, ast.ClassDef) else "def"
    return ((node.name, Binding(kind, node.lineno, certain, node, "", scope.children.get(node.name))),)


def _of_walrus(node: ast.Expr | ast.If | ast.While, certain: bool, scope: Scope) -> _Bound:
    value = node.value if isinstance(node, ast.Expr) else node.test
    return _target(value.target, value.value, node.lineno, False, scope) if isinstance(value, ast.NamedExpr) else ()


_BINDERS: Final[dict[type, Callable[[Any, bool, Scope], _Bound]]] = {
    ast.Assign: _of_assign,
    ast.AnnAssign: _of_annotated,
    ast.For: _of_for,
    ast.AsyncFor: _of_for,
    ast.With: _of_with,
    ast.AsyncWith: _of_with,
    ast.Import: _of_import,
    ast.ImportFrom: _of_import_from,
    ast.FunctionDef: _of_def,
    ast.AsyncFunctionDef: _of_def,
    ast.ClassDef: _of_def,
    ast.If: _of_walrus,
    ast.While: _of_walrus,
}


def _target(
    target: ast.expr, value: ast.expr, line: int, certain: bool, scope: Scope, *, kind: str = "value"
) -> Iterator[tuple[str, Binding]]:
    if isinstance(target, ast.Name):
        yield target.id, Binding(kind, line, certain, value, scope=scope)
    elif isinstance(target, ast.Tuple | ast.List):
        same = (
            kind == "value"
            and isinstance(value, ast.Tuple | ast.List)
            and len(value.elts) == len(target.elts)
            and not any(isinstance(part, ast.Starred) for part in (*target.elts, *value.elts))
        )
        for index, part in enumerate(target.elts):
            inner = value.elts[index] if same else value  # type: ignore[attr-defined]
            named = part.value if isinstance(part, ast.Starred) else part
            if isinstance(named, ast.Name):
                yield named.id, Binding(kind if same else "item", line, certain, inner, scope=scope)


def _self_attributes(method: Scope, found: dict[str, list[Binding]]) -> None:
    """Add what a method binds on its first parameter to `found`."""
    assert isinstance(method.node, ast.FunctionDef | ast.AsyncFunctionDef)
    arguments = [*method.node.args.posonlyargs, *method.node.args.args]
    if not arguments:
        return
    me = arguments[0].arg
    certain_here = method.node.name in ("__init__", "__post_init__", "setup", "__enter__", "__aenter__")
    for node, depth in statements(method):
        if isinstance(node, ast.Assign):
            pairs = [(target, node.value) for target in node.targets]
        elif isinstance(node, ast.AnnAssign) and node.value is not None:
            pairs = [(node.target, node.value)]
        else:
            continue
        for target, value in pairs:
            if isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name) and target.value.id == me:
                certain = certain_here and depth == 0
                found.setdefault(target.attr, []).append(Binding("value", node.lineno, certain, value, scope=method))
