"""What an expression says about facts being there: read off its tree, for lint.

A fact is *demanded* where the expression cannot hold without it, and *missed* where its absence makes a part of the
expression hold. Counted are the plain forms only: `fact`, `!fact`, `fact == ''`, and `fact.size()` compared with a
number. That an element with some property exists says something of the element, not of the fact.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from aiaudit.model.check import FactSpec
from aiaudit.model.fact import Level
from aiaudit.rules.nodes import Binary, Call, Const, Logic, Name, Node, Unary

_MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}


def walk(node: Node) -> Iterator[Node]:
    """The node and everything below it."""
    yield node
    for slot in node.__struct_fields__:
        value = getattr(node, slot)
        for inner in value if isinstance(value, list) else [value]:
            part = inner[1] if isinstance(inner, tuple) else inner
            if isinstance(part, Node):
                yield from walk(part)


def names_in(node: Node) -> set[str]:
    """The facts and variables that a node may read."""
    return {inner.name for inner in walk(node) if isinstance(inner, Name)}


def demanded(node: Node, holds: bool = True) -> set[str]:
    """The facts that must be there for the node to be true (or, with `holds` false, to be false)."""
    if isinstance(node, Unary) and node.op == "!":
        return demanded(node.operand, not holds)
    if isinstance(node, Logic):
        parts = [demanded(term, holds) for term in node.terms]
        every_term = (node.op == "&&") == holds
        return set.union(*parts) if every_term else set.intersection(*parts)
    said = _plain(node)
    return {said[0]} if said is not None and said[1] == holds else set()


def missed(node: Node, holds: bool = True) -> set[str]:
    """The facts of which the absence makes the node, or a part of it, true."""
    if isinstance(node, Unary) and node.op == "!":
        return missed(node.operand, not holds)
    if isinstance(node, Logic):
        return set().union(*(missed(term, holds) for term in node.terms))
    said = _plain(node)
    return {said[0]} if said is not None and said[1] != holds else set()


def _plain(node: Node) -> tuple[str, bool] | None:
    """The fact of a plain form, and whether the form is true where the fact is there."""
    if isinstance(node, Name):
        return (node.name, True) if node.type.kind == "bool" else None
    if not isinstance(node, Binary) or node.op not in _MIRRORED:
        return None
    left, right, op = node.left, node.right, node.op
    if isinstance(left, Const):
        left, right, op = right, left, _MIRRORED[op]
    if not isinstance(right, Const):
        return None
    if isinstance(left, Call) and left.function == "size" and isinstance(left.args[0], Name):
        return _compared_size(left.args[0].name, op, right.value)
    if isinstance(left, Name) and (right.value == "" or isinstance(right.value, bool)) and op in ("==", "!="):
        there = (op == "==") == (right.value is True)
        return left.name, there
    return None


def _compared_size(name: str, op: str, limit: object) -> tuple[str, bool] | None:
    """`size() > n` demands the fact; `size() == 0` and `size() < n` hold where it is missing."""
    if not isinstance(limit, int):
        return None
    match op:
        case ">" | ">=":
            return (name, True) if limit + (op == ">") > 0 else None
        case "<" | "<=":
            return (name, False) if limit - (op == "<") >= 0 else None
        case "==":
            return name, limit != 0
        case _:
            return (name, True) if limit == 0 else None


def demanded_below(names: set[str], specs: Mapping[str, FactSpec], ids: Mapping[str, str]) -> set[str]:
    """The ids of demanded facts, with what derived ones among them demand in turn."""
    found: set[str] = set()
    todo = [ids[name] for name in names if name in ids]
    while todo:
        fact_id = todo.pop()
        if fact_id in found:
            continue
        found.add(fact_id)
        spec = specs.get(fact_id)
        if spec is not None and spec.derive is not None and spec.type.kind == "bool":
            todo += [spec.names[name] for name in demanded(spec.derive.node) if name in spec.names]
    return found


def best_level(node: Node, level_of: Callable[[str], Level | None]) -> Level | None:
    """The best level that the facts can have on which the node rests where it is true; None where it rests on none.

    A conjunction is as weak as its weakest part, of a disjunction the strongest may decide. Absences carry no weight.
    """
    if isinstance(node, Logic):
        levels = [level for term in node.terms if (level := best_level(term, level_of)) is not None]
        return (min if node.op == "&&" else max)(levels, default=None)
    absent = missed(node)
    levels = [level for name in names_in(node) - absent if (level := level_of(name)) is not None]
    return min(levels, default=None)
