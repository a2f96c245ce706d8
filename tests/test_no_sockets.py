"""Nothing is fetched: an audit with every format opens no socket, and imports nothing of what it audits."""

from __future__ import annotations

import socket
import subprocess
import sys

import pytest

from aiaudit import resources
from aiaudit.audit import audit
from aiaudit.reports.base import FORMATS, render
from aiaudit.reports.result import to_json
from aiaudit.reports.terminal import render as summary
from aiaudit.ruleset import Options
from tests.cli.conftest import PROJECT, WORLD, lay

pytestmark = pytest.mark.slow

OURS = resources._PACKAGE.parent


@pytest.fixture
def no_sockets(monkeypatch):
    """Every way to a socket raises."""

    def refuse(*args, **kwargs):
        raise AssertionError("a socket was opened")

    class Refused(socket.socket):
        def __new__(cls, *args, **kwargs):
            refuse()

    monkeypatch.setattr(socket, "socket", Refused)
    for name in ("create_connection", "getaddrinfo", "gethostbyname", "socketpair"):
        monkeypatch.setattr(socket, name, refuse)
    monkeypatch.setattr("_socket.socket", Refused)


def test_the_guard_itself_holds(no_sockets):
    with pytest.raises(AssertionError, match="a socket was opened"):
        socket.socket()
    with pytest.raises(AssertionError, match="a socket was opened"):
        socket.create_connection(("localhost", 1))


@pytest.mark.parametrize("sample", ["churn-model", "support-rag"])
def test_an_audit_with_all_shipped_packs_opens_no_socket(no_sockets, sample, tmp_path, monkeypatch):
    monkeypatch.setenv("AIAUDIT_CACHE_DIR", str(tmp_path))
    root = resources.path_of("checks").parent / "sample_projects" / sample
    result = to_json(audit(str(root), Options(jobs=1)))
    assert result["schema_version"] == 1
    summary(result)
    for suffix in set(FORMATS) - {
        ".pdf"
    }:  # the same page, set slowly; tests/reports/test_pdf.py notes what it asks for
        assert render(suffix, result)


EVIL = """
import os, pathlib
pathlib.Path(os.environ["EVIL_MARK"]).write_text(__name__)
"""


NAMES = (
    "typer",
    "yaml",
    "pydantic",
    "rich",
    "jinja2",
    "json",
    "psutil",
    "re2",
    "dataclasses",
    "sitecustomize",
    "conftest",
)


@pytest.mark.parametrize("by_module", [False, True])
def test_nothing_of_the_audited_project_is_imported(tmp_path, by_module):
    """Modules with the names of ours and of the standard library lie in the project, which is the working directory."""
    names = NAMES if by_module else (*NAMES, "aiaudit")  # python -m itself finds `aiaudit` wherever it is started
    project = lay(tmp_path / "project", {**PROJECT, **{f"{name}.py": EVIL for name in names}})
    mark = tmp_path / "mark"
    script = (
        f"import sys; sys.path.insert(0, {str(OURS)!r}); from pathlib import Path; from aiaudit import resources; "
        f"resources._PACKAGE = Path({str(WORLD)!r}); from aiaudit.__main__ import main; sys.exit(main())"
    )
    how = ["-m", "aiaudit", "hardware"] if by_module else ["-P", "-c", script, "run", ".", "-q"]
    done = subprocess.run(
        [sys.executable, *how],
        cwd=project,
        env={"EVIL_MARK": str(mark), "PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "PYTHONPATH": str(OURS)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert not mark.exists(), mark.read_text()
