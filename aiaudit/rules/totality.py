"""Which expressions cannot end in an error, whatever values of their declared types they read.

An unknown that might turn out to be an error is no certain element: `filter` keeps an element whose condition is
unknown as a possible one only if the condition is total, and a list keeps an unknown place only if it is read by a
total expression. Without this, `[1 / n].size() == 1` would hold for an unknown `n` and fail for `n == 0`.
"""

from __future__ import annotations

from typing import Final

from aiaudit.rules.nodes import (
    Binary,
    Call,
    Const,
    Has,
    ListLiteral,
    Logic,
    Macro,
    MapLiteral,
    Name,
    Node,
    Select,
    Ternary,
    Unary,
    Var,
)

_CONTAINERS: Final = frozenset({"list", "map"})
_NEVER_FAIL: Final = frozenset(
    {
        "size",
        "startsWith",
        "endsWith",
        "contains",
        "lowerAscii",
        "trim",
        "words",
        "split",
        "join",
        "string",
        "unique",
        "unknown",
    }
)


def total(node: Node) -> bool:
    """Whether the node has a value, known or not, for all values of its names. Budgets do not count."""
    match node:
        case Const() | Name() | Var():
            return True
        case Select():
            return node.operand.type.kind == "record" and total(node.operand)
        case Has():
            return node.operand.type.kind in ("record", "map") and total(node.operand)
        case Logic():
            return all(term.type.kind == "bool" and total(term) for term in node.terms)
        case Unary():
            return node.operand.type.kind in ("bool", "double") and total(node.operand)
        case Ternary():
            return node.condition.type.kind == "bool" and all(map(total, (node.condition, node.yes, node.no)))
        case Binary():
            return _binary(node)
        case Call():
            return _call(node)
        case Macro():
            parts = [part for part in (node.target, node.body, node.condition) if part is not None]
            if node.kind == "sortBy":
                keyed = node.body.type.kind in ("int", "double", "string", "bool")
                return node.target.type.kind in _CONTAINERS and keyed and all(map(total, parts))
            conditions = parts[1:] if node.kind != "map" else parts[2:]
            typed = node.target.type.kind in _CONTAINERS and all(part.type.kind == "bool" for part in conditions)
            return typed and all(map(total, parts))
        case ListLiteral():
            return all(map(total, node.items))
        case MapLiteral():
            return all(total(value) for _, value in node.entries)
    return False


def _binary(node: Binary) -> bool:
    if not total(node.left) or not total(node.right):
        return False
    kinds = {node.left.type.kind, node.right.type.kind}
    match node.op:
        case "==" | "!=":
            return True
        case "in":
            return node.right.type.kind in _CONTAINERS
        case "<" | "<=" | ">" | ">=":
            return kinds <= {"int", "double"} or kinds in ({"string"}, {"bool"})
        case "+":
            return kinds in ({"string"}, {"list"}, {"double"})
        case "%":
            return False
    return kinds == {"double"}  # doubles overflow to infinity; integers fail


def _call(node: Call) -> bool:
    if not all(map(total, node.args)):
        return False
    kinds = [arg.type.kind for arg in node.args]
    match node.function:
        case "matches" | "glob":  # a constant pattern was compiled by the checker
            return kinds[0] == "string" and isinstance(node.args[1], Const)
        case "int":
            return kinds[0] in ("int", "bool")
        case "double":
            return kinds[0] in ("int", "double")
        case "dyn":
            return True
        case "join":
            item = node.args[0].type.item
            return "dyn" not in kinds and item is not None and item.kind == "string"
    return node.function in _NEVER_FAIL and "dyn" not in kinds
