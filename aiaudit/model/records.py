"""Records as plain values. Our records are msgspec's `Struct`s: to define one costs a hundredth of what a dataclass
costs, which a command line pays at every start (docs/decisions.md)."""

from __future__ import annotations

from typing import Any

from msgspec import Struct


def as_dict(record: Struct) -> dict[str, Any]:
    """The record's fields by name; records, lists, tuples and mappings in them are treated alike, all else stays."""
    return {name: _plain(getattr(record, name)) for name in record.__struct_fields__}


def _plain(value: Any) -> Any:
    if isinstance(value, Struct):
        return as_dict(value)
    if isinstance(value, (list, tuple)):
        return type(value)(map(_plain, value)) if type(value) in (list, tuple) else value
    if type(value) is dict:
        return {key: _plain(one) for key, one in value.items()}
    return value
