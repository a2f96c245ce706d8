"""Cirrus CI: tasks, whose instructions run in the order in which they are written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from aiaudit import lazy
from aiaudit.probes.ci.model import Job, Shell, Step, Workflow, as_map, words_of
from aiaudit.probes.ci.places import joined_script
from aiaudit.probes.reading import Files
from aiaudit.project.parse import line_of

FILE: Final = ".cirrus.yml"
_SCRIPT: Final = lazy.regex(r"^(?:(?P<name>\w+)_)?script$")
_ALWAYS: Final = "always"
_CRON: Final = lazy.regex(r"\$CIRRUS_CRON\s*[!=]=")


def read(files: Files) -> list[Workflow]:
    """The tasks of `.cirrus.yml`: a push or a pull request starts them. Tasks that are only patterns are left out."""
    data = files.yaml(FILE) if files.exists(FILE) else None
    if not isinstance(data, Mapping):
        return []
    text = files.text(FILE) or ""
    jobs = tuple(
        _job(text, key, as_map(value), line_of(data, key) or 1)
        for key, value in data.items()
        if (str(key) == "task" or str(key).endswith("_task")) and isinstance(value, Mapping)
    )
    return [Workflow(FILE, "cirrus", FILE, ("push", "pull_request"), jobs, data=data)] if jobs else []


def _job(text: str, key: str, task: Mapping[str, Any], line: int) -> Job:
    condition = str(task.get("only_if") or "")
    by_hand = str(task.get("trigger_type") or "") == "manual"
    events = ("manual",) if by_hand else ("schedule",) if _CRON.search(condition) else ()
    return Job(
        str(task.get("alias") or task.get("name") or key.removesuffix("_task")),
        line,
        tuple(_steps(text, task)),
        words_of(task.get("depends_on")),
        task.get("allow_failures") is not True,
        condition.strip().lower() != "false",
        condition,
        triggers=events,
    )


def _steps(text: str, task: Mapping[str, Any], blocking: bool = True) -> Iterator[Step]:
    for key, value in task.items():
        if key == _ALWAYS and isinstance(value, Mapping):  # runs after a failure too, and hides none
            yield from _steps(text, value)
        elif _SCRIPT.match(str(key)):
            script, line = joined_script(text, task, str(key))
            if script:
                yield Step(line, str(key), script, line, Shell(errexit=True), blocking=blocking)
