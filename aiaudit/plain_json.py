"""JSON by msgspec, which is five times as fast to write and twice as fast to read as `json`; that one does what msgspec
refuses: a lone surrogate, a number beyond all ranges, a key that is no text."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

import msgspec

_decode = msgspec.json.decode
_encode = msgspec.json.encode


def encode(value: Any, default: Callable[[Any], Any] | None = None) -> bytes:
    """`value` in UTF-8, without blanks. `default`: what stands for a value that JSON has not. A float that is not
    finite becomes null."""
    try:
        return _encode(value, enc_hook=default)
    except (UnicodeEncodeError, TypeError, OverflowError):
        return json.dumps(value, separators=(",", ":"), default=default).encode("ascii")


def encode_each(values: Sequence[Any], default: Callable[[Any], Any] | None = None) -> bytes:
    """Each value as `encode` writes it, on a line of its own; no line ends the last."""
    try:
        return msgspec.json.Encoder(enc_hook=default).encode_lines(values)[:-1]
    except (UnicodeEncodeError, TypeError, OverflowError):
        return b"\n".join(encode(value, default) for value in values)


def encode_lines(value: Any, default: Callable[[Any], Any] | None = None, indent: int = 2) -> bytes:
    """`value` as `json.dumps(value, indent=indent, ensure_ascii=False)` in UTF-8."""
    try:
        return msgspec.json.format(_encode(value, enc_hook=default), indent=indent)
    except (UnicodeEncodeError, TypeError, OverflowError):
        text = json.dumps(value, indent=indent, ensure_ascii=False, default=default)
        return text.encode("utf-8", "backslashreplace")


def decode(data: bytes | str | memoryview) -> Any:
    """Any JSON. Raises `ValueError` (of `json`) where it is none."""
    try:
        return _decode(data)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return json.loads(bytes(data) if isinstance(data, memoryview) else data)
