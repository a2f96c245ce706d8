"""Runs the probe over a few files."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from aiaudit.model.fact import Fact
from aiaudit.probes.base import Context
from aiaudit.probes.secrets.probe import SecretsProbe, SecretsQuery
from aiaudit.probes.text.engine import TextEngine
from aiaudit.project.scan import scan

from ..support import context
from .corpus import Case


def look(root: Path, files: dict[str, str | bytes], *, engine: str = "builtin", **query: Any) -> Fact:
    """The fact `secrets` of a project with these files."""
    asked = SecretsQuery(**query)
    here: Context = context(root, files)
    scans = scan(here.project, [TextEngine([asked])], jobs=1, isolate=False)
    seen = replace(here, scans=scans, options={"secrets_engine": engine})
    return SecretsProbe().answer("secrets", asked, seen)


def found_in(root: Path, cases: Iterable[Case], engine: str = "builtin") -> dict[str, list[str]]:
    """The rules that hit, by case name. Each case is a file of its own in one tree."""
    cases = list(cases)
    by_path = {case.path: case.name for case in cases}
    assert len(by_path) == len(cases), "two cases share a path"
    fact = look(root, {case.path: case.text for case in cases}, engine=engine)
    hits: dict[str, list[str]] = {}
    for one in fact.value or []:
        hits.setdefault(by_path[one["path"]], []).append(f"{one['rule']} ({one['confidence']})")
    return hits
