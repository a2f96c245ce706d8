"""Reads a zip by its local headers: what is in it, whatever its directory, its checksums and its flags say.

Loaders differ in what they believe (CVE-2025-10156: a wrong checksum stops a scanner, not `torch.load`), so all members
are looked at that any of them could reach, and a disagreement is a finding of its own. Nothing is extracted to disk.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from aiaudit.probes.models.judgement import Budget
from aiaudit.probes.models.source import Memory, Source

MAX_INFLATED: Final = 64 * 1024 * 1024  # bytes of one member
MAX_RATIO: Final = 100
RATIO_FROM: Final = 1024 * 1024  # below this a high ratio does no harm
LOCAL, CENTRAL, END = b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06"
_STORED, _DEFLATED = 0, 8
_STEP: Final = 1 << 20
_TAIL: Final = (1 << 16) + 22  # where the end record may stand
_LOCAL_HEAD: Final = struct.Struct("<4sHHHHHIIIHH")
_CENTRAL_HEAD: Final = struct.Struct("<4sHHHHHHIIIHHHHHII")


class TooLarge(Exception):  # noqa: N818
    """More comes out than is looked at."""


class Member(Struct):
    """A member by its local header. `listed`: its name in the directory, None where it stands in none. `size`: of its
    stored bytes, None where nothing says so. `crc`: the checksums given, of which a loader may check none."""

    name: str
    listed: str | None
    start: int
    size: int | None
    method: int
    encrypted: bool
    crc: frozenset[int]
    doubtful: bool = False  # the directory gives another method


def members(source: Source, budget: Budget) -> Iterator[Member]:
    """Every member that the directory names, and every one that a walk from header to header finds besides."""
    directory = {one[0]: one for one in _directory(source, budget)}
    seen: set[int] = set()
    for offset in sorted(directory):
        member = _local(source, offset, directory[offset])
        if member is not None:
            seen.add(offset)
            yield member
            if directory[offset][3] != member.method:
                yield replace(member, method=directory[offset][3], doubtful=True)
    place = 0 if source.at(0, 4) == LOCAL else _find(source, LOCAL, 0, min(source.size, _STEP))
    while 0 <= place < source.size and budget.members > 0:
        member = _local(source, place, directory.get(place))
        if member is None:
            break
        budget.members -= 1
        if place not in seen:
            seen.add(place)
            yield member
        if member.size is None:
            place = _find(source, LOCAL, member.start, min(source.size, member.start + 64 * _STEP))
        else:
            place = _next(source, member.start + member.size)


def inflated(source: Source, member: Member, budget: Budget) -> Source:
    """The content of a member. Raises `TooLarge`, `zlib.error` for data that is broken or really encrypted, and
    `ValueError` for a method that is not read."""
    if member.method == _STORED:
        return source.part(member.start, member.size)
    if member.method != _DEFLATED:
        raise ValueError(f"compression method {member.method}")
    return Memory(inflate(source.part(member.start, member.size), zlib.decompressobj(-15), budget))


def inflate(source: Source, machine: zlib._Decompress, budget: Budget) -> bytes:
    """What comes out of a deflate stream, within the limits. Ends where the stream ends or breaks; what came out before
    a break is given, since a loader may read it too. Raises `TooLarge`, and `zlib.error` where nothing came out."""
    out = bytearray()
    place = 0
    while place < source.size and not machine.eof:
        piece = source.at(place, _STEP)
        place += len(piece)
        while piece:
            try:
                made = machine.decompress(piece, _STEP)
            except zlib.error:
                if not out:
                    raise
                return bytes(out)
            out += made
            budget.inflated -= len(made)
            if len(out) > MAX_INFLATED or budget.inflated < 0:
                raise TooLarge
            piece = machine.unconsumed_tail
            if len(out) > RATIO_FROM and len(out) > MAX_RATIO * max(1, place - len(piece)):
                raise TooLarge
    return bytes(out)


def _directory(source: Source, budget: Budget) -> Iterator[tuple[int, str, int, int, int, int]]:
    """(offset, name, flags, method, crc, size) of each entry of the central directory; nothing where there is none."""
    tail_at = max(0, source.size - _TAIL)
    tail = source.at(tail_at, _TAIL)
    end = tail.rfind(END)
    if end < 0 or len(tail) < end + 22:
        return
    count, length, place = struct.unpack_from("<HII", tail, end + 10)
    if place == 0xFFFFFFFF or count == 0xFFFF:
        count, length, place = _directory_64(source, tail, end) or (count, length, place)
    shift = tail_at + end - length - place  # bytes put before the archive, which loaders allow for
    if length < _CENTRAL_HEAD.size or source.at(place, 4) != CENTRAL:
        if shift <= 0 or source.at(place + shift, 4) != CENTRAL:
            return
        place += shift
    else:
        shift = 0
    while budget.members > 0:
        budget.members -= 1
        head = source.at(place, _CENTRAL_HEAD.size)
        if len(head) < _CENTRAL_HEAD.size or not head.startswith(CENTRAL):
            return
        (_, _, _, flags, method, _, _, crc, size, whole, names, extra, comment, _, _, _, offset) = _CENTRAL_HEAD.unpack(
            head
        )
        name = source.at(place + _CENTRAL_HEAD.size, names)
        if 0xFFFFFFFF in (size, offset):
            more = source.at(place + _CENTRAL_HEAD.size + names, extra)
            size, offset = _wide(more, whole, size, offset)
        yield offset + shift, name.decode("utf-8", "replace"), flags, method, crc, size
        place += _CENTRAL_HEAD.size + names + extra + comment


def _directory_64(source: Source, tail: bytes, end: int) -> tuple[int, int, int] | None:
    """Count, length and place of the directory of a zip64."""
    at = tail.rfind(b"PK\x06\x07", 0, end)
    if at < 0:
        return None
    record = source.at(int(struct.unpack_from("<Q", tail, at + 8)[0]), 56)
    if len(record) < 56 or not record.startswith(b"PK\x06\x06"):
        return None
    count, length, place = struct.unpack_from("<QQQ", record, 32)
    return int(count), int(length), int(place)


def _wide(extra: bytes, whole: int, size: int, offset: int) -> tuple[int, int]:
    """Size and offset from the zip64 field."""
    place = 0
    while place + 4 <= len(extra):
        kind, length = struct.unpack_from("<HH", extra, place)
        if kind == 1:
            numbers = (
                list(struct.unpack_from(f"<{length // 8}Q", extra, place + 4))
                if place + 4 + length <= len(extra)
                else []
            )
            if whole == 0xFFFFFFFF and numbers:
                numbers.pop(0)
            if size == 0xFFFFFFFF and numbers:
                size = int(numbers.pop(0))
            if offset == 0xFFFFFFFF and numbers:
                offset = int(numbers.pop(0))
        place += 4 + length
    return size, offset


def _local(source: Source, offset: int, listed: tuple[int, str, int, int, int, int] | None) -> Member | None:
    head = source.at(offset, _LOCAL_HEAD.size)
    if len(head) < _LOCAL_HEAD.size or not head.startswith(LOCAL):
        return None
    _, _, flags, method, _, _, crc, size, _, names, extra = _LOCAL_HEAD.unpack(head)
    name = source.at(offset + _LOCAL_HEAD.size, names).decode("utf-8", "replace")
    start = offset + _LOCAL_HEAD.size + names + extra
    known: int | None = size
    if size == 0xFFFFFFFF or (flags & 8 and not size):
        known = listed[5] if listed else None
    elif listed and listed[5] > size:
        known = listed[5]
    if known is not None and start + known > source.size:
        known = None
    given = {crc} if crc else set()
    if listed:
        given.add(listed[4])
        flags |= listed[2]
    return Member(name, listed[1] if listed else None, start, known, method, bool(flags & 1), frozenset(given))


def _next(source: Source, place: int) -> int:
    """Where the next local header stands, behind a data descriptor where there is one; -1 at the end."""
    head = source.at(place, 28)
    if head.startswith(LOCAL):
        return place
    at = head.find(LOCAL)
    if at >= 0:
        return place + at
    return (
        -1
        if head.startswith((CENTRAL, END)) or not head
        else _find(source, LOCAL, place, min(source.size, place + _STEP))
    )


def _find(source: Source, what: bytes, start: int, end: int) -> int:
    """The first place of `what` between two offsets, -1 where there is none."""
    while start < end:
        piece = source.at(start, min(_STEP, end - start) + len(what) - 1)
        at = piece.find(what)
        if at >= 0:
            return start + at
        start += _STEP
    return -1
