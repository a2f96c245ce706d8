"""Where the text of a caught exception goes: into an answer, to the caller of a function, into another exception.

Inside each function the name of an `except … as error` (or of the error that a handler of a framework is handed) is
followed through texts that are made of it, names, dictionaries and objects, until it is returned, yielded, raised or
sent. What a log is told is nothing of this, nor is the name of a class. What a function hands on of the answers of
other functions of the project is told beside it (`hands`), so that a probe can follow a text up to a route's handler.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from typing import Any, Final

from aiaudit import lazy
from aiaudit.probes.python.error_classes import classes_of, own_errors, registered_for
from aiaudit.probes.python.error_values import ANSWERING, error_values
from aiaudit.probes.python.file_view import FileView
from aiaudit.probes.python.flows import FlowFinder
from aiaudit.probes.python.held_texts import (
    ANSWERS,
    Context,
    Holder,
    Piece,
    for_debugging,
    narrowed,
    status_of,
    status_of_tuple,
    under,
)
from aiaudit.probes.python.lent import MAX_LENT, lent
from aiaudit.probes.python.match import name_set
from aiaudit.probes.python.module import Scope
from aiaudit.probes.python.names import dotted, last_name
from aiaudit.probes.python.nodes import DEFS, LEAVES, TRIES, answer_of, blocks, parameters, walk
from aiaudit.probes.python.unfollowed import Unfollowed

HITS: Final = (
    rb"^[ \t]*except\b|\bformat_exc\(|\.(?:exception_handler|errorhandler|app_errorhandler|add_exception_handler"
    rb"|register_error_handler)\b|\bdef[ \t]+\w*exception_handler\b|\bclass[ \t]+\w+\([^\n]*(?:Exception|Error)\)"
    rb"|\.stderr\b|\bHTTPException\("
    # handlers hand on what the functions answer that they call
    rb"|@\w+(?:\.\w+)*\.(?:get|post|put|patch|delete|route|websocket|api_route)\b|@(?:api_view|require_)|\(APIView\)"
)
MAX_ROWS: Final = 80
_BROAD: Final = name_set("Exception BaseException")
_SENT: Final = name_set(
    "send send_json send_text send_str send_message send_error reply reply_text respond emit answer edit_text"
    " edit_message_text flash write_message sendMessage set_details"
)
_SENT_BY: Final = lazy.regex(
    r"^_?(?:send|reply|respond|write)_\w+$|_json$"
)  # methods of a handler of its own: `self._send_json`
_PUT: Final = name_set("put put_nowait")
_PAGES: Final = ("streamlit.", "gradio.", "chainlit.")
_LOGS: Final = lazy.regex(r"(?:^|\.)_?log(?:ger|ging)?\.")  # `chainlit.logger.logger.error`
_ANSWERED: Final = (ast.Raise, ast.Expr, ast.Return)
_KEEPS: Final = name_set("append extend insert add update setdefault put")


def caught(view: FileView) -> dict[str, Any]:
    """`caught`: rows of texts that leave a function; `hands`: what functions hand on of what others answer; `lent`:
    what is handed to something that is not followed;
    `error_handlers`: the classes for which a function answers."""
    rows: list[dict[str, Any]] = []
    hands: list[dict[str, Any]] = []
    handled: list[dict[str, Any]] = []
    open_: list[dict[str, Any]] = []
    registered = registered_for(view)
    unfollowed = Unfollowed(FlowFinder(view), parameters_known=True)
    for scope in view.module.scopes:
        if scope.kind == "class" or not scope.node.body or len(rows) >= MAX_ROWS:
            continue
        one = _Function(view, scope, registered, unfollowed)
        one.follow()
        rows.extend(one.rows)
        hands.extend(one.hands)
        open_.extend(one.lent)
        if one.answers_for and scope.kind == "function":
            handled.append({"function": scope.qualname, "of": list(one.answers_for)})
    return {
        "caught": rows[:MAX_ROWS],
        "lent": open_[:MAX_ROWS],
        "hands": hands[: 4 * MAX_ROWS],
        "error_handlers": handled,
        "own_errors": list(own_errors(view)),
    }


class _Function(Holder):
    """One function (or the module) whose texts of errors are followed."""

    def __init__(
        self, view: FileView, scope: Scope, registered: dict[str, tuple[str, ...]], unfollowed: Unfollowed
    ) -> None:
        super().__init__(view, scope)
        self.unfollowed = unfollowed
        self.rows: list[dict[str, Any]] = []
        self.hands: list[dict[str, Any]] = []
        self.lent: list[dict[str, Any]] = []
        self.answers_for: tuple[str, ...] = ()
        self._seen: set[tuple[int, str]] = set()
        node = scope.node
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            self._error_of_a_handler(node, registered)

    def _error_of_a_handler(
        self, node: ast.FunctionDef | ast.AsyncFunctionDef, registered: dict[str, tuple[str, ...]]
    ) -> None:
        """The parameter of a function that a framework hands the error to."""
        classes = registered.get(node.name, ())
        for decorator in node.decorator_list:
            if isinstance(decorator, ast.Call) and last_name(decorator.func) in (
                "exception_handler",
                "errorhandler",
                "app_errorhandler",
            ):
                classes = classes_of(decorator.args[0] if decorator.args else None)
        given = [
            one.arg for one in parameters(node) if one.arg not in ("self", "cls", "request", "req", "context", "_")
        ]
        if (
            not classes
            and node.name.endswith("exception_handler")
            and any(one in ("exc", "exception") for one in given)
        ):
            classes = ("Exception",)  # of Django REST framework, by a setting
        name = next((one for one in given if one.startswith(("e", "err", "exc"))), given[0] if given else "")
        if classes and name:
            self.answers_for = classes
            piece = Piece("error", node.lineno, classes, any(one in _BROAD for one in classes))
            self.names[name] = (piece,)

    # --- statements ------------------------------------------------------------------------------------------------

    def follow(self) -> None:
        start = Context(self.answers_for, any(one in _BROAD for one in self.answers_for), bool(self.answers_for))
        stack: list[tuple[list[ast.stmt], int, Context]] = [(self.scope.node.body, 0, start)]
        while stack:
            body, at, context = stack.pop()
            if at >= len(body):
                continue
            node = body[at]
            after = context
            if isinstance(node, ast.If):
                inner, other = self._branches(node, context)
                if _leaves(node.body):  # `if settings.debug: raise`, and what follows is for all others
                    after = other
                stack.append((body, at + 1, after))
                stack.append((node.orelse, 0, other))
                stack.append((node.body, 0, inner))
                continue
            stack.append((body, at + 1, after))
            if isinstance(node, TRIES):
                for block in (node.finalbody, node.orelse):
                    stack.append((block, 0, context))
                for handler in reversed(node.handlers):
                    stack.append((handler.body, 0, context._replace(inside=True, **self._handler(handler))))
                    if handler.name:
                        stack.append(([_Named(handler)], 0, context))  # bound when its body is reached
                stack.append((node.body, 0, context))
            elif node.__class__ not in DEFS:
                self._statement(node, context)
                self._lend(node, context)
                stack.extend((block, 0, context) for block in reversed(blocks(node)))

    def _lend(self, node: ast.stmt, context: Context) -> None:
        """What is handed to something that is not followed, where no row tells of the same statement, and what an
        answer says of an error whose origin is not known."""
        if context.debug or len(self.lent) >= MAX_LENT:
            return
        if node.__class__ in _ANSWERED:
            for said in error_values(node):
                if not self.texts([said], context) and (part := self.unfollowed.part(said, self.scope)):
                    broad = Piece("value", said.lineno, context.caught or ("Exception",), context.broad)
                    self._row(said, "open", [broad], context, name=part[-80:], rows=self.lent)
        if not self.names or len(self.lent) >= MAX_LENT or any(line == node.lineno for line, _ in self._seen):
            return
        for place, name, piece in lent(self, node, context):
            self._row(place, "open", [piece], context, name=name[-80:], rows=self.lent)

    def _handler(self, handler: ast.ExceptHandler) -> dict[str, Any]:
        classes = classes_of(handler.type)
        return {"caught": classes, "broad": any(one in _BROAD for one in classes)}

    def _branches(self, node: ast.If, context: Context) -> tuple[Context, Context]:
        """What is known in the branches of a condition: that it is for debugging, or which class the error has."""
        debug = for_debugging(node.test)
        inner, other = context, context
        if debug is not None:
            inner, other = (
                context._replace(debug=context.debug or debug),
                context._replace(debug=context.debug or not debug),
            )
        match node.test:
            case ast.Call(func=ast.Name(id="isinstance"), args=[_, classes]) if context.inside:
                named = classes_of(classes)
                inner = inner._replace(caught=named, broad=any(one in _BROAD for one in named))
        return inner, other

    def _statement(self, node: ast.stmt, context: Context) -> None:
        match node:
            case _Named():
                handler = node.handler
                classes = classes_of(handler.type)
                broad = any(one in _BROAD for one in classes)
                self.names[handler.name or ""] = (Piece("error", handler.lineno, classes, broad),)
            case ast.Assign(targets=targets, value=value):
                pieces = self.held(value, context)
                for target in targets:
                    self._assign(target, value, pieces, context)
            case ast.AnnAssign(target=target, value=value) if value is not None:
                self._assign(target, value, self.held(value, context), context)
            case ast.AugAssign(target=ast.Name(id=name), value=value):
                if pieces := self.held(value, context):
                    self.add(name, pieces)
            case ast.For(target=target, iter=value) | ast.AsyncFor(target=target, iter=value):
                if pieces := self.held(value, context):
                    self._assign(target, value, pieces, context)
            case ast.With(items=items) | ast.AsyncWith(items=items):
                for one in items:
                    if one.optional_vars is not None and (pieces := self.held(one.context_expr, context)):
                        self._assign(one.optional_vars, one.context_expr, pieces, context)
            case ast.Return():
                value = answer_of(node)
                if value is not None:
                    self._leaves(node, value, "returned", context)
            case ast.Raise(exc=ast.Call() as call):
                self._raised(node, call, context)
            case ast.Expr(value=value):
                self._expression(node, value, context)

    def _expression(self, node: ast.stmt, value: ast.expr, context: Context) -> None:
        while isinstance(value, ast.Await):
            value = value.value
        if isinstance(value, ast.Yield | ast.YieldFrom):
            if value.value is not None:
                self._leaves(node, value.value, "yielded", context)
            return
        if not isinstance(value, ast.Call):
            return
        last = last_name(value.func)
        if isinstance(value.func, ast.Attribute) and last in _KEEPS and isinstance(value.func.value, ast.Name):
            pieces = [
                one
                for part in (*value.args, *(key.value for key in value.keywords))
                for one in self.held(part, context)
            ]
            if pieces and last not in _PUT:
                self.add(value.func.value.id, tuple(pieces))
                return
        if last == "abort":
            self._raised(node, value, context)
            return
        named = self.view.resolver.names(value.func, self.scope)
        page = any(one.name.startswith(_PAGES) and not _LOGS.search(one.name) for one in named)
        owner = dotted(value.func).rpartition(".")[0]
        sent = (
            last in _SENT
            or (owner == "self" and _SENT_BY.search(last))
            or (last == "write" and owner.endswith("wfile"))
        )
        put = next((call for call in _calls_in(value) if last_name(call.func) in _PUT), None)
        if put is not None and put is not value:  # `run_coroutine_threadsafe(queue.put(event), loop).result()`
            value, page, sent = put, False, False
        if page or sent or put is not None:
            pieces = self.texts([*value.args, *(key.value for key in value.keywords)], context)
            if page and last == "exception" and any(one.kind == "error" for one in pieces):
                pieces = [one._replace(kind="trace") for one in pieces]
            how = "page" if page else "put" if put is not None else "sent"
            self._row(node, how, pieces, context, name=dotted(value.func)[-80:], status=status_of(value))

    def _store(self, target: ast.expr) -> tuple[str, str] | None:
        """The place that outlives the function, and the key under which a text is put there: `jobs[id]["error"]`,
        `self._state.message`."""
        key = ""
        node = target
        while isinstance(node, ast.Subscript | ast.Attribute):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "self":
                return self.kept_in(node), key
            if isinstance(node, ast.Attribute):
                key = node.attr
            elif isinstance(node.slice, ast.Constant) and isinstance(node.slice.value, str):
                key = node.slice.value
            node = node.value
        if (
            isinstance(node, ast.Name)
            and (of := self.kept_in(node))
            and (node is not target or node.id in self.scope.global_names)
        ):
            return of, key
        return None

    def _assign(self, target: ast.expr, value: ast.expr, pieces: tuple[Piece, ...], context: Context) -> None:
        if pieces and (store := self._store(target)):
            of, key = store
            self._row(
                target,
                "kept",
                [one for one in (under(pieces, key) if key else pieces) if one.kind != "call"],
                context,
                name=of,
            )
        match target:
            case ast.Name(id=name):
                if pieces:
                    self.add(name, pieces) if context.inside else self.names.__setitem__(name, pieces)
                elif (
                    name in self.names
                    and not context.inside
                    and target.col_offset <= self.scope.node.body[0].col_offset
                ):
                    del self.names[name]  # given anew, for all ways
            case ast.Tuple(elts=parts) | ast.List(elts=parts):
                values: Sequence[ast.expr] = value.elts if isinstance(value, ast.Tuple | ast.List) else ()
                for number, part in enumerate(parts):
                    inner = (
                        self.held(values[number], context) if number < len(values) else narrowed(pieces, str(number))
                    )
                    self._assign(part, value, inner, context)
            case ast.Subscript(value=ast.Name(id=name), slice=ast.Constant(value=str(key))):
                self.add(name, under(pieces, key))
            case ast.Attribute(value=ast.Name(id=name), attr=key) if name not in ("self", "cls"):
                self.add(name, under(pieces, key))
            case ast.Subscript(value=ast.Name(id=name)):
                self.add(name, pieces)

    # --- where texts leave -----------------------------------------------------------------------------------------

    def _leaves(self, node: ast.stmt, value: ast.expr, how: str, context: Context) -> None:
        whole = value
        status = status_of_tuple(value)
        if isinstance(value, ast.Tuple) and status:
            whole = value.elts[0]
        inner = whole.value if isinstance(whole, ast.Await) else whole
        call = inner if isinstance(inner, ast.Call) else None
        if call is not None:
            if ANSWERING.match(last_name(call.func)) and last_name(call.func) == "abort":
                self._raised(node, call, context)
                return
            status = status or status_of(call)
            if ANSWERS.match(last_name(call.func)) and how == "returned":
                how = "answered"
        pieces = self.held(whole, context, answer=True)
        texts = [one for one in pieces if one.kind != "call"]
        if not texts and isinstance(node, ast.Return) and isinstance(whole, ast.Name | ast.Dict | ast.List):
            texts = [one for one in self.texts([whole], context) if one.kind != "call"]
        self._row(node, how, texts, context, status=status)
        if not context.debug:
            for one in pieces:
                if one.kind == "call":
                    self._hand(one)

    def _hand(self, piece: Piece) -> None:
        row = {
            "function": self.scope.qualname,
            "line": piece.line,
            "of": piece.of,
            "wanted": piece.wanted,
            "held": piece.held,
        }
        if row not in self.hands:
            self.hands.append(row)

    def _raised(self, node: ast.stmt, call: ast.Call, context: Context) -> None:
        name = last_name(call.func)
        pieces = self.texts([*call.args, *(one.value for one in call.keywords)], context)
        how = "answered" if ANSWERING.match(name) else "raised"
        self._row(node, how, pieces, context, name=self._class(call.func), status=status_of(call))

    def _class(self, node: ast.expr) -> str:
        found = self.view.resolver.names(node, self.scope)
        return found[0].name if found else dotted(node)

    def _row(
        self,
        node: ast.stmt | ast.expr,
        how: str,
        pieces: Sequence[Piece],
        context: Context,
        *,
        name: str = "",
        status: int = 0,
        rows: list[dict[str, Any]] | None = None,
    ) -> None:
        if context.debug:
            return
        for kind in ("trace", "program", "text", "error", "value"):
            one = next((one for one in pieces if one.kind == kind), None)
            if one is None:
                continue
            narrowed = context.inside and context.caught and one.kind in ("error", "text")
            classes, broad = (context.caught, context.broad) if narrowed else (one.caught, one.broad)
            row = {
                **self.view.place(node, self.scope),
                "how": how,
                "kind": "text" if kind == "error" else kind,
                "held": one.held,
                "status": status,
                "caught": sorted(set(classes)),
                "broad": broad,
                "name": name,
            }
            key = (row["line"], how)
            if key not in self._seen:
                self._seen.add(key)
                (self.rows if rows is None else rows).append(row)
            return


class _Named(ast.stmt):
    """Stands for the binding of the name of a handler, in the order of what is followed."""

    _fields = ()

    def __init__(self, handler: ast.ExceptHandler) -> None:
        super().__init__()
        self.handler = handler
        self.lineno, self.col_offset = handler.lineno, handler.col_offset


def _calls_in(value: ast.Call) -> Iterator[ast.Call]:
    yield from (node for node in walk(value) if isinstance(node, ast.Call))


def _leaves(body: Sequence[ast.stmt]) -> bool:
    return bool(body) and isinstance(body[-1], LEAVES)
