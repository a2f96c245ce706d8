"""Runs as a program of its own: reads a workbook (Excel or OpenDocument) from standard input, writes one sheet as CSV
to standard output, and on standard error one line of JSON: which sheet, and what has to be said of it.

A workbook of a few bytes can claim a billion cells, so this process has a limit of processor time and memory. It
imports nothing of aiaudit. Formulas are never worked out: what the file keeps as their last value is the value.
"""

import contextlib
import csv
import datetime as dt
import io
import json
import sys
from collections.abc import Iterator
from typing import Any

MEMORY = 2 * 1024 * 1024 * 1024
SECONDS = 60
MOST_SHEETS = 50  # that are opened to find the largest one
TITLES = 20  # rows above the header
HALF = 0.5  # of the columns: so many have a name in the row of the header
_SAFE = 10**15  # whole numbers up to here stand exactly in a cell


def limit() -> None:
    """Bound this process, where the system can."""
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))


def write(data: bytes, named: str, target: Any) -> dict[str, Any]:
    """Write the named sheet, else the largest one that is shown. `notes`, or the `reason` that nothing was written."""
    from python_calamine import CalamineError, CalamineWorkbook, PasswordError

    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(data))
        names = _shown(book)
        if named and named not in names:
            return {"reason": "no such sheet"}
        sheet = book.get_sheet_by_name(named) if named else _largest(book, names)
    except PasswordError:
        return {"reason": "it asks for a password"}
    except (CalamineError, ValueError, OSError) as error:
        return {"reason": f"not a workbook, or a broken one ({type(error).__name__})"}
    if sheet is None:
        return {"reason": "no sheet holds a table"}
    rows = list(sheet.iter_rows())
    head = _header(rows)
    if head is None:
        return {"reason": "no sheet holds a table"}
    kept = [
        at for at, name in enumerate(rows[head]) if _filled(name) or any(_filled(row[at]) for row in rows[head + 1 :])
    ]
    writer = csv.writer(target)
    writer.writerow(_names([rows[head][at] for at in kept]))
    written = 0
    for row in rows[head + 1 :]:
        cells = [_text(row[at]) for at in kept]
        if any(cells):
            writer.writerow(cells)
            written += 1
    if not written:
        return {"reason": "no sheet holds a table"}
    notes = [f"{len(names)} sheets: the largest, {sheet.name}, was profiled"] if len(names) > 1 and not named else []
    above = sum(1 for row in rows[:head] if any(map(_filled, row)))
    notes += [f"{above} row{'s' if above > 1 else ''} above the names of the columns left out"] if above else []
    return {"sheet": sheet.name, "notes": notes}


def _shown(book: Any) -> list[str]:
    """The sheets of cells that are not hidden; charts and macros are none."""
    from python_calamine import SheetTypeEnum, SheetVisibleEnum

    return [
        one.name
        for one in book.sheets_metadata
        if one.typ == SheetTypeEnum.WorkSheet and one.visible == SheetVisibleEnum.Visible
    ]


def _largest(book: Any, names: list[str]) -> Any:
    """The sheet with the most cells; of two the first."""
    best, most = None, 1  # one cell is no table
    for name in names[:MOST_SHEETS]:
        sheet = book.get_sheet_by_name(name)
        if sheet.height * sheet.width > most:
            best, most = sheet, sheet.height * sheet.width
    return best


def _header(rows: list[list[Any]]) -> int | None:
    """The row of the columns' names: the first in which half of the columns that are used have a text."""
    used = max((sum(map(_filled, row)) for row in rows), default=0)
    for at, row in enumerate(rows[: TITLES + 1]):
        named = sum(isinstance(cell, str) and bool(cell.strip()) for cell in row)
        if named and named >= HALF * used:
            return at
    return None


def _names(cells: list[Any]) -> Iterator[str]:
    """A name for each column, each once: what has none is called by its place."""
    seen: dict[str, int] = {}
    for at, cell in enumerate(cells, 1):
        name = " ".join(_text(cell).split()) or f"column_{at}"
        seen[name.lower()] = seen.get(name.lower(), 0) + 1
        yield name if seen[name.lower()] == 1 else f"{name}_{seen[name.lower()]}"


def _filled(cell: Any) -> bool:
    return cell != "" and cell is not None


def _text(cell: Any) -> str:
    """A cell as CSV has it. Excel keeps every number as one with a point, and dates without a time as dates."""
    match cell:
        case bool():
            return "true" if cell else "false"
        case float() if cell.is_integer() and abs(cell) < _SAFE:
            return str(int(cell))
        case dt.datetime():
            return cell.isoformat(sep=" ")
        case dt.timedelta():
            return str(cell.total_seconds())
        case dt.date() | dt.time():
            return cell.isoformat()
    return "" if cell is None else str(cell)


if __name__ == "__main__":
    limit()
    try:
        with open(sys.stdout.fileno(), "w", newline="", encoding="utf-8", closefd=False) as stream:
            answer = write(sys.stdin.buffer.read(), sys.argv[1] if len(sys.argv) > 1 else "", stream)
    except ImportError:
        answer = {"reason": "python-calamine is not installed"}
    except MemoryError:
        answer = {"reason": "it needs too much memory"}
    except OSError:
        answer = {"reason": "its rows take too much room"}
    json.dump(answer, sys.stderr)
