"""Whether evidence was changed after a person looked at it: by its hash where the answer has one, else by git.

A hash says it exactly, wherever the project is copied to, so it is asked first and has the last word. Git tells the day
of the last commit that *modified* a file: being added, or moved there, is no change, and a shallow clone knows no such
day. The time stamp of a file is not believed: it is that of the copy, the checkout or the archive, not of the change.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping, Sequence
from typing import Final

from aiaudit.probes.base import Context
from aiaudit.probes.git.run import GitError, Repository, find_repository
from aiaudit.project.reader import Unreadable

_MEMO: Final = "attestations.modified"
_MOST_PATHS: Final = 500
_MARK: Final = "\x1e"


def changes(
    files: Sequence[tuple[str, str]], reviewed: dt.date | None, named: Sequence[str], context: Context
) -> list[str]:
    """What was changed among `files` since the day `reviewed`, in words; empty where nothing is known to be.

    `files`: paths, each with the first digits of its SHA-256 as it was reviewed ("" where that is not known). `named`:
    all paths that any answer names, asked of git at once.
    """
    found = []
    for path, expected in files:
        if expected:
            if not digest(path, context).startswith(expected.lower()):
                found.append(f"the evidence {path!r} is not what was reviewed: its hash is another")
            continue
        day = _modified(named, context).get(path)
        if reviewed is not None and day is not None and day > reviewed:
            found.append(f"the evidence {path!r} was changed on {day}, after its review on {reviewed}")
    return found


def digest(path: str, context: Context) -> str:
    """The SHA-256 of a file of the project, in hexadecimal digits; "" where it cannot be read."""
    try:
        with context.project.stream(path) as stream:
            made = hashlib.sha256()
            while block := stream.read(1 << 20):
                made.update(block)
    except (Unreadable, OSError):
        return ""
    return made.hexdigest()


def _modified(paths: Sequence[str], context: Context) -> Mapping[str, dt.date]:
    """The day (UTC) of the last commit that modified each file, up to the audit's day; empty where none is known."""
    known = context.memo.get(_MEMO)
    if not isinstance(known, dict):
        known = context.memo[_MEMO] = _asked(paths, context)
    return known


def _asked(paths: Sequence[str], context: Context) -> dict[str, dt.date]:
    try:
        repository = find_repository(context.project.root)
        if repository is None or repository.shallow or not repository.head():
            return {}
        return _log(repository, sorted(set(paths))[:_MOST_PATHS], context.as_of)
    except GitError:
        return {}


def _log(repository: Repository, paths: Sequence[str], until: dt.date) -> dict[str, dt.date]:
    if not paths:
        return {}
    prefix = repository.prefix
    text = repository.run(
        "log", f"--format={_MARK}%ct", "--name-only", "--diff-filter=M", "--no-renames", "--no-ext-diff",
        "--no-textconv", "--no-show-signature", "--no-color", "-z", f"--until={until.isoformat()}T23:59:59+00:00",
        "HEAD", "--", *(prefix + path for path in paths),
    ).decode("utf-8", "surrogateescape")  # fmt: skip
    found: dict[str, dt.date] = {}
    for commit in text.split(_MARK)[1:]:  # newest first
        seconds, _, names = commit.partition("\0")
        try:
            day = dt.datetime.fromtimestamp(int(seconds), dt.UTC).date()
        except (ValueError, OverflowError, OSError):
            continue
        for name in names.split("\0"):
            path = name.strip("\n").removeprefix(prefix)
            if path:
                found.setdefault(path, day)
    return found
