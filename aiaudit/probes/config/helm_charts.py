"""Which Helm charts are the project's own, and the values with which they go into production."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from aiaudit import lazy
from aiaudit.probes.config.shapes import as_map
from aiaudit.probes.reading import Files

# Hosts that nobody can own: the home of a chart that is not published.
_NO_HOST: Final = lazy.regex(
    r"(?i)(?:^|\.)(?:example(?:\.(?:com|org|net))?|localhost|[\w-]+\.(?:invalid|example|test|local))$"
)


def chart_of(files: Files, path: str) -> str | None:
    """The folder of the chart (with its slash) in whose templates a file lies; None of another's."""
    folder, found, _ = (
        path.rpartition("/templates/") if "/templates/" in path else ("", path.startswith("templates/"), "")
    )
    if not found:
        return None
    root = f"{folder}/" if folder else ""
    chart = as_map(files.yaml(f"{root}Chart.yaml")) if files.exists(f"{root}Chart.yaml") else {}
    if (
        not chart
        or not files.exists(f"{root}values.yaml")
        or _published(files, chart)
        or ("/charts/" in f"/{root}" and _inside(files, root))
    ):
        return None
    return root


def _inside(files: Files, root: str) -> bool:
    """Whether a chart lies among the subcharts of another one."""
    outer = root.rstrip("/").rpartition("charts/")[0]
    return files.exists(f"{outer}Chart.yaml")


def production(files: Files, root: str) -> Mapping[str, Any]:
    for name in ("values-prod.yaml", "values-production.yaml", "values.prod.yaml", "values.production.yaml"):
        if files.exists(root + name):
            return as_map(files.yaml(root + name))
    return {}


def _published(files: Files, chart: Mapping[str, Any]) -> bool:
    """Whether a chart names a home or sources beyond the project: it is one that others publish."""
    sources = chart.get("sources")
    addresses = [chart.get("home"), *(sources if isinstance(sources, list) else [sources])]
    told = [urlsplit(one.strip()) for one in addresses if isinstance(one, str) and one.strip()]
    own = frozenset(_own_names(files)) if told else frozenset()
    return any(
        not _NO_HOST.search(one.hostname or "") and one.path.rstrip("/").rpartition("/")[2].lower() not in own
        for one in told
    )


def _own_names(files: Files) -> Iterator[str]:
    """The names of the project by its manifests, also with the `.git` of an address."""
    project = as_map(as_map(files.toml("pyproject.toml")).get("project")) if files.exists("pyproject.toml") else {}
    package = as_map(files.json("package.json")) if files.exists("package.json") else {}
    for one in (project.get("name"), package.get("name")):
        if isinstance(one, str) and one:
            name = one.rpartition("/")[2].lower()
            yield from (name, f"{name}.git")
