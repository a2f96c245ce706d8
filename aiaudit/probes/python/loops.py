"""Whether a loop must end: by what it runs over, by its condition, or by a counter that is compared inside."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final

from aiaudit import lazy
from aiaudit.probes.python.match import name_set
from aiaudit.probes.python.names import dotted, last_name
from aiaudit.probes.python.nodes import DEFS, SIMPLE, children_of, expressions, header, walk

if TYPE_CHECKING:
    from aiaudit.probes.python.file_view import FileView

HITS: Final = rb"^[ \t]*while\b"
MAX_ROWS: Final = 200
MAX_CALLS: Final = 40
_ATTEMPT: Final = lazy.regex(r"(?i)_?(?:attempts?|retry|retries|tries|try)(?:_?(?:n|no|num|number|count|idx|index|i))?")
LOOPS: Final = (ast.For, ast.AsyncFor, ast.While)
_ENDLESS: Final = frozenset(("itertools.count", "count", "itertools.cycle", "cycle", "iter"))
_BRINGS_NEW: Final = name_set(
    "input get get_nowait recv receive receive_text receive_json readline poll accept next anext pop popleft prompt"
    " consume read fetchone append extend add"
)
_CLOCKS: Final = frozenset(("time", "monotonic", "perf_counter", "now"))


def innermost_loop(chain: Sequence[ast.stmt]) -> ast.For | ast.AsyncFor | ast.While | None:
    """The loop whose body holds the last statement of the chain; of a `while`, also its own condition."""
    last = chain[-1]
    if isinstance(last, ast.While):
        return last
    return next((one for one in reversed(chain[:-1]) if isinstance(one, LOOPS)), None)


def goes_over_things(chain: Sequence[ast.stmt]) -> bool:
    """Whether the last statement of the chain is done for one thing after another: a loop of attempts
    (`for attempt in range(3):`) does the same one again, and only where that failed."""
    if isinstance(chain[-1], ast.While):
        return True
    return any(isinstance(one, LOOPS) and not _of_attempts(one) for one in chain[:-1])


def _of_attempts(loop: ast.stmt) -> bool:
    """Whether a loop counts attempts, and ends where one has worked."""
    match loop:
        case ast.For(target=ast.Name(id=name), iter=ast.Call(func=ast.Name(id="range"))):
            return _ATTEMPT.fullmatch(name) is not None and any(
                isinstance(one, ast.Break | ast.Return) for one in _inside(loop)
            )
    return False


def describe(loop: ast.For | ast.AsyncFor | ast.While) -> dict[str, Any]:
    """kind: for, while, while_true · bounded · bound: what ends it, as text."""
    if not isinstance(loop, ast.While):
        called = dotted(loop.iter.func) if isinstance(loop.iter, ast.Call) else ""
        endless = called in _ENDLESS and not (called == "iter" and len(loop.iter.args) == 1)  # type: ignore[attr-defined]
        return {"kind": "for", "bounded": not endless, "bound": "" if endless else called or "items"}
    endless = isinstance(loop.test, ast.Constant) and bool(loop.test.value)
    kind = "while_true" if endless else "while"
    counted = _counted(loop)
    bound = "" if endless else _compares(loop.test, counted)
    if not bound:
        for node in _inside(loop):
            if isinstance(node, ast.If) and (_leaves(node.body) or _leaves(node.orelse)):
                bound = _compares(node.test, counted) or _exhausts(node.test, loop, counted)
                if bound:
                    break
    described: dict[str, Any] = {"kind": kind, "bounded": bool(bound), "bound": bound}
    if not bound and _tries_again(loop):
        described["again"] = True
    return described


def _tries_again(loop: ast.While) -> bool:
    """Whether a loop only leaves when something has worked, and goes round at once, with nothing new, when it has not:
    `while True: try: return parse(ask()) except ValueError: continue`."""
    tried = [one for one in loop.body if isinstance(one, ast.Try | ast.TryStar) and one.handlers]
    if not tried or not isinstance(loop.test, ast.Constant):
        return False
    if any(
        isinstance(one, ast.Call) and last_name(one.func) in _BRINGS_NEW
        for inner in _inside(loop)
        for one in expressions(header(inner))
    ):
        return False
    leaves = any(_leaves([*one.body, *one.orelse]) for one in tried) or _leaves(loop.body)
    return leaves and any(not _leaves(handler.body) for one in tried for handler in one.handlers)


def works_on(tried: ast.Try | ast.TryStar, loop: ast.stmt) -> bool:
    """Whether a loop is not left by what went well in `tried`, nor after it: `while True` without an end."""
    if not (isinstance(loop, ast.While) and isinstance(loop.test, ast.Constant) and loop.test.value):
        return False
    caught = {id(one) for handler in tried.handlers for inner in handler.body for one in walk(inner)}
    stack: list[ast.AST] = list(loop.body)
    while stack:
        node = stack.pop()
        if isinstance(node, ast.Break | ast.Return | ast.Raise | ast.Yield | ast.YieldFrom) and id(node) not in caught:
            return False
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
            stack.extend(children_of(node))
    return True


def open_loops(view: FileView) -> list[dict[str, Any]]:
    """One row for each `while` with what it calls: functions of the project may do what is asked for inside."""
    rows: list[dict[str, Any]] = []
    for scope, node in view.marked_statements():
        if not isinstance(node, ast.While) or len(rows) >= MAX_ROWS:
            continue
        calls: dict[str, int] = {}
        for inner in (node, *_inside(node)):
            for call in expressions(header(inner)):
                if isinstance(call, ast.Call):
                    for one in view.resolver.names(call.func, scope)[:1]:
                        if one.local is not None or one.origin:
                            calls.setdefault(one.name, view.source.line(call.lineno))
        if calls:
            told = describe(node)
            if not told["bounded"] and (bound := _compares(node.test, _stepped(view, node))):
                told |= {"bounded": True, "bound": bound}
            rows.append({**view.place(node, scope), **told, "calls": dict(list(calls.items())[:MAX_CALLS])})
    return rows


def _stepped(view: FileView, loop: ast.While) -> set[str]:
    """Counters of the object that a method of its own takes a step on, which the loop calls: `self.round += 1`."""
    called = {
        call.func.attr
        for inner in _inside(loop)
        for call in expressions(header(inner))
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and dotted(call.func.value) == "self"
    }
    found: set[str] = set()
    for scope in view.module.scopes if called else ():
        if isinstance(scope.node, ast.FunctionDef | ast.AsyncFunctionDef) and scope.node.name in called:
            for one in scope.node.body:  # at its end or its beginning, not where something has worked
                match one:
                    case ast.AugAssign(op=ast.Add() | ast.Sub(), value=ast.Constant()) as step:
                        found.add(dotted(step.target))
    return {name for name in found if name.startswith("self.")}


def _inside(loop: ast.While | ast.For) -> Iterator[ast.stmt]:
    """The statements of a loop's body, not those of loops and functions inside it that it cannot leave from."""
    stack: list[ast.stmt] = list(reversed(loop.body))
    while stack:
        node = stack.pop()
        yield node
        if node.__class__ in SIMPLE or node.__class__ in DEFS:
            continue
        for name in ("body", "orelse", "finalbody"):
            stack.extend(getattr(node, name, ()))
        for handler in getattr(node, "handlers", ()):
            stack.extend(handler.body)


def _counted(loop: ast.While) -> set[str]:
    """Names that the loop counts: `trial += 1`, `steps = steps + 1`, and lists that it appends to."""
    found: set[str] = set()
    for node in _inside(loop):
        if isinstance(node, ast.AugAssign):
            found.add(dotted(node.target))
        elif isinstance(node, ast.Assign) and isinstance(node.value, ast.BinOp):
            left = dotted(node.value.left)
            if left and left == dotted(node.targets[0]):
                found.add(left)
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            function = node.value.func
            if isinstance(function, ast.Attribute) and function.attr in ("append", "add"):
                found.add(dotted(function.value))
    return found - {""}


def _compares(test: ast.expr, counted: set[str]) -> str:
    """What a condition compares a counter or the clock with, as text; "" where it compares neither."""
    stack: list[ast.AST] = [test]
    while stack:
        node = stack.pop()
        if isinstance(node, ast.Compare) and not isinstance(node.ops[0], ast.Is | ast.IsNot | ast.In | ast.NotIn):
            for side in (node.left, *node.comparators):
                names = {dotted(one) for one in walk(side) if isinstance(one, ast.Name | ast.Attribute)}
                calls = {last_name(one.func) for one in walk(side) if isinstance(one, ast.Call)}
                if names & counted:
                    return min(names & counted)
                if calls & _CLOCKS:
                    return "time"
        stack.extend(children_of(node))
    return ""


def _exhausts(test: ast.expr, loop: ast.While, counted: set[str]) -> str:
    """What is left of some candidates, where the loop ends once nothing is: `left = [x for x in every if x not in
    tried]`, `if not left: break`; "" where the test asks for nothing of the kind."""
    if not (isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not) and isinstance(test.operand, ast.Name)):
        return ""
    for node in _inside(loop):
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.ListComp() | ast.SetComp() as value) if (
                name == test.operand.id
            ):
                for condition in (one for part in value.generators for one in part.ifs):
                    match condition:
                        case ast.Compare(ops=[ast.NotIn()], comparators=[tried]) if dotted(tried) in counted:
                            return name
    return ""


def _leaves(body: Sequence[ast.stmt]) -> bool:
    return any(isinstance(node, ast.Break | ast.Return | ast.Raise) for node in body)
