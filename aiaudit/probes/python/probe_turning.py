"""The probe `python.turning`: functions that turn callers away, and whether for their credential."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar, Final

from aiaudit.model.fact import Fact, Level
from aiaudit.model.types import BOOL, INT, STRING, Type, list_of, record
from aiaudit.probes.base import Context, Probe, Query
from aiaudit.probes.python.asking import CodeQuery, fact_of
from aiaudit.probes.python.project import PythonProject
from aiaudit.project.entry import Entry

_DEEPEST: Final = 3  # files that are gone through
_MOST: Final = 8  # functions of others on which one rests: more are a table, or made to be gone through
TURNING: Final = record(
    "turning",
    path=STRING,
    line=INT,
    cell=INT,
    role=STRING,
    function=STRING,
    names=list_of(STRING),
    end=INT,
    looks=BOOL,
    asks=STRING,
    unasked_line=INT,
    absent_line=INT,
    dropped=BOOL,
    asked_before=BOOL,
)


class TurningQuery(CodeQuery):
    """Functions in which somebody is answered 401 or 403, handlers among them. names: what it is
    called by where it stands before others: its own, that of the decorator around it, or of the class that is called.
    looks: a condition looks at a credential (compares it, or asks for what a call made of it) and turns away whoever
    has none; false where all that counts is what was sent, what another service said, or whether a header is there.
    asks: always (nobody comes to its end, or back from it, unasked), by setting (a condition at unasked_line decides
    whether, such as that a key of the service is set), sometimes (somebody does, first at unasked_line), never.
    absent_line: where whoever brings no credential is let on, else 0. dropped: a signature is compared, or verified
    by a library, and nothing depends on the answer. asked_before: some come to its end, all of whom what it depends on
    has asked. A function that leaves the look to one of another file counts
    where that one turns away."""

    features: ClassVar[tuple[str, ...]] = ("turning",)


class TurningProbe(Probe[TurningQuery]):
    name: ClassVar[str] = "python.turning"
    title: ClassVar[str] = "Functions that turn callers away with 401 or 403, and whether for their credential"
    query: ClassVar[type[Query]] = TurningQuery
    max_level: ClassVar[Level] = Level.CONTENT
    engine: ClassVar[str | None] = "python"

    def value_type(self, query: TurningQuery) -> Type:
        return list_of(TURNING)

    def answer(self, fact_id: str, query: TurningQuery, context: Context) -> Fact:
        def find(entry: Entry, project: PythonProject) -> Iterator[dict[str, Any]]:
            for one in project.records[entry.path].get("turning", ()):
                told = settled(one, entry.path, project)
                known = {name: value for name, value in told.items() if name not in ("raises", "behind")}
                yield {"cell": 0, "asked_before": False, **known}

        return fact_of(fact_id, query, context, find, lambda one: str(one["function"]), having="turning")


def settled(row: dict[str, Any], path: str, project: PythonProject, depth: int = 0) -> dict[str, Any]:
    """The row of a function as the functions of other files on which it rests leave it."""
    if row["asks"] == "sometimes" and row["looks"] and depth < _DEEPEST:
        for name in row.get("behind", ()):  # who comes this far was asked before
            home = (path, name[2:]) if name.startswith("@.") else project.home(name, path)
            if home is None or home[0] not in project.records:
                continue
            own = [one for one in project.records[home[0]].get("turning", ()) if one["function"] == home[1]]
            if any(settled(one, home[0], project, depth + 1)["asks"] == "always" for one in own):
                row = {**row, "asked_before": True}
                break
    if "rests_on" not in row:
        return row
    known = {name: value for name, value in row.items() if name != "rests_on"}
    if len(row["rests_on"]) > _MOST:
        return {**known, "looks": False, "asks": "never"}
    for name in row["rests_on"]:
        home = project.home(name, path)
        there = project.records[home[0]].get("turning", ()) if home is not None and home[0] in project.records else ()
        own = [one for one in there if home is not None and one["function"] == home[1]] if depth < _DEEPEST else []
        found = [settled(one, home[0], project, depth + 1) for one in own] if home is not None else []
        if not any(one["looks"] and one["asks"] in ("always", "by setting") for one in found):
            return {**known, "looks": False, "asks": "never"}
        if known["asks"] == "always" and all(one["asks"] == "by setting" for one in found):
            known |= {"asks": "by setting", "unasked_line": known["line"]}
    return known
