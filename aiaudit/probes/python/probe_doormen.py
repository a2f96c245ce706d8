"""The probe `python.doormen`: middleware and hooks before all routes, and whether they ask who is calling."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any, ClassVar, Final

from msgspec import Struct

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
    unasked_path=STRING,
    unasked_line=INT,
)


class DoormenQuery(CodeQuery):
    """Functions that let requests on to the routes: `dispatch` of a middleware, `__call__` of ASGI, a function with
    `call_next`, aiohttp's middleware, Flask's hooks before a request. mounted: an application is given it, in the file
    mounted_at of a folder (`app/`). covers: the one file before whose routes it stands (the hook of a blueprint), else
    empty. asks: always (no request goes on unless a credential was looked at and found good, but for the paths in
    `open`), by setting (the same, where a condition at unasked_path and unasked_line wants it so), sometimes (on some
    ways it goes on unasked, the first there), or never. open: a path; `/docs*` for all below it; `login()` for what
    that function serves. That a header is there is no look at it."""

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
                at = mounts.get((entry.path, row["name"]), [])
                mount = next((one for one in at if not one.covers), at[0] if at else _Mount("", "", 0))
                switched = mount.condition and row["asks"] == "always"
                yield {
                    "cell": 0,
                    **row,
                    "asks": "by setting" if switched else row["asks"],
                    "mounted": bool(at),
                    "mounted_at": mount.path,
                    "folder": mount.path[: mount.path.rfind("/") + 1],
                    "covers": mount.covers,
                    "unasked_path": mount.path if switched else entry.path,
                    "unasked_line": mount.condition if switched else row["unasked_line"],
                }

        return fact_of(
            fact_id, query, context, find, note=lambda one: f"{one['name']}: {one['asks']}", having="doormen"
        )


class _Mount(Struct, frozen=True):
    """Where an application is given something, the file before whose routes alone it stands, and the line of a
    condition on which it is."""

    path: str
    covers: str
    condition: int


def _mounts(project: PythonProject) -> dict[tuple[str, str], list[_Mount]]:
    """The mounts by (file, name) of what is mounted; those without a condition first."""
    found: dict[tuple[str, str], list[_Mount]] = defaultdict(list)
    for path in project.having.get("mounts", ()):
        for row in project.records[path]["mounts"]:
            home = project.home(row["name"], path)
            if home is not None:
                found[home].append(_Mount(path, path if row["part"] else "", row["condition"]))
    return {home: sorted(some, key=lambda one: one.condition > 0) for home, some in found.items()}
