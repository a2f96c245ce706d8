"""Pass C: exact figures, computed only when a check or a declared column needs them.

Rows are compared by the engine's 64-bit hash of all columns (null equals null). Among n rows the chance that two
different ones hash alike is about n² / 2⁶⁵: below one in a million for five million rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from aiaudit.data.columns import double_of, type_name
from aiaudit.data.engine import Engine, Relation
from aiaudit.data.model import Column, GroupRate, Label
from aiaudit.data.phrases import number, say, union
from aiaudit.data.statistics import wilson

MOST_CLASSES: Final = 100
MOST_GROUPS: Final = 50
_AT_ONCE: Final = 40  # columns that one query counts
TUKEY: Final = 1.5  # outliers lie beyond this many interquartile ranges from the quartiles (Tukey 1977)
_HASHABLE: Final = frozenset({"integer", "number", "text", "boolean", "date", "timestamp", "time", "list", "record"})


def duplicate_rows(engine: Engine, relation: Relation, columns: Sequence[str] | None = None) -> int:
    """Rows that equal an earlier one in the columns (all where not given): rows − distinct rows."""
    names = list(columns if columns is not None else relation.columns)
    key = engine.row_key(_hashable(relation, names))
    if key is None:
        by = ", ".join(map(relation.quoted, names))
        groups = f"SELECT COUNT(*) AS n FROM {relation.origin} GROUP BY {by}"  # noqa: S608
        return int(engine.counts(f"SELECT SUM(n - 1) FROM ({groups}) AS t")[0][0] or 0)  # noqa: S608
    row = engine.counts(f"SELECT COUNT(*), COUNT(DISTINCT {key}) FROM {relation.origin}")[0]  # noqa: S608
    return int(row[0]) - int(row[1])


def duplicate_ids(engine: Engine, relation: Relation, column: str) -> int:
    """Non-null ids that stand in an earlier row too."""
    x = relation.quoted(column)
    row = engine.counts(f"SELECT COUNT({x}), COUNT(DISTINCT {x}) FROM {relation.origin}")[0]  # noqa: S608
    return int(row[0]) - int(row[1])


def label_balance(engine: Engine, relation: Relation, column: str) -> Label:
    """Classes and their shares, largest first; no balance for a label of more than `MOST_CLASSES` values."""
    x = relation.quoted(column)
    text = say(relation.phrases("text", [column], lambda c: {"v": c.cast("string")})["v"], x)
    counted = f"SELECT {text} AS v, COUNT(*) AS n FROM {relation.origin} WHERE {x} IS NOT NULL GROUP BY 1"  # noqa: S608
    largest = engine.counts(f"{counted} ORDER BY 2 DESC, 1 LIMIT {MOST_CLASSES + 1}")
    if not largest or len(largest) > MOST_CLASSES:
        return Label(column, None)
    total = sum(int(n) for _, n in largest)
    return Label(column, {str(v): int(n) / total for v, n in largest}, {str(v): int(n) for v, n in largest})


def conflicting_groups(engine: Engine, relation: Relation, label: str, features: Sequence[str]) -> int | None:
    """Groups of rows that agree in every feature and carry different labels. None: no feature to compare."""
    if not features:
        return None
    y = relation.quoted(label)
    rows = f"FROM {relation.origin} WHERE {y} IS NOT NULL GROUP BY"
    key = engine.row_key(_hashable(relation, features))
    if key is None:
        labels = f"SELECT COUNT(DISTINCT {y}) AS n {rows} {', '.join(map(relation.quoted, features))}"
        return int(engine.counts(f"SELECT COUNT(*) FROM ({labels}) AS t WHERE n > 1")[0][0])  # noqa: S608
    ends = f"SELECT MIN({y}) AS low, MAX({y}) AS high {rows} {key}"
    return int(engine.counts(f"SELECT COUNT(*) FROM ({ends}) AS t WHERE low <> high")[0][0])  # noqa: S608


def commonest(engine: Engine, relation: Relation, columns: Sequence[str]) -> dict[str, tuple[float | None, int]]:
    """Of each column the share of its commonest value among the non-null ones, and its number of distinct values."""
    found: dict[str, tuple[float | None, int]] = {}
    for start in range(0, len(columns), _AT_ONCE):
        part = columns[start : start + _AT_ONCE]
        asked = []
        for n, name in enumerate(part):
            x = relation.quoted(name)
            counted = f"SELECT COUNT(*) AS n FROM {relation.origin} WHERE {x} IS NOT NULL GROUP BY {x}"  # noqa: S608
            asked.append(f"SELECT {n} AS k, MAX(n), SUM(n), COUNT(*) FROM ({counted}) AS t")  # noqa: S608
        for k, top, total, distinct in engine.counts(union(asked)):
            found[part[k]] = (int(top) / int(total) if total else None, int(distinct))
    return found


def distinct_values(engine: Engine, relation: Relation, column: str) -> int:
    """How many values the column has, null not counted."""
    return int(engine.counts(f"SELECT COUNT(DISTINCT {relation.quoted(column)}) FROM {relation.origin}")[0][0])  # noqa: S608


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
    beyond = relation.phrases("beyond", [None] * 3, lambda x, low, high: {"n": ((x < low) | (x > high)).sum()})["n"]
    inner = ", ".join(f"{double_of(relation, name)} AS x{i}" for i, name in enumerate(fences))
    asked = ", ".join(
        say(beyond, f"x{i}", *(number(relation.dialect, fence) for fence in pair))
        for i, pair in enumerate(fences.values())
    )
    row = engine.counts(f"SELECT {asked} FROM (SELECT {inner} FROM {relation.origin}) AS t")[0]  # noqa: S608
    return {name: int(count or 0) for name, count in zip(fences, row, strict=True)}


def _hashable(relation: Relation, names: Sequence[str]) -> list[str]:
    """The columns that can be compared by a hash."""
    if relation.derived is not None:
        return [name for name in names if type_name(relation.derived[name]) in _HASHABLE]
    return [name for name in names if relation.kinds[name].word in _HASHABLE]


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


def keyed(engine: Engine, relation: Relation, names: Sequence[str]) -> Any:
    """The rows as their hash `key` over the named columns; None where there is no hash."""
    hashed = engine.row_hash(relation, _hashable(relation, names))
    return None if hashed is None else relation.table.select(key=hashed)
