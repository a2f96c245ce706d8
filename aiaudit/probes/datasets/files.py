"""The probe `datasets.files`: data files with format, use and columns."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, ClassVar, Final

from pydantic import Field

from aiaudit import lazy
from aiaudit.data.naming import NO_DATA
from aiaudit.data.saved import is_saved_object
from aiaudit.model.fact import Confidence, Evidence, Fact, Level, Scope, State
from aiaudit.model.types import BOOL, INT, STRING, Type, Unknown, list_of, record
from aiaudit.probes.base import Context, Probe, Query
from aiaudit.probes.datasets.header import HEAD, HEAD_OF_TABLES, SQLITE, Head, kinds_of, read_head
from aiaudit.probes.datasets.parquet import parquet_columns
from aiaudit.probes.datasets.workbook_head import SUFFIXES as WORKBOOKS
from aiaudit.probes.datasets.workbook_head import workbook_columns
from aiaudit.probes.docs.common import Globs
from aiaudit.project.entry import Entry
from aiaudit.project.globs import GlobSet, covers
from aiaudit.project.reader import Unreadable
from aiaudit.project.roles import Role

FORMATS: Final = {
    ".csv": "csv", ".tsv": "tsv", ".parquet": "parquet", ".feather": "feather", ".arrow": "arrow", ".orc": "orc",
    ".avro": "avro", ".jsonl": "jsonl", ".ndjson": "jsonl", ".xlsx": "excel", ".xls": "excel", ".ods": "ods",
    ".xlsm": "excel", ".xlsb": "excel",
    ".sqlite": "sqlite", ".sqlite3": "sqlite", ".db": "sqlite", ".duckdb": "duckdb", ".npy": "numpy", ".npz": "numpy",
    ".mat": "matlab", ".tfrecord": "tfrecord", ".tfrecords": "tfrecord", ".lmdb": "lmdb", ".arff": "arff",
    ".libsvm": "libsvm", ".sav": "spss", ".dta": "stata", ".sas7bdat": "sas", ".rds": "r", ".rdata": "r",
}  # fmt: skip
IN_DATA_FOLDERS: Final = {".json": "json", ".txt": "text", ".data": "text"}
_READ: Final = frozenset({".csv", ".tsv", ".jsonl", ".ndjson", ".json", ".txt", ".data"}) | SQLITE
_BLANK: Final = 64  # bytes
_ON_A_MACHINE: Final = lazy.regex(r"(?:[A-Za-z]:)?[\\/]|~")
# Figures of runs in folders of reports: what they do not tell at their head is no open question about people.
_TOLD: Final = lazy.regex(r"(?:^|/)(?:reports?|logs?|results?|metrics|figures)/.*\.(?:[ct]sv|json|txt)$", re.IGNORECASE)
_USES: Final = (
    ("train", r"train|training|fit"),
    ("validation", r"val|valid|validation|dev"),
    ("test", r"test|testing|holdout|hold_out|eval|evaluation|golden|benchmark"),
    ("reference", r"reference|baseline|ref"),
    ("current", r"current|recent|production|live|drifted|new"),
)
DATA_FILE: Final = record(
    "data file",
    path=STRING,
    line=INT,
    format=STRING,
    size=INT,
    use=STRING,
    role=STRING,
    columns=list_of(STRING),
    names_people=list_of(STRING),
    about_people=list_of(STRING),
    decides=list_of(STRING),
    emails=INT,
    ignored=BOOL,
    declared=BOOL,
    licence=STRING,
    source=STRING,
    schema=STRING,
)


class FilesQuery(Query):
    """files: globs (all data files where empty). roles: purposes of files. min_bytes: a least size."""

    files: Globs = Field(default=[])
    roles: list[Role] = Field(default=[Role.DATA, Role.OTHER, Role.NOTEBOOK, Role.CODE, Role.MODEL])
    min_bytes: int = Field(default=1, ge=0)
    ignored: bool = False


class DataFilesProbe(Probe[FilesQuery]):
    """Data files. `use`: train, validation, test, reference, current or "", by the name; `columns` from the header.

    `names_people`, `about_people`, `decides`: columns whose names say that they identify a person, describe one, or
    hold a decision about one. `emails`: different addresses of real domains in the first 64 KB. `declared`: named under
    `datasets` in aiaudit.yaml, with the source, licence and schema given there.
    """

    name: ClassVar[str] = "datasets.files"
    title: ClassVar[str] = "data files: format, use, columns, what is declared of them"
    query: ClassVar[type[FilesQuery]] = FilesQuery
    max_level: ClassVar[Level] = Level.CONTENT

    def value_type(self, query: FilesQuery) -> Type:
        return list_of(DATA_FILE)

    def answer(self, fact_id: str, query: FilesQuery, context: Context) -> Fact:
        records: list[dict[str, Any]] = []
        unread: list[str] = []
        for entry, kind in data_files(context, query):
            head = _head(context, entry)
            if isinstance(head, str):
                unread.append(entry.display)
            records.append(_record(context, entry, kind, head))
        scope = Scope(len(records), len(records) - len(unread), tuple(unread[:10]))
        if not records:
            return Fact(fact_id, State.ABSENT, [], Level.CONTENT, "data files", scope=scope)
        return Fact(
            fact_id,
            State.KNOWN,
            records,
            Level.CONTENT,
            "data files",
            Confidence.MEDIUM,
            tuple(Evidence(one["path"], one["line"], _note(one)) for one in records[:20]),
            scope,
        )


def data_files(context: Context, query: FilesQuery) -> Iterator[tuple[Entry, str]]:
    """The data files of the project and their formats."""
    wanted = GlobSet(query.files) if query.files else None
    for entry in context.project.files:
        kind = FORMATS.get(entry.suffix) or (IN_DATA_FOLDERS.get(entry.suffix) if entry.role is Role.DATA else None)
        if kind is None or entry.size < query.min_bytes or (entry.ignored and not query.ignored):
            continue
        if not (entry.role in query.roles if wanted is None else wanted(entry.path)) or NO_DATA.search(entry.path):
            continue
        if not _is_blank(context, entry) and not is_saved_object(context.project, entry):
            yield entry, kind


def _is_blank(context: Context, entry: Entry) -> bool:
    """Whether a file of text holds no more than a few line breaks: it keeps a place for data and is none."""
    if entry.size > _BLANK or entry.suffix not in _READ - SQLITE:
        return False
    try:
        return not context.project.head(entry.path, _BLANK).strip()
    except (Unreadable, OSError):
        return False


def use_of(path: str) -> str:
    """What a file is used for, by its own name, else by its folder's; of a place on one machine, by the last folder
    only, since those above it are where somebody keeps his projects."""
    if _ON_A_MACHINE.match(path):
        path = "/".join(path.replace("\\", "/").split("/")[-2:])
    name = path.rpartition("/")[2].partition(".")[0]
    for part in (name, *reversed(path.split("/")[:-1])):
        words = set(re.split(r"[^a-z0-9]+", re.sub(r"(?<=[a-z])(?=[A-Z])", "_", part).lower()))
        for use, names in _USES:
            if any(re.fullmatch(names, word) for word in words):
                return use
    return ""


def _head(context: Context, entry: Entry) -> Head | str:
    """What the file's first bytes tell (of a Parquet file, its foot), read once; or why they cannot be read."""
    if entry.suffix not in _READ | WORKBOOKS and entry.suffix != ".parquet":
        return read_head(entry.suffix, b"")
    key = f"data head:{entry.path}"
    found = context.memo.get(key)
    if not isinstance(found, (Head, str)):
        try:
            if entry.suffix == ".parquet":
                with context.project.stream(entry.path) as stream:
                    found = Head(parquet_columns(stream))
            elif entry.suffix in WORKBOOKS:
                with context.project.stream(entry.path) as stream:
                    found = Head(workbook_columns(stream))
            else:
                size = HEAD_OF_TABLES if entry.suffix in SQLITE else HEAD
                found = read_head(entry.suffix, context.project.head(entry.path, size))
        except Unreadable as error:
            found = error.reason
        except OSError as error:
            found = error.strerror or "cannot be read"
        context.memo[key] = found
    return found


def _record(context: Context, entry: Entry, kind: str, head: Head | str) -> dict[str, Any]:
    columns = head.columns if isinstance(head, Head) else None
    if columns is None and isinstance(head, Head) and _TOLD.search(entry.path):
        columns = ()
    told = "cannot be read" if isinstance(head, str) else "does not tell its columns at its head"
    names, about, decides = kinds_of(columns) if columns is not None else ((), (), ())
    unknown = Unknown(f"{entry.display} {told}")
    declared = next((part for part in context.config.datasets if part.path and meant_by(part.path, entry.path)), None)
    schema = declared.schema_ if declared else None
    return {
        "path": entry.display,
        "line": 1,
        "format": kind,
        "size": entry.size,
        "use": (declared.role if declared and declared.role else "") or use_of(entry.path),
        "role": str(entry.role),
        "columns": list(columns) if columns is not None else unknown,
        "names_people": list(names) if columns is not None else unknown,
        "about_people": list(about) if columns is not None else unknown,
        "decides": list(decides) if columns is not None else unknown,
        "emails": head.emails if isinstance(head, Head) else unknown,
        "ignored": entry.ignored,
        "declared": declared is not None,
        "licence": declared.licence if declared else "",
        "source": declared.source if declared else "",
        "schema": schema if isinstance(schema, str) else "inline" if schema else "",
    }


def meant_by(declared: str, path: str) -> bool:
    """Whether a path as aiaudit.yaml declares it means this file."""
    declared = declared.removeprefix("./").rstrip("/")
    return path == declared or path.startswith(f"{declared}/") or ("*" in declared and covers(declared, path))


def _note(one: dict[str, Any]) -> str:
    columns = one["columns"]
    told = f", {len(columns)} columns" if isinstance(columns, list) else ""
    return f"{one['format']}, {one['size']} bytes{told}"
