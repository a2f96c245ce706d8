"""Lock files: which versions they hold, their hashes, and whether every package from a registry has one."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final

from msgspec.structs import replace

from aiaudit import lazy
from aiaudit.probes.dependencies.digests import artefact, sri
from aiaudit.probes.dependencies.lines import MarkFinder
from aiaudit.probes.dependencies.model import Ecosystem, Lock, Locked, Manifest, normalise

Packages = Iterable[Locked]

TOML_LOCKS: Final = {"uv.lock": "uv", "poetry.lock": "poetry", "pdm.lock": "pdm"}
JSON_LOCKS: Final = {"pipfile.lock": "pipenv", "package-lock.json": "npm", "npm-shrinkwrap.json": "npm"}
YAML_LOCKS: Final = {"conda-lock.yml": "conda-lock", "pixi.lock": "pixi", "pnpm-lock.yaml": "pnpm"}
TEXT_LOCKS: Final = {"yarn.lock": "yarn", "bun.lock": "bun"}
BINARY_LOCKS: Final = {"bun.lockb": "bun"}
_PYLOCK: Final = lazy.regex(r"^pylock(\.[\w-]+)?\.toml$")
_LOCAL_NPM: Final = ("workspace:", "link:", "portal:", "file:", "github:", "git")


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


def read(path: str, tool: str, content: Any, text: str = "") -> Lock:
    """The lock in parsed content (in text, for yarn and bun). Content of another shape gives an unreadable lock.

    `text`: the file itself, from which the lines are taken.
    """
    ecosystem: Ecosystem = (
        "npm" if tool in ("npm", "pnpm", "yarn", "bun") else "conda" if tool in ("conda-lock", "pixi") else "pypi"
    )
    try:
        listed = [one for one in _READERS[tool](content) if one.name]
    except (TypeError, ValueError, AttributeError, KeyError, IndexError, RecursionError) as error:
        return Lock(path, tool, ecosystem, unreadable=f"not a {tool} lock file ({type(error).__name__})")
    lines = MarkFinder(text)
    placed = tuple(replace(one, line=lines.next(one.mark)) for one in listed)
    return _lock(path, tool, ecosystem, placed)


def from_requirements(manifest: Manifest) -> Lock:
    """The lock that a compiled or fully hashed requirements file is."""
    placed = tuple(
        Locked(
            normalise(d.name),
            d.spec.lstrip("= ") if d.pinned and d.spec else "",
            d.hashed or d.source != "registry",
            local=d.source != "registry",
            digest=d.digest,
            line=d.line,
        )
        for d in manifest.dependencies
    )
    return _lock(manifest.path, "pip-compile", "pypi", placed)


def _lock(path: str, tool: str, ecosystem: Ecosystem, placed: tuple[Locked, ...]) -> Lock:
    versions: dict[str, list[str]] = {}
    for one in placed:
        held = versions.setdefault(normalise(one.name, ecosystem), [])
        if one.version and one.version not in held:
            held.append(one.version)
    unhashed = sorted({one.name for one in placed if not one.hashed})
    return Lock(
        path,
        tool,
        ecosystem,
        {name: tuple(held) for name, held in sorted(versions.items())},
        placed,
        hashed=any(not one.local for one in placed) and not unhashed,
        unhashed=tuple(unhashed[:20]),
        without_hash=len(unhashed),
    )


def _list(content: Any, *keys: str) -> list[Mapping[str, Any]]:
    for key in keys:
        if isinstance(content, Mapping) and isinstance(content.get(key), list):
            found = [item for item in content[key] if isinstance(item, Mapping)]
            if len(found) != len(content[key]):
                raise ValueError(f"{key} is no list of tables")
            return found
    raise ValueError(f"no list named {keys[0]}")


def _table(package: Mapping[str, Any], local: bool, files: list[Mapping[str, Any]]) -> Locked:
    """A package of a TOML lock with the files it may be installed from."""
    name = str(package["name"])
    digest, file = artefact(files)
    return Locked(
        name,
        str(package.get("version", "")),
        local or _hashed(files),
        local,
        digest,
        file,
        mark=f'name = "{name}"',
    )


_NEVER: Final = lazy.regex(
    r"^\s*(?:sys_platform == '(?!linux|darwin|win32|cygwin|emscripten|wasi|freebsd|android|ios|aix|sunos)\w*'"
    r"|python_(?:full_)?version < '[0-2](?:\.[\d.]+)?')\s*$"
)


def _uv(content: Any) -> Packages:
    packages = _list(content, "package")
    markers: dict[str, list[str]] = {}
    for one in (one for package in packages for one in _dicts(package.get("dependencies"))):
        markers.setdefault(str(one.get("name")), []).append(str(one.get("marker", "")))
    filed = {str(package.get("name")) for package in packages if package.get("wheels") or package.get("sdist")}
    for package in packages:
        source = package.get("source")
        local = isinstance(source, Mapping) and not ({"registry", "url"} & set(source))
        files = [*_dicts(package.get("wheels")), *_dicts([package.get("sdist")])]
        # An override with a marker that holds nowhere takes a package out: uv keeps its name, and no file of it. So it
        # does for systems for which there is none, where the same package stands again with files for the others.
        asked = markers.get(str(package.get("name")), [])
        nowhere = bool(asked) and all(map(_NEVER.search, asked))
        if files or not (nowhere or (package.get("resolution-markers") and str(package.get("name")) in filed)):
            yield _table(package, local, files)


def _poetry(content: Any) -> Packages:
    legacy = content.get("metadata", {}).get("files", {})
    for package in _list(content, "package"):
        source = package.get("source")
        local = isinstance(source, Mapping) and source.get("type") in ("git", "directory", "file")
        yield _table(package, local, _dicts(package.get("files")) or _dicts(legacy.get(package["name"])))


def _pdm(content: Any) -> Packages:
    legacy = content.get("metadata", {}).get("files", {})
    for package in _list(content, "package"):
        local = any(key in package for key in ("git", "path", "url"))
        files = _dicts(package.get("files")) or _dicts(legacy.get(f"{package['name']} {package.get('version', '')}"))
        yield _table(package, local, files)


def _pylock(content: Any) -> Packages:
    for package in _list(content, "packages"):
        local = "vcs" in package or "directory" in package
        files = [*_dicts(package.get("wheels")), *_dicts([package.get("sdist"), package.get("archive")])]
        yield _table(package, local, files)


def _pipenv(content: Any) -> Packages:
    if "default" not in content:
        raise ValueError("no default section")
    for section in ("default", "develop"):
        for name, package in content.get(section, {}).items():
            local = "git" in package or "path" in package
            digest, _ = artefact([{"hash": one} for one in package.get("hashes") or []])
            version = str(package.get("version", "")).lstrip("=")
            yield Locked(name, version, local or bool(package.get("hashes")), local, digest, mark=f'"{name}"')


_CONDA_FILE: Final = lazy.regex(r"^(.+)-([^-]+)-[^-]+$")


def _conda(content: Any) -> Packages:
    for package in _list(content, "package", "packages"):
        place = package.get("conda") or package.get("pypi") or package.get("url") or ""
        file = str(place).rpartition("/")[2]
        # Pixi leaves name and version to the file's name where that has them: `pandas-2.2.3-py312h526ad5a_1.conda`.
        said = _CONDA_FILE.match(file)
        name = str(package.get("name") or (said[1] if said else file))
        version = str(package.get("version") or (said[2] if said else ""))
        held = package.get("hash")
        hashes: Mapping[str, Any] = held if isinstance(held, Mapping) else package
        digest, _ = artefact([{"hashes": {key: hashes[key] for key in ("sha256", "md5") if hashes.get(key)}}])
        known = _hashed([package, hashes])
        mark = f"- name: {name}" if package.get("name") else f"- conda: {place}"
        # A folder of the project, or a commit: there is no file of an index whose hash could be held.
        local = str(place).startswith((".", "/", "git+", "file:")) and not known
        yield Locked(name, version, known or local, local, digest, file, mark=mark)


def _npm(content: Any) -> Packages:
    if isinstance(content.get("packages"), Mapping):
        for place, package in content["packages"].items():
            if not place or package.get("link") or "node_modules/" not in place:
                continue
            name = str(package.get("name") or place.rpartition("node_modules/")[2])
            local = "resolved" in package and not str(package["resolved"]).startswith("http")
            digest = sri(package.get("integrity"))
            licence = package.get("license")
            yield Locked(
                name,
                str(package.get("version", "")),
                bool(package.get("integrity")) or package.get("inBundle") is True or local,
                local,
                digest,
                licence=licence if isinstance(licence, str) else "",
                mark=f'"{place}"',
            )
        return
    if not isinstance(content.get("dependencies"), Mapping):
        raise ValueError("neither packages nor dependencies")
    yield from _npm_v1(content["dependencies"], 0)


def _npm_v1(dependencies: Mapping[str, Any], depth: int) -> Iterator[Locked]:
    for name, package in dependencies.items():
        version, digest = str(package.get("version", "")), sri(package.get("integrity"))
        local = "://" in version or version.startswith("file:")
        hashed = bool(package.get("integrity")) or package.get("bundled") is True or local
        yield Locked(name, version, hashed, local, digest, mark=f'"{name}"')
        if depth < 32 and isinstance(package.get("dependencies"), Mapping):
            yield from _npm_v1(package["dependencies"], depth + 1)


def _pnpm(content: Any) -> Packages:
    if "lockfileVersion" not in content:
        raise ValueError("no lockfileVersion")
    seen: set[str] = set()
    for key, package in content["packages"].items() if content.get("packages") else ():
        match = re.match(r"^/?(@[^/@]+/[^/@]+|[^/@(]+)[@/]([^(_]+)", str(key))
        about = package if isinstance(package, Mapping) else {}
        resolution = about.get("resolution", {})
        # The key of a package of another registry begins with its host; its name and version stand beside it.
        name, version = about.get("name"), about.get("version")
        named = (str(name), str(version)) if name and version else match.groups() if match else None
        if named:
            local = "directory" in resolution or "commit" in resolution or "tarball" in resolution
            integrity = resolution.get("integrity")
            seen.add(named[0])
            yield Locked(named[0], named[1], bool(integrity) or local, local, sri(integrity), mark=str(key))
    for importer in (content.get("importers") or {".": content}).values():
        for section in ("dependencies", "devDependencies", "optionalDependencies"):
            for name, entry in (importer.get(section) or {}).items():
                version = entry.get("version", "") if isinstance(entry, Mapping) else entry
                if name not in seen:  # a package of the workspace, of a repository, or under another name
                    yield Locked(str(name), re.sub(r"[(_].*$", "", str(version)), True, local=True, mark=str(name))


def _yarn(content: Any) -> Packages:
    text = str(content)
    if "yarn lockfile" not in text[:400] and "__metadata" not in text[:2_000]:
        raise ValueError("no yarn header")
    name = version = digest = header = ""
    local = hashed = False
    for line in [*text.splitlines(), "end:"]:
        if line[:1] not in ("", " ", "#", "\t"):
            if name and version:
                yield Locked(name, version, hashed or local, local, digest, mark=header)
            first = line.rstrip(":").split(",")[0].strip().strip('"')
            name, version, digest, header, hashed = first[: max(first.find("@", 1), 0)], "", "", line, False
            local = any(mark in line for mark in ("@workspace:", "@link:", "@portal:", "@file:", "@git"))
        elif match := re.match(r'^\s+"?version"?:?\s+"?([^"\s]+)"?', line):
            version = match.group(1)
        elif match := re.match(r"^\s+(integrity|checksum)[:\s]\s*\"?([^\"\s]+)", line):
            hashed = True
            digest = sri(match.group(2))  # "" for a checksum: it is of yarn's own archive, not of the registry's file
        elif line.startswith("  conditions:"):
            hashed = (
                True  # for another platform than that of the lock's author: yarn fetched no archive to take a sum of
            )


def _bun(content: Any) -> Packages:
    # bun.lock is JSON with trailing commas; strings are kept as they are.
    relaxed = re.sub(r'("(?:[^"\\]|\\.)*")|,(?=\s*[}\]])', lambda m: m.group(1) or "", str(content))
    for key, package in json.loads(relaxed)["packages"].items():
        name, _, version = str(package[0]).rpartition("@")
        local = version.startswith(_LOCAL_NPM)
        integrity = next((part for part in package[1:] if isinstance(part, str) and part.startswith("sha")), "")
        yield Locked(name, version, local or bool(integrity), local, sri(integrity), mark=f'"{key}"')


def _hashed(files: Iterable[Mapping[str, Any]]) -> bool:
    return any(one.get(key) for one in files for key in ("hash", "hashes", "sha256", "md5"))


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
