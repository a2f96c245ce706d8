"""Files, folders and globs that the caller names, as sources. Links are not followed."""

from __future__ import annotations

import glob
import os
import re
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from aiaudit import lazy
from aiaudit.data.encoding import head_of
from aiaudit.data.formats import format_of
from aiaudit.data.images import FEWEST, SUFFIXES
from aiaudit.data.model import Source
from aiaudit.data.naming import role_of

MOST_SOURCES: Final = 1000
MANY: Final = 20  # files of one folder whose names differ by digits only are parts of one set
_RECORDS: Final = lazy.regex(rb"\s*\[\s*\{")  # how a list of records begins
_SKIPPED: Final = frozenset({".git", ".venv", "node_modules", "__pycache__"})
_PART: Final = lazy.regex(
    r"(?:^|[-_.])(?:part|shard|chunk|split)[-_.]?[0-9]+|[-_.][0-9]{3,}-of-[0-9]{3,}|^[0-9]{5,}(?:_[0-9]+)*\.",
    re.IGNORECASE,
)
_HIVE: Final = lazy.regex(r"^[A-Za-z_][A-Za-z0-9_]*=.+$")
_PARTED: Final = frozenset({"parquet", "csv", "jsonl", "arrow"})
_UUID: Final = lazy.regex(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}(?:-c[0-9]+)?")


class Found(Struct, frozen=True):
    """Sources in the order of their paths, and what was left out."""

    sources: tuple[Source, ...]
    notes: tuple[str, ...] = ()


def tables_at(table: Path, *, reference: Path | None = None, label: str | None = None) -> Found:
    """Tables of a warehouse, by their names (`orders`, `shop.orders`)."""

    def one(name: Path, role: str) -> Source:
        return Source(str(name), str(name), (), "table", role=role, label=label, table=str(name))

    if reference is None:
        return Found((one(table, ""),))
    return Found((one(reference, "reference"), one(table, "current")))


def sources_at(path: Path, *, reference: Path | None = None, label: str | None = None) -> Found:
    """One source a data file, a set of parts, or a folder of images; a glob (`data/*.parquet`) is one source.

    With a reference, that file (or folder of parts) is the reference and all others are current.
    """
    found = _at(path, label)
    if reference is None:
        return found
    base = _at(reference, label)
    if not base.sources:
        return base
    of_base = {file for source in base.sources for file in source.files}
    others = [replace(s, role="current") for s in found.sources if not of_base & set(s.files)]
    return Found((replace(base.sources[0], role="reference"), *others), (*base.notes, *found.notes))


def _at(path: Path, label: str | None) -> Found:
    if path.is_file():
        return Found((_source([path], path.parent, label),))
    if not path.exists() and glob.has_magic(str(path)):
        files = [Path(name) for name in sorted(glob.glob(str(path), recursive=True))]  # noqa: PTH207 (an absolute pattern)
        files = [file for file in files if file.is_file() and not file.is_symlink()]
        if not files:
            return Found(())
        shown = path.name if path.name != "**" else str(path)
        return Found((_source(files, Path(os.path.commonpath([f.parent for f in files])), label, shown),))
    return _below(path, label)


def _source(files: list[Path], root: Path, label: str | None, shown: str | None = None) -> Source:
    name = shown or files[0].relative_to(root).as_posix()
    form = format_of(files[0])
    return Source(
        name, name, tuple(file.resolve() for file in files), form.name if form else "", role=role_of(name), label=label
    )


def _below(folder: Path, label: str | None) -> Found:
    files: list[Path] = []
    pictures: list[Path] = []
    for at, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if name not in _SKIPPED)
        for name in sorted(names):
            file = Path(at, name)
            if file.suffix.lower() in SUFFIXES:
                if not file.is_symlink() and file.is_file():
                    pictures.append(file)
                continue
            form = format_of(name)
            if form is not None and form.name and not file.is_symlink() and file.is_file() and _is_data(file):
                files.append(file)
    sources = [_source(parts, folder, label, shown) for shown, parts in _sets(files, folder)]
    sources += _picture_sets(pictures, folder)
    sources.sort(key=lambda source: source.path)
    notes = (
        (f"{len(sources):,} data sets found: the first {MOST_SOURCES:,} are profiled",)
        if len(sources) > MOST_SOURCES
        else ()
    )
    return Found(tuple(sources[:MOST_SOURCES]), notes)


def _sets(files: Iterable[Path], root: Path) -> list[tuple[str | None, list[Path]]]:
    """Files that are parts of one set together, under the name of their folder and pattern; the others alone."""
    groups: dict[tuple[Path, str, str], list[Path]] = defaultdict(list)
    for file in files:
        form = format_of(file)
        base, hive = _base(file, root)
        pattern = re.sub(r"[0-9]+", "*", _UUID.sub("*", file.name))
        groups[base, "*" if hive else pattern, f"{form.name}{form.compression}" if form else ""].append(file)
    found: list[tuple[str | None, list[Path]]] = []
    for (base, pattern, form_name), members in groups.items():
        parted = form_name.startswith(tuple(_PARTED)) and len(members) > 1
        if parted and (pattern == "*" or len(members) > MANY or all(_PART.search(file.name) for file in members)):
            found.append(((base / pattern).relative_to(root).as_posix(), members))
        else:
            found += [(None, [file]) for file in members]
    return found


def _base(file: Path, root: Path) -> tuple[Path, bool]:
    """The folder above `key=value` folders, and whether there are such."""
    base, hive = file.parent, False
    while base != root and _HIVE.match(base.name):
        base, hive = base.parent, True
    return base, hive


def _picture_sets(pictures: list[Path], root: Path) -> list[Source]:
    """Image folders: the classes of one set lie beside each other; splits (train, test) are sets of their own."""
    groups: dict[Path, list[Path]] = defaultdict(list)
    for picture in pictures:
        parents = [p for p in (picture.parent, *picture.parent.parents) if p == root or root in p.parents]
        split = next((p for p in parents if p != root and role_of(p.name)), None)
        groups[split or (picture.parent.parent if len(parents) > 1 else root)].append(picture)
    return [
        Source(shown, shown, tuple(file.resolve() for file in members), "images", role=role_of(shown))
        for base, members in groups.items()
        if len(members) >= FEWEST
        for shown in [base.relative_to(root).as_posix() if base != root else root.name or "images"]
    ]


def _is_data(file: Path) -> bool:
    """Texts and JSON documents are data only in folders that say so, or where they begin as a list of records."""
    suffix = file.suffix.lower()
    if suffix not in (".txt", ".json") or (suffix == ".json" and _RECORDS.match(head_of(file, "none", 1000))):
        return True
    return any(part.lower() in ("data", "dataset", "datasets") for part in file.parent.parts)
