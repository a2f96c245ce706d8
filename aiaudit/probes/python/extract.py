"""Which extractors run: those that some query asks for, on files in which their marks stand."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from aiaudit.debug import show_where
from aiaudit.probes.python import (
    assigned,
    callers,
    caught,
    choices,
    decided,
    dependencies,
    dispatch,
    doormen,
    flows,
    gates,
    graph_states,
    graphs,
    hollow,
    log_values,
    logged,
    lookups,
    loops,
    model_requests,
    own_servers,
    parses,
    prompts,
    records,
    rescues,
    routers,
    routes,
    sent,
    splits,
    steps,
    stored,
    tools,
    turning,
)
from aiaudit.probes.python.annotations import request_models
from aiaudit.probes.python.file_view import FileView
from aiaudit.probes.spans import spans
from aiaudit.probes.sql_tables import sql_tables
from aiaudit.probes.text.search import Expression, Search, search_for

if TYPE_CHECKING:
    from aiaudit.project.cache import Cache

_ASSIGNED: Final = "assigned"
_DESCRIBED: Final = rb"(?i)\bcreate[ \t]+table\b"
_MUCH: Final = 24 * 1024 * 1024  # bytes of code that pay for a search which takes a fifth of a second to make


class _Feature(NamedTuple):
    """`marks`: a regular expression (RE2) of what must stand in a file, and be parsed, for the extractor to run."""

    marks: bytes
    extract: Callable[[FileView], dict[str, Any]]
    least: int = 1  # different marks that must stand in the file
    whole: bool = False  # marks in a decorator or signature need the function's body
    traced: bool = False  # from its marks, data is followed into other functions of the file
    also: bytes = b""  # what must stand somewhere in the file besides
    entire: bool = False  # a file with marks is parsed without anything left out
    counts: Callable[[bytes, int], bool] | None = None  # whether the mark at this offset of a file is one


def _flows(finder: flows.FlowFinder) -> dict[str, Any]:
    return {"flows": finder.rows(), "answering": finder.answering()}


def _routes(view: FileView) -> dict[str, Any]:
    finder = routes.RouteFinder(view)
    rows = finder.rows()
    served = frozenset(str(row["function"]) for row in rows)
    return {
        "routes": rows,
        "urls": finder.urls(),
        "tabled": finder.tabled(),
        "models": request_models(view),
        "depends": dependencies.dependencies(view, served),
        "taken": dependencies.taken(view, finder.parameter),
    }


_FEATURES: Final[dict[str, _Feature]] = {
    "routes": _Feature(
        routes.HITS + rb"|" + dependencies.MARKS,
        _routes,
        whole=True,
    ),
    "idle": _Feature(callers.HITS, lambda view: {"idle": callers.idle(view)}, whole=True),
    "routers": _Feature(routers.HITS, routers.routers, entire=True),
    "own_servers": _Feature(
        own_servers.HITS, lambda view: {"own_servers": own_servers.OwnServers(view).rows()}, entire=True
    ),
    "caught": _Feature(caught.HITS, caught.caught, whole=True),
    "choices": _Feature(choices.HITS, lambda view: {"choices": choices.choices(view)}, also=choices.ALSO, entire=True),
    "parses": _Feature(parses.HITS, lambda view: {"parses": parses.parses(view)}, also=parses.ALSO, traced=True),
    "doormen": _Feature(doormen.HITS, doormen.doormen, entire=True),
    "prompts": _Feature(prompts.HITS, lambda view: {"prompts": prompts.PromptFinder(view).rows()}),
    "decided": _Feature(decided.HITS, lambda view: {"decided": decided.decided(view)}),
    "flows": _Feature(flows.HITS, lambda view: _flows(flows.FlowFinder(view)), traced=True),
    "gates": _Feature(gates.HITS, lambda view: {"gates": gates.GateFinder(view).rows()}),
    "graphs": _Feature(graphs.HITS, lambda view: {"graphs": graphs.graphs(view)}),
    "graph_states": _Feature(
        graph_states.HITS, lambda view: {"graph_states": graph_states.graph_states(view)}, whole=True
    ),
    "hollow": _Feature(hollow.HITS, lambda view: {"hollow": hollow.hollow(view)}, whole=True),
    "logged": _Feature(logged.HITS, lambda view: {"logged": logged.logged(view)}, also=logged.ALSO, traced=True),
    "log_values": _Feature(
        logged.HITS, lambda view: {"log_values": log_values.LogValues(view).rows()}, counts=log_values.counts
    ),
    "loops": _Feature(loops.HITS, lambda view: {"loops": loops.open_loops(view)}),
    "lookups": _Feature(lookups.HITS, lookups.lookups, whole=True),
    "model_requests": _Feature(
        model_requests.HITS, lambda view: {"model_requests": model_requests.model_requests(view)}
    ),
    "records": _Feature(
        records.HITS,
        lambda view: {"records": records.RecordFinder(view).rows()},
        records.LEAST,
        counts=records.counts,
    ),
    "described": _Feature(
        _DESCRIBED, lambda view: {"described": list(sql_tables(view.source.data.decode(errors="replace")))}
    ),
    "rescues": _Feature(
        rescues.HITS, lambda view: {"rescues": rescues.rescues(view), "replaced": rescues.replaced(view)}
    ),
    "sent": _Feature(sent.HITS, sent.sent, also=sent.ALSO, traced=True),
    "splits": _Feature(splits.HITS, lambda view: {"splits": splits.fitted_before_split(view)}),
    "steps": _Feature(steps.HITS, steps.steps),
    "stored": _Feature(stored.HITS, lambda view: {"stored": stored.stored(view)}, entire=True),
    "tools": _Feature(
        tools.HITS, lambda view: {"tools": tools.ToolFinder(view).rows()}, entire=True, counts=dispatch.counts
    ),
    "turning": _Feature(turning.HITS, lambda view: {"turning": turning.turning(view)}, traced=True),
}


class _Mark(NamedTuple):
    """What is looked for on behalf of an extractor."""

    regex: bytes
    least: int = 1
    also: bytes = b""
    counts: Callable[[bytes, int], bool] | None = None

    @property
    def expression(self) -> Expression:
        return Expression(self.regex.decode("ascii"))

    def offsets(self, data: bytes) -> list[int]:
        """Where it stands: RE2 finds the lines, on which each of them counts by itself."""
        if self.also and not _compiled(self.also).search(data):
            return []
        found: list[int] = []
        words: set[bytes] = set()
        end = 0
        for first, last in spans(_compiled(b"(?m)" + self.regex), data):
            if last <= end:
                continue
            start = data.rfind(b"\n", 0, first) + 1
            end = data.find(b"\n", last)
            end = end if end >= 0 else len(data)
            for one in _in_line(self.regex).finditer(data, start, end):
                if self.counts is None or self.counts(data, one.start()):
                    found.append(one.start())
                    words.add(one.group().lower())
        return found if len(words) >= self.least else []


class Features:
    """The extractors that a set of queries asks for. `within`: those of a larger set, whose search they share."""

    def __init__(self, queries: Iterable[Any], within: Features | None = None) -> None:
        self.globs: set[str] = set()
        names: set[str] = set()
        for query in queries:
            names.update(getattr(query, "features", ()))
            self.globs.update(getattr(query, "assigned", tuple)())
        self.names = tuple(name for name in _FEATURES if name in names)
        some = {name: _FEATURES[name] for name in self.names}
        self._marks = {name: _Mark(one.marks, one.least, one.also, one.counts) for name, one in some.items()}
        if self.globs:
            self._marks[_ASSIGNED] = _Mark(assigned.hits(self.globs))
        self._within = within
        self._search: Search | None = None

    def key(self) -> list[str]:
        return [*self.names, *sorted(self.globs)]

    @property
    def expressions(self) -> list[Expression]:
        """What their search looks for."""
        return [mark.expression for mark in self._marks.values()]

    def compile(self, size: int = 0, cache: Cache | None = None) -> Search:
        """Make ready for so many bytes."""
        if self._within is not None:
            return self._within.compile(size, cache)
        if self._search is None:
            self._search = search_for(self.expressions, much=size >= _MUCH, cache=cache, purpose="marks")
        return self._search

    def offsets(self, data: bytes) -> list[list[int]]:
        """Where the marks of each extractor stand in a file. One scan tells which of them may."""
        names = list((self._within or self)._marks)
        there = {names[number] for number in self.compile().candidates(data)}
        return [mark.offsets(data) if name in there else [] for name, mark in self._marks.items()]

    def of(self, marked: list[list[int]], what: str) -> list[int]:
        """The marks of the extractors that are `whole` or `traced`, rising."""
        names = zip(self.names, marked, strict=False)
        return sorted({at for name, offsets in names if getattr(_FEATURES[name], what) for at in offsets})

    def extract(self, view: FileView, failed: dict[str, Exception]) -> dict[str, Any]:
        """What the extractors find in one file. `failed` takes the names of those that broke, and why: what the others
        find is true all the same."""
        found: dict[str, Any] = {}
        for name, offsets in zip([*self.names, _ASSIGNED], view.source.hits.marked, strict=False):
            if not offsets:
                continue
            view.marked = view.source.lines_at(offsets)
            try:
                if name == _ASSIGNED:
                    found["assigned"] = assigned.assigned(view, self.globs)
                else:
                    found |= _FEATURES[name].extract(view)
            except (RecursionError, MemoryError):  # of the file, whoever looks at it
                raise
            except Exception as error:
                show_where()
                failed[name] = error
        return {name: rows for name, rows in found.items() if rows}


@cache
def _compiled(pattern: bytes) -> Any:
    """An expression that is searched in whole files: RE2's time does not grow with what might have matched."""
    import re2

    options = re2.Options()
    options.max_mem = 64 << 20
    return re2.compile(pattern, options)


@cache
def _in_line(mark: bytes) -> re.Pattern[bytes]:
    return re.compile(b"(?m)" + mark)
