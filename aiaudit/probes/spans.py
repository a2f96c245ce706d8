"""Where an RE2 expression matches in bytes, without the objects that its Python wrapper makes of every match."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any


def spans(expression: Any, data: bytes) -> list[tuple[int, int]]:
    """(start, end) of every match, rising; of an expression that cannot match nothing."""
    engine, anchor = getattr(expression, "_regexp", None), _anchor()
    if engine is None or anchor is None:  # pragma: no cover - another version of the wrapper
        return [match.span() for match in expression.finditer(data)]
    match = engine.Match
    found: list[tuple[int, int]] = []
    at, end = 0, len(data)
    while True:
        span = match(anchor, data, at, end)[0]
        if span[0] < 0:
            return found
        found.append(span)
        at = span[1]


def each_span(expression: Any, data: bytes) -> Iterator[tuple[int, int]]:
    """The same one by one, for who may stop before the last."""
    engine, anchor = getattr(expression, "_regexp", None), _anchor()
    if engine is None or anchor is None:  # pragma: no cover - another version of the wrapper
        yield from (match.span() for match in expression.finditer(data))
        return
    match = engine.Match
    at, end = 0, len(data)
    while (span := match(anchor, data, at, end)[0])[0] >= 0:
        yield span
        at = span[1]


def matches(expression: Any, data: bytes) -> bool:
    """Whether there is a match at all."""
    return next(each_span(expression, data), None) is not None


@cache
def _anchor() -> Any:
    import re2

    return getattr(getattr(re2, "_Anchor", None), "UNANCHORED", None)
