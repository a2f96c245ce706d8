"""PostgreSQL, through psycopg."""

from __future__ import annotations

from typing import Any, Final

from aiaudit.data.engine import EngineError, Unopened
from aiaudit.data.sql_engine import SqlEngine

_FETCHED_BY_NAME: Final = "SELECT a.attname, format_type(a.atttypid, NULL) FROM pg_attribute a"


class PostgresEngine(SqlEngine):
    """`postgres://user@host/database`: its tables, by name. The session is read-only but for temporary samples."""

    dialect = "postgres"

    def __init__(self, url: str) -> None:
        try:
            import psycopg
        except ImportError:
            raise Unopened("PostgreSQL needs its client: pip install 'psycopg[binary]'") from None
        try:
            connection: Any = psycopg.connect(url.replace("postgres://", "postgresql://", 1), autocommit=True)
        except psycopg.Error as error:
            raise Unopened(f"PostgreSQL does not answer: {str(error).splitlines()[0][:200]}") from None
        super().__init__(connection)
        self.execute("SET TIME ZONE 'UTC'")
        self.label = f"postgresql {connection.info.server_version // 10000}"

    def _columns(self, schema: str, table: str) -> list[tuple[str, str]]:
        """By the catalogue, whose type names Ibis reads."""
        named = f'"{schema}"."{table}"' if schema else f'"{table}"'
        found = self.execute(
            f"{_FETCHED_BY_NAME} WHERE a.attrelid = '{named}'::regclass AND a.attnum > 0 AND NOT a.attisdropped "
            "ORDER BY a.attnum"
        )
        return [(str(name), str(kind)) for name, kind in found]

    def _size(self, named: str) -> int | None:
        quoted = ".".join(f'"{part}"' for part in named.split("."))
        try:
            return int(self.execute(f"SELECT pg_total_relation_size('{quoted}'::regclass)")[0][0])
        except EngineError:
            return None
