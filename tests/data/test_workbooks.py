"""Workbooks of Excel and OpenDocument as data sets: which sheet, which columns, what is told; and hostile ones."""

from __future__ import annotations

import datetime as dt
import io
import json
import resource
import subprocess
import sys
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from openpyxl import Workbook

from aiaudit.data import workbook_open, workbook_rows
from aiaudit.data.discovery import OFFICE, discover
from aiaudit.data.workbook_rows import write
from aiaudit.probes.datasets.workbook_head import workbook_columns
from aiaudit.project.config import ProjectConfig
from aiaudit.project.tree import Project

CONTENT = (
    '<?xml version="1.0"?><office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"'
    ' xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"'
    ' xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0">'
    '<office:body><office:spreadsheet><table:table table:name="A">'
    '<table:table-row><table:table-cell office:value-type="string"><text:p>age</text:p></table:table-cell>'
    '<table:table-cell office:value-type="string"><text:p>city &amp; code</text:p></table:table-cell></table:table-row>'
    '<table:table-row><table:table-cell office:value-type="float" office:value="41"><text:p>41</text:p></table:table-cell>'
    '<table:table-cell office:value-type="string"><text:p>Ulm</text:p></table:table-cell></table:table-row>'
    "</table:table></office:spreadsheet></office:body></office:document-content>"
)


def book(**sheets: list[list[object]]) -> bytes:
    """A workbook with these sheets; those whose names begin with an underscore are hidden."""
    made = Workbook()
    made.remove(made.active)
    for name, rows in sheets.items():
        sheet = made.create_sheet(name)
        sheet.sheet_state = "hidden" if name.startswith("_") else "visible"
        for row in rows:
            sheet.append(row)
    stream = io.BytesIO()
    made.save(stream)
    return stream.getvalue()


def opened(text: str = CONTENT) -> bytes:
    stream = io.BytesIO()
    with ZipFile(stream, "w", ZIP_DEFLATED) as made:
        made.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        made.writestr("META-INF/manifest.xml", '<?xml version="1.0"?><m:manifest xmlns:m="urn:x"/>')
        made.writestr("content.xml", text)
    return stream.getvalue()


def written(data: bytes, sheet: str = "") -> tuple[list[str], dict[str, object]]:
    stream = io.StringIO(newline="")
    answer = write(data, sheet, stream)
    return stream.getvalue().splitlines(), answer


def test_a_sheet_is_measured_as_any_table(tmp_path, measured):
    rows = [[n, f"name {n}" if n % 4 else None, dt.date(2026, 1, 1 + n % 28), n / 2, n % 2 == 0] for n in range(40)]
    (tmp_path / "orders.xlsx").write_bytes(book(Orders=[["id", "customer", "day", "price", "paid"], *rows]))
    (dataset,) = measured(tmp_path).datasets
    assert (dataset.format, dataset.rows) == ("workbook", 40)
    kinds = {column.name: column.type for column in dataset.columns}
    assert kinds == {"id": "integer", "customer": "text", "day": "date", "price": "number", "paid": "boolean"}
    assert next(column.null_fraction for column in dataset.columns if column.name == "customer") == 0.25


def test_open_document_is_read_too(tmp_path, measured):
    (tmp_path / "people.ods").write_bytes(opened())
    (dataset,) = measured(tmp_path).datasets
    assert [column.name for column in dataset.columns] == ["age", "city & code"]


def test_the_largest_sheet_that_is_shown_is_taken_and_the_others_are_told():
    small, large = [["a", "b"], [1, 2]], [["x", "y"], *([n, n] for n in range(9))]
    lines, answer = written(book(Small=small, Large=large, _Larger=[["h"] * 9] * 30))
    assert lines[0] == "x,y" and len(lines) == 10
    assert answer["notes"] == ["2 sheets: the largest, Large, was profiled"]
    assert written(book(Small=small, Large=large), "Small")[0] == ["a,b", "1,2"]
    assert written(book(Small=small), "None")[1] == {"reason": "no such sheet"}


def test_what_stands_above_the_header_and_empty_rows_are_left_out():
    rows = [["Orders of March"], [], ["id", "name", None], [1, "a", None], [None, None, None], [2, "b", "loose"]]
    lines, answer = written(book(A=rows))
    assert lines == ["id,name,column_3", "1,a,", "2,b,loose"]
    assert answer["notes"] == ["1 row above the names of the columns left out"]


def test_each_column_has_a_name_of_its_own():
    assert written(book(A=[["id", "ID", "a  b", 7], [1, 2, 3, 4]]))[0][0] == "id,ID_2,a b,7"


@pytest.mark.parametrize(
    ("cell", "text"),
    [(3, "3"), (2.5, "2.5"), (True, "true"), (dt.datetime(2026, 1, 2, 3, 4), "2026-01-02 03:04:00"), ("a,b", '"a,b"'),
     (dt.time(3, 4), "03:04:00"), (dt.timedelta(hours=30), "108000.0"), ("=1/0", ""), ("=A1", "")],
)  # fmt: skip
def test_a_cell_is_written_as_what_it_means(cell, text):
    """A formula that nobody has worked out has no value; it is not worked out here."""
    assert written(book(A=[["a", "b"], [cell, 1]]))[0][1] == f"{text},1"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"PK\x03\x04", "not a workbook, or a broken one"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(3000), "not a workbook, or a broken one"),
        (b"", "not a workbook, or a broken one"),
        (book(A=[[]]), "no sheet holds a table"),
        (book(A=[["one cell"]]), "no sheet holds a table"),
        (book(A=[["a", "b"]]), "no sheet holds a table"),
        (book(A=[[1, 2], [3, 4]]), "no sheet holds a table"),
    ],
)
def test_what_is_no_table_says_why(data, reason):
    assert str(written(data)[1]["reason"]).startswith(reason)


def test_the_head_tells_the_columns_without_the_rest():
    rows = [["Orders of March"], ["id", "e-mail", None], *([n, f"{n}@x.org", 1] for n in range(5))]
    assert workbook_columns(io.BytesIO(book(A=rows))) == ("id", "e-mail")
    assert workbook_columns(io.BytesIO(opened())) == ("age", "city & code")
    assert workbook_columns(io.BytesIO(b"PK\x03\x04")) is None
    assert workbook_columns(io.BytesIO(book(A=[[1, 2], [3, 4]]))) is None


def _claiming(cell: str) -> bytes:
    """A workbook of a few bytes whose one sheet names a far cell."""
    data = io.BytesIO()
    with ZipFile(io.BytesIO(book(A=[["a", "b"], [1, 2]]))) as given, ZipFile(data, "w", ZIP_DEFLATED) as made:
        for one in given.infolist():
            text = given.read(one.filename)
            if one.filename == "xl/worksheets/sheet1.xml":
                text = text.replace(b'r="B2"', f'r="{cell}"'.encode())
            made.writestr(one.filename, text)
    return data.getvalue()


def _of_many_texts() -> bytes:
    """A list of texts that unpacks to 640 MB out of 640 KB."""
    data = io.BytesIO()
    with ZipFile(io.BytesIO(book(A=[["a", "b"], ["x", "y"]]))) as given, ZipFile(data, "w", ZIP_DEFLATED) as made:
        for one in given.infolist():
            if one.filename != "xl/sharedStrings.xml":
                made.writestr(one.filename, given.read(one.filename))
        with made.open("xl/sharedStrings.xml", "w", force_zip64=True) as part:
            part.write(b"<sst><si><t>")
            for _ in range(40):
                part.write(b"x" * (16 << 20))
            part.write(b"</t></si></sst>")
    return data.getvalue()


def test_a_workbook_that_claims_far_more_than_it_holds_ends_and_the_others_are_measured(tmp_path, measured):
    (tmp_path / "claims.xlsx").write_bytes(_claiming("XFD1048576"))
    (tmp_path / "orders.xlsx").write_bytes(book(A=[["a", "b"], [1, 2]]))
    report = measured(tmp_path)
    assert {one.path: one.rows for one in report.datasets} == {"claims.xlsx": None, "orders.xlsx": 1}
    assert [note for note in report.notes if note.startswith("claims.xlsx: ")]


def test_texts_that_unpack_beyond_the_memory_allowed_end_the_program(tmp_path):
    """The program's own limit is 2 GB; a lower one of whoever starts it holds as well, and fills sooner."""

    def less() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (512 << 20, 512 << 20))

    program = [sys.executable, "-I", workbook_rows.__file__]
    done = subprocess.run(program, input=_of_many_texts(), capture_output=True, check=False, preexec_fn=less)
    assert not done.stdout
    assert done.returncode != 0 or "reason" in json.loads(done.stderr)


def test_a_workbook_that_is_too_large_is_not_begun(tmp_path, measured, monkeypatch):
    monkeypatch.setattr(workbook_open, "MAX_BYTES", 1 << 20)
    with (tmp_path / "large.xlsx").open("wb") as stream:
        stream.truncate((1 << 20) + 1)
    assert "a workbook of more than 1 MB is not read" in measured(tmp_path).notes[0]


@pytest.mark.parametrize(
    ("path", "code", "declared", "unread"),
    [
        ("data/orders.xlsx", "", False, ""),
        ("plan.xlsx", "", False, OFFICE),
        ("plan.xlsx", "", True, ""),
        ("orders.xlsx", "frame = pandas.read_excel('orders.xlsx')\n", False, ""),
        ("matrix.xlsx", "book.save('matrix.xlsx')\n", False, OFFICE),
        ("data/~$orders.xlsx", "", False, None),  # what Excel keeps while a file is open
        ("other.xlsx", "frame = pandas.read_excel('orders.xlsx')\n", False, OFFICE),
    ],
)
def test_a_workbook_is_a_data_set_where_it_lies_among_data_or_code_reads_it(
    tmp_path: Path, path: str, code: str, declared: bool, unread: str | None
) -> None:
    (tmp_path / path).parent.mkdir(exist_ok=True)
    (tmp_path / path).write_bytes(book(A=[["a", "b"], [1, 2]]))
    (tmp_path / "load.py").write_text(code)
    config = ProjectConfig.model_validate({"datasets": [{"name": "plan", "path": path}]} if declared else {})
    with Project.open(tmp_path) as project:
        found = [(one.path, one.format, one.unread) for one in discover(project, config)]
    assert found == ([(path, "workbook", unread)] if unread is not None else [])
