"""Kingfisher as the second engine: what it adds, what it is not believed, what happens where it fails or is missing."""

from __future__ import annotations

import json
import shutil
import stat
import subprocess
from pathlib import Path

import pytest

from aiaudit.cli.app import run
from aiaudit.model.fact import State
from aiaudit.probes.secrets import kingfisher
from aiaudit.probes.secrets.second import Second

from .corpus import ALNUM, HEX, Maker
from .looking import look

needs_kingfisher = pytest.mark.skipif(kingfisher.program() is None, reason="kingfisher is not installed")


@pytest.fixture(autouse=True)
def own_cache(with_rules: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIAUDIT_CACHE_DIR", str(with_rules))


def stand_in(folder: Path, script: str) -> str:
    """A program in Kingfisher's place."""
    path = folder / "kingfisher"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


@needs_kingfisher
def test_it_adds_what_no_built_in_rule_knows(tmp_path: Path) -> None:
    key = "EZ" + "AK" + Maker(40).of(ALNUM, 54)  # EasyPost
    files: dict[str, str | bytes] = {"src/ship.py": f"easy = '{key}'\n"}
    assert look(tmp_path / "a", files).state is State.ABSENT
    fact = look(tmp_path / "b", files, engine="kingfisher")
    assert [(one["path"], one["line"], one["kind"]) for one in fact.value] == [("src/ship.py", 1, "vendor")]
    assert fact.value[0]["rule"].startswith("kingfisher:easypost")
    assert f"kingfisher {kingfisher.version()}" in fact.method
    assert key not in repr(fact)


@needs_kingfisher
def test_links_and_placeholders_bring_nothing(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "o.py").write_text(f"t = '{'hf' + '_' + Maker(41).of(ALNUM[:52], 34)}'\n")
    root = tmp_path / "tree"
    root.mkdir()
    (root / "link").symlink_to(outside)
    files: dict[str, str | bytes] = {"a.md": "https://hooks.slack.com/services/T00000000/B00000000/" + "X" * 24 + "\n"}
    assert look(root, files, engine="kingfisher").state is State.ABSENT


@needs_kingfisher
@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")
def test_it_opens_no_network_connection(tmp_path: Path) -> None:
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree" / "a.py").write_text(f"t = '{'hf' + '_' + Maker(42).of(ALNUM[:52], 34)}'\n")
    program, log = kingfisher.program(), tmp_path / "log"
    assert program is not None
    command = ["strace", "-f", "-e", "trace=network", "-o", str(log), program, *kingfisher.ARGUMENTS]
    done = subprocess.run([*command, str(tmp_path / "tree")], check=False, capture_output=True)
    assert done.returncode in (200, 0)
    if not log.exists() or not log.read_text().strip():
        pytest.skip("strace is not allowed here")
    calls = [line for line in log.read_text().splitlines() if "AF_INET" in line or "connect(" in line]
    assert calls == []


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("exit 1", "it ended with status 1"),
        ("echo '{'; exit 200", "its report could not be read"),
        ("echo '[]'", "its report could not be read"),
        ("echo '" + json.dumps({"findings": [], "audit": {"repositories": [{"scan": {"status": "partial"}}]}}) + "'",
         "it could not look at the whole tree"),
        ("sleep 60", "it took longer than 1 s"),
    ],
)  # fmt: skip
def test_half_an_answer_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, reason: str) -> None:
    monkeypatch.setattr(kingfisher, "program", lambda: stand_in(tmp_path, script))
    monkeypatch.setattr(kingfisher, "TIMEOUT", 1.0)
    fact = look(tmp_path / "a", {"a.py": "x = 1\n"}, engine="kingfisher")
    assert fact.state is State.UNKNOWN
    assert reason in fact.reason
    key = Maker(43).of(HEX, 32)
    found = look(tmp_path / "b", {"a.py": f'API_KEY = "{key}"\n'}, engine="kingfisher")
    assert found.state is State.KNOWN  # what the built-in rules found stands
    assert reason in found.method


def test_it_runs_without_the_callers_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.acme.io:3128")
    seen = tmp_path / "seen"
    monkeypatch.setattr(kingfisher, "program", lambda: stand_in(tmp_path, f'env > {seen}; echo "$@" >> {seen}; exit 1'))
    look(tmp_path / "a", {"a.py": "x = 1\n"}, engine="kingfisher")
    text = seen.read_text()
    assert "PROXY" not in text
    for flag in ("--no-validate", "--no-update-check", "--git-history none", "--redact"):
        assert flag in text


def test_a_missing_program_is_told_and_nothing_stands_in_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(kingfisher, "program", lambda: None)
    assert run(["run", str(tmp_path), "--secrets-engine", "kingfisher"]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1
    assert "pip install '.[secrets]'" in lines[0]


def test_without_it_only_the_built_in_rules_are_named(tmp_path: Path) -> None:
    fact = look(tmp_path, {"a.py": "x = 1\n"})
    assert "kingfisher" not in fact.method
    assert Second() == Second("", "", ())
