"""Data that DVC keeps inside the tree: the pointers of the project name it, a remote that is a folder of the same tree
holds it, under the hash of its content.

Nothing of DVC is run. Only what a pointer names counts: older versions that lie in the remote too are left out.
"""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from aiaudit import lazy
from aiaudit.project.parse import Malformed
from aiaudit.project.reader import Unreadable

if TYPE_CHECKING:
    from aiaudit.project.entry import Entry
    from aiaudit.project.tree import Project

_CONFIG: Final = ".dvc/config"
_MOST: Final = 400  # files of one project that are looked for in its remotes
_LISTING: Final = 1024 * 1024  # bytes of the list of a folder
_URL: Final = lazy.regex(r"^\s*url\s*=\s*(\S[^\n]*?)\s*$", re.MULTILINE)
_HASH: Final = lazy.regex(r"[0-9a-f]{32}(?:\.dir)?")


def kept_in_remotes(project: Project) -> dict[str, Entry]:
    """Files that pointers name and that are not in the working tree, by their path there, each with the entry of the
    remote that holds it."""
    if project.entry(_CONFIG) is None or not (remotes := list(_remotes(project))):
        return {}
    found: dict[str, Entry] = {}
    for path, digest in _outs(project, remotes):
        entry = _stored(project, remotes, digest)
        if entry is not None and entry.size and project.entry(path) is None:
            found.setdefault(path, entry)
        if len(found) >= _MOST:
            break
    return found


def _remotes(project: Project) -> Iterator[str]:
    """Folders of the tree that are remotes. An address, or a path that leads out of the tree, is none."""
    for url in _URL.findall(_text(project, _CONFIG)):
        path = posixpath.normpath(posixpath.join(".dvc", url.strip("\"'")))
        if "://" not in url and not url.startswith(("/", "~")) and not path.startswith("..") and path != ".":
            yield path


def _outs(project: Project, remotes: list[str]) -> Iterator[tuple[str, str]]:
    """Files that pointers and the lock of the pipeline name, with the hash of their content; folders file by file."""
    for entry in project.matching(("**/*.dvc", "**/dvc.lock")):
        folder = entry.path.rpartition("/")[0]
        for out in _told(project, entry):
            name, digest = out.get("path"), out.get("md5")
            if not isinstance(name, str) or not isinstance(digest, str) or not _HASH.fullmatch(digest):
                continue
            path = posixpath.normpath(posixpath.join(folder, name))
            if path.startswith(("..", "/")):
                continue
            if not digest.endswith(".dir"):
                yield path, digest
                continue
            listing = _stored(project, remotes, digest)
            for inner, one in _listed(project, listing) if listing is not None else ():
                within = posixpath.normpath(posixpath.join(path, inner))
                if within.startswith(f"{path}/"):
                    yield within, one


def _told(project: Project, entry: Entry) -> Iterator[Mapping[str, Any]]:
    try:
        value = project.yaml(entry.path)
    except (Malformed, Unreadable):
        return
    stages = value.get("stages") if isinstance(value, Mapping) else None
    for part in stages.values() if isinstance(stages, Mapping) else [value]:
        outs = part.get("outs") if isinstance(part, Mapping) else None
        yield from (one for one in outs if isinstance(one, Mapping)) if isinstance(outs, list) else ()


def _listed(project: Project, listing: Entry) -> Iterator[tuple[str, str]]:
    try:
        value = json.loads(project.head(listing.path, _LISTING))
    except (ValueError, RecursionError, Unreadable):
        return
    for one in value if isinstance(value, list) else []:
        name, digest = (one.get("relpath"), one.get("md5")) if isinstance(one, dict) else (None, None)
        if isinstance(name, str) and isinstance(digest, str) and _HASH.fullmatch(digest):
            yield name, digest


def _stored(project: Project, remotes: list[str], digest: str) -> Entry | None:
    """The entry of a remote for a hash: DVC 3 keeps it under `files/md5`, older ones beside the root."""
    for remote in remotes:
        for where in (f"{remote}/files/md5", remote):
            entry = project.entry(f"{where}/{digest[:2]}/{digest[2:]}")
            if entry is not None and entry.kind == "file":
                return entry
    return None


def _text(project: Project, path: str) -> str:
    try:
        return project.head(path, 64 * 1024).decode("utf-8", "replace")
    except Unreadable:
        return ""
