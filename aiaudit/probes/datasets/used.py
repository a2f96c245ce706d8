"""The probe `datasets.used`: the data sets that a project reads or holds, what is recorded of each, what fixes it."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Final

from pydantic import Field

from aiaudit import lazy
from aiaudit.model.fact import Confidence, Evidence, Fact, Level, State
from aiaudit.model.types import BOOL, INT, STRING, Type, list_of, record
from aiaudit.probes.base import Context, Probe
from aiaudit.probes.datasets.files import IN_DATA_FOLDERS, FilesQuery, data_files, meant_by, use_of
from aiaudit.probes.datasets.reads import (
    ARTIFACTS,
    FETCHES,
    FRAME_READS,
    HASHES,
    OTHER_READS,
    WRITES,
    Read,
    fetched,
    in_tree,
    read_of,
)
from aiaudit.probes.datasets.recorded import hash_holds, noted, register, terms_of
from aiaudit.probes.datasets.run_by import begun, lines_of
from aiaudit.probes.datasets.schemas import VersionsProbe, VersionsQuery
from aiaudit.probes.datasets.shape import tells_only
from aiaudit.probes.python.asking import METHOD, CodeQuery, scope_of
from aiaudit.probes.python.match import Patterns
from aiaudit.probes.python.probe_calls import called_in, calls_in
from aiaudit.probes.python.project import PythonProject, python_project
from aiaudit.project.entry import Entry
from aiaudit.project.globs import covers
from aiaudit.project.reader import Unreadable
from aiaudit.project.roles import Role

_READS: Final = Patterns([*FRAME_READS, *OTHER_READS])
_HASHES: Final = Patterns(HASHES)
_FETCHES: Final = Patterns(FETCHES)
_TAKEN: Final = lazy.regex(
    r"(?i)\bopen\(|read_bytes|sha|hash|digest|checksum|verif"
)  # a line that takes bytes to hash them
# A digest that is written down, and one that is held against something.
_DIGEST: Final = lazy.regex(r"[\"'](?:sha\d+:)?[0-9a-f]{64}[\"']")
_HELD: Final = lazy.regex(
    r"(?i)(?:hexdigest\(\)|sha\d{0,3}|hash|digest|checksum)\s{0,4}[!=]=|[!=]=\s{0,4}[\w.]{0,40}(?:sha|hash|digest|checksum)"
)
_WRITES: Final = Patterns(WRITES)
_ARTIFACTS: Final = Patterns(ARTIFACTS)
_DERIVED: Final = lazy.regex(
    r"(?:^|/)(?:(?:processed|interim|derived|cleaned|engineered|out|outputs?|results?|reports?|dashboards?_?data|submissions?|cache)(?:/|$)"
    r"|(?:eda|profil(?:es?|ing))/|describe(?:[_-][^/]*)?\.\w+$"  # what `df.describe()` said of it
    r"|(?:[^/]*[_-])?(?:predictions?|generations?|ratings?)(?:[_-][^/]*)?/"  # what a model said, and its worth
    r"|(?:[^/]*[_-])?(?:predictions|generations|forecasts)(?:[_-][^/]*)?\.\w+$)"
)
_OF_A_FILE: Final = lazy.regex(r"[\w./-]+\.(?:csv|tsv|parquet|jsonl?|feather|arrow)\b")  # a source in the project
_NOT_DATA: Final = lazy.regex(  # what users handed in while it ran; the last line: what tools keep for themselves
    r"(?:^|/)assets/|(?:^|/)prompts/|(?i:(?:^|/)(?:uploads?|App_Data|memor(?:y|ies))/)"
    r"|(?:^|/)(?:mlflow|airflow|optuna[\w-]*|prefect|dagster[\w-]*|chroma|celery[\w-]*|sessions?|chat_?history)\.(?:db|sqlite3?)$"
    r"|(?:^|/)collections?/[^/]+/storage\.sqlite$|(?:^|/)chroma\.sqlite3$"  # stores of vectors
    # what it wrote down as it ran
    r"|(?i:(?:^|/)(?:audit[_-]?(?:logs?|trails?)|(?:app|server|access|request|prediction)[_-]?logs)/)"
)
_MODEL: Final = lazy.regex(r"(?:^|/)models?(?:/|$)|\.(?:pkl|joblib|pt|pth|onnx|h5|keras|safetensors|gguf|bin)$")
_TO_BE_FILLED_IN: Final = lazy.regex(
    r"(?i)[./]{0,3}path[/\\_-]to[/\\_-]"
)  # what a generator of code leaves to its reader
USED: Final = record(
    "used data set", path=STRING, line=INT, cell=INT, role=STRING, function=STRING, name=STRING, kind=STRING,
    file=STRING, use=STRING, read=BOOL, derived=BOOL, pinned=STRING, licence=STRING, terms=STRING, source=STRING,
    recorded=STRING,
)  # fmt: skip


class UsedQuery(CodeQuery):
    """Reads in code and notebooks, and the project's own data files.

    kind: file, folder (of pictures, sounds or texts, whose parts are its classes; "" where its path is computed), hub,
    library (a loader that fetches a fixed set), url, service, table (of a database, by name or in a query), unresolved
    (a path that is computed). read: it is read by a call at path and line; else it is a data file
    that lies there. pinned: what fixes the bytes: dvc, git-lfs, sha256 (a manifest whose hash holds, and code that
    compares it), revision, version, library; `""` where nothing does. licence, source: as recorded in manifests, cards
    and aiaudit.yaml, at `recorded`. terms: open, copyleft, noncommercial, noderivatives, internal. derived: made from
    other data, by its folder's name, because its recorded source is a file of data, or because the project itself
    writes the file that it reads."""

    roles: list[Role] = Field(default=[Role.CODE, Role.NOTEBOOK])

    def names(self) -> list[str]:
        """All name patterns: what the engine looks for."""
        return [*FRAME_READS, *OTHER_READS, *HASHES, *WRITES, *ARTIFACTS, *FETCHES]


class UsedProbe(Probe[UsedQuery]):
    name: ClassVar[str] = "datasets.used"
    title: ClassVar[str] = "data sets that are read or held, with source, licence and version"
    query: ClassVar[type[UsedQuery]] = UsedQuery
    max_level: ClassVar[Level] = Level.CONTENT
    engine: ClassVar[str | None] = "python"

    def value_type(self, query: UsedQuery) -> Type:
        return list_of(USED)

    def answer(self, fact_id: str, query: UsedQuery, context: Context) -> Fact:
        parsed, scope = scope_of(query, context)
        found = [*_reads(context, list(parsed.values()))]
        seen = {one["file"] for one in found}
        given = {one["file"] for one in found if not one["derived"]}
        for entry, _ in data_files(context, FilesQuery(roles=[Role.DATA])):
            if entry.path in seen or _NOT_DATA.search(entry.path) or _configuration(context, entry):
                continue
            declared = any(part.path and meant_by(part.path, entry.path) for part in context.config.datasets)
            if declared or not tells_only(context, entry):
                found.append(_record(context, entry.display, 1, "data", "", Read("file", entry.path), entry.path, ""))
        for one in _versions(context):
            held = any(file == one["of"] or file.startswith(f"{one['of']}/") for file in given if file)
            if one["tool"] == "dvc" and one["path"].endswith(".dvc") and not held and not _MODEL.search(one["of"]):
                read = Read("file", one["of"], "dvc")
                found.append(_record(context, one["path"], one["line"], "data", "", read, one["of"], "dvc"))
        if found:
            notes = tuple(Evidence(one["path"], one["line"], one["name"] or "a computed path") for one in found[:25])
            return Fact(fact_id, State.KNOWN, found, Level.CONTENT, METHOD, Confidence.MEDIUM, notes, scope)
        if scope.files and not scope.complete:
            return Fact(
                fact_id, State.UNKNOWN, method=METHOD, scope=scope, reason="some Python files could not be parsed"
            )
        return Fact(fact_id, State.ABSENT, [], Level.CONTENT, METHOD, scope=scope)


def _reads(context: Context, parsed: list[Entry]) -> Iterator[dict[str, Any]]:
    project = python_project(context)
    reading = _calling(context, _READS, "reads")
    for entry in parsed:
        for call in calls_in(entry.path, project) if entry.path in reading else ():
            name = next((one for one in call["names"] if _READS.match(one)), None)
            if name is None or call["reference"]:
                continue
            read = read_of(name, call)
            if read is None or (read.kind == "file" and _TO_BE_FILLED_IN.match(read.name)):
                continue
            file = _file(context, read, entry.path)
            pinned = read.pinned or _pinned(context, project, entry.path, read, file)
            pinned = pinned or _brought(context, project, entry.path, call, read)
            yield _record(
                context,
                entry.path,
                call["line"],
                str(entry.role),
                call["function"],
                read,
                file,
                pinned,
                read_there=True,
                cell=call.get("cell", 0),
            )


def _configuration(context: Context, entry: Entry) -> bool:
    """Whether a JSON or text file that nothing reads as data lies in a folder of a code package: lists for the code."""
    if entry.suffix not in IN_DATA_FOLDERS:
        return False
    key = "datasets.code folders"
    if key not in context.memo:
        code = {posixpath.dirname(one.path) for one in context.project.files if one.role is Role.CODE}
        context.memo[key] = code - {""}
    return any(entry.path.startswith(f"{folder}/") for folder in context.memo[key])


def _file(context: Context, read: Read, reader: str) -> str:
    """The path in the tree (or under version control of its own) that a read means; "" where there is none."""
    if read.kind == "folder":
        return next((path for path in in_tree(read.name, reader) if read.name and _versioned(context, path)), "")
    if read.kind != "file":
        return ""
    options = in_tree(read.name, reader)
    for path in options:
        if context.project.entry(path) is not None or _versioned(context, path):
            return path
    return ""


def _record(
    context: Context, path: str, line: int, role: str, function: str, read: Read, file: str, pinned: str,
    read_there: bool = False, cell: int = 0,
) -> dict[str, Any]:  # fmt: skip
    known = noted(context, "" if read.kind == "file" and file else read.name, file)
    return {
        "path": path,
        "line": line,
        "cell": cell,
        "role": role,
        "function": function,
        "name": file or read.name,
        "kind": read.kind,
        "file": file,
        "use": use_of(file or read.name) if read.kind in ("file", "folder", "url") else "",
        "read": read_there,
        "derived": bool(
            _DERIVED.search(file or read.name)
            or _OF_A_FILE.match(known.source)
            or (read.kind == "file" and not _lies_here(context, file) and _plain(read.name) in _written(context))
            or (read.kind == "service" and read.name.partition(":")[0].rpartition("/")[2] in _kept(context))
        ),
        "pinned": pinned or _versioned(context, file),
        "licence": known.licence,
        "terms": terms_of(known.licence),
        "source": known.source or (read.name if read.kind in ("hub", "url", "library", "service") else ""),
        "recorded": known.place,
    }


def _lies_here(context: Context, file: str) -> bool:
    return bool(file) and context.project.entry(file) is not None


def _plain(path: str) -> str:
    return posixpath.normpath(path.replace("\\", "/"))


def _calling(context: Context, wanted: Patterns, what: str) -> dict[str, None]:
    """The files that call one of these, in path order."""
    key = f"datasets.calling {what}"
    if key not in context.memo:
        files = called_in(context).files
        some = {path for name, paths in files.items() if wanted.match(name) for path in paths}
        context.memo[key] = {path: None for path in python_project(context).calling if path in some}
    known: dict[str, None] = context.memo[key]
    return known


def _written(context: Context) -> frozenset[str]:
    """Paths, as they are written in the code, of files of data that the project makes itself."""
    key = "datasets.written"
    if key not in context.memo:
        project = python_project(context)
        found = {
            _plain(call["arg0"])
            for path in _calling(context, _WRITES, "writes")
            for call in calls_in(path, project)
            if isinstance(call.get("arg0"), str) and call["arg0"] and any(_WRITES.match(one) for one in call["names"])
        }
        context.memo[key] = frozenset(found)
    known: frozenset[str] = context.memo[key]
    return known


def _kept(context: Context) -> frozenset[str]:
    """Names of artifacts that the project makes and keeps at a service itself."""
    key = "datasets.kept artifacts"
    if key not in context.memo:
        project = python_project(context)
        made = [
            call
            for path in _calling(context, _ARTIFACTS, "artifacts")
            for call in calls_in(path, project)
            if any(_ARTIFACTS.match(one) for one in call["names"])
        ]
        named = [one for call in made for one in (call.get("arg0"), call["kw"].get("name"))]
        context.memo[key] = frozenset(one for one in named if isinstance(one, str) and one)
    known: frozenset[str] = context.memo[key]
    return known


def _pinned(context: Context, project: PythonProject, reader: str, read: Read, file: str) -> str:
    """`sha256` where the reading code compares the hash that a manifest holds, else the tool that versions the file."""
    if read.kind in ("file", "unresolved"):
        recorded = [file] if file else list(register(context).hashes)
        if recorded and all(hash_holds(context, one) for one in recorded) and _hashes(context, project, reader):
            return "sha256"
    if read.kind == "file" and _held(context, reader, read.name) and _hashes(context, project, reader):
        return "sha256"
    return ""


def _held(context: Context, reader: str, name: str) -> bool:
    """Whether the code holds a digest of the file of that name, by a constant or where it is opened, against one that
    is written down."""
    try:
        text = context.project.text(reader)
    except Unreadable:
        return False
    if _DIGEST.search(text) is None or _HELD.search(text) is None:
        return False
    quoted = re.escape(name)
    names = re.findall(rf"(?m)^\s*(\w+)\s*(?::[^=\n]*)?=[^\n]*[\"']{quoted}[\"']", text)
    spoken = "|".join([rf"[\"']{quoted}[\"']", *(rf"\b{one}\b" for one in names)])
    return any(_TAKEN.search(line) and re.search(spoken, line) for line in text.splitlines())


def _brought(context: Context, project: PythonProject, reader: str, call: Mapping[str, Any], read: Read) -> str:
    """How the version is fixed of what the same function brings, and a computed path reads by the name it is given."""
    if read.kind != "unresolved":
        return ""
    lines = lines_of(reader, context)
    if not lines:
        return ""
    start = begun(lines, call["line"])
    there = "\n".join(lines[start - 1 : start + 1])
    for other in calls_in(reader, project):
        if other["function"] != call["function"] or other["reference"] or other["line"] > call["line"]:
            continue
        name = next((one for one in other["names"] if _FETCHES.match(one)), None)
        given = re.match(r"\s*(\w+)(?:\s*,\s*_)*\s*(?::[^=]*)?=(?!=)", lines[begun(lines, other["line"]) - 1])
        if name is None or given is None or not re.search(rf"\b{given[1]}\b", there):
            continue
        if pinned := fetched(name, other):
            return pinned
    return ""


def _versions(context: Context) -> list[dict[str, Any]]:
    key = "datasets.versions"
    if key not in context.memo:
        context.memo[key] = VersionsProbe().answer("", VersionsQuery(), context).value or []
    known: list[dict[str, Any]] = context.memo[key]
    return known


def _versioned(context: Context, path: str) -> str:
    """`dvc` or `git-lfs` where a file, or a folder it stands in, is under that tool."""
    if not path:
        return ""
    for one in _versions(context):
        of = one["of"]
        if one["tool"] == "dvc" and one["hash"] and (path == of or path.startswith(f"{of.rstrip('/')}/")):
            return "dvc"
        if one["tool"] == "git-lfs" and covers(of if "/" in of else f"**/{of}", path):
            return "git-lfs"
    return ""


def _hashes(context: Context, project: PythonProject, reader: str) -> bool:
    """Whether the reading file, or one that it imports, computes a digest in a function that the reading file calls."""
    for path in (reader, *sorted(project.own_imports(reader))):
        if path not in project.records:
            continue
        for call in calls_in(path, project):
            if any(_HASHES.match(name) for name in call["names"]) and _called(context, call["function"], reader):
                return True
    return False


def _called(context: Context, function: str, reader: str) -> bool:
    """Whether the file calls a function of that name: it stands there before `(`, other than where it is defined."""
    name = function.rpartition(".")[2]
    if not name:
        return True
    try:
        text = context.project.text(reader)
    except Unreadable:
        return False
    return re.search(rf"(?<!def )\b{re.escape(name)}\s*\(", text) is not None
