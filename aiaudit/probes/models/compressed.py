"""Takes gzip, zlib, bzip2, xz and lzma apart, within limits. What came out before a break is given too."""

from __future__ import annotations

import bz2
import lzma
import zlib
from typing import Final

from aiaudit.probes.models.judgement import Budget
from aiaudit.probes.models.source import Source
from aiaudit.probes.models.zips import MAX_INFLATED, MAX_RATIO, RATIO_FROM, TooLarge, inflate

_STEP: Final = 1 << 20
_MEMORY: Final = 128 * 1024 * 1024  # of the lzma decoder
_WINDOW: Final = {"gzip": 31, "zlib": 15, "deflate": -15}


class NotCompressed(Exception):  # noqa: N818
    """The first bytes looked like it, the rest does not."""


def unpack(source: Source, kind: str, budget: Budget, limit: int | None = None) -> bytes:
    """What comes out; at most `limit` bytes where one is given. Raises `TooLarge` and `NotCompressed`."""
    try:
        if kind in _WINDOW:
            if limit is not None:
                return zlib.decompressobj(_WINDOW[kind]).decompress(source.at(0, limit), limit)
            return inflate(source, zlib.decompressobj(_WINDOW[kind]), budget)
        if kind == "bzip2":
            return _pull(source, bz2.BZ2Decompressor(), budget, limit)
        shape = lzma.FORMAT_XZ if kind == "xz" else lzma.FORMAT_ALONE
        return _pull(source, lzma.LZMADecompressor(shape, memlimit=_MEMORY), budget, limit)
    except (zlib.error, lzma.LZMAError, OSError, EOFError, ValueError):
        raise NotCompressed from None


def _pull(
    source: Source, machine: bz2.BZ2Decompressor | lzma.LZMADecompressor, budget: Budget, limit: int | None
) -> bytes:
    out = bytearray()
    place = 0
    while not machine.eof:
        piece = b""
        if machine.needs_input:
            piece = source.at(place, _STEP)
            place += len(piece)
            if not piece:
                break
        try:
            made = machine.decompress(piece, limit or _STEP)
        except (lzma.LZMAError, OSError, EOFError):
            if not out:
                raise
            break
        out += made
        if limit is not None and len(out) >= limit:
            break
        budget.inflated -= len(made)
        too_dense = len(out) > RATIO_FROM and len(out) > MAX_RATIO * max(1, place)
        if len(out) > MAX_INFLATED or budget.inflated < 0 or too_dense:
            raise TooLarge
    return bytes(out)
