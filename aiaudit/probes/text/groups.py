"""What is asked of text: groups of patterns, each with the files that it is meant for."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, NamedTuple, Protocol, runtime_checkable

from msgspec import Struct

from aiaudit.project.entry import Entry
from aiaudit.project.roles import Role


class Pattern(NamedTuple):
    """A regular expression in RE2's syntax, and what hits of it are called."""

    name: str
    regex: str


Judge = Callable[[Pattern, Any, bytes], "dict[str, Any] | None"]
"""Called with the pattern, RE2's match and the whole text as UTF-8; gives what to keep of a hit, None for no hit."""


class PatternGroup(Struct, frozen=True):
    """Patterns that are searched in the same files.

    `files`, `roles` (None: any) and `ignored` say in which. `unless` takes back a hit whose line it matches. A hit is
    kept as its text (at most 120 characters), or as what `judge` makes of it; `judged_by` names the judge and its
    version. `keep`: whether a hit's text is kept at all. `most`: hits of one pattern in one file, more are left out.
    `comments`: whether a hit in a comment counts. `beside`: looked for only in files in which this matches too.
    """

    patterns: tuple[Pattern, ...]
    files: tuple[str, ...] = ("**/*",)
    roles: frozenset[Role] | None = None
    ignored: bool = False
    unless: str = ""
    ignore_case: bool = False
    keep: bool = True
    most: int = 50
    comments: bool = True
    beside: str = ""
    judge: Judge | None = None
    judged_by: str = ""

    @property
    def key(self) -> str:
        """What hits depend on besides the text; hits are kept under it."""
        parts = (self.patterns, self.unless, self.ignore_case, self.keep, self.most, self.comments, self.judged_by)
        return _digest((*parts, self.beside) if self.beside else parts)

    @property
    def regexes(self) -> tuple[str, ...]:
        """All that is looked for on behalf of the group."""
        return (*(pattern.regex for pattern in self.patterns), *((self.beside,) if self.beside else ()))

    @property
    def numbers(self) -> tuple[int, ...]:
        """The numbers of those of them that a search for all groups looks for."""
        return (len(self.patterns),) if self.beside else tuple(range(len(self.patterns)))

    @property
    def searched(self) -> tuple[str, ...]:
        """The same themselves."""
        return (self.beside,) if self.beside else self.regexes

    def takes(self, entry: Entry) -> bool:
        """Whether a file whose path matches is one of the group's."""
        return self.takes_role(entry.role) and (self.ignored or not entry.ignored)

    def takes_role(self, role: Role) -> bool:
        """Whether files of this role are meant."""
        return self.roles is None or role in self.roles


@cache
def _digest(parts: tuple[Any, ...]) -> str:
    return hashlib.blake2b(json.dumps(parts).encode(), digest_size=8).hexdigest()


@runtime_checkable
class HasGroups(Protocol):
    """A query that brings patterns to the text engine."""

    def groups(self) -> Sequence[PatternGroup]:
        """The pattern groups of this query; the same each time."""
