"""Questions as a sheet for people who will not open a terminal, and their answers read back.

Columns that people fill in have the names of the fields of an attestation. Nothing is lost on the way: what was
answered before stands in the sheet, and a row that is left alone changes nothing.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from aiaudit import lazy
from aiaudit.extras import install
from aiaudit.interview.answers import ANSWERS, FIELDS, checked
from aiaudit.interview.questions import Question
from aiaudit.model.check_id import full_id
from aiaudit.project.config import ConfigError
from aiaudit.project.own_tables import QUESTIONS
from aiaudit.reports.csv import safe_cell
from aiaudit.reports.text import visible

COLUMNS: Final = (*QUESTIONS, *FIELDS)
FORMATS: Final = (".xlsx", ".csv", ".md")
MAX_BYTES: Final = 20 * 1024 * 1024
MAX_UNPACKED: Final = 50 * 1024 * 1024
MAX_ROWS: Final = 10_000  # one names the last row that Excel has, and all those before it would be made
MAX_COLUMNS: Final = 100
_HEADING: Final = lazy.regex(r"#{1,6}\s+([A-Z][A-Z0-9]{1,11}-[0-9]{3}(?:/[a-z_]+)?)\b")
_ENTRY: Final = lazy.regex(rf"[-*]\s+({'|'.join(FIELDS).replace('_', ' ')})\b[^:]*:(.*)$", re.IGNORECASE)
_DOTTED: Final = lazy.regex(r"(\d{1,2})\.\s?(\d{1,2})\.\s?(20\d\d)")
_WIDTHS: Final = {
    "what should hold": 40,
    "question": 60,
    "why": 40,
    "found": 40,
    "evidence": 36,
    "owner": 28,
    "note": 40,
}


class SheetError(ValueError):
    """A sheet that cannot be written or read; the message says why."""


def export(questions: Sequence[Question], path: Path) -> bytes:
    """The sheet in the format of the path's suffix."""
    suffix = path.suffix.lower()
    if suffix == ".csv":
        return _csv(questions)
    if suffix == ".md":
        return _markdown(questions)
    if suffix == ".xlsx":
        return _xlsx(questions)
    raise SheetError(f"{path}: the suffix names no format; there are: {', '.join(FORMATS)}")


class Answers(NamedTuple):
    """What a sheet says: the answers by check, and what is wrong with others, a line each with its row."""

    given: dict[str, dict[str, Any]]
    wrong: list[str]


def read(path: Path) -> Answers:
    """The answers that stand in a sheet. Raises `SheetError` where it is none."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise SheetError(f"{path}: larger than {MAX_BYTES // 1024**2} MB")
        rows = _READERS.get(path.suffix.lower(), _read_csv)(path)
    except OSError as error:
        raise SheetError(f"{path}: {(error.strerror or 'cannot be read').lower()}") from None
    found = Answers({}, [])
    counted = "line" if path.suffix.lower() == ".md" else "row"
    for number, row in rows:
        check, answer = _id(str(row.get("check") or "")), {field: row.get(field) for field in FIELDS}
        if not check or not answer["answer"]:
            continue
        try:
            found.given[check] = checked({key: _given(key, value) for key, value in answer.items()})
        except ConfigError as error:
            words = "; the words belong under note" if " " in str(answer["answer"]).strip() else ""
            told = [f"{one}{words}" if one.startswith("answer:") else one for one in error.problems]
            found.wrong.append(f"{path}, {counted} {number} ({check}): {'; '.join(told)}")
    return found


def _id(text: str) -> str:
    """The id of a question as it is asked, however it was typed: `gov-5` is GOV-005."""
    check, slash, part = text.strip().partition("/")
    return f"{full_id(check)}{slash}{part}"


def _row(question: Question) -> list[str]:
    given = question.answer
    told = [
        question.check,
        question.severity,
        question.title,
        question.text,
        question.why,
        question.found,
        question.state,
    ]
    return [*map(_shown, told), *(_shown(_text(given.get(field))) for field in FIELDS)]


def _shown(text: str) -> str:
    """The lines of a cell with nothing invisible in them: a sheet that is sent out is opened by other programs."""
    return "\n".join(map(visible, text.split("\n")))


def _text(value: Any) -> str:
    if isinstance(value, list):
        return "\n".join(map(str, value))
    return "" if value is None else value.isoformat() if isinstance(value, dt.date) else str(value)


def _given(field: str, value: Any) -> Any:
    """What a person typed, as the schema wants it. Spreadsheets turn days into dates and add apostrophes."""
    if isinstance(value, dt.datetime):
        return value.date()
    if not isinstance(value, str):
        return value
    text = value.strip()
    if len(text) > 1 and text[0] == "'" and text[1] in "=+-@":
        text = text[1:]
    if field == "answer":
        said = text.lower().replace(" ", "_").replace("n/a", "not_applicable")
        return said if said in ANSWERS else text
    if field in ("reviewed", "review_by") and (day := _DOTTED.fullmatch(text)):
        return f"{day[3]}-{int(day[2]):02}-{int(day[1]):02}"  # points part day, month and year everywhere in this order
    if field == "evidence" and "\n" in text:
        return [line.strip() for line in text.splitlines() if line.strip()]
    return text


def _csv(questions: Sequence[Question]) -> bytes:
    stream = io.StringIO(newline="")
    writer = csv.writer(stream)
    writer.writerow(COLUMNS)
    for question in questions:
        writer.writerow([safe_cell(cell) for cell in _row(question)])
    return ("\ufeff" + stream.getvalue()).encode()


def _markdown(questions: Sequence[Question]) -> bytes:
    from aiaudit.reports.templating import markdown_environment

    template = markdown_environment().get_template("questions.md.j2")

    def fields(question: Question) -> list[tuple[str, list[str]]]:
        return [(name, _shown(_text(question.answer.get(name))).splitlines()) for name in FIELDS]

    return (template.render(questions=questions, fields=fields).strip() + "\n").encode()


def _xlsx(questions: Sequence[Question]) -> bytes:
    from openpyxl import Workbook
    from openpyxl.styles import Alignment, Font, PatternFill
    from openpyxl.utils import get_column_letter
    from openpyxl.worksheet.datavalidation import DataValidation

    book = Workbook()
    sheet = book.active
    sheet.title = "Questions"
    sheet.append(list(COLUMNS))
    for question in questions:
        sheet.append([safe_cell(cell) for cell in _row(question)])
    for number, name in enumerate(COLUMNS, 1):
        letter = get_column_letter(number)
        sheet.column_dimensions[letter].width = _WIDTHS.get(name, 14)
        sheet[f"{letter}1"].font = Font(bold=True)
        for (cell,) in sheet[f"{letter}2:{letter}{max(2, len(questions) + 1)}"]:
            cell.alignment = Alignment(wrap_text=True, vertical="top")
            if name in FIELDS:
                cell.fill = PatternFill("solid", fgColor="FFF8E1")
            if name in ("reviewed", "review_by"):
                cell.number_format = "@"
    letter = get_column_letter(COLUMNS.index("answer") + 1)
    for of_the_act, words in ((False, "yes,partly,no,not applicable"), (True, "yes,no")):
        choice = DataValidation(type="list", formula1=f'"{words}"', allow_blank=True)
        sheet.add_data_validation(choice)
        for number, question in enumerate(questions, 2):
            if ("/" in question.check) is of_the_act:
                choice.add(f"{letter}{number}")
    sheet.freeze_panes = "D2"
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def _read_csv(path: Path) -> list[tuple[int, Mapping[str, Any]]]:
    text = _decoded(path)
    head = text.partition("\n")[0]
    delimiter = max(",;\t", key=head.count)  # spreadsheets of some countries write semicolons
    try:
        return _named(path, list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)))
    except csv.Error as error:
        raise SheetError(f"{path}: is not a sheet: {error}") from None


def _read_xlsx(path: Path) -> list[tuple[int, Mapping[str, Any]]]:
    _refuse_bomb(path)
    try:
        from openpyxl import load_workbook
    except ImportError:
        raise SheetError(f"Excel sheets need openpyxl: {install('xlsx')}; or use .csv") from None
    try:
        book = load_workbook(path, read_only=True, data_only=True)
        cells = book.worksheets[0].iter_rows(max_row=MAX_ROWS + 1, max_col=MAX_COLUMNS, values_only=True)
        rows = [list(row) for row in cells]
    except Exception:  # whatever openpyxl, zipfile, zlib and the XML parser make of a broken or hostile file
        raise SheetError(f"{path}: is not an Excel sheet") from None
    if len(rows) > MAX_ROWS:
        raise SheetError(f"{path}: has more than {MAX_ROWS:,} rows")
    return _named(path, rows)


def _refuse_bomb(path: Path) -> None:
    """Raises `SheetError` where the parts of a workbook unpack to more than any sheet of ours has."""
    from zipfile import BadZipFile, ZipFile

    try:
        with ZipFile(path) as parts:
            unpacked = sum(part.file_size for part in parts.infolist())
    except (BadZipFile, NotImplementedError, ValueError):
        raise SheetError(f"{path}: is not an Excel sheet") from None
    if unpacked > MAX_UNPACKED:
        raise SheetError(f"{path}: unpacks to more than {MAX_UNPACKED // 1024**2} MB")


def _read_markdown(path: Path) -> list[tuple[int, Mapping[str, Any]]]:
    """A question begins at its heading; its entries are list items, and their further lines are indented."""
    from aiaudit.reports.templating import unescape_markdown

    rows: list[tuple[int, dict[str, Any]]] = []
    field = ""
    for number, line in enumerate(_decoded(path).splitlines(), 1):
        if head := _HEADING.match(unescape_markdown(line)):
            rows.append((number, {"check": head[1]}))
            field = ""
        elif rows and (entry := _ENTRY.match(line)):
            field = entry[1].lower().replace(" ", "_")
            rows[-1][1][field] = unescape_markdown(entry[2].strip())
        elif field and line.startswith("  "):
            rows[-1][1][field] += "\n" + unescape_markdown(line[2:])
        else:
            field = ""
    if not rows:
        raise SheetError(f"{path}: has no question; keep the headings as they were exported")
    return [(number, row) for number, row in rows]


def _decoded(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise SheetError(f"{path}: is not UTF-8; save it as UTF-8") from None


def _named(path: Path, rows: list[list[Any]]) -> list[tuple[int, Mapping[str, Any]]]:
    head = [str(cell or "").strip().lower() for cell in rows[0]] if rows else []
    missing = [name for name in ("check", "answer") if name not in head]
    if missing:
        raise SheetError(f"{path}: has no column {missing[0]!r}; keep the first row as it was exported")
    return [(number, dict(zip(head, row, strict=False))) for number, row in enumerate(rows[1:], 2)]


_READERS: Final = {".xlsx": _read_xlsx, ".md": _read_markdown}
