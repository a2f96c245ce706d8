"""The syntax tree. The parser builds it; the checker resolves names and fills in types; the evaluator compiles it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from aiaudit.model.types import DYN, Type

MacroKind = Literal["all", "exists", "exists_one", "filter", "map", "count"]


@dataclass(slots=True)
class Node:
    """`start` and `end` are offsets into the source; `depth` is the height of the tree below, for the depth limit."""

    start: int
    end: int
    depth: int
    type: Type = field(default=DYN, init=False)


@dataclass(slots=True)
class Const(Node):
    """A literal: None, bool, int, float, str, or (folded by the checker) a list of such."""

    value: Any


@dataclass(slots=True)
class Ident(Node):
    """A plain identifier, as parsed; the checker turns it into a `Name` or a `Var`."""

    name: str


@dataclass(slots=True)
class Name(Node):
    """A declared fact or variable, by its full dotted id."""

    name: str
    slot: int


@dataclass(slots=True)
class Var(Node):
    """The variable of a macro."""

    name: str
    slot: int


@dataclass(slots=True)
class Select(Node):
    operand: Node
    field: str


@dataclass(slots=True)
class Has(Node):
    operand: Node
    field: str


@dataclass(slots=True)
class Index(Node):
    operand: Node
    key: Node


@dataclass(slots=True)
class Call(Node):
    """A function call; a method's receiver is the first argument."""

    function: str
    args: list[Node]
    method: bool
    at: int  # where the function's name stands


@dataclass(slots=True)
class Unary(Node):
    op: str
    operand: Node


@dataclass(slots=True)
class Binary(Node):
    op: str
    left: Node
    right: Node
    at: int  # where the operator stands


@dataclass(slots=True)
class Logic(Node):
    """A chain of one operator, `&&` or `||`: flat, so that a long chain is not deep."""

    op: str
    terms: list[Node]


@dataclass(slots=True)
class Ternary(Node):
    condition: Node
    yes: Node
    no: Node


@dataclass(slots=True)
class ListLiteral(Node):
    items: list[Node]


@dataclass(slots=True)
class MapLiteral(Node):
    entries: list[tuple[str, Node]]


@dataclass(slots=True)
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
