"""Drift, reference → current, column by column. The definitions in `DEFINITIONS` are printed with the results.

Numbers are binned and ranked inside the engine; only counts come out. A column counts as drifted when the change is
both large enough to matter and too large for chance: PSI of at least 0.1 (below it a population counts as unchanged in
credit scoring, Siddiqi 2006; above 0.2 as shifted) and a p-value below 0.05 after Holm's correction over all columns.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct
from msgspec.structs import replace

from aiaudit.data.columns import finite, type_name
from aiaudit.data.engine import Engine, OutOfMemory, Relation
from aiaudit.data.model import ColumnDrift
from aiaudit.data.statistics import (
    chi_square,
    doane_bins,
    holm,
    jensen_shannon,
    kolmogorov_smirnov_p,
    population_stability_index,
    shares,
)

if TYPE_CHECKING:
    import ibis.expr.types as ir

PSI_LIMIT: Final = 0.1
ALPHA: Final = 0.05
MIN_ROWS: Final = 100  # below it neither side says anything about a distribution
FEW_VALUES: Final = 20  # integers with no more values in the reference are categories
MOST_CATEGORIES: Final = 1000
_NEW_LISTED: Final = 10
DEFINITIONS: Final = (
    "PSI: numbers in ten bins by the reference's deciles, categories as they are; an empty bin counts as 0.0001.",
    "KS: two-sample Kolmogorov–Smirnov D, exact p-value where that is quick, else the limit with Stephens' correction.",
    "Wasserstein: first distance of the two empirical distributions, in the column's unit.",
    "JS: Jensen–Shannon distance, base 2; numbers in the reference's bins by Doane's rule and one for the rest.",
    "chi2: Pearson's test of the contingency table, without Yates' correction.",
    f"drifted: PSI of at least {PSI_LIMIT}, and p below {ALPHA} after Holm's correction over the columns.",
)


class Drift(Struct, frozen=True):
    """Columns compared, columns that only one side has, and what could not be compared."""

    columns: tuple[ColumnDrift, ...]
    missing: tuple[str, ...]
    notes: tuple[str, ...]


class _Moments(Struct, frozen=True):
    """What the bins of a column need to know of the reference, and how many values each side has."""

    deciles: tuple[float, ...]
    least: float
    most: float
    skewness: float
    known: int
    other: int


def compare(
    engine: Engine,
    reference: Relation,
    current: Relation,
    *,
    leave_out: Sequence[str] = (),
    psi_limit: float = PSI_LIMIT,
) -> Drift:
    """All columns that both sides have, but those left out (ids, dates). Raises the engine's errors."""
    notes: list[str] = []
    shared = [c for c in reference.columns if c in current.columns and c not in leave_out]
    missing = tuple(c for c in reference.columns if c not in current.columns)
    n, m = _rows(engine, reference), _rows(engine, current)
    if min(n, m) < MIN_ROWS:
        notes.append(f"drift is not judged: {min(n, m)} rows are fewer than {MIN_ROWS}")
    numbers, categories = [], []
    few = _few_valued(engine, reference, shared)
    for name in shared:
        kinds = {type_name(side.table[name]) for side in (reference, current)}
        if kinds <= {"integer", "number"} and name not in few:
            numbers.append(name)
        elif kinds <= {"integer", "number", "text", "boolean"}:
            categories.append(name)
        elif not kinds & {"date", "timestamp", "time"}:
            notes.append(f"{name}: {' and '.join(sorted(kinds))} columns are not compared")
    found: dict[str, ColumnDrift] = {}
    moments = _moments(engine, reference, current, numbers)
    counts = _binned(engine, reference, current, moments)
    for name in numbers:
        if name not in moments:
            notes.append(f"{name}: no values on one side")
            continue
        found[name] = _numeric(engine, reference, current, name, moments[name], counts[name], notes)
    for name in categories:
        drift = _categorical(engine, reference, current, name, notes)
        if drift is not None:
            found[name] = drift
    judged = _judged([found[name] for name in shared if name in found], psi_limit, enough=min(n, m) >= MIN_ROWS)
    return Drift(tuple(judged), missing, tuple(notes))


def _judged(columns: list[ColumnDrift], limit: float, *, enough: bool) -> list[ColumnDrift]:
    adjusted = holm([c.ks_p if c.ks_p is not None else c.chi2_p for c in columns])
    judged = []
    for column, p in zip(columns, adjusted, strict=True):
        drifted = None
        if enough and column.psi is not None:
            drifted = column.psi >= limit and p is not None and p < ALPHA
        judged.append(replace(column, drifted=drifted))
    return judged


def _rows(engine: Engine, relation: Relation) -> int:
    return int(engine.rows(relation.table.aggregate(n=relation.table.count()))[0][0])


def _few_valued(engine: Engine, reference: Relation, names: Sequence[str]) -> frozenset[str]:
    """Integer columns with so few values that they are categories."""
    integers = [name for name in names if type_name(reference.table[name]) == "integer"]
    if not integers:
        return frozenset()
    # Approximate counts decide nothing near the limit: ask for a few more and count those exactly.
    rough = reference.table.aggregate(**{f"c{i}": reference.table[c].approx_nunique() for i, c in enumerate(integers)})
    near = [c for c, n in zip(integers, engine.rows(rough)[0], strict=True) if (n or 0) <= 2 * FEW_VALUES]
    if not near:
        return frozenset()
    exact = reference.table.aggregate(**{f"c{i}": reference.table[c].nunique() for i, c in enumerate(near)})
    return frozenset(c for c, n in zip(near, engine.rows(exact)[0], strict=True) if n <= FEW_VALUES)


def _moments(engine: Engine, reference: Relation, current: Relation, names: Sequence[str]) -> dict[str, _Moments]:
    """Deciles, range and skewness of the reference; two scans of it, one of the other side."""
    if not names:
        return {}
    first: dict[str, ir.Value] = {}
    for i, name in enumerate(names):
        x = finite(reference.table[name]).cast("float64")
        first |= {
            f"q{i}": x.quantile([k / 10 for k in range(1, 10)]),
            f"n{i}": x.count(),
            f"a{i}": x.min(),
            f"b{i}": x.max(),
            f"m{i}": x.mean(),
        }
    row = engine.rows(reference.table.aggregate(**first))[0]
    parts = {name: row[5 * i : 5 * i + 5] for i, name in enumerate(names)}
    others = engine.rows(
        current.table.aggregate(**{f"n{i}": finite(current.table[c]).count() for i, c in enumerate(names)})
    )[0]
    second: dict[str, ir.Value] = {}
    for i, name in enumerate(names):
        away = finite(reference.table[name]).cast("float64") - (parts[name][4] or 0.0)
        second |= {f"s{i}": (away * away).mean(), f"t{i}": (away * away * away).mean()}
    powers = engine.rows(reference.table.aggregate(**second))[0]
    found = {}
    for i, name in enumerate(names):
        deciles, known, least, most, _ = parts[name]
        if not known or not others[i]:
            continue
        variance, cube = powers[2 * i] or 0.0, powers[2 * i + 1] or 0.0
        skewness = cube / variance**1.5 if variance > 0 else 0.0
        found[name] = _Moments(tuple(deciles), least, most, skewness, int(known), int(others[i]))
    return found


def _edges(moments: _Moments) -> list[float]:
    """Edges of the reference's equal bins."""
    bins = doane_bins(moments.known, moments.least, moments.most, moments.skewness)
    width = (moments.most - moments.least) / bins
    return [moments.least + width * k for k in range(bins)] + [moments.most]


def _binned(
    engine: Engine, reference: Relation, current: Relation, moments: dict[str, _Moments]
) -> dict[str, tuple[list[list[int]], list[list[int]]]]:
    """Per column: counts in the decile bins and in the equal bins (the last one: outside), of both sides."""
    if not moments:
        return {}
    names = list(moments)
    sides = []
    for relation in (reference, current):
        asked: dict[str, ir.Value] = {}
        for i, name in enumerate(names):
            x = finite(relation.table[name]).cast("float64")
            for k, edge in enumerate(moments[name].deciles):
                asked[f"d{i}_{k}"] = (x < edge).sum()
            edges = _edges(moments[name])
            for k, edge in enumerate(edges):
                last = k == len(edges) - 1
                asked[f"e{i}_{k}"] = ((x <= edge) if last else (x < edge)).sum()
        row = engine.rows(relation.table.aggregate(**asked))[0]
        sides.append(dict(zip(asked, row, strict=True)))
    counts = {}
    for i, name in enumerate(names):
        m = moments[name]
        deciles, equal = [], []
        for side, total in zip(sides, (m.known, m.other), strict=True):
            below = [int(side[f"d{i}_{k}"] or 0) for k in range(len(m.deciles))]
            deciles.append([b - a for a, b in zip([0, *below], [*below, total], strict=True)])
            under = [int(side[f"e{i}_{k}"] or 0) for k in range(len(_edges(m)))]
            inside = [b - a for a, b in pairwise(under)]
            equal.append([*inside, total - sum(inside)])
        counts[name] = (deciles, equal)
    return counts


def _numeric(
    engine: Engine,
    reference: Relation,
    current: Relation,
    name: str,
    moments: _Moments,
    counts: tuple[list[list[int]], list[list[int]]],
    notes: list[str],
) -> ColumnDrift:
    deciles, equal = counts
    psi = population_stability_index(*deciles)
    js = jensen_shannon(shares(equal[0]), shares(equal[1]))
    try:
        distance, wasserstein = _ranked(engine, reference, current, name, moments)
    except OutOfMemory as error:
        notes.append(f"{name}: KS and Wasserstein not computed: memory ({error})")
        return ColumnDrift(name, psi=psi, js=js)
    p = kolmogorov_smirnov_p(distance, moments.known, moments.other)
    return ColumnDrift(name, psi=psi, ks=distance, ks_p=p, wasserstein=wasserstein, js=js)


def _ranked(
    engine: Engine, reference: Relation, current: Relation, name: str, moments: _Moments
) -> tuple[float, float]:
    """KS D and the Wasserstein distance, by one window over all values of the two distribution functions."""
    import ibis

    def side(relation: Relation, ours: int) -> ir.Table:
        x = finite(relation.table[name]).cast("float64")
        chosen = relation.table.select(x=x).filter(lambda t: t.x.notnull())
        return chosen.select("x", r=ibis.literal(1 - ours, "int64"), c=ibis.literal(ours, "int64"))

    both = side(reference, 0).union(side(current, 1))
    values = both.group_by("x").aggregate(r=both.r.sum(), c=both.c.sum())
    window = ibis.window(order_by="x", preceding=None, following=0)
    ordered = ibis.window(order_by="x")
    walked = values.select(
        gap=(
            values.r.sum().over(window) / float(moments.known) - values.c.sum().over(window) / float(moments.other)
        ).abs(),
        step=values.x.lead().over(ordered) - values.x,
    )
    row = engine.rows(walked.aggregate(d=walked.gap.max(), w=(walked.gap * walked.step).sum()))[0]
    return float(row[0] or 0.0), float(row[1] or 0.0)


def _categorical(
    engine: Engine, reference: Relation, current: Relation, name: str, notes: list[str]
) -> ColumnDrift | None:
    sides: list[dict[str, int]] = []
    for relation in (reference, current):
        column = relation.table[name].cast("string")
        counted: Any = relation.table.select(v=column).filter(lambda t: t.v.notnull()).group_by("v")
        counted = counted.aggregate(n=lambda t: t.count()).order_by("v").limit(MOST_CATEGORIES + 1)
        found = {str(value): int(count) for value, count in engine.rows(counted)}
        if len(found) > MOST_CATEGORIES:
            notes.append(f"{name}: more than {MOST_CATEGORIES} different values: not compared as categories")
            return None
        sides.append(found)
    if not sides[0] or not sides[1]:
        notes.append(f"{name}: no values on one side")
        return None
    values = sorted(sides[0] | sides[1])
    counts = [[side.get(value, 0) for value in values] for side in sides]
    new = [value for value in values if value not in sides[0]]
    tested = chi_square(counts)
    return ColumnDrift(
        name,
        psi=population_stability_index(*counts),
        js=jensen_shannon(shares(counts[0]), shares(counts[1])),
        chi2=tested[0] if tested else None,
        chi2_p=tested[1] if tested else None,
        new_categories=tuple(new[:_NEW_LISTED]),
        new_category_share=sum(sides[1][value] for value in new) / sum(sides[1].values()),
    )
