"""Probe `dependencies.components`: every library that manifests declare and locks fix, for a bill of materials."""

from __future__ import annotations

import re
from typing import Any, ClassVar, Final

from aiaudit import lazy
from aiaudit.model.fact import Fact, Level, State
from aiaudit.model.types import INT, STRING, Type, list_of, record
from aiaudit.probes.base import Context, Probe, Query
from aiaudit.probes.dependencies.inventory import METHOD, Inventory, inventory
from aiaudit.probes.dependencies.model import Dependency, Ecosystem, Lock, Locked, normalise
from aiaudit.probes.reading import Files, scope_of

LIBRARY: Final = record(
    "library",
    name=STRING,
    version=STRING,
    ecosystem=STRING,
    group=STRING,
    licence=STRING,
    digest=STRING,
    file=STRING,
    path=STRING,
    line=INT,
    locked_at=STRING,
)
VALUE: Final = record("libraries", libraries=list_of(LIBRARY), omitted=INT, unread=list_of(STRING))
_MOST: Final = 3_000  # libraries in one fact; the rest is counted
_SIDE_ROLES: Final = frozenset({"test", "docs", "example", "vendored", "generated"})
_ORDER: Final = ("main", "optional", "build", "dev")
_METADATA: Final = "**/*.dist-info/METADATA"
_LICENCE: Final = lazy.regex(r"^License(?:-Expression)?: *([^\n]{1,120})$", re.MULTILINE)

Key = tuple[Ecosystem, str, str]


class ComponentsQuery(Query):
    """No options: all libraries of all ecosystems, without those of tests, documentation and examples."""


class Components(Probe[ComponentsQuery]):
    """One record a library and version.

    `group`: main, optional, build or dev where a manifest declares it, else transitive. `path` and `line`: where it is
    declared, or locked where it is not declared. `digest` is one hash of the locked release (`sha512:hex`), `file` the
    file it is of. `licence`: what the lock or metadata in the tree says. `version` is "" where nothing fixes it.
    """

    name: ClassVar[str] = "dependencies.components"
    title: ClassVar[str] = "Libraries with locked versions, hashes and licences"
    query: ClassVar[type[Query]] = ComponentsQuery
    max_level: ClassVar[Level] = Level.CONTENT

    def value_type(self, query: ComponentsQuery) -> Type:
        return VALUE

    def answer(self, fact_id: str, query: ComponentsQuery, context: Context) -> Fact:
        found = inventory(context)
        libraries = _libraries(found, _installed_licences(context))
        unread = [f"{lock.path}: {lock.unreadable}" for lock in found.locks if lock.unreadable]
        unread += [f"{one.path}: {one.dynamic}" for one in found.manifests if one.dynamic]
        value = {
            "libraries": libraries[:_MOST],
            "omitted": max(0, len(libraries) - _MOST),
            "unread": sorted(unread)[:20],
        }
        scope = scope_of(found.paths, found.problems)
        return Fact(fact_id, State.KNOWN, value, Level.CONTENT, METHOD, scope=scope)


def _libraries(found: Inventory, licences: dict[tuple[str, str], str]) -> list[dict[str, Any]]:
    """Locked packages with what manifests say of them, then what is declared and in no lock."""
    declared = _declared(found)
    records: dict[Key, dict[str, Any]] = {}
    held: set[tuple[Ecosystem, str]] = set()
    for lock in found.locks:
        if found.roles.get(lock.path, "") in _SIDE_ROLES:
            continue
        for one in lock.locked:
            if one.local or not one.version:
                continue
            ecosystem = ecosystem_of(lock, one)
            name = normalise(one.name, ecosystem)
            held.add((ecosystem, name))
            by = declared.get((ecosystem, name))
            known = records.setdefault((ecosystem, name, one.version), _record(name, one.version, ecosystem, by))
            known["locked_at"] = known["locked_at"] or f"{lock.path}:{one.line}"
            known["digest"], known["file"] = (
                (known["digest"], known["file"]) if known["digest"] else (one.digest, one.file)
            )
            known["licence"] = known["licence"] or one.licence or licences.get((name, one.version), "")
            if by is None and not known["path"]:
                known["path"], known["line"] = lock.path, one.line
    for (ecosystem, name), by in declared.items():
        if (ecosystem, name) not in held:
            version = by.spec.lstrip("= v").partition(",")[0].strip() if by.pinned and by.source == "registry" else ""
            records[(ecosystem, name, version)] = _record(name, version, ecosystem, by) | {
                "digest": by.digest,
                "licence": licences.get((name, version), ""),
            }
    return [records[key] for key in sorted(records)]


def _record(name: str, version: str, ecosystem: Ecosystem, by: Dependency | None) -> dict[str, Any]:
    return {
        "name": name,
        "version": version,
        "ecosystem": ecosystem,
        "group": by.group if by else "transitive",
        "licence": "",
        "digest": "",
        "file": "",
        "path": by.path if by else "",
        "line": by.line if by else 0,
        "locked_at": "",
    }


def _declared(found: Inventory) -> dict[tuple[Ecosystem, str], Dependency]:
    """The declaration of each package that counts most: main before optional, build and dev."""
    declared: dict[tuple[Ecosystem, str], Dependency] = {}
    for manifest in found.manifests:
        if found.roles.get(manifest.path, "") in _SIDE_ROLES:
            continue
        for one in manifest.dependencies:
            key = (one.ecosystem, normalise(one.name, one.ecosystem))
            known = declared.get(key)
            if one.source != "path" and (known is None or _ORDER.index(one.group) < _ORDER.index(known.group)):
                declared[key] = one
    return declared


def ecosystem_of(lock: Lock, one: Locked) -> Ecosystem:
    """Where a locked package comes from. conda-lock and pixi hold packages of the Python index as well; those have a
    wheel or source archive."""
    if lock.ecosystem == "conda" and one.file.endswith((".whl", ".tar.gz")):
        return "pypi"
    return lock.ecosystem


def _installed_licences(context: Context) -> dict[tuple[str, str], str]:
    """Licences in the metadata of installed packages that lie in the tree; read as text."""
    files = Files(context.project)
    found: dict[tuple[str, str], str] = {}
    for entry in context.project.matching(_METADATA)[:2_000]:
        head = (files.text(entry.path) or "")[:20_000].partition("\n\n")[0]
        licence = _LICENCE.search(head)
        folder = entry.path.split("/")[-2].removesuffix(".dist-info")
        name, _, version = folder.partition("-")
        if licence and licence.group(1).strip().upper() != "UNKNOWN":
            found[(normalise(name), version)] = licence.group(1).strip()
    return found
