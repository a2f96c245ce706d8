"""The files of this program: what it makes of a tree depends on them, and a checkout changes without its version."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from aiaudit.resources import path_of


def program_files() -> Iterator[tuple[str, int, int]]:
    """Path, size and time of change (ns) of each: code, packs and tables.

    Raises:
        OSError: a folder cannot be listed.
    """
    folders = [Path(__file__).resolve().parent, path_of("checks"), path_of("tables")]
    todo = [str(folder) for folder in folders if folder.is_dir()]
    while todo:
        with os.scandir(todo.pop()) as listing:
            found = sorted(listing, key=lambda one: one.name)
        for one in found:
            if not one.is_dir():
                status = one.stat()
                yield one.path, status.st_size, status.st_mtime_ns
            elif one.name != "__pycache__":
                todo.append(one.path)
