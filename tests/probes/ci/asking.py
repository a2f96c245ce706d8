"""Asks the CI probes about a small project."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from aiaudit.model.fact import Fact
from aiaudit.probes.ci.commands import CiCommands, CommandsQuery
from aiaudit.probes.ci.workflows import CiWorkflows, What, WorkflowsQuery
from tests.probes.support import context

Files = Mapping[str, str | bytes]


def fact(root: Path, files: Files, **query: Any) -> Fact:
    return CiCommands().answer("commands", CommandsQuery(**query), context(root, files))


def commands(root: Path, files: Files, **query: Any) -> list[dict[str, Any]]:
    return fact(root, files, **query).value or []


def brief(root: Path, files: Files, **query: Any) -> list[tuple[str, str, str]]:
    """Kind, command, and `path:line` of each command that has a kind."""
    found = commands(root, files, **query)
    return [(c["kind"], c["command"], f"{c['path']}:{c['line']}") for c in found if c["kind"] != "other"]


def workflows(root: Path, files: Files, what: What) -> list[dict[str, Any]]:
    return CiWorkflows().answer("workflows", WorkflowsQuery(what=what), context(root, files)).value or []


def github(run: str, *, on: str = "push", job: str = "", step: str = "") -> str:
    """A workflow with one job whose one step runs `run`."""
    script = "\n".join(f"          {line}" for line in run.splitlines())
    extra = "".join(f"    {line}\n" for line in job.splitlines())
    own = "".join(f"        {line}\n" for line in step.splitlines())
    return f"on: {on}\njobs:\n  build:\n    runs-on: ubuntu-latest\n{extra}    steps:\n      - run: |\n{script}\n{own}"
