"""What stands before the routes of another file: `app.use("/api", requireAuth, routes)`, or `app.use(requireAuth)`.

Routes that a file hands out are behind a check where each application that is given them asks before.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any, Final

from msgspec import Struct, field

from aiaudit import lazy
from aiaudit.probes.javascript.names import LOCAL
from aiaudit.probes.javascript.project import JavaScriptProject

_OF_TESTS: Final = lazy.regex(r"(?:^|/)(?:__tests__|__mocks__|tests?|spec|e2e)/|\.(?:test|spec)\.[cm]?[jt]sx?$")
MAX_DEPTH: Final = 4  # applications inside applications
_MEMO: Final = "mounts"
_UNMOUNTED: Final = "unmounted"


class Mounts(Struct):
    """By (file, application): where it is given to another application, as (file, mount)."""

    project: JavaScriptProject
    guard_of_all: str = ""  # of Nest
    given: dict[tuple[str, str], list[tuple[str, dict[str, Any]]]] = field(default_factory=lambda: defaultdict(list))
    made: dict[str, list[tuple[str, dict[str, Any]]]] = field(
        default_factory=lambda: defaultdict(list)
    )  # by a function

    def before(self, path: str, app: str, depth: int = 0) -> str:
        """What asks who is calling before the routes of an application, wherever it is given to another; else ""."""
        places = self.given.get((path, app)) or self.given.get((path, "*")) or self.made.get(path, []) if app else []
        if not places or depth >= MAX_DEPTH:
            return ""
        found = [self._at(where, mount, depth) for where, mount in places]
        return found[0] if all(found) else ""

    def _at(self, where: str, mount: dict[str, Any], depth: int) -> str:
        for row in self.project.records[where].get("routes", ()):
            if row["kind"] == "middleware" and stands_before(row, mount, here=True):
                asks = of_middleware(row, where, self.project)
                if asks:
                    return asks
        return self.before(where, mount["app"], depth + 1)


def project_mounts(project: JavaScriptProject) -> Mounts:
    """The mounts of a project, worked out once."""
    known = project.memo.get(_MEMO)
    if isinstance(known, Mounts):
        return known
    made = project.memo[_MEMO] = Mounts(project)
    for path, record in project.records.items():
        if of_tests(path):
            continue
        made.guard_of_all = made.guard_of_all or record.get("guard_of_all", "")
        for mount in record.get("mounts", ()):
            spec, rest = mount["target"]
            if spec == LOCAL:
                made.given[path, rest].append((path, mount))
                continue
            found = project.follow(spec, "" if rest == "*" else rest, path)
            if found.path and found.path != path:
                made.given[found.path, found.local or "*"].append((path, mount))
                if mount.get("called"):  # `app.use("/chat", chatRoutes({ store }))`: the application is made in there
                    made.made[found.path].append((path, mount))
    return made


def unmounted(path: str, project: JavaScriptProject) -> bool:
    """Whether a file holds nothing but a router of Express that no application takes in: no other file imports it, and
    a router that lies beside it is taken in by its name, so that none is found by looking through the folder."""
    known: set[str] | None = project.memo.get(_UNMOUNTED)
    if known is None:
        known = project.memo[_UNMOUNTED] = set(_unmounted(project))
    return path in known


def _unmounted(project: JavaScriptProject) -> Iterator[str]:
    routers = [
        path
        for path, record in project.records.items()
        if not of_tests(path)
        and (rows := [row for row in record.get("routes", ()) if row.get("app")])
        and len({row["app"] for row in rows}) == 1
        and all(row["framework"] == "express" and row["kind"] in ("route", "middleware") for row in rows)
        and project.base(path).get("exports", {}).get("*", {}).get("name") == ["express", "Router"]
    ]
    if not routers:
        return
    if project.lost:  # what could not be read may mount it
        return
    imported: set[str] = set()
    for path, record in project.records.items():
        if record.get("loads"):  # by names that are put together while it runs
            return
        for one in project.base(path).get("imports", ()):
            found = project.file(one[1], path)
            imported |= {found} if found and found != path and not of_tests(path) else set()
    folders = {path.rpartition("/")[0] for path in routers if path in imported}
    yield from (path for path in routers if path not in imported and path.rpartition("/")[0] in folders)


def of_tests(path: str) -> bool:
    """Whether a file is a test, which puts routes into an application of its own, without what stands before them."""
    return _OF_TESTS.search(path) is not None


def stands_before(middleware: dict[str, Any], row: dict[str, Any], *, here: bool = False) -> bool:
    """Whether a middleware of the same application comes before a route; `here`: or in the same call."""
    if middleware.get("app") != row.get("app") or not below_prefix(middleware["route"], row["route"]):
        return False
    span = middleware.get("span")
    if span and not span[0] <= row["line"] <= span[1]:
        return False
    return bool(middleware["line"] < row["line"] or (here and middleware["line"] == row["line"]))


def below_prefix(prefix: str, route: str) -> bool:
    """Whether a path is one of those below a prefix: `/chat` is not above `/chats`."""
    head = prefix.rstrip("*").rstrip("/")
    return not head or route == head or route.startswith(f"{head}/")


def of_middleware(row: dict[str, Any], path: str, project: JavaScriptProject) -> str:
    """What a middleware asks by, or "" where it lets everybody on."""
    name = str(row.get("auth", ""))
    if row.get("sure"):  # it refuses by a condition of its own: the function that it asks need not refuse by itself
        return name
    if not name or name.rpartition(".")[2] in project.records[path].get("idle", ()):
        return ""
    return "" if row.get("believed") and lets_on(row["believed"], path, project) else name


def lets_on(named: list[str], path: str, project: JavaScriptProject) -> bool:
    """Whether a name stands for something of the project that refuses nobody: a function that does not, or routes."""
    spec, rest = named
    found = project.follow(spec, "" if rest == "*" else rest, path)
    if not found.path:
        return False
    record = project.records.get(found.path, {})
    return found.local in record.get("idle", ()) or any(
        row.get("app") == found.local and row["kind"] == "route" for row in record.get("routes", ())
    )
