"""Macros over lists and the keys of maps: `all exists exists_one filter map`, and our own `count`.

An element whose condition is unknown neither decides nor is forgotten: `filter` gives an `Incomplete` list, `count` and
`filter(…).size()` a `Range`, the others are unknown unless another element decides.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from aiaudit.model.types import Unknown
from aiaudit.rules.nodes import Macro, Node
from aiaudit.rules.values import (
    Exhausted,
    Failed,
    Frame,
    Incomplete,
    Meter,
    Range,
    Run,
    kind_of,
    not_a_value,
)

Build = Callable[[Node], Run]


def build_macro(node: Macro, build: Build) -> Run:
    """The closure of any macro."""
    if node.kind in ("all", "exists"):
        return _quantifier(node, build)
    if node.kind == "filter":
        return _filter(node, build)
    if node.kind == "map":
        return _map(node, build)
    return _exists_one(node, build) if node.kind == "exists_one" else filter_size(node, build)


def open_list(value: Any, kind: str) -> Any:
    """What a macro walks over: a list as it is, a map's keys, an `Incomplete`; else the reason why it cannot."""
    if type(value) is dict:
        return list(value)
    if type(value) is Incomplete:
        return value
    return not_a_value(value) or Failed(f"`{kind}` needs a list, not a {kind_of(value)}")


def _limit(meter: Meter, items: list[Any], weight: int) -> tuple[list[Any], bool]:
    """As many elements as the step budget still allows, and whether that is fewer than there are."""
    allowed = meter.steps // weight
    return (items, False) if len(items) <= allowed else (items[:allowed], True)


def _give_up(meter: Meter) -> Exhausted:
    return Exhausted(f"gave up after {meter.budget.steps} steps")


def _quantifier(node: Macro, build: Build) -> Run:
    """`exists` stops at the first true, `all` at the first false; unknown and errors count only if none stops it."""
    target, test = build(node.target), build(node.body)
    slot, weight, kind = node.slot, node.weight, node.kind
    stop = kind == "exists"
    go_on = not stop

    def walk(f: Frame, items: list[Any]) -> Any:
        meter: Meter = f[0]
        items, cut = _limit(meter, items, weight)
        pending: Unknown | Failed | None = None
        visited = 0
        for f[slot] in items:
            visited += 1
            value = test(f)
            if value is stop:
                meter.spend(1 + visited * weight)
                return stop
            if value is not go_on:
                pending = _worse(pending, value, kind)
        if cut:
            raise _give_up(meter)
        meter.spend(1 + visited * weight)
        return go_on if pending is None else pending

    def run(f: Frame) -> Any:
        items = target(f)
        if type(items) is not list:
            items = open_list(items, kind)
            if type(items) is Incomplete:
                sure = walk(f, items.sure)
                if sure is stop:
                    return stop
                return sure if walk(f, items.maybe) is go_on else items.why
            if type(items) is not list:
                return items
        return walk(f, items)

    return run


def _worse(pending: Unknown | Failed | None, value: Any, where: str) -> Unknown | Failed:
    bad = not_a_value(value) or Failed(f"the condition of `{where}` is a {kind_of(value)}, not true or false")
    if pending is None or (type(pending) is Failed and type(bad) is Unknown):
        return bad
    return pending


class _Sorted:
    """A list sorted by a condition: what certainly fits, what might, and why that is not known."""

    __slots__ = ("maybe", "sure", "why")

    def __init__(self) -> None:
        self.sure: list[Any] = []
        self.maybe: list[Any] = []
        self.why: Unknown | None = None


def _sorter(node: Macro, test: Run) -> Callable[[Frame, Any], _Sorted | Unknown | Failed]:
    """Sorts a list by the condition. An error on an element ends it, as in CEL: the result could not be a list."""
    slot, weight, kind = node.slot, node.weight, node.kind

    def walk(f: Frame, items: list[Any], result: _Sorted, certain: bool) -> Unknown | Failed | None:
        meter: Meter = f[0]
        items, cut = _limit(meter, items, weight)
        keep = result.sure.append if certain else result.maybe.append
        for item in items:
            f[slot] = item
            value = test(f)
            if value is True:
                keep(item)
            elif value is not False:
                bad = not_a_value(value) or Failed(f"the condition of `{kind}` is a {kind_of(value)}, not true or false")
                if type(bad) is Failed:
                    return bad
                result.maybe.append(item)
                result.why = result.why or bad
        if cut:
            raise _give_up(meter)
        meter.spend(1 + len(items) * weight)
        return None

    def sort(f: Frame, items: Any) -> _Sorted | Unknown | Failed:
        result = _Sorted()
        if type(items) is not list:
            items = open_list(items, kind)
            if type(items) is Incomplete:
                bad = walk(f, items.sure, result, True)
                if bad is not None:
                    return bad
                result.why = items.why
                # An error on an element that may not be there is no certain error.
                return result if walk(f, items.maybe, result, False) is None else items.why
            if type(items) is not list:
                return items  # type: ignore[no-any-return]
        return walk(f, items, result, True) or result

    return sort


def _filter(node: Macro, build: Build) -> Run:
    target = build(node.target)
    sort = _sorter(node, build(node.body))

    def run(f: Frame) -> Any:
        result = sort(f, target(f))
        if type(result) is not _Sorted:
            return result
        meter: Meter = f[0]
        meter.make(len(result.sure) + len(result.maybe))
        if not result.maybe:
            return result.sure
        meter.partial = True
        assert result.why is not None
        return Incomplete(result.sure, result.maybe, result.why)

    return run


def filter_size(node: Macro, build: Build) -> Run:
    """`count(x, p)` and `filter(x, p).size()`: the number of elements that fit, without making their list."""
    target = build(node.target)
    sort = _sorter(node, build(node.body))

    def run(f: Frame) -> Any:
        result = sort(f, target(f))
        if type(result) is not _Sorted:
            return result
        return _number(f, result)

    return run


def _number(f: Frame, result: _Sorted) -> Any:
    if not result.maybe:
        return len(result.sure)
    f[0].partial = True
    assert result.why is not None
    return Range(len(result.sure), len(result.sure) + len(result.maybe), result.why)


def _exists_one(node: Macro, build: Build) -> Run:
    """Whether exactly one element fits. As in CEL an error anywhere is an error: every element has to be seen."""
    count = filter_size(node, build)

    def run(f: Frame) -> Any:
        number = count(f)
        if type(number) is int:
            return number == 1
        if type(number) is Range:
            return False if number.low > 1 else number.why
        return number

    return run


def _map(node: Macro, build: Build) -> Run:
    target, body = build(node.target), build(node.body)
    slot, weight = node.slot, node.weight
    sort = _sorter(node, build(node.condition)) if node.condition is not None else None

    def walk(f: Frame, items: list[Any]) -> list[Any] | Failed:
        meter: Meter = f[0]
        items, cut = _limit(meter, items, weight)
        meter.make(len(items))
        made: list[Any] = []
        for f[slot] in items:
            value = body(f)
            if type(value) is Failed:
                return value
            made.append(value)
        if cut:
            raise _give_up(meter)
        meter.spend(1 + len(items) * weight)
        return made

    def run(f: Frame) -> Any:
        items = target(f)
        if sort is not None:
            result = sort(f, items)
            if type(result) is not _Sorted:
                return result
            why = result.why or Unknown()
            items = Incomplete(result.sure, result.maybe, why) if result.maybe else result.sure
        elif type(items) is not list:
            items = open_list(items, "map")
        if type(items) is list:
            return walk(f, items)
        if type(items) is not Incomplete:
            return items
        f[0].partial = True
        sure, maybe = walk(f, items.sure), walk(f, items.maybe)
        if type(sure) is Failed:
            return sure
        return items.why if type(maybe) is Failed else Incomplete(sure, maybe, items.why)  # type: ignore[arg-type]

    return run
