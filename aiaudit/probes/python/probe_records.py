"""The probe `python.records`: structured records of decisions that code logs, traces or stores."""

from __future__ import annotations

from typing import ClassVar, Final

from aiaudit.model.fact import Fact, Level
from aiaudit.model.types import INT, STRING, Type, list_of, record
from aiaudit.probes.base import Context, Probe, Query
from aiaudit.probes.python.asking import CodeQuery, kept

RECORD: Final = record(
    "decision record",
    path=STRING,
    line=INT,
    cell=INT,
    role=STRING,
    function=STRING,
    name=STRING,
    sink=STRING,
    fields=list_of(STRING),
    keys=list_of(STRING),
)


class RecordsQuery(CodeQuery):
    """Places where at least three of eight fields are kept together: request_id, time, model_version (not a constant),
    input_ref, output, confidence, latency, user_ref. sink: log, trace or store."""

    features: ClassVar[tuple[str, ...]] = ("records",)


class RecordsProbe(Probe[RecordsQuery]):
    name: ClassVar[str] = "python.records"
    title: ClassVar[str] = "Structured records of decisions that are logged, traced or stored, with their fields"
    query: ClassVar[type[Query]] = RecordsQuery
    max_level: ClassVar[Level] = Level.CONTENT
    engine: ClassVar[str | None] = "python"

    def value_type(self, query: RecordsQuery) -> Type:
        return list_of(RECORD)

    def answer(self, fact_id: str, query: RecordsQuery, context: Context) -> Fact:
        return kept(fact_id, query, context, "records", lambda one: f"{one['name']}: {', '.join(one['fields'])}")
