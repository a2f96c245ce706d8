"""SQLite files, read by Python's own sqlite3 (DuckDB's reader is an extension that would have to be downloaded)."""

from __future__ import annotations

import csv
import sqlite3
from pathlib import Path
from typing import Final
from urllib.parse import quote

from aiaudit.data.engine import Unopened
from aiaudit.data.model import Source

MAX_ROWS: Final = 50_000_000


def tables_as_csv(source: Source, scratch: Path) -> Path:
    """Write the source's table (the largest where none is named) to a file in `scratch`. Raises `Unopened`.

    The file is opened read-only and immutable: no journal is written beside it, no lock is taken.
    """
    try:
        connection = sqlite3.connect(f"file:{quote(str(source.files[0]))}?mode=ro&immutable=1", uri=True)
    except sqlite3.Error as error:
        raise Unopened(f"{source.path}: {error}") from None
    try:
        names = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        names = [name for name in names if not name.startswith("sqlite_") and source.table in (None, name)]
        if not names:
            raise Unopened(f"{source.path}: no such table" if source.table else f"{source.path}: no table")
        sizes = {n: connection.execute(f"SELECT count(*) FROM {_quoted(n)}").fetchone()[0] for n in names}  # noqa: S608
        table = max(sorted(names), key=lambda name: sizes[name])
        if sizes[table] > MAX_ROWS:
            raise Unopened(f"{source.path}: table {table} has more than {MAX_ROWS:,} rows")
        target = scratch / f"sqlite-{len(list(scratch.iterdir()))}.csv"
        with target.open("w", newline="", encoding="utf-8") as stream:
            writer = csv.writer(stream)
            cursor = connection.execute(f"SELECT * FROM {_quoted(table)}")  # noqa: S608
            writer.writerow([column[0] for column in cursor.description])
            writer.writerows(cursor)
        return target
    except (sqlite3.Error, UnicodeError) as error:
        raise Unopened(f"{source.path}: {error}") from None
    finally:
        connection.close()


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
