"""The probe `python.choices`: models that are taken by their figures on the part that is kept for the test."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar, Final

from aiaudit.model.fact import Fact, Level
from aiaudit.model.types import INT, STRING, Type, list_of, record
from aiaudit.probes.base import Context, Probe, Query
from aiaudit.probes.python.asking import CodeQuery, fact_of
from aiaudit.probes.python.project import PythonProject
from aiaudit.project.entry import Entry

CHOICE: Final = record(
    "choice",
    path=STRING,
    line=INT,
    cell=INT,
    role=STRING,
    function=STRING,
    kind=STRING,
    what=STRING,
)


class ChoicesQuery(CodeQuery):
    """Choices of one of several models by figures of the test alone, where the chosen one goes on: it is saved, handed
    back, registered or fitted anew. kind: best (the greatest or least of several) or better (each is held against the
    best so far). what: the line. Parts that folds leave out are none that is kept for a test."""

    features: ClassVar[tuple[str, ...]] = ("choices",)


class ChoicesProbe(Probe[ChoicesQuery]):
    name: ClassVar[str] = "python.choices"
    title: ClassVar[str] = "Models in Python that are taken by their figures on the part that is kept for the test"
    query: ClassVar[type[Query]] = ChoicesQuery
    max_level: ClassVar[Level] = Level.CONTENT
    engine: ClassVar[str | None] = "python"

    def value_type(self, query: ChoicesQuery) -> Type:
        return list_of(CHOICE)

    def answer(self, fact_id: str, query: ChoicesQuery, context: Context) -> Fact:
        def find(entry: Entry, project: PythonProject) -> Iterator[dict[str, Any]]:
            for row in project.records[entry.path].get("choices", ()):
                yield {"cell": 0, **row}

        return fact_of(fact_id, query, context, find, note=lambda one: str(one["what"]), having="choices")
