"""Facts as bytes and back: how they are kept for the next run."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any, Final

import msgspec
from msgspec.structs import replace

from aiaudit import lazy
from aiaudit.model.fact import Fact
from aiaudit.model.types import UNKNOWN_KEY, as_json, from_json

_KEY: Final = UNKNOWN_KEY.encode()
# How a number that is not finite begins in MessagePack: all bits of its exponent are set. A whole number may look so.
_NOT_FINITE: Final = lazy.regex(rb"\xcb[\x7f\xff][\xf0-\xff]")
_ROWS: Final = 1000  # of a long list, how many are written at once
_NO_ROWS: Final = b'"value":[]'


def to_bytes(fact: Fact) -> bytes:
    """The fact as JSON, without its id: most facts say the same, that nothing is there.

    Raises:
        ValueError: a number of its value is not finite, which JSON has not.
    """
    told = replace(fact, id="")
    try:
        data = msgspec.json.encode(told, enc_hook=as_json)
        if b"null" in data and _may_hold_infinity(fact.value):
            json.dumps(fact.value, allow_nan=False, default=as_json)  # msgspec writes null where a number is not finite
    except (UnicodeEncodeError, OverflowError, TypeError):  # a lone surrogate, a huge number, a key that is no text
        plain = {**msgspec.to_builtins(replace(told, value=None)), "value": fact.value}
        data = json.dumps(plain, allow_nan=False, default=as_json).encode("ascii")
    return data


def to_pieces(fact: Fact) -> Iterator[bytes]:
    """The bytes of `to_bytes`, of a long list some rows at once: the text of all may take 10 MB. Raises as that."""
    rows = fact.value
    if type(rows) is not list or len(rows) <= _ROWS:
        yield to_bytes(fact)
        return
    head, _, tail = to_bytes(replace(fact, value=[])).partition(
        _NO_ROWS
    )  # what stands before is no text of the project
    yield head + _NO_ROWS[:-1]
    for at in range(0, len(rows), _ROWS):
        yield (b"," if at else b"") + _json_of(rows[at : at + _ROWS])[1:-1]
    yield b"]" + tail


def _json_of(rows: list[Any]) -> bytes:
    try:
        data = msgspec.json.encode(rows, enc_hook=as_json)
        if b"null" in data and _may_hold_infinity(rows):
            json.dumps(rows, allow_nan=False, default=as_json)
    except (UnicodeEncodeError, OverflowError, TypeError):
        data = json.dumps(rows, allow_nan=False, default=as_json).encode("ascii")
    return data


def _may_hold_infinity(value: object) -> bool:
    """Whether a number in it may be none that JSON has."""
    return _NOT_FINITE.search(msgspec.msgpack.encode(value, enc_hook=as_json)) is not None


def from_bytes(fact_id: str, data: bytes) -> Fact:
    """The fact of `to_bytes`. Raises `ValueError` or `msgspec.MsgspecError` where it is none."""
    try:
        fact = _decoder()(data)
    except (msgspec.MsgspecError, UnicodeError):
        fact = msgspec.convert(json.loads(data), Fact)
    return replace(fact, id=fact_id, value=from_json(fact.value) if _KEY in data else fact.value)


@cache
def _decoder() -> Callable[[bytes], Fact]:
    return msgspec.json.Decoder(Fact).decode
