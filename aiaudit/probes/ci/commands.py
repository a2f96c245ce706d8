"""Probe `ci.commands`: every command that CI runs, followed through the tree to what it really does."""

from __future__ import annotations

from typing import ClassVar

from aiaudit.model.fact import Fact, Level, State
from aiaudit.model.types import BOOL, INT, STRING, Type, list_of, record
from aiaudit.probes.base import Context, Probe, Query
from aiaudit.probes.ci.inventory import inventory
from aiaudit.probes.reading import listed, scope_of

COMMAND = record(
    "command",
    path=STRING,
    line=INT,
    ci_path=STRING,
    ci_line=INT,
    system=STRING,
    workflow=STRING,
    job=STRING,
    step=STRING,
    command=STRING,
    program=STRING,
    words=list_of(STRING),
    wrappers=list_of(STRING),
    module=STRING,
    kind=STRING,
    triggers=list_of(STRING),
    on_change=BOOL,
    proposed=BOOL,
    runs=BOOL,
    blocking=BOOL,
    needs=list_of(STRING),
    environment=STRING,
    condition=STRING,
    via=list_of(STRING),
    resolved=BOOL,
    at=INT,
    halts=BOOL,
    asked=BOOL,
    uses=STRING,
)


class CommandsQuery(Query):
    """`proposed`: whether it runs before a change is taken in (on a request, or on a push to the branch of one).
    `kinds`, `programs`, `systems`: only these; all where empty. `hooks`: also the hooks of pre-commit, which run on
    a developer's machine (system `pre-commit`)."""

    kinds: tuple[str, ...] = ()
    programs: tuple[str, ...] = ()
    systems: tuple[str, ...] = ()
    hooks: bool = False


class CiCommands(Probe[CommandsQuery]):
    """A list of commands: place, job, words, kind, triggers and whether a failure blocks."""

    name: ClassVar[str] = "ci.commands"
    title: ClassVar[str] = "Commands that CI runs, followed through make, tox, nox, npm, scripts and images"
    query: ClassVar[type[Query]] = CommandsQuery
    max_level: ClassVar[Level] = Level.WIRED

    def value_type(self, query: CommandsQuery) -> Type:
        return list_of(COMMAND)

    def answer(self, fact_id: str, query: CommandsQuery, context: Context) -> Fact:
        found = inventory(context)
        wanted = [
            command.record()
            for command in found.commands
            if (query.hooks or not command.hook)
            and (not query.kinds or command.leaf.kind in query.kinds)
            and (not query.systems or command.workflow.system in query.systems)
            and (not query.programs or command.record()["program"] in query.programs)
        ]
        method = "CI files read and followed to the commands they run; nothing was run"
        level = Level.WIRED if any(one["blocking"] is True and one["on_change"] for one in wanted) else Level.CONTENT
        fact = listed(
            fact_id, wanted, method=method, level=level, scope=scope_of(found.paths, found.problems), note="command"
        )
        if fact.state is State.ABSENT and found.problems:
            reason = "; ".join(f"{path}: {why}" for path, why in sorted(found.problems.items()))
            return Fact(fact_id, State.UNKNOWN, method=method, scope=fact.scope, reason=reason)
        return fact
