"""`aiaudit doctor`: a complete installation is fine, and what is optional is named with the way to get it."""

from __future__ import annotations

import tomllib
from pathlib import Path

from aiaudit.cli import doctor

ROOT = Path(__file__).parents[2]


def test_every_extra_is_named():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert set(doctor.EXTRAS) == set(project["optional-dependencies"])


def test_what_is_missing_is_a_note_with_its_way_and_no_failure(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    found = list(doctor._extras())
    assert {one.state for one in found} == {"note"}
    assert all(f"pip install 'aiaudit[{one.what.removeprefix('extra ')}]'" in one.said for one in found)


def test_a_broken_part_is_a_finding_and_fails(aiaudit, monkeypatch):
    def broken():
        raise RuntimeError("one fault\nits details")

    monkeypatch.setattr(doctor, "_tools", broken)
    done = aiaudit("doctor")
    assert done.code == 2
    assert "RuntimeError: one fault" in done.out and "details" not in done.out
    for what in ("python", "packs", "cache", "GPU", "extra pdf"):
        assert any(line.split()[1:2] == [what.split()[0]] for line in done.out.splitlines()), what
