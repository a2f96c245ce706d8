"""The probe `python.functions`: functions and classes that are defined, by name and decorators."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from typing import Any, ClassVar, Final, Literal

from msgspec import Struct
from pydantic import Field

from aiaudit import lazy
from aiaudit.model.fact import Fact, Level
from aiaudit.model.types import BOOL, INT, STRING, Type, list_of, record
from aiaudit.probes.base import Context, Probe, Query
from aiaudit.probes.python.asking import CodeQuery, fact_of, placed
from aiaudit.probes.python.base_record import Definition
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
        files = index.files_of(meant)
        if query.calling:
            files &= called_in(context).files_of(query.names())
        rows: dict[tuple[Any, ...], dict[str, Any]] = context.memo.setdefault("python.functions.rows", {})

        def find(entry: Entry, project: PythonProject) -> Iterator[dict[str, Any]]:
            for one in project.base(entry.path).definitions_called(named):
                if query.kind != "any" and (one.kind == "class") != (query.kind == "class"):
                    continue
                if query.decorated and decorated.isdisjoint(one.decorators):
                    continue
                yield row_of(one, entry)

        def row_of(one: Definition, entry: Entry) -> dict[str, Any]:
            """One for all facts: several ask of the same functions."""
            key = (entry.path, *one[:-1], *one.decorators)
            made = rows.get(key)
            if made is None:
                record = {
                    "line": one.line,
                    "end": one.end,
                    "name": one.qualname,
                    "kind": "class" if one.kind == "class" else "function",
                    "decorators": one.decorators,
                    "is_async": one.kind == "async",
                }
                made = rows[key] = placed(entry, record)
            return made

        return fact_of(fact_id, query, context, find, among=files)


class _Names:
    """Names, and the files in which each stands."""

    def __init__(self) -> None:
        self._files: dict[str, str | list[str]] = {}  # a path where there is one, as of most names: they are many
        self._lines = b""

    def add(self, name: str, path: str) -> None:
        known = self._files.setdefault(name, path)
        if isinstance(known, list):
            known.append(path)
        elif known != path:
            self._files[name] = [known, path]

    def added(self) -> _Names:
        """These, ready to be searched."""
        self._lines = "\n".join(self._files).encode("utf-8", "surrogatepass")
        return self

    def files_of(self, names: Iterable[str]) -> set[str]:
        """The files in which one of these stands."""
        found = set[str]()
        for name in names:
            known = self._files[name]
            found.update((known,) if isinstance(known, str) else known)
        return found

    def among(self, globs: Iterable[str]) -> frozenset[str]:
        """Those that match one of the globs, in one search of all: they are many."""
        globs = tuple(globs)
        if "*" in globs:
            return frozenset(self._files)
        expression = "|".join(_regex(one) for one in globs)
        if not expression:
            return frozenset()
        import re2

        found = re2.compile(f"(?m)^(?:{expression})$".encode("utf-8", "surrogatepass"), options()).finditer(self._lines)
        return frozenset(match.group().decode("utf-8", "surrogatepass") for match in found) & self._files.keys()


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
    names, decorators = _Names(), _Names()
    project = python_project(context)
    for path in project.having.get("base.defs", ()):
        rows = project.base(path).defined
        for name in {row[1].rpartition(".")[2] for row in rows}:
            names.add(name, path)
        for decorator in {decorator for row in rows for decorator in row[4:]}:
            decorators.add(decorator, path)
    made = context.memo["python.functions"] = _Defined(names.added(), decorators.added())
    return made
