"""Repositories made on the spot, with authors and dates as given."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

needs_git = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")


class Repo:
    """A repository below `root`."""

    def __init__(self, root: Path) -> None:
        root.mkdir(parents=True, exist_ok=True)
        self.root = root
        self.git("init", "-q", "-b", "main")

    def git(self, *arguments: str, **environment: str) -> str:
        """Run git, independent of the machine's configuration."""
        clean = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.root),
            "GIT_CONFIG_NOSYSTEM": "1",
            "TZ": "UTC",
            **environment,
        }
        done = subprocess.run(["git", *arguments], cwd=self.root, env=clean, capture_output=True, text=True, check=True)
        return done.stdout.strip()

    def commit(
        self,
        message: str,
        files: dict[str, str] | None = None,
        *,
        who: tuple[str, str] = ("Ann Author", "ann@example.org"),
        day: str = "2026-05-01",
    ) -> str:
        """Write files, commit them, and return the commit's id."""
        for name, text in (files or {}).items():
            path = self.root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        self.git("add", "-A")
        self.git(
            "commit", "-q", "--allow-empty", "-m", message,
            GIT_AUTHOR_NAME=who[0], GIT_AUTHOR_EMAIL=who[1], GIT_COMMITTER_NAME=who[0], GIT_COMMITTER_EMAIL=who[1],
            GIT_AUTHOR_DATE=f"{day}T12:00:00+0000", GIT_COMMITTER_DATE=f"{day}T12:00:00+0000",
        )  # fmt: skip
        return self.git("rev-parse", "HEAD")
