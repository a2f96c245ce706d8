"""Hyperscan's databases: many expressions, or literals, compiled for one scan, and kept between runs.

To compile takes 0.1 s for the literals of all packs and 2 s for their expressions, to read what was compiled 0.003 s.
Hyperscan itself refuses a database that another version made, or that is for another processor or not whole (by a
checksum of its own, beside that of the cache); it is then compiled anew.
"""

from __future__ import annotations

import contextlib
import json
import zlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from aiaudit.project.cache import content_hash, engine_id

if TYPE_CHECKING:
    from aiaudit.project.cache import Cache

SLOT: Final = "hyperscan"


def database(
    expressions: Sequence[bytes],
    flags: Sequence[int],
    *,
    ids: Sequence[int] | None = None,
    literal: bool = False,
    cache: Cache | None = None,
    purpose: str = "",
) -> Any:
    """The database of these expressions, which a scan names by their `ids` (their numbers where None).

    `literal`: they are texts. `cache`: keeps it, one for each `purpose`. Raises `ImportError` where Hyperscan is not
    installed, `RuntimeError` where it cannot read them or does not run on this processor.
    """
    import hyperscan

    ids = range(len(expressions)) if ids is None else ids
    asked = [
        getattr(hyperscan, "__version__", ""),
        [one.hex() for one in expressions],
        [*map(int, flags)],
        [*ids],
        literal,
    ]
    name = content_hash(json.dumps(asked).encode("ascii"))
    slot = engine_id(SLOT, purpose)
    parts = cache.kept(slot, name) if cache is not None else None
    if parts:
        with contextlib.suppress(hyperscan.error, zlib.error):
            kept = hyperscan.loadb(zlib.decompress(parts[0]), hyperscan.HS_MODE_BLOCK)
            kept.scratch = hyperscan.Scratch(kept)
            return kept
    made = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    try:
        made.compile(
            expressions=list(expressions), ids=list(ids), elements=len(expressions), flags=list(flags), literal=literal
        )
        if cache is not None:
            cache.keep(slot, name, [zlib.compress(hyperscan.dumpb(made), 1)])
    except hyperscan.error as error:
        raise RuntimeError(f"Hyperscan: {error}") from None
    return made
