"""What calling a function does to the world: reads, writes, deletes, pays, tells somebody, runs a program.

A name of a library decides where it is known, else a method's name together with what its receiver is called. Effects:
read, write, delete, money, communicate, execute, network (a request whose effect is not known), file (a file is
written), sql (a statement that is put together at run time), memory (what an agent keeps for itself).
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable
from typing import Final, NamedTuple

from aiaudit import lazy
from aiaudit.probes.python.built_statements import built_verb
from aiaudit.probes.python.databases import runs_statement
from aiaudit.probes.python.match import name_set
from aiaudit.probes.python.module import Scope
from aiaudit.probes.python.names import dotted, last_name
from aiaudit.probes.python.values import Values

# Those that cannot be undone, cost something or reach others, the gravest first.
CONSEQUENTIAL: Final = ("execute", "money", "delete", "communicate", "sql", "write", "file")


class Effect(NamedTuple):
    """One effect. `free`: what is run, opened or asked for is not written in the code but handed in."""

    kind: str
    name: str
    line: int
    free: bool


_PROGRAMS: Final = name_set(
    "os.system os.popen os.execv os.execvp os.spawnv subprocess.run subprocess.call subprocess.Popen"
    " subprocess.check_call subprocess.check_output subprocess.getoutput subprocess.getstatusoutput pty.spawn"
    " asyncio.create_subprocess_shell asyncio.create_subprocess_exec asyncio.subprocess.create_subprocess_shell"
    " asyncio.subprocess.create_subprocess_exec anyio.run_process pexpect.spawn pexpect.run"
)
_INTERPRETERS: Final = name_set("exec eval runpy.run_path runpy.run_module code.InteractiveInterpreter.runsource")
_KINDS: Final[dict[str, str]] = {
    **dict.fromkeys(
        name_set("os.remove os.unlink os.rmdir os.removedirs shutil.rmtree pathlib.Path.unlink pathlib.Path.rmdir"
                 " send2trash.send2trash"), "delete"),
    **dict.fromkeys(
        name_set("os.rename os.replace os.makedirs os.mkdir shutil.move shutil.copy shutil.copyfile shutil.copytree"
                 " pathlib.Path.write_text pathlib.Path.write_bytes pathlib.Path.mkdir pathlib.Path.rename"
                 " pathlib.Path.touch aiofiles.open"), "file"),
    **dict.fromkeys(
        name_set("pathlib.Path.read_text pathlib.Path.read_bytes os.listdir os.walk glob.glob pandas.read_csv"
                 " pandas.read_excel pandas.read_parquet json.load"), "read"),
    **dict.fromkeys(name_set("smtplib.SMTP.send_message smtplib.SMTP.sendmail smtplib.SMTP_SSL.send_message"
                             " smtplib.SMTP_SSL.sendmail yagmail.SMTP.send webbrowser.open"), "communicate"),
}  # fmt: skip
_VERBS: Final = {"get": "network", "head": "network", "options": "network", "post": "network", "request": "network",
                 "stream": "network", "put": "write", "patch": "write", "delete": "delete"}  # fmt: skip
_REQUEST: Final = lazy.regex(
    r"(?:requests(?:\.[Ss]ession)?|httpx(?:\.(?:Async)?Client)?|aiohttp(?:\.ClientSession)?|urllib3(?:\.PoolManager)?)"
    r"\.(?:get|head|options|post|request|stream|put|patch|delete)|urllib\.request\.(?:urlopen|urlretrieve)"
)
_PAYMENTS: Final = ("stripe.", "braintree.", "paypalrestsdk.", "square.", "razorpay.", "coinbase.", "ccxt.", "alpaca",
                    "plaid.", "web3.", "binance.")  # fmt: skip
_MEMORIES: Final = (
    "langgraph.store.",
    "langgraph.config.get_store.",
    "langmem.",
    "mem0.",
    "zep_cloud.",
    "letta_client.",
)
_PAYS: Final = name_set("create capture refund confirm send_transaction submit_order create_order charge pay")
_CHANGES: Final = lazy.regex(r"(?:create|patch|replace|delete)_")
_DELETES: Final = lazy.regex(r"(?:delete|terminate|destroy|purge)_\w+$")
_SENDS: Final = lazy.regex(
    r"send_(?:\w+_)?(?:e?mail|sms|message|whatsapp|notification|invite|invitation|invoice)s?(?:_\w+)?$"
)
_METHODS: Final[dict[str, tuple[str, re.Pattern[str] | None]]] = {}
_STORE: Final = lazy.regex(
    r"(?i)(?:^|_)(?:db|database|session|sessionlocal|sessionmaker|conn|connection|table|collection|repo|repository|store|storage|bucket|client"
    r"|api|service|redis|cache|index|supabase|mongo|s3|dynamodb|gh|github|jira|calendar|crm|cursor|drive|gmail)s?\d?$"
)
for _kind, _names, _receiver in (
    ("money", "refund charge pay payout transfer_funds send_transaction submit_order create_order place_order"
              " create_payment create_refund create_charge issue_refund capture_payment", None),
    ("communicate", "send_message send_email send_mail sendmail chat_postMessage chat_post_message post_message"
                    " send_sms send_notification create_tweet send_raw_email reply_text send_reply", None),
    ("communicate", "send publish", lazy.regex(r"(?i)mail|sms|slack|twilio|sendgrid|resend|smtp|webhook|notif|sns")),
    ("delete", "delete_one delete_many delete_object delete_objects delete_item drop_table drop_collection"
               " delete_user terminate_instances delete_file delete_record delete_repo delete_index rmtree", None),
    ("delete", "delete remove drop destroy truncate", _STORE),
    ("write", "insert_one insert_many update_one update_many replace_one put_item put_object upload_file upload_blob"
              " upload_fileobj to_sql bulk_create create_issue create_pull create_event update_record create_file"
              " update_file add_documents add_texts create_pull_request merge_pull_request", None),
    ("write", "insert update upsert save add commit merge create set put", _STORE),
    # Of Redis, whose methods are called as no others are; those that others have too need the name of a store.
    ("delete", "hdel lrem srem zrem zremrangebyscore xdel xgroup_destroy flushdb flushall", None),
    ("write", "hset hmset hsetnx hincrby lpush rpush sadd zadd zincrby xadd setex setnx xgroup_create", None),
    ("write", "expire rename persist lpop rpop spop incr decr", _STORE),
):  # fmt: skip
    for _one in _names.split():
        _METHODS.setdefault(f"{_one}?" if _receiver is not None else _one, (_kind, _receiver))
_FILLS: Final = name_set("add_documents aadd_documents add_texts aadd_texts add add_nodes put set")
_STATEMENT: Final = lazy.regex(
    r"(?is)\s*(?:with\b.*?\)\s*)?(select|insert|update|delete|drop|truncate|alter|create|merge|replace|grant)\b"
)
# Cypher: what is matched may be changed further on.
_MATCHES: Final = lazy.regex(r"(?is)\s*(?:optional\s+)?match\s*\(")
_ALTERS: Final = lazy.regex(r"(?i)\b(?:create|merge|set|delete|remove|foreach|call|load\s+csv)\b")
_BY_STATEMENT: Final = {"select": "read", "delete": "delete", "drop": "delete", "truncate": "delete"}
_SQL: Final = name_set("execute executemany executescript exec_driver_sql read_sql read_sql_query run_sql")
_ANY_SQL: Final = name_set("execute_query run_query execute_sql run_sql execute_statement run_statement query_database")
_DATABASE: Final = lazy.regex(r"(?i)(?:^|_)(?:cur|cursor|conn|connection|con|db|database|session|engine|tx)$")

_INTERPRETER: Final = lazy.regex(
    r"(?:^|/)(?:(?:ba|z|da|k|c|tc|fi)?sh|python[\d.]*|node|deno|bun|perl|ruby|php|Rscript|osascript|pwsh|powershell)(?:\.exe)?$"
)

# Tools that come with frameworks, by the last part of their names.
BUILT_IN: Final[dict[str, tuple[str, bool]]] = {
    **dict.fromkeys(
        name_set("ShellTool BashProcess PythonREPLTool PythonAstREPLTool PythonREPL"
                 " LocalShellTool TerminalTool ExecPythonTool LocalPythonExecutor"), ("execute", True)),
    **dict.fromkeys(name_set("QuerySQLDatabaseTool QuerySQLDataBaseTool SQLDatabaseToolkit NL2SQLTool"), ("sql", True)),
    **dict.fromkeys(name_set("WriteFileTool FileWriterTool FileManagementToolkit"), ("file", True)),
    **dict.fromkeys(name_set("DeleteFileTool"), ("delete", True)),
    **dict.fromkeys(name_set("GmailSendMessage SlackSendMessage"), ("communicate", True)),
    **dict.fromkeys(
        name_set("TavilySearch TavilySearchResults DuckDuckGoSearchRun DuckDuckGoSearchTool WebSearchTool SerperDevTool"
                 " WikipediaQueryRun ArxivQueryRun FileSearchTool VisitWebpageTool ScrapeWebsiteTool WikipediaTool"
                 " GoogleSearchTool YouSearchTool ExaSearchTool WebsiteSearchTool"), ("read", False)),
}  # fmt: skip

# What a tool is for by the verb of its name; only where its code cannot be seen.
_VERBS_OF_NAMES: Final = tuple(
    (kind, lazy.regex(rf"(?i)^(?:\w+?[_-])??(?:{verbs})(?:[_-]|(?-i:[A-Z])|$)"))
    for kind, verbs in (
        ("read", "get|list|read|search|find|fetch|lookup|look_up|query|retrieve|view|show|check|describe|count"
                 "|calculate|status|diff|log"),
        ("money", "pay|charge|refund|transfer|buy|sell|purchase|withdraw|issue_refund|place_order"
                  r"|(?:initiate|make|process|execute|submit|perform)_(?:\w+?_)?(?:payment|transfer|payout|refund|withdrawal|purchase)s?"),
        ("delete", "delete|remove|drop|destroy|purge|wipe|terminate"),
        ("communicate", "send|email|notify|publish|tweet|post_message|reply"),
        ("execute", "run_(?:command|shell|code|python|bash|sql)|execute|exec|shell|bash|terminal|python_repl"),
        ("write", "create|update|write|insert|add|set|edit|modify|save|upload|upsert|commit|push|deploy|merge|move"
                  "|rename|reset|checkout|book|cancel|schedule|activate|deactivate|block|unblock|freeze|unfreeze|enable|disable"
         "|suspend|revoke|grant|invite|subscribe|unsubscribe|archive|assign|approve|reject"),
    )
)  # fmt: skip


_OWN_MEMORY: Final = lazy.regex(
    r"(?i)(?:^|_)(?:memor(?:y|ies)|remember|memori[sz]e|scratchpad|working_notes)(?:_|$)|Memor(?:y|ies)$"
)
# `update_order_status` changes the status that `get_order_status` reads: a verb of change at the beginning comes first.
_LEADS: Final = tuple(
    (kind, lazy.regex(rf"(?i)^(?:{verbs})(?:[_-]|(?-i:[A-Z]))"))
    for kind, verbs in (
        ("delete", "delete|remove|destroy|purge"),
        ("communicate", "send|notify|publish"),
        ("write", "update|insert|set|edit|modify|rename|reset|cancel|assign|approve|reject|upsert"),
    )
)
_PROPOSES: Final = lazy.regex(r"(?i)draft|preview|dry_?run|propose|suggest|simulat|^prepare_")
# `reply_tool`, `email_tool`: whose text is "Generate a professional reply" hands the text back and tells nobody.
_TEXTS: Final = lazy.regex(r"(?i)^(?:\w+?[_-])??(?:reply|email)(?:[_-]|(?-i:[A-Z])|$)")
_WRITES_A_TEXT: Final = lazy.regex(
    r"(?i)\s*(?:this tool )?(?:generates?|drafts?|composes?|suggests?|proposes?|prepares?|writes?)\b"
)
_SENDS_IT: Final = lazy.regex(
    r"(?i)\b(?:send|sends|sent|post|posts|publish|publishes|deliver|delivers|submit|submits|forwards?|notif(?:y|ies)"
    r"|dispatch(?:es)?|(?:and|then) (?:e-?)?mails?)\b"
)
# What is looked for in all files, for tools whose work is done elsewhere.
PATTERNS: Final = (
    "eval",
    "exec",
    *sorted(_PROGRAMS - {"os.execv", "os.execvp", "os.spawnv"}),
    *(one for one, kind in _KINDS.items() if kind in ("delete", "communicate")),
    *(f"{client}.{verb}" for client in ("requests", "httpx") for verb in ("put", "patch", "delete", "post", "get")),
    "stripe.*",
    "langgraph.store.*",
    "mem0.*",
)


def effect_of_name(name: str) -> str:
    """The effect of a function by its qualified name alone; "" where it has none that is known."""
    if name in _PROGRAMS or name in _INTERPRETERS:
        return "execute"
    if _REQUEST.fullmatch(name):
        return _VERBS.get(name.rpartition(".")[2], "network")
    if name.startswith(_MEMORIES):
        return "memory"
    if name.startswith(_PAYMENTS):
        return "money" if name.rpartition(".")[2] in _PAYS else ""
    return _KINDS.get(name, "")


def effect_by_name(tool: str, told: str = "") -> str:
    """What a tool of this name is for, by its verb; "" where the name does not tell, tells that a person decides, or
    that the tool only keeps what the agent remembers, and where its description says that it writes a text only."""
    if _PROPOSES.search(tool) or _OWN_MEMORY.search(tool):
        return ""
    if _TEXTS.search(tool) and _WRITES_A_TEXT.match(told) and not _SENDS_IT.search(told):
        return ""
    return next((kind for kind, pattern in (*_LEADS, *_VERBS_OF_NAMES) if pattern.search(tool)), "")


def effect_of(call: ast.Call, names: Iterable[str], values: Values, scope: Scope) -> Effect | None:
    """What a call does, where that is known."""
    last, line = last_name(call.func), call.lineno
    for name in names:
        if name in _PROGRAMS:
            return Effect("execute", name, line, not _fixed_program(call, values, scope))
        if name in _INTERPRETERS:
            return Effect("execute", name, line, not _constant(call, values, scope))
        if name in ("open", "io.open", "pathlib.Path.open"):
            return Effect("file" if _writes(call) else "read", name, line, not _constant(call, values, scope))
        if name in _KINDS:
            return Effect(_KINDS[name], name, line, not _constant(call, values, scope))
        if _REQUEST.fullmatch(name):
            return Effect(_VERBS.get(last, "network"), name, line, not _known_start(call, values, scope))
        if name.startswith(_MEMORIES):
            return Effect("memory", name, line, False)
        if name.startswith(_PAYMENTS) and last in _PAYS:
            return Effect("money", name, line, False)
        if name.rpartition(".")[2] in _FILLS and "InMemory" in name:
            return None  # a store that ends with the process
        built_in = next((one for one in name.split(".")[1:][-2:] if one in BUILT_IN), "")
        if built_in and name[:1] != "@":
            return Effect(BUILT_IN[built_in][0], name, line, BUILT_IN[built_in][1])
        if runs_statement(name) and call.args:
            return _statement(call, name, values, scope)
    return _by_method(call, last, names, values, scope)


def _by_method(call: ast.Call, last: str, names: Iterable[str], values: Values, scope: Scope) -> Effect | None:
    if not isinstance(call.func, ast.Attribute):
        return None
    written = dotted(call.func) or f"?.{last}"
    receiver = last_name(call.func.value) or (
        last_name(call.func.value.func) if isinstance(call.func.value, ast.Call) else ""
    )
    if last in _ANY_SQL and not any(values.text(one, scope) for one in call.args):
        return Effect("sql", written, call.lineno, True)
    if last in _SQL and call.args and (last.startswith("read_sql") or _DATABASE.search(receiver)):
        return _statement(call, written, values, scope)
    kind, _ = _METHODS.get(last, ("", None))
    if not kind:
        kind, wanted = _METHODS.get(f"{last}?", ("", None))
        if _is_of_python(call.func.value, values, scope):
            return None
        owners = (one.split(".")[-2] for one in names if one.count(".") > 1)
        objects = (receiver, _maker(call.func.value, values, scope), *owners)
        if wanted is None or not any(wanted.search(one) for one in objects):
            kind = _by_verb(call, last, receiver, names)
            if not kind:
                return None
    return Effect(kind, written, call.lineno, False)


_GIVES_STORE: Final = lazy.regex(
    r"(?i)^(?:get|open|make|create|connect|acquire)_?(?:\w+_)?(?:connection|client|session|db|database|redis|conn)$"
)


def _maker(node: ast.expr, values: Values, scope: Scope) -> str:
    """The function that a variable comes from, where its name says that it gives a store: `r = get_connection()`."""
    if not isinstance(node, ast.Name):
        return ""
    bound = values.resolver.bindings(node.id, scope, node.lineno) or []
    made = bound[0].node if len(bound) == 1 and bound[0].kind == "value" else None
    made = made.value if isinstance(made, ast.Await) else made
    name = last_name(made.func) if isinstance(made, ast.Call) else ""
    return name if _GIVES_STORE.match(name) else ""


def _is_of_python(node: ast.expr, values: Values, scope: Scope) -> bool:
    """Whether an object is a list, a set or a map of the program itself: what is put into it stays in the program."""
    if not isinstance(node, ast.Name):
        return False
    bound = values.resolver.bindings(node.id, scope, node.lineno) or []
    made = bound[0].node if len(bound) == 1 and bound[0].kind == "value" else None
    if isinstance(made, ast.Call):
        return last_name(made.func) in ("set", "list", "dict", "defaultdict", "deque", "Counter", "OrderedDict")
    return isinstance(made, ast.Dict | ast.List | ast.Set | ast.ListComp | ast.SetComp | ast.DictComp)


def handed_effect(argument: ast.expr, call: ast.Call) -> Effect | None:
    """What a method does that is handed to another function to call: `with_timeout(self.db.run_sql, args=(query,))`."""
    if isinstance(argument, ast.Attribute) and argument.attr in _ANY_SQL:
        return Effect("sql", dotted(argument) or argument.attr, call.lineno, True)
    return None


def _by_verb(call: ast.Call, last: str, receiver: str, names: Iterable[str]) -> str:
    """What a method of a library's object does by the verb that its name begins with."""
    if any(one[:1] == "@" for one in names):
        return ""  # the file's own: its code tells
    if any(one.startswith("kubernetes.") for one in names) and _CHANGES.match(last):
        return "delete" if last.startswith("delete") else "write"
    if last == "create" and receiver == "messages" and any(one.arg in ("body", "from_") for one in call.keywords):
        return "communicate"  # Twilio
    return "delete" if _DELETES.match(last) else "communicate" if _SENDS.match(last) else ""


def _statement(call: ast.Call, name: str, values: Values, scope: Scope) -> Effect:
    """A statement of SQL: by its verb where it is written in the code, else free."""
    argument = call.args[0]
    built = built_verb(argument, values, scope)
    if built:
        return Effect(_BY_STATEMENT.get(built, "write"), name, call.lineno, False)
    if isinstance(argument, ast.Call) and last_name(argument.func) in ("text", "SQL") and argument.args:
        argument = argument.args[0]
    if isinstance(argument, ast.Name):
        bound = values.resolver.bindings(argument.id, scope, argument.lineno) or []
        if len(bound) == 1 and bound[0].kind == "value" and isinstance(bound[0].node, ast.JoinedStr):
            argument = bound[0].node
    beginning = argument.values[0] if isinstance(argument, ast.JoinedStr) and argument.values else argument
    text = values.text(beginning, scope) or ""
    verb = _STATEMENT.match(text)
    if verb is None and _MATCHES.match(text):
        whole = "".join(values.text(one, scope) or "" for one in getattr(argument, "values", (argument,)))
        return Effect("write" if _ALTERS.search(whole) else "read", name, call.lineno, False)
    if verb is None:
        return Effect("sql", name, call.lineno, True)
    return Effect(_BY_STATEMENT.get(verb.group(1).lower(), "write"), name, call.lineno, False)


def _constant(call: ast.Call, values: Values, scope: Scope) -> bool:
    first = call.args[0] if call.args else call.func.value if isinstance(call.func, ast.Attribute) else None
    return first is not None and values.text(first, scope) is not None


def _fixed_program(call: ast.Call, values: Values, scope: Scope) -> bool:
    """Whether the program that is started stands in the code: a constant command, or a list that begins with one and no
    shell in between."""
    first = call.args[0] if call.args else next((one.value for one in call.keywords if one.arg == "args"), None)
    if first is None:
        return False
    if isinstance(first, ast.Name):
        bound = values.resolver.bindings(first.id, scope, first.lineno) or []
        first = bound[0].node if len(bound) == 1 and isinstance(bound[0].node, ast.List | ast.Tuple) else first
    if isinstance(first, ast.List | ast.Tuple) and first.elts:
        if any(one.arg == "shell" and not _is_false(one.value) for one in call.keywords):
            return False
        words = ["python" if dotted(one) == "sys.executable" else values.text(one, scope) for one in first.elts[:3]]
        return words[0] is not None and not _takes_a_script(words)
    return values.text(first, scope) is not None


def is_interpreter(word: str) -> bool:
    """Whether a word of a command starts an interpreter: `bash`, `/usr/bin/python3`."""
    return bool(_INTERPRETER.search(word))


def _takes_a_script(words: list[str | None]) -> bool:
    """Whether the command hands text to an interpreter: `bash -c`, `python -c`. With other programs the same letter is
    a setting (`git -c user.name=x`) or a number (`ping -c 1`)."""
    runs = [bool(word and _INTERPRETER.search(word)) for word in words]
    return any(word in ("-c", "-lc", "-e") and any(runs[:index]) for index, word in enumerate(words))


def _is_false(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and not node.value


def _known_start(call: ast.Call, values: Values, scope: Scope) -> bool:
    """Whether the beginning of the address stands in the code."""
    address = address_of(call)
    return address is not None and starts_in_code(address, values, scope)


def address_of(call: ast.Call) -> ast.expr | None:
    """The address that a request is made to."""
    index = 1 if last_name(call.func) in ("request", "stream") else 0
    return (
        call.args[index] if len(call.args) > index else next((k.value for k in call.keywords if k.arg == "url"), None)
    )


def starts_in_code(node: ast.expr, values: Values, scope: Scope) -> bool:
    """Whether the beginning of a text is written in the code."""
    if isinstance(node, ast.JoinedStr) and node.values:
        node = node.values[0].value if isinstance(node.values[0], ast.FormattedValue) else node.values[0]
    elif isinstance(node, ast.BinOp):
        node = node.left
    return values.text(node, scope) is not None


def _writes(call: ast.Call) -> bool:
    position = 0 if isinstance(call.func, ast.Attribute) and last_name(call.func.value) not in ("io", "codecs") else 1
    mode = call.args[position] if len(call.args) > position else None
    mode = next((one.value for one in call.keywords if one.arg == "mode"), mode)
    return isinstance(mode, ast.Constant) and isinstance(mode.value, str) and any(sign in mode.value for sign in "wax+")
