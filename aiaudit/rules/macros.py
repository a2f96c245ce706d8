"""Macros over lists and the keys of maps: `all exists exists_one filter map sortBy`, and our own `count`.

An element whose condition is unknown neither decides nor is forgotten: `filter` gives an `Incomplete` list, `count` and
`filter(…).size()` a `Range`, the others are unknown unless another element decides. Where the condition might also end
in an error (see `totality`), the whole `filter` or `count` is unknown.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from itertools import islice
from typing import Any, TypeVar

from aiaudit.model.types import Unknown
from aiaudit.rules.joins import candidates, lookup
from aiaudit.rules.nodes import Macro, Node
from aiaudit.rules.totality import total
from aiaudit.rules.values import (
    UNSET,
    Failed,
    Frame,
    Incomplete,
    Meter,
    Range,
    Run,
    kind_of,
    not_a_bool,
    not_a_value,
    weigh,
)

Build = Callable[[Node], Run]
T = TypeVar("T")
_SORTED = frozenset({"number", "string", "bool"})


def build_macro(node: Macro, build: Build) -> Run:
    """The closure of any macro."""
    match node.kind:
        case "all" | "exists":
            return _quantifier(node, build)
        case "filter":
            return _filter(node, build)
        case "map":
            return _map(node, build)
        case "exists_one":
            return _exists_one(node, build)
        case "count":
            return filter_size(node, build)
        case "sortBy":
            return _sort_by(node, build)


def once_walked(make: Callable[[], T]) -> Callable[[], T]:
    """What a macro needs for an element, made when there is a first one: most lists of most projects are empty."""
    made: T | None = None

    def prepared() -> T:
        nonlocal made
        if made is None:
            made = make()
        return made

    return prepared


def walked(meter: Meter, value: Any, kind: str) -> list[Any] | Incomplete | Unknown | Failed:
    """What a macro walks over: a list, a map's keys, an `Incomplete`; else the reason why it cannot."""
    if type(value) is list or type(value) is Incomplete:
        return value
    if type(value) is dict:
        meter.spend(len(value) >> 3)
        return list(value)
    return not_a_value(value) or Failed(f"`{kind}` needs a list, not {kind_of(value)}")


def _affordable(meter: Meter, items: list[Any], weight: int) -> tuple[Iterable[Any], bool]:
    """As many elements as the step budget still allows, and whether that is fewer than there are."""
    allowed = meter.steps // weight
    return (items, False) if len(items) <= allowed else (islice(items, allowed), True)


def _quantifier(node: Macro, build: Build) -> Run:
    """`exists` stops at the first true, `all` at the first false; unknown and errors count only if none stops it."""
    target = build(node.target)
    slot, weight, kind = node.slot, node.weight, node.kind
    stop = kind == "exists"
    go_on = not stop
    where = f"the condition of `{kind}`"
    prepared = once_walked(lambda: (build(node.body), lookup(node, node.body, build) if stop else None))

    def walk(f: Frame, items: list[Any]) -> Any:
        meter: Meter = f[0]
        if not items:
            meter.spend(1)
            return go_on
        test, by = prepared()
        items = candidates(f, items, by)
        elements, cut = _affordable(meter, items, weight)
        pending: Any = UNSET
        visited = 0
        for f[slot] in elements:
            visited += 1
            value = test(f)
            if value is stop:
                meter.spend(1 + visited * weight)
                return stop
            if value is not go_on:
                visited += 1  # an element without an answer takes longer: it costs double
                pending = weigh(pending, value)
        if cut:
            raise meter.out_of_steps()
        meter.spend(1 + visited * weight)
        return go_on if pending is UNSET else not_a_bool(pending, where)

    def run(f: Frame) -> Any:
        items = target(f)
        if type(items) is list:
            return walk(f, items)
        items = walked(f[0], items, kind)
        if type(items) is list:
            return walk(f, items)
        if type(items) is not Incomplete:
            return items
        sure = walk(f, items.sure)
        if sure is stop:
            return stop
        return sure if walk(f, items.maybe) is go_on else items.why

    return run


class _Sorted:
    """A list sorted by a condition: what certainly fits, what might, and why that is not known."""

    __slots__ = ("maybe", "open", "sure", "why")

    def __init__(self) -> None:
        self.sure: list[Any] = []
        self.maybe: list[Any] = []
        self.why: Unknown = Unknown()
        self.open = False

    def as_list(self) -> list[Any] | Incomplete:
        """The list that was sorted out; one known in part where an element is in doubt."""
        return Incomplete(self.sure, self.maybe, self.why, self.open) if self.maybe else self.sure


def _sorter(node: Macro, condition: Node, build: Build) -> Callable[[Frame, Any], _Sorted | Unknown | Failed]:
    """Sorts a list by a condition. An error on an element ends it, as in CEL: the result could not be a list."""
    slot, weight = node.slot, node.weight
    where = f"the condition of `{node.kind}`"
    prepared = once_walked(lambda: (build(condition), not total(condition), lookup(node, condition, build)))

    def walk(f: Frame, items: list[Any], result: _Sorted, certain: bool) -> Unknown | Failed | None:
        meter: Meter = f[0]
        if not items:
            meter.spend(1)
            return None
        test, may_fail, by = prepared()
        items = candidates(f, items, by)
        elements, cut = _affordable(meter, items, weight)
        doubt: Unknown | None = None
        maybe = result.maybe.append
        keep = result.sure.append if certain else maybe
        for visited, item in enumerate(elements, 1):
            f[slot] = item
            value = test(f)
            if value is True:
                keep(item)
            elif value is not False:
                bad = value if type(value) is Unknown else not_a_bool(value, where)
                if isinstance(bad, Failed):
                    meter.spend(1 + visited * weight)
                    return bad
                doubt = doubt or bad
                maybe(item)
        if cut:
            raise meter.out_of_steps()
        meter.spend(1 + len(items) * weight)
        if doubt is not None and may_fail:
            return doubt
        result.why = doubt or result.why
        return None

    def sort(f: Frame, target: Any) -> _Sorted | Unknown | Failed:
        items = walked(f[0], target, node.kind)
        result = _Sorted()
        if type(items) is list:
            return walk(f, items, result, True) or result
        if type(items) is not Incomplete:
            return items  # type: ignore[return-value]
        bad = walk(f, items.sure, result, True)
        if bad is not None:
            return bad
        result.why, result.open = items.why, items.open
        # An error on an element that may not be there is no certain error.
        return result if walk(f, items.maybe, result, False) is None else items.why

    return sort


def _filter(node: Macro, build: Build) -> Run:
    target, sort = build(node.target), _sorter(node, node.body, build)

    def run(f: Frame) -> Any:
        result = sort(f, target(f))
        if type(result) is not _Sorted:
            return result
        meter: Meter = f[0]
        meter.make(len(result.sure) + len(result.maybe))
        meter.partial = meter.partial or bool(result.maybe)
        return result.as_list()

    return run


def filter_size(node: Macro, build: Build) -> Run:
    """`count(x, p)` and `filter(x, p).size()`: how many elements fit; nothing is made that outlives the count."""
    target, sort = build(node.target), _sorter(node, node.body, build)

    def run(f: Frame) -> Any:
        result = sort(f, target(f))
        if type(result) is not _Sorted:
            return result
        if not result.maybe:
            return len(result.sure)
        f[0].partial = True
        return Incomplete(result.sure, result.maybe, result.why, result.open).size

    return run


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
    target = build(node.target)
    slot, weight = node.slot, node.weight
    sort = _sorter(node, node.condition, build) if node.condition is not None else None
    prepared = once_walked(lambda: (build(node.body), not total(node.body)))

    def walk(f: Frame, items: list[Any]) -> list[Any] | Unknown | Failed:
        meter: Meter = f[0]
        if not items:
            meter.spend(1)
            return []
        body, may_fail = prepared()
        elements, cut = _affordable(meter, items, weight)
        meter.make(len(items))
        made: list[Any] = []
        pending: Unknown | None = None
        for f[slot] in elements:
            value = body(f)
            if type(value) is Failed:
                meter.spend(1 + len(made) * weight)
                return value
            if may_fail and type(value) is Unknown:
                pending = pending or value
            made.append(value)
        if cut:
            raise meter.out_of_steps()
        meter.spend(1 + len(items) * weight)
        return made if pending is None else pending

    def run(f: Frame) -> Any:
        items = walked(f[0], target(f), "map")
        if sort is not None:
            result = sort(f, items)
            if type(result) is not _Sorted:
                return result
            items = result.as_list()
        if type(items) is list:
            return walk(f, items)
        if type(items) is not Incomplete:
            return items
        f[0].partial = True
        sure, maybe = walk(f, items.sure), walk(f, items.maybe)
        if type(sure) is not list:
            return sure
        return Incomplete(sure, maybe, items.why, items.open) if type(maybe) is list else items.why

    return run


def _sort_by(node: Macro, build: Build) -> Run:
    """The elements by their keys, the least first; those of one key stay in their order. What only might be there has
    no place among the others, and stays behind them."""
    target, slot, weight = build(node.target), node.slot, node.weight
    prepared = once_walked(lambda: (build(node.body), not total(node.body)))

    def keys(f: Frame, items: list[Any]) -> list[Any] | Unknown | Failed:
        meter: Meter = f[0]
        body, _ = prepared()
        elements, cut = _affordable(meter, items, weight)
        made: list[Any] = []
        for f[slot] in elements:
            made.append(body(f))
        if cut:
            raise meter.out_of_steps()
        meter.spend(1 + len(items) * (weight + 2))
        bad = [not_a_value(key) for key in made]
        failed = next((one for one in bad if type(one) is Failed), None)
        return failed or next((one for one in bad if one is not None), None) or made

    def run(f: Frame) -> Any:
        items = walked(f[0], target(f), "sortBy")
        sure = items.sure if type(items) is Incomplete else items
        if type(sure) is not list:
            return sure
        if not sure and items is sure:
            return []
        made = keys(f, sure)
        if type(made) is not list:
            return made
        kinds = {"number" if kind in ("int", "double") else kind for kind in map(kind_of, made)}
        if len(kinds) > 1 or not kinds <= _SORTED or any(type(key) is float and math.isnan(key) for key in made):
            return Failed("`sortBy` needs keys of one kind: numbers, texts or truth values")
        f[0].make(len(sure))
        ordered = [sure[at] for at in sorted(range(len(sure)), key=made.__getitem__)]
        if type(items) is not Incomplete:
            return ordered
        if prepared()[1]:  # an element that is only possible might have no key
            return items.why
        f[0].partial = True
        return Incomplete(ordered, items.maybe, items.why, items.open)

    return run
