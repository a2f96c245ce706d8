"""Other engines measure what DuckDB measures: PostgreSQL and Spark executed here, the warehouses compiled.

Tolerances: counts, types and classes are equal; figures of doubles agree to 1e-9 of their size. Left out of the comparison:
what is drawn as a sample (histograms keep their edges), the size in bytes, which each engine stores its own way, and the
number of malformed rows, which Spark does not tell.
"""

from __future__ import annotations

import datetime as dt
import json
import math
import os
import random
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from aiaudit.data.columns import Ask, query_of
from aiaudit.data.duckdb_engine import DuckDBEngine
from aiaudit.data.engine import Engine, EngineError, Relation, Unopened
from aiaudit.data.engines import engine_at
from aiaudit.data.local import tables_at
from aiaudit.data.measure import measure
from aiaudit.data.model import Source
from aiaudit.data.phrases import BOOK
from aiaudit.data.profile import Profiled, drift_of, overlap_of, profile
from aiaudit.data.sql_engine import type_mapper
from aiaudit.model.records import plain

ROWS = 1000
NOW = dt.datetime(2026, 6, 1, tzinfo=dt.UTC)
HEAD = ("id", "price", "days", "region", "note", "seen", "member", "bought")
IGNORED = {"size_bytes", "malformed", "histogram", "format", "date_formats"}


def rows(seed: int, first: int, shift: float = 0.0) -> list[tuple[Any, ...]]:
    draw = random.Random(seed)
    made: list[tuple[Any, ...]] = []
    for number in range(first, first + ROWS):
        price = round(draw.lognormvariate(3, 0.6) + shift, 3)
        odd = draw.choice([*[price] * 100, None, None, None, None, math.nan, math.inf, -math.inf])
        made.append((
            number, odd, draw.randint(0, 60),
            draw.choice(["north", "south", "Größe", "o'brien"]), draw.choice(["12", "7.5", "n/a", "-3e2", "abc", ""]),
            dt.datetime(2026, 1, 1) + dt.timedelta(minutes=draw.randint(0, 200_000)), draw.random() < 0.3,
            int(price > 22),
        ))  # fmt: skip
    return [*made, *((first + ROWS + i, *made[i][1:]) for i in range(7))]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`train.parquet` and `test.parquet`, which share seven rows and drift apart."""
    import duckdb

    to = tmp_path_factory.mktemp("engines")
    train = rows(1, 0)
    test = [*rows(2, 10_000, 6.0), *((20_000 + i, *train[i][1:]) for i in range(5))]
    with duckdb.connect() as connection:
        for name, made in (("train", train), ("test", test)):
            connection.execute(
                f"CREATE TABLE {name} (id BIGINT, price DOUBLE, days INTEGER, region VARCHAR, note VARCHAR,"
                " seen TIMESTAMP, member BOOLEAN, bought INTEGER)"
            )
            connection.executemany(f"INSERT INTO {name} VALUES (?, ?, ?, ?, ?, ?, ?, ?)", made)
            connection.execute(f"COPY {name} TO '{to / name}.parquet' (FORMAT parquet)")
    return to


def source(folder: Path, name: str, *, files: bool) -> Source:
    return Source(
        name,
        name,
        (folder / f"{name}.parquet",) if files else (),
        "parquet",
        role=name,
        label="bought",
        ids=("id",),
        time="seen",
        groups=("region",),
        sensitive=("member",),
        table=name,
    )


def measured(engine: Engine, folder: Path, *, files: bool) -> dict[str, Any]:
    done: list[Profiled] = [profile(engine, source(folder, name, files=files), NOW) for name in ("train", "test")]
    return {
        "datasets": [plain(one.dataset) for one in done],
        "groups": [plain(group) for one in done for group in one.groups],
        "overlap": plain(overlap_of(engine, *done)),
        "drift": plain(drift_of(engine, *done)),
    }


@pytest.fixture(scope="module")
def by_duckdb(folder: Path) -> dict[str, Any]:
    engine = DuckDBEngine()
    try:
        return measured(engine, folder, files=True)
    finally:
        engine.close()


def differences(a: Any, b: Any, at: str = "") -> list[str]:
    if isinstance(a, dict) and isinstance(b, dict):
        keys = (a.keys() | b.keys()) - IGNORED
        return [d for key in sorted(keys) for d in differences(a.get(key), b.get(key), f"{at}.{key}")]
    if isinstance(a, list) and isinstance(b, list) and len(a) == len(b):
        return [d for i, (x, y) in enumerate(zip(a, b, strict=True)) for d in differences(x, y, f"{at}[{i}]")]
    if isinstance(a, float) and isinstance(b, int | float):
        return [] if math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-12) else [f"{at}: {a!r} != {b!r}"]
    return [] if a == b else [f"{at}: {a!r} != {b!r}"]


def test_the_comparison_sees_a_difference(by_duckdb: dict[str, Any]) -> None:
    assert by_duckdb["overlap"]["overlap_rows"] == 5
    assert by_duckdb["datasets"][0]["duplicate_rows"] == 0
    other = {**by_duckdb, "overlap": {**by_duckdb["overlap"], "overlap_rows": 6}}
    assert differences(by_duckdb, other) == [".overlap.overlap_rows: 5 != 6"]


@pytest.fixture(scope="module")
def postgres(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server of its own on a socket, as another user where this is root; skipped where there is none."""
    programs = [shutil.which(name) for name in ("initdb", "pg_ctl")]
    if not all(programs):
        pytest.skip("PostgreSQL is not installed")
    home = Path(tempfile.mkdtemp(prefix="aiaudit-pg-", dir="/tmp"))  # a socket's path must be short
    user = "nobody" if os.geteuid() == 0 else None
    if user:
        shutil.chown(home, user)

    def run(*command: str) -> None:
        subprocess.run(command, check=True, capture_output=True, user=user, cwd="/", timeout=60)

    data, initdb, control = str(home / "data"), str(programs[0]), str(programs[1])
    try:
        run(initdb, "-D", data, "-U", "audit", "--auth=trust", "-E", "UTF8", "--locale=C")
        run(control, "-D", data, "-w", "-l", str(home / "log"), "-o", f"-c listen_addresses='' -k {home} -F", "start")
    except (subprocess.SubprocessError, OSError) as error:
        shutil.rmtree(home, ignore_errors=True)
        pytest.skip(f"PostgreSQL does not start: {error}")
    url = f"postgresql://audit@/postgres?host={home}"
    try:
        load(folder, url)
        yield url.replace("postgresql://", "postgres://")
    finally:
        run(control, "-D", data, "-m", "immediate", "stop")
        shutil.rmtree(home, ignore_errors=True)


def load(folder: Path, url: str) -> None:
    import duckdb
    import psycopg

    with psycopg.connect(url, autocommit=True) as connection, duckdb.connect() as reader:
        for name in ("train", "test"):
            connection.execute(
                f"CREATE TABLE {name} (id bigint, price double precision, days integer, region text, note text,"
                " seen timestamp, member boolean, bought integer)"
            )
            made = reader.execute(f"SELECT * FROM '{folder / name}.parquet'").fetchall()
            with connection.cursor() as cursor:
                cursor.executemany(f"INSERT INTO {name} VALUES (%s, %s, %s, %s, %s, %s, %s, %s)", made)


@pytest.mark.slow
def test_postgresql_measures_what_duckdb_measures(folder: Path, by_duckdb: dict[str, Any], postgres: str) -> None:
    engine = engine_at(postgres)
    try:
        assert differences(by_duckdb, measured(engine, folder, files=False)) == []
    finally:
        engine.close()


@pytest.mark.slow
def test_an_error_of_the_server_is_one_line_and_not_the_end(folder: Path, postgres: str) -> None:
    import ibis

    engine = engine_at(postgres)
    try:
        with pytest.raises(EngineError, match="nowhere"):
            engine.rows(ibis.table({"a": "int64"}, name="nowhere"))
        with pytest.raises(Unopened, match="not the name of a table"):
            engine.open(Source("x", "x; drop table train", (), ""))
        table = engine.open(source(folder, "train", files=False)).table
        assert engine.rows(table.aggregate(n=table.count())) == [(ROWS + 7,)]
    finally:
        engine.close()


@pytest.mark.slow
def test_aiaudit_data_reads_a_table(postgres: str) -> None:
    from typer.testing import CliRunner

    from aiaudit.cli.app import application

    asked = ["data", "public.test", "--reference", "train", "--engine", postgres, "--json"]
    done = CliRunner().invoke(application(), asked)
    assert done.exit_code == 0, done.output
    report = json.loads(done.stdout)
    assert [one["rows"] for one in report["datasets"]] == [ROWS + 7, ROWS + 12]
    assert report["engine"].startswith("postgresql")
    assert any(column["drifted"] for column in report["pairs"][0]["columns"])


@pytest.mark.slow
def test_a_sample_of_a_table_is_the_same_each_time(folder: Path, postgres: str) -> None:
    engine = engine_at(postgres)
    try:
        relation = engine.open(source(folder, "train", files=False))
        drawn = [engine.rows(engine.sample(relation, 50, 7).table.order_by("id")) for _ in range(2)]
        assert len(drawn[0]) == 50
        assert repr(drawn[0]) == repr(drawn[1])  # NaN does not equal itself
    finally:
        engine.close()


def project(root: Path, datasets: str) -> Path:
    root.mkdir(exist_ok=True)
    (root / "aiaudit.yaml").write_text(f"datasets:\n{datasets}")
    (root / "train.py").write_text("model.fit(x, y)\n")
    return root


def audited(root: Path, url: str) -> dict[str, Any]:
    """What `aiaudit run --engine` finds in the project."""
    from typer.testing import CliRunner

    from aiaudit.cli.app import application

    asked = ["run", str(root), "--pack", "data", "--engine", url, "--no-cache", "-q", "-o", "-"]
    done = CliRunner().invoke(application(), asked)
    assert done.exit_code == 0, done.output
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def holds_what_duckdb_measured(result: dict[str, Any], by_duckdb: dict[str, Any]) -> None:
    """The data sets and the overlap of `aiaudit run`, figure by figure, and the verdicts that rest on them."""
    sets = {one["name"]: one for one in result["data"]["datasets"]}
    assert set(sets) == {"train", "test"}
    for one in by_duckdb["datasets"]:
        theirs = sets[one["name"]]
        told = {key: theirs[key] for key in ("rows", "duplicate_rows", "ids", "leakage", "label")}
        assert differences({key: one[key] for key in told}, told) == []
        columns = {column["name"]: column for column in theirs["columns"]}
        for column in one["columns"]:
            shared = column.keys() & columns[column["name"]].keys()
            assert {"null_fraction", "distinct", "mean"} <= shared
            ours = {key: column[key] for key in shared}
            assert differences(ours, {key: columns[column["name"]][key] for key in shared}, column["name"]) == []
    (pair,) = result["data"]["pairs"]
    assert [pair[key] for key in ("overlap_rows", "overlap_ids")] == [
        by_duckdb["overlap"][key] for key in ("overlap_rows", "overlap_ids")
    ]
    checks = {one["id"]: one["status"] for one in result["checks"]}
    assert checks["DATA-004"] == "fail"  # the splits share rows


@pytest.mark.slow
def test_aiaudit_run_measures_declared_tables_on_postgresql(
    tmp_path: Path, by_duckdb: dict[str, Any], postgres: str
) -> None:
    declared = "".join(
        f"- {{name: {name}, table: public.{name}, role: {name}, label: bought, id: id, time: seen}}\n"
        for name in ("train", "test")
    )
    result = audited(project(tmp_path / "shop", declared), postgres)
    holds_what_duckdb_measured(result, by_duckdb)
    assert not any("embedded engine" in note for note in result["data"]["notes"])


@pytest.fixture(scope="module")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """One session, and one Java machine, for all tests: settings for short queries, which take a third of the time."""
    pytest.importorskip("pyspark")
    if shutil.which("java") is None:
        pytest.skip("Java is not installed")
    settings = tmp_path_factory.mktemp("spark")
    (settings / "spark-defaults.conf").write_text(
        "spark.sql.codegen.wholeStage false\nspark.sql.codegen.factoryMode NO_CODEGEN\n"
        "spark.sql.adaptive.enabled false\nspark.ui.showConsoleProgress false\n"
        "spark.driver.extraJavaOptions -XX:TieredStopAtLevel=1 -XX:+UseSerialGC\n"
    )
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("SPARK_CONF_DIR", str(settings))
        on_interrupt = signal.getsignal(signal.SIGINT)
        engine = engine_at("local-spark")
        try:
            yield engine
        finally:
            engine.close()
        assert signal.getsignal(signal.SIGINT) is on_interrupt  # pyspark's would ask a session that has ended
        with pytest.raises(ChildProcessError):  # the Java machine has ended with it
            os.waitpid(-1, os.WNOHANG)


@pytest.mark.slow
def test_spark_measures_what_duckdb_measures(folder: Path, by_duckdb: dict[str, Any], spark: Engine) -> None:
    assert differences(by_duckdb, measured(spark, folder, files=True)) == []


@pytest.mark.slow
def test_aiaudit_run_measures_files_on_spark(
    tmp_path: Path, folder: Path, by_duckdb: dict[str, Any], spark: Engine
) -> None:
    """The last test of the session: the command ends it."""
    declared = "".join(
        f"- {{name: {name}, path: {name}.parquet, role: {name}, label: bought, id: id, time: seen}}\n"
        for name in ("train", "test")
    )
    root = project(tmp_path / "shop", declared)
    for name in ("train", "test"):
        shutil.copy(folder / f"{name}.parquet", root)
    result = audited(root, "local-spark")
    holds_what_duckdb_measured(result, by_duckdb)
    assert result["data"]["engine"].startswith("spark")


@pytest.mark.parametrize("dialect", ["pyspark", "postgres", "bigquery", "snowflake", "trino"])
@pytest.mark.parametrize("exact", [True, False])
def test_pass_a_compiles_to_one_scan(dialect: str, exact: bool) -> None:
    import ibis
    import sqlglot

    types = {"n": "int64", "x": "float64", "t": "string", "b": "boolean", "d": "date", "at": "timestamp"}
    named = {name: type_mapper(dialect).to_string(ibis.dtype(kind)) for name, kind in types.items()}
    kinds = {name: BOOK.kind(dialect, kind) for name, kind in named.items()}
    relation = Relation(Source("orders", "orders", (), ""), "orders", kinds, dialect)
    asked, sql = query_of(relation, list(kinds), Ask(counted=exact, ranked=exact))
    assert sql.count(f"FROM {relation.quoted('orders')}") == 1
    (read,) = sqlglot.parse(sql, read="spark" if dialect == "pyspark" else dialect)
    assert read is not None
    assert len(list(read.find_all(sqlglot.exp.Select))) == 2
    assert len(asked) + 1 == len(read.expressions)


def test_an_unknown_engine_is_refused() -> None:
    with pytest.raises(Unopened, match="no such engine"):
        engine_at("oracle://somewhere")


def test_a_duckdb_file_is_an_engine_that_reads_its_tables(tmp_path: Path) -> None:
    import duckdb

    file = tmp_path / "shop's.duckdb"
    with duckdb.connect(str(file)) as made:
        made.execute("CREATE SCHEMA shop; CREATE TABLE shop.orders AS SELECT i AS id, i % 4 AS y FROM range(40) r(i)")
        made.execute("CREATE VIEW few AS SELECT * FROM shop.orders WHERE id < 5")
    before = file.read_bytes()
    engine = engine_at(f"duckdb://{file}")
    try:
        for named, rows in (("orders", 40), ("shop.orders", 40), ("few", 5)):
            (source,) = tables_at(Path(named)).sources
            report = measure(engine, [source], dt.datetime(2026, 1, 1, tzinfo=dt.UTC))
            assert report.datasets[0].rows == rows, report.notes
        with pytest.raises(Unopened, match="no such table"):
            engine.open(tables_at(Path("orders; drop")).sources[0])
    finally:
        engine.close()
    assert file.read_bytes() == before
    with pytest.raises(Unopened, match="no such file"):
        engine_at(f"duckdb://{tmp_path}/gone.duckdb")
