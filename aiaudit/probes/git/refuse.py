"""Repositories that git itself would trip over: looked at before git is started.

Git opens what lies in `.git` without asking what it is. A pipe in the place of a file would hold it up for ever, a link
or a list of alternates would have it read somebody else's repository.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Final

from aiaudit import lazy

MOST: Final = 400_000  # entries of a `.git` folder that are looked at
_NOT_READ: Final = frozenset({"hooks", "logs", "lfs", "modules", "rr-cache"})  # by the commands that are run here
_VALUE: Final = lazy.regex(r"(\w+)[ \t]*=[ \t]*([^\n#;]+)")  # also behind a section's name on its line
_MOST_SETTINGS: Final = 50  # files of settings that are looked at
_ALTERNATES: Final = ("objects/info/alternates", "objects/info/http-alternates")


def trouble(git: Path) -> str:
    """Why git is not to be started on the repository `git`; "" where it may be."""
    seen = 0
    folders = [git]
    while folders:
        folder = folders.pop()
        try:
            with os.scandir(folder) as found:
                for one in found:
                    seen += 1
                    if one.is_symlink():
                        if not _stays(one.path, git):
                            return f".git holds a link that leads out of it ({one.name})"
                    elif one.is_dir():
                        if not (folder == git and one.name in _NOT_READ):
                            folders.append(Path(one.path))
                    elif not one.is_file():
                        return f".git holds something that is no file ({one.name})"
        except OSError:
            continue  # git says what it makes of it
        if seen > MOST:
            return f".git holds more than {MOST:,} files"
    for name in _ALTERNATES:
        if (git / name).exists():
            return "its objects are kept in another repository (objects/info/alternates)"
    if _names_no_file([git / "config", git / "config.worktree"]):
        return "its settings name something that is no file"
    return ""


def _names_no_file(settings: list[Path]) -> bool:
    """Whether a value of the settings, or of files that they include, is the path of a pipe or a device: git would wait
    for it. Whichever key it stands at, since many name files."""
    todo, seen = list(settings), 0
    while todo and seen < _MOST_SETTINGS:
        one = todo.pop()
        seen += 1
        for key, value in _VALUE.findall(_text(one).replace("\\\n", "")):
            path = one.parent / value.replace('"', "").strip()
            try:
                mode = os.stat(path).st_mode  # noqa: PTH116 (follows links, as git does)
            except (OSError, ValueError):
                continue  # git passes over what is not there
            if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode) or str(path) == os.devnull):
                return True
            if key.lower() == "path" and stat.S_ISREG(mode):
                todo.append(path)
    return bool(todo)


def _stays(path: str, git: Path) -> bool:
    """Whether a link leads to a regular file or a folder inside `.git`, or to nothing."""
    target = os.path.realpath(path)
    try:
        mode = os.stat(target).st_mode  # noqa: PTH116
    except OSError:
        return True
    return target.startswith(f"{os.path.realpath(git)}/") and (stat.S_ISREG(mode) or stat.S_ISDIR(mode))


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return file.read(1 << 20).decode("utf-8", "replace")
    except OSError:
        return ""
