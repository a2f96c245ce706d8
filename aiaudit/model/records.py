"""Records as plain values, the one way to JSON. Our records are msgspec's `Struct`s: to define one costs a hundredth of
what a dataclass costs, which a command line pays at every start (docs/decisions.md)."""

from __future__ import annotations

import math
import os
from collections.abc import Collection, Mapping
from typing import Any

from msgspec import Struct

from aiaudit.model.types import UNKNOWN_KEY, Unknown


def as_dict(record: Struct, *, without: Collection[str] = ()) -> dict[str, Any]:
    """The record's fields by name, as `plain` values. Fields named in `without` are left out, at every depth."""
    return {
        name: plain(getattr(record, name), without=without) for name in record.__struct_fields__ if name not in without
    }


def plain(value: Any, *, without: Collection[str] = ()) -> Any:
    """`value` as JSON: records and mappings to objects, tuples to lists, dates to ISO 8601 text, paths to text with
    slashes, what was not resolved to `{"$unknown": reason}`, figures that are not finite to None; all else stays."""
    if isinstance(value, Unknown):
        return {UNKNOWN_KEY: value.reason}
    if isinstance(value, Struct):
        return as_dict(value, without=without)
    if isinstance(value, Mapping):
        return {str(key): plain(one, without=without) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [plain(one, without=without) for one in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, os.PathLike):
        return os.fspath(value).replace(os.sep, "/")
    return value.isoformat() if hasattr(value, "isoformat") else value
