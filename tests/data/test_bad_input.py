"""Files that are broken, odd or hostile: a clear fact or a note, never a wrong number, never a crash."""

from __future__ import annotations

import csv
import io
import json
import sqlite3
from pathlib import Path

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aiaudit.data import sqlite_open
from aiaudit.data.duckdb_engine import DuckDBEngine
from aiaudit.data.engine import Unopened
from aiaudit.data.measure import measure
from aiaudit.data.model import Source
from aiaudit.model.records import plain
from tests.data.conftest import NOW

RELAXED = settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])


def column(report, name):
    return next(c for c in report.datasets[0].columns if c.name == name)


def test_malformed_lines_are_counted_and_named(tmp_path, measured):
    (tmp_path / "m.csv").write_text("a,b\n1,2\n1,2,3\n4\n5,6\n")
    dataset = measured(tmp_path / "m.csv").datasets[0]
    assert (dataset.rows, dataset.malformed.count, dataset.malformed.lines) == (2, 2, (3, 4))


@pytest.mark.parametrize("text", ["a,b\r1,2\r3,4\r", "a,b\r\n1,2\r\n3,4\r\n"])
def test_line_ends_of_other_systems_are_read(tmp_path, measured, text):
    (tmp_path / "m.csv").write_bytes(text.encode())
    assert [c.name for c in measured(tmp_path / "m.csv").datasets[0].columns] == ["a", "b"]


def test_mixed_line_ends_are_refused_with_a_note(tmp_path, measured):
    (tmp_path / "m.csv").write_bytes(b"a,b\rc,d\n1,2\n")
    report = measured(tmp_path / "m.csv")
    assert (report.datasets[0].columns, len(report.notes)) == ((), 1)


def test_a_malformed_line_does_not_make_its_column_a_text(tmp_path, measured):
    lines = [f"{i},{i / 2},2024-01-{i % 28 + 1:02},true,w{i}" for i in range(50)]
    (tmp_path / "m.csv").write_text("a,b,c,d,e\n" + "\n".join([*lines, "broken", "x,y,z,u,v,w", "x,y"]) + "\n")
    dataset = measured(tmp_path / "m.csv").datasets[0]
    assert [c.type for c in dataset.columns] == ["integer", "number", "date", "boolean", "text"]
    assert (dataset.rows, dataset.malformed.count, dataset.malformed.lines) == (50, 3, (52, 53, 54))


def test_rows_of_many_megabytes_are_rows(tmp_path, measured):
    (tmp_path / "l.csv").write_text("a,b\n" + "1,x\n" * 100 + "2," + "y" * 5_000_000 + "\n3,z\n")
    dataset = measured(tmp_path / "l.csv").datasets[0]
    assert (dataset.rows, dataset.malformed.count, dataset.columns[1].length_max) == (102, 0, 5_000_000)


def test_a_few_broken_signs_in_utf8_are_malformed_lines(tmp_path, measured):
    lines = [f"{i},naïve".encode() for i in range(200)]
    lines[150] = b"150,na\xefve"
    (tmp_path / "m.csv").write_bytes(b"a,b\n" + b"\n".join(lines) + b"\n")
    report = measured(tmp_path / "m.csv")
    assert (report.datasets[0].rows, report.datasets[0].malformed.lines, report.notes) == (199, (152,), ())


@pytest.mark.parametrize(("encoding", "told"), [("latin-1", "latin-1"), ("utf-16", "utf-16"), ("utf-16-le", "utf-16")])
def test_other_encodings_are_read_and_told(tmp_path, measured, encoding, told):
    (tmp_path / "e.csv").write_bytes("name,n\ncafé,1\nnaïve,2\nplain,3\n".encode(encoding))
    report = measured(tmp_path / "e.csv")
    assert [c.name for c in report.datasets[0].columns] == ["name", "n"]
    assert (report.datasets[0].rows, column(report, "n").max) == (3, 3)
    assert report.notes == (f"e.csv: read as {told}: it is not UTF-8",)


def test_a_byte_order_mark_line_ends_and_quotes(tmp_path, measured):
    (tmp_path / "b.csv").write_bytes('\ufefffirst,second\r\n"a ""quoted"" word",1\r\n"two\r\nlines",2\r\n'.encode())
    report = measured(tmp_path / "b.csv")
    assert [c.name for c in report.datasets[0].columns] == ["first", "second"]
    assert (report.datasets[0].rows, column(report, "first").length_max) == (2, len('a "quoted" word'))


def test_cut_parquet_empty_and_blank_files_are_sets_without_figures(tmp_path, measured):
    duckdb.sql(f"COPY (SELECT i FROM range(1000) r(i)) TO '{tmp_path / 'whole.parquet'}'")
    whole = (tmp_path / "whole.parquet").read_bytes()
    (tmp_path / "cut.parquet").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "empty.csv").write_bytes(b"")
    (tmp_path / "blank.csv").write_bytes(b"\n\n\n")
    (tmp_path / "bad.jsonl").write_text("no json\n")
    report = measured(tmp_path)
    rows = {d.name: d.rows for d in report.datasets}
    assert rows == {"bad.jsonl": None, "blank.csv": None, "cut.parquet": None, "empty.csv": None, "whole.parquet": 1000}
    assert len(report.notes) == 4
    assert str(tmp_path) not in " ".join(report.notes)


def test_a_header_alone_is_a_set_of_no_rows(tmp_path, measured):
    (tmp_path / "h.csv").write_text("a,b\n")
    dataset = measured(tmp_path / "h.csv").datasets[0]
    assert (dataset.rows, [c.name for c in dataset.columns], dataset.columns[0].null_fraction) == (0, ["a", "b"], None)


def test_odd_names(tmp_path, measured):
    (tmp_path / "d.csv").write_text('"""; drop table x; --",a,a,"new\nline"\n1,2,3,4\n5,6,7,8\n')
    report = measured(tmp_path / "d.csv")
    assert [c.name for c in report.datasets[0].columns] == ['"; drop table x; --', "a", "a_1", "new\nline"]
    assert [c.max for c in report.datasets[0].columns] == [5, 6, 7, 8]
    assert report.notes == ("d.csv: columns of the same name, told apart by numbers: a",)


def test_four_hundred_columns(tmp_path, measured):
    rows = [[i * j % 17 for i in range(400)] for j in range(200)]
    (tmp_path / "w.csv").write_text(
        ",".join(f"c{i}" for i in range(400)) + "\n" + "\n".join(",".join(map(str, r)) for r in rows)
    )
    dataset = measured(tmp_path / "w.csv").datasets[0]
    assert dataset.rows == 200
    assert [c.max for c in dataset.columns] == [max(r[i] for r in rows) for i in range(400)]
    assert [c.distinct for c in dataset.columns] == [len({r[i] for r in rows}) for i in range(400)]
    assert dataset.duplicate_rows == 200 - len({tuple(r) for r in rows})
    assert all(sum(c.histogram) == 200 for c in dataset.columns if c.histogram)


def test_huge_numbers_infinities_nulls_and_mixed_types(tmp_path, measured):
    (tmp_path / "n.csv").write_text(
        "huge,odd,none,mixed\n123456789012345678901234567890123456789012,nan,,1\n-9,inf,,x\n5,-inf,,2020-01-01\n7,1.5,,4\n"
    )
    report = measured(tmp_path / "n.csv")
    assert column(report, "huge").max == pytest.approx(1.2345678901234568e41)
    odd = column(report, "odd")
    assert (odd.nan, odd.infinite, odd.min, odd.max) == (1, 2, 1.5, 1.5)
    assert (column(report, "none").null_fraction, column(report, "mixed").type) == (1.0, "text")
    assert any("128 bits" in note for note in report.notes)


def test_a_value_that_does_not_fit_beyond_the_sniffed_rows_is_text(tmp_path, measured, monkeypatch):
    monkeypatch.setattr("aiaudit.data.duckdb_csv.SMALL", 0)
    (tmp_path / "l.csv").write_text("a\n" + "".join(f"{i}\n" for i in range(30_000)) + "unknown\n")
    dataset = measured(tmp_path / "l.csv").datasets[0]
    assert (dataset.rows, dataset.malformed.count, dataset.columns[0].type) == (30_001, 0, "text")
    assert dataset.columns[0].numeric_as_text == pytest.approx(30_000 / 30_001)


def test_fractions_beyond_the_sniffed_rows_are_numbers(tmp_path, measured, monkeypatch):
    monkeypatch.setattr("aiaudit.data.duckdb_csv.SMALL", 0)
    (tmp_path / "l.csv").write_text("a,b\n" + "".join(f"{i},x\n" for i in range(30_000)) + "1.5,x\n1e400,x\n")
    dataset = measured(tmp_path / "l.csv").datasets[0]
    assert (dataset.rows, dataset.columns[0].type) == (30_002, "number")


def test_ten_thousand_small_files_are_one_set(tmp_path, measured):
    for i in range(10_000):
        (tmp_path / f"event_{i:05}.csv").write_text(f"n,kind\n{i},{i % 3}\n")
    report = measured(tmp_path)
    assert [(d.name, d.rows) for d in report.datasets] == [("event_*.csv", 10_000)]
    assert (column(report, "n").min, column(report, "n").max, column(report, "n").distinct) == (0, 9_999, 10_000)


def test_too_little_memory_is_told_and_no_number_is_given(tmp_path):
    path = tmp_path / "big.parquet"
    duckdb.sql(f"COPY (SELECT i, hash(i)::VARCHAR AS t, hash(i + 1) AS h FROM range(400000) r(i)) TO '{path}'")
    engine = DuckDBEngine(memory_limit=10, threads=1)
    try:
        report = measure(engine, [Source("big", "big.parquet", (path,), "parquet", ids=("i",))], NOW)
    finally:
        engine.close()
    assert any("unknown: memory" in note for note in report.notes)
    dataset = report.datasets[0]
    assert dataset.rows in (None, 400_000)
    assert dataset.duplicate_rows in (None, 0)
    assert all(found.duplicates in (None, 0) for found in dataset.ids)


def test_a_file_of_one_huge_line_is_no_table_and_not_searched_for_one(tmp_path, measured, monkeypatch):
    monkeypatch.setattr("aiaudit.data.duckdb_csv._LONGEST_ROW", 1 << 20)
    (tmp_path / "one.csv").write_bytes(b"a,b\n" + b"1" * (3 << 20))
    (tmp_path / "mac.csv").write_bytes(b"a,b\r" + b"1,2\r" * (1 << 18))
    (tmp_path / "some.csv").write_bytes(b"a,b\n" + b"1,2\n" * (1 << 20) + b"3," + b"x" * (1 << 20) + b"\n5,6\n")
    report = measured(tmp_path)
    rows = {one.path: one.rows for one in report.datasets}
    assert rows == {"one.csv": None, "mac.csv": 1 << 18, "some.csv": (1 << 20) + 2}
    assert report.notes == ("one.csv: its lines are longer than 1 MiB, as no row of a table is",)


def test_json_lines_too_long_for_the_memory_are_told(tmp_path):
    (tmp_path / "long.jsonl").write_text(json.dumps({"text": "word " * 4_000_000}) + "\n")
    engine = DuckDBEngine(memory_limit=100, threads=1)
    try:
        report = measure(engine, [Source("l", "l", (tmp_path / "long.jsonl",), "jsonl")], NOW)
    finally:
        engine.close()
    assert any("memory" in note for note in report.notes)
    assert report.datasets[0].malformed.count is None


def test_messages_hold_no_value_of_the_data(tmp_path, measured):
    rows = [json.dumps({"a": {"b": i}}) for i in range(5)] + [json.dumps({"a": "jane@example.org"})]
    (tmp_path / "v.jsonl").write_text("\n".join(rows))
    (tmp_path / "w.csv").write_text("a\n" + "1\n" * 30 + "jane@example.org\n")
    assert "jane" not in json.dumps(plain(measured(tmp_path)))


CELLS = st.one_of(
    st.none(),
    st.integers(-(10**6), 10**6).map(str),
    st.sampled_from(["x", "a b", 'q"q', "é", "1.5", "l\nm", "c,d", "2020-01-02", "true"]),
)


@RELAXED
@given(st.lists(st.tuples(CELLS, CELLS, st.integers(0, 9)), min_size=1, max_size=30))
def test_csv_as_python_reads_it(tmp_path, rows):
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(["a", "b", "n"])
    writer.writerows([("" if x is None else x for x in row) for row in rows])
    path = tmp_path / "t.csv"
    path.write_text(buffer.getvalue(), newline="")
    engine = DuckDBEngine(threads=1)
    try:
        dataset = measure(engine, [Source("t", "t.csv", (path,), "csv")], NOW).datasets[0]
    finally:
        engine.close()
    assert (dataset.rows, dataset.malformed.count) == (len(rows), 0)
    for i, name in enumerate("ab"):
        found = next(c for c in dataset.columns if c.name == name)
        known = [row[i] for row in rows if row[i] is not None]
        assert found.null_fraction == pytest.approx(1 - len(known) / len(rows))
        if found.type == "text":
            assert found.distinct == len(set(known))
        if found.type == "integer":
            assert (found.min, found.max) == (min(map(int, known)), max(map(int, known)))


@RELAXED
@given(
    st.binary(min_size=1, max_size=300),
    st.sampled_from(["x.csv", "x.jsonl", "x.json", "x.parquet", "x.arrow", "x.db", "x.duckdb", "x.csv.gz", "x.tsv"]),
)
def test_any_bytes_raise_nothing(tmp_path, data, name):
    path = tmp_path / name
    path.write_bytes(data)
    engine = DuckDBEngine(threads=1)
    try:
        report = measure(engine, [Source(name, name, (path,), "")], NOW)
    finally:
        engine.close()
    assert len(report.datasets) == 1
    assert report.datasets[0].rows is not None or report.notes


def _database(path, *statements):
    connection = sqlite3.connect(path)
    for one in statements:
        connection.execute(one)
    connection.commit()
    connection.close()


def test_what_a_sqlite_file_would_compute_is_not_computed(tmp_path, measured):
    made = "b TEXT GENERATED ALWAYS AS (printf('%.*c', 20000000, 'x')) VIRTUAL"
    rows = ", ".join(f"({n})" for n in range(900))
    _database(tmp_path / "t.sqlite", f"CREATE TABLE t (a INT, {made})", f"INSERT INTO t (a) VALUES {rows}")
    report = measured(tmp_path / "t.sqlite")
    assert (report.datasets[0].rows, [column.name for column in report.datasets[0].columns]) == (900, ["a"])
    assert any("computed columns are not read: b" in note for note in report.notes)


def test_what_a_duckdb_file_would_compute_is_not_computed(tmp_path, measured):
    """Two million letters a row, and a name that is one of our functions."""
    with duckdb.connect(str(tmp_path / "t.duckdb")) as made:
        made.execute(
            'CREATE TABLE t (a INT, b TEXT GENERATED ALWAYS AS (repeat(\'x\', 2000000)) VIRTUAL, "c""; --" INT)'
        )
        made.execute("INSERT INTO t SELECT i, i FROM range(900) r(i)")
        made.execute("CREATE MACRO count(x) AS 7")
    report = measured(tmp_path / "t.duckdb")
    assert (report.datasets[0].rows, [column.name for column in report.datasets[0].columns]) == (900, ["a", 'c"; --'])
    assert any("computed columns are not read: b" in note for note in report.notes)


def test_views_of_a_duckdb_file_are_not_read(tmp_path, measured):
    """A view may read any file of this machine."""
    (tmp_path / "outside.csv").write_text("a\nsecret-of-the-user\n")
    with duckdb.connect(str(tmp_path / "t.duckdb")) as made:
        made.execute(f"CREATE VIEW v AS SELECT * FROM read_csv('{tmp_path / 'outside.csv'}')")
    report = measured(tmp_path / "t.duckdb")
    assert report.datasets[0].columns == () and "secret-of-the-user" not in repr(report)


def test_tables_of_sqlite_s_own_modules_are_no_data(tmp_path, measured):
    _database(tmp_path / "t.sqlite", "CREATE VIRTUAL TABLE v USING fts5(x)", "INSERT INTO v VALUES ('a')")
    report = measured(tmp_path / "t.sqlite")
    assert "v" not in [dataset.name for dataset in report.datasets]


def test_a_sqlite_file_that_gives_far_more_than_it_holds_is_not_read(tmp_path, engine, monkeypatch):
    monkeypatch.setattr(sqlite_open, "LEAST_ROOM", 1000)
    _database(tmp_path / "t.sqlite", "CREATE TABLE t (a TEXT)", f"INSERT INTO t VALUES ('{'x' * 400_000}')")
    monkeypatch.setattr(sqlite_open, "MOST_WRITTEN", 0)
    with pytest.raises(Unopened, match="gives far more rows than it has bytes for"):
        engine.open(Source("t", "t.sqlite", (tmp_path / "t.sqlite",), "sqlite"))


def test_a_broken_text_in_sqlite_is_not_quoted(tmp_path, measured):
    _database(tmp_path / "t.sqlite", "CREATE TABLE t (a TEXT)", "INSERT INTO t VALUES (CAST(x'6a616e65ff' AS TEXT))")
    report = measured(tmp_path / "t.sqlite")
    assert "jane" not in json.dumps(plain(report), default=str)
    assert report.datasets[0].rows == 1


@pytest.mark.parametrize("name", ["claims-a-length", "name-of-bytes"])
def test_a_damaged_sqlite_file_is_a_reason(tmp_path, engine, name):
    """Found by fuzzing: a page that claims any length, and a table whose name is no text."""
    file = tmp_path / "t.sqlite"
    file.write_bytes((Path(__file__).parents[2] / "fuzz/cases/sqlite" / name).read_bytes())
    with pytest.raises(Unopened):
        engine.open(Source("t", "t.sqlite", (file,), "sqlite"))
