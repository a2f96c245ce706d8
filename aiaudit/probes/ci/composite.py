"""Steps as they run on GitHub: those of a workflow, and of the local composite actions that they use, with what each is
given. A script of an action runs the words that its caller hands on."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain, islice
from typing import Any, Final

from msgspec import Struct, field

from aiaudit import lazy
from aiaudit.probes.ci.github import composite_action
from aiaudit.probes.ci.model import Job, Step, Workflow
from aiaudit.probes.reading import Files

EXPRESSION: Final = lazy.regex(r"\$\{\{(.*?)\}\}", re.DOTALL)
_INPUT: Final = lazy.regex(r"\binputs\.([\w-]+)|\binputs\[\s*'([\w-]+)'\s*\]")
_DEEPEST: Final = 4  # actions that use actions
_MOST: Final = 20_000  # steps of one workflow

Given = Mapping[str, Any]
"""What a caller gives, by input; texts may hold expressions."""


class OpenStep(Struct, frozen=True):
    """A step, the file in which it stands, and what that file is given by each of its callers."""

    path: str
    job: Job
    step: Step
    given: tuple[Given, ...] = field(default=())

    def meanings(self, expression: str) -> Iterator[str]:
        """The expression itself, then with its inputs as each caller gives them."""
        yield expression
        for given in self.given:
            if (told := _with(expression, given)) != expression:
                yield told


def open_steps(workflow: Workflow, workflows: Iterable[Workflow], files: Files) -> Iterator[OpenStep]:
    """The steps of a GitHub workflow, each followed by those of the local action that it uses. `workflows`: all, of
    which some may call this one."""
    called = [job for one in workflows for job in one.jobs if job.uses.partition("@")[0] == f"./{workflow.path}"]
    given = tuple(job.inputs for job in called)
    own = (OpenStep(workflow.path, job, step, given) for job in workflow.jobs for step in job.steps)
    yield from islice(chain.from_iterable(_opened(one, files, _DEEPEST) for one in own), _MOST)


def _opened(one: OpenStep, files: Files, deepest: int) -> Iterator[OpenStep]:
    yield one
    action = composite_action(files, one.step.uses) if deepest else None
    if action is None or not files.may_follow(one.path):
        return
    inputs = {**action.defaults, **one.step.inputs}
    handed = [{name: _told(text, given) for name, text in inputs.items()} for given in one.given or ({},)]
    for step in action.steps:
        yield from _opened(OpenStep(action.path, one.job, step, tuple(handed)), files, deepest - 1)


def _told(text: Any, given: Given) -> str:
    """A text that a step hands on, with its own inputs as they were given."""
    return EXPRESSION.sub(lambda match: "${{" + _with(match.group(1), given) + "}}", str(text))


def _with(expression: str, given: Given) -> str:
    """An expression in which inputs are what the expressions in their texts say; a text without any is no word of
    anybody else."""

    def meant(match: re.Match[str]) -> str:
        text = given.get(match.group(1) or match.group(2))
        return " ".join(EXPRESSION.findall(str(text))) or "''"

    return _INPUT.sub(meant, expression)
