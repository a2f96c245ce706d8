"""What an expression holds of a caught exception: the exception, its text, its trace, and what functions answer."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from aiaudit import lazy
from aiaudit.probes.python.file_view import FileView
from aiaudit.probes.python.match import name_set
from aiaudit.probes.python.module import Scope
from aiaudit.probes.python.names import dotted, last_name
from aiaudit.probes.python.nodes import walk

ANSWERS: Final = lazy.regex(
    r"^(?:\w*JSONResponse|jsonify|Response|HttpResponse\w*|JsonResponse|HTMLResponse|PlainTextResponse|make_response"
    r"|StreamingResponse|EventSourceResponse|json_response|web\.Response|HttpError)$"
)
_TEXTS: Final = name_set(
    "str repr format join strip lstrip rstrip lower upper replace splitlines split encode decode title __str__ __repr__"
)
_WHOLE: Final = name_set(
    "dict list tuple set dumps model_dump model_dump_json dict json to_dict asdict copy items values jsonable_encoder"
    " model_validate cast gather run wait_for to_thread run_in_threadpool result next iter sorted"
)
_TRACES: Final = name_set("format_exc format_exception format_tb print_exc_str")
_NO_TEXT: Final = lazy.regex(
    r"(?i)mask|redact|sanit[iy]|scrub|clean|safe|hide|generic|friendly|classif|^type$|^isinstance$|^len$|^bool$|^hash$|log"
)
_CARRIES: Final = lazy.regex(
    r"(?i)err|fail|respon|reply|result|json|answer|message|event|sse|payload|format|^_?(?:ok|send|out)"
)
_DEBUG: Final = lazy.regex(r"(?i)debug|is_?dev|development")
_LIVE: Final = lazy.regex(r"(?i)prod(?:uction)?\b|is_?prod")
_TOLD: Final = name_set("message args msg reason stderr output response body text strerror orig __cause__ __dict__ doc")
MAX_PIECES: Final = 8  # that one expression holds
MAX_DEPTH: Final = 12


class Piece(NamedTuple):
    """Part of what an expression holds. `kind`: error (the exception itself), text, trace, program (what a program that
    was started wrote of its errors), or call (what a function of the project answers). `held`: under which key of the
    value at hand, `""`: it is the value. `of` and `wanted`: of a call, the function's name and the key of its answer.
    """

    kind: str
    line: int
    caught: tuple[str, ...] = ()
    broad: bool = False
    held: str = ""
    of: str = ""
    wanted: str = ""


class Context(NamedTuple):
    """What is known of the place of a statement: the error that is being handled, and whether it is for debugging."""

    caught: tuple[str, ...] = ()
    broad: bool = False
    inside: bool = False
    debug: bool = False
    status: int = 0


class Holder:
    """One function (or the module) with what its names hold."""

    def __init__(self, view: FileView, scope: Scope) -> None:
        self.view, self.scope = view, scope
        self.names: dict[str, tuple[Piece, ...]] = {}

    def kept_in(self, node: ast.Name | ast.Attribute) -> str:
        """The place that outlives the function for which a name stands: one of the module, or an object's attribute."""
        if isinstance(node, ast.Attribute):
            owner = self.scope.enclosing_class()
            return f"#{owner.qualname}.{node.attr}" if owner is not None else ""
        if self.scope.kind != "function" or (self.scope.binds(node.id) and node.id not in self.scope.global_names):
            return ""
        bound = self.view.module.top.bindings(node.id)
        return f"#{node.id}" if bound and bound[-1].kind == "value" else ""

    def add(self, name: str, pieces: tuple[Piece, ...]) -> None:
        if pieces:
            before = self.names.get(name, ())
            self.names[name] = (*before, *(one for one in pieces if one not in before))[:MAX_PIECES]

    def texts(self, parts: Sequence[ast.expr], context: Context) -> list[Piece]:
        return [one for part in parts for one in self.held(part, context, answer=True) if one.kind != "call"]

    def held(self, node: ast.expr, context: Context, depth: int = 0, *, answer: bool = False) -> tuple[Piece, ...]:
        """What of errors, and of the answers of other functions, the value of an expression holds."""
        return tuple(dict.fromkeys(self._pieces(node, context, depth, answer)))[:MAX_PIECES]

    def _pieces(self, node: ast.expr | None, context: Context, depth: int, answer: bool) -> Iterator[Piece]:
        if node is None or depth > MAX_DEPTH:
            return
        deeper = depth + 1
        match node:
            case ast.Name(id=name):
                yield from self.names.get(name, ())
                if name not in self.names and (kept := self.kept_in(node)):
                    yield Piece("call", node.lineno, of=kept)
            case ast.JoinedStr(values=values):
                for one in values:
                    if isinstance(one, ast.FormattedValue):
                        for piece in self.held(one.value, context, deeper):
                            if piece.kind != "call" and not piece.held:
                                yield piece._replace(kind="text" if piece.kind == "error" else piece.kind)
            case ast.Attribute(value=inner, attr=attribute):
                yield from self._attribute(node, inner, attribute, context, deeper)
            case ast.Subscript(value=inner, slice=ast.Constant(value=str(key))):
                yield from narrowed(self.held(inner, context, deeper), key)
            case ast.Subscript(value=inner) | ast.Await(value=inner) | ast.Starred(value=inner):
                yield from self._pieces(inner, context, deeper, answer)
            case ast.NamedExpr(target=ast.Name(id=name), value=inner):
                pieces = self.held(inner, context, deeper)
                self.add(name, pieces)
                yield from pieces
            case ast.Dict(keys=keys, values=values):
                for named, one in zip(keys, values, strict=True):
                    pieces = self.held(one, context, deeper)
                    held = named.value if isinstance(named, ast.Constant) and isinstance(named.value, str) else ""
                    yield from under(pieces, held) if held else pieces
            case ast.List(elts=parts) | ast.Tuple(elts=parts) | ast.Set(elts=parts):
                for number, one in enumerate(parts):
                    pieces = self.held(one, context, deeper)
                    yield from under(pieces, str(number)) if isinstance(node, ast.Tuple) else pieces
            case ast.BinOp(left=left, right=right):
                for one in (left, right):
                    for piece in self.held(one, context, deeper):
                        if piece.kind != "call":
                            yield piece._replace(kind="text" if piece.kind == "error" else piece.kind)
            case ast.BoolOp(values=values):
                for one in values:
                    yield from self._pieces(one, context, deeper, answer)
            case ast.IfExp(test=test, body=body, orelse=other):
                debug = for_debugging(test)
                if debug is not True:
                    yield from self._pieces(body, context, deeper, answer)
                if debug is not False:
                    yield from self._pieces(other, context, deeper, answer)
            case ast.Call():
                yield from self._call(node, context, deeper, answer)

    def _attribute(
        self, node: ast.Attribute, inner: ast.expr, attribute: str, context: Context, depth: int
    ) -> Iterator[Piece]:
        if isinstance(inner, ast.Name) and inner.id == "self" and (kept := self.kept_in(node)):
            yield Piece("call", node.lineno, of=kept)
            return
        pieces = self.held(inner, context, depth)
        if attribute == "stderr" and not any(one.kind == "error" for one in pieces) and dotted(inner) != "sys":
            yield Piece("program", node.lineno, context.caught, context.broad)
            return
        for piece in pieces:
            if piece.kind != "error":
                yield from narrowed((piece,), attribute)
            elif attribute in _TOLD:
                yield piece._replace(kind="program" if attribute in ("stderr", "output") else "text")
            elif attribute in ("detail", "description") and not piece.broad:
                yield piece._replace(kind="text")

    def _call(self, call: ast.Call, context: Context, depth: int, answer: bool) -> Iterator[Piece]:
        last = last_name(call.func)
        if last in _TRACES:
            yield Piece("trace", call.lineno, context.caught or ("Exception",), context.broad or not context.caught)
            return
        given = [*call.args, *(one.value for one in call.keywords)]
        owner = call.func.value if isinstance(call.func, ast.Attribute) else None
        if last in _TEXTS:
            parts = [*given, owner] if owner is not None and last != "join" else given
            for one in parts:
                for piece in self.held(one, context, depth):
                    yield (
                        piece._replace(kind="text" if piece.kind == "error" else piece.kind)
                        if piece.kind != "call"
                        else piece
                    )
            return
        if last == "get" and owner is not None and call.args:
            asked = call.args[0].value if isinstance(call.args[0], ast.Constant) else ""
            pieces = self.held(owner, context, depth)
            yield from narrowed(pieces, asked) if isinstance(asked, str) and asked else pieces
            return
        if last in _WHOLE:
            for one in [owner, *given] if owner is not None else given:
                yield from self._pieces(one, context, depth, answer)
            return
        if _NO_TEXT.search(last):
            return
        if ANSWERS.match(last) or last[:1].isupper() or (_CARRIES.search(last) and not self.own(call)):
            inside = answer or ANSWERS.match(last) is not None
            for part in call.args:
                yield from self.held(part, context, depth, answer=inside)
            for key in call.keywords:
                pieces = self.held(key.value, context, depth, answer=inside)
                yield from under(pieces, key.arg) if key.arg and not ANSWERS.match(last) else pieces
            return
        yield from self.own(call)
        if _CARRIES.search(last) and answer:
            for one in given:
                yield from (piece for piece in self.held(one, context, depth) if piece.kind != "call")

    def own(self, call: ast.Call) -> list[Piece]:
        """What a function that may be the project's own answers."""
        found = self.view.resolver.names(call.func, self.scope)
        names = [one.name for one in found[:2]]
        if not names and isinstance(call.func, ast.Attribute):
            names = [f"?.{call.func.attr}"]
        return [Piece("call", self.view.source.line(call.lineno), of=name) for name in names]


def passes_on(holder: Holder, call: ast.Call, *, alone: bool) -> bool:
    """Whether what a call gives back is known to hold what it was given, or to hold nothing of it. `alone`: nobody asks
    what it gives back."""
    last = last_name(call.func)
    if last in _TEXTS or last in _WHOLE or last in _TRACES or last == "get" or _NO_TEXT.search(last):
        return True
    if ANSWERS.match(last) or last[:1].isupper():
        return True
    return not alone and bool(_CARRIES.search(last)) and not holder.own(call)


def for_debugging(test: ast.expr) -> bool | None:
    """Whether a condition holds while people debug (True) or in production (False); None: it asks something else."""
    turned = False
    while isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        turned, test = not turned, test.operand
    words = " ".join(
        part
        for one in walk(test)
        for part in (
            [one.id]
            if isinstance(one, ast.Name)
            else [one.attr]
            if isinstance(one, ast.Attribute)
            else [one.value]
            if isinstance(one, ast.Constant) and isinstance(one.value, str)
            else []
        )
    )
    if isinstance(test, ast.Compare) and any(isinstance(one, ast.NotEq | ast.NotIn | ast.IsNot) for one in test.ops):
        turned = not turned
    if _DEBUG.search(words):
        return not turned
    return turned if _LIVE.search(words) else None


def narrowed(pieces: Sequence[Piece], key: str) -> tuple[Piece, ...]:
    """What lies under a key of a value."""
    found: list[Piece] = []
    for one in pieces:
        if one.held:
            if one.held == key:
                found.append(one._replace(held=""))
        elif one.kind == "call":
            found.append(one if one.wanted else one._replace(wanted=key))
        elif key != "status_code":
            found.append(one)
    return tuple(found)


def under(pieces: Sequence[Piece], key: str) -> tuple[Piece, ...]:
    """The same, put under a key."""
    return tuple(one._replace(held=key) for one in pieces)


def status_of(call: ast.Call) -> int:
    for key in call.keywords:
        if key.arg in ("status_code", "status", "code") and (found := _code(key.value)):
            return found
    return next((found for one in call.args if (found := _code(one))), 0)


def status_of_tuple(value: ast.expr) -> int:
    """`return {…}, 500` of Flask."""
    if isinstance(value, ast.Tuple) and len(value.elts) in (2, 3):
        return _code(value.elts[1])
    return 0


def _code(node: ast.expr) -> int:
    match node:
        case ast.Constant(value=int() as code) if 100 <= code < 600 and not isinstance(code, bool):
            return code
        case ast.Attribute(attr=name) if name.startswith("HTTP_") and name[5:8].isdigit():
            return int(name[5:8])
        case ast.Attribute(attr="BAD_REQUEST"):
            return 400
        case ast.Attribute(attr="INTERNAL_SERVER_ERROR"):
            return 500
    return 0
