"""Workbooks (Excel, OpenDocument), read by a program of their own: DuckDB's reader is an extension that would have to
be downloaded, and a file of a few bytes can claim a billion cells."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Final

from aiaudit.data.engine import Unopened
from aiaudit.data.model import Source
from aiaudit.data.sqlite_open import Exported

MAX_BYTES: Final = 50 * 1024 * 1024  # of the file: some million rows
_SECONDS: Final = 600.0  # by the clock on the wall, on a busy machine; the program bounds its own processor time
_PROGRAM: Final = Path(__file__).with_name("workbook_rows.py")


def sheet_as_csv(source: Source, scratch: Path) -> Exported:
    """Write the source's sheet (the largest that is shown where none is named) to a file in `scratch`. Raises
    `Unopened`."""
    file = source.files[0]
    if file.stat().st_size > MAX_BYTES:
        raise Unopened(f"{source.path}: a workbook of more than {MAX_BYTES >> 20} MB is not read; save it as Parquet")
    target = scratch / f"sheet-{len(list(scratch.iterdir()))}.csv"
    asked = [source.table] if source.table else []
    try:
        with file.open("rb") as book, target.open("wb") as stream:
            done = subprocess.run(  # noqa: S603 (this interpreter, a file of this package)
                [sys.executable, "-I", str(_PROGRAM), *asked],
                stdin=book,
                stdout=stream,
                stderr=subprocess.PIPE,
                timeout=_SECONDS,
                check=False,
            )
        answer = json.loads(done.stderr)
    except subprocess.TimeoutExpired:
        raise Unopened(f"{source.path}: it takes longer than {_SECONDS:.0f} s to read") from None
    except (OSError, ValueError):
        raise Unopened(f"{source.path}: reading it takes too much time or memory") from None
    if "reason" in answer:
        raise Unopened(f"{source.path}: {answer['reason']}")
    return Exported(target, tuple(str(note) for note in answer["notes"]))
