"""What stands on the stack while a pickle is followed: names and the results of calls, never objects."""

from __future__ import annotations

from typing import Any, Final

from msgspec import Struct


class _Sign:
    """A value about which nothing is kept (`OPAQUE`), or the mark of the stack (`MARK`)."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return self.name


OPAQUE: Final = _Sign("OPAQUE")
MARK: Final = _Sign("MARK")


class Name(Struct, frozen=True):
    """An imported module attribute."""

    module: str
    name: str

    def __str__(self) -> str:
        return f"{self.module}.{self.name}"


class Made(Struct):
    """What a call gives; `arguments` as far as they are known."""

    by: Any
    arguments: Any = None


class Table(dict[Any, Any]):
    """A dictionary that the pickle fills: only what has a short text as its key is kept."""


_KINDS: Final = {"i": 4, "f": 4, "u": 4, "b": 1, "c": 8, "M": 8, "m": 8, "V": 1, "S": 1, "a": 1, "U": 4, "B": 1}


def item_size(dtype: Any) -> int | None:
    """Bytes of one element of a NumPy dtype that a pickle makes; 0 for objects, None where it cannot be told.

    The argument is the dtype's text as `numpy.dtype.__reduce__` gives it: a letter and a size (`f8`, `U10`, `V16`).
    """
    if not isinstance(dtype, Made) or not isinstance(dtype.arguments, tuple) or not dtype.arguments:
        return None
    text = dtype.arguments[0]
    if not isinstance(text, str) or text[:1] not in {*_KINDS, "O"} or not text[1:].isdecimal() or len(text) > 10:
        return None
    if text[0] == "O":
        return 0
    return int(text[1:]) * (4 if text[0] == "U" else 1)


class RawArray(Struct, frozen=True):
    """What joblib writes behind an array's wrapper: `size` bytes, after a padding or not, or a pickle of `objects`."""

    size: int
    padded: bool
    objects: bool


def raw_array(state: Any) -> RawArray | None:
    """Told by the state of a joblib `NumpyArrayWrapper`; None where it does not say."""
    if not isinstance(state, Table):
        return None
    shape, size = state.get("shape"), item_size(state.get("dtype"))
    if size is None or not isinstance(shape, tuple):
        return None
    count = 1
    for one in shape:
        if not isinstance(one, int) or one < 0:
            return None
        count *= one
    objects = str(state["dtype"].arguments[0]).startswith("O")
    padded = not objects and isinstance(state.get("numpy_array_alignment_bytes"), int)
    return RawArray(0 if objects else count * size, padded, objects)


def is_array_wrapper(value: Any) -> bool:
    """Whether joblib put this before the raw bytes of an array."""
    return isinstance(value, Made) and isinstance(value.by, Name) and value.by.name == "NumpyArrayWrapper"
