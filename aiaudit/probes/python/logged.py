"""What log lines and prints hold of what callers sent or a model wrote.

Each part of a log line is followed backwards like the argument of a dangerous call (`flows`). What is told is the name
under which the part is logged: whether `order.id` or `order.address` is worth a word is for the check to say.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any, Final

from aiaudit import lazy
from aiaudit.probes.python.file_view import FileView
from aiaudit.probes.python.flows import FlowFinder, Trace
from aiaudit.probes.python.match import name_set
from aiaudit.probes.python.module import Scope
from aiaudit.probes.python.names import dotted, last_name
from aiaudit.probes.python.nodes import expressions, header

HITS: Final = (
    rb"\b\w*(?i:log(?:ger|ging)?)(?:\(\w*\))?\.(?:debug|info|warning|warn|error|exception|critical|log)\(|\bprint\("
)
ALSO: Final = (  # a handler, a request of Flask or Django, a page, or a library that asks models
    rb"@\w+(?:\.\w+)*\.(?:get|post|put|patch|delete|route|websocket|api_route|tool|tool_plain)\b|@(?:tool|function_tool|api_view)\b"
    rb"|\b(?:import|from)[ \t]+(?:flask|quart|bottle|django|rest_framework|streamlit|chainlit|gradio|openai"
    rb"|anthropic|litellm|langchain|llama_index|google\.gen|cohere|mistralai|ollama|groq|dspy|instructor|vllm)"
)
MAX_ROWS: Final = 60
MAX_PARTS: Final = 12  # of one log line are followed
_LEVELS: Final = name_set("debug info warning warn error exception critical log")
_LOG: Final = lazy.regex(r"(?i)log(?:ger|ging)?$")
_MASKS: Final = lazy.regex(r"(?i)mask|redact|hash|scrub|obfuscat|anonymi|pseudonym|shorten|fingerprint")
# Calls that hand on the text that they are given, and methods that hand on their own.
_HANDS_ON: Final = name_set("str repr format dict dumps pformat safe_dumps")
_OWN: Final = name_set(
    "strip lstrip rstrip lower upper title capitalize replace encode decode model_dump model_dump_json dict json"
    " to_dict copy get_json get_data form body read items values"
)
_LETS_THROUGH: Final = _HANDS_ON | _OWN | name_set("get pop getlist join loads model_validate model_validate_json")


class _Wording(Trace):
    """What is logged word by word: what a library makes of a text, or answers to it, is another text."""

    def lets_through(self, node: ast.Call) -> bool:
        return last_name(node.func) in _LETS_THROUGH


def logged(view: FileView) -> list[dict[str, Any]]:
    """One row a part of a log line that callers sent (`source`: user) or a model wrote (llm)."""
    finder = FlowFinder(view)
    found: list[dict[str, Any]] = []
    for scope, statement in view.marked_statements():
        for node in expressions(header(statement)):
            if isinstance(node, ast.Call) and (call := call_that_logs(node)) and len(found) < MAX_ROWS:
                found.extend(_rows(node, call, scope, finder))
    return found


def call_that_logs(call: ast.Call) -> str:
    """The name of a call that logs or prints, else nothing."""
    if isinstance(call.func, ast.Name):
        return "print" if call.func.id == "print" else ""
    if not isinstance(call.func, ast.Attribute) or call.func.attr not in _LEVELS:
        return ""
    owner = call.func.value
    named = last_name(owner.func if isinstance(owner, ast.Call) else owner)
    return f"{named}.{call.func.attr}" if _LOG.search(named) else ""


def masks(call: ast.Call) -> bool:
    """Whether a call goes by the name of a mask, a hash or the like."""
    return _MASKS.search(dotted(call.func) or last_name(call.func)) is not None


def _rows(call: ast.Call, name: str, scope: Scope, finder: FlowFinder) -> Iterator[dict[str, Any]]:
    given = [*call.args, *(one.value for one in call.keywords if one.arg not in ("exc_info", "stack_info", "file"))]
    seen: set[str] = set()
    for part, told in [one for node in given for one in _parts(node)][:MAX_PARTS]:
        if told in seen:
            continue
        seen.add(told)
        sources = [one for one in _Wording(finder).sources(part, scope) if one.kind in ("llm", "user")]
        source = next((one for one in sources if not one.sanitised), None)
        if source is not None:
            yield {
                **finder.view.place(call, scope),
                "call": name,
                "name": told,
                "source": source.kind,
                "source_name": source.name,
                "source_line": finder.view.source.line(source.line),
            }


def _parts(node: ast.expr) -> Iterator[tuple[ast.expr, str]]:
    """The parts of what is logged that are no constants, each with the name that it goes by."""
    match node:
        case ast.JoinedStr(values=values):
            for one in values:
                if isinstance(one, ast.FormattedValue):
                    yield from _parts(one.value)
        case ast.Dict(values=values) | ast.BoolOp(values=values):
            for one in values:
                yield from _parts(one)
        case ast.List(elts=inner) | ast.Tuple(elts=inner) | ast.Set(elts=inner):
            for one in inner:
                yield from _parts(one)
        case ast.BinOp(left=left, right=right) | ast.IfExp(body=left, orelse=right):
            yield from _parts(left)
            yield from _parts(right)
        case ast.Await(value=inner) | ast.Starred(value=inner) | ast.NamedExpr(value=inner):
            yield from _parts(inner)
        case ast.Name(id=name):
            yield node, name
        case ast.Attribute(attr=name):
            yield node, name
        case ast.Subscript(value=inner, slice=ast.Constant(value=str(key))):
            yield node, key or dotted(inner)
        case ast.Subscript(value=inner):  # `text[:50]`, `messages[-1]`
            yield from _parts(inner)
        case ast.Call():
            yield from _of_call(node)
        case _:
            return


def _of_call(call: ast.Call) -> Iterator[tuple[ast.expr, str]]:
    """What a call hands on: `body.get("name")`, `str(x)`, `x.strip()`, `"{}".format(x)`. Another makes another text."""
    last = last_name(call.func)
    if masks(call):
        return
    if last == "get" and call.args and isinstance(call.args[0], ast.Constant):
        if isinstance(key := call.args[0].value, str):
            yield call, key
    elif last in _OWN and isinstance(call.func, ast.Attribute):
        yield from _parts(call.func.value)
    elif last in _HANDS_ON:
        for one in (*call.args, *(one.value for one in call.keywords if one.arg not in ("indent", "default"))):
            yield from _parts(one)
