"""Single-feature target leakage: a column that alone tells the label was made from it, or after it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

from aiaudit.data.columns import EXACT_BELOW, finite, type_name
from aiaudit.data.engine import Engine, Relation
from aiaudit.data.exact import MOST_CLASSES
from aiaudit.data.model import Column, Leakage

if TYPE_CHECKING:
    import ibis.expr.types as ir

BINS: Final = 20
FEW_VALUES: Final = 50  # a feature with no more values is grouped by them
ID_LIKE: Final = 0.99  # distinct values a row: a text like this is an identifier, not a feature


def single_feature(engine: Engine, relation: Relation, label: str, columns: Sequence[Column]) -> list[Leakage]:
    """Every feature's power alone, strongest first, on the rows where the label is known.

    A feature of at most 50 values is grouped by them, a number of more by 20 quantile bins; null is a group of its own.
    A text of more values is left out: its rare values would predict themselves. A numeric label of more than
    `MOST_CLASSES` values is judged by squared correlation with the numeric features.
    """
    table = relation.table.filter(relation.table[label].notnull())
    counts = table.group_by(y=table[label].cast("string")).aggregate(n=table.count())
    row = engine.rows(counts.aggregate(top=counts.n.max(), total=counts.n.sum(), classes=counts.count()))[0]
    if not row[1] or int(row[2]) < 2:
        return []
    features = [column for column in columns if column.name != label]
    if int(row[2]) > MOST_CLASSES:
        found = _correlated(engine, table, label, features)
    else:
        total, majority = int(row[1]), int(row[0]) / int(row[1])
        found = []
        for name, feature in _features(engine, relation, table, features).items():
            cells = table.select(f=feature, y=table[label].cast("string")).group_by(["f", "y"])
            cells = cells.aggregate(n=lambda t: t.count())
            best = cells.group_by("f").aggregate(top=cells.n.max())
            right = int(engine.rows(best.aggregate(right=best.top.sum()))[0][0])
            found.append(Leakage(name, right / total, majority))
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


def _features(engine: Engine, relation: Relation, table: ir.Table, columns: Sequence[Column]) -> dict[str, Any]:
    """Each feature as an expression of few values."""
    found: dict[str, Any] = {}
    binned: list[str] = []
    for column in columns:
        x = table[column.name]
        kind = type_name(x)
        few = column.distinct is not None and column.distinct <= FEW_VALUES
        if kind == "boolean" or (few and kind in ("text", "integer", "number", "date")):
            found[column.name] = x.cast("string")
        elif kind in ("integer", "number") and column.min is not None and column.min != column.max:
            binned.append(column.name)
    if binned:
        exact = relation.size_bytes is not None and relation.size_bytes < EXACT_BELOW
        points = [k / BINS for k in range(1, BINS)]
        asked: dict[str, ir.Value] = {}
        for i, name in enumerate(binned):
            value = finite(table[name]).cast("float64")
            asked[f"q{i}"] = value.quantile(points) if exact else value.approx_quantile(points)
        edges = engine.rows(table.aggregate(**asked))[0]
        for name, cuts in zip(binned, edges, strict=True):
            found[name] = _bin(finite(table[name]).cast("float64"), cuts)
    return {column.name: found[column.name] for column in columns if column.name in found}


def _bin(value: Any, cuts: Sequence[float]) -> Any:
    """Number of cuts that the value reaches; −1 for null."""
    import ibis

    steps = [cuts[0]] + [b for a, b in pairwise(cuts) if b > a]
    reached: Any = ibis.literal(0, "int64")
    for cut in steps:
        reached += (value >= cut).ifelse(1, 0)
    return value.isnull().ifelse(ibis.literal(-1, "int64"), reached)


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
