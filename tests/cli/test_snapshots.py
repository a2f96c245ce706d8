"""The whole output of the commands, as a person sees it at 80 columns without colour."""

from __future__ import annotations

import json
import re

import pytest

from tests.cli.conftest import PROJECT, lay

DAY = ("--as-of", "2026-12-04")


def shown(done) -> str:
    return f"exit {done.code}\n--- stdout\n{done.out}--- stderr\n{done.err}"


def test_run(aiaudit, project, snapshot):
    snapshot("run.txt", shown(aiaudit("run", project, *DAY)))


def test_run_with_gates(aiaudit, project, snapshot):
    done = aiaudit(
        "run", project, *DAY, "--fail-under", "60", "--fail-under", "mlops=90", "--fail-on", "critical,SEC-005",
        "--min-coverage", "95", "--level", "pilot",
    )  # fmt: skip
    snapshot("run_gates.txt", shown(done))


def test_run_with_own_settings(aiaudit, project, snapshot):
    settings = """
project: {name: Small model, stage: pilot}
params: {SEC-003: {most: 5}}
severity: {SEC-004: medium}
waivers:
- {id: SEC-001, reason: only on the test host, owner: Ann, expires: 2027-03-31}
- {id: SEC-002, reason: behind the gateway, owner: Bo, expires: 2026-01-31}
"""
    lay(project, {"aiaudit.yaml": settings})
    snapshot("run_own_settings.txt", shown(aiaudit("run", project, *DAY)))


def test_run_with_a_broken_project_file(aiaudit, project, snapshot):
    lay(project, {"aiaudit.yaml": "project: {nmae: x}\nparams: {SEC-003: {mots: 5}}\n"})
    snapshot("run_broken_config.txt", shown(aiaudit("run", project, *DAY)))


def test_run_on_nothing(aiaudit, tmp_path, snapshot):
    empty = tmp_path / "empty"
    empty.mkdir()
    snapshot("run_empty.txt", shown(aiaudit("run", empty, *DAY)))


def test_run_on_a_project_where_all_is_well(aiaudit, tmp_path, snapshot):
    good = {
        "README.md": "Owner: Ann\n",
        "LICENSE": "Apache-2.0\n",
        "app/serve.py": "ALLOWED = []\n",
        "tests/test_a.py": "x = 1\n",
    }
    snapshot("run_good.txt", shown(aiaudit("run", lay(tmp_path / "good", good), *DAY)))


def test_hostile_names_stay_plain_text(aiaudit, tmp_path, snapshot):
    evil = {**PROJECT, "app/[red]\u202eyp.evil\x1b[31m.py": "DEBUG = True\n"}
    evil["pyproject.toml"] = '[project]\nname = "[link=file:///etc/passwd]click[/link]"\n'
    done = aiaudit("run", lay(tmp_path / "evil", evil), *DAY)
    assert "\x1b" not in done.out + done.err
    assert "\u202e" not in done.out + done.err
    snapshot("run_hostile.txt", shown(done))


def test_explain(aiaudit, snapshot):
    snapshot("explain.txt", shown(aiaudit("explain", "sec-003")))


def test_checks_list(aiaudit, snapshot):
    listed = shown(aiaudit("checks", "list"))
    snapshot("checks_list.txt", re.sub("ruleset [0-9a-f]{16}", "ruleset …", listed))


def test_checks_new(aiaudit, tmp_path, monkeypatch, snapshot):
    monkeypatch.chdir(tmp_path)
    commands = [
        ("new", "TEAM-001"), ("lint", "team.yaml", "--cases", "cases"), ("test", "team.yaml"), ("new", "TEAM-001"),
        ("new", "TEAM-002", "--pack", "team.yaml"), ("new", "TEAM-1"),
    ]  # fmt: skip
    said = [f"$ aiaudit checks {' '.join(args)}\n{shown(aiaudit('checks', *args))}" for args in commands]
    pack = (tmp_path / "team.yaml").read_text().partition("- id: TEAM-002")[0]
    case = (tmp_path / "cases/TEAM-001/decoy/expect.yaml").read_text()
    snapshot("checks_new.txt", "\n".join([*said, f"--- team.yaml\n{pack}", f"--- decoy/expect.yaml\n{case}"]))


@pytest.mark.parametrize("command", [(), ("run",), ("report",), ("hardware",), ("explain",), ("checks",), ("doctor",)])
def test_help(aiaudit, snapshot, command):
    snapshot(f"help_{'_'.join(command) or 'aiaudit'}.txt", shown(aiaudit(*command, "--help")))


def test_result_json(aiaudit, project, snapshot):
    done = aiaudit("run", project, *DAY, "-o", "-", "-q")
    result = json.loads(done.out)
    assert result.pop("host")["os"]
    assert len(result["tool"].pop("ruleset_hash")) == 16
    assert result["tool"].pop("version")
    assert result["facts"].pop("attestation.SEC-001")["state"] == "absent"
    result["facts"] = {name: fact for name, fact in result["facts"].items() if not name.startswith("attestation.")}
    snapshot("run.json", json.dumps(result, indent=2, ensure_ascii=False) + "\n")
