"""`ci.commands` on Travis, CodeBuild, Drone, Woodpecker, AppVeyor, Semaphore and Cirrus."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.probes.ci.asking import commands, workflows


def test_travis(tmp_path: Path) -> None:
    files = {
        ".travis.yml": """\
language: python
env:
  global:
    - TARGET=tests/unit
install: pip install -r requirements.txt
script:
  - ruff check .
  - pytest $TARGET
after_success: codecov
deploy:
  - provider: heroku
    on: {branch: main}
  - provider: script
    script: ./scripts/ship.sh
    on:
      tags: true
stages: [check, train]
jobs:
  allow_failures:
    - name: slow
  include:
    - stage: check
    - name: slow
      script: pytest tests/slow
    - stage: train
      if: type = cron
      script: python train.py
    - script: pytest tests/after
      if: tag IS present
""",
        "scripts/ship.sh": "kubectl apply -f k8s\n",
        "tests/unit/test_answers.py": "",
        "tests/slow/test_answers.py": "",
        "tests/after/test_answers.py": "",
        "train.py": "",
    }
    found = commands(tmp_path, files)
    seen = {(c["job"], c["command"]): c for c in found}
    unit = seen["check 1", "pytest tests/unit"]
    assert (unit["line"], unit["blocking"], unit["on_change"]) == (8, True, True)
    assert seen["check 1", "ruff check ."]["blocking"] is True  # each command of `script` counts
    assert seen["check 1", "codecov"]["blocking"] is False
    assert seen["slow", "pytest tests/slow"]["blocking"] is False
    assert ("slow", "pytest tests/unit") not in seen
    train = seen["train 3", "python train.py"]
    assert (train["kind"], train["triggers"], train["needs"]) == ("train", ["schedule"], ["check 1", "slow"])
    assert seen["train 4", "pytest tests/after"]["triggers"] == ["push:tags"]
    assert seen["check 1", "travis/heroku"]["kind"] == "deploy"
    assert seen["check 1", "kubectl apply -f k8s"]["via"]


@pytest.mark.parametrize(
    ("condition", "triggers"),
    [
        ("type = pull_request", ["pull_request"]),
        ("type IN (push, api)", ["push", "manual"]),
        ("type != pull_request", ["push"]),
        ("branch = main", ["push", "pull_request"]),
    ],
)
def test_what_starts_a_job_of_travis(tmp_path: Path, condition: str, triggers: list[str]) -> None:
    text = f"jobs:\n  include:\n    - if: {condition}\n      script: pytest\n"
    (found,) = commands(tmp_path, {".travis.yml": text})
    assert found["triggers"] == triggers


def test_a_list_of_variables_is_a_job_for_each_in_travis(tmp_path: Path) -> None:
    text = "env:\n- RUN=pytest\n- RUN=mypy\n- SECRET=$(cat x)\nscript: $RUN src\n"
    assert [c["command"] for c in commands(tmp_path, {".travis.yml": text})] == ["pytest src", "mypy src", "$RUN src"]


def test_what_travis_runs_by_itself(tmp_path: Path) -> None:
    (found,) = commands(tmp_path, {".travis.yml": "dist: jammy\nlanguage: rust\n"})
    assert (found["command"], found["kind"], found["line"]) == ("cargo test --verbose", "test", 2)
    assert commands(tmp_path, {".travis.yml": "language: python\n"}) == []


def test_codebuild(tmp_path: Path) -> None:
    files = {
        "deploy/buildspec.yml": """\
version: 0.2
phases:
  install:
    commands:
      - pip install -r requirements.txt
  pre_build:
    on-failure: CONTINUE
    commands:
      - ruff check .
  build:
    commands:
      - |
        set -e
        pytest tests
    finally:
      - echo done
  post_build:
    commands:
      - aws cloudformation package --template-file app.yml
      - aws lambda update-function-code --function-name answers
""",
        "buildspec-nightly.yml": "phases:\n  build:\n    commands: [python train.py]\n",
        "docs/buildspec.md": "",
        "train.py": "",
    }
    found = commands(tmp_path, files)
    seen = {c["command"]: c for c in found}
    assert (seen["pytest tests"]["line"], seen["pytest tests"]["blocking"], seen["pytest tests"]["on_change"]) == (
        14, True, True,
    )  # fmt: skip
    assert seen["ruff check ."]["blocking"] is False
    assert seen["aws cloudformation package --template-file app.yml"]["kind"] == "other"  # it only puts a file away
    ship = seen["aws lambda update-function-code --function-name answers"]
    assert ship["kind"] == "deploy"
    assert ship["needs"] == ["install", "pre_build"]  # `post_build` runs though the build has failed
    assert seen["python train.py"]["triggers"] == ["schedule"]


def test_codebuild_that_asks_how_the_build_ended(tmp_path: Path) -> None:
    text = """\
phases:
  build:
    commands: [pytest]
  post_build:
    commands:
      - if [ "$CODEBUILD_BUILD_SUCCEEDING" = 1 ]; then kubectl apply -f k8s; fi
"""
    seen = {c["command"]: c for c in commands(tmp_path, {"buildspec.yaml": text})}
    assert seen["kubectl apply -f k8s"]["needs"] == ["build"]


def test_drone(tmp_path: Path) -> None:
    files = {
        ".drone.yml": """\
kind: pipeline
type: docker
name: check
trigger:
  event: [pull_request]
steps:
- name: lint
  image: python:3.12
  commands:
  - ruff check .
  failure: ignore
- name: test
  image: python:3.12
  commands:
  - pytest
- name: picture
  image: plugins/docker:20
  settings: {repo: shop/answers}
  when: {event: tag}
---
kind: secret
name: token
---
kind: pipeline
name: ship
trigger: {event: {include: [promote]}}
steps:
- name: ship
  image: sinlead/drone-kubectl
"""
    }
    seen = {(c["workflow"], c["job"]): c for c in commands(tmp_path, files)}
    assert seen["check", "lint"]["blocking"] is False
    test = seen["check", "test"]
    assert (test["kind"], test["blocking"], test["triggers"], test["needs"], test["line"]) == (
        "test", True, ["pull_request"], ["lint"], 15,
    )  # fmt: skip
    assert (seen["check", "picture"]["kind"], seen["check", "picture"]["triggers"]) == ("build_image", ["push:tags"])
    assert (seen["ship", "ship"]["kind"], seen["ship", "ship"]["triggers"]) == ("deploy", ["manual"])
    names = [a["uses"] for a in workflows(tmp_path, files, "actions")]
    assert names == ["python:3.12", "python:3.12", "plugins/docker:20", "sinlead/drone-kubectl"]


def test_woodpecker(tmp_path: Path) -> None:
    files = {
        ".woodpecker/test.yaml": "when:\n  event: push\nsteps:\n  unit:\n    image: python\n    commands: [pytest]\n",
        ".woodpecker/old.yml": "pipeline:\n  lint:\n    image: python\n    commands:\n      - mypy src\n",
    }
    found = commands(tmp_path, files)
    assert {(c["system"], c["command"], tuple(c["triggers"])) for c in found} == {
        ("woodpecker", "pytest", ("push",)),
        ("woodpecker", "mypy src", ("push", "pull_request")),
    }


def test_appveyor(tmp_path: Path) -> None:
    text = """\
install:
  - cmd: pip install -r requirements.txt
  - ps: Write-Host "hello"
build: off
test_script:
  - python -m pytest tests
on_success:
  - codecov
"""
    seen = {c["command"]: c for c in commands(tmp_path, {"appveyor.yml": text})}
    assert (seen["python -m pytest tests"]["kind"], seen["python -m pytest tests"]["line"]) == ("test", 6)
    assert seen["python -m pytest tests"]["blocking"] is True
    assert seen["codecov"]["blocking"] is False
    assert seen["pip install -r requirements.txt"]["kind"] == "install"


def test_semaphore(tmp_path: Path) -> None:
    files = {
        ".semaphore/semaphore.yml": """\
version: v1.0
name: Answers
blocks:
  - name: Lint
    task:
      jobs:
        - name: ruff
          commands: [ruff check .]
  - name: Test
    task:
      prologue:
        commands: [pip install -r requirements.txt]
      jobs:
        - name: unit
          commands:
            - pytest
      epilogue:
        commands: [codecov]
promotions:
  - name: Ship
    pipeline_file: ship.yml
""",
        ".semaphore/ship.yml": "blocks:\n  - task:\n      jobs:\n        - commands: [kubectl apply -f k8s]\n",
    }
    seen = {c["command"]: c for c in commands(tmp_path, files)}
    assert (seen["pytest"]["needs"], seen["pytest"]["on_change"], seen["pytest"]["line"]) == (["ruff"], True, 16)
    assert seen["codecov"]["blocking"] is False
    assert seen["kubectl apply -f k8s"]["triggers"] == ["manual"]


def test_cirrus(tmp_path: Path) -> None:
    text = """\
test_task:
  container: {image: "python:3.12"}
  install_script: pip install -r requirements.txt
  test_script:
    - pytest
  always:
    report_script: codecov
slow_task:
  depends_on: test
  allow_failures: true
  only_if: $CIRRUS_CRON == 'nightly'
  script: pytest slow
"""
    seen = {c["command"]: c for c in commands(tmp_path, {".cirrus.yml": text})}
    assert (seen["pytest"]["job"], seen["pytest"]["blocking"], seen["pytest"]["line"]) == ("test", True, 5)
    slow = seen["pytest slow"]
    assert (slow["blocking"], slow["triggers"], slow["needs"]) == (False, ["schedule"], ["test"])


@pytest.mark.parametrize(
    "path",
    [".travis.yml", "buildspec.yml", ".drone.yml", ".woodpecker.yml", "appveyor.yml", ".semaphore/semaphore.yml",
     ".cirrus.yml"],
)  # fmt: skip
@pytest.mark.parametrize("text", ["[", "- 1\n- {a: [b]}\n", "script: {a: 1}\nsteps: 3\nphases: [1]\nblocks: {x: 1}\n", "env: [1]\njobs: {include: [3, x], allow_failures: x}\n"])  # fmt: skip
def test_what_is_otherwise_than_expected_is_passed_over(tmp_path: Path, path: str, text: str) -> None:
    assert commands(tmp_path, {path: text}) == []
