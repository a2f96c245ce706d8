"""`aiaudit doctor`: a complete installation is fine, and what is optional is named with the way to get it."""

from __future__ import annotations

import re
import tomllib
from importlib import metadata
from pathlib import Path

import pytest

from aiaudit.cli import doctor
from aiaudit.reports.base import OutputError

ROOT = Path(__file__).parents[2]


def test_every_extra_is_named():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert set(doctor.EXTRAS) == set(project["optional-dependencies"])


def test_what_is_missing_is_a_note_with_its_way_and_no_failure(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    found = list(doctor._extras())
    assert {one.state for one in found} == {"note"}
    assert all(f"pip install '.[{one.what.removeprefix('extra ')}]'" in one.said for one in found)


def test_a_broken_part_is_a_finding_and_fails(aiaudit, monkeypatch):
    def broken():
        raise RuntimeError("one fault\nits details")

    monkeypatch.setattr(doctor, "_tools", broken)
    done = aiaudit("doctor")
    assert done.code == 2
    assert "RuntimeError: one fault" in done.out and "details" not in done.out
    assert done.out.endswith("An audit cannot work here: broken.\n")
    for what in ("python", "packs", "cache", "GPU", "extra pdf"):
        assert any(line.split()[1:2] == [what.split()[0]] for line in done.out.splitlines()), what


def test_a_complete_installation_says_so_with_the_ruleset_that_can_be_pinned(aiaudit):
    done = aiaudit("doctor")
    assert (done.code, done.out.splitlines()[-1]) == (0, "Audits work here.")
    ruleset = re.search(r"ruleset ([0-9a-f]{16})", done.out)[1]
    assert ruleset in aiaudit("--version").out
    assert "bad " not in done.out


def test_a_library_that_is_missing_or_does_not_fit_is_bad_with_its_way(monkeypatch):
    asked = ["rich>=13.9", "jinja2>=99", "duckdb>=2.0", "pyarrow>=18; extra == 'arrow'"]
    monkeypatch.setattr(metadata, "requires", lambda name: asked)
    there = {"rich": "15.0.0", "jinja2": "3.1.6"}

    def version(name):
        if name not in there:
            raise metadata.PackageNotFoundError(name)
        return there[name]

    monkeypatch.setattr(metadata, "version", version)
    assert list(doctor._libraries()) == [
        ("jinja2", "bad", "3.1.6 does not fit: pip install 'jinja2>=99'"),
        ("duckdb", "bad", "not installed: pip install 'duckdb>=2.0'"),
    ]


def test_a_cache_that_is_not_used_is_a_note(monkeypatch, tmp_path):
    open_to_all = tmp_path / "cache"
    open_to_all.mkdir()
    open_to_all.chmod(0o777)
    monkeypatch.setenv("AIAUDIT_CACHE_DIR", str(open_to_all))
    (found,) = doctor._cache()
    assert found.state == "note" and f"{open_to_all} is not used" in found.said and "AIAUDIT_CACHE_DIR" in found.said


@pytest.mark.parametrize(("said", "state"), [('openjdk version "17.0.9"', "ok"), ('java version "1.8.0_412"', "note")])
def test_the_version_of_java_counts(monkeypatch, tmp_path, said, state):
    java = tmp_path / "java"
    java.write_text(f"#!/bin/sh\nprintf '%s\\n' '{said}' >&2\n")
    java.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert doctor._java().state == state


def test_an_engine_that_does_not_run_is_bad(monkeypatch):
    def fails():
        raise OSError("no such processor")

    monkeypatch.setattr(doctor, "_count_in_duckdb", fails)
    assert ("engine data", "bad", "OSError: no such processor") in list(doctor._engines())


def test_pdf_without_its_c_libraries_is_a_note(monkeypatch):
    def fails():
        raise OutputError("a PDF needs Pango")

    monkeypatch.setattr("aiaudit.reports.pdf.library", fails)
    (pdf,) = (one for one in doctor._extras() if one.what == "extra pdf")
    assert pdf.state == "note" and pdf.said.endswith("; a PDF needs Pango")


@pytest.mark.parametrize("command", [("doctor",), ("checks", "list")])
@pytest.mark.parametrize("width", [40, 60])
def test_no_row_of_a_listing_is_wider_than_the_terminal(aiaudit, monkeypatch, command, width):
    monkeypatch.setenv("COLUMNS", str(width))
    rows = aiaudit(*command).out.splitlines()
    wide = [row for row in rows if len(row) > width and len(row.split()[-1]) < 20]
    assert not [row for row in wide if row.startswith(("ok", "note", "  "))]
    monkeypatch.delenv("COLUMNS")
    piped = aiaudit(*command).out.splitlines()
    assert len(piped) < len(rows)  # a file and a pipe have a row in each line
    assert "".join("".join(piped).split()) == "".join("".join(rows).split())
