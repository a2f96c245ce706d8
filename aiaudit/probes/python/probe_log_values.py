"""The probe `python.log_values`: what log lines and prints hold that nothing tells to be harmless."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from pydantic import Field

from aiaudit.model.fact import Fact, Level
from aiaudit.model.types import Type, list_of
from aiaudit.probes.base import Context, Probe, Query
from aiaudit.probes.python.asking import CodeQuery, fact_of
from aiaudit.probes.python.probe_logged import LOGGED
from aiaudit.probes.python.project import PythonProject
from aiaudit.project.entry import Entry


class LogValuesQuery(CodeQuery):
    """Values of log lines and prints that are not known by how they are made: no constants, figures, lengths, times,
    paths or settings. Each name once a file, at its first line, with the fields of `python.logged`.
    sources: open (nothing tells what it holds), error (what was caught, or a parameter for it). name: the last part of
    the name, the key or the function; source_name: as it is written."""

    sources: list[Literal["open", "error"]] = Field(default=["open"])
    features: ClassVar[tuple[str, ...]] = ("log_values",)


class LogValuesProbe(Probe[LogValuesQuery]):
    name: ClassVar[str] = "python.log_values"
    title: ClassVar[str] = "Values in log lines and prints of Python code that are not known by how they are made"
    query: ClassVar[type[Query]] = LogValuesQuery
    max_level: ClassVar[Level] = Level.CONTENT
    engine: ClassVar[str | None] = "python"

    def value_type(self, query: LogValuesQuery) -> Type:
        return list_of(LOGGED)

    def answer(self, fact_id: str, query: LogValuesQuery, context: Context) -> Fact:
        def find(entry: Entry, project: PythonProject) -> list[dict[str, Any]]:
            rows = project.records[entry.path].get("log_values", ())
            return [
                {"cell": 0, "function": "", "source_line": row["line"], **row}
                for row in rows
                if row["source"] in query.sources
            ]

        return fact_of(
            fact_id, query, context, find, note=lambda one: f"{one['source_name']} is logged", having="log_values"
        )
