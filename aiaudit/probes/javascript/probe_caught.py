"""The probe `javascript.caught`: where the texts of caught errors go; the records are those of `python.caught`."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any, ClassVar, Final, Literal

from pydantic import Field

from aiaudit.model.fact import Fact, Level
from aiaudit.model.types import Type, list_of
from aiaudit.probes.base import Context, Probe, Query
from aiaudit.probes.javascript.asking import ScriptQuery, fact_of
from aiaudit.probes.javascript.probe_routes import placed_row
from aiaudit.probes.javascript.project import JavaScriptProject, javascript_project
from aiaudit.probes.python.probe_caught import CAUGHT
from aiaudit.project.entry import Entry

_SERVED: Final = "javascript.caught.served"


class CaughtQuery(ScriptQuery):
    """Texts of caught errors that leave the function that caught them, with the fields of `python.caught`. to: answer
    (of a route, a server action, or by an error that a framework answers with), sent (over a socket), raised, or up (to
    a caller; whether it reaches an answer was not followed), or open (handed to the call or put into the field `name`,
    which is not followed). served: the file has routes or actions, or such a file imports it, and it runs not only in a
    browser. own: a condition asks before which error it is."""

    to: list[Literal["answer", "sent", "raised", "up", "open"]] = Field(default=["answer"])
    features: ClassVar[tuple[str, ...]] = ("caught", "routes")


def served_files(project: JavaScriptProject) -> set[str]:
    """The files of routes and actions and what they import, but what runs in a browser only; worked out once."""
    known: set[str] | None = project.memo.get(_SERVED)
    if known is None:
        known = {
            path
            for path, record in project.records.items()
            if any(placed_row(row, path, project) is not None for row in record.get("routes", ()))
        }
        todo = list(known)
        while todo:
            path = todo.pop()
            for one in project.base(path).get("imports", ()):
                target = project.file(one[1], path) if one[4] != "type" else None
                if target is not None and target in project.records and target not in known:
                    known.add(target)
                    todo.append(target)
        known -= project.clients
        project.memo[_SERVED] = known
    return known


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
        served = partial(served_files, javascript_project(context))

        def find(entry: Entry, project: JavaScriptProject) -> Iterator[dict[str, Any]]:
            for row in project.records[entry.path].get("caught", ()):
                if row["to"] in query.to:
                    yield {
                        "cell": 0,
                        "caught": [],
                        "broad": not row["own"],
                        "via": "",
                        "served": entry.path in served(),
                        **row,
                    }

        return fact_of(fact_id, query, context, find, lambda one: f"{one['kind']}: {one['to']}")
