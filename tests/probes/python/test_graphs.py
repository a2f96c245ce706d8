"""Nodes of graphs are told wherever they are defined, with what they take out of the state and whether they come round."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.probes.python.support import ask

NODES = """
from langgraph.types import Command


def write(state):
    return {"draft": state["question"] + state.get("review", "")}


class Desk:
    def review(self, state):
        told = {"review": state.draft}
        return told

    def choose(self, state):
        return Command(goto="write", update={"chosen": 1})


def make(llm):
    def inner(state):
        state["seen"] = True
    return inner
"""
HEAD = """
from functools import partial
from langgraph.graph import END, START, StateGraph
from langgraph.prebuilt import tools_condition
from desk.nodes import Desk, make, write

LOOK = "look"
desk = Desk()


def built(llm):
    graph = StateGraph(dict)
    graph.add_node("write", write)
    graph.add_node("review", partial(desk.review))
    graph.add_node(LOOK, make(llm))
    graph.add_edge(START, "write")
    graph.add_edge("write", "review")
"""
WAYS = {  # how the graph goes on -> whether each node comes round again
    'graph.add_edge("review", END)': "no no no",
    'graph.add_edge("review", "write")': "yes yes no",
    'graph.add_conditional_edges("review", way, {"again": "write", "done": END})': "yes yes no",
    'graph.add_conditional_edges("review", way, [LOOK, END])\n    graph.add_edge(LOOK, "write")': "yes yes yes",
    'graph.add_conditional_edges("review", lambda state: "write" if state["no"] else END)': "yes yes no",
    'graph.add_conditional_edges("review", way)': "? ? ?",
    'graph.add_conditional_edges("review", tools_condition)': "no no no",
    'graph.add_conditional_edges("review", tools_condition)\n    graph.add_edge("tools", "write")': "yes yes no",
}


def nodes(tmp_path: Path, ways: str) -> list[dict[str, Any]]:
    tree = {
        "desk/__init__.py": "",
        "desk/nodes.py": NODES,
        "desk/graph.py": f"{HEAD}    {ways}\n    return graph.compile()\n",
    }
    return list(ask(tmp_path, "python.graphs", tree).value or [])


def test_what_a_node_does_stands_in_another_file(tmp_path: Path) -> None:
    found = nodes(tmp_path, 'graph.add_edge("review", END)')
    told = [(one["node"], one["home"], one["does"], one["reads"], one["writes"]) for one in found]
    assert told == [
        ("write", "desk/nodes.py", "write", ["question", "review"], ["draft"]),
        ("review", "desk/nodes.py", "Desk.review", ["draft"], ["review"]),
        ("look", "desk/nodes.py", "make", [], ["seen"]),
    ]


@pytest.mark.parametrize(("ways", "rounds"), WAYS.items())
def test_ways_that_lead_back(ways: str, rounds: str, tmp_path: Path) -> None:
    assert " ".join(one["rounds"] for one in nodes(tmp_path, ways)) == rounds


def test_a_node_that_names_the_next(tmp_path: Path) -> None:
    code = NODES.replace(
        "from langgraph.types import Command",
        "from langgraph.graph import StateGraph\nfrom langgraph.types import Command",
    )
    code += '\n\ngraph = StateGraph(dict)\ngraph.add_node("choose", Desk().choose)\ngraph.add_node(write)\ngraph.add_edge("write", "choose")\n'
    found = ask(tmp_path, "python.graphs", {"one.py": code}).value
    assert [(one["node"], one["rounds"], one["writes"]) for one in found] == [
        ("choose", "yes", ["chosen"]),
        ("write", "yes", ["draft"]),
    ]


def test_other_things_have_nodes_too(tmp_path: Path) -> None:
    code = 'import networkx\n\ngraph = networkx.DiGraph()\ngraph.add_node("a")\ngraph.add_edge("a", "a")\n'
    assert not ask(tmp_path, "python.graphs", {"one.py": code}).value
