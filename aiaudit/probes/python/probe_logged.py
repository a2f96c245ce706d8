"""The probe `python.logged`: what callers sent or a model wrote, in log lines and prints."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar, Final, Literal

from pydantic import Field

from aiaudit.model.fact import Fact, Level
from aiaudit.model.types import INT, STRING, Type, list_of, record
from aiaudit.probes.base import Context, Probe, Query
from aiaudit.probes.python.asking import CodeQuery, fact_of
from aiaudit.probes.python.project import PythonProject
from aiaudit.project.entry import Entry

LOGGED: Final = record(
    "logged",
    path=STRING,
    line=INT,
    cell=INT,
    role=STRING,
    function=STRING,
    call=STRING,
    name=STRING,
    source=STRING,
    source_name=STRING,
    source_line=INT,
)


class LoggedQuery(CodeQuery):
    """Parts of log lines and prints that come from outside, followed through names and functions of their file.
    sources: user (what a handler was sent), llm (what a model wrote, or decided to hand to a tool). call: `print` or
    the logger and its level. name: the name, attribute or key under which the part is logged; what is counted, masked
    or compared is none."""

    sources: list[Literal["llm", "user"]] = Field(default=["llm", "user"])
    features: ClassVar[tuple[str, ...]] = ("logged",)


class LoggedProbe(Probe[LoggedQuery]):
    name: ClassVar[str] = "python.logged"
    title: ClassVar[str] = "What callers sent or a model wrote, in log lines and prints of Python code"
    query: ClassVar[type[Query]] = LoggedQuery
    max_level: ClassVar[Level] = Level.CONTENT
    engine: ClassVar[str | None] = "python"

    def value_type(self, query: LoggedQuery) -> Type:
        return list_of(LOGGED)

    def answer(self, fact_id: str, query: LoggedQuery, context: Context) -> Fact:
        def find(entry: Entry, project: PythonProject) -> Iterator[dict[str, Any]]:
            for row in project.records[entry.path].get("logged", ()):
                if row["source"] in query.sources:
                    yield {"cell": 0, "function": "", **row}

        return fact_of(
            fact_id, query, context, find, note=lambda one: f"{one['source_name']} is logged", having="logged"
        )
