"""The files that others include: valid, pinned, and their steps run here as far as this can be without their servers."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parent.parent.parent
ACTION = yaml.safe_load((ROOT / "action.yml").read_text())
SAMPLE = ROOT / "sample_projects" / "churn-model"


def step(name):
    return next(step for step in ACTION["runs"]["steps"] if step.get("name") == name)


@pytest.fixture
def runner(tmp_path):
    """Runs the audit step as the runner would: inputs as environment, files for summary and outputs."""
    tool = tmp_path / "bin" / "aiaudit"
    tool.parent.mkdir()
    tool.write_text(f'#!/bin/sh\nexec "{sys.executable}" -P -m aiaudit "$@"\n')
    tool.chmod(0o755)

    def run(**inputs):
        given = {name.replace("-", "_"): value.get("default", "") for name, value in ACTION["inputs"].items()} | inputs
        declared = step("Audit")["env"]
        env = {}
        for name, text in declared.items():
            found = re.fullmatch(r"\$\{\{ inputs\.([\w-]+) \}\}", text)
            env[name] = given[found[1].replace("-", "_")] if found else str(tool)
        env["REPORTS"] = str(tmp_path / "reports")
        env |= {"GITHUB_STEP_SUMMARY": str(tmp_path / "summary"), "GITHUB_OUTPUT": str(tmp_path / "output")}
        env |= {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(ROOT),
            "AIAUDIT_CACHE_DIR": str(tmp_path / "cache"),
            "HOME": str(tmp_path),
        }
        return subprocess.run(
            ["bash", "-e", "-o", "pipefail", "-c", step("Audit")["run"]],
            env=env,
            capture_output=True,
            text=True,
            check=False,
        )

    return run


def test_the_action_writes_reports_summary_and_outputs(runner, tmp_path):
    done = runner(path=str(SAMPLE))
    assert done.returncode == 0, done.stderr
    outputs = dict(line.partition("=")[::2] for line in (tmp_path / "output").read_text().splitlines())
    result = json.loads(Path(outputs["result"]).read_text())
    assert outputs["score"] == str(result["score"])
    assert outputs["readiness"] == result["readiness"]
    assert "Production readiness" in (tmp_path / "summary").read_text()
    assert "::error file=" in done.stdout
    assert {file.name for file in (tmp_path / "reports").iterdir()} == {
        "result.json", "report.html", "summary.md", "findings.sarif", "annotations.github",
    }  # fmt: skip


def test_the_action_fails_with_its_gate_and_shows_the_difference(runner, tmp_path):
    assert runner(path=str(SAMPLE)).returncode == 0
    first = tmp_path / "first.json"
    first.write_text((tmp_path / "reports" / "result.json").read_text())
    done = runner(path=str(SAMPLE), fail_under="99 security=99", baseline=str(first), annotations="false")
    assert done.returncode == 1
    assert "gate failed" in done.stderr
    assert "Nothing has changed" in (tmp_path / "summary").read_text()
    assert "::error" not in done.stdout


@pytest.mark.parametrize("value", ['"; touch PWNED; "', "$(touch PWNED)", "`touch PWNED`", "a b"])
def test_inputs_are_data(runner, tmp_path, value):
    done = runner(path=str(SAMPLE), fail_on=value)
    assert done.returncode == 2
    assert not list(tmp_path.rglob("PWNED"))
    assert not (ROOT / "PWNED").exists()


def test_the_difference_is_commented_on_the_pull_request(tmp_path):
    gh = tmp_path / "bin" / "gh"
    gh.parent.mkdir()
    gh.write_text('#!/bin/sh\nprintf "%s\\n" "$@" > "$SAID"\n')
    gh.chmod(0o755)
    (tmp_path / "comparison.md").write_text("Since Monday: 1 new failure.\n")
    env = {"PATH": f"{gh.parent}:{os.environ['PATH']}", "SAID": str(tmp_path / "said"), "GH_TOKEN": "x"}
    env |= {"NUMBER": "7", "REPOSITORY": "shop/model", "REPORTS": str(tmp_path)}
    declared = set(step("Comment")["env"])
    assert declared <= set(env)
    command = ["bash", "-e", "-o", "pipefail", "-c", step("Comment")["run"]]
    subprocess.run(command, env=env, check=True)
    said = (tmp_path / "said").read_text().split()
    assert said[:5] == ["pr", "comment", "7", "--repo", "shop/model"]
    assert said[said.index("--body-file") + 1] == str(tmp_path / "comparison.md")
    (tmp_path / "said").unlink()
    (tmp_path / "comparison.md").unlink()
    subprocess.run(command, env=env, check=True)  # nothing to say, nothing said
    assert not (tmp_path / "said").exists()


def test_every_input_is_used_and_no_expression_stands_in_a_script():
    used = json.dumps(ACTION["runs"])
    assert [name for name in ACTION["inputs"] if f"inputs.{name}" not in used] == []
    assert not [s for s in ACTION["runs"]["steps"] if "${{" in s.get("run", "")]
    assert all(re.search(r"@[0-9a-f]{40}$", s["uses"]) for s in ACTION["runs"]["steps"] if "uses" in s)


@pytest.mark.parametrize(
    "file", ["integrations/gitlab.yml", "integrations/azure-pipelines.yml", ".pre-commit-hooks.yaml"]
)
def test_templates_name_commands_and_formats_that_exist(file):
    from aiaudit.reports.base import parse_output

    text = (ROOT / file).read_text()
    yaml.safe_load(text)
    for suffix in re.findall(r"-o (\S+)", text):
        parse_output(suffix)
    options = set(re.findall(r"(--[a-z-]+)", " ".join(re.findall(r"aiaudit run [^\n]*(?:\n +-o[^\n]*)*", text))))
    told = subprocess.run(
        [sys.executable, "-P", "-m", "aiaudit", "run", "--help"],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert options <= set(re.findall(r"(--[a-z-]+)", told.stdout))


def test_the_image_runs_as_nobody_in_particular_and_installs_by_hash():
    text = (ROOT / "Dockerfile").read_text()
    final = text[text.rindex("FROM ") :]
    assert re.search(r"^USER (?!root)", final, re.MULTILINE)
    assert text.count("--require-hashes") == 2
    bases = re.findall(r"^FROM (\S+)", text, re.MULTILINE)
    assert len(set(bases)) == 1
    assert re.fullmatch(r"python:3\.\d+\.\d+-slim-bookworm@sha256:[0-9a-f]{64}", bases[0])
    copied = re.findall(r"^COPY (\w+) \1$", text, re.MULTILINE)
    assert {"aiaudit", "checks", "templates", "tables"} <= set(copied)
