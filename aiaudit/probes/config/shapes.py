"""A part of a parsed document may be anything: the mapping or list that it should be, else an empty one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def as_map(value: Any) -> Mapping[str, Any]:
    """The value where it is a mapping."""
    return value if isinstance(value, Mapping) else {}


def as_items(value: Any) -> list[Any]:
    """The value where it is a list."""
    return value if isinstance(value, list) else []
