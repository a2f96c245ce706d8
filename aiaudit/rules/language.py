"""Compile and evaluate: the two entry points of the rule language."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from typing import Any, Final

from aiaudit.model.types import Type
from aiaudit.rules.checker import Checker, complete
from aiaudit.rules.comparison import as_double
from aiaudit.rules.errors import error_at
from aiaudit.rules.joins import mark
from aiaudit.rules.nodes import Node
from aiaudit.rules.parser import parse
from aiaudit.rules.values import (
    UNSET,
    Budget,
    BudgetError,
    Evaluation,
    Failed,
    Frame,
    Incomplete,
    Meter,
    Run,
    kind_of,
    not_a_value,
    settle,
)

_DEFAULT: Final = Budget()


class Expression:
    """A compiled expression. `names` are the ids of the facts and variables it may read."""

    __slots__ = ("_run", "_tree", "expect", "names", "slots", "source", "type")

    def __init__(
        self,
        source: str,
        of: Type,
        names: frozenset[str],
        tree: Node | Callable[[], Node],
        slots: int,
        expect: Type | None = None,
    ) -> None:
        self.source = source
        self.type = of
        self.names = names
        self.slots = slots
        self.expect = expect
        self._tree = tree
        self._run: Run | None = None

    @property
    def node(self) -> Node:
        """The checked tree."""
        if not isinstance(self._tree, Node):
            self._tree = self._tree()
        return self._tree

    @property
    def run(self) -> Run:
        """The closure; built when first needed, so that loading packs costs only parsing and checking."""
        if self._run is None:
            from aiaudit.rules.evaluator import build

            self._run = build(self.node)
        return self._run

    def ready(self) -> None:
        """Build it now, for whoever has time to spare before it is needed. Trouble is told when it is."""
        with contextlib.suppress(RecursionError, MemoryError):
            assert self.run is not None

    def __repr__(self) -> str:
        return f"Expression({self.source!r}, {self.type})"


def compile(source: str, names: Mapping[str, Type], *, expect: Type | None = None) -> Expression:
    """Parse and type-check. `names` are the declared facts and variables, by dotted id; raises `RuleError`.

    With `expect` the expression must be of that type: what can be checked now is, the rest at run time. An int is taken
    where a double is expected.
    """
    return finish(source, parse(source), names, expect)


def finish(source: str, tree: Node, names: Mapping[str, Type], expect: Type | None = None) -> Expression:
    """Check a parsed tree and wrap it up."""
    checker = Checker(source, names)
    node = checker.check(tree)
    if expect is not None and not _acceptable(node.type, expect):
        raise error_at(source, node.start, f"this must be {expect}, not {node.type}")
    mark(node)
    return Expression(source, expect or complete(node.type), frozenset(checker.name_slots), node, checker.slots, expect)


def _acceptable(given: Type, wanted: Type) -> bool:
    if "dyn" in (given.kind, wanted.kind):
        return True
    if given.kind == wanted.kind:
        return given.item is None or wanted.item is None or _acceptable(given.item, wanted.item)
    return (given.kind, wanted.kind) in (("int", "double"), ("record", "map"), ("map", "record"))


def evaluate(
    expr: Expression, values: Mapping[str, Any], *, budget: Budget | None = None, explain: bool = False
) -> Evaluation:
    """The value of an expression over plain values by name. Never raises on any input.

    A name that `values` lacks is unknown. With `explain` the trace says in words which element decided.
    """
    meter = Meter(values, budget or _DEFAULT)
    frame: Frame = [UNSET] * expr.slots
    frame[0] = meter
    incomplete: Incomplete | None = None
    try:
        value = expr.run(frame)
        if meter.partial:
            if type(value) is Incomplete:
                incomplete = Incomplete(settle(value.sure), settle(value.maybe), value.why, value.open)
            value = settle(value)
    except BudgetError as error:
        value = Failed(str(error))
    except (RecursionError, MemoryError):  # pragma: no cover - the bounds come first
        value = Failed("gave up: nested too deeply or too large")
    if expr.expect is not None:
        value = _expected(value, expr.expect)
    evaluation = Evaluation(value, (), frozenset(meter.read), incomplete, meter.budget.steps - meter.steps)
    if explain:
        from aiaudit.rules.explain import trace

        evaluation.trace = trace(expr, values, budget or _DEFAULT)
    return evaluation


_TYPES: Final[dict[str, type]] = {
    "bool": bool, "int": int, "string": str, "list": list, "map": dict, "record": dict, "null": type(None),
}  # fmt: skip


def _expected(value: Any, wanted: Type) -> Any:
    """The value, if it is of the kind that was asked for; else an error."""
    if wanted.kind == "dyn" or not_a_value(value) is not None:
        return value
    if wanted.kind == "double":
        if type(value) is int:
            return as_double(value)
        return value if type(value) is float else Failed(f"this must be a double, not {kind_of(value)}")
    if type(value) is _TYPES[wanted.kind]:
        return value
    return Failed(f"this must be {wanted.kind}, not {kind_of(value)}")
