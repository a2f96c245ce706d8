"""The cells of a notebook as somebody wrote them, on the lines of the file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aiaudit.probes.python.notebook import read_notebook
from aiaudit.probes.text.cells import cells_of, is_python
from aiaudit.probes.text.engine import TextEngine
from aiaudit.probes.text.one_line import on_one_line
from aiaudit.probes.text.probe import SearchQuery
from aiaudit.project.tree import Project

CODE = 'import pandas as pd\nX = pd.read_csv(\n    "a.csv",\n)\nprint(f"{X}\\n")\n'


def cell(code: str, kind: str = "code", *, whole: bool = False) -> dict[str, Any]:
    return {"cell_type": kind, "metadata": {}, "source": code if whole else code.splitlines(keepends=True)}


def notebook(*cells: dict[str, Any], language: str = "python") -> bytes:
    return json.dumps({"cells": cells, "metadata": {"kernelspec": {"language": language}}}, indent=1).encode()


def found(data: bytes, pattern: str, tmp_path: Path) -> list[int]:
    """The lines on which the text engine finds a pattern."""
    (tmp_path / "a.ipynb").write_bytes(data)
    engine = TextEngine([SearchQuery(files=["**/*.ipynb"], any=[pattern])])
    with Project.open(tmp_path) as project:
        engine.survey(project)
        (entry,) = project.matching(["**/*.ipynb"])
        ((_, hits),) = engine.scan(data, entry)["hits"].items()
    return [line for _, line, _ in hits]


def line_of(data: bytes, text: str) -> int:
    return next(number for number, line in enumerate(data.decode().split("\n"), 1) if text in line)


def test_a_line_of_a_cell_begins_where_its_code_begins(tmp_path: Path) -> None:
    data = notebook(cell("# Churn\n", "markdown"), cell(CODE))
    assert found(data, "^import pandas", tmp_path) == [line_of(data, "import pandas")]


def test_a_call_over_several_lines_of_a_cell_is_found_on_its_first(tmp_path: Path) -> None:
    data = notebook(cell("a = 1\n"), cell(CODE), cell("b = 2\n"))
    assert found(data, r'^X = pd\.read_csv\("a\.csv"\)$', tmp_path) == [line_of(data, "X = pd")]
    assert found(data, "^b = 2", tmp_path) == [line_of(data, "b = 2")]  # what follows keeps its line


def test_a_cell_that_is_one_text_stands_on_one_line_of_the_file(tmp_path: Path) -> None:
    data = notebook(cell("a = 1"), cell(CODE, whole=True), cell("b = 2\n"))
    assert found(data, r'^X = pd\.read_csv\("a\.csv"\)$', tmp_path) == [line_of(data, "X = pd")]
    assert found(data, "^b = 2", tmp_path) == [line_of(data, "b = 2")]


def test_a_comment_in_a_cell_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "a.ipynb").write_bytes(notebook(cell("# model.fit(X)\nx = 1\n")))
    engine = TextEngine([SearchQuery(files=["**/*.ipynb"], any=[r"model\.fit"], comments=False)])
    with Project.open(tmp_path) as project:
        engine.survey(project)
        (entry,) = project.matching(["**/*.ipynb"])
        assert engine.scan((tmp_path / "a.ipynb").read_bytes(), entry)["hits"] == {}


def test_text_cells_and_outputs_stay_as_they_are() -> None:
    shown = {**cell("x = (\n    1)\n"), "outputs": [{"output_type": "stream", "text": ["a = (\n", "1)\n"]}]}
    data = notebook(cell("Some *text*\nof two lines\n", "markdown"), shown)
    told = on_one_line(data, ".ipynb").text.decode()
    assert '"Some *text*\\n",' in told
    assert '"a = (\\n",' in told
    assert "\nx = (1)\n" in told


def test_cells_of_another_language_keep_their_lines() -> None:
    data = notebook(cell("x <- c(\n  1\n)\n"), language="R")
    assert not is_python(data)
    assert "\nx <- c(\n  1\n)\n" in on_one_line(data, ".ipynb").text.decode()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{}",
        b'{"cells": [{"cell_type": "code", "source": [\n',
        b'{"cell_type": "code", "source": [\n"a\\n",\n"b\n]}',  # a text that does not end
        b'{"cell_type": "code", "source": [\n"a\\nb\\n"\n]}',  # two lines on one
        b'{"cell_type": "code", "source": [\n"\\ud800"\n]}',
        b'{"source": [\n"a"\n]}',  # of no kind
        b'{"cell_type": "raw", "source": [\n"a"\n]}',
    ],
)
def test_what_is_no_cell_of_lines_is_searched_as_it_stands(data: bytes) -> None:
    assert list(cells_of(data)) == []
    assert on_one_line(data, ".ipynb").text == data


def test_a_kind_that_is_told_behind_the_lines() -> None:
    (one,) = cells_of(b'{"source": [\n"a = 1"\n], "cell_type": "code"}')
    assert one.code == b"a = 1\n"


def test_what_nobody_writes_takes_no_time() -> None:
    for text in (b'"source": [\n', b'"source":"",\n', b'"source": [\n"a\\n",\n', b'"cell_type": "code"\n', b'"\\'):
        list(cells_of(text * (2_000_000 // len(text))))


LINES = st.lists(st.text("ab(){}[],\"'\\ #=:é\t", max_size=12), max_size=6)


@given(st.lists(st.tuples(LINES, st.sampled_from(["code", "markdown"]), st.booleans()), max_size=4))
def test_lines_are_those_of_the_file(cells: list[tuple[list[str], str, bool]]) -> None:
    data = notebook(*(cell("\n".join(["begun", *lines]), kind, whole=whole) for lines, kind, whole in cells))
    shown = on_one_line(data, ".ipynb")
    assert shown.text.count(b"\n") + len(shown.breaks) - len(shown.added) == data.count(b"\n")
    told = shown.lines()
    assert len(told) == data.count(b"\n") + 1
    for one in read_notebook(data).cells:
        assert "begun" in told[one.line - 1]
