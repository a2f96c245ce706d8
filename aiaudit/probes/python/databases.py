"""Calls that hand a statement to a database, by the library whose object is called."""

from __future__ import annotations

from typing import Final

from aiaudit.probes.python.match import name_set

# Prefix of the qualified name -> methods that run the statement they are given.
_RUNS: Final = (
    ("duckdb.", name_set("sql query execute executemany from_query")),
    ("google.cloud.bigquery.", name_set("query query_and_wait")),
    ("pyspark.", name_set("sql")),
    ("databricks.", name_set("sql execute")),
    ("snowflake.", name_set("sql execute")),
    ("neo4j.", name_set("run execute_query")),
    ("awswrangler.", name_set("read_sql_query")),
    ("clickhouse_connect.", name_set("query query_df command")),
    ("boto3.client.", name_set("start_query_execution execute_statement")),
    ("polars.", name_set("sql")),
    ("SPARQLWrapper.", name_set("setQuery")),  # SPARQL reads and changes a store as SQL does
    ("sqlalchemy.", name_set("exec_driver_sql")),
)
_WRAPPED: Final = name_set("run run_no_throw query")  # SQLDatabase, Neo4jGraph
_WRAPPERS: Final = ("SQLDatabase", "Neo4jGraph", "GraphStore")
# What SQLAlchemy and SQLModel build a statement with: values that go in become parameters.
_BUILDERS: Final = tuple(
    f"{library}.{name}"
    for library in ("sqlalchemy", "sqlmodel", "sqlalchemy.sql", "sqlalchemy.future", "sqlalchemy.orm")
    for name in ("select", "insert", "update", "delete")
)


def runs_statement(name: str) -> bool:
    """Whether a call of this qualified name runs the statement that it is given."""
    last = name.rpartition(".")[2]
    if any(name.startswith(prefix) and last in methods for prefix, methods in _RUNS):
        return True
    return last in _WRAPPED and name.startswith(("langchain", "llama_index")) and any(one in name for one in _WRAPPERS)


def builds_statement(name: str) -> bool:
    """Whether a call of this name builds a statement of parts, into which no text of another's comes as it is."""
    return name.startswith("sqlalchemy.dialects.") or any(
        name == one or name.startswith(f"{one}.") for one in _BUILDERS
    )
