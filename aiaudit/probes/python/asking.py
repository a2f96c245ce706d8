"""What the `python.*` probes share: which files count, and how a list of records becomes a fact."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any, Final

from pydantic import Field

from aiaudit.model.fact import Confidence, Evidence, Fact, Level, Scope, State
from aiaudit.model.rows import row
from aiaudit.probes.base import Context, Query
from aiaudit.probes.python.lost import Lost
from aiaudit.probes.python.project import PythonProject, python_files, python_project
from aiaudit.project.entry import Entry
from aiaudit.project.roles import Role

MAX_EVIDENCE: Final = 25
OWN_ROLES: Final = (Role.CODE, Role.NOTEBOOK, Role.EXAMPLE, Role.DOCS)
METHOD: Final = "Python syntax trees, names resolved; nothing executed"


class CodeQuery(Query):
    """roles: purposes that a file may have; by default code, notebooks, examples and code in documentation, not tests.
    exclude: globs of paths that do not count. files: globs of paths that count (all)."""

    roles: list[Role] = Field(default=list(OWN_ROLES))
    files: list[str] = Field(default=[])
    exclude: list[str] = Field(default=[])

    def covers(self, entry: Entry) -> bool:
        """Whether a file is in the query's scope."""
        if entry.role not in self.roles:
            return False
        if self.files and not any(matches(entry.path, glob) for glob in self.files):
            return False
        return not any(matches(entry.path, glob) for glob in self.exclude)

    def may_stand_in(self, lost: Lost) -> bool:
        """Whether something that is asked for may stand in the lines of a file that could not be parsed."""
        names: Sequence[str] = getattr(self, "names", tuple)()
        features: Sequence[str] = getattr(self, "features", ())
        return lost.names(names) or lost.holds(features) if names or features else lost.anything


def matches(path: str, glob: str) -> bool:
    """Whether a path matches a glob; `**/` also stands for nothing."""
    return fnmatchcase(path, glob) or (glob.startswith("**/") and fnmatchcase(path, glob[3:]))


def scope_of(query: CodeQuery, context: Context) -> tuple[dict[str, Entry], Scope]:
    """The files of the query's scope that could be parsed, if only in part, by path in path order, and the scope with
    those that could not, where what is asked for may stand in them."""
    lost = [path for path, one in python_project(context).lost.items() if query.may_stand_in(one)]
    key = f"python.scope {query.roles} {query.files} {query.exclude} {lost}"
    known: tuple[dict[str, Entry], Scope] | None = context.memo.get(key)
    if known is None:
        parsed, scope = _scope_of(query, context, lost)
        every: list[dict[str, Entry]] = context.memo.setdefault("python.scopes", [])
        same = next((one for one in every if one == parsed), None)  # most exclude what is not there
        if same is None:
            every.append(parsed)
        known = context.memo[key] = parsed if same is None else same, scope
    return known


def _scope_of(query: CodeQuery, context: Context, lost: Collection[str]) -> tuple[dict[str, Entry], Scope]:
    project = python_project(context)
    covered = [entry for entry in python_files(context) if query.covers(entry)]
    parsed = {entry.path: entry for entry in covered if entry.path in project.records}
    unread = [entry.path for entry in covered if entry.path not in parsed or entry.path in lost]
    return parsed, Scope(len(covered), len(covered) - len(unread), tuple(unread[:10]))


def placed(entry: Entry, record: dict[str, Any]) -> dict[str, Any]:
    """A record with the file in which it was found."""
    return row({"path": entry.path, "role": entry.role.value, **record})


def fact_of(
    fact_id: str,
    query: CodeQuery,
    context: Context,
    find: Callable[[Entry, PythonProject], Iterable[dict[str, Any]]],
    note: Callable[[dict[str, Any]], str] = lambda record: str(record.get("name", "")),
    *,
    among: Collection[str] | None = None,
    having: str = "",
) -> Fact:
    """The fact of all records that `find` yields, `placed` or not, file by file in path order; looks only into the
    files `among`, or into those of which the engine found the part `having`."""
    project = python_project(context)
    parsed, scope = scope_of(query, context)
    wanted = project.having.get(having, ()) if having else among
    records: list[dict[str, Any]] = []
    for path in parsed if wanted is None else sorted(parsed.keys() & wanted, key=os.fsencode):
        entry = parsed[path]
        records.extend(record if "path" in record else placed(entry, record) for record in find(entry, project))
    passed = sum(path in parsed and not query.may_stand_in(one) for path, one in project.lost.items())
    return listed(fact_id, records, scope, project.unparsed, note, method=how(METHOD, passed))


def how(method: str, passed: int) -> str:
    """The method, with the number of files that could not be parsed and whose text holds nothing of what is asked."""
    files = f"{passed} {'file' if passed == 1 else 'files'}"
    return f"{method}; {files} could not be parsed, whose text holds none of it" if passed else method


def kept(fact_id: str, query: CodeQuery, context: Context, part: str, note: Callable[[dict[str, Any]], str]) -> Fact:
    """The fact of all records of the kind `part`, each as the engine kept it."""

    def find(entry: Entry, project: PythonProject) -> Iterator[dict[str, Any]]:
        for one in project.records[entry.path].get(part, ()):
            yield {"cell": 0, **one}

    return fact_of(fact_id, query, context, find, note, having=part)


def listed(
    fact_id: str,
    records: Sequence[dict[str, Any]],
    scope: Scope,
    unparsed: Mapping[str, str],
    note: Callable[[dict[str, Any]], str],
    *,
    method: str = METHOD,
    language: str = "Python",
    else_why: str = "too large",
) -> Fact:
    """Known where there are records; absent where the whole scope was read; else unknown, with the reason."""
    if records:
        values = records if isinstance(records, list) else list(records)
        evidence = tuple(Evidence(one["path"], one.get("line"), note(one)) for one in records[:MAX_EVIDENCE])
        return Fact(fact_id, State.KNOWN, values, Level.CONTENT, method, Confidence.STRONG, evidence, scope)
    if scope.files and not scope.complete:
        first = scope.unread[0] if scope.unread else ""
        reason = f"{scope.files - scope.read} of {scope.files} {language} files could not be parsed"
        reason += f" (first: {first}: {unparsed.get(first, else_why)})" if first else ""
        return Fact(fact_id, State.UNKNOWN, None, Level.CONTENT, method, scope=scope, reason=reason)
    return Fact(fact_id, State.ABSENT, [], Level.CONTENT, method, scope=scope)
