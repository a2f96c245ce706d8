"""A view of DuckDB over files, as all its formats have it, and names and texts in its SQL."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Final

from msgspec import Struct, field

from aiaudit.data.formats import Format

if TYPE_CHECKING:
    import duckdb

SMALL: Final = 64 * 1024 * 1024  # bytes: below it types are guessed from every row
SAMPLE: Final = 20480  # DuckDB's own number of rows to guess types from
LONG_ROW: Final = 2 * 1024 * 1024  # bytes of one CSV row: the reader's buffers are many times as large


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
    longest: int = LONG_ROW


def make_view(connection: duckdb.DuckDBPyConnection, view: str, read: str, columns: Iterable[str] = ()) -> None:
    """A view of this name over a reader; of these columns, or all."""
    chosen = ", ".join(map(quoted_name, columns)) or "*"
    connection.execute(f'CREATE OR REPLACE VIEW "{view}" AS SELECT {chosen} FROM {read}')  # noqa: S608


def quoted(value: str) -> str:
    """The text as a literal of SQL."""
    return "'" + value.replace("'", "''") + "'"


def quoted_name(value: str) -> str:
    """The text as a name in SQL."""
    return '"' + value.replace('"', '""') + '"'


def listed_files(files: Iterable[str]) -> str:
    """The files as a list in SQL, each meant as it is written."""
    return "[" + ", ".join(quoted(_no_glob(file)) for file in files) + "]"


def _no_glob(path: str) -> str:
    """The path with the characters escaped that DuckDB would take for a glob: `*`, `?` and `[`."""
    return "".join(f"[{c}]" if c in "*?[" else c for c in path)
