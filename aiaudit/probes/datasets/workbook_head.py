"""The columns of a workbook, from the first kilobytes of its first sheet; nothing else of it is unpacked.

Both formats are packed XML: Excel keeps the cells of a sheet beside a list of the texts that stand in them,
OpenDocument keeps all in one document. Older formats (.xls, .xlsb) tell nothing here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from html import unescape
from typing import BinaryIO, Final
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile

from aiaudit import lazy

SUFFIXES: Final = frozenset({".xlsx", ".xlsm", ".ods"})
_HEAD: Final = 256 * 1024  # bytes of one part that are unpacked
_TEXTS: Final = 2 * 1024 * 1024  # of the list of texts
_ROWS: Final = 20
_MOST: Final = 2000  # columns
_LONGEST: Final = 120  # characters of a name
_ROW: Final = lazy.regex(r"<(?:\w{1,9}:)?row\b[^>]{0,400}>(.*?)</(?:\w{1,9}:)?row>", re.DOTALL)
_CELL: Final = lazy.regex(r"<(?:\w{1,9}:)?c\b([^>]{0,200}?)(?:/>|>(.*?)</(?:\w{1,9}:)?c>)", re.DOTALL)
_VALUE: Final = lazy.regex(r"<(?:\w{1,9}:)?v[^>]{0,80}>([^<]{0,200})</")
_TEXT: Final = lazy.regex(r"<(?:\w{1,9}:)?t(?: [^>]{0,80})?>([^<]{0,400})</(?:\w{1,9}:)?t>")
_SHARED: Final = lazy.regex(r"<(?:\w{1,9}:)?si>(.*?)</(?:\w{1,9}:)?si>|<(?:\w{1,9}:)?si/>", re.DOTALL)
_ODS_ROW: Final = lazy.regex(r"<table:table-row\b[^>]{0,400}>(.*?)</table:table-row>", re.DOTALL)
_ODS_CELL: Final = lazy.regex(r"<table:table-cell\b([^>]{0,400}?)(?:/>|>(.*?)</table:table-cell>)", re.DOTALL)
_TAG: Final = lazy.regex(r"<[^>]{0,400}>")
_OFFICE_TEXT: Final = lazy.regex(r'office:value-type="string"')


def workbook_columns(stream: BinaryIO) -> tuple[str, ...] | None:
    """The names in the first row of the first sheet in which half of the columns have one; None where there is none."""
    try:
        with ZipFile(stream) as book:
            parts = {one.filename for one in book.infolist() if one.compress_type in (ZIP_STORED, ZIP_DEFLATED)}
            if "content.xml" in parts:
                rows = list(_ods_rows(_part(book, "content.xml", _HEAD)))
            else:
                rows = list(_rows(book, parts))
    except Exception:  # whatever zipfile and zlib make of a broken or hostile file
        return None
    used = max((sum(bool(text) for text, _ in row) for row in rows), default=0)
    for row in rows:
        if used and 2 * sum(bool(text) and is_text for text, is_text in row) >= used:
            return tuple(text[:_LONGEST] for text, _ in row[:_MOST] if text)
    return None


def _part(book: ZipFile, name: str, most: int) -> str:
    with book.open(name) as stream:
        return stream.read(most).decode("utf-8", "replace")


def _rows(book: ZipFile, parts: set[str]) -> Iterator[list[tuple[str, bool]]]:
    """The first rows of Excel's first sheet: each cell's value, and whether it is a text."""
    sheets = sorted((one for one in parts if re.fullmatch(r"xl/worksheets/sheet\d{1,4}\.xml", one)), key=_number)
    if not sheets:
        return
    texts: Sequence[str] = ()
    if "xl/sharedStrings.xml" in parts:
        shared = _part(book, "xl/sharedStrings.xml", _TEXTS)
        texts = ["".join(map(unescape, _TEXT.findall(one[1] or ""))) for one in _SHARED.finditer(shared)]
    for count, row in enumerate(_ROW.finditer(_part(book, sheets[0], _HEAD))):
        if count == _ROWS:
            return
        yield [_cell(attributes, inside, texts) for attributes, inside in _CELL.findall(row[1])]


def _number(name: str) -> int:
    return int(re.sub(r"\D", "", name))


def _cell(attributes: str, inside: str, texts: Sequence[str]) -> tuple[str, bool]:
    value = _VALUE.search(inside)
    if 't="s"' in attributes and value:
        at = int(value[1]) if value[1].isdigit() else len(texts)
        return (texts[at].strip() if at < len(texts) else ""), True
    if 't="inlineStr"' in attributes:
        return unescape("".join(_TEXT.findall(inside))).strip(), True
    return (unescape(value[1]).strip() if value else ""), 't="str"' in attributes


def _ods_rows(text: str) -> Iterator[list[tuple[str, bool]]]:
    for count, row in enumerate(_ODS_ROW.finditer(text)):
        if count == _ROWS:
            return
        yield [
            (unescape(_TAG.sub("", inside)).strip(), _OFFICE_TEXT.search(attributes) is not None)
            for attributes, inside in _ODS_CELL.findall(row[1])
        ]
