"""The logo of a brand: a PNG or JPEG file, looked at before it is embedded, and again before it is shown.

Only these two: they hold pixels and nothing that a browser or a PDF renderer would run or fetch.
"""

from __future__ import annotations

import base64
import binascii
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Final

MOST_BYTES: Final = 200 * 1024
MOST_PIXELS: Final = 4000  # a side

_PNG: Final = b"\x89PNG\r\n\x1a\n"
_JPEG: Final = b"\xff\xd8\xff"
_SIZES: Final = frozenset({*range(0xC0, 0xC4), *range(0xC5, 0xC8), *range(0xC9, 0xCC), *range(0xCD, 0xD0)})


class LogoError(ValueError):
    """The file is no logo that can be embedded; the message says why, and what to do."""


def embed(path: Path) -> str:
    """A logo as a `data:` address. Raises `LogoError`."""
    try:
        if path.stat().st_size > MOST_BYTES:
            raise LogoError(f"{path}: larger than {MOST_BYTES // 1024} kB; save it smaller")
        content = path.read_bytes()
    except OSError as error:
        raise LogoError(f"{path}: {(error.strerror or 'cannot be read').lower()}") from None
    kind, width, height = size_of(content, str(path))
    if max(width, height) > MOST_PIXELS:
        raise LogoError(f"{path}: {width} × {height} pixels; at most {MOST_PIXELS} a side")
    return f"data:image/{kind};base64,{base64.b64encode(content).decode()}"


def checked(address: str) -> str:
    """The address where it holds a logo that `embed` would have made; empty otherwise."""
    head, comma, body = address.partition(",")
    if not comma or head not in ("data:image/png;base64", "data:image/jpeg;base64") or len(body) > 2 * MOST_BYTES:
        return ""
    try:
        content = base64.b64decode(body, validate=True)
        kind, width, height = size_of(content, "logo")
    except (binascii.Error, LogoError):
        return ""
    fits = len(content) <= MOST_BYTES and max(width, height) <= MOST_PIXELS and head == f"data:image/{kind};base64"
    return f"{head},{base64.b64encode(content).decode()}" if fits else ""


def size_of(content: bytes, name: str) -> tuple[str, int, int]:
    """`png` or `jpeg`, width and height in pixels, from the file's own header. Raises `LogoError`."""
    if content.startswith(_PNG) and content[12:16] == b"IHDR" and len(content) > 24:
        width, height = struct.unpack(">II", content[16:24])
        return "png", _above_zero(width, name), _above_zero(height, name)
    if content.startswith(_JPEG):
        for marker, start in _segments(content):
            if marker in _SIZES and start + 9 <= len(content):
                height, width = struct.unpack(">HH", content[start + 5 : start + 9])
                return "jpeg", _above_zero(width, name), _above_zero(height, name)
    raise LogoError(f"{name}: neither a PNG nor a JPEG image; save the logo as one of them")


def _segments(content: bytes) -> Iterator[tuple[int, int]]:
    """Marker and place of each segment before the pixels (JPEG, ITU T.81, annex B)."""
    place = 2
    while place + 4 <= len(content) and content[place] == 0xFF:
        marker = content[place + 1]
        if marker == 0xFF:  # fill byte
            place += 1
            continue
        yield marker, place
        if marker == 0xDA:
            return
        place += 2 + struct.unpack(">H", content[place + 2 : place + 4])[0]


def _above_zero(pixels: int, name: str) -> int:
    if pixels < 1:
        raise LogoError(f"{name}: an image without pixels")
    return pixels
