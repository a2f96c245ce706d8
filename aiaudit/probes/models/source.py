"""Random access to a file, a part of a file, or bytes, without ever reading more than is asked for."""

from __future__ import annotations

from typing import BinaryIO, Final

WINDOW: Final = 1 << 16  # bytes read at once from a stream
MAX_LINE: Final = 1 << 20  # bytes of one text argument of a pickle


class Ended(Exception):  # noqa: N818
    """The data ends before what was announced does."""


class Source:
    """Bytes at offsets. `size` in bytes; what lies beyond it is empty."""

    size: int

    def at(self, offset: int, length: int) -> bytes:
        """At most `length` bytes from `offset`."""
        raise NotImplementedError

    def part(self, offset: int, length: int | None = None) -> Source:
        """A view of a part, to the end where no length is given."""
        rest = max(0, self.size - offset)
        return Part(self, offset, rest if length is None else min(length, rest))

    def whole(self, limit: int) -> bytes:
        """Its first `limit` bytes."""
        return self.at(0, min(self.size, limit))


class Memory(Source):
    """Bytes that are there."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.size = len(data)

    def at(self, offset: int, length: int) -> bytes:
        return self.data[offset : offset + length] if offset >= 0 else b""


class Stream(Source):
    """A file that is read by pieces."""

    def __init__(self, stream: BinaryIO, size: int) -> None:
        self.stream = stream
        self.size = size

    def at(self, offset: int, length: int) -> bytes:
        if offset < 0 or offset >= self.size:
            return b""
        self.stream.seek(offset)
        return self.stream.read(min(length, self.size - offset))


class Part(Source):
    """A part of another source."""

    def __init__(self, of: Source, offset: int, size: int) -> None:
        self.of = of
        self.offset = offset
        self.size = size

    def at(self, offset: int, length: int) -> bytes:
        if offset < 0 or offset >= self.size:
            return b""
        return self.of.at(self.offset + offset, min(length, self.size - offset))


class Cursor:
    """Reads a source from a place on, through a window."""

    def __init__(self, source: Source, place: int = 0) -> None:
        self.source = source
        self._start = place
        self._data = b""
        self._next = 0

    @property
    def place(self) -> int:
        return self._start + self._next

    def byte(self) -> int:
        """The next byte, -1 at the end."""
        if self._next >= len(self._data):
            self._fill()
            if not self._data:
                return -1
        self._next += 1
        return self._data[self._next - 1]

    def take(self, length: int) -> bytes:
        """Exactly `length` bytes. Raises `Ended`."""
        data = self._data[self._next : self._next + length]
        if len(data) == length:
            self._next += length
            return data
        data = self.source.at(self.place, length)
        if len(data) != length:
            raise Ended
        self.go(self.place + length)
        return data

    def line(self) -> bytes:
        """The bytes to the next line feed, which is passed over. Raises `Ended`."""
        end = self._data.find(b"\n", self._next)
        if end < 0:
            data = self.source.at(self.place, MAX_LINE)
            found = data.find(b"\n")
            if found < 0:
                raise Ended
            self.go(self.place + found + 1)
            return data[:found]
        data = self._data[self._next : end]
        self._next = end + 1
        return data

    def go(self, place: int) -> None:
        """Go on at another place."""
        if self._start <= place <= self._start + len(self._data):
            self._next = place - self._start
        else:
            self._start, self._data, self._next = place, b"", 0

    def _fill(self) -> None:
        self._start, self._next = self.place, 0
        self._data = self.source.at(self._start, WINDOW)
