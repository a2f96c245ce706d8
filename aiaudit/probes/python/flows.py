"""Where a model's output or a user's input reaches something dangerous: code, shell, SQL, HTML, files, addresses.

Backwards from each sink: what its argument is made of is followed through assignments, attributes, f-strings, loops and
calls of functions of the same file, one call deep in either direction. What passes through a converter or an escaping
function on the way is sanitised.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from aiaudit import lazy
from aiaudit.probes.python.bindings import Binding
from aiaudit.probes.python.features import FileView
from aiaudit.probes.python.groups import expanded
from aiaudit.probes.python.match import Patterns, name_set
from aiaudit.probes.python.module import Scope
from aiaudit.probes.python.nodes import expressions, header, parameters, statements
from aiaudit.probes.python.passing import Passing
from aiaudit.probes.python.provenance import is_handler, is_tool
from aiaudit.probes.python.resolve import default_of, dotted, last_name, unknown_name
from aiaudit.probes.python.resolved import Resolved

HITS: Final = (  # sinks, and calls of models whose results other files may take
    rb"\b(?:eval|exec)\(|\b(?:system|popen|Popen|check_output|check_call|getoutput|create_subprocess_shell)\("
    rb"|\bsubprocess\.\w+\(|\.(?:execute|executemany|executescript|raw|read_sql|read_sql_query)\(|\btext\("
    rb"|\b(?:Markup|mark_safe|HTMLResponse|render_template_string|HTML)\(|\bunsafe_allow_html\b"
    rb"|\bopen\([^\n]*,[ \t]*(?:mode=)?[\"'][wax]|\.write_(?:text|bytes)\(|\b(?:unlink|rmtree|makedirs)\("
    rb"|\bos\.remove\(|\bnew_code_cell\("
    rb"|\b(?:requests|httpx|\w*session|\w*client)\.(?:get|post|put|patch|delete|head)\(|\burlopen\("
    rb"|\.(?:completions|responses|messages)\.(?:create|parse|stream)\(|\bgenerate_content(?:_async)?\(|\.a?invoke\("
    rb"|\ba?(?:text_)?completion\(|\bChatCompletion\.|\bsession_state\b|\buser_session\.set\("
    rb"|[\"']role[\"']:[ \t]*[\"'](?:system|developer)[\"'](?:,?[ \t]*$"
    rb"|,[ \t]*[\"']content[\"']:[ \t]*(?:f[\"']|[A-Za-z_(]))"
    rb"|\bSystemMessage\((?:content=)?(?:f[\"']|[A-Za-z_(]|[^\n]*[+%])"
    rb"|\([ \t]*[\"']system[\"'][ \t]*,[ \t]*(?:f[\"']|[A-Za-z_(])"
    rb"|[(, \t](?:system|instructions|system_prompt|system_instruction)=(?:f[\"']|[A-Za-z_(]|[^\n]*[+%])"
)
MAX_DEPTH: Final = 14
MAX_CALLED: Final = 3  # functions of other files that one sink may get its data from
MAX_STEPS: Final = 400  # expressions looked at for one sink

LLM: Final = Patterns(expanded(["group:llm.completion", "group:llm.run"]))

_SINKS: Final[dict[str, tuple[str, int]]] = {  # name -> (kind, position of the dangerous argument)
    "eval": ("code", 0),
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
SANITISERS: Final = name_set(
    "quote escape clean literal_eval int float bool len secure_filename basename quote_plus urlencode model_validate"
    " model_validate_json parse_obj parse_raw validate_python validate_json uuid4 hexdigest sanitize sanitise bindparam"
)
_FRAMEWORK_REQUESTS: Final = name_set("flask.request django.request quart.request bottle.request")


class FlowFinder:
    """Finds the flows of one file."""

    def __init__(self, view: FileView) -> None:
        self.view = view
        self.resolver = view.resolver
        self.passing = Passing(self.resolver, SANITISERS)
        self._callers: dict[str, list[tuple[Scope, ast.Call]]] = {}

    def rows(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        for scope, call, (name, kind, argument) in self._sinks():
            sources = list(Trace(self).sources(argument, scope))
            known = [source for source in sources if source.kind != "call"][:1]
            for source in known or sources[:MAX_CALLED]:
                row = {
                    **self.view.place(call, scope),
                    "sink": name,
                    "kind": kind,
                    "source": source.kind,
                    "source_line": self.view.source.line(source.line),
                    "source_name": source.name,
                    "sanitised": source.sanitised,
                }
                found.append({key: value for key, value in row.items() if value not in (False, "")})
        return found

    def _sinks(self) -> Iterator[tuple[Scope, ast.expr, tuple[str, str, ast.expr]]]:
        """(scope, place, (name, kind, dangerous argument)) of all sinks on marked lines."""
        for scope, statement in self.view.marked_statements():
            for node in expressions(header(statement)):
                if isinstance(node, ast.Call) and (sink := self._sink(node, scope)) is not None:
                    yield scope, node, sink
                if isinstance(node, ast.Call | ast.Dict | ast.Tuple):
                    for name, argument in instructing(node):
                        if not isinstance(argument, ast.Constant):
                            yield scope, node, (name, "system", argument)

    def answering(self) -> list[str]:
        """The functions of this file that return what a model wrote: other files' flows begin at their calls."""
        if not any(LLM.match(one.name) for scope, call in self.view.marked_calls() for one in self._names(call, scope)):
            return []
        return [
            scope.qualname
            for scope in self.view.module.scopes
            if scope.kind == "function"
            and any(
                source.kind == "llm" and not source.sanitised
                for statement, _ in statements(scope)
                if isinstance(statement, ast.Return) and statement.value is not None
                for source in Trace(self).sources(statement.value, scope)
            )
        ]

    def _sink(self, call: ast.Call, scope: Scope) -> tuple[str, str, ast.expr] | None:
        """(name, kind, dangerous argument) where the call is a sink whose argument is not a constant."""
        last = last_name(call.func)
        names = [one.name for one in self.resolver.names(call.func, scope)]
        for name in names:
            if name in _SINKS:
                kind, position = _SINKS[name]
                if name == "open" and not _writes(call):
                    continue
                argument = _argument(call, position)
                return (name, kind, argument) if argument is not None else None
            if name.startswith("subprocess.") and last in _SHELLS and call.args:
                return name, "shell" if _is_shell(call) else "command", call.args[0]
        if last in _SQL_METHODS and call.args and not isinstance(call.args[0], ast.Constant):
            receiver = call.func.value if isinstance(call.func, ast.Attribute) else call.func
            if _DATABASE_NAME.search(last_name(receiver)) or any(name.startswith(_DATABASES) for name in names):
                return names[0] if names else f"?.{last}", "sql", call.args[0]
        if last in ("markdown", "html", "write") and _keyword(call, "unsafe_allow_html") is not None and call.args:
            return f"streamlit.{last}", "html", call.args[0]
        return None

    def _names(self, call: ast.Call, scope: Scope) -> tuple[Resolved, ...]:
        found = tuple(self.resolver.names(call.func, scope))
        return found or ((Resolved(unknown_name(call.func, LLM)),) if isinstance(call.func, ast.Attribute) else ())

    def callers(self, function: Scope) -> list[tuple[Scope, ast.Call]]:
        """The calls of a function of this file, at most four."""
        name = function.qualname.rpartition(".")[2]
        named = self._callers.get(name)
        if named is None:
            named = self._callers[name] = list(self.view.calls_of(name))
        return [(scope, call) for scope, call in named if self._calls(call, scope, function)][:4]

    def _calls(self, call: ast.Call, scope: Scope, function: Scope) -> bool:
        return any(one.local is function for one in self.resolver.names(call.func, scope))


def instructing(node: ast.Call | ast.Dict | ast.Tuple) -> Iterator[tuple[str, ast.expr]]:
    """What a message or a call gives a model as instructions: the content in the role of the system."""
    match node:
        case ast.Dict(keys=keys, values=values):
            given = {key.value: value for key, value in zip(keys, values, strict=True) if isinstance(key, ast.Constant)}
            role = given.get("role")
            if isinstance(role, ast.Constant) and role.value in ("system", "developer") and "content" in given:
                yield "system message", given["content"]
        case ast.Tuple(elts=[ast.Constant(value="system"), content]):
            yield "system message", content
        case ast.Call(func=function, args=arguments, keywords=keywords):
            if last_name(function) in ("SystemMessage", "SystemMessagePromptTemplate"):
                yield from (("system message", one) for one in arguments[:1])
                yield from (("system message", one.value) for one in keywords if one.arg == "content")
            for one in keywords:
                if one.arg in ("system", "instructions", "system_prompt", "system_instruction"):
                    yield one.arg, one.value


class _Source:
    """Where tainted data comes from. `kind`: llm, user; call: a function of another file, which may return either."""

    __slots__ = ("kind", "line", "name", "sanitised")

    def __init__(self, kind: str, line: int, name: str, sanitised: bool) -> None:
        self.kind, self.line, self.name, self.sanitised = kind, line, name, sanitised


class _Way(NamedTuple):
    """How far a trace has come: expressions and calls followed, and whether the value was sanitised on the way."""

    depth: int = 0
    hops: int = 0
    clean: bool = False

    def on(self, *, hops: int = 0) -> _Way:
        return _Way(self.depth + 1, self.hops + hops, self.clean)


_START: Final = _Way()


class Trace:
    """One walk backwards from a sink's argument."""

    def __init__(self, finder: FlowFinder) -> None:
        self.finder = finder
        self.resolver = finder.resolver
        self.steps = 0
        self.seen: set[tuple[int, int]] = set()

    def sources(self, node: ast.AST | None, scope: Scope, way: _Way = _START) -> Iterator[_Source]:
        """What the value of `node` is made of, as far as it is tainted."""
        self.steps += 1
        if node is None or way.depth > MAX_DEPTH or self.steps > MAX_STEPS or (id(node), id(scope)) in self.seen:
            return
        self.seen.add((id(node), id(scope)))
        kept = self.resolver.stores.bindings(node, scope)
        if kept:
            for binding in kept:
                yield from self.sources(binding.node, binding.scope or scope, way.on())
            return
        match node:
            case ast.Name(id=name):
                yield from self._name(name, node, scope, way)
            case ast.Call():
                yield from self._call(node, scope, way)
            case ast.Attribute(value=inner):
                yield from self._attribute(node, inner, scope, way)
            case ast.Subscript(value=inner):  # what chooses among things is not what is chosen
                yield from self.sources(inner, scope, way.on())
            case ast.Compare() | ast.Constant() | ast.Lambda():
                return
            case _:
                for child in ast.iter_child_nodes(node):
                    if isinstance(child, ast.expr | ast.comprehension):
                        yield from self.sources(child, scope, way.on())

    def _name(self, name: str, node: ast.Name, scope: Scope, way: _Way) -> Iterator[_Source]:
        for binding in (self.resolver.bindings(name, scope, node.lineno) or [])[:4]:
            owner = binding.scope or scope
            if binding.kind in ("value", "item"):
                yield from self.sources(binding.node, owner, way.on())
            elif binding.kind == "param":
                yield from self._parameter(binding, owner, way)
            elif binding.kind == "import" and binding.target in _FRAMEWORK_REQUESTS:
                yield _Source("user", node.lineno, binding.target, way.clean)

    def _parameter(self, binding: Binding, scope: Scope, way: _Way) -> Iterator[_Source]:
        node, argument = scope.node, binding.node
        if isinstance(node, ast.Module | ast.ClassDef) or not isinstance(argument, ast.arg):
            return
        default = default_of(node, argument.arg)
        injected = isinstance(default, ast.Call) and last_name(default.func) in ("Depends", "Security")
        if is_tool(scope, self.resolver):  # what a model decided to hand to one of its tools
            if argument.arg not in ("self", "cls", "ctx", "context"):
                yield _Source("llm", argument.lineno, f"{node.name}({argument.arg})", way.clean)
            return
        if is_handler(scope, self.resolver):
            if not injected and argument.arg not in ("self", "cls"):
                yield _Source("user", argument.lineno, argument.arg, way.clean)
            return
        if way.hops >= 1:
            return
        position = [one.arg for one in parameters(node)].index(argument.arg)
        is_method = scope.parent is not None and scope.parent.kind == "class"
        for caller, call in self.finder.callers(scope):
            index = position - 1 if is_method else position
            given = _keyword(call, argument.arg) or (call.args[index] if 0 <= index < len(call.args) else None)
            yield from self.sources(given, caller, way.on(hops=1))

    def _attribute(self, node: ast.Attribute, inner: ast.expr, scope: Scope, way: _Way) -> Iterator[_Source]:
        names = self.resolver.names(node, scope)
        if any(one.name.startswith(tuple(f"{name}." for name in _FRAMEWORK_REQUESTS)) for one in names):
            yield _Source("user", node.lineno, dotted(node) or "request", way.clean)
            return
        if isinstance(inner, ast.Name) and inner.id in ("self", "cls"):
            owner = scope.enclosing_class()
            for binding in (owner.attributes(node.attr) if owner is not None else ())[:4]:
                if binding.kind == "value":
                    yield from self.sources(binding.node, binding.scope or scope, way.on())
            return
        yield from self.sources(inner, scope, way.on())

    def _call(self, node: ast.Call, scope: Scope, way: _Way) -> Iterator[_Source]:
        names = self.resolver.names(node.func, scope)
        handed = unknown_name(node.func, LLM) if not names and isinstance(node.func, ast.Attribute) else ""
        for called in [f"{one.name}.__call__" if one.instance else one.name for one in names] or [handed]:
            if LLM.match(called):
                yield _Source("llm", node.lineno, called, way.clean)
                return
        last = last_name(node.func)
        if last in SANITISERS:
            way = way._replace(clean=True)
        own = next((one.local for one in names if one.local is not None and one.local.kind == "function"), None)
        if own is not None:
            for statement, _ in statements(own) if way.hops < 1 else ():
                if isinstance(statement, ast.Return) and statement.value is not None:
                    yield from self.sources(statement.value, own, way.on(hops=1))
            for given, clean in self.finder.passing.given(node, own):  # `code = fenced(answer)`: still the answer
                yield from self.sources(given, scope, way.on()._replace(clean=way.clean or clean))
            return
        for one in names:
            if one.local is None and one.origin and not one.instance and one.name.startswith(one.origin):
                yield _Source("call", node.lineno, one.name, way.clean)
        for argument in (*node.args, *(keyword.value for keyword in node.keywords)):
            yield from self.sources(argument, scope, way.on())
        if isinstance(node.func, ast.Attribute):
            yield from self.sources(node.func.value, scope, way.on())


def _argument(call: ast.Call, position: int) -> ast.expr | None:
    if position < 0:  # the receiver itself
        return call.func.value if isinstance(call.func, ast.Attribute) else None
    if position < len(call.args):
        return call.args[position]
    wanted = ("sql", "command", "cmd", "args", "url", "content", "source", "file", "text")
    return next((one.value for one in call.keywords if one.arg in wanted), None)


def _keyword(call: ast.Call, name: str) -> ast.expr | None:
    return next((one.value for one in call.keywords if one.arg == name), None)


def _is_shell(call: ast.Call) -> bool:
    shell = _keyword(call, "shell")
    return shell is not None and not (isinstance(shell, ast.Constant) and not shell.value)


def _writes(call: ast.Call) -> bool:
    mode = call.args[1] if len(call.args) > 1 else _keyword(call, "mode")
    text = mode.value if isinstance(mode, ast.Constant) and isinstance(mode.value, str) else ""
    return any(letter in text for letter in "wax+")
