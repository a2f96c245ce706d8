"""Whether a function holds a value against something by which it may be turned away."""

from __future__ import annotations

import ast
from typing import Final

from aiaudit import lazy
from aiaudit.probes.python.match import name_set
from aiaudit.probes.python.module import Scope
from aiaudit.probes.python.names import dotted, last_name
from aiaudit.probes.python.nodes import parameters, statements
from aiaudit.probes.python.resolve import Resolver

# What is asked of a value without saying that it may be used.
_ASKS_NOTHING: Final = name_set(
    "endswith lower upper strip len isinstance exists is_file isfile is_dir isdir bool split rsplit get hasattr getattr"
    " getsize stat str print info debug warning error exception splitext"
)
_MOST_HOPS: Final = 2
_ENDINGS: Final = name_set("suffix suffixes stem name")
_BEGINNING: Final = lazy.regex(r"^(?:https?|https?:|https?:/?/?|/[\w./-]*|\w+/)$")
_CHECKS: Final = lazy.regex(r"(?i)valid|check|ensure|assert|verify|guard|safe|allow|sanit|relative_to|require|confine")


def is_held(scope: Scope, names: set[str], resolver: Resolver, hops: int = 0) -> bool:
    """Whether a condition of a function asks something of the value, or a function is called that turns it away. One of
    the same file is looked into: what is called `validate_csv` may ask only whether the file exists."""
    for statement, _ in statements(scope):
        if isinstance(statement, ast.If | ast.While | ast.Assert):
            nodes = list(ast.walk(statement.test))
            endings = {id(one) for node in nodes if (one := _of_ending(node)) is not None}
            if any(_compares(node, names) or (id(node) not in endings and _calls(node, names)) for node in nodes):
                return True
        elif isinstance(statement, ast.Expr) and any(
            _calls(node, names)
            and _CHECKS.search(last_name(node.func))  # `validate_path(path)` raises
            and _holds(node, names, scope, resolver, hops)
            for node in ast.walk(statement.value)
            if isinstance(node, ast.Call)
        ):
            return True
    return False


def _holds(call: ast.Call, names: set[str], scope: Scope, resolver: Resolver, hops: int) -> bool:
    """Whether a function that is called like a check holds what it is given against anything, as far as it is known."""
    own = next((one.local for one in resolver.names(call.func, scope) if one.local is not None), None)
    if own is None or not isinstance(own.node, ast.FunctionDef | ast.AsyncFunctionDef) or hops >= _MOST_HOPS:
        return True
    taken = [one.arg for one in parameters(own.node)]
    taken = taken[1:] if taken[:1] in (["self"], ["cls"]) else taken
    given = {name for name, one in zip(taken, call.args, strict=False) if dotted(one) in names}
    given |= {one.arg for one in call.keywords if one.arg and dotted(one.value) in names}
    return not given or is_held(own, given, resolver, hops + 1)


def _of_ending(node: ast.AST) -> ast.expr | None:
    """`Path(name)` of `Path(name).suffix` and of `Path(name).exists()`, which say nothing of where it leads."""
    match node:
        case ast.Attribute(value=ast.Call() as made, attr=attr) if last_name(made.func) in ("Path", "PurePath"):
            return made if attr in _ENDINGS or attr in _ASKS_NOTHING else None
    return None


def _compares(node: ast.AST, names: set[str]) -> bool:
    if not isinstance(node, ast.Compare):
        return False
    sides = [node.left, *node.comparators]
    return any(dotted(one) in names for one in sides) and not any(_is_none(one) for one in sides)


def _calls(node: ast.AST, names: set[str]) -> bool:
    if not isinstance(node, ast.Call) or last_name(node.func) in _ASKS_NOTHING or _asks_for_a_beginning(node):
        return False
    receiver = [node.func.value] if isinstance(node.func, ast.Attribute) else []
    return any(dotted(one) in names for one in [*node.args, *receiver])


def _asks_for_a_beginning(call: ast.Call) -> bool:
    """`path.startswith("/uploads/")` and `url.startswith("https://")`: what follows may still lead anywhere."""
    if last_name(call.func) != "startswith" or not call.args:
        return False
    given = call.args[0].elts if isinstance(call.args[0], ast.Tuple) else [call.args[0]]
    return all(isinstance(one, ast.Constant) and _BEGINNING.search(str(one.value)) for one in given)


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value in (None, "")
