"""The character encoding of a text file, decided by its head."""

from __future__ import annotations

import codecs
import gzip
import io
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from aiaudit import lazy
from aiaudit.data.engine import Unopened

_HEAD: Final = 4 * 1024 * 1024  # bytes looked at
_FEW: Final = 0.001  # share of lines that may be broken in a UTF-8 file that has few lines with signs beyond ASCII
_UTF16_BOMS: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_BLOCK: Final = 1024 * 1024  # characters copied at a time
_MOST_COPIED: Final = 40  # times the file's size, in characters: a packed text may be far longer than its file
_LEAST_ROOM: Final = 256 * 1024 * 1024  # characters that any file may give
_WINDOWS: Final = "windows-1252"  # what Western spreadsheets write; DuckDB does not read it
_TWO_ENDS: Final = lazy.regex(rb"\r\n"), lazy.regex(rb"[^\r]\n")


def head_of(path: Path, compression: str, size: int = _HEAD) -> bytes:
    """The first bytes of the text; empty where this package cannot decompress them (zstd)."""
    try:
        with path.open("rb") if compression == "none" else gzip.open(path, "rb") as stream:
            return stream.read(size) if compression in ("none", "gzip") else b""
    except (OSError, EOFError, zlib.error):
        return b""


def encoding_of(head: bytes) -> str:
    """`utf-8`, `utf-16` or `latin-1`, as DuckDB names them; `windows-1252` where bytes stand there that Latin-1 leaves
    to control characters (quotation marks, dashes, €).

    A file with broken lines is still UTF-8 where at least as many of its lines with signs beyond ASCII are sound, or
    where the broken ones are very few: then those lines are malformed. Else every byte is taken as Latin-1.
    """
    if head.startswith(_UTF16_BOMS) or _zeros(head):
        return "utf-16"
    try:
        head.decode("utf-8")
    except UnicodeDecodeError:
        pass
    else:
        return "utf-8"
    lines = head.split(b"\n")
    if len(lines) > 1 and len(head) >= _HEAD:
        lines.pop()  # cut off
    sound = broken = 0
    for line in lines:
        if line.isascii():
            continue
        try:
            line.decode("utf-8")
            sound += 1
        except UnicodeDecodeError:
            broken += 1
    if sound >= broken or broken <= _FEW * len(lines):
        return "utf-8"
    return _WINDOWS if any(0x80 <= byte < 0xA0 for byte in head) else "latin-1"


def ends_in_two_ways(head: bytes) -> bool:
    """Whether some lines end with a carriage return and a newline, and others with a newline alone: DuckDB takes no
    such file."""
    return all(end.search(head) for end in _TWO_ENDS)


def copy_as_utf8(files: Sequence[str], compression: str, encoding: str, scratch: Path) -> tuple[str, ...]:
    """The texts again in `scratch`, in UTF-8 and with one kind of line end. Raises `Unopened`."""
    made = []
    for file in files:
        target = scratch / f"text-{len(list(scratch.iterdir()))}.csv"
        room = max(_LEAST_ROOM, _MOST_COPIED * Path(file).stat().st_size)
        try:
            with (
                open(file, "rb") if compression == "none" else gzip.open(file, "rb") as packed,  # noqa: PTH123
                io.TextIOWrapper(packed, encoding, newline=None) as text,
                target.open("w", encoding="utf-8", newline="\n") as copy,
            ):
                while block := text.read(_BLOCK):
                    room -= len(block)
                    if room < 0:
                        raise Unopened("gives far more text than it has bytes for")
                    copy.write(block)
        except UnicodeError:
            raise Unopened("is written in none of UTF-8, UTF-16, Latin-1 and Windows-1252") from None
        except (OSError, EOFError, zlib.error) as error:
            raise Unopened(str(error)) from None
        made.append(str(target))
    return tuple(made)


def _zeros(head: bytes) -> bool:
    """UTF-16 without a mark: every other byte of its ASCII letters is zero."""
    part = head[:4096]
    return len(part) >= 4 and max(part[0::2].count(0), part[1::2].count(0)) > 0.4 * len(part) / 2
