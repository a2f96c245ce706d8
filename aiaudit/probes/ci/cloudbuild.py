"""Google Cloud Build: the steps of a build, each a container with a program. What starts a build is not in its file."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Any, Final

from aiaudit import lazy
from aiaudit.probes.ci.model import Job, Shell, Step, Workflow, as_map, words_of
from aiaudit.probes.ci.places import script_line
from aiaudit.probes.reading import Files
from aiaudit.project.parse import line_of

GLOBS: Final = (
    "cloudbuild*.yaml", "cloudbuild*.yml", "cloudbuild*.json",
    "**/cloudbuild*.yaml", "**/cloudbuild*.yml", "**/cloudbuild*.json",
    "**/cloudbuild/*.yaml", "**/cloudbuild/*.yml",
)  # fmt: skip
_SHELL: Final = lazy.regex(r"(?:^|/)(?:ba|da|z)?sh$")
_BUILDER: Final = lazy.regex(r"(?:^|/)cloud-builders/([\w-]+)|(?:^|/)(terraform)(?:[:@]|$)")
# Triggers stand in Google Cloud, not in the file: they are taken from what the file is called.
_EVENTS: Final = (
    (lazy.regex(r"(?i)(?:^|[-_.])(?:pr|pull)(?:[-_.s]|$)"), "pull_request"),
    (lazy.regex(r"(?i)release|(?:^|[-_.])tags?(?:[-_.]|$)"), "push:tags"),
    (lazy.regex(r"(?i)nightly|schedul|cron|weekly|daily"), "schedule"),
    (lazy.regex(r"(?i)^cloudbuild\.|(?:^|[-_.])(?:ci|push|main|master)(?:[-_.]|$)"), "push"),
)


def read(files: Files) -> list[Workflow]:
    """The builds of Cloud Build. One whose name says nothing of its trigger counts as started by hand."""
    found: list[Workflow] = []
    for entry in files.running(GLOBS):
        data = files.json(entry.path) if entry.path.endswith(".json") else files.yaml(entry.path)
        listed = as_map(data).get("steps")
        if not isinstance(listed, list) or not any(isinstance(as_map(step).get("name"), str) for step in listed):
            continue
        text = files.text(entry.path) or ""
        steps = tuple(_step(text, as_map(step), line_of(listed, index) or 1) for index, step in enumerate(listed))
        event = next((event for name, event in _EVENTS if name.search(entry.name)), "manual")
        found.append(Workflow(entry.path, "cloudbuild", entry.name, (event,), (Job("build", 1, steps),), data=data))
    return found


def _step(text: str, step: Mapping[str, Any], line: int) -> Step:
    image = str(step.get("name") or "")
    script, start = _script(text, step, line, image)
    return Step(
        line,
        str(step.get("id") or image),
        script,
        start,
        # `sh -c` runs on after a failure, unless it is told otherwise.
        Shell(errexit=any(word.startswith("-") and "e" in word for word in words_of(step.get("args"))[:1])),
        folder=_folder(step.get("dir")),
        blocking=step.get("allowFailure") is not True,
        image=image,
    )


def _script(text: str, step: Mapping[str, Any], line: int, image: str) -> tuple[str, int]:
    """The shell script that a step comes to, and the line where it begins."""
    if isinstance(step.get("script"), str):
        return str(step["script"]).replace("$$", "$"), script_line(text, step, "script") or line
    arguments = words_of(step.get("args"))
    program = str(step.get("entrypoint") or "")
    if _SHELL.search(program) and len(arguments) > 1 and arguments[0].startswith("-") and "c" in arguments[0]:
        return arguments[1].replace("$$", "$"), script_line(text, step.get("args"), 1) or line
    builder = _BUILDER.search(image)
    first = program or (next(filter(None, builder.groups()), "") if builder else "")
    return shlex.join([*filter(None, [first]), *arguments]), line


def _folder(value: Any) -> str | None:
    folder = str(value or "").removeprefix("/workspace").strip("/").removeprefix("./")
    return None if "$" in folder or folder.startswith("..") else "" if folder == "." else folder
