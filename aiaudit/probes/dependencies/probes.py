"""Probes `dependencies.declared`, `.manifests`, `.locks` and `.versions`."""

from __future__ import annotations

from typing import Any, ClassVar

from aiaudit.model.fact import Fact, Level, Scope, State
from aiaudit.model.types import BOOL, INT, STRING, Type, list_of, record
from aiaudit.probes.base import Context, Probe, Query
from aiaudit.probes.dependencies.inventory import METHOD, Inventory, inventory
from aiaudit.probes.dependencies.model import normalise
from aiaudit.probes.dependencies.overview import lock_record, manifest_record, overview, primary_depth
from aiaudit.probes.reading import listed, scope_of

DEPENDENCY = record(
    "dependency",
    name=STRING,
    spec=STRING,
    pinned=BOOL,
    group=STRING,
    path=STRING,
    line=INT,
    ecosystem=STRING,
    hashed=BOOL,
    marker=STRING,
    source=STRING,
    role=STRING,
)
INSTALL = record(
    "install", path=STRING, line=INT, command=STRING, tool=STRING, source=STRING, strict=BOOL, where=STRING
)
LOCK = record(
    "lock",
    path=STRING,
    line=INT,
    tool=STRING,
    ecosystem=STRING,
    packages=INT,
    hashed=BOOL,
    unhashed=list_of(STRING),
    without_hash=INT,
    manifest=STRING,
    in_sync=BOOL,
    missing=list_of(STRING),
    stale=list_of(STRING),
    installed_by=list_of(INSTALL),
)
MANIFEST = record(
    "manifest",
    path=STRING,
    line=INT,
    tool=STRING,
    ecosystem=STRING,
    role=STRING,
    folder=STRING,
    primary=BOOL,
    name=STRING,
    main=INT,
    unpinned=list_of(STRING),
    pinned=BOOL,
    hashed=BOOL,
    lock=STRING,
    lock_tool=STRING,
    lock_hashed=BOOL,
    in_sync=BOOL,
    missing=list_of(STRING),
    stale=list_of(STRING),
    lock_installs=list_of(INSTALL),
    own_installs=list_of(INSTALL),
    sources=list_of(STRING),
    refused=list_of(record("refused line", path=STRING, line=INT, text=STRING)),
    contradicted=list_of(record("contradicted line", path=STRING, line=INT, text=STRING, first=STRING)),
)
VERSION = record("version", name=STRING, version=STRING, path=STRING, line=INT, source=STRING, ecosystem=STRING)


class DeclaredQuery(Query):
    """`groups` of main, dev, optional, build; `ecosystems` of pypi, npm, conda; `names` of packages; all where empty.
    Only main manifests: `roles: [config]` leaves out tests, documentation and examples."""

    groups: tuple[str, ...] = ()
    ecosystems: tuple[str, ...] = ()
    names: tuple[str, ...] = ()


class Declared(Probe[DeclaredQuery]):
    """Every direct dependency of every manifest, with its condition, group and place."""

    name: ClassVar[str] = "dependencies.declared"
    title: ClassVar[str] = "Direct dependencies of all manifests (pip, pyproject, Poetry, conda, npm…)"
    query: ClassVar[type[Query]] = DeclaredQuery
    max_level: ClassVar[Level] = Level.CONTENT

    def value_type(self, query: DeclaredQuery) -> Type:
        return list_of(DEPENDENCY)

    def answer(self, fact_id: str, query: DeclaredQuery, context: Context) -> Fact:
        found = inventory(context)
        wanted = {normalise(name) for name in query.names} | set(query.names)
        records = [
            one.record() | {"role": found.roles.get(one.path, "")}
            for manifest in found.manifests
            for one in manifest.dependencies
            if (not query.groups or one.group in query.groups)
            and (not query.ecosystems or one.ecosystem in query.ecosystems)
            and (not wanted or one.name in wanted or normalise(one.name) in wanted)
        ]
        return _answer(fact_id, records, found, note="name")


class ManifestsQuery(Query):
    """`ecosystems` of pypi, npm, conda; all where empty. Manifests without main dependencies are left out unless
    `empty` is true."""

    ecosystems: tuple[str, ...] = ()
    empty: bool = False


class Manifests(Probe[ManifestsQuery]):
    """One record a manifest: pinned or not, its lock, whether they agree, and what CI and images install from."""

    name: ClassVar[str] = "dependencies.manifests"
    title: ClassVar[str] = "Manifests with their locks, and the commands that install from either"
    query: ClassVar[type[Query]] = ManifestsQuery
    max_level: ClassVar[Level] = Level.WIRED

    def value_type(self, query: ManifestsQuery) -> Type:
        return list_of(MANIFEST)

    def answer(self, fact_id: str, query: ManifestsQuery, context: Context) -> Fact:
        views = overview(context)[0]
        primary = primary_depth(views)
        records = [
            made
            for view in views
            if not query.ecosystems or view.manifest.ecosystem in query.ecosystems
            for made in [manifest_record(view, primary)]
            if query.empty or made["main"] != 0
        ]
        wired = any(made["lock_installs"] for made in records)
        return _answer(fact_id, records, inventory(context), note="tool", level=Level.WIRED if wired else Level.CONTENT)


class LocksQuery(Query):
    """`ecosystems` of pypi, npm, conda; all where empty."""

    ecosystems: tuple[str, ...] = ()


class Locks(Probe[LocksQuery]):
    """Every lock file: packages, hashes, whether it agrees with its manifest, and what installs from it."""

    name: ClassVar[str] = "dependencies.locks"
    title: ClassVar[str] = "Lock files: packages, hashes, agreement with the manifest, and what installs from them"
    query: ClassVar[type[Query]] = LocksQuery
    max_level: ClassVar[Level] = Level.WIRED

    def value_type(self, query: LocksQuery) -> Type:
        return list_of(LOCK)

    def answer(self, fact_id: str, query: LocksQuery, context: Context) -> Fact:
        views = [v for v in overview(context)[1] if not query.ecosystems or v.lock.ecosystem in query.ecosystems]
        wired = any(view.installs for view in views)
        records = [lock_record(view) for view in views]
        return _answer(fact_id, records, inventory(context), note="tool", level=Level.WIRED if wired else Level.CONTENT)


class VersionsQuery(Query):
    """`names`: the packages asked for (as in their index; case and separators do not count)."""

    names: tuple[str, ...]
    ecosystems: tuple[str, ...] = ()


class Versions(Probe[VersionsQuery]):
    """The versions of named packages that locks hold and manifests pin."""

    name: ClassVar[str] = "dependencies.versions"
    title: ClassVar[str] = "Versions of named packages, from locks and exact pins"
    query: ClassVar[type[Query]] = VersionsQuery
    max_level: ClassVar[Level] = Level.CONTENT

    def value_type(self, query: VersionsQuery) -> Type:
        return list_of(VERSION)

    def answer(self, fact_id: str, query: VersionsQuery, context: Context) -> Fact:
        found = inventory(context)
        wanted = {normalise(name) for name in query.names} | set(query.names)
        records: list[dict[str, Any]] = []
        for lock in found.locks:
            if query.ecosystems and lock.ecosystem not in query.ecosystems:
                continue
            for name, versions in lock.packages.items():
                for version in versions if name in wanted else ():
                    place = {"path": lock.path, "line": 1, "source": "lock", "ecosystem": lock.ecosystem}
                    records.append({"name": name, "version": version, **place})
        for manifest in found.manifests:
            for one in manifest.dependencies:
                named = one.name in wanted or normalise(one.name) in wanted
                if named and one.pinned and one.spec and (not query.ecosystems or one.ecosystem in query.ecosystems):
                    version = one.spec.lstrip("= v").partition(",")[0]
                    place = {"path": one.path, "line": one.line, "source": "manifest", "ecosystem": one.ecosystem}
                    records.append({"name": normalise(one.name, one.ecosystem), "version": version, **place})
        return _answer(fact_id, records, found, note="name")


def _answer(
    fact_id: str, records: list[dict[str, Any]], found: Inventory, *, note: str, level: Level = Level.CONTENT
) -> Fact:
    """The list as a fact. Nothing found is unknown where a manifest computes its dependencies or could not be read."""
    scope: Scope = scope_of(found.paths, found.problems)
    fact = listed(fact_id, records, method=METHOD, level=level, scope=scope, note=note)
    if fact.state is State.ABSENT:
        reasons = [f"{m.path}: {m.dynamic}" for m in found.manifests if m.dynamic]
        reasons += [f"{path}: {why}" for path, why in sorted(found.problems.items())]
        if reasons:
            return Fact(fact_id, State.UNKNOWN, method=METHOD, scope=scope, reason="; ".join(reasons[:5]))
    return fact
