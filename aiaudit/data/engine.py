"""What an engine must do. Ibis compiles for its `dialect`; the engine opens sources and executes SQL."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from msgspec import Struct, field

from aiaudit.data.model import Malformed, Source
from aiaudit.data.phrases import BOOK, Kind, Text, quoted

if TYPE_CHECKING:
    import ibis.expr.types as ir


class Unopened(Exception):  # noqa: N818
    """A source cannot be opened. The text is one line for people."""


class OutOfMemory(Exception):  # noqa: N818
    """A query needs more memory than the engine may use."""


class EngineError(Exception):
    """The engine refused a query. The text is one line for people."""


class Relation(Struct, frozen=True):
    """An opened source: the engine knows it by `name`. `kinds`: its columns' types.

    `format`: as it was found to be, where the source's suffix says nothing or another one. `size_bytes`: of the files,
    None for a warehouse table. `notes`: what had to be assumed to open it. `derived`: rows and columns that an
    expression makes of it, in place of what has the name.
    """

    source: Source
    name: str
    kinds: Mapping[str, Kind]
    dialect: str
    size_bytes: int | None = None
    notes: tuple[str, ...] = field(default=())
    format: str = ""
    derived: ir.Table | None = None

    @property
    def columns(self) -> list[str]:
        return list(self.kinds if self.derived is None else self.derived.columns)

    @property
    def table(self) -> ir.Table:
        """As an unbound Ibis table."""
        return self.derived if self.derived is not None else narrow(self, list(self.kinds))

    @property
    def origin(self) -> str:
        """What stands after FROM in SQL."""
        if self.derived is None:
            return quoted(self.dialect, self.name)
        from aiaudit.data.sql_engine import to_sql

        return f"({to_sql(self.derived, self.dialect)}) AS derived"

    def quoted(self, column: str) -> str:
        """The column's name in SQL."""
        return quoted(self.dialect, column)

    def phrases(
        self, name: str, columns: Sequence[str | None], build: Callable[..., Mapping[str, ir.Value]]
    ) -> dict[str, Text]:
        """`Phrasebook.of` for these columns' types; None stands for a floating number."""
        kinds = [None if column is None else self.kinds[column] for column in columns]
        return BOOK.of(self.dialect, name, kinds, build)


def narrow(relation: Relation, names: Sequence[str]) -> ir.Table:
    """The relation's table with these columns only; Ibis compiles it the faster the fewer columns a table declares."""
    import ibis

    from aiaudit.data.sql_engine import type_mapper

    if relation.derived is not None:
        return relation.derived.select(*names)
    types = type_mapper(relation.dialect)
    return ibis.table({name: types.from_string(relation.kinds[name].text) for name in names}, name=relation.name)


class Engine(Protocol):
    """Opens sources and executes what Ibis compiles to its `dialect`. `label`: its name and version, for reports."""

    label: str
    dialect: str

    def open(self, source: Source) -> Relation:
        """Make the source queryable. Raises `Unopened`."""

    def rows(self, query: ir.Table | str) -> list[tuple[Any, ...]]:
        """All rows of a (small) result. Raises `OutOfMemory`, `EngineError`."""

    def counts(self, query: ir.Table | str) -> list[tuple[Any, ...]]:
        """As `rows`, of whole numbers only: those are the same in whatever order an engine adds them up."""

    def lanes(self, relation: Relation) -> int:
        """Into how many queries over different columns a scan is best divided; 1 where each would read all columns."""

    def together(self, queries: Sequence[str]) -> list[list[tuple[Any, ...]]]:
        """The rows of each, worked out at the same time where the engine can, with the figures of one by one."""

    def widen(self, relation: Relation) -> Relation | None:
        """Asked after each full scan: the source with wider types where values did not fit; None where all did."""

    def settle(self, relation: Relation) -> Relation:
        """The same rows where many queries are cheap (texts parsed once, say); the relation itself where they are."""

    def row_key(self, columns: Sequence[str]) -> str | None:
        """As `row_hash`, in SQL; None where the engine has none."""

    def row_hash(self, relation: Relation, columns: Sequence[str]) -> ir.IntegerValue | None:
        """A 64-bit hash of a row's columns, null-safe, to be compared inside one engine; None where it has none."""

    def sample(self, relation: Relation, rows: int, seed: int) -> Relation:
        """A repeatable sample of at most `rows` rows, materialised; the relation itself where it has no more."""

    def malformed(self, relation: Relation) -> Malformed:
        """Rows left out in the scans so far."""

    def close(self) -> None:
        """Free everything; remove temporary files."""


class OneByOne(ABC):
    """Of an engine that divides each query by itself: one query a scan, and one after the other."""

    @abstractmethod
    def rows(self, query: ir.Table | str) -> list[tuple[Any, ...]]:
        """See `Engine`."""

    def counts(self, query: ir.Table | str) -> list[tuple[Any, ...]]:
        """As `rows`."""
        return self.rows(query)

    def lanes(self, relation: Relation) -> int:
        """One query, whatever is asked for."""
        return 1

    def together(self, queries: Sequence[str]) -> list[list[tuple[Any, ...]]]:
        """One after the other."""
        return [self.rows(one) for one in queries]
