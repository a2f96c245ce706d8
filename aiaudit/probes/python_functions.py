"""The probe `python.functions`: functions and classes that are defined, by name and decorators."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from fnmatch import translate
from functools import cache
from typing import Any, ClassVar, Final, Literal

from pydantic import Field

from aiaudit.model.fact import Fact, Level
from aiaudit.model.types import BOOL, INT, STRING, Type, list_of, record
from aiaudit.probes.base import Context, Probe, Query
from aiaudit.probes.python.asking import CodeQuery, fact_of
from aiaudit.probes.python.project import PythonProject
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
    """any: globs of the name without its class (`*` for all). decorated: globs of a decorator as written (`*.tool`).
    kind: function, class or any."""

    any: list[str] = Field(default=["*"])
    decorated: list[str] = Field(default_factory=list)
    kind: Literal["function", "class", "any"] = "function"


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

        return fact_of(fact_id, query, context, find)


def _matcher(globs: Iterable[str]) -> Callable[[str], object]:
    """Whether a name matches one of the globs; each name is looked at once, however many functions bear it."""
    some = re.compile("|".join(map(translate, globs)) or r"(?!)")
    return cache(some.match)
