"""Whether a handler sends what is missing or wrong back without a status of its own, as handlers of pages do:
`if not name: flash("…"); return render_template("form.html")`."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from typing import Final

from aiaudit import lazy
from aiaudit.probes.python.match import name_set
from aiaudit.probes.python.names import last_name
from aiaudit.probes.python.nodes import walk

TURNED: Final = "turned away"  # what a route's `checks` says of such a handler
Reads = Callable[[ast.Attribute], bool]

# What may stand before the answer: it tells what is wrong, and does nothing with what came in.
_TELLS: Final = name_set(
    "flash print debug info warning error exception log success remove close strip dict str format jsonify add_message"
)
_PAGES: Final = name_set(
    "render_template render redirect url_for TemplateResponse RedirectResponse HTMLResponse jsonify JSONResponse"
    " JsonResponse HttpResponse HttpResponseRedirect make_response Response dict str format render_to_string"
)
_STAYS_THE_SAME: Final = name_set("str int float bool len dict list set secure_filename loads strip splitext Path")
_LOOKS_AT: Final = name_set("isinstance match fullmatch search all any")
_ASKED: Final = lazy.regex(r"(?i)^(?:is_?)?(?:allowed|valid)|_(?:is_)?(?:allowed|valid)$")
_WHO: Final = lazy.regex(r"(?i)auth|token|login|logged|session|csrf|permission|captcha")
_STATUSES: Final = frozenset((200, 302, 303, 400, 422))  # another tells of rights, or of what is not there
_BOUNDS: Final = (ast.NotIn, ast.Lt, ast.LtE, ast.Gt, ast.GtE)
_MOST: Final = 6  # statements of such a branch


def sends_back(nodes: Sequence[ast.AST], reads: Reads) -> bool:
    """Whether a condition on something that is read of the request ends the handler with a page or an answer alone.
    `nodes`: those of the handler. `reads`: whether an attribute is a part of the request that the caller fills."""
    taken = _Taken(reads)
    bound = (one for one in nodes if isinstance(one, ast.Assign | ast.For | ast.AsyncFor))
    for one in sorted(bound, key=lambda one: one.lineno):
        value, targets = (one.value, one.targets) if isinstance(one, ast.Assign) else (one.iter, [one.target])
        if taken.has(value):
            taken.names.update(target.id for target in targets if isinstance(target, ast.Name))
    return any(
        (_only_answers(one.body) and _finds_fault(one.test, taken)) or _lets_what_fits_on(one.test, taken)
        for one in nodes
        if isinstance(one, ast.If)
    )


class _Taken:
    """What comes in, and the names for it: not what a function makes of it, such as the row that it found."""

    def __init__(self, reads: Reads) -> None:
        self.reads = reads
        self.names: set[str] = set()

    def has(self, node: ast.expr) -> bool:
        match node:
            case ast.Name(id=name):
                return name in self.names
            case ast.Attribute(value=value):
                return self.reads(node) or self.has(value)
            case ast.Subscript(value=value) | ast.Await(value=value) | ast.Starred(value=value):
                return self.has(value)
            case ast.BoolOp(values=values):
                return any(map(self.has, values))
            case ast.IfExp(body=body, orelse=other):
                return self.has(body) or self.has(other)
            case ast.Call(func=func, args=args):
                of_it = isinstance(func, ast.Attribute) and self.has(func)
                return of_it or (last_name(func) in _STAYS_THE_SAME and any(map(self.has, args)))
        return False

    def is_looked_at(self, node: ast.expr) -> bool:
        """It is the value itself, or a function is asked of it: `allowed_file(name)`, `isinstance(text, str)`."""
        if self.has(node):
            return True
        if not isinstance(node, ast.Call) or not any(map(self.has, node.args)):
            return False
        last = last_name(node.func)
        return last in _LOOKS_AT or bool(_ASKED.search(last))


def _only_answers(body: Sequence[ast.stmt]) -> bool:
    """`flash("No file")` and `return redirect(request.url)`; a branch that does some work is another way."""
    match body[-1]:
        case ast.Return(value=ast.expr() as answer) if len(body) <= _MOST:
            told = [call for one in body[:-1] for call in walk(one) if isinstance(call, ast.Call)]
            made = [call for call in walk(answer) if isinstance(call, ast.Call)]
            return (
                all(isinstance(one, ast.Expr | ast.Assign) for one in body[:-1])
                and all(last_name(call.func) in _TELLS for call in told)
                and all(last_name(call.func) in _PAGES for call in made)
                and (bool(told or made) or isinstance(answer, ast.Dict | ast.Tuple | ast.Constant))
                and all(one in _STATUSES for one in _statuses(answer))
            )
    return False


def _statuses(answer: ast.expr) -> list[object]:
    """`404` of `return jsonify(…), 404` and of `JSONResponse(…, status_code=404)`."""
    given = [answer.elts[1]] if isinstance(answer, ast.Tuple) and len(answer.elts) > 1 else []
    given += [
        one.value
        for call in walk(answer)
        if isinstance(call, ast.Call)
        for one in call.keywords
        if one.arg in ("status", "status_code", "code")
    ]
    return [one.value if isinstance(one, ast.Constant) else None for one in given]


def _finds_fault(test: ast.expr, taken: _Taken) -> bool:
    match test:
        case ast.BoolOp(values=values):
            return any(_finds_fault(one, taken) for one in values)
        case ast.UnaryOp(op=ast.Not(), operand=asked):
            return taken.is_looked_at(asked) and not _of_the_caller(asked)
        case ast.Compare(left=left, ops=[op], comparators=[right]):
            if not (taken.is_looked_at(left) or taken.is_looked_at(right)) or _of_the_caller(test):
                return False
            nothing = any(isinstance(one, ast.Constant) and one.value in ("", None) for one in (left, right))
            return isinstance(op, _BOUNDS) or (nothing and isinstance(op, ast.Eq | ast.Is))
    return False


def _lets_what_fits_on(test: ast.expr, taken: _Taken) -> bool:
    """`if file and allowed_file(file.filename):`, where everything else falls through to the form."""
    asked = test.values if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And) else [test]
    return any(
        isinstance(one, ast.Call) and bool(_ASKED.search(last_name(one.func))) and taken.is_looked_at(one)
        for one in asked
        if not _of_the_caller(one)
    )


def _of_the_caller(test: ast.expr) -> bool:
    """A condition on who calls asks nothing of what comes in."""
    return any(
        bool(_WHO.search(one.attr if isinstance(one, ast.Attribute) else one.id))
        for one in walk(test)
        if isinstance(one, ast.Attribute | ast.Name)
    )
