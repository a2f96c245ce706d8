"""How DuckDB opens each format: a view over its own reader, with the rows counted that the reader must leave out."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from msgspec import Struct, field
from msgspec.structs import replace

from aiaudit.data.encoding import encoding_of, head_of
from aiaudit.data.engine import Unopened
from aiaudit.data.formats import Format, format_of
from aiaudit.data.model import Malformed, Source
from aiaudit.extras import install

if TYPE_CHECKING:
    import duckdb

SMALL: Final = 64 * 1024 * 1024  # bytes: below it types are guessed from every row
_SAMPLE: Final = 20480  # DuckDB's own number of rows to guess types from
_LONGEST_LINE: Final = 64 * 1024 * 1024  # bytes of one JSON object
_LONG_ROW: Final = 2 * 1024 * 1024  # bytes of one CSV row: the reader's buffers are many times as large
_LONGEST_ROW: Final = 16 * 1024 * 1024  # of a file in which a row is longer than that
_PART: Final = 64 * 1024  # bytes read at a time in search of a line's end
_TOO_LONG: Final = "LINE SIZE OVER MAXIMUM"  # DuckDB's name of the fault
_NARROWER: Final = ("BIGINT", "DOUBLE", "DATE", "TIMESTAMP", "BOOLEAN")  # the first that all values fit
_REJECTS: Final = 1_000_000  # rejected values that are kept a file
_LONGEST_HEADER: Final = 100_000  # characters


class Opened(Struct, frozen=True):
    """A view and what it reads. `types`: columns that are read as another type than the guessed one.

    `rejects`: the reader tells the lines that it leaves out. `reconsidered`: texts were looked at again without those.
    """

    view: str
    files: tuple[str, ...]
    format: Format
    size: int
    notes: tuple[str, ...] = ()
    types: Mapping[str, str] = field(default_factory=dict)
    options: str = ""
    rejects: bool = True
    reconsidered: bool = False
    longest: int = _LONG_ROW

    def malformed(self, connection: duckdb.DuckDBPyConnection, listed: int) -> Malformed:
        """Rows that the readers left out, and the first `listed` line numbers."""
        if self.format.name == "csv":
            return _csv_malformed(connection, self, listed)
        if self.format.name == "jsonl":
            return _jsonl_malformed(connection, self, listed)
        return Malformed()


def open_files(connection: duckdb.DuckDBPyConnection, source: Source, view: str, scratch: Path) -> Opened:
    """Make a view over the files of a source. Raises `Unopened` and DuckDB's own errors."""
    if not source.files:
        raise Unopened(f"{source.path}: no file")
    size = 0
    for file in source.files:
        if not file.is_file():
            raise Unopened(f"{source.path}: not a regular file")
        size += file.stat().st_size
    if size == 0:
        raise Unopened(f"{source.path}: the file is empty")
    with source.files[0].open("rb") as stream:
        head = stream.read(16)
    form = format_of(source.files[0], head) or Format(source.format)
    opened = Opened(view, tuple(str(file) for file in source.files), form, size)
    match form.name:
        case "csv":
            return _open_csv(connection, opened)
        case "parquet":
            return _open_parquet(connection, opened)
        case "jsonl":
            return _open_jsonl(connection, opened)
        case "json":
            depth = f"maximum_object_size={_LONGEST_LINE}, sample_size={-1 if size <= SMALL else _SAMPLE}"
            _view(connection, view, f"read_json({_list(opened.files)}, {depth}, compression='{form.compression}')")
            return opened
        case "arrow":
            return _open_arrow(connection, opened)
        case "sqlite":
            from aiaudit.data.sqlite_open import tables_as_csv

            made = tables_as_csv(source, scratch)
            exported = replace(opened, files=(str(made.file),), format=Format("csv"))
            read = _open_csv(connection, exported)
            return replace(read, notes=(*made.notes, *read.notes))
        case "duckdb":
            return _open_duckdb(connection, opened, source)
        case _:
            raise Unopened(f"{source.path}: {form.name or 'this format'} is not read")


def open_table(connection: duckdb.DuckDBPyConnection, source: Source, view: str, catalogue: str, size: int) -> Opened:
    """Make a view over a table or view of the database that the engine was opened on. Raises `Unopened`."""
    known = connection.execute(
        "SELECT schema_name, table_name FROM duckdb_tables() WHERE database_name = $1 UNION ALL "
        "SELECT schema_name, view_name FROM duckdb_views() WHERE database_name = $1 AND NOT internal ORDER BY 1, 2",
        [catalogue],
    ).fetchall()
    named = [row for row in known if source.table in (row[1], f"{row[0]}.{row[1]}")]
    if not named:
        raise Unopened(f"{source.path}: there is no such table")
    schema, table = named[0]
    _view(connection, view, f"{quoted_name(catalogue)}.{quoted_name(schema)}.{quoted_name(table)}")
    return Opened(view, (), Format("duckdb"), size)


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


def _open_csv(connection: duckdb.DuckDBPyConnection, opened: Opened) -> Opened:
    import duckdb

    if opened.format.compression == "none" and any(_is_one_line(Path(file)) for file in opened.files):
        raise Unopened(f"its lines are longer than {_LONGEST_ROW >> 20} MiB, as no row of a table is")
    head = head_of(Path(opened.files[0]), opened.format.compression)
    if head and not head.strip():
        raise Unopened("the file holds blank lines only")
    encoding = encoding_of(head)
    notes = () if encoding == "utf-8" else (f"read as {encoding}: it is not UTF-8",)
    options = f"encoding='{encoding}', sample_size={-1 if opened.size <= SMALL else _SAMPLE}"
    heads = (head_of(Path(file), opened.format.compression, _LONGEST_HEADER) for file in opened.files)
    alike = len(opened.files) == 1 or len({first.split(b"\n", 1)[0] for first in heads}) == 1
    if not alike:  # DuckDB joins columns by name or tells the lines that it leaves out, not both
        options += ", union_by_name=true"
        notes = (*notes, "parts with different columns: malformed lines are left out, and not counted")
    chosen = replace(opened, options=options, notes=notes, rejects=alike)
    try:
        _csv_view(connection, chosen)
    except duckdb.InvalidInputException:  # a row longer than its buffers makes DuckDB's sniffer give up
        chosen = replace(chosen, longest=_LONGEST_ROW)
        _csv_view(connection, chosen)
    huge = [name for name, kind in columns_of(connection, chosen).items() if kind == "BIGNUM"]
    if huge:  # no arithmetic is defined on whole numbers beyond 128 bits
        notes = (*notes, f"read as floating point, whole numbers beyond 128 bits: {', '.join(huge)}")
        chosen = replace(chosen, types=dict.fromkeys(huge, "DOUBLE"), notes=notes)
        _csv_view(connection, chosen)
    twice = _names_twice(head.decode(encoding, "replace"))
    if twice:
        chosen = replace(chosen, notes=(*notes, f"columns of the same name, told apart by numbers: {', '.join(twice)}"))
    return chosen


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
    _view(
        connection,
        opened.view,
        f"read_csv({_list(opened.files)}, {opened.options}, compression='{opened.format.compression}', "
        f"{kept}, max_line_size={opened.longest}{types})",
    )


def _csv_malformed(connection: duckdb.DuckDBPyConnection, opened: Opened, listed: int) -> Malformed:
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


def parquet_reader(files: Sequence[str]) -> str:
    """DuckDB's reader over the files."""
    return f"read_parquet({_list(files)}, union_by_name=true)"


def _open_parquet(connection: duckdb.DuckDBPyConnection, opened: Opened) -> Opened:
    read = parquet_reader(opened.files)
    _view(connection, opened.view, read)
    described = connection.execute(f'DESCRIBE "{opened.view}"').fetchall()
    floats = [quoted_name(str(row[0])) for row in described if row[1] in ("FLOAT", "DOUBLE")]
    if floats:
        # Parquet's statistics leave NaN out, and DuckDB 2.0 believes them: isnan(x) is folded to false wherever a file
        # has them. `try` is the cheapest expression through which the optimiser does not look.
        hidden = ", ".join(f"try({name}) AS {name}" for name in floats)
        connection.execute(f'CREATE OR REPLACE VIEW "{opened.view}" AS SELECT * REPLACE ({hidden}) FROM {read}')  # noqa: S608
    return opened


def _open_jsonl(connection: duckdb.DuckDBPyConnection, opened: Opened) -> Opened:
    read = (
        f"read_ndjson_objects({_list(opened.files)}, ignore_errors=true, maximum_object_size={_LONGEST_LINE}, "
        f"compression='{opened.format.compression}')"
    )
    objects = f"SELECT json FROM {read} WHERE json IS NOT NULL AND json_type(json) = 'OBJECT'"  # noqa: S608
    part = "" if opened.size <= SMALL else f" LIMIT {_SAMPLE}"
    structure = connection.execute(f"SELECT json_group_structure(json) FROM ({objects}{part})").fetchone()  # noqa: S608
    if structure is None or structure[0] is None:
        raise Unopened("no line holds a JSON object")
    connection.execute(
        f'CREATE VIEW "{opened.view}" AS SELECT unnest(row) FROM '  # noqa: S608
        f"(SELECT from_json(json, {quoted(str(structure[0]))}) AS row FROM ({objects}))"
    )
    return replace(opened, options=read)


def _jsonl_malformed(connection: duckdb.DuckDBPyConnection, opened: Opened, listed: int) -> Malformed:
    found = connection.execute(
        f"SELECT count(*) FROM {opened.options} WHERE json IS NULL OR json_type(json) != 'OBJECT'"  # noqa: S608
    ).fetchone()
    count = int(found[0]) if found else 0
    if not count or opened.format.compression != "none":
        return Malformed(count)
    return Malformed(count, tuple(_bad_lines(opened.files, listed)))


def _bad_lines(files: Iterable[str], listed: int) -> list[int]:
    """1-based numbers of lines that hold no JSON object."""
    import json

    lines: list[int] = []
    for file in files:
        with Path(file).open("rb") as stream:
            for number, line in enumerate(stream, 1):
                if not line.strip():
                    continue
                try:
                    good = isinstance(json.loads(line), dict)
                except (ValueError, RecursionError):
                    good = False
                if not good:
                    lines.append(number)
                    if len(lines) == listed:
                        return lines
    return lines


def _open_arrow(connection: duckdb.DuckDBPyConnection, opened: Opened) -> Opened:
    try:
        import pyarrow as pa
        import pyarrow.dataset
    except ImportError:
        raise Unopened(f"Arrow files need pyarrow: {install('arrow')}") from None
    try:
        data = pyarrow.dataset.dataset(list(opened.files), format="ipc")
    except (pa.ArrowException, OSError, ValueError) as error:
        raise Unopened(f"not an Arrow file: {str(error).splitlines()[0][:200]}") from None
    connection.register(f"{opened.view}_arrow", data)
    connection.execute(f'CREATE TEMP VIEW "{opened.view}" AS SELECT * FROM "{opened.view}_arrow"')  # noqa: S608
    return opened


def _open_duckdb(connection: duckdb.DuckDBPyConnection, opened: Opened, source: Source) -> Opened:
    catalogue = f"{opened.view}_db"
    connection.execute(f"ATTACH {quoted(opened.files[0])} AS {catalogue} (READ_ONLY)")
    tables = connection.execute(
        "SELECT schema_name, table_name FROM duckdb_tables() WHERE database_name = ? ORDER BY 1, 2", [catalogue]
    ).fetchall()
    named = [row for row in tables if source.table in (None, row[1], f"{row[0]}.{row[1]}")]
    if not named:
        raise Unopened("no such table" if source.table else "no table")
    schema, table = named[0]
    found = connection.execute(
        "SELECT column_name, is_generated FROM duckdb_columns() "
        "WHERE (database_name, schema_name, table_name) = ($1, $2, $3) ORDER BY column_index",
        [catalogue, schema, table],
    ).fetchall()
    stored = [str(name) for name, computed in found if not computed]
    computed = [str(name) for name, computed in found if computed]
    if not stored:
        raise Unopened(f"table {table} stores no column")
    _view(
        connection, opened.view, f"{catalogue}.{quoted_name(schema)}.{quoted_name(table)}", stored if computed else ()
    )
    notes = (f"computed columns are not read: {', '.join(computed)}",) if computed else ()
    if len(named) > 1:
        notes = (*notes, f"{len(named)} tables: the first, {table}, was profiled")
    return replace(opened, notes=notes)


def _view(connection: duckdb.DuckDBPyConnection, view: str, read: str, columns: Iterable[str] = ()) -> None:
    chosen = ", ".join(map(quoted_name, columns)) or "*"
    connection.execute(f'CREATE OR REPLACE VIEW "{view}" AS SELECT {chosen} FROM {read}')  # noqa: S608


def _forget(connection: duckdb.DuckDBPyConnection) -> None:
    """Rejects of earlier scans would be counted again."""
    for table in ("reject_errors", "reject_scans"):
        connection.execute(f"DROP TABLE IF EXISTS {table}")


def quoted(value: str) -> str:
    """The text as a literal of SQL."""
    return "'" + value.replace("'", "''") + "'"


def quoted_name(value: str) -> str:
    return '"' + value.replace('"', '""') + '"'


def _list(files: Iterable[str]) -> str:
    return "[" + ", ".join(quoted(_no_glob(file)) for file in files) + "]"


def _no_glob(path: str) -> str:
    """The path with the characters escaped that DuckDB would take for a glob: `*`, `?` and `[`."""
    return "".join(f"[{c}]" if c in "*?[" else c for c in path)
