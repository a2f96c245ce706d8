"""Databricks asset bundles: the jobs that a bundle brings to a workspace, task by task, and what each of them runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any, Final

from msgspec import Struct

from aiaudit.probes.ci.model import as_list, as_map, words_of
from aiaudit.probes.ci.modules import file_of_script
from aiaudit.probes.ci.task import join
from aiaudit.probes.reading import Files
from aiaudit.project.parse import line_of

GLOBS: Final = ("**/databricks.yml", "**/databricks.yaml")
_ROLES: Final = ("config", "code", "other")
_MOST_FILES: Final = 100  # that one bundle includes
_MOST_TASKS: Final = 1_000


class BundleTask(Struct, frozen=True):
    """A task of a job. `words`: what it runs, as a command; `module`: its Python file, "" where none lies here."""

    path: str
    line: int
    job: str
    name: str
    words: tuple[str, ...]
    module: str


def bundle_tasks(files: Files) -> Iterator[BundleTask]:
    """The tasks of all bundles, in the order of their files."""
    for entry in files.matching(GLOBS, _ROLES):
        data = files.yaml(entry.path)
        if isinstance(data, Mapping) and isinstance(data.get("bundle"), Mapping):
            yield from islice(_of_bundle(files, entry.path, data), _MOST_TASKS)


def bundle_files(files: Files) -> list[str]:
    """The files that say what is a bundle."""
    return [entry.path for entry in files.matching(GLOBS, _ROLES)]


def _of_bundle(files: Files, path: str, data: Mapping[str, Any]) -> Iterator[BundleTask]:
    folder = path.rpartition("/")[0]
    globs = [glob for text in words_of(data.get("include")) if (glob := join(folder, text))]
    included = [entry.path for entry in files.matching(globs)[:_MOST_FILES] if entry.path != path] if globs else []
    yield from _of_file(files, path, data)
    for one in included:
        yield from _of_file(files, one, as_map(files.yaml(one)))


def _of_file(files: Files, path: str, data: Mapping[str, Any]) -> Iterator[BundleTask]:
    stages = [as_map(target).get("resources") for target in as_map(data.get("targets")).values()]
    for resources in (data.get("resources"), *stages):
        for job, settings in as_map(as_map(resources).get("jobs")).items():
            tasks = as_map(settings).get("tasks")
            for index, item in enumerate(as_list(tasks)):
                line = line_of(tasks, index) or 1
                yield from _of_task(files, path, line, str(job), as_map(item))


def _of_task(files: Files, path: str, line: int, job: str, task: Mapping[str, Any]) -> Iterator[BundleTask]:
    inner = as_map(as_map(task.get("for_each_task")).get("task"))
    if inner:
        yield from _of_task(files, path, line, job, {"task_key": task.get("task_key"), **inner, "for_each_task": None})
        return
    script = as_map(task.get("spark_python_task"))
    notebook = as_map(task.get("notebook_task"))
    wheel = as_map(task.get("python_wheel_task"))
    name = str(task.get("task_key") or "")
    named = str(script.get("python_file") or notebook.get("notebook_path") or "")
    if not named:
        if entry := str(wheel.get("entry_point") or ""):
            yield BundleTask(path, line, job, name, (entry, *words_of(wheel.get("parameters"))), "")
        return
    folder = path.rpartition("/")[0]
    file = named if named.endswith((".py", ".ipynb")) else f"{named}.py"
    # a task that takes its file from Git names it from the root; what leads out of the tree stands for a workspace
    module = file_of_script(files, file, folder) if file.endswith(".py") else None
    words = ("python", named, *words_of(script.get("parameters")))
    yield BundleTask(path, line, job, name, words, module or "")
