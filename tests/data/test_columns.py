"""Pass A against a plain-Python reference on random tables, and at the edges."""

from __future__ import annotations

import atexit
import math
import statistics
from collections import Counter
from functools import cache
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aiaudit.data.columns import QUANTILES, scan
from aiaudit.data.duckdb_engine import DuckDBEngine
from aiaudit.data.exact import commonest, duplicate_rows, outliers
from aiaudit.data.model import Source

INTEGERS = st.lists(st.one_of(st.none(), st.integers(-(2**63), 2**63 - 1), st.integers(-3, 3)), min_size=1, max_size=40)
FLOATS = st.lists(
    st.one_of(st.none(), st.floats(-1e12, 1e12), st.sampled_from([math.nan, math.inf, -math.inf, 0.0])),
    min_size=1,
    max_size=40,
)
TEXTS = st.lists(
    st.one_of(st.none(), st.text(max_size=12), st.sampled_from(["", "1.5", " 7 ", "nan", "1e3", "x"])),
    min_size=1,
    max_size=40,
)
RELAXED = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])


@cache
def one_engine() -> DuckDBEngine:
    """For all examples: each leaves nothing in it."""
    made = DuckDBEngine(threads=1)
    atexit.register(made.close)
    return made


def profile(values: list, kind: pa.DataType, folder: Path):
    path = folder / "t.parquet"
    pa.parquet.write_table(pa.table({'"; drop table': pa.array(values, kind)}), path)
    engine = one_engine()
    try:
        relation = engine.open(Source("t", "t", (path,), "parquet"))
        found = scan(engine, relation)
        assert found.rows == len(values)
        column = found.columns[0]
        return column, {
            "duplicates": duplicate_rows(engine, relation),
            "commonest": commonest(engine, relation, [column.name])[column.name],
            "outliers": outliers(engine, relation, [column]).get(column.name),
        }
    finally:
        engine.forget()


def same(ours, theirs):
    if theirs is None or (isinstance(theirs, float) and math.isnan(theirs)):
        assert ours is None
    else:
        assert ours == pytest.approx(theirs, rel=1e-9, abs=1e-6)


def key(value):
    return "nan" if isinstance(value, float) and math.isnan(value) else value


def of_numbers(column, exact, values, scale: float):
    known = [v for v in values if v is not None]
    finite = [v for v in known if math.isfinite(v)]
    assert column.null_fraction == pytest.approx(1 - len(known) / len(values))
    assert column.distinct == len({key(v) for v in known})
    assert (column.zeros, column.negatives) == (sum(v == 0 for v in known), sum(v < 0 for v in known))
    assert (column.min, column.max) == ((min(finite), max(finite)) if finite else (None, None))
    same(column.mean, statistics.fmean(finite) if finite else None) if scale < 1e13 else None
    if finite:
        assert column.mean == pytest.approx(statistics.fmean(finite), rel=1e-9, abs=scale * 1e-9)
        theirs = np.quantile(np.array(finite, float), QUANTILES)
        assert column.quantiles == pytest.approx(tuple(theirs), rel=1e-9, abs=scale * 1e-9)
    if len(finite) > 1:
        std = float(np.std(np.array(finite, float), ddof=1))
        step = math.ulp(0.0)  # of the squares of numbers near 1e-160, which have few digits or none
        assert column.std == pytest.approx(
            std, rel=1e-6, abs=max(scale * 1e-9, len(finite) * step / max(std, step**0.5))
        )
    assert exact["duplicates"] == len(values) - len({key(v) for v in values})
    counts = Counter(key(v) for v in known)
    share, distinct = exact["commonest"]
    same(share, max(counts.values()) / len(known) if known else None)
    assert distinct == len(counts)
    assert column.constant is (len(counts) == 1)
    if exact["outliers"] is not None:
        low, high = column.quantiles[2], column.quantiles[4]
        reach = 1.5 * (high - low)
        assert exact["outliers"] == sum(v < low - reach or v > high + reach for v in map(float, finite))


@RELAXED
@given(INTEGERS)
def test_whole_numbers(tmp_path, values):
    column, exact = profile(values, pa.int64(), tmp_path)
    assert column.type == "integer"
    of_numbers(column, exact, values, max((abs(v) for v in values if v is not None), default=0) or 1)


@RELAXED
@given(FLOATS)
def test_floating_point(tmp_path, values):
    column, exact = profile(values, pa.float64(), tmp_path)
    assert column.type == "number"
    known = [v for v in values if v is not None]
    assert column.nan == sum(math.isnan(v) for v in known)
    assert column.infinite == sum(math.isinf(v) for v in known)
    of_numbers(column, exact, values, max((abs(v) for v in known if math.isfinite(v)), default=0) or 1)


@RELAXED
@given(TEXTS)
def test_texts(tmp_path, values):
    column, exact = profile(values, pa.string(), tmp_path)
    known = [v for v in values if v is not None]
    assert column.type == "text"
    assert column.null_fraction == pytest.approx(1 - len(known) / len(values))
    assert column.empty_fraction == pytest.approx(sum(not v.strip(" \t\n\r\v\f") for v in known) / len(values))  # blank
    assert column.distinct == len(set(known))
    assert column.length_max == max((len(v) for v in known), default=0)
    if known:
        assert column.length_mean == pytest.approx(statistics.fmean(map(len, known)))
        assert column.constant is (len(set(known)) == 1)
    assert exact["duplicates"] == len(values) - len(set(values))
    assert (column.min, column.max) == (None, None)  # texts are somebody's


@pytest.mark.parametrize(
    ("values", "share"), [(["1", "2.5", "-3e4", "", None], 1.0), (["1", "x"], 0.5), (["a", "b"], 0.0), ([" ", ""], 0.0)]
)
def test_numbers_stored_as_text(tmp_path, values, share):
    assert profile(values, pa.string(), tmp_path)[0].numeric_as_text == share


def test_numbers_too_large_for_a_variance_lose_only_that(tmp_path):
    path = tmp_path / "t.parquet"
    pa.parquet.write_table(pa.table({"huge": [1.7e308, -1.7e308, 1.0], "n": [1, 2, 3]}), path)
    engine = DuckDBEngine(threads=1)
    try:
        found = scan(engine, engine.open(Source("t", "t", (path,), "parquet")))
    finally:
        engine.close()
    huge, n = found.columns
    assert (huge.min, huge.max, huge.distinct, huge.std) == (-1.7e308, 1.7e308, 3, None)
    assert (n.mean, n.std) == (2.0, 1.0)
