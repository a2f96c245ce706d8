"""The probe `python.lookups`: records that belong to somebody, looked up by what a caller who has logged in sends."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar, Final, NamedTuple

from aiaudit import lazy
from aiaudit.model.fact import Fact, Level
from aiaudit.model.types import BOOL, INT, STRING, Type, list_of, record
from aiaudit.probes.base import Context, Probe, Query
from aiaudit.probes.python.asking import CodeQuery, fact_of
from aiaudit.probes.python.lookups import MADE, SENT, WHO, called_in, every_root
from aiaudit.probes.python.probe_routes import auth_of, auth_of_router, knows_who
from aiaudit.probes.python.project import PythonProject, python_project
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
    asked=list_of(STRING),
    stored=STRING,
    owner=STRING,
    through=STRING,
    column=STRING,
    sent=STRING,
    removes=BOOL,
    held=STRING,
)
_ID: Final = lazy.regex(r"(?i)(?:^|_)(?:id|pk|uuid|uid|guid)$")
_NAMES: Final = frozenset(("slug", "name"))
_OWNER: Final = lazy.regex(
    r"(?i)^(?:user|owner|customer|client|account|tenant|org|organi[sz]ation|company|workspace|team|patient|student|teacher"
    r"|employee|member|candidate|recruiter|uploader|uploaded_by|created_by|author|creator|profile)(?:_(?:id|uuid|uid|pk|email))?$"
)
# Who somebody is, not what somebody has: a record of it belongs to itself.
_PERSON: Final = lazy.regex(
    r"^(?:App|Auth|Custom|Db|DB)?(?:User|Account|Member|Customer|Patient|Student|Employee|Candidate)s?(?:Profile|Model|DB|Table)?$"
)
_WATCHES: Final = lazy.regex(
    r"(?i)(?:^|[._])(?:log(?:ger|ging)?|print|audit|track|metric|record|usage|notify|send|emit|publish|event|cache|invalidate|limiter|rate"
    r"|sentry|capture|info|debug|warning|error|exception|append|add|dict|str|int|format|update|delay|apply_async|add_task|enqueue|isoformat)\w*$"
)
_ASKING: Final = lazy.regex(
    r"(?i)^(?:current|auth\w*|logged\w*)?_?(?:user|account|identity|claims|payload|token)(?:_?(?:id|data|info))?$"
)
_NOT_SENT: Final = frozenset(("self", "cls", "request", "req", "websocket", "ws"))
_MOST_HOPS: Final = 3
_MOST_FUNCTIONS: Final = 200  # that are looked through for one handler
_MOST: Final = 400  # handlers of one project that are followed


class LookupsQuery(CodeQuery):
    """Places at which a handler that only answers who has logged in looks up records of somebody by what it is sent.

    stored: the class whose records they are. owner: its column that says whose (`user_id`), or `itself` where a record
    is the person; through: the class that has this column, where this one only points to it. column: by what is looked
    up; sent: what the handler calls that; asked: the names of all that stands before the
    handler. held: `to who asks` (a condition of the query, or a comparison beside it),
    `unclear` (who asks is handed on, and it is not known for what) or `to nothing`: nobody looks whether the record is
    the caller's. everybody: only those of handlers that ask nobody who is calling."""

    everybody: bool = False
    features: ClassVar[tuple[str, ...]] = ("lookups", "stored", "routes", "turning", "idle", "routers")


class LookupsProbe(Probe[LookupsQuery]):
    name: ClassVar[str] = "python.lookups"
    title: ClassVar[str] = "Records of somebody, looked up by what a caller who has logged in sends"
    query: ClassVar[type[Query]] = LookupsQuery
    max_level: ClassVar[Level] = Level.CONTENT
    engine: ClassVar[str | None] = "python"

    def value_type(self, query: LookupsQuery) -> Type:
        return list_of(LOOKUP)

    def answer(self, fact_id: str, query: LookupsQuery, context: Context) -> Fact:
        owned = _Owned(python_project(context))

        def find(entry: Entry, project: PythonProject) -> Iterator[dict[str, Any]]:
            seen: set[tuple[Any, ...]] = set()
            for row in project.records[entry.path].get("routes", ())[:_MOST]:
                auth = str(row.get("auth", "")) or auth_of(row, entry.path, project)
                for one in _of_handler(row, entry.path, owned) if bool(auth) != query.everybody else ():
                    key = (one["path"], one["line"], one["stored"], row.get("function"))
                    if key not in seen:
                        seen.add(key)
                        yield {
                            "cell": 0,
                            "role": entry.role.value,
                            "handler": row.get("function", ""),
                            "handler_path": entry.path,
                            "handler_line": row["line"],
                            "route": row.get("route", ""),
                            "methods": row.get("methods", []),
                            "auth": auth,
                            **one,
                        }

        if not owned.classes:
            return fact_of(fact_id, query, context, find, among=())
        return fact_of(
            fact_id, query, context, find, lambda one: f"{one['stored']} by {one['column']}", having="routes"
        )


class _Class(NamedTuple):
    """A stored class whose records belong to somebody."""

    name: str
    owner: str
    through: str


class _Owned:
    """The stored classes of a project whose records belong to somebody, by file and name."""

    def __init__(self, project: PythonProject) -> None:
        self.project = project
        self.classes: dict[tuple[str, str], _Class] = {}
        rows = [(path, row) for path in project.having.get("stored", ()) for row in project.records[path]["stored"]]
        self.stored = {(path, row["name"]) for path, row in rows}
        tables: dict[str, _Class] = {}
        for path, row in rows:
            owner = next((one for one in row["columns"] if _OWNER.search(one)), "")
            if _PERSON.search(row["name"]):
                owner = "itself"
            if owner:
                made = self.classes[path, row["name"]] = _Class(row["name"], owner, "")
                tables.update({row["table"]: made, row["name"]: made})
        for path, row in rows:
            parent = next((tables[one] for one in row["refs"] if one in tables), None)
            if parent is not None and (path, row["name"]) not in self.classes and parent.owner != "itself":
                self.classes[path, row["name"]] = _Class(row["name"], parent.owner, parent.name)
        self._by_name: dict[str, list[_Class]] = {}
        for (_, name), one in self.classes.items():
            self._by_name.setdefault(name, []).append(one)

    def of(self, name: str, path: str) -> _Class | None:
        """The class that a resolved name stands for."""
        home = self.project.home(name, path)
        if home is not None and (known := self.classes.get(home)) is not None:
            return known
        if home in self.stored:
            return None
        alike = self._by_name.get(name.rpartition(".")[2], ())  # what a package's `__init__` hands on by a star
        return alike[0] if len(alike) == 1 and len(self.stored) > 0 else None


class _Found(NamedTuple):
    row: dict[str, Any]
    held: int  # 0 to nothing, 1 unclear, 2 to who asks
    at: int  # the call of the function by which it was reached


_HELD: Final = ("to nothing", "unclear", "to who asks")


def _of_handler(row: dict[str, Any], path: str, owned: _Owned) -> Iterator[dict[str, Any]]:
    told = (owned.project.records[path].get("lookups") or {}).get(row.get("function", ""))
    if told is None:
        return
    who, sent = {WHO}, {SENT: "the request"}
    for name, filled in told["given"].items():
        if any(knows_who(one, path, owned.project) for one in filled) or _is_handed(name, row):
            who.add(name)
        elif not any(not one.startswith(":") for one in filled) and name not in _NOT_SENT:
            sent[name] = name
    found = list(_evaluate(told, path, frozenset(who), sent, owned, 0, [_MOST_FUNCTIONS]))
    best: dict[str, int] = {}  # who may have the conversation may have its messages, which go by the same key
    for one in found:
        best[one.row["sent"]] = max(one.held, best.get(one.row["sent"], 0))
    asked = [name.removeprefix(":").removeprefix("@.") for filled in told["given"].values() for name in filled]
    asked += [str(text) for text, _ in row.get("asked", ())]
    asked += [text] if (text := auth_of_router(row, path, owned.project)) else []
    for one in found:
        in_path = f"{{{one.row['sent']}" in row.get("route", "") or f"{one.row['sent']}>" in row.get("route", "")
        if one.row["column"] not in _NAMES or in_path:  # whether a name is taken is asked of everybody's
            yield {**one.row, "held": _HELD[best[one.row["sent"]]], "asked": sorted(set(asked))}


def _is_handed(name: str, row: dict[str, Any]) -> bool:
    """Whether a decorator hands a handler of Flask who asks: no part of its address is called so."""
    if row.get("framework") not in ("flask", "quart", "sanic"):
        return False
    return _ASKING.search(name) is not None and f"{name}>" not in row.get("route", "")


def _evaluate(
    told: dict[str, Any],
    path: str,
    who: frozenset[str],
    sent: dict[str, str],
    owned: _Owned,
    hops: int,
    left: list[int],
) -> Iterator[_Found]:
    """What a function looks up by what was sent, and how it is held to who asks. `left`: how many functions may still
    be looked through for this handler."""
    project = owned.project
    left[0] -= 1
    held_keys = {  # what was sent stands in one query with who asks, or was handed to a check
        root.removeprefix(MADE) for row in told["looks"] if _is_who(row["beside"], who) for root in row["beside"]
    }
    held_keys |= {root for call in told["calls"] if call["checks"] for root in every_root(call)}
    compared = _is_who(told["compared"], who)
    found: list[_Found] = []
    for row in told["looks"]:
        stored = owned.of(row["model"], path)
        by = next(
            (
                (column, root)
                for column, roots in row["by"]
                for root in _sent(roots, who, sent)
                if _tells_one(column, stored)
            ),
            None,
        )
        if stored is None or by is None:
            continue
        place = {
            "path": path,
            "line": row["line"],
            "stored": stored.name,
            "owner": stored.owner,
            "through": stored.through,
            "column": by[0],
            "sent": sent[by[1]],
            "removes": row["removes"],
        }
        found.append(_Found(place, 2 if compared or by[1] in held_keys else 0, -1))
    handed: list[int] = []  # calls that are given who asks, and may see to it
    for number, call in enumerate(told["calls"]):
        place_of = project.home(call["name"], path) if call["name"] else None
        known = (project.records.get(place_of[0], {}).get("lookups") or {}) if place_of else {}
        function = known.get(called_in(known, place_of[1])) if place_of else None
        knows = not who.isdisjoint(every_root(call))
        if knows and not _WATCHES.search(call["text"]) and place_of not in owned.stored:
            handed.append(number)
        if function is None or place_of is None or hops >= _MOST_HOPS or left[0] <= 0:
            continue
        inner_who, inner_sent = _handed_in(call, function, who, sent)
        if inner_sent:
            inner = _evaluate(function, place_of[0], frozenset(inner_who | {WHO}), inner_sent, owned, hops + 1, left)
            # a service that was made for who asks may see to it where nobody looks
            least = 1 if inner_who & {"self", "cls"} else 0
            found += [one._replace(at=number, held=max(one.held, least)) for one in inner]
    for one in found:
        held = one.held
        if compared or any(sent.get(root) == one.row["sent"] for root in held_keys):
            held = 2
        elif held == 0 and any(number != one.at for number in handed):
            held = 1
        yield one._replace(held=held)


def _is_who(roots: list[str], who: frozenset[str]) -> bool:
    return any(root.removeprefix(MADE) in who for root in roots)


def _sent(roots: list[str], who: frozenset[str], sent: dict[str, str]) -> list[str]:
    """Of what a value is made of, what was sent; nothing where who asks is a part of it."""
    return [] if _is_who(roots, who) else [root for root in roots if root in sent]


def _handed_in(
    call: dict[str, Any], function: dict[str, Any], who: frozenset[str], sent: dict[str, str]
) -> tuple[set[str], dict[str, str]]:
    """Of the parameters of a called function: those that are who asks, and those that were sent."""
    names = list(function["given"])
    inner_who: set[str] = set()
    if names and names[0] in ("self", "cls"):
        if _is_who(call["of"], who):
            inner_who.add(names[0])
        names = names[1:]
    inner_sent: dict[str, str] = {}
    for name, roots in (*zip(names, call["given"], strict=False), *call["named"].items()):
        if _is_who(roots, who):
            inner_who.add(name)
        elif taken := _sent(roots, who, sent):
            inner_sent[name] = sent[taken[0]]
    return inner_who, inner_sent


def _tells_one(column: str, stored: _Class | None) -> bool:
    """Whether a column names one record, or whose records are wanted."""
    return column in _NAMES or bool(_ID.search(column)) or (stored is not None and column == stored.owner)
