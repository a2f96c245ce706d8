"""An offline export of OSV (`PyPI/all.zip`, `npm/all.zip`), read once into SQLite and asked by package and version.

Formats: the OSV schema (https://ossf.github.io/osv-schema/). A range is a list of `introduced`, `fixed` and
`last_affected` events; `versions` names single versions. Nothing is fetched.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import re
import sqlite3
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from aiaudit.probes.dependencies.cvss import severity_of
from aiaudit.probes.dependencies.model import Ecosystem, normalise
from aiaudit.probes.dependencies.versions import parse_semver

ECOSYSTEMS: Final[Mapping[str, Ecosystem]] = {"PyPI": "pypi", "npm": "npm"}
SCHEMA: Final = 1
_MAX_MEMBER: Final = 4 * 1024 * 1024  # bytes of one advisory
_MAX_MEMBERS: Final = 600_000
_MAX_TOTAL: Final = 8 * 1024 * 1024 * 1024  # bytes of all advisories together


class BadDatabase(Exception):  # noqa: N818
    """The file is no OSV export; the message says why."""


@dataclass(frozen=True, slots=True)
class Advisory:
    """One advisory that affects a version. `severity`: critical, high, medium, low or "" (not stated)."""

    id: str
    aliases: tuple[str, ...]
    severity: str
    fixed: tuple[str, ...]
    summary: str


class Database:
    """The imported export. `newest` is the date of its latest advisory: the age of what it knows."""

    def __init__(self, path: Path) -> None:
        self._db = sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True)
        row = self._db.execute("SELECT value FROM meta WHERE name = 'newest'").fetchone()
        self.newest = dt.date.fromisoformat(row[0]) if row and row[0] else None

    def close(self) -> None:
        self._db.close()

    def affecting(self, ecosystem: Ecosystem, name: str, version: str) -> list[Advisory]:
        """The advisories for one version of a package, one for each group of aliases, the best described first."""
        rows = self._db.execute(
            "SELECT id, data FROM advisories WHERE ecosystem = ? AND name = ? ORDER BY id",
            (ecosystem, normalise(name, ecosystem)),
        )
        found: dict[str, Advisory] = {}
        for identifier, data in rows:
            record = json.loads(data)
            if not _affects(record, ecosystem, version):
                continue
            one = Advisory(
                identifier,
                tuple(record["aliases"]),
                record["severity"],
                tuple(sorted({event["fixed"] for r in record["ranges"] for event in r if "fixed" in event})),
                record["summary"],
            )
            known = next((key for key, other in found.items() if _same(one, other)), None)
            if known is None:
                found[identifier] = one
            elif not found[known].severity:
                found[known] = one
        return list(found.values())


def open_database(export: Path, folder: Path) -> Database:
    """The database of an export, imported into `folder` on first use. Raises `BadDatabase`."""
    try:
        status = export.stat()
    except OSError as error:
        raise BadDatabase(f"{export}: {(error.strerror or 'cannot be read').lower()}") from None
    mark = f"{export.resolve()}\0{status.st_size}\0{status.st_mtime_ns}\0{SCHEMA}"
    path = folder / f"osv-{hashlib.blake2b(mark.encode(), digest_size=12).hexdigest()}.sqlite"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        temporary = path.with_suffix(".part")
        temporary.unlink(missing_ok=True)
        try:
            _import(export, temporary)
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
    return Database(path)


def _import(export: Path, target: Path) -> None:
    database = sqlite3.connect(target)
    try:
        database.executescript(
            "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;"
            "CREATE TABLE advisories (ecosystem TEXT, name TEXT, id TEXT, data TEXT);"
            "CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT);"
        )
        newest, count = "", 0
        for record in _records(export):
            newest = max(newest, str(record.get("modified", ""))[:10])
            rows = list(_rows(record))
            count += len(rows)
            database.executemany("INSERT INTO advisories VALUES (?, ?, ?, ?)", rows)
        if not count:
            raise BadDatabase(f"{export.name}: no advisory for PyPI or npm in it")
        valid = newest if re.fullmatch(r"\d{4}-\d{2}-\d{2}", newest) else ""
        database.execute("INSERT INTO meta VALUES ('newest', ?)", (valid,))
        database.execute("CREATE INDEX by_package ON advisories (ecosystem, name)")
        database.commit()
    except sqlite3.Error as error:
        raise BadDatabase(f"{export.name}: cannot be imported ({error})") from None
    finally:
        database.close()


def _records(export: Path) -> Iterator[Mapping[str, Any]]:
    """The advisories in the archive, one after another; it is never unpacked."""
    total = 0
    try:
        with zipfile.ZipFile(export) as archive:
            members = archive.infolist()
            if len(members) > _MAX_MEMBERS:
                raise BadDatabase(f"{export.name}: more than {_MAX_MEMBERS} members")
            for member in members:
                if not member.filename.endswith(".json"):
                    continue
                with archive.open(member) as stream:
                    data = stream.read(_MAX_MEMBER + 1)
                total += len(data)
                if len(data) > _MAX_MEMBER or total > _MAX_TOTAL:
                    raise BadDatabase(f"{export.name}: {member.filename} is too large")
                try:
                    record = json.loads(data)
                except (ValueError, RecursionError):
                    continue
                if isinstance(record, Mapping) and "id" in record and not record.get("withdrawn"):
                    yield record
    except (zipfile.BadZipFile, OSError, EOFError, NotImplementedError, RuntimeError) as error:
        raise BadDatabase(f"{export.name}: not a readable zip archive ({type(error).__name__})") from None


def _rows(record: Mapping[str, Any]) -> Iterator[tuple[str, str, str, str]]:
    """One row for each package that an advisory affects."""
    aliases = [str(alias) for alias in record.get("aliases") or []]
    for affected in record.get("affected") or []:
        package = affected.get("package") or {}
        ecosystem = ECOSYSTEMS.get(str(package.get("ecosystem")))
        if ecosystem is None or not package.get("name"):
            continue
        data = {
            "aliases": aliases,
            "severity": severity_of(record, affected),
            "summary": str(record.get("summary") or "")[:300],
            "ranges": [
                r.get("events") or [] for r in affected.get("ranges") or [] if r.get("type") in ("ECOSYSTEM", "SEMVER")
            ],
            "versions": [str(version) for version in affected.get("versions") or []],
        }
        yield ecosystem, normalise(str(package["name"]), ecosystem), str(record["id"]), json.dumps(data)


def _same(first: Advisory, second: Advisory) -> bool:
    return bool({first.id, *first.aliases} & {second.id, *second.aliases})


def _affects(record: Mapping[str, Any], ecosystem: Ecosystem, version: str) -> bool:
    if version in record["versions"]:
        return True
    return any(_in_range(events, ecosystem, version) for events in record["ranges"])


def _in_range(events: list[Mapping[str, str]], ecosystem: Ecosystem, version: str) -> bool:
    """The schema's own algorithm: events in order of versions; the last one at or below the version decides."""
    this = _key(ecosystem, version)
    if this is None:
        return False
    placed: list[
        tuple[Any, bool, bool]
    ] = []  # version, whether it begins to be affected, whether the event is inclusive
    for event in events:
        for kind, value in event.items():
            key = _key(ecosystem, value) if value != "0" else None
            if value != "0" and key is None:
                continue
            if kind == "introduced":
                placed.append((key, True, True))
            elif kind in ("fixed", "last_affected"):
                placed.append((key, False, kind == "fixed"))
    inside = False
    for key, begins, inclusive in sorted(placed, key=lambda item: (item[0] is not None, item[0] or this)):
        reached = key is None or (key <= this if inclusive else key < this)
        if reached:
            inside = begins
    return inside


def _key(ecosystem: Ecosystem, version: str) -> Any:
    if ecosystem == "npm":
        return parse_semver(version)
    from packaging.version import InvalidVersion, Version

    try:
        return Version(version)
    except InvalidVersion:
        return None
