"""Tables that a file describes, with what they add to a row by themselves: schemas of Mongoose and of Drizzle.

A table: `{"name", "line", "keys": all columns, "adds": those filled by the store itself, "refs": tables it points to}`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from aiaudit import lazy
from aiaudit.probes.javascript.calls import arguments_of, properties
from aiaudit.probes.javascript.module import WRAPPERS, Module, first_named, unquoted
from aiaudit.probes.sql_tables import STATEMENT, sql_tables

if TYPE_CHECKING:
    from ast_grep_py import SgNode

MAX_TABLES: Final = 60  # of one file
MAX_COLUMNS: Final = 60
_DRIZZLE: Final = lazy.regex(r"(?:^|\.)(?:pg|mysql|sqlite|singlestore|\w+)Table$|^table$|\.table$|^createTable$")
_SCHEMA: Final = lazy.regex(r"(?:^|\.)Schema$")
_MODEL: Final = lazy.regex(r"(?:^|\.)model$")
_ADDED: Final = lazy.regex(
    r"\.default(?:Now|Random|Fn)?\(|\.\$default(?:Fn)?\(|^(?:big)?serial\(|autoIncrement|generatedAlways|\.onUpdateNow\(|\.\$onUpdate"
)
_REFERENCE: Final = lazy.regex(r"\.references\(\s*\([^)]*\)\s*(?::\s*\w+\s*)?=>\s*(\w+)\.")
_REF: Final = lazy.regex(r"\bref\s*:\s*['\"](\w+)['\"]")
_DEFAULT: Final = lazy.regex(r"\bdefault\s*:")
_READ: Final = lazy.regex(r"\.from\(\s*[\"'](\w+)[\"']\s*\)([^;]{0,600})")
_OWN: Final = lazy.regex(
    r"\.(?:select|eq|order|gte?|lte?)\(\s*[\"'`](?:[\w\s,.:*()!-]*[\s,])?(id|created_at|inserted_at)\b"
)
_COLUMN: Final = lazy.regex(
    r"@((?:PrimaryGenerated|CreateDate|UpdateDate|Primary)?Column)\((?:[^()]|\([^()]*\))*\)\s*(?:(?:public|private|readonly)\s+)*(\w+)\s*[?!]?\s*:"
)
_RELATED: Final = lazy.regex(r"@(?:ManyToOne|OneToOne)\(\s*(?:\(\s*\w*\s*\)\s*=>|)\s*['\"]?(\w+)")
_TIMESTAMPS: Final = lazy.regex(r"\btimestamps\s*:\s*(?!false\b)")


def tables_of(module: Module) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    if STATEMENT.search(module.text):  # in a text that a script or the start of the server runs
        found += list(sql_tables(module.text))[:MAX_TABLES]
    found += _read(module.text)
    found += _entities(module)
    for call in module.calls:
        if len(found) >= MAX_TABLES:
            break
        called = call.field("function") or call.field("constructor")
        text = called.text() if called is not None else ""
        if len(text) > 60:
            continue
        given = arguments_of(call)
        made: dict[str, Any] | None = None
        if call.kind() == "new_expression" and _SCHEMA.search(text):
            made = _schema(call, given, module)
        elif (
            call.kind() == "call_expression"
            and len(given) > 1
            and _DRIZZLE.search(text)
            and given[0].kind() == "string"
        ):
            made = _drizzle(call, given)
        if made is not None:
            found.append({"line": call.range().start.line + 1, **made})
    return found


def _read(text: str) -> list[dict[str, Any]]:
    """Columns that are read of a table of Supabase, and that the table itself is known to fill where nothing else does:
    ids and times of creation."""
    found: dict[str, set[str]] = {}
    for table, rest in _READ.findall(text)[:MAX_TABLES]:
        found.setdefault(table, set()).update(_OWN.findall(rest))
    return [
        {"line": 1, "names": [table], "keys": [], "adds": sorted(own), "refs": []}
        for table, own in found.items()
        if own
    ]


def _entities(module: Module) -> Iterator[dict[str, Any]]:
    """Classes of TypeORM: whoever saves an object of one fills its columns."""
    if "@Entity" not in module.text:
        return
    for name, bindings in module.bindings.items():
        node = bindings[0].node if bindings else None
        if node is None or bindings[0].kind != "class":
            continue
        columns = _COLUMN.findall(node.text()[:20_000])
        keys = [key for _, key in columns]
        adds = [key for kind, key in columns if kind.startswith(("PrimaryGenerated", "CreateDate", "UpdateDate"))]
        refs = _RELATED.findall(node.text()[:20_000])
        if keys:
            line = node.range().start.line + 1
            yield {"line": line, "names": [name], "keys": keys, "adds": adds, "refs": refs, "whole": True}


def _bound_name(call: SgNode) -> str:
    parent = call.parent()
    while parent is not None and parent.kind() in WRAPPERS:
        parent = parent.parent()
    name = parent.field("name") if parent is not None and parent.kind() == "variable_declarator" else None
    return name.text() if name is not None else ""


def _drizzle(call: SgNode, given: list[SgNode]) -> dict[str, Any] | None:
    columns = given[1]
    if columns.kind() in ("arrow_function", "function_expression"):
        columns = columns.field("body") or columns
    while columns.kind() in WRAPPERS:
        columns = first_named(columns) or columns
    if columns.kind() != "object":
        return None
    keys, adds, refs = [], [], []
    for name, value in list(properties(columns).items())[:MAX_COLUMNS]:
        text = value.text()[:600]
        keys.append(name)
        if _ADDED.search(text):
            adds.append(name)
        refs += _REFERENCE.findall(text)
    return {
        "names": [one for one in (_bound_name(call), unquoted(given[0])) if one],
        "keys": keys,
        "adds": adds,
        "refs": refs,
    }


def _schema(call: SgNode, given: list[SgNode], module: Module) -> dict[str, Any] | None:
    if not given or given[0].kind() != "object":
        return None
    keys, adds = [], ["_id"]
    for name, value in list(properties(given[0]).items())[:MAX_COLUMNS]:
        keys.append(name)
        if _DEFAULT.search(value.text()[:400]) and value.kind() == "object" and "Date" in value.text()[:400]:
            adds.append(name)
        if value.kind() in ("array", "object"):
            keys += _inner(value)
    if any(_TIMESTAMPS.search(one.text()[:400]) for one in given[1:]):
        adds += ["createdAt", "updatedAt"]
    schema = _bound_name(call)
    names = [schema]
    for other in module.calls:
        called, other_given = other.field("function"), arguments_of(other)
        if called is None or len(other_given) < 2 or not _MODEL.search(called.text()[-60:].partition("<")[0]):
            continue
        if other_given[1].text() == schema and other_given[0].kind() == "string":
            names += [unquoted(other_given[0]), _bound_name(other)]
    refs = _REF.findall(given[0].text()[:8000])
    return {"names": [one for one in dict.fromkeys(names) if one], "keys": keys, "adds": adds, "refs": refs}


def _inner(value: SgNode) -> list[str]:
    """Keys of documents inside a document: `messages: [{role: String, content: String}]`."""
    found: list[str] = []
    for one in [value, *value.children()]:
        if one.kind() == "object":
            found += [key for key in properties(one) if key not in ("type", "required", "default", "ref", "enum")][:20]
    return found
