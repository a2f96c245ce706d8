"""Tasks of taskgraph, which the decision task of `.taskcluster.yml` generates from files of kinds. Its transforms are
not evaluated: a task counts as it stands in its file, with what the file gives all of its tasks by default."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping
from typing import Any, Final

from aiaudit import lazy
from aiaudit.probes.ci.model import Job, Shell, Step, Workflow, as_list, as_map, words_of
from aiaudit.probes.ci.places import script_line
from aiaudit.probes.reading import Files
from aiaudit.project.parse import line_of

GLOBS: Final = ("taskcluster/{kinds,ci}/*/kind.y*ml",)
_SCRIPT: Final = lazy.regex(r"^-[a-z]*c[a-z]*$")
_MOST_TASKS: Final = 2000
# A task is checked out at the project's root, and names files of it by these.
_ROOT: Final = lazy.regex(r"(?:\$\{?(?:VCS_PATH|GECKO_PATH)\}?|\{checkout\})/")
_EVENTS: Final = {"github-push": "push", "hg-push": "push", "cron": "schedule", "github-release": "release"}


def read(files: Files, decision: str) -> Iterator[Workflow]:
    """One workflow a kind, where the text of the decision task says that taskgraph makes the tasks."""
    if not re.search(r"\btaskgraph\b", decision):
        return
    for entry in files.matching(GLOBS):
        text = files.text(entry.path) or ""
        if "command" not in text:
            continue
        data = as_map(files.yaml(entry.path))
        jobs = tuple(_jobs(text, data))
        if jobs:
            triggers = tuple(sorted({event for job in jobs for event in job.triggers}))
            name = entry.path.split("/")[-2]
            yield Workflow(entry.path, "taskcluster", name, triggers, jobs, data=data)


def _jobs(text: str, data: Mapping[str, Any]) -> Iterator[Job]:
    for tasks, defaults in (("tasks", "task-defaults"), ("jobs", "job-defaults")):
        shared = as_map(data.get(defaults))
        for name, value in list(as_map(data.get(tasks)).items())[:_MOST_TASKS]:
            task = as_map(value)
            run = as_map(task.get("run"))
            if run.get("command") is None:
                run = as_map(shared.get("run"))
            if run.get("command") is not None:
                yield _job(text, str(name), run, _triggers(task, shared))


def _triggers(task: Mapping[str, Any], shared: Mapping[str, Any]) -> tuple[str, ...]:
    """What starts a task: where it says nothing it is a part of every graph, and where it names nothing, people ask."""
    told = task.get("run-on-tasks-for", shared.get("run-on-tasks-for", ["all"]))
    if not isinstance(told, list):  # depends on what a transform makes of it
        return ("manual",)
    names = words_of(told)
    if "all" in names:
        return ("push", "pull_request")
    found = {_EVENTS.get(name, "pull_request" if name.startswith("github-pull-request") else "") for name in names}
    return tuple(sorted(found - {""})) or ("manual",)


def _job(text: str, name: str, run: Mapping[str, Any], triggers: tuple[str, ...]) -> Job:
    command = run["command"]
    words = words_of(as_list(command))
    at = next((index for index, word in enumerate(words[:-1]) if _SCRIPT.match(word)), None)
    if isinstance(command, str):
        script, place = command, script_line(text, run, "command")
    elif at is not None:
        script, place = words[at + 1], script_line(text, command, at + 1)
    else:
        script, place = " ".join(map(shlex.quote, words)), script_line(text, command, 0)
    line = place or line_of(run, "command") or 1
    # A script that a shell is given goes on after a failure, unless it says otherwise.
    errexit = at is None or isinstance(command, str) or "e" in words[at]
    step = Step(line, name, _ROOT.sub("", script), line, Shell(errexit=errexit), inputs={"shell": at is not None})
    return Job(name, line, (step,), triggers=triggers)
