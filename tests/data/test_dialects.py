"""The whole profile in the dialects of warehouses that no test can start: compiled, read back, executed by DuckDB.

Every query of passes A, B and C, of overlap and of drift is compiled to the dialect; sqlglot's reader of that dialect
translates it to DuckDB's, which executes it. So the SQL is well-formed for an independent reader, and means what it
should. Quantiles that a dialect has only approximately are executed exactly here. No warehouse itself was ever asked.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from aiaudit.data.duckdb_engine import DuckDBEngine
from aiaudit.data.engine import EngineError, Relation
from aiaudit.data.model import Source
from aiaudit.data.phrases import BOOK
from aiaudit.data.sql_engine import SqlEngine, type_mapper
from tests.data.test_engines import differences, folder, measured

__all__ = ["folder"]
FUNCTIONS = {"APPROX_QUANTILE(": "QUANTILE_CONT(", "IS_INFINITE(": "ISINF(", "IEEE_DIVIDE(": "divided("}


class Translated(SqlEngine):
    """Tables of a DuckDB database, asked in another dialect."""

    def __init__(self, dialect: str, tables: Path) -> None:
        import duckdb

        self.dialect = self.label = dialect
        super().__init__(duckdb.connect())
        self.asked: list[str] = []
        for name in ("train", "test"):
            self._connection.execute(f"CREATE TABLE {name} AS SELECT * FROM '{tables / name}.parquet'")
        self._connection.execute("SET lambda_syntax = 'ENABLE_SINGLE_ARROW'; CREATE MACRO divided(a, b) AS a / b")

    def open(self, source: Source) -> Relation:
        described = self._connection.execute(f"DESCRIBE {source.table}").fetchall()
        ours, theirs = type_mapper("duckdb"), type_mapper(self.dialect)
        types = {str(row[0]): theirs.to_string(ours.from_string(row[1])) for row in described}
        kinds = {name: BOOK.kind(self.dialect, kind) for name, kind in types.items()}
        return Relation(source, str(source.table), kinds, self.dialect, 1000)

    def execute(self, sql: str) -> list[tuple[Any, ...]]:
        import duckdb
        import sqlglot

        self.asked.append(sql)
        translated = sqlglot.transpile(sql, read=self.dialect, write="duckdb")[0]
        for theirs, ours in FUNCTIONS.items():
            translated = translated.replace(theirs, ours)
        try:
            return self._connection.execute(translated).fetchall()
        except duckdb.Error as error:
            raise EngineError(f"{error}\n{sql}\n{translated}") from None


@pytest.fixture(scope="module")
def by_duckdb(folder: Path) -> dict[str, Any]:
    engine = DuckDBEngine()
    try:
        return measured(engine, folder, files=True)
    finally:
        engine.close()


@pytest.mark.parametrize("dialect", ["bigquery", "snowflake", "trino"])
def test_all_passes_mean_the_same_in_the_dialect(dialect: str, folder: Path, by_duckdb: dict[str, Any]) -> None:
    engine = Translated(dialect, folder)
    try:
        assert differences(by_duckdb, measured(engine, folder, files=False)) == []
    finally:
        engine.close()
    assert len(engine.asked) > 40
