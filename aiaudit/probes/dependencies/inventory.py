"""All manifests and lock files of the project, read once and shared by every query (`Context.memo`)."""

from __future__ import annotations

from typing import Final

from msgspec import Struct, field
from msgspec.structs import replace

from aiaudit import lazy
from aiaudit.probes.base import Context
from aiaudit.probes.dependencies import locks, other_manifests, pixi, pyproject, setup_py
from aiaudit.probes.dependencies.catalogs import fill_catalogs
from aiaudit.probes.dependencies.model import Lock, Manifest
from aiaudit.probes.dependencies.requirements_txt import resolve_inside
from aiaudit.probes.reading import Files
from aiaudit.probes.words import word_set

METHOD: Final = "manifests and lock files parsed; no resolver was run"

REQUIREMENTS_GLOBS: Final = (
    "**/*requirement*.txt",
    "**/*requirement*.in",
    "**/requirements/**/*.txt",
    "**/requirements/**/*.in",
    "**/reqs.txt",
    "**/requirements*.lock",
    "**/constraints*.txt",
)
BARE_GLOBS: Final = ("**/requirements_*", "**/requirements-*")  # those of these that have no suffix
OTHER_GLOBS: Final = (
    "**/pyproject.toml",
    "**/setup.py",
    "**/setup.cfg",
    "**/Pipfile",
    "**/environment*.yml",
    "**/environment*.yaml",
    "**/conda*.yml",
    "**/conda*.yaml",
    "**/package.json",
    "**/pixi.toml",
)
CONDA_GLOBS: Final = ("**/*env*.yml", "**/*env*.yaml")  # an environment of conda is called as its owner likes
LOCK_GLOBS: Final = tuple(
    f"**/{name}"
    for name in (
        *locks.TOML_LOCKS,
        *locks.JSON_LOCKS,
        *locks.YAML_LOCKS,
        *locks.TEXT_LOCKS,
        *locks.BINARY_LOCKS,
        "pylock.toml",
        "pylock.*.toml",
    )
)
_CI_FOLDERS: Final = frozenset({".github", "ci", ".ci"})
_TOOLS: Final = word_set(
    "pip setuptools wheel build twine tox nox black ruff flake8 pylint isort mypy pyright pytest pytest-cov"
    " pytest-xdist coverage codecov pre-commit bandit pip-audit safety mkdocs sphinx requests pyyaml pygithub jinja2"
    " click packaging"
)
_CHANNELS: Final = lazy.regex(r"(?m)^channels:")
_MEMO: Final = "dependencies.inventory"


class Inventory(Struct):
    """`paths` are all files looked at, `problems` those that could not be read or parsed, with the reason."""

    manifests: list[Manifest] = field(default_factory=list)
    locks: list[Lock] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    problems: dict[str, str] = field(default_factory=dict)
    roles: dict[str, str] = field(default_factory=dict)


def inventory(context: Context) -> Inventory:
    """The project's manifests and locks, computed once a run."""
    found = context.memo.get(_MEMO)
    if not isinstance(found, Inventory):
        found = context.memo[_MEMO] = _build(Files(context.project))
    return found


def _build(files: Files) -> Inventory:
    made = Inventory()
    requirement_files: dict[str, Manifest] = {}
    for entry in files.matching(REQUIREMENTS_GLOBS):
        _read_requirements(files, made, entry.path, requirement_files)
    for entry in files.matching(BARE_GLOBS):
        if "." not in entry.name:
            _read_requirements(files, made, entry.path, requirement_files)
    for entry in files.matching(OTHER_GLOBS):
        made.paths.append(entry.path)
        manifest = _read_other(files, entry.path, entry.name.lower())
        if manifest is not None:
            made.manifests.append(manifest)
            for target in manifest.includes:
                if files.exists(target):
                    _read_requirements(files, made, target, requirement_files)
    _read_environments(files, made)
    fill_catalogs(made.manifests, files)
    for entry in files.matching(LOCK_GLOBS):
        made.paths.append(entry.path)
        made.locks.append(_read_lock(files, entry.path, entry.name))
    _take_those_of_ci(made, requirement_files)
    _sort_out_compiled(made, requirement_files, files)
    _include_dynamic(made)
    made.manifests.sort(key=lambda manifest: manifest.path)
    made.locks.sort(key=lambda lock: lock.path)
    made.paths = sorted(set(made.paths))
    made.problems = {path: why for path, why in files.problems.items() if path in made.paths}
    for path in made.paths:
        found = files.project.entry(path)
        made.roles[path] = str(found.role) if found else ""
    return made


def _read_requirements(files: Files, made: Inventory, path: str, found: dict[str, Manifest]) -> None:
    """Reads a requirements file and, inside the tree, the files it includes."""
    queue = [path]
    while queue:
        current = queue.pop()
        if current in found or len(found) > 500:
            continue
        text = files.text(current) if files.exists(current) else None
        manifest = other_manifests.read_requirements(current, text) if text is not None else None
        if manifest is None:
            continue
        made.paths.append(current)
        found[current] = manifest
        queue.extend(target for target in manifest.includes if files.exists(target))


def _take_those_of_ci(made: Inventory, found: dict[str, Manifest]) -> None:
    """Where nothing else says what the project needs, a plain `requirements.txt` in a folder for CI does, unless it is
    of tools alone."""
    others = [*made.manifests, *found.values()]
    if any(one.dynamic or any(d.group == "main" for d in one.dependencies) for one in others if one.ecosystem != "npm"):
        return
    for path, manifest in found.items():
        parts = path.lower().split("/")
        names = {one.name.lower() for one in manifest.dependencies}
        if parts[-1] == "requirements.txt" and _CI_FOLDERS.intersection(parts) and not names <= _TOOLS:
            listed = tuple(replace(one, group="main") for one in manifest.dependencies)
            found[path] = replace(manifest, dependencies=listed)


def _read_other(files: Files, path: str, name: str) -> Manifest | None:
    text = files.text(path)
    if text is None:
        return None
    if name == "pyproject.toml":
        data = files.toml(path)
        manifest = pyproject.read(path, data, text) if data is not None else None
        return manifest if manifest is not None and manifest.tool else None
    if name == "setup.py":
        return setup_py.read_setup_py(path, text)
    if name == "setup.cfg":
        return setup_py.read_setup_cfg(path, text)
    if name == "pipfile":
        data = files.toml(path)
        return other_manifests.read_pipfile(path, data, text) if data is not None else None
    if name == "pixi.toml":
        data = files.toml(path)
        return pixi.read(path, data, text) if data is not None else None
    if name == "package.json":
        return other_manifests.read_package_json(path, files.json(path), text)
    return other_manifests.read_conda(path, files.yaml(path), text)


def _read_environments(files: Files, made: Inventory) -> None:
    """Environments of conda under another name: files that name channels beside what they need."""
    for entry in files.matching(CONDA_GLOBS):
        text = None if entry.path in made.paths else files.text(entry.path)
        if text is None or not _CHANNELS.search(text):
            continue
        manifest = other_manifests.read_conda(entry.path, files.yaml(entry.path), text)
        if manifest is not None:
            made.paths.append(entry.path)
            made.manifests.append(manifest)


def _read_lock(files: Files, path: str, name: str) -> Lock:
    tool, form = locks.tool_of(name) or ("", "binary")
    ecosystem = "npm" if tool in ("npm", "pnpm", "yarn", "bun") else "pypi"
    if form == "binary":
        return Lock(path, tool, ecosystem, unreadable="a binary format")  # type: ignore[arg-type]
    content = {"toml": files.toml, "json": files.json, "yaml": files.yaml, "text": files.text}[form](path)
    if content is None:
        return Lock(path, tool, ecosystem, unreadable=files.problems.get(path, "empty"))  # type: ignore[arg-type]
    return locks.read(path, tool, content, files.text(path) or "")


def _sort_out_compiled(made: Inventory, found: dict[str, Manifest], files: Files) -> None:
    """Decides which requirements files are what a person wrote, and which are locks made from those.

    A lock: a compiler's header says so, every requirement is pinned with a hash, or it stands beside a `.in` file of
    the same name and pins everything. A lock whose source is not in the tree is also the only declaration there is.
    """
    for path, manifest in found.items():
        if path.rpartition("/")[2].lower().startswith("constraints") and path not in _included(found):
            continue
        registry = [d for d in manifest.dependencies if d.source == "registry"]
        pinned = bool(registry) and all(d.pinned for d in registry)
        sources = [s for s in manifest.compiled_from if s not in ("?", path) and (s in found or files.exists(s))]
        sibling = path.removesuffix(".txt").removesuffix(".lock") + ".in"
        sources = sources or ([sibling] if sibling in found and sibling != path else [])
        hashed = pinned and all(d.hashed for d in registry)
        if pinned and (manifest.compiled_from or hashed or sources):
            made.locks.append(locks.from_requirements(manifest))
            if sources or (manifest.compiled_from and _declared_elsewhere(made, path)):
                continue
        made.manifests.append(manifest)


def _included(found: dict[str, Manifest]) -> set[str]:
    return {target for manifest in found.values() for target in manifest.includes}


def _declared_elsewhere(made: Inventory, path: str) -> bool:
    """Whether a pyproject.toml, setup.py or setup.cfg of the same folder declares dependencies."""
    folder = path.rpartition("/")[0]
    return any(m.folder == folder and m.tool != "pip" and m.dependencies for m in made.manifests)


def _include_dynamic(made: Inventory) -> None:
    """A package that reads its dependencies from a requirements file has that file's dependencies."""
    by_path = {manifest.path: manifest for manifest in made.manifests}
    for index, manifest in enumerate(made.manifests):
        if manifest.tool in ("pip", "") or not manifest.includes:
            continue
        inherited = [
            dependency
            for target in manifest.includes
            for name in (target, resolve_inside(manifest.path, target) or "")
            if name in by_path and by_path[name].tool == "pip"
            for dependency in by_path[name].dependencies
        ]
        if not inherited and not manifest.dependencies:
            reason = f"dependencies are read from {', '.join(manifest.includes)}, which is not in the tree"
            made.manifests[index] = replace(manifest, dynamic=reason)
