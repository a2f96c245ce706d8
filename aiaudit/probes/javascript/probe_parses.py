"""The probe `javascript.parses`: places that read what a model wrote as data, with their schema and failure path."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar, Final

from aiaudit.model.fact import Fact, Level
from aiaudit.model.types import Type, list_of
from aiaudit.probes.base import Context, Probe, Query
from aiaudit.probes.javascript.asking import ScriptQuery, fact_of
from aiaudit.probes.javascript.probe_rescues import target_of
from aiaudit.probes.javascript.project import JavaScriptProject, javascript_project
from aiaudit.probes.python.probe_parses import PARSE
from aiaudit.project.entry import Entry

MAX_STEPS: Final = 3  # calls between a `try` and the read that it guards


class ParsesQuery(ScriptQuery):
    """Places that read what a model wrote, and calls that ask it for a schema, with the fields of `python.parses`.
    kind: json, or schema (the SDK itself checks the answer). handled: a `catch` here, or around a call of the function
    in which it stands, says what happens if it is not as expected."""

    features: ClassVar[tuple[str, ...]] = ("parses", "flows", "rescues")
    found_by: ClassVar[tuple[str, ...]] = ("parses",)


class ParsesProbe(Probe[ParsesQuery]):
    name: ClassVar[str] = "javascript.parses"
    title: ClassVar[str] = (
        "Places in JavaScript and TypeScript that read what a model wrote as data, with schema and failure path"
    )
    query: ClassVar[type[Query]] = ParsesQuery
    max_level: ClassVar[Level] = Level.CONTENT
    engine: ClassVar[str | None] = "javascript"

    def value_type(self, query: ParsesQuery) -> Type:
        return list_of(PARSE)

    def answer(self, fact_id: str, query: ParsesQuery, context: Context) -> Fact:
        guarded = _guarded(context)

        def find(entry: Entry, project: JavaScriptProject) -> Iterator[dict[str, Any]]:
            for row in project.records[entry.path].get("parses", ()):
                kept = {"function": "", "typed": False, "handled": False, **row}
                if kept.pop("source") == "call":
                    spec, rest = kept["source_name"]
                    target = target_of(spec, rest, entry.path, project)
                    if target is None or target[1] not in project.records.get(target[0], {}).get("answering", ()):
                        continue
                    kept["source_name"] = target[1]
                if not kept.pop("streams", False):
                    kept["handled"] = kept["handled"] or (entry.path, kept["function"]) in guarded
                yield {"cell": 0, **kept}

        return fact_of(fact_id, query, context, find)


def _guarded(context: Context) -> set[tuple[str, str]]:
    """Functions that are called inside a `try` with a `catch`, at once or by others that are."""
    known = context.memo.get("javascript.guarded")
    if isinstance(known, set):
        return known
    project = javascript_project(context)
    new: set[tuple[str, str]] = set()
    for path, record in project.records.items():
        for row in record.get("rescues", ()):
            for spec, rest, _ in row["calls"]:
                target = target_of(spec, rest, path, project)
                if target is not None:
                    new.add(target)
    found = set(new)
    for _ in range(MAX_STEPS):
        reached: set[tuple[str, str]] = set()
        for path, function in new:
            for spec, rest in project.records.get(path, {}).get("uses", {}).get(function, ()):
                target = target_of(spec, rest, path, project)
                if target is not None:
                    reached.add(target)
        new = reached - found
        found |= new
    context.memo["javascript.guarded"] = found
    return found
