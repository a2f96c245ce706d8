"""Single-feature target leakage: a column that alone tells the label was made from it, or after it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from aiaudit.data.columns import finite, type_name
from aiaudit.data.engine import Engine, Relation
from aiaudit.data.exact import MOST_CLASSES
from aiaudit.data.model import Column, Leakage

if TYPE_CHECKING:
    import ibis.expr.types as ir

BINS: Final = 20
FEW_VALUES: Final = 50  # a feature with no more values is grouped by them
NEAR_POWER: Final = 0.75  # accuracy in a sample: below the least that a rule may call a leak, by far more than chance
NEAR_GAIN: Final = 0.4
ID_LIKE: Final = 0.99  # distinct values a row: a text like this is an identifier, not a feature


def single_feature(
    engine: Engine, relation: Relation, label: str, columns: Sequence[Column], *, drawn: Relation | None = None
) -> list[Leakage]:
    """Every feature's power alone, strongest first, on the rows where the label is known.

    A feature of at most 50 values is grouped by them, a number of more by 20 quantile bins; null is a group of its own.
    A text of more values is left out: its rare values would predict themselves. A numeric label of more than
    `MOST_CLASSES` values is judged by squared correlation with the numeric features.

    `drawn`: a sample of a set with more rows. All features are measured in it; those that come near to telling the
    label, on which a verdict may rest, in all rows.
    """
    table = relation.table.filter(relation.table[label].notnull())
    total, majority, classes = _classes(engine, table, label)
    if not total or classes < 2:
        return []
    features = [column for column in columns if column.name != label]
    if classes > MOST_CLASSES:
        return _ordered(_correlated(engine, table, label, features))
    edges = _edges(engine, drawn or relation, label, features)
    asked = {c.name: f for c in features if (f := _binning(c, edges)) is not None}
    sampled: list[Leakage] = []
    if drawn is not None and drawn is not relation:
        part = drawn.table.filter(drawn.table[label].notnull())
        rows, commonest, some = _classes(engine, part, label)
        if some > 1:
            found = _powers(engine, part, label, asked, rows)
            near = {name for name, power in found.items() if _near(power, commonest)}
            sampled = [
                Leakage(name, power, commonest, sampled=True) for name, power in found.items() if name not in near
            ]
            asked = {name: binned for name, binned in asked.items() if name in near}
    powers = _powers(engine, table, label, asked, total)
    return _ordered([*sampled, *(Leakage(name, power, majority) for name, power in powers.items())])


def _classes(engine: Engine, table: ir.Table, label: str) -> tuple[int, float, int]:
    """Rows, share of the commonest class, number of classes."""
    counts = table.group_by(y=table[label]).aggregate(n=table.count())
    row = engine.rows(counts.aggregate(top=counts.n.max(), total=counts.n.sum(), classes=counts.count()))[0]
    return int(row[1] or 0), int(row[0] or 0) / int(row[1] or 1), int(row[2])


def _powers(
    engine: Engine, table: ir.Table, label: str, asked: Mapping[str, Callable[[Any], Any]], rows: int
) -> dict[str, float]:
    """Share of the rows for which each feature's value or bin has the commonest label there."""
    found = {}
    for name, binned in asked.items():
        cells = table.select(f=binned(table[name]), y=table[label]).group_by(["f", "y"])
        cells = cells.aggregate(n=lambda t: t.count())
        best = cells.group_by("f").aggregate(top=cells.n.max())
        found[name] = int(engine.rows(best.aggregate(right=best.top.sum()))[0][0]) / rows
    return found


def _near(power: float, majority: float) -> bool:
    """Whether so strong a feature may be judged a leak."""
    gain = (power - majority) / (1 - majority) if majority < 1 else 0.0
    return power >= NEAR_POWER and gain >= NEAR_GAIN


def _ordered(found: Iterable[Leakage]) -> list[Leakage]:
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


def _binning(column: Column, edges: dict[str, list[float]]) -> Callable[[Any], Any] | None:
    """What makes of the feature an expression of few values; None where it has too many."""
    few = column.distinct is not None and column.distinct <= FEW_VALUES
    if column.type == "boolean" or (few and column.type in ("text", "integer", "number", "date")):
        return lambda value: value
    cuts = edges.get(column.name)
    return None if cuts is None else lambda value: _bin(finite(value).cast("float64"), cuts)


def _bin(value: Any, cuts: Sequence[float]) -> Any:
    """Number of cuts that the value reaches; −1 for null."""
    import ibis

    below = [(value < cut, ibis.literal(place, "int8")) for place, cut in enumerate(cuts)]
    return ibis.cases((value.isnull(), ibis.literal(-1, "int8")), *below, else_=ibis.literal(len(cuts), "int8"))


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
