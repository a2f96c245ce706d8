"""The probes `access.rules` and `access.tables`: what a hosted database lets callers do, and which tables it serves."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, ClassVar, Final

from aiaudit import lazy
from aiaudit.model.fact import Fact, Level
from aiaudit.model.types import BOOL, INT, STRING, Type, list_of, record
from aiaudit.probes.access_rules.claims import Asking, claims
from aiaudit.probes.access_rules.firebase import Rule, realtime_rules, rules
from aiaudit.probes.access_rules.row_policies import Schema, opening, replay
from aiaudit.probes.access_rules.statements import LARGEST
from aiaudit.probes.base import Context, Probe, Query
from aiaudit.probes.reading import Files, listed, scope_of

RULE: Final = record(
    "access rule",
    path=STRING,
    line=INT,
    system=STRING,
    target=STRING,
    name=STRING,
    who=STRING,
    reads=BOOL,
    adds=BOOL,
    changes=BOOL,
    whole=BOOL,
    settled=BOOL,
    condition=STRING,
)
TABLE: Final = record(
    "served table",
    path=STRING,
    line=INT,
    name=STRING,
    secured=STRING,
    closed=BOOL,
    dynamic=STRING,
    columns=list_of(STRING),
)
CLAIM: Final = record(
    "claimed role",
    path=STRING,
    line=INT,
    kind=STRING,
    name=STRING,
    table=STRING,
    key=STRING,
    limits=STRING,
    asked=STRING,
    role=STRING,
)
_SQL: Final = ("**/*.sql",)
_FIREBASE: Final = ("**/*.rules", "**/*rules*.json")
# Row policies and the functions of Supabase; without one of them, or its folder, nothing is read as its schema.
_MARKS: Final = lazy.regex(r"(?i)\bcreate\s+policy\b|\brow\s+level\s+security\b|\bauth\s*\.\s*(?:uid|users|jwt|role)\b")
_BACK: Final = lazy.regex(r"(?i)(?:^|[/._-])(?:down|rollback|revert|undo|teardown|drop)(?:[._-]|$)")


class RulesQuery(Query):
    """Rules of row policies of Supabase and of Firebase, one record each. system: supabase, firestore, storage (of
    Firebase) or realtime. target: the table, collection or path. who: anyone (the published key is enough), signed_in
    (whoever has an account), caller (those whom the condition names) or server. reads, adds, changes: what it lets be
    done by them; whole: to all rows, not only to some by what stands in them. settled: no file of another folder takes
    it away."""


class RulesProbe(Probe[RulesQuery]):
    name: ClassVar[str] = "access.rules"
    title: ClassVar[str] = (
        "Rules by which a hosted database lets callers in: row policies of Supabase, rules of Firebase"
    )
    query: ClassVar[type[Query]] = RulesQuery
    max_level: ClassVar[Level] = Level.CONTENT

    def value_type(self, query: RulesQuery) -> Type:
        return list_of(RULE)

    def answer(self, fact_id: str, query: RulesQuery, context: Context) -> Fact:
        files = Files(context.project)
        schema, looked = _schema(files, context)
        found = [*_of_postgres(schema)]
        for entry in files.running(_FIREBASE):
            text = files.text(entry.path)
            if text is None or not ("match /" in text or '".read"' in text or '".write"' in text):
                continue
            looked.append(entry.path)
            of_file = realtime_rules(text) if entry.path.endswith(".json") else rules(text, context.as_of)
            found += [_of_firebase(entry.path, rule) for rule in of_file]
        scope = scope_of(looked, files.problems)
        return listed(fact_id, found, method="migrations replayed and rules read", scope=scope, note="target")


class TablesQuery(Query):
    """Tables of the schema that Supabase serves. secured: yes (row policies are on), no, or unsettled (files of two
    folders differ). closed: no role of callers has a right on it. dynamic: the place of a statement that switches
    policies on for tables that it names while it runs, "" where there is none."""


class TablesProbe(Probe[TablesQuery]):
    name: ClassVar[str] = "access.tables"
    title: ClassVar[str] = "Tables that Supabase serves, and whether row policies are on"
    query: ClassVar[type[Query]] = TablesQuery
    max_level: ClassVar[Level] = Level.CONTENT

    def value_type(self, query: TablesQuery) -> Type:
        return list_of(TABLE)

    def answer(self, fact_id: str, query: TablesQuery, context: Context) -> Fact:
        files = Files(context.project)
        schema, looked = _schema(files, context)
        found = [
            {
                "path": table.path,
                "line": table.line,
                "name": name,
                "secured": table.secured,
                "closed": not any(table.rights.values()),
                "dynamic": schema.dynamic,
                "columns": table.columns,
            }
            for name, table in schema.tables.items()
            if table.path
        ]
        scope = scope_of(looked, files.problems)
        return listed(fact_id, found, method="migrations replayed", scope=scope, note="name")


class ClaimsQuery(Query):
    """Roles that the database takes from what a user writes about himself (`raw_user_meta_data`). kind: function (a row
    is written with it) or policy (a condition asks it). name: of the function or policy; table: where the role is
    written, or whose rows are asked for. key: what is read. limits: none, list (only some names are let through, the
    asked one among them) or unclear. asked: the place of a policy that lets in by such a role, "" where none does, and
    role: which."""


class ClaimsProbe(Probe[ClaimsQuery]):
    name: ClassVar[str] = "access.claims"
    title: ClassVar[str] = "Roles that the database takes from what a user writes about himself"
    query: ClassVar[type[Query]] = ClaimsQuery
    max_level: ClassVar[Level] = Level.CONTENT

    def value_type(self, query: ClaimsQuery) -> Type:
        return list_of(CLAIM)

    def answer(self, fact_id: str, query: ClaimsQuery, context: Context) -> Fact:
        files = Files(context.project)
        schema, looked = _schema(files, context)
        policies = [
            Asking(policy.name, policy.path, policy.line, name, policy.using, policy.check)
            for name, table in schema.tables.items()
            for policy in table.policies.values()
            if policy.permissive
        ]
        found = [one._asdict() for one in claims(schema.functions, policies)]
        scope = scope_of(looked, files.problems)
        return listed(fact_id, found, method="migrations replayed", scope=scope, note="name")


def _schema(files: Files, context: Context) -> tuple[Schema, list[str]]:
    """What the project's files of SQL leave, where they speak of row policies, and the files that were read; replayed
    once for both probes."""
    if "access_rules.schema" not in context.memo:
        context.memo["access_rules.schema"] = _replayed(files), dict(files.problems)
    (schema, looked), problems = context.memo["access_rules.schema"]
    files.problems.update(problems)
    return schema, [*looked]


def _replayed(files: Files) -> tuple[Schema, list[str]]:
    entries = [entry for entry in files.running(_SQL) if not _BACK.search(entry.path.rpartition("/")[2])]
    texts: list[tuple[str, str]] = []
    for entry in sorted(entries, key=lambda one: _natural(one.path)):
        text = files.text(entry.path)
        if text is not None and len(text) > LARGEST:
            files.problems[entry.path] = f"more than {LARGEST:,} characters, which no migration has"
        elif text is not None:
            texts.append((entry.path, text))
    if not any("supabase/" in path or _MARKS.search(text) for path, text in texts):
        return Schema(), []
    return replay(texts), [path for path, _ in texts]


def _natural(path: str) -> list[tuple[int, str]]:
    """So that migration 10 comes after migration 2."""
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d{1,30})", path)]


def _of_postgres(schema: Schema) -> Iterator[dict[str, Any]]:
    for name, table in schema.tables.items():
        for policy in table.policies.values():
            if not policy.permissive:
                continue
            lets = opening(table, policy)
            yield {
                "path": policy.path,
                "line": policy.line,
                "system": "supabase",
                "target": name,
                "name": policy.name,
                **_does(lets.rights, lets.who, whole=lets.whole),
                "settled": policy.settled,
                "condition": (policy.using or policy.check)[:160],
            }


def _of_firebase(path: str, rule: Rule) -> dict[str, Any]:
    return {
        "path": path,
        "line": rule.line,
        "system": rule.system,
        "target": rule.target[:120],
        "name": "",
        **_does(rule.rights, rule.who, whole=rule.whole),
        "settled": True,
        "condition": rule.condition[:160],
    }


def _does(rights: tuple[str, ...], who: str, *, whole: bool) -> dict[str, Any]:
    return {
        "who": who,
        "reads": "select" in rights,
        "adds": "insert" in rights,
        "changes": "update" in rights or "delete" in rights,
        "whole": whole,
    }
