"""Where what a caller sends decides a path that is opened, an address that is asked, a query or a program.

Backwards from these, and only through what hands a text on as it is: names, parts of f-strings,
`os.path.join`, `/`, `str`, `Path`, and functions of the same file. Whatever takes a part of it (a suffix, a base name),
makes another text of it or looks it up ends the way, so that what is told arrives as it was sent. What is held against
something on the way (`if name not in known`, `path.is_relative_to(folder)`) is not told.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any, Final

from aiaudit import lazy
from aiaudit.probes.python.answering import is_handler
from aiaudit.probes.python.bindings import Binding
from aiaudit.probes.python.file_view import FileView
from aiaudit.probes.python.import_lines import FOREIGN
from aiaudit.probes.python.match import name_set
from aiaudit.probes.python.module import Scope
from aiaudit.probes.python.names import dotted, last_name
from aiaudit.probes.python.nodes import expressions, header, parameters, statements
from aiaudit.probes.python.sent_by import Senders, Sent, bare, is_in_path, is_text, may_be_text
from aiaudit.probes.python.sent_to import use_of
from aiaudit.probes.python.sinks import Sinks, keyword_of
from aiaudit.probes.python.turned_away import is_held

HITS: Final = (
    rb"\bopen\(|\.write_(?:text|bytes)\(|\b(?:remove|unlink|rmtree|move|copy|copyfile|copy2)\(|\b(?:FileResponse|send_file)\("
    rb"|\.save\(|\b(?:requests|httpx|\w*sess(?:ion)?|\w*client|\w*https?)\.(?:get|post|put|patch|delete|head|request|stream)\("
    rb"|\b\w{1,4}\.(?:get|post|put|patch|delete|head)\(\s*(?:f[\"']|\w*(?:ur[il]|link|endpoint|href)\b)"
    rb"|\burl(?:open|retrieve)\(|\.(?:read_(?:text|bytes|csv|excel|parquet|json|table)|iterdir|r?glob|listdir|scandir|walk)\("
    rb"|\b(?:iglob|ZipFile|load|loadtxt|genfromtxt|imread|VideoCapture|PdfReader|Document|load_workbook|Presentation)\(|\w+Loader\("
    rb"|\b(?:soundfile|sf)\.read\(|\b(?:fetch_url|Article|\w*QdrantClient|create_connection|open_connection)\("
    rb"|\b(?:eval|exec)\(|\b(?:system|popen|Popen|check_output|check_call|getoutput|create_subprocess_shell)\(|\bsubprocess\.run\("
    rb"|\.(?:execute|executemany|executescript|raw|read_sql|read_sql_query|exec_driver_sql)\(|\btext\("
    rb"|\.(?:query|run|sql|fetch(?:row|val|_all|_one|_val)?|(?:execute|run)_query|query_and_wait|execute_(?:read|write))\("
)
ALSO: Final = (  # a file in which nobody takes a request, and no function is given anything, is not looked through
    rb"(?m)^[ \t]*(?:async[ \t]+)?def[ \t]+\w+[ \t]*\([ \t\n]*[^) \t\n]"
    rb"|\brequest\.(?:args|form|json|files|get_json|values|data|query_params|GET|POST)\b"
)
_MAX_DEPTH: Final = 20
_MAX_HOPS: Final = 3
_MAX_STEPS: Final = 200
_MOST_ENDS: Final = 40  # of one file

_JOINS: Final = name_set("os.path.join posixpath.join pathlib.Path pathlib.PurePath str os.fspath os.path.abspath"
                         " os.path.normpath os.path.expanduser os.path.realpath")  # fmt: skip
_STATEMENTS: Final = name_set("sqlalchemy.text sqlalchemy.sql.text")
_SAME: Final = name_set("strip lstrip rstrip lower resolve absolute expanduser joinpath as_posix")
_TYPED: Final = name_set("int float bool Decimal UUID UUID4 date datetime time timedelta Literal bytes")


_IS_PATH: Final = lazy.regex(r"(?i)(?:^|_)(?:path|filename|folder|dir|directory|ur[il]|link|host|endpoint|webhook)s?$")
_OF_PROGRAM: Final = lazy.regex(
    r"(?i)^(?:args|cli_args|opts?|options|flags|ctx|context|env)$|config|cfg|settings|params|environ|client|provider|llm"
)
_SCHEME: Final = lazy.regex(r"^\w+://$")
_MAKES_ANOTHER: Final = lazy.regex(  # what a function is called that makes a name of its own, or looks at the one given
    r"(?i)safe|secur|sanit|clean|valid|check|slug|hash|uuid|uniq|random|generat|creat|basename|suffix|stem|ext(?:ension)?$|digest|quote"
    r"|escape|_id$|token|temp|tmp"
)
_KINDS: Final = {"asks": "url", "runs": "text", "queries": "text"}
"""How a value enters to decide what is done: a part of a path, the beginning of an address, anywhere in a text."""


def sent(view: FileView) -> dict[str, Any]:
    """The places of a file at which a caller decides what is opened or asked: `does`, `sink`, `source_name`. Beside
    them (`ends`) those at which a parameter of a function decides it that this file does not call: who calls it from
    another one is looked for when all files are known."""
    found: list[dict[str, Any]] = []
    ends: list[dict[str, Any]] = []
    sinks = Sinks(view.values)
    for scope, statement in view.marked_statements():
        for node in expressions(header(statement)):
            if not isinstance(node, ast.Call) or (use := use_of(node, scope, view, sinks)) is None:
                continue
            way = _Way(view, _KINDS.get(use.does, "path"), whole=use.whole)
            source = way.first(use.argument, scope)
            for function, name in way.ends[: _MOST_ENDS - len(ends)] if source is None else ():
                if use.named and name not in way.texts:
                    continue
                place = {**view.place(node, scope), "function": function}
                ends.append(
                    {
                        **place,
                        "does": use.does,
                        "sink": use.sink,
                        "param": name,
                        "vague": use.named and "." not in name,
                        "inner": (function, name) in way.inner,
                        "whole": use.whole and name not in way.narrow,
                    }
                )
            for function, name in way.lost[:1] if source is None else ():
                place = {**view.place(node, scope), "function": function, "does": use.does, "sink": use.sink}
                ends.append({**place, "param": "", "vague": False, "inner": False, "through": name})
            if source is not None:
                found.append(
                    {
                        **view.place(node, scope),
                        "does": use.does,
                        "sink": use.sink,
                        "source_name": source.name,
                        "source_line": view.source.line(source.line),
                    }
                )
    told = {one["function"] for one in ends}
    signatures = {
        scope.qualname: [one.arg for one in parameters(scope.node)]
        for scope in view.module.scopes
        if scope.qualname in told and isinstance(scope.node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    return {"sent": found, "ends": ends, "signatures": signatures}


class _Way:
    """One way backwards from a path or an address."""

    def __init__(self, view: FileView, kind: str, *, whole: bool = False) -> None:
        self.view = view
        self.whole = whole  # a part of an address is taken too, where it is a part of the path by itself: `..`
        self.narrow: set[str] = set()  # names that are only the beginning of such a part
        self.resolver = view.resolver
        self.kind = kind
        self.senders = Senders(view.resolver, kind)
        self.steps = 0
        self.ends: list[tuple[str, str]] = []  # functions, and the parameters from which on other files must tell
        self.lost: list[tuple[str, str]] = []  # functions, and what of another file they call that makes the value
        self.inner: set[tuple[str, str]] = set()  # those of methods that the same file calls
        self.texts: set[str] = set()  # those of them that are no open file, by their type or their name
        self.passed: dict[int, tuple[Scope, set[str]]] = {}  # what the value is called in each function on the way

    def first(self, node: ast.expr, scope: Scope) -> Sent | None:
        """The first source that decides it, where nothing holds it against anything."""
        sent = next(self.sources(node, scope), None)
        if any(is_held(one, names, self.resolver) for one, names in self.passed.values()):
            self.ends = []
            self.lost = []
            return None
        return sent

    def sources(self, node: ast.AST | None, scope: Scope, depth: int = 0, hops: int = 0) -> Iterator[Sent]:
        """What decides the value of `node`."""
        self.steps += 1
        if node is None or depth > _MAX_DEPTH or self.steps > _MAX_STEPS:
            return
        if isinstance(node, ast.Name | ast.Attribute | ast.Subscript) and (name := dotted(node)):
            self.passed.setdefault(id(scope), (scope, set()))[1].add(name)
        taken = self.senders.of_request(node, scope)
        if taken is not None:
            yield taken
            return
        match node:
            case ast.Name(id=name):
                for binding in (self.resolver.bindings(name, scope, node.lineno) or [])[:4]:
                    owner = binding.scope or scope
                    if binding.kind == "value":
                        yield from self.sources(binding.node, owner, depth + 1, hops)
                    elif binding.kind == "part" and isinstance(binding.node, ast.expr):
                        yield from self._part(binding, owner, depth, hops)
                    elif binding.kind == "param" and isinstance(binding.node, ast.arg):
                        yield from self._parameter(binding.node, owner, depth, hops)
            case ast.Attribute(value=inner, attr=attr):
                yield from self._field(inner, attr, node, scope)
            case ast.JoinedStr(values=parts):
                yield from self._parts(parts, scope, depth, hops)
            case ast.BinOp(left=left, op=ast.Div(), right=right) if self.kind != "url":
                yield from self.sources(right, scope, depth + 1, hops)
                yield from self.sources(left, scope, depth + 1, hops)
            case ast.BinOp(left=left, op=ast.Add(), right=right):
                yield from self.sources(left, scope, depth + 1, hops)
                if self.kind == "text" or (self.kind == "path" and (_last_text(left) or "").endswith(("/", "\\"))):
                    yield from self.sources(right, scope, depth + 1, hops)
            case ast.BinOp(op=ast.Mod(), right=right) if self.kind == "text":
                for one in right.elts if isinstance(right, ast.Tuple) else [right]:
                    yield from self.sources(one, scope, depth + 1, hops)
            case ast.BoolOp(values=values):
                for one in values:
                    yield from self.sources(one, scope, depth + 1, hops)
            case ast.IfExp(body=body, orelse=other):
                yield from self.sources(body, scope, depth + 1, hops)
                yield from self.sources(other, scope, depth + 1, hops)
            case ast.Await(value=inner) | ast.NamedExpr(value=inner):
                yield from self.sources(inner, scope, depth + 1, hops)
            case ast.Call():
                yield from self._call(node, scope, depth, hops)

    def _parts(self, parts: list[ast.expr], scope: Scope, depth: int, hops: int) -> Iterator[Sent]:
        """The parts of an f-string that are a part of a path by themselves, or with which an address begins."""
        before = "/"
        for place, part in enumerate(parts):
            if isinstance(part, ast.Constant):
                before = str(part.value)
            elif isinstance(part, ast.FormattedValue):
                alone = self.kind == "text" or before.endswith(("/", "\\"))
                follows = parts[place + 1] if place + 1 < len(parts) else None
                if self.whole and follows is not None and not _begins_a_part(follows) and (name := dotted(part.value)):
                    self.narrow.add(name)
                if alone and part.conversion < 0 and part.format_spec is None:
                    yield from self.sources(part.value, scope, depth + 1, hops)
                before = ""
            if self.kind == "url" and not _SCHEME.match(before):  # what follows chooses no host
                return

    def _call(self, call: ast.Call, scope: Scope, depth: int, hops: int) -> Iterator[Sent]:
        names = self.resolver.names(call.func, scope)
        own = next((one.local for one in names if one.local is not None and one.local.kind == "function"), None)
        if own is not None and hops < _MAX_HOPS:
            for statement, _ in statements(own):
                if isinstance(statement, ast.Return):
                    yield from self.sources(statement.value, own, depth + 1, hops + 1)
        elif any(one.name in _JOINS for one in names) or (isinstance(call.func, ast.Name) and call.func.id == "str"):
            for argument in call.args[:1] if self.kind == "url" else call.args:
                yield from self.sources(argument, scope, depth + 1, hops)
        elif any(one.name == "urllib.request.Request" for one in names):
            yield from self.sources(call.args[0] if call.args else keyword_of(call, "url"), scope, depth + 1, hops)
        elif any(one.name in _STATEMENTS for one in names) and call.args:
            yield from self.sources(call.args[0], scope, depth + 1, hops)
        elif self.kind == "text" and isinstance(call.func, ast.Attribute) and call.func.attr == "format":
            for argument in [*call.args, *(one.value for one in call.keywords)]:
                yield from self.sources(argument, scope, depth + 1, hops)
        elif isinstance(call.func, ast.Attribute) and (call.func.attr in _SAME or _puts_a_word_for_another(call)):
            for argument in call.args if call.func.attr == "joinpath" else ():
                yield from self.sources(argument, scope, depth + 1, hops)
            yield from self.sources(call.func.value, scope, depth + 1, hops)
        else:
            self._lose(call, scope, depth, hops)

    def _part(self, binding: Binding, scope: Scope, depth: int, hops: int) -> Iterator[Sent]:
        """One of several values: `text, name = read(file)`."""
        value = binding.node
        while isinstance(value, ast.Await):
            value = value.value
        if not isinstance(value, ast.Call):
            return
        names = self.resolver.names(value.func, scope)
        own = next((one.local for one in names if one.local is not None and one.local.kind == "function"), None)
        if own is None:
            self._lose(value, scope, depth, hops)
            return
        for statement, _ in statements(own) if hops < _MAX_HOPS and binding.target.isdigit() else ():
            match statement:
                case ast.Return(value=ast.Tuple(elts=parts)) if int(binding.target) < len(parts):
                    yield from self.sources(parts[int(binding.target)], own, depth + 1, hops + 1)

    def _lose(self, call: ast.Call, scope: Scope, depth: int, hops: int) -> None:
        """Note a function of another file of the project that is given what was sent, and whose answer is the path."""
        if self.kind != "path" or _MAKES_ANOTHER.search(last_name(call.func)):
            return
        names = self.resolver.names(call.func, scope)
        if not any(
            one.local is None and one.origin.lstrip(".").partition(".")[0] not in ("", *FOREIGN) for one in names
        ):
            return
        before = (list(self.ends), set(self.texts), {key: (one, set(said)) for key, (one, said) in self.passed.items()})
        given = [*call.args, *(one.value for one in call.keywords)]
        sent = any(
            self._is_upload(one, scope) or next(self.sources(one, scope, depth + 1, hops), None) is not None
            for one in given
        )
        self.ends, self.texts, self.passed = before
        if sent:
            self.lost.append((scope.qualname, dotted(call.func)))

    def _is_upload(self, node: ast.expr, scope: Scope) -> bool:
        """Whether a value is a file that a handler is given."""
        if not isinstance(node, ast.Name):
            return False
        for binding in (self.resolver.bindings(node.id, scope, node.lineno) or [])[:4]:
            argument = binding.node
            if binding.kind == "param" and isinstance(argument, ast.arg) and argument.annotation is not None:
                return last_name(bare(argument.annotation)) == "UploadFile"
        return False

    def _parameter(self, argument: ast.arg, scope: Scope, depth: int, hops: int) -> Iterator[Sent]:
        node = scope.node
        if isinstance(node, ast.Module | ast.ClassDef):
            return
        if is_handler(scope, self.resolver):
            text = argument.annotation is None or is_text(argument.annotation)
            if (
                argument.arg not in ("self", "cls", "request")
                and text
                and not self.senders.is_injected(argument, scope)
            ):
                in_path = self.kind != "text" and is_in_path(node, argument.arg)
                in_path = in_path and (not self.whole or argument.arg in self.narrow)
                yield from [] if in_path else [Sent(argument.arg, argument.lineno)]
            return
        own = (scope.qualname, argument.arg)
        known = len(self.ends)
        is_new = argument.arg not in ("self", "cls") and may_be_text(argument.annotation) and own not in self.ends
        if is_new:
            self.ends.append(own)
            if argument.annotation is not None or _IS_PATH.search(argument.arg):
                self.texts.add(argument.arg)
        if hops >= _MAX_HOPS:
            return
        names = [one.arg for one in parameters(node)]
        position = names.index(argument.arg)
        is_method = scope.parent is not None and scope.parent.kind == "class"
        bound = is_method and names[0] in ("self", "cls")  # a static method is given nothing before
        name = scope.qualname.rpartition(".")[2]
        settled, called = True, False
        for caller, call in list(self.view.calls_of(name))[:8]:
            if any(one.local is scope for one in self.resolver.names(call.func, caller)):
                called = True
                index = position - 1 if bound else position
                given = keyword_of(call, argument.arg) or (call.args[index] if 0 <= index < len(call.args) else None)
                settled = settled and self._is_settled(given, caller)
                yield from self.sources(given, caller, depth + 1, hops + 1)
        if called and is_new and own in self.ends:
            # a caller in this file is filled by others itself; or all that call it stand here, and say what it is
            if (len(self.ends) > known + 1 and not is_method) or (name.startswith("_") and settled):
                self.ends.remove(own)
            elif is_method and settled:  # who calls it from another file is not known by this one
                self.inner.add(own)

    def _is_settled(self, node: ast.expr | None, scope: Scope, depth: int = 0) -> bool:
        """Whether a value is one that is told here: a constant, what a call gives back, a parameter of the caller."""
        while isinstance(node, ast.Await | ast.Attribute) and not isinstance(node, ast.Name):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                return node.value.id in ("self", "cls")
            node = node.value
        if node is None or isinstance(node, ast.Constant | ast.Call | ast.JoinedStr | ast.BinOp):
            return True
        if not isinstance(node, ast.Name) or depth > _MAX_HOPS:
            return False
        return all(
            one.kind == "param"
            or (one.kind == "value" and self._is_settled(_expression(one), one.scope or scope, depth + 1))
            for one in self.resolver.bindings(node.id, scope, node.lineno) or []
        )

    def _field(self, inner: ast.expr, attr: str, node: ast.Attribute, scope: Scope) -> Iterator[Sent]:
        """A field of what a handler takes: the name of an upload, or a field of the body."""
        if not isinstance(inner, ast.Name):
            return
        for binding in (self.resolver.bindings(inner.id, scope, node.lineno) or [])[:4]:
            owner = binding.scope or scope
            argument = binding.node
            if binding.kind == "value" and attr == "filename" and isinstance(argument, ast.expr):
                if "request.files" in ast.unparse(argument) and self.senders.is_flask(argument, owner):
                    yield Sent(f"{inner.id}.filename", node.lineno)
                continue
            if binding.kind in ("value", "item") and self.kind == "url" and isinstance(argument, ast.expr):
                if not _OF_PROGRAM.search(ast.unparse(argument)[:200]):  # `hook = hooks.get(key)`, and `hook.url`
                    self._of_object(inner.id, attr, scope)
                continue
            if binding.kind != "param" or not isinstance(argument, ast.arg):
                continue
            if argument.annotation is not None and last_name(bare(argument.annotation)) == "UploadFile":
                if attr == "filename":  # whoever hands an upload on, its name is what was sent
                    yield Sent(f"{inner.id}.filename", node.lineno)
                continue
            if not is_handler(owner, self.resolver) or argument.annotation is None:
                yield from self._handed(argument, attr, owner)
                self._of_object(argument.arg, attr, owner)
                continue
            if not self.senders.is_injected(argument, owner) and self.senders.is_free(argument.annotation, attr, owner):
                yield Sent(f"{inner.id}.{attr}", node.lineno)

    def _of_object(self, name: str, attr: str, scope: Scope) -> None:
        """Note a field of what a function is given, `state.image_path`, which may be what was sent."""
        own = (scope.qualname, f"{name}.{attr}")
        is_own = name in ("self", "cls") or _OF_PROGRAM.search(name) is not None
        if self.kind != "text" and not is_own and _IS_PATH.search(attr) and own not in self.ends:
            self.ends.append(own)
            self.texts.add(own[1])

    def _handed(self, argument: ast.arg, attr: str, scope: Scope) -> Iterator[Sent]:
        """An upload that a handler gives to a function of the same file: `save(file)`, with `file.filename` there."""
        node = scope.node
        if attr != "filename" or isinstance(node, ast.Module | ast.ClassDef):
            return
        position = [one.arg for one in parameters(node)].index(argument.arg)
        for caller, call in list(self.view.calls_of(scope.qualname.rpartition(".")[2]))[:8]:
            given = keyword_of(call, argument.arg) or (call.args[position] if position < len(call.args) else None)
            if isinstance(given, ast.Name) and is_handler(caller, self.resolver):
                taken = [one for one in parameters(caller.node) if one.arg == given.id]  # type: ignore[arg-type]
                if any(one.annotation is not None and last_name(bare(one.annotation)) == "UploadFile" for one in taken):
                    self.passed.setdefault(id(caller), (caller, set()))[1].add(f"{given.id}.filename")
                    yield Sent(f"{argument.arg}.filename", argument.lineno)
                    return


def _begins_a_part(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and str(node.value).startswith(("/", "\\"))


def _expression(binding: Binding) -> ast.expr | None:
    return binding.node if isinstance(binding.node, ast.expr) else None


def _puts_a_word_for_another(call: ast.Call) -> bool:
    """`path.replace("/uploads/", "uploads/")`: a word is no step out of a folder, and all else stays."""
    match call:
        case ast.Call(func=ast.Attribute(attr="replace"), args=[ast.Constant(value=str(word)), _]):
            return any(one.isalpha() for one in word)
    return False


def _last_text(node: ast.expr) -> str | None:
    """The end of a text that is put together, where it is a constant."""
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.BinOp(op=ast.Add(), right=right):
            return _last_text(right)
        case ast.JoinedStr(values=[*_, ast.Constant(value=str(text))]):
            return text
        case ast.Attribute(attr="sep"):
            return "/"
    return None
