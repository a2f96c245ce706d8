"""Objects that Python saved under the suffix of a table: `.sav` is SPSS's, and what people call a model of theirs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from aiaudit.project.reader import Unreadable

if TYPE_CHECKING:
    from aiaudit.project.entry import Entry
    from aiaudit.project.tree import Project

_SUFFIXES: Final = frozenset({".sav"})
# How pickles of protocol 2 and later begin, and what joblib packs them in. A file of SPSS begins with $FL.
_HEADS: Final = (b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05", b"\x1f\x8b", b"\x78", b"PK\x03\x04", b"BZh")
_MOST: Final = 4  # bytes


def is_saved_object(project: Project, entry: Entry) -> bool:
    """Whether a file has the suffix of a table and holds a model or another object that Python saved."""
    if entry.suffix not in _SUFFIXES:
        return False
    try:
        return project.head(entry.path, _MOST).startswith(_HEADS)
    except (Unreadable, OSError):
        return False
