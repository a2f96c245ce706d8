"""The probe `javascript.log_values`: what log lines hold that nothing tells to be harmless; records are Python's."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar, Literal

from pydantic import Field

from aiaudit.model.fact import Fact, Level
from aiaudit.model.types import Type, list_of
from aiaudit.probes.base import Context, Probe, Query
from aiaudit.probes.javascript.asked_errors import HANDED
from aiaudit.probes.javascript.asking import ScriptQuery, fact_of
from aiaudit.probes.javascript.probe_rescues import target_of
from aiaudit.probes.javascript.project import JavaScriptProject
from aiaudit.probes.python.probe_logged import LOGGED
from aiaudit.project.entry import Entry


class LogValuesQuery(ScriptQuery):
    """Values of log lines that are not known by how they are made, each name once a file, as by `python.log_values`.
    sources: open (nothing tells what it holds), error (what was caught, as a whole or a property of it),
    request (the whole error of what sends a request by axios, a row for each), handed (that of a function of another
    file that sends a key by axios and hands its error on)."""

    sources: list[Literal["open", "error", "request", "handed"]] = Field(default=["open"])
    features: ClassVar[tuple[str, ...]] = ("log_values",)


class LogValuesProbe(Probe[LogValuesQuery]):
    name: ClassVar[str] = "javascript.log_values"
    title: ClassVar[str] = "Values in log lines of JavaScript and TypeScript that are not known by how they are made"
    query: ClassVar[type[Query]] = LogValuesQuery
    max_level: ClassVar[Level] = Level.CONTENT
    engine: ClassVar[str | None] = "javascript"

    def value_type(self, query: LogValuesQuery) -> Type:
        return list_of(LOGGED)

    def answer(self, fact_id: str, query: LogValuesQuery, context: Context) -> Fact:
        def find(entry: Entry, project: JavaScriptProject) -> Iterator[dict[str, Any]]:
            record = project.records[entry.path]
            for row in record.get("log_values", ()):
                if row["source"] in query.sources:
                    yield {"cell": 0, "source_line": row["line"], **row}
            for row in record.get("handed_errors", ()) if HANDED in query.sources else ():
                if any(_sends_a_key(spec, rest, entry.path, project) for spec, rest in row["by"]):
                    told = {key: value for key, value in row.items() if key != "by"}
                    yield {"cell": 0, "source_line": row["line"], **told}

        return fact_of(fact_id, query, context, find, lambda one: f"{one['source_name']} is logged")


def _sends_a_key(spec: str, rest: str, path: str, project: JavaScriptProject) -> bool:
    target = target_of(spec, rest, path, project)
    return target is not None and target[1] in project.records.get(target[0], {}).get("keyed_requests", ())
