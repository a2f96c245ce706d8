"""Which format a file has: by its suffix, compression told apart, and by its first bytes where the suffix lies."""

from __future__ import annotations

from pathlib import PurePath
from typing import Final

from msgspec import Struct

_BY_SUFFIX: Final = {
    ".csv": "csv", ".tsv": "csv", ".tab": "csv", ".psv": "csv", ".txt": "csv", ".data": "csv", ".parquet": "parquet",
    ".pq": "parquet", ".jsonl": "jsonl", ".ndjson": "jsonl", ".json": "json", ".arrow": "arrow", ".feather": "arrow",
    ".ipc": "arrow", ".sqlite": "sqlite", ".sqlite3": "sqlite", ".db": "sqlite", ".duckdb": "duckdb",
    ".xlsx": "workbook", ".xlsm": "workbook", ".xlsb": "workbook", ".xls": "workbook", ".ods": "workbook",
}  # fmt: skip
_COMPRESSIONS: Final = {".gz": "gzip", ".zst": "zstd"}
_MAGIC: Final = (
    (b"PAR1", "parquet"),
    (b"ARROW1", "arrow"),
    (b"FEA1", "arrow"),
    (b"SQLite format 3\x00", "sqlite"),
)
_DUCKDB_MAGIC: Final = (8, b"DUCK")


class Format(Struct, frozen=True):
    """`name`: csv, parquet, jsonl, json, arrow, sqlite, duckdb, workbook. `compression`: gzip, zstd or none."""

    name: str
    compression: str = "none"


def format_of(path: PurePath | str, head: bytes = b"") -> Format | None:
    """The format by suffix; the first bytes correct it where they are given. None: nothing the engine reads."""
    pure = PurePath(path)
    suffix, compression = pure.suffix.lower(), "none"
    if suffix in _COMPRESSIONS:
        compression = _COMPRESSIONS[suffix]
        suffix = PurePath(pure.stem).suffix.lower()
    if compression == "none" and head:
        for magic, name in _MAGIC:
            if head.startswith(magic):
                return Format(name)
        if head[_DUCKDB_MAGIC[0] : _DUCKDB_MAGIC[0] + 4] == _DUCKDB_MAGIC[1]:
            return Format("duckdb")
    by_suffix = _BY_SUFFIX.get(suffix)
    return Format(by_suffix, compression) if by_suffix else None
