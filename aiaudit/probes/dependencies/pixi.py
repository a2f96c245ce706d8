"""Dependencies of Pixi: `pixi.toml`, and `[tool.pixi]` of a pyproject.toml. Packages come from conda's channels, or
from the Python index (`pypi-dependencies`)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from aiaudit.probes.dependencies.lines import LineFinder
from aiaudit.probes.dependencies.model import Dependency, Group, Manifest, group_of

_TABLES: Final = ("dependencies", "host-dependencies", "pypi-dependencies")
_BUILD: Final = "build-dependencies"
_NONE: Final = frozenset({"", "*"})
_NOT_A_LIBRARY: Final = frozenset({"python", "pip"})


def read(path: str, data: Mapping[str, Any], text: str) -> Manifest:
    """The manifest that a parsed pixi.toml is."""
    named = _map(data.get("workspace") or data.get("project")).get("name")
    found = tuple(dependencies(path, data, LineFinder(text)))
    return Manifest(path, "conda", "conda", found, name=named if isinstance(named, str) else "")


def dependencies(path: str, data: Mapping[str, Any], lines: LineFinder, prefix: str = "") -> Iterator[Dependency]:
    """What the tables declare, those of features and of platforms too. A feature is what its name says."""
    yield from _tables(path, data, lines, prefix, "main")
    for name, feature in _map(data.get("feature")).items():
        group = group_of(str(name).lower(), "optional")
        yield from _tables(path, _map(feature), lines, f"{prefix}feature.{name}.", group)


def _tables(path: str, data: Mapping[str, Any], lines: LineFinder, prefix: str, group: Group) -> Iterator[Dependency]:
    parts = [(prefix, data)]
    parts += [(f"{prefix}target.{name}.", _map(target)) for name, target in _map(data.get("target")).items()]
    for start, part in parts:
        for table in (*_TABLES, _BUILD):
            first = lines.header(f"{start}{table}")
            for name, value in _map(part.get(table)).items():
                if str(name) not in _NOT_A_LIBRARY:
                    yield _dependency(
                        path, str(name), value, table, "build" if table == _BUILD else group, lines, first
                    )


def _dependency(
    path: str, name: str, value: Any, table: str, group: Group, lines: LineFinder, first: int
) -> Dependency:
    told = _map(value)
    spec = str(told.get("version", "") if told else value).strip()
    spec = "" if spec in _NONE else spec
    pinned = spec.startswith("==") and "*" not in spec
    source = "vcs" if "git" in told else "path" if "path" in told else "url" if "url" in told else "registry"
    ecosystem = "pypi" if table == "pypi-dependencies" else "conda"
    plain = name.partition("[")[0]
    return Dependency(plain, spec, pinned, group, path, lines.key(name, first), ecosystem, source=source)  # type: ignore[arg-type]


def _map(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
