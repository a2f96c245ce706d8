"""The syntax tree. The parser builds it; the checker resolves names and fills in types; the evaluator compiles it."""

from __future__ import annotations

from typing import Any, Literal

from msgspec import Struct

from aiaudit.model.types import DYN, Type

MacroKind = Literal["all", "exists", "exists_one", "filter", "map", "count"]


class _Typed(Struct, kw_only=True):
    type: Type = DYN  # by the checker


class Node(_Typed):
    """`start` and `end` are offsets into the source; `depth` is the height of the tree below, for the depth limit."""

    start: int
    end: int
    depth: int


class Const(Node):
    """A literal: None, bool, int, float, str, or (folded by the checker) a list of such."""

    value: Any


class Ident(Node):
    """A plain identifier, as parsed; the checker turns it into a `Name` or a `Var`."""

    name: str


class Name(Node):
    """A declared fact or variable, by its full dotted id."""

    name: str
    slot: int


class Var(Node):
    """The variable of a macro."""

    name: str
    slot: int


class Select(Node):
    operand: Node
    field: str


class Has(Node):
    operand: Node
    field: str


class Index(Node):
    operand: Node
    key: Node


class Call(Node):
    """A function call; a method's receiver is the first argument."""

    function: str
    args: list[Node]
    method: bool
    at: int  # where the function's name stands


class Unary(Node):
    op: str
    operand: Node


class Binary(Node):
    op: str
    left: Node
    right: Node
    at: int  # where the operator stands


class Logic(Node):
    """A chain of one operator, `&&` or `||`: flat, so that a long chain is not deep."""

    op: str
    terms: list[Node]


class Ternary(Node):
    condition: Node
    yes: Node
    no: Node


class ListLiteral(Node):
    items: list[Node]


class MapLiteral(Node):
    entries: list[tuple[str, Node]]


class Macro(Node):
    """`target.kind(var, body)`; `map` may have a condition. `weight` is what one element costs of the step budget."""

    kind: MacroKind
    target: Node
    var: str
    body: Node
    condition: Node | None
    weight: int
    at: int  # where the macro's name stands
    slot: int = 0
