"""Probe `dependencies.vulnerable`: advisories for the versions that locks hold, from an offline OSV export."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar, Final

from aiaudit.model.fact import Fact, Level, State
from aiaudit.model.types import BOOL, INT, STRING, Type, list_of, record
from aiaudit.probes.base import Context, Probe, Query
from aiaudit.probes.dependencies.components import ecosystem_of
from aiaudit.probes.dependencies.inventory import Inventory, inventory
from aiaudit.probes.dependencies.model import Ecosystem, normalise
from aiaudit.probes.dependencies.osv import BadDatabase, Database, open_database
from aiaudit.probes.reading import listed, scope_of

OPTION: Final = "osv_db"  # run option: the path of the export
FOLDER: Final = "cache_folder"  # run option: where the imported database is kept
_NO_DATABASE: Final = (
    "no list of known vulnerabilities was given: `aiaudit run --osv-db all.zip` takes the export of osv.dev"
)
_RANK: Final = {"critical": 4, "high": 3, "medium": 2, "low": 1, "": 0}

VULNERABILITY = record(
    "vulnerability",
    path=STRING,
    line=INT,
    name=STRING,
    version=STRING,
    ecosystem=STRING,
    group=STRING,
    direct=BOOL,
    ids=list_of(STRING),
    severity=STRING,
    fixed=list_of(STRING),
    fixable=BOOL,
    summary=STRING,
    database_age_days=INT,
)


DATABASE = record(
    "vulnerability database",
    newest=STRING,
    age_days=INT,
    advisories=INT,
    ecosystems=list_of(STRING),
    uncovered=list_of(STRING),
)


class DatabaseQuery(Query):
    """No options: the database is the one of the run."""


class AdvisoryDatabase(Probe[DatabaseQuery]):
    """The OSV export that the run was given: the day of its newest advisory, its age and how many it holds.

    `uncovered`: ecosystems of which the project fixes versions and the export has no advisory, so that nothing can be
    said about them (conda among them: OSV does not know its packages)."""

    name: ClassVar[str] = "dependencies.database"
    title: ClassVar[str] = "The database of known vulnerabilities that was given (--osv-db), and its age"
    query: ClassVar[type[Query]] = DatabaseQuery
    max_level: ClassVar[Level] = Level.MEASURED

    def value_type(self, query: DatabaseQuery) -> Type:
        return DATABASE

    def answer(self, fact_id: str, query: DatabaseQuery, context: Context) -> Fact:
        export = context.options.get(OPTION)
        if not export:
            return Fact(fact_id, State.UNKNOWN, method="not looked", reason=_NO_DATABASE)
        try:
            database = open_database(Path(str(export)), _folder(context))
        except BadDatabase as error:
            return Fact(fact_id, State.UNKNOWN, method="not looked", reason=str(error))
        try:
            if database.newest is None:
                return Fact(fact_id, State.UNKNOWN, method="not looked", reason="its advisories bear no date")
            value = {
                "newest": database.newest.isoformat(),
                "age_days": (context.as_of - database.newest).days,
                "advisories": database.size,
                "ecosystems": sorted(database.ecosystems),
                "uncovered": sorted({key[0] for key in _fixed_versions(inventory(context))} - database.ecosystems),
            }
        finally:
            database.close()
        return Fact(fact_id, State.KNOWN, value, Level.MEASURED, "an OSV export read into a local database")


class VulnerableQuery(Query):
    """`severities`: only packages whose worst advisory is one of these; `development`: also what only development
    manifests declare."""

    severities: tuple[str, ...] = ()
    development: bool = False


class Vulnerable(Probe[VulnerableQuery]):
    """One record a package and version, with all its advisories; unknown without a database. Packages that no lock
    or exact pin fixes cannot be matched: they lower the scope."""

    name: ClassVar[str] = "dependencies.vulnerable"
    title: ClassVar[str] = "Known vulnerabilities of locked versions, from an offline OSV export (--osv-db)"
    query: ClassVar[type[Query]] = VulnerableQuery
    max_level: ClassVar[Level] = Level.MEASURED

    def value_type(self, query: VulnerableQuery) -> Type:
        return list_of(VULNERABILITY)

    def answer(self, fact_id: str, query: VulnerableQuery, context: Context) -> Fact:
        export = context.options.get(OPTION)
        if not export:
            return Fact(fact_id, State.UNKNOWN, method="not looked", reason=_NO_DATABASE)
        found = inventory(context)
        fixed = _fixed_versions(found)
        if not fixed:
            reason = "no lock file and no exact pin says which versions are installed"
            return Fact(fact_id, State.UNKNOWN, method="locks matched with OSV", reason=reason)
        try:
            database = open_database(Path(str(export)), _folder(context))
        except BadDatabase as error:
            return Fact(fact_id, State.UNKNOWN, method="not looked", reason=str(error))
        try:
            return self._matched(fact_id, query, context, found, database)
        finally:
            database.close()

    def _matched(
        self, fact_id: str, query: VulnerableQuery, context: Context, found: Inventory, database: Database
    ) -> Fact:
        age = (context.as_of - database.newest).days if database.newest else 0
        groups = _groups(found)
        records: list[dict[str, Any]] = []
        for (ecosystem, name, version), (path, line) in sorted(_fixed_versions(found).items()):
            advisories = database.affecting(ecosystem, name, version)
            if not advisories:
                continue
            worst = max((one.severity for one in advisories), key=lambda severity: _RANK[severity])
            group = groups.get((ecosystem, name), "transitive")
            if (query.severities and worst not in query.severities) or (
                group in ("dev", "build") and not query.development
            ):
                continue
            records.append(
                {
                    "path": path,
                    "line": line,
                    "name": name,
                    "version": version,
                    "ecosystem": ecosystem,
                    "group": group,
                    "direct": group != "transitive",
                    "ids": [one.id for one in advisories],
                    "severity": worst,
                    "fixed": sorted({v for one in advisories for v in one.fixed}),
                    "fixable": all(one.fixed for one in advisories),
                    "summary": max(advisories, key=lambda one: _RANK[one.severity]).summary,
                    "database_age_days": age,
                }
            )
        newest = f", newest advisory of {database.newest}" if database.newest else ""
        method = f"versions in locks matched with an OSV export{newest}"
        return listed(
            fact_id,
            records,
            method=method,
            level=Level.MEASURED,
            scope=scope_of(found.paths, found.problems),
            note="name",
        )


def _fixed_versions(found: Inventory) -> dict[tuple[Ecosystem, str, str], tuple[str, int]]:
    """Every package version that a lock holds or a manifest pins, and where."""
    versions: dict[tuple[Ecosystem, str, str], tuple[str, int]] = {}
    for lock in found.locks:
        for held in lock.locked:
            if held.version and not held.local:
                ecosystem = ecosystem_of(lock, held)
                versions.setdefault((ecosystem, normalise(held.name, ecosystem), held.version), (lock.path, held.line))
    for manifest in found.manifests:
        for one in manifest.dependencies:
            if one.pinned and one.spec and one.source == "registry":
                version = one.spec.lstrip("= v").partition(",")[0].strip()
                versions.setdefault((one.ecosystem, normalise(one.name, one.ecosystem), version), (one.path, one.line))
    return versions


def _groups(found: Inventory) -> dict[tuple[Ecosystem, str], str]:
    """The most productive group that declares a package: main before optional before build before dev."""
    order = ("main", "optional", "build", "dev")
    groups: dict[tuple[Ecosystem, str], str] = {}
    for manifest in found.manifests:
        for one in manifest.dependencies:
            key = (one.ecosystem, normalise(one.name, one.ecosystem))
            if key not in groups or order.index(one.group) < order.index(groups[key]):
                groups[key] = one.group
    return groups


def _folder(context: Context) -> Path:
    from aiaudit.project.cache import cache_folder

    given = context.options.get(FOLDER)
    return Path(str(given)) if given else cache_folder()
