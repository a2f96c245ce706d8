"""`ci.commands` on GitHub workflows: places, triggers, what blocks, and what a command leads to in the tree."""

from __future__ import annotations

from pathlib import Path

import pytest

from aiaudit.model.fact import Level, State
from aiaudit.model.types import Unknown
from tests.probes.ci.asking import brief, commands, fact, github

WORKFLOW = ".github/workflows/ci.yml"


def only(root: Path, files: dict[str, str], kind: str = "test") -> dict[str, object]:
    found = commands(root, files, kinds=(kind,))
    assert len(found) == 1, found
    return found[0]


def test_a_step_has_its_place_job_and_triggers(tmp_path: Path) -> None:
    text = """\
name: Checks
on:
  push: {branches: [main]}
  pull_request:
jobs:
  lint:
    runs-on: ubuntu-latest
    steps: [{uses: actions/checkout@v4}, {run: ruff check .}]
  test:
    needs: lint
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - name: Run the tests
        run: |
          pip install -r requirements.txt
          pytest -v
  ship:
    needs: [test]
    if: github.ref == 'refs/heads/main'
    environment: production
    runs-on: ubuntu-latest
    steps:
      - run: kubectl apply -f k8s
"""
    found = {c["kind"]: c for c in commands(tmp_path, {WORKFLOW: text})}
    test = found["test"]
    assert (test["path"], test["line"], test["job"], test["step"]) == (WORKFLOW, 17, "test", "Run the tests")
    assert test["triggers"] == ["push", "pull_request"]
    assert (test["blocking"], test["on_change"], test["runs"]) == (True, True, True)
    assert found["install"]["line"] == 16
    assert found["deploy"]["needs"] == ["lint", "test"]
    assert found["deploy"]["environment"] == "production"


@pytest.mark.parametrize(
    ("job", "step", "run"),
    [
        ("continue-on-error: true", "", "pytest"),
        ("", "continue-on-error: true", "pytest"),
        ("", "", "pytest || true"),
        ("", "", "pytest | tee log"),  # the default shell has no pipefail
        ("if: false", "", "pytest"),
        ("if: ${{ false }}", "", "pytest"),
        ("", "if: false", "pytest"),
        ("", "if: failure()", "pytest"),
        ("", "if: github.ref_name == 'main' && cancelled()", "pytest"),
        ("", "if: env.NAME != ''", "pytest"),  # `env` holds no secrets, and nothing here sets it
        ("", "if: ${{ env.NAME }}", "pytest"),
    ],
)
def test_what_does_not_block(tmp_path: Path, job: str, step: str, run: str) -> None:
    assert only(tmp_path, {WORKFLOW: github(run, job=job, step=step)})["blocking"] is False


@pytest.mark.parametrize(
    ("job", "step", "run"),
    [
        ("", "", "pytest"),
        ("if: always()", "", "pytest"),
        ("if: github.event_name == 'push'", "", "pytest"),
        ("if: \"!cancelled() && github.ref_name == 'main'\"", "", "pytest"),
        ("", 'if: "!failure() && !cancelled()"', "pytest"),
        ("", "if: env.NAME == 'x'", "pytest"),
        ("env: {NAME: x}", "if: env.NAME != ''", "pytest"),
        ("", "shell: bash", "pytest | tee log"),
        ("continue-on-error: false", "", "pytest"),
    ],
)
def test_what_blocks(tmp_path: Path, job: str, step: str, run: str) -> None:
    found = only(tmp_path, {WORKFLOW: github(run, job=job, step=step)})
    assert found["blocking"] is True


@pytest.mark.parametrize(
    "other",
    [
        "- run: echo NAME=x >> $GITHUB_ENV",  # a step may set it
        "- uses: somebody/sets-variables@v1",  # so may an action
    ],
)
def test_a_variable_that_may_be_set_leaves_the_step_running(tmp_path: Path, other: str) -> None:
    text = f"""on: push
jobs:
  test:
    runs-on: ubuntu-latest
    steps:
      {other}
      - if: env.NAME != ''
        run: pytest
"""
    assert [c["runs"] for c in commands(tmp_path, {WORKFLOW: text}) if c["kind"] == "test"] == [True]


def test_an_expression_leaves_it_open_whether_a_failure_counts(tmp_path: Path) -> None:
    found = only(tmp_path, {WORKFLOW: github("pytest", job="continue-on-error: ${{ matrix.experimental }}")})
    assert isinstance(found["blocking"], Unknown)


@pytest.mark.parametrize(
    ("on", "expected"),
    [
        ("push", True),
        ("[push, workflow_dispatch]", True),
        ("{pull_request: {types: [opened, synchronize]}}", True),
        ("{pull_request: {types: [closed]}}", False),
        ("{push: {tags: ['v*']}}", False),
        ("{push: {tags: ['v*'], branches: [main]}}", True),
        ("{schedule: [{cron: '0 0 * * *'}]}", False),
        ("workflow_dispatch", False),
        ("issue_comment", False),
        ("merge_group", True),
    ],
)
def test_what_runs_on_a_change(tmp_path: Path, on: str, expected: bool) -> None:
    assert only(tmp_path, {WORKFLOW: github("pytest", on=on)})["on_change"] is expected


def test_a_make_target_with_variables_and_prerequisites(tmp_path: Path) -> None:
    makefile = """\
PY ?= python3
TESTS := tests
SRC = src

.PHONY: check test lint
check: lint test

lint:
\t@ruff check $(SRC)
\t-black --check $(SRC)

test: ## run the tests
\tcd backend && \\
\t$(PY) -m pytest $(TESTS)
"""
    files = {WORKFLOW: github("make check TESTS=unit"), "Makefile": makefile, "backend/a.py": ""}
    found = commands(tmp_path, files)
    assert [(c["kind"], c["command"], c["line"], c["blocking"]) for c in found] == [
        ("lint", "ruff check src", 9, True),
        ("lint", "black --check src", 10, False),
        ("test", "python3 -m pytest unit", 14, True),
    ]
    assert found[2]["via"] == [f"{WORKFLOW}:7 make check TESTS=unit"]
    assert found[2]["program"] == "pytest"


def test_make_in_a_folder_and_the_default_goal(tmp_path: Path) -> None:
    files = {WORKFLOW: github("make -C app\ncd app\nmake"), "app/Makefile": "all: test\ntest:\n\tpytest\n"}
    assert brief(tmp_path, files) == [("test", "pytest", "app/Makefile:3")] * 2


def test_a_target_that_is_not_there_is_not_resolved(tmp_path: Path) -> None:
    found = only(tmp_path, {WORKFLOW: github("make test"), "Makefile": "build:\n\tls\n"})
    assert (found["resolved"], found["path"]) == (False, WORKFLOW)


def test_npm_scripts_with_pre_and_post_and_folders(tmp_path: Path) -> None:
    package = (
        '{\n "scripts": {\n  "pretest": "eslint .",\n  "test": "npm run unit && echo ok",\n'
        '  "unit": "vitest run"\n }\n}'
    )
    files = {
        WORKFLOW: github("npm ci\nnpm test", step="working-directory: ./web"),
        "web/package.json": package,
    }
    assert brief(tmp_path, files) == [
        ("install", "npm ci", f"{WORKFLOW}:7"),
        ("lint", "eslint .", "web/package.json:3"),
        ("test", "vitest run", "web/package.json:5"),
    ]


@pytest.mark.parametrize("run", ["pnpm test", "pnpm run test", "yarn test", "yarn run test", "bun run test"])
def test_other_node_package_managers(tmp_path: Path, run: str) -> None:
    files = {WORKFLOW: github(run), "package.json": '{"scripts": {"test": "jest"}}'}
    assert brief(tmp_path, files) == [("test", "jest", "package.json:1")]


@pytest.mark.parametrize(
    ("run", "where"),
    [
        ("pnpm test", ["api", "web"]),
        ("pnpm -r test", ["api", "web"]),
        ("pnpm --recursive --parallel run test", ["api", "web"]),
        ("pnpm -r --workspace-concurrency 1 test -- --watch=false", ["api", "web"]),
        ("npm test --workspaces", ["api", "web"]),
        ("npm run test -ws --if-present", ["api", "web"]),
        ("yarn workspaces run test", ["api", "web"]),
        ("yarn workspaces foreach -A --exclude web run test", ["api", "web"]),
        ("pnpm --filter './apps/w*' test", ["web"]),
        ("pnpm --filter '@own/a*' run test", ["api"]),
        ("pnpm -r install", []),
        ("npm ci --workspaces", []),
    ],
)
def test_a_script_of_every_package_of_a_workspace(tmp_path: Path, run: str, where: list[str]) -> None:
    files = {
        WORKFLOW: github(run),
        "package.json": '{"scripts": {"test": "pnpm -r test"}}',
        "apps/api/package.json": '{"name": "@own/api", "scripts": {"test": "jest"}}',
        "apps/web/package.json": '{"name": "@own/web", "scripts": {"test": "jest"}}',
        "apps/docs/package.json": '{"name": "@own/docs", "scripts": {"build": "vite build"}}',
    }
    found = [(kind, command, path) for kind, command, path in brief(tmp_path, files) if kind == "test"]
    assert found == [("test", "jest", f"apps/{place}/package.json:1") for place in where]


def test_a_script_that_tests_nothing_is_no_test(tmp_path: Path) -> None:
    files = {WORKFLOW: github("npm test"), "package.json": '{"scripts": {"test": "echo no tests && exit 0"}}'}
    assert brief(tmp_path, files) == []


def test_tox_environments(tmp_path: Path) -> None:
    ini = (
        "[tox]\nenvlist = py311, lint\n[testenv]\ncommands =\n    pytest {posargs:tests}\n[testenv:lint]\n"
        "commands = - ruff check .\n"
    )
    files = {WORKFLOW: github("tox"), "tox.ini": ini}
    found = commands(tmp_path, files)
    assert [(c["command"], c["blocking"]) for c in found] == [("pytest tests", True), ("ruff check .", False)]
    assert brief(tmp_path, {WORKFLOW: github("tox -e lint"), "tox.ini": ini})[0][1] == "ruff check ."


def test_nox_sessions(tmp_path: Path) -> None:
    nox = """\
import nox

@nox.session(python=["3.11", "3.12"])
def tests(session):
    session.install("-r", "requirements.txt")
    session.run("pytest", "--cov", *session.posargs)

@nox.session(name="style")
def lint(session):
    session.run("ruff", "check")
"""
    files = {WORKFLOW: github("nox -s tests"), "noxfile.py": nox}
    assert brief(tmp_path, files) == [
        ("install", "pip install -r requirements.txt", "noxfile.py:5"),
        ("test", "pytest --cov", "noxfile.py:6"),
    ]
    assert [b[1] for b in brief(tmp_path, {**files, WORKFLOW: github("nox")})][-1] == "ruff check"


def test_invoke_tasks_as_commands_and_as_their_own_code(tmp_path: Path) -> None:
    tasks = """\
from invoke import task

def _run(c, cmd): c.run(cmd)

@task
def lint(c):
    _run(c, "ruff check .")

@task(pre=[lint])
def test(c, k=""):
    cmd = f"pytest -q {k}"
    _run(c, cmd)

@task
def train(c, config="x"):
    from src.train import main
    main(config)
"""
    files = {WORKFLOW: github("inv test\nuv run -m invoke train --config a.yaml"), "tasks.py": tasks}
    found = commands(tmp_path, files)
    assert [(c["kind"], c["command"], c["line"]) for c in found] == [
        ("lint", "ruff check .", 7),
        ("test", "pytest -q ${…}", 12),
        ("train", "invoke train", 15),
    ]
    assert found[2]["module"] == "tasks.py"


def test_just_recipes(tmp_path: Path) -> None:
    just = (
        "dir := 'tests'\n\n# all\n@default: test lint\n\ntest *args:\n  uv run pytest {{dir}} {{args}}\n\n"
        "lint:\n  -ruff check .\n"
    )
    files = {WORKFLOW: github("just"), "justfile": just}
    found = commands(tmp_path, files)
    assert [(c["kind"], c["line"], c["blocking"]) for c in found] == [("test", 7, True), ("lint", 10, False)]


@pytest.mark.parametrize(
    ("run", "pyproject"),
    [
        ("poe test", '[tool.poe.tasks]\ntest = "pytest"\n'),
        ("poetry poe test", '[tool.poe.tasks.test]\ncmd = "poetry run pytest tests/"\n'),
        ("poe test", '[tool.poe.tasks.test]\nsequence = [{cmd = "pytest"}]\n'),
        ("task test", '[tool.taskipy.tasks]\ntest = "pytest"\n'),
        ("pdm run test", '[tool.pdm.scripts]\ntest = {cmd = "pytest"}\n'),
        ("hatch run dev:test", '[tool.hatch.envs.dev.scripts]\ntest = "pytest {args}"\n'),
        ("hatch run test", '[tool.hatch.envs.default.scripts]\ntest = ["pytest"]\n'),
        ("pixi run test", '[tool.pixi.tasks]\ntest = "pytest"\n'),
    ],
)
def test_tasks_in_pyproject(tmp_path: Path, run: str, pyproject: str) -> None:
    assert [b[0] for b in brief(tmp_path, {WORKFLOW: github(run), "pyproject.toml": pyproject})] == ["test"]


def test_job_that_ci_hands_to_a_cluster(tmp_path: Path) -> None:
    files = {
        ".github/workflows/ci.yml": github("anyscale jobs submit deploy/job.yaml --wait"),
        "deploy/job.yaml": "name: workloads\nentrypoint: bash deploy/run.sh\n",
        "deploy/run.sh": "pytest tests > results.txt\npython train.py\n",
        "train.py": "",
    }
    found = commands(tmp_path, files)
    assert [(c["kind"], c["path"], c["line"], c["blocking"]) for c in found] == [
        ("test", "deploy/run.sh", 1, False),
        ("train", "deploy/run.sh", 2, True),
    ]


def test_taskfile_dvc_and_mlproject(tmp_path: Path) -> None:
    files = {
        WORKFLOW: github("task check\ndvc repro\nmlflow run . -e main"),
        "Taskfile.yml": (
            "version: '3'\ntasks:\n  check:\n    deps: [lint]\n    cmds:\n      - pytest\n  lint:\n"
            "    cmds: [ruff check .]\n"
        ),
        "dvc.yaml": "stages:\n  train:\n    cmd: python src/train.py\n  evaluate:\n    cmd: python src/evaluate.py\n",
        "MLproject": "entry_points:\n  main:\n    command: python src/train.py --lr 1\n",
        "src/train.py": "x = 1\n",
        "src/evaluate.py": "x = 1\n",
    }
    assert brief(tmp_path, files) == [
        ("lint", "ruff check .", "Taskfile.yml:8"),
        ("test", "pytest", "Taskfile.yml:6"),
        ("train", "python src/train.py", "dvc.yaml:3"),
        ("evaluate", "python src/evaluate.py", "dvc.yaml:5"),
        ("train", "python src/train.py --lr 1", "MLproject:3"),
    ]


def test_scripts_of_the_tree_with_their_own_errexit(tmp_path: Path) -> None:
    files = {
        WORKFLOW: github("bash scripts/strict.sh\n./scripts/loose.sh\nbash -c 'pytest -x'"),
        "scripts/strict.sh": "#!/usr/bin/env bash\nset -euo pipefail\npytest a | tee log\nls\n",
        "scripts/loose.sh": "#!/bin/sh\npytest b\nls\n",
    }
    found = commands(tmp_path, files, kinds=("test",))
    assert [(c["command"], c["blocking"]) for c in found] == [
        ("pytest a", True),
        ("pytest b", False),
        ("pytest -x", True),
    ]


def test_a_script_that_calls_itself_ends(tmp_path: Path) -> None:
    files = {WORKFLOW: github("bash a.sh"), "a.sh": "bash a.sh\nmake\n", "Makefile": "all:\n\tbash a.sh\n"}
    assert fact(tmp_path, files).state is State.KNOWN


def test_what_python_runs_is_a_file_of_the_tree(tmp_path: Path) -> None:
    files = {
        WORKFLOW: github(
            "python src/app/train.py\npython -m app.evaluate\ncoverage run -m pytest\nuv run tools/check_data.py"
        ),
        "src/app/train.py": "",
        "src/app/evaluate.py": "",
        "tools/check_data.py": "",
    }
    found = commands(tmp_path, files)
    assert [(c["kind"], c["module"]) for c in found] == [
        ("train", "src/app/train.py"),
        ("evaluate", "src/app/evaluate.py"),
        ("test", ""),
        ("validate_data", "tools/check_data.py"),
    ]
    assert found[2]["wrappers"] == ["coverage run"]


def test_images_and_what_they_test_while_they_are_built(tmp_path: Path) -> None:
    dockerfile = "FROM python:3.12\nCOPY . .\nRUN pip install -r requirements.txt && \\\n    pytest\nRUN echo hi\n"
    files = {
        WORKFLOW: github("docker build -t x -f deploy/Dockerfile .\ndocker run --rm -e A=1 x pytest tests"),
        "deploy/Dockerfile": dockerfile,
    }
    assert brief(tmp_path, files) == [
        ("build_image", "docker build -t x -f deploy/Dockerfile .", f"{WORKFLOW}:7"),
        ("install", "pip install -r requirements.txt", "deploy/Dockerfile:3"),
        ("test", "pytest", "deploy/Dockerfile:4"),
        ("test", "pytest tests", f"{WORKFLOW}:8"),
    ]


SERVICES = """\
services:
  api: {build: ., command: uvicorn app:app}
  tests:
    build: {context: ., dockerfile: docker/tests.Dockerfile}
  lint:
    image: python:3.12
    command: ["ruff", "check", "."]
"""


@pytest.mark.parametrize(
    ("line", "leads_to"),
    [
        ("docker compose run --rm tests", ("test", "pytest -q", "docker/tests.Dockerfile:2")),
        ("docker-compose run lint", ("lint", "ruff check .", "docker-compose.yml:7")),
        ("docker compose up --build --exit-code-from tests", ("test", "pytest -q", "docker/tests.Dockerfile:2")),
        ("docker compose -f docker-compose.yml -f ci.yml run --rm tests", ("test", "pytest -x", "ci.yml:2")),
        ("docker compose run api pytest -k a", ("test", "pytest -k a", f"{WORKFLOW}:7")),
        ("docker compose run -d tests", None),  # nobody waits for its end
        ("docker compose run --entrypoint sh tests", None),
        ("docker compose up -d", None),
        ("docker compose run gone", None),
        ("docker compose -f gone.yml run tests", None),
    ],
)
def test_what_a_service_of_compose_starts(tmp_path: Path, line: str, leads_to: tuple[str, str, str] | None) -> None:
    files = {
        WORKFLOW: github(line),
        "docker-compose.yml": SERVICES,
        "ci.yml": "services:\n  tests: {command: pytest -x}\n",
        "docker/tests.Dockerfile": 'FROM python:3.12\nENTRYPOINT ["pytest", "-q"]\n',
    }
    assert [one for one in brief(tmp_path, files) if one[0] != "other"] == ([leads_to] if leads_to else [])


def test_actions_composite_actions_and_reusable_workflows(tmp_path: Path) -> None:
    files = {
        WORKFLOW: """\
on: push
jobs:
  checks:
    runs-on: ubuntu-latest
    steps:
      - uses: ./.github/actions/check
      - uses: docker/build-push-action@v5
        with: {context: app, password: hunter2}
  tests:
    uses: ./.github/workflows/tests.yml
  outside:
    uses: other/repo/.github/workflows/x.yml@main
""",
        ".github/actions/check/action.yml": (
            "runs:\n  using: composite\n  steps:\n    - run: ruff check .\n      shell: bash\n"
        ),
        ".github/workflows/tests.yml": github("pytest", on="workflow_call"),
        "app/Dockerfile": "FROM x:1\nRUN pip install y\n",
    }
    found = commands(tmp_path, files)
    assert [(c["kind"], c["path"], c["triggers"]) for c in found] == [
        ("lint", ".github/actions/check/action.yml", ["push"]),
        ("build_image", WORKFLOW, ["push"]),
        ("install", "app/Dockerfile", ["push"]),
        ("test", ".github/workflows/tests.yml", ["push"]),
        ("other", WORKFLOW, ["push"]),
    ]
    assert found[1]["module"] == "app/Dockerfile"
    assert "hunter2" not in str(found)
    assert found[4]["resolved"] is False


def test_pre_commit_hooks_alone_and_in_ci(tmp_path: Path) -> None:
    config = """\
repos:
  - repo: https://github.com/astral-sh/ruff-pre-commit
    rev: v0.1.0
    hooks:
      - id: ruff
        args: [--fix]
  - repo: local
    hooks:
      - id: unit
        entry: pytest -q
        language: system
"""
    files = {".pre-commit-config.yaml": config}
    assert commands(tmp_path, files) == []
    hooks = commands(tmp_path, files, hooks=True)
    assert [(c["kind"], c["line"], c["system"], c["blocking"]) for c in hooks] == [
        ("lint", 5, "pre-commit", False),
        ("test", 9, "pre-commit", False),
    ]
    in_ci = commands(tmp_path, {**files, WORKFLOW: github("pre-commit run --all-files")})
    assert [(c["kind"], c["system"], c["blocking"]) for c in in_ci] == [
        ("lint", "github", True),
        ("test", "github", True),
    ]


def test_secrets_in_commands_are_masked(tmp_path: Path) -> None:
    run = (
        "curl -H 'Authorization: Bearer abcdef0123456789' x\n"
        "API_TOKEN=s3cr3tvalue1 twine upload --password hunter2hunter2 dist/*"
    )
    found = str(commands(tmp_path, {WORKFLOW: github(run)}))
    assert "abcdef0123456789" not in found
    assert "hunter2hunter2" not in found


def test_states_and_levels(tmp_path: Path) -> None:
    assert fact(tmp_path / "a", {"x.py": ""}).state is State.ABSENT
    blocking = fact(tmp_path / "b", {WORKFLOW: github("pytest")}, kinds=("test",))
    assert (blocking.level, blocking.evidence[0].line) == (Level.WIRED, 7)
    tolerated = fact(tmp_path / "c", {WORKFLOW: github("pytest || true")}, kinds=("test",))
    assert tolerated.level is Level.CONTENT
    broken = fact(tmp_path / "d", {".gitlab-ci.yml": "jobs: [\n"})
    assert broken.state is State.UNKNOWN
    assert ".gitlab-ci.yml" in broken.reason
    twice = fact(tmp_path / "e", {WORKFLOW: "on: [push]\non: [push]\njobs: {}\n"})
    assert twice.state is State.UNKNOWN


def test_github_runs_nothing_of_what_is_no_yaml(tmp_path: Path) -> None:
    assert fact(tmp_path / "a", {WORKFLOW: "jobs: [\n"}).state is State.ABSENT
    assert fact(tmp_path / "b", {WORKFLOW: github("echo 'a: b: c'") + "name: a: b\n"}).state is State.ABSENT


@pytest.mark.parametrize(
    "text",
    [
        "", "[]", "jobs: 3", "jobs: {a: 3}", "jobs: {a: {steps: 4}}", ("jobs: {a: {steps: [1, null, {run: 3}, "
                                                                       "{uses: 4, with: 5}]}}"),
        ("on: {push: 3}\njobs: {a: {steps: [{run: x}], "
         "needs: {b: c}}}"), "a: &a [*a]", "&a [*a, *a]", "on: push\non: push",
        "jobs: {a: {uses: ./.github/workflows/ci.yml}}", "jobs: {a: {steps: [{uses: ./.}]}}",
    ],
)  # fmt: skip
def test_hostile_workflows_give_a_fact(tmp_path: Path, text: str) -> None:
    assert fact(tmp_path, {WORKFLOW: text}, hooks=True).state in set(State) - {State.ERROR}


def test_a_command_on_a_machine_of_the_cloud_deploys(tmp_path: Path) -> None:
    workflow = """\
on: {push: {branches: [main]}}
jobs:
  ship:
    runs-on: ubuntu-latest
    steps:
      - uses: google-github-actions/ssh-compute@v1
        with: {instance_name: app, command: "git pull && docker compose up --build -d"}
"""
    assert [c["kind"] for c in commands(tmp_path, {WORKFLOW: workflow})] == ["deploy"]
