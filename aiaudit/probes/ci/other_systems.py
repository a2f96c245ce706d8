"""Azure Pipelines, CircleCI and Bitbucket Pipelines."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from aiaudit.probes.ci.model import Job, Shell, Step, Workflow, as_list, as_map, words_of
from aiaudit.probes.ci.places import joined_script, script_line
from aiaudit.probes.reading import Files
from aiaudit.project.parse import line_of

AZURE: Final = (
    "azure-pipelines*.yml",
    "azure-pipelines*.yaml",
    ".azure-pipelines/*.y*ml",
    ".azuredevops/*.y*ml",
    ".pipelines/*.y*ml",
)
CIRCLE: Final = ".circleci/config.yml"
BITBUCKET: Final = "bitbucket-pipelines.yml"
_MAX_DEPTH: Final = 8


def read_azure(files: Files) -> list[Workflow]:
    """Azure pipelines: stages, jobs, steps and local templates. Its shells do not stop at the first failure."""
    found: list[Workflow] = []
    for entry in files.matching(AZURE):
        data = files.yaml(entry.path)
        if not isinstance(data, Mapping) or not ({"stages", "jobs", "steps"} & set(data)):
            continue
        triggers = [] if data.get("trigger") == "none" else ["push"]
        triggers += [] if data.get("pr") == "none" else ["pull_request"]
        triggers += ["schedule"] if data.get("schedules") else []
        jobs = list(_azure_jobs(files, entry.path, data, ()))
        found.append(
            Workflow(entry.path, "azure", str(data.get("name") or entry.name), tuple(triggers), tuple(jobs), data=data)
        )
    return found


def _azure_jobs(files: Files, path: str, data: Mapping[str, Any], needs: tuple[str, ...]) -> Iterator[Job]:
    previous: list[str] = list(needs)
    for stage in as_list(data.get("stages")):
        stage_map = as_map(stage)
        waits = words_of(stage_map.get("dependsOn")) if "dependsOn" in stage_map else tuple(previous)
        made = list(_azure_jobs(files, path, stage_map, waits))
        previous = [str(stage_map.get("stage", "")), *(job.id for job in made)]
        yield from made
    listed = data.get("jobs")
    for index, item in enumerate(as_list(listed)):
        job = as_map(item)
        name = str(job.get("job") or job.get("deployment") or f"job {index + 1}")
        strategy = as_map(as_map(job.get("strategy")).get("runOnce"))
        steps = job.get("steps") or as_map(strategy.get("deploy")).get("steps")
        environment = job.get("environment")
        yield Job(
            name,
            line_of(listed, index) or 1,
            tuple(_azure_steps(files, path, steps, 0)),
            tuple(dict.fromkeys((*needs, *words_of(job.get("dependsOn"))))),
            job.get("continueOnError") is not True,
            str(job.get("condition")).strip().lower() not in ("false", "never()"),
            str(job.get("condition") or ""),
            environment=str(environment if isinstance(environment, str) else as_map(environment).get("name", "")),
        )
    if data.get("steps"):
        yield Job("steps", line_of(data, "steps") or 1, tuple(_azure_steps(files, path, data["steps"], 0)), needs)


def _azure_steps(files: Files, path: str, listed: Any, depth: int) -> Iterator[Step]:
    text = files.text(path) or ""
    for index, item in enumerate(as_list(listed)):
        step = as_map(item)
        line = line_of(listed, index) or 1
        template = step.get("template")
        if isinstance(template, str) and depth < _MAX_DEPTH:
            target = (
                template.lstrip("/")
                if template.startswith("/")
                else f"{path.rpartition('/')[0]}/{template}".lstrip("/")
            )
            inner = files.yaml(target) if files.exists(target) else None
            yield from _azure_steps(files, target, as_map(inner).get("steps"), depth + 1)
            continue
        key = next((k for k in ("script", "bash", "pwsh", "powershell") if isinstance(step.get(k), str)), "")
        inputs = as_map(step.get("inputs"))
        inline = inputs.get("script") or inputs.get("inlineScript")
        script = str(step[key]) if key else str(inline) if isinstance(inline, str) else ""
        holder, script_key = (step, key) if key else (inputs, "script" if "script" in inputs else "inlineScript")
        condition = str(step.get("condition") or "")
        yield Step(
            line,
            str(step.get("displayName") or ""),
            script,
            script_line(text, holder, script_key) or line,
            Shell(errexit=False),
            uses=str(step.get("task") or ""),
            inputs=inputs,
            folder=_folder(step.get("workingDirectory")),
            blocking=step.get("continueOnError") is not True,
            runs=condition.strip().lower() not in ("false", "never()", "failed()"),
            condition=condition,
        )


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
            steps = tuple(_circle_steps(text, job.get("steps"), commands, line, 0))
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
                )
            )
        found.append(
            Workflow(CIRCLE, "circleci", str(name), ("schedule",) if scheduled else ("push",), tuple(made), data=data)
        )
    return found


def _circle_steps(text: str, listed: Any, commands: Mapping[str, Any], line: int, depth: int) -> Iterator[Step]:
    shell = Shell(errexit=True, pipefail=True)
    for index, item in enumerate(as_list(listed)):
        place = line_of(listed, index) or line
        key, value = (item, {}) if isinstance(item, str) else next(iter(as_map(item).items()), ("", {}))
        if key == "run":
            run = value if isinstance(value, Mapping) else {"command": value}
            script = str(run.get("command") or "")
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
                folder=_folder(run.get("working_directory")),
                runs=when != "on_fail",
                condition=when,
            )
        elif key in commands and depth < _MAX_DEPTH:
            yield from _circle_steps(text, as_map(commands[key]).get("steps"), commands, place, depth + 1)
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


def _folder(value: Any) -> str | None:
    if value is None:
        return ""
    folder = str(value).strip().removeprefix("./").strip("/")
    return None if "$" in folder or folder.startswith("..") else "" if folder == "." else folder
