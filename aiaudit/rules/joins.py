"""What a macro inside a macro need not do again for each element: a part that reads no variable is worked out once, and
`list.exists(x, x.path == y.path && …)` looks the elements up by that field instead of visiting all; so does
`list.exists(x, y.path in x.paths)`.

Both give what the plain walk gives. An expression has no effects, so that a part without variables comes to the same
each time; and where a field is another text, `x.path == y.path && …` is false whatever its other terms are, so that
the element neither decides nor leaves a doubt.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, NamedTuple

from aiaudit.rules.nodes import (
    Binary,
    Call,
    Const,
    Has,
    Index,
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
from aiaudit.rules.values import Frame, Meter, Run

MIN_LOOKED_UP: Final = 16  # elements; a shorter list is walked
_INDEX_COST: Final = 2  # steps an element


def free(node: Node) -> frozenset[int]:
    """The slots of the variables that a node reads and does not bind itself.

    The calls, macros and binary operators on the way are told whether they are closed.
    """
    match node:
        case Var(slot=slot):
            return frozenset((slot,))
        case Const() | Name():
            return frozenset()
        case Select(operand=inner) | Has(operand=inner) | Unary(operand=inner):
            return free(inner)
        case Index(operand=left, key=right):
            return free(left) | free(right)
        case Binary(left=left, right=right):
            read = free(left) | free(right)
            node.closed = not read
            return read
        case Logic(terms=parts) | ListLiteral(items=parts):
            return frozenset().union(*map(free, parts))
        case Call(args=parts):
            read = frozenset().union(*map(free, parts))
            node.closed = not read
            return read
        case Ternary(condition=condition, yes=yes, no=no):
            return free(condition) | free(yes) | free(no)
        case MapLiteral(entries=entries):
            return frozenset().union(*(free(value) for _, value in entries))
        case Macro(target=target, body=body, condition=condition, slot=slot):
            inside = free(body) | (free(condition) if condition is not None else frozenset())
            read = free(target) | (inside - {slot})
            node.closed = not read
            return read
    raise AssertionError(type(node))


def once(node: Call | Macro | Binary, run: Run) -> Run:
    """`run`, worked out once an evaluation where the node reads no variable."""
    if not node.closed:
        return run
    key = id(run)

    def remembered(f: Frame) -> Any:
        meter: Meter = f[0]
        if key not in meter.once:
            meter.once[key] = run(f)
        return meter.once[key]

    return remembered


class Lookup(NamedTuple):
    """`x.FIELD == other`, or `other in x.FIELD`, among the terms of a macro's condition, over a list that stays."""

    field: str
    other: Run
    inside: bool = False  # the field is a list that holds the text


def lookup(node: Macro, condition: Node, build: Callable[[Node], Run]) -> Lookup | None:
    """How the elements that may fit can be found without a walk; None where they cannot."""
    if free(node.target):
        return None
    terms = condition.terms if isinstance(condition, Logic) and condition.op == "&&" else [condition]
    for term in terms:
        if not (isinstance(term, Binary) and term.op in ("==", "in")):
            continue
        sides = [(term.right, term.left)] if term.op == "in" else [(term.left, term.right), (term.right, term.left)]
        for mine, other in sides:
            if isinstance(mine, Select) and isinstance(mine.operand, Var) and mine.operand.slot == node.slot:
                outside = free(other)
                if outside and node.slot not in outside:  # a constant is asked for once, and nothing is gained
                    return Lookup(mine.field, build(other), term.op == "in")
    return None


class _Places(NamedTuple):
    """Elements of a list by the text of a field, and those whose field is no text."""

    by_text: dict[str, list[int]]
    others: list[int]


def candidates(f: Frame, items: list[Any], by: Lookup | None) -> list[Any]:
    """The elements that may fit, in their order; all of them where that cannot be told from the field."""
    if by is None or len(items) < MIN_LOOKED_UP:
        return items
    wanted = by.other(f)
    if type(wanted) is not str:
        return items
    meter: Meter = f[0]
    key = (id(items), by.field, by.inside)
    places = meter.places.get(key)
    if places is None:
        meter.spend(_INDEX_COST * len(items))
        places = meter.places[key] = _index(meter, items, by)
        meter.kept.append(items)  # an id is good as long as what it names is there
    found = places.by_text.get(wanted, [])
    if places.others:
        found = sorted([*found, *places.others])
    return [items[at] for at in found]


def _index(meter: Meter, items: list[Any], by: Lookup) -> _Places:
    places = _Places({}, [])
    for at, item in enumerate(items):
        value = item.get(by.field) if type(item) is dict else None
        if by.inside and type(value) is list and all(type(text) is str for text in value):
            meter.spend(_INDEX_COST * len(value))
            for text in value:
                found = places.by_text.setdefault(text, [])
                if not found or found[-1] != at:
                    found.append(at)
        elif not by.inside and type(value) is str:
            places.by_text.setdefault(value, []).append(at)
        else:
            places.others.append(at)
    return places
