"""The probe `python.doormen`: middleware and hooks before all routes, and whether they ask who is calling."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any, ClassVar, Final

from aiaudit.model.fact import Fact, Level
from aiaudit.model.types import BOOL, INT, STRING, Type, list_of, record
from aiaudit.probes.base import Context, Probe, Query
from aiaudit.probes.python.asking import CodeQuery, fact_of
from aiaudit.probes.python.project import PythonProject, python_project
from aiaudit.project.entry import Entry

DOORMAN: Final = record(
    "doorman",
    path=STRING,
    line=INT,
    cell=INT,
    role=STRING,
    name=STRING,
    kind=STRING,
    mounted=BOOL,
    mounted_at=STRING,
    folder=STRING,
    covers=STRING,
    asks=STRING,
    open=list_of(STRING),
    unasked_line=INT,
)


class DoormenQuery(CodeQuery):
    """Functions that let requests on to the routes: `dispatch` of a middleware, `__call__` of ASGI, a function with
    `call_next`, aiohttp's middleware, Flask's hooks before a request. mounted: an application is given it, in the file
    mounted_at of a folder (`app/`). covers: the one file before whose routes it stands (the hook of a blueprint), else
    empty. asks: always (no request goes on unless a credential was looked at and found good, but for the paths in
    `open`), by setting (the same, where a setting wants it so at unasked_line), sometimes (on some ways it goes on
    unasked, the first at unasked_line), or never. open: a path; `/docs*` for all below it; `login()` for what that
    function serves. That a header is there is no look at it."""

    features: ClassVar[tuple[str, ...]] = ("doormen",)


class DoormenProbe(Probe[DoormenQuery]):
    name: ClassVar[str] = "python.doormen"
    title: ClassVar[str] = "Middleware and hooks before all routes, and whether they ask who is calling"
    query: ClassVar[type[Query]] = DoormenQuery
    max_level: ClassVar[Level] = Level.CONTENT
    engine: ClassVar[str | None] = "python"

    def value_type(self, query: DoormenQuery) -> Type:
        return list_of(DOORMAN)

    def answer(self, fact_id: str, query: DoormenQuery, context: Context) -> Fact:
        mounts = _mounts(python_project(context))

        def find(entry: Entry, project: PythonProject) -> Iterator[dict[str, Any]]:
            for row in project.records[entry.path].get("doormen", ()):
                at = mounts.get((entry.path, row["name"]), ())
                whole = [path for path, covers in at if not covers]
                mounted_at = (whole or [path for path, _ in at] or [""])[0]
                yield {
                    "cell": 0,
                    **row,
                    "mounted": bool(at),
                    "mounted_at": mounted_at,
                    "folder": mounted_at[: mounted_at.rfind("/") + 1],
                    "covers": "" if whole or not at else at[0][1],
                }

        return fact_of(
            fact_id, query, context, find, note=lambda one: f"{one['name']}: {one['asks']}", having="doormen"
        )


def _mounts(project: PythonProject) -> dict[tuple[str, str], list[tuple[str, str]]]:
    """By (file, name) of what stands before routes: where an application is given it, and the file it is only for."""
    found: dict[tuple[str, str], list[tuple[str, str]]] = defaultdict(list)
    for path in project.having.get("mounts", ()):
        for row in project.records[path]["mounts"]:
            home = project.home(row["name"], path)
            if home is not None:
                found[home].append((path, path if row["part"] else ""))
    return found
