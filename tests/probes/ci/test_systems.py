"""`ci.commands` on the other CI systems."""

from __future__ import annotations

from pathlib import Path

from tests.probes.ci.asking import brief, commands


def test_gitlab(tmp_path: Path) -> None:
    files = {
        ".gitlab-ci.yml": """\
stages: [check, train, ship]
include:
  - local: /ci/extra.yml
default:
  before_script:
    - pip install -r requirements.txt
.python:
  image: python:3.12
  script: [echo]
.snippets:
  prepare:
    - dvc pull
tests:
  extends: .python
  stage: check
  script:
    - pytest | tee log
    - |
      ruff check .
      mypy src
train:
  stage: train
  before_script: []
  script:
    - !reference [.snippets, prepare]
    - python train.py
  allow_failure: true
ship:
  stage: ship
  script: kubectl apply -f k8s
  when: manual
  environment: {name: production}
never:
  script: [pytest never]
  rules: [{when: never}]
""",
        "ci/extra.yml": (
            "nightly:\n  stage: check\n  script: [pytest slow]\n  rules:\n    - if: $CI_PIPELINE_SOURCE == 'schedule'\n"
        ),
        "train.py": "",
    }
    found = commands(tmp_path, files)
    seen = {(c["job"], c["command"]): c for c in found}
    pytest_ = seen["tests", "pytest"]
    assert (pytest_["line"], pytest_["blocking"], pytest_["on_change"]) == (17, True, True)  # pipefail is set
    assert (seen["tests", "ruff check ."]["line"], seen["tests", "mypy src"]["line"]) == (19, 20)
    assert seen["tests", "pip install -r requirements.txt"]["kind"] == "install"
    assert ("train", "pip install -r requirements.txt") not in seen
    assert ("train", "dvc pull") in seen
    train = seen["train", "python train.py"]
    assert (train["kind"], train["blocking"], train["needs"]) == ("train", False, ["nightly", "tests"])
    ship = seen["ship", "kubectl apply -f k8s"]
    assert (ship["kind"], ship["on_change"], ship["environment"]) == ("deploy", False, "production")
    assert set(ship["needs"]) == {"tests", "train", "nightly"}
    assert seen["never", "pytest never"]["runs"] is False
    assert seen["nightly", "pytest slow"]["triggers"] == ["schedule"]
    assert seen["nightly", "pytest slow"]["path"] == "ci/extra.yml"


def test_azure(tmp_path: Path) -> None:
    files = {
        "azure-pipelines.yml": """\
trigger: [main]
stages:
- stage: Test
  jobs:
  - job: unit
    steps:
    - script: |
        pytest
        echo done
    - bash: set -e; pytest strict; ls
    - template: templates/lint.yml
    - task: Docker@2
      inputs: {command: build}
- stage: Ship
  jobs:
  - deployment: web
    environment: prod
    strategy:
      runOnce:
        deploy:
          steps:
          - script: az webapp deploy -n x
            continueOnError: true
""",
        "templates/lint.yml": "steps:\n- script: ruff check .\n",
    }
    found = {c["command"]: c for c in commands(tmp_path, files)}
    assert (found["pytest"]["blocking"], found["pytest"]["line"]) == (False, 8)  # the shell goes on after a failure
    assert found["pytest strict"]["blocking"] is True
    assert found["ruff check ."]["kind"] == "lint"
    assert found["Docker@2"]["kind"] == "build_image"
    ship = found["az webapp deploy -n x"]
    assert (ship["kind"], ship["blocking"], ship["environment"]) == ("deploy", False, "prod")
    assert "unit" in ship["needs"]


def test_azure_wherever_its_file_lies(tmp_path: Path) -> None:
    files = {
        "azure-pipelines/PIPELINE-1-model.yml": """\
trigger:
- none
pr:
  branches: {include: [main]}
pool: {vmImage: ubuntu-22.04}
stages:
- stage: build
  jobs:
  - template: templates/tests.yml
    parameters:
      folder: tests/unit
  - ${{ if eq(variables['ship'], 'true') }}:
    - deployment: ship
      environment: prod
      strategy:
        runOnce:
          deploy:
            steps:
            - template: ../azure-pipelines/templates/python.yml
              parameters: {script: deploy.py}
""",
        "azure-pipelines/templates/tests.yml": """\
parameters:
- name: folder
  type: string
- name: level
  type: string
  default: -q
jobs:
- job: unit
  steps:
  - script: |
      echo begin
      pytest ${{ parameters.level }} ${{parameters.folder}}
""",
        "azure-pipelines/templates/python.yml": """\
parameters: {script: run.py}
steps:
- task: AzureCLI@2
  inputs: {inlineScript: "python mlops/${{parameters.script}}"}
""",
        "pipelines/dvc-pipeline.yml": "stages:\n  train:\n    cmd: pytest\n",
    }
    found = {c["command"]: c for c in commands(tmp_path, files)}
    unit = found["pytest -q tests/unit"]
    assert (unit["path"], unit["line"], unit["job"]) == ("azure-pipelines/templates/tests.yml", 12, "unit")
    assert (unit["system"], unit["triggers"]) == ("azure", ["pull_request"])
    assert found["python mlops/deploy.py"]["environment"] == "prod"
    assert not any(c["path"].startswith("pipelines/") for c in found.values())


def test_taskcluster(tmp_path: Path) -> None:
    files = {
        ".taskcluster.yml": """\
version: 1
tasks:
  $let: {user: someone}
  in:
    $if: 'tasks_for == "github-push" || tasks_for[:19] == "github-pull-request"'
    then:
      - $mergeDeep:
          - {$eval: default}
          - payload:
              command:
                - "/bin/bash"
                - "-cx"
                - "git clone ${repository} && cd ranker && pytest tests && bash <(curl x)"
            metadata: {name: tests}
      - $if: 'tasks_for == "github-push"'
        then:
          payload:
            command: ["python", "-m", "ruff", "check", "."]
          metadata: {name: lint}
      - $if: '"Train: " in pr_description'
        then:
          payload:
            command: [["/bin/sh", "-c", "python train.py"]]
          metadata: {name: train}
""",
        "infra/data-pipeline.yml": """\
tasks:
  - ID: nightly
    payload:
      command: [ranker-fit, all]
""",
        "pyproject.toml": '[project.scripts]\nranker-fit = "scripts.trainer:main"\n',
        "scripts/trainer.py": "def main(): ...\n",
        "infra/hook-data.json": '{"schedule": ["0 0 1,16 * *"]}',
    }
    found = {c["command"]: c for c in commands(tmp_path, files)}
    assert (found["pytest tests"]["kind"], found["pytest tests"]["blocking"]) == ("test", True)
    assert found["pytest tests"]["triggers"] == ["push", "pull_request"]
    assert found["python -m ruff check ."]["triggers"] == ["push"]
    assert found["python train.py"]["triggers"] == ["manual"]
    fitted = found["ranker-fit all"]
    assert (fitted["kind"], fitted["module"], fitted["triggers"]) == ("train", "scripts/trainer.py", ["schedule"])


def test_taskgraph(tmp_path: Path) -> None:
    decision = "version: 1\ntasks:\n  - payload: {command: [bash, -cx, 'cd src && taskgraph decision']}\n"
    kind = """\
task-defaults:
  run-on-tasks-for: [github-push]
  run: {using: run-task, command: [bash, -c, ruff check .]}
tasks:
  lint: {}
  unit:
    run:
      command:
        - bash
        - -cx
        - >-
          pytest $VCS_PATH/tests &&
          mypy src
    run-on-tasks-for: [github-push, github-pull-request, github-pull-request-untrusted, cron]
  whole:
    run: {command: pytest slow}
    run-on-tasks-for: [all]
  train:
    run: {command: [bash, -ecx, python train.py]}
    run-on-tasks-for: []
  by-level:
    run: {command: [python, -m, build]}
    run-on-tasks-for: {by-level: {default: [all]}}
  broken: [1]
"""
    files = {".taskcluster.yml": decision, "taskcluster/kinds/tests/kind.yml": kind}
    found = {c["command"]: c for c in commands(tmp_path, files)}
    assert found["ruff check ."]["triggers"] == ["push"]
    unit = found["pytest tests"]
    assert (unit["workflow"], unit["job"], unit["line"], unit["blocking"]) == ("tests", "unit", 12, True)
    assert unit["triggers"] == ["pull_request", "push", "schedule"]
    assert found["pytest slow"]["triggers"] == ["push", "pull_request"]
    assert found["python train.py"]["triggers"] == ["manual"]
    assert found["python -m build"]["triggers"] == ["manual"]


def test_kinds_that_nothing_decides_on_are_none(tmp_path: Path) -> None:
    kind = "tasks:\n  unit:\n    run: {command: pytest tests}\n"
    files = {
        ".taskcluster.yml": "version: 1\ntasks:\n  - payload: {command: [make, docs]}\n",
        "taskcluster/kinds/tests/kind.yml": kind,
    }
    assert [c["command"] for c in commands(tmp_path, files)] == ["make docs"]


def test_circle(tmp_path: Path) -> None:
    text = """\
version: 2.1
commands:
  setup:
    steps:
      - run: pip install -e .
jobs:
  test:
    docker: [{image: cimg/python:3.12}]
    steps:
      - checkout
      - setup
      - run:
          name: unit
          command: |
            ls
            pytest
  release:
    steps:
      - run: twine upload dist/*
workflows:
  main:
    jobs:
      - test
      - release:
          requires: [test]
          filters: {tags: {only: /v.*/}, branches: {ignore: /.*/}}
"""
    found = commands(tmp_path, {".circleci/config.yml": text})
    kinds = [(c["kind"], c["job"], c["line"], c["on_change"]) for c in found if c["kind"] != "other"]
    assert kinds == [("install", "test", 5, True), ("test", "test", 16, True), ("publish", "release", 19, False)]
    assert [c["needs"] for c in found][-1] == ["test"]


def test_bitbucket(tmp_path: Path) -> None:
    text = """\
pipelines:
  pull-requests:
    '**':
      - parallel:
          - step: {name: unit, script: [pip install ., pytest]}
          - step: {name: style, script: [ruff check .]}
  branches:
    main:
      - step:
          name: ship
          trigger: manual
          deployment: production
          script:
            - pipe: atlassian/aws-ecs-deploy:1.0.0
"""
    found = commands(tmp_path, {"bitbucket-pipelines.yml": text})
    assert [(c["kind"], c["triggers"]) for c in found] == [
        ("install", ["pull_request"]),
        ("test", ["pull_request"]),
        ("lint", ["pull_request"]),
        ("deploy", ["manual"]),
    ]


def test_jenkins(tmp_path: Path) -> None:
    text = """\
pipeline {
  agent any
  // sh 'pytest commented'
  stages {
    stage('Test') {
      steps {
        sh 'pip install -r requirements.txt'
        sh '''
          pytest -v
          echo "done"
        '''
      }
    }
    stage('Loose') {
      steps {
        catchError(buildResult: 'SUCCESS') { sh 'ruff check .' }
        sh script: 'mypy src', returnStatus: true
      }
    }
    stage('Ship') { steps { sh "kubectl apply -f ${dir}" } }
  }
  post { always { sh 'pytest cleanup' } }
}
"""
    found = {c["command"]: c for c in commands(tmp_path, {"Jenkinsfile": text})}
    assert (found["pytest -v"]["line"], found["pytest -v"]["job"], found["pytest -v"]["blocking"]) == (9, "Test", True)
    assert found["ruff check ."]["blocking"] is False
    assert found["mypy src"]["blocking"] is False
    assert found["kubectl apply -f ${dir}"]["needs"] == ["Loose", "Test"]
    assert found["pytest cleanup"]["blocking"] is False
    assert "pytest commented" not in found


def test_jenkins_plugins_deploy(tmp_path: Path) -> None:
    text = """\
pipeline {
  agent any
  stages {
    stage('Package') { steps { s3Upload(bucket: 'builds', path: 'code.zip') } }
    stage('Deployment-live') {
      when { branch 'master' }
      steps {
        withAWS(region: 'eu-west-1') {
          // cfnUpdate(stack: 'commented')
          s3Upload(bucket: 'live-dags', workingDir: 'airflow/')
        }
      }
    }
    stage('Stack') { steps { catchError { cfnUpdate(stack: 'batch', file: 'stack.json') } } }
  }
}
"""
    found = [
        (c["line"], c["command"], c["kind"], c["job"], c["blocking"], c["runs"])
        for c in commands(tmp_path, {"Jenkinsfile": text})
    ]
    assert found == [
        (10, "s3Upload", "deploy", "Deployment-live", True, True),
        (14, "cfnUpdate", "deploy", "Stack", False, True),
    ]


def test_cloud_build(tmp_path: Path) -> None:
    checks = """\
steps:
  - name: python:3.12
    entrypoint: /bin/sh
    args:
      - -c
      - |
        pip install . && \\
        pytest
  - name: gcr.io/cloud-builders/docker
    args: [build, -t, "$_IMAGE", .]
    allowFailure: true
  - name: python:3.12
    script: |
      python train.py
"""
    files = {
        "ci/cloudbuild/pr-checks.yaml": checks,
        "train.py": "",
        "cloudbuild.yaml": "steps:\n- name: gcr.io/cloud-builders/kubectl\n  args: [apply, -f, k8s]\n",
        "notes/cloudbuild.yaml": "steps: [install, run]\n",
    }
    found = commands(tmp_path, files)
    assert [(c["path"], c["line"], c["kind"], c["triggers"], c["blocking"]) for c in found] == [
        ("ci/cloudbuild/pr-checks.yaml", 7, "install", ["pull_request"], True),
        ("ci/cloudbuild/pr-checks.yaml", 8, "test", ["pull_request"], True),
        ("ci/cloudbuild/pr-checks.yaml", 9, "build_image", ["pull_request"], False),
        ("ci/cloudbuild/pr-checks.yaml", 14, "train", ["pull_request"], True),
        ("cloudbuild.yaml", 2, "deploy", ["push"], True),
    ]


def test_hostile_files_of_all_systems(tmp_path: Path) -> None:
    names = (".gitlab-ci.yml", "azure-pipelines.yml", ".circleci/config.yml", "bitbucket-pipelines.yml", "Jenkinsfile",
             "cloudbuild.yaml")  # fmt: skip
    for number, text in enumerate(("", "[]", "a: 1", ("jobs: {a: null}\nworkflows: {b: {jobs: [a, "
                                                      "{c: 1}]}}"), "pipelines: {default: 3}",
                                   ("a: {extends: [a, b], script: [[[x]]]}\n"
                                    "b: {extends: a, script: 1}"), "stages: [{stage: 1, jobs: 2}]",
                                   "pipeline { stage('x') { sh 'a }}}}} {{{{", "\x00",
                                   "steps: [1, {name: a, args: {b: 1}, dir: [x]}, {name: 3, script: [s]}]")):  # fmt: skip
        root = tmp_path / str(number)
        assert isinstance(brief(root, dict.fromkeys(names, text)), list)
