"""Audits of the sample projects, in process and outside any git repository."""

from __future__ import annotations

import datetime as dt
import shutil
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from aiaudit.audit import Audit, audit
from aiaudit.ruleset import Options

SAMPLES = Path(__file__).parents[2] / "sample_projects"
HERE = Path(__file__).parent
AS_OF = dt.date(2026, 11, 24)


def copied(name: str, to: Path) -> Path:
    """A copy of a sample below `to`, so that no history of the repository around it is seen."""
    target = to / name
    shutil.copytree(SAMPLES / name, target, ignore=shutil.ignore_patterns("__pycache__"))
    return target


def audited(root: Path) -> Audit:
    return audit(str(root), Options(as_of=AS_OF, cache=False, jobs=1))


def edit(root: Path, edits: list[Any]) -> None:
    """Apply a mutation's edits; text that should be replaced must be there."""
    for change in edits:
        if isinstance(change, list):
            file, old, new = change
            text = (root / file).read_text()
            assert old in text, f"{file}: {old!r} is not there any more"
            (root / file).write_text(text.replace(old, new))
        for file, text in (change.get("write", {}) if isinstance(change, dict) else {}).items():
            (root / file).parent.mkdir(parents=True, exist_ok=True)
            (root / file).write_text(text)
        for path in change.get("remove", []) if isinstance(change, dict) else []:
            gone = root / path
            shutil.rmtree(gone) if gone.is_dir() else gone.unlink()


@cache
def data(file: str) -> Any:
    return yaml.safe_load((HERE / file).read_text())
