"""Tables of functions out of which one is called by a name that an answer holds: `TOOLS[reply["tool"]](text)`.

What a hand-written agent may do stands in such a table. It counts where it is named after tools, functions or actions
and is asked for a field of something, or for a variable that is named so.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Final

from aiaudit import lazy
from aiaudit.probes.python.file_view import FileView
from aiaudit.probes.python.module import Scope
from aiaudit.probes.python.names import last_name
from aiaudit.probes.python.nodes import FunctionNode, expressions, header
from aiaudit.probes.python.words import offsets_of

_ABOUT: Final = rb"(?:[Tt]ool|TOOL|[Ff]unction|FUNCTION|[Aa]ction|ACTION)"
HITS: Final = (  # a table by its name, and a key that is a field, or a variable that is named after what is called
    rb"\b\w*" + _ABOUT + rb"\w*(?:\[|\.get\()\s*(?:\w*" + _ABOUT + rb"\w*\s*[\],)]"
    rb"|\w+(?:\.\w+)*(?:\[[\"']\w+[\"']\]|\.get\([\"']\w+[\"']|\.\w+\s*[\],)]))"
)
_NAMED: Final = lazy.regex(r"(?i)tool|function|action")
_ASKED: Final = lazy.regex(HITS)
# What follows a name that is given a value, perhaps beside others or with its type.
_GIVEN: Final = lazy.regex(rb"[ \t]*(?:[,)][^=\n]{0,200}|:[ \t]*[^\s=][^=]{0,400}|[|:])?=(?!=)")


def counts(data: bytes, at: int) -> bool:
    """Whether a mark may be a table of this file, or is none of ours: of one that is imported or an attribute it is not
    seen what stands in it, and libraries of models have hundreds of these."""
    asked = _ASKED.match(data, at)
    if asked is None:
        return True
    name = asked[0].partition(b"[")[0].partition(b".")[0]
    if data[at - 1 : at] == b".":
        return False
    return any(_GIVEN.match(data, one + len(name)) for one in offsets_of([name.decode()], data))


def tables(statement: ast.stmt, scope: Scope, view: FileView) -> Iterator[tuple[ast.Dict, Scope]]:
    """The tables that a statement asks for a function by such a name, as they are written in this file."""
    resolver = view.resolver
    for node in expressions(header(statement)):
        match node:
            case ast.Subscript(value=ast.Name(id=name), slice=key):
                pass
            case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr="get"), args=[key, *_]):
                pass
            case _:
                continue
        if not _NAMED.search(name) or not _is_answered(key) or _is_told_by_code(key, scope, view):
            continue
        for one in (resolver.bindings(name, scope, node.lineno) or [])[:2]:
            if one.kind == "value" and isinstance(one.node, ast.Dict) and _is_by_name(one.node):
                yield one.node, one.scope or scope


def _is_answered(key: ast.expr) -> bool:
    """Whether a key is a field of something (`call.function.name`, `reply["tool"]`), or named after what it calls."""
    match key:
        case ast.Attribute() | ast.Subscript(slice=ast.Constant(value=str())):
            return True
        case ast.Call(func=ast.Attribute(attr="get"), args=[ast.Constant(value=str()), *_]):
            return True
    return isinstance(key, ast.Name) and bool(_NAMED.search(last_name(key)))


def _is_told_by_code(key: ast.expr, scope: Scope, view: FileView) -> bool:
    """Whether the key is a parameter that every call of the function here gives as a word: `handler(service, "reset")`
    is the project's own choice, and no answer's."""
    node = scope.node
    if not isinstance(key, ast.Name) or not isinstance(node, FunctionNode):
        return False
    names = [one.arg for one in (*node.args.posonlyargs, *node.args.args)]
    if key.id not in names:
        return False
    method = scope.parent is not None and scope.parent.kind == "class"
    at = names.index(key.id) - (1 if method else 0)
    given: list[ast.expr | None] = []
    for _, call in view.calls_of(node.name):
        told = [one.value for one in call.keywords if one.arg == key.id] or call.args[at : at + 1]
        given.append(told[0] if told else None)
    return bool(given) and all(isinstance(one, ast.Constant) and isinstance(one.value, str) for one in given)


def _is_by_name(table: ast.Dict) -> bool:
    """Whether all keys are words and all values names: of functions, as far as can be seen here."""
    return bool(table.keys) and all(
        isinstance(key, ast.Constant) and isinstance(key.value, str) and isinstance(value, ast.Name | ast.Attribute)
        for key, value in zip(table.keys, table.values, strict=True)
    )
