"""Whether a handler turns away what is sent to it: by the code of its answer, or by a look at allowed values."""

from __future__ import annotations

import ast
from typing import Final

from aiaudit.probes.python.match import name_set
from aiaudit.probes.python.names import dotted, last_name

_NAMED: Final = name_set(
    "BadRequest UnprocessableEntity ValidationError HTTPBadRequest HTTPUnprocessableEntity BadRequestError"
    " ClientException ValidationException"
)


def answers_400(node: ast.expr | None) -> bool:
    """`return {…}, 400` or `return JSONResponse(…, status_code=422)`."""
    if isinstance(node, ast.Tuple) and len(node.elts) >= 2:
        return isinstance(node.elts[1], ast.Constant) and node.elts[1].value in (400, 422)
    return isinstance(node, ast.Call) and is_400(node)


def turns_away(node: ast.If) -> bool:
    """`if suffix not in ALLOWED: return …`: what is not among the allowed values is answered at once."""
    match node.test, node.body[-1]:
        case ast.Compare(ops=[ast.NotIn()], comparators=[allowed]), ast.Return() | ast.Raise():
            name = dotted(allowed).rpartition(".")[2]
            return len(name) > 2 and (name.isupper() or name.lower().startswith("allowed"))
    return False


def is_400(call: ast.Call) -> bool:
    values = [*call.args, *(one.value for one in call.keywords if one.arg in ("status_code", "status", "code"))]
    for value in values:
        if isinstance(value, ast.Constant) and value.value in (400, 422):
            return True
        if isinstance(value, ast.Attribute) and value.attr.startswith(("HTTP_400", "HTTP_422", "BAD_REQUEST")):
            return True
    return last_name(call.func) in _NAMED
