"""What Hyperscan makes of expressions and literals: compiled for one scan, carried by a wheel, and kept between runs.

To compile takes 0.1 s for the literals of all packs and three seconds for their expressions, to read what was compiled
a few milliseconds. Hyperscan itself refuses a database that another version made, or that is for another processor or
not whole (by a checksum of its own, beside that of the cache); it is then compiled anew.
"""

from __future__ import annotations

import contextlib
import json
import zlib
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec

from aiaudit.project.cache import content_hash, engine_id
from aiaudit.resources import precompiled

if TYPE_CHECKING:
    from aiaudit.project.cache import Cache

SLOT: Final = "hyperscan"
VERSION: Final = 2  # of what is made of expressions
SUFFIX: Final = ".hs"  # of what a wheel carries


class Compiled(NamedTuple):
    """A search, ready: the numbers of expressions that may stand anywhere; for each literal's number, an expression to
    which it leads and the literals that must be there besides (one of each clause); Hyperscan's database."""

    always: list[int]
    uses: list[tuple[int, int, list[frozenset[int]]]]
    database: Any


_Head = tuple[list[int], list[tuple[int, int, list[frozenset[int]]]]]


def compiled_name(asked: Sequence[Any]) -> bytes:
    """The name of what is made of this (plain JSON) by this version of Hyperscan."""
    with contextlib.suppress(ImportError, OSError):
        import hyperscan

        return content_hash(json.dumps([VERSION, getattr(hyperscan, "__version__", ""), *asked]).encode("ascii"))
    return b""


def compiled_for(name: bytes, make: Callable[[], Compiled], cache: Cache | None, purpose: str) -> Compiled:
    """What the wheel carries or the cache keeps under this name, or what is made now, which the cache then keeps: one
    for each `purpose`. Raises what `make` raises."""
    if (found := shipped(name.hex())) is not None:
        return found
    slot = engine_id(SLOT, purpose)
    parts = cache.kept(slot, name) if cache is not None else None
    if parts and len(parts) == 2:
        with contextlib.suppress(ValueError, zlib.error):
            return _read(bytes(parts[0]), zlib.decompress(parts[1]))
    made = make()
    if cache is not None:
        head, data = _written(made)
        cache.keep(slot, name, [head, zlib.compress(data, 1)])
    return made


def is_shipped(name: bytes) -> bool:
    """Whether the wheel carries this search."""
    return precompiled(name.hex() + SUFFIX) is not None


def shipped(name: str) -> Compiled | None:
    """The search of this name that the wheel carries; None where it has none, or one for another machine."""
    file = precompiled(name + SUFFIX)
    if file is None:
        return None
    with contextlib.suppress(OSError, ValueError), file.open("rb") as opened:
        return _read(opened.readline(), opened.read())
    return None


def to_bytes(compiled: Compiled) -> bytes:
    """What a wheel carries of a search."""
    return b"\n".join(_written(compiled))


def _written(compiled: Compiled) -> tuple[bytes, bytes]:
    import hyperscan

    uses = [(literal, number, [sorted(clause) for clause in others]) for literal, number, others in compiled.uses]
    head = json.dumps([compiled.always, uses], separators=(",", ":")).encode("ascii")
    return head, b"" if compiled.database is None else hyperscan.dumpb(compiled.database)


def _read(head: bytes, data: bytes) -> Compiled:
    """Raises `ValueError` where it is not what was written, or not for this machine."""
    import hyperscan

    try:
        always, uses = msgspec.json.decode(head, type=_Head)
        found = None
        if data:
            found = hyperscan.loadb(data, hyperscan.HS_MODE_BLOCK)
            found.scratch = hyperscan.Scratch(found)
        return Compiled(always, uses, found)
    except hyperscan.error as error:
        raise ValueError(f"Hyperscan: {error}") from None


def database(asked: Sequence[tuple[bytes, int, int]]) -> Any:
    """Hyperscan's database of these expressions, each with the number by which a scan names it and its flags. Raises
    `ImportError` where Hyperscan is not installed, `RuntimeError` where it cannot read them or does not run on this
    processor."""
    import hyperscan

    expressions, numbers, flags = zip(*asked, strict=True)
    try:
        made = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
        made.compile(expressions=list(expressions), ids=list(numbers), elements=len(expressions), flags=list(flags))
    except hyperscan.error as error:
        raise RuntimeError(f"Hyperscan: {error}") from None
    return made
