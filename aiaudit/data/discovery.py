"""Which data sets a project holds: its files, joined with what is declared of them.

Declarations are asked in a fixed order, and the first that covers a file speaks for it: aiaudit.yaml, Croissant,
datapackage.json, dbt, a Hugging Face card, DVC. Files that none covers are found by suffix. The role (train, test, …)
comes from the declaration, else from the file's name; `provenance` says which.

Nothing is opened here but the heads of files, through the guarded reader.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from itertools import islice
from typing import TYPE_CHECKING, Final

from msgspec import Struct
from msgspec.structs import replace

from aiaudit import lazy
from aiaudit.data.discovery_manifests import Told, manifests
from aiaudit.data.dvc import kept_in_remotes
from aiaudit.data.formats import format_of
from aiaudit.data.naming import NO_DATA, role_of
from aiaudit.data.saved import is_saved_object
from aiaudit.project.config import DatasetPart
from aiaudit.project.entry import MISSING, NOT_HERE, Entry
from aiaudit.project.globs import covers
from aiaudit.project.missing import missing_files
from aiaudit.project.reader import Unreadable
from aiaudit.project.roles import DATA_DIRS, Role

if TYPE_CHECKING:
    from aiaudit.project.config import ProjectConfig
    from aiaudit.project.tree import Project

MOST_SETS: Final = 60  # data sets that are measured; the others are named
MOST_FILES: Final = 400  # files of one set
OFFICE: Final = "a workbook that no code reads, outside of the folders for data: declare it where it is a data set"
_MOST_CODE: Final = 2000  # files of code in which a workbook's name is looked for
_CODE_HEAD: Final = 256 * 1024  # bytes of each
_OPENS: Final = lazy.regex(
    rb"read_?(?:excel|ods|xlsx?)|load_workbook|ExcelFile|readxl|calamine|\bXLSX\.read|\.readFile\(", re.IGNORECASE
)
_READERS: Final = frozenset({".py", ".ipynb", ".r", ".rmd", ".qmd", ".sql", ".ts", ".js", ".mjs", ".mts"})
UNREAD_TABLE: Final = "a table: it is measured where --engine names what holds it"
MOST_UNPACKED: Final = 200  # bytes out of one packed byte; a set that gives more is no table
SHARDS: Final = 8  # so many files of one folder with the same columns and no role are the parts of one set
_OWN: Final = frozenset({Role.DATA, Role.OTHER, Role.NOTEBOOK, Role.CODE, Role.MODEL})
_LFS: Final = b"version https://git-lfs.github.com/spec/"
_NUMBERED: Final = lazy.regex(r"[-_.]?(?:part|shard|chunk)?[-_]?\d{1,6}(?:[-_]of[-_]\d{1,6})?(?=\.)", re.IGNORECASE)
_ONLY_IN_DATA: Final = frozenset({".json", ".txt", ".data"})  # elsewhere these are rarely tables
_UNREAD: Final = {
    ".npy": "NumPy", ".npz": "NumPy", ".orc": "ORC", ".avro": "Avro", ".arff": "ARFF",
    ".sav": "SPSS", ".dta": "Stata", ".sas7bdat": "SAS", ".rds": "R",
    ".mat": "MATLAB", ".tfrecord": "TFRecord", ".tfrecords": "TFRecord", ".libsvm": "LIBSVM",
}  # fmt: skip
_BLANK: Final = 64  # bytes
_TABLES: Final = frozenset({".csv", ".tsv", ".parquet", ".feather"})
_LINES: Final = frozenset({".csv", ".tsv", ".jsonl", ".ndjson"})
_ARRAYS: Final = frozenset({".npy", ".npz", ".mat", ".tfrecord", ".tfrecords", ".libsvm"})
_HEAD: Final = 64 * 1024
_ROLES: Final = frozenset({"train", "validation", "test", "reference", "current", "serving"})


class Found(Struct, frozen=True):
    """A data set: files of the project (`files`, relative paths; `path` is what people read), and what is known of it.

    `declared`: the part of aiaudit.yaml that speaks for it. `unread`: why it cannot be measured, "" where it can.
    `committed`: no file of it is ignored by git. `table`: its name in a warehouse, of a set without files.
    """

    name: str
    path: str
    files: tuple[str, ...]
    format: str
    size: int
    committed: bool = True
    role: str = ""
    label: str | None = None
    ids: tuple[str, ...] = ()
    time: str | None = None
    provenance: str = ""
    declared: DatasetPart | None = None
    unread: str = ""
    table: str = ""


def discover(project: Project, config: ProjectConfig, *, tables: bool = False) -> list[Found]:
    """All data sets, in the order of their paths. Sets beyond `MOST_SETS` are unread: the declared ones come first.

    `tables`: there is an engine that reads declared tables; it reads them instead of files of the same set.
    """
    told = [*_declared(config), *manifests(project)]
    files = [entry for entry in project.files if is_candidate(entry) and _is_table(project, entry)]
    found = [_found(project, group, one) for group, one in _grouped(project, files, told)]
    found += _in_remotes(project)
    found += _gone(project)
    found += _not_here(project, told, found)
    found = _with_tables(config, found, readable=tables)
    chosen = sorted(
        (one for one in found if not one.unread), key=lambda one: (one.declared is None, one.role == "", one.path)
    )
    beyond = {one.path for one in chosen[MOST_SETS:]}
    limit = f"more than {MOST_SETS} data sets: not measured"
    return sorted(
        (replace(one, unread=limit) if one.path in beyond and not one.unread else one for one in found),
        key=lambda one: os.fsencode(one.path),
    )


def _is_there(project: Project, path: str) -> bool:
    """Whether a declared file, folder or glob names anything in the tree, a table or not."""
    if project.entry(path) is not None or path in (".", ""):
        return True
    try:
        return bool(project.matching([path, f"{path}/**"]))
    except ValueError:  # no glob at all
        return False


def _with_tables(config: ProjectConfig, found: Sequence[Found], *, readable: bool) -> list[Found]:
    """With the declared tables: unread where there is nothing that reads them, unless files of the set are here."""
    made = list(found)
    for part in config.datasets:
        if not part.table:
            continue
        of_files = [one for one in made if one.declared is part and not one.unread]
        if of_files and not readable:
            continue
        ids = (part.id,) if isinstance(part.id, str) else tuple(part.id or ())
        table = Found(
            part.name or part.table, part.table, (), "table", 0, role=part.role or "",
            label=part.label, ids=ids, time=part.time,
            provenance="aiaudit.yaml", declared=part, unread="" if readable else UNREAD_TABLE, table=part.table,
        )  # fmt: skip
        made = [*(one for one in made if one.declared is not part), table]
    return made


def is_candidate(entry: Entry) -> bool:
    """Whether a file may be a data set, by its path alone."""
    if entry.role not in _OWN or not entry.size or NO_DATA.search(entry.path):
        return False
    if entry.suffix in _ONLY_IN_DATA:
        return entry.role is Role.DATA
    if entry.suffix in _ARRAYS:  # elsewhere these are weights, filters and results
        return _in_data(entry.path)
    form = format_of(entry.path)
    return form is not None or entry.suffix in _UNREAD


def _in_data(path: str) -> bool:
    """Whether a file lies in a folder for data."""
    return not DATA_DIRS.isdisjoint(path.lower().split("/")[:-1])


def _is_meant(project: Project, entry: Entry) -> bool:
    """Whether a workbook is a data set: it lies in a folder for data, or some code here names and reads workbooks."""
    if _in_data(entry.path):
        return True
    name = os.fsencode(entry.name)
    code = (one for one in project.files if one.suffix in _READERS and one.role in (Role.CODE, Role.NOTEBOOK))
    for one in islice(code, _MOST_CODE):
        with suppress(Unreadable):
            code_of_one = project.head(one.path, _CODE_HEAD)
            if name in code_of_one and _OPENS.search(code_of_one):
                return True
    return False


def _is_table(project: Project, entry: Entry) -> bool:
    """A JSON document is a table where it is an array, or holds an object a line; other objects are settings,
    catalogues, results. A few line breaks keep a place for data and are no table."""
    if entry.suffix in _LINES and entry.size <= _BLANK:
        return not _is_blank(project, entry)
    if is_saved_object(project, entry):
        return False
    return entry.suffix != ".json" or _starts_a_list(project, entry) or _is_of_lines(project, entry)


def _is_blank(project: Project, entry: Entry) -> bool:
    try:
        return not project.head(entry.path, _BLANK).strip()
    except Unreadable:
        return False


def _starts_a_list(project: Project, entry: Entry) -> bool:
    try:
        return project.head(entry.path, 64).lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"[")
    except Unreadable:
        return False


def _is_of_lines(project: Project, entry: Entry) -> bool:
    """Whether the first two lines are objects with the same keys: JSON Lines under the name of JSON."""
    try:
        lines = project.head(entry.path, _HEAD).removeprefix(b"\xef\xbb\xbf").split(b"\n")[:3]
    except Unreadable:
        return False
    first, second = (_keys(line) for line in (*lines, b"", b"")[:2])
    return first is not None and first == second


def _declared(config: ProjectConfig) -> Iterator[Told]:
    for part in config.datasets:
        if part.path:
            ids = (part.id,) if isinstance(part.id, str) else tuple(part.id or ())
            yield Told(
                part.path, part.name, part.role or "", "aiaudit.yaml", part.format, part.label, ids, part.time, part
            )


def _grouped(
    project: Project, files: Sequence[Entry], told: Sequence[Told]
) -> Iterator[tuple[list[Entry], Told | None]]:
    """The files of each set, with what speaks for it."""
    covers = [(one, _Cover(one.path)) for one in told]
    groups: dict[tuple[object, ...], list[Entry]] = {}
    speaks: dict[tuple[object, ...], Told | None] = {}
    for entry in files:
        one = next((one for one, cover in covers if cover(entry.path)), None)
        form = format_of(entry.path)
        kind = (form.name, form.compression) if form else (entry.suffix,)
        key: tuple[object, ...]
        if one is not None and one.whole:
            key = ("told", id(one), *kind, _columns(project, entry))
        elif role_of(entry.name):
            key = ("file", entry.path)
        else:
            folder = entry.path.rpartition("/")[0]
            key = ("folder", folder, *kind, _columns(project, entry))
        groups.setdefault(key, []).append(entry)
        speaks[key] = speaks.get(key) or one
    for key, group in groups.items():
        if key[0] == "folder" and len(group) < SHARDS:
            for entry in group:
                yield [entry], next((one for one, cover in covers if cover(entry.path)), None)
        else:
            yield group, speaks[key]


class _Cover:
    """Whether a declared path (a file, a folder or a glob) covers a file."""

    def __init__(self, declared: str) -> None:
        self.path = declared.removeprefix("./").rstrip("/")
        self.is_glob = any(sign in self.path for sign in "*?[{")

    def __call__(self, path: str) -> bool:
        if self.is_glob:
            return covers(self.path, path)
        return path == self.path or path.startswith(f"{self.path}/") or self.path == "."


def _columns(project: Project, entry: Entry) -> object:
    """What must be equal for two files to be parts of one set: the header, the first line's keys, else the name without
    its number."""
    if entry.suffix in (".csv", ".tsv", ".psv", ".tab", ".jsonl", ".ndjson"):
        try:
            first = project.head(entry.path, _HEAD).split(b"\n", 1)[0]
        except Unreadable:
            return None
        return _keys(first) if "json" in entry.suffix else first
    return _NUMBERED.sub("", entry.name)


def _keys(line: bytes) -> object:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return tuple(sorted(value)) if isinstance(value, dict) else None


def _found(project: Project, group: list[Entry], one: Told | None) -> Found:
    first = group[0]
    form = format_of(first.path)
    alone = len(group) == 1
    folder = first.display.rpartition("/")[0] or "."
    path = first.display if alone else f"{folder}/*{first.suffix}"
    if not alone and one is not None and one.whole:
        path = one.path if len(one.path) < 200 else path
    role = one.role if one is not None and one.role in _ROLES else role_of(first.path)
    if not alone and (one is None or not one.role):
        role = role_of(f"{folder}/all")  # a single part's number or name says nothing of the whole
    found = Found(
        name=one.name if one is not None and one.name and (alone or one.whole) else path,
        path=path,
        files=tuple(entry.path for entry in group),
        format=form.name if form else first.suffix.removeprefix("."),
        size=sum(entry.size for entry in group),
        committed=not any(entry.ignored for entry in group),
        role=role,
        label=one.label if one else None,
        ids=one.ids if one else (),
        time=one.time if one else None,
        provenance=one.by if one else "found by its suffix",
        declared=one.part if one else None,
    )
    if found.format == "workbook" and one is None and not any(_is_meant(project, entry) for entry in group):
        return replace(found, unread=OFFICE)  # plans, matrices and registers are workbooks, too
    return replace(found, unread=_unread(project, group))


def _unread(project: Project, group: list[Entry]) -> str:
    kind = _UNREAD.get(group[0].suffix)
    if kind is not None:
        return f"{kind} files are not read"
    if len(group) > MOST_FILES:
        return f"more than {MOST_FILES} files"
    for entry in group:
        if entry.sparse:
            return "a sparse file"
        if entry.size > 1024 and entry is not group[0]:
            continue
        try:
            if project.head(entry.path, len(_LFS)) == _LFS:
                return "a Git LFS pointer: the data itself is not here"
            if _is_bomb(project, entry):
                return f"unpacks to more than {MOST_UNPACKED} times its size"
        except Unreadable as error:
            return error.reason
    return ""


def _is_bomb(project: Project, entry: Entry) -> bool:
    """Whether the head of a gzip file unpacks to far more than tables do (3 to 30 times; deflate reaches 1,032)."""
    form = format_of(entry.path)
    if form is None or form.compression != "gzip":
        return False
    import zlib

    packed = project.head(entry.path, _HEAD)
    unpacker = zlib.decompressobj(wbits=31)
    try:
        unpacked = unpacker.decompress(packed, MOST_UNPACKED * len(packed) + 1)
    except zlib.error:
        return False  # no gzip: the engine says so
    return len(unpacked) > MOST_UNPACKED * len(packed)


def _in_remotes(project: Project) -> list[Found]:
    """Tables that only a DVC remote inside the tree holds, under the names that they have in the working tree."""
    found: list[Found] = []
    for path, entry in kept_in_remotes(project).items():
        form = format_of(path)
        if form is None or form.compression != "none" or NO_DATA.search(path):
            continue
        if path.endswith(".json") and not _starts_a_list(project, entry):
            continue
        one = Found(
            path, entry.display, (entry.path,), form.name, entry.size, committed=not entry.ignored, role=role_of(path),
            provenance="kept in a DVC remote of the tree",
        )  # fmt: skip
        found.append(replace(one, unread=_unread(project, [entry])))
    return found


def _gone(project: Project) -> list[Found]:
    """Tables that git tracks and the working tree lacks: whoever reads the project has them, and none was measured."""
    return [
        Found(
            entry.path, entry.display, (), form.name, 0, role=role_of(entry.path), provenance="tracked by git",
            unread=MISSING,
        )
        for entry in missing_files(project)
        if entry.role in _OWN and entry.suffix in _TABLES and not NO_DATA.search(entry.path)
        and (form := format_of(entry.path))
    ]  # fmt: skip


def _not_here(project: Project, told: Iterable[Told], found: Iterable[Found]) -> list[Found]:
    """Sets that are declared and whose files are not in the tree."""
    covered = {id(part) for one in found if (part := one.declared) is not None}
    here = {path for one in found for path in (*one.files, one.name)}
    missing: list[Found] = []
    for one in told:
        path = one.path.removeprefix("./").rstrip("/")
        if one.part is not None and id(one.part) in covered:
            continue
        # The project's own file means what it names; a manifest may name a folder, or what no tool here reads.
        if not path or "://" in path or (one.part is None and (set(path) & set("*?[{") or format_of(path) is None)):
            continue
        if path in here or any(path == m.path for m in missing) or _is_there(project, path):
            continue
        form = format_of(path)
        missing.append(
            Found(
                one.name or path, path, (), form.name if form else "", 0, role=one.role or role_of(path),
                provenance=one.by, declared=one.part,
                unread=NOT_HERE,
            )
        )  # fmt: skip
    return missing
