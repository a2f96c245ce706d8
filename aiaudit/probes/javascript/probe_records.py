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
    near=BOOL,
    open=BOOL,
    most=INT,
)


_SHOWN: Final = ("line", "function", "name", "sink", "table", "keys", "answer", "near", "open", "most")


class RecordsQuery(ScriptQuery):
    """Places that log, trace or store named values, with the fields of `python.records` that these are, those that the
    table adds among them. sink: log, trace, store, or cache (what goes by itself). table: what is filled. answer: how
    it is known that an answer is among them: model (followed from a call of one), spoken (what was said, beside who
    said it), asked (what a user said, in a table that keeps what the model says too), named (by its key, where a model
    is near), or "". near: a model is asked in the file, over two imports of it, or by what imports it; everywhere where
    nothing in these languages asks one. open: what is kept could not be told in full; most: the fields that its table
    has room for. least: fewest fields of a log line or trace."""

    least: int = Field(default=1, ge=0, le=8)
    features: ClassVar[tuple[str, ...]] = ("flows", "records")
    found_by: ClassVar[tuple[str, ...]] = ("records",)

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
                if row["sink"] in ("store", "cache") or len(row["fields"]) >= query.least:
                    yield {key: row[key] for key in _SHOWN} | {"fields": sorted(row["fields"])}

        return fact_of(fact_id, query, context, find, lambda one: f"{one['name']}: {', '.join(one['fields'])}")
