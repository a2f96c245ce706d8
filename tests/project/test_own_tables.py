"""Tables that aiaudit wrote are no data of the project they lie in; secrets in them are found all the same."""

from __future__ import annotations

import datetime as dt
import io
import shutil
from pathlib import Path
from typing import Any

import pytest

from aiaudit.cost.focus import FOCUS
from aiaudit.data.discovery import discover
from aiaudit.interview import sheets
from aiaudit.interview.questions import questions
from aiaudit.project.config import no_config
from aiaudit.project.entry import OUTPUT
from aiaudit.project.own_tables import FINDINGS, FRAMEWORKS, PORTFOLIO
from aiaudit.project.roles import Role
from aiaudit.project.tree import Project
from aiaudit.reports import portfolio
from tests.project.trees import build

SAMPLE = Path(__file__).parents[2] / "sample_projects" / "support-rag"
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


def test_a_hostile_workbook_costs_little(tmp_path: Path) -> None:
    import bz2
    import time
    from zipfile import ZIP_BZIP2, ZipFile

    assert len(bz2.compress(bytes(100_000_000))) < 10_000  # what a reader without a limit would hold
    with ZipFile(tmp_path / "bomb.xlsx", "w", ZIP_BZIP2) as book:
        book.writestr("xl/worksheets/sheet1.xml", bytes(100_000_000))
    with ZipFile(tmp_path / "many.xlsx", "w") as book:
        for number in range(12_000):
            book.writestr(f"{number:x}", b"")
    begun = time.process_time()
    with Project.open(tmp_path) as project:
        assert len(project.matching("**/*.xlsx")) == 2
    assert time.process_time() - begun < 3


def shared(columns: tuple[str, ...]) -> bytes:
    """A workbook whose cells name shared texts, as Excel writes it."""
    from zipfile import ZipFile

    stream = io.BytesIO()
    with ZipFile(stream, "w") as book:
        book.writestr("xl/worksheets/sheet1.xml", "<sheetData><row r='1'><c t='s'><v>0</v></c></row></sheetData>")
        texts = "".join(f'<si><t xml:space="preserve">{one}</t></si>' for one in columns)
        book.writestr("xl/sharedStrings.xml", f"<sst>{texts}</sst>")
    return stream.getvalue()


def test_an_audit_is_not_moved_by_the_tables_of_the_last(tmp_path: Path) -> None:
    from aiaudit.outcome import outcome
    from aiaudit.ruleset import Options
    from aiaudit.scoring.portfolio import build as add_up

    root = tmp_path / "project"
    shutil.copytree(SAMPLE, root)
    asked = Options(packs=("data", "governance", "cost"), cache=False)
    first = outcome(str(root), asked)
    (tmp_path / "r.json").write_bytes(b"".join(first.text))
    tables = {suffix: first.render(suffix) for suffix in (".csv", ".frameworks.csv")}
    tables |= {".portfolio.csv": portfolio.render(".csv", add_up([tmp_path / "r.json"]))}
    asked_of = questions(first.result, {}, dt.date(2026, 11, 28))
    tables |= {f".q{suffix}": sheets.export(asked_of, Path(f"q{suffix}")) for suffix in (".csv", ".xlsx")}
    build(root, {f"eval/results{name}": text for name, text in tables.items()})
    second = outcome(str(root), asked)

    def told(result: dict[str, Any]) -> list[tuple[Any, ...]]:
        return [(c["id"], c["status"], c["reason"], c["findings"]) for c in result["checks"]]

    assert second.head["score"] == first.head["score"]
    assert told(second.head) == told(first.head)
