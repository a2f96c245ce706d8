"""Records of decisions: structured values that are logged, traced or stored, and which fields of a record they hold.

A site is a call that hands on named values (keywords, a dict literal, or a name that one is bound to, also one that is
filled key by key; the columns of an `INSERT INTO`) to something that keeps them: a logger, a tracer, a table, a file. A
dict that is only returned is no record; a table of predictions that is returned is one where the same file writes
tables.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, Final

from aiaudit import lazy
from aiaudit.probes.python.file_view import FileView
from aiaudit.probes.python.match import name_set
from aiaudit.probes.python.module import Scope
from aiaudit.probes.python.names import dotted, last_name
from aiaudit.probes.python.nodes import statements, walk
from aiaudit.probes.python.record_fields import SAID, fields_of

# Keys that hardly any structure but a record has. A site counts with two of them, so that the words of `HITS` are
# enough to find it, whatever else is looked for in the file.
_TELLING: Final = (
    r"(?:request|req|trace|correlation|prediction|inference|decision|conversation|thread)_?id|session_id|latency\w*|duration\w*|elapsed\w*"
    r"|response_time|timestamp|(?:creat|logg|predict|scor|generat)ed_at|model_(?:version|name|id|uri)|confidence|proba(?:bility|bilities)?"
    r"|(?:user|customer|client|tenant|account)_?id|user_ref|caller"
)
HITS: Final = (
    rb"(?i)[\"'](?:" + _TELLING.encode() + rb")[\"']|\b(?:" + _TELLING.encode() + rb")[ \t]*=[^=]"  # as keys
    rb"|\b(?:insert|insert[ \t]+or[ \t]+\w+|replace)[ \t]+into\b|\bvalues[ \t]*[(%]"  # as columns
    rb"|\.(?:table|from_)\([ \t]*[\"']\w|\)[ \t]*\.(?:insert|upsert)[ \t]*\("  # `supabase.table("t").insert(…)`
    rb"|\.insert_one[ \t]*\("  # a document, to which the database gives an id that tells its time
)
LEAST: Final = 2  # different ones in a file


def counts(data: bytes, at: int) -> bool:
    """Whether a mark says anything: `.values()` of a dict is no SQL."""
    return data[at - 1 : at] != b"." or not data.startswith(b"values", at)


_IS_TELLING: Final = lazy.regex(_TELLING, re.IGNORECASE)

_ASKED: Final = lazy.regex(r"(?i)(?:^|_)(?:query|question|prompt|user_(?:message|input|text))$")
_ANSWERED: Final = lazy.regex(r"(?i)(?:^|_)(?:response|answer|prediction|reply|output)$")
_LOGS: Final = name_set("debug info warning warn error critical exception log msg bind event log_struct")
_STORES: Final = name_set(
    "insert insert_one insert_many add add_all create save append writerow write put put_item send produce publish xadd"
    " index emit set_attribute set_attributes update_current_trace update_current_observation execute capture track"
    " executemany execute_values execute_batch"
    " log_dict add_texts add_documents upload_documents upsert upsert_item insert_rows insert_rows_json"
)
_INSERT: Final = lazy.regex(
    r"(?i)\b(?:insert|insert\s+or\s+\w+|replace)\s+into\s+([\w.\"`\[\]{}]+)\s*\(([^()]{1,2000})\)"
)
_UPDATE: Final = lazy.regex(r"(?is)^\s*update\s+([\w.\"`\[\]{}]+)\s+set\s+(.{1,2000})")
_SET: Final = lazy.regex(r"(?:^|,|\n)\s*([\w\"`\[\]]+)\s*=(?!=)")
_AROUND: Final = ' \t\r\n"`[]'
_RUNS: Final = name_set(
    "fetch fetchval fetchrow fetch_one fetch_val run_query run_sql"
)  # that run a statement and give back a row
_TABLE_WRITES: Final = name_set("to_sql to_parquet to_csv to_json to_gbq to_delta write_parquet saveAsTable put_object")
_RECORDERS: Final = lazy.regex(
    r"(?i)(^|_)(log|record|audit|track|trace|emit|persist|store|save)(_|$).*|(Log|Record|Event|Audit|Trace|History|Prediction)s?$"
)
_SPEAKERS: Final = name_set("role sender speaker is_user is_bot sender_type message_type author_role")
_WHO: Final = lazy.regex(r"(?i)^(?:user_?)?e_?mail(?:_address)?$|^user_?name$")  # beside what was asked and answered
_ROWS: Final = name_set("row r rec record result found fetched res")
_BROUGHT: Final = name_set("request req payload body event webhook update inbound form")
_MOST: Final = 200
LEAST_FIELDS: Final = 3
_DEEPEST: Final = 5  # names, dicts and calls that are followed into each other


class RecordFinder:
    """Finds the records of one file."""

    def __init__(self, view: FileView) -> None:
        self.view = view
        self._handing_on: dict[int, list[tuple[int, int]]] = {}  # by the `id` of a scope, which is kept

    def rows(self) -> list[dict[str, Any]]:
        """One row a site with at least three of the fields; attributes set on a span one by one count together, and so
        do the columns of a row that one statement begins and another one of the file finishes."""
        rows: list[dict[str, Any]] = []
        begun: list[tuple[ast.Call, dict[str, ast.expr | None], str, Scope, str, str]] = []
        tables: set[str] = set()
        finished: dict[str, dict[str, ast.expr | None]] = {}
        spans: dict[int, tuple[Scope, ast.Call, dict[str, ast.expr | None]]] = {}
        for scope, call in self.view.all_calls():
            sink = self._sink(call, scope)
            if not sink or self._tells_of_failure(call, scope):
                continue
            if last_name(call.func) == "set_attribute" and len(call.args) > 1:
                key = self.view.values.text(call.args[0], scope)
                _, _, named = spans.setdefault(id(scope), (scope, call, {}))
                named[key or ""] = call.args[1]
                continue
            named = dict(self._named(call, scope))
            kind, table, columns = self._statement_of(call, scope)
            if kind == "update":
                finished.setdefault(table, {}).update(columns)
            elif table:
                tables.add(table)
            begun.append((call, named, sink, scope, kind, table or _table_of(call)))
        for call, named, sink, scope, kind, table in begun:
            if kind == "update" and table in tables:
                continue
            whole = {**named, **(finished.get(table, {}) if kind == "insert" else {})}
            row = self._row(call, whole, sink, scope, table if kind != "update" else "")
            if row is not None and len(rows) < _MOST:
                rows.append(row)
        rows.extend(self._returned_tables(_MOST - len(rows)))
        for scope, call, named in spans.values():
            row = self._row(call, named, "trace", scope)
            if row is not None and len(rows) < _MOST:
                rows.append(row)
        return rows

    def _tells_of_failure(self, call: ast.Call, scope: Scope) -> bool:
        """Whether a call stands in a handler that hands the error on: what is kept there is no decision."""
        known = self._handing_on.get(id(scope))
        if known is None:
            known = self._handing_on[id(scope)] = _handing_on(scope)
        return any(first <= call.lineno <= last for first, last in known)

    def _sink(self, call: ast.Call, scope: Scope) -> str:
        """Where named values go: log, trace, store, or "" where the call keeps nothing."""
        name = last_name(call.func)
        owner = _owner(call.func)
        if "span" in owner or name.startswith(("set_attribute", "update_current")):
            return "trace"
        if name == "print" and call.args and isinstance(call.args[0], ast.Call):
            return "log" if last_name(call.args[0].func) == "dumps" else ""
        if name in _LOGS and (owner and re.search(r"log|audit|event|struct", owner)):
            return "log"
        if name in _STORES or name in _TABLE_WRITES or _records(name):
            return "store"
        return "store" if _runs(name) and self._statement_of(call, scope)[0] else ""

    def _returned_tables(self, most: int) -> list[dict[str, Any]]:
        """Tables of predictions that are filled column by column and returned, in a file that writes tables."""
        if not any(
            self.view.text_has(name.encode()) for name in _TABLE_WRITES
        ):  # they may stand where nothing is parsed
            return []
        found: list[dict[str, Any]] = []
        for scope in self.view.module.scopes:
            if scope.kind != "function":
                continue
            for statement, _ in statements(scope):
                if not isinstance(statement, ast.Return) or not isinstance(statement.value, ast.Name):
                    continue
                columns = dict(_columns(statement.value.id, scope))
                fields = fields_of(columns)
                if len(columns) > 1 and {"request_id", "output"} <= fields.keys() and len(found) < most:
                    place = self.view.place(statement.value, scope)
                    keys = sorted(columns)[:40]
                    told = {"name": "return", "sink": "store", "fields": sorted(fields), "keys": keys}
                    found.append({**place, **told, "table": "", "lacks": False})
        return found

    def _named(self, call: ast.Call, scope: Scope) -> Iterator[tuple[str, ast.expr | None]]:
        """Names and values that the call hands on."""
        for keyword in call.keywords:
            if keyword.arg in (
                "extra",
                "attributes",
                "metadata",
                "metadatas",
                "properties",
                "document",
                "item",
                "Item",
                "json",
                "values",
            ):
                yield from self._mapping(keyword.value, scope, 0)
            elif keyword.arg is not None:
                yield keyword.arg, keyword.value
            else:
                yield from self._mapping(keyword.value, scope, 0)
        for argument in call.args:
            yield from self._mapping(argument, scope, 0)
        for argument in _statements(call):
            yield from self._inserted(argument, scope)
        if last_name(call.func) in _TABLE_WRITES and isinstance(call.func, ast.Attribute):
            yield from self._mapping(call.func.value, scope, 0)

    def _inserted(self, node: ast.expr, scope: Scope) -> Iterator[tuple[str, ast.expr | None]]:
        """The columns that an SQL statement fills."""
        found = _INSERT.search(self._sql(node, scope))
        for column in found.group(2).split(",") if found else ():
            yield column.strip(_AROUND), None

    def _statement_of(self, call: ast.Call, scope: Scope) -> tuple[str, str, dict[str, ast.expr | None]]:
        """Whether a call begins a row of a table or changes one, which table, and the columns that it changes."""
        for argument in _statements(call):
            sql = self._sql(argument, scope)
            if begins := _INSERT.search(sql):
                return "insert", begins.group(1).strip(_AROUND).lower(), {}
            if changes := _UPDATE.search(sql):
                columns = {column.strip(_AROUND): None for column in _SET.findall(changes.group(2))}
                return "update", changes.group(1).strip(_AROUND).lower(), {**columns}
        return "", "", {}

    def _sql(self, node: ast.expr, scope: Scope) -> str:
        """The text of a statement; a name for it, `text(…)` around it and computed parts do not matter."""
        if isinstance(node, ast.Name):
            bound = _assigned(node.id, scope)
            node = bound[-1] if bound else node
        if isinstance(node, ast.Call) and len(node.args) == 1:
            node = node.args[0]
        return _statement(node) or self.view.values.text(node, scope) or ""

    def _mapping(self, node: ast.expr, scope: Scope, depth: int) -> Iterator[tuple[str, ast.expr | None]]:
        """The keys of a dict literal, of a name bound to one, of `dict(…)`, in `json.dumps(…)` and constructors."""
        if depth > _DEEPEST:
            return
        match node:
            case ast.Dict(keys=keys, values=values):
                for key, value in zip(keys, values, strict=True):
                    if isinstance(key, ast.Constant) and isinstance(key.value, str):
                        yield key.value, value
                        yield from self._mapping(value, scope, depth + 1) if isinstance(value, ast.Dict) else ()
                    elif key is None:  # `**metadata`
                        yield from self._mapping(value, scope, depth + 1)
            case ast.Name(id=name):
                for bound in _assigned(name, scope):
                    if not isinstance(bound, ast.Name):
                        yield from self._mapping(bound, scope, depth + 1)
                yield from _columns(name, scope)
            case ast.List(elts=elements):
                for element in elements[:5]:
                    yield from self._mapping(element, scope, depth + 1)
            case ast.Call(func=function, args=arguments, keywords=keywords):
                if last_name(function) in (
                    "dumps",
                    "dict",
                    "jsonable_encoder",
                    "model_dump_json",
                    "encode",
                    "Json",
                    "str",
                    "DataFrame",
                ):
                    for argument in arguments:
                        yield from self._mapping(argument, scope, depth + 1)
                for keyword in keywords if last_name(function) not in ("dumps",) else ():
                    if keyword.arg is not None:
                        yield keyword.arg, keyword.value
            case ast.JoinedStr():
                return

    def _row(
        self, call: ast.Call, named: dict[str, ast.expr | None], sink: str, scope: Scope, table: str = ""
    ) -> dict[str, Any] | None:
        """`lacks`: the keys do not make a record, unless the table adds to them; `said`: one turn of a conversation."""
        if len(named) < LEAST_FIELDS or _reads_a_row(call):
            return None
        fields = fields_of(named)
        if last_name(call.func) == "append" and _hands_on_a_row(fields, named):
            return None
        telling = {key.lower() for key in named if _IS_TELLING.fullmatch(key)}
        by, said = ({key.lower() for key in named} & words for words in (_SPEAKERS, SAID))
        if by == {"message_type"} and _came_in(named.get("message_type")):
            by = set()  # text, picture or sound: the kind of what a request brought
        turn = bool(by and said) and last_name(call.func) != "append"
        bare = turn and not telling  # unless the table tells when it was said, or in which conversation
        if turn and (telling or table):  # who spoke, and what was said
            fields.setdefault("output", said.copy().pop())
            fields.setdefault("input_ref", fields["output"])
            telling |= by
        if (
            sink == "store"
            and _ASKED.search(fields.get("input_ref", ""))
            and _ANSWERED.search(fields.get("output", ""))
        ):
            telling.add(fields["output"])  # both sides of a turn tell as much as a key of records does
        if {"output", "input_ref"} <= fields.keys() and (who := next(filter(_WHO.search, named), "")):
            fields.setdefault("user_ref", who)
        if "output" not in fields:
            telling.discard("session_id")
        elif "session_id" in named:  # what was answered in which session; a table of sessions holds no answer
            fields.setdefault("request_id", "session_id")
        if last_name(call.func) == "insert_one" and "output" in fields:
            telling.add("_id")
            fields.setdefault("request_id", "_id")
        lacks = bare or len(fields) < LEAST_FIELDS or len(telling) < LEAST
        if (lacks and not (table and "output" in fields)) or _is_made_up(fields, named):
            return None
        return {
            **self.view.place(call, scope),
            "name": dotted(call.func)[:120],
            "sink": sink,
            "fields": sorted(fields),
            "keys": sorted(named)[:40],
            "table": table,
            "answer": fields.get("output", ""),
            "telling": len(telling),
            "lacks": lacks,
            "speaker": _speaker(named) if turn else "",
        }


def _statements(call: ast.Call) -> list[ast.expr]:
    """What may be the SQL that a call runs: the first argument, or the second after a cursor or a connection."""
    return call.args[:2] if _runs(last_name(call.func)) else []


def _runs(name: str) -> bool:
    """Whether a function runs a statement of SQL: `execute`, `execute_query`, `fetchval`."""
    return name.startswith("execute") or name in _RUNS


def _table_of(call: ast.Call) -> str:
    """`messages` of `client.table("messages").insert(…)`."""
    match call.func:
        case ast.Attribute(
            value=ast.Call(func=ast.Attribute(attr="table" | "from_"), args=[ast.Constant(value=str(table))]),
            attr="insert" | "upsert",
        ):
            return table.lower()
    return ""


def _speaker(named: Mapping[str, ast.expr | None]) -> str:
    """Who says what is kept, where the code says so: `user` of `"role": "user"`."""
    for key in _SPEAKERS & named.keys():
        value = named[key]
        if isinstance(value, ast.Constant) and isinstance(value.value, str):
            return value.value.lower()
    return ""


def _came_in(node: ast.expr | None) -> bool:
    """Whether a value is a part of what a request brought: `request.message_type`."""
    match node:
        case ast.Attribute(value=ast.Name(id=name)) | ast.Subscript(value=ast.Name(id=name)):
            return name.lower() in _BROUGHT
        case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr="get")):
            return name.lower() in _BROUGHT
    return False


def _is_made_up(fields: Mapping[str, str], named: Mapping[str, ast.expr | None]) -> bool:
    """Whether the request and its time are written out in the code: an example of a record, and no decision."""
    return all(
        isinstance(value := named.get(fields.get(field, "")), ast.Constant)
        and isinstance(value.value, str)
        and value.value != ""
        for field in ("request_id", "time")
    )


def _reads_a_row(call: ast.Call) -> bool:
    """Whether an object is made of what was read: `Prediction(id=row["id"], text=row["text"], …)`."""
    if not last_name(call.func)[:1].isupper():
        return False
    read = [of for keyword in call.keywords if (of := _row_of(keyword.value))]
    return len(read) > LEAST_FIELDS and len(set(read)) == 1 and 2 * len(read) > len(call.keywords)


def _hands_on_a_row(fields: Mapping[str, str], named: Mapping[str, ast.expr | None]) -> bool:
    """Whether a list is given what was kept before, its answer among it: `{"id": log["_id"], "text": log["text"]}`."""
    read = [node.value.id for value in named.values() if (node := _key_of(value)) and isinstance(node.value, ast.Name)]
    answer = _key_of(named.get(fields.get("output", "")))
    return answer is not None and len(read) > LEAST_FIELDS and len(set(read)) == 1 and 2 * len(read) > len(named)


def _key_of(node: ast.expr | None) -> ast.Subscript | None:
    """`log["time"]` of `str(log["time"])`."""
    if isinstance(node, ast.Call) and len(node.args) == 1:
        node = node.args[0]
    return node if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant) else None


def _row_of(node: ast.expr) -> str:
    """The name of a row of which a value is a column, by whatever turns it into another type; "" for other values."""
    if isinstance(node, ast.Call) and len(node.args) == 1:
        node = node.args[0]
    match node:
        case ast.Subscript(value=ast.Name(id=name), slice=ast.Constant()) if name.lower() in _ROWS:
            return name
    return ""


def _handing_on(scope: Scope) -> list[tuple[int, int]]:
    """The lines of handlers whose last statement raises."""
    return [
        (handler.lineno, handler.end_lineno or handler.lineno)
        for node, _ in statements(scope)
        if isinstance(node, ast.Try | ast.TryStar)
        for handler in node.handlers
        if isinstance(handler.body[-1], ast.Raise)
    ]


def _owner(function: ast.expr) -> str:
    """What is asked: `logger` of `logger.info(…)`, and of `logger.bind(event="x").info(…)`, which is the same one."""
    if isinstance(function, ast.Attribute):
        inner = function.value
        if isinstance(inner, ast.Call) and last_name(inner.func) in ("bind", "opt", "new", "patch"):
            return dotted(inner.func).rpartition(".")[0].lower()
    return dotted(function).rpartition(".")[0].lower()


@lru_cache(maxsize=2048)
def _records(name: str) -> bool:
    """Whether a function is named as those that keep records."""
    return _RECORDERS.search(name) is not None


def _columns(name: str, scope: Scope) -> Iterator[tuple[str, ast.expr | None]]:
    """Keys that a dict or a table is given one by one (`row["time"] = …`), and columns it is cut out with."""
    for node, _ in statements(scope):
        if not isinstance(node, ast.Assign):
            continue
        for target in node.targets:
            match target:
                case ast.Subscript(value=ast.Name(id=owner), slice=ast.Constant(value=str(key))) if owner == name:
                    yield key, node.value
                case ast.Name(id=owner) if owner == name:
                    for inner in walk(node.value):
                        match inner:
                            case ast.Subscript(slice=ast.List(elts=elements)):
                                for one in elements:
                                    if isinstance(one, ast.Constant) and isinstance(one.value, str):
                                        yield one.value, None


def _statement(node: ast.expr) -> str:
    """The text of an f-string, `{}` for what is computed; "" for anything else."""
    if not isinstance(node, ast.JoinedStr):
        return ""
    return "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values)


def _assigned(name: str, scope: Scope) -> list[ast.expr]:
    """What a name is assigned in this scope."""
    return [
        node.value
        for node, _ in statements(scope)
        if isinstance(node, ast.Assign | ast.AnnAssign)
        and node.value is not None
        and any(
            isinstance(target, ast.Name) and target.id == name
            for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        )
    ]
