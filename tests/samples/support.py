"""Audits of the sample projects, in process and outside any git repository."""

from __future__ import annotations

import atexit
import datetime as dt
import shutil
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from aiaudit.audit import Audit, audit
from aiaudit.packs import stored
from aiaudit.project import scan
from aiaudit.ruleset import Options
from tests import shared

SAMPLES = Path(__file__).parents[2] / "sample_projects"
HERE = Path(__file__).parent
AS_OF = dt.date(2026, 11, 24)


def copied(name: str, to: Path) -> Path:
    """A copy of a sample below `to`, so that no history of the repository around it is seen."""
    target = to / name
    shutil.copytree(SAMPLES / name, target, ignore=shutil.ignore_patterns("__pycache__"))
    return target


def audited(root: Path, *packs: str) -> Audit:
    """An audit by these packs, or all, with a cache that all of this process share: of a mutated sample, only what has
    changed is read again. So are the packs, with what was compiled of their rules. No worker is forked: the samples are
    our own, and to fork a process that holds what tests share takes longer than to read what has changed."""
    shared.ready_to_fork()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stored, "load", lambda files=(), cache=None: shared.library())
        patch.setattr(scan.Scan, "_forks", lambda *_: False)
        patch.setenv("AIAUDIT_CACHE_DIR", _cache())
        return audit(str(root), Options(as_of=AS_OF, jobs=1, packs=packs))


@cache
def _cache() -> str:
    folder = tempfile.mkdtemp(prefix="aiaudit-samples-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


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
