"""Folders of images: counts, headers that do not hold, classes by folder, equal files. Nothing is decoded."""

from __future__ import annotations

import hashlib
import os
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from aiaudit.data.exact import MOST_CLASSES
from aiaudit.data.model import Dataset, Label, Malformed, Source
from aiaudit.project.reader import Reader, Unreadable

SUFFIXES: Final = frozenset({".jpg", ".jpeg", ".png", ".gif", ".bmp", ".webp", ".tif", ".tiff"})
FEWEST: Final = 10  # images in a folder and below that make a data set
_NAMED: Final = 10  # malformed images that are named
_LARGEST: Final = 256 * 1024 * 1024  # bytes of an image that are read
_EDGE: Final = 64 * 1024  # bytes at both ends in which marks are looked for


def images_at(source: Source) -> tuple[Dataset, tuple[str, ...]]:
    """The figures of an image folder, and notes. `rows` are images, `malformed` those whose header or end is broken,
    `duplicate_rows` those whose bytes equal an earlier one's, `label` the folders, `lines` stays empty."""
    paths = sorted(source.files)
    root = Path(os.path.commonpath([path.parent for path in paths]))
    sizes: dict[Path, int] = {}
    broken: list[str] = []
    unread = 0
    by_size: dict[int, list[Path]] = defaultdict(list)
    with Reader(str(root)) as reader:
        for path in paths:
            try:
                with reader.open(path.relative_to(root).as_posix()) as stream:
                    size = stream.seek(0, os.SEEK_END)
                    stream.seek(0)
                    head = stream.read(_EDGE)
                    stream.seek(max(0, size - _EDGE))
                    tail = stream.read(_EDGE)
            except (Unreadable, OSError):
                unread += 1
                continue
            sizes[path] = size
            by_size[size].append(path)
            if not whole(head, tail, size):
                broken.append(path.relative_to(root).as_posix())
        duplicates = sum(_equal(reader, root, alike) for alike in by_size.values() if len(alike) > 1)
    notes = (f"{source.name}: {unread} images could not be read",) if unread else ()
    if broken:
        listed = ", ".join(broken[:_NAMED]) + (f" and {len(broken) - _NAMED} more" if len(broken) > _NAMED else "")
        notes = (*notes, f"{source.name}: malformed: {listed}")
    return (
        Dataset(
            source.name,
            source.path,
            "images",
            role=source.role,
            provenance=source.provenance,
            rows=len(paths),
            size_bytes=sum(sizes.values()),
            malformed=Malformed(len(broken) + unread),
            duplicate_rows=duplicates,
            label=_classes(root, paths),
        ),
        notes,
    )


def whole(head: bytes, tail: bytes, size: int) -> bool:
    """Whether the file begins like an image, whatever its suffix, and ends like one where its format has an end."""
    if head.startswith(b"\xff\xd8\xff"):
        return b"\xff\xd9" in tail
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return head[12:16] == b"IHDR" and b"IEND" in tail
    if head.startswith((b"GIF87a", b"GIF89a")):
        return size > 13 and b";" in tail[-16:]
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return int.from_bytes(head[4:8], "little") + 8 <= size
    if head.startswith(b"BM"):
        return size > 26 and int.from_bytes(head[2:6], "little") <= size
    if head.startswith((b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+")):
        return size > 8
    return False


def _equal(reader: Reader, root: Path, paths: Sequence[Path]) -> int:
    """Files that equal an earlier one, by their SHA-256."""
    seen: set[bytes] = set()
    for path in paths:
        try:
            with reader.open(path.relative_to(root).as_posix()) as stream:
                digest = hashlib.sha256()
                left = _LARGEST
                while left > 0 and (block := stream.read(min(left, 1 << 20))):
                    digest.update(block)
                    left -= len(block)
        except (Unreadable, OSError):
            continue
        seen.add(digest.digest())
    return len(paths) - len(seen)


def _classes(root: Path, paths: Sequence[Path]) -> Label | None:
    """Classes by the folder below the root; None where all images lie in one."""
    counts = Counter(path.relative_to(root).parts[0] if path.parent != root else "" for path in paths)
    counts.pop("", None)
    if not 2 <= len(counts) <= MOST_CLASSES:
        return None
    total = sum(counts.values())
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return Label("folder", {name: n / total for name, n in ordered}, dict(ordered))
