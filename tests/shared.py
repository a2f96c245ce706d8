"""What is dear to make and never changes: made once in a process, and shared by its tests and by the workers it forks."""

from __future__ import annotations

import importlib
import pkgutil
import sys
from collections.abc import Sequence
from functools import cache
from pathlib import Path

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
