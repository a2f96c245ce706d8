"""Which extractors run: those that some query asks for, on files in which their marks stand."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final, NamedTuple

from aiaudit import lazy
from aiaudit.probes.python import (
    assigned,
    callers,
    decided,
    dependencies,
    dispatch,
    doormen,
    flows,
    gates,
    hollow,
    loops,
    own_servers,
    parses,
    prompts,
    records,
    rescues,
    routers,
    routes,
    splits,
    tools,
    turning,
)
from aiaudit.probes.python.annotations import request_models
from aiaudit.probes.python.features import FileView
from aiaudit.probes.spans import spans


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
    "parses": _Feature(parses.HITS, lambda view: {"parses": parses.parses(view)}, also=parses.ALSO, traced=True),
    "doormen": _Feature(doormen.HITS, doormen.doormen, entire=True),
    "prompts": _Feature(prompts.HITS, lambda view: {"prompts": prompts.PromptFinder(view).rows()}),
    "decided": _Feature(decided.HITS, lambda view: {"decided": decided.decided(view)}),
    "flows": _Feature(flows.HITS, lambda view: _flows(flows.FlowFinder(view)), traced=True),
    "gates": _Feature(gates.HITS, lambda view: {"gates": gates.GateFinder(view).rows()}),
    "hollow": _Feature(hollow.HITS, lambda view: {"hollow": hollow.hollow(view)}, whole=True),
    "loops": _Feature(loops.HITS, lambda view: {"loops": loops.open_loops(view)}),
    "records": _Feature(
        records.HITS,
        lambda view: {"records": records.RecordFinder(view).rows()},
        records.LEAST,
        counts=records.counts,
    ),
    "rescues": _Feature(rescues.HITS, lambda view: {"rescues": rescues.rescues(view)}),
    "splits": _Feature(splits.HITS, lambda view: {"splits": splits.fitted_before_split(view)}),
    "tools": _Feature(
        tools.HITS, lambda view: {"tools": tools.ToolFinder(view).rows()}, entire=True, counts=dispatch.counts
    ),
    "turning": _Feature(turning.HITS, lambda view: {"turning": turning.turning(view)}, traced=True),
}


class Features:
    """The extractors that a set of queries asks for."""

    def __init__(self, queries: Iterable[Any]) -> None:
        self.globs: set[str] = set()
        names: set[str] = set()
        for query in queries:
            names.update(getattr(query, "features", ()))
            self.globs.update(getattr(query, "assigned", tuple)())
        self.names = tuple(name for name in _FEATURES if name in names)
        marks = [(one.marks, one.least, one.also, one.counts) for one in map(_FEATURES.__getitem__, self.names)]
        if self.globs:
            marks.append((assigned.hits(self.globs), 1, b"", None))
        self._marks = [
            (lazy.regex(rb"(?m)" + mark), least, _compiled(also) if also else None, counts)
            for mark, least, also, counts in marks
        ]
        self._any: Any = None
        self._which: Any = None
        if marks:
            self._any, self._which = _compile([mark for mark, *_ in marks])

    def key(self) -> list[str]:
        return [*self.names, *sorted(self.globs)]

    def offsets(self, data: bytes) -> list[list[int]]:
        """Where the marks of each extractor stand in a file. One scan finds the lines on which any of them does, and
        one look at each line tells which of them do."""
        found: list[list[int]] = [[] for _ in self._marks]
        texts: list[set[bytes]] = [set() for _ in self._marks]
        end = 0
        for first, last in spans(self._any, data) if self._any is not None else ():
            if last <= end:
                continue
            start = data.rfind(b"\n", 0, first) + 1
            end = data.find(b"\n", last)
            end = end if end >= 0 else len(data)
            for number in self._which.Match(data[start:end]):
                mark, _, _, counts = self._marks[number]
                for one in mark.finditer(data, start, end):
                    if counts is None or counts(data, one.start()):
                        found[number].append(one.start())
                        texts[number].add(one.group().lower())
        return [
            offsets if offsets and len(words) >= least and (also is None or also.search(data)) else []
            for offsets, words, (_, least, also, _) in zip(found, texts, self._marks, strict=True)
        ]

    def of(self, marked: list[list[int]], what: str) -> list[int]:
        """The marks of the extractors that are `whole` or `traced`, rising."""
        names = zip(self.names, marked, strict=False)
        return sorted({at for name, offsets in names if getattr(_FEATURES[name], what) for at in offsets})

    def extract(self, view: FileView) -> dict[str, Any]:
        """What the extractors find in one file."""
        found: dict[str, Any] = {}
        for name, offsets in zip([*self.names, "assigned"], view.source.hits.marked, strict=False):
            if not offsets:
                continue
            view.marked = view.source.lines_at(offsets)
            if name == "assigned":
                found["assigned"] = assigned.assigned(view, self.globs)
            else:
                found |= _FEATURES[name].extract(view)
        return {name: rows for name, rows in found.items() if rows}


def _compiled(pattern: bytes) -> Any:
    """An expression that is searched in whole files: RE2's time does not grow with what might have matched."""
    import re2

    options = re2.Options()
    options.max_mem = 64 << 20
    return re2.compile(pattern, options)


def _compile(marks: list[bytes]) -> tuple[Any, Any]:
    """One expression that finds any of the marks, and a set that tells which of them a line holds."""
    import re2

    options = re2.Options()
    options.max_mem = 64 << 20
    which = re2.Set.SearchSet(options)
    for mark in marks:
        which.Add(rb"(?m)" + mark)
    which.Compile()
    return _compiled(rb"(?m)" + b"|".join(b"(?:" + mark + b")" for mark in marks)), which
