"""Our statistics against scipy's, on random input and at the edges."""

from __future__ import annotations

import math
import warnings

import numpy as np
import pytest
import scipy  # which imports its parts when they are asked for
from hypothesis import assume, given
from hypothesis import strategies as st

from aiaudit.data.statistics import (
    chi_square,
    doane_bins,
    gamma_upper,
    holm,
    jensen_shannon,
    kolmogorov_smirnov_p,
    population_stability_index,
    shares,
    wilson,
)

SAMPLES = st.lists(st.integers(0, 30), min_size=1, max_size=60)
COUNTS = st.lists(st.tuples(st.integers(0, 500), st.integers(0, 500)), min_size=2, max_size=12)


@given(SAMPLES, SAMPLES)
def test_the_exact_p_value_is_that_of_scipy(a, b):
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        theirs = scipy.stats.ks_2samp(a, b, method="exact")
    assume(not told)  # scipy gives up on some and answers approximately
    assert kolmogorov_smirnov_p(theirs.statistic, len(a), len(b)) == pytest.approx(theirs.pvalue, rel=1e-9)


@pytest.mark.parametrize(
    ("distance", "n", "m"), [(0.01, 60_000, 50_000), (0.005, 100_000, 100_000), (0.03, 20_000, 30_000)]
)
def test_large_samples_take_the_limit(distance, n, m):
    assert kolmogorov_smirnov_p(distance, n, m) == pytest.approx(
        scipy.stats.kstwo.sf(distance, round(n * m / (n + m))), rel=0.05, abs=1e-12
    )


@pytest.mark.parametrize(("distance", "n", "m"), [(0.0, 10, 10), (0.5, 0, 3)])
def test_no_distance_or_no_values_is_no_evidence(distance, n, m):
    assert kolmogorov_smirnov_p(distance, n, m) == 1.0


@given(COUNTS)
def test_chi_square_is_scipys_without_yates(pairs):
    table = [[a for a, _ in pairs], [b for _, b in pairs]]
    ours = chi_square(table)
    kept = [pair for pair in pairs if sum(pair)]
    rows = [row for row in zip(*kept, strict=True) if sum(row)] if kept else []
    if len(kept) < 2 or len(rows) < 2:
        assert ours is None
        return
    theirs = scipy.stats.chi2_contingency(rows, correction=False)
    assert ours == pytest.approx((theirs[0], theirs[1]), rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("a", [0.5, 1, 5, 50, 300])
@pytest.mark.parametrize("x", [0, 0.01, 0.5, 1, 7, 60, 290, 500])
def test_upper_gamma(a, x):
    assert gamma_upper(a, x) == pytest.approx(scipy.stats.gamma.sf(x, a), rel=1e-10, abs=1e-300)


@given(COUNTS)
def test_jensen_shannon_is_scipys_in_base_two(pairs):
    reference, current = [a for a, _ in pairs], [b for _, b in pairs]
    if not sum(reference) or not sum(current):
        return
    theirs = scipy.spatial.distance.jensenshannon(reference, current, base=2)
    assert jensen_shannon(shares(reference), shares(current)) == pytest.approx(theirs, abs=1e-9)


@given(COUNTS)
def test_psi_is_symmetric_and_never_negative(pairs):
    reference, current = [a for a, _ in pairs], [b for _, b in pairs]
    if not sum(reference) or not sum(current):
        return
    psi = population_stability_index(reference, current)
    assert psi >= 0
    assert psi == pytest.approx(population_stability_index(current, reference))


def test_psi_by_hand():
    assert population_stability_index([50, 50], [25, 75]) == pytest.approx(
        (0.25 - 0.5) * math.log(0.25 / 0.5) + (0.75 - 0.5) * math.log(0.75 / 0.5)
    )
    assert population_stability_index([100, 0], [100, 0]) == pytest.approx(0)


@pytest.mark.parametrize("seed", range(5))
def test_doane_counts_as_numpy(seed):
    values = np.random.default_rng(seed).lognormal(size=500 + 300 * seed)
    assert doane_bins(len(values), values.min(), values.max(), scipy.stats.skew(values)) == (
        len(np.histogram_bin_edges(values, "doane")) - 1
    )


def test_holm_by_hand():
    assert holm([0.01, None, 0.04, 0.03]) == pytest.approx([0.03, None, 0.06, 0.06])
    assert holm([]) == []


@pytest.mark.parametrize(("k", "n"), [(0, 10), (5, 10), (10, 10), (37, 400)])
def test_wilson_is_scipys(k, n):
    theirs = scipy.stats.binomtest(k, n).proportion_ci(method="wilson")
    assert wilson(k, n) == pytest.approx((theirs.low, theirs.high), abs=1e-6)


def test_wilson_of_nothing_is_everything():
    assert wilson(0, 0) == (0.0, 1.0)
