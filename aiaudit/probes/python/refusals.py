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

_CODES: Final = ("status", "status_code", "code")


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


def answers_400_by(call: ast.Call, made: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """`return error("too long")` of a function of the same file that answers with the code it is given, or else 400:
    `def error(text, status=400): return JsonResponse({…}, status=status)`."""
    arguments = [*made.args.posonlyargs, *made.args.args]
    defaults = dict(zip([one.arg for one in arguments[::-1]], made.args.defaults[::-1], strict=False))
    defaults |= {
        one.arg: value for one, value in zip(made.args.kwonlyargs, made.args.kw_defaults, strict=True) if value
    }
    given = dict(zip([one.arg for one in arguments], call.args, strict=False))
    given |= {one.arg: one.value for one in call.keywords if one.arg}
    for statement in made.body:
        if not isinstance(statement, ast.Return):
            continue
        if answers_400(statement.value):
            return True
        match statement.value:
            case ast.Tuple(elts=[_, ast.Name(id=name), *_]):
                named = [name]
            case ast.Call(keywords=keywords):
                named = [one.value.id for one in keywords if one.arg in _CODES and isinstance(one.value, ast.Name)]
            case _:
                named = []
        for name in named:
            match given.get(name, defaults.get(name)):
                case ast.Constant(value=400 | 422):
                    return True
    return False
