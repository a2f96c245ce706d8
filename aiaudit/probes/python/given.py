"""Functions that are handed on instead of called, and the walk that tells in which place an expression stands."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Final

from aiaudit.probes.python.nodes import expression_fields

_COMPREHENSIONS: Final = frozenset((ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp))

# What lies between a statement and an expression in it.
AWAITED: Final = 1
REPEATED: Final = 2  # inside a comprehension
HANDED_ON: Final = 4  # an argument, an element or a value: a function there is not called but given away

_LEAVES: Final = frozenset((ast.Name, ast.Constant))
_HANDING_ON: Final = {ast.Call: "args", ast.List: "elts", ast.Tuple: "elts", ast.Dict: "values", ast.Set: "elts"}


def walk(roots: list[ast.AST]) -> Iterator[tuple[ast.AST, int]]:
    """The calls below `roots`, and the names and attributes that are handed on, in source order and iteratively, each
    with its flags."""
    stack: list[tuple[ast.AST, int]] = [(node, 0) for node in reversed(roots)]
    pop, push = stack.pop, stack.append
    while stack:
        node, flags = pop()
        kind = node.__class__
        if kind in _LEAVES:
            if flags & HANDED_ON and kind is ast.Name:
                yield node, flags
            continue
        if kind is ast.Attribute:
            if flags & HANDED_ON:
                yield node, flags
            if node.value.__class__ not in _LEAVES:  # type: ignore[attr-defined]
                push((node.value, flags & REPEATED))  # type: ignore[attr-defined]
            continue
        if kind is ast.Call:
            yield node, flags
        inner = (flags & REPEATED) | (AWAITED if kind is ast.Await else 0)
        if kind in _COMPREHENSIONS:
            inner |= REPEATED
        handing = _HANDING_ON.get(kind)
        for name in expression_fields(kind):
            value = getattr(node, name, None)
            here = inner | HANDED_ON if name == handing or kind is ast.keyword else inner
            if value.__class__ is list:
                for one in reversed(value):
                    if one.__class__ in _LEAVES:
                        if here & HANDED_ON and one.__class__ is ast.Name:
                            push((one, here))
                    elif isinstance(one, ast.AST):
                        push((one, here))
            elif isinstance(value, ast.AST) and (value.__class__ not in _LEAVES or here & HANDED_ON):
                push((value, here))


def handed_out(statement: ast.stmt) -> Iterator[ast.Name | ast.Attribute]:
    """Names that a statement hands to whoever calls: what it returns, a parameter's default, the base of a class. A
    class that decides by itself what may be found (`find_class`) is not its base."""
    roots: list[ast.expr | None] = []
    match statement:
        case ast.Return(value=value):
            roots = [value]
        case ast.FunctionDef(args=arguments) | ast.AsyncFunctionDef(args=arguments):
            roots = [*arguments.defaults, *arguments.kw_defaults]
        case ast.ClassDef(bases=bases, body=body):
            limits = any(isinstance(one, ast.FunctionDef) and one.name == "find_class" for one in body)
            roots = [] if limits else list(bases)
    for root in roots:
        for node in parts_of_choice(root):
            if isinstance(node, ast.Name | ast.Attribute):
                yield node


def parts_of_choice(node: ast.expr | None) -> Iterator[ast.expr]:
    """`a` and `b` of `a if x else b`, `a or b` and `(a, b)`; else the expression itself."""
    stack = [node]
    while stack:
        match stack.pop():
            case None:
                continue
            case ast.IfExp(body=left, orelse=right):
                stack += [right, left]
            case ast.BoolOp(values=values) | ast.Tuple(elts=values):
                stack += reversed(values)
            case ast.expr() as other:
                yield other


def is_own_name(target: ast.expr) -> bool:
    """Whether what is assigned is reached by that name in this file only: a variable, or an attribute of `self`."""
    if isinstance(target, ast.Attribute):
        return isinstance(target.value, ast.Name) and target.value.id in ("self", "cls")
    return isinstance(target, ast.Name)
