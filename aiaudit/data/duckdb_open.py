"""How DuckDB opens each format: a view over its own reader, with the rows counted that the reader must leave out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from aiaudit.data.duckdb_csv import malformed_lines, open_csv
from aiaudit.data.duckdb_view import SAMPLE, SMALL, Opened, listed_files, make_view, quoted, quoted_name
from aiaudit.data.engine import Unopened
from aiaudit.data.formats import Format, format_of
from aiaudit.data.model import Malformed, Source
from aiaudit.extras import install

if TYPE_CHECKING:
    import duckdb

READ: Final = (
    "CSV, Parquet, JSON Lines, JSON, Arrow, SQLite, DuckDB, workbooks (Excel, OpenDocument) and folders of images"
)
_LONGEST_LINE: Final = 64 * 1024 * 1024  # bytes of one JSON object


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
            return open_csv(connection, opened, scratch)
        case "parquet":
            return _open_parquet(connection, opened)
        case "jsonl":
            return _open_jsonl(connection, opened)
        case "json":
            depth = f"maximum_object_size={_LONGEST_LINE}, sample_size={-1 if size <= SMALL else SAMPLE}"
            make_view(
                connection, view, f"read_json({listed_files(opened.files)}, {depth}, compression='{form.compression}')"
            )
            return opened
        case "arrow":
            return _open_arrow(connection, opened)
        case "sqlite":
            from aiaudit.data.sqlite_open import tables_as_csv

            made = tables_as_csv(source, scratch)
            exported = replace(opened, files=(str(made.file),), format=Format("csv"))
            read = open_csv(connection, exported, scratch)
            return replace(read, notes=(*made.notes, *read.notes))
        case "workbook":
            from aiaudit.data.workbook_open import sheet_as_csv

            made = sheet_as_csv(source, scratch)
            exported = replace(opened, files=(str(made.file),), format=Format("csv"))
            read = open_csv(connection, exported, scratch)
            return replace(read, notes=(*made.notes, *read.notes))
        case "duckdb":
            return _open_duckdb(connection, opened, source)
        case _:
            raise Unopened(f"{source.path}: {form.name or 'this format'} is not read; {READ} are")


def malformed_in(connection: duckdb.DuckDBPyConnection, opened: Opened, listed: int) -> Malformed:
    """Rows that the readers left out, and the first `listed` line numbers."""
    if opened.format.name == "csv":
        return malformed_lines(connection, opened, listed)
    if opened.format.name == "jsonl":
        return _jsonl_malformed(connection, opened, listed)
    return Malformed()


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
    make_view(connection, view, f"{quoted_name(catalogue)}.{quoted_name(schema)}.{quoted_name(table)}")
    return Opened(view, (), Format("duckdb"), size)


def parquet_reader(files: Sequence[str]) -> str:
    """DuckDB's reader over the files."""
    return f"read_parquet({listed_files(files)}, union_by_name=true)"


def _open_parquet(connection: duckdb.DuckDBPyConnection, opened: Opened) -> Opened:
    read = parquet_reader(opened.files)
    make_view(connection, opened.view, read)
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
        f"read_ndjson_objects({listed_files(opened.files)}, ignore_errors=true, maximum_object_size={_LONGEST_LINE}, "
        f"compression='{opened.format.compression}')"
    )
    objects = f"SELECT json FROM {read} WHERE json IS NOT NULL AND json_type(json) = 'OBJECT'"  # noqa: S608
    part = "" if opened.size <= SMALL else f" LIMIT {SAMPLE}"
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
    make_view(
        connection, opened.view, f"{catalogue}.{quoted_name(schema)}.{quoted_name(table)}", stored if computed else ()
    )
    notes = (f"computed columns are not read: {', '.join(computed)}",) if computed else ()
    if len(named) > 1:
        notes = (*notes, f"{len(named)} tables: the first, {table}, was profiled")
    return replace(opened, notes=notes)
