"""AppVeyor: the phases of a build on Windows or Linux, each a list of commands of one shell or another."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from aiaudit.probes.ci.model import Job, Shell, Step, Workflow, as_list
from aiaudit.probes.ci.places import script_line
from aiaudit.probes.reading import Files
from aiaudit.project.parse import line_of

GLOBS: Final = ("appveyor.yml", ".appveyor.yml")
_DECIDE: Final = (
    "init", "install", "before_build", "build_script", "after_build", "before_test", "test_script", "after_test",
    "before_deploy", "deploy_script", "after_deploy", "on_success",
)  # fmt: skip
_LIKE_SH: Final = frozenset({"cmd", "sh", "bash"})  # what one line of them starts reads alike
_SHELLS: Final = (*_LIKE_SH, "ps", "pwsh", "python")
_LOOK_ASIDE: Final = frozenset({"on_success"})  # its failure fails no build


def read(files: Files) -> list[Workflow]:
    """The build of `appveyor.yml`: a push or a pull request starts it."""
    found: list[Workflow] = []
    for entry in files.matching(GLOBS):
        data = files.yaml(entry.path)
        if not isinstance(data, Mapping):
            continue
        text = files.text(entry.path) or ""
        steps = tuple(step for phase in _DECIDE for step in _steps(text, data, phase))
        if steps:
            job = Job("build", 1, steps)
            triggers = ("push",) if data.get("skip_pull_requests") is True else ("push", "pull_request")
            found.append(Workflow(entry.path, "appveyor", entry.name, triggers, (job,), data=data))
    return found


def _steps(text: str, data: Mapping[str, Any], phase: str) -> Iterator[Step]:
    listed = data.get(phase)
    for at, item in enumerate(as_list(listed)):
        holder, key = (listed, at) if isinstance(listed, list) else (data, phase)
        line = (line_of(listed, at) if isinstance(listed, list) else line_of(data, phase)) or 1
        kind, script = "cmd", item
        if isinstance(item, Mapping):
            kind = next((one for one in _SHELLS if isinstance(item.get(one), str)), "")
            holder, key, script = item, kind, item.get(kind)
        if not isinstance(script, str) or not script.strip():
            continue
        shell = Shell(errexit=True, kind="sh" if kind in _LIKE_SH else kind)
        start = script_line(text, holder, key) or line
        yield Step(line, phase, script, start, shell, blocking=phase not in _LOOK_ASIDE)
