"""Constant values of expressions as plain JSON, with what is not constant as `Unknown`; never a secret's value."""

from __future__ import annotations

import ast
import posixpath
from collections.abc import Sequence
from typing import Any, Final

from aiaudit import lazy
from aiaudit.model.types import Unknown
from aiaudit.probes.python.bindings import Binding
from aiaudit.probes.python.entries import Entries, changes
from aiaudit.probes.python.match import PERHAPS
from aiaudit.probes.python.module import Scope
from aiaudit.probes.python.names import dotted, last_name
from aiaudit.probes.python.resolve import Resolver

MAX_TEXT: Final = 200  # characters kept of a string
MAX_ITEMS: Final = 20  # elements kept of a list or map
MAX_DEPTH: Final = 8

SHORTEST_SECRET: Final = 7  # characters of what `_SECRET_VALUE` finds: `://a:b@`
_SECRET_NAME: Final = lazy.regex(r"(?i)(api_?key|secret|passw|credential|private_?key|auth|_token$|^token$|^key$)")
_SECRET_VALUE: Final = lazy.regex(
    r"(?<![A-Za-z0-9-])(?:sk|pk|rk|pcsk|lsv2|gsk|r8|hf|xai|tvly)[-_][\w-]{8,}|AKIA[0-9A-Z]{8,}|gh[opsu]_\w{8,}|github_pat_\w{8,}"
    r"|xox[abprs]-[\w-]{8,}|AIza[\w-]{8,}|eyJ[\w-]{8,}\.|-----BEGIN|://[^/\s:@]+:[^/\s:@]+@"
)
# The same where it is reported and not only blotted out: `ask_question` and `task-completion` are no keys.
_SECRET_SHAPE: Final = lazy.regex(
    r"(?<![A-Za-z0-9])(?:(?:sk|pk|rk|pcsk|lsv2|gsk|r8|hf|xai|tvly)[-_](?=[\w-]*[0-9A-Z]|[a-z]{12})[\w-]{8,}|AKIA[0-9A-Z]{8,}"
    r"|gh[opsu]_\w{8,}|github_pat_\w{8,}|xox[abprs]-[\w-]{8,}|AIza[\w-]{8,}|eyJ[\w-]{8,}\.)"
    r"|-----BEGIN|://[^/\s:@]+:[^/\s:@]+@"
)


class Values:
    """Evaluates constants within one module: literals, names bound once to a literal, f-strings of constants.

    A name imported from elsewhere becomes `Unknown("$ref dotted.name")`; if it is one of the project's own modules, its
    constant is filled in when all files are known.
    """

    def __init__(self, resolver: Resolver) -> None:
        self.resolver = resolver
        self.entries = Entries(resolver)

    def of(self, node: ast.AST | None, scope: Scope, name: str = "") -> Any:
        """The value of `node` as JSON; `name` (a keyword's) hides values of credentials."""
        if node.__class__ is ast.Constant:
            value = node.value
            if value.__class__ is not str:
                return value if value.__class__ in _SMALL else self._of(node, scope, 0)
        else:
            value = self._of(node, scope, 0)
        if isinstance(value, str):
            return redacted(value, name)
        return value

    def text(self, node: ast.AST | None, scope: Scope) -> str | None:
        """The full text of a constant string, not shortened; for looking into, never for keeping."""
        value = self._raw(node, scope, 0)
        return value if isinstance(value, str) else None

    def _of(self, node: ast.AST | None, scope: Scope, depth: int) -> Any:
        if node.__class__ in _LITERALS and (made := self._made(node, scope, depth)) is not _NONE:
            return made
        value = self._raw(node, scope, depth)
        return Unknown(self._reason(node, scope)) if value is _NONE else value

    def _made(self, node: ast.AST | None, scope: Scope, depth: int) -> Any:
        """The value of a list, a map, a name bound once or a choice by version; `_NONE` for any other."""
        match node:
            case ast.List(elts=elements) | ast.Tuple(elts=elements) | ast.Set(elts=elements):
                if depth >= MAX_DEPTH or any(isinstance(one, ast.Starred) for one in elements):
                    return Unknown("list")
                return [_short(self._of(one, scope, depth + 1)) for one in elements[:MAX_ITEMS]]
            case ast.Dict(keys=keys, values=values):
                return self._map(keys, values, scope, depth)
            case ast.Name(id=name) if (bound := self._bound_once(name, scope, node.lineno, depth)) is not None:
                if isinstance(bound.node, ast.Dict) and _changed(name, bound.scope or scope, scope, node.lineno):
                    return Unknown("map")
                return self._of(bound.node, bound.scope or scope, depth + 1)
            case ast.Call(args=[], keywords=keywords) if depth < MAX_DEPTH and self._is_settings(node, scope):
                names = [ast.Constant(one.arg) if one.arg else None for one in keywords]
                return self._map(names, [one.value for one in keywords], scope, depth)  # type: ignore[arg-type]
            case ast.IfExp(test=test, body=body) if depth < MAX_DEPTH and _asks_for_version(test):
                return self._of(body, scope, depth + 1)
            case ast.IfExp(body=left, orelse=right) if depth < MAX_DEPTH:
                return self._either(self._of(left, scope, depth + 1), self._of(right, scope, depth + 1))
        return _NONE

    def _either(self, one: Any, other: Any) -> Any:
        """`GenerateContentConfig(…) if slow else None`: what neither of two maps holds is certainly not given."""
        maps = [{} if given is None else given for given in (one, other)]
        if (one is None and other is None) or not all(isinstance(given, dict) for given in maps):
            return _NONE
        left, right = maps
        return {
            key: Unknown(PERHAPS)
            if (key in left) != (key in right)
            else left[key]
            if left[key] == right[key]
            else Unknown("ifexp")
            for key in dict.fromkeys([*left, *right])
        }

    def _is_settings(self, node: ast.Call, scope: Scope) -> bool:
        """Whether a call makes an object that stands for a map of settings: `types.GenerateContentConfig(…)`. Where the
        class is the project's own, its fields have defaults that are not seen here."""
        if not last_name(node.func).endswith(("Config", "Options", "ModelSettings")):
            return False
        found = self.resolver.names(node.func, scope)
        return len(found) == 1 and found[0].local is None and found[0].origin.partition(".")[0] in _SETTINGS_OF

    def _map(self, keys: list[ast.expr | None], values: list[ast.expr], scope: Scope, depth: int) -> Any:
        if depth >= MAX_DEPTH or None in keys:
            return Unknown("map")
        out: dict[str, Any] = {}
        for key, value in zip(keys[:MAX_ITEMS], values, strict=False):
            name = self._raw(key, scope, depth + 1)
            if name is _NONE:
                return Unknown("map")
            kept = _short(self._of(value, scope, depth + 1))
            out[str(name)[:MAX_TEXT]] = redacted(kept, str(name)) if isinstance(kept, str) else kept
        return out

    def _raw(self, node: ast.AST | None, scope: Scope, depth: int) -> Any:
        """A scalar constant, in full length, or `_NONE`."""
        if depth > MAX_DEPTH or node.__class__ not in _SCALARS:
            return _NONE
        match node:
            case ast.Constant(value=str() as text):
                return text
            case ast.Constant(value=value):
                return value if isinstance(value, str | bool | int | float | type(None)) and _plain(value) else _NONE
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                value = self._raw(operand, scope, depth + 1)
                return -value if isinstance(value, int | float) and not isinstance(value, bool) else _NONE
            case ast.Name(id=name):
                bound = self._bound_once(name, scope, node.lineno, depth)
                return self._raw(bound.node, bound.scope or scope, depth + 1) if bound is not None else _NONE
            case ast.Subscript(slice=ast.Constant(value=str() as key)):
                entry = None if _SECRET_NAME.search(key) else self.entries.of(node, scope)
                return self._raw(*entry, depth + 1) if entry is not None else _NONE
            case ast.JoinedStr(values=parts):
                texts = [self._raw(part, scope, depth + 1) for part in parts]
                return "".join(texts) if all(isinstance(text, str) for text in texts) else _NONE
            case ast.FormattedValue(value=inner, conversion=-1, format_spec=None):
                value = self._raw(inner, scope, depth + 1)
                return str(value) if isinstance(value, str | int) else _NONE
            case ast.BinOp(op=ast.Div()):
                return self._path(node, scope, depth) or _NONE
            case ast.BinOp(left=left, op=ast.Add(), right=right):
                return self._sum(left, right, scope, depth)
            case ast.BinOp(left=left, op=ast.Mult() | ast.Pow(), right=right):
                return self._product(node, left, right, scope, depth)
            case ast.Call(func=ast.Attribute(value=inner, attr="strip" | "lstrip" | "rstrip"), args=[]):
                value = self._raw(inner, scope, depth + 1)
                return value.strip() if isinstance(value, str) else _NONE
            case ast.Call(func=ast.Attribute(attr="dedent"), args=[inner]):
                return self._raw(inner, scope, depth + 1)
            case ast.Call() if last_name(node.func) in _JOINS:
                return self._path(node, scope, depth) or _NONE
            case ast.Attribute(value=ast.Name(id="self" | "cls")) if (owner := scope.enclosing_class()) is not None:
                bindings = owner.attributes(node.attr)
                if "__init__" in owner.children:  # nobody hands in what a bare annotation names
                    bindings = [one for one in bindings if one.kind != "annotated"]
                # An annotated field of a class is a default that instances change.
                if len(bindings) == 1 and bindings[0].kind == "value" and not bindings[0].field:
                    return self._raw(bindings[0].node, bindings[0].scope or owner, depth + 1)
        return _NONE

    def _path(self, node: ast.AST, scope: Scope, depth: int) -> Any:
        """The path that is put together (`ROOT / "data" / "a.csv"`, `os.path.join(HERE, "a.csv")`), without the folder
        that the code itself lies or is started in, which is "" alone; `_NONE` where a part of it is not constant."""
        if depth > MAX_DEPTH:
            return _NONE
        match node:
            case ast.Constant(value=value):
                return value if isinstance(value, str) else _NONE
            case ast.Name(id="__file__"):
                return ""
            case ast.Name(id=name):
                bound = self._bound_once(name, scope, node.lineno, depth)
                return self._path(bound.node, bound.scope or scope, depth + 1) if bound and bound.node else _NONE
            case (
                ast.Attribute(value=inner, attr="parent")
                | ast.Subscript(value=ast.Attribute(value=inner, attr="parents"))
            ):
                return "" if self._path(inner, scope, depth + 1) == "" else _NONE
            case ast.BinOp(left=left, op=ast.Div(), right=right):
                return self._joined((left, right), scope, depth)
            case ast.Call(func=ast.Attribute(value=inner, attr="resolve" | "absolute" | "as_posix"), args=[]):
                return self._path(inner, scope, depth + 1)
            case ast.Call(func=ast.Attribute(value=inner, attr="joinpath"), args=arguments, keywords=[]):
                return self._joined((inner, *arguments), scope, depth)
            case ast.Call(func=function, args=arguments, keywords=[]):
                name = next((one.name for one in self.resolver.names(function, scope)), "")
                if name in _HERE:
                    return ""
                if name == "os.path.dirname":
                    return "" if len(arguments) == 1 and self._path(arguments[0], scope, depth + 1) == "" else _NONE
                return self._joined(arguments, scope, depth) if name in _MAKES_PATHS else _NONE
        return _NONE

    def _joined(self, parts: Sequence[ast.expr], scope: Scope, depth: int) -> Any:
        texts = [self._path(part, scope, depth + 1) for part in parts[:MAX_ITEMS]]
        return posixpath.join("", *texts) if all(isinstance(text, str) for text in texts) else _NONE

    def _sum(self, left: ast.expr, right: ast.expr, scope: Scope, depth: int) -> Any:
        first, second = self._raw(left, scope, depth + 1), self._raw(right, scope, depth + 1)
        if isinstance(first, str) and isinstance(second, str):
            return first + second if len(first) + len(second) <= 100_000 else _NONE
        return first + second if _is_number(first) and _is_number(second) else _NONE

    def _product(self, node: ast.BinOp, left: ast.expr, right: ast.expr, scope: Scope, depth: int) -> Any:
        """`1024 * 8`, `2 ** 14`: small numbers only."""
        first, second = self._raw(left, scope, depth + 1), self._raw(right, scope, depth + 1)
        if not (_is_number(first) and _is_number(second)) or abs(first) > 1e9 or abs(second) > 1e9:
            return _NONE
        if isinstance(node.op, ast.Mult):
            return first * second
        return first**second if isinstance(first, int) and isinstance(second, int) and 0 <= second <= 40 else _NONE

    def _bound_once(self, name: str, scope: Scope, line: int, depth: int) -> Binding | None:
        """The one value that the name holds at the line, if there is exactly one and it is not a loop's."""
        if depth >= MAX_DEPTH:
            return None
        bindings = self.resolver.bindings(name, scope, line) or []
        if len(bindings) == 1 and bindings[0].kind == "value" and bindings[0].node is not None:
            return bindings[0]
        return None

    def _reason(self, node: ast.AST | None, scope: Scope) -> str:
        """What stands there instead of a constant, without any literal of it."""
        target = node.func if isinstance(node, ast.Call) else node
        if isinstance(target, _NAMED):
            found = self.resolver.names(target, scope)
            if len(found) == 1 and not found[0].instance and found[0].local is None and found[0].name not in ("?", ""):
                imported = found[0].name
                return f"{imported}()" if isinstance(node, ast.Call) else f"$ref {imported}"
        text = dotted(target) if target is not None else ""
        return (f"{text}()" if isinstance(node, ast.Call) else text)[:80] or type(node).__name__.lower()


_NONE: Final = object()
_MAKES_PATHS: Final = frozenset(
    (
        "pathlib.Path",
        "pathlib.PurePath",
        "os.path.join",
        "os.path.abspath",
        "os.path.realpath",
        "os.path.normpath",
        "os.fspath",
        "str",
    )
)
_HERE: Final = frozenset(("pathlib.Path.cwd", "os.getcwd"))
_JOINS: Final = frozenset(
    ("Path", "PurePath", "join", "joinpath", "abspath", "realpath", "normpath", "fspath", "str", "as_posix")
)
_SMALL: Final = frozenset((bool, type(None)))  # what any JSON holds
_SCALARS: Final = frozenset(
    (
        ast.Constant,
        ast.UnaryOp,
        ast.Name,
        ast.JoinedStr,
        ast.FormattedValue,
        ast.BinOp,
        ast.Call,
        ast.Attribute,
        ast.Subscript,
    )
)
_NAMED: Final = (ast.Name, ast.Attribute)
_LITERALS: Final = frozenset((ast.List, ast.Tuple, ast.Set, ast.Dict, ast.Name, ast.IfExp, ast.Call))
_SETTINGS_OF: Final = frozenset(
    ("google", "vertexai", "ollama", "ibm_watsonx_ai", "mistralai", "cohere", "pydantic_ai", "agents")
)


def _changed(name: str, owner: Scope, scope: Scope, line: int) -> bool:
    """Whether a dict's entries may be others than those written where it was bound."""
    return changes(name, scope, line) or (owner is not scope and changes(name, owner, 0))


def redacted(value: str, name: str = "") -> str:
    """`value` shortened, and hidden where its name or its shape is a credential's."""
    if len(value) < SHORTEST_SECRET:
        return value
    if (name and len(value) >= 8 and _SECRET_NAME.search(name)) or _SECRET_VALUE.search(value):
        return "<redacted>"
    return value[:MAX_TEXT]


def looks_secret(text: str) -> bool:
    """Whether a credential of a known shape stands in the text."""
    return bool(_SECRET_SHAPE.search(text))


def _asks_for_version(test: ast.expr) -> bool:
    """`torch.__version__ >= "1.13"`: what follows is for every later version, and that is what runs today."""
    match test:
        case ast.Compare(
            left=ast.Attribute(attr="__version__"), ops=[ast.GtE() | ast.Gt()], comparators=[ast.Constant()]
        ):
            return True
    return False


def _short(value: Any) -> Any:
    return redacted(value) if isinstance(value, str) else value


def _plain(value: Any) -> bool:
    """Numbers that JSON can hold: no huge integers, no infinities."""
    if isinstance(value, int):
        return abs(value) < 2**63
    return not isinstance(value, float) or abs(value) < 1e308


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
