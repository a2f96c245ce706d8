"""GitHub Actions: workflows, reusable workflows and composite actions of the tree."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from msgspec import Struct
from msgspec.structs import replace

from aiaudit import lazy
from aiaudit.model.types import Unknown
from aiaudit.probes.ci.conditions import Event, covered, events, never
from aiaudit.probes.ci.model import Job, Maybe, Shell, Step, Workflow, as_list, as_map, folder_of, words_of
from aiaudit.probes.ci.own import at_home
from aiaudit.probes.ci.places import script_line
from aiaudit.probes.ci.refused import refused
from aiaudit.probes.reading import Files
from aiaudit.project.parse import line_of

GLOBS: Final = (
    ".github/workflows/*.yml",
    ".github/workflows/*.yaml",
    ".gitea/workflows/*.y*ml",
    ".forgejo/workflows/*.y*ml",
)
_NEVER: Final = lazy.regex(r"^\s*(?:\$\{\{\s*)?(false|0|''|null)(?:\s*\}\})?\s*$", re.IGNORECASE)
_ALWAYS: Final = lazy.regex(
    r"^\s*(?:\$\{\{\s*)?(true|1|always\(\)|!\s*cancelled\(\)|success\(\))(?:\s*\}\})?\s*$", re.IGNORECASE
)
# What fails by an outcome, or reports it as a check of the commit.
_FAILS_BY: Final = lazy.regex(
    r"\bexit\s+[1-9]|\bsetFailed\b|checks\.create\b|createCommitStatus\b|/check-runs\b|/statuses/"
)
_ASKS_HOW: Final = lazy.regex(r"\b(?:always|cancelled|failure)\(\)|\bneeds[.\[]")
_ON_FAILURE: Final = lazy.regex(r"(?<!\w)(?:failure|cancelled)\(\)", re.IGNORECASE)
_UNLESS_FAILED: Final = lazy.regex(r"!\s*(?:failure|cancelled)\(\)", re.IGNORECASE)
_HOOK: Final = lazy.regex(r"^\s*\$\{\{\s*secrets\.(\w*(?i:deploy\w*hook|hook\w*deploy)\w*)\s*\}\}\s*$")
_IF_SET: Final = lazy.regex(r"^\s*(?:\$\{\{\s*)?env\.(\w+)(?:\s*!=\s*'')?(?:\s*\}\})?\s*$")
_SETS_NO_VARIABLE: Final = lazy.regex(r"^(?:\./|actions/|docker/|azure/|aws-actions/|appleboy/)", re.IGNORECASE)
_CLOSED_ONLY: Final = frozenset(
    {"closed", "labeled", "unlabeled", "assigned", "unassigned", "edited", "locked", "unlocked"}
)
# The shells GitHub offers, as its documentation describes their invocation.
_RUNS_A_SCRIPT: Final = lazy.regex(r"(?i)^azure/cli@")  # what it is given runs in its container
_GIVEN_SCRIPT: Final = "inlineScript"
_SHELLS: Final = {
    "": Shell(errexit=True, pipefail=False),
    "bash": Shell(errexit=True, pipefail=True),
    "sh": Shell(errexit=True, pipefail=False),
    "python": Shell(kind="python"),
    "pwsh": Shell(errexit=False, kind="sh"),
    "powershell": Shell(errexit=False, kind="sh"),
    "cmd": Shell(errexit=False, kind="sh"),
}


def read(files: Files) -> list[Workflow]:
    """All workflows of the project that could be read."""
    found = [workflow for entry in files.matching(GLOBS) if (workflow := _workflow(files, entry.path)) is not None]
    return at_home(files, found)


def _workflow(files: Files, path: str) -> Workflow | None:
    data = files.yaml(path)
    if not isinstance(data, Mapping) or not isinstance(data.get("jobs"), Mapping):
        return None
    text = files.text(path) or ""
    defaults = as_map(as_map(data.get("defaults")).get("run"))
    on = data.get("on")
    started = _of_code(files, on, triggers(on))
    jobs = [
        _job(text, str(key), as_map(job), line_of(data["jobs"], key) or 1, defaults, data.get("env"))
        for key, job in data["jobs"].items()
    ]
    made = tuple(_waiting([_when(job, events(on, started), started) for job in jobs]))
    if path.startswith(".github/") and refused(data):
        made = tuple(replace(job, runs=False) for job in made)
    name = data.get("name")
    return Workflow(path, "github", name if isinstance(name, str) else path, started, made, data=data)


def _of_code(files: Files, on: Any, named: tuple[str, ...]) -> tuple[str, ...]:
    """The triggers, of which those say so (`push:paths`) that no change of the project's code or tests sets off."""
    limited = {
        event for event, one in as_map(on).items() if {"paths", "paths-ignore"} & set(as_map(one)) and event in named
    }
    if not limited:
        return named
    paths = [entry.path for entry in files.project.entries if entry.kind == "file" and entry.role in ("code", "test")]
    return tuple(
        f"{one}:paths" if one in limited and paths and not covered(as_map(as_map(on)[one]), paths) else one
        for one in named
    )


def _when(job: Job, at: Sequence[Event], named: tuple[str, ...]) -> Job:
    """The job with what its condition leaves of the events, and its steps with whether theirs leaves any."""
    left = tuple(one for one, event in zip(named, at, strict=True) if not never(job.condition, event))
    here = [event for one, event in zip(named, at, strict=True) if one in left]
    steps = tuple(
        replace(step, runs=False)
        if step.condition and here and all(never(step.condition, one) for one in here)
        else step
        for step in job.steps
    )
    if named and not left:
        return replace(job, runs=False, steps=steps)
    return replace(job, triggers=left if len(left) < len(named) else (), steps=steps)


def _waiting(jobs: Sequence[Job]) -> Iterator[Job]:
    """Jobs that wait for one that is skipped are skipped with it, unless they ask how it ended."""
    waiting: dict[str, list[Job]] = {}
    for job in jobs:
        for name in job.needs if not _ASKS_HOW.search(job.condition) else ():
            waiting.setdefault(name, []).append(job)
    skipped = {job.id for job in jobs if job.runs is False}
    queue = list(skipped)
    while queue:
        new = {job.id for job in waiting.get(queue.pop(), ())} - skipped
        skipped |= new
        queue.extend(new)
    yield from (replace(job, runs=False) if job.id in skipped else job for job in jobs)


def triggers(on: Any) -> tuple[str, ...]:
    """The events of a workflow. An event that is narrowed away from changes carries the reason: `push:tags`."""
    if not isinstance(on, Mapping):
        return words_of(on)
    names: list[str] = []
    for event, settings in on.items():
        setting = as_map(settings)
        types = set(words_of(setting.get("types")))
        if event == "push" and "tags" in setting and not {"branches", "branches-ignore"} & set(setting):
            names.append("push:tags")
        elif event.startswith("pull_request") and types and types <= _CLOSED_ONLY:
            names.append(f"{event}:{'+'.join(sorted(types))}")
        else:
            names.append(event)
    return tuple(names)


def _job(text: str, key: str, job: Mapping[str, Any], line: int, defaults: Mapping[str, Any], variables: Any) -> Job:
    own = {**defaults, **as_map(as_map(job.get("defaults")).get("run"))}
    windows = "windows" in str(job.get("runs-on", "")).lower()
    environment = job.get("environment")
    if environment is None and job.get("uses"):  # a called workflow is told its environment among its inputs
        given = {str(key).lower(): value for key, value in as_map(job.get("with")).items()}
        environment = given.get("environment")
    raw_steps = job.get("steps")
    unset = never_set(text, variables, job)
    steps = [
        step_of(text, as_map(item), line_of(raw_steps, index) or line, own, windows, unset)
        for index, item in enumerate(as_list(raw_steps))
    ]
    condition = _condition(job)
    return Job(
        id=key,
        line=line,
        steps=tuple(_taken_up(steps, [as_map(item) for item in as_list(raw_steps)])),
        needs=words_of(job.get("needs")),
        blocking=tolerated(job.get("continue-on-error")),
        runs=runs(condition),
        condition=condition,
        environment=str(environment if isinstance(environment, str) else as_map(environment).get("name", "")),
        uses=str(job.get("uses") or ""),
        inputs=as_map(job.get("with")),
    )


def _taken_up(steps: Sequence[Step], items: Sequence[Mapping[str, Any]]) -> Iterator[Step]:
    """Steps whose failure is tolerated, where a later step takes up their outcome: it counts where that step fails by
    it or reports it as a check of the commit, and is unknown where something else is done with it."""
    for index, (step, item) in enumerate(zip(steps, items, strict=True)):
        name = str(item.get("id") or "")
        uses = re.compile(rf"\bsteps\.{re.escape(name)}\.outcome\b")
        later = [text for one in items[index + 1 :] if uses.search(text := str(dict(one)))] if name else []
        if step.blocking is False and later:
            counts = any(_FAILS_BY.search(text) for text in later)
            yield replace(step, blocking=True if counts else Unknown("a later step takes up its outcome"))
        else:
            yield step


def step_of(
    text: str, item: Mapping[str, Any], line: int, defaults: Mapping[str, Any], windows: bool = False,
    unset: frozenset[str] = frozenset(),
) -> Step:  # fmt: skip
    """One step of a job or of a composite action. `unset`: variables that are never set, see `never_set`."""
    script, holder, key = item.get("run"), item, "run"
    if script is None and _RUNS_A_SCRIPT.match(str(item.get("uses") or "")):
        holder, key = as_map(item.get("with")), _GIVEN_SCRIPT
        script = holder.get(key)
    shell_name = str(item.get("shell") or defaults.get("shell") or ("pwsh" if windows else ""))
    condition = _condition(item)
    asked = _IF_SET.match(condition)
    return Step(
        line=line,
        name=str(item.get("name") or ""),
        script=_by_the_hook(script, as_map(item.get("env"))) if isinstance(script, str) else "",
        script_line=script_line(text, holder, key) or line,
        shell=_SHELLS.get(shell_name) or _custom_shell(shell_name),
        uses=str(item.get("uses") or ""),
        uses_line=line_of(item, "uses") or line,
        inputs=as_map(item.get("with")),
        folder=folder_of(item.get("working-directory") or defaults.get("working-directory")),
        blocking=tolerated(item.get("continue-on-error")),
        runs=runs(condition) and not (asked is not None and asked.group(1) in unset),
        condition=condition,
    )


def _by_the_hook(script: str, given: Mapping[str, Any]) -> str:
    """The script with a variable that holds the hook by which a platform deploys called as the secret is."""
    for name, value in given.items():
        secret = _HOOK.match(str(value))
        if secret is not None:
            script = re.sub(
                rf"\$(?:\{{{re.escape(str(name))}\}}|{re.escape(str(name))}\b)", f"${secret.group(1)}", script
            )
    return script


def _condition(item: Mapping[str, Any]) -> str:
    value = item.get("if")
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def runs(condition: str) -> Maybe:
    """Whether a step or job with this `if:` runs in a normal, successful build. Other conditions count as true."""
    if _NEVER.match(condition):
        return False
    asked = _UNLESS_FAILED.sub("true", condition)
    return not (_ON_FAILURE.search(asked) and not _ALWAYS.match(asked) and "always()" not in asked)


def never_set(text: str, workflow: Any, job: Mapping[str, Any]) -> frozenset[str]:
    """The variables that steps of a job ask for in their `if:` and that nothing in the workflow sets.

    `env` there holds what `env:` of the workflow, the job and the step say, and what steps write into `GITHUB_ENV`; a
    secret of that name is not in it. Where a step may write there, or an action that is not known to set nothing, none.
    """
    steps = [as_map(step) for step in as_list(job.get("steps"))]
    asked = {match.group(1) for step in steps if (match := _IF_SET.match(_condition(step)))}
    said = [value for value in (workflow, job.get("env"), *(step.get("env") for step in steps)) if value is not None]
    if not asked or "GITHUB_ENV" in text or not all(isinstance(value, Mapping) for value in said):
        return frozenset()
    if any(not _SETS_NO_VARIABLE.match(str(step["uses"])) for step in steps if step.get("uses")):
        return frozenset()
    return frozenset(asked).difference(*said)


def tolerated(value: Any) -> Maybe:
    """Whether a failure counts, by `continue-on-error`."""
    if value is None or value is False:
        return True
    if value is True:
        return False
    text = str(value).strip()
    if _NEVER.match(text):
        return True
    return False if _ALWAYS.match(text) else Unknown(f"continue-on-error is {text[:80]}")


def _custom_shell(command: str) -> Shell:
    """`bash -l {0}` and the like: errexit only where the command says so."""
    words = command.split()
    program = words[0].rpartition("/")[2] if words else ""
    if program not in ("bash", "sh", "zsh", "dash", "micromamba-shell"):
        return Shell(kind=program or "unknown")
    flags = "".join(word for word in words[1:] if word.startswith("-") and not word.startswith("--"))
    return Shell(errexit="e" in flags, pipefail="pipefail" in words)


class CompositeAction(Struct, frozen=True):
    """A composite action of the tree: its file, its steps, and the texts that inputs have by themselves."""

    path: str
    steps: tuple[Step, ...]
    defaults: Mapping[str, str]


def composite_action(files: Files, uses: str) -> CompositeAction | None:
    """A local composite action; None where `uses` is not one that can be read."""
    if not uses.startswith("./"):
        return None
    folder = uses[2:].strip("/")
    for name in ("action.yml", "action.yaml"):
        path = f"{folder}/{name}" if folder else name
        if not files.exists(path):
            continue
        data = files.yaml(path)
        run = as_map(as_map(data).get("runs"))
        steps = run.get("steps")
        if run.get("using") != "composite" or not isinstance(steps, list):
            return None
        text = files.text(path) or ""
        told = {str(key): as_map(value).get("default") for key, value in as_map(as_map(data).get("inputs")).items()}
        return CompositeAction(
            path,
            tuple(step_of(text, as_map(item), line_of(steps, i) or 1, {}) for i, item in enumerate(steps)),
            {key: str(value) for key, value in told.items() if value is not None},
        )
    return None
