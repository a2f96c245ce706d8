"""Where the folders that ship with the package lie (`checks/`, `templates/`, `tables/`), in a wheel or a checkout."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final, Literal

Folder = Literal["checks", "templates", "tables"]
PRECOMPILED: Final = "precompiled"  # the folder beside the packs of a wheel for what was made of them
MADE_OF: Final = "made-of"  # in that of a checkout: what it was made of

_PACKAGE = Path(__file__).resolve().parent
_CHECKOUT = _PACKAGE.parent


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
    """A file that was made from the packs: when the wheel was built or, in a checkout, by `make test`. None where
    there is none, or where packs or program have changed since."""
    if (_PACKAGE / "_checks").is_dir():
        file = _PACKAGE / "_checks" / PRECOMPILED / name
    elif is_fresh():
        file = checkout_precompiled() / name
    else:
        return None
    return file if file.is_file() else None


def checkout_precompiled() -> Path:
    """The folder of a checkout for what was made from its packs."""
    return _CHECKOUT / f".{PRECOMPILED}"


@cache
def is_fresh() -> bool:
    """Whether that folder was made from the checkout as it is."""
    try:
        return (checkout_precompiled() / MADE_OF).read_text("ascii").split()[0] == state_of_checkout()
    except (OSError, ValueError, IndexError):
        return False


def is_of_these_bytes() -> bool:
    """The same by what the files hold, as a wheel asks that takes what is there."""
    try:
        return (checkout_precompiled() / MADE_OF).read_text("ascii").split()[1] == content_of_checkout()
    except (OSError, ValueError, IndexError):
        return False


def state_of_checkout() -> str:
    """A name for the program and its packs as they lie in a checkout, by sizes and times: to look at a thousand files
    takes a few milliseconds, to read them many."""
    made = hashlib.blake2b(digest_size=20)
    for path, seen in _sources():
        made.update(f"{path}\0{seen.st_size}\0{seen.st_mtime_ns}\n".encode("utf-8", "surrogateescape"))
    return made.hexdigest()


def content_of_checkout() -> str:
    """A name for them by what they hold. Raises `OSError`."""
    made = hashlib.blake2b(digest_size=20)
    for path, _ in _sources():
        data = Path(path).read_bytes()
        made.update(f"{path.removeprefix(str(_CHECKOUT))}\0{len(data)}\0".encode("utf-8", "surrogateescape"))
        made.update(data)
    return made.hexdigest()


def _sources() -> list[tuple[str, os.stat_result]]:
    folders = (_PACKAGE, _CHECKOUT / "checks", _CHECKOUT / "tables")
    return sorted((one for folder in folders for one in _files(str(folder))), key=lambda one: one[0])


def _files(folder: str) -> Iterator[tuple[str, os.stat_result]]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                if entry.name != "__pycache__":
                    yield from _files(entry.path)
            else:
                yield entry.path, entry.stat(follow_symlinks=False)
