"""An engine for each test, and sources of files."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from aiaudit.data.duckdb_engine import DuckDBEngine
from aiaudit.data.engine import Relation
from aiaudit.data.model import Source

FILES = Path(__file__).parent / "files"


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
