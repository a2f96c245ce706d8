"""What a probe is: it answers queries with facts, and never judges.

A pack's `facts:` block holds queries. All queries of all selected checks are collected first; then one walk, one read
and one parse a file answer them all (`aiaudit.probes.collect`).

Two kinds of work, one interface:
- *Scanning* probes look into every file of a kind (Python, any text). They name an `engine`. The collector builds each
  engine once from all queries that use it; the engine's `scan` runs on one file's bytes in a worker process, its result
  is JSON, depends on the bytes only and is cached by their hash. `answer` then joins what the engine found with paths.
- *Project* probes read a few named files through `context.project`, which reads and parses each file once.
"""

from __future__ import annotations

import datetime as dt
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Final, Generic, Protocol, TypeVar

from msgspec import Struct, field
from pydantic import BaseModel, ConfigDict, ValidationInfo

from aiaudit.model.fact import Fact, Level
from aiaudit.model.types import Type

if TYPE_CHECKING:
    from aiaudit.project.config import ProjectConfig
    from aiaudit.project.tree import Entry, Project


class Query(BaseModel):
    """Base of every probe's query model: unknown keys are errors, values are frozen.

    A validator that has to compile what it is given may pass over it where `was_checked(info)`.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)


_CHECKED: Final = "checked"
CHECKED: Final = {_CHECKED: True}
"""The context in which a query is validated that was validated before: when its pack was loaded."""


def was_checked(info: ValidationInfo) -> bool:
    """Whether this query was validated before, so that all its patterns can be compiled."""
    return bool(info.context and info.context.get(_CHECKED))


Q = TypeVar("Q", bound=Query)


class Engine(Protocol):
    """Looks for everything that all queries ask of one kind of file. Built in the parent, used in forked workers.

    An engine may also have:
    - `variant(entry) -> str`: what its result depends on besides the content, where that is not just the suffix;
    - `takes_pointers = True`: it scans what Git LFS left in a file's place, which is an error otherwise;
    - `takes_head = True`: of a file larger than the cap it scans the head (the result then says `"truncated": true`);
      otherwise such a file is an error;
    - `pack(found)`: puts parts of a result that few ask for into JSON texts, before it is kept: a tree of thousands of
      files is held in memory until all queries are answered, and a text takes a tenth of what its lists would;
    - `survey(project)`: told of the project before it is asked which files it wants;
    - `prepare(size, cache)`: makes ready for so many bytes before workers are forked, which then share it;
    - `ahead(files) -> None`: called in a worker with the contents and entries of the files that it scans next: a search
      of one file after the other finds its tables in the processor's cache, where a parse between them drives them out;
    - `again(entries, found) -> list[str]`: once all files were looked through, the paths of those to look through once
      more, of which `variant` now says something else (`found`: the results by path);
    - `read_only = True`: nobody changes what was found in a file, so that equal answers may be one object;
    - `bounded = True`: linear in time and memory on any input, so that a small tree needs no process of its own.
    """

    name: str

    def key(self) -> str:
        """A digest of the engine's version and of all it looks for: part of the cache key."""

    def wants(self, entry: Entry) -> bool:
        """Whether this file is of the engine's kind (by path, size and role; the content is not read for this)."""

    def scan(self, data: bytes, entry: Entry) -> dict[str, Any]:
        """What was found in one file, as JSON. May use of `entry` only what `variant` tells (else its suffix): the
        result is cached by content."""


class Context(Struct):
    """What a probe may look at. `scans[engine][path]` is what the engine found; a file it could not read or parse has
    `{"error": reason}` there instead."""

    project: Project
    config: ProjectConfig
    as_of: dt.date
    scans: Mapping[str, Mapping[str, dict[str, Any]]] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)  # run options some probes take: secrets_engine, roots…
    memo: dict[str, Any] = field(default_factory=dict)  # what one probe computes once for all its queries
    progress: Callable[[str], None] = lambda text: None  # told by probes whose work takes long what they are at


class Probe(ABC, Generic[Q]):
    """One kind of question that packs may ask. One file a probe (or a small family) in `aiaudit/probes/`."""

    name: ClassVar[str]  # as in `probe: NAME`
    title: ClassVar[str]  # one line for `aiaudit checks schema` and the docs
    query: ClassVar[type[Query]]
    max_level: ClassVar[Level]  # the best evidence level this probe can give; lint uses it
    engine: ClassVar[str | None] = None

    @abstractmethod
    def value_type(self, query: Q) -> Type:
        """The type of the fact's value; packs are type-checked against it."""

    @abstractmethod
    def answer(self, fact_id: str, query: Q, context: Context) -> Fact:
        """Answer one query. Anticipated trouble is a fact in state unknown with a reason, never an exception."""
