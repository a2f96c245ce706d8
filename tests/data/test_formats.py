"""Every format gives the same figures for the same rows; sets of parts; folders."""

from __future__ import annotations

import gzip
import json
import sqlite3
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet
import pytest

from aiaudit.data.local import sources_at

ROWS = [{"id": i, "x": i / 4 - 5, "word": f"w{i % 7}", "flag": i % 3 == 0} for i in range(500)]
NAMES = ["id", "x", "word", "flag"]


def lines(delimiter: str) -> str:
    return "\n".join([delimiter.join(NAMES), *(delimiter.join(str(row[n]) for n in NAMES) for row in ROWS)]) + "\n"


def write_csv(path: Path) -> None:
    path.write_text(lines(","))


def write_tsv(path: Path) -> None:
    path.write_text(lines("\t"))


def write_semicolons(path: Path) -> None:
    path.write_text(lines(";"))


def write_pipes(path: Path) -> None:
    path.write_text(lines("|"))


def write_gz(path: Path) -> None:
    path.write_bytes(gzip.compress(lines(",").encode()))


def write_zst(path: Path) -> None:
    duckdb.connect().execute(f"COPY (SELECT * FROM read_csv('{plain_csv(path)}')) TO '{path}' (COMPRESSION zstd)")


def plain_csv(path: Path) -> Path:
    plain = path.parent.parent / "plain.csv"
    write_csv(plain)
    return plain


def write_parquet(path: Path) -> None:
    pa.parquet.write_table(pa.Table.from_pylist(ROWS), path)


def write_jsonl(path: Path) -> None:
    path.write_text("\n".join(map(json.dumps, ROWS)))


def write_json(path: Path) -> None:
    path.write_text(json.dumps(ROWS, indent=1))


def write_feather(path: Path) -> None:
    pa.feather.write_feather(pa.Table.from_pylist(ROWS), path, compression="zstd")


def write_arrow(path: Path) -> None:
    table = pa.Table.from_pylist(ROWS)
    with pa.ipc.new_file(path, table.schema) as writer:
        writer.write_table(table)


def write_sqlite(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE small (a)")
    connection.execute("CREATE TABLE t (id INTEGER, x REAL, word TEXT, flag TEXT)")
    connection.executemany(
        "INSERT INTO t VALUES (?, ?, ?, ?)", [(r["id"], r["x"], r["word"], str(r["flag"])) for r in ROWS]
    )
    connection.commit()
    connection.close()


def write_duckdb(path: Path) -> None:
    connection = duckdb.connect(str(path))
    connection.execute(f"CREATE TABLE t AS SELECT * FROM read_csv('{plain_csv(path)}')")
    connection.close()


FORMATS = {
    "t.csv": write_csv, "t.tsv": write_tsv, "semi.csv": write_semicolons, "pipes.txt": write_pipes, "t.csv.gz": write_gz,
    "t.csv.zst": write_zst, "t.parquet": write_parquet, "t.jsonl": write_jsonl, "t.json": write_json,
    "t.feather": write_feather, "t.arrow": write_arrow, "t.sqlite": write_sqlite, "t.duckdb": write_duckdb,
}  # fmt: skip


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_gives_the_same_figures(tmp_path, measured, name):
    (tmp_path / "d").mkdir()
    path = tmp_path / "d" / name
    FORMATS[name](path)
    dataset = measured(path).datasets[0]
    found = {column.name: column for column in dataset.columns}
    assert (dataset.rows, list(found), dataset.malformed.count) == (500, NAMES, 0)
    assert {n: c.type for n, c in found.items()} == {"id": "integer", "x": "number", "word": "text", "flag": "boolean"}
    assert (found["x"].min, found["x"].max, found["x"].mean) == (-5, 119.75, pytest.approx(57.375))
    assert (found["word"].distinct, found["flag"].mean) == (7, pytest.approx(167 / 500))
    assert sum(found["x"].histogram) == 500
    assert dataset.ids[0].duplicates == 0


def test_a_suffix_that_lies(tmp_path, measured):
    write_parquet(tmp_path / "t.csv")
    assert (measured(tmp_path / "t.csv").datasets[0].format, measured(tmp_path / "t.csv").datasets[0].rows) == (
        "parquet",
        500,
    )


def test_partitioned_parquet_is_one_set_with_its_keys(tmp_path, measured):
    table = pa.Table.from_pylist([{**row, "year": 2020 + row["id"] % 3} for row in ROWS])
    pa.parquet.write_to_dataset(table, tmp_path / "sales", partition_cols=["year"])
    dataset = measured(tmp_path / "sales").datasets[0]
    assert dataset.rows == 500
    year = next(c for c in dataset.columns if c.name == "year")
    assert (year.min, year.max, year.distinct) == (2020, 2022, 3)


@pytest.mark.parametrize(
    "names", [["part-00000.csv", "part-00001.csv"], ["train-00000-of-00002.csv", "train-00001-of-00002.csv"]]
)
def test_parts_are_one_set(tmp_path, measured, names):
    for i, name in enumerate(names):
        (tmp_path / name).write_text("a,b\n" + "".join(f"{n},{i}\n" for n in range(10)))
    report = measured(tmp_path)
    assert [(d.rows, d.role) for d in report.datasets] == [(20, "train" if "train" in names[0] else "")]


def test_files_that_only_look_alike_stay_apart(tmp_path):
    for name in ("sales_2020.csv", "sales_2021.csv", "train.csv", "test.csv"):
        (tmp_path / name).write_text("a\n1\n")
    assert [s.name for s in sources_at(tmp_path).sources] == [
        "sales_2020.csv",
        "sales_2021.csv",
        "test.csv",
        "train.csv",
    ]


def test_parts_with_different_columns_are_joined_by_name(tmp_path, measured):
    (tmp_path / "part-0.csv").write_text("a,b\n1,2\n3,4\n")
    (tmp_path / "part-1.csv").write_text("b,c\n5,6\n")
    report = measured(tmp_path)
    assert [(c.name, c.null_fraction) for c in report.datasets[0].columns] == [
        ("a", pytest.approx(1 / 3)),
        ("b", 0),
        ("c", pytest.approx(2 / 3)),
    ]
    assert report.datasets[0].malformed.count is None
    assert "different columns" in report.notes[0]


def test_a_glob_is_one_set(tmp_path, measured):
    for i in range(3):
        (tmp_path / f"x{i}.csv").write_text(f"a\n{i}\n")
    dataset = measured(tmp_path / "x*.csv").datasets[0]
    assert (dataset.name, dataset.rows) == ("x*.csv", 3)


def test_links_are_not_followed(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "a.csv").write_text("a\n1\n")
    (tmp_path / "link.csv").symlink_to(tmp_path / "real" / "a.csv")
    assert [s.name for s in sources_at(tmp_path).sources] == ["real/a.csv"]
