"""Which facts the value of an expression rests on: read off its parts, not off the order of evaluation.

A conjunction that holds rests on all its parts. A disjunction that holds rests on one of the parts that hold, and the
best supported of them is taken: an alternative that is not met, or met by weaker evidence, takes nothing from it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from aiaudit.model.fact import Fact, Level
from aiaudit.packs.levels import weakest_level
from aiaudit.rules import Expression, evaluate
from aiaudit.rules.nodes import Logic, Node, Ternary, Unary

FactsOf = Callable[[Iterable[str]], list[Fact]]
"""The facts behind names of the expression; names that are no facts are left out."""


def rests_on(expression: Expression, seen: Mapping[str, Any], facts_of: FactsOf, value: bool = True) -> list[Fact]:
    """The facts on which it rests that the expression came out as `value`."""
    return _Support(expression, seen, facts_of).of(expression.node, value) or []


class _Support:
    def __init__(self, expression: Expression, seen: Mapping[str, Any], facts_of: FactsOf) -> None:
        self.expression = expression
        self.seen = seen
        self.facts_of = facts_of

    def of(self, node: Node, value: bool) -> list[Fact] | None:
        """The facts behind `node` being `value`; None where it is not."""
        if isinstance(node, Unary) and node.op == "!":
            return self.of(node.operand, not value)
        if isinstance(node, Logic):
            parts = [self.of(term, value) for term in node.terms]
            if (node.op == "&&") == value:
                return None if None in parts else [fact for part in parts if part is not None for fact in part]
            met = [part for part in parts if part is not None]
            return max(met, key=lambda part: weakest_level(part) or Level.CLAIM, default=None)
        if isinstance(node, Ternary):
            for branch, condition in ((node.yes, True), (node.no, False)):
                chosen = self.of(node.condition, condition)
                if chosen is not None:
                    result = self.of(branch, value)
                    return None if result is None else chosen + result
            return None
        part = self.expression
        outcome = evaluate(Expression(part.source, node.type, part.names, node, part.slots), self.seen)
        return self.facts_of(sorted(outcome.read)) if outcome.value is value else None
