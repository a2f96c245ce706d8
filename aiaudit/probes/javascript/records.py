"""Records in TypeScript and JavaScript: named values that are logged, traced or stored, and which fields they hold.

The counterpart of `python.records`. A row is a call that hands named values to something that keeps them; what a client
is, which callers fill a parameter, and what a table adds is looked up when all files are known (`probe_records`). A row
is open where its keys could not be told.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from aiaudit import lazy
from aiaudit.probes.javascript.calls import arguments_of, own_spec
from aiaudit.probes.javascript.flows import FlowFinder
from aiaudit.probes.javascript.module import FUNCTIONS, Module
from aiaudit.probes.javascript.names import LOCAL, UNKNOWN, dotted
from aiaudit.probes.javascript.record_fields import may_answer, told_fields
from aiaudit.probes.javascript.record_keys import KeyFinder, Keys
from aiaudit.probes.javascript.record_sinks import Sink, SinkFinder
from aiaudit.probes.javascript.record_tables import tables_of
from aiaudit.probes.javascript.resolve import Resolver

if TYPE_CHECKING:
    from ast_grep_py import SgNode

MARKS: Final = lazy.linear(
    rb"\.(?:create\w*|insert\w*|upsert\w*|update\w*|bulk\w+|save|values|add|set|put\w*|findOneAnd\w+|findByIdAnd\w+|replaceOne|rpc|batch|persist"
    rb"|capture|track|trace|generation|span|setAttributes|[lr][pP]ush|[xz][aA]dd|h[sS]et|setex|appendFile\w*|writeFile\w*|query|execute"
    rb"|define|info|log|warn|error|debug)\s*[(<`]|\.from\(\s*[\"']|(?i:\b(?:insert|replace)\s+into\b|\bcreate\s+table\b)"
    rb"|\b(?:addDoc|setDoc|updateDoc|Put\w*Command|\w+ChatMessageHistory|Schema|\w+Table|model|createClient|drizzle|knex|postgres)\s*[(<]"
    rb"|\bnew\s+(?:\w+\.)?(?:PrismaClient|Sequelize|Pool|Client|MongoClient|DataSource|Redis|Database|Kysely)\b|@Entity\("
    rb"|\b(?:save|store|log|record|add|create|insert|track|persist|append|keep|update|write)\w*\(\s*[{\w]"
)
MAX_ROWS: Final = 200  # of one file
MAX_HANDED: Final = 120
MAX_ASKED: Final = 40
MAX_TOLD: Final = 12  # values of one row are followed
_KEEPS: Final = lazy.regex(
    r"(?i)^(?:safe|atomic)?_?(?:write|save|store|persist|log|append|put|record|keep|insert|add|create|track|upsert)"
)
LEAST_LOGGED: Final = 2  # keys of what is logged or traced


class RecordFinder:
    """The rows of one file, the calls that hand objects to its own project, and the tables that it describes."""

    def __init__(self, module: Module, resolver: Resolver) -> None:
        self.module = module
        self.resolver = resolver
        self.keys = KeyFinder(module)
        self.sinks = SinkFinder(module, resolver)
        self.flows = FlowFinder(module, resolver)

    def record(self) -> dict[str, Any]:
        rows: list[dict[str, Any]] = []
        handed: list[dict[str, Any]] = []
        for call in self.module.calls:
            sink = self.sinks.of(call)
            row = self._row(call, sink) if sink is not None and len(rows) < MAX_ROWS else None
            if row is not None:
                rows.append(row)
            if (sink is None or sink.by is not None) and len(handed) < MAX_HANDED:
                handed += self._handed(call)
        found: dict[str, Any] = {"records": rows} if rows else {}
        if handed:
            found["handed"] = handed
        if any(self._asks(one) for one in self.module.calls):
            found["asking"] = self.flows.answering()
        if asked := self._asked_by():
            found["asks_by"] = asked
        if tables := tables_of(self.module):
            found["tables"] = tables
        if bases := self._bases():
            found["kept_classes"] = bases
        return found

    def _asks(self, call: SgNode) -> bool:
        """Whether a call asks a model, by its library or by a request."""
        named = self.resolver.called(call)
        by_library = named.spec not in (LOCAL, UNKNOWN) and self.flows.models.match(dotted(named.spec, named.rest))
        return bool(by_library) or self.flows.requests.asks(call, named)

    def _asked_by(self) -> list[list[str]]:
        """Calls of clients that another file makes, which may ask a model: [specifier, name, function]."""
        found: list[list[str]] = []
        for call in self.module.calls:
            named = self.resolver.called(call)
            _, _, last = named.rest.rpartition(".")
            if own_spec(named.spec) and named.rest.count(".") > 1 and self.flows.models.ends_like(last):
                found.append([named.spec, named.rest, self.module.function_at(call.range().start.index)])
        return found[:MAX_ASKED]

    def _row(self, call: SgNode, sink: Sink) -> dict[str, Any] | None:
        keys = Keys()
        if sink.columns is not None:
            keys.named = dict.fromkeys(sink.columns)
        for one in sink.values:
            keys.take(self.keys.of(one))
        if sink.kind == "log" and len(keys.named) < LEAST_LOGGED:
            return None
        at = call.range().start
        row: dict[str, Any] = {
            "line": at.line + 1,
            "function": self.module.function_at(at.index),
            "name": sink.name[:80],
            "sink": sink.sink,
            "table": sink.table[:80],
            "kind": sink.kind,
            **self._told(keys, call),
        }
        if (keys.open and sink.kind != "log") or sink.kind in ("file", "open"):
            row["open"] = True
        if keys.handed is not None:
            row["handed"] = list(keys.handed)
            row["named"] = self._around(at.index)
        if sink.by is not None:
            row["by"] = list(sink.by)
        return row

    def _around(self, at: int) -> str:
        """The function whose parameter is meant: the outermost of those around, without what is called back."""
        names = [one.name for one in self.module.around(at) if one.kind in FUNCTIONS and one.name]
        return names[0] if names else ""

    def _told(self, keys: Keys, call: SgNode) -> dict[str, Any]:
        """The keys, which fields they are by their names, and what of them a model or a caller wrote."""
        fields, says = told_fields(keys.named)
        values: dict[str, Any] = {}
        for key, node in keys.named.items():
            if node is None or len(values) >= MAX_TOLD or not may_answer(key):
                continue
            source, origin, _ = self.flows.source_of(node)
            if source in ("llm", "user"):
                values[key] = source
            elif source == "call":
                values[key] = list(origin)
        told: dict[str, Any] = {"keys": list(keys.named)[:40], "fields": sorted(fields)}
        for one in keys.spread[:2]:  # what a model wrote may be spread into a row
            source, origin, _ = self.flows.source_of(one)
            if source in ("llm", "call"):
                values["..."] = "llm" if source == "llm" else list(origin)
        if values:
            told["values"] = values
        if says:
            told["says"] = says
        return told

    def _handed(self, call: SgNode) -> list[dict[str, Any]]:
        """A call of the project's own that is given an object."""
        given = arguments_of(call)
        if call.kind() != "call_expression" or not any(
            one.kind() in ("object", "identifier", "array") for one in given
        ):
            return []
        named = self.resolver.called(call)
        if not named.rest or not (named.spec == LOCAL or own_spec(named.spec)):
            return []
        keeps = _KEEPS.search(named.rest.rpartition(".")[2]) is not None
        rows = []
        for place, one in enumerate(given[:4]):
            if one.kind() not in ("object", "identifier", "array", "call_expression"):
                continue
            keys = self.keys.of(one)
            if len(keys.named) > 1 or keys.handed is not None or (keeps and (keys.named or keys.open)):
                at = call.range().start
                row = {"line": at.line + 1, "function": self.module.function_at(at.index), "place": place}
                row |= {"by": [named.spec, named.rest], **self._told(keys, call)}
                row |= {"open": True} if keys.open else {}
                row |= {"handed": list(keys.handed), "named": self._around(at.index)} if keys.handed else {}
                rows.append(row)
        return rows

    def _bases(self) -> dict[str, str]:
        """Classes of this file by what they extend: `class PrismaService extends PrismaClient`."""
        found: dict[str, str] = {}
        for name, bindings in self.module.bindings.items():
            node = bindings[0].node if bindings else None
            if not bindings or bindings[0].kind != "class" or node is None or len(found) >= MAX_ROWS:
                continue
            heritage = next((one for one in node.children() if one.kind() == "class_heritage"), None)
            if heritage is None:
                continue
            base = heritage.text().removeprefix("extends").strip().split("(")[0].split("<")[0].split()[0]
            bound = self.module.bound(base.partition(".")[0], node.range().start.index)
            if bound is not None and bound.imported is not None:
                found[name] = f"{bound.imported.spec} {base}"
        return found
