"""Drone, and Woodpecker, which came of it: pipelines of steps, each a container with commands or a plug-in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from aiaudit.probes.ci.model import Job, Shell, Step, Workflow, as_list, as_map, words_of
from aiaudit.probes.ci.places import joined_script
from aiaudit.probes.reading import Files
from aiaudit.project.parse import line_of

DRONE: Final = (".drone.yml", ".drone.yaml")
WOODPECKER: Final = (".woodpecker.y*ml", ".woodpecker/**/*.y*ml")
GLOBS: Final = (*DRONE, *WOODPECKER)
_EVENTS: Final = {
    "push": "push",
    "pull_request": "pull_request",
    "pull-request": "pull_request",
    "pull_request_closed": "manual",
    "tag": "push:tags",
    "release": "push:tags",
    "cron": "schedule",
    "promote": "manual",
    "rollback": "manual",
    "deployment": "manual",
    "custom": "manual",
    "manual": "manual",
}
_ALL: Final = ("push", "pull_request")
_SHELL: Final = Shell(errexit=True)  # both run their commands under `set -e`


def read(files: Files) -> list[Workflow]:
    """The pipelines of both systems. Those of Drone's runners without containers are read alike."""
    found: list[Workflow] = []
    for entry in files.matching(GLOBS):
        woodpecker = entry.name not in DRONE
        text = files.text(entry.path) or ""
        for number, document in enumerate(files.yaml_all(entry.path), 1):
            data = as_map(document)
            if not woodpecker and data.get("kind", "pipeline") != "pipeline":
                continue
            steps = data.get("steps", data.get("pipeline"))
            jobs = tuple(_jobs(text, steps))
            if jobs:
                triggers = _triggers(data.get("when") if woodpecker else data.get("trigger")) or _ALL
                name = str(data.get("name") or (entry.name if number == 1 else f"{entry.name} {number}"))
                system = "woodpecker" if woodpecker else "drone"
                found.append(Workflow(entry.path, system, name, triggers, jobs, data=data))
    return found


def _jobs(text: str, listed: Any) -> Iterator[Job]:
    """Steps run one after another; where one names what it waits for, for that alone."""
    before: list[str] = []
    for name, step, line in _named(listed):
        script, start = joined_script(text, step, "commands")
        image = str(step.get("image") or "")
        settings = step.get("settings")
        if script:
            made = Step(line, name, script, start, _SHELL, image=image)
        elif image:  # a plug-in: what it is told stands in its settings
            made = Step(line, name, uses=f"{image}", inputs=as_map(settings), image=image)
        else:
            continue
        waits = words_of(step.get("depends_on")) if "depends_on" in step else tuple(before)
        events = _triggers(step.get("when"))
        yield Job(
            name,
            line,
            (made,),
            waits,
            str(step.get("failure") or "").lower() != "ignore",
            words_of(as_map(step.get("when")).get("status")) != ("failure",),
            triggers=events,
        )
        before.append(name)


def _named(listed: Any) -> Iterator[tuple[str, Mapping[str, Any], int]]:
    """Steps with their names: a list, or a mapping by name."""
    if isinstance(listed, Mapping):
        for key, value in listed.items():
            yield str(key), as_map(value), line_of(listed, key) or 1
    for at, value in enumerate(listed if isinstance(listed, list) else ()):
        yield str(as_map(value).get("name") or f"step {at + 1}"), as_map(value), line_of(listed, at) or 1


def _triggers(when: Any) -> tuple[str, ...]:
    """The events that a condition names; none where it names none, which is any."""
    named: list[str] = []
    for one in as_list(when):
        event = as_map(one).get("event")
        if event is None:
            return ()
        if isinstance(event, Mapping):
            left_out = {_EVENTS.get(word, word) for word in words_of(event.get("exclude"))}
            event = event.get("include") or [word for word in _ALL if word not in left_out]
        named += [_EVENTS.get(word, "manual") for word in words_of(event)]
    return tuple(dict.fromkeys(named))
