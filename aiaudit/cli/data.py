"""`aiaudit data`: what is in a data file or a folder of them."""

from __future__ import annotations

import datetime as dt
import glob
import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from aiaudit.cli.errors import ExitCode, UsageError, say
from aiaudit.cli.options import option
from aiaudit.cli.output import use_colour, wrote

if TYPE_CHECKING:
    from aiaudit.data.model import Report

_WIDEST = 120
_MOST_NAMED = 12


def data(
    path: Annotated[
        Path,
        typer.Argument(
            metavar="PATH", help="A data file, a folder of data files, a quoted glob, or a warehouse's table."
        ),
    ],
    *,
    reference: Annotated[
        Path | None, option("--reference", metavar="FILE", help="Drift is measured from this set to the other.")
    ] = None,
    label: Annotated[str | None, option("--label", metavar="COLUMN", help="The column that a model predicts.")] = None,
    engine: Annotated[
        str | None, option("--engine", metavar="URL", help="What computes: duckdb:// (default), or another by its URL.")
    ] = None,
    as_json: Annotated[bool, option("--json", help="Print the profile as JSON.")] = False,
    outputs: Annotated[
        list[str] | None, option("-o", "--output", metavar="FILE", help="Write it to a .html, .md or .json file.")
    ] = None,
) -> None:
    """Profile data sets: quality, leakage, drift, personal data.

    Every column with its nulls, types and ranges; duplicates, and overlap of the splits. No cell of personal data is
    printed. Nothing is judged: the exit code is 0 whatever is found, 3 where nothing could be measured; gate by
    `aiaudit run --pack data --fail-on high`.
    """
    from aiaudit.data.engine import Unopened
    from aiaudit.data.engines import engine_at, reads_tables
    from aiaudit.data.local import sources_at, tables_at
    from aiaudit.data.measure import measure
    from aiaudit.data.phrases import BOOK
    from aiaudit.data.report.files import output_of, render, write
    from aiaudit.project.cache import open_cache

    wanted = [output_of(name) for name in outputs or ()]
    in_tables = engine is not None and reads_tables(engine)
    for given in (path, reference):
        if given is not None and not in_tables and not given.exists() and not glob.has_magic(str(given)):
            raise UsageError(f"{given}: there is no such file or folder")
    if in_tables:
        found = tables_at(path, reference=reference, label=label)
    else:
        found = sources_at(path, reference=reference, label=label)
    if not found.sources:
        raise UsageError(
            f"{path}: no data file here (CSV, Parquet, JSON Lines, JSON, Arrow, SQLite, DuckDB, folders of images)"
        )
    if reference is not None and len(found.sources) == 1:
        raise UsageError(f"--reference {reference}: this is the set itself; name another one to measure drift from")
    try:
        chosen = engine_at(engine)
    except Unopened as error:
        raise UsageError(str(error)) from None
    progress = Progress()
    cache = open_cache()
    BOOK.open(cache)
    try:
        report = measure(chosen, found.sources, dt.datetime.now(dt.UTC), progress=progress, notes=found.notes)
    finally:
        progress.clear()
        chosen.close()
        BOOK.keep(cache)
        if cache is not None:
            cache.close()
    _check_label(label, report)
    report = _discreet(report)
    rendered = [(target, render(target.suffix, report)) for target in wanted]
    for target, text in rendered:
        write(target, text)
    wrote(target.path for target in wanted if not target.is_stdout)
    if as_json:
        sys.stdout.write(render(".json", report))
    elif not any(target.is_stdout for target in wanted):
        _show(report)
    if all(dataset.rows is None and not dataset.columns for dataset in report.datasets):
        say("nothing could be profiled; the notes say why")
        raise typer.Exit(int(ExitCode.NOTHING))
    if reference is not None and not any(pair.columns for pair in report.pairs):
        say(f"no drift was measured: {_why_no_drift(report)}")
        raise typer.Exit(int(ExitCode.NOTHING))


def _why_no_drift(report: Report) -> str:
    unread = [dataset.name for dataset in report.datasets if dataset.rows is None]
    empty = [dataset.name for dataset in report.datasets if dataset.rows == 0]
    if unread:
        return f"{', '.join(unread[:3])} could not be read; the notes say why"
    if empty:
        return f"{', '.join(empty[:3])} {'hold' if len(empty) > 1 else 'holds'} no rows"
    return "the sets have no column in common that could be compared"


def _discreet(report: Report) -> Report:
    """The report with no secret in the names of columns and files, or in values."""
    import msgspec

    from aiaudit.probes.secrets.hide import hide_in

    told = msgspec.to_builtins(report)
    clear = hide_in(told)
    return report if clear is told else msgspec.convert(clear, type(report))


def _check_label(label: str | None, report: Report) -> None:
    """Raises `UsageError` where no set has the column that the caller named, as far as columns were read."""
    from aiaudit.packs.problems import did_you_mean

    columns = list(dict.fromkeys(column.name for dataset in report.datasets for column in dataset.columns))
    if label is not None and columns and label not in columns:
        more = f" and {len(columns) - _MOST_NAMED} more" if len(columns) > _MOST_NAMED else ""
        listed = f"; there are: {', '.join(columns[:_MOST_NAMED])}{more}"
        raise UsageError(f"--label {label}: no data set has this column{did_you_mean(label, columns) or listed}")


def _show(report: Report) -> None:
    from aiaudit.data.report.terminal import render as on_terminal

    is_terminal = sys.stdout.isatty()
    told = is_terminal or "COLUMNS" in os.environ
    width = min(shutil.get_terminal_size((100, 24)).columns, _WIDEST) if told else 100
    sys.stdout.write(on_terminal(report, width=width, colour=use_colour(is_terminal)))


class Progress:
    """What is being done, on a terminal's stderr; nothing where stderr is no terminal."""

    def __init__(self) -> None:
        self.on = sys.stderr.isatty()

    def __call__(self, text: str) -> None:
        if self.on:
            from aiaudit.reports.text import shorten, visible

            print(f"\r{shorten(visible(text), 76)}\x1b[K", end="", file=sys.stderr, flush=True)

    def clear(self) -> None:
        if self.on:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)
