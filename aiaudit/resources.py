"""Where the folders that ship with the package lie (`checks/`, `templates/`, `tables/`), in a wheel or a checkout."""

from __future__ import annotations

from pathlib import Path
from typing import Final, Literal

Folder = Literal["checks", "templates", "tables"]
PRECOMPILED: Final = "precompiled"  # the folder beside the packs of a wheel for what was made of them

_PACKAGE = Path(__file__).resolve().parent


def path_of(folder: Folder) -> Path:
    """The absolute path of a shipped folder.

    A wheel carries it inside the package as `_checks`, `_templates` and `_tables`; a checkout (and an editable install)
    has it beside the package. Nothing else is looked at: neither the working directory nor the audited tree.

    Raises:
        FileNotFoundError: the installation is incomplete.
    """
    for candidate in (_PACKAGE / f"_{folder}", _PACKAGE.parent / folder):
        if candidate.is_dir():
            return candidate
    raise FileNotFoundError(f"the folder {folder!r} of aiaudit is missing; reinstall the package")


def precompiled(name: str) -> Path | None:
    """A file that was made from the packs when the wheel was built; None in a checkout, where packs change."""
    file = _PACKAGE / "_checks" / PRECOMPILED / name
    return file if file.is_file() else None
