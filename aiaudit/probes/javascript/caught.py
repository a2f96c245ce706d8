"""Where the text of an error that a `catch` takes goes in TypeScript and JavaScript: into an answer, to the caller of
the function, into another error. Followed inside the function, through names, templates and objects.

A `catch` takes whatever goes wrong; where a condition asks which error it is, what it tells is a caller's own fault."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct

from aiaudit import lazy
from aiaudit.probes.javascript.lent import given_back, goes_nowhere, holds_no_text, inside_known, short
from aiaudit.probes.javascript.module import FUNCTIONS, WRAPPERS, Module, first_named, pattern_names
from aiaudit.probes.python.match import name_set

if TYPE_CHECKING:
    from ast_grep_py import SgNode

MARKS: Final = lazy.linear(rb"\bcatch\s*[({]|\bonError\b|\bsetErrorHandler\b|\(\s*_?err\w*\s*(?::\s*\w+\s*)?,\s*_?req")
MAX_ROWS: Final = 60
MAX_DEPTH: Final = 14
_TOLD: Final = name_set("message stderr reason detail details cause description")
_OWN_WORDS: Final = name_set("name code status statusCode errors issues type errno meta length")
_HANDS_ON: Final = name_set(
    "toString slice substring substr trim replace replaceAll split join toLowerCase toUpperCase concat encode stringify"
    " inspect String Error"
)
_WORDED: Final = lazy.regex(
    r"(?i)^(?:get|to|extract|read|format|parse|stringify|serialize|safe)?_?(?:err(?:or)?|exception)s?_?(?:message|msg|text|string|detail)s?$|^(?:message|text)(?:of|from)(?:error|err)?$"
)
_ANSWERERS: Final = lazy.regex(
    r"^(?:this\.|await )?(?:_?res|response|reply|rep|ctx|context|c|h|resp|NextResponse|Response|httpResponse)\b"
)
_ANSWER: Final = name_set(
    "json send end write render jsonp body text html code response sendError internalServerError badRequest"
)
_STREAMED: Final = name_set("enqueue write writeSSE send sendEvent pushEvent")
_STREAMS: Final = lazy.regex(r"(?i)(?:controller|writer|stream|sse|encoder)\w*$")
_SOCKETS: Final = lazy.regex(r"(?i)^(?:this\.)?(?:ws|socket|io|client|conn\w*|websocket|server)$")
_HELPERS: Final = lazy.regex(
    r"^(?:json|fail|error|createError)$|[rR]espon[sd](?:e|With)?|^reply|Reply|Json$|^send(?:Error|Json|Event|Fail)|^handle\w*Error$|^error$"
)
_TAKES_ANSWERER: Final = lazy.regex(r"^(?:_?res|response|reply|ctx|context|c|controller|stream|writer)$")
_WRITES: Final = lazy.regex(r"(?i)error|sse|event|send|write|respon|reply|json|fail")
_WEB_ERRORS: Final = lazy.regex(
    r"^(?:\w*Http\w*(?:Exception|Error)|HTTP\w*|TRPCError|GraphQLError|ApolloError|\w+Exception|createError|createHttpError|error)$"
)
_RESPONSES: Final = name_set("Response NextResponse")
_DEBUG: Final = lazy.regex(
    r"(?i)node_env|\bis_?dev|development|debug|\bis_?prod|production|import\.meta\.env\.DEV|\bdev\b"
)
_LIVE: Final = lazy.regex(r"(?i)prod")
_WHICH: Final = lazy.regex(
    r"\binstanceof\s+(?!Error\b)\w|\.(?:name|code|status|statusCode|type|isOperational|expose)\b|\bis\w*(?:Error|Exception)\w*\(|\.message\s*(?:\?\.)?(?:\.includes|===|\.startsWith|\.match)"
)
_STATUS: Final = lazy.regex(
    r"(?:\b(?:status|statusCode|code|sendStatus|writeHead)\b[\"']?\s*[:(]\s*|[,(]\s*)([1-5]\d\d)\b"
)
_SERVER: Final = lazy.linear(rb"(?m)^\s*[\"']use server[\"']")
_LAMBDA: Final = lazy.regex(r"\bstatusCode\s*[:,]")
_USES: Final = ("call_expression", "new_expression", "return_statement", "throw_statement", "yield_expression")


class _Place(Struct):
    """A block in which an error is known by its names. `error`: for the error itself, text or trace."""

    body: SgNode
    names: dict[str, str]
    single: bool = False  # the value of an arrow function


class CaughtFinder:
    """Rows of texts that leave a function; `to` is answer, sent, up or raised."""

    def __init__(self, module: Module) -> None:
        self.module = module
        self.actions = _SERVER.search(module.text[:4000].encode())
        self.rows: list[dict[str, Any]] = []
        self._seen: set[int] = set()

    def found(self) -> list[dict[str, Any]]:
        for place in self._places():
            if len(self.rows) >= MAX_ROWS:
                break
            self._follow(place)
        return self.rows

    # --- where errors are taken --------------------------------------------------------------------------------------

    def _places(self) -> Iterator[_Place]:
        for clause in self.module.root.find_all(kind="catch_clause")[: 4 * MAX_ROWS]:
            parameter, body = clause.field("parameter"), clause.field("body")
            if parameter is not None and body is not None:
                yield _Place(body, {local: "error" for local, _ in pattern_names(parameter)})
        for call in self.module.calls:
            called, arguments = call.field("function"), call.field("arguments")
            member = called.field("property") if called is not None else None
            if called is None or arguments is None or arguments.kind() != "arguments":
                continue
            name = member.text() if member is not None else ""
            if name not in ("catch", "onError", "setErrorHandler", "use", "error"):
                continue
            if name == "catch" and (first := first_named(arguments)) is not None:
                self._handed_on(call, first)
            for one in arguments.children():
                if one.kind() in FUNCTIONS and (place := self._handler(one, name)) is not None:
                    yield place
        for scope in self.module.functions:  # `function errorHandler(err, req, res, next)`, handed on by its name
            if (
                scope.node is not None
                and scope.node.kind() != "arrow_function"
                and (place := self._handler(scope.node, "use"))
            ) or (scope.node is not None and scope.name and (place := self._handler(scope.node, "use"))):
                yield place

    def _handed_on(self, call: SgNode, to: SgNode) -> None:
        """`.catch(answerWith)`: a function takes the error by its name."""
        if to.kind() in ("identifier", "member_expression") and not goes_nowhere(short(to)):
            self._row(call, "open", "error", {}, name=short(to)[-80:])

    def _handler(self, function: SgNode, by: str) -> _Place | None:
        single, listed = function.field("parameter"), function.field("parameters")
        given = (
            [single]
            if single is not None
            else [one for one in listed.children() if one.is_named()]
            if listed is not None
            else []
        )
        body = function.field("body")
        if not given or body is None or (by == "use" and not (len(given) == 4 and _is_error(given[0]))):
            return None
        if by == "error" and len(given) != 1:
            return None
        first = given[0].field("pattern") or given[0]
        names = {local: "error" for local, _ in pattern_names(first)} or {first.text(): "error"}
        return _Place(body, names, body.kind() != "statement_block")

    # --- what is done with them --------------------------------------------------------------------------------------

    def _follow(self, place: _Place) -> None:
        names = dict(place.names)
        if place.single:
            self._use(place.body, names, returned=True)
            if place.body.kind() == "call_expression":
                return
        given: dict[str, str] = {}
        for node in _in_order(place.body):
            self._step(node, names, given)
        if given:  # `message = error.message`, and what follows the `try` answers with it
            for node in _after(place.body):
                self._step(node, dict(given), {})

    def _step(self, node: SgNode, names: dict[str, str], given: dict[str, str]) -> None:
        kind = node.kind()
        if kind == "variable_declarator":
            name, value = node.field("name"), node.field("value")
            if name is not None and value is not None and (held := self._holds(value, names)):
                if name.kind() == "identifier":
                    names[name.text()] = held
                elif held == "error":  # `const { message } = error`
                    names |= {
                        local: "trace" if path == "stack" else "text"
                        for local, path in pattern_names(name)
                        if path in (*_TOLD, "stack")
                    }
        elif kind in ("assignment_expression", "augmented_assignment_expression"):
            left, right = node.field("left"), node.field("right")
            if left is not None and right is not None and (held := self._holds(right, names)):
                if left.kind() == "identifier":
                    names[left.text()] = given[left.text()] = "text" if held == "error" else held
                elif left.kind() == "member_expression" and (owner := left.field("object")) is not None:
                    if left.text() in ("ctx.body", "context.body", "res.body"):
                        self._row(node, "answer", held, names)
                    elif owner.kind() == "identifier":
                        names[owner.text()] = given[owner.text()] = "text" if held == "error" else held
                        if not given_back(node, owner.text()):
                            self._row(node, "open", held, names, name=left.text()[-80:])
                    else:
                        self._row(node, "open", held, names, name=left.text()[-80:])
        elif kind in _USES:
            self._use(node, names, returned=False)

    def _use(self, node: SgNode, names: dict[str, str], *, returned: bool) -> None:
        kind = node.kind()
        if returned and kind not in ("call_expression", "new_expression"):
            if held := self._holds(node, names):
                self._row(node, "answer" if self.actions else "up", held, names)
        elif kind == "call_expression":
            self._call(node, names)
        elif kind == "new_expression":
            made = node.field("constructor")
            if made is not None and made.text() in _RESPONSES and (held := self._given(node, names)):
                self._row(node, "answer", held, names)
        elif kind == "throw_statement":
            inner = first_named(node)
            made = (inner.field("constructor") or inner.field("function")) if inner is not None else None
            if inner is not None and made is not None and (held := self._given(inner, names)):
                last = made.text().rpartition(".")[2]
                own = made.text() == "this.createError"  # a method of its own; that of a framework is a function
                self._row(node, "answer" if _WEB_ERRORS.match(last) and not own else "raised", held, names, name=last)
        elif kind in ("return_statement", "yield_expression"):
            inner = first_named(node)
            while inner is not None and inner.kind() in WRAPPERS:
                inner = first_named(inner)
            if inner is None or inner.kind() in ("call_expression", "new_expression", *FUNCTIONS):
                if inner is not None and inner.kind() == "call_expression":
                    self._helper(node, inner, names)
                return
            held = self._holds(inner, names)
            if held and held != "error":
                to = (
                    "answer"
                    if self.actions or (inner.kind() == "object" and _LAMBDA.search(inner.text()[:400]))
                    else "up"
                )
                self._row(node, to, held, names)

    def _call(self, call: SgNode, names: dict[str, str]) -> None:
        called = call.field("function")
        if called is None:
            return
        before = len(self.rows)
        self._answering(call, called, names)
        if len(self.rows) == before:
            self._lent(call, called, names)

    def _lent(self, call: SgNode, called: SgNode, names: dict[str, str]) -> None:
        """A call that is handed an error and that nothing is known of."""
        name = short(called)
        last = name.rpartition(".")[2]
        if last in _HANDS_ON or _WORDED.match(last) or goes_nowhere(name) or holds_no_text(last):
            return
        if (held := self._given(call, names)) and not inside_known(call, self._seen):
            self._row(call, "open", held, names, name=name[-80:])

    def _answering(self, call: SgNode, called: SgNode, names: dict[str, str]) -> None:
        if called.kind() == "member_expression":
            member, owner = called.field("property"), called.field("object")
            last, of = (member.text() if member else ""), (owner.text()[:80] if owner else "")
            if (last in _ANSWER and _ANSWERERS.match(of)) or (last in _STREAMED and _STREAMS.search(of)):
                to = "answer"
            elif last in ("send", "emit") and _SOCKETS.match(of):
                to = "sent"
            else:
                return
            if held := self._given(call, names):
                self._row(call, to, held, names)
        elif called.kind() == "identifier":
            arguments = call.field("arguments")
            first = first_named(arguments) if arguments is not None else None
            by = called.text()
            if first is not None and _TAKES_ANSWERER.match(first.text()[:20]) and _WRITES.search(by):
                held = self._given(call, names, but_errors=by.startswith("handle"))
                if held:
                    self._row(call, "answer", held, names)

    def _helper(self, node: SgNode, call: SgNode, names: dict[str, str]) -> None:
        """`return errorResponse(error.message, 500)`: a function that makes an answer."""
        called = call.field("function")
        if called is None:
            return
        last = called.text().rpartition(".")[2]
        if _HELPERS.search(last) and (held := self._given(call, names, but_errors=True)):
            self._row(node, "answer", held, names)

    def _given(self, call: SgNode, names: dict[str, str], *, but_errors: bool = False) -> str:
        """What the arguments of a call hold. `but_errors`: the error as a whole is for a function to look at."""
        arguments = call.field("arguments")
        held = (
            [self._holds(one, names) for one in arguments.children() if one.is_named()] if arguments is not None else []
        )
        held = [one for one in held if one and not (but_errors and one == "error")]
        return "trace" if "trace" in held else "text" if held else ""

    def _row(self, node: SgNode, to: str, held: str, names: dict[str, str], *, name: str = "") -> None:
        guard = _guard(node, names)
        at = node.range().start
        if guard == "debug" or at.line in self._seen or len(self.rows) >= MAX_ROWS:
            return
        self._seen.add(at.line)
        status = _STATUS.search(node.text()[:2000])
        self.rows.append(
            {
                "line": at.line + 1,
                "function": self.module.function_at(at.index),
                "to": to,
                "kind": "text" if held == "error" else held,
                "status": int(status[1]) if status else 0,
                "own": guard == "which",
                "name": name,
            }
        )

    # --- what an expression holds ------------------------------------------------------------------------------------

    def _holds(self, node: SgNode | None, names: dict[str, str], depth: int = 0) -> str:
        """`error` (the error itself), `text`, `trace`, or nothing."""
        if node is None or depth > MAX_DEPTH:
            return ""
        kind, deeper = node.kind(), depth + 1
        if kind in ("identifier", "shorthand_property_identifier"):
            return names.get(node.text(), "")
        if kind in WRAPPERS or kind in (
            "spread_element",
            "template_substitution",
            "await_expression",
            "yield_expression",
        ):
            return self._holds(first_named(node), names, deeper)
        if kind == "member_expression":
            return self._member(node, names, deeper)
        if kind == "ternary_expression":
            return self._ternary(node, names, deeper)
        if kind == "binary_expression":
            return self._binary(node, names, deeper)
        if kind == "template_string":
            held = [self._holds(one, names, deeper) for one in node.children() if one.kind() == "template_substitution"]
            return "trace" if "trace" in held else "text" if any(held) else ""
        if kind in ("object", "array", "pair", "sequence_expression"):
            parts = [node.field("value")] if kind == "pair" else [one for one in node.children() if one.is_named()]
            held = [self._holds(one, names, deeper) for one in parts]
            return "trace" if "trace" in held else "text" if any(held) else ""
        if kind in ("call_expression", "new_expression"):
            called = node.field("function") or node.field("constructor")
            if called is None:
                return ""
            member, owner = called.field("property"), called.field("object")
            last = member.text() if member is not None else called.text()
            if last in _HANDS_ON or _WORDED.match(last):
                held_by = [self._holds(owner, names, deeper), self._given(node, names)]
                return "trace" if "trace" in held_by else "text" if any(held_by) else ""
        return ""

    def _member(self, node: SgNode, names: dict[str, str], depth: int) -> str:
        member, owner = node.field("property"), node.field("object")
        if member is None or owner is None:
            return ""
        held, last = self._holds(owner, names, depth), member.text()
        if held != "error":
            return "" if last in _OWN_WORDS else held
        if last == "stack":
            return "trace"
        return (
            "text"
            if last in _TOLD
            else ""
            if last in _OWN_WORDS
            else "error"
            if last in ("response", "error")
            else "text"
            if last == "data"
            else ""
        )

    def _ternary(self, node: SgNode, names: dict[str, str], depth: int) -> str:
        test, one, other = node.field("condition"), node.field("consequence"), node.field("alternative")
        asked = test.text()[:300] if test is not None else ""
        if _DEBUG.search(asked):  # only what people see in production counts
            live = bool(_LIVE.search(asked)) != ("!=" in asked or asked.startswith("!"))
            return self._holds(one if live else other, names, depth)
        first = "" if _WHICH.search(asked) else self._holds(one, names, depth)
        return first or self._holds(other, names, depth)

    def _binary(self, node: SgNode, names: dict[str, str], depth: int) -> str:
        left, right, operator = node.field("left"), node.field("right"), node.field("operator")
        sign = operator.text() if operator is not None else ""
        if sign not in ("+", "||", "??", "&&"):
            return ""
        if sign == "&&":
            return "" if left is not None and _DEBUG.search(left.text()[:300]) else self._holds(right, names, depth)
        held = self._holds(left, names, depth) or self._holds(right, names, depth)
        return "text" if held == "error" and sign == "+" else held


def _is_error(parameter: SgNode) -> bool:
    pattern = parameter.field("pattern") or parameter
    return pattern.text().lstrip("_").startswith("e")


def _in_order(body: SgNode) -> Iterator[SgNode]:
    """All nodes below that matter, in source order; not those of functions that are only defined there, but of those
    that are called at once or wait for something."""
    stack = [one for one in reversed(body.children()) if one.is_named()]
    while stack:
        node = stack.pop()
        yield node
        stack.extend(one for one in reversed(node.children()) if one.is_named())


def _after(body: SgNode) -> Iterator[SgNode]:
    """What follows a `try` in its function."""
    inner = body
    for one in body.ancestors():
        if one.kind() in FUNCTIONS or one.kind() == "program":
            return
        if one.kind() == "statement_block":
            behind = inner.range().end.index
            for statement in one.children():
                if statement.is_named() and statement.range().start.index >= behind:
                    yield statement
                    yield from _in_order(statement)
        inner = one


def _guard(node: SgNode, names: dict[str, str]) -> str:
    """`debug`: reached while people debug only; `which`: only where the error is of a kind that was asked for."""
    found = ""
    inner = node
    for one in node.ancestors():
        kind = one.kind()
        if kind in ("catch_clause", *FUNCTIONS):
            break
        if kind == "if_statement":
            test, other = one.field("condition"), one.field("alternative")
            asked = test.text()[:300] if test is not None else ""
            within = (
                other is not None and other.range().start.index <= inner.range().start.index < other.range().end.index
            )
            if _DEBUG.search(asked):
                live = bool(_LIVE.search(asked)) != ("!=" in asked or asked.startswith("(!"))
                if live == within:
                    return "debug"
            elif not within and _WHICH.search(asked) and any(name in asked for name in names):
                found = "which"
        elif kind == "switch_case":
            found = "which"
        inner = one
    return found
