"""Manifests joined with the locks that cover them and the commands that install them."""

from __future__ import annotations

from typing import Any, Final

from msgspec import Struct

from aiaudit.model.types import Unknown
from aiaudit.probes.base import Context
from aiaudit.probes.dependencies.installers import Install, installs
from aiaudit.probes.dependencies.inventory import inventory
from aiaudit.probes.dependencies.matching import Coverage, compare, manifest_of, may_cover
from aiaudit.probes.dependencies.model import Dependency, Lock, Manifest, normalise

_MEMO: Final = "dependencies.overview"
_SIDE_ROLES: Final = frozenset({"test", "docs", "example", "vendored"})


class LockView(Struct, frozen=True):
    """A lock with the manifest it was made from and the commands that install from it."""

    lock: Lock
    manifest: Manifest | None
    coverage: Coverage | None
    installs: tuple[Install, ...]


class ManifestView(Struct, frozen=True):
    """A manifest with its lock, and the commands that install from the manifest itself."""

    manifest: Manifest
    lock: LockView | None
    installs: tuple[Install, ...]
    role: str

    def is_primary(self, depth: int) -> bool:
        """Whether it is one of the project's own; `depth`: see `primary_depth`."""
        return self.manifest.path.count("/") == depth and self.role not in _SIDE_ROLES


def overview(context: Context) -> tuple[list[ManifestView], list[LockView]]:
    """All manifests and locks, joined; computed once a run."""
    known = context.memo.get(_MEMO)
    if isinstance(known, tuple):
        return known
    found = inventory(context)
    commands = installs(context)
    workspace = [manifest.name for manifest in found.manifests if manifest.name]
    lock_views: list[LockView] = []
    for lock in found.locks:
        manifest = manifest_of(lock, found.manifests)
        coverage = compare(lock, manifest, workspace) if manifest is not None and not lock.unreadable else None
        lock_views.append(LockView(lock, manifest, coverage, tuple(c for c in commands if c.source == lock.path)))
    by_manifest: dict[str, LockView] = {}
    for view in lock_views:
        if view.manifest is not None:
            best = by_manifest.get(view.manifest.path)
            by_manifest[view.manifest.path] = view if best is None else _better(best, view)
    for manifest in found.manifests:
        shared = _shared_lock(manifest, lock_views, workspace) if manifest.path not in by_manifest else None
        if shared is not None:
            by_manifest[manifest.path] = shared
    manifest_views = [
        ManifestView(
            manifest,
            by_manifest.get(manifest.path),
            tuple(c for c in commands if c.source == manifest.path and c.tool in ("pip", "conda")),
            found.roles.get(manifest.path, ""),
        )
        for manifest in found.manifests
        if manifest.tool
    ]
    context.memo[_MEMO] = (manifest_views, lock_views)
    return manifest_views, lock_views


def _shared_lock(manifest: Manifest, views: list[LockView], workspace: list[str]) -> LockView | None:
    """A lock of the same folder, or of one above it (a workspace's), that holds all that the manifest declares; else
    that of the workspace which names the manifest's package as one of its own, and has fallen behind it."""
    if not _main(manifest):
        return None
    behind: LockView | None = None
    for view in sorted(views, key=lambda view: -len(view.lock.folder)):
        above = not view.lock.folder or f"{manifest.folder}/".startswith(f"{view.lock.folder}/")
        if above and may_cover(view.lock, manifest):
            coverage = compare(view.lock, manifest, workspace)
            if not coverage.missing and not coverage.stale:
                return LockView(view.lock, manifest, coverage, view.installs)
            if behind is None and _is_member(manifest, view.lock):
                behind = LockView(view.lock, manifest, coverage, view.installs)
    return behind


def _is_member(manifest: Manifest, lock: Lock) -> bool:
    name = normalise(manifest.name, lock.ecosystem)
    return bool(name) and any(one.local and normalise(one.name, lock.ecosystem) == name for one in lock.locked)


def _better(first: LockView, second: LockView) -> LockView:
    """Of two locks of one manifest the one that is installed from, then the one in sync, then the hashed one."""

    def rank(view: LockView) -> tuple[bool, bool, bool]:
        in_sync = view.coverage is not None and view.coverage.in_sync is True
        return bool(view.installs), in_sync, view.lock.hashed

    return second if rank(second) > rank(first) else first


def primary_depth(views: list[ManifestView]) -> int:
    """How deep the project's own manifests lie: the least depth of one with main dependencies that is neither of tests,
    documentation nor examples. Deeper ones belong to parts."""
    own = [v for v in views if v.role not in _SIDE_ROLES and (v.manifest.dynamic or _main(v.manifest))]
    return min((view.manifest.path.count("/") for view in own), default=0)


def _main(manifest: Manifest) -> list[Dependency]:
    return [d for d in manifest.dependencies if d.group == "main" and d.source != "path"]


def manifest_record(view: ManifestView, primary: int) -> dict[str, Any]:
    """A manifest as a record: how it is pinned, locked and installed. `primary`: see `primary_depth`."""
    manifest, lock = view.manifest, view.lock
    main = _main(manifest)
    if not main and manifest.tool == "pip" and any(one.where == "image" for one in view.installs):
        main = list(manifest.dependencies)  # whatever its name says it is for, the image runs with it
    loose = [d.name for d in main if not d.pinned]
    return {
        "path": manifest.path,
        "line": main[0].line if main else 1,
        "tool": manifest.tool,
        "ecosystem": manifest.ecosystem,
        "role": view.role,
        "folder": manifest.folder,
        "primary": view.is_primary(primary),
        "name": manifest.name,
        "main": Unknown(manifest.dynamic) if manifest.dynamic and not main else len(main),
        "unpinned": loose,
        "pinned": Unknown(manifest.dynamic) if manifest.dynamic else not loose,
        "hashed": bool(main) and all(d.hashed or d.source != "registry" for d in main),
        "lock": lock.lock.path if lock else "",
        "lock_tool": lock.lock.tool if lock else "",
        "lock_hashed": lock is not None and lock.lock.hashed,
        "in_sync": _in_sync(lock),
        "missing": list(lock.coverage.missing) if lock and lock.coverage else [],
        "stale": list(lock.coverage.stale) if lock and lock.coverage else [],
        "lock_installs": [one.record() for one in lock.installs] if lock else [],
        "own_installs": [one.record() for one in view.installs if lock is None or one.source != lock.lock.path],
        "sources": list(manifest.options),
        "refused": [{"path": manifest.path, "line": line, "text": text} for line, text in manifest.refused],
        "contradicted": [
            {"path": manifest.path, "line": line, "text": text, "first": first}
            for line, text, first in manifest.contradicted
        ],
    }


def lock_record(view: LockView) -> dict[str, Any]:
    """A lock as a record."""
    lock = view.lock
    return {
        "path": lock.path,
        "line": 1,
        "tool": lock.tool,
        "ecosystem": lock.ecosystem,
        "packages": Unknown(lock.unreadable) if lock.unreadable else len(lock.packages),
        "hashed": Unknown(lock.unreadable) if lock.unreadable else lock.hashed,
        "unhashed": list(lock.unhashed),
        "without_hash": lock.without_hash,
        "manifest": view.manifest.path if view.manifest else "",
        "in_sync": _in_sync(view),
        "missing": list(view.coverage.missing) if view.coverage else [],
        "stale": list(view.coverage.stale) if view.coverage else [],
        "installed_by": [one.record() for one in view.installs],
    }


def _in_sync(view: LockView | None) -> bool | Unknown:
    if view is None:
        return False
    if view.lock.unreadable:
        return Unknown(view.lock.unreadable)
    if view.coverage is None:
        return Unknown("the manifest it was made from is not in the tree")
    answer = view.coverage.in_sync
    return answer if answer is not None else Unknown(f"not compared: {', '.join(view.coverage.unsure[:5])}")
