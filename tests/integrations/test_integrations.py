"""The files that others include: valid, pinned, and their steps run here as far as this can be without their servers."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from fnmatch import fnmatch
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parent.parent.parent
ACTION = yaml.safe_load((ROOT / "action.yml").read_text())
SAMPLE = ROOT / "sample_projects" / "churn-model"


def step(name):
    return next(step for step in ACTION["runs"]["steps"] if step.get("name") == name)


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    """One cache for all: a runner has it from the last run."""
    return str(tmp_path_factory.mktemp("cache"))


@pytest.fixture
def runner(tmp_path, cache):
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
            "AIAUDIT_CACHE_DIR": cache,
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


GH = """\
#!/bin/sh
case "$*" in
  *--paginate*) printf '%s\\n' "$LAST" ;;
  *) printf '%s\\n' "$@" > "$SAID" ;;
esac
"""


@pytest.fixture
def comment(tmp_path):
    """Runs the comment step with a `gh` that knows of the comment `last`; gives what gh was told, or None."""
    gh = tmp_path / "bin" / "gh"
    gh.parent.mkdir()
    gh.write_text(GH)
    gh.chmod(0o755)

    def run(last=""):
        said = tmp_path / "said"
        said.unlink(missing_ok=True)
        env = {"PATH": f"{gh.parent}:{os.environ['PATH']}", "SAID": str(said), "GH_TOKEN": "x", "LAST": last}
        env |= {"NUMBER": "7", "REPOSITORY": "shop/model", "REPORTS": str(tmp_path)}
        assert set(step("Comment")["env"]) <= set(env)
        command = ["bash", "-e", "-o", "pipefail", "-c", step("Comment")["run"]]
        subprocess.run(command, env=env, check=True)
        return said.read_text().split() if said.exists() else None

    return run


def test_the_difference_is_commented_on_the_pull_request(comment, tmp_path):
    assert comment() is None  # nothing to say, nothing said
    (tmp_path / "comparison.md").write_text("Since Monday: 1 new failure.\n")
    body = f"body=@{tmp_path / 'comment.md'}"
    assert comment() == ["api", "--silent", "repos/shop/model/issues/7/comments", "-F", body]
    assert (tmp_path / "comment.md").read_text() == "<!-- aiaudit -->\nSince Monday: 1 new failure.\n"


def test_the_comment_is_renewed_and_no_other_is_touched(comment, tmp_path):
    (tmp_path / "comparison.md").write_text("x" * 100_000)
    said = comment(last="41\n42")
    assert said[:5] == ["api", "--silent", "-X", "PATCH", "repos/shop/model/issues/comments/42"]
    assert (tmp_path / "comment.md").stat().st_size < 65_536  # what GitHub takes
    assert 'select(.user.type == \\"Bot\\"' in step("Comment")["run"]


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


def gitlab():
    job = yaml.safe_load((ROOT / "integrations/gitlab.yml").read_text())["aiaudit"]
    kept = job["artifacts"]
    return [*job["before_script"], *job["script"]], [*kept["paths"], *kept["reports"].values()]


def azure():
    steps = yaml.safe_load((ROOT / "integrations/azure-pipelines.yml").read_text())["jobs"][0]["steps"]
    published = [one["inputs"]["testResultsFiles"] for one in steps if one.get("task", "").startswith("Publish")]
    return [one["script"] for one in steps if "script" in one], [
        *published,
        *(s["publish"] for s in steps if "publish" in s),
    ]


def jenkins():
    text = (ROOT / "integrations/Jenkinsfile").read_text()
    kept = re.findall(r"(?:testResults|artifacts): '([^']+)'", text)
    return re.findall(r"^ +sh '(.*?)'(?:$|  //)", text, re.MULTILINE), [
        file for one in kept for file in one.split(", ")
    ]


# Stands in for what brings software: a virtual environment has this aiaudit in it, and nothing is fetched.
STUB = """\
#!/bin/sh
case "$0 $*" in
  */python\\ -m\\ venv*) mkdir -p "$3/bin"; cp "$STUBS/aiaudit" "$STUBS/pip" "$3/bin" ;;
esac
"""


@pytest.mark.parametrize(("template", "code"), [(gitlab, 0), (azure, 1), (jenkins, 1)])
def test_the_steps_of_a_template_leave_what_it_publishes(tmp_path, cache, template, code):
    stubs, project = tmp_path / "stubs", tmp_path / "project"
    stubs.mkdir()
    for name in ("pip", "apt-get", "python"):
        (stubs / name).write_text(STUB)
    (stubs / "aiaudit").write_text(f'#!/bin/sh\nexec "{sys.executable}" -P -m aiaudit "$@"\n')
    for file in stubs.iterdir():
        file.chmod(0o755)
    shutil.copytree(SAMPLE, project)
    env = {"PATH": f"{stubs}:{os.environ['PATH']}", "HOME": str(tmp_path), "PYTHONPATH": str(ROOT), "STUBS": str(stubs)}
    env |= {"WORKSPACE_TMP": str(tmp_path), "AIAUDIT_PACKAGE": "aiaudit", "AIAUDIT_CACHE_DIR": cache}
    steps, published = template()
    codes = [
        subprocess.run(["bash", "-e", "-c", line], cwd=project, env=env, capture_output=True, check=False).returncode
        for line in steps
    ]
    assert codes[-1] == code and not any(codes[:-1])  # a gate fails in the last step only
    assert len(published) >= 2
    assert [file for file in published if not (project / file).stat().st_size] == []


@pytest.mark.parametrize(
    "hook", yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text()), ids=lambda one: one["id"]
)
def test_a_hook_fails_and_says_where(tmp_path, cache, hook):
    project = tmp_path / "project"
    shutil.copytree(SAMPLE, project)
    (project / "aiaudit.yaml").write_text("waivers:\n- {id: SEC-001, reason: r, owner: o, expires: 2026-01-31}\n")
    env = {**os.environ, "PYTHONPATH": str(ROOT), "AIAUDIT_CACHE_DIR": cache}
    command = [sys.executable, "-P", "-m", *hook["entry"].split()]
    done = subprocess.run(command, cwd=project, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    place = "docker-compose.yml:7" if "secrets" in hook["id"] else "SEC-001: expired on 2026-01-31"
    assert place in done.stdout + done.stderr


def test_the_image_gets_all_that_the_wheel_needs():
    text = (ROOT / "Dockerfile").read_text()
    copied = {name for line in re.findall(r"^COPY (?!--)(.*) \S+$", text, re.MULTILINE) for name in line.split()}
    wheel = tomllib.loads((ROOT / "pyproject.toml").read_text())
    build = wheel["tool"]["hatch"]["build"]["targets"]["wheel"]
    project = wheel["project"]
    needed = {
        *build["packages"],
        *build["force-include"],
        "pyproject.toml",
        project["readme"],
        *project["license-files"],
    }
    assert needed <= copied
    assert all((ROOT / name).exists() for name in copied)
    left_out = [line.strip() for line in (ROOT / ".dockerignore").read_text().splitlines() if line.strip()]
    assert not [name for name in copied if any(fnmatch(name, rule) for rule in left_out)]
    for command in re.findall(r"^RUN ((?:.*\\\n)*.*)$", text, re.MULTILINE):
        assert subprocess.run(["sh", "-n", "-c", command.replace("\\\n", " ")], check=False).returncode == 0


def test_the_image_runs_as_nobody_in_particular_and_installs_by_hash():
    text = (ROOT / "Dockerfile").read_text()
    final = text[text.rindex("FROM ") :]
    assert re.search(r"^USER [1-9]\d+:", final, re.MULTILINE)  # by number: what forbids root cannot look a name up
    assert text.count("--require-hashes") == 2
    bases = re.findall(r"^FROM (\S+)", text, re.MULTILINE)
    assert len(set(bases)) == 1
    assert re.fullmatch(r"python:3\.\d+\.\d+-slim-bookworm@sha256:[0-9a-f]{64}", bases[0])
    copied = re.findall(r"^COPY (\w+) \1$", text, re.MULTILINE)
    assert {"aiaudit", "checks", "templates", "tables"} <= set(copied)


def test_failed_checks_alone_mark_no_build_of_jenkins_unstable():
    text = (ROOT / "integrations/Jenkinsfile").read_text()
    assert re.search(r"junit testResults: '[^']+'.*, skipMarkingBuildUnstable: true", text)
