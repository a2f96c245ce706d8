"""The files of this program that decide what a pack means and what a probe answers."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from aiaudit.resources import path_of

_CODE: Final = ("model", "packs", "probes", "project", "rules")


def program_files() -> Iterator[tuple[str, int, int]]:
    """Path, size and time of change (ns) of each: a checkout changes without its version.

    Raises:
        OSError: a folder cannot be listed.
    """
    package = Path(__file__).resolve().parent
    folders = [*(package / name for name in _CODE), path_of("checks") / "data"]
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
