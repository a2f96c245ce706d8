"""The probe `python.graphs`: nodes of graphs of LangGraph, wherever what they do is defined."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Final

from aiaudit.model.fact import Fact, Level
from aiaudit.model.types import INT, STRING, Type, Unknown, from_json, list_of, record
from aiaudit.probes.base import Context, Probe, Query
from aiaudit.probes.python.asking import CodeQuery, fact_of
from aiaudit.probes.python.project import PythonProject
from aiaudit.project.entry import Entry

GRAPH_NODE: Final = record(
    "graph_node",
    path=STRING,
    line=INT,
    cell=INT,
    role=STRING,
    function=STRING,
    graph=STRING,
    node=STRING,
    home=STRING,
    does=STRING,
    uses=list_of(STRING),
    reads=list_of(STRING),
    writes=list_of(STRING),
    rounds=STRING,
)
_MOST_USED: Final = 40


class GraphsQuery(CodeQuery):
    """Nodes of the graphs that LangGraph runs, a row for each. path, line: where the graph is put together; graph: its
    function and name; home: the file that defines what the node does ("" where that was not found), does: the
    function or class there; uses: files of the project that it imports; reads, writes: keys of the state that it takes
    and hands back, as far as its function names them; rounds: "yes" where the ways of the graph
    lead from the node back to it, "no" where none does, "?" where a way was not told."""

    features: ClassVar[tuple[str, ...]] = ("graphs", "graph_states")


class GraphsProbe(Probe[GraphsQuery]):
    name: ClassVar[str] = "python.graphs"
    title: ClassVar[str] = "Nodes of graphs of LangGraph: what they do, and whether they come round again"
    query: ClassVar[type[Query]] = GraphsQuery
    max_level: ClassVar[Level] = Level.CONTENT
    engine: ClassVar[str | None] = "python"

    def value_type(self, query: GraphsQuery) -> Type:
        return list_of(GRAPH_NODE)

    def answer(self, fact_id: str, query: GraphsQuery, context: Context) -> Fact:
        def find(entry: Entry, project: PythonProject) -> Iterator[dict[str, Any]]:
            for row in project.records[entry.path].get("graphs", ()):
                yield from _nodes(row, entry.path, project)

        return fact_of(fact_id, query, context, find, note=lambda one: str(one["node"]), having="graphs")


def _nodes(row: Mapping[str, Any], path: str, project: PythonProject) -> Iterator[dict[str, Any]]:
    def told(value: Any) -> str:
        known = project.fill(from_json(value), path)
        if isinstance(known, Unknown):  # the ends of every graph, which the library names
            known = next((end for end in ("START", "END") if known.reason.endswith(f"langgraph.graph.{end}")), "")
        return known if isinstance(known, str) else ""

    ways, open_ended = _ways(row, told)
    for name, does, *_ in row["nodes"]:
        node = told(name) or does.rpartition(".")[2]
        home = project.home(does, path) if does and not does.startswith("?") else None
        around = "yes" if node in _reached(node, ways) else "?" if open_ended else "no"
        yield {
            "line": row["line"],
            "cell": row.get("cell", 0),
            "function": row.get("function", ""),
            "graph": f"{row.get('function', '')}:{row['name']}",
            "node": node,
            "home": home[0] if home is not None else "",
            "does": home[1] if home is not None else does,
            "uses": sorted(project.own_imports(home[0]))[:_MOST_USED] if home is not None else [],
            "reads": _of_state("reads", home, project),
            "writes": _of_state("writes", home, project),
            "rounds": around,
        }


def _of_state(kind: str, home: tuple[str, str] | None, project: PythonProject) -> list[str]:
    """The keys of the state that a function reads or writes, or one that stands inside of it."""
    if home is None:
        return []
    rows = project.records.get(home[0], {}).get("graph_states", ())
    inside = [row for row in rows if row["function"] == home[1] or row["function"].startswith(f"{home[1]}.")]
    return sorted({key for row in inside for key in row[kind]})


def _ways(row: Mapping[str, Any], told: Any) -> tuple[dict[str, set[str]], bool]:
    """The nodes to which each leads, and whether a way was not told."""
    ways: dict[str, set[str]] = {}
    open_ended = False
    given = [(start, [end]) for start, end in row["edges"]] + [(start, ends) for start, ends in row["branches"]]
    given += [
        (name if told(name) else does.rpartition(".")[2], gotos[0]) for name, does, *gotos in row["nodes"] if gotos
    ]
    for start, ends in given:
        names = [told(one) for one in ends or ()]
        open_ended = open_ended or ends is None or "" in names or not told(start)
        ways.setdefault(told(start), set()).update(filter(None, names))
    return ways, open_ended


def _reached(start: str, ways: Mapping[str, set[str]]) -> set[str]:
    """The nodes to which ways lead from one, in one step or more."""
    found: set[str] = set()
    waiting = list(ways.get(start, ()))
    while waiting:
        node = waiting.pop()
        if node not in found:
            found.add(node)
            waiting += ways.get(node, ())
    return found
