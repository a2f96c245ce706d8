"""Catalogs of pnpm: versions that the packages of one workspace share, as `catalog:` and `catalog:NAME` name them."""

from __future__ import annotations

from typing import Any, Final

from msgspec.structs import replace

from aiaudit.probes.dependencies.model import Dependency, Manifest
from aiaudit.probes.dependencies.versions import npm_pinned
from aiaudit.probes.reading import Files

_MARK: Final = "catalog:"


def fill_catalogs(manifests: list[Manifest], files: Files) -> None:
    """Puts the version that a workspace's catalog gives in the place of its name; what no catalog holds stays."""
    naming = [
        index for index, one in enumerate(manifests) if any(each.spec.startswith(_MARK) for each in one.dependencies)
    ]
    if not naming:
        return
    workspaces = {
        entry.path.rpartition("/")[0]: _catalogs(files.yaml(entry.path))
        for entry in files.matching("**/pnpm-workspace.yaml")
    }
    for index in naming:
        manifest = manifests[index]
        above = [one for one in workspaces if not one or f"{manifest.folder}/".startswith(f"{one}/")]
        if above:
            held = workspaces[max(above, key=len)]
            filled = tuple(_filled(one, held) for one in manifest.dependencies)
            manifests[index] = replace(manifest, dependencies=filled)


def _catalogs(content: Any) -> dict[str, dict[str, str]]:
    """Name -> package -> version; the one without a name is `default`."""
    if not isinstance(content, dict):
        return {}
    named = content.get("catalogs")
    found = {**named} if isinstance(named, dict) else {}
    if isinstance(content.get("catalog"), dict):
        found["default"] = content["catalog"]
    return {
        str(name): {str(package): version for package, version in held.items() if isinstance(version, str)}
        for name, held in found.items()
        if isinstance(held, dict)
    }


def _filled(one: Dependency, catalogs: dict[str, dict[str, str]]) -> Dependency:
    if not one.spec.startswith(_MARK):
        return one
    spec = catalogs.get(one.spec.removeprefix(_MARK).strip() or "default", {}).get(one.name)
    return one if spec is None else replace(one, spec=spec, pinned=npm_pinned(spec))
