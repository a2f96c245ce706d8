"""The probe `python.hollow`: functions that are named after a safeguard and do nothing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any, ClassVar, Final

from aiaudit.model.fact import Fact, Level
from aiaudit.model.types import INT, STRING, Type, list_of, record
from aiaudit.probes.base import Context, Probe, Query
from aiaudit.probes.python.asking import CodeQuery, fact_of
from aiaudit.probes.python.project import PythonProject, python_project
from aiaudit.project.entry import Entry

HOLLOW: Final = record(
    "hollow",
    path=STRING,
    line=INT,
    end=INT,
    cell=INT,
    role=STRING,
    function=STRING,
    name=STRING,
    what=STRING,
)


class HollowQuery(CodeQuery):
    """Functions by whose name something is masked, screened, checked or limited, and that do none of it. name: without
    its class. what: input (they hand back what they are given), yes (they always say so), nothing. Where another
    function of the same name in the project does something, neither is listed: which one is called is not followed."""

    features: ClassVar[tuple[str, ...]] = ("hollow",)


class HollowProbe(Probe[HollowQuery]):
    name: ClassVar[str] = "python.hollow"
    title: ClassVar[str] = "Functions in Python that are named after a safeguard and do nothing"
    query: ClassVar[type[Query]] = HollowQuery
    max_level: ClassVar[Level] = Level.CONTENT
    engine: ClassVar[str | None] = "python"

    def value_type(self, query: HollowQuery) -> Type:
        return list_of(HOLLOW)

    def answer(self, fact_id: str, query: HollowQuery, context: Context) -> Fact:
        project = python_project(context)
        does: dict[str, set[bool]] = defaultdict(set)
        for path in project.having.get("hollow", ()):
            for row in project.records[path].get("hollow", ()):
                does[row["name"]].add(bool(row["what"]))

        def find(entry: Entry, project: PythonProject) -> Iterator[dict[str, Any]]:
            for row in project.records[entry.path].get("hollow", ()):
                if does[row["name"]] == {True}:
                    yield {"cell": 0, **row}

        return fact_of(fact_id, query, context, find, note=lambda one: str(one["function"]), having="hollow")
