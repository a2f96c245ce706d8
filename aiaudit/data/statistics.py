"""Distances and p-values from counts. Plain arithmetic; every definition is the one that the report prints.

Checked in tests against scipy 1.17 (`ks_2samp`, `chi2_contingency`, `jensenshannon`, `wasserstein_distance`).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

ZERO_SHARE: Final = 1e-4  # stands for an empty bin in PSI; the usual choice, e.g. of Evidently
_EXACT_CELLS: Final = 5_000_000  # of the Kolmogorov–Smirnov recurrence: about 1 s
_TINY: Final = 1e-300


def shares(counts: Sequence[int]) -> list[float]:
    """Counts as shares of their sum (zeros where there is none)."""
    total = sum(counts)
    return [count / total if total else 0.0 for count in counts]


def population_stability_index(reference: Sequence[int], current: Sequence[int]) -> float:
    """PSI = Σ (c − r)·ln(c / r) over the bins' shares; an empty bin counts as `ZERO_SHARE`.

    Where a true share is no larger than that, the smallest one over 10⁶ stands in instead, so that an empty bin never
    counts for more than a filled one.
    """
    total = 0.0
    r_shares, c_shares = shares(reference), shares(current)
    r_fill, c_fill = _fill(r_shares), _fill(c_shares)
    for r, c in zip(r_shares, c_shares, strict=True):
        r, c = r or r_fill, c or c_fill  # noqa: PLW2901
        total += (c - r) * math.log(c / r)
    return total


def jensen_shannon(reference: Sequence[float], current: Sequence[float]) -> float:
    """Jensen–Shannon distance: the square root of the divergence in bits, 0 (equal) … 1 (nothing in common)."""
    divergence = 0.0
    for p, q in zip(reference, current, strict=True):
        middle = (p + q) / 2
        if p > 0:
            divergence += p * math.log2(p / middle) / 2
        if q > 0:
            divergence += q * math.log2(q / middle) / 2
    return math.sqrt(max(divergence, 0.0))


def doane_bins(count: int, least: float, most: float, skewness: float) -> int:
    """Number of equal bins by Doane (1976): 1 + log2 n + log2(1 + |g1| / σ(g1)), as numpy's `doane` counts them."""
    if count < 3 or not most > least:
        return 1
    sigma = math.sqrt(6 * (count - 2) / ((count + 1) * (count + 3)))
    width = (most - least) / (1 + math.log2(count) + math.log2(1 + abs(skewness) / sigma))
    return max(1, math.ceil((most - least) / width)) if width > 0 else 1


def chi_square(table: Sequence[Sequence[int]]) -> tuple[float, float] | None:
    """Pearson's χ² of a contingency table without Yates' correction, and its p-value. None: nothing to compare."""
    rows = [row for row in table if sum(row) > 0]
    columns = [column for column in zip(*rows, strict=True) if sum(column) > 0] if rows else []
    if len(rows) < 2 or len(columns) < 2:
        return None
    total = sum(sum(column) for column in columns)
    row_sums = [sum(column[i] for column in columns) for i in range(len(rows))]
    statistic = 0.0
    for column in columns:
        column_sum = sum(column)
        for i, observed in enumerate(column):
            expected = row_sums[i] * column_sum / total
            statistic += (observed - expected) ** 2 / expected
    freedom = (len(rows) - 1) * (len(columns) - 1)
    return statistic, gamma_upper(freedom / 2, statistic / 2)


def kolmogorov_smirnov_p(distance: float, n: int, m: int) -> float:
    """Two-sided p-value of the two-sample statistic D.

    Exact by the path-counting recurrence (Schröer and Trenkler 1995, as in R's `psmirnov`, upper tail) where it takes
    at most `_EXACT_CELLS` steps, else Kolmogorov's limit with Stephens' (1970) correction for small samples.
    """
    if distance <= 0 or n == 0 or m == 0:
        return 1.0
    if 2 * distance * n * m + n + m <= _EXACT_CELLS:
        return _exact_p(distance, n, m)
    effective = math.sqrt(n * m / (n + m))
    argument = (effective + 0.12 + 0.11 / effective) * distance
    total, sign = 0.0, 1.0
    for k in range(1, 101):
        term = math.exp(-2 * (k * argument) ** 2)
        total += sign * term
        sign = -sign
        if term < 1e-17 * total:
            break
    return min(max(2 * total, 0.0), 1.0)


def holm(p_values: Sequence[float | None]) -> list[float | None]:
    """Holm's (1979) adjusted p-values; None stays None and does not count."""
    order = sorted((p, index) for index, p in enumerate(p_values) if p is not None)
    adjusted: list[float | None] = [None] * len(p_values)
    largest = 0.0
    for rank, (p, index) in enumerate(order):
        largest = max(largest, min(1.0, (len(order) - rank) * p))
        adjusted[index] = largest
    return adjusted


def wilson(successes: int, n: int) -> tuple[float, float]:
    """Wilson's (1927) 95 % interval of a share."""
    z = 1.959964
    if n == 0:
        return 0.0, 1.0
    share = successes / n
    centre = share + z * z / (2 * n)
    margin = z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return max(0.0, (centre - margin) / (1 + z * z / n)), min(1.0, (centre + margin) / (1 + z * z / n))


def gamma_upper(a: float, x: float) -> float:
    """The regularised upper incomplete gamma function Q(a, x): series below a + 1, continued fraction (Lentz) above."""
    if x <= 0:
        return 1.0
    scale = math.exp(-x + a * math.log(x) - math.lgamma(a))
    if x < a + 1:
        term = total = 1 / a
        n = a
        while abs(term) > abs(total) * 1e-17:
            n += 1
            term *= x / n
            total += term
        return max(0.0, 1 - total * scale)
    b = x + 1 - a
    c = 1 / _TINY
    d = 1 / b
    fraction = d
    for i in range(1, 10_000):
        step = -i * (i - a)
        b += 2
        d = 1 / (step * d + b or _TINY)
        c = b + step / c or _TINY
        fraction *= d * c
        if abs(d * c - 1) < 1e-16:
            break
    return scale * fraction


def _fill(values: Sequence[float]) -> float:
    least = min((value for value in values if value > 0), default=0.0)
    return ZERO_SHARE if least > ZERO_SHARE else least / 1e6 or ZERO_SHARE


def _exact_p(distance: float, n: int, m: int) -> float:
    """P(D ≥ distance): the chance that a lattice path from (0, 0) to (n, m) leaves the band |i/n − j/m| < distance.

    `outside[j]` is that chance for paths to (i, j); beyond the band it is 1, so only cells inside are computed.
    """
    limit = (0.5 + math.floor(distance * n * m - 1e-7)) / (n * m)
    outside = [1.0] * (m + 1)
    outside[0] = 0.0
    for j in range(1, m + 1):
        if j / m > limit:
            break
        outside[j] = 0.0
    for i in range(1, n + 1):
        at = i / n
        first = max(0, math.ceil((at - limit) * m - 1e-9))
        last = min(m, math.floor((at + limit) * m + 1e-9))
        before = 1.0
        for j in range(first, last + 1):
            if abs(at - j / m) > limit:
                before = outside[j] = 1.0
                continue
            if j == 0:
                before = outside[0]
                continue
            before = outside[j] = (i * outside[j] + j * before) / (i + j)
    return min(max(outside[m], 0.0), 1.0)
