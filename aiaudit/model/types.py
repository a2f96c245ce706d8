"""Value types of facts: what the rule checker knows about a fact before any project is read.

A fact's value is plain JSON (None, bool, int, float, str, list, dict) in which single places may be `Unknown`:
a place that was looked at and could not be resolved, such as a keyword argument that is an expression.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Literal

from msgspec import Struct, field

UNKNOWN_KEY: Final = "$unknown"
Kind = Literal["bool", "int", "double", "string", "null", "dyn", "list", "map", "record"]


class Unknown(Struct, frozen=True):
    """A value that exists but could not be resolved. In JSON: `{"$unknown": reason}`. Never a pass."""

    reason: str = field(default="", name=UNKNOWN_KEY)


def as_json(value: Any) -> Any:
    """A fact's value as JSON; what could not be resolved is `{"$unknown": reason}`."""
    kind = type(value)
    if kind is str or kind is int or kind is bool or value is None:
        return value
    if kind is dict:
        return {str(key): as_json(item) for key, item in value.items()}
    if kind is list:
        return [as_json(item) for item in value]
    if isinstance(value, Unknown):
        return {UNKNOWN_KEY: value.reason}
    if isinstance(value, Mapping):
        return {str(key): as_json(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [as_json(item) for item in value]
    if isinstance(value, (set, frozenset)):
        return sorted(as_json(item) for item in value)
    return value


def from_json(value: Any) -> Any:
    """The inverse of `as_json`, as far as JSON can tell."""
    if isinstance(value, list):
        return [from_json(one) for one in value]
    if isinstance(value, dict):
        if len(value) == 1 and UNKNOWN_KEY in value:
            return Unknown(str(value[UNKNOWN_KEY]))
        return {key: from_json(one) for key, one in value.items()}
    return value


class Type(Struct, frozen=True, array_like=True):
    """A value type. `item` is the element type of a list or the value type of a map (keys are strings)."""

    kind: Kind
    item: Type | None = None
    name: str = ""
    fields: tuple[tuple[str, Type], ...] = ()

    def field(self, name: str) -> Type | None:
        """The type of a record's field, or None where the record has no such field."""
        for key, value in self.fields:
            if key == name:
                return value
        return None

    def __str__(self) -> str:
        if self.kind in ("list", "map"):
            return f"{self.kind}({self.item})"
        return self.name if self.kind == "record" else self.kind


BOOL: Final = Type("bool")
INT: Final = Type("int")
DOUBLE: Final = Type("double")
STRING: Final = Type("string")
NULL: Final = Type("null")
DYN: Final = Type("dyn")


def list_of(item: Type) -> Type:
    """A list whose elements are all of one type."""
    return Type("list", item)


def map_of(item: Type) -> Type:
    """A map from string keys to values of one type."""
    return Type("map", item)


def record(name: str, /, **fields: Type) -> Type:
    """A map with a fixed set of named, typed fields. `name` is what messages call it."""
    return Type("record", None, name, tuple(fields.items()))


def empty_value(of: Type) -> Any:
    """What an absent fact evaluates to: false, 0, "", empty list or map, a record of empty values; null for dyn."""
    match of.kind:
        case "bool":
            return False
        case "int":
            return 0
        case "double":
            return 0.0
        case "string":
            return ""
        case "list":
            return []
        case "map":
            return {}
        case "record":
            return {key: empty_value(value) for key, value in of.fields}
        case _:
            return None
