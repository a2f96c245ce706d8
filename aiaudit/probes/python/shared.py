"""Equal values as one: calls of a large project say the same few things again and again."""

from __future__ import annotations

from typing import Any, Final

from aiaudit.model.types import Unknown

_MOST: Final = 50_000  # different values that are held
_SCALARS: Final = (str, int, bool, type(None))


class Shared:
    """`Shared()(value)` is a value equal to `value` in all it holds, types included; the same one for equal values.
    What it gives must not be changed."""

    def __init__(self) -> None:
        self._known: dict[Any, Any] = {}

    def __call__(self, value: Any) -> Any:
        key = _key(value)
        if key is None:
            return value
        known = self._known.get(key)
        if known is None:
            if len(self._known) >= _MOST:
                return value
            known = self._known[key] = value
        return known


def _key(value: Any) -> Any:
    """What equal values have in common; None for a value that is not looked into."""
    kind = type(value)
    if kind is str:
        return value
    if kind is Unknown:
        return Unknown, value.reason
    if kind is list:
        parts = [_part(one) for one in value]
        return None if None in parts else (list, *parts)
    if kind is dict:
        parts = [_part(one) for one in value.values()]
        return None if None in parts else (dict, *value, *parts)
    return None


def _part(value: Any) -> tuple[Any, Any] | None:
    kind = type(value)
    if kind is Unknown:
        return kind, value.reason
    if kind is float:
        return kind, repr(value)  # there are two zeros
    return (kind, value) if kind in _SCALARS else None
