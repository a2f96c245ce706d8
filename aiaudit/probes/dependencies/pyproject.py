"""Dependencies in pyproject.toml: PEP 621, PEP 735 groups, Poetry, PDM, Hatch, uv, Pixi, setuptools' dynamic fields."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from aiaudit.probes.dependencies import pixi
from aiaudit.probes.dependencies.lines import LineFinder
from aiaudit.probes.dependencies.model import Dependency, Group, Manifest, group_of, normalise
from aiaudit.probes.dependencies.requirements_txt import resolve_inside
from aiaudit.probes.dependencies.requirements_txt import split as split_requirements


def read(path: str, data: Mapping[str, Any], text: str) -> Manifest:
    """The manifest that a parsed pyproject.toml is. A file with tool settings only has no dependencies and tool ""."""
    lines = LineFinder(text)
    project = _table(data, "project")
    tool = _table(data, "tool")
    poetry = _table(tool, "poetry")
    found = [
        *_strings(path, project.get("dependencies"), "main", lines, lines.header("project")),
        *_extras(path, _table(project, "optional-dependencies"), "optional", lines, "project.optional-dependencies"),
        *_extras(path, _table(data, "dependency-groups"), "dev", lines, "dependency-groups"),
        *_strings(path, _table(data, "build-system").get("requires"), "build", lines, lines.header("build-system")),
        *_poetry(path, poetry, lines),
        *_extras(path, _table(tool, "pdm", "dev-dependencies"), "dev", lines, "tool.pdm.dev-dependencies"),
        *_strings(path, _table(tool, "uv").get("dev-dependencies"), "dev", lines, lines.header("tool.uv")),
        *_hatch(path, _table(tool, "hatch", "envs"), lines),
        *pixi.dependencies(path, _table(tool, "pixi"), lines, "tool.pixi."),
    ]
    dynamic, includes = _dynamic(path, project, _table(tool, "setuptools", "dynamic"))
    name = project.get("name") or poetry.get("name")
    declares = bool(project or poetry or data.get("dependency-groups") or found)
    return Manifest(
        path,
        tool="poetry" if poetry and "dependencies" not in project else "pyproject" if declares else "",
        ecosystem="pypi",
        dependencies=tuple(found),
        dynamic=dynamic,
        name=name if isinstance(name, str) else "",
        includes=includes,
    )


def from_strings(path: str, values: Iterable[tuple[str, int]], group: Group) -> Iterator[Dependency]:
    """Dependencies from PEP 508 strings with their lines."""
    for value, line in values:
        for parsed in split_requirements(value.replace("\n", " ")):
            if parsed.kind == "requirement" and parsed.name:
                yield Dependency(
                    parsed.name,
                    parsed.spec,
                    parsed.pinned,
                    group,
                    path,
                    line,
                    "pypi",
                    marker=parsed.marker,
                    source=parsed.source,
                )


def _table(data: Any, *keys: str) -> Mapping[str, Any]:
    for key in keys:
        data = data.get(key) if isinstance(data, Mapping) else None
    return data if isinstance(data, Mapping) else {}


def _strings(path: str, values: Any, group: Group, lines: LineFinder, after: int) -> Iterator[Dependency]:
    if isinstance(values, list):
        placed = [(value, lines.quoted(value, after)) for value in values if isinstance(value, str)]
        yield from from_strings(path, placed, group)


def _extras(
    path: str, table: Mapping[str, Any], default: Group, lines: LineFinder, header: str
) -> Iterator[Dependency]:
    for label, values in table.items():
        group = default if default == "dev" else group_of(label, default)
        yield from _strings(path, values, group, lines, lines.key(label, lines.header(header)))


def _hatch(path: str, envs: Mapping[str, Any], lines: LineFinder) -> Iterator[Dependency]:
    for label, env in envs.items():
        for key in ("dependencies", "extra-dependencies"):
            yield from _strings(path, _table(env).get(key), "dev", lines, lines.header(f"tool.hatch.envs.{label}"))


def _poetry(path: str, poetry: Mapping[str, Any], lines: LineFinder) -> Iterator[Dependency]:
    tables: list[tuple[str, Mapping[str, Any], Group]] = [
        ("tool.poetry.dependencies", _table(poetry, "dependencies"), "main"),
        ("tool.poetry.dev-dependencies", _table(poetry, "dev-dependencies"), "dev"),
    ]
    for label, content in _table(poetry, "group").items():
        table = _table(content, "dependencies")
        tables.append((f"tool.poetry.group.{label}.dependencies", table, group_of(label, "optional")))
    for header, table, group in tables:
        start = lines.header(header)
        for name, value in table.items():
            if normalise(name) == "python":
                continue
            for variant in value if isinstance(value, list) else [value]:
                yield _poetry_dependency(path, name, variant, group, lines.key(name, start))


def _poetry_dependency(path: str, name: str, value: Any, group: Group, line: int) -> Dependency:
    table = value if isinstance(value, Mapping) else {"version": value}
    version = table.get("version")
    spec = version if isinstance(version, str) and version != "*" else ""
    if any(key in table for key in ("git", "url", "path")):
        source = "vcs" if "git" in table else "url" if "url" in table else "path"
        rev = str(table.get("rev", ""))
        pinned = source == "path" or bool(re.fullmatch(r"[0-9a-f]{40}", rev)) or source == "url"
        return Dependency(name, "", pinned, group, path, line, "pypi", source=source)  # type: ignore[arg-type]
    if table.get("optional") is True and group == "main":
        group = "optional"
    pinned = bool(re.fullmatch(r"(==\s*)?\d[\w.+!-]*", spec)) and "*" not in spec
    return Dependency(name, spec, pinned, group, path, line, "pypi", marker=str(table.get("markers", "")))


def _dynamic(path: str, project: Mapping[str, Any], setuptools: Mapping[str, Any]) -> tuple[str, tuple[str, ...]]:
    """Where `dynamic = ["dependencies"]` leads: files that setuptools reads, or a reason why it is not known."""
    listed = project.get("dynamic")
    if not isinstance(listed, list) or "dependencies" not in listed:
        return "", ()
    files = _table(setuptools, "dependencies").get("file")
    names = [files] if isinstance(files, str) else files if isinstance(files, list) else []
    inside = tuple(target for name in names if isinstance(name, str) and (target := resolve_inside(path, name)))
    return ("" if inside else "dependencies are computed when the package is built"), inside
