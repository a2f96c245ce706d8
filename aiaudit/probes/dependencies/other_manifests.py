"""Dependencies in requirements files, Pipfile, conda environments and package.json."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from aiaudit import lazy
from aiaudit.probes.dependencies.lines import LineFinder
from aiaudit.probes.dependencies.model import Dependency, Group, Manifest, group_of
from aiaudit.probes.dependencies.requirements_txt import (
    compiled_from,
    contradicted_lines,
    refused_lines,
    resolve_inside,
    source_options,
    split,
)
from aiaudit.probes.dependencies.versions import npm_pinned

_DEV_FOLDERS: Final = frozenset({"doc", "docs", "test", "tests", ".github", "ci", ".ci", "benchmarks"})
_CONDA_SPEC: Final = lazy.regex(r"^(?:[\w.-]+::)?([\w.-]+?)\s*([=<>!~ ].*)?$")
_NPM_SECTIONS: Final[tuple[tuple[str, Group], ...]] = (
    ("dependencies", "main"),
    ("devDependencies", "dev"),
    ("optionalDependencies", "optional"),
    ("peerDependencies", "optional"),
)


def read_requirements(path: str, text: str, group: Group | None = None) -> Manifest | None:
    """The manifest in a requirements file; None where most of its lines are not requirements (prose, for example)."""
    lines = split(text)
    wanted = [line for line in lines if line.kind == "requirement"]
    invalid = [line for line in lines if line.kind == "invalid"]
    if len(invalid) > len(wanted) or not any(line.kind != "invalid" for line in lines):
        return None
    of = group or file_group(path)
    found = tuple(
        Dependency(
            line.name,
            line.spec,
            line.pinned,
            of,
            path,
            line.line,
            "pypi",
            hashed=line.hashes > 0,
            marker=line.marker,
            source=line.source,
            digest=line.digest,
        )
        for line in wanted
        if line.name
    )
    includes = (resolve_inside(path, line.target) for line in lines if line.kind == "include")
    compiled, sources = compiled_from(text)
    return Manifest(
        path,
        "pip",
        "pypi",
        found,
        compiled_from=tuple(filter(None, (resolve_inside(path, s) for s in sources))) or (("?",) if compiled else ()),
        includes=tuple(filter(None, includes)),
        options=source_options(lines),
        refused=refused_lines(lines, text),
        contradicted=contradicted_lines(lines),
    )


def file_group(path: str) -> Group:
    """What a requirements file's name and folder say that it is for."""
    folder, _, name = path.rpartition("/")
    if set(folder.lower().split("/")) & _DEV_FOLDERS:
        return "dev"
    return group_of(re.sub(r"requirements?|reqs?", " ", name.lower()).removesuffix(".txt"), "main")


def read_pipfile(path: str, data: Mapping[str, Any], text: str) -> Manifest:
    """The manifest in a parsed Pipfile."""
    lines = LineFinder(text)
    found: list[Dependency] = []
    tables: tuple[tuple[str, Group], ...] = (("packages", "main"), ("dev-packages", "dev"))
    for table, group in tables:
        content = data.get(table)
        start = lines.header(table)
        for name, value in content.items() if isinstance(content, Mapping) else ():
            version = value.get("version", "") if isinstance(value, Mapping) else value
            spec = version if isinstance(version, str) and version != "*" else ""
            is_vcs = isinstance(value, Mapping) and "git" in value
            pinned = spec.startswith("==") and "*" not in spec
            source = "vcs" if is_vcs else "path" if isinstance(value, Mapping) and "path" in value else "registry"
            line = lines.key(str(name), lines.quoted(str(name), start))
            plain = str(name).partition("[")[0]
            found.append(Dependency(plain, spec, pinned, group, path, line, "pypi", source=source))  # type: ignore[arg-type]
    return Manifest(path, "pipenv", "pypi", tuple(found))


def read_conda(path: str, data: Any, text: str) -> Manifest | None:
    """The manifest in a parsed conda environment file; None where it is another kind of YAML."""
    if not isinstance(data, Mapping) or not isinstance(data.get("dependencies"), list):
        return None
    raw = text.splitlines()

    def line_of(item: str) -> int:
        return next((n for n, line in enumerate(raw, 1) if line.strip().lstrip("- ").strip("'\"").startswith(item)), 1)

    found: list[Dependency] = []
    for item in data["dependencies"]:
        if isinstance(item, str) and (match := _CONDA_SPEC.match(item.strip())):
            name, spec = match.group(1), (match.group(2) or "").strip()
            if name not in ("python", "pip"):
                found.append(Dependency(name, spec, _conda_pinned(name, spec), "main", path, line_of(item), "conda"))
        elif isinstance(item, Mapping) and isinstance(item.get("pip"), list):
            for requirement in filter(lambda i: isinstance(i, str), item["pip"]):
                inner = read_requirements(path, requirement, "main")
                for one in inner.dependencies if inner else ():
                    found.append(
                        Dependency(
                            one.name,
                            one.spec,
                            one.pinned,
                            "main",
                            path,
                            line_of(requirement),
                            "pypi",
                            source=one.source,
                        )
                    )
    return Manifest(path, "conda", "conda", tuple(found))


def _conda_pinned(name: str, spec: str) -> bool:
    """`=1.2.3`, `==1.2` and `=1.2=build` fix a version; `=1.2` admits every 1.2.x, ranges and `*` admit more.
    The packages that only choose a CUDA have no versions of three parts."""
    if spec.startswith("=="):
        return "*" not in spec
    if name in ("pytorch-cuda", "cuda-version") and re.fullmatch(r"=\s*\d+\.\d+", spec):
        return True
    return bool(re.fullmatch(r"=\s*\d+(\.\d+){2,}[\w.]*|=[^=*]+=[^=*]+", spec)) and "*" not in spec


def read_package_json(path: str, data: Any, text: str) -> Manifest | None:
    """The manifest in a parsed package.json."""
    if not isinstance(data, Mapping):
        return None
    lines = LineFinder(text)
    found: list[Dependency] = []
    for section, group in _NPM_SECTIONS:
        content = data.get(section)
        if not isinstance(content, Mapping):
            continue
        start = lines.key(section)
        for name, spec in content.items():
            if not isinstance(spec, str):
                continue
            local = spec.startswith(("file:", "link:", "workspace:", "portal:"))
            remote = "://" in spec or spec.startswith(("git", "github:"))
            source = "path" if local else "vcs" if remote else "registry"
            line = lines.key(str(name), start)
            found.append(
                Dependency(str(name), spec, npm_pinned(spec) or local, group, path, line, "npm", source=source)  # type: ignore[arg-type]
            )
    name = data.get("name")
    return Manifest(path, "npm", "npm", tuple(found), name=name if isinstance(name, str) else "")
