"""Where a model's output or a user's input reaches something dangerous: code, shell, SQL, HTML, files, addresses.

Backwards from each sink: what its argument is made of is followed through assignments, attributes, f-strings, loops and
calls of functions of the same file, three calls deep in either direction. What passes through a converter or an
escaping function on the way is sanitised.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from aiaudit.probes.python.answering import is_handler, is_tool
from aiaudit.probes.python.bindings import Binding
from aiaudit.probes.python.databases import builds_statement
from aiaudit.probes.python.file_view import FileView
from aiaudit.probes.python.filled_templates import FilledTemplates
from aiaudit.probes.python.groups import expanded
from aiaudit.probes.python.grown import Grown
from aiaudit.probes.python.local_models import is_writing_pipeline, writes_tokens
from aiaudit.probes.python.match import Patterns, name_set
from aiaudit.probes.python.model_requests import ModelRequests
from aiaudit.probes.python.module import Scope
from aiaudit.probes.python.names import dotted, last_name, unknown_name
from aiaudit.probes.python.nodes import children_of, expressions, header, parameters, statements, walk
from aiaudit.probes.python.passing import Passing, confines
from aiaudit.probes.python.resolved import Resolved
from aiaudit.probes.python.sinks import INSTRUCTING, Sinks, instructing, keyword_of
from aiaudit.probes.python.unfollowed import Unfollowed

HITS: Final = (  # sinks, and calls of models whose results other files may take
    rb"\b(?:eval|exec)\(|\b(?:system|popen|Popen|check_output|check_call|getoutput|create_subprocess_shell)\("
    rb"|\bsubprocess\.\w+\(|\.(?:execute|executemany|executescript|raw|read_sql|read_sql_query)\(|\btext\("
    rb"|\b(?:Markup|mark_safe|HTMLResponse|render_template(?:_string)?|TemplateResponse|render_to_string|HTML(?:Math)?)\("
    rb"|\brender\(\s*(?:self\.)?request\b|\bunsafe_allow_html\b"
    rb"|\bcomponents\.(?:v1\.)?html\(|\.value[ \t]*=[ \t]*(?:f[\"']|[A-Za-z_(])"
    rb"|\bopen\(\s*[^\n]*,\s*(?:[^\n]{0,120},\s*)?(?:mode=)?[\"'][wax]|\.write_(?:text|bytes)\(|\b(?:unlink|rmtree|makedirs)\("
    rb"|\bos\.remove\(|\b\w*(?:im|img|image|pic|picture|canvas|chart)\.save\(\s*[A-Za-z_(f]|\bnew_code_cell\(|\bcreate_subprocess_exec\(|\bpd\.eval\("
    rb"|\.(?:sql|query)\(\s*(?:f[\"']|[a-z_]\w*\s*[,)]|[a-z_]\w*\.)|"
    rb"\.(?:query_and_wait|setQuery|run_no_throw|execute_query|exec_driver_sql|start_query_execution|execute_interactive|exec_run|run_code|code_run)\(|\bcontainers\.(?:run|create)\(|\bcommands\.run\("
    rb"|\b\w*(?:db|database|session|tx|graph)\.run\(|\b\w*(?:df|frame)\w*\.(?:query|eval)\("
    rb"|\.write\(\s*\w*(?:code|script|program|answer|response|content|source|output|result|generated)"
    rb"|\b(?:execute|run|exec|eval)_?(?:query|sql|code|command|cmd|shell|python|bash|script|statement|cypher)\w*\("
    rb"|\breturn[ \t]+\(?\s*f?[\"']{1,3}\s*<"
    rb"|\b(?:requests|httpx|\w*sess(?:ion)?|\w*client|\w*https?)\.(?:get|post|put|patch|delete|head)\(|\burlopen\("
    rb"|\.stream\([ \t]*[\"']POST"
    rb"|\.(?:completions|responses|messages|interactions)\.(?:create|parse|stream)\(|\bgenerate_content(?:_async)?\(|\.a?invoke\("
    rb"|\.generate\(|\.create_(?:chat_)?completion\("
    rb"|\ba?(?:text_)?completion\(|\bChatCompletion\.|\bsession_state\b|\buser_session\.set\("
    rb"|[\"']role[\"']:[ \t]*[\"'](?:system|developer)[\"'](?:,?[ \t]*$"
    rb"|,[ \t]*[\"']content[\"']:[ \t]*(?:f[\"']|[A-Za-z_(]))"
    rb"|\bSystemMessage\((?:content=)?(?:f[\"']|[A-Za-z_(]|[^\n]*[+%])"
    rb"|\([ \t]*[\"']system[\"'][ \t]*,[ \t]*(?:f[\"']|[A-Za-z_(])"
    rb"|[(, \t](?:system|instructions|system_prompt|system_instruction|system_message|backstory|preamble)="
    rb"(?:f[\"']|[A-Za-z_(]|[^\n]*[+%]|\[)"
    rb"|\bfrom_(?:system|developer)\(|\brole=(?:[\"'](?:system|developer)|\w+\.(?:SYSTEM|DEVELOPER)\b)|[\"']system[\"']:"
)
MAX_DEPTH: Final = 20
MAX_HOPS: Final = 3  # functions of the same file that a value goes through
MAX_CALLED: Final = 3  # functions of other files that one sink may get its data from
MAX_STEPS: Final = 400  # expressions looked at for one sink

LLM: Final = Patterns(expanded(["group:llm.answer", "group:llm.run", "group:llm.generate"]))

SANITISERS: Final = name_set(
    "quote escape clean literal_eval int float bool len secure_filename basename quote_plus urlencode model_validate"
    " model_validate_json parse_obj parse_raw validate_python validate_json uuid4 hexdigest sanitize sanitise bindparam"
)
_CHOSEN: Final = name_set("int float bool Decimal UUID date datetime time timedelta Literal")
_TYPED_IN: Final = name_set("file_uploader text_input text_area chat_input AskUserMessage AskFileMessage")
_PAGES: Final = ("streamlit.", "chainlit.")
# What these answer comes from a service and from no file of the project: whether a model wrote it is not known.
_SERVICES: Final = ("requests.", "httpx.", "urllib.request.", "urllib3.", "aiohttp.")
_FRAMEWORK_REQUESTS: Final = name_set("flask.request django.request quart.request bottle.request")


class FlowFinder:
    """Finds the flows of one file."""

    def __init__(self, view: FileView) -> None:
        self.view = view
        self.resolver = view.resolver
        self.passing = Passing(self.resolver, SANITISERS)
        self.sinks = Sinks(view.values)
        self.templates = FilledTemplates(view.values)
        self.grown = Grown()
        self.unfollowed = Unfollowed(self)
        self.requests = ModelRequests(view.resolver)
        self._callers: dict[str, list[tuple[Scope, ast.Call]]] = {}

    def rows(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        for scope, call, (name, kind, argument) in self._sinks():
            sources = list(Trace(self).sources(argument, scope))
            if name == "backstory" and any(map(_is_typed_in, sources)) and self._whole(argument, scope):
                # What is typed in whole on a page where agents are made is its maker's; a request may be anyone's.
                sources = [source for source in sources if not _is_typed_in(source)]
            told = sorted(
                (source for source in sources if source.kind != "call"),
                key=lambda source: (source.sanitised, source.kind != "llm"),
            )[:1]  # the worst
            if not any(source.kind == "llm" for source in told):  # what another file gives back may be a model's
                told += [source for source in sources if source.kind in ("llm", "call")][:MAX_CALLED]
            # A page that shows a talk shows what its user typed, and beside it what a service answered.
            talk = kind == "html" and any(_is_typed_in(one) or _is_answered(one) for one in told)
            talk = talk and not any(one.kind == "llm" for one in told)
            if name not in INSTRUCTING and kind not in ("system", "handed", "template") and (not told or talk):
                told += self._not_known(call, argument, scope)
            for source in told:
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

    def _not_known(self, place: ast.expr, argument: ast.expr, scope: Scope) -> list[_Source]:
        """What the origin of is not known, though nothing was seen of a model's or a user's."""
        part = self.unfollowed.part(argument, scope)
        line = getattr(argument, "lineno", place.lineno)  # several arguments in one have no place of their own
        return [_Source("open", line, part, False)] if part else []

    def _sinks(self) -> Iterator[tuple[Scope, ast.expr, tuple[str, str, ast.expr]]]:
        """(scope, place, (name, kind, dangerous argument)) of all sinks on marked lines."""
        for scope, statement in self.view.marked_statements():
            if isinstance(statement, ast.Return) and (page := self.sinks.page(statement, scope)) is not None:
                yield scope, page[2], page
            if isinstance(statement, ast.Assign) and (shown := self.sinks.shown(statement, scope)) is not None:
                yield scope, shown[2], shown
            for node in expressions(header(statement)):
                if isinstance(node, ast.Call) and (sink := self.sinks.of(node, scope)) is not None:
                    yield scope, node, sink
                if isinstance(node, ast.Call):
                    for name, argument in self.templates.of(node, scope):
                        yield scope, node, (name, "template", argument)
                if isinstance(node, ast.Call | ast.Dict | ast.Tuple):
                    for name, argument in instructing(node):
                        if not isinstance(argument, ast.Constant):
                            yield scope, node, (name, "system", argument)

    def _whole(self, text: ast.expr, scope: Scope, depth: int = 0) -> bool:
        """Whether a text is handed on as it came, and not put together here from several."""
        if not isinstance(text, ast.Name | ast.Attribute | ast.Subscript):
            return bool(depth) and not any(_joins(node) for node in walk(text))
        bound = (
            self.resolver.bindings(text.id, scope, text.lineno)
            if isinstance(text, ast.Name)
            else self.resolver.stores.bindings(text, scope)
        ) or []
        return depth >= MAX_HOPS or all(
            self._whole(one.node, one.scope or scope, depth + 1) for one in bound[:4] if isinstance(one.node, ast.expr)
        )

    def answering(self) -> list[str]:
        """The functions of this file that return what a model wrote: other files' flows begin at their calls."""
        if not any(self._writes(call, scope) for scope, call in self.view.marked_calls()):
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

    def _writes(self, call: ast.Call, scope: Scope) -> bool:
        names = self._names(call, scope)
        return any(LLM.match(one.name) for one in names) or bool(
            self.requests.address(call, scope, self.resolver.names(call.func, scope))
        )

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


def _joins(node: ast.AST) -> bool:
    """Whether an expression puts a text together."""
    return isinstance(node, ast.JoinedStr | ast.BinOp) or (
        isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in ("format", "join")
    )


class _Source:
    """Where tainted data comes from. `kind`: llm, user; call: a function of another file, which may return either."""

    __slots__ = ("kind", "line", "name", "sanitised")

    def __init__(self, kind: str, line: int, name: str, sanitised: bool) -> None:
        self.kind, self.line, self.name, self.sanitised = kind, line, name, sanitised


def _is_typed_in(source: _Source) -> bool:
    """Whether somebody at a page wrote it, not whoever sends a request."""
    return source.kind == "user" and source.name.startswith(_PAGES)


def _is_answered(source: _Source) -> bool:
    """Whether a service gave it back, over HTTP, and no file of the project."""
    return source.kind == "call" and source.name.startswith(_SERVICES)


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
        self.seen: dict[tuple[int, int, bool], int] = {}

    def sources(self, node: ast.AST | None, scope: Scope, way: _Way = _START) -> Iterator[_Source]:
        """What the value of `node` is made of, as far as it is tainted."""
        self.steps += 1
        if node is None or way.depth > MAX_DEPTH or self.steps > MAX_STEPS:
            return
        key = (id(node), id(scope), way.clean)
        if self.seen.get(key, MAX_DEPTH + 1) <= way.depth:  # by a shorter way more of it can be followed
            return
        self.seen[key] = way.depth
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
                for child in children_of(node):
                    if isinstance(child, ast.expr | ast.comprehension):
                        yield from self.sources(child, scope, way.on())

    def _name(self, name: str, node: ast.Name, scope: Scope, way: _Way) -> Iterator[_Source]:
        for binding in (self.resolver.bindings(name, scope, node.lineno) or [])[:4]:
            owner = binding.scope or scope
            if binding.kind in ("value", "item", "part"):
                yield from self.sources(binding.node, owner, way.on())
                for added in self.finder.grown.of(name, owner):
                    yield from self.sources(added, owner, way.on())
            elif binding.kind == "param":
                yield from self._parameter(binding, owner, way)
            elif binding.kind == "import" and binding.target in _FRAMEWORK_REQUESTS:
                yield _Source("user", node.lineno, binding.target, way.clean)

    def _parameter(self, binding: Binding, scope: Scope, way: _Way) -> Iterator[_Source]:
        node, argument = scope.node, binding.node
        if isinstance(node, ast.Module | ast.ClassDef) or not isinstance(argument, ast.arg):
            return
        injected = self.resolver.injection(node, argument.arg, scope.parent or scope) is not None
        if is_tool(scope, self.resolver):  # what a model decided to hand to one of its tools
            if argument.arg not in ("self", "cls", "ctx", "context"):
                yield _Source("llm", argument.lineno, f"{node.name}({argument.arg})", way.clean)
            return
        if is_handler(scope, self.resolver):
            if not injected and argument.arg not in ("self", "cls"):
                yield _Source("user", argument.lineno, argument.arg, way.clean or self._is_chosen(argument, scope))
            return
        if way.hops >= MAX_HOPS:
            return
        position = [one.arg for one in parameters(node)].index(argument.arg)
        is_method = scope.parent is not None and scope.parent.kind == "class"
        for caller, call in self.finder.callers(scope):
            index = position - 1 if is_method else position
            given = keyword_of(call, argument.arg) or (
                call.args[index] if 0 <= index < len(call.args) else _spread(call)
            )
            yield from self.sources(given, caller, way.on(hops=1))

    def _is_chosen(self, argument: ast.arg, scope: Scope) -> bool:
        """Whether the type of a parameter lets no free text through: a number, a date, or one of a few words."""
        kind = argument.annotation
        kind = kind.value if isinstance(kind, ast.Subscript) and last_name(kind.value) == "Literal" else kind
        if kind is None or (name := last_name(kind)) in _CHOSEN or name.endswith("Enum"):
            return kind is not None
        owner = next(
            (one.local for one in self.resolver.names(kind, scope.parent or scope) if one.local is not None), None
        )
        bases = owner.node.bases if owner is not None and isinstance(owner.node, ast.ClassDef) else []
        return any(last_name(one) in ("Enum", "StrEnum", "IntEnum") for one in bases)

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
        written = any(map(is_writing_pipeline, names)) or (not names and writes_tokens(node))
        for called in [f"{one.name}.__call__" if one.instance else one.name for one in names] or [handed]:
            if written or LLM.match(called):
                yield _Source("llm", node.lineno, called, way.clean)
                return
            if called.startswith(_PAGES) and called.rpartition(".")[2] in _TYPED_IN:
                yield _Source("user", node.lineno, called, way.clean)
                return
        if self.finder.requests.address(node, scope, names):  # the project asks the model over HTTP itself
            yield _Source("llm", node.lineno, names[0].name if names else dotted(node.func), way.clean)
            return
        last = last_name(node.func)
        if any(builds_statement(one.name) for one in names):
            return
        if last in SANITISERS or (last == "render" and self._is_of_elsewhere(node.func, scope)):
            way = way._replace(clean=True)
        own = next((one.local for one in names if one.local is not None and one.local.kind == "function"), None)
        if own is not None:
            way = way._replace(clean=way.clean or confines(own))
            for statement, _ in statements(own) if way.hops < MAX_HOPS else ():
                if isinstance(statement, ast.Return) and statement.value is not None:
                    yield from self.sources(statement.value, own, way.on(hops=1))
            for given, clean in self.finder.passing.given(node, own):  # `code = fenced(answer)`: still the answer
                yield from self.sources(given, scope, way.on()._replace(clean=way.clean or clean))
            return
        if not self.lets_through(node):
            return
        for one in names:
            if one.local is None and one.origin and not one.instance and one.name.startswith(one.origin):
                yield _Source("call", node.lineno, one.name, way.clean)
        looked_up = last == "get" and isinstance(node.func, ast.Attribute) and not names  # what chooses is not chosen
        for argument in (*node.args[looked_up:], *(keyword.value for keyword in node.keywords)):
            yield from self.sources(argument, scope, way.on())
        if isinstance(node.func, ast.Attribute):
            yield from self.sources(node.func.value, scope, way.on())

    def lets_through(self, node: ast.Call) -> bool:
        """Whether what a call of a library gives back is still made of what it was given."""
        return True

    def _is_of_elsewhere(self, function: ast.expr, scope: Scope) -> bool:
        """Whether a template is rendered whose text stands in settings: which of the given values it has a place for is
        not known, so that none of them certainly goes in."""
        made = function.value if isinstance(function, ast.Attribute) else None
        if isinstance(made, ast.Name):
            bound = self.resolver.bindings(made.id, scope, made.lineno) or []
            made = bound[0].node if len(bound) == 1 and isinstance(bound[0].node, ast.expr) else None
        if not isinstance(made, ast.Call) or last_name(made.func) not in ("from_string", "Template") or not made.args:
            return False
        return isinstance(made.args[0], ast.Attribute) and self.finder.view.values.text(made.args[0], scope) is None


def _spread(call: ast.Call) -> ast.expr | None:
    """What a call hands over by `**`, which may hold any argument."""
    return next((one.value for one in call.keywords if one.arg is None), None)
