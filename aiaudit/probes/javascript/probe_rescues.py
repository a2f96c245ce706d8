"""The probe `javascript.rescues`: what happens in place of a call that fails, as its `catch` says."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any, ClassVar, Final

from msgspec import Struct
from pydantic import Field

from aiaudit.model.fact import Fact, Level
from aiaudit.model.types import Type, list_of
from aiaudit.probes.base import Context, Probe, Query
from aiaudit.probes.javascript.asking import ScriptQuery, fact_of
from aiaudit.probes.javascript.groups import Names, expanded
from aiaudit.probes.javascript.mounted import unmounted
from aiaudit.probes.javascript.names import LOCAL, UNKNOWN
from aiaudit.probes.javascript.project import JavaScriptProject, javascript_project
from aiaudit.probes.python.match import name_set, patterns_of
from aiaudit.probes.python.probe_rescues import RESCUE
from aiaudit.project.entry import Entry

_ANY: Final = name_set(
    "execute handler callback process perform forEach onClick onFinish onError handleSubmit onSubmit"
)
MAX_STEPS: Final = 4  # calls between a `try` and the call of a model


class RescuesQuery(ScriptQuery):
    """`try` statements with a `catch`, and `.catch(…)`, around calls and around functions of the project that ask a
    model; the fields are those of `python.rescues`. calls: qualified names or groups."""

    calls: Names = Field(min_length=1)
    features: ClassVar[tuple[str, ...]] = ("rescues", "flows")
    found_by: ClassVar[tuple[str, ...]] = ("rescues",)

    def names(self) -> list[str]:
        """All name patterns: what the engine looks for."""
        return expanded(self.calls)


class RescuesProbe(Probe[RescuesQuery]):
    name: ClassVar[str] = "javascript.rescues"
    title: ClassVar[str] = "Calls inside a try in JavaScript and TypeScript, and what its catch does where they fail"
    query: ClassVar[type[Query]] = RescuesQuery
    max_level: ClassVar[Level] = Level.CONTENT
    engine: ClassVar[str | None] = "javascript"

    def value_type(self, query: RescuesQuery) -> Type:
        return list_of(RESCUE)

    def answer(self, fact_id: str, query: RescuesQuery, context: Context) -> Fact:
        asked = query.names()
        asking = asking_functions(context)
        replaced = _replaced(javascript_project(context))

        def find(entry: Entry, project: JavaScriptProject) -> Iterator[dict[str, Any]]:
            rows = project.records[entry.path].get("rescues", ()) if not unmounted(entry.path, project) else ()
            patterns = patterns_of(asked if rows else ())
            for row in rows:
                for spec, rest, line in row["calls"]:
                    found = project.follow(spec, "" if rest == "*" else rest, entry.path)
                    if patterns.match(found.name) or asking.holds(spec, rest, entry.path, project):
                        last = row["function"].rpartition(".")[2]
                        gives = row["ends"] == "nothing" and (entry.path, last) in replaced
                        yield {
                            **{key: row[key] for key in ("line", "function", "handler_line")},
                            "ends": "value" if gives else row["ends"],  # whoever calls it gives another answer
                            "cell": 0,
                            "caught": [],
                            "by": [],
                            "name": found.name.removeprefix("@."),
                            "call_line": line,
                        }
                        break

        return fact_of(fact_id, query, context, find, note=lambda one: f"{one['name']}: {one['ends']}")


def _replaced(project: JavaScriptProject) -> set[tuple[str, str]]:
    """Functions in whose place their callers give another answer where they give nothing: (file, last name)."""
    found = project.memo.get("replaced")
    if not isinstance(found, set):
        found = project.memo["replaced"] = {
            target
            for path, record in project.records.items()
            for spec, rest, _ in record.get("replaced", ())
            if (target := target_of(spec, rest, path, project)) is not None
        }
    return found


class Asking(Struct, frozen=True):
    """Functions of the project that ask a model, at once or by others that they call: (file, name)."""

    functions: set[tuple[str, str]]
    methods: set[str]

    def holds(self, spec: str, rest: str, path: str, project: JavaScriptProject) -> bool:
        target = target_of(spec, rest, path, project)
        if target is not None and target in self.functions:
            return True
        # a method of an object whose class is not seen, or whose class leaves it to others
        return "." in rest and rest.rpartition(".")[2] in self.methods


def target_of(spec: str, rest: str, path: str, project: JavaScriptProject) -> tuple[str, str] | None:
    """The function of the project that a name stands for: (file, its last name)."""
    if spec in (LOCAL, UNKNOWN):  # `this.answer()` is of this file
        return path, rest.rpartition(".")[2]
    found = project.follow(spec, "" if rest == "*" else rest, path)
    if not found.path:
        return None
    return found.path, found.local.rpartition(".")[2]


def asking_functions(context: Context) -> Asking:
    """All functions that lead to the call of a model, made once for all queries."""
    known = context.memo.get("javascript.asking")
    if isinstance(known, Asking):
        return known
    project = javascript_project(context)
    direct = {(path, name) for path, record in project.records.items() for name in record.get("answering", ())}
    methods = {name for _, name in direct if len(name) > 5 and name not in _ANY}
    callers: dict[tuple[str, str], set[tuple[str, str]]] = defaultdict(set)
    if direct:
        for path, record in project.records.items():
            for function, targets in record.get("uses", {}).items():
                for spec, rest in targets:
                    target = target_of(spec, rest, path, project)
                    if target is not None and function:
                        callers[target].add((path, function))
                    if "." in rest and rest.rpartition(".")[2] in methods:
                        callers["", rest.rpartition(".")[2]].add((path, function))
    found = set(direct)
    new = found | {("", name) for name in methods}
    for _ in range(MAX_STEPS - 1):
        new = {caller for one in new for caller in callers.get(one, ())} - found
        found |= new
    made = context.memo["javascript.asking"] = Asking(found, methods)
    return made
