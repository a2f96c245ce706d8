"""Buildkite: the pipelines of `.buildkite/`, whose steps wait for those before a `wait`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from aiaudit.probes.ci.model import Job, Shell, Step, Workflow, as_list, as_map, words_of
from aiaudit.probes.ci.places import joined_script
from aiaudit.probes.reading import Files
from aiaudit.project.parse import line_of

GLOBS: Final = (".buildkite/*.yml", ".buildkite/*.yaml", "buildkite.yml", "buildkite.yaml")
_SCRIPTS: Final = ("command", "commands")
_ASKS: Final = ("block", "input", "manual")  # the last is the older name of the first
_MAX_DEPTH: Final = 6


def read(files: Files) -> list[Workflow]:
    """The pipelines. What starts them is set on the server: by itself, a push or a pull request."""
    found: list[Workflow] = []
    for entry in files.matching(GLOBS):
        data = files.yaml(entry.path)
        listed = data if isinstance(data, list) else as_map(data).get("steps")
        if not isinstance(listed, list):
            continue
        jobs = tuple(_jobs(files.text(entry.path) or "", listed, (), 0))
        if jobs:
            found.append(Workflow(entry.path, "buildkite", entry.name, ("push", "pull_request"), jobs, data=data))
    return found


def _jobs(text: str, listed: Any, waits: tuple[str, ...], depth: int) -> Iterator[Job]:
    before: list[str] = list(waits)
    gates = tuple(waits)
    for index, item in enumerate(as_list(listed)):
        step, line = as_map(item), line_of(listed, index) or 1
        if item == "wait" or "wait" in step:
            gates = tuple(before)
        elif item in _ASKS or any(key in step for key in _ASKS):
            asks = Job(str(step.get("key") or f"block at line {line}"), line, needs=tuple(before), asked=True)
            before.append(asks.id)
            gates = tuple(before)
            yield asks
        elif "steps" in step and depth < _MAX_DEPTH:
            made = list(_jobs(text, step["steps"], gates, depth + 1))
            before += [job.id for job in made]
            yield from made
        elif any(key in step for key in _SCRIPTS):
            job = _job(text, step, line, gates)
            before.append(job.id)
            yield job


def _job(text: str, step: Mapping[str, Any], line: int, gates: tuple[str, ...]) -> Job:
    key = next(key for key in _SCRIPTS if key in step)
    script, start = joined_script(text, step, key)
    name = str(step.get("key") or step.get("id") or step.get("label") or step.get("name") or f"step at line {line}")
    condition = str(step.get("if") or "")
    return Job(
        name,
        line,
        (Step(line, str(step.get("label") or step.get("name") or ""), script, start, Shell(errexit=True)),),
        words_of(step.get("depends_on")) or gates,
        not step.get("soft_fail"),
        condition.strip().lower() != "false" and not step.get("skip"),
        condition,
    )
