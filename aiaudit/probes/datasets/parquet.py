"""The columns of a Parquet file, from its foot.

The foot is a record in Thrift's compact protocol: a list of the schema's elements comes first in it. Only that list is
read, in one pass and with a limit for everything that the file itself tells (lengths, counts, depth).
"""

from __future__ import annotations

import os
from typing import BinaryIO, Final

MAGIC: Final = b"PAR1"
MAX_FOOT: Final = 4 * 1024 * 1024  # a longer foot is not read
MAX_ELEMENTS: Final = 5_000
_MAX_DEPTH: Final = 16
_STOP, _TRUE, _FALSE, _BYTE, _I16, _I32, _I64, _DOUBLE, _BINARY, _LIST, _SET, _MAP, _STRUCT = range(13)
_NAME, _CHILDREN = 4, 5  # fields of an element of the schema


class _BrokenError(Exception):
    """The foot is not what a Parquet file has."""


def parquet_columns(stream: BinaryIO) -> tuple[str, ...] | None:
    """The names of the columns, in order; of a nested column the outer name. None where the file does not tell them:
    it is cut, encrypted, a pointer to another store, or no Parquet file."""
    size = stream.seek(0, os.SEEK_END)
    if size < 12:
        return None
    stream.seek(size - 8)
    tail = stream.read(8)
    length = int.from_bytes(tail[:4], "little")
    if tail[4:] != MAGIC or not 0 < length <= min(MAX_FOOT, size - 12):
        return None
    stream.seek(size - 8 - length)
    try:
        return _Foot(stream.read(length)).columns()
    except (_BrokenError, IndexError, UnicodeDecodeError):
        return None


class _Foot:
    """A cursor over the foot. Whatever lies behind its end is an `IndexError`."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0

    def columns(self) -> tuple[str, ...]:
        field = 0
        while True:
            kind, field = self._field(field)
            if kind == _STOP:
                raise _BrokenError
            if field == 2 and kind == _LIST:
                return self._elements()
            self._skip(kind, 0)

    def _elements(self) -> tuple[str, ...]:
        count, kind = self._list()
        if kind != _STRUCT or not 0 < count <= MAX_ELEMENTS:
            raise _BrokenError
        _, left = self._element()  # the root, whose children are the columns
        names: list[str] = []
        inner = 0  # elements that still belong to the last column
        for _ in range(count - 1):
            name, children = self._element()
            if inner == 0:
                if len(names) == left:
                    break
                names.append(name)
                inner = children
            else:
                inner += children - 1
        if len(names) != left:
            raise _BrokenError
        return tuple(name for name in names if not name.startswith("__index_level_"))

    def _element(self) -> tuple[str, int]:
        name, children, field = "", 0, 0
        while True:
            kind, field = self._field(field)
            if kind == _STOP:
                return name, children
            if field == _NAME and kind == _BINARY:
                name = self._bytes().decode("utf-8")
            elif field == _CHILDREN and kind == _I32:
                children = self._signed()
                if not 0 <= children <= MAX_ELEMENTS:
                    raise _BrokenError
            else:
                self._skip(kind, 0)

    def _field(self, last: int) -> tuple[int, int]:
        head = self._byte()
        kind, step = head & 15, head >> 4
        if kind == _STOP:
            return kind, 0
        return kind, last + step if step else self._signed()

    def _list(self) -> tuple[int, int]:
        head = self._byte()
        count = head >> 4
        return (self._number() if count == 15 else count), head & 15

    def _skip(self, kind: int, depth: int) -> None:
        """Pass over a value of any kind; a bool's value stands in its kind."""
        if depth > _MAX_DEPTH:
            raise _BrokenError
        if kind == _BYTE:
            self.at += 1
        elif kind in (_I16, _I32, _I64):
            self._number()
        elif kind == _DOUBLE:
            self.at += 8
        elif kind == _BINARY:
            self._bytes()
        elif kind in (_LIST, _SET):
            count, inner = self._list()
            self._skip_many(count, (_BYTE if inner in (_TRUE, _FALSE) else inner,), depth)
        elif kind == _MAP:
            count = self._number()
            kinds = self._byte() if count else 0
            self._skip_many(count, (kinds >> 4, kinds & 15), depth)
        elif kind == _STRUCT:
            field = 0
            while True:
                inner, field = self._field(field)
                if inner == _STOP:
                    break
                self._skip(inner, depth + 1)
        elif kind not in (_TRUE, _FALSE):
            raise _BrokenError

    def _skip_many(self, count: int, kinds: tuple[int, ...], depth: int) -> None:
        if count > len(self.data):  # each takes a byte at least
            raise _BrokenError
        for _ in range(count):
            for kind in kinds:
                if kind == _STOP:
                    raise _BrokenError
                self._skip(kind, depth + 1)

    def _byte(self) -> int:
        self.at += 1
        return self.data[self.at - 1]

    def _number(self) -> int:
        value = shift = 0
        while True:
            byte = self._byte()
            value |= (byte & 127) << shift
            if byte < 128:
                return value
            shift += 7
            if shift > 63:
                raise _BrokenError

    def _signed(self) -> int:
        value = self._number()
        return (value >> 1) ^ -(value & 1)

    def _bytes(self) -> bytes:
        length = self._number()
        start, self.at = self.at, self.at + length
        if self.at > len(self.data):
            raise _BrokenError
        return self.data[start : self.at]
