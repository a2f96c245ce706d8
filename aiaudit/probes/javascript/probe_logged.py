"""The probe `javascript.logged`: what callers sent or a model wrote, in log lines; the records are those of Python."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar, Literal

from pydantic import Field

from aiaudit.model.fact import Fact, Level
from aiaudit.model.types import Type, list_of
from aiaudit.probes.base import Context, Probe, Query
from aiaudit.probes.javascript.asking import ScriptQuery, fact_of
from aiaudit.probes.javascript.groups import expanded
from aiaudit.probes.javascript.probe_findings import source_of_call
from aiaudit.probes.javascript.project import JavaScriptProject
from aiaudit.probes.python.probe_logged import LOGGED
from aiaudit.project.entry import Entry


class LoggedQuery(ScriptQuery):
    """Parts of log lines that come from outside, followed inside their file, with the fields of `python.logged`.
    sources: user (by the names of a request: `req.body.text`), llm (what a model wrote), call (what a function of
    another file gives back in which a model is asked). call: the logger and its level. name: the name, property or key
    under which the part is logged."""

    sources: list[Literal["llm", "user", "call"]] = Field(default=["llm", "user"])
    features: ClassVar[tuple[str, ...]] = ("flows", "logged")
    found_by: ClassVar[tuple[str, ...]] = ("logged",)

    def names(self) -> list[str]:
        """A file in which a model is asked is read."""
        return expanded(["group:llm.answer", "group:llm.run"])


class LoggedProbe(Probe[LoggedQuery]):
    name: ClassVar[str] = "javascript.logged"
    title: ClassVar[str] = "What callers sent or a model wrote, in log lines of JavaScript and TypeScript"
    query: ClassVar[type[Query]] = LoggedQuery
    max_level: ClassVar[Level] = Level.CONTENT
    engine: ClassVar[str | None] = "javascript"

    def value_type(self, query: LoggedQuery) -> Type:
        return list_of(LOGGED)

    def answer(self, fact_id: str, query: LoggedQuery, context: Context) -> Fact:
        def find(entry: Entry, project: JavaScriptProject) -> Iterator[dict[str, Any]]:
            for row in project.records[entry.path].get("logged", ()):
                told = {"cell": 0, **row}
                if row["source"] == "call":
                    told |= source_of_call(row["source_name"], entry.path, project)
                    told["source"] = "call" if told["source"] == "llm" else "unknown"
                if told["source"] in query.sources:
                    yield told

        return fact_of(fact_id, query, context, find, lambda one: f"{one['source_name']} is logged")
