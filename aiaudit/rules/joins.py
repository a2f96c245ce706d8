"""What a macro inside a macro need not do again for each element: a part that reads no variable is worked out once, one
that does not read the macro's own variable once for each walk, and `list.exists(x, x.path == y.path && …)` looks the
elements up by that field instead of visiting all; so do `y.path in x.paths` and `x.path in y.paths`, and several of
them with `||` between. `y.path in paths` looks into a set of the texts.

All give what the plain walk gives. An expression has no effects, so that a part comes to the same as long as the
variables that it reads stand for the same; and where a field is another text, `x.path == y.path && …` is false whatever
its other terms are, so that the element neither decides nor leaves a doubt.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
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
_NONE: Final = frozenset[int]()
_CHEAP: Final = frozenset({"size", "contains", "startsWith", "endsWith", "int", "double", "string", "dyn"})


def free(node: Node) -> frozenset[int]:
    """The slots of the variables that a node reads and does not bind itself."""
    while isinstance(node, Select):
        node = node.operand
    if isinstance(node, Var):
        return frozenset((node.slot,))
    closed = isinstance(node, Name | Const) or (isinstance(node, Call | Macro | Binary) and node.closed)
    return _NONE if closed else _reads(node, {})


def mark(tree: Node) -> None:
    """Tell the calls, macros and binary operators of a whole tree whether they are closed or fixed (see `Macro`)."""
    reads: dict[int, frozenset[int]] = {}
    _reads(tree, reads)
    todo: list[tuple[Node, int | None]] = [(tree, None)]  # with the slot of the next macro around
    while todo:
        node, around = todo.pop()
        if isinstance(node, Call | Macro | Binary):
            read = reads[id(node)]
            node.closed = not read
            node.fixed = bool(read) and around is not None and around not in read and _is_dear(node)
            around = None if node.fixed else around  # its parts are worked out no more often than it is
        if isinstance(node, Macro):
            todo.append((node.target, around))
            todo.extend((part, node.slot) for part in (node.body, node.condition) if part is not None)
        else:
            todo.extend((part, around) for part in _parts(node))


def _is_dear(node: Call | Macro | Binary) -> bool:
    """Whether to work it out anew takes longer than to see that it need not be."""
    if isinstance(node, Call):
        return node.function not in _CHEAP
    return isinstance(node, Macro) or node.op == "+"


def _reads(node: Node, known: dict[int, frozenset[int]]) -> frozenset[int]:
    if isinstance(node, Var):
        return frozenset((node.slot,))
    if isinstance(node, Macro):
        inside = _reads(node.body, known)
        if node.condition is not None:
            inside |= _reads(node.condition, known)
        read = _reads(node.target, known) | (inside - {node.slot})
    else:
        read = _NONE
        for part in _parts(node):
            read |= _reads(part, known)
    known[id(node)] = read
    return read


def _parts(node: Node) -> Sequence[Node]:
    """What a node that is no macro is made of."""
    match node:
        case Const() | Name() | Var():
            return ()
        case Select(operand=inner) | Has(operand=inner) | Unary(operand=inner):
            return (inner,)
        case Index(operand=left, key=right) | Binary(left=left, right=right):
            return (left, right)
        case Logic(terms=parts) | ListLiteral(items=parts) | Call(args=parts):
            return parts
        case Ternary(condition=condition, yes=yes, no=no):
            return (condition, yes, no)
        case MapLiteral(entries=entries):
            return [value for _, value in entries]
    raise AssertionError(type(node))


def once(node: Call | Macro | Binary, run: Run) -> Run:
    """`run`, worked out once an evaluation where the node reads no variable, and anew only for other elements where it
    does not read that of the macro around it."""
    if not (node.closed or node.fixed):
        return run
    key = id(run)

    def remembered(f: Frame) -> Any:
        meter: Meter = f[0]
        if key not in meter.once:
            meter.once[key] = run(f)
        return meter.once[key]

    if node.closed:
        return remembered
    slots = tuple(free(node))

    def remembered_of(f: Frame) -> Any:
        meter: Meter = f[0]
        last = meter.once.get(key)
        if last is not None:
            of, value = last
            for slot, element in of:
                if f[slot] is not element:
                    break
            else:
                return value
        value = run(f)
        meter.once[key] = [(slot, f[slot]) for slot in slots], value
        return value

    return remembered_of


def texts(f: Frame, items: list[Any]) -> frozenset[str] | None:
    """The texts of a list that stays, to look into; None where it is short or holds anything else."""
    if len(items) < MIN_LOOKED_UP:
        return None
    meter: Meter = f[0]
    key = (id(items), "", False)
    if key not in meter.places:
        meter.spend(_INDEX_COST * len(items))
        meter.places[key] = frozenset(items) if all(type(item) is str for item in items) else None
        meter.kept.append(items)
    return meter.places[key]  # type: ignore[no-any-return]


class Key(NamedTuple):
    """`x.FIELD == other`, `other in x.FIELD` or `x.FIELD in other`."""

    field: str
    other: Run
    inside: bool = False  # the field is a list that holds the text
    among: bool = False  # `other` is a list of texts


class Lookup(NamedTuple):
    """Keys of which at least one holds for every element that a macro's condition may hold for."""

    keys: tuple[Key, ...]
    later: bool = False  # the list may be another each time: only one that is walked again is worth an index


def lookup(node: Macro, condition: Node, build: Callable[[Node], Run]) -> Lookup | None:
    """How the elements that may fit can be found without a walk; None where they cannot."""
    later = bool(free(node.target))
    if later and not _stays(node.target):
        return None
    found = _keyed(condition, node.slot)
    return Lookup(tuple(Key(mine.field, build(other), *how) for mine, other, *how in found), later) if found else None


def _stays(node: Node) -> bool:
    """Whether a list is a part of what was there before, and not made anew for each element."""
    while isinstance(node, Select):
        node = node.operand
    return isinstance(node, Var)


_Keyed = tuple[Select, Node, bool, bool]  # a field, what it is compared with, and how (see `Key`)


def _keyed(condition: Node, slot: int) -> list[_Keyed]:
    """Of `&&` the keys of one term; of `||` those of all, where each has some."""
    if isinstance(condition, Logic) and condition.op == "&&":
        return next(filter(None, (_keyed(term, slot) for term in condition.terms)), [])
    if isinstance(condition, Logic):
        found: list[_Keyed] = []
        for term in condition.terms:
            if not (keys := _keyed(term, slot)):
                return []
            found += keys
        return found
    if not isinstance(condition, Binary) or condition.op not in ("==", "in"):
        return []
    within = condition.op == "in"
    for mine, other in ((condition.right, condition.left), (condition.left, condition.right)):
        if isinstance(mine, Select) and isinstance(mine.operand, Var) and mine.operand.slot == slot:
            outside = free(other)
            if outside and slot not in outside:  # a constant is asked for once, and nothing is gained
                return [(mine, other, within and mine is condition.right, within and mine is condition.left)]
    return []


class _Places(NamedTuple):
    """Elements of a list by the text of a field, and those whose field is no text."""

    by_text: dict[str, list[int]]
    others: list[int]


def candidates(f: Frame, items: list[Any], by: Lookup | None) -> list[Any]:
    """The elements that may fit, in their order; all of them where that cannot be told from the fields."""
    if by is None or len(items) < MIN_LOOKED_UP:
        return items
    meter: Meter = f[0]
    if by.later and (id(items), "", True) not in meter.places:
        meter.places[id(items), "", True] = None
        meter.kept.append(items)
        return items
    found: set[int] = set()
    for key in by.keys:
        wanted = key.other(f)
        if key.among:
            if type(wanted) is not list or not all(type(text) is str for text in wanted):
                return items
            meter.spend(len(wanted))
        elif type(wanted) is not str:
            return items
        places = _places(meter, items, key)
        for text in wanted if key.among else (wanted,):
            found.update(places.by_text.get(text, ()))
        found.update(places.others)
    return [items[at] for at in sorted(found)]


def _places(meter: Meter, items: list[Any], by: Key) -> _Places:
    key = (id(items), by.field, by.inside)
    if key not in meter.places:
        meter.spend(_INDEX_COST * len(items))
        meter.places[key] = _index(meter, items, by)
        meter.kept.append(items)  # an id is good as long as what it names is there
    return meter.places[key]  # type: ignore[no-any-return]


def _index(meter: Meter, items: list[Any], by: Key) -> _Places:
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
