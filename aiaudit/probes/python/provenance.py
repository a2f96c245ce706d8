"""Where an argument's data comes from: a literal, the network, a user, whoever starts the program, the
environment, the project's own registry of models, or somewhere unresolved.

A user is somebody whom a request or a page lets in. The operator, who gives arguments on the command line, could run
any program anyway.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable
from functools import cache, cached_property
from typing import Any, Final

from aiaudit import lazy
from aiaudit.probes.python.answering import is_handler
from aiaudit.probes.python.bindings import Binding
from aiaudit.probes.python.entries import Entries
from aiaudit.probes.python.match import name_set
from aiaudit.probes.python.module import Scope
from aiaudit.probes.python.names import dotted
from aiaudit.probes.python.nodes import (
    FunctionNode,
    any_between,
    default_of,
    expressions,
    header,
    parameters,
    statements,
)
from aiaudit.probes.python.resolve import Resolver
from aiaudit.probes.python.words import offsets_of

MAX_DEPTH: Final = 10

# In this order: what a value is made of decides by its least trustworthy part.
RANK: Final = ("network", "user", "operator", "unresolved", "registry", "env", "literal")

_NETWORK_ROOTS: Final = name_set(
    "requests httpx urllib urllib3 aiohttp wget gdown boto3 botocore s3fs gcsfs fsspec smart_open paramiko ftplib"
    " socket kagglehub kaggle pooch websockets minio azure"
)
_NETWORK_LASTS: Final = name_set(
    "hf_hub_download snapshot_download cached_download load_state_dict_from_url download_url_to_file download_file"
    " download_fileobj download_blob download_artifacts urlretrieve get_object download_url download_as_bytes"
    " cached_path"
)
# Calls that ask MLflow's registry for what it holds: which file is meant is decided there, whoever names the model.
# What is fetched from its runs comes from the same server.
_REGISTRY_LASTS: Final = name_set(
    "search_model_versions get_latest_versions get_model_version get_model_version_by_alias"
    " get_model_version_download_uri"
)
_REGISTRY_PLACES: Final = ("models:/", "runs:/")
_USER: Final = frozenset({"flask.request", "bottle.request", "quart.request"})
_USER_LASTS: Final = name_set("file_uploader text_input text_area chat_input")
_OPERATOR: Final = frozenset({"input", "sys.argv", "sys.stdin"})
_OPERATOR_LASTS: Final = name_set("parse_args parse_known_args parse_args_into_dataclasses")
_ENV: Final = frozenset({"os.environ", "os.getenv", "os.environ.get", "decouple.config"})
_HERE: Final = frozenset({"__file__", "__name__", "__path__"})
_CLI_DECORATORS: Final = frozenset({"command", "option", "argument", "group", "callback"})
_REQUEST_CLASSES: Final = name_set("Request UploadFile WebSocket HttpRequest File Form Body Query")
# Calls that hand on what they are given, so that their arguments decide.
_NEUTRAL: Final = name_set(
    "str bytes bytearray open list tuple dict sorted iter next reversed min max repr format int float"
    " pathlib.Path pathlib.PurePath os.path.join os.path.abspath os.path.expanduser os.path.realpath os.path.dirname"
    " os.path.basename os.fspath os.path.normpath io.BytesIO io.StringIO io.open gzip.open bz2.open lzma.open"
    " tempfile.NamedTemporaryFile base64.b64decode zlib.decompress gzip.decompress builtins.open codecs.open"
    " importlib.resources.files glob.glob os.listdir vars"
)
# Functions that a platform calls by their names (SageMaker), and which of their parameters is the body of a request.
_PLATFORM: Final = {"input_fn": 0, "transform_fn": 1}
_MADE_HERE: Final = name_set("pickle.dumps cloudpickle.dumps dill.dumps")  # `pickle.loads(pickle.dumps(x))`: a copy
_MAX_CALLERS: Final = 4
_KEYWORD: Final = lazy.regex(rb"[ \t]*=[^=]")  # behind a name: a keyword, or a variable that is called the same


@cache
def _asking() -> Any:
    """Finds what stands in each file that takes anything from whoever starts it."""
    import re2

    return re2.compile(
        rb"parse_args|parse_known_args|argv|stdin|click|typer|[.@](?:command|option|argument)|(?:^|[^\w.])input\("
    )


def of_text(value: str) -> str:
    """Where what a text of the code names lies: here, behind an address, or in a registry of models."""
    if value.startswith((*_URLS, *_REGISTRY_PLACES)):
        return "registry" if value.startswith(_REGISTRY_PLACES) else "network"
    return "literal"


class Provenance:
    """Classifies expressions of one module; see the module's docstring. Never raises, never recurses without bound."""

    def __init__(self, resolver: Resolver) -> None:
        self.resolver = resolver
        self.entries = Entries(resolver)
        self._callers: dict[str, list[tuple[ast.Call, Scope]]] = {}
        # Functions and classes of which it was taken that no other file uses them; who asks empties it before.
        self.rests_on: set[str] = set()
        self._followed: set[int] = set()  # parameters and functions on the way to the present one

    def of(self, node: ast.AST | None, scope: Scope, depth: int = 0) -> str:
        """One of `RANK`."""
        if node is None or depth > MAX_DEPTH:
            return "unresolved"
        match node:
            case ast.Constant(value=value):
                return of_text(value) if isinstance(value, str) else "literal"
            case ast.Name(id=name):
                return "literal" if name in _HERE else self._name(node, scope, depth)
            case ast.Attribute() | ast.Subscript():
                return self._part(node, scope, depth)
            case ast.Call():
                return self._call(node, scope, depth)
            case ast.Await(value=inner) | ast.Starred(value=inner) | ast.FormattedValue(value=inner):
                return self.of(inner, scope, depth + 1)
            case ast.NamedExpr(value=inner) | ast.Yield(value=inner):
                return self.of(inner, scope, depth + 1)
            case ast.JoinedStr(values=[ast.Constant(value=str(start)), *_]) if start.startswith(_REGISTRY_PLACES):
                return "registry"
            case ast.BinOp(left=ast.Constant(value=str(start))) if start.startswith(_REGISTRY_PLACES):
                return "registry"
            case ast.BinOp(left=left, right=right):
                return self._worst((left, right), scope, depth)
            case ast.JoinedStr(values=parts) | ast.List(elts=parts) | ast.Tuple(elts=parts) | ast.BoolOp(values=parts):
                return self._worst(parts, scope, depth)
            case ast.IfExp(body=left, orelse=right):
                return self._worst((left, right), scope, depth)
        return "unresolved"

    def _worst(self, parts: Iterable[ast.AST], scope: Scope, depth: int) -> str:
        some = list(parts)[:8]
        if len(some) == 1:
            return self.of(some[0], scope, depth + 1)
        return worst(self.of(part, scope, depth + 1) for part in some)

    def _name(self, node: ast.Name, scope: Scope, depth: int) -> str:
        bindings = self.resolver.bindings(node.id, scope, node.lineno)
        if bindings is None:
            return "user" if node.id in _USER else "operator" if node.id in _OPERATOR else "unresolved"
        if len(bindings) == 1:
            return self._binding(bindings[0], node.id, depth)
        return worst(self._binding(binding, node.id, depth) for binding in bindings[:4])

    def _binding(self, binding: Binding, name: str, depth: int) -> str:
        scope = binding.scope or self.resolver.module.top
        match binding.kind:
            case "value" | "item" | "part":
                return self.of(binding.node, scope, depth + 1)
            case "param":
                return self._parameter(binding, scope, depth)
            case "import":
                return _by_name(binding.target) if binding.target in (_USER | _OPERATOR | _ENV) else "unresolved"
        return "unresolved"

    def _parameter(self, binding: Binding, scope: Scope, depth: int) -> str:
        """A parameter of a route handler comes from a user, one of a command from the operator."""
        function, argument = scope.node, binding.node
        assert isinstance(argument, ast.arg)
        if isinstance(function, ast.Module | ast.ClassDef):
            return "unresolved"
        annotation = argument.annotation
        if annotation is not None and dotted(annotation).rpartition(".")[2] in _REQUEST_CLASSES:
            return "user"
        if argument.arg in ("self", "cls"):
            return "unresolved"
        default = default_of(function, argument.arg)
        if self.resolver.injection(function, argument.arg, scope.parent or scope) is not None:
            return "unresolved"
        if is_handler(scope, self.resolver) or _is_body(function, argument, scope):
            return "user"
        if isinstance(default, _DEFAULTS) and id(argument) not in self._followed and self._left_out(scope, argument):
            self._followed.add(id(argument))
            found = self.of(default, self.resolver.module.top, depth + 1)
            self._followed.discard(id(argument))
            return found
        if is_command(scope) or self._is_operators(function, argument, scope, depth):
            return "operator"
        return "unresolved"

    def _is_operators(self, function: FunctionNode, argument: ast.arg, scope: Scope, depth: int) -> bool:
        """Whether every call of a function, all in this file, hands on what whoever starts the program gave."""
        if scope.parent is not None and scope.parent.kind == "class":
            return False  # nobody calls a method by its bare name
        if id(argument) in self._followed or depth >= MAX_DEPTH or not self._asks_operator:
            return False
        self._followed.add(id(argument))
        calls = self._calls_of(function.name)
        position = next((at for at, one in enumerate(parameters(function)) if one is argument), -1)
        given = [(_given(call, position, argument.arg), scope) for call, scope in calls]
        found = {self.of(node, scope, depth + 1) for node, scope in given if node is not None}
        self._followed.discard(id(argument))
        if found != {"operator"} or not all(node is not None for node, _ in given):
            return False
        self.rests_on.add(function.name)
        return True

    @cached_property
    def _asks_operator(self) -> bool:
        """Whether the file takes anything from whoever starts it: most do not, and need not be looked through."""
        return _asking().search(self.resolver.module.source.data) is not None

    def _calls_of(self, name: str) -> list[tuple[ast.Call, Scope]]:
        """All calls of a function of this file by its name; none where there are others than those seen."""
        if name not in self._callers:
            self._callers[name] = self._found_calls(name)
        return self._callers[name]

    def _found_calls(self, name: str) -> list[tuple[ast.Call, Scope]]:
        data, word = self.resolver.module.source.data, name.encode()
        if not 1 < data.count(word + b"(") <= _MAX_CALLERS + 1:
            return []
        places = offsets_of([name], data)
        called = [at for at in places if data.startswith(b"(", at + len(word))]
        lines = self.resolver.module.source.lines_at(called)
        calls = [
            (node, scope)
            for scope in self.resolver.module.scopes
            if scope.kind == "module" or any_between(lines, scope.start, scope.end)
            for statement, _ in statements(scope)
            if any_between(lines, statement.lineno, statement.end_lineno or statement.lineno)
            for node in expressions(header(statement))
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name
        ]
        written = [at for at in places if not _KEYWORD.match(data, at + len(word))]
        return calls if 0 < len(calls) <= _MAX_CALLERS and len(written) == len(calls) + 1 else []

    def _left_out(self, scope: Scope, argument: ast.arg) -> bool:
        """Whether a parameter keeps its default. Of a constructor: the module itself makes the one object of the class
        that its importers share (`service = Service()`), and hands nothing to the parameter; of a function: so do all
        calls of it, which are in this file."""
        owner, function, name = scope.parent, scope.node, argument.arg
        if isinstance(function, ast.Module | ast.ClassDef):
            return False
        if owner is None or owner.kind == "module":
            position = next((at for at, one in enumerate(parameters(function)) if one is argument), -1)
            calls = [call for call, _ in self._calls_of(function.name)]
            if not calls or any(_is_given(call, position, name) for call in calls):
                return False
            self.rests_on.add(function.name)
            return True
        if owner.kind != "class" or scope.qualname != f"{owner.qualname}.__init__":
            return False
        module = self.resolver.module.top.node
        made = [
            one.value
            for one in module.body
            if isinstance(one, ast.Assign | ast.AnnAssign)
            and isinstance(one.value, ast.Call)
            and isinstance(one.value.func, ast.Name)
            and one.value.func.id == owner.qualname
        ]
        if not made or any(call.args or any(key.arg in (name, None) for key in call.keywords) for call in made):
            return False
        self.rests_on.add(owner.qualname)
        return True

    def _part(self, node: ast.Attribute | ast.Subscript, scope: Scope, depth: int) -> str:
        """`args.path`, `request.json`, `self.path`, `os.environ["X"]`: what the whole comes from."""
        for one in self.resolver.names(node, scope) if isinstance(node, ast.Attribute) else ():
            kind = _by_name(one.name)
            if kind:
                return kind
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in ("self", "cls"):
            owner = scope.enclosing_class()
            bindings = owner.attributes(node.attr) if owner is not None else ()
            return worst(self._binding(one, node.attr, depth) for one in bindings[:4]) if bindings else "unresolved"
        if isinstance(node, ast.Subscript) and (entry := self.entries.of(node, scope)) is not None:
            return self.of(*entry, depth + 1)
        found = self.of(node.value, scope, depth + 1)
        return self._kept(node, depth) if found == "unresolved" and isinstance(node, ast.Attribute) else found

    def _kept(self, node: ast.Attribute, depth: int) -> str:
        """`app.state.path`: what the module itself puts there, in whichever function."""
        name = dotted(node)
        if name.count(".") < 2:
            return "unresolved"
        given = self.kept.get(name, ())
        return worst(self.of(value, scope, depth + 1) for value, scope in given[:4]) if given else "unresolved"

    @cached_property
    def kept(self) -> dict[str, list[tuple[ast.expr, Scope]]]:
        """What the module assigns to attributes of attributes (`app.state.path = x`), by their name."""
        found: dict[str, list[tuple[ast.expr, Scope]]] = {}
        for scope in self.resolver.module.scopes:
            for statement, _ in statements(scope):
                if isinstance(statement, ast.Assign):
                    for target in statement.targets:
                        if isinstance(target, ast.Attribute) and isinstance(target.value, ast.Attribute):
                            found.setdefault(dotted(target), []).append((statement.value, scope))
        return found

    def _call(self, node: ast.Call, scope: Scope, depth: int) -> str:
        for one in self.resolver.names(node.func, scope):
            kind = _by_name(one.name)
            if kind:
                return kind
            if one.name in _NEUTRAL:
                return self._worst(node.args or [ast.Constant("")], scope, depth)
            if one.name in _MADE_HERE:
                return "literal"
            if one.name == "argparse.Namespace":
                return self._worst([keyword.value for keyword in node.keywords], scope, depth)
        if isinstance(node.func, ast.Attribute):
            receiver = self.of(node.func.value, scope, depth + 1)
            if receiver != "literal" or not node.args:
                return receiver
            return worst((receiver, self._worst(node.args, scope, depth)))
        return "unresolved"


_URLS: Final = ("http://", "https://", "s3://", "gs://", "hf://", "ftp://")


# What a default may be that says where something lies: a text, a constant of the module, a path put together of them.
_DEFAULTS: Final = (ast.Constant, ast.Name, ast.Attribute, ast.Call, ast.BinOp, ast.JoinedStr)


def _is_given(call: ast.Call, position: int, name: str) -> bool:
    """Whether a call hands something to a parameter, or may."""
    if any(isinstance(one, ast.Starred) for one in call.args) or any(one.arg is None for one in call.keywords):
        return True
    return _given(call, position, name) is not None


def _given(call: ast.Call, position: int, name: str) -> ast.expr | None:
    """What a call hands to a parameter; None where it may be handed over by `*` or `**`, or is left out."""
    if any(isinstance(one, ast.Starred) for one in call.args) or any(one.arg is None for one in call.keywords):
        return None
    if 0 <= position < len(call.args):
        return call.args[position]
    return next((one.value for one in call.keywords if one.arg == name), None)


def worst(kinds: Iterable[str]) -> str:
    """The least trustworthy of the kinds; "literal" of none."""
    found = set(kinds)
    return next((kind for kind in RANK if kind in found), "literal")


def _by_name(name: str) -> str:
    root, _, rest = name.partition(".")
    last = name.rpartition(".")[2]
    if last in _REGISTRY_LASTS or (root == "mlflow" and last == "download_artifacts"):
        return "registry"
    if last in _NETWORK_LASTS or (root in _NETWORK_ROOTS and rest and not name.startswith("urllib.parse")):
        return "network"
    if name in _USER or last in _USER_LASTS or name.startswith("flask.request."):
        return "user"
    if name in _OPERATOR or last in _OPERATOR_LASTS or name.startswith(("sys.argv", "sys.stdin")):
        return "operator"
    return "env" if name in _ENV or name.startswith("os.environ") else ""


def _is_body(function: FunctionNode, argument: ast.arg, scope: Scope) -> bool:
    """Whether a parameter is the body of a request that a platform hands to a function of this name."""
    at = _PLATFORM.get(getattr(function, "name", ""), -1)
    given = [*function.args.posonlyargs, *function.args.args]
    return at >= 0 and scope.parent is not None and scope.parent.kind == "module" and given[at : at + 1] == [argument]


def is_command(scope: Scope) -> bool:
    """Whether a function's parameters are filled from the command line by click or typer."""
    node = scope.node
    if isinstance(node, ast.Module | ast.ClassDef):
        return False
    return any(
        dotted(one.func if isinstance(one, ast.Call) else one).rpartition(".")[2] in _CLI_DECORATORS
        for one in node.decorator_list
    )
