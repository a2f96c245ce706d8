"""The guarded reader: the only way in which bytes of the audited tree come in.

Each component of a path is opened relative to its parent without following a link; the open never blocks (FIFO,
device); what is opened must be a regular file on the root's own file system; no more than a cap is read.
"""

from __future__ import annotations

import codecs
import errno
import io
import os
import stat
from typing import BinaryIO, Final

from msgspec import Struct

CODE_LIMIT: Final = 2 * 1024 * 1024  # bytes of one source or configuration file
DOCUMENT_LIMIT: Final = 20 * 1024 * 1024  # bytes of one notebook or JSON document
SPARSE_FROM: Final = 1024 * 1024  # smaller files are not worth calling sparse
_BINARY_HEAD: Final = 8192
_POINTER: Final = b"version https://git-lfs.github.com/spec/"
_POINTER_LIMIT: Final = 1024  # bytes, by the specification of Git LFS
IS_POINTER: Final = "a pointer of Git LFS: what it holds is not here"

_DIR_FLAGS: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC if hasattr(os, "O_DIRECTORY") else 0
_FILE_FLAGS: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC if hasattr(os, "O_NOFOLLOW") else 0


class Unreadable(Exception):  # noqa: N818
    """A file could not be looked at. `reason` is one short line for the report."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Content(Struct, frozen=True):
    """What was read of one file. `truncated`: the file is larger than the cap, `data` is its head."""

    data: bytes
    size: int
    truncated: bool = False


class Reader:
    """Reads files below one root. Keeps the last folder's chain of descriptors open, so that files read in path order
    cost one `open` each. Not for use by two threads at once; after a fork each process may go on with its copy."""

    def __init__(self, root: str) -> None:
        self.root = root
        try:
            self._root_fd = os.open(root, _DIR_FLAGS & ~os.O_NOFOLLOW)  # the caller named the root: it may be a link
        except OSError as error:
            raise Unreadable(f"cannot open {root}: {_words(error)}") from None
        self._device = os.fstat(self._root_fd).st_dev
        self._chain: list[tuple[str, int]] = []

    def close(self) -> None:
        self._cut(0)
        if self._root_fd >= 0:
            os.close(self._root_fd)
            self._root_fd = -1

    def __enter__(self) -> Reader:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def read(self, path: str, limit: int = CODE_LIMIT) -> Content:
        """The file at `path` (relative, `/`-separated), or its first `limit` bytes. Raises `Unreadable`."""
        fd, found = self._open_regular(path)
        try:
            data = _read_up_to(fd, found.st_size, limit)
        except OSError as error:
            raise Unreadable(_words(error)) from None
        finally:
            os.close(fd)
        size = max(found.st_size, len(data))
        return Content(data, size, truncated=size > len(data))

    def open(self, path: str) -> BinaryIO:
        """The file at `path` as a binary stream, for formats of which only parts are read. Raises `Unreadable`."""
        fd, _ = self._open_regular(path)
        return io.BufferedReader(io.FileIO(fd, "rb", closefd=True))

    def _open_regular(self, path: str) -> tuple[int, os.stat_result]:
        folder, _, name = path.rpartition("/")
        if name in ("", ".", "..") or "\0" in path:
            raise Unreadable("not a file name")
        try:
            parent = self._folder(folder)
            fd = os.open(name, _FILE_FLAGS, dir_fd=parent)
        except OSError as error:
            raise Unreadable(_words(error)) from None
        try:
            found = os.fstat(fd)
            if not stat.S_ISREG(found.st_mode):
                raise Unreadable("not a regular file")
            if found.st_dev != self._device:
                raise Unreadable("on another file system")
        except (OSError, Unreadable) as error:
            os.close(fd)
            raise error if isinstance(error, Unreadable) else Unreadable(_words(error)) from None
        return fd, found

    def _folder(self, folder: str) -> int:
        """A descriptor of `folder`, reached without following a link."""
        if self._root_fd < 0:
            raise OSError(errno.EBADF, "the reader is closed")
        parts = folder.split("/") if folder else []
        kept = 0
        for (name, _), part in zip(self._chain, parts, strict=False):
            if name != part:
                break
            kept += 1
        self._cut(kept)
        for part in parts[kept:]:
            if part in ("", ".", ".."):
                raise OSError(errno.EINVAL, "not a plain relative path")
            parent = self._chain[-1][1] if self._chain else self._root_fd
            self._chain.append((part, os.open(part, _DIR_FLAGS, dir_fd=parent)))
        return self._chain[-1][1] if self._chain else self._root_fd

    def _cut(self, length: int) -> None:
        while len(self._chain) > length:
            os.close(self._chain.pop()[1])


def _read_up_to(fd: int, size: int, limit: int) -> bytes:
    """At most `limit` bytes; one `read` for the usual file, whose size is as `fstat` said."""
    data = os.read(fd, min(size + 1, limit))  # one byte more than expected: a short answer proves the end
    if len(data) == min(size, limit):
        return data
    parts, total = [data], len(data)
    while total < limit and (more := os.read(fd, min(limit - total, 1 << 20))):
        parts.append(more)
        total += len(more)
    return b"".join(parts)


def is_sparse(size: int, blocks: int) -> bool:
    """Whether a file claims far more bytes than it has on disk (`blocks` of 512 bytes, as `stat` counts them)."""
    return size >= SPARSE_FROM and blocks * 512 < size // 8


def is_binary(data: bytes) -> bool:
    """Whether the head of `data` is no text: it has a NUL byte and no UTF-16 or UTF-32 mark."""
    return b"\0" in data[:_BINARY_HEAD] and not data.startswith(WIDE_MARKS)


def is_pointer(data: bytes) -> bool:
    """Whether the content is kept elsewhere, and this is what Git LFS left in its place."""
    return len(data) < _POINTER_LIMIT and data.startswith(_POINTER)


def readable(data: bytes) -> bytes | None:
    """The bytes as UTF-8 where they hold NUL bytes and are text: UTF-16 or UTF-32 by its mark, UTF-16 by the
    pattern of its zeros, or text with a few NUL bytes in it. None where they are no text. Without NUL bytes in their
    head, the bytes themselves."""
    head = data[:_BINARY_HEAD]
    if data.startswith(WIDE_MARKS):
        return decode(data).encode("utf-8", "replace")
    zeros = head.count(b"\0")
    if not zeros:
        return data
    if len(head) < _SHORT:
        return None
    for start, encoding in ((1, "utf-16-le"), (0, "utf-16-be")):
        if head[start::2].count(b"\0") > _ZEROS * (len(head) // 2) and not _CONTROLS.intersection(head[1 - start :: 2]):
            return data.decode(encoding, "replace").encode("utf-8", "replace")
    few = zeros <= max(1, len(head) // _FEW_NULS)
    return data if few and _CONTROLS.isdisjoint(head.replace(b"\0", b"")) and _is_utf8(head) else None


def _is_utf8(head: bytes) -> bool:
    """Whether the head of a file is UTF-8, but for a sign that its end may cut."""
    try:
        head.decode("utf-8")
    except UnicodeDecodeError as error:
        return error.start > len(head) - 4
    return True


_ZEROS: Final = 0.7  # share of zeros in every other byte of UTF-16 in Latin letters
_FEW_NULS: Final = 200  # one NUL byte in so many
_SHORT: Final = 16  # bytes: what has a NUL byte among fewer is no text
_CONTROLS: Final = frozenset({*range(9), *range(0x0E, 0x1B), *range(0x1C, 0x20), 0x7F})  # in no text
WIDE_MARKS: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)


def decode(data: bytes) -> str:
    """Text of a file: by its byte order mark, else UTF-8, else Latin-1 (which never fails)."""
    if data.startswith(codecs.BOM_UTF8):
        return data[3:].decode("utf-8", "replace")
    if data.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        return data.decode("utf-32", "replace")
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data.decode("utf-16", "replace")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def _words(error: OSError) -> str:
    match error.errno:
        case errno.ELOOP | errno.EMLINK:
            return "a symbolic link"
        case errno.ENOTDIR:
            return "a folder on the way is a link or gone"
        case errno.ENOENT:
            return "gone"
        case errno.EACCES | errno.EPERM:
            return "permission denied"
        case errno.ENXIO:
            return "not a regular file"
        case _:
            return (error.strerror or "input/output error").lower()
