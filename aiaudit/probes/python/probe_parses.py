"""The probe `python.parses`: places that read what a model wrote as data, with their schema and their failure path."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar, Final

from aiaudit.model.fact import Fact, Level
from aiaudit.model.types import BOOL, INT, STRING, Type, list_of, record
from aiaudit.probes.base import Context, Probe, Query
from aiaudit.probes.python.asking import CodeQuery, fact_of
from aiaudit.probes.python.project import PythonProject
from aiaudit.project.entry import Entry

PARSE: Final = record(
    "parse",
    path=STRING,
    line=INT,
    cell=INT,
    role=STRING,
    function=STRING,
    name=STRING,
    kind=STRING,
    source_name=STRING,
    source_line=INT,
    typed=BOOL,
    handled=BOOL,
)


class ParsesQuery(CodeQuery):
    """Places that read what a model wrote. kind: json, yaml, literal, regex, or schema (straight into a class). typed:
    what was read is checked against a class or schema. handled: code says what happens if it is not as expected."""

    features: ClassVar[tuple[str, ...]] = ("parses", "flows")


class ParsesProbe(Probe[ParsesQuery]):
    name: ClassVar[str] = "python.parses"
    title: ClassVar[str] = "Places that read what a model wrote as data, with their schema and their failure path"
    query: ClassVar[type[Query]] = ParsesQuery
    max_level: ClassVar[Level] = Level.CONTENT
    engine: ClassVar[str | None] = "python"

    def value_type(self, query: ParsesQuery) -> Type:
        return list_of(PARSE)

    def answer(self, fact_id: str, query: ParsesQuery, context: Context) -> Fact:
        def find(entry: Entry, project: PythonProject) -> Iterator[dict[str, Any]]:
            for row in project.records[entry.path].get("parses", ()):
                if row["source"] == "call":
                    target = project.split(row["source_name"], entry.path)
                    if target is None or target[1] not in project.records[target[0]].get("answering", ()):
                        continue
                kept = {key: value for key, value in row.items() if key != "source"}
                yield {"cell": 0, "function": "", "typed": False, "handled": False, **kept}

        return fact_of(fact_id, query, context, find, having="parses")
