"""The probe `python.rescues`: what happens in place of a call that fails, as its `except` says."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar, Final, NamedTuple

from pydantic import Field

from aiaudit.model.fact import Fact, Level
from aiaudit.model.types import INT, STRING, Type, list_of, record
from aiaudit.probes.base import Context, Probe, Query
from aiaudit.probes.python.asking import CodeQuery, fact_of
from aiaudit.probes.python.groups import Names, expanded
from aiaudit.probes.python.match import name_set, patterns_of
from aiaudit.probes.python.probe_calls import called_in
from aiaudit.probes.python.probe_findings import callers_of, leads_to
from aiaudit.probes.python.project import PythonProject, python_project
from aiaudit.project.entry import Entry

RESCUE: Final = record(
    "rescue",
    path=STRING,
    line=INT,
    cell=INT,
    role=STRING,
    function=STRING,
    name=STRING,
    call_line=INT,
    handler_line=INT,
    caught=list_of(STRING),
    by=list_of(STRING),
    ends=STRING,
)
# Methods that dictionaries, lists, files and the like have, too: the name alone tells nothing of an unseen object.
_OF_ANYTHING: Final = name_set(
    "get set items keys values pop update copy append extend add remove clear read write close open next send put"
    " load save info error join split format strip start stop"
)


class RescuesQuery(CodeQuery):
    """`try` statements around calls, also of the project's functions that make them. calls: qualified names or groups.
    ends: how the handlers go on where the call fails: value (another answer is returned or assigned), message (the
    error is told), raise (it goes on to the caller, or the program ends), or nothing (None, an empty thing, a log line,
    the next turn of a loop). caught: the exceptions, by their last name; by: those of the handler that speaks for
    the try."""

    calls: Names = Field(min_length=1)
    features: ClassVar[tuple[str, ...]] = ("rescues",)

    def names(self) -> list[str]:
        """All name patterns: what the engine looks for."""
        return expanded(self.calls)


class RescuesProbe(Probe[RescuesQuery]):
    name: ClassVar[str] = "python.rescues"
    title: ClassVar[str] = "Calls inside a try, and what its handlers do where the call fails"
    query: ClassVar[type[Query]] = RescuesQuery
    max_level: ClassVar[Level] = Level.CONTENT
    engine: ClassVar[str | None] = "python"

    def value_type(self, query: RescuesQuery) -> Type:
        return list_of(RESCUE)

    def answer(self, fact_id: str, query: RescuesQuery, context: Context) -> Fact:
        patterns = patterns_of(query.names())
        callers = callers_of(patterns, called_in(context).files_of(query.names()), python_project(context))
        replaced = _replaced(python_project(context))
        methods = {name.rpartition(".")[2] for _, name in callers if "." in name} - _OF_ANYTHING

        def find(entry: Entry, project: PythonProject) -> Iterator[dict[str, Any]]:
            for row in project.records[entry.path].get("rescues", ()):
                found = next(
                    (
                        (name, line)
                        for name, line in row["calls"].items()
                        if patterns.match(project.follow(name, entry.path).name)
                        or leads_to(name.removesuffix(".__call__"), entry.path, callers, project)
                        or (_of_unknown_object(name) and name.rpartition(".")[2] in methods)
                    ),
                    None,
                )
                if found is not None:
                    ends = row["ends"]
                    if ends == "nothing" and replaced.holds(entry.path, row.get("function", "")):
                        ends = "value"  # whoever calls the function gives another answer where it gives none
                    yield {
                        **{key: row[key] for key in ("line", "handler_line", "caught", "by")},
                        "ends": ends,
                        "cell": row.get("cell", 0),
                        "function": row.get("function", ""),
                        "name": found[0].removeprefix("@."),
                        "call_line": found[1],
                    }

        return fact_of(
            fact_id, query, context, find, note=lambda one: f"{one['name']}: {one['ends']}", having="rescues"
        )


class _Replaced(NamedTuple):
    """Functions in whose place their callers give another answer where they give nothing: (file, qualified name), and
    the methods of objects whose class is not seen."""

    functions: set[tuple[str, str]]
    methods: set[str]

    def holds(self, path: str, function: str) -> bool:
        return (path, function) in self.functions or ("." in function and function.rpartition(".")[2] in self.methods)


def _replaced(project: PythonProject) -> _Replaced:
    known = project.memo.get("python.replaced")
    if isinstance(known, _Replaced):
        return known
    made = project.memo["python.replaced"] = _Replaced(set(), set())
    for path in project.having.get("replaced", ()):
        for row in project.records[path]["replaced"]:
            name = row["of"]
            home = project.home(name, path) if not name.startswith("?") else None
            last = name.rpartition(".")[2]
            if home is not None:
                made.functions.add(home)
            if (home is None or "." in home[1]) and last not in _OF_ANYTHING:
                made.methods.add(last)
    return made


def _of_unknown_object(name: str) -> bool:
    """Whether a method is called on an object whose class is not seen: handed in, or kept in an application's state."""
    return name.startswith("?.") or ".state." in name
