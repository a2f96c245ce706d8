"""What the `javascript.*` probes share: which files count, and how a list of records becomes a fact."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

from aiaudit.model.fact import Fact, Scope
from aiaudit.probes.base import Context
from aiaudit.probes.javascript.lost import Lost
from aiaudit.probes.javascript.project import (
    GENERATED_REASONS,
    JavaScriptProject,
    javascript_files,
    javascript_project,
)
from aiaudit.probes.python.asking import CodeQuery, how
from aiaudit.probes.python.asking import listed as list_fact
from aiaudit.probes.python.lost import Lost as LostLines
from aiaudit.project.entry import Entry

METHOD: Final = "JavaScript and TypeScript syntax trees, names resolved; nothing executed"


class ScriptQuery(CodeQuery):
    """roles, files, exclude: as for `python.calls`. server: leaves out files that run in a browser only: those with
    `"use client"`, an import of react-dom or a hook of React, scripts that a page loads as they are, and those that
    only such files import."""

    server: bool = False

    def may_stand_in(self, lost: Lost | LostLines) -> bool:
        """Whether something that is asked for may stand in a file that could not be parsed. `found_by`: the extractors
        whose marks stand where there is a record, of those that the query uses."""
        names: Sequence[str] = getattr(self, "names", list)()
        features: Sequence[str] = getattr(self, "found_by", getattr(self, "features", ()))
        return lost.names(names) or lost.holds(features) or not (names or features)


def scope_of(query: ScriptQuery, context: Context) -> tuple[list[Entry], Scope]:
    """The files of the query's scope that could be parsed, and the scope with those that could not, where what is asked
    for may stand in them. Minified files and files of more than a megabyte are nobody's source: they do not belong to
    the scope (`javascript.unparsed`)."""
    project = javascript_project(context)
    empty = _passed_over(query, project)
    key = f"javascript.scope {query.roles} {query.files} {query.exclude} {query.server} {sorted(empty)}"
    known: tuple[list[Entry], Scope] | None = context.memo.get(key)
    if known is None:
        covered = [entry for entry in javascript_files(context) if query.covers(entry) and not made_up(entry, project)]
        parsed = [entry for entry in covered if entry.path in project.records]
        whole = project.records.keys() - project.unparsed.keys()  # of some a part of the scanner failed
        unread = [entry.path for entry in covered if entry.path not in whole and entry.path not in empty]
        if query.server:
            parsed = [entry for entry in parsed if entry.path not in project.clients]
        known = context.memo[key] = (parsed, Scope(len(covered), len(covered) - len(unread), tuple(unread[:10])))
    return known


def _passed_over(query: ScriptQuery, project: JavaScriptProject) -> set[str]:
    """The files that could not be parsed and in whose text nothing stands that is asked for."""
    return {path for path, one in project.lost.items() if not query.may_stand_in(one)}


def made_up(entry: Entry, project: JavaScriptProject) -> bool:
    """Whether a file is a bundle by its content."""
    return project.unparsed.get(entry.path, "").startswith(GENERATED_REASONS)


def fact_of(
    fact_id: str,
    query: ScriptQuery,
    context: Context,
    find: Callable[[Entry, JavaScriptProject], Iterable[dict[str, Any]]],
    note: Callable[[dict[str, Any]], str] = lambda record: str(record.get("name", "")),
    also: Iterable[Entry] = (),
) -> Fact:
    """The fact of all records that `find` yields, file by file in path order. `also`: other files that were scanned."""
    project = javascript_project(context)
    parsed, scope = scope_of(query, context)
    if more := [entry for entry in also if query.covers(entry)]:
        parsed = sorted([*parsed, *more], key=lambda entry: entry.path)
        scope = Scope(scope.files + len(more), scope.read + len(more), scope.unread)
    records: list[dict[str, Any]] = []
    for entry in parsed:
        for record in find(entry, project):
            records.append({"path": entry.path, "role": entry.role.value, **record})
    entries = map(context.project.entry, _passed_over(query, project))
    passed = sum(one is not None and query.covers(one) for one in entries)
    return listed(fact_id, records, scope, project, note, method=how(METHOD, passed))


def listed(
    fact_id: str,
    records: Sequence[dict[str, Any]],
    scope: Scope,
    project: JavaScriptProject,
    note: Callable[[dict[str, Any]], str],
    *,
    method: str = METHOD,
) -> Fact:
    """Known where there are records; absent where the whole scope was read; else unknown, with the reason."""
    return list_fact(
        fact_id,
        records,
        scope,
        project.unparsed,
        note,
        method=method,
        language="JavaScript",
        else_why="could not be read",
    )
