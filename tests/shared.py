"""What is dear to make and never changes: made once in a process, and shared by its tests and by the workers it forks."""

from __future__ import annotations

import hashlib
import importlib
import os
import pkgutil
import sys
from collections.abc import Callable, Sequence
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from aiaudit import lazy
from aiaudit.packs import load
from aiaudit.packs.files import shipped_packs
from aiaudit.packs.library import Library

_SHIPPED = shipped_packs()
READERS = ("aiaudit.data", "aiaudit.probes", "aiaudit.project")


@cache
def library() -> Library:
    """The shipped packs."""
    return load.load()


@cache
def ready_to_fork() -> None:
    """Import and compile here what each forked worker of a small audit would import and compile for itself.

    A real audit forks a few times and this does not matter to it; the tests fork some thousand times, and half of what
    their workers did was this.
    """
    import duckdb  # noqa: F401
    import ibis

    from aiaudit.probes.python import outline

    for name in READERS:
        package = importlib.import_module(name)
        for found in pkgutil.walk_packages(package.__path__, f"{name}."):
            importlib.import_module(found.name)
    for module in [one for name, one in sys.modules.items() if name.startswith("aiaudit.")]:
        for value in vars(module).values():
            if isinstance(value, lazy.Lazy):
                value.compiled()
    outline.scanner()
    ibis.to_sql(ibis.table({"a": "int64"}, name="t"), dialect="duckdb")  # imports what writes SQL


def are_shipped(files: Sequence[Path]) -> bool:
    """Whether the shipped packs are asked for and no others; a test may have put others in their place."""
    return not files and shipped_packs() == _SHIPPED


def queries_made_once(make: Callable[..., Any]) -> Callable[..., Any]:
    """A maker of queries that keeps what it has made of a spec: the shipped specs are the same in every case."""
    known: dict[int, tuple[Any, Any]] = {}

    def made(spec: Any, table: Any, checked: bool) -> Any:
        kept = known.get(id(spec))
        if kept is None or kept[0] is not spec:
            kept = known[id(spec)] = (spec, make(spec, table, checked))
        return kept[1]

    return made


def databases_in(folder: Path, make: Callable[..., Any]) -> Callable[..., Any]:
    """A maker of Hyperscan's databases that keeps in a folder what it has made, and has the rest made by this one. The
    last few are held as well: one case of a check comes after the other."""
    import hyperscan

    def stored(asked: tuple[tuple[bytes, int, int], ...]) -> Any:
        file = folder / hashlib.blake2b(repr(list(asked)).encode(), digest_size=16).hexdigest()
        if not file.is_file():
            made = make(asked)
            fresh = file.with_suffix(f".{os.getpid()}")
            fresh.write_bytes(hyperscan.dumpb(made))
            fresh.replace(file)
            return made
        found = hyperscan.loadb(file.read_bytes(), hyperscan.HS_MODE_BLOCK)
        found.scratch = hyperscan.Scratch(found)
        return found

    held = lru_cache(maxsize=8)(stored)
    return lambda asked: held(tuple(asked))
