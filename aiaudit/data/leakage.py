"""Single-feature target leakage: a column that alone tells the label was made from it, or after it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from aiaudit.data.columns import double_of, finite
from aiaudit.data.engine import Engine, Relation
from aiaudit.data.exact import MOST_CLASSES
from aiaudit.data.model import Column, Leakage
from aiaudit.data.phrases import number, say, union

BINS: Final = 20
_AT_ONCE: Final = 40  # features that one query measures
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
    total, majority, classes = _classes(engine, relation, label)
    if not total or classes < 2:
        return []
    features = [column for column in columns if column.name != label]
    if classes > MOST_CLASSES:
        return _ordered(_correlated(engine, relation, label, features))
    edges = _edges(engine, drawn or relation, label, features)
    asked = {c.name: f for c in features if (f := _binning(relation, c, edges)) is not None}
    sampled: list[Leakage] = []
    if drawn is not None and drawn is not relation:
        rows, commonest, some = _classes(engine, drawn, label)
        if some > 1:
            found = _powers(engine, drawn, label, asked, rows)
            near = {name for name, power in found.items() if _near(power, commonest)}
            sampled = [
                Leakage(name, power, commonest, sampled=True) for name, power in found.items() if name not in near
            ]
            asked = {name: binned for name, binned in asked.items() if name in near}
    powers = _powers(engine, relation, label, asked, total)
    return _ordered([*sampled, *(Leakage(name, power, majority) for name, power in powers.items())])


def _labelled(relation: Relation, label: str) -> str:
    """The rows whose label is known, as what follows SELECT in SQL."""
    return f"FROM {relation.origin} WHERE {relation.quoted(label)} IS NOT NULL"


def _classes(engine: Engine, relation: Relation, label: str) -> tuple[int, float, int]:
    """Rows, share of the commonest class, number of classes."""
    counts = f"SELECT COUNT(*) AS n {_labelled(relation, label)} GROUP BY {relation.quoted(label)}"
    top, total, classes = engine.rows(f"SELECT MAX(n), SUM(n), COUNT(*) FROM ({counts}) AS t")[0]  # noqa: S608
    return int(total or 0), int(top or 0) / int(total or 1), int(classes)


def _powers(engine: Engine, relation: Relation, label: str, asked: Mapping[str, str], rows: int) -> dict[str, float]:
    """Share of the rows for which each feature's value or bin has the commonest label there."""
    found: dict[str, float] = {}
    names = list(asked)
    for start in range(0, len(names), _AT_ONCE):
        part = names[start : start + _AT_ONCE]
        queries = []
        for n, name in enumerate(part):
            both = f"{asked[name]} AS f, {relation.quoted(label)} AS y"
            cells = f"SELECT f, COUNT(*) AS n FROM (SELECT {both} {_labelled(relation, label)}) AS t GROUP BY f, y"  # noqa: S608
            best = f"SELECT MAX(n) AS top FROM ({cells}) AS t GROUP BY f"  # noqa: S608
            queries.append(f"SELECT {n} AS k, SUM(top) FROM ({best}) AS t")  # noqa: S608
        found |= {part[k]: int(right) / rows for k, right in engine.rows(union(queries))}
    return {name: found[name] for name in names}


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
    points = [k / BINS for k in range(1, BINS)]

    def cuts_of(column: Any) -> dict[str, Any]:
        return {"q": finite(column).cast("float64").quantile(points)}

    asked = [say(relation.phrases("cuts", [name], cuts_of)["q"], relation.quoted(name)) for name in binned]
    cuts = engine.rows(f"SELECT {', '.join(asked)} {_labelled(relation, label)}")[0]
    return {name: sorted(set(found)) for name, found in zip(binned, cuts, strict=True) if found}


def _is_binned(column: Column) -> bool:
    many = column.distinct is None or column.distinct > FEW_VALUES
    return many and column.type in ("integer", "number") and column.min is not None and column.min != column.max


def _binning(relation: Relation, column: Column, edges: dict[str, list[float]]) -> str | None:
    """The feature as an expression of few values, in SQL; None where it has too many."""
    few = column.distinct is not None and column.distinct <= FEW_VALUES
    if column.type == "boolean" or (few and column.type in ("text", "integer", "number", "date")):
        return relation.quoted(column.name)
    cuts = edges.get(column.name)
    if cuts is None:
        return None
    binned = relation.phrases(f"bins {len(cuts)}", [column.name, *[None] * len(cuts)], _bin)["bin"]
    return say(binned, relation.quoted(column.name), *(number(relation.dialect, cut) for cut in cuts))


def _bin(column: Any, *cuts: Any) -> dict[str, Any]:
    """Number of cuts that the value reaches; −1 for null."""
    import ibis

    value = finite(column).cast("float64")
    below = [(value < cut, ibis.literal(place, "int8")) for place, cut in enumerate(cuts)]
    return {
        "bin": ibis.cases((value.isnull(), ibis.literal(-1, "int8")), *below, else_=ibis.literal(len(cuts), "int8"))
    }


def _correlated(engine: Engine, relation: Relation, label: str, columns: Sequence[Column]) -> list[Leakage]:
    if relation.kinds[label].word not in ("integer", "number"):
        return []
    numeric = [c.name for c in columns if c.type in ("integer", "number") and c.min is not None and c.min != c.max]
    if not numeric:
        return []
    alike = relation.phrases("correlation", [None, None], lambda x, y: {"r": x.corr(y, how="pop")})["r"]
    inner = [f"{double_of(relation, name)} AS x{i}" for i, name in enumerate(numeric)]
    inner.append(f"{double_of(relation, label)} AS y")
    asked = ", ".join(say(alike, f"x{i}", "y") for i in range(len(numeric)))
    row = engine.rows(f"SELECT {asked} FROM (SELECT {', '.join(inner)} {_labelled(relation, label)}) AS t")[0]  # noqa: S608
    return [Leakage(c, float(r) ** 2, 0.0, "r2") for c, r in zip(numeric, row, strict=True) if r is not None]
