"""The probe `python.caught`: where the texts of caught exceptions go, followed up to what handlers answer with."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any, ClassVar, Final, Literal

from pydantic import Field

from aiaudit import lazy
from aiaudit.model.fact import Fact, Level
from aiaudit.model.types import BOOL, INT, STRING, Type, list_of, record
from aiaudit.probes.base import Context, Probe, Query
from aiaudit.probes.ci.import_graph import ImportGraph
from aiaudit.probes.python.asking import CodeQuery, fact_of
from aiaudit.probes.python.probe_rescues import _OF_ANYTHING
from aiaudit.probes.python.project import PythonProject, python_project
from aiaudit.project.entry import Entry

CAUGHT: Final = record(
    "caught",
    path=STRING,
    line=INT,
    cell=INT,
    role=STRING,
    function=STRING,
    to=STRING,
    kind=STRING,
    status=INT,
    caught=list_of(STRING),
    broad=BOOL,
    own=BOOL,
    name=STRING,
    via=STRING,
    served=BOOL,
)
_ROUNDS: Final = 4
_MOST: Final = 400  # functions that hand a text up
_MEMO: Final = "python.caught"
_SERVED: Final = "python.caught.served"
# Errors whose texts are written for whoever made the mistake.
_OWN: Final = lazy.regex(
    r"^(?:ValueError|\w*ValidationError|HTTPException|\w*HTTPException|PermissionError|\w*(?:User|Input|Usage|Client|Request)\w*Error"
    r"|\w*NotFound\w*|\w*(?:Unauthorized|Forbidden|Conflict|Invalid|TooLarge|Exceeded|NotAllowed|NotSupported|Unsupported|Missing)\w*)$"
)
_WEB: Final = lazy.regex(r"^(?:\w*HTTPException|HttpError|APIException)$")  # a framework answers with their texts
Function = tuple[str, str]  # file, qualified name
Told = tuple[str, str, int]  # the key of the answer that holds a text, and the row that tells it: file and number


class CaughtQuery(CodeQuery):
    """Texts of caught exceptions that leave the function that caught them. to: answer (an answer of the web, by a
    handler or by what it hands on), sent (over a socket, by a bot), page (of Streamlit, Gradio, Chainlit), queue,
    kept (in a place that outlives the function, with which no handler was seen to answer), raised (in an exception of
    another class that no handler was seen to answer with), left (to a caller that hands on another part of what it
    gets), up (to a caller; whether it reaches an answer was not seen), or open (handed to the call or put into the
    field `name`, which is not followed). served: the file has handlers, or such a file imports it. kind: text, trace,
    program (what a program that was started wrote of its errors), or value (what an answer to a fault says that is no
    caught error, by its `name`). status: of the answer, 0 where not known. caught: the classes; broad: whatever
    goes wrong is caught; own: all of them are errors that callers make, or the project's own. via: the handler that
    hands the text on, where that is another function."""

    to: list[Literal["answer", "sent", "page", "queue", "kept", "raised", "left", "up", "open"]] = Field(
        default=["answer"]
    )
    features: ClassVar[tuple[str, ...]] = ("caught", "routes", "own_servers")


class CaughtProbe(Probe[CaughtQuery]):
    name: ClassVar[str] = "python.caught"
    title: ClassVar[str] = "Where the texts of caught exceptions go in Python: into answers, pages, other exceptions"
    query: ClassVar[type[Query]] = CaughtQuery
    max_level: ClassVar[Level] = Level.CONTENT
    engine: ClassVar[str | None] = "python"

    def value_type(self, query: CaughtQuery) -> Type:
        return list_of(CAUGHT)

    def answer(self, fact_id: str, query: CaughtQuery, context: Context) -> Fact:
        project = python_project(context)
        followed = _followed(project)
        served = partial(served_files, project)

        def find(entry: Entry, project: PythonProject) -> Iterator[dict[str, Any]]:
            for row in followed.get(entry.path, ()):
                if row["to"] in query.to:
                    yield {**row, "served": entry.path in served()}

        return fact_of(fact_id, query, context, find, note=lambda one: f"{one['kind']}: {one['to']}", among=followed)


def _followed(project: PythonProject) -> Mapping[str, Sequence[dict[str, Any]]]:
    known: Mapping[str, Sequence[dict[str, Any]]] | None = project.memo.get(_MEMO)
    if known is None:
        known = project.memo[_MEMO] = _Follower(project).rows()
    return known


def served_files(project: PythonProject) -> set[str]:
    """The files of handlers and what they import; worked out once."""
    known: set[str] | None = project.memo.get(_SERVED)
    if known is None:
        graph = ImportGraph(project)
        known = project.memo[_SERVED] = graph.closure(*{path for path, _ in _Follower(project).served})
    return known


class _Follower:
    """Follows texts from the functions that hand them up to those that answer requests."""

    def __init__(self, project: PythonProject) -> None:
        self.project = project
        records = project.records
        self.left: set[Told] = set()  # another part of what the function answers is handed on
        self.caught: dict[str, list[dict[str, Any]]] = {
            path: [one for part in ("caught", "lent") for one in records[path].get(part, ())]
            for path in dict.fromkeys((*project.having.get("caught", ()), *project.having.get("lent", ())))
        }
        self.served: set[Function] = {
            (path, one["function"])
            for part in ("routes", "own_servers")
            for path in project.having.get(part, ())
            for one in records[path][part]
            if one["kind"] not in ("tool", "mounted", "page") and one.get("framework") != "mcp"
        }
        self.answered_classes: dict[str, Function] = {}  # of exceptions, by the functions that answer with their text
        for path in project.having.get("error_handlers", ()):
            for one in records[path]["error_handlers"]:
                self.served.add((path, one["function"]))
                if any(row["function"] == one["function"] for row in self.caught.get(path, ())):
                    for name in one["of"]:
                        self.answered_classes.setdefault(name, (path, one["function"]))

    def rows(self) -> dict[str, list[dict[str, Any]]]:
        reached = self._reached()
        found: dict[str, list[dict[str, Any]]] = {}
        for path, rows in self.caught.items():
            for number, row in enumerate(rows):
                to, via = self._end(path, number, row, reached)
                found.setdefault(path, []).append(
                    {
                        "line": row["line"],
                        "cell": row.get("cell", 0),
                        "function": row.get("function", ""),
                        "to": to,
                        "kind": row["kind"],
                        "status": row["status"],
                        "caught": row["caught"],
                        "broad": row["broad"],
                        "own": not row["broad"]
                        and bool(row["caught"])
                        and all(self._is_own(one) for one in row["caught"]),
                        "name": row["name"],
                        "via": via,
                    }
                )
        return found

    def _end(self, path: str, number: int, row: dict[str, Any], reached: Mapping[Told, str]) -> tuple[str, str]:
        how, function = row["how"], row.get("function", "")
        if how in ("answered", "page", "sent"):
            return ("answer" if how == "answered" else how), ""
        if how == "open":
            return how, ""
        via = reached.get((path, row["held"], number))
        if via is not None:
            return "answer", via
        if how in ("put", "kept"):
            left = (path, row["held"], number) in self.left
            return ("queue" if how == "put" else "left" if left else "kept"), ""
        if how == "raised":
            last = row["name"].rpartition(".")[2]
            for _ in range(_ROUNDS):
                if _WEB.match(last):
                    return "answer", ""
                answering = self.answered_classes.get(last)
                if answering is not None:
                    return "answer", answering[1]
                last = self._own_classes.get(last, "")
            return "raised", ""
        if (path, function) in self.served:
            return "answer", ""
        return ("left" if (path, row["held"], number) in self.left else "up"), ""

    @property
    def _own_classes(self) -> Mapping[str, str]:
        """The project's own classes of exceptions, with the class that each is made of."""
        known: dict[str, str] | None = self.project.memo.get("python.own_errors")
        if known is None:
            known = self.project.memo["python.own_errors"] = {
                one["name"]: one["base"]
                for path in self.project.having.get("own_errors", ())
                for one in self.project.records[path]["own_errors"]
            }
        return known

    def _is_own(self, name: str) -> bool:
        return bool(_OWN.match(name)) or name in self._own_classes

    def _reached(self) -> dict[Told, str]:
        """The texts that are handed up to a handler, with its name."""
        leaking: dict[Function, set[tuple[str, Told]]] = defaultdict(set)
        for path, rows in self.caught.items():
            for number, row in enumerate(rows):
                told: Told = (path, row["held"], number)
                if row["how"] in ("returned", "yielded"):
                    leaking[path, row.get("function", "")].add((row["held"], told))
                elif row["how"] == "kept":
                    leaking[path, row["name"]].add((row["held"], told))
                elif row["how"] == "put" and "." in row.get("function", ""):  # what waits for it is around the function
                    leaking[path, row["function"].rpartition(".")[0]].add(("", told))
        reached: dict[Told, str] = {}
        hands = [
            (path, one) for path in self.project.having.get("hands", ()) for one in self.project.records[path]["hands"]
        ]
        for _ in range(_ROUNDS):
            before = sum(map(len, leaking.values()))
            methods: dict[str, list[Function]] = defaultdict(list)
            for one in leaking:
                if "." in one[1]:
                    methods[one[1].rpartition(".")[2]].append(one)
            for path, hand in hands:
                giver: Function = (path, hand["function"])
                for key, told_row in self._told(hand["of"], path, leaking, methods):
                    if giver == (told_row[0], self._function(told_row)):
                        continue
                    if hand["wanted"] and key and key != hand["wanted"]:
                        self.left.add(told_row)
                        continue
                    leaking[giver].add((hand["held"] or ("" if hand["wanted"] else key), told_row))
                    if giver in self.served:
                        reached.setdefault(told_row, giver[1])
            if sum(map(len, leaking.values())) == before or len(leaking) > _MOST:
                break
        return reached

    def _function(self, told: Told) -> str:
        function: str = self.caught[told[0]][told[2]].get("function", "")
        return function

    def _told(
        self,
        name: str,
        path: str,
        leaking: Mapping[Function, set[tuple[str, Told]]],
        methods: Mapping[str, Sequence[Function]],
    ) -> list[tuple[str, Told]]:
        """What a function, as `path` calls it, hands up."""
        if name.startswith(("@.", "#")):
            return list(leaking.get((path, name.removeprefix("@.")), ()))
        home = self.project.home(name, path) if not name.startswith("?") else None
        if home is not None and home in leaking:
            return list(leaking[home])
        last = name.rpartition(".")[2]
        if home is None and not name.startswith("?"):
            return []
        alike = methods.get(last, ())
        if last in _OF_ANYTHING or len(alike) != 1:
            return []
        if home is not None and home[0] != alike[0][0]:
            return []
        return list(leaking[alike[0]])
