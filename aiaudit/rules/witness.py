"""The elements by which an expression came out as it did: what a verdict can be shown to rest on.

Of a list that has to hold something, those elements that hold it; of one in which all have to be so, all of them. That
something is not there has no witness; what was looked through for it can be told.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from aiaudit.rules.nodes import Binary, Call, Logic, Macro, Name, Node, Ternary, Unary
from aiaudit.rules.parts import COMPARISONS, Parts, below
from aiaudit.rules.values import Budget, BudgetError, Incomplete, Meter

if TYPE_CHECKING:
    from aiaudit.rules.language import Expression


class Witness(Struct, frozen=True):
    """Elements of the list behind a name; none where the name stands for a single value, which then is the witness."""

    name: str
    elements: tuple[Any, ...] = ()


def witnesses(
    expr: Expression,
    values: Mapping[str, Any],
    *,
    value: bool | None = True,
    looked: bool = False,
    budget: Budget | None = None,
) -> tuple[Witness, ...]:
    """What shows that the expression came out as `value`, in the order of its parts; where that is None, what a number
    counts or a list is made of. `looked`: where nothing fits, all that was looked through. Within the budget."""
    found: list[Witness] = []
    search = _Search(expr, values, budget or Budget())
    search.looked = looked
    with contextlib.suppress(BudgetError, RecursionError):  # what was found before is true all the same
        found.extend(search.made_of(expr.node) if value is None else search.of(expr.node, value))
    return tuple(found)


class _Search(Parts):
    looked = False

    def of(self, node: Node, value: bool) -> Iterator[Witness]:
        """The witnesses of a part that came out as `value`."""
        match node:
            case Unary(op="!"):
                yield from self.of(node.operand, not value)
            case Logic():
                every = (node.op == "&&") is value
                for term in node.terms:
                    if every or self.value(term) is value:
                        yield from self.of(term, value)
            case Ternary():
                yield from self.chosen(node, lambda branch: self.of(branch, value))
            case Macro(kind="exists" | "exists_one" | "all"):
                yield from self.quantified(node, value)
            case Binary(op="in"):
                if value:
                    yield from self.equal(node)
            case Binary() if node.op in COMPARISONS:
                yield from self.counted(node.left)
                yield from self.counted(node.right)
            case _ if value or self.looked:
                yield from self.names(node)

    def quantified(self, node: Macro, value: bool) -> Iterator[Witness]:
        """Of elements that were found: those that fit; of a rule for all that does not hold: those that break it."""
        fits = value if node.kind == "all" else True
        if node.kind != "all" and not value and not self.looked:
            return
        elements: tuple[Any, ...] = ()
        for one in self.fitting(node, node.body, fits):
            elements = elements or one.elements
            yield one
        if elements and any(isinstance(part, Macro) for part in below(node.body)):
            self.frame[node.slot] = elements[0]
            if self.value(node.body) is fits:
                yield from self.of(node.body, fits)

    def fitting(self, node: Macro, condition: Node | None, value: bool = True) -> Iterator[Witness]:
        """The elements that a macro walks over for which the condition comes out so, each by the list it is of."""
        meter: Meter = self.frame[0]
        for pool in self.lists(node.target):
            fit = []
            meter.spend(len(pool.elements) * node.weight)
            for element in pool.elements:
                self.frame[node.slot] = element
                if condition is None or self.value(condition) is value:
                    fit.append(element)
            if fit or self.looked:
                yield Witness(pool.name, tuple(fit or pool.elements))

    def lists(self, node: Node) -> Iterator[Witness]:
        """The elements of a list, by the names of the lists that it is made of."""
        match node:
            case Name():
                value = self.value(node)
                elements = value.sure if isinstance(value, Incomplete) else value
                if isinstance(elements, list) and (elements or self.looked):
                    yield Witness(node.name, tuple(elements))
            case Binary(op="+"):
                yield from self.lists(node.left)
                yield from self.lists(node.right)
            case Macro(kind="filter"):
                yield from self.fitting(node, node.body)
            case Macro(kind="map"):
                yield from self.fitting(node, node.condition)
            case Macro(kind="sortBy"):
                yield from self.lists(node.target)
            case Ternary():
                yield from self.chosen(node, self.lists)
            case Call() if node.args:
                yield from self.lists(node.args[0])

    def counted(self, node: Node) -> Iterator[Witness]:
        """What a side of a comparison counts, or the values that it is made of."""
        match node:
            case Call(function="size"):
                yield from self.lists(node.args[0])
            case Macro(kind="count"):
                yield from self.fitting(node, node.body)
            case Binary():
                yield from self.counted(node.left)
                yield from self.counted(node.right)
            case Ternary():
                yield from self.chosen(node, self.counted)
            case _:
                yield from self.names(node)

    def made_of(self, node: Node) -> Iterator[Witness]:
        """What a number counts, or a list is made of."""
        yield from (self.lists if node.type.kind == "list" else self.counted)(node)

    def chosen(self, node: Ternary, of: Callable[[Node], Iterator[Witness]]) -> Iterator[Witness]:
        """The witnesses of the branch that was taken, and of its condition where that holds."""
        taken = self.value(node.condition)
        if taken is True:
            yield from self.of(node.condition, True)
            yield from of(node.yes)
        elif taken is False:
            yield from of(node.no)

    def equal(self, node: Binary) -> Iterator[Witness]:
        """The elements of a list in which something stands."""
        wanted = self.value(node.left)
        for pool in self.lists(node.right):
            if fit := tuple(element for element in pool.elements if element == wanted):
                yield Witness(pool.name, fit)

    def names(self, node: Node) -> Iterator[Witness]:
        """The names behind a value."""
        for part in below(node):
            if isinstance(part, Name):
                yield Witness(part.name)
