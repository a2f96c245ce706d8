"""Functions that a cloud calls with an event of HTTP, as AWS Lambda does behind API Gateway, a load balancer or an
address of its own.

What the event is, the function's own lines tell: it reads a part that only such events have, and answers with a status.
Events of stores, queues and schedules are none, though their functions often answer with a status too.
"""

from __future__ import annotations

import ast
from typing import Final

from aiaudit.probes.python.file_view import FileView
from aiaudit.probes.python.match import name_set
from aiaudit.probes.python.module import Scope
from aiaudit.probes.python.nodes import FunctionNode, parameters, walk

HITS: Final = rb"\bdef[ \t]+\w+[ \t]*\(\s*(?:event|evt)\b"
_EVENT: Final = name_set("event evt")
_PARTS: Final = name_set(
    "queryStringParameters multiValueQueryStringParameters pathParameters httpMethod requestContext rawPath"
    " rawQueryString"
)
_BODY: Final = "body"  # a text where it comes by HTTP; steps of workflows hand on one with parts
_STATUS: Final = b"statusCode"


def handlers_of_events(view: FileView) -> list[Scope]:
    """The functions of a file that take an event of HTTP."""
    if not view.text_has(_STATUS):
        return []
    return [scope for scope in view.module.top.children.values() if _takes_http(scope)]


def _takes_http(scope: Scope) -> bool:
    node = scope.node
    if not isinstance(node, FunctionNode) or len(given := parameters(node)) != 2 or given[0].arg not in _EVENT:
        return False
    event = given[0].arg
    parted = {id(one.value) for one in walk(node) if isinstance(one, ast.Subscript)}  # `event["body"]["row"]`
    read = {(_part(one, event), id(one) in parted) for one in walk(node)}
    return (_BODY, False) in read or any(part in _PARTS for part, _ in read)


def _part(node: ast.AST, event: str) -> str:
    """The part of the event that is read: `event["body"]`, `event.get("body")`."""
    match node:
        case ast.Subscript(value=ast.Name(id=name), slice=ast.Constant(value=str(part))) if name == event:
            return part
        case ast.Call(
            func=ast.Attribute(value=ast.Name(id=name), attr="get"), args=[ast.Constant(value=str(part)), *_]
        ) if name == event:
            return part
    return ""
