"""`aiaudit data`: what is in a data file or a folder of them."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Annotated

import typer

from aiaudit.cli.errors import UsageError
from aiaudit.cli.options import option


def data(
    path: Annotated[Path, typer.Argument(help="A data file, or a folder of data files.")],
    *,
    reference: Annotated[
        Path | None, option("--reference", metavar="FILE", help="Drift is measured from this set to the other.")
    ] = None,
    label: Annotated[str | None, option("--label", metavar="COLUMN", help="The column that a model predicts.")] = None,
    as_json: Annotated[bool, option("--json", help="Print the profile as JSON.")] = False,
) -> None:
    """Profile data sets: quality, duplicates, leakage, overlap of splits, drift, personal data."""
    from aiaudit.data.duckdb_engine import DuckDBEngine
    from aiaudit.data.local import sources_at
    from aiaudit.data.measure import measure
    from aiaudit.data.model import plain

    for given in (path, reference):
        if given is not None and not given.exists():
            raise UsageError(f"{given}: there is no such file or folder")
    sources = sources_at(path, reference=reference, label=label).sources
    if not sources:
        raise UsageError(f"{path}: no data file here (CSV, Parquet, JSON Lines, JSON, Arrow, SQLite, DuckDB)")
    engine = DuckDBEngine()
    try:
        report = measure(engine, sources, dt.datetime.now(dt.UTC))
    finally:
        engine.close()
    if as_json:
        print(json.dumps(plain(report), indent=2, ensure_ascii=False))
