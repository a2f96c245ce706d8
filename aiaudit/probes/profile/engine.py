"""DuckDB as the audit uses it: large texts are parsed once, before anything else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiaudit.data.duckdb_engine import DuckDBEngine
from aiaudit.data.duckdb_open import SMALL

if TYPE_CHECKING:
    from aiaudit.data.engine import Relation
    from aiaudit.data.model import Source


class ProjectEngine(DuckDBEngine):
    """One thread, so that the figures are the same in every run.

    A large text becomes a table at once, and all passes read that: parsing a gigabyte takes longer than all of them.
    """

    def __init__(self, *, memory_limit: int) -> None:
        super().__init__(memory_limit=memory_limit, threads=1)
        self._settled: set[str] = set()

    def columns(self, source: Source) -> list[str]:
        """The names of the columns, without a look at the rows. Raises `Unopened`."""
        return list(super().open(source).table.columns)

    def open(self, source: Source) -> Relation:
        """As the base does; a large text is a table then. Raises `Unopened` and the engine's errors."""
        relation = super().open(source)
        if (relation.size_bytes or 0) <= SMALL:
            return relation
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
