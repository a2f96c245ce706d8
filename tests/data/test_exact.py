"""Duplicates, labels, conflicts, groups, leakage and overlap against brute force on random rows."""

from __future__ import annotations

from collections import Counter, defaultdict
from functools import cache

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aiaudit.data.columns import scan
from aiaudit.data.duckdb_engine import DuckDBEngine
from aiaudit.data.exact import conflicting_groups, duplicate_ids, duplicate_rows, group_rates, label_balance
from aiaudit.data.leakage import single_feature
from aiaudit.data.model import Source
from aiaudit.data.overlap import overlap

ROW = st.tuples(st.integers(0, 5), st.one_of(st.none(), st.sampled_from("abc")), st.sampled_from(["0", "1"]))
ROWS = st.lists(ROW, min_size=1, max_size=40)
RELAXED = settings(deadline=None, max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module")
def one_engine():
    """For all examples of a test: each leaves nothing in it."""
    engine = DuckDBEngine(threads=1)
    yield engine
    engine.close()


@cache
def writer():
    return duckdb.connect(config={"threads": 1})


def relation_of(engine, folder, rows, name="t"):
    path = folder / f"{name}.parquet"
    connection = writer()
    connection.execute("CREATE OR REPLACE TABLE t (n INTEGER, c VARCHAR, y VARCHAR)")
    columns = [list(of) for of in zip(*rows, strict=True)]
    connection.execute("INSERT INTO t SELECT unnest(?), unnest(?), unnest(?)", columns)
    connection.execute(f"COPY t TO '{path}'")
    return engine.open(Source(name, name, (path,), "parquet"))


@RELAXED
@given(ROWS)
def test_one_set(one_engine, tmp_path, rows):
    engine = one_engine
    try:
        relation = relation_of(engine, tmp_path, rows)
        assert duplicate_rows(engine, relation) == len(rows) - len(set(rows))
        assert duplicate_ids(engine, relation, "n") == len(rows) - len({r[0] for r in rows})
        label = label_balance(engine, relation, "y")
        assert label.counts == Counter(r[2] for r in rows)
        labels = defaultdict(set)
        for n, c, y in rows:
            labels[n, c].add(y)
        assert conflicting_groups(engine, relation, "y", ["n", "c"]) == sum(len(ys) > 1 for ys in labels.values())
        groups = defaultdict(list)
        for _, c, y in rows:
            if c is not None:
                groups[c].append(y == "1")
        rates = {g.group: (g.n, g.positive_rate) for g in group_rates(engine, relation, "y", "1", "c")}
        assert rates == {c: (len(v), sum(v) / len(v)) for c, v in groups.items()}
        found = {leak.column: leak for leak in single_feature(engine, relation, "y", scan(engine, relation).columns)}
        if len(label.counts) > 1:
            for name, place in (("n", 0), ("c", 1)):
                cells = Counter((r[place], r[2]) for r in rows)
                best = Counter()
                for (value, _), count in cells.items():
                    best[value] = max(best[value], count)
                assert found[name].accuracy == pytest.approx(sum(best.values()) / len(rows))
                assert found[name].majority == pytest.approx(max(label.counts.values()) / len(rows))
        else:
            assert found == {}
    finally:
        engine.forget()


@RELAXED
@given(ROWS, ROWS)
def test_two_sets(one_engine, tmp_path, first, second):
    engine = one_engine
    try:
        a, b = relation_of(engine, tmp_path, first, "a"), relation_of(engine, tmp_path, second, "b")
        pair = overlap(engine, a, b, ids=["n"], groups=["c"])
        contents = {(c, y) for _, c, y in first}
        assert pair.overlap_rows == sum((c, y) in contents for _, c, y in second)
        assert pair.overlap_ids == len({r[0] for r in first} & {r[0] for r in second})
        assert pair.overlap_groups == {"c": len({r[1] for r in first} & {r[1] for r in second} - {None})}
    finally:
        engine.forget()


def test_a_number_that_tells_the_label_leaks_and_noise_does_not(engine, tmp_path):
    rows = [(i * 37 % 1000, "abc"[i % 3], "1" if i * 37 % 1000 >= 700 else "0") for i in range(1000)]
    relation = relation_of(engine, tmp_path, rows)
    found = single_feature(engine, relation, "y", scan(engine, relation).columns)
    assert [(leak.column, leak.accuracy) for leak in found] == [("n", 1.0), ("c", pytest.approx(0.7))]


def test_order_in_time_is_told_of_times_and_numbers_only(engine, tmp_path):
    sides = [relation_of(engine, tmp_path, rows, name) for name, rows in (
        ("a", [(1, "01.02.2026", "x"), (3, "28.01.2026", "x")]), ("b", [(3, "03.02.2026", "x"), (9, "04.02.2026", "x")]),
    )]  # fmt: skip
    assert overlap(engine, *sides, time="n").time_ordered is True
    assert overlap(engine, *reversed(sides), time="n").time_ordered is False
    assert overlap(engine, *sides, time="c").time_ordered is None
