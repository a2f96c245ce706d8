"""`notebooks.personal`: what counts as somebody's in stored outputs, and that no value leaves."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from aiaudit.model.fact import State
from tests.probes.python.support import ask

PEOPLE = [f"{name}.brook@gmail.com" for name in ("ada", "ben", "cleo", "dan", "eva")]
CARDS = "4276931098027407\n4853494459285040"


def notebook(*outputs: dict[str, Any]) -> str:
    cells = [{"cell_type": "markdown", "metadata": {}, "source": ["# text with " + " ".join(PEOPLE)]}]
    cells += [
        {"cell_type": "code", "execution_count": 1, "metadata": {}, "source": ["x"], "outputs": [o]} for o in outputs
    ]
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}, indent=1)


def table(text: str, kind: str = "text/html") -> dict[str, Any]:
    return {"output_type": "execute_result", "execution_count": 1, "metadata": {}, "data": {kind: [text]}}


@pytest.mark.parametrize(
    ("outputs", "expected"),
    [
        ([table("".join(f"<td>{one}</td>" for one in PEOPLE))], [("email", 5)]),
        ([table(" ".join(PEOPLE[:3])), table(" ".join(PEOPLE[2:]), "text/plain")], [("email", 5)]),
        ([table(PEOPLE[0] * 1 + " " + PEOPLE[0])], []),  # one address, twice
        ([table(" ".join(PEOPLE), "image/svg+xml")], []),
        ([table(" ".join(one.replace("gmail", "example") for one in PEOPLE))], []),
        ([{"output_type": "stream", "name": "stdout", "text": f"rows: {CARDS}\n"}], [("card", 2)]),
        ([table("0.4276931098027407 and 4276931098027408, 4853494459285041")], []),
        ([], []),
    ],
)
def test_what_counts(tmp_path: Path, outputs: list[dict[str, Any]], expected: list[tuple[str, int]]) -> None:
    fact = ask(tmp_path, "notebooks.personal", {"a.ipynb": notebook(*outputs).encode()})
    assert [(one["kind"], one["count"]) for one in fact.value] == expected
    assert "brook" not in repr(fact)
    assert "42769" not in repr(fact)
    assert fact.scope is not None
    assert fact.scope.files == 1


def test_without_notebooks_it_is_absent_for_all_paths(tmp_path: Path) -> None:
    fact = ask(tmp_path, "notebooks.personal", {"main.py": "print(1)\n"})
    assert (fact.state, fact.scope is not None and fact.scope.complete) == (State.ABSENT, True)
