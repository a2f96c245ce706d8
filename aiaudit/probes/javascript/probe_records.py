"""The probe `javascript.records`: what code logs, traces or stores, with the fields of a record that it holds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar, Final

from pydantic import Field

from aiaudit.model.fact import Fact, Level
from aiaudit.model.types import BOOL, INT, STRING, Type, list_of, record
from aiaudit.probes.base import Context, Probe, Query
from aiaudit.probes.javascript.asking import ScriptQuery, fact_of
from aiaudit.probes.javascript.groups import expanded
from aiaudit.probes.javascript.project import JavaScriptProject
from aiaudit.probes.javascript.record_joins import joined_records
from aiaudit.project.entry import Entry

RECORD: Final = record(
    "record in TypeScript or JavaScript",
    path=STRING,
    line=INT,
    role=STRING,
    function=STRING,
    name=STRING,
    sink=STRING,
    table=STRING,
    fields=list_of(STRING),
    keys=list_of(STRING),
    answer=STRING,
    open=BOOL,
)


_SHOWN: Final = ("line", "function", "name", "sink", "table", "keys", "answer", "open")


class RecordsQuery(ScriptQuery):
    """Places that log, trace or store named values, with the fields of `python.records` that these are, those that the
    table adds among them. table: what is filled. answer: how it is known that an answer is among them: model (followed
    from a call of one), spoken (what was said, beside who said it), named (by its key, in a file that is near such a
    call), or "". open: what is kept could not be told in full. least: fewest fields of a row that is not open."""

    least: int = Field(default=1, ge=0, le=8)
    features: ClassVar[tuple[str, ...]] = ("flows", "records")

    def names(self) -> list[str]:
        """A file in which a model is asked is read."""
        return expanded(["group:llm.answer", "group:llm.run"])


class RecordsProbe(Probe[RecordsQuery]):
    name: ClassVar[str] = "javascript.records"
    title: ClassVar[str] = "What JavaScript and TypeScript log, trace or store, with the fields of a record in it"
    query: ClassVar[type[Query]] = RecordsQuery
    max_level: ClassVar[Level] = Level.CONTENT
    engine: ClassVar[str | None] = "javascript"

    def value_type(self, query: RecordsQuery) -> Type:
        return list_of(RECORD)

    def answer(self, fact_id: str, query: RecordsQuery, context: Context) -> Fact:
        rows = joined_records(context)

        def find(entry: Entry, project: JavaScriptProject) -> Iterator[dict[str, Any]]:
            for row in rows.get(entry.path, ()):
                if row["open"] or len(row["fields"]) >= query.least:
                    shown = {
                        key: row[key] for key in ("line", "function", "name", "sink", "table", "keys", "answer", "open")
                    }
                    yield {**shown, "fields": sorted(row["fields"])}

        return fact_of(fact_id, query, context, find, lambda one: f"{one['name']}: {', '.join(one['fields'])}")
