"""The heads of saved results: headline figures, packs, and what each check is or how it ended; thousands in seconds.

Most of a result is its facts, and they follow all that is asked for here. A result that is written as aiaudit writes it
is therefore read only up to them; any other JSON is read whole. DuckDB takes the parts out of the text.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

MAX_BYTES: Final = 256 * 1024 * 1024  # of one result
_MEMORY: Final = "2GB"  # of DuckDB, at most: a head of a megabyte takes some twenty
_BATCH_FILES, _BATCH_BYTES = 8, 8 * 1024 * 1024  # what is in memory at once, for each thread
_THREADS: Final = min(os.cpu_count() or 1, 3)
_STEP: Final = 512 * 1024
_OURS: Final = b'{\n  "schema_version": '  # how a result of ours begins; a line end stands in no JSON string
_CHECKS, _FACTS = b',\n  "checks": ', b',\n  "facts": '

_HEADLINE: Final[dict[str, Any]] = {
    "schema_version": "VARCHAR",
    "as_of": "VARCHAR",
    "tool": {"version": "VARCHAR", "ruleset_hash": "VARCHAR"},
    "project": {"name": "VARCHAR", "commit": "VARCHAR", "declared": {"owner": "VARCHAR"}},
    "score": "DOUBLE",
    "score_low": "DOUBLE",
    "score_high": "DOUBLE",
    "coverage": "DOUBLE",
    "readiness": "VARCHAR",
    "weakest_core": "VARCHAR",
    "next_level": {"name": "VARCHAR", "effort_days": "DOUBLE", "missing": ["VARCHAR"]},
    "packs": [{"id": "VARCHAR", "title": "VARCHAR", "score": "DOUBLE"}],
}
_STATUS: Final = {"checks": [{"id": "VARCHAR", "status": "VARCHAR"}]}
_DETAIL: Final = {
    "checks": [
        {"id": "VARCHAR", "title": "VARCHAR", "severity": "VARCHAR", "remediation": "VARCHAR", "effort_days": "DOUBLE"}
    ]
}
_ENDED: Final = "list_transform(from_json(decode(t), ?).checks, lambda c: concat(c.status, ' ', c.id))"
_WHOLE: Final = "from_json(decode(t), ?).checks"
_QUERY: Final = (
    "SELECT from_json(decode(t), ?), {checks}, filename "
    "FROM (SELECT unnest(?::BLOB[]) AS t, unnest(?::VARCHAR[]) AS filename) "
    "WHERE json_array_length(decode(t), '$.checks') > 0"
)
Row = dict[str, Any]


class HeadsError(ValueError):
    """The results cannot be read; the message says why."""


def headlines(files: Sequence[Path]) -> list[Row]:
    """The headline of each result among the files, with its `filename`. What is no result is passed over."""
    return _read(files, "?", None)


def statuses(files: Sequence[Path]) -> list[Row]:
    """The same, and in `checks` how every check ended: its status, a space, its id."""
    return _read(files, _ENDED, _STATUS)


def details(files: Sequence[Path]) -> list[Row]:
    """What each check of the files is, in their order: id, title, severity, remediation and effort in person-days."""
    return [check for row in _read(files, _WHOLE, _DETAIL) for check in row["checks"]]


def _read(files: Sequence[Path], checks: str, columns: Any) -> list[Row]:
    """Headline and `checks` of each result: an SQL expression with one parameter, and what that is."""
    import duckdb

    paths = sorted({str(file) for file in files})
    config: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": _MEMORY,
        "threads": 1,  # the threads are ours
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
    }
    query = _QUERY.format(checks=checks)
    shapes = [json.dumps(_HEADLINE), json.dumps(columns)]
    connection = duckdb.connect(config=config)

    def ask(batch: list[tuple[str, bytes]]) -> list[Row]:
        cursor = connection.cursor()
        try:
            done = cursor.execute(query, [*shapes, [text for _, text in batch], [path for path, _ in batch]])
            rows = [{**head, "checks": own, "filename": path} for head, own, path in done.fetchall()]
        except duckdb.Error as error:  # one text that is no JSON, or too large, ends the reading of all: find it
            if len(batch) > 1:
                return [row for one in batch for row in ask([one])]
            if isinstance(error, duckdb.OutOfMemoryException):
                raise HeadsError(f"{batch[0][0]}: too large to be read") from None
            return []
        finally:
            cursor.close()
        return [row for row in rows if row["schema_version"] is not None]

    try:
        with ThreadPoolExecutor(_THREADS) as pool:
            return [row for rows in pool.map(lambda some: ask(_texts(some)), _batches(paths)) for row in rows]
    finally:
        connection.close()


def _batches(paths: Sequence[str]) -> Iterator[list[str]]:
    """The paths in groups of so many files and bytes. Raises `HeadsError` for a file that is too large."""
    batch: list[str] = []
    held = 0
    for path in paths:
        size = Path(path).stat().st_size
        if size > MAX_BYTES:
            raise HeadsError(f"a result is larger than {MAX_BYTES // 1024**2} MB")
        if batch and (len(batch) >= _BATCH_FILES or held + min(size, _STEP) > _BATCH_BYTES):
            yield batch
            batch, held = [], 0
        batch.append(path)
        held += size if size > _BATCH_BYTES else min(size, _STEP)
    if batch:
        yield batch


def _texts(paths: Sequence[str]) -> list[tuple[str, bytes]]:
    found = []
    for path in paths:
        with contextlib.suppress(OSError):
            found.append((path, _head(path).removeprefix(b"\xef\xbb\xbf")))
    return found


def _head(path: str) -> bytes:
    """A result of ours up to its facts, closed; anything else, and what does not end as a result does, as it is."""
    with Path(path).open("rb") as stream:
        head = stream.read(_STEP)
        if not head.startswith(_OURS):
            return head + stream.read()
        looked = 0
        while (end := head.find(_FACTS, looked)) < 0:
            more = stream.read(_STEP)
            if not more:
                return head
            looked = max(len(head) - len(_FACTS), 0)
            head += more
        if head.find(_CHECKS, 0, end) < 0:  # in another order
            return head + stream.read()
        stream.seek(-3, os.SEEK_END)
        return head[:end] + b"}" if stream.read() == b"\n}\n" else b""
