"""Which files a pack is made of, and those that ship with aiaudit. Nothing here is parsed.

A pack is a file, or a folder: `pack.yaml` with its title and the facts that several checks use, and a file for each
check, which is called as its check is. Of either a part may stand beside it: `TEAM-001.lines.yaml` holds further facts
of `TEAM-001.yaml`.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from aiaudit import lazy
from aiaudit.resources import path_of

HEAD: Final = "pack.yaml"  # of a pack that is a folder
SHARED: Final = "shared"  # the folder of facts that every pack may use
_CHECK_IDS: Final = lazy.regex(r"^(?:\s*-\s+)?id:\s*([A-Z][A-Z0-9]+-[0-9]{3})\s*$", re.MULTILINE)


def files_of(pack: Path) -> list[Path]:
    """The files of a pack: itself, or those of its folder, `pack.yaml` first and each file before its parts.

    Raises:
        OSError: the folder cannot be listed.
    """
    if not pack.is_dir():
        return [pack]
    head = pack / HEAD
    yaml = (file for file in pack.iterdir() if file.suffix in (".yaml", ".yml"))
    files = (file for file in yaml if file.name[0] != "." and file.is_file() and file != head)
    return [head, *sorted(files, key=_order)]


def _order(file: Path) -> tuple[bool, str, bool, str]:
    owner = owner_of(file)
    return owner != owner_of(Path(HEAD)), owner, is_part(file), file.name


def is_part(file: Path) -> bool:
    """Whether a file of a folder holds further facts of another file there."""
    return "." in file.stem


def owner_of(file: Path) -> str:
    """What a file of a folder is about: a check's id, or `pack`."""
    return file.stem.partition(".")[0]


def cases_of(pack: Path) -> Path:
    """Where the cases of a pack lie unless its author says otherwise: beside its file, or in its folder."""
    return (pack if pack.is_dir() else pack.parent) / "cases"


def shipped_packs() -> list[Path]:
    """The files of shared facts and the packs that come with aiaudit, in a fixed order."""
    folder = path_of("checks")
    packs = [*folder.glob("*.yaml"), *(head.parent for head in folder.glob(f"*/{HEAD}"))]
    return [*sorted((folder / SHARED).glob("*.yaml")), *sorted(packs)]


def shipped_files() -> list[Path]:
    """The files of the packs and shared facts that come with aiaudit, in a fixed order."""
    return [file for pack in shipped_packs() for file in files_of(pack)]


def ids_in(pack: Path) -> list[str]:
    """The ids of the checks in a pack or in one of its files, which need not be sound."""
    texts = (file.read_text(encoding="utf-8", errors="replace") for file in files_of(pack))
    return [check for text in texts for check in _CHECK_IDS.findall(text)]
