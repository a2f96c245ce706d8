"""By which name a repository was published: the last word of its remote's address."""

from __future__ import annotations

import re
from typing import Final

from aiaudit import lazy
from aiaudit.probes.git.run import GitError, find_repository, small

MOST: Final = 1 << 16  # bytes of a repository's settings that are read
_REMOTE: Final = lazy.regex(r'^\s*\[remote "origin"\]([^\[]*)', re.M)
_URL: Final = lazy.regex(r"^\s*url\s*=\s*(\S+)\s*$", re.M)
_ADDRESS: Final = lazy.regex(
    r"(?:(?:https?|ssh|git)://[^/\s]+/|[\w.-]+@[\w.-]+:)(?:[^?#\s]*/)?([\w.-]{1,100}?)(?:\.git)?/?"
)


def published_name(root: str) -> str | None:
    """The name of the repository whose work tree the folder `root` is, as `origin` has it on a server.

    None where the folder is but a part of a work tree, or `origin` is missing or a path of a machine. The address
    itself, which may hold a password, is told to nobody.
    """
    try:
        repository = find_repository(root)
    except GitError:
        return None
    if repository is None or repository.prefix:
        return None
    common = repository.directory / (small(repository.directory / "commondir") or ".")
    remote = _REMOTE.search(small(common / "config", MOST))
    url = _URL.search(remote[1]) if remote else None
    address = _ADDRESS.fullmatch(url[1]) if url else None
    name = address[1] if address else ""
    return name if any(sign.isalnum() for sign in name) else None
