"""The commits of a repository as records."""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from collections.abc import Collection, Mapping
from typing import Final

from msgspec import Struct

from aiaudit import lazy
from aiaudit.probes.git.people import Identity
from aiaudit.probes.git.run import GitError, Repository

MAX_COMMITS: Final = 50_000
_RECORD, _FIELD = "\x1e", "\x1f"
_FORMAT: Final = _RECORD + _FIELD.join(("%H", "%P", "%an", "%ae", "%ct", "%at", "%B")) + _FIELD
_TRAILER: Final = lazy.regex(
    r"^(co-authored-by|reviewed-by|approved-by|acked-by|reviewed-on|pull-request|pr-url)\s*:\s*(.{1,300})$",
    re.IGNORECASE | re.MULTILINE,
)
_NAME_AND_MAIL: Final = lazy.regex(r"^([^<]{0,120}?)\s*<([^<>\s]{1,200})>")
_PULL_REQUEST: Final = lazy.regex(
    r"^Merge pull request #\d+|\(#\d+\)\s*$|^Merged in \S+ \(pull request #\d+\)|^Merged PR \d+:|\(!\d+\)\s*$"
)
_SOON: Final = 60  # seconds between a change and its commit, where nothing was done anew
_HASTE: Final = 300  # seconds from the last commit of a request to its merge, in which nobody else looks at it
_MAX_BRANCH: Final = 500  # commits of one request
_NUMBER: Final = lazy.regex(r"\(([#!]\d+)\)\s*$")
_MERGE_REQUEST: Final = lazy.regex(
    r"^See merge request \S+!\d+|^Merge-request:|^Change-Id: I[0-9a-f]{40}", re.MULTILINE
)


class Commit(Struct, frozen=True):
    """One commit. `people`: its author and the co-authors that its trailers name. `paths`: what it changed."""

    id: str
    parents: tuple[str, ...]
    people: tuple[Identity, ...]
    date: dt.date  # of the commit, in UTC
    reviewed: bool  # its message shows that somebody else looked at it, or that it came by a pull request
    paths: tuple[str, ...]
    number: str = ""  # that its subject ends with, as in `(#12)`
    made: int = 0  # the second in which the commit was made
    rewritten: bool = False  # made later than its change was: rebased, amended or picked


def read_commits(repository: Repository, until: dt.date) -> list[Commit]:
    """The commits reachable from HEAD up to and including the day `until`, newest first. Raises GitError.

    Paths are relative to the audited folder; where that is only a part of the repository, commits that do not touch it
    are left out.
    """
    end = f"--until={until.isoformat()}T23:59:59+00:00"
    arguments = ["log", f"--format={_FORMAT}", "--name-only", "--no-renames", "--no-ext-diff", "--no-textconv",
                 "--no-show-signature", "--no-color", "-z", f"--max-count={MAX_COMMITS}", end, "HEAD"]  # fmt: skip
    if repository.prefix:
        arguments += ["--", repository.prefix.rstrip("/")]
    if not repository.head():
        return []  # a repository without a commit
    text = repository.run(*arguments).decode("utf-8", "surrogateescape")
    return [commit for part in text.split(_RECORD)[1:] if (commit := _commit(part, repository.prefix)) is not None]


def read_main_line(repository: Repository, until: dt.date, commits: list[Commit]) -> list[Commit]:
    """The main line: the commits along first parents, newest first. Raises GitError.

    In a folder of a larger repository they are asked of git anew: of its commits only those that touch the folder are
    known, so the chain has gaps, and the merges by which changes came in are simplified away.
    """
    if not repository.prefix or not commits:
        return first_parents(commits)
    arguments = ["log", f"--format={_FORMAT}", "--first-parent", "--no-ext-diff", "--no-textconv",
                 "--no-show-signature", "--no-color", "-z", f"--max-count={MAX_COMMITS}",
                 f"--until={until.isoformat()}T23:59:59+00:00", "HEAD", "--",
                 repository.prefix.rstrip("/")]  # fmt: skip
    text = repository.run(*arguments).decode("utf-8", "surrogateescape")
    return [commit for part in text.split(_RECORD)[1:] if (commit := _commit(part, repository.prefix)) is not None]


def first_parents(commits: list[Commit]) -> list[Commit]:
    """The main line: from the newest commit along first parents, as far as they are known."""
    by_id = {commit.id: commit for commit in commits}
    line: list[Commit] = []
    at = commits[0] if commits else None
    while at is not None:
        line.append(at)
        at = by_id.get(at.parents[0]) if at.parents else None
    return line


def _commit(part: str, prefix: str) -> Commit | None:
    fields = part.split(_FIELD, 7)
    if len(fields) != 8:
        return None
    identifier, parents, name, email, seconds, written, message, names = fields
    try:
        made = int(seconds)
        date = dt.datetime.fromtimestamp(made, dt.UTC).date()
    except (ValueError, OverflowError, OSError):
        return None
    message = message[:20_000]
    trailers = [(key.lower(), value.strip()) for key, value in _TRAILER.findall(message)]
    people = [Identity(name.strip()[:120], email.strip()[:200])]
    for key, value in trailers:
        found = _NAME_AND_MAIL.match(value) if key == "co-authored-by" else None
        if found:
            people.append(Identity(found.group(1).strip(), found.group(2)))
    subject = message.partition("\n")[0][:500]
    reviewed = (
        _PULL_REQUEST.search(subject) is not None
        or _MERGE_REQUEST.search(message) is not None
        or any(key != "co-authored-by" and not _of_author(value, people[0]) for key, value in trailers)
    )
    numbered = _NUMBER.search(subject)
    paths = (path.strip("\n") for path in names.split("\0"))
    return Commit(
        id=identifier,
        parents=tuple(parents.split()),
        people=tuple(dict.fromkeys(people)),
        date=date,
        reviewed=reviewed,
        paths=tuple(path.removeprefix(prefix) for path in paths if path and path.startswith(prefix)),
        number=numbered.group(1) if numbered else "",
        made=made,
        rewritten=written.lstrip("-").isdigit() and made - int(written) > _SOON,
    )


def _of_author(value: str, author: Identity) -> bool:
    """Whether a trailer such as `Reviewed-by:` names the author."""
    found = _NAME_AND_MAIL.match(value)
    if found is None:
        return False
    same_mail = found.group(2).lower() == author.email.lower()
    return same_mail or found.group(1).strip().lower() == author.name.lower()


def reviewed_of(line: list[Commit]) -> int:
    """How many commits of the main line came by a reviewed request. A number that more than two of them end with is
    that of an issue: one of them counts."""
    often = {number for number, times in Counter(one.number for one in line).items() if number and times > 2}
    issues = {one.number for one in line if one.reviewed and one.number in often}
    return sum(one.reviewed and one.number not in often for one in line) + len(issues)


def hasty_of(line: list[Commit], commits: list[Commit], authors: Mapping[str, set[str]]) -> int:
    """How many requests on the main line were merged by the one person who wrote them, within minutes of their last
    commit: nobody else can have looked at that. `authors`: who made each commit."""
    by_id = {commit.id: commit for commit in commits}
    main = {commit.id for commit in line}
    return sum(
        one.reviewed and len(one.parents) == 2 and _is_hasty(one, _branch(one, by_id, main), authors) for one in line
    )


def _is_hasty(merge: Commit, branch: list[Commit], authors: Mapping[str, set[str]]) -> bool:
    wrote = set().union(*(authors.get(one.id, set()) for one in branch))
    own = len(wrote) == 1 and wrote == authors.get(merge.id)
    return own and 0 <= merge.made - max(one.made for one in branch) <= _HASTE


def _branch(merge: Commit, by_id: Mapping[str, Commit], main: Collection[str]) -> list[Commit]:
    """The commits that a merge brought in; none where they are not all known."""
    found: dict[str, Commit] = {}
    ahead = [merge.parents[1]]
    while ahead:
        at = ahead.pop()
        if at in main or at in found:
            continue
        commit = by_id.get(at)
        if commit is None or len(found) >= _MAX_BRANCH:
            return []
        found[at] = commit
        ahead += commit.parents
    return list(found.values())


def rebased_of(line: list[Commit]) -> int:
    """How many commits of the main line show no request and were put there anew, several in the same second: by the
    rebase of a request, which leaves no trace of it, or by somebody's own."""
    seconds = Counter(one.made for one in line if one.rewritten)
    return sum(one.rewritten and not one.reviewed and seconds[one.made] > 1 for one in line)


def count_commits(repository: Repository, until: dt.date) -> int:
    """All commits up to `until`, also where there are more than are read. Raises GitError."""
    arguments = ["rev-list", "--count", f"--until={until.isoformat()}T23:59:59+00:00", "HEAD"]
    if repository.prefix:
        arguments += ["--", repository.prefix.rstrip("/")]
    try:
        return int(repository.run(*arguments))
    except ValueError:
        raise GitError("git did not count the commits") from None
