"""The probe `text.search`: regular expressions over text files, where no better probe knows the format.

A hit may stand in a text that is given to something, so the confidence is medium and the level never above E2.
"""

from __future__ import annotations

from typing import Any, ClassVar, Final

from pydantic import Field, ValidationInfo, field_validator

from aiaudit.model.fact import Confidence, Evidence, Fact, Level, Scope, State
from aiaudit.model.rows import row
from aiaudit.model.types import INT, STRING, Type, list_of, record
from aiaudit.probes.base import Context, Probe, Query, was_checked
from aiaudit.probes.text.asking import MAX_EVIDENCE, hits_of, scope_of
from aiaudit.probes.text.engine import NAME
from aiaudit.probes.text.groups import Pattern, PatternGroup
from aiaudit.probes.text.search import compile_pattern
from aiaudit.project.roles import PRODUCTION, Role

MAX_HITS: Final = 2_000  # in one fact
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
    files: list[str] = Field(default=[])
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
        return frozenset(Role) - FOREIGN if self.files else PRODUCTION


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
                hits.append(row({"path": entry.display, "line": line, "match": match, "pattern": name}))
            if len(hits) >= MAX_HITS:
                break
        scope, reason = scope_of(group, context)
        return _fact(fact_id, hits, scope, reason)


def _fact(fact_id: str, hits: list[dict[str, Any]], scope: Scope, reason: str) -> Fact:
    if not hits and scope.files and not scope.complete:
        reason = f"{scope.files - scope.read} of {scope.files} files could not be read whole: {reason}"
        return Fact(fact_id, State.UNKNOWN, method="text search", scope=scope, reason=reason)
    if not hits:
        return Fact(fact_id, State.ABSENT, [], Level.CONTENT, "text search", Confidence.MEDIUM, scope=scope)
    evidence = tuple(Evidence(hit["path"], hit["line"], hit["match"]) for hit in hits[:MAX_EVIDENCE])
    return Fact(fact_id, State.KNOWN, hits[:MAX_HITS], Level.CONTENT, "text search", Confidence.MEDIUM, evidence, scope)
