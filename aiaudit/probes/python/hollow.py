"""Functions named after a safeguard whose body does nothing: they hand back what they are given, or always say yes.

A name is no safeguard: `redact(text)` that returns its text, `is_grounded()` that returns True, a decorator
`rate_limit` that returns the function. What raises `NotImplementedError` stops, and is not meant.
"""

from __future__ import annotations

import ast
from typing import Any, Final

from aiaudit import lazy
from aiaudit.probes.python.file_view import FileView
from aiaudit.probes.python.names import dotted, last_name
from aiaudit.probes.python.nodes import FunctionNode, parameters

HITS: Final = (
    rb"(?i)\bdef[ \t]+(?:\w*(?:redact|mask_?(?:pii|secret|e?mail|phone|card|iban|ssn|name|personal|sensitive|text|data"
    rb"|user|prompt|log|record|value|field|key|it\b)|(?:pii|secret|e?mail|phone|personal|sensitive)s?_?mask"
    rb"|\bmask[ \t]*\(|scrub|saniti[sz]|anonymi[sz]|pseudonymi[sz]|de_?identif|screen_|moderat"
    rb"|(?:is_|check_|verify_|un|_)ground|groundedness|is_support|hallucinat|faithful|rate_?limit|throttl|quota"
    rb"|strip_?(?:pii|html|hidden)|remove_?(?:pii|hidden)"
    rb"|clean_?(?:html|text|content|document|input)|detect_(?:\w*injection|pii|secret)|is_(?:safe|suspicious)|guard)\w*"
    rb"|\w*(?:verif|check|validat|ensure|assert)\w*(?:model|hash|sha\d*|file|digest|checksum|artifact|artefact|integrity"
    rb"|signature|citation|source|quote|ground)\w*"
    rb"|filter[ \t]*\([ \t\n]*self[ \t]*,[ \t\n]*record\b)"
)
_NAMED: Final = lazy.regex(HITS)
MAX_ROWS: Final = 100  # functions of one file
_DEEPEST: Final = 3  # a decorator with arguments has two functions inside
_SAYS: Final = frozenset(("print", "debug", "info", "warning", "warn", "error", "exception", "log"))


def hollow(view: FileView) -> list[dict[str, Any]]:
    """One row for each function that is named after a safeguard: `what` it does instead, "" where it does something."""
    rows: dict[str, dict[str, Any]] = {}
    for scope in view.module.scopes:
        node = scope.node
        if scope.kind != "function" or scope.qualname in rows or len(rows) >= MAX_ROWS:
            continue
        if not isinstance(node, FunctionNode) or _is_stub(node) or not _NAMED.search(_signature(node)):
            continue
        rows[scope.qualname] = {
            "function": scope.qualname,
            "name": scope.qualname.rpartition(".")[2],
            "line": view.source.line(scope.start),
            "end": view.source.line(scope.end),
            "what": _what(node, set(), 0),
        }
    return list(rows.values())


def _signature(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bytes:
    """As `HITS` reads it."""
    return f"def {node.name}({','.join(one.arg for one in parameters(node))}".encode()


def _is_stub(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """What others are to write: abstract methods, overloads, protocols' `...`."""
    marks = {last_name(one.func if isinstance(one, ast.Call) else one) for one in node.decorator_list}
    return bool(marks & {"abstractmethod", "overload", "abstractproperty"})


def _what(node: ast.FunctionDef | ast.AsyncFunctionDef, around: set[str], depth: int) -> str:
    """ "input" (hands back what it is given), "yes" (always the same answer), "nothing", or ""."""
    own = {one.arg for one in parameters(node) if one.arg not in ("self", "cls")}
    given = own | around
    inner: dict[str, str] = {}
    body = [one for one in node.body if not says_only(one)]
    for statement in body[:-1]:
        if not isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef) or depth >= _DEEPEST:
            return ""
        inner[statement.name] = _what(statement, given, depth + 1)
    if not body:
        return "nothing"
    last = body[-1]
    if not isinstance(last, ast.Return):
        return ""
    value = last.value.value if isinstance(last.value, ast.Await) else last.value
    match value:
        case None:
            return "nothing"
        case ast.Constant():
            return "yes" if value.value is True else "nothing" if value.value is None else ""
        case ast.Name(id=name) if name in inner:
            return "input" if inner[name] else ""
        case ast.Name(id=name) if name in own:
            return "input"
        case ast.Call(func=ast.Name(id=name)) if depth and name in around and _hands_all_on(value, own):
            return "input"  # the wrapper of a decorator, which only calls what it wraps
        case ast.Call() if len(value.args) == 1 and not value.keywords and dotted(value.func) in ("str", "copy"):
            return "input" if isinstance(value.args[0], ast.Name) and value.args[0].id in own else ""
    return ""


def _hands_all_on(call: ast.Call, own: set[str]) -> bool:
    given = [one.value if isinstance(one, ast.Starred) else one for one in call.args]
    given += [one.value for one in call.keywords]
    return all(isinstance(one, ast.Name) and one.id in own for one in given)


def says_only(statement: ast.stmt) -> bool:
    """A text, `pass`, or a line for the log."""
    if isinstance(statement, ast.Pass):
        return True
    if not isinstance(statement, ast.Expr):
        return False
    value = statement.value
    return isinstance(value, ast.Constant) or (isinstance(value, ast.Call) and last_name(value.func) in _SAYS)
