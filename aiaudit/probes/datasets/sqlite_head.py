"""The columns of the tables of an SQLite file, from its first page: the schema stands there as text, or in the pages
that it points to.

Read byte by byte and never opened as a database. Where the schema goes on elsewhere (behind what was read, a statement
that runs over, changes that still lie in a log beside the file), nothing is told.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from aiaudit import lazy

_MAGIC: Final = b"SQLite format 3\x00"
_LEAF: Final = 0x0D  # a page whose cells are rows
_POINTERS: Final = 0x05  # a page whose cells point to other pages
_MOST_PAGES: Final = 64
_CODECS: Final = {1: "utf-8", 2: "utf-16-le", 3: "utf-16-be"}
_NAME: Final = lazy.regex(r'\s*(?:"([^"]+)"|`([^`]+)`|\[([^\]]+)\]|([^\s"`\[(,=]+))')
_NO_COLUMN: Final = lazy.regex(r"(?i)(?:constraint|primary\s+key|unique\s*\(|foreign\s+key|check\s*\()")
_MOST: Final = 2000  # columns
_MOST_ROWS: Final = 4096  # of a page: each takes some sixteen bytes at least
_LONGEST_HEAD: Final = 46  # a row of the schema has five values, each told by nine bytes at most


def sqlite_columns(data: bytes) -> tuple[str, ...] | None:
    """The columns of all tables; None where the pages that were read do not tell all of them."""
    if len(data) < 108 or not data.startswith(_MAGIC) or data[100] not in (_LEAF, _POINTERS):
        return None
    size = int.from_bytes(data[16:18], "big")
    size = 65536 if size == 1 else size
    found: dict[str, None] = {}
    try:
        codec = _CODECS[int.from_bytes(data[56:60], "big") or 1]
        pages = list(_leaves(data, size))
        statements = [one for page, header in pages for one in _statements(page, header, size - data[20], codec)]
    except (LookupError, ValueError):
        return None
    if not statements and data[18] == 2:  # what was written may still lie in the log beside it
        return None
    for statement in statements:
        found.update(dict.fromkeys(_columns(statement)))
    return tuple(list(found)[:_MOST])


def _leaves(data: bytes, size: int) -> Iterator[tuple[bytes, int]]:
    """The pages of the schema that hold rows, and where the header of each begins."""
    waiting, seen = [1], set[int]()
    while waiting:
        number = waiting.pop()
        page = data[(number - 1) * size : number * size]
        header = 100 if number == 1 else 0
        if number < 1 or number in seen or len(seen) >= _MOST_PAGES or (len(page) < size and number > 1):
            raise ValueError("goes on behind what was read")
        seen.add(number)
        if page[header] == _LEAF:
            yield page, header
        elif page[header] == _POINTERS:
            count = min(int.from_bytes(page[header + 3 : header + 5], "big"), _MOST_ROWS)
            cells = (int.from_bytes(page[header + 12 + 2 * n : header + 14 + 2 * n], "big") for n in range(count))
            waiting.append(int.from_bytes(page[header + 8 : header + 12], "big"))
            waiting.extend(int.from_bytes(page[at : at + 4], "big") for at in cells)
        else:
            raise ValueError("no page of a table")


def _statements(page: bytes, header: int, usable: int, codec: str) -> Iterator[str]:
    """How each table is made, in SQL; SQLite's own left out."""
    count = int.from_bytes(page[header + 3 : header + 5], "big")
    if count > _MOST_ROWS:
        raise ValueError("more than one page holds")
    for number in range(count):
        at = header + 8 + 2 * number
        length, place = _varint(page, int.from_bytes(page[at : at + 2], "big"))
        _, place = _varint(page, place)  # the row's number
        if length > usable - 35 or place + length > len(page):
            raise ValueError("goes on in another page")
        head, start = _varint(page, place)
        if head > _LONGEST_HEAD:
            raise ValueError("no row of a schema")
        body, values = place + head, []
        while start < place + head:
            kind, start = _varint(page, start)
            wide = (kind - 12) // 2 if kind >= 12 else (0, 1, 2, 3, 4, 6, 8, 8, 0, 0, 0, 0)[kind]
            values.append(page[body : body + wide])
            body += wide
        sort, name, sql = (values[n].decode(codec) for n in (0, 1, 4))
        if sort == "table" and not name.startswith("sqlite_"):
            yield sql


def _varint(page: bytes, at: int) -> tuple[int, int]:
    """A number of up to nine bytes, and where it ends."""
    value = 0
    for step in range(9):
        byte = page[at + step]
        if step == 8:
            return (value << 8) | byte, at + 9
        value = (value << 7) | (byte & 0x7F)
        if byte < 0x80:
            return value, at + step + 1
    raise ValueError("no number")


def _columns(statement: str) -> Iterator[str]:
    """The names in `CREATE TABLE t (a INT, "b c" TEXT, PRIMARY KEY (a))`."""
    for part in _parts(statement.partition("(")[2]):
        named = _NAME.match(part)
        if named and not _NO_COLUMN.match(part.strip()) and "=" not in part[named.end() : named.end() + 2]:
            yield next(filter(None, named.groups()))


def _parts(text: str) -> Iterator[str]:
    """What commas part, outside of brackets, quotes and comments."""
    text = re.sub(r"--[^\n]*|/\*.*?\*/", " ", text, flags=re.DOTALL)
    depth, quote, start = 0, "", 0
    for at, sign in enumerate(text):
        if quote:
            quote = "" if sign == quote else quote
        elif sign in "'\"`":
            quote = sign
        elif sign in "([":
            depth += 1
        elif sign in ")]":
            depth -= 1
            if depth < 0:
                yield text[start:at]
                return
        elif sign == "," and depth == 0:
            yield text[start:at]
            start = at + 1
    yield text[start:]
