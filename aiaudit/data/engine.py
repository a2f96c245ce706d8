"""What an engine must do. Ibis compiles for its `dialect`; the engine opens sources and executes SQL."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from aiaudit.data.model import Malformed, Source

if TYPE_CHECKING:
    import ibis.expr.types as ir


class Unopened(Exception):  # noqa: N818
    """A source cannot be opened. The text is one line for people."""


class OutOfMemory(Exception):  # noqa: N818
    """A query needs more memory than the engine may use."""


class EngineError(Exception):
    """The engine refused a query. The text is one line for people."""


@dataclass(frozen=True, slots=True)
class Relation:
    """An opened source: `table` is an unbound Ibis table whose name the engine knows.

    `format`: as it was found to be, where the source's suffix says nothing or another one. `size_bytes`: of the files,
    None for a warehouse table. `notes`: what had to be assumed to open it.
    """

    source: Source
    table: ir.Table
    size_bytes: int | None = None
    notes: tuple[str, ...] = field(default=())
    format: str = ""

    @property
    def name(self) -> str:
        return str(self.table.get_name())


def narrow(relation: Relation, names: Sequence[str]) -> ir.Table:
    """The relation's table with these columns only; Ibis compiles it the faster the fewer columns a table declares."""
    import ibis

    table = relation.table
    if type(table.op()).__name__ != "UnboundTable":
        return table.select(*names)
    kinds = table.schema()
    return ibis.table({name: kinds[name] for name in names}, name=relation.name)


class Engine(Protocol):
    """Opens sources and executes what Ibis compiles to its `dialect`. `label`: its name and version, for reports."""

    label: str
    dialect: str

    def open(self, source: Source) -> Relation:
        """Make the source queryable. Raises `Unopened`."""

    def rows(self, expression: ir.Table) -> list[tuple[Any, ...]]:
        """All rows of a (small) result. Raises `OutOfMemory`, `EngineError`."""

    def counts(self, expression: ir.Table) -> list[tuple[Any, ...]]:
        """As `rows`, of whole numbers only: those are the same in whatever order an engine adds them up."""

    def lanes(self, relation: Relation) -> int:
        """Into how many queries over different columns a scan is best divided; 1 where each would read all columns."""

    def together(self, expressions: Sequence[ir.Table]) -> list[list[tuple[Any, ...]]]:
        """The rows of each, worked out at the same time where the engine can, with the figures of one by one."""

    def widen(self, relation: Relation) -> Relation | None:
        """Asked after each full scan: the source with wider types where values did not fit; None where all did."""

    def settle(self, relation: Relation) -> Relation:
        """The same rows where many queries are cheap (texts parsed once, say); the relation itself where they are."""

    def row_hash(self, relation: Relation, columns: Sequence[str]) -> ir.IntegerValue | None:
        """A 64-bit hash of a row's columns, null-safe, to be compared inside one engine; None where it has none."""

    def sample(self, relation: Relation, rows: int, seed: int) -> Relation:
        """A repeatable sample of at most `rows` rows, materialised; the relation itself where it has no more."""

    def malformed(self, relation: Relation) -> Malformed:
        """Rows left out in the scans so far."""

    def close(self) -> None:
        """Free everything; remove temporary files."""
