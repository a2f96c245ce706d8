"""What a `catch` does in place of the calls that it guards: gives another value, tells the caller, or nothing.

The same words as for Python decide: null, an empty thing, a number alone and a text such as "error" are no answer.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from aiaudit import lazy
from aiaudit.probes.javascript import instead
from aiaudit.probes.javascript.module import FUNCTIONS, WRAPPERS, Module, first_named, named_in, pattern_names
from aiaudit.probes.javascript.resolve import Resolver
from aiaudit.probes.python.match import name_set
from aiaudit.probes.python.rescues import ENDS, MAX_CALLS, MAX_ROWS, NO_ANSWER

if TYPE_CHECKING:
    from ast_grep_py import SgNode

MARKS: Final = lazy.linear(rb"\bcatch\s*[({]")
_TELLS: Final = lazy.regex(
    r"(?i)\berr(?:or)?s?\b|\bfail(?:ed|ure|s)?\b|exception|sorry|apolog|\b(?:went|gone|is|was) wrong\b"
    r"|try (?:it )?(?:again|later)|overloaded\b|technical (?:issue|difficult|problem)"
    r"|not available|unavailable|invalid|unable|could ?n[o']t|can ?n[o']t|\boops|no response|bad request"
    r"|\babort(?:ed)?\b|\bcancel+ed\b|\bstatus(?:Code)?\s*[:(]\s*[45]\d\d|\b(?:success|ok)\s*:\s*false"
    # the same in German, French, Spanish, Portuguese, Italian, Russian, Chinese and Japanese
    r"|\b(?:\u00fcber|ueber)lastet\b|\bversuche?n? (?:sie )?es (?:[^.\n]{0,40} )?(?:erneut|sp\u00e4ter|noch ?mal)"
    r"|r\u00e9essay|int\u00e9nt(?:alo|elo)"
    r"|tente novamente|\briprova"
    r"|\bleider\b|entschuldig|\bfehler\b|d[\u00e9e]sol[\u00e9e]|\blo siento\b|\bdesculpe|\berro ao\b|mi dispiace"
    r"|\u0438\u0437\u0432\u0438\u043d|\u043f\u043e\u043f\u0440\u043e\u0431\u0443\u0439\u0442\u0435|\u043e\u0448\u0438\u0431\u043a|\u62b1\u6b49|\u5bf9\u4e0d\u8d77|\u7533\u3057\u8a33|\u30a8\u30e9\u30fc"
)
_TELLING_CALLS: Final = lazy.regex(r"(?i)error|exception|abort|fail|notFound|redirect")
_TELLING_NAMES: Final = lazy.regex(r"(?i)error|failure|apology")
_NEUTRAL: Final = lazy.regex(
    r"(?i)err|exc|fail|status|message|msg|detail|retr(?:y|ies)|attempt|(?<!en)tries|(?<!ac)count|start|wait|delay|ok\b|success|done|loading"
)
_ANSWERS: Final = name_set(
    "json send end write reply respond editReply followUp sendMessage enqueue text html answer say resolve callback"
)
_OTHERS: Final = lazy.regex(r"(?i)models?\b|providers?\b|fallbacks?|candidates\b|endpoints?\b|clients\b")
_ANSWERS_BY: Final = lazy.regex(r"\(\s*(?:_?res|response|reply|ctx|context|c|ws|socket|interaction)\b(?!\s*=>)")
_TIMES: Final = lazy.regex(
    r"^(?:new Date\b|Date\.now\(|performance\.now\(|dayjs\(|moment\()"
)  # when it ended, no answer
_SETTER: Final = lazy.regex(r"(set[A-Z]\w*)\(")  # of a state of React: `setAnswer(made.text)`
_RAISES: Final = name_set("reject next exit abort rethrow")
_NOTHING: Final = frozenset({"number", "true", "false", "null", "undefined", "regex", *FUNCTIONS})


def rescues(module: Module, resolver: Resolver) -> list[dict[str, Any]]:
    """One row for each `try` with a `catch`, and each `.catch(…)`: how it ends, and what is called inside."""
    rows: list[dict[str, Any]] = []
    for node in module.root.find_all(kind="try_statement")[:MAX_ROWS]:
        handler, body = node.field("handler"), node.field("body")
        inner = handler.field("body") if handler is not None else None
        if handler is not None and body is not None and inner is not None:
            error = handler.field("parameter")
            names = {local for local, _ in pattern_names(error)} if error is not None else set()
            ends = _end(inner, names, _asked(body))
            if ends == "nothing" and (_tries_another(node) or instead.goes_on(node, inner, _answers)):
                ends = "value"
            _add(rows, node, body, handler, ends, module, resolver)
    for call in module.calls:
        called = call.field("function")
        member = called.field("property") if called is not None else None
        if called is None or member is None or member.text() != "catch" or len(rows) >= MAX_ROWS:
            continue
        promise, arguments = called.field("object"), call.field("arguments")
        function = first_named(arguments) if arguments is not None else None
        if promise is not None and function is not None and function.kind() in FUNCTIONS:
            _add(rows, call, promise, function, _end_of_function(function), module, resolver)
    return rows


def replaced(module: Module, resolver: Resolver) -> list[list[Any]]:
    """See `instead.replaced`."""
    return instead.replaced(module, resolver, _answers)


def _answers(node: SgNode | None) -> str:
    return _value(node, set())


def _add(
    rows: list[dict[str, Any]],
    node: SgNode,
    body: SgNode,
    handler: SgNode,
    ends: str,
    module: Module,
    resolver: Resolver,
) -> None:
    place = body.range()
    calls: list[list[Any]] = []
    seen: set[tuple[str, str]] = set()
    for call in module.calls_in(place.start.index, place.end.index):
        named = resolver.called(call)
        if named.rest and (named.spec, named.rest) not in seen and len(calls) < MAX_CALLS:
            seen.add((named.spec, named.rest))
            calls.append([named.spec, named.rest, call.range().start.line + 1])
    if calls:
        rows.append(
            {
                "line": node.range().start.line + 1,
                "function": module.function_at(node.range().start.index),
                "ends": ends,
                "handler_line": handler.range().start.line + 1,
                "calls": calls,
            }
        )


def _tries_another(node: SgNode) -> bool:
    """Whether the next turn of a loop asks another model: `for (const model of models) { try {…} catch {…} }`."""
    for one in node.ancestors():
        if one.kind() in FUNCTIONS:
            return False
        if one.kind() == "for_in_statement":
            each, over = one.field("left"), one.field("right")
            return any(part is not None and bool(_OTHERS.search(part.text()[:200])) for part in (each, over))
    return False


def _end_of_function(function: SgNode) -> str:
    parameter = function.field("parameter") or function.field("parameters")
    names = (
        {local for part in parameter.children() or [parameter] for local, _ in pattern_names(part)}
        if parameter
        else set()
    )
    if parameter is not None and parameter.kind() == "identifier":
        names = {parameter.text()}
    body = function.field("body")
    if body is None:
        return "nothing"
    return _end(body, names) if body.kind() == "statement_block" else _value(body, names)


def _statements(node: SgNode) -> Iterator[SgNode]:
    """All statements below, not those of functions that are only defined there."""
    stack = [one for one in reversed(node.children()) if one.is_named()]
    while stack:
        one = stack.pop()
        yield one
        if one.kind() not in FUNCTIONS and one.kind() not in ("expression_statement", "return_statement"):
            stack.extend(inner for inner in reversed(one.children()) if inner.is_named())


def _asked(body: SgNode) -> frozenset[str]:
    """The calls that a `try` guards, as they are written: the same one in its `catch` asks once more, and no other.
    What takes the place of an empty answer (`text ?? lookup(question)`) does so in the `catch` as well."""
    calls = body.find_all(kind="call_expression")[:MAX_CALLS]
    return frozenset(" ".join(one.text().split()) for one in calls if not _stands_in(one))


def _stands_in(call: SgNode) -> bool:
    """Whether a call is made only where another value lacks."""
    inner = call
    for one in call.ancestors():
        if one.kind() in (*FUNCTIONS, "statement_block"):
            return False
        operator = one.field("operator")
        other = one.field("right") if operator is not None and operator.text() in ("??", "||") else None
        if one.kind() == "ternary_expression":
            other = one.field("alternative")
        if other is not None and other.range().start.index == inner.range().start.index:
            return True
        inner = one
    return False


def _asks_again(node: SgNode, asked: frozenset[str]) -> bool:
    """Whether a statement gives or keeps what a call of `asked` answers."""
    inner = first_named(node) if node.kind() in ("return_statement", "expression_statement") else None
    while inner is not None and inner.kind() in (*WRAPPERS, "await_expression", "assignment_expression"):
        inner = inner.field("right") if inner.kind() == "assignment_expression" else first_named(inner)
    return inner is not None and inner.kind() == "call_expression" and " ".join(inner.text().split()) in asked


def _end(body: SgNode, error: set[str], asked: frozenset[str] = frozenset()) -> str:
    """How a handler ends; see `python.rescues.ENDS`."""
    statements = [one for one in _statements(body) if not asked or not _asks_again(one, asked)]
    for node in statements:  # `const message = error instanceof Error ? error.message : "…"`
        if node.kind() == "variable_declarator":
            name, value = node.field("name"), node.field("value")
            if name is not None and value is not None and _tells(value, error):
                error = error | {local for local, _ in pattern_names(name)}
    shows = frozenset(called.group(1) for one in asked if (called := _SETTER.match(one)))
    ends = {_end_of(node, error, shows) for node in statements}
    return next((end for end in ENDS if end in ends), "nothing")


def _end_of(node: SgNode, error: set[str], shows: frozenset[str] = frozenset()) -> str:
    """`shows`: the functions by which the `try` puts its answer on a page."""
    kind = node.kind()
    if kind == "throw_statement":
        return "raise"
    if kind == "return_statement":
        return _value(first_named(node), error)
    if kind != "expression_statement":
        return "nothing"
    inner = first_named(node)
    while inner is not None and inner.kind() in ("await_expression", "yield_expression", "parenthesized_expression"):
        given = inner.kind() == "yield_expression"
        inner = first_named(inner)
        if given:
            return _value(inner, error)
    if inner is None:
        return "nothing"
    if inner.kind() == "assignment_expression":
        left = inner.field("left")
        right = inner.field("right")
        if (
            left is None
            or _NEUTRAL.search(left.text().rpartition(".")[2])
            or (right and _TIMES.match(right.text()[:40]))
        ):
            return "nothing"
        return _value(right, error)
    if inner.kind() == "call_expression":
        called, arguments = inner.field("function"), inner.field("arguments")
        last = called.text()[-60:].rpartition(".")[2] if called is not None else ""
        if last in _RAISES:
            return "raise"
        if last in _ANSWERS and arguments is not None and first_named(arguments) is not None:
            return "message" if _tells(inner, error) else _value(first_named(arguments), error)
        shown = first_named(arguments) if last in shows and arguments is not None else None
        if shown is not None and shown.kind() in ("call_expression", "await_expression"):  # worked out, no words
            return _value(shown, error)
        if arguments is not None and _TELLING_CALLS.search(last) and _ANSWERS_BY.match(arguments.text()[:40]):
            return "message"  # `handleError(res, …)`
    return "nothing"


def _value(node: SgNode | None, error: set[str]) -> str:
    """Whether an expression is an answer (value), tells of the error (message), or is nothing."""
    if node is None:
        return "nothing"
    kind = node.kind()
    if kind in WRAPPERS:
        return _value(first_named(node), error)
    if kind in _NOTHING or node.text() == "undefined":
        return "nothing"
    if kind in ("string", "template_string"):
        text = node.text()[1:-1].strip()
        return "nothing" if NO_ANSWER.match(text) else "message" if _tells(node, error) else "value"
    if _tells(node, error):
        return "message"
    if kind in ("object", "array"):
        parts = [one.field("value") or one for one in named_in(node)]
        return "value" if any(_value(part, error) == "value" for part in parts) else "nothing"
    if kind in ("call_expression", "new_expression"):
        called = node.field("function") or node.field("constructor")
        name = called.text()[-60:] if called is not None else ""
        if _TELLING_CALLS.search(name):
            return "message"
        if kind == "new_expression" and name in ("Response", "NextResponse"):
            arguments = node.field("arguments")
            return _value(first_named(arguments) if arguments is not None else None, error)
    if kind in ("identifier", "shorthand_property_identifier", "member_expression") and _TELLING_NAMES.search(
        node.text()
    ):
        return "message"
    return "value"


def _tells(node: SgNode, error: set[str]) -> bool:
    text = node.text()[:2000]
    if _TELLS.search(text):
        return True
    if not error:
        return False
    names = node.find_all(any=[{"kind": "identifier"}, {"kind": "shorthand_property_identifier"}])
    return any(one.text() in error for one in (node, *names))
