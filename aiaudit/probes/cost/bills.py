"""A project's exported bills, read by DuckDB in a worker process: a file that harms the reader costs that file alone.

Files are opened through the guarded reader, once; the engine gets a link to the open descriptor.
"""

from __future__ import annotations

import datetime as dt
import json
import tempfile
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct

from aiaudit.cost.bills import BadBill, Part, form_of, parts_of
from aiaudit.model.records import as_dict
from aiaudit.project.pool import Limits, can_fork, reason_of, run
from aiaudit.project.reader import Reader, Unreadable, decode

if TYPE_CHECKING:
    from aiaudit.probes.base import Context
    from aiaudit.project.tree import Entry

GLOBS: Final = (
    "**/*{bill,billing,invoice,cost,costs,usage,cur,focus,finops,spend,forecast}*.{csv,csv.gz}",
    "**/{bill,bills,billing,invoices,cost,costs,focus,finops}/**/*.{csv,csv.gz}",
)
_MOST: Final = 200  # files whose first line is looked at
_HEAD: Final = 64 * 1024  # bytes of a first line
_MEMORY: Final = "256MiB"
_LIMITS: Final = Limits(memory=4 * 1024**3, file_seconds=120.0, stall_seconds=180.0)
_SKIPPED: Final = ("vendored", "generated", "test", "example")


class Bills(Struct, frozen=True):
    """What the bills say. `unread`: each file that could not be used, with the reason."""

    parts: tuple[Part, ...]
    unread: tuple[str, ...]


def bills_of(context: Context) -> Bills:
    """The bills of the project, read once an audit."""
    if "cost.bills" not in context.memo:
        context.memo["cost.bills"] = _bills(context)
    found: Bills = context.memo["cost.bills"]
    return found


def _bills(context: Context) -> Bills:
    unread: list[str] = []
    chosen: list[Entry] = []
    for entry in context.project.matching(GLOBS)[:_MOST]:
        if entry.role in _SKIPPED:
            continue
        try:
            header = _first_line(context.project.head(entry.path, _HEAD), entry.path)
        except (Unreadable, zlib.error):
            continue  # what cannot be read is no bill as far as is known; `cost.reviews` names it
        if form_of(header) is not None:
            chosen.append(entry)
    parts: list[Part] = []
    for number, answer in _answers(context.project.root, chosen):
        said: dict[str, Any] = json.loads(answer) if isinstance(answer, bytes) else {"error": answer}
        if "error" in said:
            unread.append(f"{chosen[number].display}: {said['error']}")
        parts += [_part(row) for row in said.get("parts", ())]
    parts.sort(key=lambda one: (one.path, one.account, one.month, one.currency))
    return Bills(tuple(parts), tuple(sorted(unread)))


def _answers(root: str, entries: Sequence[Entry]) -> list[tuple[int, bytes | str]]:
    def work(number: int) -> bytes:
        return json.dumps(_read(root, entries[number])).encode()

    if not entries:
        return []
    if can_fork():
        return list(run(work, [(n, n + 1) for n in range(len(entries))], 1, _LIMITS))
    made: list[tuple[int, bytes | str]] = []
    for number in range(len(entries)):
        try:
            made.append((number, work(number)))
        except Exception as error:
            made.append((number, reason_of(error)))
    return made


def _read(root: str, entry: Entry) -> dict[str, Any]:
    """In a worker: the sums of one file."""
    import duckdb

    suffix = ".csv.gz" if entry.path.endswith(".gz") else ".csv"
    with Reader(root) as reader, reader.open(entry.path) as stream, tempfile.TemporaryDirectory() as folder:
        found = form_of(_first_line(stream.read(_HEAD), entry.path))
        if found is None:
            return {"error": "it is no bill any more"}
        stream.seek(0)
        link = Path(folder) / f"bill{suffix}"
        link.symlink_to(f"/proc/self/fd/{stream.fileno()}")
        settings: dict[str, str | bool | int | float | list[str]] = {
            "memory_limit": _MEMORY, "threads": 1, "temp_directory": folder,
            "autoinstall_known_extensions": False, "autoload_known_extensions": False,
            "allow_community_extensions": False, "allow_persistent_secrets": False,
        }  # fmt: skip
        with duckdb.connect(":memory:", config=settings) as connection:
            try:
                parts = parts_of(connection, str(link), entry.display, *found)
            except BadBill as error:
                return {"error": str(error)}
            except duckdb.Error as error:
                return {"error": f"no table: {str(error).splitlines()[0][:200].replace(str(link), entry.display)}"}
    return {"parts": [as_dict(one) for one in parts]}


def _first_line(data: bytes, path: str) -> str:
    if path.endswith(".gz"):
        data = zlib.decompressobj(31).decompress(data, _HEAD)
    return decode(data).partition("\n")[0]


def _part(row: dict[str, Any]) -> Part:
    return Part(**{**row, "first": dt.date.fromisoformat(row["first"]), "last": dt.date.fromisoformat(row["last"])})
