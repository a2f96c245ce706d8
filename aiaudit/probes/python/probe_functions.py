"""The probe `python.functions`: functions and classes that are defined, by name and decorators."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any, ClassVar, Final, Literal

from msgspec import Struct
from pydantic import Field

from aiaudit import lazy
from aiaudit.model.fact import Fact, Level
from aiaudit.model.types import BOOL, INT, STRING, Type, list_of, record
from aiaudit.probes.base import Context, Probe, Query
from aiaudit.probes.python.asking import CodeQuery, fact_of
from aiaudit.probes.python.groups import Names, expanded
from aiaudit.probes.python.lost import Lost
from aiaudit.probes.python.probe_calls import called_in
from aiaudit.probes.python.project import PythonProject, python_project
from aiaudit.probes.text.search import options
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
    decorated: list[str] = Field(default=[])
    kind: Literal["function", "class", "any"] = "function"
    calling: Names = Field(default=[])

    def names(self) -> list[str]:
        """What the engine looks for."""
        return expanded(self.calling)

    def may_stand_in(self, lost: Lost) -> bool:
        asked = any(not name or fnmatchcase(name, glob) for name in lost.defines for glob in self.any)
        return asked or lost.names(self.names())


class FunctionsProbe(Probe[FunctionsQuery]):
    name: ClassVar[str] = "python.functions"
    title: ClassVar[str] = "Functions and classes defined in Python code, by name and decorators"
    query: ClassVar[type[Query]] = FunctionsQuery
    max_level: ClassVar[Level] = Level.CONTENT
    engine: ClassVar[str | None] = "python"

    def value_type(self, query: FunctionsQuery) -> Type:
        return list_of(FUNCTION)

    def answer(self, fact_id: str, query: FunctionsQuery, context: Context) -> Fact:
        defined = _defined(context)
        named, decorated = defined.names.among(query.any), defined.decorators.among(query.decorated)
        index, meant = (defined.decorators, decorated) if query.decorated else (defined.names, named)
        files = {path for name in meant for path in index.files[name]}
        if query.calling:
            files &= called_in(context).files_of(query.names())

        def find(entry: Entry, project: PythonProject) -> Iterator[dict[str, Any]]:
            for one in project.base(entry.path).definitions_called(named):
                if query.kind != "any" and (one.kind == "class") != (query.kind == "class"):
                    continue
                if query.decorated and decorated.isdisjoint(one.decorators):
                    continue
                yield {
                    "line": one.line,
                    "end": one.end,
                    "name": one.qualname,
                    "kind": "class" if one.kind == "class" else "function",
                    "decorators": one.decorators,
                    "is_async": one.kind == "async",
                }

        return fact_of(fact_id, query, context, find, among=files)


class _Names:
    """Names, and the files in which each stands."""

    def __init__(self, files: Mapping[str, list[str]]) -> None:
        self.files = files
        self._lines = "\n".join(files).encode("utf-8", "surrogatepass")

    def among(self, globs: Iterable[str]) -> frozenset[str]:
        """Those that match one of the globs, in one search of all: they are many."""
        globs = tuple(globs)
        if "*" in globs:
            return frozenset(self.files)
        expression = "|".join(_regex(one) for one in globs)
        if not expression:
            return frozenset()
        import re2

        found = re2.compile(f"(?m)^(?:{expression})$".encode("utf-8", "surrogatepass"), options()).finditer(self._lines)
        return frozenset(match.group().decode("utf-8", "surrogatepass") for match in found) & self.files.keys()


def _regex(glob: str) -> str:
    """A glob of names for RE2: `*`, `?` and sets such as `[a-z]`."""
    return "".join(
        _WILD.get(part) or (f"[{part[1:-1].replace('!', '^', 1)}]" if _SET.fullmatch(part) else re.escape(part))
        for part in _PARTS.split(glob)
    )


_PARTS: Final = lazy.regex(r"([*?]|\[!?[\w-]+\])")
_SET: Final = lazy.regex(r"\[!?[\w-]+\]")
_WILD: Final = {"*": ".*", "?": "."}


class _Defined(Struct, frozen=True):
    """What is defined, and the decorators of it."""

    names: _Names
    decorators: _Names


def _defined(context: Context) -> _Defined:
    known = context.memo.get("python.functions")
    if isinstance(known, _Defined):
        return known
    names: dict[str, list[str]] = defaultdict(list)  # lists, for a name mostly has one file
    decorators: dict[str, list[str]] = defaultdict(list)
    project = python_project(context)
    for path in project.having.get("base.defs", ()):
        rows = project.base(path).defined
        for name in {row[1].rpartition(".")[2] for row in rows}:
            names[name].append(path)
        for decorator in {decorator for row in rows for decorator in row[4:]}:
            decorators[decorator].append(path)
    made = context.memo["python.functions"] = _Defined(_Names(names), _Names(decorators))
    return made
