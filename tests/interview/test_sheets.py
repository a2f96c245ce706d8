"""The sheet that a client fills in: nothing is lost on the way out and back."""

from __future__ import annotations

import csv
import datetime as dt
import io

import openpyxl
import pytest

from aiaudit.interview.questions import Question
from aiaudit.interview.sheets import COLUMNS, SheetError, export, read

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


@pytest.mark.parametrize("suffix", [".xlsx", ".csv"])
def test_the_round_trip_loses_nothing(tmp_path, suffix):
    path = tmp_path / f"q{suffix}"
    path.write_bytes(export([question(), question("GOV-002", ANSWER)], path))
    found = read(path)
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
    assert read(path) == {
        "GOV-001": {"answer": "not_applicable", "owner": "Kim", "note": "no people", "reviewed": dt.date(2026, 11, 3)}
    }


def test_a_sheet_saved_with_semicolons_is_read(tmp_path):
    stream = io.StringIO()
    writer = csv.writer(stream, delimiter=";")
    writer.writerow(COLUMNS)
    writer.writerow(["GOV-001", *[""] * 6, "no", "Kim", "", "", "", ""])
    path = tmp_path / "q.csv"
    path.write_text("\ufeff" + stream.getvalue(), encoding="utf-8")
    assert read(path) == {"GOV-001": {"answer": "no", "owner": "Kim"}}


@pytest.mark.parametrize(
    ("name", "data", "told"),
    [
        ("q.csv", b"a,b\n1,2\n", "has no column 'check'"),
        ("q.csv", b"\xff\xfe\x00", "is not UTF-8"),
        ("q.xlsx", b"PK nothing", "is not an Excel sheet"),
        ("q.csv", b"check,answer\nGOV-001,perhaps\n", "row 2 (GOV-001): answer: "),
        ("q.csv", b"check,answer,reviewed\nGOV-001,yes,soon\n", "row 2 (GOV-001): reviewed: "),
    ],
)
def test_what_is_no_sheet_is_refused_with_its_row(tmp_path, name, data, told):
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(SheetError) as error:
        read(path)
    assert told in str(error.value)


def test_the_sheet_holds_no_formula(tmp_path):
    path = tmp_path / "q.xlsx"
    path.write_bytes(export([question("GOV-002", {"answer": "yes", "owner": "=1+1"})], path))
    sheet = openpyxl.load_workbook(path).active
    assert not [cell for row in sheet.iter_rows() for cell in row if cell.data_type == "f"]


def test_markdown_shows_every_question(tmp_path):
    text = export([question(), question("GOV-002", ANSWER)], tmp_path / "q.md").decode()
    assert text.count("### ") == 2
    assert "Answered yes by" in text
