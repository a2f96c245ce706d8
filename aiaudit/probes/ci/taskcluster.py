"""Taskcluster: the tasks of `.taskcluster.yml`, and of files whose tasks a hook starts. Its templates (JSON-e) are not
evaluated: what stands under a condition counts, and the condition tells at which events."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping
from typing import Any, Final

from aiaudit import lazy
from aiaudit.probes.ci import taskgraph
from aiaudit.probes.ci.model import Job, Shell, Step, Workflow, as_list, as_map, words_of
from aiaudit.probes.ci.places import script_line
from aiaudit.probes.reading import Files
from aiaudit.project.parse import line_of

FILE: Final = ".taskcluster.yml"
GLOBS: Final = (FILE, "{infra,taskcluster,ci}/*pipeline*.y*ml")
_HOOKS: Final = ("{infra,taskcluster,ci}/*hook*.json",)
_SCRIPT: Final = lazy.regex(r"^-[a-z]*c[a-z]*$")
# A task begins with a clone of the project and goes on in it: what follows runs at the project's root.
_INTO_THE_CLONE: Final = lazy.regex(r"(\bgit\s+clone\b[^&;|]*(?:&&|;)\s*)cd\s+[\w./-]+\s*(?:&&|;)")
_ASKED: Final = lazy.regex(r"(?i)descr|body|title|label|message|comment")  # a person asks for it in words
_MAX_DEPTH: Final = 30


def read(files: Files) -> list[Workflow]:
    """One workflow a file of tasks, or a kind of tasks that taskgraph makes."""
    if not files.exists(FILE):
        return []
    found: list[Workflow] = []
    for entry in files.matching(GLOBS):
        text = files.text(entry.path) or ""
        if not re.search(r"\bpayload\s*:", text) or "command" not in text:
            continue
        data = files.yaml(entry.path)
        own = entry.path == FILE
        triggers = ("push", "pull_request") if own else ("schedule",) if _scheduled(files) else ("manual",)
        jobs = tuple(_jobs(text, data, triggers, 0))
        if jobs:
            found.append(Workflow(entry.path, "taskcluster", entry.name, triggers, jobs, data=data))
    return [*found, *taskgraph.read(files, files.text(FILE) or "")]


def _scheduled(files: Files) -> bool:
    """Whether a hook starts tasks by the calendar."""
    return any(re.search(r'"schedule"\s*:\s*\[\s*"', files.text(entry.path) or "") for entry in files.matching(_HOOKS))


def _jobs(text: str, node: Any, triggers: tuple[str, ...], depth: int) -> Iterator[Job]:
    if depth > _MAX_DEPTH:
        return
    if isinstance(node, list):
        for item in node:
            yield from _jobs(text, item, triggers, depth + 1)
        return
    found = as_map(node)
    payload = as_map(found.get("payload"))
    if payload.get("command"):
        yield _job(text, found, payload, triggers)
        return
    condition = str(found.get("$if") or "")
    for key, value in found.items():
        if isinstance(value, Mapping | list):
            yield from _jobs(text, value, _events(condition, triggers) if key == "then" else triggers, depth + 1)


def _events(condition: str, triggers: tuple[str, ...]) -> tuple[str, ...]:
    """The events that a condition leaves."""
    if _ASKED.search(condition):
        return ("manual",)
    push, request = "github-push" in condition, "pull-request" in condition
    if "github-release" in condition and not push and not request:
        return ("release",)
    if push == request or triggers == ("schedule",):
        return triggers
    return ("push",) if push else ("pull_request",)


def _job(text: str, task: Mapping[str, Any], payload: Mapping[str, Any], triggers: tuple[str, ...]) -> Job:
    name = str(as_map(task.get("metadata")).get("name") or task.get("ID") or "task")
    command = payload["command"]
    # Generic workers run several commands, each a list of words.
    runs = [one for one in as_list(command) if isinstance(one, list)] or [command]
    steps: list[Step] = []
    for one in runs:
        words = words_of(one)
        at = next((index for index, word in enumerate(words[:-1]) if _SCRIPT.match(word)), None)
        script = words[at + 1] if at is not None else " ".join(map(shlex.quote, words))
        place = script_line(text, one, at + 1) if at is not None else script_line(text, one, 0)
        line = place or line_of(payload, "command") or 1
        errexit = at is not None and "e" in words[at]
        told = {"shell": at is not None}
        steps.append(Step(line, name, _INTO_THE_CLONE.sub(r"\1", script, 1), line, Shell(errexit=errexit), inputs=told))
    waits = words_of(task.get("dependencies"))
    return Job(name, steps[0].line if steps else 1, tuple(steps), waits, triggers=triggers)
