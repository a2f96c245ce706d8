"""The probe `secrets.history`: secrets of earlier commits that stand nowhere in the tree any more (opt-in)."""

from __future__ import annotations

import hashlib
import hmac
import secrets as randomness
from collections.abc import Sequence
from typing import Any, ClassVar, Final

from msgspec.structs import replace
from pydantic import Field

from aiaudit.model.fact import Confidence, Evidence, Fact, Level, Scope, State
from aiaudit.model.types import INT, STRING, Type, list_of, record
from aiaudit.probes.base import Context, Probe, Query
from aiaudit.probes.git.blobs import NOWHERE, Blob, Bounds, Past, commit_of, list_blobs, messages, read_blobs
from aiaudit.probes.git.run import GitError, Repository, find_repository
from aiaudit.probes.secrets.hide import in_names
from aiaudit.probes.secrets.judge import found, secret_of
from aiaudit.probes.secrets.probe import NAMED, SecretsQuery, rank, record_of
from aiaudit.probes.text.asking import hits_of
from aiaudit.probes.text.engine import BINARY_SUFFIXES, NAME, TextEngine
from aiaudit.probes.text.groups import Pattern, PatternGroup
from aiaudit.project.entry import Entry, display
from aiaudit.project.reader import Unreadable
from aiaudit.project.roles import role_of, suffix_of

NOT_ASKED: Final = "the git history was not looked through; `aiaudit run --history` does that"
_EVIDENCE: Final = 25
_DATED: Final = 50  # contents for which git is asked for the commit: each costs a walk through the history

PAST_SECRET: Final = record(
    "past secret",
    path=STRING,
    line=INT,
    commit=STRING,
    rule=STRING,
    vendor=STRING,
    kind=STRING,
    prefix=STRING,
    role=STRING,
    secret=INT,
    doubt=STRING,
    confidence=STRING,
)


class HistoryQuery(Query):
    """min_confidence: leave out what is less sure. commits, megabytes, seconds: how much of the history is read at
    most; past one of these, that nothing was found is unknown."""

    min_confidence: Confidence = Confidence.MEDIUM
    commits: int = Field(default=20_000, ge=1)
    megabytes: int = Field(default=512, ge=1)
    seconds: float = Field(default=120, gt=0)

    def groups(self) -> Sequence[PatternGroup]:
        """The secret rules over the tree, so that what still stands there is known."""
        return SecretsQuery().groups()


class HistoryProbe(Probe[HistoryQuery]):
    """Secrets in the contents that any commit of the repository ever had, each content looked through once, and in the
    messages of commits and tags (path `.git`, `commit` or the tag's name).

    A value that still stands in the tree is left out: the probe `secrets` tells of it. `commit`: short id and day of
    the commit that brought it. `secret` numbers the values. Nothing of a value is kept, and nothing comes into the
    cache. Unknown where it was not asked for (`--history`), and where a bound or a shallow clone hid a part.
    """

    name: ClassVar[str] = "secrets.history"
    title: ClassVar[str] = "secrets in earlier commits (with --history)"
    query: ClassVar[type[HistoryQuery]] = HistoryQuery
    max_level: ClassVar[Level] = Level.MEASURED
    engine: ClassVar[str | None] = NAME

    def value_type(self, query: HistoryQuery) -> Type:
        return list_of(PAST_SECRET)

    def answer(self, fact_id: str, query: HistoryQuery, context: Context) -> Fact:
        if not context.options.get("history"):
            return Fact(fact_id, State.UNKNOWN, reason=NOT_ASKED)
        try:
            repository = find_repository(context.project.root)
            if repository is None:
                return Fact(fact_id, State.UNKNOWN, reason="there is no git repository")
            search = _Search(query, context)
            past = list_blobs(repository, _bounds(query), search.wants)
            found = search.through(repository, past, _bounds(query))
        except GitError as error:
            return Fact(fact_id, State.UNKNOWN, reason=error.reason, method="git cat-file")
        return _fact(fact_id, found, past)


def _bounds(query: HistoryQuery) -> Bounds:
    return Bounds(commits=query.commits, total=query.megabytes << 20, seconds=query.seconds)


class _Search:
    """One look through a history. Values are told apart by a digest under a key that ends with this object."""

    def __init__(self, query: HistoryQuery, context: Context) -> None:
        self._query, self._context = query, context
        self._key = randomness.token_bytes(32)
        own = query.groups()
        self._groups = tuple(replace(group, judge=self._judge) for group in own)
        self._engine = TextEngine(groups=self._groups)

    def _judge(self, pattern: Pattern, match: Any, text: bytes) -> dict[str, Any] | None:
        kept = found(pattern, match, text)
        if kept is not None:
            kept["same"] = hmac.new(self._key, secret_of(pattern, match), hashlib.sha256).hexdigest()
        return kept

    def wants(self, path: str, size: int) -> bool:
        """Whether a content with this path may hold secrets in text."""
        return size > 0 and suffix_of(path) not in BINARY_SUFFIXES and self._engine.wants(_entry(path, size))

    def through(self, repository: Repository, past: Past, bounds: Bounds) -> list[dict[str, Any]]:
        """The secrets of the history that the tree does not hold, one a value and path, oldest commits named."""
        now = self._in_tree()
        seen: dict[tuple[str, str], tuple[Blob, dict[str, Any]]] = {}
        commits: dict[str, str] = {}
        if past.commits:
            for where, message in messages(repository, past, bounds):
                told = Blob(f"message {where}", NOWHERE, len(message))
                for same, one in self._found(_entry(NOWHERE, len(message)), message):
                    if same not in now:
                        seen[same, NOWHERE] = (told, one)  # the oldest comes last
                        commits[told.id] = where
        for blob, data in read_blobs(repository, past):
            for same, one in self._found(_entry(blob.path, blob.size), data):
                if same not in now:
                    seen.setdefault((same, blob.path), (blob, one))
        for path, pattern, kept in in_names([blob.path for blob in past.blobs]):
            if self._context.project.entry(path) is None:
                blob = next(blob for blob in past.blobs if blob.path == path)
                named = record_of(_entry(path, blob.size), NAMED, pattern.name, kept, self._context.as_of)
                if named is not None and self._sure(named):
                    seen.setdefault((str(kept["same"]), path), (blob, named))
        numbers: dict[str, int] = {}
        found = []
        for (same, _), (blob, one) in sorted(seen.items(), key=lambda item: (item[0][1], item[1][1]["line"])):
            if blob.id not in commits:
                commits[blob.id] = commit_of(repository, blob) if len(commits) < _DATED else ""
            number = numbers.setdefault(same, len(numbers) + 1)
            found.append({**one, "secret": number, "commit": display(commits[blob.id])})
        return found

    def _in_tree(self) -> set[str]:
        """The digests of what the tree holds; only files in which the audit found something are looked at again."""
        files = {
            entry.path: entry for group in self._query.groups() for entry, hits in hits_of(group, self._context) if hits
        }
        now = set()
        for path, entry in files.items():
            try:
                data = self._context.project.read(path)
            except Unreadable:
                continue
            now |= {same for same, _ in self._found(entry, data)}
        return now

    def _found(self, entry: Entry, data: bytes) -> list[tuple[str, dict[str, Any]]]:
        """The secrets of one content, each with its digest; one a line, of the rule that knows most."""
        hits = self._engine.scan(data, entry).get("hits", {})
        best: dict[int, tuple[str, dict[str, Any]]] = {}
        for group in self._groups:
            for number, line, kept in hits.get(group.key, ()):
                one = record_of(entry, line, group.patterns[number].name, kept, self._context.as_of)
                if one is None or not self._sure(one):
                    continue
                if line not in best or rank(one) < rank(best[line][1]):
                    best[line] = str(kept["same"]), one
        return [best[line] for line in sorted(best)]

    def _sure(self, one: dict[str, Any]) -> bool:
        order = (Confidence.WEAK, Confidence.MEDIUM, Confidence.STRONG)
        return order.index(Confidence(one["confidence"])) >= order.index(self._query.min_confidence)


def _entry(path: str, size: int) -> Entry:
    """A content of the history as a file of the tree."""
    return Entry(path, size, role=role_of(path), suffix=suffix_of(path))


def _fact(fact_id: str, found: list[dict[str, Any]], past: Past) -> Fact:
    method = f"built-in rules over {past.commits} commits, {len(past.blobs)} contents"
    limits = "; ".join(past.limits)
    scope = Scope(len(past.blobs) + past.unread, len(past.blobs))
    if not found and limits:
        return Fact(
            fact_id, State.UNKNOWN, method=method, scope=scope, reason=f"the history was read in part: {limits}"
        )
    if not found:
        return Fact(fact_id, State.ABSENT, [], Level.MEASURED, method, scope=scope)
    value = [{name: one[name] for name, _ in PAST_SECRET.fields} for one in found]
    evidence = tuple(
        Evidence(one["path"], one["line"] or None, f"{one['vendor']} ({one['rule']}), {one['commit']}") for one in value
    )[:_EVIDENCE]
    surest = Confidence.STRONG if any(one["confidence"] == "strong" for one in value) else Confidence.MEDIUM
    return Fact(fact_id, State.KNOWN, value, Level.MEASURED, method, surest, evidence, scope, limits)
