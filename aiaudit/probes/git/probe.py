"""The probes `git.history` and `git.tracked`."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable
from typing import Any, ClassVar, Final

from pydantic import Field

from aiaudit.model.fact import Evidence, Fact, Level, Scope, State
from aiaudit.model.types import BOOL, DOUBLE, INT, STRING, Type, Unknown, list_of, record
from aiaudit.probes.base import Context, Probe, Query
from aiaudit.probes.docs.common import Globs
from aiaudit.probes.git.history import (
    Commit,
    count_commits,
    hasty_of,
    read_commits,
    read_main_line,
    rebased_of,
    reviewed_of,
)
from aiaudit.probes.git.people import Mailmap, People
from aiaudit.probes.git.run import GitError, Repository, find_repository
from aiaudit.probes.git.tracked import Tracked, read_tracked
from aiaudit.project.entry import display
from aiaudit.project.globs import GlobSet
from aiaudit.project.reader import Unreadable
from aiaudit.project.roles import Role, role_of

_LFS: Final = b"version https://git-lfs.github.com/spec/v1"
_LFS_MOST: Final = 1024  # bytes of a pointer file
_PEOPLE_LISTED: Final = 20

_AUTHOR: Final = record("author", name=STRING, commits=INT, share=DOUBLE)
_GROUP: Final = record(
    "path group", name=STRING, commits=INT, authors=list_of(_AUTHOR), major=INT, path=STRING, line=INT
)
HISTORY: Final = record(
    "git history",
    present=BOOL,
    within=STRING,
    head=STRING,
    commits=INT,
    first=STRING,
    last=STRING,
    days_since_last=INT,
    authors=list_of(_AUTHOR),
    recent_commits=INT,
    recent_changes=INT,
    recent_authors=list_of(_AUTHOR),
    reviewed=INT,
    review_share=DOUBLE,
    rebased=INT,
    hasty=INT,
    groups=list_of(_GROUP),
)
TRACKED: Final = record(
    "tracked file", path=STRING, line=INT, size=INT, kind=STRING, role=STRING, lfs=BOOL, executable=BOOL
)


class HistoryQuery(Query):
    """groups: name -> globs of files whose authors are counted. months: how far back "recent" goes from the audit's
    day. major_share: the share of a group's commits from which an author counts as one of its main ones."""

    groups: dict[str, Globs] = Field(default={})
    months: int = Field(default=12, ge=1, le=120)
    major_share: float = Field(default=0.2, gt=0, le=1)


class HistoryProbe(Probe[HistoryQuery]):
    """Commits, authors (mailmap applied, bots left out, co-authors counted) and review, up to the audit's day.

    `within`: the audited folder in a larger repository, of which only commits that touch the folder count; else "".
    `recent_changes` counts the commits on the main line of the last months, `reviewed` those of them that came by a
    pull or merge request or carry a review trailer; `rebased` those that show neither and were put there anew, several
    in one second, as the rebase of a request does; `hasty` those `reviewed` that the one person who wrote them merged
    within five minutes of the last commit. Where the clone is shallow, figures that need the whole history are
    unknown.
    """

    name: ClassVar[str] = "git.history"
    title: ClassVar[str] = "commits, authors, review share, authors by path"
    query: ClassVar[type[HistoryQuery]] = HistoryQuery
    max_level: ClassVar[Level] = Level.MEASURED

    def value_type(self, query: HistoryQuery) -> Type:
        return HISTORY

    def answer(self, fact_id: str, query: HistoryQuery, context: Context) -> Fact:
        repository = _repository(context)
        if isinstance(repository, GitError):
            return Fact(fact_id, State.UNKNOWN, reason=repository.reason, method="git log")
        if repository is None:
            return Fact(fact_id, State.ABSENT, level=Level.MEASURED, method="git log")
        try:
            commits = _commits(context, repository)
            total = len(commits) if not commits else count_commits(repository, context.as_of)
            line = read_main_line(repository, context.as_of, commits)
        except GitError as error:
            return Fact(
                fact_id, State.KNOWN, _unread(repository, error.reason), Level.EXISTS, "git files", reason=error.reason
            )
        value = _history(repository, commits, line, total, query, context)
        last = f"last commit {value['last']}" if value["last"] else "no commit"
        return Fact(
            fact_id,
            State.KNOWN,
            value,
            level=Level.MEASURED,
            method="git log",
            evidence=(Evidence(None, None, f"{total} commits, {last}, {len(value['authors'])} authors"),),
        )


class TrackedQuery(Query):
    """Which tracked files: globs (all where empty), roles (all where empty), and a least size. A file whose size is not
    known, because the clone lacks it, is listed with an unknown size."""

    files: Globs = Field(default=[])
    roles: list[Role] = Field(default=[])
    min_bytes: int = Field(default=0, ge=0)


class TrackedProbe(Probe[TrackedQuery]):
    """Files of the newest commit with their sizes. `lfs`: a pointer to Git LFS; the content is elsewhere."""

    name: ClassVar[str] = "git.tracked"
    title: ClassVar[str] = "files that git tracks, with their sizes"
    query: ClassVar[type[TrackedQuery]] = TrackedQuery
    max_level: ClassVar[Level] = Level.MEASURED

    def value_type(self, query: TrackedQuery) -> Type:
        return list_of(TRACKED)

    def answer(self, fact_id: str, query: TrackedQuery, context: Context) -> Fact:
        repository = _repository(context)
        if isinstance(repository, GitError):
            return Fact(fact_id, State.UNKNOWN, reason=repository.reason, method="git ls-tree")
        if repository is None:
            return Fact(fact_id, State.ABSENT, level=Level.MEASURED, method="git ls-tree")
        try:
            tracked = _tracked(context, repository)
        except GitError as error:
            return Fact(fact_id, State.UNKNOWN, reason=error.reason, method="git ls-tree")
        records = [_file(context, file) for file in _selected(tracked, query)]
        scope = Scope(len(tracked), len(tracked))
        if not records:
            return Fact(fact_id, State.ABSENT, [], Level.MEASURED, "git ls-tree", scope=scope)
        evidence = tuple(Evidence(one["path"], None, _size(one["size"])) for one in records[:20])
        return Fact(fact_id, State.KNOWN, records, Level.MEASURED, "git ls-tree", evidence=evidence, scope=scope)


def _repository(context: Context) -> Repository | GitError | None:
    if "git.repository" not in context.memo:
        try:
            context.memo["git.repository"] = find_repository(context.project.root)
        except GitError as error:
            context.memo["git.repository"] = error
    found: Repository | GitError | None = context.memo["git.repository"]
    return found


def _commits(context: Context, repository: Repository) -> list[Commit]:
    found = context.memo.get("git.commits")
    if found is None:
        try:
            found = read_commits(repository, context.as_of)
        except GitError as error:
            found = error
        context.memo["git.commits"] = found
    if isinstance(found, GitError):
        raise found.with_traceback(None)
    commits: list[Commit] = found
    return commits


def _tracked(context: Context, repository: Repository) -> list[Tracked]:
    found = context.memo.get("git.tracked")
    if found is None:
        found = context.memo["git.tracked"] = read_tracked(repository)
    tracked: list[Tracked] = found
    return tracked


def tracked_paths(context: Context) -> frozenset[str]:
    """Paths of the newest commit, relative to the audited folder; none where there is no repository, or git cannot
    tell. A file that was committed stays in the repository, whatever a `.gitignore` says of it later."""
    repository = _repository(context)
    if not isinstance(repository, Repository):
        return frozenset()
    try:
        return frozenset(one.path for one in _tracked(context, repository))
    except GitError:
        return frozenset()


def _history(
    repository: Repository, commits: list[Commit], main: list[Commit], total: int, query: HistoryQuery, context: Context
) -> dict[str, Any]:
    mailmap = Mailmap(_mailmap(context))
    named = {commit.id: [mailmap.proper(one) for one in commit.people] for commit in (*commits, *main)}
    people = People(one for some in named.values() for one in some if not one.is_bot)
    authors = {key: {people.person(one) for one in some if not one.is_bot} for key, some in named.items()}
    since = _months_before(context.as_of, query.months)
    recent = [commit for commit in commits if commit.date >= since]
    line = [commit for commit in main if commit.date >= since and authors[commit.id]]
    reviewed = reviewed_of(line)
    partial: Any = Unknown("a shallow clone: the older history is not here") if repository.shallow else None
    return {
        "present": True,
        "within": display(repository.prefix.rstrip("/")),
        "head": repository.head(),
        "commits": partial or total,
        "first": partial or (commits[-1].date.isoformat() if commits else ""),
        "last": commits[0].date.isoformat() if commits else "",
        "days_since_last": (context.as_of - commits[0].date).days if commits else 0,
        "authors": _shares(authors[commit.id] for commit in commits)[:_PEOPLE_LISTED],
        "recent_commits": partial or len(recent),
        "recent_changes": partial or len(line),
        "recent_authors": _shares(authors[commit.id] for commit in recent)[:_PEOPLE_LISTED],
        "reviewed": reviewed,
        "review_share": round(reviewed / len(line), 3) if line else 0.0,
        "rebased": rebased_of(line),
        "hasty": hasty_of(line, commits, authors),
        "groups": [
            partial or _group(name, globs, recent, authors, query.major_share, context)
            for name, globs in query.groups.items()
        ],
    }


def _group(
    name: str,
    globs: list[str],
    recent: list[Commit],
    authors: dict[str, set[str]],
    major_share: float,
    context: Context,
) -> dict[str, Any]:
    """Who changed the files of one group, by commits that touch at least one of them. `path`: the file that was
    changed most often, of those that are still here; "" where none is."""
    wanted = GlobSet(globs)
    touching = [commit for commit in recent if any(wanted(path) for path in commit.paths)]
    shares = _shares(authors[commit.id] for commit in touching)
    changed = Counter(path for commit in touching for path in commit.paths if wanted(path))
    here = {path: times for path, times in changed.items() if context.project.entry(path) is not None}
    return {
        "name": name,
        "commits": len(touching),
        "authors": shares[:_PEOPLE_LISTED],
        "major": sum(1 for share in shares if share["share"] >= major_share),
        "path": display(min(here, key=lambda path: (-here[path], path))) if here else "",
        "line": 1,
    }


def _shares(authors_of_commits: Iterable[set[str]]) -> list[dict[str, Any]]:
    """Each author's commits and share of all commits that a person made, largest first."""
    counted: Counter[str] = Counter()
    commits = 0
    for some in authors_of_commits:
        counted.update(some)
        commits += bool(some)
    ordered = sorted(counted.items(), key=lambda item: (-item[1], item[0]))
    return [{"name": display(name), "commits": count, "share": round(count / commits, 3)} for name, count in ordered]


def _months_before(day: dt.date, months: int) -> dt.date:
    """The same day `months` earlier, or the last day of that month."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    for last in (day.day, 30, 29, 28):
        try:
            return dt.date(year, month + 1, min(day.day, last))
        except ValueError:
            continue
    raise AssertionError("every month has 28 days")


def _mailmap(context: Context) -> str:
    try:
        return context.project.text(".mailmap")
    except Unreadable:
        return ""


def _unread(repository: Repository, reason: str) -> dict[str, Any]:
    """What can be told of a repository that git does not read: that it is one, and where its HEAD is."""
    unknown = Unknown(reason)
    value: dict[str, Any] = {name: unknown for name, _ in HISTORY.fields}
    return {**value, "present": True, "head": repository.head(), "within": display(repository.prefix.rstrip("/"))}


def _selected(tracked: list[Tracked], query: TrackedQuery) -> list[Tracked]:
    wanted = GlobSet(query.files) if query.files else None
    return [
        file
        for file in tracked
        if (wanted is None or wanted(file.path))
        and (not query.roles or role_of(file.path) in query.roles)
        and (isinstance(file.size, Unknown) or file.size >= query.min_bytes)
    ]


def _file(context: Context, file: Tracked) -> dict[str, Any]:
    return {
        "path": display(file.path),
        "line": 1,
        "size": file.size,
        "kind": file.kind,
        "role": str(role_of(file.path)),
        "lfs": _is_pointer(context, file),
        "executable": file.executable,
    }


def _is_pointer(context: Context, file: Tracked) -> bool:
    """Whether git tracks a Git LFS pointer at this path. The work tree may hold the real file in its place, so the
    size that git records decides first: a pointer is small whatever lies there."""
    if file.kind != "file" or isinstance(file.size, Unknown) or not 100 <= file.size <= _LFS_MOST:
        return False
    entry = context.project.entry(file.path)
    if entry is None:
        return False
    if entry.size > _LFS_MOST:
        return True  # the content was checked out in place of the pointer
    try:
        return context.project.head(file.path, len(_LFS)) == _LFS
    except Unreadable:
        return False


def _size(size: int | Unknown) -> str:
    if isinstance(size, Unknown):
        return size.reason
    return f"{size / 1_000_000:.1f} MB" if size >= 100_000 else f"{size} bytes"
