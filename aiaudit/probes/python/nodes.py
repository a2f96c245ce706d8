"""Walks over a syntax tree: the statements of a scope, the parts of a statement, the expressions below a node.

All are iterative, so that the nesting of hostile source costs no stack; they know which fields hold what, so that
nothing is looked at in vain.
"""

from __future__ import annotations

import ast
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from aiaudit.probes.python.module import Scope

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef

SIMPLE: Final = frozenset(
    {ast.Expr, ast.Assign, ast.Return, ast.AugAssign, ast.AnnAssign, ast.Raise, ast.Pass, ast.Delete, ast.Assert,
     ast.Break, ast.Continue, ast.Nonlocal}
)  # fmt: skip
DEFS: Final = frozenset({ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef})
_FLAT: Final = SIMPLE | DEFS | {ast.Import, ast.ImportFrom, ast.Global}  # no blocks inside
LEAVES: Final = (ast.Return, ast.Raise, ast.Continue, ast.Break)  # what stands behind one of these is not reached
TRIES: Final = (ast.Try, ast.TryStar)
_BODY_ONLY: Final = DEFS | {ast.With, ast.AsyncWith, ast.Module}
_BODY_ELSE: Final = frozenset({ast.If, ast.For, ast.AsyncFor, ast.While})


def default_of(node: ast.FunctionDef | ast.AsyncFunctionDef, name: str) -> ast.expr | None:
    """The default of a parameter, or None."""
    arguments = node.args
    positional = [*arguments.posonlyargs, *arguments.args]
    for argument, default in zip(reversed(positional), reversed(arguments.defaults), strict=False):
        if argument.arg == name:
            return default
    for argument, keyword_default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=False):
        if argument.arg == name:
            return keyword_default
    return None


def parameters(node: FunctionNode) -> list[ast.arg]:
    """All parameters in order, `*args` and `**kwargs` last."""
    arguments = node.args
    every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    if arguments.vararg is not None:
        every.append(arguments.vararg)
    if arguments.kwarg is not None:
        every.append(arguments.kwarg)
    return every


def note_answer(body: Sequence[ast.stmt]) -> None:
    """Note what the end of a block gives back where that has a name for one line only: `x = f()`, `return x`."""
    last = body[-1]
    if last.__class__ is ast.Return and len(body) > 1 and isinstance(last.value, ast.Name):
        match body[-2]:
            case (
                ast.Assign(targets=[ast.Name(id=name)], value=value)
                | ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value)
            ) if name == last.value.id:
                last.stands_for = value  # type: ignore[attr-defined]


def answer_of(node: ast.Return) -> ast.expr | None:
    """What a function gives back there, without a name that it has for one line only."""
    return getattr(node, "stands_for", node.value)


def plain_answer(node: ast.Return) -> ast.Return:
    """The same as a statement."""
    return ast.copy_location(ast.Return(value=answer_of(node)), node) if hasattr(node, "stands_for") else node


def first_line(node: ast.AST) -> int:
    """A definition's first line, decorators included."""
    line: int = getattr(node, "lineno", 1)
    if node.__class__ in DEFS and node.decorator_list:  # type: ignore[attr-defined]
        line = min(line, node.decorator_list[0].lineno)  # type: ignore[attr-defined]
    return line


def any_between(lines: Sequence[int], first: int, last: int) -> bool:
    """Whether one of these rising lines is among the lines from `first` to `last`."""
    at = bisect_left(lines, first)
    return at < len(lines) and lines[at] <= last


def blocks(node: ast.AST) -> list[list[ast.stmt]]:
    """The statement lists inside a compound statement, in order; none of a simple one."""
    kind = node.__class__
    if kind in SIMPLE:
        return []
    if kind in _BODY_ONLY:
        return [node.body]  # type: ignore[attr-defined]
    if kind in _BODY_ELSE:
        return [node.body, node.orelse] if node.orelse else [node.body]  # type: ignore[attr-defined]
    if kind in TRIES:
        handled = [handler.body for handler in node.handlers]  # type: ignore[attr-defined]
        return [block for block in (node.body, *handled, node.orelse, node.finalbody) if block]  # type: ignore[attr-defined]
    if kind is ast.Match:
        return [case.body for case in node.cases]  # type: ignore[attr-defined]
    return []


def header(node: ast.stmt) -> list[ast.AST]:
    """The expressions of a statement itself, without the statements inside it."""
    kind = node.__class__
    if kind in _ONE_VALUE:
        value = node.value  # type: ignore[attr-defined]
        return [value] if value is not None else []
    if kind is ast.Assign:
        return [*node.targets, node.value]  # type: ignore[attr-defined]
    out: list[ast.AST] = []
    for name in node._fields:
        if name in _BLOCK_FIELDS:
            continue
        value = getattr(node, name, None)
        if isinstance(value, list):
            if name == "handlers":
                out.extend(handler.type for handler in value if handler.type is not None)
            elif name == "cases":
                out.extend(case.guard for case in value if case.guard is not None)
            else:
                out.extend(item for item in value if isinstance(item, ast.AST))
        elif isinstance(value, ast.AST):
            out.append(value)
    return out


_ONE_VALUE: Final = frozenset((ast.Expr, ast.Return))
_BLOCK_FIELDS: Final = frozenset(("body", "orelse", "finalbody"))
_LEAF: Final = frozenset((ast.Name, ast.Constant))
_NO_NODES: Final = frozenset(("ctx", "op", "ops", "id", "attr", "arg", "kind", "conversion"))
_FIELDS: Final[dict[type, tuple[str, ...]]] = {}


def expression_fields(kind: type) -> tuple[str, ...]:
    """The fields of a kind of node that may hold expressions, last first."""
    names = _FIELDS.get(kind)
    if names is None:
        fields: tuple[str, ...] = getattr(kind, "_fields", ())
        names = _FIELDS[kind] = tuple(name for name in reversed(fields) if name not in _NO_NODES)
    return names


_HOLDING: Final[dict[type, tuple[str, ...]]] = {ast.Name: (), ast.Constant: ()}


def children_of(node: ast.AST) -> list[ast.AST]:
    """As `ast.iter_child_nodes`, without contexts (`ast.Load`) and operators, which nobody asks for: a third of all."""
    kind = node.__class__
    names = _HOLDING.get(kind)
    if names is None:
        names = _HOLDING[kind] = tuple(name for name in kind._fields if name not in _NO_NODES)
    found: list[ast.AST] = []
    for name in names:
        value = getattr(node, name, None)
        if value.__class__ is list:
            found += [one for one in value if isinstance(one, ast.AST)]
        elif isinstance(value, ast.AST):
            found.append(value)
    return found


def walk(node: ast.AST) -> Iterator[ast.AST]:
    """As `ast.walk` and in its order, without contexts and operators, in half its time."""
    todo = [node]
    for one in todo:  # it grows as it is gone through
        yield one
        todo += children_of(one)


def below(node: FunctionNode, most: int) -> list[ast.AST]:
    """The nodes in a function's body, iteratively; at most so many. What stands first comes first, of its parts the
    last."""
    found: list[ast.AST] = []
    stack: list[ast.AST] = list(reversed(node.body))
    while stack and len(found) < most:
        one = stack.pop()
        found.append(one)
        stack += children_of(one)
    return found


def expressions(roots: Iterable[ast.AST]) -> Iterator[ast.AST]:
    """All nodes below `roots`, themselves included, in source order and iteratively; names and constants are not."""
    stack = [node for node in roots if node.__class__ not in _LEAF]
    stack.reverse()
    pop, push = stack.pop, stack.append
    while stack:
        node = pop()
        yield node
        for name in expression_fields(node.__class__):
            value = getattr(node, name, None)
            if value.__class__ is list:
                for one in reversed(value):
                    if one.__class__ not in _LEAF and isinstance(one, ast.AST):
                        push(one)
            elif value is not None and value.__class__ not in _LEAF and isinstance(value, ast.AST):
                push(value)


def statements(scope: Scope) -> list[tuple[ast.stmt, int]]:
    """Every statement of a scope's own body with its depth of nesting, in source order; not those of inner scopes."""
    if scope.flat is not None:
        return scope.flat
    found: list[tuple[ast.stmt, int]] = []
    add = found.append
    stack: list[tuple[Iterator[ast.stmt], int]] = [(iter(scope.node.body), 0)]
    while stack:
        body, depth = stack[-1]
        for node in body:
            add((node, depth))
            if node.__class__ not in _FLAT and (inner := blocks(node)):
                stack.extend((iter(block), depth + 1) for block in reversed(inner))
                break
        else:
            stack.pop()
    scope.flat = found
    return found
