"""The probe `python.sent`: paths, addresses, queries and programs that a caller decides."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar, Final, Literal

from pydantic import Field

from aiaudit import lazy
from aiaudit.model.fact import Fact, Level
from aiaudit.model.types import INT, STRING, Type, list_of, record
from aiaudit.probes.base import Context, Probe, Query
from aiaudit.probes.python.asking import CodeQuery, fact_of
from aiaudit.probes.python.lookups import called_in
from aiaudit.probes.python.probe_routes import knows_who
from aiaudit.probes.python.project import PythonProject, python_project
from aiaudit.project.entry import Entry

SENT: Final = record(
    "sent",
    path=STRING,
    line=INT,
    cell=INT,
    role=STRING,
    function=STRING,
    does=STRING,
    sink=STRING,
    source_name=STRING,
    source_line=INT,
)
_End = tuple[str, str, str]  # file, function, parameter
# Types that let no text through as it was sent.
_TYPED: Final = lazy.regex(
    r"(?i)(?:^|\.)(?:int|float|bool|decimal|uuid\d?|date|datetime|time|literal|bytes|session|asyncsession|user|request|backgroundtasks)$"
)
_MEMO: Final = "python.sent.handed"


class SentQuery(CodeQuery):
    """Places at which what a caller sends arrives, as it was sent, in the path of a file, at the beginning of an
    address, in the text of a query or in what is run, and nothing on the way holds it against anything; also where a
    handler hands it to a function of another file that does so. does: writes, removes, reads (a file), asks (an
    address), queries (a database) or runs (code, a shell). source_name: what it is called where it comes in,
    `file.filename` or `body.url`. what: of `ends`, the parameter of a function that decides it, where no handler was
    seen to fill it with what was sent."""

    what: Literal["sent", "ends"] = Field(default="sent")
    features: ClassVar[tuple[str, ...]] = ("sent", "lookups", "routes", "turning", "idle", "routers")


class SentProbe(Probe[SentQuery]):
    name: ClassVar[str] = "python.sent"
    title: ClassVar[str] = "Paths, addresses, queries and programs that a caller decides"
    query: ClassVar[type[Query]] = SentQuery
    max_level: ClassVar[Level] = Level.CONTENT
    engine: ClassVar[str | None] = "python"

    def value_type(self, query: SentQuery) -> Type:
        return list_of(SENT)

    def answer(self, fact_id: str, query: SentQuery, context: Context) -> Fact:
        project = python_project(context)
        handed = context.memo.get(_MEMO)
        if handed is None:
            handed = context.memo[_MEMO] = _handed(project)

        def find(entry: Entry, project: PythonProject) -> Iterator[dict[str, Any]]:
            record = project.records[entry.path]
            for one in record.get("sent", ()) if query.what == "sent" else ():
                yield {"cell": 0, **one}
            for one in record.get("ends", ()):
                row = {name: value for name, value in one.items() if name != "param"}
                source = handed.get((entry.path, one["function"], one["param"]))
                if query.what == "ends" and source is None:
                    yield {"cell": 0, **row, "source_name": one["param"], "source_line": 0}
                elif query.what == "sent" and source is not None and not (source[1] and one["does"] in _PATHS):
                    yield {"cell": 0, **row, "source_name": source[0], "source_line": 0}

        having = project.having
        among = {*having.get("sent", ()), *having.get("ends", ())}
        return fact_of(
            fact_id, query, context, find, lambda one: f"{one['source_name']} reaches {one['sink']}", among=among
        )


_PATHS: Final = ("writes", "removes", "reads")


def _handed(project: PythonProject) -> dict[_End, tuple[str, bool]]:
    """By function and parameter: what a handler of another file fills it with, as it was sent, and whether that is a
    part of the handler's address, which holds no slash."""
    found: dict[_End, tuple[str, bool]] = {}
    for path in project.having.get("routes", ()):
        functions = project.records[path].get("lookups") or {}
        for row in project.records[path]["routes"]:
            told = functions.get(row.get("function", ""))
            if told is None:
                continue
            sent = {name for name, filled in told["given"].items() if _is_sent(name, filled, path, project)}
            held = set(told["compared"]) | {
                root for call in told["calls"] if call["checks"] for given in call["given"] for root in given
            }
            for call in told["calls"]:
                home = project.home(call["name"], path) if call["name"] else None
                if home is None or home[0] not in project.records or home[0] == path:
                    continue
                function = called_in(project.records[home[0]].get("signatures") or {}, home[1])
                for name, root in _filled(call, home[0], function, project):
                    if root in sent - held:
                        in_path = f"{{{root}}}" in row.get("route", "")
                        found.setdefault((home[0], function, name), (root, in_path))
    return found


def _is_sent(name: str, filled: list[str], path: str, project: PythonProject) -> bool:
    """Whether a parameter of a handler brings a text of the caller's."""
    if name in ("self", "cls", "db", "session", "websocket") or (name in ("request", "req") and not filled):
        return False
    if any(not one.startswith(":") for one in filled) or any(knows_who(one, path, project) for one in filled):
        return False
    return not any(_TYPED.search(one.removeprefix(":").removeprefix("@.")) for one in filled)


def _filled(call: dict[str, Any], path: str, function: str, project: PythonProject) -> Iterator[tuple[str, str]]:
    """The parameters of the called function, each with the one root that it is filled with as it is."""
    names = (project.records[path].get("signatures") or {}).get(function)
    if names is None:
        return
    if names[:1] in (["self"], ["cls"]):
        names = names[1:]
    for name, roots in (*zip(names, call["given"], strict=False), *call["named"].items()):
        if len(roots) == 1 and not roots[0].startswith(("~", "@")):
            yield name, roots[0]
