"""CSV in DuckDB: types guessed, and widened where values do not fit; the lines counted that its reader leaves out."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from aiaudit import lazy
from aiaudit.data.duckdb_view import SAMPLE, SMALL, Opened, listed_files, make_view, quoted, quoted_name
from aiaudit.data.encoding import copy_as_utf8, encoding_of, ends_in_two_ways, head_of
from aiaudit.data.engine import Unopened
from aiaudit.data.formats import Format
from aiaudit.data.model import Malformed

if TYPE_CHECKING:
    import duckdb

_LONGEST_ROW: Final = 16 * 1024 * 1024  # of a file in which a row is longer than that
_PART: Final = 64 * 1024  # bytes read at a time in search of a line's end
_TOO_LONG: Final = "LINE SIZE OVER MAXIMUM"  # DuckDB's name of the fault
_NARROWER: Final = ("BIGINT", "DOUBLE", "DATE", "TIMESTAMP", "BOOLEAN")  # the first that all values fit
_REJECTS: Final = 1_000_000  # rejected values that are kept a file
_NUMBERED: Final = lazy.regex("column[0-9]+")  # how DuckDB calls columns that have no name
_LONGEST_HEADER: Final = 100_000  # characters


def widened(connection: duckdb.DuckDBPyConnection, opened: Opened) -> Opened | None:
    """`opened` again with other types where values did not fit the guessed one; None where all did.

    Whole numbers become floating point, everything else text. Where malformed lines were left out, texts are looked at
    again, as such a line may be the only reason that a column was taken for one. To be asked again after the next scan.
    """
    if opened.format.name != "csv" or not opened.rejects or not _rejected(connection):
        return None
    described = columns_of(connection, opened)
    errors = connection.execute(
        "SELECT s.file_path, e.line, e.column_name, e.error_type FROM reject_errors e "
        "JOIN reject_scans s USING (scan_id, file_id) WHERE s.file_path IN (SELECT unnest(?))",
        [list(opened.files)],
    ).fetchall()
    malformed = {row[:2] for row in errors if row[3] != "CAST"}
    misfits = {str(row[2]) for row in errors if row[3] == "CAST" and row[:2] not in malformed}
    types = {name: "DOUBLE" if described.get(name) == "BIGINT" else "VARCHAR" for name in sorted(misfits)}
    if malformed and not opened.reconsidered:
        types |= _narrower(connection, opened, [name for name, kind in described.items() if kind == "VARCHAR"])
    again = replace(opened, view=opened.view + "w", types={**opened.types, **types}, reconsidered=bool(malformed))
    if any(row[3] == _TOO_LONG for row in errors):
        again = replace(again, longest=_LONGEST_ROW)
    if (again.types, again.longest) == (opened.types, opened.longest):
        return None
    _forget(connection)
    _csv_view(connection, again)
    return again


def columns_of(connection: duckdb.DuckDBPyConnection, opened: Opened) -> dict[str, str]:
    """Names and types of the view's columns. To ask a view over a text about itself means to guess its types again,
    which costs as much as to read a small one; the catalogue knows them."""
    if opened.format.name != "csv":
        return {str(row[0]): str(row[1]) for row in connection.execute(f'DESCRIBE "{opened.view}"').fetchall()}
    rows = connection.execute(
        "SELECT column_name, data_type FROM duckdb_columns() WHERE table_name = ? ORDER BY column_index", [opened.view]
    ).fetchall()
    return {str(name): str(kind) for name, kind in rows}


def _rejected(connection: duckdb.DuckDBPyConnection) -> bool:
    """Whether any reader has left anything out."""
    return bool(connection.execute("SELECT 1 FROM reject_errors LIMIT 1").fetchall())


def _narrower(connection: duckdb.DuckDBPyConnection, opened: Opened, texts: Sequence[str]) -> dict[str, str]:
    """Types of the text columns of which every value is a number, a truth value, a date or a time."""
    if not texts:
        return {}
    asked = []
    for name in map(quoted_name, texts):
        tests = [f"regexp_full_match({name}, '[+-]?[0-9]{{1,18}}')"]
        tests += [f"try_cast({name} AS {kind}) IS NOT NULL" for kind in _NARROWER[1:-1]]
        tests.append(f"lower({name}) IN ('true', 'false')")
        asked += [f"bool_and({test})" for test in tests]
    answer = connection.execute(f'SELECT {", ".join(asked)} FROM "{opened.view}"').fetchone() or ()  # noqa: S608
    width = len(_NARROWER)
    found = {}
    for i, name in enumerate(texts):
        fits = [kind for kind, all_fit in zip(_NARROWER, answer[width * i : width * (i + 1)], strict=True) if all_fit]
        if fits:
            found[name] = fits[0]
    return found


def open_csv(connection: duckdb.DuckDBPyConnection, opened: Opened, scratch: Path) -> Opened:
    """Make its view; what DuckDB does not read is copied to `scratch`. Raises `Unopened` and DuckDB's own errors."""
    import duckdb

    if opened.format.compression == "none" and any(_is_one_line(Path(file)) for file in opened.files):
        raise Unopened(f"its lines are longer than {_LONGEST_ROW >> 20} MiB, as no row of a table is")
    head = head_of(Path(opened.files[0]), opened.format.compression)
    if head and not head.strip():
        raise Unopened("the file holds blank lines only")
    encoding = encoding_of(head)
    notes = () if encoding == "utf-8" else (f"read as {encoding}: it is not UTF-8",)
    if encoding == "windows-1252":
        opened, encoding = _copied(opened, encoding, scratch), "utf-8"
        head = head_of(Path(opened.files[0]), "none")
    options = f"encoding='{encoding}', sample_size={-1 if opened.size <= SMALL else SAMPLE}"
    heads = (head_of(Path(file), opened.format.compression, _LONGEST_HEADER) for file in opened.files)
    alike = len(opened.files) == 1 or len({first.split(b"\n", 1)[0] for first in heads}) == 1
    if not alike:  # DuckDB joins columns by name or tells the lines that it leaves out, not both
        options += ", union_by_name=true"
        notes = (*notes, "parts with different columns: malformed lines are left out, and not counted")
    chosen = replace(opened, options=options, notes=notes, rejects=alike)
    try:
        _csv_view(connection, chosen)
    except duckdb.InvalidInputException:  # two kinds of line ends, or a row longer than its buffers
        if encoding == "utf-8" and ends_in_two_ways(head):
            chosen = replace(_copied(chosen, encoding, scratch), notes=(*notes, "its lines end in two ways"))
        else:
            chosen = replace(chosen, longest=_LONGEST_ROW)
        _csv_view(connection, chosen)
    huge = [name for name, kind in columns_of(connection, chosen).items() if kind == "BIGNUM"]
    if huge:  # no arithmetic is defined on whole numbers beyond 128 bits
        told = f"read as floating point, whole numbers beyond 128 bits: {', '.join(huge)}"
        chosen = replace(chosen, types=dict.fromkeys(huge, "DOUBLE"), notes=(*chosen.notes, told))
        _csv_view(connection, chosen)
    text = head.decode(encoding, "replace")
    if (
        all(_NUMBERED.fullmatch(name) for name in columns_of(connection, chosen))
        and "column0" not in text[:_LONGEST_HEADER]
    ):
        chosen = replace(chosen, notes=(*chosen.notes, "no header was found: columns are numbered from 0"))
    twice = _names_twice(text)
    if twice:
        told = f"columns of the same name, told apart by numbers: {', '.join(twice)}"
        chosen = replace(chosen, notes=(*chosen.notes, told))
    return chosen


def _copied(opened: Opened, encoding: str, scratch: Path) -> Opened:
    """The same with a copy of its files that DuckDB can read."""
    files = copy_as_utf8(opened.files, opened.format.compression, encoding, scratch)
    return replace(opened, files=files, format=Format("csv"))


def _is_one_line(file: Path) -> bool:
    """Whether at least half of the file is in lines longer than a row may be. The reader would take its time: it looks
    at 2.5 MB a second for the end of such a line. Each window is read up to its first line's end."""
    size, empty = file.stat().st_size, 0
    if size <= _LONGEST_ROW:
        return False
    with file.open("rb") as stream:
        for start in range(0, size, _LONGEST_ROW):
            stream.seek(start)
            end = min(start + _LONGEST_ROW, size)
            while stream.tell() < end and b"\n" not in (part := stream.read(min(_PART, end - stream.tell()))):
                if b"\r" in part:
                    return False  # lines may end like this too: let the reader see
            if stream.tell() == end and b"\n" not in part:
                empty += end - start
    return 2 * empty >= size


def _names_twice(text: str) -> list[str]:
    """Names that stand more than once in a header (whatever its delimiter); [] where the first line is no header."""
    first = text.removeprefix("\ufeff").lstrip("\r\n").replace("\r", "\n").split("\n", 1)[0][:_LONGEST_HEADER]
    for delimiter in (",", "\t", ";", "|"):
        if delimiter in first:
            names = next(csv.reader([first], delimiter=delimiter), [])
            if any(not name or name[0].isdigit() for name in names):
                return []
            return sorted({name for name in names if names.count(name) > 1})
    return []


def _csv_view(connection: duckdb.DuckDBPyConnection, opened: Opened) -> None:
    types = ""
    kept = f"store_rejects=true, rejects_limit={_REJECTS}" if opened.rejects else "ignore_errors=true"
    if opened.types:
        types = ", types={" + ", ".join(f"{quoted(name)}: '{kind}'" for name, kind in opened.types.items()) + "}"
    make_view(
        connection,
        opened.view,
        f"read_csv({listed_files(opened.files)}, {opened.options}, compression='{opened.format.compression}', "
        f"{kept}, max_line_size={opened.longest}{types})",
    )


def malformed_lines(connection: duckdb.DuckDBPyConnection, opened: Opened, listed: int) -> Malformed:
    """Distinct lines of the latest scan that had another number of columns, a broken quote or a broken encoding."""
    if not opened.rejects:
        return Malformed(None)
    if not _rejected(connection):
        return Malformed()
    rows = connection.execute(
        "SELECT DISTINCT s.file_path, e.line FROM reject_errors e JOIN reject_scans s USING (scan_id, file_id) "
        "WHERE s.file_path IN (SELECT unnest(?)) ORDER BY 1, 2",
        [list(opened.files)],
    ).fetchall()
    return Malformed(len(rows), tuple(int(row[1]) for row in rows[:listed]))


def _forget(connection: duckdb.DuckDBPyConnection) -> None:
    """Rejects of earlier scans would be counted again."""
    for table in ("reject_errors", "reject_scans"):
        connection.execute(f"DROP TABLE IF EXISTS {table}")
