"""Packs that were loaded before: parsing and checking them takes longer than a small audit.

They come from the wheel (`aiaudit.packs.precompiled`) or the user's cache. What is kept there is named by the bytes of
the pack files, this program's version and files, and this Python. It is plain JSON with a checksum; anything that is
not as expected is as if it were not there, and the packs are loaded anew. Packs with mistakes are never kept, so that
their messages are the same each time.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from aiaudit.packs import precompiled
from aiaudit.packs.files import files_of, shipped_files
from aiaudit.packs.library import Library
from aiaudit.program import program_files

if TYPE_CHECKING:
    from aiaudit.project.cache import Cache

SLOT: Final = "packs"


def load(files: Sequence[Path] = (), *, cache: Cache | None = None) -> Library:
    """As `aiaudit.packs.load.load`, kept in `cache`. A library that was kept has no documents.

    Raises:
        PackError: with every mistake in any of the files.
    """
    from aiaudit.project.cache import engine_id

    if not files and (ready := precompiled.library()) is not None:
        return ready
    named = _digest(files) if cache is not None else None
    if cache is None or named is None:
        return _load(files)
    slot = engine_id(SLOT, "\0".join(map(str, files)))
    found = _read(cache.kept(slot, named))
    if found is None:
        found = _load(files)
        if not _foreign(found):
            _keep(cache, slot, named, found)
    return found


def _load(files: Sequence[Path]) -> Library:
    from aiaudit.packs.load import load as load_files

    return load_files(files)


def _read(parts: list[memoryview] | None) -> Library | None:
    if parts is None or len(parts) != 2:
        return None
    from aiaudit.packs.pack_codec import from_parts

    try:
        return from_parts(*parts)
    except (ValueError, TypeError, KeyError, IndexError, RecursionError):
        return None


def _foreign(library: Library) -> bool:
    """Whether a pack asks a plug-in's probe, whose code is not part of the name that a library is kept under."""
    from aiaudit.probes.registry import PROBES

    return any(spec.probe and spec.probe not in PROBES for spec in library.facts.values())


def _keep(cache: Cache, slot: bytes, named: bytes, library: Library) -> None:
    from aiaudit.packs.pack_codec import Unstorable, to_parts

    try:
        parts = to_parts(library)
    except (Unstorable, ValueError, RecursionError):  # a pack of the caller's own with a date in it, say
        return
    cache.keep(slot, named, parts)


def _digest(files: Sequence[Path]) -> bytes | None:
    """A name for all that a loaded library depends on; None where a file cannot be read (loading will say why)."""
    made = hashlib.blake2b(digest_size=20)
    try:
        named = [*shipped_files(), *(file for pack in files for file in files_of(pack))]
        made.update(precompiled.name_of(named).encode())
        for name, size, changed in program_files():
            made.update(f"{name}\0{size}\0{changed}\0".encode("utf-8", "surrogateescape"))
    except OSError:
        return None
    return made.digest()
