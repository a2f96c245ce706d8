"""The columns of a Parquet file, from its foot."""

from __future__ import annotations

import io
import time
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import given
from hypothesis import strategies as st

from aiaudit.model.fact import State
from aiaudit.probes.datasets.files import DataFilesProbe, FilesQuery
from aiaudit.probes.datasets.parquet import parquet_columns
from tests.probes.support import context


def written(table: pa.Table) -> bytes:
    out = io.BytesIO()
    pq.write_table(table, out)
    return out.getvalue()


NESTED = pa.table(
    {
        "customer_id": ["a", "b"],
        "place": [{"city": "x", "at": {"lat": 1.0}}, {"city": "y", "at": {"lat": 2.0}}],
        "tags": [["a"], []],
        "when": pa.array([0, 1], pa.timestamp("us", "UTC")),
        "amount": pa.array([1, 2], pa.decimal128(9, 2)),
    }
)


def test_columns_in_order_and_of_nested_ones_the_outer_name() -> None:
    assert parquet_columns(io.BytesIO(written(NESTED))) == ("customer_id", "place", "tags", "when", "amount")


def test_an_index_that_pandas_numbered_is_no_column() -> None:
    table = pa.table({"income": [1], "__index_level_0__": [0]})
    assert parquet_columns(io.BytesIO(written(table))) == ("income",)


def test_what_is_no_parquet_tells_nothing() -> None:
    data = written(NESTED)
    for broken in (b"", b"PAR1", data[:-1], data[:-40] + data[-8:], b"version https://git-lfs.github.com/spec/v1\n"):
        assert parquet_columns(io.BytesIO(broken)) is None


@given(st.binary(max_size=300))
def test_any_foot_is_read_without_an_error(foot: bytes) -> None:
    parquet_columns(io.BytesIO(b"PAR1" + foot + len(foot).to_bytes(4, "little") + b"PAR1"))


def test_a_hostile_foot_costs_no_time() -> None:
    for foot in (
        b"\x29" + b"\xff" * 9 + b"\x7f",
        b"\x1c" * 3_000_000,
        b"\x29\xfc\xff\xff\x7f" + b"\x15\x00" * 1_000_000,
    ):
        start = time.process_time()
        assert parquet_columns(io.BytesIO(b"PAR1" + foot + len(foot).to_bytes(4, "little") + b"PAR1")) is None
        assert time.process_time() - start < 3


def test_the_probe_tells_what_the_columns_say_of_people(tmp_path: Path) -> None:
    tree = {"data/loans.parquet": written(pa.table({"first_name": ["a"], "income": [1], "loan_status": [0]}))}
    fact = DataFilesProbe().answer("f", FilesQuery(), context(tmp_path, tree))
    assert fact.state is State.KNOWN
    (one,) = fact.value
    assert (one["columns"], one["names_people"], one["about_people"], one["decides"]) == (
        ["first_name", "income", "loan_status"],
        ["first_name"],
        ["income"],
        ["loan_status"],
    )
