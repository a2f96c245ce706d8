"""Which calls keep what they are given, in which table, and how their client has to be known for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import Struct

from aiaudit import lazy
from aiaudit.probes.javascript.calls import arguments_of, properties
from aiaudit.probes.javascript.logged import LOG
from aiaudit.probes.javascript.module import WRAPPERS, Module, first_named, unquoted
from aiaudit.probes.javascript.names import GLOBAL, LOCAL, UNKNOWN
from aiaudit.probes.javascript.resolve import Named, Resolver
from aiaudit.probes.python.match import name_set

if TYPE_CHECKING:
    from ast_grep_py import SgNode

# The libraries whose clients keep rows, documents, keys or files.
STORES: Final = lazy.regex(
    r"^(?:@prisma/\S*|\S*prisma/client\S*|drizzle-orm\S*|mongoose\S*|@nestjs/(?:mongoose|typeorm|sequelize)\S*|@typegoose/\S*|mongodb\S*|typeorm\S*"
    r"|sequelize\S*|knex\S*|kysely\S*|pg\b\S*|postgres\b\S*|mysql2?\b\S*|better-sqlite3\S*|sqlite3?\b\S*|bun:sqlite\S*|@supabase/\S*|firebase\S*"
    r"|@firebase/\S*|@google-cloud/firestore\S*|ioredis\S*|redis\b\S*|@upstash/redis\S*|@vercel/(?:kv|postgres)\S*|@neondatabase/\S*"
    r"|@libsql/\S*|@planetscale/\S*|convex\S*|appwrite\S*|node-appwrite\S*|@aws-sdk/(?:client|lib)-dynamodb\S*|lowdb\S*"
    r"|nedb\S*|@mikro-orm/\S*|@notionhq/\S*|airtable\S*|google-spreadsheet\S*|@elastic/\S*|surrealdb\S*|@azure/cosmos\S*"
    r"|pocketbase\S*|@google-cloud/(?:bigquery|datastore)\S*)"
)
INSERT: Final = lazy.regex(
    r"(?i)\b(?:insert(?:\s+or\s+\w+)?|replace)\s+into\s+([\w.\"`\[\]]+|\$\{[^}]{1,80}\})\s*(?:\(([^()]{1,3000})\))?"
)
_UPDATE: Final = lazy.regex(r"(?is)^\s*update\s+([\w.\"`\[\]]+)\s+set\s+(.{1,2000})")
_CHANGE: Final = lazy.regex(r"(?i)\bupdate\s+[\w.\"`]+\s+set\b")
_SET: Final = lazy.regex(r"(?:^|,)\s*([\w\"`\[\]]+)\s*=(?!=)")
_AROUND: Final = ' \t\r\n"`[]\\'
_PUTS: Final = name_set("insertOne insertMany")
_CHANGES: Final = name_set(
    "updateOne findOneAndUpdate findByIdAndUpdate updateMany replaceOne findOneAndReplace findOneAndReplace"
)
_PRISMA: Final = name_set("create createMany createManyAndReturn upsert update updateMany")
_OF_CHAIN: Final = name_set("insert upsert update add set create")
_WEAK: Final = name_set(
    "create save insert bulkCreate insertMany upsert add set put createMany findOrCreate persist addRow index"
)
_REDIS: Final = name_set("set hset hmset lpush rpush xadd zadd lPush rPush hSet xAdd zAdd sadd")
_CACHES: Final = lazy.regex(r"(?i)^set_?ex$|^psetex$")
_EXPIRES: Final = lazy.regex(r"""['"](?:EX|PX)['"]|\b(?:ex|px|EX|PX|ttl)\s*:""")
_FILES: Final = name_set(
    "appendFile appendFileSync writeFile writeFileSync outputFile outputJson writeJson writeJsonSync"
)
_OF_FILES: Final = lazy.regex(r"^(?:fs$|fs/promises$|fs-extra|graceful-fs|jsonfile)")
_TRACES: Final = name_set("capture track trace generation span event setAttributes log end update")
_OF_TRACERS: Final = lazy.regex(
    r"(?i)(?:^|\.)(?:posthog|mixpanel|amplitude|analytics|segment|langfuse|trace|generation|span)\w*$"
)
_COMMANDS: Final = {"PutCommand": "Item", "PutItemCommand": "Item"}
_HISTORIES: Final = lazy.regex(r"^(?!InMemory)\w*ChatMessageHistory$")
_UNREAD: Final = name_set("rpc bulkWrite batch executeRaw $executeRawUnsafe $queryRawUnsafe")
_SQL_CALLS: Final = name_set("query execute run exec prepare raw unsafe none any")
_LLM: Final = lazy.regex(
    r"(?i)openai|anthropic|completions?$|responses$|messages$|images$|embeddings|audio|speech|groq|gemini|genai|threads|runs"
)
_NO_ROWS: Final = lazy.regex(
    r"(?:^|\.)(?:Account|Auth|auth|Storage|storage|Functions|Users|Teams|Messaging|Avatars)(?:\.|$)"
)
_WORDS: Final = lazy.regex(r"['\"`]([\w./:-]{1,80})['\"`]")


class Sink(Struct):
    """`kind`: insert, update, log, file or open (what is kept was not told). `values`: what is handed on; `columns`:
    where a statement names them. `by`: the client, to be looked up where its form alone does not tell that it keeps."""

    sink: str
    table: str
    name: str
    values: list[SgNode]
    kind: str = "insert"
    columns: list[str] | None = None
    by: tuple[str, str] | None = None


class SinkFinder:
    def __init__(self, module: Module, resolver: Resolver) -> None:
        self.module = module
        self.resolver = resolver
        text = module.text
        self.sql = (
            INSERT.search(text) is not None or lazy.regex(r"(?i)\bupdate\s+[\w.\"`]+\s+set\b").search(text) is not None
        )

    def of(self, call: SgNode) -> Sink | None:
        called = call.field("function") or call.field("constructor")
        if called is None:
            return None
        arguments = call.field("arguments")
        if arguments is not None and arguments.kind() == "template_string":
            return self._statement(call, arguments, called.text()[-40:]) if self.sql else None
        given = arguments_of(call)
        if not given:
            return None
        while called.kind() in WRAPPERS:
            called = first_named(called) or called
        if call.kind() == "new_expression":
            return self._made(called.text()[-60:], given, call)
        if called.kind() != "member_expression":
            return self._plain(called.text(), given, call)
        property_, owner = called.field("property"), called.field("object")
        if property_ is None or owner is None:
            return None
        return self._member(call, property_.text(), owner, given)

    # --- by form -----------------------------------------------------------------------------------------------------
    def _member(self, call: SgNode, last: str, owner: SgNode, given: list[SgNode]) -> Sink | None:
        while owner.kind() in WRAPPERS:
            owner = first_named(owner) or owner
        text = owner.text()[-120:]
        name = f"{_last_of(owner)}.{last}".lstrip(".")
        if LOG.match(f"{text}.{last}"):
            return self._logged(f"{text}.{last}"[-60:], given)
        if last in ("values", "set") and owner.kind() == "call_expression":
            verb, of_table = _last_of(owner.field("function")), arguments_of(owner)
            if verb in (("insert", "insertInto", "into") if last == "values" else ("update", "updateTable")):
                kind = "insert" if last == "values" else "update"
                return Sink("store", _bare(of_table[0]) if of_table else "", f"{verb}.{last}", given[:1], kind)
        if given[0].kind() == "object" and last in _PRISMA:
            inner = properties(given[0])
            values = [inner[one] for one in ("data", "create", "update") if one in inner]
            if values and ("data" in inner or "where" in inner) and "model" not in inner:
                kind = "update" if last.startswith("update") else "insert"
                return Sink("store", _last_of(owner), name, values, kind)
        if self.sql and (found := self._sql(call, last, given)) is not None:
            return found
        if last in _PUTS:
            return Sink("store", self._collection(owner), name, given[:1])
        if last in _CHANGES and len(given) > 1:
            upserts = any("upsert" in one.text()[:300] for one in given[2:])
            return Sink("store", self._collection(owner), name, given[1:2], "insert" if upserts else "update")
        if last in _OF_CHAIN and owner.kind() == "call_expression":
            found = self._chained(last, owner, given, name)
            if found is not None:
                return found
        if last == "insert" and len(given) > 1 and given[0].kind() == "string":  # Convex
            return Sink("store", unquoted(given[0]), name, given[1:2])
        if last in ("createDocument", "createRow", "upsertDocument") and len(given) > 2:
            return Sink("store", _bare(given[1])[-40:], name, given[3:4])
        if last in ("put", "putItem") and given[0].kind() == "object" and "Item" in (item := properties(given[0])):
            return Sink("store", _bare(item.get("TableName")), name, [item["Item"]])
        if last in _FILES:
            return self._file(call, last, given)
        keyed = last in _REDIS or _CACHES.match(last)
        if (keyed and len(given) > 1 and "JSON.stringify" in call.text()[:4000]) or last in (
            "xadd",
            "xAdd",
            "hset",
            "hSet",
        ):
            return self._key(call, last, owner, given, name)
        if last in _TRACES:
            return self._traced(last, text, owner, given, name)
        return self._weak(call, last, owner, given, name)

    def _collection(self, owner: SgNode) -> str:
        """The name of a collection, of a model, or of what a name is bound to."""
        if owner.kind() == "call_expression":
            given = arguments_of(owner)
            return _bare(given[0]) if given else ""
        if owner.kind() == "identifier":
            bound = self.module.bound(owner.text(), owner.range().start.index)
            value = bound.node if bound is not None and bound.kind == "value" else None
            while value is not None and value.kind() in WRAPPERS:
                value = first_named(value)
            if value is not None and value.kind() == "call_expression" and ".collection" in value.text()[:300]:
                given = arguments_of(value)
                return _bare(given[0]) if given else ""
        return _last_of(owner)

    def _chained(self, last: str, owner: SgNode, given: list[SgNode], name: str) -> Sink | None:
        """`supabase.from("t").insert(…)`, `knex("t").insert(…)`, `db.collection("t").add(…)`, `…doc(id).set(…)`."""
        inner = owner.field("function")
        verb, of_table = _last_of(inner), arguments_of(owner)
        kind = "update" if last == "update" else "insert"
        if verb in ("from", "table", "into", "from_") and last in ("insert", "upsert", "update"):
            return Sink("store", _bare(of_table[0]) if of_table else "", f"{verb}.{last}", given[:1], kind)
        if verb in ("collection", "doc", "document") and last in ("add", "set", "create", "update"):
            path = _WORDS.findall(owner.text()[:400])
            table = _bare(of_table[0]) if verb == "collection" and of_table else path[-1] if path else ""
            return Sink("store", table, f"{verb}.{last}", given[:1], kind)
        plain = inner is not None and inner.kind() == "identifier" and of_table and of_table[0].kind() == "string"
        if plain and last in ("insert", "upsert", "update"):
            named = self.resolver.called(owner)
            return Sink("store", _bare(of_table[0]), name, given[:1], kind, by=(named.spec, named.rest))
        return None

    # --- statements --------------------------------------------------------------------------------------------------
    def _text(self, node: SgNode) -> SgNode | None:
        """The literal of a statement, also behind a name."""
        if node.kind() == "identifier":
            bound = self.module.bound(node.text(), node.range().start.index)
            node = bound.node if bound is not None and bound.kind == "value" and bound.node is not None else node
        if node.kind() == "object" and "sql" in (inner := properties(node)):
            node = inner["sql"]
        if node.kind() == "call_expression":  # `sql.raw("…")`, "…".trim()
            inner_given = arguments_of(node)
            node = inner_given[0] if inner_given else node
        return node if node.kind() in ("string", "template_string", "binary_expression") else None

    def _sql(self, call: SgNode, last: str, given: list[SgNode]) -> Sink | None:
        for one in given[:2]:
            literal = self._text(one)
            if literal is not None and (found := self._statement(call, literal, last)) is not None:
                return found
        return None

    def _statement(self, call: SgNode, literal: SgNode, name: str) -> Sink | None:
        text = literal.text()
        if name.startswith(("console", "log", "info")):
            return None
        begins = INSERT.search(text)
        if begins is not None:
            columns = [one.strip(_AROUND) for one in (begins.group(2) or "").split(",")]
            columns = [one for one in columns if one]
            if not columns or any(not one.replace("_", "a").isalnum() for one in columns):
                inner = [first_named(one) for one in literal.children() if one.kind() == "template_substitution"]
                handed = [arguments_of(one) for one in inner if one is not None and one.kind() == "call_expression"]
                values = [one[0] for one in handed if one][:1]  # `insert into t ${sql(row)}`
                return Sink("store", begins.group(1).strip(_AROUND), name, values, "insert" if values else "open")
            return Sink("store", begins.group(1).strip(_AROUND).rpartition(".")[2], name, [], columns=columns)
        changes = _UPDATE.search(text.strip("`'\" \n"))
        if changes is not None:
            columns = [one.strip(_AROUND) for one in _SET.findall(changes.group(2))]
            return Sink("store", changes.group(1).strip(_AROUND).rpartition(".")[2], name, [], "update", columns)
        return None

    def _is_handed(self, node: SgNode) -> bool:
        """Whether a statement comes from the caller, at whose place it is read."""
        bound = self.module.bound(node.text().partition(".")[0], node.range().start.index)
        return bound is not None and bound.kind == "param"

    # --- others ------------------------------------------------------------------------------------------------------
    def _logged(self, name: str, given: list[SgNode]) -> Sink | None:
        if name.rpartition(".")[0].endswith("console"):
            given = [one for one in given if one.text().startswith("JSON.stringify")]
        else:
            given = [one for one in given if one.kind() in ("object", "call_expression", "identifier")]
        return Sink("log", "", name, given[:2], "log") if given else None

    def _file(self, call: SgNode, last: str, given: list[SgNode]) -> Sink | None:
        named = self.resolver.called(call)
        if len(given) < 2 or not _OF_FILES.match(named.spec.removeprefix("node:")):
            return None  # a spreadsheet, or the files of a machine in the browser
        data = given[1]
        if data.kind() == "identifier":
            bound = self.module.bound(data.text(), call.range().start.index)
            data = bound.node if bound is not None and bound.kind == "value" and bound.node is not None else data
        inner: list[SgNode] = []
        if last.lower().endswith(("json", "jsonsync")):
            inner = [data]
        elif "JSON.stringify" in data.text()[:400]:
            inner = list(data.find_all({"rule": {"kind": "call_expression", "regex": r"^JSON\.stringify"}}))[:1]
        path = _WORDS.findall(given[0].text()[:200])
        return Sink("store", path[-1] if path else "", last, inner or [data], "insert" if inner else "file")

    def _key(self, call: SgNode, last: str, owner: SgNode, given: list[SgNode], name: str) -> Sink:
        named = self.resolver.of(owner)
        by = (named.spec, named.rest) if named is not None else (UNKNOWN, _last_of(owner))
        cache = _CACHES.match(last) or _EXPIRES.search(call.text()[-200:]) or self._expires(call, owner)
        words = _WORDS.findall(given[0].text()[:100])
        return Sink("cache" if cache else "store", words[0] if words else "", name, given[1:], by=by)

    def _expires(self, call: SgNode, owner: SgNode) -> bool:
        at = call.range().start.index
        text = self.module.text[max(0, at - 600) : at + 1200]
        return f"{owner.text()}.expire(" in text

    def _traced(self, last: str, text: str, owner: SgNode, given: list[SgNode], name: str) -> Sink | None:
        if not _OF_TRACERS.search(text.partition("(")[0]) and last != "setAttributes":
            return None
        objects = [one for one in given if one.kind() in ("object", "identifier")]
        return Sink("trace", "", name, objects[:2], "log") if objects else None

    def _made(self, name: str, given: list[SgNode], call: SgNode) -> Sink | None:
        last = name.rpartition(".")[2]
        if last in _COMMANDS and given[0].kind() == "object":
            inner = properties(given[0])
            item = inner.get(_COMMANDS[last])
            if item is not None:
                return Sink("store", _bare(inner.get("TableName")), last, [item])
        if last == "PutObjectCommand":
            return Sink("store", "", last, [], "file")
        if _HISTORIES.match(last):
            return Sink("store", last, last, [], "open")
        if last[:1].isupper() and ".save(" in self.module.text and given[0].kind() in ("object", "identifier"):
            named = self.resolver.called(call)
            declared = next((one for one in call.ancestors() if one.kind() == "variable_declarator"), None)
            bound = declared.field("name") if declared is not None else None
            at_once = self.module.text[call.range().end.index :].lstrip(") \n").startswith(".save(")
            if at_once or (bound is not None and f"{bound.text()}.save(" in self.module.text):
                return Sink("store", last, f"{last}.save", given[:1], by=(named.spec, named.rest))
        return None

    def _plain(self, name: str, given: list[SgNode], call: SgNode) -> Sink | None:
        if self.sql and len(name) < 40 and (found := self._sql(call, name, given)) is not None:
            return found
        if name in ("addDoc", "setDoc", "updateDoc") and len(given) > 1:
            return Sink(
                "store", self._reference(given[0]), name, given[1:2], "update" if name == "updateDoc" else "insert"
            )
        if name in _FILES:
            return self._file(call, name, given)
        if name in ("push", "set") and len(given) > 1 and "firebase/database" in self.module.text:
            return Sink("store", self._reference(given[0]), name, given[1:2])
        if name == "put" and "@vercel/blob" in self.module.text:
            return Sink("store", "", name, [], "file")
        if name == "track" and len(given) > 1 and "analytics" in self.module.text:
            return Sink("trace", "", name, given[1:2], "log")
        return None

    def _reference(self, node: SgNode) -> str:
        """The collection of `collection(db, "t")` and `doc(db, "t", id)`, also behind a name."""
        if node.kind() == "identifier":
            bound = self.module.bound(node.text(), node.range().start.index)
            node = bound.node if bound is not None and bound.kind == "value" and bound.node is not None else node
        words = _WORDS.findall(node.text()[:300])
        return words[-1] if "collection" in node.text()[:40] and words else words[0] if words else ""

    def _weak(self, call: SgNode, last: str, owner: SgNode, given: list[SgNode], name: str) -> Sink | None:
        """Verbs that other objects have, too: the client has to be one of a store."""
        kind = "open" if last in _UNREAD else "insert" if last in _WEAK else ""
        if last in _SQL_CALLS and given[0].kind() in ("identifier", "member_expression", "call_expression"):
            kind = "open" if self._text(given[0]) is None and not self._is_handed(given[0]) else ""
        around = call.parent()
        if last == "insert" and around is not None and around.kind() == "member_expression":
            return None  # what is filled follows: `insert(t).values(…)`
        if not kind or _LLM.search(_last_of(owner)) or given[0].kind() in ("number", "arrow_function"):
            return None
        if kind == "insert" and last in ("set", "add", "put") and not any(one.kind() == "object" for one in given):
            return None
        named = self.resolver.of(owner)
        if owner.kind() == "this":  # of a class that extends one of a store
            body = self.module.class_at(call.range().start.index)
            parent = body.node.parent() if body is not None and body.node is not None else None
            of_class = parent.field("name") if parent is not None else None
            named = Named(LOCAL, of_class.text()) if of_class is not None else None
        if named is None or named.spec in (GLOBAL, UNKNOWN):
            return None
        spec, rest = named.spec, named.rest
        if _NO_ROWS.search(rest):
            return None
        table = unquoted(given[0]) if last == "rpc" and given[0].kind() == "string" else _last_of(owner)
        values = [] if kind == "open" else given[:1] if last != "upsert" or given[0].kind() == "object" else given[1:2]
        return Sink("store", rest if table == "this" else table, name, values, kind, by=(spec, rest))


def _last_of(node: SgNode | None) -> str:
    """The last word of what is asked: `message` of `prisma.message`, `insert` of `db.insert(t)`."""
    while node is not None and node.kind() in (*WRAPPERS, "call_expression"):
        node = node.field("function") if node.kind() == "call_expression" else first_named(node)
    if node is None:
        return ""
    property_ = node.field("property") if node.kind() == "member_expression" else None
    if property_ is not None:
        return property_.text()
    if node.kind() == "subscript_expression":
        return next(iter(_WORDS.findall(node.text()[-80:])), "")
    return node.text()[:60] if node.kind() in ("identifier", "this", "type_identifier") else ""


def _bare(node: SgNode | None) -> str:
    """The name of a table as it stands: in quotes, or that of the object that describes it."""
    if node is None:
        return ""
    if node.kind() == "string":
        return unquoted(node)[:80]
    return node.text().rpartition(".")[2][:80] if node.kind() in ("identifier", "member_expression") else ""
