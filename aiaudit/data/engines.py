"""The engine that a URL names."""

from __future__ import annotations

import importlib
import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

from aiaudit.data.engine import Unopened
from aiaudit.extras import install

if TYPE_CHECKING:
    from aiaudit.data.engine import Engine

# scheme → module and class
ENGINES: Final = {
    "bigquery": ("aiaudit.data.warehouse_engines", "BigQueryEngine"),
    "duckdb": ("aiaudit.data.duckdb_engine", "DuckDBEngine"),
    "local-spark": ("aiaudit.data.spark_engine", "SparkEngine"),
    "postgres": ("aiaudit.data.postgres_engine", "PostgresEngine"),
    "postgresql": ("aiaudit.data.postgres_engine", "PostgresEngine"),
    "snowflake": ("aiaudit.data.warehouse_engines", "SnowflakeEngine"),
    "spark": ("aiaudit.data.spark_engine", "SparkEngine"),
    "trino": ("aiaudit.data.warehouse_engines", "TrinoEngine"),
}
_TABLES: Final = ("bigquery", "postgres", "postgresql", "snowflake", "trino")


def reads_tables(url: str) -> bool:
    """Whether the engine reads tables by their names, not files."""
    scheme, _, rest = url.partition("://")
    return scheme in _TABLES or (scheme == "duckdb" and bool(rest))


def is_embedded(url: str | None) -> bool:
    """Whether the URL names the engine that is used where none is named."""
    return url in (None, "", "duckdb:", "duckdb://")


def reads(url: str, form: str) -> bool:
    """Whether an engine that reads files reads this format."""
    from aiaudit.data.spark_engine import READERS

    return not reads_tables(url) and form in READERS


def check(url: str) -> None:
    """Raises `Unopened` where the engine cannot be used: an unknown scheme, no client, no such file, no answer.

    Spark is not started for this, as that takes some ten seconds.
    """
    scheme = url.partition("://")[0]
    if "spark" in scheme and scheme in ENGINES:
        if importlib.util.find_spec("pyspark") is None:
            raise Unopened(f"Spark needs its extra: {install('spark')}")
        return
    engine_at(url).close()


def engine_at(url: str | None) -> Engine:
    """The embedded DuckDB where no URL is given; `duckdb://file` reads the tables of that file, and never writes.

    Raises `Unopened` for a scheme that is not known.
    """
    scheme, separator, rest = (url or "duckdb://").partition("://")
    if scheme not in ENGINES or not (separator or scheme == "local-spark"):
        raise Unopened(f"--engine {url}: there is no such engine; there are: {', '.join(f'{s}://' for s in ENGINES)}")
    module, name = ENGINES[scheme]
    made: Any = getattr(importlib.import_module(module), name)
    if scheme == "duckdb":
        if rest and not Path(rest).is_file():
            raise Unopened(f"--engine {url}: there is no such file")
        return cast("Engine", made(database=Path(rest) if rest else None))
    return cast("Engine", made(url))
