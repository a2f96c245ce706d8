"""DuckDB as the audit uses it: the same figures whatever the number of cores."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from aiaudit.data.duckdb_engine import DuckDBEngine
from aiaudit.data.duckdb_view import SMALL

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from aiaudit.data.engine import Relation
    from aiaudit.data.model import Source


class ProjectEngine(DuckDBEngine):
    """The figures are the same in every run and on every machine: sums of floating numbers by one thread each.

    `cores` work where the order does not matter: parsing, counts of whole numbers, and two queries over different
    columns at once.
    """

    def __init__(self, *, memory_limit: int, cores: int = 1) -> None:
        super().__init__(memory_limit=memory_limit, threads=1)
        self._cores = cores
        self._looked_at: dict[tuple[object, ...], Relation] = {}

    def open(self, source: Source) -> Relation:
        """As the base does; what `columns` has opened already is not opened again."""
        known = self._looked_at.pop((source.files, source.table), None)
        return replace(known, source=source) if known is not None else super().open(source)

    def forget(self) -> None:
        """As the base does."""
        self._looked_at.clear()
        super().forget()

    def counts(self, query: ir.Table | str) -> list[tuple[Any, ...]]:
        """On all cores."""
        with self._all_cores():
            return self.rows(query)

    def lanes(self, relation: Relation) -> int:
        """Columns of large files that lie apart, as in Parquet and in our own copy, are read apart."""
        large = (relation.size_bytes or 0) > SMALL
        return self._cores if large and (relation.name in self._tables or relation.format == "parquet") else 1

    def together(self, queries: Sequence[str]) -> list[list[tuple[Any, ...]]]:
        """Each by a thread of its own, on a connection of its own; one by one where that needs too much memory."""
        if len(queries) == 1:
            return super().together(queries)
        import duckdb

        def ask(sql: str) -> list[tuple[Any, ...]]:
            with self._session() as cursor:
                return cursor.execute(sql).fetchall()

        try:
            with ThreadPoolExecutor(len(queries)) as pool:
                return list(pool.map(ask, queries))
        except duckdb.Error:
            return super().together(queries)

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
        opened = self._looked_at[source.files, source.table] = super().open(source)
        return opened.columns

    def settle(self, relation: Relation) -> Relation:
        """As the base does; large texts are parsed on all cores."""
        if (relation.size_bytes or 0) <= SMALL:
            return super().settle(relation)
        with self._all_cores():
            return super().settle(relation)


class Engines:
    """The engine of a worker. It is used on for small sets: to make one takes half as long as to measure such a set."""

    def __init__(self, *, memory_limit: int, cores: int) -> None:
        self._memory_limit, self._cores = memory_limit, cores
        self._kept: ProjectEngine | None = None

    @contextmanager
    def lent(self, *, small: bool) -> Iterator[ProjectEngine]:
        """An engine that has nothing open. After an error of its own it is lent to nobody else."""
        engine, self._kept = self._kept, None
        engine = engine or ProjectEngine(memory_limit=self._memory_limit, cores=self._cores)
        try:
            yield engine
            if small:
                engine.forget()
                engine, self._kept = None, engine
        finally:
            if engine is not None:
                engine.close()

    def close(self) -> None:
        """Close the one that is kept."""
        if self._kept is not None:
            self._kept.close()
            self._kept = None
