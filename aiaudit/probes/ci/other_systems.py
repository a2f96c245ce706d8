"""CircleCI and Bitbucket Pipelines."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any, Final

from aiaudit import lazy
from aiaudit.probes.ci.model import Job, Shell, Step, Workflow, as_list, as_map, folder_of, words_of
from aiaudit.probes.ci.places import joined_script, script_line
from aiaudit.probes.reading import Files
from aiaudit.project.parse import line_of

CIRCLE: Final = ".circleci/config.yml"
BITBUCKET: Final = "bitbucket-pipelines.yml"
_PARAMETER: Final = lazy.regex(r"<<\s*parameters\.([\w-]+)\s*>>")
_LONGEST: Final = 20_000  # characters of a script with its parameters put in
_MAX_DEPTH: Final = 8
_MOST_STEPS: Final = 2_000  # of one job: commands may use themselves


def read_circle(files: Files) -> list[Workflow]:
    """CircleCI: the jobs that its workflows name, with reusable commands expanded. Orbs are kept as their names."""
    data = files.yaml(CIRCLE) if files.exists(CIRCLE) else None
    if not isinstance(data, Mapping):
        return []
    text = files.text(CIRCLE) or ""
    jobs = as_map(data.get("jobs"))
    commands = as_map(data.get("commands"))
    found: list[Workflow] = []
    workflows = as_map(data.get("workflows")) or {"build": {"jobs": list(jobs)}}
    for name, workflow in workflows.items():
        if not isinstance(workflow, Mapping):
            continue
        scheduled = any("schedule" in as_map(trigger) for trigger in as_list(workflow.get("triggers")))
        made: list[Job] = []
        for item in as_list(workflow.get("jobs")):
            key, settings = (item, {}) if isinstance(item, str) else next(iter(as_map(item).items()), ("", {}))
            job = as_map(jobs.get(key))
            line = line_of(jobs, key) or 1
            given = _given(job, as_map(settings), {})
            steps = tuple(islice(_circle_steps(text, job.get("steps"), commands, line, 0, given), _MOST_STEPS))
            tags_only = "tags" in as_map(as_map(settings).get("filters")) and "ignore" in as_map(
                as_map(as_map(settings).get("filters")).get("branches")
            )
            made.append(
                Job(
                    key,
                    line,
                    steps,
                    words_of(as_map(settings).get("requires")),
                    triggers=("push:tags",) if tags_only else (),
                    asked=as_map(settings).get("type") == "approval",
                )
            )
        found.append(
            Workflow(CIRCLE, "circleci", str(name), ("schedule",) if scheduled else ("push",), tuple(made), data=data)
        )
    return found


def _given(taker: Any, handed: Mapping[str, Any], given: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a job or a command is given for its parameters, or has for them by itself: texts, and lists of steps."""
    declared = as_map(as_map(taker).get("parameters"))
    values = {str(key): handed.get(key, as_map(one).get("default")) for key, one in declared.items()}
    return {key: one if isinstance(one, list) else _filled(str(one), given) for key, one in values.items() if one}


def _filled(text: str, given: Mapping[str, Any]) -> str:
    """A text with the parameters put in that are known."""

    def put_in(hit: re.Match[str]) -> str:
        value = given.get(hit.group(1))
        return value[:_LONGEST] if isinstance(value, str) else hit.group()

    return _PARAMETER.sub(put_in, text)[:_LONGEST]


def _circle_steps(
    text: str, listed: Any, commands: Mapping[str, Any], line: int, depth: int, given: Mapping[str, Any]
) -> Iterator[Step]:
    shell = Shell(errexit=True, pipefail=True)
    for index, item in enumerate(as_list(listed)):
        place = line_of(listed, index) or line
        key, value = (item, {}) if isinstance(item, str) else next(iter(as_map(item).items()), ("", {}))
        handed = _PARAMETER.fullmatch(str(key))
        if handed or key in ("when", "unless"):  # steps that are handed in, or stand under a condition
            inner_steps = given.get(handed.group(1)) if handed else as_map(value).get("steps")
            if isinstance(inner_steps, list) and depth < _MAX_DEPTH:
                yield from _circle_steps(text, inner_steps, commands, place, depth + 1, given)
        elif key == "run":
            run = value if isinstance(value, Mapping) else {"command": value}
            script = _filled(str(run.get("command") or ""), given)
            start = (
                script_line(text, value, "command") if isinstance(value, Mapping) else script_line(text, item, "run")
            )
            when = str(run.get("when") or "")
            yield Step(
                place,
                str(run.get("name") or ""),
                script,
                start or place,
                shell,
                folder=folder_of(run.get("working_directory")),
                runs=when != "on_fail",
                condition=when,
            )
        elif key in commands and depth < _MAX_DEPTH:
            inner = _given(commands[key], as_map(value), given)
            yield from _circle_steps(text, as_map(commands[key]).get("steps"), commands, place, depth + 1, inner)
        elif key:
            yield Step(place, uses=str(key), inputs=as_map(value))


def read_bitbucket(files: Files) -> list[Workflow]:
    """Bitbucket: one workflow for each event it has steps for."""
    data = files.yaml(BITBUCKET) if files.exists(BITBUCKET) else None
    pipelines = as_map(as_map(data).get("pipelines"))
    text = files.text(BITBUCKET) or "" if pipelines else ""
    events = {
        "default": "push",
        "branches": "push",
        "pull-requests": "pull_request",
        "tags": "push:tags",
        "custom": "manual",
    }
    found: list[Workflow] = []
    for event, content in pipelines.items():
        groups = {"": content} if isinstance(content, list) else as_map(content)
        for label, listed in groups.items():
            jobs: list[Job] = []
            for step, line in _bitbucket_steps(listed, 0):
                script, start = joined_script(text, step, "script")
                pipes = [
                    Step(line, uses=str(pipe["pipe"])) for pipe in as_list(step.get("script")) if "pipe" in as_map(pipe)
                ]
                manual = step.get("trigger") == "manual"
                jobs.append(
                    Job(
                        str(step.get("name") or f"step {len(jobs) + 1}"),
                        line,
                        (Step(line, str(step.get("name") or ""), script, start, Shell(errexit=True)), *pipes),
                        tuple(job.id for job in jobs),
                        environment=str(step.get("deployment") or ""),
                        triggers=("manual",) if manual else (),
                    )
                )
            name = f"{event} {label}".strip()
            found.append(Workflow(BITBUCKET, "bitbucket", name, (events.get(event, "manual"),), tuple(jobs), data=data))
    return found


def _bitbucket_steps(listed: Any, depth: int) -> Iterator[tuple[Mapping[str, Any], int]]:
    for index, item in enumerate(as_list(listed) if depth < _MAX_DEPTH else []):
        entry = as_map(item)
        if "step" in entry:
            yield as_map(entry["step"]), line_of(listed, index) or 1
        for key in ("parallel", "stage"):
            inner = entry.get(key)
            yield from _bitbucket_steps(inner if isinstance(inner, list) else as_map(inner).get("steps"), depth + 1)
