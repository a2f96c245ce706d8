"""Tables of PostgreSQL with their row policies, as migrations leave them when they have run one after the other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

from aiaudit import lazy
from aiaudit.probes.access_rules.claims import Body
from aiaudit.probes.access_rules.conditions import Asks, sql_condition
from aiaudit.probes.access_rules.statements import Statement, statements

CALLERS: Final = frozenset({"anon", "authenticated"})
"""The roles of Supabase under which requests with the published key come in: without and with a sign-in."""
_SERVERS: Final = frozenset({"service_role", "postgres", "supabase_admin", "dashboard_user", "supabase_auth_admin"})
_RIGHTS: Final = frozenset({"select", "insert", "update", "delete"})
_STARTS: Final = frozenset({"create", "alter", "drop", "grant", "revoke", "execute"})
_AFTER: Final = frozenset({"begin", "then", "else", "loop"})
_DYNAMIC: Final = lazy.regex(r"(?i)enable\s+row\s+level\s+security")
_CONSTRAINTS: Final = frozenset(["constraint", "primary", "foreign", "unique", "check", "exclude", "like"])
_MOST_COLUMNS: Final = 60


@dataclass(slots=True)
class Policy:
    """A row policy."""

    name: str
    path: str
    line: int
    command: str
    """select, insert, update, delete or all."""
    roles: frozenset[str]
    using: str
    check: str
    permissive: bool = True
    settled: bool = True
    """No file of another folder takes it away, of which nobody knows when it runs."""

    def asks(self, right: str) -> Asks:
        """What it asks of who wants to do this."""
        condition = (self.check or self.using) if right == "insert" else (self.using or self.check)
        return sql_condition(condition) if condition else Asks.NOTHING


@dataclass(slots=True)
class Table:
    """A table of the schema that is served."""

    name: str
    path: str = ""
    line: int = 0
    columns: list[str] = field(default_factory=list)
    enabled: str = ""
    """The file that switches its row policies on, "" where none does."""
    disabled: str = ""
    """The file that switches them off again."""
    policies: dict[str, Policy] = field(default_factory=dict)
    rights: dict[str, set[str]] = field(default_factory=lambda: {role: set(_RIGHTS) for role in CALLERS})

    @property
    def secured(self) -> str:
        """Whether row policies are on: yes, no, or unsettled where two folders differ."""
        if not self.enabled:
            return "no"
        if not self.disabled:
            return "yes"
        return "no" if _folder(self.enabled) == _folder(self.disabled) else "unsettled"


@dataclass(slots=True)
class Schema:
    """What all migrations together leave."""

    tables: dict[str, Table] = field(default_factory=dict)
    functions: dict[str, Body] = field(default_factory=dict)
    dynamic: str = ""
    """Where a statement that is put together while it runs switches row policies on, of tables that it names itself."""

    def table(self, name: str) -> Table:
        """The table of that name, which may have been made elsewhere."""
        return self.tables.setdefault(name, Table(name))


def replay(texts: Iterable[tuple[str, str]]) -> Schema:
    """What is left after the files (path and text) have run in this order."""
    schema = Schema()
    for path, text in texts:
        for statement in statements(text):
            for one in _parts(statement):
                _apply(schema, path, one)
    return schema


def _parts(statement: Statement) -> Iterator[Statement]:
    """What is done in a statement: all of it, and of one inside of a block what comes after `begin` and `then`."""
    starts = [
        at
        for at in range(len(statement.words))
        if statement.small(at) in _STARTS and (at == 0 or statement.small(at - 1) in _AFTER)
    ]
    for at, end in pairwise([*starts, len(statement.words)]):
        yield Statement(statement.words[at:end], statement.source)


def _apply(schema: Schema, path: str, one: Statement) -> None:
    if one.begins("create", "policy"):
        _create_policy(schema, path, one, 2)
    elif one.begins("alter", "policy"):
        _alter_policy(schema, one, 2)
    elif one.begins("drop", "policy"):
        _drop_policy(schema, path, one, 2)
    elif one.begins("create") and "table" in (one.small(1), one.small(2)):
        _create_table(schema, path, one, 2 if one.small(1) == "table" else 3)
    elif one.begins("create", "function") or one.begins("create", "or", "replace", "function"):
        _create_function(schema, path, one, 2 if one.small(1) == "function" else 4)
    elif one.begins("drop", "function"):
        at = _past(one, 2, "if", "exists")
        schema.functions.pop(_last(one, at).lower(), None)
    elif one.begins("create", "event", "trigger"):
        schema.dynamic = schema.dynamic or f"{path}:{one.line}"
    elif one.begins("alter", "table"):
        _alter_table(schema, path, one, 2)
    elif one.begins("drop", "table"):
        name, _ = _name(one, _past(one, 2, "if", "exists"))
        if name:
            schema.tables.pop(name, None)
    elif one.small(0) in ("grant", "revoke"):
        _rights(schema, one)
    elif one.begins("execute") and _DYNAMIC.search(one.source[one.words[0].start : one.words[-1].end]):
        schema.dynamic = schema.dynamic or f"{path}:{one.line}"


# --- statements ------------------------------------------------------------------------------------------------------
def _create_table(schema: Schema, path: str, one: Statement, at: int) -> None:
    if one.small(at - 2) in ("temp", "temporary") or one.small(at - 2) == "foreign":
        return
    name, after = _name(one, _past(one, at, "if", "not", "exists"))
    if not name or one.begins("partition", "of", at=after):
        return
    table = schema.table(name)
    if not table.path:
        table.path, table.line = path, one.words[at].line
        table.columns = _columns(one, after)


def _create_function(schema: Schema, path: str, one: Statement, at: int) -> None:
    """The text of a function; one that is made again takes the place of the first."""
    name = _last(one, at).lower()
    body = next((word for word in one.words if word.kind == "block"), None)
    if name and body is not None:
        schema.functions[name] = Body(name, path, body.line, body.text)


def _last(one: Statement, at: int) -> str:
    """The name from a place on, without its schema."""
    while one.small(at + 1) == "." and at + 2 < len(one.words):
        at += 2
    return one.words[at].text if at < len(one.words) else ""


def _columns(one: Statement, at: int) -> list[str]:
    """The names of the columns that a table is made with."""
    if one.small(at) != "(":
        return []
    found: list[str] = []
    depth, first = 0, False
    for word in one.words[at:]:
        if word.kind == "sign" and word.text in "()":
            depth += 1 if word.text == "(" else -1
            first = depth == 1 and word.text == "("
            if depth == 0:
                break
        elif depth == 1 and word.text == "," and word.kind == "sign":
            first = True
        elif first:
            first = False
            if word.text.lower() not in _CONSTRAINTS or word.kind == "quoted":
                found.append(word.text[:60])
    return found[:_MOST_COLUMNS]


def _alter_table(schema: Schema, path: str, one: Statement, at: int) -> None:
    name, after = _name(one, _past(one, _past(one, at, "if", "exists"), "only"))
    if not name:
        return
    if one.begins("enable", "row", "level", "security", at=after):
        table = schema.table(name)
        table.enabled = path
        table.disabled = "" if _folder(table.disabled) == _folder(path) else table.disabled
    elif one.begins("disable", "row", "level", "security", at=after):
        schema.table(name).disabled = path
    elif one.begins("rename", "to", at=after) and name in schema.tables and after + 2 < len(one.words):
        table = schema.tables.pop(name)
        table.name = one.words[after + 2].text
        schema.tables[table.name] = table
    elif one.begins("set", "schema", at=after):  # what is moved away is served no longer
        schema.tables.pop(name, None)
    elif one.begins("add", "column", at=after) and name in schema.tables:
        at = _past(one, after + 2, "if", "not", "exists")
        if at < len(one.words) and len(schema.tables[name].columns) < _MOST_COLUMNS:
            schema.tables[name].columns.append(one.words[at].text[:60])


def _create_policy(schema: Schema, path: str, one: Statement, at: int) -> None:
    at = _past(one, at, "if", "not", "exists")
    name, at = (one.words[at].text, at + 1) if at < len(one.words) else ("", at)
    table, after = _name(one, at + 1)
    if not table or one.small(at) != "on":
        return
    command = one.small(_clause(one, after, "for") + 1) if _clause(one, after, "for") else "all"
    kind = one.small(_clause(one, after, "as") + 1) if _clause(one, after, "as") else "permissive"
    schema.table(table).policies[name] = Policy(
        name[:120],
        path,
        one.line,
        command if command in _RIGHTS else "all",
        _roles(one, after),
        _condition(one, after, "using"),
        _condition(one, after, "check"),
        kind != "restrictive",
    )


def _alter_policy(schema: Schema, one: Statement, at: int) -> None:
    if at + 2 >= len(one.words):
        return
    table, after = _name(one, at + 2)
    policy = schema.tables[table].policies.get(one.words[at].text) if table in schema.tables else None
    if policy is not None:
        policy.roles = _roles(one, after) if _clause(one, after, "to") else policy.roles
        policy.using = _condition(one, after, "using") or policy.using
        policy.check = _condition(one, after, "check") or policy.check


def _drop_policy(schema: Schema, path: str, one: Statement, at: int) -> None:
    at = _past(one, at, "if", "exists")
    if at + 2 >= len(one.words):
        return
    table, _ = _name(one, at + 2)
    policies = schema.table(table).policies if table else {}
    name = one.words[at].text
    if name in policies:
        if _folder(policies[name].path) == _folder(path):
            del policies[name]
        else:
            policies[name].settled = False


def _rights(schema: Schema, one: Statement) -> None:
    """`revoke select, insert on a, b from anon`, `grant all on all tables in schema public to authenticated`."""
    ends = _clause(one, 0, "to") or _clause(one, 0, "from")
    on = _clause(one, 0, "on")
    if not ends or not on or on > ends:
        return
    named = {one.small(step) for step in range(1, on)}
    rights = _RIGHTS if "all" in named else _RIGHTS & named
    listed = {one.words[step].text.lower() for step in range(ends + 1, len(one.words))}
    roles = CALLERS if "public" in listed and one.small(0) == "grant" else CALLERS & listed
    targets: list[Table] = []
    if one.begins("all", "tables", at=on + 1):
        targets = list(schema.tables.values())
    else:
        step = on + 1 + (one.small(on + 1) == "table")
        while step < ends:
            name, step = _name(one, step)
            targets += [schema.tables[name]] if name in schema.tables else []
            if one.small(step) != ",":
                break
            step += 1
    for table in targets:
        for role in roles:
            table.rights[role] = table.rights[role] | rights if one.small(0) == "grant" else table.rights[role] - rights


# --- parts of statements ---------------------------------------------------------------------------------------------
def _past(one: Statement, at: int, *words: str) -> int:
    """The place after these words, where they stand."""
    return at + len(words) if one.begins(*words, at=at) else at


def _name(one: Statement, at: int) -> tuple[str, int]:
    """The name of a table from a place on and the place after it; "" for one of a schema that is not served."""
    if at >= len(one.words):
        return "", at
    parts = [_named(one, at)]
    at += 1
    while one.small(at) == "." and at + 1 < len(one.words):
        parts.append(_named(one, at + 1))
        at += 2
    if len(parts) > 1 and parts[-2] == "storage" and parts[-1] == "objects":
        return "storage.objects", at
    return (parts[-1] if len(parts) == 1 or parts[-2] == "public" else ""), at


def _named(one: Statement, at: int) -> str:
    word = one.words[at]
    return word.text if word.kind == "quoted" else word.text.lower()


def _clause(one: Statement, at: int, word: str) -> int:
    """Where a word stands outside of brackets, 0 where it does not."""
    depth = 0
    for step in range(at, len(one.words)):
        text = one.small(step)
        if depth == 0 and text == word:
            return step
        depth += (text == "(") - (text == ")")
    return 0


def _roles(one: Statement, at: int) -> frozenset[str]:
    """To whom a policy is given: everybody where it says nothing."""
    to = _clause(one, at, "to")
    found: set[str] = set()
    while to and to + 1 < len(one.words):
        found.add(one.words[to + 1].text.lower())
        if one.small(to + 2) != ",":
            break
        to += 2
    return frozenset(found) or frozenset({"public"})


def _condition(one: Statement, at: int, word: str) -> str:
    """What stands in the brackets after `using` or `check`."""
    start = _clause(one, at, word)
    if not start or one.small(start + 1) != "(":
        return ""
    depth = 0
    for step in range(start + 1, len(one.words)):
        depth += (one.small(step) == "(") - (one.small(step) == ")")
        if depth == 0:
            return one.written(start + 2, step)
    return ""


def _folder(path: str) -> str:
    return path.rpartition("/")[0]


# --- who may do what -------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Opening:
    """What a policy lets be done, and to whom."""

    rights: tuple[str, ...]
    who: str
    """anyone, signed_in, caller (those whom its condition names) or server."""
    whole: bool
    """All rows, not only those of which its condition asks something."""


def opening(table: Table, policy: Policy) -> Opening:
    """The least that is asked by a policy for one of its rights, and the rights for which no more is asked."""
    rights = sorted(_RIGHTS) if policy.command == "all" else [policy.command]
    narrowed = [one for one in table.policies.values() if not one.permissive and (CALLERS | {"public"}) & one.roles]
    found: dict[str, tuple[int, bool]] = {}
    for right in rights:
        asked = policy.asks(right)
        if any(one.command in ("all", right) for one in narrowed):
            asked = max(asked, Asks.CALLER)
        found[right] = (_who(table, policy, right, asked), asked is not Asks.ROW)
    least = min(found.values(), key=lambda one: (one[0], not one[1]))
    return Opening(tuple(right for right in rights if found[right] == least), _NAMES[least[0]], least[1])


_ANYONE, _SIGNED_IN, _CALLER, _SERVER = range(4)
_NAMES: Final = ("anyone", "signed_in", "caller", "server")


def _who(table: Table, policy: Policy, right: str, asked: Asks) -> int:
    let_in = {role for role in CALLERS if policy.roles & {role, "public"} and right in table.rights[role]}
    if not let_in:
        return _SERVER if policy.roles <= _SERVERS or policy.roles & (CALLERS | {"public"}) else _CALLER
    if asked >= Asks.CALLER:
        return _CALLER if asked is Asks.CALLER else _SERVER
    return _ANYONE if "anon" in let_in and asked is not Asks.SIGNED_IN else _SIGNED_IN
