"""What of a GitHub workflow is the project itself under another name: workflows that it calls as if they were another's
(`owner/name/.github/workflows/x.yml@main`), and folders into which it checks itself out.

A tree does not know its own name; its documents and metadata tell it. A file of that path has to be here, too, and be
made to be called, so that a workflow of the same name in a shared repository is not taken for it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from msgspec.structs import replace

from aiaudit import lazy
from aiaudit.probes.ci.model import Job, Workflow
from aiaudit.probes.reading import Files

_CALLED: Final = lazy.regex(r"^([\w.-]+)/([\w.-]+)/(\.github/workflows/[\w./-]+)@\S+$")
_TOLD_IN: Final = ("README.md", "README.rst", "readme.md", "pyproject.toml", "package.json", "mkdocs.yml", "setup.py")


def at_home(files: Files, workflows: Sequence[Workflow]) -> list[Workflow]:
    """The workflows, each call of one of the project's own by its full name written as `./.github/workflows/…`."""
    callable_here = {one.path for one in workflows if "workflow_call" in one.triggers}
    named = {job.uses for one in workflows for job in one.jobs if _CALLED.match(job.uses)}
    own = {uses: f"./{path}" for uses, path in _own(files, named, callable_here)}
    if not own:
        return list(workflows)
    return [
        replace(one, jobs=tuple(replace(job, uses=own.get(job.uses, job.uses)) for job in one.jobs))
        for one in workflows
    ]


def _own(files: Files, named: set[str], here: set[str]) -> Iterator[tuple[str, str]]:
    for uses in sorted(named):
        match = _CALLED.match(uses)
        if match is None or match[3] not in here:
            continue
        owner, name, path = match.groups()
        told = re.compile(rf"(?i)github\.com[/:]{re.escape(owner)}/{re.escape(name)}(?![\w-])")
        texts = (files.text(one) or "" for one in _TOLD_IN if files.exists(one))
        if any(told.search(text) for text in texts):
            yield uses, path


def copies(job: Job) -> frozenset[str]:
    """The folders of the runner that hold the project: where it is checked out under a path, and nowhere else."""
    taken = [step.inputs for step in job.steps if step.uses.lower().startswith("actions/checkout")]
    own = [str(inputs.get("path") or "").strip("./") for inputs in taken if not inputs.get("repository")]
    return frozenset(own) if own and all(own) and not any("$" in one for one in own) else frozenset()


def in_tree(folder: str | None, beside: frozenset[str]) -> str | None:
    """The folder of the tree that a folder of the runner is. `beside`: see `copies`."""
    if not folder or not beside:
        return folder
    for one in beside:
        if folder == one or folder.startswith(f"{one}/"):
            return folder[len(one) + 1 :]
    return folder
