"""The files of the newest commit, from git's own tree: what is really in the repository."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from msgspec import Struct

from aiaudit.model.types import Unknown
from aiaudit.probes.git.run import Repository

_KINDS: Final = {"120000": "link", "160000": "submodule", "040000": "folder"}


class Tracked(Struct, frozen=True):
    """One entry of the tree. `size` in bytes; unknown where this clone lacks the object. `path` is relative to the
    audited folder."""

    path: str
    size: int | Unknown
    kind: str  # file, link, submodule
    executable: bool


def read_tracked(repository: Repository) -> list[Tracked]:
    """All tracked files below the audited folder, in path order. Raises GitError."""
    if not repository.head():
        return []
    arguments = ["ls-tree", "-r", "-l", "-z", "--full-tree", "HEAD"]
    if repository.prefix:
        arguments += ["--", repository.prefix]
    return list(_entries(repository.run(*arguments), repository.prefix))


def _entries(output: bytes, prefix: str) -> Iterator[Tracked]:
    for line in output.split(b"\0"):
        head, tab, name = line.partition(b"\t")
        fields = head.split()
        if not tab or len(fields) != 4:
            continue
        mode, size = fields[0].decode(), fields[3].decode()
        path = name.decode("utf-8", "surrogateescape")
        if not path.startswith(prefix):
            continue
        yield Tracked(
            path=path.removeprefix(prefix),
            size=int(size) if size.isdigit() else 0 if size == "-" else Unknown("the object is not in this clone"),
            kind=_KINDS.get(mode, "file"),
            executable=mode == "100755",
        )
