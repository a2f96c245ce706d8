"""The probe `javascript.lookups`: records that handlers behind a login look up by what they are sent."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar, Final

from aiaudit.model.fact import Fact, Level
from aiaudit.model.types import BOOL, INT, STRING, Type, list_of, record
from aiaudit.probes.base import Context, Probe, Query
from aiaudit.probes.javascript.asking import ScriptQuery, fact_of
from aiaudit.probes.javascript.probe_routes import judged_row, placed_row
from aiaudit.probes.javascript.project import JavaScriptProject
from aiaudit.probes.javascript.sentries import Sentry, sentries_of
from aiaudit.project.entry import Entry

LOOKUP: Final = record(
    "lookup",
    path=STRING,
    line=INT,
    cell=INT,
    role=STRING,
    handler=STRING,
    handler_path=STRING,
    handler_line=INT,
    route=STRING,
    methods=list_of(STRING),
    auth=STRING,
    model=STRING,
    column=STRING,
    sent=STRING,
    removes=BOOL,
    held=STRING,
)


class LookupsQuery(ScriptQuery):
    """Places at which a handler that only answers who has logged in looks up records by what it is sent, with Prisma,
    Mongoose or Drizzle, in its own body or in that of a function that it hands the request to. model: as the query
    names it. held: `to who asks`, `unclear` or `to nothing`, as in `python.lookups`."""

    features: ClassVar[tuple[str, ...]] = ("routes",)


class LookupsProbe(Probe[LookupsQuery]):
    name: ClassVar[str] = "javascript.lookups"
    title: ClassVar[str] = "Records that handlers in JavaScript and TypeScript look up behind a login"
    query: ClassVar[type[Query]] = LookupsQuery
    max_level: ClassVar[Level] = Level.CONTENT
    engine: ClassVar[str | None] = "javascript"

    def value_type(self, query: LookupsQuery) -> Type:
        return list_of(LOOKUP)

    def answer(self, fact_id: str, query: LookupsQuery, context: Context) -> Fact:
        known: dict[str, list[Sentry]] = {}

        def find(entry: Entry, project: JavaScriptProject) -> Iterator[dict[str, Any]]:
            rows = project.records[entry.path].get("routes", ())
            if "sentries" not in known:
                known["sentries"] = sentries_of(project)
            wide = [row for row in rows if row["kind"] == "middleware"]
            for row in rows:
                placed = placed_row(row, entry.path, project)
                if placed is None or placed["kind"] not in ("route", "action"):
                    continue
                judged = judged_row(placed, wide, entry.path, project, known["sentries"])
                for one in judged["lookups"] if judged["auth"] else ():
                    if one["handed"] and placed["kind"] != "action":
                        continue  # a service is given who asks as well as what was sent
                    kept = {name: value for name, value in one.items() if name != "handed"}
                    yield {
                        "path": entry.path,
                        "cell": 0,
                        "role": entry.role.value,
                        "handler": judged["function"] or judged["route"],
                        "handler_path": entry.path,
                        "handler_line": judged["line"],
                        "route": judged["route"],
                        "methods": judged["methods"],
                        "auth": judged["auth"],
                        **kept,
                    }

        return fact_of(fact_id, query, context, find, lambda one: f"{one['model']} by {one['column']}")
