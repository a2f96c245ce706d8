"""Workflows as every CI system has them: jobs with steps, each step a script or a named action."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from msgspec import Struct, field

from aiaudit.model.types import Unknown

Maybe = bool | Unknown

# Events that run a workflow on a proposed or accepted change, without a person asking for it.
CHANGE_EVENTS: Final = frozenset({"push", "pull_request", "pull_request_target", "merge_group", "merge_request"})


class Shell(Struct, frozen=True):
    """How a script is run: with errexit and pipefail or not. `kind` other than "sh" (python, pwsh…) is not parsed.
    `goes_on`: every line is started whatever became of those before it, and each can fail the job."""

    errexit: bool = True
    pipefail: bool = False
    kind: str = "sh"
    goes_on: bool = False


class Step(Struct, frozen=True):
    """One step of a job. `line` is where it begins, `script_line` where the script's first line stands.

    `blocking`: whether its failure fails the job, by the step's own settings. `folder` is where it runs, relative to
    the root (None: not known).
    """

    line: int
    name: str = ""
    script: str = ""
    script_line: int = 0
    shell: Shell = Shell()
    uses: str = ""
    uses_line: int = 0  # where the action is named, which a comment may stand beside
    inputs: Mapping[str, Any] = field(default_factory=dict)
    folder: str | None = ""
    blocking: Maybe = True
    runs: Maybe = True
    condition: str = ""
    image: str = ""
    path: str = ""  # where it stands, if in another file than its workflow
    asked: bool = False  # it waits for a person who lets the job go on


class Job(Struct, frozen=True):
    """A job: steps that run one after another on one machine, after the jobs in `needs`."""

    id: str
    line: int
    steps: tuple[Step, ...] = ()
    needs: tuple[str, ...] = ()
    blocking: Maybe = True
    runs: Maybe = True
    condition: str = ""
    environment: str = ""
    uses: str = ""  # a reusable workflow
    inputs: Mapping[str, Any] = field(default_factory=dict)  # what that one is given
    triggers: tuple[str, ...] = ()  # narrower than the workflow's, where the job says so
    deploys: bool = False  # stands in a stage of deployment
    asked: bool = False  # a person lets it begin, or those that wait for it go on


class Workflow(Struct, frozen=True):
    """A CI configuration file, or one pipeline of it. `problems` says what of it could not be resolved."""

    path: str
    system: str
    name: str
    triggers: tuple[str, ...]
    jobs: tuple[Job, ...]
    problems: tuple[str, ...] = ()
    data: Any = None


def both(first: Maybe, second: Maybe) -> Maybe:
    """`and` of three values."""
    if first is False or second is False:
        return False
    if isinstance(first, Unknown):
        return first
    return second


def as_list(value: Any) -> list[Any]:
    """A list as it is, nothing for None, and anything else as a list of one."""
    return [] if value is None else list(value) if isinstance(value, list) else [value]


def as_map(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def words_of(value: Any) -> tuple[str, ...]:
    """The strings of a value that is a string or a list of strings."""
    return tuple(str(item) for item in as_list(value) if isinstance(item, str | int | float))


def folder_of(value: Any) -> str | None:
    """The folder of the tree in which a step runs, "" for the root; None where the file does not tell."""
    if value is None:
        return ""
    folder = str(value).strip().removeprefix("./").strip("/")
    return None if "$" in folder or folder.startswith("..") else "" if folder == "." else folder
