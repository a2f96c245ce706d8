"""Spark: the same expressions on a cluster, or on this machine (`local-spark`).

The command starts the session itself; Java 17 or later must be there. A first session takes some ten seconds, so it is
no default: it is for data that one machine cannot hold.
"""

from __future__ import annotations

import contextlib
import logging
import os
import signal
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from msgspec.structs import replace

from aiaudit.data.engine import EngineError, OneByOne, OutOfMemory, Relation, Unopened
from aiaudit.data.formats import format_of
from aiaudit.data.model import Malformed, Source
from aiaudit.data.phrases import BOOK
from aiaudit.data.sql_engine import first_line, to_sql
from aiaudit.extras import install

if TYPE_CHECKING:
    import ibis.expr.types as ir

READERS: Final = {"csv": "csv", "parquet": "parquet", "jsonl": "json"}
_PARTITIONS: Final = "8"  # of a cluster's results; this machine has one for each core
_MEMORY: Final = "1g"  # of the driver: it holds the executors too where Spark runs on this machine


class SparkEngine(OneByOne):
    """See `aiaudit.data.engine.Engine`. `spark://host:port` is a cluster's master, `local-spark` this machine."""

    dialect = "pyspark"

    def __init__(self, url: str) -> None:
        try:
            import pyspark
            from pyspark.sql import SparkSession
        except ImportError:
            raise Unopened(f"Spark needs its extra: {install('spark')}") from None
        master = url if url.startswith("spark://") else "local[*]"
        logging.getLogger("py4j").setLevel(logging.ERROR)
        os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1" if master.startswith("local") else "")
        made = (
            SparkSession.builder.master(master)
            .appName("aiaudit")
            .config("spark.ui.enabled", "false")
            .config("spark.ui.showConsoleProgress", "false")
            .config("spark.driver.memory", _MEMORY)
            .config("spark.sql.session.timeZone", "UTC")
            .config("spark.sql.timestampType", "TIMESTAMP_NTZ")
            .config("spark.sql.shuffle.partitions", _PARTITIONS if url.startswith("spark://") else str(os.cpu_count()))
            .config("spark.log.level", "ERROR")
        )
        self._own_machine = _gateway() is None  # a Java machine that runs already is somebody else's
        self._on_interrupt = signal.getsignal(signal.SIGINT)
        try:
            self._spark: Any = made.getOrCreate()
        except Exception as error:  # py4j's and Java's own
            raise Unopened(f"Spark does not start: {first_line(error)}") from None
        self.label = f"spark {pyspark.__version__}"
        self._count = 0

    def open(self, source: Source) -> Relation:
        """Files as a temporary view, or the catalogue's table that the source names. Raises `Unopened`."""
        try:
            frame, size = self._frame(source)
        except Unopened:
            raise
        except Exception as error:  # py4j's and Java's own
            raise Unopened(f"{source.path}: {first_line(error)}") from None
        if not frame.columns:
            raise Unopened(f"{source.path}: no column found")
        return self._relation(source, frame, size)

    def rows(self, query: ir.Table | str) -> list[tuple[Any, ...]]:
        """All rows of a (small) result. Raises `OutOfMemory`, `EngineError`."""
        sql = query if isinstance(query, str) else to_sql(query, self.dialect)
        try:
            return [tuple(row) for row in self._spark.sql(sql).collect()]
        except Exception as error:  # py4j's and Java's own
            if "OutOfMemory" in str(error):
                raise OutOfMemory("Spark's driver needs more memory") from None
            raise EngineError(first_line(error)) from None

    def widen(self, relation: Relation) -> Relation | None:
        """Spark infers types from every row."""
        return None

    def settle(self, relation: Relation) -> Relation:
        """Kept in the executors' memory, and on their disks where it is too large."""
        self._spark.table(relation.name).persist()
        return relation

    def row_key(self, columns: Sequence[str]) -> str | None:
        """Rows are compared by their columns themselves."""
        return None

    def row_hash(self, relation: Relation, columns: Sequence[str]) -> ir.IntegerValue | None:
        """Rows are compared by their columns themselves."""
        return None

    def sample(self, relation: Relation, rows: int, seed: int) -> Relation:
        """The first `rows` rows in the order of a hash of content and seed, kept as a view."""
        from pyspark.sql import functions

        frame = self._spark.table(relation.name)
        key = functions.xxhash64(functions.lit(seed), *[functions.col(f"`{c}`") for c in frame.columns])
        drawn = self._relation(relation.source, frame.orderBy(key).limit(int(rows)).persist(), relation.size_bytes)
        return replace(relation, name=drawn.name)

    def malformed(self, relation: Relation) -> Malformed:
        """Spark reads a broken row as nulls and does not say how many there were."""
        return Malformed(None)

    def close(self) -> None:
        """End the session, and the Java machine where this engine started it: pyspark leaves it running.

        Its answer to an interrupt it leaves too, which asks the session that has ended to cancel its jobs.
        """
        self._spark.stop()
        with contextlib.suppress(TypeError, ValueError):  # set by other than Python, or not in the main thread
            signal.signal(signal.SIGINT, self._on_interrupt)
        if self._own_machine:
            _end_machine()

    def _frame(self, source: Source) -> tuple[Any, int | None]:
        if not source.files:
            return self._spark.table(source.table or source.path), None
        form = format_of(source.files[0])
        name = form.name if form else source.format
        if name not in READERS:
            raise Unopened(f"{source.path}: Spark does not read {name or 'this format'}")
        paths = [str(Path(file).resolve()) for file in source.files]
        reader = self._spark.read
        if name == "csv":
            reader = reader.option("header", True).option("inferSchema", True).option("multiLine", True)
            reader = reader.option("escape", '"')
        frame = reader.format(READERS[name]).load(paths)
        return frame, sum(file.stat().st_size for file in source.files)

    def _relation(self, source: Source, frame: Any, size: int | None) -> Relation:
        self._count += 1
        name = f"data_{self._count}"
        frame.createOrReplaceTempView(name)
        kinds = {field.name: BOOK.kind(self.dialect, field.dataType.simpleString()) for field in frame.schema.fields}
        return Relation(source, name, kinds, self.dialect, size)


def _gateway() -> Any:
    """pyspark's link to its Java machine; None while there is none."""
    from pyspark import SparkContext

    return SparkContext._gateway


def _end_machine() -> None:
    """End the Java machine and wait for it. pyspark has no call for that; the next session starts another."""
    from pyspark import SparkContext

    gateway = _gateway()
    if gateway is None:
        return
    gateway.shutdown()
    process = getattr(gateway, "proc", None)
    if process is not None:
        process.stdin.close()  # the machine ends when its input does
        process.wait(30)
    SparkContext._gateway = SparkContext._jvm = None
