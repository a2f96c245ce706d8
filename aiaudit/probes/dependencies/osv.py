"""An offline export of OSV, read once into SQLite and asked by package and version.

An export is one zip (`PyPI/all.zip`, `npm/all.zip`, or the `all.zip` of every ecosystem), or a folder that holds some.

Formats: the OSV schema (https://ossf.github.io/osv-schema/). A range is a list of `introduced`, `fixed` and
`last_affected` events; `versions` names single versions. Nothing is fetched.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
import re
import sqlite3
import tempfile
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from msgspec import Struct

from aiaudit.probes.dependencies.cvss import severity_of
from aiaudit.probes.dependencies.model import Ecosystem, normalise
from aiaudit.probes.dependencies.versions import parse_semver

ECOSYSTEMS: Final[Mapping[str, Ecosystem]] = {"PyPI": "pypi", "npm": "npm"}
SCHEMA: Final = 4
_MAX_MEMBER: Final = 4 * 1024 * 1024  # bytes of one advisory
_MAX_MEMBERS: Final = 1_000_000
_MAX_ARCHIVES: Final = 16
_MAX_TOTAL: Final = 8 * 1024 * 1024 * 1024  # bytes of all advisories together


class BadDatabase(Exception):  # noqa: N818
    """The file is no OSV export; the message says why."""


class Advisory(Struct, frozen=True):
    """One advisory that affects a version. `severity`: critical, high, medium, low or "" (not stated)."""

    id: str
    aliases: tuple[str, ...]
    severity: str
    fixed: tuple[str, ...]
    summary: str


class Database:
    """The imported export. `newest` is the date of its latest advisory: the age of what it knows; `size` how many there
    are for the ecosystems that are read, and `ecosystems` those of which there are some."""

    def __init__(self, path: Path) -> None:
        self._db = sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True)
        row = self._db.execute("SELECT value FROM meta WHERE name = 'newest'").fetchone()
        self.newest = dt.date.fromisoformat(row[0]) if row and row[0] else None
        count = self._db.execute("SELECT value FROM meta WHERE name = 'advisories'").fetchone()
        self.size = int(count[0]) if count else 0
        self.ecosystems = frozenset(row[0] for row in self._db.execute("SELECT DISTINCT ecosystem FROM advisories"))

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
    found = archives(export)
    path = folder / f"osv-{_key(found)}.sqlite"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle, name = tempfile.mkstemp(prefix="osv-", suffix=".part", dir=folder)
        os.close(handle)
        temporary = Path(name)
        try:
            _import(export.name, found, temporary)
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
    return Database(path)


def archives(export: Path) -> list[Path]:
    """The zip itself; of a folder the zips in it and in its folders that are named after an ecosystem. Raises
    `BadDatabase` where there is none."""
    if not export.is_dir():
        return [export]
    named = [path for ecosystem in ECOSYSTEMS for path in sorted((export / ecosystem).glob("*.zip"))]
    found = named or sorted(export.glob("*.zip"))
    if not found:
        raise BadDatabase(f"no zip in it, and none in a folder {' or '.join(ECOSYSTEMS)}")
    return found[:_MAX_ARCHIVES]


def _key(archives: list[Path]) -> str:
    """A digest of what the archives hold, so that a copy or a touched file is not imported again."""
    digest = hashlib.blake2b(f"osv {SCHEMA}".encode(), digest_size=12)
    for path in archives:
        try:
            with path.open("rb") as stream:
                digest.update(hashlib.file_digest(stream, "sha256").digest())
        except OSError as error:
            raise BadDatabase(f"{path}: {(error.strerror or 'cannot be read').lower()}") from None
    return digest.hexdigest()


def _import(name: str, archives: list[Path], target: Path) -> None:
    database = sqlite3.connect(target)
    try:
        database.executescript(
            "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;"
            "CREATE TABLE advisories (ecosystem TEXT, name TEXT, id TEXT, data TEXT);"
            "CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT);"
        )
        newest, count = "", 0
        for record in _records(archives):
            rows = _rows(record)
            if rows:
                day = str(record.get("modified", ""))[:10]
                newest = max(newest, day if re.fullmatch(r"\d{4}-[01]\d-[0-3]\d", day) else "")
                count += 1
                database.executemany("INSERT INTO advisories VALUES (?, ?, ?, ?)", rows)
        if not count:
            raise BadDatabase(f"{name}: no advisory for PyPI or npm in it")
        database.executemany("INSERT INTO meta VALUES (?, ?)", [("newest", newest), ("advisories", str(count))])
        database.execute("CREATE INDEX by_package ON advisories (ecosystem, name)")
        database.commit()
    except sqlite3.Error as error:
        raise BadDatabase(f"{name}: cannot be imported ({error})") from None
    finally:
        database.close()


def _records(archives: list[Path]) -> Iterator[Mapping[str, Any]]:
    """The advisories in the archives, one after another; nothing is unpacked to disk."""
    total = members = 0
    for path in archives:
        try:
            with zipfile.ZipFile(path) as archive:
                listed = archive.infolist()
                members += len(listed)
                if members > _MAX_MEMBERS:
                    raise BadDatabase(f"{path.name}: more than {_MAX_MEMBERS} members")
                for member in listed:
                    if not member.filename.endswith(".json"):
                        continue
                    with archive.open(member) as stream:
                        data = stream.read(_MAX_MEMBER + 1)
                    total += len(data)
                    if len(data) > _MAX_MEMBER or total > _MAX_TOTAL:
                        raise BadDatabase(f"{path.name}: {member.filename} is too large")
                    record = _advisory(data)
                    if record is not None:
                        yield record
        except (zipfile.BadZipFile, zlib.error, OSError, EOFError, NotImplementedError, RuntimeError):
            raise BadDatabase(f"not a readable zip archive: {path.name}") from None


def _advisory(data: bytes) -> Mapping[str, Any] | None:
    """One advisory; None for what is none, and for one that was withdrawn."""
    try:
        record = json.loads(data)
    except (ValueError, RecursionError):
        return None
    return record if isinstance(record, dict) and "id" in record and not record.get("withdrawn") else None


def _rows(record: Mapping[str, Any]) -> list[tuple[str, str, str, str]]:
    """One row for each package that an advisory affects; none where it has not the schema's shape."""
    try:
        return list(_packages(record))
    except (AttributeError, TypeError, KeyError, ValueError):
        return []


def _packages(record: Mapping[str, Any]) -> Iterator[tuple[str, str, str, str]]:
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
                _events(r.get("events"))
                for r in affected.get("ranges") or []
                if r.get("type") in ("ECOSYSTEM", "SEMVER")
            ],
            "versions": [str(version) for version in affected.get("versions") or []],
        }
        yield ecosystem, normalise(str(package["name"]), ecosystem), str(record["id"]), json.dumps(data)


def _events(events: Any) -> list[dict[str, str]]:
    """The events of a range that decide; `limit` bounds what is looked through in a repository, not versions."""
    return [
        {kind: str(one[kind]) for kind in ("introduced", "fixed", "last_affected") if kind in one}
        for one in events or []
    ]


def _same(first: Advisory, second: Advisory) -> bool:
    return bool({first.id, *first.aliases} & {second.id, *second.aliases})


def _affects(record: Mapping[str, Any], ecosystem: Ecosystem, version: str) -> bool:
    if version in record["versions"]:
        return True
    return any(_in_range(events, ecosystem, version) for events in record["ranges"])


def _in_range(events: list[Mapping[str, str]], ecosystem: Ecosystem, version: str) -> bool:
    """The schema's own algorithm: events in order of versions; the last one at or below the version decides."""
    this = _version(ecosystem, version)
    if this is None:
        return False
    placed: list[
        tuple[Any, bool, bool]
    ] = []  # version, whether it begins to be affected, whether the event is inclusive
    for event in events:
        for kind, value in event.items():
            key = _version(ecosystem, value) if value != "0" else None
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


def _version(ecosystem: Ecosystem, version: str) -> Any:
    if ecosystem == "npm":
        return parse_semver(version)
    from packaging.version import InvalidVersion, Version

    try:
        return Version(version)
    except InvalidVersion:
        return None
