"""The probe `python.sent`: paths, addresses, queries and programs that a caller decides."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any, ClassVar, Final, Literal

from pydantic import Field

from aiaudit import lazy
from aiaudit.model.fact import Fact, Level
from aiaudit.model.types import BOOL, INT, STRING, Type, list_of, record
from aiaudit.probes.base import Context, Probe, Query
from aiaudit.probes.ci.import_graph import ImportGraph
from aiaudit.probes.python.asking import CodeQuery, fact_of
from aiaudit.probes.python.lookups import called_in
from aiaudit.probes.python.match import name_set
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
    served=BOOL,
    through=STRING,
)
_End = tuple[str, str, str]  # file, function, parameter
# Types that let no text through as it was sent.
_TYPED: Final = lazy.regex(
    r"(?i)(?:^|\.)(?:int|float|bool|decimal|uuid\d?|date|datetime|time|literal|bytes|session|asyncsession|user|request|backgroundtasks)$"
)
_MEMO: Final = "python.sent.handed"
_SERVED: Final = "python.sent.served"
_MAX_HOPS: Final = 3  # functions of other files, one after the other
_LEAST_WORD: Final = 4
_MOST_ALIKE: Final = 4
_ANY_OBJECT: Final = name_set("self client session response request result data model object")


class SentQuery(CodeQuery):
    """Places at which what a caller sends arrives, as it was sent, in the path of a file, at the beginning of an
    address, in the text of a query or in what is run, and nothing on the way holds it against anything; also where a
    handler hands it to a function of another file that does so. does: writes, removes, reads (a file), asks (an
    address), queries (a database) or runs (code, a shell). source_name: what it is called where it comes in,
    `file.filename` or `body.url`. served: whether the file takes requests or is imported by one that does. what: of
    `ends`, the parameter of a function that decides it, where no handler was seen to fill it with what was sent; not
    those of readers of tables, models and documents, which are handed the project's own files as a rule. through: what
    of another file is given what was sent, and gives back what decides it."""

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

        served = context.memo.get(_SERVED)
        if served is None:
            closure = ImportGraph(project).closure(*project.having.get("routes", ()))
            served = context.memo[_SERVED] = (closure, _called(project))
        closure, called = served

        def find(entry: Entry, project: PythonProject) -> Iterator[dict[str, Any]]:
            record = project.records[entry.path]
            for one in record.get("sent", ()) if query.what == "sent" else ():
                yield {"cell": 0, **one, "served": entry.path in closure, "through": ""}
            for one in record.get("ends", ()):
                row = {name: value for name, value in one.items() if name not in ("param", "vague", "inner", "whole")}
                row = {"through": "", **row, "served": entry.path in closure}
                source = handed.get((entry.path, one["function"], one["param"]))
                known = one["vague"] or (one["inner"] and one["function"].rpartition(".")[2] not in called)
                if query.what == "ends" and source is None and not known:
                    yield {"cell": 0, **row, "source_name": one["param"], "source_line": 0}
                elif (
                    query.what == "sent"
                    and source is not None
                    and not (source[1] and one["does"] in _PATHS and not one.get("whole"))
                ):
                    yield {"cell": 0, **row, "source_name": source[0], "source_line": 0}

        having = project.having
        among = {*having.get("sent", ()), *having.get("ends", ())}
        return fact_of(
            fact_id, query, context, find, lambda one: f"{one['source_name']} reaches {one['sink']}", among=among
        )


_PATHS: Final = ("writes", "removes", "reads")


def _handed(project: PythonProject) -> dict[_End, tuple[str, bool]]:
    """By function and parameter: what a handler of another file fills it with, as it was sent, and whether that is a
    part of the handler's address, which holds no slash. Followed through what hands it on as it came."""
    found: dict[_End, tuple[str, bool]] = {}
    homes = _Homes(project)
    todo: list[tuple[str, str, dict[str, tuple[str, bool]], int]] = []
    for path in project.having.get("routes", ()):
        functions = project.records[path].get("lookups") or {}
        for row in project.records[path]["routes"]:
            told = functions.get(row.get("function", ""))
            if told is not None:
                sent = {name for name, filled in told["given"].items() if _is_sent(name, filled, path, project)}
                route = row.get("route", "")
                todo.append((path, row["function"], {name: (name, f"{{{name}}}" in route) for name in sent}, 0))
    while todo:
        path, function, sent_here, hops = todo.pop()
        told = (project.records[path].get("lookups") or {}).get(function)
        if told is None:
            continue
        held = set(told["compared"]) | {
            root for call in told["calls"] if call["checks"] for given in call["given"] for root in given
        }
        for call in told["calls"]:
            for home, called in homes.of(call, path):
                new = {}
                for name, root in _filled(call, home, called, project):
                    if root in sent_here and root not in held and (home, called, name) not in found:
                        new[name] = found[home, called, name] = sent_here[root]
                if new and hops < _MAX_HOPS:
                    todo.append((home, called, new, hops + 1))
    return found


def _called(project: PythonProject) -> set[str]:
    """What handlers and the methods of services call of an object, by its name alone."""
    return {
        call["text"].rpartition(".")[2]
        for path in project.having.get("lookups", ())
        for told in (project.records[path].get("lookups") or {}).values()
        for call in told["calls"]
        if "." in call["text"] and not call["text"].startswith(("self.", "cls."))
    }


class _Homes:
    """Where the functions stand that are called, methods of objects among them that somebody else made."""

    def __init__(self, project: PythonProject) -> None:
        self.project = project
        self.methods: dict[str, list[tuple[str, str]]] = defaultdict(list)  # by their own names
        for path in sorted({*project.having.get("ends", ()), *project.having.get("lookups", ())}):
            record = project.records[path]
            for one in {**(record.get("signatures") or {}), **(record.get("lookups") or {})}:
                if "." in one:
                    self.methods[one.rpartition(".")[2]].append((path, one))

    def of(self, call: dict[str, Any], path: str) -> list[tuple[str, str]]:
        """The functions of other files that a call may mean."""
        home = self.project.home(call["name"], path) if call["name"] else None
        if home is not None and home[0] in self.project.records and home[0] != path:
            record = self.project.records[home[0]]
            known = {**(record.get("signatures") or {}), **(record.get("lookups") or {})}
            called = called_in(known, home[1])
            if called in known:
                return [(home[0], called)]
        return self._by_name(call["text"], path)

    def _by_name(self, text: str, path: str) -> list[tuple[str, str]]:
        """`container.chat_store.get`: the methods of that name, of classes that are called like the object."""
        owner, _, method = text.rpartition(".")
        word = owner.rpartition(".")[2].replace("_", "").lower()
        if len(word) < _LEAST_WORD or word in _ANY_OBJECT:
            return []
        alike = [
            (home, one)
            for home, one in self.methods.get(method, ())
            if home != path and one.rpartition(".")[0].replace("_", "").lower().endswith(word)
        ]
        return alike if len(alike) <= _MOST_ALIKE else []


def _is_sent(name: str, filled: list[str], path: str, project: PythonProject) -> bool:
    """Whether a parameter of a handler brings a text of the caller's."""
    if name in ("self", "cls", "db", "session", "websocket") or (name in ("request", "req") and not filled):
        return False
    if any(not one.startswith(":") for one in filled) or any(knows_who(one, path, project) for one in filled):
        return False
    return not any(_TYPED.search(one.removeprefix(":").removeprefix("@.")) for one in filled)


def _filled(call: dict[str, Any], path: str, function: str, project: PythonProject) -> Iterator[tuple[str, str]]:
    """The parameters of the called function, each with the one root that it is filled with as it is."""
    record = project.records[path]
    names = (record.get("signatures") or {}).get(function)
    if names is None:
        told = (record.get("lookups") or {}).get(function)
        names = list(told["given"]) if told is not None else []
    if names[:1] in (["self"], ["cls"]):
        names = names[1:]
    for name, roots in (*zip(names, call["given"], strict=False), *call["named"].items()):
        if len(roots) == 1 and not roots[0].startswith(("~", "@")):
            yield name, roots[0]
