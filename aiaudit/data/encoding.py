"""The character encoding of a text file, decided by its head."""

from __future__ import annotations

import codecs
import gzip
import zlib
from pathlib import Path
from typing import Final

_HEAD: Final = 4 * 1024 * 1024  # bytes looked at
_FEW: Final = 0.001  # share of lines that may be broken in a UTF-8 file that has few lines with signs beyond ASCII
_UTF16_BOMS: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def head_of(path: Path, compression: str, size: int = _HEAD) -> bytes:
    """The first bytes of the text; empty where this package cannot decompress them (zstd)."""
    try:
        with path.open("rb") if compression == "none" else gzip.open(path, "rb") as stream:
            return stream.read(size) if compression in ("none", "gzip") else b""
    except (OSError, EOFError, zlib.error):
        return b""


def encoding_of(head: bytes) -> str:
    """`utf-8`, `utf-16` or `latin-1`, as DuckDB names them.

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
    return "utf-8" if sound >= broken or broken <= _FEW * len(lines) else "latin-1"


def _zeros(head: bytes) -> bool:
    """UTF-16 without a mark: every other byte of its ASCII letters is zero."""
    part = head[:4096]
    return len(part) >= 4 and max(part[0::2].count(0), part[1::2].count(0)) > 0.4 * len(part) / 2
