"""What a schema says of the arguments of a tool: [name, type], "" where anything goes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from aiaudit import lazy
from aiaudit.probes.javascript.module import WRAPPERS, Module, first_named

if TYPE_CHECKING:
    from ast_grep_py import SgNode

MAX_ARGUMENTS: Final = 20
_ZOD: Final = lazy.regex(r"^(?:z|zod|Type|v|s)\s*\.\s*(\w+)")
_ANY: Final = frozenset({"any", "unknown", "Any", "Unknown"})
_OBJECTS: Final = frozenset({"object", "strictObject", "looseObject", "Object"})


def arguments_of(schema: SgNode | None, module: Module) -> list[list[str]]:
    """The arguments by their names and types; one of the type `schema` where the schema stands elsewhere."""
    node = _value(schema, module)
    if node is None:
        return []
    if node.kind() == "call_expression":
        match = _ZOD.match(node.text())
        if match is None:
            return [["input", "schema"]]  # made by a function
        called = _innermost(node)
        if match.group(1) in _OBJECTS and called is not None:
            return arguments_of(called, module)
        return [["input", "" if match.group(1) in _ANY else match.group(1)]]
    if node.kind() != "object":
        return [["input", "schema"]]
    fields = _pairs(node)
    properties = _value(fields.get("properties"), module)
    if properties is not None and properties.kind() == "object":
        fields = _pairs(properties)
    elif "type" in fields and set(fields) <= {"type", "required", "additionalProperties", "description", "$schema"}:
        return []
    return [[name, _type(value, module)] for name, value in list(fields.items())[:MAX_ARGUMENTS]]


def _type(node: SgNode, module: Module) -> str:
    found = _value(node, module)
    text = found.text()[:400] if found is not None else ""
    match = _ZOD.match(text)
    if match is not None:
        return "" if match.group(1) in _ANY else match.group(1)
    if found is not None and found.kind() == "object":
        fields = _pairs(found)
        kind = fields.get("type")
        return (
            "enum"
            if "enum" in fields
            else kind.text().strip("'\"")[:40]
            if kind is not None
            else "schema"
            if fields
            else ""
        )
    return "schema"


def _innermost(node: SgNode) -> SgNode | None:
    """The first argument of the call at the head of a chain: `z.object({…}).strict()`."""
    inner: SgNode | None = node
    while inner is not None:
        called = inner.field("function")
        below = called.field("object") if called is not None and called.kind() == "member_expression" else None
        if below is None or below.kind() != "call_expression":
            arguments = inner.field("arguments")
            return first_named(arguments) if arguments is not None else None
        inner = below
    return None


def _value(node: SgNode | None, module: Module) -> SgNode | None:
    """What stands behind a cast, a name of this file, or `schema.shape`."""
    for _ in range(4):
        if node is None:
            return None
        kind = node.kind()
        if kind in WRAPPERS:
            node = first_named(node)
        elif kind == "member_expression" and re.search(r"\.shape$", node.text()):
            node = node.field("object")
        elif kind in ("identifier", "shorthand_property_identifier"):
            bound = module.bound(node.text(), node.range().start.index)
            if bound is None or bound.node is None or bound.kind != "value" or bound.path:
                return node
            node = bound.node
        else:
            return node
    return node


def _pairs(node: SgNode) -> dict[str, SgNode]:
    found: dict[str, SgNode] = {}
    for one in node.children():
        key, value = one.field("key"), one.field("value")
        if one.kind() == "pair" and key is not None and value is not None:
            found[key.text().strip("'\"")] = value
        elif one.kind() == "shorthand_property_identifier":
            found[one.text()] = one
    return found
