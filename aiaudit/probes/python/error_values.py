"""What an answer says after something went wrong, where no caught exception stands in it: `detail=result["error"]`."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Final

from aiaudit import lazy
from aiaudit.probes.python.held_texts import ANSWERS, status_of, status_of_tuple
from aiaudit.probes.python.match import name_set
from aiaudit.probes.python.names import last_name

# A framework answers with what stands in these.
ANSWERING: Final = lazy.regex(
    r"^(?:HTTPException|HTTPError|HttpError|abort|APIException|HTTP(?:[A-Z]\w+)|NotFound|BadRequest|InternalServerError|ServiceUnavailable)$"
)
_ABOUT: Final = name_set("status_code status code headers media_type content_type mimetype background request")
_SAYS: Final = lazy.regex(
    r"(?i)^(?:\w+_)?(?:errors?|err|exception|traceback|stderr|detail|details|reason)(?:_(?:message|msg|text|detail|details|log))?$"
)
_FAULT: Final = 400


def error_values(node: ast.stmt) -> Iterator[ast.expr]:
    """The expressions whose values such an answer says."""
    value = node.exc if isinstance(node, ast.Raise) else getattr(node, "value", None)
    if isinstance(node, ast.Raise | ast.Expr | ast.Return) and isinstance(value, ast.Call):
        last = last_name(value.func)
        if ANSWERING.match(last) and (isinstance(node, ast.Raise) or last == "abort"):
            yield from _given(value)
            return
    if not isinstance(node, ast.Return) or value is None:
        return
    status = status_of_tuple(value)
    if status and isinstance(value, ast.Tuple):
        value = value.elts[0]
    if isinstance(value, ast.Call) and ANSWERS.match(last_name(value.func)):
        status = status or status_of(value)
        for one in _given(value):
            yield from _said(one, whole=status >= _FAULT)
    else:
        yield from _said(value, whole=status >= _FAULT)


def _given(call: ast.Call) -> Iterator[ast.expr]:
    """What is said of the arguments of an answer, but the number of its status."""
    yield from (one for one in call.args if not isinstance(one, ast.Constant | ast.Starred))
    yield from (one.value for one in call.keywords if one.arg is not None and one.arg not in _ABOUT)


def _said(value: ast.expr, *, whole: bool) -> Iterator[ast.expr]:
    if isinstance(value, ast.Dict):
        for key, one in zip(value.keys, value.values, strict=True):
            if isinstance(key, ast.Constant) and isinstance(key.value, str) and (whole or _SAYS.match(key.value)):
                yield one
    elif whole:
        yield value
