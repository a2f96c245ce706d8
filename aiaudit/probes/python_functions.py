"""The probe `python.functions`: functions and classes that are defined, by name and decorators."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from fnmatch import translate
from functools import cache
from typing import Any, ClassVar, Final, Literal

from pydantic import Field, field_validator

from aiaudit.model.fact import Fact, Level
from aiaudit.model.types import BOOL, INT, STRING, Type, list_of, record
from aiaudit.probes.base import Context, Probe, Query
from aiaudit.probes.python.asking import CodeQuery, fact_of
from aiaudit.probes.python.groups import expanded
from aiaudit.probes.python.match import check_pattern
from aiaudit.probes.python.project import PythonProject, python_project
from aiaudit.probes.python_calls import called_in
from aiaudit.project.entry import Entry

FUNCTION: Final = record(
    "function",
    path=STRING,
    line=INT,
    end=INT,
    role=STRING,
    name=STRING,
    kind=STRING,
    decorators=list_of(STRING),
    is_async=BOOL,
)


class FunctionsQuery(CodeQuery):
    """any: globs of the name without its class (`*` for all). decorated: globs of a decorator's qualified
    name (`functools.lru_cache`, `*.tool`).
    kind: function, class or any. calling: names of calls, or groups of them, as in `python.calls`; only files in which
    one of them is called are looked at (all)."""

    any: list[str] = Field(default=["*"])
    decorated: list[str] = Field(default_factory=list)
    kind: Literal["function", "class", "any"] = "function"
    calling: list[str] = Field(default_factory=list)

    @field_validator("calling")
    @classmethod
    def _are_names(cls, value: list[str]) -> list[str]:
        for one in expanded(value):
            check_pattern(one)
        return value

    def names(self) -> list[str]:
        """What the engine looks for."""
        return expanded(self.calling)


class FunctionsProbe(Probe[FunctionsQuery]):
    name: ClassVar[str] = "python.functions"
    title: ClassVar[str] = "Functions and classes defined in Python code, by name and decorators"
    query: ClassVar[type[Query]] = FunctionsQuery
    max_level: ClassVar[Level] = Level.CONTENT
    engine: ClassVar[str | None] = "python"

    def value_type(self, query: FunctionsQuery) -> Type:
        return list_of(FUNCTION)

    def answer(self, fact_id: str, query: FunctionsQuery, context: Context) -> Fact:
        named, decorated = _matcher(query.any), _matcher(query.decorated)
        index = _defined(context).decorators if query.decorated else _defined(context).names
        matches = decorated if query.decorated else named
        files = {path for name, paths in index.items() if matches(name) for path in paths}
        if query.calling:
            files &= called_in(context).files_of(query.names())

        def find(entry: Entry, project: PythonProject) -> Iterator[dict[str, Any]]:
            for one in project.base(entry.path).definitions:
                if query.kind != "any" and (one.kind == "class") != (query.kind == "class"):
                    continue
                if query.decorated and not any(map(decorated, one.decorators)):
                    continue
                if not named(one.qualname.rpartition(".")[2]):
                    continue
                yield {
                    "line": one.line,
                    "end": one.end,
                    "name": one.qualname,
                    "kind": "class" if one.kind == "class" else "function",
                    "decorators": list(one.decorators),
                    "is_async": one.kind == "async",
                }

        return fact_of(fact_id, query, context, find, among=files)


@dataclass(frozen=True, slots=True)
class _Defined:
    """The files in which something of a name, or with a decorator, is defined."""

    names: dict[str, list[str]]  # lists, for a name mostly has one file
    decorators: dict[str, list[str]]


def _defined(context: Context) -> _Defined:
    known = context.memo.get("python.functions")
    if isinstance(known, _Defined):
        return known
    made = context.memo["python.functions"] = _Defined(defaultdict(list), defaultdict(list))
    project = python_project(context)
    for path in project.records:
        rows = project.base(path).defined
        for name in {row[1].rpartition(".")[2] for row in rows}:
            made.names[name].append(path)
        for decorator in {decorator for row in rows for decorator in row[4:]}:
            made.decorators[decorator].append(path)
    return made


def _matcher(globs: Iterable[str]) -> Callable[[str], object]:
    """Whether a name matches one of the globs; each name is looked at once, however many functions bear it."""
    some = re.compile("|".join(map(translate, globs)) or r"(?!)")
    return cache(some.match)
