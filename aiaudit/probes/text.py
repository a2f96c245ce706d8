"""The probe `text.search`: regular expressions over text files, where no better probe knows the format.

A hit may stand in a text that is given to something, so the confidence is medium and the level never above E2.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar, Final

from pydantic import Field, ValidationInfo, field_validator

from aiaudit.model.fact import Confidence, Evidence, Fact, Level, Scope, State
from aiaudit.model.types import INT, STRING, Type, list_of, record
from aiaudit.probes.base import Context, Probe, Query, was_checked
from aiaudit.probes.text_engine import NAME, Pattern, PatternGroup, TextEngine
from aiaudit.probes.text_search import compile_pattern
from aiaudit.project.entry import Entry
from aiaudit.project.roles import Role

__all__ = ["SearchProbe", "SearchQuery", "TextEngine"]

MAX_EVIDENCE: Final = 25
MAX_HITS: Final = 2_000  # in one fact
OWN: Final = frozenset({Role.CODE, Role.CONFIG, Role.NOTEBOOK, Role.OTHER})  # what runs in production
FOREIGN: Final = frozenset({Role.VENDORED, Role.GENERATED})
_HIT: Final = record("hit", path=STRING, line=INT, match=STRING, pattern=STRING)


class SearchQuery(Query):
    """any: patterns in RE2's syntax, a list or name -> pattern; `^` and `$` are those of a line. unless: a pattern that
    takes back a hit on whose line it stands. beside: a pattern without which nothing in the same file counts (for broad
    patterns whose hits are held against something else there). files: globs (all text files). roles: purposes a file
    may have (where files are named: all but vendored and generated; else code, configuration, notebooks, other).
    ignored: whether files that a `.gitignore` matches count. keep: whether a hit's text is kept (set false where it may
    hold a secret). comments: whether comments count, and in Python texts that only document, which prove nothing of
    what is done."""

    any: list[str] | dict[str, str] = Field(min_length=1)
    unless: str = ""
    beside: str = ""
    files: list[str] = Field(default_factory=list)
    roles: list[Role] | None = None
    ignore_case: bool = False
    ignored: bool = False
    keep: bool = True
    comments: bool = False
    max_hits: int = Field(default=50, ge=1, le=1000, description="Hits of one pattern in one file.")

    @field_validator("any", "unless", "beside")
    @classmethod
    def _readable(cls, value: Any, info: ValidationInfo) -> Any:
        if was_checked(info):
            return value
        patterns = value.values() if isinstance(value, dict) else [value] if isinstance(value, str) else value
        for pattern in patterns:
            if pattern or not isinstance(value, str):
                try:
                    compile_pattern(pattern)
                except ValueError as error:
                    raise ValueError(f"{pattern!r}: {error}") from None
        return value

    def groups(self) -> tuple[PatternGroup, ...]:
        named = self.any.items() if isinstance(self.any, dict) else ((regex, regex) for regex in self.any)
        return (
            PatternGroup(
                tuple(Pattern(name, regex) for name, regex in named),
                tuple(self.globs),
                self.wanted_roles,
                ignored=self.ignored,
                unless=self.unless,
                ignore_case=self.ignore_case,
                keep=self.keep,
                most=self.max_hits,
                comments=self.comments,
                beside=self.beside,
            ),
        )

    @property
    def globs(self) -> list[str]:
        return self.files or ["**/*"]

    @property
    def wanted_roles(self) -> frozenset[Role]:
        if self.roles is not None:
            return frozenset(self.roles)
        return frozenset(Role) - FOREIGN if self.files else OWN


class SearchProbe(Probe[SearchQuery]):
    """Places where a pattern stands."""

    name: ClassVar[str] = "text.search"
    title: ClassVar[str] = "places in text files where a regular expression matches"
    query: ClassVar[type[SearchQuery]] = SearchQuery
    max_level: ClassVar[Level] = Level.CONTENT
    engine: ClassVar[str | None] = NAME

    def value_type(self, query: SearchQuery) -> Type:
        return list_of(_HIT)

    def answer(self, fact_id: str, query: SearchQuery, context: Context) -> Fact:
        group = query.groups()[0]
        hits: list[dict[str, Any]] = []
        for entry, found in hits_of(group, context):
            for number, line, match in found:
                name = group.patterns[number].name
                hits.append({"path": entry.display, "line": line, "match": match, "pattern": name})
            if len(hits) >= MAX_HITS:
                break
        scope, reason = scope_of(group, context)
        return _fact(fact_id, hits, scope, reason)


def hits_of(group: PatternGroup, context: Context) -> Iterator[tuple[Entry, list[list[Any]]]]:
    """The files of a group in which there are hits, in path order, each with `[pattern number, line, kept]` a hit."""
    scans = context.scans.get(NAME, {})
    by_key: dict[str, list[Entry]] | None = context.memo.get("text.hits")
    if by_key is None:
        by_key = context.memo["text.hits"] = {}
        for path, result in scans.items():
            entry = context.project.entry(path)
            if entry is not None:
                for key in result.get("hits", ()):
                    by_key.setdefault(key, []).append(entry)
    key = group.key
    found = by_key.get(key, ())
    among = _selected(group, context) if found else {}
    return ((entry, scans[entry.path]["hits"][key]) for entry in found if entry.path in among)


def scope_of(group: PatternGroup, context: Context) -> tuple[Scope, str]:
    """How many text files the group had to look at and could read whole; and why the first of the others could not."""
    memo: dict[Any, tuple[Scope, str]] = context.memo.setdefault("text.scopes", {})
    key = (group.files, group.roles, group.ignored)
    if key not in memo:
        among, (texts, troubles) = _selected(group, context), _looked_through(context)
        files, unread = sum(path in texts for path in among), [among[path] for path in troubles if path in among]
        reason = f"{unread[0].display}: {troubles[unread[0].path]}" if unread else ""
        memo[key] = Scope(files, files - len(unread), tuple(entry.display for entry in unread[:10])), reason
    return memo[key]


def _looked_through(context: Context) -> tuple[frozenset[str], dict[str, str]]:
    """The text files that were to be looked through, and why some could not be, whole, in path order."""
    known: tuple[frozenset[str], dict[str, str]] | None = context.memo.get("text.looked")
    if known is None:
        texts: list[str] = []
        troubles: dict[str, str] = {}
        for path, found in context.scans.get(NAME, {}).items():
            if "binary" not in found:
                texts.append(path)
                if "error" in found or "truncated" in found:
                    troubles[path] = str(found.get("error", "only its head was read"))
        known = context.memo["text.looked"] = frozenset(texts), troubles
    return known


def _selected(group: PatternGroup, context: Context) -> dict[str, Entry]:
    """The group's files by path, in path order. Only those asked for last are kept: all would be too many."""
    memo: dict[Any, dict[str, Entry]] = context.memo.setdefault("text.files", {})
    key = (group.files, group.roles, group.ignored)
    if key not in memo:
        memo.clear()
        found = context.project.matching(group.files, group.roles)
        memo[key] = {entry.path: entry for entry in found if group.ignored or not entry.ignored}
    return memo[key]


def _fact(fact_id: str, hits: list[dict[str, Any]], scope: Scope, reason: str) -> Fact:
    if not hits and scope.files and not scope.complete:
        reason = f"{scope.files - scope.read} of {scope.files} files could not be read whole: {reason}"
        return Fact(fact_id, State.UNKNOWN, method="text search", scope=scope, reason=reason)
    if not hits:
        return Fact(fact_id, State.ABSENT, [], Level.CONTENT, "text search", Confidence.MEDIUM, scope=scope)
    evidence = tuple(Evidence(hit["path"], hit["line"], hit["match"]) for hit in hits[:MAX_EVIDENCE])
    return Fact(fact_id, State.KNOWN, hits[:MAX_HITS], Level.CONTENT, "text search", Confidence.MEDIUM, evidence, scope)
