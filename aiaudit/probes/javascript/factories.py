"""Functions that only put options together: `const chatModel = (messages) => ({ model: "…", messages })`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from aiaudit import lazy
from aiaudit.model.types import as_json
from aiaudit.probes.javascript.module import FUNCTIONS, WRAPPERS, Binding, Module, first_named

if TYPE_CHECKING:
    from ast_grep_py import SgNode

    from aiaudit.probes.javascript.values import Values

MAX_MADE: Final = 40  # of one file
_OF_A_CALL: Final = lazy.regex(r"\b(?:model|messages|prompt|contents|max_?\w*[tT]okens)\b")


def object_of(bound: Binding | None) -> SgNode | None:
    """The object that a function gives back whatever it is given, None where there are several or none."""
    node = bound.node if bound is not None and bound.kind in ("function", "value") and not bound.path else None
    if node is None or bound is None or bound.assigned or node.kind() not in FUNCTIONS:
        return None
    body = node.field("body")
    if body is None or node.text().startswith("async"):
        return None
    if body.kind() == "statement_block":
        returns = [one for one in body.find_all(kind="return_statement") if _of(one, node)]
        body = first_named(returns[0]) if len(returns) == 1 else None
    while body is not None and body.kind() in WRAPPERS:
        body = first_named(body)
    return body if body is not None and body.kind() == "object" else None


def returned_by(bound: Binding | None) -> list[SgNode]:
    """All that a function of this file may give back; empty where that is not known."""
    node = bound.node if bound is not None and bound.kind in ("function", "value") and not bound.path else None
    if node is None or bound is None or bound.assigned or node.kind() not in FUNCTIONS:
        return []
    body = node.field("body")
    if body is None or body.kind() != "statement_block":
        return [body] if body is not None else []
    found = [first_named(one) for one in body.find_all(kind="return_statement")[:20] if _of(one, node)]
    return [one for one in found if one is not None] if None not in found and len(found) < 10 else []


def _of(returned: SgNode, function: SgNode) -> bool:
    """Whether it is this function that returns, and none inside it."""
    for one in returned.ancestors():
        if one.kind() in FUNCTIONS:
            return one.range().start.index == function.range().start.index
    return False


def factory_of(node: SgNode | None, module: Module) -> Binding | None:
    """What the name of a plain call stands for, where its arguments stand: `create(chatModel(messages))`."""
    while node is not None and node.kind() in WRAPPERS:
        node = first_named(node)
    called = node.field("function") if node is not None and node.kind() == "call_expression" else None
    if called is None or called.kind() != "identifier":
        return None
    return module.bound(called.text(), called.range().start.index)


def made_objects(module: Module, values: Values) -> dict[str, Any]:
    """Name of a function of the top level -> the properties of the object that it gives back, for other files."""
    found: dict[str, Any] = {}
    for name, bindings in module.bindings.items():
        one = bindings[0]
        if len(bindings) != 1 or one.scope is not module.top or len(found) >= MAX_MADE:
            continue
        made = object_of(one)
        if made is not None and _OF_A_CALL.search(made.text()[:4000]):
            given, more = values.options(made)
            found[name] = {"kw": as_json(given), "star": more}
    return found
