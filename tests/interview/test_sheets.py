"""The sheet that a client fills in: nothing is lost on the way out and back."""

from __future__ import annotations

import contextlib
import csv
import datetime as dt
import io
import re
import shutil
import time
import zipfile
from functools import partial
from pathlib import Path

import openpyxl
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from aiaudit.cli.errors import UsageError
from aiaudit.cli.interview import interview
from aiaudit.interview.questions import Question
from aiaudit.interview.sheets import COLUMNS, SheetError, export, read
from aiaudit.project.config import load_project_config

ROOT = Path(__file__).parent.parent.parent
ANSWER = {
    "answer": "yes",
    "owner": "=Kim <kim@example.org>",
    "evidence": ["docs/a.md", "https://example.org/b"],
    "reviewed": dt.date(2026, 11, 1),
    "review_by": dt.date(2027, 5, 1),
    "note": 'two\nlines, and a "quote"',
}


def question(check="GOV-001", answer=None):
    return Question(
        check, "A title", "governance", "high", "Who?", "It matters.", "Nobody has answered.", "open", 4.0, answer or {}
    )


@pytest.mark.parametrize("suffix", [".xlsx", ".csv", ".md"])
def test_the_round_trip_loses_nothing(tmp_path, suffix):
    path = tmp_path / f"q{suffix}"
    path.write_bytes(export([question(), question("GOV-002", ANSWER)], path))
    found = read(path).given
    assert found == {"GOV-002": {**ANSWER, "note": ANSWER["note"]}}


def test_a_client_fills_in_the_workbook(tmp_path):
    path = tmp_path / "q.xlsx"
    path.write_bytes(export([question(), question("GOV-002")], path))
    book = openpyxl.load_workbook(path)
    sheet = book.active
    column = {name: number + 1 for number, name in enumerate(COLUMNS)}
    for name, value in {
        "answer": "Not applicable",
        "owner": "Kim",
        "note": "no people",
        "reviewed": dt.datetime(2026, 11, 3),
    }.items():
        sheet.cell(2, column[name]).value = value
    book.save(path)
    assert read(path).given == {
        "GOV-001": {"answer": "not_applicable", "owner": "Kim", "note": "no people", "reviewed": dt.date(2026, 11, 3)}
    }


def test_a_sheet_saved_with_semicolons_is_read(tmp_path):
    stream = io.StringIO()
    writer = csv.writer(stream, delimiter=";")
    writer.writerow(COLUMNS)
    writer.writerow(["GOV-001", *[""] * 6, "no", "Kim", "", "", "", ""])
    path = tmp_path / "q.csv"
    path.write_text("\ufeff" + stream.getvalue(), encoding="utf-8")
    assert read(path).given == {"GOV-001": {"answer": "no", "owner": "Kim"}}


@pytest.mark.parametrize(
    ("name", "data", "told"),
    [
        ("q.csv", b"a,b\n1,2\n", "has no column 'check'"),
        ("q.csv", b"check,answer\nX-1," + b"a" * 140_000, "is not a sheet"),
        ("q.csv", b"\xff\xfe\x00", "is not UTF-8"),
        ("q.xlsx", b"PK nothing", "is not an Excel sheet"),
    ],
)
def test_what_is_no_sheet_is_refused(tmp_path, name, data, told):
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(SheetError) as error:
        read(path)
    assert told in str(error.value)


def test_a_wrong_row_is_told_and_the_others_are_read(tmp_path):
    path = tmp_path / "q.csv"
    path.write_text("check,answer,reviewed\nGOV-001,perhaps,\nGOV-002,no,\nGOV-003,yes,soon\n")
    found = read(path)
    assert found.given == {"GOV-002": {"answer": "no"}}
    assert found.wrong[0] == f"{path}, row 2 (GOV-001): answer: 'perhaps' is none of yes, partly, no, not_applicable"
    assert found.wrong[1].startswith(f"{path}, row 4 (GOV-003): reviewed: ") and len(found.wrong) == 2
    sheet = tmp_path / "q.md"
    sheet.write_text("### GOV-001 A title\n\n- answer: mayhap\n- owner: Kim\n")
    assert read(sheet).wrong == [
        f"{sheet}, line 1 (GOV-001): answer: 'mayhap' is none of yes, partly, no, not_applicable"
    ]


def test_the_sheet_holds_no_formula(tmp_path):
    path = tmp_path / "q.xlsx"
    path.write_bytes(export([question("GOV-002", {"answer": "yes", "owner": "=1+1"})], path))
    sheet = openpyxl.load_workbook(path).active
    assert not [cell for row in sheet.iter_rows() for cell in row if cell.data_type == "f"]


def test_markdown_shows_every_question(tmp_path):
    text = export([question(), question("GOV-002", ANSWER)], tmp_path / "q.md").decode()
    assert text.count("### ") == 2
    assert "- answer: yes" in text
    assert "- review by: 2027-05-01" in text


def test_a_client_fills_in_the_markdown(tmp_path):
    path = tmp_path / "q.md"
    text = export([question(), question("GOV-003/manipulation"), question("GOV-002")], path).decode()
    filled = text.replace("- answer:", "- Answer: Not applicable", 1).replace("- owner:", "- owner: Kim_2", 1)
    filled = filled.replace("- note:", "- note: no people,\n  none at all", 1).replace(
        "(yes or no):", "(yes or no): No"
    )
    path.write_text(filled, encoding="utf-8")
    assert read(path).given == {
        "GOV-001": {"answer": "not_applicable", "owner": "Kim_2", "note": "no people,\nnone at all"},
        "GOV-003/manipulation": {"answer": "no"},
    }
    path.write_text("nothing", encoding="utf-8")
    with pytest.raises(SheetError, match="has no question"):
        read(path)


@pytest.mark.parametrize("suffix", [".xlsx", ".csv", ".md"])
def test_the_whole_sheet_of_a_project_goes_out_and_comes_back(tmp_path, suffix):
    project, sheet = tmp_path / "support-rag", tmp_path / f"q{suffix}"
    shutil.copytree(ROOT / "sample_projects" / "support-rag", project)
    run = partial(interview, project, as_of="2026-11-24")
    run(export=sheet)
    for part in ("GOV-003", "ORG-005", "GOV-003/manipulation", "GOV-002/employment"):
        assert part.encode() in sheet.read_bytes() or suffix == ".xlsx"
    fill(sheet)
    run(import_=sheet)
    written = yaml.safe_load((project / "attestations.yaml").read_text(encoding="utf-8"))
    assert written["ORG-005"] == {"answer": True, "owner": "Kim <k@example.org>", "evidence": "docs/my_file.md"}
    config = load_project_config(project)
    assert config.project.risk_tier == "high"
    assert config.ai_act.by == "Kim <k@example.org>"
    assert {one.id: one.answer for one in config.ai_act.answers}["employment"] is True
    assert config.screening.answers["manipulation"] is False
    before = [(project / name).read_bytes() for name in ("attestations.yaml", "aiaudit.yaml")]
    run(export=sheet, everything=True)
    run(import_=sheet)
    assert [(project / name).read_bytes() for name in ("attestations.yaml", "aiaudit.yaml")] == before


def fill(sheet):
    """As a client would: yes to each check and to the area of employment, no to everything else of the Act."""

    def said(check):
        return (
            "no" if "/" in check and not check.endswith(("employment", "ai_system", "in_union", "provider")) else "yes"
        )

    answer = {"owner": "Kim <k@example.org>", "evidence": "docs/my_file.md"}
    if sheet.suffix == ".xlsx":
        book = openpyxl.load_workbook(sheet)
        column = {name: number + 1 for number, name in enumerate(COLUMNS)}
        for row in range(2, book.active.max_row + 1):
            check = book.active.cell(row, 1).value
            for name, value in {**answer, "answer": said(check)}.items():
                book.active.cell(row, column[name]).value = value
        book.save(sheet)
    elif sheet.suffix == ".csv":
        rows = list(csv.DictReader(io.StringIO(sheet.read_text(encoding="utf-8-sig"), newline="")))
        stream = io.StringIO(newline="")
        writer = csv.DictWriter(stream, COLUMNS)
        writer.writeheader()
        writer.writerows({**row, **answer, "answer": said(row["check"])} for row in rows)
        sheet.write_text(stream.getvalue(), encoding="utf-8", newline="")
    else:
        blocks = sheet.read_text(encoding="utf-8").split("\n### ")
        filled = [blocks[0]]
        for block in blocks[1:]:
            text = re.sub(r"(?m)^(- answer[^:]*:).*$", rf"\1 {said(block.split()[0])}", block)
            for name, value in answer.items():
                text = re.sub(rf"(?m)^- {name}:.*$", f"- {name}: {value}", text)
            filled.append(text)
        sheet.write_text("\n### ".join(filled), encoding="utf-8")


@pytest.mark.parametrize("suffix", [".xlsx", ".csv", ".md"])
def test_what_the_project_says_holds_nothing_that_a_program_obeys(tmp_path, suffix):
    """An escape sequence in an answer ended the export of a workbook, and stood in the others as it was."""
    path = tmp_path / f"q{suffix}"
    hostile = {**ANSWER, "owner": "Kim\x1b[2J\u202e\x07", "note": "one\x1b]0;x\x07\ntwo"}
    path.write_bytes(export([question("GOV-002", hostile)], path))
    found = read(path).given["GOV-002"]
    assert found["owner"] == "Kim[U+001B][2J[U+202E][U+0007]"
    assert found["note"] == "one[U+001B]]0;x[U+0007]\ntwo"


def workbook(path: Path, sheet: str, **parts: bytes) -> Path:
    """A workbook whose one sheet is this XML."""
    plain = path.with_name("plain.xlsx")
    plain.write_bytes(export([question()], plain))
    with zipfile.ZipFile(plain) as source, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            target.writestr(name, sheet if name.endswith("sheet1.xml") else source.read(name))
        for name, content in parts.items():
            target.writestr(name, content)
    return path


MAIN = '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
LAUGHS = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12))


@pytest.mark.parametrize(
    ("sheet", "parts", "told"),
    [
        (
            f'{MAIN}<dimension ref="A1:XFD1048576"/><sheetData><row r="1048576"/></sheetData></worksheet>',
            {},
            "more than",
        ),
        (f'<!DOCTYPE x [<!ENTITY a0 "ha">{LAUGHS}]>{MAIN}<sheetData>&a11;</sheetData></worksheet>', {}, "not an Excel"),
        (f"{MAIN}<sheetData/></worksheet>", {"x": bytes(60 * 1024 * 1024)}, "unpacks to more than 50 MB"),
        ("<", {}, "not an Excel sheet"),
        ("", {}, "not an Excel sheet"),
    ],
)
def test_a_workbook_that_is_a_bomb_is_refused_at_once(tmp_path, sheet, parts, told):
    path = workbook(tmp_path / "q.xlsx", sheet, **parts)
    began = time.process_time()
    with pytest.raises(SheetError, match=told):
        read(path)
    assert time.process_time() - began < 2


@given(st.binary(max_size=400), st.integers(0, 5000))
@settings(max_examples=150, deadline=None)
def test_a_damaged_workbook_raises_nothing_but_a_sheet_error(tmp_path_factory, damage, at):
    path = tmp_path_factory.mktemp("w") / "q.xlsx"
    data = bytearray(export([question()], path))
    data[at : at + len(damage)] = damage
    path.write_bytes(data)
    with contextlib.suppress(SheetError):
        read(path)


def test_an_import_writes_the_good_rows_and_ends_with_the_bad_ones(tmp_path, capsys):
    from aiaudit.cli.app import run

    (tmp_path / "q.csv").write_text("check,answer,owner\nGOV-001,perhaps,Kim\nGOV-002,no,Kim\n")
    assert run(["interview", str(tmp_path), "--import", str(tmp_path / "q.csv")]) == 2
    assert list(yaml.safe_load((tmp_path / "attestations.yaml").read_text())) == ["GOV-002"]
    told = capsys.readouterr().err.splitlines()
    assert "row 2 (GOV-001): answer: 'perhaps' is none of" in told[1]
    assert told[2] == "aiaudit: 1 answer was left out; mend the sheet and import it again"


def test_an_import_tells_which_answers_do_not_count_in_full(tmp_path, capsys):
    from aiaudit.cli.app import run

    (tmp_path / "q.csv").write_text("check,answer,owner,evidence,reviewed\nGOV-003,yes,Kim,gone.md,2026-01-31\n")
    assert run(["interview", str(tmp_path), "--import", str(tmp_path / "q.csv"), "--as-of", "2026-02-01"]) == 0
    first, second = capsys.readouterr().err.splitlines()
    assert first.endswith("attestations.yaml: 1 of 1 answers is new or changed")
    assert second.startswith("aiaudit: GOV-003 does not count in full yet: ") and "'gone.md'" in second


def test_an_import_tells_which_check_a_bare_yes_fails(tmp_path, capsys):
    from aiaudit.cli.app import run

    (tmp_path / "q.csv").write_text("check,answer,owner\nGOV-002,yes,Kim\n")
    assert run(["interview", str(tmp_path), "--import", str(tmp_path / "q.csv"), "--as-of", "2026-02-01"]) == 0
    last = capsys.readouterr().err.splitlines()[-1]
    assert last.startswith("aiaudit: GOV-002 fails by this answer: The answer is yes, but without a tier, an owner and")


def _sheet(path, *rows):
    """A sheet with these rows, each a mapping of columns to what was typed."""
    with path.open("w", newline="") as stream:
        writer = csv.DictWriter(stream, COLUMNS)
        writer.writeheader()
        writer.writerows(rows)
    return path


def test_an_id_in_small_letters_and_a_day_with_points_are_read(tmp_path):
    row = {"check": "gov-5", "answer": "Yes", "owner": "Kim", "evidence": "a.md", "reviewed": "28.11.2026"}
    found = read(_sheet(tmp_path / "q.csv", row))
    assert found.given["GOV-005"]["reviewed"] == dt.date(2026, 11, 28) and not found.wrong


def test_words_instead_of_an_answer_are_told_as_they_were_typed(tmp_path):
    found = read(_sheet(tmp_path / "q.csv", {"check": "GOV-002", "answer": "limited, it talks to people"}))
    assert "'limited, it talks to people' is none of" in found.wrong[0] and "belong under note" in found.wrong[0]


def test_an_id_that_no_check_has_is_not_written(tmp_path, capsys):
    row = {"answer": "yes", "owner": "Kim", "evidence": "a.md", "reviewed": "2026-11-28"}
    path = _sheet(tmp_path / "q.csv", row | {"check": "GOV-999"}, row | {"check": "TEAM-001"})
    with pytest.raises(UsageError, match="no check has the id 'GOV-999'"):
        interview(tmp_path, import_=path)
    written = (tmp_path / "attestations.yaml").read_text()
    assert "GOV-999" not in written and "TEAM-001:" in written
