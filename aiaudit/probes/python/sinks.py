"""Calls to which it is dangerous to hand what somebody else wrote: they run, query, render, write or fetch it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Final

from aiaudit import lazy
from aiaudit.probes.python.answering import is_handler
from aiaudit.probes.python.databases import runs_statement
from aiaudit.probes.python.effects import is_interpreter
from aiaudit.probes.python.match import name_set
from aiaudit.probes.python.module import Scope
from aiaudit.probes.python.names import dotted, last_name
from aiaudit.probes.python.nodes import expressions, header, statements, walk
from aiaudit.probes.python.values import Values

Sink = tuple[str, str, ast.expr]
"""(name, kind, dangerous argument)"""

_SINKS: Final[dict[str, tuple[str, int]]] = {  # name -> (kind, position of the dangerous argument)
    "eval": ("code", 0),
    "pandas.eval": ("code", 0),
    "exec": ("code", 0),
    "nbformat.v4.new_code_cell": ("code", 0),  # a notebook that is made while the program runs is made to be run
    "os.system": ("shell", 0),
    "os.popen": ("shell", 0),
    "subprocess.getoutput": ("shell", 0),
    "subprocess.getstatusoutput": ("shell", 0),
    "asyncio.create_subprocess_shell": ("shell", 0),
    "markupsafe.Markup": ("html", 0),
    "flask.Markup": ("html", 0),
    "django.utils.safestring.mark_safe": ("html", 0),
    "flask.render_template_string": ("html", 0),
    "fastapi.responses.HTMLResponse": ("html", 0),
    "starlette.responses.HTMLResponse": ("html", 0),
    "IPython.display.HTML": ("html", 0),
    "ipywidgets.HTML": ("html", 0),
    "ipywidgets.HTMLMath": ("html", 0),
    "ipywidgets.widgets.HTML": ("html", 0),
    "streamlit.components.v1.html": ("html", 0),  # a frame of its own, in which scripts run
    "sqlalchemy.text": ("sql", 0),
    "sqlalchemy.sql.text": ("sql", 0),
    "pandas.read_sql": ("sql", 0),
    "pandas.read_sql_query": ("sql", 0),
    "open": ("file", 0),
    "os.remove": ("file", 0),
    "os.unlink": ("file", 0),
    "os.makedirs": ("file", 0),
    "shutil.rmtree": ("file", 0),
    "pathlib.Path.write_text": ("file", -1),
    "pathlib.Path.write_bytes": ("file", -1),
    "pathlib.Path.unlink": ("file", -1),
    "PIL.Image.new.save": ("file", 0),
    "PIL.Image.open.save": ("file", 0),
    "PIL.Image.fromarray.save": ("file", 0),
    "urllib.request.urlopen": ("url", 0),
    **{f"{client}.{verb}": ("url", 0)
       for client in ("requests", "httpx", "requests.Session", "httpx.Client", "httpx.AsyncClient",
                      "aiohttp.ClientSession")
       for verb in ("get", "post", "put", "delete", "head", "patch")},
}  # fmt: skip
_SHELLS: Final = name_set("run call Popen check_call check_output")
_SQL_METHODS: Final = name_set("execute executemany executescript raw")
_DATABASE_NAME: Final = lazy.regex(
    r"(?i)(?:^|_)(?:cur|cursor|conn|connection|db|database|session|engine|tx|transaction)$"
)
_DATABASES: Final = tuple(
    f"{name}." for name in ("sqlite3", "psycopg", "psycopg2", "sqlalchemy", "sqlmodel", "duckdb", "pymysql", "asyncpg",
                            "aiosqlite", "mysql", "MySQLdb", "snowflake", "pyodbc", "oracledb", "clickhouse_connect")
)  # fmt: skip
_STARTS: Final = name_set("asyncio.create_subprocess_exec asyncio.subprocess.create_subprocess_exec os.execv os.execvp")
_KERNELS: Final = name_set("execute execute_interactive")
_BOXES: Final = name_set("docker podman firejail bwrap nsjail runsc wasmtime")
_BOX_CALLS: Final = (".containers.run", ".containers.create", ".exec_run", ".run_code", ".commands.run", ".code_run")
_FRAME: Final = lazy.regex(r"(?i)(?:^|_)(?:df|dataframe|frame)\d*$")
# A function that is named after running something, and stands in another file.
_HANDED: Final = lazy.regex(
    r"(?i)^_?a?(?:execute|run|exec|eval)_?(?:query|sql|code|command|cmd|shell|python|bash|script|statement|cypher)\w*$"
)
_TAG: Final = lazy.regex(
    r"(?i)<(?:html|body|div|p|span|h[1-6]|ul|ol|li|table|tr|td|b|i|br|pre|code|article|section|a)\b"
)
_PROGRAM_WORDS: Final = 8  # of a command are looked at


# Options of libraries that hold instructions: CrewAI's agents are told their `backstory` in the role of the system.
INSTRUCTING: Final = frozenset(
    ("system", "instructions", "system_prompt", "system_instruction", "system_message", "backstory", "preamble")
)
_OF_A_REQUEST: Final = name_set(
    "messages message prompt user human assistant model llm tools temperature max_tokens content question"
)
_OF_PROMPTS: Final = lazy.regex("prompt|message|instruct|persona|chat|llm|assistant|conversation|completion")


def instructing(node: ast.Call | ast.Dict | ast.Tuple) -> Iterator[tuple[str, ast.expr]]:
    """What a message or a call gives a model as instructions: the content in the role of the system."""
    match node:
        case ast.Dict(keys=keys, values=values):
            given = {key.value: value for key, value in zip(keys, values, strict=True) if isinstance(key, ast.Constant)}
            role = given.get("role")
            if isinstance(role, ast.Constant) and role.value in ("system", "developer") and "content" in given:
                yield "system message", given["content"]
            if "system" in given and "messages" in given:  # what a request to Anthropic's models carries
                yield from (("system", one) for one in texts_of(given["system"]))
        case ast.Tuple(elts=[ast.Constant(value="system"), content]):
            yield "system message", content
        case ast.Call(func=function, args=arguments, keywords=keywords):
            if last_name(function) in ("SystemMessage", "SystemMessagePromptTemplate"):
                yield from (("system message", one) for one in arguments[:1])
                yield from (("system message", one.value) for one in keywords if one.arg == "content")
            if last_name(function) in ("from_system", "from_developer"):  # a message of Haystack
                yield from (("system message", one) for one in arguments[:1])
            if says_system(node):
                yield from (("system message", one.value) for one in keywords if one.arg == "content")
            for one in keywords:
                if one.arg in INSTRUCTING and not (one.arg == "system" and _names_a_system(node)):
                    yield from ((one.arg, part) for part in texts_of(one.value))


def _names_a_system(call: ast.Call) -> bool:
    """Whether `system` is a field of a record beside others that are none of a request to a model: which machine or
    which part of a plant it is about, `Asset(name=…, system=…, tenant=…)`."""
    name = last_name(call.func)
    given = {one.arg or "" for one in call.keywords} - {"system"}
    return name[:1].isupper() and bool(given) and not given & _OF_A_REQUEST and not _OF_PROMPTS.search(name.lower())


def says_system(call: ast.Call) -> bool:
    """Whether a message is made in the role of the system: `ChatMessage(role="system", content=…)`."""
    for one in call.keywords:
        if one.arg == "role":
            role = one.value.value if isinstance(one.value, ast.Constant) else last_name(one.value)
            return str(role).lower() in ("system", "developer")
    return False


def texts_of(node: ast.expr) -> list[ast.expr]:
    """The texts of instructions that are given as a list of blocks: `system=[{"text": …}]`."""
    if not isinstance(node, ast.List | ast.Tuple):
        return [node]
    found: list[ast.expr] = []
    for block in node.elts:
        if isinstance(block, ast.Dict):
            for key, value in zip(block.keys, block.values, strict=True):
                if isinstance(key, ast.Constant) and key.value == "text":
                    found.append(value)
        else:
            found.append(block)
    return found


class Sinks:
    """Tells the sinks of one file."""

    def __init__(self, values: Values) -> None:
        self.values = values
        self.resolver = values.resolver

    def of(self, call: ast.Call, scope: Scope) -> Sink | None:
        """The sink that a call is, where its argument is not a constant."""
        last = last_name(call.func)
        resolved = self.resolver.names(call.func, scope)
        names = [one.name for one in resolved]
        if last in ("write", "write_text") and call.args and self._is_run(call, scope):
            return "a file that is run as a program", "code", call.args[0]
        for name in names:
            found = self._by_name(name, last, call, scope)
            if found is not None:
                return found
        if last in _SQL_METHODS and call.args and not isinstance(call.args[0], ast.Constant):
            receiver = call.func.value if isinstance(call.func, ast.Attribute) else call.func
            if _DATABASE_NAME.search(last_name(receiver)) or any(name.startswith(_DATABASES) for name in names):
                return names[0] if names else f"?.{last}", "sql", call.args[0]
        if last in ("markdown", "html", "write") and keyword_of(call, "unsafe_allow_html") is not None and call.args:
            return f"streamlit.{last}", "html", call.args[0]
        framed = isinstance(call.func, ast.Attribute) and bool(_FRAME.search(last_name(call.func.value)))
        if last in ("query", "eval") and framed and call.args:
            return f"pandas.DataFrame.{last}", "code", call.args[0]
        if _HANDED.search(last) and (call.args or call.keywords) and not any(one.local is not None for one in resolved):
            given = [*call.args, *(one.value for one in call.keywords)]
            return dotted(call.func) or last, "handed", ast.Tuple(given, ast.Load())
        return None

    def _by_name(self, name: str, last: str, call: ast.Call, scope: Scope) -> Sink | None:
        if name in _SINKS:
            kind, position = _SINKS[name]
            if name == "open" and not _writes(call):
                return None
            argument = _argument(call, position) or (_markup_given(call) if kind == "html" else None)
            return (name, kind, argument) if argument is not None else None
        if name.startswith("subprocess.") and last in _SHELLS and (first := _argument(call, 0)) is not None:
            return name, "shell" if _is_shell(call) else self._kind_of_command(first, scope), first
        if name in _STARTS and call.args:
            first = call.args[0] if len(call.args) == 1 else ast.Tuple(call.args, ast.Load())
            return name, self._kind_of_command(first, scope), first
        if runs_statement(name) and (first := _argument(call, 0)) is not None and not isinstance(first, ast.Constant):
            return name, "sql", first
        if name.startswith("jupyter_client.") and last in _KERNELS and call.args:
            return name, "code", call.args[0]
        if name.endswith(_BOX_CALLS) and (call.args or call.keywords):
            given = [*call.args, *(one.value for one in call.keywords)]
            return name, "box", ast.Tuple(given, ast.Load())
        return None

    def _words(self, node: ast.expr, scope: Scope) -> list[str | None]:
        """The words of a command that is a list, None for those that are not constant."""
        if isinstance(node, ast.Name):
            bound = self.resolver.bindings(node.id, scope, node.lineno) or []
            if len(bound) == 1 and isinstance(bound[0].node, ast.List | ast.Tuple):
                node = bound[0].node
        if not isinstance(node, ast.List | ast.Tuple):
            return []
        return [
            "python" if dotted(one) == "sys.executable" else self.values.text(one, scope)
            for one in node.elts[:_PROGRAM_WORDS]
        ]

    def _kind_of_command(self, node: ast.expr, scope: Scope) -> str:
        """command; shell, where the list hands text to an interpreter (`bash -c`); box, where it starts a container."""
        words = self._words(node, scope)
        if words and words[0] in _BOXES:
            return "box"
        runs = [bool(word and is_interpreter(word)) for word in words]
        return (
            "shell"
            if any(word in ("-c", "-lc", "-e") and any(runs[:at]) for at, word in enumerate(words))
            else "command"
        )

    def page(self, statement: ast.Return, scope: Scope) -> Sink | None:
        """A page of HTML that a handler puts together and answers."""
        value = statement.value
        if value is None or not self._answers_html(scope) or not is_handler(scope, self.resolver):
            return None
        texts = [one.value for one in walk(value) if isinstance(one, ast.Constant) and isinstance(one.value, str)]
        return ("the page that is answered", "html", value) if any(_TAG.search(one) for one in texts) else None

    def shown(self, statement: ast.Assign, scope: Scope) -> Sink | None:
        """HTML that is set later into a part of a page in a notebook: `self.answer.value = f"<p>{text}</p>"`."""
        target = statement.targets[0]
        if not isinstance(target, ast.Attribute) or target.attr != "value" or isinstance(statement.value, ast.Constant):
            return None
        names = [one.name for one in self.resolver.names(target.value, scope)]
        found = next((name for name in names if name.startswith("ipywidgets.") and name in _SINKS), None)
        return (f"{found}.value", "html", statement.value) if found is not None else None

    def _answers_html(self, scope: Scope) -> bool:
        """Whether a text that a function returns is sent as HTML: by Flask, or where the route says so."""
        node = scope.node
        if isinstance(node, ast.Module | ast.ClassDef):
            return False
        for decorator in node.decorator_list:
            target = decorator.func if isinstance(decorator, ast.Call) else decorator
            said = keyword_of(decorator, "response_class") if isinstance(decorator, ast.Call) else None
            if said is not None and last_name(said) == "HTMLResponse":
                return True
            if any(
                one.name.startswith(("flask.", "quart.")) for one in self.resolver.names(target, scope.parent or scope)
            ):
                return True
        return False

    def _is_run(self, call: ast.Call, scope: Scope) -> bool:
        """Whether the same function starts an interpreter on the file that is written."""
        places = self._places(call, scope)
        if not places:
            return False
        for statement, _ in statements(scope):
            if statement.lineno < call.lineno:
                continue
            for node in expressions(header(statement)):
                if isinstance(node, ast.Call) and node is not call and self._runs(node, places, scope):
                    return True
        return False

    def _places(self, call: ast.Call, scope: Scope) -> set[str]:
        """What the file that is written is called here: names, and its path where that is constant."""
        if not isinstance(call.func, ast.Attribute):
            return set()
        receiver: ast.AST | None = call.func.value
        found = {dotted(receiver)} if isinstance(receiver, ast.expr) else set()
        if isinstance(receiver, ast.Name):
            bound = self.resolver.bindings(receiver.id, scope, receiver.lineno) or []
            receiver = bound[0].node if len(bound) == 1 else None
        if isinstance(receiver, ast.Call) and last_name(receiver.func) in ("open", "Path") and receiver.args:
            found |= {dotted(receiver.args[0]), self.values.text(receiver.args[0], scope) or ""}
        return found - {""}

    def _runs(self, call: ast.Call, places: set[str], scope: Scope) -> bool:
        names = [one.name for one in self.resolver.names(call.func, scope)]
        given = [*call.args, *(one.value for one in call.keywords if one.arg == "args")]
        texts: set[str] = set()
        for one in (inner for part in given for inner in walk(part)):
            if isinstance(one, ast.Name | ast.Attribute):
                texts.add("python" if dotted(one) == "sys.executable" else dotted(one))
            elif isinstance(one, ast.Constant) and isinstance(one.value, str):
                texts |= {one.value, *one.value.split()}
        if texts.isdisjoint(places) and not any(f"{place}.name" in texts for place in places):
            return False
        if any(name in ("runpy.run_path", "importlib.util.spec_from_file_location") for name in names):
            return True
        starts = any(
            name.startswith("subprocess.") or name in _STARTS or _SINKS.get(name, ("",))[0] == "shell" for name in names
        )
        return starts and any(is_interpreter(text) for text in texts)


def _argument(call: ast.Call, position: int) -> ast.expr | None:
    if position < 0:  # the receiver itself
        return call.func.value if isinstance(call.func, ast.Attribute) else None
    if position < len(call.args):
        return call.args[position]
    wanted = (
        "sql",
        "command",
        "cmd",
        "args",
        "url",
        "content",
        "source",
        "file",
        "text",
        "query",
        "statement",
        "QueryString",
    )
    return next((one.value for one in call.keywords if one.arg in wanted), None)


def _markup_given(call: ast.Call) -> ast.expr | None:
    """What a page in a notebook is given by name: `HTML(data=…)`, `widgets.HTML(value=…)`."""
    return keyword_of(call, "value") or keyword_of(call, "data")


def keyword_of(call: ast.Call, name: str) -> ast.expr | None:
    return next((one.value for one in call.keywords if one.arg == name), None)


def _is_shell(call: ast.Call) -> bool:
    shell = keyword_of(call, "shell")
    return shell is not None and not (isinstance(shell, ast.Constant) and not shell.value)


def _writes(call: ast.Call) -> bool:
    mode = call.args[1] if len(call.args) > 1 else keyword_of(call, "mode")
    text = mode.value if isinstance(mode, ast.Constant) and isinstance(mode.value, str) else ""
    return any(letter in text for letter in "wax+")
