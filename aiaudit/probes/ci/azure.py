"""Azure Pipelines, wherever the project keeps them: stages, jobs and steps, with the templates that they take in."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any, Final

from msgspec import Struct

from aiaudit import lazy
from aiaudit.probes.ci.model import Job, Shell, Step, Workflow, as_list, as_map, folder_of, words_of
from aiaudit.probes.ci.places import script_line
from aiaudit.probes.reading import Files
from aiaudit.project.parse import line_of

_OWN: Final = (
    "azure-pipelines*.yml",
    "azure-pipelines*.yaml",
    ".azure-pipelines/*.y*ml",
    ".azuredevops/*.y*ml",
    ".pipelines/*.y*ml",
)
# The service is told where a pipeline's file lies, so that it may lie anywhere; its content says what it is.
GLOBS: Final = (
    *_OWN,
    "**/*[Pp]ipeline*.y*ml",
    "**/PIPELINE*.y*ml",
    "**/*[Pp]ipelines/**/*.y*ml",
    "**/{.azure,azure,azdo,ado,devops,.azuredevops,.pipelines}/**/*.y*ml",
)
_MARKS: Final = lazy.regex(r"\bvmImage\b|\btask:\s*[\w.-]+@\d|\bazureSubscription\b|-\s*template:\s")
_BEGINS: Final = lazy.regex(r"^(?:trigger|pr|schedules)\s*:", re.MULTILINE)
_STARTS: Final = frozenset(("trigger", "pr", "schedules"))
_TEMPLATE: Final = lazy.regex(r"\btemplate:\s*['\"]?([^\s'\"@]+\.ya?ml)(?!\S*@)")
_PARAMETER: Final = lazy.regex(r"\$\{\{\s*parameters\.(\w+)\s*\}\}")
_CONDITION: Final = "${{"
_ASKS: Final = ("manualvalidation@", "manualintervention@")  # tasks that wait for a person
_MAX_DEPTH: Final = 8
_MOST_STEPS: Final = 2_000  # of one job
_LONGEST: Final = 20_000  # characters of a script with its parameters put in


class _At(Struct, frozen=True):
    """The file that is read, what its caller gave it, and how deep it is taken in."""

    path: str
    given: Mapping[str, str] = {}
    depth: int = 0


def read(files: Files) -> list[Workflow]:
    """The pipelines that start by themselves. Their shells do not stop at the first failure."""
    own = {entry.path for entry in files.matching(_OWN)}
    taken = _taken_in(files)
    found: list[Workflow] = []
    for entry in files.running(GLOBS):
        if entry.path not in own and not _is_azure(files.text(entry.path) or ""):
            continue
        data = files.yaml(entry.path)
        if not isinstance(data, Mapping) or not ({"stages", "jobs", "steps", "extends"} & set(data)):
            continue
        if entry.path not in own and not _is_root(data):
            continue
        if entry.path in taken and not _STARTS & set(data):
            continue  # seen through those that take it in
        triggers = [] if words_of(data.get("trigger")) == ("none",) else ["push"]
        triggers += [] if words_of(data.get("pr")) == ("none",) else ["pull_request"]
        triggers += ["schedule"] if data.get("schedules") else []
        jobs = tuple(_jobs(files, _At(entry.path), data, ()))
        name = str(data.get("name") or entry.name)
        found.append(Workflow(entry.path, "azure", name, tuple(triggers), jobs, data=data))
    return found


def _taken_in(files: Files) -> set[str]:
    """The files that others take in as their template."""
    taken = set[str]()
    for entry in files.running(GLOBS):
        for name in _TEMPLATE.findall(files.text(entry.path) or ""):
            folder = entry.path.rpartition("/")[0]
            taken.add(name.lstrip("/") if name.startswith("/") else _joined(folder, name))
    return taken


def _is_azure(text: str) -> bool:
    return _MARKS.search(text) is not None and _BEGINS.search(text) is not None


def _is_root(data: Mapping[str, Any]) -> bool:
    """Whether a pipeline starts here: a template has parameters and no trigger, and other systems name their jobs."""
    listed = [data.get(key) for key in ("stages", "jobs", "steps")]
    return bool(_STARTS & set(data)) and (
        "template" in as_map(data.get("extends"))
        or any(isinstance(one, list) and all(isinstance(item, Mapping) for item in one) for one in listed)
    )


def _jobs(files: Files, at: _At, data: Mapping[str, Any], needs: tuple[str, ...]) -> Iterator[Job]:
    previous: list[str] = list(needs)
    extended = _template(files, at, as_map(data.get("extends")))
    if extended is not None:
        yield from _jobs(files, extended[0], extended[1], needs)
    for stage_map, _ in _items(data.get("stages")):
        template = _template(files, at, stage_map)
        if template is not None:
            made = list(_jobs(files, template[0], {"stages": template[1].get("stages")}, tuple(previous)))
            previous += [job.id for job in made]
            yield from made
            continue
        waits = words_of(stage_map.get("dependsOn")) if "dependsOn" in stage_map else tuple(previous)
        made = list(_jobs(files, at, stage_map, waits))
        previous = [str(stage_map.get("stage", "")), *(job.id for job in made)]
        yield from made
    for index, (job, line) in enumerate(_items(data.get("jobs"))):
        template = _template(files, at, job)
        if template is not None:
            yield from _jobs(files, template[0], {"jobs": template[1].get("jobs")}, needs)
            continue
        name = _filled(str(job.get("job") or job.get("deployment") or f"job {index + 1}"), at)
        strategy = as_map(as_map(job.get("strategy")).get("runOnce"))
        steps = job.get("steps") or as_map(strategy.get("deploy")).get("steps")
        environment = job.get("environment")
        made_steps = tuple(islice(_steps(files, at, steps), _MOST_STEPS))
        yield Job(
            name,
            line,
            made_steps,
            tuple(dict.fromkeys((*needs, *(_filled(one, at) for one in words_of(job.get("dependsOn")))))),
            job.get("continueOnError") is not True,
            _condition(job).strip().lower() not in ("false", "never()"),
            _condition(job),
            environment=_filled(
                str(environment if isinstance(environment, str) else as_map(environment).get("name", "")), at
            ),
            asked=any(step.uses.lower().startswith(_ASKS) for step in made_steps),
        )
    if data.get("steps"):
        yield Job(
            "steps", line_of(data, "steps") or 1, tuple(islice(_steps(files, at, data["steps"]), _MOST_STEPS)), needs
        )


def _items(listed: Any, depth: int = 0) -> Iterator[tuple[Mapping[str, Any], int]]:
    """The items of a list with their lines; what stands under a condition (`${{ if … }}:`) counts as if it held."""
    for index, item in enumerate(as_list(listed)):
        entry = as_map(item)
        inner = next((key for key in entry if str(key).startswith(_CONDITION)), None)
        if inner is not None and len(entry) == 1 and depth < _MAX_DEPTH:
            yield from _items(entry[inner], depth + 1)
        else:
            yield entry, line_of(listed, index) or 1


def _condition(item: Mapping[str, Any]) -> str:
    value = item.get("condition")
    return "" if value is None else str(value)


def _template(files: Files, at: _At, item: Mapping[str, Any]) -> tuple[_At, Mapping[str, Any]] | None:
    """The file that an item takes in, and what it is given. Templates of other repositories (`x@repo`) are not here."""
    name = item.get("template")
    if not isinstance(name, str) or at.depth >= _MAX_DEPTH or not files.may_follow(at.path):
        return None
    folder = at.path.rpartition("/")[0]
    target = name.lstrip("/") if name.startswith("/") else _joined(folder, name)
    data = as_map(files.yaml(target)) if files.exists(target) else {}
    given = {str(key): _filled(str(value), at) for key, value in as_map(item.get("parameters")).items()}
    declared = data.get("parameters")
    known = (
        {str(as_map(one).get("name")): as_map(one).get("default") for one in declared}
        if isinstance(declared, list)
        else dict(as_map(declared))
    )
    defaults = {str(key): str(value) for key, value in known.items() if isinstance(value, str | int | float)}
    return _At(target, {**defaults, **given}, at.depth + 1), data


def _joined(folder: str, name: str) -> str:
    parts = [part for part in folder.split("/") if part]
    for part in name.split("/"):
        if part == "..":
            parts = parts[:-1]
        elif part != ".":
            parts.append(part)
    return "/".join(parts)


def _filled(text: str, at: _At) -> str:
    """A text with the parameters of its template put in, those that are known."""
    return _PARAMETER.sub(lambda hit: at.given.get(hit.group(1), hit.group())[:_LONGEST], text)[:_LONGEST]


def _steps(files: Files, at: _At, listed: Any) -> Iterator[Step]:
    text = files.text(at.path) or ""
    for step, line in _items(listed):
        template = _template(files, at, step)
        if template is not None:
            yield from _steps(files, template[0], template[1].get("steps"))
            continue
        key = next((k for k in ("script", "bash", "pwsh", "powershell") if isinstance(step.get(k), str)), "")
        inputs = as_map(step.get("inputs"))
        inline = inputs.get("script") or inputs.get("inlineScript")
        script = str(step[key]) if key else str(inline) if isinstance(inline, str) else ""
        holder, script_key = (step, key) if key else (inputs, "script" if "script" in inputs else "inlineScript")
        condition = _condition(step)
        yield Step(
            line,
            str(step.get("displayName") or ""),
            _filled(script, at),
            script_line(text, holder, script_key) or line,
            Shell(errexit=False),
            uses=str(step.get("task") or ""),
            inputs=inputs,
            folder=folder_of(step.get("workingDirectory")),
            blocking=step.get("continueOnError") is not True,
            runs=condition.strip().lower() not in ("false", "never()", "failed()"),
            condition=condition,
            path=at.path,
        )
