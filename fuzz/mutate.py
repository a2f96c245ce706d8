"""Inputs without a guide: seeds with pieces of them changed, repeated, cut, or joined with those of another seed."""

from __future__ import annotations

import random

_EDGES = (
    b"\0",
    b"\xff" * 8,
    b"-1",
    b"9" * 40,
    b"[" * 60,
    b"{" * 60,
    b'"' * 3,
    b"'",
    b"\\",
    b"\n" * 3,
    b"\t",
    b"\xef\xbb\xbf",
    b"\xe2\x80\xae",
)


def mutated(seeds: list[bytes], words: tuple[str, ...], draw: random.Random, longest: int = 4096) -> bytes:
    """One input, at most `longest` bytes; the same draws give the same input."""
    data = bytearray(draw.choice(seeds))
    for _ in range(draw.randint(1, 6)):
        at = draw.randint(0, len(data))
        length = draw.choice((1, 1, 2, 4, 16, 64))
        match draw.randrange(6):
            case 0:
                del data[at : at + length]
            case 1:
                data[at:at] = draw.choice(_EDGES)
            case 2 if words:
                data[at:at] = draw.choice(words).encode()
            case 3:
                data[at:at] = bytes(data[at : at + length]) * draw.choice((2, 3, 20))
            case 4:
                data[at : at + length] = bytes(draw.randrange(256) for _ in range(length))
            case _:
                other = draw.choice(seeds)
                start = draw.randint(0, len(other))
                data[at:] = other[start:]
    return bytes(data[:longest])
