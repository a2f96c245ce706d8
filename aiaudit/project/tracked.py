"""Which files git tracks, by the index of the repository at the root. What is tracked stays in the repository, whatever
a `.gitignore` says of it later (`git add -f`, or a rule that came after the file)."""

from __future__ import annotations

import os
import stat
import struct
from typing import Final

MAX_BYTES: Final = 64 * 1024 * 1024
_HEAD: Final = struct.Struct(">4sII")
_FIXED: Final = 60  # times, device, mode, owner, size and the SHA-1 of an entry; its flags follow
_EXTENDED: Final = 0x4000
_OPEN: Final = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)


def tracked(root: int) -> frozenset[str]:
    """Paths in the index of the repository whose folder is open at `root`, relative to it. None where there is no
    repository of its own there (that of a work tree lies elsewhere and is not looked for), or the index is of a form
    that is not read here: one with SHA-256, a split one, one that is damaged."""
    data = _read(root)
    try:
        return _paths(data) if data else frozenset()
    except (struct.error, ValueError, IndexError):
        return frozenset()


def _read(root: int) -> bytes:
    try:
        folder = os.open(".git", _OPEN | getattr(os, "O_DIRECTORY", 0), dir_fd=root)
    except OSError:
        return b""
    try:
        index = os.open("index", _OPEN | getattr(os, "O_NONBLOCK", 0), dir_fd=folder)
    except OSError:
        return b""
    finally:
        os.close(folder)
    with os.fdopen(index, "rb") as file:
        status = os.fstat(index)
        return file.read(MAX_BYTES) if stat.S_ISREG(status.st_mode) and status.st_size <= MAX_BYTES else b""


def _paths(data: bytes) -> frozenset[str]:
    """Raises ValueError, IndexError or struct.error where the bytes are no index."""
    mark, version, count = _HEAD.unpack_from(data)
    if mark != b"DIRC" or version not in (2, 3, 4):
        raise ValueError("no index")
    found: list[str] = []
    name, at = b"", _HEAD.size
    for _ in range(count):
        (flags,) = struct.unpack_from(">H", data, at + _FIXED)
        start = at + _FIXED + (4 if version > 2 and flags & _EXTENDED else 2)
        cut = 0
        if version == 4:  # the name is told by how much of the last one is left out, and what is put behind
            cut, start = _number(data, start)
        end = data.index(b"\0", start)
        kept = name[: len(name) - cut] if version == 4 else b""
        name = kept + data[start:end]
        if not name or (flags & 0xFFF) != min(len(name), 0xFFF):
            raise ValueError("no name")
        at = end + 1 if version == 4 else at + (end - at + 8) // 8 * 8
        found.append(name.decode("utf-8", "surrogateescape"))
    return frozenset(found)


def _number(data: bytes, at: int) -> tuple[int, int]:
    """A number of git's own variable length, and where what follows it begins."""
    value = data[at] & 0x7F
    while data[at] & 0x80:
        at += 1
        value = ((value + 1) << 7) | (data[at] & 0x7F)
    return value, at + 1
