"""What an `except` does in place of the calls that it guards: gives another value, tells the caller, or nothing.

The body of each `try` is looked through for calls, each handler for how it ends. `None`, an empty thing, a number alone
and a text such as "error" stand for no answer, and so does the same call once more. A function of the file that a
handler hands on to is looked at, too. In a loop over models or clients, the next turn asks another one.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from typing import Any, Final

from aiaudit import lazy
from aiaudit.probes.python import instead
from aiaudit.probes.python.file_view import FileView
from aiaudit.probes.python.module import Scope
from aiaudit.probes.python.names import dotted, last_name
from aiaudit.probes.python.nodes import DEFS, blocks, expressions, header, walk
from aiaudit.probes.python.other_models import Asked, asks_another_each_turn, asks_what_is_handed_in, loops_around

HITS: Final = rb"^[ \t]*try[ \t]*:"
MAX_ROWS: Final = 200
MAX_CALLS: Final = 60
OF_EACH_MODEL: Final = "?.of_each_model"  # stands for a call that is handed in and given one model after the other
ENDS: Final = ("value", "message", "raise", "nothing")  # of several handlers the first of these speaks for the try
_TELLS: Final = lazy.regex(
    r"(?i)\berr(?:or)?s?\b|\bfail(?:ed|ure|s)?\b|exception|sorry|apolog|\b(?:went|gone|is|was) wrong\b"
    r"|try (?:it )?(?:again|later)|not available|unavailable|overloaded\b|technical (?:issue|difficult|problem)"
    r"|invalid|unable|could ?n[o']t|can ?n[o']t|traceback|\boops|no response|bad request"
    # the same in German, French, Spanish, Portuguese, Italian, Russian, Chinese and Japanese
    r"|\b(?:\u00fcber|ueber)lastet\b|\bversuche?n? (?:sie )?es (?:[^.\n]{0,40} )?(?:erneut|sp\u00e4ter|noch ?mal)"
    r"|r\u00e9essay|int\u00e9nt(?:alo|elo)"
    r"|tente novamente|\briprova"
    r"|\bleider\b|entschuldig|\bfehler\b|d[\u00e9e]sol[\u00e9e]|\blo siento\b|\bdesculpe|\berro ao\b|mi dispiace"
    r"|\u0438\u0437\u0432\u0438\u043d|\u043f\u043e\u043f\u0440\u043e\u0431\u0443\u0439\u0442\u0435|\u043e\u0448\u0438\u0431\u043a|\u62b1\u6b49|\u5bf9\u4e0d\u8d77|\u7533\u3057\u8a33|\u30a8\u30e9\u30fc"
)
_WRAPS: Final = lazy.regex(r"dumps|jsonify|make_response|\w*Response|dict|jsonable_encoder")
NO_ANSWER: Final = lazy.regex(r"(?i)^(?:none|null|nan|n/?a|unknown|undefined|empty|\?+|-+|\{\s*+\}|\[\s*+\])?$")
_TELLING_CALLS: Final = lazy.regex(
    r"(?i)error|exception|abort|fail|traceback|^format_exc$|^(?:exit|_exit|print|warning|warn|info|debug)$"
)
_TELLING_NAMES: Final = lazy.regex(r"(?i)(?:^|_)(?:error|failure|timeout|apology)_(?:message|msg|text|reply|answer)s?$")
_LIMITS: Final = lazy.regex(
    r"Guardrail|Tripwire|^MaxTurnsExceeded$|^GraphRecursionError$|^UsageLimitExceeded$|Disconnect(?:ed)?$|^CancelledError$"
)
_HANDED: Final = frozenset({"send", "put", "put_nowait", "set_exception"})  # to whoever waits elsewhere
_CLOCKS: Final = frozenset({"utcnow", "now", "time", "today", "isoformat", "perf_counter", "monotonic"})
_EMPTY: Final = ("list", "dict", "set", "tuple", "str")
_NEUTRAL_NAMES: Final = lazy.regex(
    r"(?i)err|exc|fail|status|message|msg|detail|retr(?:y|ies)|attempt|(?<!en)tries|(?<!ac)count|start|wait|delay|ok\b|success|done"
)


def rescues(view: FileView) -> list[dict[str, Any]]:
    """One row for each `try` with handlers: how they end, and what is called inside it (name -> line)."""
    rows: list[dict[str, Any]] = []
    loops: dict[int, dict[int, frozenset[str]]] = {}  # by the `id` of a scope
    places: dict[int, dict[int, tuple[Sequence[ast.stmt], int]]] = {}
    for scope, node in view.marked_statements():
        if not isinstance(node, ast.Try | ast.TryStar) or not node.handlers or len(rows) >= MAX_ROWS:
            continue
        calls: dict[str, int] = {}
        asked: list[ast.Call] = []
        for inner in _statements(node.body):
            for call in expressions(header(inner)):
                if isinstance(call, ast.Call):
                    asked.append(call)
                    _note(call, scope, view, calls)
        known = loops.get(id(scope))
        if known is None:
            known = loops[id(scope)] = loops_around(scope)
        if (handed := asks_what_is_handed_in(asked, known.get(id(node), frozenset()), scope)) is not None:
            calls[OF_EACH_MODEL] = view.source.line(handed.lineno)
        handlers = [one for one in node.handlers if not _only_limits(one)]
        if calls and handlers:
            others = handed is not None or asks_another_each_turn(asked, known.get(id(node), frozenset()))
            again = Asked.of(asked)
            ends = [_end(handler, scope, view, again) for handler in handlers]
            if others:
                ends = [
                    "value" if (one in ("nothing", "raise") or _only_notes(handler)) and not _leaves(handler) else one
                    for one, handler in zip(ends, handlers, strict=True)
                ]
            if id(scope) not in places:
                places[id(scope)] = instead.around(scope)
            block, at = places[id(scope)].get(id(node), ((), 0))
            ends = [
                "value" if one == "nothing" and _goes_on(node, handler, block, at, scope, view) else one
                for one, handler in zip(ends, handlers, strict=True)
            ]
            best = min(range(len(ends)), key=lambda at: ENDS.index(ends[at]))
            rows.append(
                {
                    **view.place(node, scope),
                    "ends": ends[best],
                    "handler_line": view.source.line(handlers[best].lineno),
                    "caught": sorted({name for handler in handlers for name in _caught(handler)}),
                    "by": sorted(set(_caught(handlers[best]))),
                    "calls": dict(list(calls.items())[:MAX_CALLS]),
                }
            )
    return rows


def _goes_on(
    node: ast.Try | ast.TryStar,
    handler: ast.ExceptHandler,
    block: Sequence[ast.stmt],
    at: int,
    scope: Scope,
    view: FileView,
) -> bool:
    """Whether another answer is given behind the `try`, or was there before it."""

    def kind(value: ast.expr | None) -> str:
        return _kind_of(value, scope, view)

    return instead.follows(node, handler, block, at, kind) or instead.stays(node, handler, block, at, kind)


def _kind_of(value: ast.expr | None, scope: Scope, view: FileView) -> str:
    """What an expression is, a call of a function in the file by what that gives back."""
    found = _told(value, scope, view)
    if found == "value" and value is not None:
        return _of_call(ast.Return(value=value), found, scope, view, Asked.of([]))
    return found


def replaced(view: FileView) -> list[dict[str, Any]]:
    """See `instead.replaced`."""
    return instead.replaced(view, lambda value: _value(value, frozenset()))


def _note(call: ast.Call, scope: Scope, view: FileView, calls: dict[str, int]) -> None:
    found = view.resolver.names(call.func, scope)
    for one in found[:2]:
        calls.setdefault(f"{one.name}.__call__" if one.instance else one.name, view.source.line(call.lineno))
    if not found and isinstance(call.func, ast.Attribute):
        calls.setdefault(f"?.{call.func.attr}", view.source.line(call.lineno))


def _statements(body: Sequence[ast.stmt]) -> Iterator[ast.stmt]:
    """All statements below, not those of functions that are only defined there."""
    stack = list(reversed(body))
    while stack:
        node = stack.pop()
        yield node
        if node.__class__ not in DEFS:
            for block in reversed(blocks(node)):
                stack.extend(reversed(block))


def _caught(handler: ast.ExceptHandler) -> list[str]:
    if handler.type is None:
        return ["BaseException"]
    parts = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return [name for name in (dotted(part).rpartition(".")[2] for part in parts) if name]


def _only_limits(handler: ast.ExceptHandler) -> bool:
    """Whether what is caught is a guard or a limit that did its work, or a caller who left: the model did not fail."""
    names = _caught(handler)
    return bool(names) and all(_LIMITS.search(name) for name in names)


def _leaves(handler: ast.ExceptHandler) -> bool:
    """Whether a handler leaves the loop, and not only on a condition: after the last of them, say."""
    return any(isinstance(node, ast.Break | ast.Return | ast.Raise) for node in handler.body)


def _only_notes(handler: ast.ExceptHandler) -> bool:
    """Whether a handler gives no answer at all: `last = error`, and the next turn of the loop."""
    return not any(
        isinstance(node, ast.Return)
        or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Yield | ast.YieldFrom))
        for node in _statements(handler.body)
    )


def _end(handler: ast.ExceptHandler, scope: Scope, view: FileView, again: Asked) -> str:
    """How a handler ends; see `ENDS`."""
    body = list(_statements(handler.body))
    error = frozenset({handler.name or ""} - {""})
    for node in body:  # `text = f"it failed: {error}"`, and what is made of the text
        if isinstance(node, ast.Assign) and _tells(node.value, error):
            error |= {one.id for one in node.targets if isinstance(one, ast.Name)}
        elif (grown := _grown_by(node)) and all(_tells(one, error) for one in grown[1]):  # `history.append(SORRY)`
            error |= {grown[0]}
    ends = {
        _of_call(node, _end_of(node, error), scope, view, again)
        for node in body
        if not isinstance(node, ast.Assign | ast.AnnAssign)
    }
    marked = _marked(body) if not _raises(handler) else None  # an error of its own makes all names of none
    kept = {
        _of_call(node, _end_of(node, error), scope, view, again)
        for node in body
        if isinstance(node, ast.Assign | ast.AnnAssign) and not _is_local(node, marked)
    }
    ends |= kept - {"message"} if "raise" in ends else kept  # what is made of an error that is handed on is no answer
    if any(isinstance(node, ast.Expr) and _hands_on(node.value, scope, view) for node in body):
        ends.add("raise")
    return next((end for end in ENDS if end in ends), "nothing")


def _grown_by(node: ast.stmt) -> tuple[str, list[ast.expr]] | None:
    """The list that a statement puts something into, and what that is."""
    match node:
        case ast.Expr(
            value=ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr="append" | "extend"), args=[*given])
        ):
            return (name, given) if given else None
    return None


def _marked(body: Sequence[ast.stmt]) -> frozenset[str]:
    """Records that a handler looks up to note the failure in them: `job = find(id)`, `job.status = FAILED`."""
    noted = [t for node in body if isinstance(node, ast.Assign) for t in node.targets if isinstance(t, ast.Attribute)]
    return frozenset(one.value.id for one in noted if one.attr == "status" and isinstance(one.value, ast.Name))


def _raises(handler: ast.ExceptHandler) -> bool:
    """Whether a handler comes to its end by an error of its own, whatever it has put under a name before."""
    return isinstance(handler.body[-1], ast.Raise)


def _is_local(node: ast.Assign | ast.AnnAssign, names: frozenset[str] | None) -> bool:
    """Whether only names of the function are assigned, and where `names` are given, only these."""
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    return all(isinstance(one, ast.Name) and (names is None or one.id in names) for one in targets)


def _of_call(node: ast.stmt, end: str, scope: Scope, view: FileView, again: Asked) -> str:
    """How a statement of a handler ends where it seemed to give another answer: a function of the same file may raise,
    tell of the error or ask the same once more, and a name may stand for a text that tells of it."""
    value = getattr(node, "value", None)
    if isinstance(node, ast.Return) and isinstance(value, ast.Name):
        value = _call_named(value, scope) or value
    value = value.value if isinstance(value, ast.Await) else value
    if isinstance(node, ast.Return) and end == "message":
        parts = value.values if isinstance(value, ast.Dict) else [value]
        # A page that is made of an answer and of an error alike is no other answer: `return page(error=str(error))`.
        calls = [one for one in parts if isinstance(one, ast.Call) and dotted(one.func) not in again.names]
        return "value" if any(_gives_another(one, scope, view) for one in calls) else end
    if end != "value" or value is None:
        return end
    if isinstance(value, ast.Name | ast.Attribute):
        text = view.values.text(value, scope)
        return _value(ast.Constant(text), frozenset()) if text else end
    if not isinstance(value, ast.Call):
        return end
    if again.by(value, whole=True):
        return "nothing"
    for one in view.resolver.names(value.func, scope)[:1]:
        inner = one.local
        if inner is None or not isinstance(inner.node, ast.FunctionDef | ast.AsyncFunctionDef):
            return end
        body = list(_statements(inner.node.body))
        if isinstance(inner.node.body[-1], ast.Raise) and not any(isinstance(one, ast.Return) for one in body):
            return "raise"
        inner_calls = [call for one in body for call in expressions(header(one)) if isinstance(call, ast.Call)]
        if any(again.by(call, whole=False) for call in inner_calls):
            return "nothing"
        given = [one.value for one in body if isinstance(one, ast.Return)]
        kinds = {_told(one, inner, view) for one in given}
        if (
            given
            and "value" not in kinds
            and not any(isinstance(one, ast.Expr) and isinstance(one.value, ast.Yield | ast.YieldFrom) for one in body)
        ):
            return next(kind for kind in ENDS if kind in kinds)
    return end


def _gives_another(call: ast.Call, scope: Scope, view: FileView) -> bool:
    """Whether a function of the file that is told of the error answers with something else:
    `return summary_by_rules(flight, reason=str(error))`."""
    if _TELLING_CALLS.search(last_name(call.func)):
        return False
    for one in view.resolver.names(call.func, scope)[:1]:
        inner = one.local
        if inner is None or not isinstance(inner.node, ast.FunctionDef | ast.AsyncFunctionDef):
            return False
        given = [node.value for node in _statements(inner.node.body) if isinstance(node, ast.Return)]
        handed = {one.arg for one in walk(inner.node.args) if isinstance(one, ast.arg)}
        return any(_told(_made_of(node, inner), inner, view) == "value" and not _wraps(node, handed) for node in given)
    return False


def _wraps(node: ast.expr | None, handed: set[str]) -> bool:
    """Whether what a function gives back is what it was handed, made a text or a response: `dumps(payload), status`."""
    calls = [one for one in walk(node) if isinstance(one, ast.Call)] if node is not None else []
    return bool(calls) and all(
        _WRAPS.fullmatch(last_name(one.func))
        and any(isinstance(part, ast.Name) and part.id in handed for part in one.args)
        for one in calls
    )


def _made_of(node: ast.expr | None, scope: Scope) -> ast.expr | None:
    """What a name was last given; a parameter alone is no answer."""
    if not isinstance(node, ast.Name):
        return node
    bound = scope.bindings(node.id)
    made = bound[-1].node if bound and bound[-1].kind == "value" else None
    return made if isinstance(made, ast.expr) else None


def _call_named(name: ast.Name, scope: Scope) -> ast.expr | None:
    """The call whose outcome a name stands for: `answer = ask(question)`, and then `return answer`."""
    before = [one for one in scope.bindings(name.id) if one.line < name.lineno]
    node = before[-1].node if before and before[-1].kind == "value" else None
    return node if isinstance(node, ast.Call | ast.Await) else None


def _told(node: ast.expr | None, scope: Scope, view: FileView) -> str:
    """What a function gives back; a name stands for its text."""
    if isinstance(node, ast.Name | ast.Attribute) and (text := view.values.text(node, scope)):
        return _value(ast.Constant(text), frozenset())
    return _value(node, frozenset())


def _hands_on(node: ast.expr, scope: Scope, view: FileView) -> bool:
    """Whether a call is of a function in the same file that always raises: `self._handle_error(error)`."""
    call = node.value if isinstance(node, ast.Await) else node
    if not isinstance(call, ast.Call):
        return False
    for one in view.resolver.names(call.func, scope)[:1]:
        if one.local is not None and isinstance(one.local.node, ast.FunctionDef | ast.AsyncFunctionDef):
            body = one.local.node.body
            leaves = any(
                isinstance(inner, ast.Return)
                or (isinstance(inner, ast.Expr) and isinstance(inner.value, ast.Yield | ast.YieldFrom))
                for inner in _statements(body)
            )
            return isinstance(body[-1], ast.Raise) and not leaves
    return False


def _end_of(node: ast.stmt, error: frozenset[str]) -> str:
    match node:
        case ast.Raise():
            return "raise"
        case ast.Return(value=value) | ast.Expr(value=ast.Yield(value=value)):
            return _value(value, error)
        case ast.Assign(targets=targets, value=value):
            return _assigned(targets, value, error)
        case ast.AnnAssign(target=target, value=value) if value is not None:
            return _assigned([target], value, error)
        case ast.Expr(value=ast.Call(func=function)) if last_name(function) in ("exit", "_exit", "quit", "abort"):
            return "raise"
        case ast.Expr(value=ast.Call(func=ast.Attribute(attr=last), args=args)) if last in _HANDED:
            if any(isinstance(one, ast.Name) and one.id in error for one in args):  # to the process that asked
                return "raise"
    return "nothing"


def _assigned(targets: list[ast.expr], value: ast.expr, error: frozenset[str]) -> str:
    """Names of a message, a counter or a state are no answer."""
    if isinstance(value, ast.Tuple):
        return _value(value, error)
    parts = [one for target in targets for one in (target.elts if isinstance(target, ast.Tuple) else [target])]
    names = [last_name(one) for one in parts if isinstance(one, ast.Name | ast.Attribute)]
    if not names or all(_NEUTRAL_NAMES.search(name) for name in names):
        return "nothing"
    if isinstance(value, ast.Call) and last_name(value.func) in _CLOCKS:  # when it ended
        return "nothing"
    return _value(value, error)


def _value(node: ast.expr | None, error: frozenset[str]) -> str:
    """Whether an expression is an answer (value), tells of the error (message), or is nothing."""
    if node is None:
        return "nothing"
    if isinstance(node, ast.Await):
        return _value(node.value, error)
    if isinstance(node, ast.Constant):
        if not isinstance(node.value, str):
            return "nothing"
        return "nothing" if NO_ANSWER.match(node.value.strip()) else "message" if _TELLS.search(node.value) else "value"
    if isinstance(node, ast.UnaryOp):
        return _value(node.operand, error)
    if _tells(node, error):
        return "message"
    if isinstance(node, ast.Dict | ast.List | ast.Tuple | ast.Set):
        parts = node.values if isinstance(node, ast.Dict) else node.elts
        return "value" if any(part is not None and _value(part, error) == "value" for part in parts) else "nothing"
    if isinstance(node, ast.Call) and last_name(node.func) in _EMPTY and not node.args and not node.keywords:
        return "nothing"
    return "value"


def _is_answer(function: ast.expr) -> bool:
    """Whether what is called makes an answer or an object: a function that is told of the error gives another."""
    last = last_name(function)
    return last[:1].isupper() or last in ("jsonify", "dict", "render_template", "render")


def _tells(node: ast.expr, error: frozenset[str]) -> bool:
    for inner in walk(node):
        match inner:
            case ast.Name(id=name) if name in error or _TELLING_NAMES.search(name):
                return True
            case ast.Attribute(attr=name) if _TELLING_NAMES.search(name):  # `config.ERROR_MESSAGE`
                return True
            case ast.Constant(value=str() as text) if _TELLS.search(text):
                return True
            case ast.Call(func=function) if _TELLING_CALLS.search(last_name(function)):
                return True
            case ast.Call(func=function, keywords=given) if _is_answer(function):  # `jsonify(error=…)`
                if any(one.arg in ("error", "errors") for one in given):
                    return True
            case ast.Tuple(elts=[_, ast.Constant(value=int() as code), *_]) if 400 <= code < 600:  # `…, 500` of Flask
                return True
            case ast.keyword(arg="status_code" | "status", value=ast.Constant(value=int() as code)) if code >= 400:
                return True
    return False
