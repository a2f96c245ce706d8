"""Lock files: which versions they hold, and whether every package from a registry has an integrity hash."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from aiaudit.probes.dependencies.model import Ecosystem, Lock, Manifest, normalise

Packages = Iterable[tuple[str, str, bool]]  # name, version, has a hash or needs none

TOML_LOCKS: Final = {"uv.lock": "uv", "poetry.lock": "poetry", "pdm.lock": "pdm"}
JSON_LOCKS: Final = {"pipfile.lock": "pipenv", "package-lock.json": "npm", "npm-shrinkwrap.json": "npm"}
YAML_LOCKS: Final = {"conda-lock.yml": "conda-lock", "pixi.lock": "pixi", "pnpm-lock.yaml": "pnpm"}
TEXT_LOCKS: Final = {"yarn.lock": "yarn", "bun.lock": "bun"}
BINARY_LOCKS: Final = {"bun.lockb": "bun"}
_PYLOCK: Final = re.compile(r"^pylock(\.[\w-]+)?\.toml$")


def tool_of(name: str) -> tuple[str, str] | None:
    """The tool and the format (toml, json, yaml, text, binary) of a lock file by its name; None for other files."""
    lower = name.lower()
    for table, form in (
        (TOML_LOCKS, "toml"),
        (JSON_LOCKS, "json"),
        (YAML_LOCKS, "yaml"),
        (TEXT_LOCKS, "text"),
        (BINARY_LOCKS, "binary"),
    ):
        if lower in table:
            return table[lower], form
    return ("pylock", "toml") if _PYLOCK.match(lower) else None


def read(path: str, tool: str, content: Any) -> Lock:
    """The lock in parsed content (in text, for yarn and bun). Content of another shape gives an unreadable lock."""
    ecosystem: Ecosystem = (
        "npm" if tool in ("npm", "pnpm", "yarn", "bun") else "conda" if tool in ("conda-lock", "pixi") else "pypi"
    )
    try:
        listed = list(_READERS[tool](content))
    except (TypeError, ValueError, AttributeError, KeyError, RecursionError) as error:
        return Lock(path, tool, ecosystem, unreadable=f"not a {tool} lock file ({type(error).__name__})")
    versions: dict[str, list[str]] = {}
    unhashed: list[str] = []
    for name, version, hashed in listed:
        held = versions.setdefault(normalise(name, ecosystem), [])
        if version and version not in held:
            held.append(version)
        if not hashed:
            unhashed.append(name)
    packages = {name: tuple(held) for name, held in sorted(versions.items())}
    return Lock(
        path,
        tool,
        ecosystem,
        packages,
        hashed=bool(listed) and not unhashed,
        unhashed=tuple(sorted(set(unhashed))[:20]),
    )


def from_requirements(manifest: Manifest) -> Lock:
    """The lock that a compiled or fully hashed requirements file is."""
    registry = [d for d in manifest.dependencies if d.source == "registry"]
    packages: dict[str, tuple[str, ...]] = {
        normalise(d.name): (d.spec.lstrip("= "),) if d.pinned and d.spec else () for d in manifest.dependencies
    }
    unhashed = tuple(d.name for d in registry if not d.hashed)
    return Lock(manifest.path, "pip-compile", "pypi", packages, bool(registry) and not unhashed, unhashed[:20])


def _list(content: Any, *keys: str) -> list[Mapping[str, Any]]:
    for key in keys:
        if isinstance(content, Mapping) and isinstance(content.get(key), list):
            found = [item for item in content[key] if isinstance(item, Mapping)]
            if len(found) != len(content[key]):
                raise ValueError(f"{key} is no list of tables")
            return found
    raise ValueError(f"no list named {keys[0]}")


def _uv(content: Any) -> Packages:
    for package in _list(content, "package"):
        source = package.get("source")
        local = isinstance(source, Mapping) and not ({"registry", "url"} & set(source))
        files = [*_dicts(package.get("wheels")), *_dicts([package.get("sdist")])]
        yield str(package["name"]), str(package.get("version", "")), local or any("hash" in f for f in files)


def _poetry(content: Any) -> Packages:
    legacy = content.get("metadata", {}).get("files", {})
    for package in _list(content, "package"):
        source = package.get("source")
        local = isinstance(source, Mapping) and source.get("type") in ("git", "directory", "file")
        files = _dicts(package.get("files")) or _dicts(legacy.get(package["name"]))
        yield str(package["name"]), str(package.get("version", "")), local or any("hash" in f for f in files)


def _pdm(content: Any) -> Packages:
    legacy = content.get("metadata", {}).get("files", {})
    for package in _list(content, "package"):
        local = any(key in package for key in ("git", "path", "url"))
        files = _dicts(package.get("files")) or _dicts(legacy.get(f"{package['name']} {package.get('version', '')}"))
        yield str(package["name"]), str(package.get("version", "")), local or any("hash" in f for f in files)


def _pylock(content: Any) -> Packages:
    for package in _list(content, "packages"):
        local = "vcs" in package or "directory" in package
        files = [*_dicts(package.get("wheels")), *_dicts([package.get("sdist"), package.get("archive")])]
        yield str(package["name"]), str(package.get("version", "")), local or any(f.get("hashes") for f in files)


def _pipenv(content: Any) -> Packages:
    if "default" not in content:
        raise ValueError("no default section")
    for section in ("default", "develop"):
        for name, package in content.get(section, {}).items():
            local = "git" in package or "path" in package
            yield name, str(package.get("version", "")).lstrip("="), local or bool(package.get("hashes"))


def _conda(content: Any) -> Packages:
    for package in _list(content, "package", "packages"):
        place = package.get("conda") or package.get("pypi") or package.get("url") or ""
        name = package.get("name") or re.sub(r"-[^-]+-[^-]+$", "", str(place).rpartition("/")[2])
        yield (
            str(name),
            str(package.get("version", "")),
            bool(package.get("hash") or package.get("sha256") or package.get("md5")),
        )


def _npm(content: Any) -> Packages:
    if isinstance(content.get("packages"), Mapping):
        for place, package in content["packages"].items():
            if not place or package.get("link") or "node_modules/" not in place:
                continue
            name = package.get("name") or place.rpartition("node_modules/")[2]
            registry = str(package.get("resolved", "")).startswith("http")
            hashed = bool(package.get("integrity")) or package.get("inBundle") is True
            yield name, str(package.get("version", "")), hashed or ("resolved" in package and not registry)
        return
    if not isinstance(content.get("dependencies"), Mapping):
        raise ValueError("neither packages nor dependencies")
    yield from _npm_v1(content["dependencies"], 0)


def _npm_v1(dependencies: Mapping[str, Any], depth: int) -> Packages:
    for name, package in dependencies.items():
        hashed = bool(package.get("integrity")) or package.get("bundled") is True
        yield name, str(package.get("version", "")), hashed or "://" in str(package.get("version", ""))
        if depth < 32 and isinstance(package.get("dependencies"), Mapping):
            yield from _npm_v1(package["dependencies"], depth + 1)


def _pnpm(content: Any) -> Packages:
    if "lockfileVersion" not in content:
        raise ValueError("no lockfileVersion")
    for key, package in content["packages"].items() if content.get("packages") else ():
        match = re.match(r"^/?(@[^/@]+/[^/@]+|[^/@(]+)[@/]([^(_]+)", str(key))
        resolution = package.get("resolution", {}) if isinstance(package, Mapping) else {}
        if match:
            local = "directory" in resolution or "commit" in resolution or "tarball" in resolution
            yield match.group(1), match.group(2), bool(resolution.get("integrity")) or local
    for importer in (content.get("importers") or {".": content}).values():
        for section in ("dependencies", "devDependencies", "optionalDependencies"):
            for name, entry in (importer.get(section) or {}).items():
                version = entry.get("version", "") if isinstance(entry, Mapping) else entry
                yield str(name), re.sub(r"[(_].*$", "", str(version)), True


def _yarn(content: Any) -> Packages:
    name = version = ""
    hashed = local = False
    for line in [*str(content).splitlines(), "end:"]:
        if line[:1] not in ("", " ", "#", "\t"):
            if name and version:
                yield name, version, hashed or local
            first = line.rstrip(":").split(",")[0].strip().strip('"')
            name, version, hashed = first[: max(first.find("@", 1), 0)], "", False
            local = any(mark in line for mark in ("@workspace:", "@link:", "@portal:", "@file:", "@git"))
        elif match := re.match(r'^\s+"?version"?:?\s+"?([^"\s]+)"?', line):
            version = match.group(1)
        elif re.match(r"^\s+(integrity|checksum)[:\s]", line):
            hashed = True
    if "yarn lockfile" not in str(content)[:400] and "__metadata" not in str(content)[:2_000]:
        raise ValueError("no yarn header")


def _bun(content: Any) -> Packages:
    # bun.lock is JSON with trailing commas; strings are kept as they are.
    relaxed = re.sub(r'("(?:[^"\\]|\\.)*")|,(?=\s*[}\]])', lambda m: m.group(1) or "", str(content))
    for package in json.loads(relaxed)["packages"].values():
        name, _, version = str(package[0]).rpartition("@")
        local = version.startswith(("workspace:", "file:", "link:", "github:", "git"))
        yield name, version, local or any(isinstance(part, str) and part.startswith("sha") for part in package[1:])


def _dicts(items: Any) -> list[Mapping[str, Any]]:
    return [item for item in items if isinstance(item, Mapping)] if isinstance(items, list) else []


_READERS: Final[Mapping[str, Callable[[Any], Packages]]] = {
    "uv": _uv,
    "poetry": _poetry,
    "pdm": _pdm,
    "pylock": _pylock,
    "pipenv": _pipenv,
    "conda-lock": _conda,
    "pixi": _conda,
    "npm": _npm,
    "pnpm": _pnpm,
    "yarn": _yarn,
    "bun": _bun,
}
