"""The syntax tree. The parser builds it; the checker resolves names and fills in types; the evaluator compiles it.

A tree has a JSON form (`to_plain`, `from_json`), so that it need not be parsed and checked again: each node is a list
that begins with its kind. Of types it holds what the evaluator looks at.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

from msgspec import Struct

from aiaudit.model.types import DYN, Type

MacroKind = Literal["all", "exists", "exists_one", "filter", "map", "count", "sortBy"]


class _Typed(Struct, kw_only=True, array_like=True):
    type: Type = DYN  # by the checker


class Node(_Typed, tag=True, tag_field="node"):
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
    operand: Tree
    field: str


class Has(Node):
    operand: Tree
    field: str


class Index(Node):
    operand: Tree
    key: Tree


class Call(Node):
    """A function call; a method's receiver is the first argument. `closed`, `fixed`: see `Macro`."""

    function: str
    args: list[Tree]
    method: bool
    at: int  # where the function's name stands
    closed: bool = False
    fixed: bool = False


class Unary(Node):
    op: str
    operand: Tree


class Binary(Node):
    """Two operands. `closed`, `fixed`: see `Macro`."""

    op: str
    left: Tree
    right: Tree
    at: int  # where the operator stands
    closed: bool = False
    fixed: bool = False


class Logic(Node):
    """A chain of one operator, `&&` or `||`: flat, so that a long chain is not deep."""

    op: str
    terms: list[Tree]


class Ternary(Node):
    condition: Tree
    yes: Tree
    no: Tree


class ListLiteral(Node):
    items: list[Tree]


class MapLiteral(Node):
    entries: list[tuple[str, Tree]]


class Macro(Node):
    """`target.kind(var, body)`; `map` may have a condition. `weight` is what one element costs of the step budget.

    `closed`: it reads no variable of a macro around it. `fixed`: it reads some, but not that of the next one around it,
    so that it stays the same while that one walks. Both are set by `joins.mark`.
    """

    kind: MacroKind
    target: Tree
    var: str
    body: Tree
    condition: Tree | None
    weight: int
    at: int  # where the macro's name stands
    slot: int = 0
    closed: bool = False
    fixed: bool = False


if TYPE_CHECKING:
    Tree = Node
else:
    Tree = (
        Binary | Call | Const | Has | Index | ListLiteral | Logic | Macro | MapLiteral
        | Name | Select | Ternary | Unary | Var
    )  # fmt: skip


def to_plain(node: Any) -> Any:
    """A checked tree, or a part of one, as JSON."""
    if isinstance(node, Node):
        parts = [to_plain(getattr(node, name)) for name in node.__struct_fields__]
        return [type(node).__name__, *parts]
    if isinstance(node, Type):
        item = [] if node.item is None else [[node.item.kind]]
        return [node.kind, *item]
    return [to_plain(part) for part in node] if isinstance(node, (list, tuple)) else node


def from_json(text: bytes | memoryview) -> Node:
    """The tree of `to_plain`. Raises `msgspec.MsgspecError`."""
    return _decoder()(text)


@cache
def _decoder() -> Callable[[bytes | memoryview], Node]:
    from msgspec.json import Decoder

    return Decoder(Tree).decode
