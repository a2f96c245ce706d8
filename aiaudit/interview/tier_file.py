"""The questions of the EU AI Act of one project: asked on a terminal or in a sheet, kept in its `aiaudit.yaml`."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TextIO

from aiaudit.interview.questions import Question
from aiaudit.interview.tier_session import TierSession
from aiaudit.interview.tiering import read, rows, take, write
from aiaudit.project.config import FILE, load_project_config, project_text
from aiaudit.reports.base import write_below


class Tiering:
    """One project's answers. `facts`: those of an audit, shown beside the questions; `everything`: ask all again.

    Raises:
        ConfigError: the project file cannot be used, or cannot be changed without touching the rest of it.
    """

    def __init__(self, root: Path, today: dt.date, facts: Mapping[str, Any], *, everything: bool) -> None:
        self.root, self.target, self.today = root, root / FILE, today
        self.facts, self.everything = facts, everything
        self.given = read(load_project_config(root))

    def rows(self) -> list[Question]:
        """The questions as rows of a sheet."""
        return rows(self.given, self.facts, everything=self.everything)

    def talk(self, source: TextIO, target: TextIO, width: int) -> int:
        """Ask on two streams; how many questions were answered."""
        session = TierSession(source, target, self.today, width, self.facts, self.everything)
        return session.run(self.given, self.save)

    def take(self, told: Mapping[str, Mapping[str, Any]]) -> int:
        """Take the answers of a sheet; how many are new or changed."""
        changed = take(self.given, told, self.today)
        if changed:
            self.save()
        return changed

    def save(self, replace: bool = False, reviewer: str = "") -> None:
        """Write the answers to the project file, which is made where there is none."""
        text = project_text(self.root, FILE) or "schema: 1\n"
        changed = write(text, self.given, self.today, replace=replace, reviewer=reviewer)
        write_below(self.root, FILE, changed.encode())
