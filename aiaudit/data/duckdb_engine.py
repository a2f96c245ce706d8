"""DuckDB, embedded: the engine unless the caller names another. Out of core, with a memory limit and a spill folder.

Extensions are never loaded or installed, so nothing can reach the network; what the audited tree holds is only read.
"""

from __future__ import annotations

import inspect
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from aiaudit.data.duckdb_open import Opened, open_files, widened
from aiaudit.data.engine import EngineError, OutOfMemory, Relation, Unopened
from aiaudit.data.model import Malformed, Source

if TYPE_CHECKING:
    import duckdb
    import ibis.expr.types as ir

MEMORY_LIMIT: Final = 1024  # MiB
_LISTED: Final = 20  # malformed lines that are named


class DuckDBEngine:
    """See `aiaudit.data.engine.Engine`."""

    dialect = "duckdb"

    def __init__(
        self, *, database: Path | None = None, memory_limit: int = MEMORY_LIMIT, threads: int | None = None
    ) -> None:
        import duckdb

        self._folder = Path(tempfile.mkdtemp(prefix="aiaudit-data-"))
        config: dict[str, str | bool | int | float | list[str]] = {
            "memory_limit": f"{memory_limit}MiB",
            "temp_directory": str(self._folder),
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "allow_community_extensions": False,
            "allow_persistent_secrets": False,
        }
        if threads is not None:
            config["threads"] = threads
        self.label = f"duckdb {duckdb.__version__}"
        try:
            self._connection = duckdb.connect(
                str(database) if database else ":memory:", read_only=database is not None, config=config
            )
        except duckdb.Error as error:
            shutil.rmtree(self._folder, ignore_errors=True)
            raise Unopened(_line(error)) from None
        if database is not None:  # the views we make live in a catalogue of their own
            self._connection.execute("ATTACH ':memory:' AS aiaudit")
            self._connection.execute("USE aiaudit")
        self._database = database.stem if database else None
        self._opened: dict[str, Opened] = {}
        self._count = 0

    def open(self, source: Source) -> Relation:
        """Make the source queryable as a view. Raises `Unopened`."""
        import duckdb

        self._count += 1
        try:
            opened = open_files(self._connection, source, f"data_{self._count}", self._folder)
        except duckdb.OutOfMemoryException:
            raise Unopened(f"{source.path}: more memory is needed than may be used") from None
        except duckdb.Error as error:
            raise Unopened(f"{source.path}: {_line(error)}") from None
        return self._relation(opened, source)

    def widen(self, relation: Relation) -> Relation | None:
        """The same source with the columns as text whose values did not all fit the guessed type; None where all fit.

        To be asked after a full scan: then the guess, made from the first 20,480 rows, has met every row.
        """
        opened = self._opened[relation.name]
        again = widened(self._connection, opened)
        return self._relation(again, relation.source) if again else None

    def rows(self, expression: ir.Table) -> list[tuple[Any, ...]]:
        """All rows of a (small) result. Raises `OutOfMemory`, `EngineError`."""
        import ibis

        return self.execute(ibis.to_sql(expression, dialect="duckdb", pretty=False))

    def execute(self, sql: str) -> list[tuple[Any, ...]]:
        """Rows of a query that the engine's own modules wrote."""
        import duckdb

        try:
            return self._connection.execute(sql).fetchall()
        except duckdb.OutOfMemoryException:
            raise OutOfMemory(f"more than {MEMORY_LIMIT} MiB of memory are needed") from None
        except (duckdb.Error, OverflowError, ValueError) as error:
            raise EngineError(_line(error)) from None

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
        """A reservoir sample, drawn by the seed and kept as a table of its own."""
        import ibis

        self._count += 1
        name = f"sample_{self._count}"
        self.execute(
            f'CREATE TEMP TABLE {name} AS SELECT * FROM "{relation.name}" '  # noqa: S608
            f"USING SAMPLE reservoir({int(rows)} ROWS) REPEATABLE ({int(seed)})"
        )
        return Relation(relation.source, ibis.table(relation.table.schema(), name=name))

    def malformed(self, relation: Relation) -> Malformed:
        """Rows that the reader left out; asked after a full scan."""
        return self._opened[relation.name].malformed(self._connection, _LISTED)

    def close(self) -> None:
        """Close the connection and remove what was spilt."""
        self._connection.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _relation(self, opened: Opened, source: Source) -> Relation:
        import ibis
        from ibis.backends.sql.datatypes import DuckDBType

        self._opened[opened.view] = opened
        described = self.execute(f'DESCRIBE "{opened.view}"')
        if not described:
            raise Unopened(f"{source.path}: no column found")
        schema = {str(row[0]): DuckDBType.from_string(row[1]) for row in described}
        return Relation(source, ibis.table(schema, name=opened.view), opened.size, opened.notes)


def connection_of(engine: DuckDBEngine) -> duckdb.DuckDBPyConnection:
    """The engine's connection, for tests that compare with hand-written SQL."""
    return engine._connection


def _line(error: Exception) -> str:
    """The first line of an engine's message, without the SQL that it quotes."""
    text = str(error).strip().splitlines()
    return text[0][:300] if text else type(error).__name__
