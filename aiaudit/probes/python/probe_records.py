"""The probe `python.records`: structured records of decisions that code logs, traces or stores."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar, Final

from aiaudit.model.fact import Fact, Level
from aiaudit.model.types import BOOL, INT, STRING, Type, list_of, record
from aiaudit.probes.base import Context, Probe, Query
from aiaudit.probes.python.asking import CodeQuery, fact_of
from aiaudit.probes.python.lost import Lost
from aiaudit.probes.python.project import PythonProject, python_project
from aiaudit.probes.python.record_joins import joined_records
from aiaudit.project.entry import Entry

RECORD: Final = record(
    "decision record",
    path=STRING,
    line=INT,
    cell=INT,
    role=STRING,
    function=STRING,
    name=STRING,
    sink=STRING,
    table=STRING,
    fields=list_of(STRING),
    keys=list_of(STRING),
    added=list_of(STRING),
    described=BOOL,
)


_SHOWN: Final = ("line", "cell", "function", "name", "sink", "table", "fields", "keys")
_ALONE: Final = {"cell": 0, "added": [], "described": False}  # what no table adds to


class RecordsQuery(CodeQuery):
    """Places where at least three of eight fields are kept together: request_id, time, model_version (not a constant),
    input_ref, output, confidence, latency, user_ref. sink: log, trace or store. table: what an `INSERT INTO` or
    `client.table("t").insert(…)` fills. tables: the columns that the database fills by itself count, too, where the
    table is described in SQL or in `schema.prisma`; rows of a table in which only users speak do not. added: which
    fields are there by the table alone; described: whether the table was found."""

    tables: bool = False
    features: ClassVar[tuple[str, ...]] = ("records", "described")

    def may_stand_in(self, lost: Lost) -> bool:
        return lost.holds(("records",))


class RecordsProbe(Probe[RecordsQuery]):
    name: ClassVar[str] = "python.records"
    title: ClassVar[str] = "Structured records of decisions that are logged, traced or stored, with their fields"
    query: ClassVar[type[Query]] = RecordsQuery
    max_level: ClassVar[Level] = Level.CONTENT
    engine: ClassVar[str | None] = "python"

    def value_type(self, query: RecordsQuery) -> Type:
        return list_of(RECORD)

    def answer(self, fact_id: str, query: RecordsQuery, context: Context) -> Fact:
        project = python_project(context)
        rows = (
            joined_records(context)
            if query.tables
            else {
                path: [row for row in project.records[path]["records"] if not row["lacks"]]
                for path in project.having.get("records", ())
            }
        )

        def find(entry: Entry, project: PythonProject) -> Iterator[dict[str, Any]]:
            for row in rows.get(entry.path, ()):
                yield {**_ALONE, **{key: row[key] for key in (*_SHOWN, *_ALONE) if key in row}}

        return fact_of(
            fact_id, query, context, find, lambda one: f"{one['name']}: {', '.join(one['fields'])}", having="records"
        )
