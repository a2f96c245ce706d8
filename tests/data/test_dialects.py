"""The whole profile in the dialects of warehouses that no test can start: compiled, read back, executed by DuckDB.

The engines are the real ones; in place of each maker's client stands one that hands every query to sqlglot's reader of
that dialect, which translates it to DuckDB's, which executes it. So the SQL is well-formed for an independent reader,
and means what it should. Quantiles that a dialect has only approximately are executed exactly here. No warehouse itself
was ever asked.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from aiaudit.data.duckdb_engine import DuckDBEngine
from aiaudit.data.engine import EngineError, Unopened
from aiaudit.data.engines import engine_at, reads_tables
from aiaudit.data.model import Source
from aiaudit.data.phrases import BOOK
from tests.data.test_engines import differences, folder, measured

__all__ = ["folder"]
FUNCTIONS = {
    "APPROX_QUANTILE(": "QUANTILE_CONT(", "IS_INFINITE(": "ISINF(", "IEEE_DIVIDE(": "divided(", "TO_UTF8(": "(",
}  # fmt: skip
URLS = {
    "bigquery": "bigquery://shop/main",
    "snowflake": "snowflake://me@there/memory/main?warehouse=small",
    "trino": "trino://me@there:8443/memory/main",
}
NAMES = {"bigquery": {"BIGINT": "INT64", "INTEGER": "INT64", "DOUBLE": "FLOAT64", "VARCHAR": "STRING", "BOOLEAN": "BOOL", "TIMESTAMP": "DATETIME"}}  # fmt: skip
SCHEMA = re.compile(r"`main`\.INFORMATION_SCHEMA\.COLUMNS")


class Translated:
    """A connection as the DB-API has it: a DuckDB database, asked in another dialect."""

    def __init__(self, dialect: str, tables: Path) -> None:
        import duckdb

        self.dialect = dialect
        self.asked: list[str] = []
        self.duckdb = duckdb.connect()
        for name in ("train", "test"):
            self.duckdb.execute(f"CREATE TABLE {name} AS SELECT * FROM '{tables / name}.parquet'")
        self.duckdb.execute("SET lambda_syntax = 'ENABLE_SINGLE_ARROW'; CREATE MACRO divided(a, b) AS a / b")

    def cursor(self) -> Translated:
        return self

    @property
    def description(self) -> Any:
        return self.duckdb.description

    def execute(self, sql: str) -> None:
        import duckdb
        import sqlglot

        self.asked.append(sql)
        translated = sqlglot.transpile(sql, read=self.dialect, write="duckdb")[0]
        if SCHEMA.search(sql):
            translated = SCHEMA.sub("information_schema.columns", sql)
        for theirs, ours in FUNCTIONS.items():
            translated = translated.replace(theirs, ours)
        try:
            self.rows = self.duckdb.execute(translated).fetchall()
        except duckdb.Error as error:
            raise EngineError(f"{error}\n{sql}\n{translated}") from None
        if "information_schema.columns" in sql.lower():
            names = NAMES.get(self.dialect, {})
            self.rows = [(name, names.get(kind, kind), *more) for name, kind, *more in self.rows]

    def fetchall(self) -> Sequence[Any]:
        return self.rows

    def close(self) -> None:
        pass


@pytest.fixture
def client(request: pytest.FixtureRequest, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """What the engine connected to, and with which arguments."""
    connection = Translated(request.param, folder)
    asked: dict[str, Any] = {}

    def connect(*args: Any, **kwargs: Any) -> Translated:
        asked.update(kwargs, args=args)
        return connection

    bigquery = SimpleNamespace(QueryJobConfig=lambda **kw: kw, Client=lambda **kw: kw)
    makers = {
        "google.cloud.bigquery": bigquery,
        "google.cloud.bigquery.dbapi": SimpleNamespace(connect=connect),
        "snowflake.connector": SimpleNamespace(connect=connect),
        "trino.dbapi": SimpleNamespace(connect=connect),
        "trino.auth": SimpleNamespace(BasicAuthentication=lambda *pair: pair),
    }
    for name, module in makers.items():
        for end in [i for i, c in enumerate(name) if c == "."]:
            monkeypatch.setitem(sys.modules, name[:end], makers.get(name[:end], SimpleNamespace()))
        monkeypatch.setitem(sys.modules, name, module)
    return SimpleNamespace(connection=connection, asked=asked, dialect=request.param)


@pytest.fixture(scope="module")
def by_duckdb(folder: Path) -> dict[str, Any]:
    engine = DuckDBEngine()
    try:
        return measured(engine, folder, files=True)
    finally:
        engine.close()


@pytest.mark.parametrize("client", URLS, indirect=True)
def test_all_passes_mean_the_same_in_the_dialect(client: Any, folder: Path, by_duckdb: dict[str, Any]) -> None:
    engine = engine_at(URLS[client.dialect])
    assert reads_tables(URLS[client.dialect])
    try:
        assert differences(by_duckdb, measured(engine, folder, files=False)) == []
    finally:
        engine.close()
    assert len(client.connection.asked) > 40


@pytest.mark.parametrize("client", URLS, indirect=True)
def test_a_table_of_a_named_schema_and_a_sample_of_it(client: Any) -> None:
    engine = engine_at(URLS[client.dialect])
    relation = engine.open(Source("t", "main.train", (), "table", table="main.train"))
    rows = int(engine.rows(f"SELECT COUNT(*) FROM {relation.origin}")[0][0])
    drawn = [engine.rows(engine.sample(relation, 50, 7).table.select("id").order_by("id")) for _ in range(2)]
    assert rows > 900
    assert len(drawn[0]) == 50
    assert drawn[0] == drawn[1]
    with pytest.raises(Unopened, match="there is no such table"):
        engine.open(Source("g", "main.gone", (), "table", table="main.gone"))


@pytest.mark.parametrize("client", ["snowflake", "trino"], indirect=True)
def test_passwords_come_from_the_environment(client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"{client.dialect.upper()}_PASSWORD", "pass")
    engine_at(URLS[client.dialect])
    wanted: dict[str, Any] = {
        "snowflake": {"account": "there", "database": "memory", "password": "pass", "warehouse": "small"},
        "trino": {"host": "there", "port": 8443, "catalog": "memory", "auth": ("me", "pass"), "http_scheme": "https"},
    }
    shared = wanted[client.dialect]
    assert {key: client.asked[key] for key in shared} == shared
    assert (client.asked["user"], client.asked["schema"]) == ("me", "main")


@pytest.mark.parametrize("url", ["bigquery://shop", "trino://host/only", "snowflake:///a/b"])
def test_a_url_that_lacks_a_part_says_how_it_is_written(url: str) -> None:
    with pytest.raises(Unopened, match="it is written"):
        engine_at(url)


def test_a_client_that_is_not_installed_is_named() -> None:
    with pytest.raises(Unopened, match="pip install trino"):
        engine_at(URLS["trino"])


@pytest.mark.parametrize("client", ["snowflake"], indirect=True)
def test_a_number_of_snowflake_is_whole_by_its_scale(client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    engine: Any = engine_at(URLS[client.dialect])
    monkeypatch.setattr(
        engine,
        "execute",
        lambda sql: [("price", "NUMBER", 10, 2), ("n", "NUMBER", 38, 0), ("name", "TEXT", None, None)],
    )
    words = {name: BOOK.kind("snowflake", kind).word for name, kind in engine._columns("", "orders")}
    assert words == {"price": "number", "n": "integer", "name": "text"}
