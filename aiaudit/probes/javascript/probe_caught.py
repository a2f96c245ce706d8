"""The probe `javascript.caught`: where the texts of caught errors go; the records are those of `python.caught`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar, Literal

from pydantic import Field

from aiaudit.model.fact import Fact, Level
from aiaudit.model.types import Type, list_of
from aiaudit.probes.base import Context, Probe, Query
from aiaudit.probes.javascript.asking import ScriptQuery, fact_of
from aiaudit.probes.javascript.project import JavaScriptProject
from aiaudit.probes.python.probe_caught import CAUGHT
from aiaudit.project.entry import Entry


class CaughtQuery(ScriptQuery):
    """Texts of caught errors that leave the function that caught them, with the fields of `python.caught`. to: answer
    (of a route, a server action, or by an error that a framework answers with), sent (over a socket), raised, or up (to
    a caller; whether it reaches an answer was not followed). own: a condition asks before which error it is."""

    to: list[Literal["answer", "sent", "raised", "up"]] = Field(default=["answer"])
    features: ClassVar[tuple[str, ...]] = ("caught", "routes")


class CaughtProbe(Probe[CaughtQuery]):
    name: ClassVar[str] = "javascript.caught"
    title: ClassVar[str] = (
        "Where the texts of caught errors go in JavaScript and TypeScript: into answers, other errors"
    )
    query: ClassVar[type[Query]] = CaughtQuery
    max_level: ClassVar[Level] = Level.CONTENT
    engine: ClassVar[str | None] = "javascript"

    def value_type(self, query: CaughtQuery) -> Type:
        return list_of(CAUGHT)

    def answer(self, fact_id: str, query: CaughtQuery, context: Context) -> Fact:
        def find(entry: Entry, project: JavaScriptProject) -> Iterator[dict[str, Any]]:
            for row in project.records[entry.path].get("caught", ()):
                if row["to"] in query.to:
                    yield {"cell": 0, "caught": [], "broad": not row["own"], "via": "", **row}

        return fact_of(fact_id, query, context, find, lambda one: f"{one['kind']}: {one['to']}")
