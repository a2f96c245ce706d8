"""Files and folders that the caller names, as sources."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Final

from aiaudit.data.formats import format_of
from aiaudit.data.model import Source
from aiaudit.data.naming import role_of

MOST_FILES: Final = 1000
_SKIPPED: Final = frozenset({".git", ".venv", "node_modules", "__pycache__"})


def sources_at(path: Path, *, reference: Path | None = None, label: str | None = None) -> list[Source]:
    """One source a data file, in the order of their paths; links are not followed.

    With a reference, that file is the reference and all others are current.
    """
    files = [path] if path.is_file() else _below(path)
    sources = [_source(file, path if path.is_dir() else path.parent, label) for file in files]
    if reference is None:
        return sources
    sources = [replace(s, role="current") for s in sources if not s.files[0].samefile(reference)]
    return [replace(_source(reference, reference.parent, label), role="reference"), *sources]


def _source(file: Path, root: Path, label: str | None) -> Source:
    shown = file.relative_to(root).as_posix()
    form = format_of(file)
    return Source(shown, shown, (file.resolve(),), form.name if form else "", role=role_of(shown), label=label)


def _below(folder: Path) -> list[Path]:
    found: list[Path] = []
    for at, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if name not in _SKIPPED)
        for name in sorted(names):
            file = Path(at, name)
            form = format_of(name)
            if form is not None and form.name and not file.is_symlink() and file.is_file() and _is_data(file):
                found.append(file)
                if len(found) == MOST_FILES:
                    return found
    return found


def _is_data(file: Path) -> bool:
    """Texts and JSON documents are data only in folders that say so."""
    if file.suffix.lower() not in (".txt", ".json"):
        return True
    return any(part.lower() in ("data", "dataset", "datasets") for part in file.parent.parts)
