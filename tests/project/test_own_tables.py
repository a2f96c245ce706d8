"""Tables that aiaudit wrote are no data of the project they lie in; secrets in them are found all the same."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from aiaudit.cost.focus import FOCUS
from aiaudit.data.discovery import discover
from aiaudit.interview import sheets
from aiaudit.project.config import no_config
from aiaudit.project.entry import OUTPUT
from aiaudit.project.own_tables import FINDINGS, FRAMEWORKS, PORTFOLIO
from aiaudit.project.roles import Role
from aiaudit.project.tree import Project
from tests.project.trees import build

ROWS = "".join(f"{i},{i % 3},x\n" for i in range(30))


def line(columns: tuple[str, ...], sign: str = ",") -> str:
    return sign.join(columns) + "\n"


@pytest.mark.parametrize("columns", [FINDINGS, FRAMEWORKS, (*PORTFOLIO, "security", "data"), sheets.COLUMNS])
@pytest.mark.parametrize("sign", [",", ";", "\t"])
def test_a_table_of_ours_is_no_data(tmp_path: Path, columns: tuple[str, ...], sign: str) -> None:
    build(tmp_path, {"results.csv": "\ufeff" + line(columns, sign) + ROWS, "data.csv": "a,b,c\n" + ROWS})
    with Project.open(tmp_path) as project:
        assert [one.path for one in discover(project, no_config())] == ["data.csv"]
        assert [one.path for one in project.matching("**/*.csv")] == ["data.csv"]
        entry = project.entry("results.csv")
        assert entry is not None and entry.role is Role.GENERATED
        assert [tuple(one) for one in project.skipped] == [("results.csv", OUTPUT)]
        assert "results.csv" in project.among([["**/*.csv"]])  # secrets are looked for in it


def test_a_table_with_some_of_the_columns_is_data(tmp_path: Path) -> None:
    near = FINDINGS[:-1]
    build(tmp_path, {"near.csv": line(near) + ROWS, "other.csv": line((*reversed(FINDINGS),)) + ROWS, "no.csv": ""})
    with Project.open(tmp_path) as project:
        assert [one.path for one in discover(project, no_config())] == ["near.csv", "other.csv"]


def test_a_projected_cost_is_a_document(tmp_path: Path) -> None:
    build(tmp_path, {"cost.csv": line(FOCUS) + ROWS})
    with Project.open(tmp_path) as project:
        assert not discover(project, no_config())
        assert [one.role for one in project.matching("**/*cost*.csv")] == [Role.DOCS]


def test_a_sheet_of_questions_is_known_as_each_program_saves_it(tmp_path: Path) -> None:
    book = pytest.importorskip("openpyxl").Workbook()
    book.active.append(["a", "b"])
    stream = io.BytesIO()
    book.save(stream)
    ours = sheets.export([], Path("q.xlsx"))
    build(
        tmp_path, {"q.xlsx": ours, "excel.xlsx": shared(sheets.COLUMNS), "t.xlsx": stream.getvalue(), "bad.xlsx": "PK"}
    )
    with Project.open(tmp_path) as project:
        assert [one.path for one in project.matching("**/*.xlsx")] == ["bad.xlsx", "t.xlsx"]


def shared(columns: tuple[str, ...]) -> bytes:
    """A workbook whose cells name shared texts, as Excel writes it."""
    from zipfile import ZipFile

    stream = io.BytesIO()
    with ZipFile(stream, "w") as book:
        book.writestr("xl/worksheets/sheet1.xml", "<sheetData><row r='1'><c t='s'><v>0</v></c></row></sheetData>")
        texts = "".join(f'<si><t xml:space="preserve">{one}</t></si>' for one in columns)
        book.writestr("xl/sharedStrings.xml", f"<sst>{texts}</sst>")
    return stream.getvalue()
