"""DuckDB, embedded: the engine unless the caller names another. Out of core, with a memory limit and a spill folder.

Extensions are never loaded or installed, so nothing can reach the network; what the audited tree holds is only read.
"""

from __future__ import annotations

import inspect
import shutil
import tempfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

from msgspec.structs import replace

from aiaudit import lazy
from aiaudit.data.duckdb_csv import columns_of, widened
from aiaudit.data.duckdb_open import malformed_in, open_files, open_table, parquet_reader
from aiaudit.data.duckdb_view import SMALL, Opened, quoted, quoted_name
from aiaudit.data.engine import EngineError, OneByOne, OutOfMemory, Relation, Unopened
from aiaudit.data.model import Malformed, Source
from aiaudit.data.phrases import BOOK

if TYPE_CHECKING:
    import duckdb
    import ibis.expr.types as ir

T = TypeVar("T")
# Ibis 12 writes x -> y; to rewrite distinct counts as joins costs 3 ms a count to plan, and saves nothing at any size
_SETTINGS: Final = "SET lambda_syntax = 'ENABLE_SINGLE_ARROW'; SET disabled_optimizers = 'distinct_aggregate_rewrite'"
MEMORY_LIMIT: Final = 1024  # MiB
FRUGAL: Final = 256  # MiB that a query is given first: DuckDB keeps as many pages of a file as it may, to no avail here
_CATALOGUE: Final = "warehouse"  # the name under which the file of duckdb://file is attached
_LISTED: Final = 20  # malformed lines that are named
_NUMBERS: Final = frozenset({"file_row_number", "file_index"})  # columns that DuckDB adds to Parquet where asked
_FARTHEST: Final = 1 << 40  # rows of one file, and more
_QUOTED: Final = lazy.regex(r"""'.*'|".*\"""")
_PLAIN_BELOW: Final = 4 * 1024 * 1024 * 1024  # bytes of a text whose copy is not packed: packing costs half a parse
_PARSED: Final = frozenset({"csv", "json", "jsonl", "sqlite"})  # formats that every scan would parse again
_EXPORTED: Final = frozenset({"sqlite", "workbook"})  # formats that are written to CSV first


class DuckDBEngine(OneByOne):
    """See `aiaudit.data.engine.Engine`."""

    dialect = "duckdb"

    def __init__(
        self, *, database: Path | None = None, memory_limit: int = MEMORY_LIMIT, threads: int | None = None
    ) -> None:
        import duckdb

        self._limit = memory_limit
        self._folder = Path(tempfile.mkdtemp(prefix="aiaudit-data-"))
        config: dict[str, str | bool | int | float | list[str]] = {
            "memory_limit": f"{min(FRUGAL, memory_limit)}MiB",
            "temp_directory": str(self._folder),
            "max_temp_directory_size": f"{shutil.disk_usage(self._folder).free // 2}B",  # its own default: nine tenths
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "allow_community_extensions": False,
            "allow_persistent_secrets": False,
        }
        if threads is not None:
            config["threads"] = threads
        self.label = f"duckdb {duckdb.__version__}"
        try:
            self._instance = duckdb.connect(":memory:", config=config)
        except duckdb.Error as error:
            shutil.rmtree(self._folder, ignore_errors=True)
            raise Unopened(_line(error)) from None
        self._connection = self._session()
        self._database: int | None = None
        if database is not None:
            self._database = database.stat().st_size
            try:
                self._connection.execute(f"ATTACH {quoted(str(database))} AS {_CATALOGUE} (READ_ONLY)")
            except duckdb.Error as error:
                self.close()
                raise Unopened(f"{database}: {_line(error)}") from None
        self._opened: dict[str, Opened] = {}
        self._tables: dict[str, str] = {}  # of the views over our own copies
        self._count = 0

    def forget(self) -> None:
        """Leave nothing of what was opened so far. An engine that is used on saves the time to make another: 11 ms."""
        self._connection.close()  # temporary tables and views, and what readers rejected, go with the session
        self._connection = self._session()
        named = "SELECT view_name FROM duckdb_views() WHERE NOT internal AND database_name = 'memory'"
        for (name,) in self.execute(named):
            self.execute(f"DROP VIEW {quoted_name(name)}")
        attached = "SELECT database_name FROM duckdb_databases() WHERE NOT internal AND path IS NOT NULL"
        for (name,) in self.execute(attached):
            if name != _CATALOGUE:
                self.execute(f"DETACH {quoted_name(name)}")
        self._opened.clear()
        self._tables.clear()

    def _session(self) -> duckdb.DuckDBPyConnection:
        session = self._instance.cursor()
        session.execute(_SETTINGS)
        return session

    def open(self, source: Source) -> Relation:
        """Make the source queryable as a view. Raises `Unopened`."""
        import duckdb

        self._count += 1
        try:
            view = f"data_{self._count}"
            if self._database is not None and source.table:
                opened = open_table(self._connection, source, view, _CATALOGUE, self._database)
            else:
                opened = self._frugally(lambda: open_files(self._connection, source, view, self._folder))
            return self._relation(opened, source)
        except duckdb.OutOfMemoryException:
            raise Unopened(f"{source.path}: more memory is needed than may be used") from None
        except duckdb.Error as error:
            raise Unopened(f"{source.path}: {_line(error)}") from None

    def widen(self, relation: Relation) -> Relation | None:
        """The same source with wider types where values did not fit the guessed one; None where all fit.

        To be asked after each full scan: then the guess, made from the first 20,480 rows, has met every row.
        """
        opened = self._opened[relation.name]
        again = self._asked(lambda: widened(self._connection, opened))
        if again is None:
            return None
        if relation.name in self._tables:  # a copy that nobody will read
            self.execute(f'DROP VIEW "{relation.name}"')
            self.execute(f"DROP TABLE {self._tables.pop(relation.name)}")
        return self._relation(again, relation.source)

    def settle(self, relation: Relation) -> Relation:
        """Text formats are parsed once into a table: in memory where they are small, else in a scratch file."""
        opened = self._opened.get(relation.name)
        if opened is None or opened.format.name not in _PARSED or relation.name in self._tables:
            return relation
        self._count += 1
        place, kept, temporary = f"rows_{self._count}", f"kept_rows_{self._count}", "TEMP "
        packed = "auto"
        if opened.size > SMALL:
            catalogue = f"kept_{self._count}"
            self.execute(f"ATTACH '{self._folder / catalogue}.duckdb' AS {catalogue}")
            place, temporary = f"{catalogue}.main.{place}", ""  # no second connection would see a temporary view
            packed = "uncompressed" if opened.size <= _PLAIN_BELOW else packed
        self.execute(f"SET force_compression = '{packed}'")
        self.execute(f'CREATE {temporary}TABLE {place} AS SELECT * FROM "{relation.name}"')  # noqa: S608
        self.execute(f"CREATE {temporary}VIEW {kept} AS SELECT * FROM {place}")  # noqa: S608
        self._opened[kept] = opened
        self._tables[kept] = place
        return replace(relation, name=kept)

    def rows(self, query: ir.Table | str) -> list[tuple[Any, ...]]:
        """All rows of a (small) result. Raises `OutOfMemory`, `EngineError`."""
        if isinstance(query, str):
            return self.execute(query)
        import ibis

        return self.execute(ibis.to_sql(query, dialect="duckdb", pretty=False))

    def execute(self, sql: str) -> list[tuple[Any, ...]]:
        """Rows of a query that the engine's own modules wrote."""
        return self._asked(lambda: self._connection.execute(sql).fetchall())

    def _asked(self, action: Callable[[], T]) -> T:
        """`_frugally`, with the errors that the protocol knows."""
        import duckdb

        try:
            return self._frugally(action)
        except duckdb.OutOfMemoryException:
            raise OutOfMemory(f"more than {self._limit} MiB are needed") from None
        except (duckdb.Error, OverflowError, ValueError) as error:
            raise EngineError(_line(error)) from None

    def _frugally(self, action: Callable[[], T]) -> T:
        """The action under the frugal limit, and once more under the full one where that was too small."""
        import duckdb

        try:
            return action()
        except duckdb.OutOfMemoryException:
            if self._limit <= FRUGAL:
                raise
        self._connection.execute(f"SET memory_limit = '{self._limit}MiB'")
        try:
            return action()
        finally:
            with suppress(duckdb.Error):  # where more pages are in use than that, the larger limit stays
                self._connection.execute(f"SET memory_limit = '{FRUGAL}MiB'")

    def row_key(self, columns: Sequence[str]) -> str | None:
        """DuckDB's 64-bit hash, as of `row_hash`."""
        return f"hash({', '.join(map(quoted_name, columns))})"

    def row_hash(self, relation: Relation, columns: Sequence[str]) -> ir.IntegerValue:
        """DuckDB's 64-bit hash over the columns; equal nulls hash alike."""
        import ibis
        import ibis.expr.datatypes as dt

        values = [relation.table[name] for name in columns]
        types = tuple(value.type() for value in values)

        def nothing(*_: object) -> None:
            """Ibis wants a body and names for the arguments; DuckDB's own `hash` is called."""

        kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
        nothing.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
            [inspect.Parameter(f"column_{n}", kind) for n in range(len(values))]
        )
        function = ibis.udf.scalar.builtin(name="hash", signature=(types, dt.uint64))(nothing)
        hashed: ir.IntegerValue = function(*values)
        return hashed

    def sample(self, relation: Relation, rows: int, seed: int) -> Relation:
        """Kept as a table of its own: the rows whose numbers hash least, where rows have numbers; else a reservoir."""
        self._count += 1
        name = f"sample_{self._count}"
        read, number = self._numbered(relation)
        if not number:
            self._reservoir(name, relation, rows, seed)
        else:
            chosen = self._drawn(read, number, rows, seed)
            columns = ", ".join(map(quoted_name, relation.columns))
            self.execute(f"CREATE TEMP TABLE {name} AS SELECT {columns} FROM {read} WHERE {chosen}")  # noqa: S608
        return replace(relation, name=name)

    def _drawn(self, read: str, number: Sequence[str], rows: int, seed: int) -> str:
        """Which rows are drawn, as a condition. The numbers of one file's rows are known: which hash they must stay
        below is found without reading them."""
        if len(number) == 1:
            all_rows = int(self.execute(f"SELECT COUNT(*) FROM {read}")[0][0])  # noqa: S608
            if rows >= all_rows:
                return "true"
            hashes = f"SELECT hash(i + {int(seed)}) FROM range({all_rows}) numbers(i) ORDER BY 1"  # noqa: S608
            most = int(self.execute(f"{hashes} LIMIT 1 OFFSET {int(rows) - 1}")[0][0])
            return f"hash({number[0]} + {int(seed)}) <= {most}::UBIGINT"
        key = f"{number[0]} + {number[1]} * {_FARTHEST}"
        drawn = f"SELECT {', '.join(number)} FROM {read} ORDER BY hash({key} + {int(seed)}), 1 LIMIT {int(rows)}"  # noqa: S608
        return f"({', '.join(number)}) IN ({drawn})"

    def _numbered(self, relation: Relation) -> tuple[str, tuple[str, ...]]:
        """What to read the rows from, and what numbers them there; () where they have no numbers."""
        if relation.name in self._tables:
            return self._tables[relation.name], ("rowid",)
        opened = self._opened.get(relation.name)
        if opened is None or opened.format.name != "parquet" or _NUMBERS & set(relation.columns):
            return "", ()
        names = ("file_row_number", "file_index")
        return parquet_reader(opened.files), names if len(opened.files) > 1 else names[:1]

    def _reservoir(self, name: str, relation: Relation, rows: int, seed: int) -> None:
        threads = self.execute("SELECT current_setting('threads')")[0][0]
        self.execute("SET threads = 1")  # with more, the seed does not decide which rows are drawn
        try:
            self.execute(
                f'CREATE TEMP TABLE {name} AS SELECT * FROM "{relation.name}" '  # noqa: S608
                f"USING SAMPLE reservoir({int(rows)} ROWS) REPEATABLE ({int(seed)})"
            )
        finally:
            self.execute(f"SET threads = {int(threads)}")

    def malformed(self, relation: Relation) -> Malformed:
        """Rows that the reader left out; asked after a full scan."""
        opened = self._opened[relation.name]
        return self._asked(lambda: malformed_in(self._connection, opened, _LISTED))

    def close(self) -> None:
        """Close the connection and remove what was spilt."""
        self._connection.close()
        self._instance.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _relation(self, opened: Opened, source: Source) -> Relation:
        self._opened[opened.view] = opened
        described = self._frugally(lambda: columns_of(self._connection, opened))
        if not described:
            raise Unopened(f"{source.path}: no column found")
        kinds = {name: BOOK.kind(self.dialect, kind) for name, kind in described.items()}
        name = opened.format.name
        if source.format in _EXPORTED and name == "csv":
            name = source.format
        return Relation(source, opened.view, kinds, self.dialect, opened.size, opened.notes, name)


def _line(error: Exception) -> str:
    """The first line of an engine's message, without the SQL and without the values of the data that it quotes."""
    import duckdb

    text = str(error).strip().splitlines()
    if not text:
        return type(error).__name__
    line = text[0]
    if isinstance(error, duckdb.ConversionException | duckdb.OutOfRangeException):
        line = _QUOTED.sub("…", line)
    return line[:300]
