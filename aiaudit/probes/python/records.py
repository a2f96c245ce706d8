"""Records of decisions: structured values that are logged, traced or stored, and which fields of a record they hold.

A site is a call that hands on named values (keywords, a dict literal, or a name that one is bound to) to something that
keeps them: a logger, a tracer, a table, a file. A dict that is only returned is no record.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import Any, Final

from aiaudit.probes.python.features import FileView
from aiaudit.probes.python.match import name_set
from aiaudit.probes.python.module import Scope
from aiaudit.probes.python.nodes import statements
from aiaudit.probes.python.resolve import dotted, last_name

# Keys that hardly any structure but a record has. A site counts with two of them, so that the words of `HITS` are
# enough to find it, whatever else is looked for in the file.
_TELLING: Final = (
    r"(?:request|req|trace|correlation|prediction|decision|conversation)_?id|latency\w*|duration\w*|elapsed\w*"
    r"|response_time|timestamp|created_at|logged_at|model_(?:version|name|id|uri)|confidence|proba(?:bility|bilities)?"
    r"|(?:user|customer|client|tenant|account)_?id|user_ref|caller"
)
HITS: Final = rb"(?i)[\"'](?:" + _TELLING.encode() + rb")[\"']|\b(?:" + _TELLING.encode() + rb")[ \t]*=[^=]"  # as keys
LEAST: Final = 2  # different ones in a file
_IS_TELLING: Final = re.compile(_TELLING, re.IGNORECASE)

# The eight fields of a record, by the names that keys have. The first that matches counts.
FIELDS: Final[tuple[tuple[str, re.Pattern[str]], ...]] = tuple(
    (name, re.compile(rf"(?i)(?:^|[_.\-])(?:{pattern})(?:$|[_.\-])"))
    for name, pattern in (
        (
            "request_id",
            r"(?:request|req|trace|correlation|prediction|event|message|conversation|run|call|decision)_?id|uuid|^id$",
        ),
        (
            "latency",
            r"latency|latency_ms|duration|duration_ms|elapsed|response_time|processing_time|inference_time|took",
        ),
        ("time", r"time|timestamp|ts|created|created_at|date|datetime|logged_at"),
        ("model_version", r"model|model_version|model_name|model_id|model_uri|model_stage|version|deployment"),
        ("confidence", r"confidence|probability|probabilities|proba|prob|logprobs?|certainty"),
        (
            "user_ref",
            r"(?:user|customer|client|tenant|account)(?:_?id|_ref)?|caller|actor",
        ),
        (
            "input_ref",
            r"input|inputs|input_hash|input_ref|prompt|question|query|features|payload|request|text|messages|data",
        ),
        (
            "output",
            r"output|outputs|prediction|predictions|predicted|response|answer|result|label|completion|decision|score|class",
        ),
    )
)
_LOGS: Final = name_set("debug info warning warn error critical exception log msg bind event")
_STORES: Final = name_set(
    "insert insert_one insert_many add add_all create save append writerow write put put_item send produce publish xadd"
    " index emit set_attribute set_attributes update_current_trace update_current_observation execute capture track"
    " log_dict"
)
_RECORDERS: Final = re.compile(
    r"(?i)(^|_)(log|record|audit|track|trace|emit|persist|store|save)(_|$).*|(Log|Record|Event|Audit|Trace|History|Prediction)s?$"
)
_MOST: Final = 200
_LEAST_FIELDS: Final = 3


class RecordFinder:
    """Finds the records of one file."""

    def __init__(self, view: FileView) -> None:
        self.view = view

    def rows(self) -> list[dict[str, Any]]:
        """One row a site with at least three of the fields; attributes set on a span one by one count together."""
        rows: list[dict[str, Any]] = []
        spans: dict[int, tuple[Scope, ast.Call, dict[str, ast.expr | None]]] = {}
        for scope, call in self.view.all_calls():
            sink = self._sink(call, scope)
            if not sink:
                continue
            if last_name(call.func) == "set_attribute" and len(call.args) > 1:
                key = self.view.values.text(call.args[0], scope)
                _, _, named = spans.setdefault(id(scope), (scope, call, {}))
                named[key or ""] = call.args[1]
                continue
            row = self._row(call, dict(self._named(call, scope)), sink, scope)
            if row is not None and len(rows) < _MOST:
                rows.append(row)
        for scope, call, named in spans.values():
            row = self._row(call, named, "trace", scope)
            if row is not None and len(rows) < _MOST:
                rows.append(row)
        return rows

    def _sink(self, call: ast.Call, scope: Scope) -> str:
        """Where named values go: log, trace, store, or "" where the call keeps nothing."""
        name = last_name(call.func)
        owner = dotted(call.func).rpartition(".")[0].lower()
        if "span" in owner or name.startswith(("set_attribute", "update_current")):
            return "trace"
        if name in _LOGS and (owner and re.search(r"log|audit|event|struct", owner)):
            return "log"
        if name in _STORES or _RECORDERS.search(name):
            return "store"
        return ""

    def _named(self, call: ast.Call, scope: Scope) -> Iterator[tuple[str, ast.expr | None]]:
        """Names and values that the call hands on."""
        for keyword in call.keywords:
            if keyword.arg in (
                "extra",
                "attributes",
                "metadata",
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

    def _mapping(self, node: ast.expr, scope: Scope, depth: int) -> Iterator[tuple[str, ast.expr | None]]:
        """The keys of a dict literal, of a name bound to one, of `dict(…)`, in `json.dumps(…)` and constructors."""
        if depth > 3:
            return
        match node:
            case ast.Dict(keys=keys, values=values):
                for key, value in zip(keys, values, strict=True):
                    if isinstance(key, ast.Constant) and isinstance(key.value, str):
                        yield key.value, value
                        yield from self._mapping(value, scope, depth + 1) if isinstance(value, ast.Dict) else ()
            case ast.Name(id=name):
                for bound in _assigned(name, scope):
                    if not isinstance(bound, ast.Name):
                        yield from self._mapping(bound, scope, depth + 1)
            case ast.Call(func=function, args=arguments, keywords=keywords):
                if last_name(function) in (
                    "dumps",
                    "dict",
                    "jsonable_encoder",
                    "model_dump_json",
                    "encode",
                    "Json",
                    "str",
                ):
                    for argument in arguments:
                        yield from self._mapping(argument, scope, depth + 1)
                for keyword in keywords if last_name(function) not in ("dumps",) else ():
                    if keyword.arg is not None:
                        yield keyword.arg, keyword.value
            case ast.JoinedStr():
                return

    def _row(self, call: ast.Call, named: dict[str, ast.expr | None], sink: str, scope: Scope) -> dict[str, Any] | None:
        fields: dict[str, str] = {}
        for key, value in named.items():
            name = next((name for name, pattern in FIELDS if pattern.search(key)), "")
            if not name or name in fields:
                continue
            if name == "model_version" and isinstance(value, ast.Constant):
                continue  # a version that never changes tells nothing
            fields[name] = key
        telling = {key.lower() for key in named if _IS_TELLING.fullmatch(key)}
        if len(fields) < _LEAST_FIELDS or len(telling) < LEAST:
            return None
        return {
            **self.view.place(call, scope),
            "name": dotted(call.func)[:120],
            "sink": sink,
            "fields": sorted(fields),
            "keys": sorted(named)[:40],
        }


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
