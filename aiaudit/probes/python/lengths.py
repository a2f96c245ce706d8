"""Whether a handler refuses what is too long: `if len(text) > 2000: raise HTTPException(413)`, in its own body or in a
function of the same file that it calls."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from typing import Final

from aiaudit import lazy
from aiaudit.probes.python.module import Scope
from aiaudit.probes.python.names import last_name
from aiaudit.probes.python.nodes import FunctionNode, below, walk

_MOST: Final = 3_000  # nodes of one function
_LEAST: Final = 8  # a limit that is smaller counts things, not letters
_SIZES: Final = lazy.regex(r"(?i)^(?:content_?length|file_?size|size|size_?bytes|num_?bytes|n_?bytes|total_?size)$")
_LIMITS: Final = lazy.regex(r"(?i)max|limit|cap\b|_mb\b|[A-Z]{3}")


class Lengths:
    """The handlers of one file; a function that many of them call is looked through once."""

    def __init__(self) -> None:
        self._helpers: dict[FunctionNode, bool] = {}

    def are_limited(self, scope: Scope, node: FunctionNode, nodes: Sequence[ast.AST]) -> bool:
        """Whether a handler, or a function of its file that it calls, refuses what is longer than a limit. `nodes`:
        those of its body."""
        if _refuses_long(nodes[:_MOST], of_web=True):
            return True
        return any(self._refuses_for(helper) for helper in _helpers(scope, node, nodes[:_MOST]))

    def _refuses_for(self, helper: FunctionNode) -> bool:
        known = self._helpers.get(helper)
        if known is None:
            known = self._helpers[helper] = _refuses_long(below(helper, _MOST), of_web=False)
        return known


def _helpers(scope: Scope, node: FunctionNode, nodes: Sequence[ast.AST]) -> Iterator[FunctionNode]:
    """The functions of a handler's file that it calls."""
    outer = scope
    while outer.parent is not None:
        outer = outer.parent
    owner = scope.enclosing_class()
    for inner in nodes:
        if not isinstance(inner, ast.Call):
            continue
        helper = None
        if isinstance(inner.func, ast.Name):
            helper = outer.children.get(inner.func.id)
        elif isinstance(inner.func, ast.Attribute) and last_name(inner.func.value) == "self" and owner is not None:
            helper = owner.children.get(inner.func.attr)
        if helper is None or helper.node is node:
            continue
        if isinstance(helper.node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield helper.node


def _refuses_long(nodes: Sequence[ast.AST], *, of_web: bool) -> bool:
    return any(
        isinstance(inner, ast.If) and _is_too_long(inner.test) and _refuses(inner.body, of_web=of_web)
        for inner in nodes
    )


def _is_too_long(test: ast.expr) -> bool:
    """Whether a condition holds where something is longer than a limit."""
    for one in walk(test):
        match one:
            case ast.Compare(left=left, ops=[ast.Gt() | ast.GtE()], comparators=[right]):
                if _is_size(left) and _is_limit(right):
                    return True
            case ast.Compare(left=left, ops=[ast.Lt() | ast.LtE()], comparators=[right]):
                if _is_limit(left) and _is_size(right):
                    return True
            case ast.UnaryOp(op=ast.Not(), operand=ast.Compare(comparators=parts, ops=ops)):
                # `not (1 <= len(text) <= 500)`
                if isinstance(ops[-1], ast.Lt | ast.LtE) and _is_limit(parts[-1]):
                    return len(parts) > 1 and _is_size(parts[-2])
    return False


def _is_size(node: ast.expr) -> bool:
    match node:
        case ast.Call(func=ast.Name(id="len"), args=[_]):
            return True
        case ast.Call(func=ast.Name(id="int"), args=[inner]):
            return _is_size(inner)
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return _SIZES.search(name) is not None
        case ast.Subscript(slice=ast.Constant(value=str(key))) | ast.Call(args=[ast.Constant(value=str(key)), *_]):
            return key.lower() == "content-length"
        case ast.BinOp(left=left, op=ast.Div()):
            return _is_size(left)
    return False


def _is_limit(node: ast.expr) -> bool:
    match node:
        case ast.Constant(value=int() | float() as value):
            return value >= _LEAST
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return _LIMITS.search(name) is not None
        case ast.BinOp(left=left, right=right):
            return _is_limit(left) or _is_limit(right)
        case ast.Subscript(slice=ast.Constant(value=str(key))):
            return _LIMITS.search(key) is not None
    return False


def _refuses(body: list[ast.stmt], *, of_web: bool) -> bool:
    """Whether what is too long is turned away: by an error, or by an answer of the web that says so; in a function
    that looks at what came in, by whatever it gives back."""
    for node in body:
        match node:
            case ast.Raise():
                return True
            case ast.Return(value=value):
                return value is not None and (not of_web or _is_refusal(value))
            case ast.Expr(value=ast.Call(func=function)):
                last = last_name(function)
                if last == "abort" or (not of_web and last == "append"):
                    return True
    return False


def _is_refusal(value: ast.expr) -> bool:
    codes = [one.value for one in walk(value) if isinstance(one, ast.Constant)]
    if any(code in (400, 413, 414, 422) and not isinstance(code, bool) for code in codes):
        return True
    names = [one.attr for one in walk(value) if isinstance(one, ast.Attribute)]
    return any(name.startswith(("HTTP_400", "HTTP_413", "HTTP_422", "BAD_REQUEST")) for name in names)
