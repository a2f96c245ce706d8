"""Files that git tracks and the working tree lacks: deleted, left out of a checkout, or not to be had."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from aiaudit.project.entry import MISSING, Entry
from aiaudit.project.roles import role_and_suffix, role_of_dirs

if TYPE_CHECKING:
    from aiaudit.project.tree import Project


def missing_files(project: Project) -> Iterator[Entry]:
    """Each of them as it would stand here, without a size."""
    for path, reason in project.skipped:
        if reason == MISSING:
            folder, _, name = path.rpartition("/")
            role, suffix = role_and_suffix(role_of_dirs(folder.lower()), name.lower(), folder)
            yield Entry(path, 0, role=role, suffix=suffix)
