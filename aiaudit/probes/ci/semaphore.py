"""Semaphore: pipelines of blocks with jobs, and those that a pipeline promotes to once it has ended well."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from aiaudit.probes.ci.model import Job, Shell, Step, Workflow, as_list, as_map, words_of
from aiaudit.probes.ci.places import joined_script
from aiaudit.probes.reading import Files
from aiaudit.project.parse import line_of

FIRST: Final = ".semaphore/semaphore.yml"  # what a change starts; the others are promoted to
GLOBS: Final = (".semaphore/*.y*ml",)
_SHELL: Final = Shell(errexit=True)


def read(files: Files) -> list[Workflow]:
    """The pipelines in `.semaphore`. A promotion by hand is started by a person, one `auto_promote` by the change."""
    read_in = [(entry.path, as_map(files.yaml(entry.path))) for entry in files.matching(GLOBS)]
    by_itself = {
        f".semaphore/{one.get('pipeline_file')}"
        for _, data in read_in
        for one in map(as_map, as_list(data.get("promotions")))
        if one.get("auto_promote") or one.get("auto_promote_on")
    }
    found: list[Workflow] = []
    for path, data in read_in:
        jobs = tuple(_jobs(files.text(path) or "", data))
        if jobs:
            triggers = ("push", "pull_request") if path == FIRST else ("push",) if path in by_itself else ("manual",)
            found.append(Workflow(path, "semaphore", str(data.get("name") or path), triggers, jobs, data=data))
    return found


def _jobs(text: str, data: Mapping[str, Any]) -> Iterator[Job]:
    around = as_map(as_map(data.get("global_job_config")))
    of_block: dict[str, list[str]] = {}
    listed = data.get("blocks")
    before: list[str] = []
    for at, item in enumerate(as_list(listed)):
        block = as_map(item)
        name = str(block.get("name") or f"block {at + 1}")
        task = as_map(block.get("task"))
        waits = words_of(block.get("dependencies")) if "dependencies" in block else tuple(of_block)
        needs = tuple(job for one in waits for job in of_block.get(one, ())) if waits else ()
        first = [*_script(text, around, "prologue"), *_script(text, task, "prologue")]
        last = [*_script(text, task, "epilogue"), *_script(text, around, "epilogue")]
        of_block[name] = []
        for number, one in enumerate(as_list(task.get("jobs")), 1):
            job = as_map(one)
            own = list(_script(text, {"job": job}, "job"))
            label = str(job.get("name") or f"job {number}")
            identity = label if label not in before else f"{name} / {label}"
            before.append(identity)
            of_block[name].append(identity)
            yield Job(identity, line_of(listed, at) or 1, (*first, *own, *last), needs)


def _script(text: str, holder: Mapping[str, Any], key: str) -> Iterator[Step]:
    """The commands of a part; an epilogue decides nothing any more."""
    script, line = joined_script(text, as_map(holder.get(key)), "commands")
    if script:
        yield Step(line, key, script, line, _SHELL, blocking=key != "epilogue")
