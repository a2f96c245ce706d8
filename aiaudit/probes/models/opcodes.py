"""Reads the opcodes of a pickle one by one. As tolerant as the unpickler: what it would read, this reads."""

from __future__ import annotations

import pickletools
from typing import Any, Final

from aiaudit.probes.models.pickle_values import OPAQUE
from aiaudit.probes.models.source import Cursor, Ended, Source

KEPT_TEXT: Final = 1 << 16  # bytes of a text that are kept to be a name
LOOKED_INTO: Final = 32  # bytes from which on a bytes object may be a pickle of its own

_TABLE: Final = {
    ord(one.code): (str(one.name), None if one.arg is None else str(one.arg.name)) for one in pickletools.opcodes
}
_FIXED: Final = {"uint1": 1, "uint2": 2, "int4": 4, "uint4": 4, "uint8": 8, "float8": 8}
_COUNTED: Final = {
    "string1": 1, "string4": 4, "bytes1": 1, "bytes4": 4, "bytes8": 8, "bytearray8": 8, "unicodestring1": 1,
    "unicodestring4": 4, "unicodestring8": 8, "long1": 1, "long4": 4,
}  # fmt: skip


class Broken(Exception):  # noqa: N818
    """The stream is no pickle from here on. `why` in a few words."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


def next_opcode(cursor: Cursor) -> tuple[str, Any]:
    """The next opcode's name and its argument: an int, a text, a `Source` for bytes, or OPAQUE for numbers that no name
    is made of. Raises `Broken`."""
    code = cursor.byte()
    if code < 0:
        raise Broken("the stream ends without STOP")
    known = _TABLE.get(code)
    if known is None:
        raise Broken(f"0x{code:02x} is no opcode")
    name, kind = known
    if kind is None:
        return name, None
    try:
        return name, _argument(cursor, kind)
    except Ended:
        raise Broken(f"the argument of {name} ends early") from None


def _argument(cursor: Cursor, kind: str) -> Any:
    if kind in _FIXED:
        raw = cursor.take(_FIXED[kind])
        return OPAQUE if kind == "float8" else int.from_bytes(raw, "little", signed=kind == "int4")
    if kind in _COUNTED:
        return _counted(cursor, kind, int.from_bytes(cursor.take(_COUNTED[kind]), "little"))
    line = cursor.line()
    match kind:
        case "stringnl_noescape_pair":
            return line.decode("utf-8", "replace"), cursor.line().decode("utf-8", "replace")
        case "stringnl":
            return line.strip().strip(b"'\"").decode("utf-8", "replace")
        case "decimalnl_short" | "decimalnl_long":
            digits = line.strip().rstrip(b"L")
            return int(digits) if digits.lstrip(b"-").isdigit() and len(digits) < 20 else OPAQUE
        case "floatnl":
            return OPAQUE
        case _:
            return line.decode("raw-unicode-escape", "replace")


def _counted(cursor: Cursor, kind: str, length: int) -> Any:
    start = cursor.place
    if length > cursor.source.size - start:
        raise Ended
    if kind.startswith("long"):
        raw = cursor.take(min(length, 16))
        cursor.go(start + length)
        return int.from_bytes(raw, "little", signed=True) if length <= 16 else OPAQUE
    if kind.startswith(("bytes", "bytearray")) or length > KEPT_TEXT:
        cursor.go(start + length)
        whole: Source = cursor.source.part(start, length)
        return whole
    return cursor.take(length).decode("utf-8", "replace")
