"""The probe `docs.readme`: whether a README tells, by commands, how to install the project and how to run it."""

from __future__ import annotations

import re
from typing import Any, ClassVar, Final

from pydantic import Field

from aiaudit.model.fact import Evidence, Fact, Level, State
from aiaudit.model.types import BOOL, INT, STRING, Type, list_of, record
from aiaudit.probes.base import Context, Probe, Query
from aiaudit.probes.docs.commands import Command, steps
from aiaudit.probes.docs.common import Globs, library, prose
from aiaudit.probes.docs.substance import weigh
from aiaudit.project.parse import Malformed
from aiaudit.project.reader import Unreadable

_MAX_COMMANDS: Final = 20
_COMMAND: Final = record("command", path=STRING, line=INT, command=STRING)
_TYPE: Final = record(
    "README",
    present=BOOL,
    path=STRING,
    words=INT,
    install=list_of(_COMMAND),
    run=list_of(_COMMAND),
)


class ReadmeQuery(Query):
    """files: which READMEs to read together (default: those in the root)."""

    files: Globs = Field(default=["README*"], min_length=1)


class ReadmeProbe(Probe[ReadmeQuery]):
    """Install and run commands of a README: fenced, indented or quoted commands, and code examples of use.

    A sentence such as "install the dependencies" is no step; links to other documents are not followed.
    """

    name: ClassVar[str] = "docs.readme"
    title: ClassVar[str] = "README: commands that install, commands that run"
    query: ClassVar[type[ReadmeQuery]] = ReadmeQuery
    max_level: ClassVar[Level] = Level.CONTENT

    def value_type(self, query: ReadmeQuery) -> Type:
        return _TYPE

    def answer(self, fact_id: str, query: ReadmeQuery, context: Context) -> Fact:
        found = library(context, query.files)
        if not found.documents:
            if found.unread:
                return Fact(fact_id, State.UNKNOWN, reason=found.reason, scope=found.scope)
            return Fact(fact_id, State.ABSENT, level=Level.CONTENT, method="README commands", scope=found.scope)
        own = _own_names(context)
        install: list[dict[str, Any]] = []
        run: list[dict[str, Any]] = []
        for document in found.documents:
            sorted_steps = steps(document, own)
            install.extend(_plain(document.path, command) for command in sorted_steps.install)
            run.extend(_plain(document.path, command) for command in sorted_steps.run)
        first = found.documents[0]
        places = [*(("installs", item) for item in install[:2]), *(("runs", item) for item in run[:2])]
        return Fact(
            fact_id,
            State.KNOWN,
            value={
                "present": True,
                "path": first.path,
                "words": weigh(prose(first.sections)).words,
                "install": install[:_MAX_COMMANDS],
                "run": run[:_MAX_COMMANDS],
            },
            level=Level.CONTENT,
            method="README commands",
            scope=found.scope,
            evidence=tuple(Evidence(item["path"], item["line"], f"{what}: {item['command']}") for what, item in places)
            or (Evidence(first.path, 1, "no command that installs or runs"),),
        )


def _plain(path: str, command: Command) -> dict[str, Any]:
    text = re.sub(r"\b([A-Z_]*(?:KEY|TOKEN|SECRET|PASSWORD)[A-Z_]*)=\S+", r"\1=…", command.text)
    return {"path": path, "line": command.line, "command": text[:80]}


def _own_names(context: Context) -> frozenset[str]:
    """Console scripts and names that the project's packages declare."""
    found: set[str] = set()
    project = context.project
    for entry in project.matching(["pyproject.toml", "package.json"]):
        try:
            value: Any = project.toml(entry.path) if entry.suffix == ".toml" else project.json(entry.path)
        except (Malformed, Unreadable):
            continue
        if not isinstance(value, dict):
            continue
        tool = value.get("tool")
        poetry = tool.get("poetry") if isinstance(tool, dict) else None
        for table, scripts in ((value, "bin"), (value.get("project"), "scripts"), (poetry, "scripts")):
            if isinstance(table, dict):
                programs = table.get(scripts)
                found.update(programs if isinstance(programs, dict) else ())
                found.update([table["name"]] if isinstance(table.get("name"), str) else [])
    return frozenset(name.lower() for name in found)
