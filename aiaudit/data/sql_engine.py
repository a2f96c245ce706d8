"""Warehouses that speak SQL: the same Ibis expressions, compiled to their dialect, executed through a DB-API client.

What a dialect lacks is rewritten in the expression before it is compiled, so that the definition stays the same:

- several quantiles at once become one array of single ones;
- a cast that must not fail (PostgreSQL has none, and sqlglot drops Snowflake's) becomes a cast of the texts that look
  like a number;
- a floating literal (a decimal to Spark) becomes a cast;
- a test for infinity, which Ibis loses on the way to Spark, becomes a comparison.

Tables are read where they are; nothing is written but temporary samples.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from msgspec.structs import replace

from aiaudit import lazy
from aiaudit.data.engine import EngineError, OneByOne, OutOfMemory, Relation, Unopened
from aiaudit.data.model import Malformed, Source
from aiaudit.data.phrases import BOOK, quoted

if TYPE_CHECKING:
    import ibis.expr.types as ir

_NUMBER: Final = r"^\s*[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?\s*$"
_TABLE: Final = lazy.regex(r"[A-Za-z_][\w$]*(?:\.[A-Za-z_][\w$]*){0,2}")
_APPROXIMATE: Final = frozenset({"bigquery", "trino"})  # they have no exact quantile of a group
_STRICT: Final = frozenset(
    {"postgres", "snowflake"}
)  # no cast that gives null; of Snowflake's, sqlglot makes a strict one
_SINGLE: Final = frozenset({"snowflake"})  # they have no list of quantiles


class SqlEngine(OneByOne):
    """See `aiaudit.data.engine.Engine`. Subclasses give a DB-API connection and the table types of their dialect.

    `temporary`: it has tables and views that go with the session. Where it has none, a sample is drawn in each query.
    """

    dialect = ""
    label = ""
    temporary = True

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self._count = 0

    def open(self, source: Source) -> Relation:
        """The table that the source names (`table`, else `path`). Raises `Unopened`."""
        named = source.table or source.path
        if not _TABLE.fullmatch(named):
            raise Unopened(f"{named}: not the name of a table")
        *before, table = named.split(".")
        schema = before[-1] if before else ""
        try:
            schema, table = self._stored(schema, table)
            columns = self._columns(schema, table)
        except EngineError as error:
            raise Unopened(f"{named}: {error}") from None
        if not columns:
            raise Unopened(f"{named}: there is no such table")
        kinds = {name: BOOK.kind(self.dialect, kind) for name, kind in columns}
        opened = Relation(source, table, kinds, self.dialect, self._size(named))
        if not schema:
            return opened
        if not self.temporary:
            import ibis

            return replace(opened, derived=ibis.table(opened.table.schema(), name=table, database=schema))
        self._count += 1
        view = f"aiaudit_table_{self._count}"  # every query then names one plain view
        whole = ".".join(quoted(self.dialect, part) for part in (*before[:-1], schema, table))
        self.execute(f"CREATE TEMPORARY VIEW {quoted(self.dialect, view)} AS SELECT * FROM {whole}")  # noqa: S608
        return replace(opened, name=view)

    def rows(self, query: ir.Table | str) -> list[tuple[Any, ...]]:
        """All rows of a (small) result. Raises `OutOfMemory`, `EngineError`."""
        return self.execute(query if isinstance(query, str) else to_sql(query, self.dialect))

    def execute(self, sql: str) -> list[tuple[Any, ...]]:
        """Rows of a query; none where it gives none."""
        cursor = self._connection.cursor()
        try:
            cursor.execute(sql)
            return [tuple(row) for row in cursor.fetchall()] if cursor.description else []
        except MemoryError:
            raise OutOfMemory("the result does not fit into memory") from None
        except Exception as error:  # each client has errors of its own
            self._after_error()
            raise EngineError(first_line(error)) from None
        finally:
            cursor.close()

    def widen(self, relation: Relation) -> Relation | None:
        """The types of a table are declared, not guessed."""
        return None

    def settle(self, relation: Relation) -> Relation:
        """A table needs no second parse."""
        return relation

    def row_key(self, columns: Sequence[str]) -> str | None:
        """Rows are compared by their columns themselves."""
        return None

    def row_hash(self, relation: Relation, columns: Sequence[str]) -> ir.IntegerValue | None:
        """Rows are compared by their columns themselves."""
        return None

    def sample(self, relation: Relation, rows: int, seed: int) -> Relation:
        """The first `rows` rows in an order that the content and the seed decide, as a temporary table."""
        import ibis

        texts = [relation.table[c].cast("string").fill_null("") for c in relation.table.columns]
        key = ibis.literal(str(seed))
        for text in texts:
            key = key + "\x1f" + text
        chosen = relation.table.order_by(_md5(key, self.dialect)).limit(rows)
        if not self.temporary:
            return replace(relation, derived=chosen)
        self._count += 1
        name = f"aiaudit_sample_{self._count}"
        self.execute(f"CREATE TEMPORARY TABLE {quoted(self.dialect, name)} AS {to_sql(chosen, self.dialect)}")
        return replace(relation, name=name, derived=None)

    def malformed(self, relation: Relation) -> Malformed:
        """A table has no row that could not be read."""
        return Malformed()

    def close(self) -> None:
        """Close the connection; temporary tables go with it."""
        self._connection.close()

    def _stored(self, schema: str, table: str) -> tuple[str, str]:
        """Schema and table as the warehouse writes them."""
        return schema, table

    def _columns(self, schema: str, table: str) -> list[tuple[str, str]]:
        """Names and types of a table's columns, by the standard's information schema."""
        where = f"table_name = '{table}'" + (f" AND table_schema = '{schema}'" if schema else "")
        found = self.execute(
            "SELECT column_name, data_type FROM information_schema.columns "  # noqa: S608
            f"WHERE {where} ORDER BY ordinal_position"
        )
        return [(str(name), str(kind)) for name, kind in found]

    def _size(self, named: str) -> int | None:
        """Bytes of the table; None where the warehouse does not say: then quantiles are approximate."""
        return None

    def _after_error(self) -> None:
        """What must be done before the next query."""


def type_mapper(dialect: str) -> Any:
    """Ibis' reader of a dialect's type names."""
    from ibis.backends.sql import datatypes

    names: Mapping[str, str] = {
        "postgres": "PostgresType", "pyspark": "PySparkType", "bigquery": "BigQueryType", "snowflake": "SnowflakeType",
        "trino": "TrinoType", "duckdb": "DuckDBType",
    }  # fmt: skip
    return getattr(datatypes, names[dialect])


def to_sql(expression: ir.Expr, dialect: str) -> str:
    """The expression as SQL of the dialect, after the rewrites that it needs."""
    made, spoken = to_ast(expression, dialect)
    return str(made.sql(dialect=spoken))


def to_ast(expression: ir.Expr, dialect: str) -> tuple[Any, Any]:
    """The expression as sqlglot's tree, and the dialect in which sqlglot writes it."""
    from ibis.backends.sql import compilers

    if dialect == "pyspark":
        _spark_options()
    compiler = getattr(compilers, dialect).compiler
    return compiler.to_sqlglot(rewritten(expression, dialect).unbind()), compiler.dialect


def rewritten(expression: ir.Expr, dialect: str) -> ir.Expr:
    """The expression in what the dialect has."""
    import ibis.expr.operations as ops

    rules: dict[type, Callable[[Any], Any]] = {}
    if dialect in _APPROXIMATE:
        rules[ops.MultiQuantile] = lambda op: ops.ApproxMultiQuantile(op.arg, op.quantile, op.where)
    elif dialect in _SINGLE:
        rules[ops.MultiQuantile] = lambda op: _array(op, ops.Quantile)
        rules[ops.ApproxMultiQuantile] = lambda op: _array(op, ops.ApproxQuantile)
    if dialect in _STRICT:
        rules[ops.TryCast] = _guarded
    if dialect == "postgres":
        rules[ops.ApproxMultiQuantile] = lambda op: ops.MultiQuantile(op.arg, op.quantile, op.where)
    if dialect == "pyspark":
        rules[ops.Literal] = _double
        rules[ops.IsInf] = _infinite
    if not rules:
        return expression

    def change(node: Any, changed: Mapping[str, Any] | None) -> Any:
        made = node.__recreate__(changed) if changed else node
        rule = rules.get(type(made))
        return rule(made) if rule else made

    return expression.op().replace(change).to_expr()


def _md5(text: Any, dialect: str) -> Any:
    """The engine's own md5 of a text; Trino's is one of bytes."""
    import ibis

    def md5(text: str) -> str:
        """Called in the engine, never here."""
        raise NotImplementedError

    def to_utf8(text: str) -> str:
        """As above."""
        raise NotImplementedError

    value = ibis.udf.scalar.builtin(to_utf8)(text) if dialect == "trino" else text
    return ibis.udf.scalar.builtin(md5)(value)


def _array(op: Any, single: Any) -> Any:
    import ibis.expr.operations as ops

    return ops.Array(tuple(single(op.arg, one, op.where) for one in op.quantile.value))


def _double(op: Any) -> Any:
    """A floating number as such: Spark takes 2852.0 for a decimal, and rounds what is divided by it to six places."""
    import ibis.expr.operations as ops

    if not op.dtype.is_floating() or op.value is None:
        return op
    return ops.Cast(ops.Literal(repr(float(op.value)), "string"), op.dtype)


def _infinite(op: Any) -> Any:
    """Whether a number is infinite: Ibis 12 compiles Spark's test to FALSE, whatever the number."""
    import ibis

    infinity = ibis.literal("Infinity").cast("float64")
    return (op.arg.to_expr().cast("float64").abs() == infinity).op()


def _guarded(op: Any) -> Any:
    """TRY_CAST of a text to a number: the cast where it looks like one, else null."""
    import ibis

    text = op.arg.to_expr()
    if not text.type().is_string() or not op.to.is_numeric():
        return op
    number = text.re_search(_NUMBER)
    return number.ifelse(number.ifelse(text, ibis.null("string")).cast(op.to), ibis.null(op.to)).op()


def _spark_options() -> None:
    """Ibis' Spark compiler asks for options that only its Spark back end registers, which needs pandas."""
    import ibis
    from ibis.config import Config

    if ibis.options.pyspark is None:

        class SparkOptions(Config):  # type: ignore[misc]
            treat_nan_as_null: bool = False

        ibis.options.pyspark = SparkOptions()


def first_line(error: Exception) -> str:
    text = str(error).strip().splitlines()
    return text[0][:300] if text else type(error).__name__
