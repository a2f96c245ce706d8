"""In which cell of a notebook a finding stands, in the result and in every report."""

import json
from pathlib import Path

import pytest

from aiaudit.model.fact import Fact, State
from aiaudit.packs.cases import Case, alone, run_case
from aiaudit.packs.cells import FACT, Cells
from aiaudit.reports import csv, document, html, markdown, sarif, terminal
from tests import shared
from tests.reports import make_result as made


def cells(*rows: dict) -> Cells:
    fact = Fact(id=FACT, state=State.KNOWN, value=list(rows))
    return Cells({FACT: fact})


def test_the_cell_is_that_of_the_element_or_of_the_line() -> None:
    known = cells(*({"path": "a.ipynb", "line": line, "cell": cell} for line, cell in ((10, 1), (20, 3), (31, 4))))
    assert known.of({"cell": 8}, "a.ipynb", 1) == 8
    assert known.of({"path": "a.ipynb"}, "a.ipynb", 25) == 3
    assert known.of({}, "a.ipynb", 9) is None and known.of({}, "b.ipynb", 25) is None
    assert known.of({"cell": 8}, "a.py", 1) is None and known.of({"cell": 0}, "a.ipynb", 25) is None
    on_one_line = cells(*({"path": "a.ipynb", "line": 1, "cell": cell} for cell in (1, 2)))
    assert on_one_line.of({}, "a.ipynb", 1) is None and Cells({}).of({}, "a.ipynb", 1) is None


def test_every_report_tells_the_cell() -> None:
    result = made.make_result()
    check = next(c for c in result["checks"] if (c["severity"], c["status"]) == ("critical", "fail") and c["findings"])
    check["findings"] = [
        check["findings"][0] | {"path": "notes/a.ipynb", "line": 1, "cell": cell, "message": "Nothing holds it."}
        for cell in (8, 12)
    ]
    told = "notes/a.ipynb cell 8"
    for text in (terminal.render(result, width=120), markdown.render(result), markdown.render(result, long=True)):
        assert told in text and "cell 12" in text
    assert f"<code>{told}</code>" in html.render(result)
    assert "Cell 8: Nothing holds it." in csv.render(result)
    place = str(sarif.render(result))
    assert "Cell 8: Nothing holds it." in place and "startLine" in place
    (one,) = (c for c in document.read(result).checks if c.id == check["id"])
    assert [place.cell for place in one.places] == [8, 12]


@pytest.mark.parametrize("check", ["DATA-001", "DATA-011"])
def test_a_read_in_a_notebook_of_one_line_names_its_cell(check: str, tmp_path: Path) -> None:
    sources = [
        "import pandas as pd",
        "df = pd.read_csv('data/x.csv')",
        "from sklearn.svm import SVC\nSVC().fit(df, df.y)",
    ]
    code = [{"cell_type": "code", "execution_count": None, "metadata": {}, "outputs": [], "source": s} for s in sources]
    (tmp_path / "a.ipynb").write_text(json.dumps({"cells": code, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}))
    (tmp_path / "expect.yaml").write_text("status: fail\n")
    result = run_case(alone(shared.library(), check), Case(check, "read", tmp_path)).result
    assert result is not None
    assert [(f.path, f.line, f.cell) for f in result.findings] == [("a.ipynb", 1, 2)]
