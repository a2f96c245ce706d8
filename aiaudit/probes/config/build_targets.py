"""What compose files build: of which Dockerfile, and up to which of its stages (`build.target`)."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from typing import Any, Final

from aiaudit import lazy
from aiaudit.probes.config.shapes import as_map
from aiaudit.probes.reading import Files

_COMPOSE: Final = ("**/*compose*.{yml,yaml}",)
_ASIDE: Final = lazy.regex(
    r"(?i)(?:^|[-_.])(?:dev|devel|development|debug|tests?|testing|ci|lint|docs|build|builder)(?:[-_.]|$)"
)
"""How stages are called that are started on the way to what is deployed."""


def dockerfile_of(path: str, build: Any) -> str:
    """The Dockerfile that a service of the compose file at `path` is built from, as a path of the tree; "" where it is
    elsewhere."""
    if build is None:
        return ""
    context = build if isinstance(build, str) else str(as_map(build).get("context") or ".")
    name = str(as_map(build).get("dockerfile") or "Dockerfile")
    if "://" in context or "$" in context + name:
        return ""
    joined = posixpath.normpath(posixpath.join(posixpath.dirname(path), context, name))
    return "" if joined.startswith(("..", "/")) else joined


def targets(files: Files) -> dict[str, list[str]]:
    """The names of stages that compose files make images of, by the Dockerfile's path; those for development, tests and
    builds are left out."""
    found: dict[str, list[str]] = {}
    for entry in files.matching(_COMPOSE):
        data = files.yaml(entry.path)
        listing = data.get("services") if isinstance(data, Mapping) else None
        for service in as_map(listing).values():
            build = as_map(service).get("build")
            stage = str(as_map(build).get("target") or "")
            dockerfile = dockerfile_of(entry.path, build) if stage and not _ASIDE.search(stage) else ""
            if dockerfile and stage.lower() not in found.setdefault(dockerfile, []):
                found[dockerfile].append(stage.lower())
    return found
