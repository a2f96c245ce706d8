"""A task of a task runner: the pieces of shell script it runs, and the tasks that run before it."""

from __future__ import annotations

import posixpath

from msgspec import Struct


class Piece(Struct, frozen=True):
    """One script of a task. `ignored`: its failure does not fail the task. `line` is where its first line stands.

    Scripts of most runners go to `sh -c` one by one, so that errexit is off and the last command's status counts.
    """

    script: str
    line: int
    ignored: bool = False
    errexit: bool = False
    words: tuple[str, ...] = ()  # a command given as a list of words instead of a script


class Task(Struct, frozen=True):
    """`folder`: where its scripts run. `module`: the Python file whose own code is the task (one without commands)."""

    name: str
    path: str
    line: int
    pieces: tuple[Piece, ...] = ()
    needs: tuple[str, ...] = ()
    folder: str | None = ""
    module: str = ""


def join(folder: str | None, target: str) -> str | None:
    """`target` seen from `folder`, as a path of the tree; None where it leaves the tree or is not known."""
    if folder is None or "$" in target or "{" in target or target.startswith(("/", "~")):
        return None
    path = posixpath.normpath(posixpath.join(folder, target.replace("\\", "/")))
    return None if path == ".." or path.startswith("../") else "" if path == "." else path
