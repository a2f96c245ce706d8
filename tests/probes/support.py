"""A small project on disk, and the context in which a probe looks at it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from aiaudit.probes.base import Context
from aiaudit.project.config import ProjectConfig, parse_config
from aiaudit.project.tree import Project

AS_OF = dt.date(2026, 6, 1)


def lay(root: Path, files: Mapping[str, str | bytes]) -> Path:
    """Write `files` below `root`."""
    root.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return root


def context(root: Path, files: Mapping[str, str | bytes] | None = None, **options: Any) -> Context:
    """The project below `root` (after writing `files`), with its aiaudit.yaml read, as of 1 June 2026."""
    lay(root, files or {})
    given = root / "aiaudit.yaml"
    config = parse_config(given.read_bytes()) if given.exists() else ProjectConfig()
    return Context(Project.open(root), config, AS_OF, options=options)
