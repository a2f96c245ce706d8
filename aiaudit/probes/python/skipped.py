"""Which tests are left out, or may fail without a word, whatever the code that they look at does."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence

from aiaudit.probes.python.module import Scope
from aiaudit.probes.python.names import dotted

_ALWAYS = ("mark.skip", "unittest.skip", "mark.xfail", "unittest.expectedFailure")


def file_skipped(top: Scope) -> bool:
    """Whether nothing of a file is run, or nothing of it counts: `pytestmark = pytest.mark.skip`, and
    `pytest.skip(…, allow_module_level=True)` outside of any condition."""
    node: ast.stmt
    for node in top.node.body:
        match node:
            case ast.Assign(targets=[ast.Name(id="pytestmark")], value=value):
                marks = value.elts if isinstance(value, ast.List | ast.Tuple) else [value]
                if any(_leaves_out(one) for one in marks):
                    return True
            case ast.Expr(value=ast.Call(func=function, keywords=keywords)) if dotted(function) == "pytest.skip":
                if any(one.arg == "allow_module_level" for one in keywords):
                    return True
    return False


def left_out(scope: Scope, named: Iterable[str]) -> bool:
    """Whether a test's decorators (by their names), or those of the classes around it, leave it out or let it fail."""
    if any(one.endswith(("skip", ".skipif")) for one in named):
        return True
    at: Scope | None = scope
    while at is not None and at.kind != "module":
        if any(_leaves_out(one) for one in getattr(at.node, "decorator_list", ())):
            return True
        at = at.parent
    return False


def ends_at_once(body: Sequence[ast.stmt]) -> bool:
    """Whether a test skips itself before it does anything."""
    first = body[0]
    if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and len(body) > 1:
        first = body[1]
    match first:
        case ast.Expr(value=ast.Call(func=function)):
            return dotted(function) in ("pytest.skip", "self.skipTest")
        case ast.Raise(exc=ast.Call(func=function)):
            return dotted(function).rpartition(".")[2] == "SkipTest"
        case ast.Raise(exc=ast.Name() | ast.Attribute() as raised):
            return dotted(raised).rpartition(".")[2] == "SkipTest"
    return False


def says_nothing(test: ast.expr) -> bool:
    """Whether what is asserted is made of numbers alone: `assert True`, `assert 1 + 1 == 2`."""
    stack: list[ast.expr] = [test]
    while stack:
        match stack.pop():
            case ast.Constant(value=value):
                if isinstance(value, str | bytes) and test.__class__ is not ast.Constant:
                    return False
            case ast.BinOp(left=left, right=right):
                stack += [left, right]
            case ast.UnaryOp(operand=operand):
                stack.append(operand)
            case ast.Compare(left=left, comparators=comparators):
                stack += [left, *comparators]
            case _:
                return False
    return True


def _leaves_out(mark: ast.expr) -> bool:
    """`pytest.mark.skip`, `unittest.skip("…")`, `pytest.mark.xfail` without a condition."""
    arguments = mark.args if isinstance(mark, ast.Call) else []
    name = dotted(mark.func if isinstance(mark, ast.Call) else mark)
    if not name.endswith(_ALWAYS):
        return False
    return not (name.endswith("xfail") and arguments)
