"""Pass C: exact figures, computed only when a check or a declared column needs them.

Rows are compared by the engine's 64-bit hash of all columns (null equals null). Among n rows the chance that two
different ones hash alike is about n² / 2⁶⁵: below one in a million for five million rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from aiaudit.data.columns import finite, type_name
from aiaudit.data.engine import Engine, Relation, narrow
from aiaudit.data.model import Column, GroupRate, Label
from aiaudit.data.statistics import wilson

if TYPE_CHECKING:
    import ibis.expr.types as ir

MOST_CLASSES: Final = 100
MOST_GROUPS: Final = 50
TUKEY: Final = 1.5  # outliers lie beyond this many interquartile ranges from the quartiles (Tukey 1977)
_HASHABLE: Final = frozenset({"integer", "number", "text", "boolean", "date", "timestamp", "time", "list", "record"})


def duplicate_rows(engine: Engine, relation: Relation, columns: Sequence[str] | None = None) -> int:
    """Rows that equal an earlier one in the columns (all where not given): rows − distinct rows."""
    names = list(columns if columns is not None else relation.table.columns)
    keys = keyed(engine, relation, names)
    if keys is None:
        table = relation.table
        groups = table.group_by(names).aggregate(n=table.count())
        row = engine.counts(groups.aggregate(extra=(groups.n - 1).sum()))[0]
        return int(row[0] or 0)
    row = engine.counts(keys.aggregate(rows=keys.count(), distinct=keys.key.nunique()))[0]
    return int(row[0]) - int(row[1])


def duplicate_ids(engine: Engine, relation: Relation, column: str) -> int:
    """Non-null ids that stand in an earlier row too."""
    x = relation.table[column]
    row = engine.counts(relation.table.aggregate(known=x.count(), distinct=x.nunique()))[0]
    return int(row[0]) - int(row[1])


def label_balance(engine: Engine, relation: Relation, column: str) -> Label:
    """Classes and their shares, largest first; no balance for a label of more than `MOST_CLASSES` values."""
    table = relation.table.select(v=relation.table[column].cast("string")).filter(lambda t: t.v.notnull())
    counted = table.group_by("v").aggregate(n=lambda t: t.count())
    largest = engine.counts(counted.order_by([counted.n.desc(), counted.v]).limit(MOST_CLASSES + 1))
    if not largest or len(largest) > MOST_CLASSES:
        return Label(column, None)
    total = sum(int(n) for _, n in largest)
    return Label(column, {str(v): int(n) / total for v, n in largest}, {str(v): int(n) for v, n in largest})


def conflicting_groups(engine: Engine, relation: Relation, label: str, features: Sequence[str]) -> int | None:
    """Groups of rows that agree in every feature and carry different labels. None: no feature to compare."""
    if not features:
        return None
    keys = keyed(engine, relation, features, label=label)
    if keys is None:
        table = relation.table.filter(relation.table[label].notnull())
        groups = table.group_by(list(features)).aggregate(labels=table[label].nunique())
    else:
        keys = keys.filter(keys.label.notnull())
        groups = keys.group_by("key").aggregate(low=keys.label.min(), high=keys.label.max())
        groups = groups.select(labels=(groups.low != groups.high).ifelse(2, 1))
    return int(engine.counts(groups.filter(groups.labels > 1).aggregate(n=lambda t: t.count()))[0][0])


def commonest(engine: Engine, relation: Relation, columns: Sequence[str]) -> dict[str, tuple[float | None, int]]:
    """Of each column the share of its commonest value among the non-null ones, and its number of distinct values."""
    found: dict[str, tuple[float | None, int]] = {}
    for name in columns:
        counted = narrow(relation, [name])[name].name("v").as_table().group_by("v").aggregate(n=lambda t: t.count())
        known = counted.filter(counted.v.notnull())
        asked = known.aggregate(top=known.n.max(), total=known.n.sum(), distinct=known.count())
        top, total, distinct = engine.counts(asked)[0]
        found[name] = (int(top) / int(total) if total else None, int(distinct))
    return found


def distinct_values(engine: Engine, relation: Relation, column: str) -> int:
    """How many values the column has, null not counted."""
    x = narrow(relation, [column])[column]
    return int(engine.counts(x.as_table().aggregate(n=lambda t: t[column].nunique()))[0][0])


def outliers(engine: Engine, relation: Relation, columns: Sequence[Column]) -> dict[str, int]:
    """Values beyond Tukey's fences, by column; from pass A's quartiles, one scan for all columns."""
    fences: dict[str, tuple[float, float]] = {}
    for column in columns:
        if column.quantiles is None or column.quantiles[2] is None or column.quantiles[4] is None:
            continue
        first, third = column.quantiles[2], column.quantiles[4]
        reach = TUKEY * (third - first)
        if reach > 0:
            fences[column.name] = first - reach, third + reach
    if not fences:
        return {}
    table = narrow(relation, list(fences))
    values = table.select(**{f"x{i}": finite(table[name]).cast("float64") for i, name in enumerate(fences)})
    asked: dict[str, ir.Value] = {}
    for i, (low, high) in enumerate(fences.values()):
        x = values[f"x{i}"]
        asked[f"o{i}"] = ((x < low) | (x > high)).sum()
    row = engine.counts(values.aggregate(**asked))[0]
    return {name: int(count or 0) for name, count in zip(fences, row, strict=True)}


def group_rates(engine: Engine, relation: Relation, label: str, positive: str, column: str) -> list[GroupRate]:
    """Positive rate of each group and its ratio to the best-off group's (four-fifths rule: below 0.8 is adverse impact,
    29 CFR 1607.4 D), each with n and Wilson's 95 % interval. Groups of unknown membership form none."""
    table = relation.table.filter(relation.table[label].notnull(), relation.table[column].notnull())
    cells = table.group_by(g=table[column].cast("string")).aggregate(
        n=table.count(), good=(table[label].cast("string") == positive).sum()
    )
    rows = engine.counts(cells.order_by([cells.n.desc(), cells.g]).limit(MOST_GROUPS + 1))
    if len(rows) > MOST_GROUPS:
        return []
    best = max((int(good or 0) / int(n) for _, n, good in rows if n), default=0.0)
    rates = []
    for group, n, good in rows:
        rate = int(good or 0) / int(n)
        low, high = wilson(int(good or 0), int(n))
        rates.append(GroupRate(column, str(group), int(n), rate, rate / best if best else None, low, high))
    return rates


def keyed(engine: Engine, relation: Relation, names: Sequence[str], label: str | None = None) -> Any:
    """The rows as their hash `key` over the named columns, with `label` beside it; None where there is no hash."""
    hashed = engine.row_hash(relation, [n for n in names if type_name(relation.table[n]) in _HASHABLE])
    if hashed is None:
        return None
    if label is None:
        return relation.table.select(key=hashed)
    return relation.table.select(key=hashed, label=relation.table[label])
