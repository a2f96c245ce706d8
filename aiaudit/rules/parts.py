"""An expression that was evaluated, looked at part by part: what each of its parts comes to.

For whoever tells afterwards what decided; parts are evaluated again, under a budget of their own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from aiaudit.rules.evaluator import build
from aiaudit.rules.macros import walked
from aiaudit.rules.nodes import (
    Binary,
    Call,
    Has,
    Index,
    ListLiteral,
    Logic,
    Macro,
    MapLiteral,
    Node,
    Select,
    Ternary,
    Unary,
)
from aiaudit.rules.values import UNSET, Budget, Frame, Incomplete, Meter, Run

if TYPE_CHECKING:
    from aiaudit.rules.language import Expression

COMPARISONS = frozenset({"==", "!=", "<", "<=", ">", ">=", "in"})


class Parts:
    """The values of an expression's parts. Raises `BudgetError` where they cost too much."""

    def __init__(self, expr: Expression, values: Mapping[str, Any], budget: Budget) -> None:
        self.source = expr.source
        self.frame: Frame = [UNSET] * expr.slots
        self.frame[0] = Meter(values, budget)
        self._runs: dict[int, Run] = {}

    def value(self, node: Node) -> Any:
        """What a part comes to, with the variables around it as they are set."""
        run = self._runs.get(id(node))
        if run is None:
            run = self._runs[id(node)] = build(node)
        return run(self.frame)

    def elements(self, node: Macro) -> list[Any] | None:
        """What a macro walks over; None where it is no list."""
        items = walked(self.frame[0], self.value(node.target), node.kind)
        if isinstance(items, Incomplete):
            return [*items.sure, *items.maybe]
        return items if isinstance(items, list) else None


def children(node: Node) -> list[Node]:
    """The parts directly below a node; of a macro only what it walks over."""
    match node:
        case Binary():
            return [node.left, node.right]
        case Call():
            return node.args
        case Index():
            return [node.operand, node.key]
        case Select() | Has() | Unary():
            return [node.operand]
        case ListLiteral():
            return node.items
        case MapLiteral():
            return [value for _, value in node.entries]
        case Logic():
            return node.terms
        case Ternary():
            return [node.condition, node.yes, node.no]
        case Macro():
            return [node.target]
    return []


def below(node: Node) -> Iterator[Node]:
    """The node and everything below it, but not what lies inside macros."""
    todo = [node]
    for one in todo:
        yield one
        if not isinstance(one, Macro):
            todo.extend(children(one))
