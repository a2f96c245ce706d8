"""What calling a function of Node or of a library does to the world; the effects are those of `python.effects`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from aiaudit import lazy
from aiaudit.probes.javascript.module import WRAPPERS, Module, first_named
from aiaudit.probes.javascript.names import GLOBAL, LOCAL, UNKNOWN, dotted
from aiaudit.probes.javascript.resolve import Named, Resolver
from aiaudit.probes.javascript.values import Values
from aiaudit.probes.python.match import name_set

if TYPE_CHECKING:
    from ast_grep_py import SgNode


class Effect(NamedTuple):
    """`free`: what is run, opened or asked for is not written in the code but handed in."""

    kind: str
    name: str
    line: int
    free: bool


_PROGRAMS: Final = lazy.regex(
    r"^(?:child_process\.(?:promises\.)?(?:exec|execSync|spawn|spawnSync|execFile|execFileSync|fork)"
    r"|execa(?:\.execa\w*|\.\$|\.command\w*)?|zx\.\$|shelljs\.exec|cross-spawn|Bun\.spawn(?:Sync)?)$"
)
_INTERPRETERS: Final = lazy.regex(
    r"^(?:eval|Function|vm2?\.(?:runIn\w+|Script|VM\.run|compileFunction)|isolated-vm\..+\.run)$"
    r"|^@?(?:e2b|vercel/sandbox|daytonaio)\b.*\.(?:runCode|runCommand|commands\.run|exec|codeRun|executeCommand)$"
)
_PROMISED: Final = lazy.regex(r"^(?:util\.)?promisify\(\s*(?:\w+\.)?exec(?:File)?\s*\)")
# `isAvailable(cmd)` starts a program to see whether it is there: which one is told by those who call it
_LOOKS: Final = lazy.regex(
    r"(?i)^(?:is|has|check|find|which|get|detect)?_?\w*(?:available|installed|exists?|version|present)$|^which$"
)
_FILES: Final = lazy.regex(r"^(?:fs(?:/promises|-extra)?(?:\.promises)?|graceful-fs|Bun|Deno)\.(\w+)$")
_ON_FILES: Final = {
    **dict.fromkeys(name_set("unlink unlinkSync rm rmSync rmdir rmdirSync remove removeSync emptyDir"), "delete"),
    **dict.fromkeys(
        name_set("writeFile writeFileSync appendFile appendFileSync rename renameSync copyFile copyFileSync cp cpSync"
                 " mkdir mkdirSync createWriteStream outputFile writeJson write writeTextFile"), "file"),
    **dict.fromkeys(
        name_set("readFile readFileSync readdir readdirSync stat statSync existsSync access createReadStream readJson"
                 " readTextFile file"), "read"),
}  # fmt: skip
_REQUEST: Final = lazy.regex(
    r"^(?:fetch|(?:node|cross|isomorphic)-fetch|isomorphic-unfetch|node-fetch-native|undici\.(?:fetch|request)|https?\.(?:get|request)"
    r"|(?:axios|got|ky|superagent)(?:\.\w+)*)$"
)
_VERBS: Final = {"put": "write", "patch": "write", "delete": "delete", "del": "delete"}
_PAYS: Final = lazy.regex(
    r"^(?:stripe|braintree|razorpay|square|@paypal/[\w-]+|plaid)\b.*\.(?:create|capture|refund|confirm|pay|charge|sale)$"
)
_TELLS: Final = lazy.regex(
    r"\.(?:sendMail|sendEmail|sendSms|sendSMS|sendTextMessage|sendTweet|chat\.postMessage|emails\.send)$"
    r"|^(?:resend|@sendgrid/mail|twilio|nodemailer|postmark|mailgun\.js|@slack/[\w-]+|telegraf|discord\.js)\b.*\.(?:send|create|sendMessage)$"
)
_DELETES: Final = lazy.regex(
    r"\.(?:deleteOne|deleteMany|deleteObjects?|deleteItem|findOneAndDelete|findByIdAndDelete|dropCollection|dropTable|deleteFile)$"
)
_WRITES: Final = lazy.regex(
    r"\.(?:insertOne|insertMany|updateOne|updateMany|replaceOne|bulkWrite|findOneAndUpdate|findByIdAndUpdate|putObject|putItem"
    r"|createMany|upsertMany|addDocuments|createIssue|createPullRequest|createOrUpdateFileContents)$"
)
_STORE: Final = lazy.regex(
    r"(?i)(?:^|[._])(?:\w*_)?(?:db|database|prisma\w*|supabase|drizzle|knex|mongo|collection|table|repo|repository|store|redis|kv|dynamodb"
    r"|s3|octokit|github|jira|calendar|gmail|drive|crm|sql|tx|conn|connection|pool|pg|sqlite)(?:[._(]|$)"
    r"|(?-i:Db|Database|Repository|Repo|Collection|Table|Store|Model)(?:[._(]|$)"
)
_ON_STORE: Final = {
    **dict.fromkeys(name_set("insert update upsert save create"), "write"),
    **dict.fromkeys(name_set("delete destroy drop truncate del"), "delete"),
}
_STATEMENTS: Final = name_set(
    "query execute run exec prepare unsafe raw $queryRawUnsafe $executeRawUnsafe executeSql runQuery"
)
_STATEMENT: Final = lazy.regex(
    r"(?is)[\s`'\"(]*(?:with\b.*?\)\s*)?(select|insert|update|delete|drop|truncate|alter|create|merge|replace|grant)\b"
)
_BY_STATEMENT: Final = {"select": "read", "delete": "delete", "drop": "delete", "truncate": "delete"}
_DATABASE: Final = lazy.regex(
    r"(?i)(?:^|[._])\w*(?:db|database|pool|pg|sql|mysql|sqlite|knex|sequelize|prisma|connection|conn)(?:[._(]|$)"
)


class EffectFinder:
    """Effects of the calls of one file."""

    def __init__(self, module: Module, resolver: Resolver, values: Values) -> None:
        self.module = module
        self.resolver = resolver
        self.values = values

    def of(self, call: SgNode, named: Named) -> Effect | None:
        """What a call does, where that is known."""
        name = dotted(named.spec, named.rest)
        line = call.range().start.line + 1
        promised = self._promised(call, named)
        if _PROGRAMS.match(name) or promised:
            return Effect("execute", name, line, not self._fixed_program(call, promised or name))
        if _INTERPRETERS.search(name):
            return Effect("execute", name, line, not self._constant(call))
        files = _FILES.match(name)
        if files is not None:
            kind = _ON_FILES.get(files.group(1), "")
            return Effect(kind, name, line, not self._constant(call)) if kind else None
        if _REQUEST.match(name):
            return Effect(self._verb(call, name), name, line, False)
        if _PAYS.search(name):
            return Effect("money", name, line, False)
        if _TELLS.search(name):
            return Effect("communicate", name, line, False)
        found = self._by_method(call, name, line)
        if found is None and named.spec != GLOBAL:  # `callApi("/orders/1", { method: "DELETE" })`
            kind = self._verb(call, "")
            found = Effect(kind, name, line, False) if kind != "network" else None
        return found

    def _by_method(self, call: SgNode, name: str, line: int) -> Effect | None:
        called = call.field("function")
        if called is None or called.kind() != "member_expression":
            return None
        member, receiver = called.field("property"), called.field("object")
        if member is None or receiver is None:
            return None
        last = member.text()
        if _DELETES.search(f".{last}"):
            return Effect("delete", name, line, False)
        if _WRITES.search(f".{last}"):
            return Effect("write", name, line, False)
        if last not in _ON_STORE and last not in _STATEMENTS:
            return None
        holder = " ".join(receiver.text()[:160].split())
        if last in _ON_STORE and _STORE.search(holder):
            return Effect(_ON_STORE[last], name, line, False)
        if last in _STATEMENTS and _DATABASE.search(holder):
            return self._statement(call, name, line)
        return None

    def _statement(self, call: SgNode, name: str, line: int) -> Effect | None:
        """A statement of SQL: by its verb where it is written in the code, else free."""
        first = self._first(call)
        if first is None:
            return None
        text = self._text(first)
        verb = _STATEMENT.match(text) if text is not None else None
        if verb is not None:
            return Effect(_BY_STATEMENT.get(verb.group(1).lower(), "write"), name, line, False)
        if first.kind() in ("object", "call_expression", "new_expression") or text is not None:
            return None  # a query that a builder makes, or no statement
        return Effect("sql", name, line, True)

    def _text(self, node: SgNode) -> str | None:
        while node.kind() in WRAPPERS:
            node = first_named(node) or node
        if node.kind() == "identifier":
            bound = self.module.bound(node.text(), node.range().start.index)
            if bound is None or bound.node is None or bound.kind != "value" or bound.path:
                return None
            node = bound.node
        if node.kind() in ("string", "template_string", "binary_expression"):
            text = self.values.text(node)
            return None if text is not None and text.startswith("{…}") else text
        return None

    def _verb(self, call: SgNode, name: str) -> str:
        last = name.rpartition(".")[2].lower()
        if last in _VERBS:
            return _VERBS[last]
        arguments = call.field("arguments")
        for one in arguments.children() if arguments is not None else ():
            if one.kind() == "object" and "method" in one.text()[:400]:
                given, _ = self.values.options(one)
                return _VERBS.get(str(given.get("method", "")).lower(), "network")
        return "network"

    def _promised(self, call: SgNode, named: Named) -> str:
        """`const run = promisify(exec)`: the name of what was promised."""
        called = call.field("function")
        if (
            called is None
            or called.kind() != "identifier"
            or named.spec not in (LOCAL, UNKNOWN, GLOBAL, "util", "node:util")
        ):
            return ""
        bound = self.module.bound(called.text(), call.range().start.index)
        if bound is None or bound.kind != "value" or bound.node is None or not _PROMISED.match(bound.node.text()[:60]):
            return ""
        return "child_process.execFile" if "execFile" in bound.node.text()[:60] else "child_process.exec"

    def _fixed_program(self, call: SgNode, name: str) -> bool:
        """Whether the program that is started stands in the code: a whole command, or a program without a shell."""
        first = self._first(call)
        if first is None:
            return False
        literal = first.kind() == "string" or (first.kind() == "template_string" and "${" not in first.text())
        arguments = call.field("arguments")
        if "shell: true" in (arguments.text()[-300:] if arguments is not None else ""):
            return False
        if first.kind() == "identifier" and name.endswith(("execFile", "execFileSync", "spawn", "spawnSync")):
            bound = self.module.bound(first.text(), call.range().start.index)
            within = self.module.function_at(call.range().start.index)
            if bound is not None and bound.kind == "param" and _LOOKS.match(within):
                return True
        if literal and name.rpartition(".")[2].startswith(("spawn", "execFile", "execa")):
            text = first.text().strip("\"'`")
            inner = arguments.text()[:200] if arguments is not None else ""
            return not (text in ("sh", "bash", "zsh", "node", "python", "python3") and ("-c" in inner or "-e" in inner))
        return self._constant(call)

    def _constant(self, call: SgNode) -> bool:
        first = self._first(call)
        return first is not None and isinstance(self.values.of(first), str)

    def _first(self, call: SgNode) -> SgNode | None:
        arguments = call.field("arguments")
        if arguments is None or arguments.kind() == "template_string":
            return arguments
        return first_named(arguments)
