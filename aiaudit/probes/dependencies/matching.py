"""Which lock covers which manifest, and whether the two still agree."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from aiaudit import lazy
from aiaudit.probes.dependencies.model import Dependency, Lock, Manifest, normalise
from aiaudit.probes.dependencies.versions import poetry_to_pep440, satisfies_npm, satisfies_pep440

_TAG: Final = lazy.regex(r"(?!v\d)[A-Za-z][\w.-]*")  # of npm, by which a version is called: `latest`, `next`
_ALIAS: Final = lazy.regex(r"npm:((?:@[\w.-]+/)?[\w.-]+)@(.+)$")
_PLAIN_CONDA: Final = lazy.regex(r"(?:[<>]=?|==|!=)\d[\w.]*(?:,(?:[<>]=?|==|!=)\d[\w.]*)*")
# Which manifests' tools a lock file's tool reads.
_READS = {
    "uv": {"pyproject"},
    "poetry": {"poetry", "pyproject"},
    "pdm": {"pyproject"},
    "pylock": {"pyproject", "poetry", "pip", "setuptools"},
    "pipenv": {"pipenv"},
    "pip-compile": {"pip", "pyproject", "setuptools", "poetry"},
    "conda-lock": {"conda"},
    "pixi": {"pyproject", "conda"},
    "npm": {"npm"},
    "pnpm": {"npm"},
    "yarn": {"npm"},
    "bun": {"npm"},
}


class Mismatch(Struct, frozen=True):
    """A direct dependency that the lock lacks (`held` is "") or holds in a version outside its condition."""

    dependency: Dependency
    held: str = ""
    lock_line: int = 1


class Coverage(Struct, frozen=True):
    """How a lock stands to one manifest. `missing`: direct main dependencies it lacks; `stale`: held outside their
    range, as `name held not spec`; `unsure`: conditions that could not be compared."""

    manifest: str
    missing: tuple[str, ...] = ()
    stale: tuple[str, ...] = ()
    unsure: tuple[str, ...] = ()
    mismatches: tuple[Mismatch, ...] = ()

    @property
    def in_sync(self) -> bool | None:
        if self.missing or self.stale:
            return False
        return None if self.unsure else True


def may_cover(lock: Lock, manifest: Manifest) -> bool:
    """Whether a lock that was made from another manifest can stand for this one: of a package of the same workspace, or
    of a package whose dependencies were compiled. A requirements file is installed as it stands."""
    return manifest.tool != "pip" and manifest.tool in _READS.get(lock.tool, ())


def manifest_of(lock: Lock, manifests: Sequence[Manifest]) -> Manifest | None:
    """The manifest that a lock was made from: of its tool, in its folder (or the nearest above it)."""
    reads = _READS.get(lock.tool, set())
    if lock.tool == "pip-compile":
        return _compiled_source(lock, manifests)
    folder: str | None = lock.folder
    while folder is not None:
        here = [m for m in manifests if m.folder == folder and m.tool in reads]
        if here:
            return max(here, key=lambda m: sum(d.group == "main" for d in m.dependencies))
        folder = folder.rpartition("/")[0] if folder else None
    return None


def _compiled_source(lock: Lock, manifests: Sequence[Manifest]) -> Manifest | None:
    """For a compiled requirements file: its `.in`, else what its folder declares, else itself."""
    stem = lock.path.removesuffix(".txt").removesuffix(".lock")
    by_path = {manifest.path: manifest for manifest in manifests}
    for path in (f"{stem}.in", lock.path):
        if path in by_path:
            return by_path[path]
    here = [m for m in manifests if m.folder == lock.folder and m.tool in _READS["pip-compile"]]
    return max(here, key=lambda m: len(m.dependencies), default=None)


def compare(lock: Lock, manifest: Manifest, workspace: Iterable[str] = ()) -> Coverage:
    """Whether every direct main dependency of the manifest is in the lock, in a version that its condition admits.

    Dependencies with an environment marker may be left out of a lock; local packages need not be in it.
    """
    local = {normalise(name, lock.ecosystem) for name in workspace}
    missing: list[str] = []
    stale: list[str] = []
    unsure: list[str] = []
    mismatches: list[Mismatch] = []
    for one in manifest.dependencies:
        key = normalise(one.name, lock.ecosystem)
        if one.group != "main" or one.source == "path" or key in local:
            continue
        other = _ALIAS.match(one.spec) if one.ecosystem == "npm" else None  # `"ai-next": "npm:ai@^6.0.0"`
        wanted = one if other is None else replace(one, spec=other[2])
        held = lock.packages.get(key) or (lock.packages.get(normalise(other[1], "npm")) if other else None)
        if other is not None and held is not None:  # pnpm holds `ai@6.0.48`
            held = tuple(version.partition("(")[0].rpartition("@")[2] for version in held)
        if held is None:
            if not one.marker:
                missing.append(one.name)
                mismatches.append(Mismatch(one))
        elif one.ecosystem == "npm" and _TAG.fullmatch(wanted.spec):
            continue  # `latest`: whatever the lock holds is what that name stood for
        elif one.source == "registry" and held:
            verdicts = [_satisfies(version, wanted, manifest.tool) for version in held]
            if True not in verdicts:
                (unsure if None in verdicts else stale).append(f"{one.name} {'/'.join(held)} not {one.spec}")
                if None not in verdicts:
                    mismatches.append(Mismatch(one, "/".join(held), lock.line_of(key)))
    return Coverage(manifest.path, tuple(missing), tuple(stale), tuple(unsure), tuple(mismatches))


def _satisfies(version: str, one: Dependency, tool: str) -> bool | None:
    if not one.spec:
        return True
    if one.ecosystem == "npm":
        return satisfies_npm(version, one.spec)
    if one.ecosystem == "conda":  # its `=1.2` and bare versions mean other than those of Python's packages
        return satisfies_pep440(version, one.spec) if _PLAIN_CONDA.fullmatch(one.spec.replace(" ", "")) else None
    met = satisfies_pep440(version, one.spec) if tool != "poetry" else None
    if met is not None or tool not in ("poetry", "pyproject"):
        return met
    spec = poetry_to_pep440(one.spec)  # `[project]` may stand beside what Poetry's own table adds: a bare "3.1.0"
    return None if spec is None else satisfies_pep440(version, spec)
