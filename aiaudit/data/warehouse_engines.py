"""BigQuery, Snowflake and Trino, each through its maker's DB-API client, which the caller installs.

No test ever asked one of these servers: the tests put DuckDB in the client's place, behind a translator. Passwords come
from the environment, as a URL is seen by others on the machine.
"""

from __future__ import annotations

import importlib
import os
from typing import Any, Final
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from aiaudit.data.engine import Unopened
from aiaudit.data.sql_engine import SqlEngine

_TRINO_PORT: Final = 443


class BigQueryEngine(SqlEngine):
    """`bigquery://project/dataset`: tables of the data set, or of another one as `dataset.table`."""

    dialect = "bigquery"
    label = "bigquery"
    temporary = False  # a temporary table needs a session of its own

    def __init__(self, url: str) -> None:
        parts = _parts(url, "bigquery://project/dataset", 1)
        bigquery = _client("google.cloud.bigquery", "BigQuery", "google-cloud-bigquery")
        dbapi = _client("google.cloud.bigquery.dbapi", "BigQuery", "google-cloud-bigquery")
        self._data_set = parts[0]
        project = urlsplit(url).netloc
        settings = bigquery.QueryJobConfig(default_dataset=f"{project}.{self._data_set}")
        client = _made(lambda: bigquery.Client(project=project, default_query_job_config=settings), "BigQuery")
        super().__init__(_made(lambda: dbapi.connect(client), "BigQuery"))

    def _columns(self, schema: str, table: str) -> list[tuple[str, str]]:
        """By the information schema, which each data set has of its own."""
        where = f"`{schema or self._data_set}`.INFORMATION_SCHEMA.COLUMNS WHERE table_name = '{table}'"
        found = self.execute(f"SELECT column_name, data_type FROM {where} ORDER BY ordinal_position")  # noqa: S608
        return [(str(name), str(kind)) for name, kind in found]


class SnowflakeEngine(SqlEngine):
    """`snowflake://user@account/database/schema?warehouse=…&role=…`; the password is `SNOWFLAKE_PASSWORD`."""

    dialect = "snowflake"
    label = "snowflake"

    def __init__(self, url: str) -> None:
        database, schema = _parts(url, "snowflake://user@account/database/schema", 2)
        connector = _client("snowflake.connector", "Snowflake", "snowflake-connector-python")
        asked: dict[str, Any] = {
            **dict(parse_qsl(urlsplit(url).query)),
            "user": unquote(urlsplit(url).username or ""),
            "account": urlsplit(url).hostname,
            "database": database,
            "schema": schema,
        }
        if "SNOWFLAKE_PASSWORD" in os.environ:
            asked["password"] = os.environ["SNOWFLAKE_PASSWORD"]
        super().__init__(_made(lambda: connector.connect(**asked), "Snowflake"))

    def _stored(self, schema: str, table: str) -> tuple[str, str]:
        """Names that were not quoted are stored in capital letters."""
        asked = f"upper(table_name) = upper('{table}')" + (
            f" AND upper(table_schema) = upper('{schema}')" if schema else ""
        )
        found = self.execute(f"SELECT table_schema, table_name FROM information_schema.tables WHERE {asked}")  # noqa: S608
        exact = [row for row in found if row[1] == table] or found
        return (str(exact[0][0]) if schema else "", str(exact[0][1])) if exact else (schema, table)

    def _columns(self, schema: str, table: str) -> list[tuple[str, str]]:
        """With the scale of a NUMBER, by which it is a whole one or not."""
        where = f"table_name = '{table}'" + (f" AND table_schema = '{schema}'" if schema else "")
        found = self.execute(
            "SELECT column_name, data_type, numeric_precision, numeric_scale FROM information_schema.columns "  # noqa: S608
            f"WHERE {where} ORDER BY ordinal_position"
        )
        return [
            (str(name), f"NUMBER({precision},{scale})" if kind == "NUMBER" and scale else str(kind))
            for name, kind, precision, scale in found
        ]


class TrinoEngine(SqlEngine):
    """`trino://user@host:port/catalogue/schema`, over https; the password, if one is wanted, is `TRINO_PASSWORD`."""

    dialect = "trino"
    label = "trino"
    temporary = False  # it has no temporary tables

    def __init__(self, url: str) -> None:
        catalogue, schema = _parts(url, "trino://user@host:port/catalogue/schema", 2)
        dbapi = _client("trino.dbapi", "Trino", "trino")
        split: SplitResult = urlsplit(url)
        asked: dict[str, Any] = {
            "host": split.hostname,
            "port": split.port or _TRINO_PORT,
            "user": unquote(split.username or ""),
            "catalog": catalogue,
            "schema": schema,
            "http_scheme": "https",
        }
        if "TRINO_PASSWORD" in os.environ:
            auth = _client("trino.auth", "Trino", "trino")
            asked["auth"] = auth.BasicAuthentication(asked["user"], os.environ["TRINO_PASSWORD"])
        super().__init__(_made(lambda: dbapi.connect(**asked), "Trino"))


def _parts(url: str, pattern: str, count: int) -> list[str]:
    """The parts of the URL's path. Raises `Unopened` where there are more or fewer."""
    split = urlsplit(url)
    parts = [unquote(part) for part in split.path.split("/") if part]
    if not split.netloc or len(parts) != count:
        raise Unopened(f"--engine {url}: it is written {pattern}")
    return parts


def _client(module: str, name: str, package: str) -> Any:
    try:
        return importlib.import_module(module)
    except ImportError:
        raise Unopened(f"{name} needs its client: pip install {package}") from None


def _made(make: Any, name: str) -> Any:
    try:
        return make()
    except Exception as error:  # each client has errors of its own
        text = str(error).strip().splitlines()
        raise Unopened(f"{name} does not answer: {text[0][:200] if text else type(error).__name__}") from None
