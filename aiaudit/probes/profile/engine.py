"""DuckDB as the audit uses it: large texts are parsed once, before anything else."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from aiaudit.data.duckdb_engine import DuckDBEngine
from aiaudit.data.duckdb_open import SMALL

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from aiaudit.data.engine import Relation
    from aiaudit.data.model import Source


class ProjectEngine(DuckDBEngine):
    """The figures are the same in every run and on every machine: sums of floating numbers by one thread each.

    `cores` work where the order does not matter: parsing, counts of whole numbers, and two queries over different
    columns at once. A large text becomes a table at once, and all passes read that: parsing a gigabyte takes longer
    than all of them.
    """

    def __init__(self, *, memory_limit: int, cores: int = 1) -> None:
        super().__init__(memory_limit=memory_limit, threads=1)
        self._cores = cores
        self._settled: set[str] = set()

    def counts(self, expression: ir.Table) -> list[tuple[Any, ...]]:
        """On all cores."""
        with self._all_cores():
            return self.rows(expression)

    def lanes(self, relation: Relation) -> int:
        """Columns of large files that lie apart, as in Parquet and in our own copy, are read apart."""
        large = (relation.size_bytes or 0) > SMALL
        return self._cores if large and (relation.name in self._settled or relation.format == "parquet") else 1

    def together(self, expressions: Sequence[ir.Table]) -> list[list[tuple[Any, ...]]]:
        """Each by a thread of its own, on a connection of its own; one by one where that needs too much memory."""
        if len(expressions) == 1:
            return super().together(expressions)
        import duckdb
        import ibis

        def ask(sql: str) -> list[tuple[Any, ...]]:
            with self._connection.cursor() as cursor:
                cursor.execute("SET lambda_syntax = 'ENABLE_SINGLE_ARROW'")
                return cursor.execute(sql).fetchall()

        queries = [ibis.to_sql(one, dialect="duckdb", pretty=False) for one in expressions]
        try:
            with ThreadPoolExecutor(len(queries)) as pool:
                return list(pool.map(ask, queries))
        except duckdb.Error:
            return super().together(expressions)

    @contextmanager
    def _all_cores(self) -> Iterator[None]:
        if self._cores == 1:
            yield
            return
        self.execute(f"SET threads = {self._cores}")
        try:
            yield
        finally:
            self.execute("SET threads = 1")

    def columns(self, source: Source) -> list[str]:
        """The names of the columns, without a look at the rows. Raises `Unopened`."""
        return list(super().open(source).table.columns)

    def open(self, source: Source) -> Relation:
        """As the base does; a large text is a table then. Raises `Unopened` and the engine's errors."""
        relation = super().open(source)
        if (relation.size_bytes or 0) <= SMALL:
            return relation
        with self._all_cores():
            settled = super().settle(relation)
            while (wider := super().widen(settled)) is not None:
                settled = super().settle(wider)
        self._settled.add(settled.name)
        return settled

    def widen(self, relation: Relation) -> Relation | None:
        """A settled table has met all its rows."""
        return None if relation.name in self._settled else super().widen(relation)

    def settle(self, relation: Relation) -> Relation:
        """Once is enough."""
        return relation if relation.name in self._settled else super().settle(relation)

    def sample(self, relation: Relation, rows: int, seed: int) -> Relation:
        """Of our own copy of a text: the rows whose numbers hash least, whatever blocks the cores wrote them in."""
        if not relation.name.startswith("kept_rows_"):
            return super().sample(relation, rows, seed)
        import ibis

        self._count += 1
        name, place = f"sample_{self._count}", relation.name.replace("kept_rows_", "kept_") + ".main.rows"
        drawn = f"SELECT rowid FROM {place} ORDER BY hash(rowid + {int(seed)}), rowid LIMIT {int(rows)}"  # noqa: S608
        self.execute(f"CREATE TEMP TABLE {name} AS SELECT * FROM {place} WHERE rowid IN ({drawn})")  # noqa: S608
        return replace(relation, table=ibis.table(relation.table.schema(), name=name))
