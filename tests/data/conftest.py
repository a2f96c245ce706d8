"""An engine for each test, and sources of files."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from aiaudit.data.duckdb_engine import DuckDBEngine
from aiaudit.data.engine import Relation
from aiaudit.data.local import sources_at
from aiaudit.data.measure import measure
from aiaudit.data.model import Report, Source

FILES = Path(__file__).parent / "files"
NOW = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


@pytest.fixture
def engine() -> Iterator[DuckDBEngine]:
    made = DuckDBEngine(threads=2)
    yield made
    made.close()


@pytest.fixture
def opened(engine: DuckDBEngine, tmp_path: Path) -> Callable[..., Relation]:
    """Open a file of `files/` by name, or text as a CSV."""

    def open_(what: str, **more: object) -> Relation:
        path = FILES / what if "\n" not in what else tmp_path / f"t{len(list(tmp_path.iterdir()))}.csv"
        if "\n" in what:
            path.write_text(what)
        return engine.open(Source(path.name, path.name, (path,), "csv", **more))  # type: ignore[arg-type]

    return open_


@pytest.fixture
def measured(engine: DuckDBEngine) -> Callable[..., Report]:
    """The report of a path, as `aiaudit data` measures it."""

    def measure_(path: Path, **more: object) -> Report:
        found = sources_at(path, **more)  # type: ignore[arg-type]
        return measure(engine, found.sources, NOW, notes=found.notes)

    return measure_
