"""AWS CodeBuild: the phases of a build specification. What starts a build stands in AWS, or in what describes it.

A phase that fails ends those behind it, but `post_build` runs whatever became of `build`: so it waits for the phases
before that one alone, and what is released there has passed no test that runs in `build`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from aiaudit import lazy
from aiaudit.probes.ci.model import Job, Shell, Step, Workflow, as_map
from aiaudit.probes.ci.places import joined_script
from aiaudit.probes.reading import Files
from aiaudit.project.parse import line_of

GLOBS: Final = ("**/*buildspec*.y*ml", "**/buildspec*/*.y*ml")
_NEEDS: Final[dict[str, tuple[str, ...]]] = {
    "install": (),
    "pre_build": ("install",),
    "build": ("install", "pre_build"),
    "post_build": ("install", "pre_build"),
}
# Where the phase asks how the one before it ended, it waits for it.
_ASKS: Final = lazy.regex(r"\bCODEBUILD_BUILD_SUCCEEDING\b")
# What starts it stands in AWS: taken from what the file is called, as for Cloud Build.
_EVENTS: Final = (
    (lazy.regex(r"(?i)(?:^|[-_.])(?:pr|pull)(?:[-_.s]|$)"), "pull_request"),
    (lazy.regex(r"(?i)nightly|schedul|cron|weekly|daily|retrain"), "schedule"),
)


def read(files: Files) -> list[Workflow]:
    """The builds of CodeBuild. One whose name says nothing else is started by a change, as CodePipeline does it."""
    found: list[Workflow] = []
    for entry in files.matching(GLOBS):
        data = files.yaml(entry.path)
        phases = as_map(as_map(data).get("phases"))
        if not phases or entry.role in ("example", "docs"):
            continue
        jobs = tuple(_jobs(files.text(entry.path) or "", phases))
        event = next((event for name, event in _EVENTS if name.search(entry.name)), "push")
        if jobs:
            found.append(Workflow(entry.path, "codebuild", entry.name, (event,), jobs, data=data))
    return found


def _jobs(text: str, phases: Mapping[str, Any]) -> Iterator[Job]:
    there = [name for name in _NEEDS if name in phases]
    for name in there:
        phase = as_map(phases[name])
        script, line = joined_script(text, phase, "commands")
        last, end = joined_script(text, phase, "finally")
        steps = [Step(line, name, script, line, Shell(errexit=True))] if script else []
        if last:
            steps.append(Step(end, f"{name}, finally", last, end, Shell(errexit=True)))
        needs = [one for one in _NEEDS[name] if one in there]
        if name == "post_build" and "build" in there and _ASKS.search(script):
            needs.append("build")
        goes_on = str(phase.get("on-failure") or "").upper() == "CONTINUE"
        if steps:
            yield Job(name, line_of(phases, name) or line, tuple(steps), tuple(needs), not goes_on)
