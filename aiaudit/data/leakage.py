"""Single-feature target leakage: a column that alone tells the label was made from it, or after it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from aiaudit.data.columns import finite, type_name
from aiaudit.data.engine import Engine, Relation
from aiaudit.data.exact import MOST_CLASSES
from aiaudit.data.model import Column, Leakage

if TYPE_CHECKING:
    import ibis.expr.types as ir

BINS: Final = 20
FEW_VALUES: Final = 50  # a feature with no more values is grouped by them
ID_LIKE: Final = 0.99  # distinct values a row: a text like this is an identifier, not a feature


def single_feature(
    engine: Engine, relation: Relation, label: str, columns: Sequence[Column], *, drawn: Relation | None = None
) -> list[Leakage]:
    """Every feature's power alone, strongest first, on the rows where the label is known.

    A feature of at most 50 values is grouped by them, a number of more by 20 quantile bins; null is a group of its own.
    A text of more values is left out: its rare values would predict themselves. A numeric label of more than
    `MOST_CLASSES` values is judged by squared correlation with the numeric features. `drawn`: a sample that the edges
    of the bins may be taken from; all rows are counted in them.
    """
    table = relation.table.filter(relation.table[label].notnull())
    counts = table.group_by(y=table[label]).aggregate(n=table.count())
    row = engine.rows(counts.aggregate(top=counts.n.max(), total=counts.n.sum(), classes=counts.count()))[0]
    if not row[1] or int(row[2]) < 2:
        return []
    features = [column for column in columns if column.name != label]
    if int(row[2]) > MOST_CLASSES:
        found = _correlated(engine, table, label, features)
    else:
        total, majority = int(row[1]), int(row[0]) / int(row[1])
        edges = _edges(engine, drawn or relation, label, features)
        found = []
        for column in features:
            feature = _feature(column, table[column.name], edges)
            if feature is None:
                continue
            cells = table.select(f=feature, y=table[label]).group_by(["f", "y"])
            cells = cells.aggregate(n=lambda t: t.count())
            best = cells.group_by("f").aggregate(top=cells.n.max())
            right = int(engine.rows(best.aggregate(right=best.top.sum()))[0][0])
            found.append(Leakage(column.name, right / total, majority))
    return sorted(found, key=lambda leak: (-leak.accuracy, leak.column))


def id_like(columns: Sequence[Column], rows: int) -> list[str]:
    """Columns of texts or whole numbers with (nearly) a value a row, by exact counts: identifiers, no features."""
    return [
        column.name
        for column in columns
        if column.type in ("text", "integer")
        and column.distinct_exact
        and column.distinct is not None
        and rows > FEW_VALUES
        and column.distinct >= ID_LIKE * rows
    ]


def _edges(engine: Engine, relation: Relation, label: str, columns: Sequence[Column]) -> dict[str, list[float]]:
    """The quantiles that part each number of more than a few values into bins."""
    binned = [c.name for c in columns if _is_binned(c)]
    if not binned:
        return {}
    table = relation.table.filter(relation.table[label].notnull())
    points = [k / BINS for k in range(1, BINS)]
    asked = {f"q{i}": finite(table[name]).cast("float64").quantile(points) for i, name in enumerate(binned)}
    cuts = engine.rows(table.aggregate(**asked))[0]
    return {name: sorted(set(found)) for name, found in zip(binned, cuts, strict=True) if found}


def _is_binned(column: Column) -> bool:
    many = column.distinct is None or column.distinct > FEW_VALUES
    return many and column.type in ("integer", "number") and column.min is not None and column.min != column.max


def _feature(column: Column, value: Any, edges: dict[str, list[float]]) -> Any:
    """The feature as an expression of few values; None where it has too many."""
    few = column.distinct is not None and column.distinct <= FEW_VALUES
    if column.type == "boolean" or (few and column.type in ("text", "integer", "number", "date")):
        return value
    return _bin(finite(value).cast("float64"), edges[column.name]) if column.name in edges else None


def _bin(value: Any, cuts: Sequence[float]) -> Any:
    """Number of cuts that the value reaches, found by halves; −1 for null."""
    import ibis

    def place(low: int, high: int) -> Any:
        if low == high:
            return ibis.literal(low, "int8")
        middle = (low + high) // 2
        return (value < cuts[middle]).ifelse(place(low, middle), place(middle + 1, high))

    return value.isnull().ifelse(ibis.literal(-1, "int8"), place(0, len(cuts)))


def _correlated(engine: Engine, table: ir.Table, label: str, columns: Sequence[Column]) -> list[Leakage]:
    if type_name(table[label]) not in ("integer", "number"):
        return []
    numeric = [c.name for c in columns if c.type in ("integer", "number") and c.min is not None and c.min != c.max]
    if not numeric:
        return []
    y = finite(table[label]).cast("float64")
    asked = {f"r{i}": finite(table[c]).cast("float64").corr(y, how="pop") for i, c in enumerate(numeric)}
    row = engine.rows(table.aggregate(**asked))[0]
    return [Leakage(c, float(r) ** 2, 0.0, "r2") for c, r in zip(numeric, row, strict=True) if r is not None]
