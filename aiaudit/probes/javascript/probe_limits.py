"""The probe `javascript.limits`: for each route, what counts how often one caller asks, and whether it asks a model."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar, Final

from msgspec import Struct
from msgspec.structs import replace

from aiaudit.model.fact import Fact, Level
from aiaudit.model.types import BOOL, INT, STRING, Type, list_of, record
from aiaudit.probes.base import Context, Probe, Query
from aiaudit.probes.javascript.asking import ScriptQuery, fact_of
from aiaudit.probes.javascript.flows import completions
from aiaudit.probes.javascript.limits import COUNTS, MAX_STEPS
from aiaudit.probes.javascript.mounted import below_prefix, of_tests
from aiaudit.probes.javascript.names import LOCAL
from aiaudit.probes.javascript.probe_routes import judged_row, placed_row
from aiaudit.probes.javascript.project import JavaScriptProject
from aiaudit.probes.javascript.sentries import Sentry, covers, is_sentry_file, sentries_of
from aiaudit.project.entry import Entry

LIMIT: Final = record(
    "limit",
    path=STRING,
    line=INT,
    role=STRING,
    framework=STRING,
    kind=STRING,
    route=STRING,
    methods=list_of(STRING),
    takes_input=BOOL,
    health=BOOL,
    constant=BOOL,
    asks=BOOL,
    limited=STRING,
    always=BOOL,
    limit_path=STRING,
    limit_line=INT,
)
MAX_VISITS: Final = 200  # functions that are looked through for a call of a model
_KEYS: Final = ("user", "address", "all", "?")
_EXPRESS: Final = frozenset(("express", "hono", "koa", "polka", "oak", "elysia", "restify", "itty-router"))


class LimitsQuery(ScriptQuery):
    """All handlers, with what limits how often a caller may ask.

    limited: by what callers are told apart (`user`, `address`; `all` counts everybody together; `?` is not known), ""
    where nothing limits them. always: false where the limit holds only in some cases, or where a setting says so.
    limit_path, limit_line: where it stands. asks: a model is asked by the handler, or by what it calls. kind: route,
    action, tool, or front: a middleware of Next that limits, whatever routes its matcher takes in."""

    features: ClassVar[tuple[str, ...]] = ("routes", "flows", "rescues")
    found_by: ClassVar[tuple[str, ...]] = ("routes",)
    whole: ClassVar[bool] = True  # between a route and a model may stand files in which nothing is asked for


class Limit(Struct):
    key: str
    always: bool
    path: str
    line: int
    ends: str = "answer"
    paths: tuple[str, ...] = ()


class Mount(Struct):
    """A router that another file, or another router of the file, takes in."""

    path: str
    row: dict[str, Any]


class LimitsProbe(Probe[LimitsQuery]):
    name: ClassVar[str] = "javascript.limits"
    title: ClassVar[str] = "Routes that JavaScript serves, what limits how often one caller asks, and which ask a model"
    query: ClassVar[type[Query]] = LimitsQuery
    max_level: ClassVar[Level] = Level.CONTENT
    engine: ClassVar[str | None] = "javascript"

    def value_type(self, query: LimitsQuery) -> Type:
        return list_of(LIMIT)

    def answer(self, fact_id: str, query: LimitsQuery, context: Context) -> Fact:
        known: dict[str, Any] = {}

        def find(entry: Entry, project: JavaScriptProject) -> Iterator[dict[str, Any]]:
            if not known:
                known.update(limits=Limits(project), sentries=sentries_of(project))
            for row in project.records[entry.path].get("routes", ()):
                placed = placed_row(row, entry.path, project)
                if placed is not None and placed["kind"] in ("route", "action", "tool"):
                    yield _row(placed, entry.path, project, known["limits"], known["sentries"])
            if entry.path in known["limits"].fronts:
                yield known["limits"].front(entry.path)

        def note(one: dict[str, Any]) -> str:
            return f"{' '.join([*one['methods'], one['route'] or one['kind']])}: {one['limited'] or 'not limited'}"

        return fact_of(fact_id, query, context, find, note)


def _row(
    row: dict[str, Any], path: str, project: JavaScriptProject, limits: Limits, sentries: list[Sentry]
) -> dict[str, Any]:
    wide = [one for one in project.records[path]["routes"] if one["kind"] == "middleware"]
    judged = judged_row(row, wide, path, project, sentries)
    found = limits.of(row, path)
    kept = ("line", "framework", "kind", "route", "methods", "takes_input", "health", "constant")
    return {
        **{name: judged[name] for name in kept},
        "asks": limits.asks(row, path),
        "limited": found.key if found is not None else "",
        "always": found is not None and found.always,
        "limit_path": found.path if found is not None else "",
        "limit_line": found.line if found is not None else 0,
    }


class Limits:
    """What limits the routes of a project."""

    def __init__(self, project: JavaScriptProject) -> None:
        self.project = project
        self.mounts: dict[str, list[Mount]] = {}
        self.fronts: dict[str, tuple[str, list[Limit], list[str]]] = {}
        self.registered: list[tuple[str, dict[str, Any]]] = []
        self.throttled = ""
        for path, one in project.records.items():
            self._of_file(path, one)

    def _of_file(self, path: str, one: dict[str, Any]) -> None:
        for row in one.get("routes", ()) if not of_tests(path) else ():
            for limit in row.get("limits", ()) if row["kind"] == "middleware" else ():
                target = self._target(limit, path)
                if target is not None and target[0] != path and "routes" in self.project.records.get(target[0], {}):
                    self.mounts.setdefault(target[0], []).append(Mount(path, row))
        self.registered += [(path, row) for row in one.get("registered", ())]
        self.throttled = self.throttled or (path if one.get("throttled") else "")
        if is_sentry_file(path, self.project):
            rows = [limit for name in one.get("limits", {}) for limit in one["limits"][name]]
            found = [made for limit in rows for made in self._resolved(limit, path, 0)]
            if one.get("matcher_elsewhere"):  # for which routes it runs is not known
                found = [replace(limit, always=False) for limit in found]
            if found:
                folder = path.rpartition("/")[0]
                home = "" if folder in ("", "src") else folder.removesuffix("/src") + "/"
                self.fronts[path] = (home, found, one.get("matcher", []))

    def front(self, path: str) -> dict[str, Any]:
        """The row of a middleware that limits the routes that its matcher takes in."""
        best = min(self.fronts[path][1], key=_rank)
        nothing = {"takes_input": False, "health": False, "constant": False, "asks": False}
        return {
            "line": best.line,
            "framework": "next",
            "kind": "front",
            "route": "",
            "methods": [],
            **nothing,
            "limited": best.key,
            "always": best.always,
            "limit_path": best.path,
            "limit_line": best.line,
        }

    # --- of one route ------------------------------------------------------------------------------------------------
    def of(self, row: dict[str, Any], path: str) -> Limit | None:
        """The best limit that stands before a route or in it."""
        asked = int(row.get("asks_line", 0))
        found = []
        for limit in row.get("limits", ()):
            late = bool(asked) and not limit.get("before") and int(limit["line"]) > asked
            found += [replace(one, always=one.always and not late) for one in self._resolved(limit, path, 0)]
        for spec, rest in row.get("hands_to", ())[:8]:
            handed = {"by": [spec, rest], "key": "?", "looked_at": True, "always": True, "line": row["line"]}
            found += self._resolved(handed, path, 0)
        if row["framework"] in _EXPRESS:
            found += self._before(row, path, 0, row["route"])
        elif row["framework"] == "fastify":
            found += self._by_plugin(row, path)
        elif row["framework"] == "nest" and self.throttled:
            found.append(Limit("address", True, self.throttled, 1))
        elif row["framework"] == "next":
            found += self._in_front(row, path)
        return min(found, key=_rank) if found else None

    def _before(self, row: dict[str, Any], path: str, depth: int, route: str) -> list[Limit]:
        """Middleware of the same application that is used before, and what stands before a router where it is used.
        `route`: what is asked for, as the application of `row` sees it."""
        found: list[Limit] = []
        rows = [one for one in self.project.records[path]["routes"] if one["kind"] == "middleware"]
        for one in rows:
            if one is row or one["app"] != row.get("app") or one["line"] > row["line"]:
                continue
            if one["line"] == row["line"] and row["kind"] != "middleware":
                continue
            if below_prefix(one["route"], route):
                found += [made for limit in one.get("limits", ()) for made in self._resolved(limit, path, 0)]
        if depth > 2:
            return found
        inner = [Mount(path, one) for one in rows if one["function"] in _mounted_as(row.get("app", ""))]
        mounts = [one for one in [*inner, *self.mounts.get(path, ())] if one.row["app"] != row.get("app")][:6]
        ways = [self._before(one.row, one.path, depth + 1, _joined(one.row["route"], route)) for one in mounts]
        return [*found, *ways[0]] if ways and all(ways) else found

    def _by_plugin(self, row: dict[str, Any], path: str) -> list[Limit]:
        if row.get("rate") is False:
            return []
        found: list[Limit] = []
        for where, one in self.registered:
            if not one["everywhere"] and not row.get("rate"):
                continue
            near = where == path and one["line"] < row["line"]
            if near or one["root"]:
                found.append(Limit(one["key"], bool(one["always"]), where, int(one["line"])))
        return found

    def _in_front(self, row: dict[str, Any], path: str) -> list[Limit]:
        route = row.get("route", "")
        found: list[Limit] = []
        for home, limits, matchers in self.fronts.values():
            if path.startswith(home) and row["kind"] == "route" and covers(matchers, route):
                found += [one for one in limits if not one.paths or any(route.startswith(head) for head in one.paths)]
        return found

    # --- of one row of the record ------------------------------------------------------------------------------------
    def _target(self, row: dict[str, Any], path: str) -> tuple[str, str] | None:
        """The file and the name of the function of the project that a row calls."""
        if "by" not in row:
            return None
        spec, rest = row["by"]
        if spec == LOCAL:
            return path, rest
        found = self.project.follow(spec, "" if rest == "*" else rest, path)
        return (found.path, found.local) if found.path else (self.project.file(spec, path) or "", "*")

    def _resolved(self, row: dict[str, Any], path: str, depth: int) -> list[Limit]:
        line, always, paths = int(row["line"]), bool(row["always"]), tuple(row.get("paths", ()))
        if "by" not in row:
            key = "?" if row["key"] == "parameter" and depth == 0 else row["key"]
            return [Limit(key, always, path, line, row["ends"], paths)] if row["ends"] != "gives" or depth else []
        spec, rest = row["by"]
        if spec != LOCAL:
            name = self.project.follow(spec, "" if rest == "*" else rest, path).name
            if COUNTS.match(name):
                thrown = name.endswith(".consume")
                key = "?" if row["key"] == "parameter" and depth == 0 else row["key"]
                return [Limit(key, always, path, line, "throw", paths)] if row["looked_at"] or thrown else []
        target = self._target(row, path)
        if target is None or target[0] not in self.project.records or depth >= MAX_STEPS:
            return []
        one = self.project.records[target[0]]
        held = one.get("limiters", {}).get(target[1])
        if held is not None:
            return [Limit(held["key"], always and bool(held["always"]), target[0], int(held["line"]))]
        found: list[Limit] = []
        named = one.get("limits", {})
        whole = target[1] in ("", "*", "default") and len(named) == 1  # `module.exports = limiter`
        for inner in next(iter(named.values())) if whole else named.get(target[1], ()):
            for made in self._resolved(inner, target[0], depth + 1):
                if made.ends != "throw" and not row["looked_at"]:
                    continue
                key = row["key"] if made.key == "parameter" else made.key
                key = "?" if key == "parameter" and depth == 0 else key
                found.append(Limit(key, always and made.always, made.path, made.line, made.ends, paths or made.paths))
        return found

    # --- whether a model is asked ------------------------------------------------------------------------------------
    def asks(self, row: dict[str, Any], path: str) -> bool:
        if row.get("asks"):
            return True
        todo = [(path, one["by"]) for one in row.get("limits", ()) if "by" in one]
        todo += [(path, list(one)) for one in row.get("hands_to", ())]
        name = row.get("function", "")
        if name:
            todo.append((path, [LOCAL, name]))
        seen: set[tuple[str, str]] = set()
        while todo and len(seen) < MAX_VISITS:
            where, (spec, rest) = todo.pop()
            if spec != LOCAL and completions().match(
                self.project.follow(spec, "" if rest == "*" else rest, where).name
            ):
                return True
            target = self._target({"by": [spec, rest]}, where)
            if target is None or target in seen or target[0] not in self.project.records:
                continue
            seen.add(target)
            one = self.project.records[target[0]]
            if target[1] in one.get("answering", ()):
                return True
            todo += [(target[0], used) for used in one.get("uses", {}).get(target[1], ())]
        return False


def _joined(mount: str, route: str) -> str:
    """The path of a route of a router that is used below another path; one that is used nowhere else has its own."""
    return f"{mount.rstrip('*').rstrip('/')}/{route.lstrip('/')}".rstrip("/") or "/"


def _mounted_as(app: str) -> tuple[str, ...]:
    """How a router is written where it is used: `app.use("/x", router)`, `app.use(router.routes())` of Koa."""
    return (app, f"{app}.routes") if app else ()


def _rank(one: Limit) -> tuple[int, int]:
    """The surest first: it holds for everyone, and tells callers apart."""
    key = _KEYS.index(one.key) if one.key in _KEYS else len(_KEYS)
    return (0 if one.always and key < 2 else 1, key)
