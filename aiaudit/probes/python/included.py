"""What stands before the routes of a router, along all the routers and applications that take it in."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import Final

from msgspec import Struct, field

from aiaudit import lazy
from aiaudit.probes.python.project import PythonProject

Place = tuple[str, str]  # (file, name in it)
Asks = Callable[[str, str, str], bool]  # text, resolved name, file
MAX_DEPTH: Final = 8
MAX_STEPS: Final = 8
_MEMO: Final = "routers"
_VIEWS: Final = "views"
_TABLED: Final = "tabled"
_TEST: Final = lazy.regex(r"(?:^|/)tests?(?:/|_|\.py$)")


class Routers(Struct):
    """`made`: what asks among that with which a router is made; `taken`: by router, the parents that take it in and
    what asks in between; `unresolved`: a check stands before a router that could not be told."""

    made: dict[Place, str] = field(default_factory=dict)
    taken: dict[Place, list[tuple[Place | None, str]]] = field(default_factory=lambda: defaultdict(list))
    unresolved: list[tuple[str, int, str]] = field(default_factory=list)

    def asks(self, place: Place, depth: int = 0) -> str:
        """What asks who is calling before each route of a router, on every way to it; "" where on one nothing does."""
        own = self.made.get(place, "")
        if own or depth >= MAX_DEPTH:
            return own
        ways = [
            between or (self.asks(parent, depth + 1) if parent else "") for parent, between in self.taken.get(place, ())
        ]
        return ways[0] if ways and all(ways) else ""


def routers_of(project: PythonProject, asks: Asks) -> Routers:
    """The routers of a project, worked out once."""
    known = project.memo.get(_MEMO)
    if isinstance(known, Routers):
        return known
    made = project.memo[_MEMO] = Routers()
    for path in project.having.get("made_with", ()):
        for name, asked in project.records[path]["made_with"].items():
            made.made[path, name] = _first(asked, path, asks)
    for path in project.having.get("included", ()):
        for row in project.records[path]["included"]:
            child, parent = place_of(row["child"], path, project), place_of(row["parent"], path, project)
            between = _first(row["asked"], path, asks)
            if child is not None:
                made.taken[child].append((parent, between))
            elif between:
                made.unresolved.append((path, row["line"], between))
    return made


def views_of(project: PythonProject) -> frozenset[Place]:
    """The functions for which an address of Django stands in some file."""
    known = project.memo.get(_VIEWS)
    if known is None:
        found = {
            place
            for path in project.having.get("urls", ())
            for name in project.records[path]["urls"]
            if (place := place_of(name, path, project)) is not None
        }
        known = project.memo[_VIEWS] = frozenset(found)
    views: frozenset[Place] = known
    return views


def tabled_of(project: PythonProject) -> frozenset[str]:
    """The names of classes that files with addresses of Django speak of, and those that other files import, which may
    serve them in another way; none where no such file names a class."""
    known = project.memo.get(_TABLED)
    if known is None:
        tables = [path for path in project.having.get("tabled", ()) if project.records[path].get("tabled")]
        found = {name for path in tables for name in project.records[path]["tabled"]}
        if found:
            for path in project.records:
                if path not in tables and not _TEST.search(path):
                    found.update(one.target.rpartition(".")[2] for one, _ in project.base(path).imports)
        known = project.memo[_TABLED] = frozenset(found)
    names: frozenset[str] = known
    return names


def place_of(name: str, path: str, project: PythonProject) -> Place | None:
    """The file in which a router is made, and its name there; imports are followed, and what it is made of is not."""
    for _ in range(MAX_STEPS):
        if name.startswith("@."):
            return path, name[2:]
        split = project.split(name, path) if name else None
        if split is None or split[0] not in project.records:
            return None
        where, rest = split
        first, _, more = rest.partition(".")
        base = project.base(where)
        imported = base.imported_as.get(first) if first and first not in base.exports else None
        if not imported:
            return where, rest
        target = imported[0].target if imported[0].name else imported[0].module
        name, path = (f"{target}.{more}" if more else target), where
    return None


def _first(asked: list[list[str]], path: str, asks: Asks) -> str:
    return next((text for text, name in asked if asks(text, name, path)), "")
