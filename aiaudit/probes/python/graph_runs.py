"""What runs when a graph of LangGraph is asked: `graph.ainvoke(state)` calls the nodes and routers added to it.

The graph may be built in the file that runs it, in the one that names it, or in one that these import.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from aiaudit import lazy
from aiaudit.probes.python.project import PythonProject

_GRAPH: Final = lazy.regex(r"(?i)(?:graph|workflow|agent|swarm|supervisor|orchestrator|pipeline|flow|app|compiled)\d?$")
_MOST_FILES: Final = 60  # that are looked through for graphs


class GraphRuns:
    """The nodes of the project's graphs, by what runs them."""

    def __init__(self, project: PythonProject) -> None:
        self.project = project
        self.any = bool(project.having.get("graphs"))
        self._near: dict[str, list[str]] = {}

    def nodes(self, name: str, path: str) -> Iterator[tuple[str, str]]:
        """(name, the file that gives it) for each function that a run of `name`, written in the file `path`, calls."""
        if not self.any:
            return
        home = self._home(name, path)
        for where in () if home is None else self._built_near(home):
            for row in self.project.records[where]["graphs"]:
                for does in (*(does for _, does, *_ in row["nodes"]), *row.get("routers", ())):
                    if does and not does.startswith("?"):
                        yield does, where

    def _home(self, name: str, path: str) -> str | None:
        """The file from which to look for the graph that runs; None where it is none."""
        receiver = name.rpartition(".")[0]
        ends = [one.name for one in self.project.alternatives(receiver, path)]
        split = None if self.project.is_foreign(receiver) else self.project.split(receiver, path)
        if not any("langgraph" in one for one in ends):
            own = receiver[:1] in "?@" or split is not None
            if not own or not _GRAPH.search(receiver):
                return None
        return split[0] if split is not None and self._built_near(split[0]) else path

    def _built_near(self, path: str) -> list[str]:
        """The nearest files with graphs: the file itself and what it imports, one step after the other."""
        known = self._near.get(path)
        if known is None:
            todo, found = [path], []
            for one in todo:  # it grows as it is gone through
                if self.project.records.get(one, {}).get("graphs"):
                    found.append(one)
                todo += sorted(self.project.own_imports(one) - set(todo))[: _MOST_FILES - len(todo)]
            known = self._near[path] = found
        return known
