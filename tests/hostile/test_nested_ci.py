"""CI files that take in themselves many times over: each would be followed in powers of their number."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pytest

from aiaudit.model.fact import State
from aiaudit.probes.base import Context
from aiaudit.probes.ci.inventory import MOST_COMMANDS, inventory
from aiaudit.probes.ci.workflows import CiWorkflows, WorkflowsQuery
from aiaudit.project.config import no_config
from aiaudit.project.tree import Project

TIMES = 60  # to the fourth power and more
_RUN = "on: [push]\njobs:\n  a:\n    runs-on: ubuntu-24.04\n    steps:\n      - run: {}\n"
_SELF = "      - a\n" * TIMES

BOMBS = {
    "composite action": {
        ".github/workflows/ci.yml": _RUN.format("pytest") + "      - uses: ./.github/actions/a\n" * TIMES,
        ".github/actions/a/action.yml": "runs:\n  using: composite\n  steps:\n"
        + "    - uses: ./.github/actions/a\n" * TIMES
        + "    - {shell: bash, run: pytest}\n",
    },
    "workflow": {
        ".github/workflows/ci.yml": "on: [push, workflow_call]\njobs:\n"
        + "".join(f"  j{n}: {{uses: ./.github/workflows/ci.yml}}\n" for n in range(TIMES))
        + "  t: {runs-on: x, steps: [{run: pytest}]}\n"
    },
    "make": {
        ".github/workflows/ci.yml": _RUN.format("make a"),
        "Makefile": "a:\n" + "\t$(MAKE) a\n" * TIMES + "\tpytest\n",
    },
    "make includes": {
        ".github/workflows/ci.yml": _RUN.format("make a"),
        "Makefile": "include a.mk\n" * TIMES + "a:\n\tpytest\n",
        "a.mk": "include b.mk\n" * TIMES,
        "b.mk": "include a.mk\n" * TIMES,
    },
    "make variables": {
        ".github/workflows/ci.yml": _RUN.format("make a"),
        "Makefile": f"A = {'$(B)' * TIMES}\nB = {'$(A)$(C)' * TIMES}\nC = {'$(B)' * TIMES}\na:\n\tpytest $(A)\n",
    },
    "npm": {
        ".github/workflows/ci.yml": _RUN.format("npm run a"),
        "package.json": json.dumps({"scripts": {"a": " && ".join([*["npm run a"] * TIMES, "pytest"])}}),
    },
    "script": {
        ".github/workflows/ci.yml": _RUN.format("sh a.sh"),
        "a.sh": "sh a.sh\n" * TIMES + "pytest\n",
    },
    "extends": {
        ".gitlab-ci.yml": f".p: {{extends: [{', '.join(['.p'] * TIMES)}], script: [pytest]}}\n"
        f".q: {{extends: [{', '.join(['.p', '.q'] * TIMES)}]}}\ntest: {{extends: [.q, .p], script: [pytest]}}\n"
    },
    "azure template": {
        "azure-pipelines.yml": "trigger: [main]\npool: {vmImage: u}\nsteps:\n" + "- template: t.yml\n" * TIMES,
        "t.yml": "steps:\n" + "- template: t.yml\n" * TIMES + "- script: pytest\n",
    },
    "azure parameter": {
        "azure-pipelines.yml": "trigger: [main]\nsteps:\n- {template: t.yml, parameters: {a: x}}\n",
        "t.yml": "parameters: {a: x}\nsteps:\n- script: pytest ${{ parameters.a }}\n"
        f"- {{template: t.yml, parameters: {{a: '{'${{ parameters.a }}' * TIMES}'}}}}\n",
    },
    "circle command": {
        ".circleci/config.yml": f"version: 2.1\ncommands:\n  a:\n    steps:\n{_SELF}      - run: pytest\n"
        f"jobs:\n  t:\n    steps:\n{_SELF}      - run: pytest\nworkflows:\n  w:\n    jobs: [t]\n"
    },
}


@pytest.mark.parametrize("name", BOMBS)
def test_it_is_followed_so_far_and_no_further(name: str, tmp_path: Path) -> None:
    for path, text in BOMBS[name].items():
        file = tmp_path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    with Project.open(tmp_path) as project:
        context = Context(project, no_config(), dt.date(2026, 11, 28))
        found = inventory(context)
        injections = CiWorkflows().answer("x", WorkflowsQuery(what="injections"), context)
    assert len(found.commands) <= MOST_COMMANDS
    assert any("pytest" in command.leaf.words for command in found.commands)  # what is there is still seen
    assert sum(len(command.leaf.text) for command in found.commands) < 50_000_000
    assert injections.state is not State.ERROR
