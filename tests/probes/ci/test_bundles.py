"""Databricks asset bundles: what their jobs start."""

from __future__ import annotations

from pathlib import Path

from tests.probes.ci.test_entrypoints import starts

BUNDLE = "bundle: {name: scores}\ninclude: [resources/*.yml]\ntargets: {prod: {mode: production}}\n"
JOB = """\
resources:
  jobs:
    nightly:
      tasks:
        - task_key: ingest
          spark_python_task:
            python_file: ../tasks/ingest.py
            parameters: ["--day", "today"]
        - task_key: train
          notebook_task: {notebook_path: ../notebooks/train}
        - task_key: each
          for_each_task:
            inputs: "[1, 2]"
            task:
              task_key: one
              spark_python_task: {python_file: tasks/old/score.py, source: GIT}
        - task_key: wheel
          python_wheel_task: {package_name: scores, entry_point: score-all}
"""
CODE = {"tasks/ingest.py": "", "notebooks/train.py": "", "pipelines/old/score.py": ""}


def test_the_tasks_of_a_job_that_the_bundle_includes(tmp_path: Path) -> None:
    found = starts(tmp_path, {"databricks.yml": BUNDLE, "resources/nightly.yml": JOB, **CODE}, deployed=True)
    assert [(s["name"], s["module"], s["line"], s["source"]) for s in found] == [
        ("ingest", "tasks/ingest.py", 5, "databricks job"),
        ("train", "notebooks/train.py", 9, "databricks job"),
        ("one", "pipelines/old/score.py", 11, "databricks job"),  # under another name in the branch that runs
        ("wheel", "", 17, "databricks job"),
    ]
    assert found[0]["command"].endswith("python ../tasks/ingest.py --day today")
    assert found[1]["kind"] == "train"


def test_jobs_of_one_stage_alone(tmp_path: Path) -> None:
    stage = "bundle: {name: scores}\ntargets:\n  prod:\n" + "".join(f"    {line}\n" for line in JOB.splitlines())
    found = starts(tmp_path, {"databricks.yml": stage, **CODE}, deployed=True)
    assert [s["name"] for s in found] == ["ingest", "train", "one", "wheel"]


def test_what_no_bundle_names_starts_nothing(tmp_path: Path) -> None:
    assert starts(tmp_path, {"resources/nightly.yml": JOB, **CODE}) == []  # no bundle
    assert starts(tmp_path, {"databricks.yml": "targets: {}\n", "resources/nightly.yml": JOB, **CODE}) == []
    assert starts(tmp_path, {"databricks.yml": "bundle: [", "resources/nightly.yml": JOB, **CODE}) == []
    odd = "bundle: {name: x}\ninclude: [3, ../../*.yml]\nresources: {jobs: {a: {tasks: [1, {task_key: 2}]}, b: []}}\n"
    assert starts(tmp_path, {"databricks.yml": odd}) == []
