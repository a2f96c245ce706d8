"""A small world of packs, a small project to audit, and the command line run in this process."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from aiaudit import resources
from aiaudit.cli.app import run

WORLD = Path(__file__).parent / "world" / "aiaudit"

PROJECT: Mapping[str, str] = {
    "pyproject.toml": '[project]\nname = "small-model"\n',
    "README.md": "# Small model\n\nA model that answers.\n",
    "app/serve.py": "DEBUG = True\n\n\ndef serve():\n    return 1  # TODO tidy\n",
    "app/train.py": "# TODO: later\nimport json\n",
    "tests/test_app.py": "def test_nothing():\n    assert True\n",
}


@dataclass(frozen=True)
class Done:
    code: int
    out: str
    err: str


@pytest.fixture(autouse=True)
def small_world(monkeypatch, tmp_path_factory):
    """Packs, gates and profiles of the world; no environment of the caller's; an own cache."""
    monkeypatch.setattr(resources, "_PACKAGE", WORLD)
    for name in ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "AIAUDIT_DEBUG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AIAUDIT_CACHE_DIR", str(tmp_path_factory.mktemp("cache")))


def lay(folder: Path, files: Mapping[str, str]) -> Path:
    for path, content in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(content, encoding="utf-8")
    return folder


@pytest.fixture
def project(tmp_path) -> Path:
    return lay(tmp_path / "project", PROJECT)


@pytest.fixture
def aiaudit(monkeypatch) -> Callable[..., Done]:
    """Run the command line; exit code, stdout and stderr."""

    def call(*args: object) -> Done:
        out, err = io.TextIOWrapper(io.BytesIO(), "utf-8"), io.TextIOWrapper(io.BytesIO(), "utf-8")
        with monkeypatch.context() as patched:
            patched.setattr(sys, "stdout", out)
            patched.setattr(sys, "stderr", err)
            code = run([str(arg) for arg in args])
        texts = []
        for stream in (out, err):
            stream.flush()
            texts.append(stream.buffer.getvalue().decode("utf-8"))
        return Done(code, *texts)

    return call


@pytest.fixture
def snapshot(request) -> Callable[[str, str], None]:
    """Compare with tests/cli/snapshots/NAME; AIAUDIT_SNAPSHOTS=write in the environment writes it anew."""
    import os

    def check(name: str, text: str) -> None:
        path = Path(__file__).parent / "snapshots" / name
        if os.environ.get("AIAUDIT_SNAPSHOTS") == "write":
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
        assert path.exists(), f"no snapshot {name}; make it with AIAUDIT_SNAPSHOTS=write"
        assert text == path.read_text(encoding="utf-8")

    return check
