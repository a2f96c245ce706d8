"""What in a function is a caller's credential, and which conditions prove that it was looked at.

A header, a cookie or a parameter that is named after a key is only brought along: that it is there proves nothing. It
is looked at where it is compared with something, or where what a call made of it is asked for. What a session or a
login of the framework says of the caller was looked at before. The words are those of HTTP and of the frameworks.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Final

from aiaudit import lazy
from aiaudit.probes.python.names import dotted, last_name
from aiaudit.probes.python.nodes import walk

NONE, BROUGHT, SAID, CHECKED = 0, 1, 2, 3
"""Of an expression: nothing of a credential; the credential as it came; what a function that is given the whole
request says; what was made of a credential, or what the framework knows of the caller."""

_KEY: Final = lazy.regex(
    r"(?i)^(?:.*[_-])?(?:authorization|auth|api[_-]?key|apikey|access[_-]?key|token|secret|key|credentials?|session"
    r"|session[_-]?id|jwt|bearer|signature|password|cookie|(?:signature|hmac)[_-](?:v?\d+|sha\d+|ed25519|header|hash))$"
    r"|(?:api_?key|auth|token|secret|signature)_?header(?:_?name)?$"
)
_NO_KEY: Final = lazy.regex(r"(?i)csrf|xsrf|idempoten|forward|request[_-]?id|trace|cache|content|device|page|next")
_KNOWN: Final = lazy.regex(
    r"(?:^|\.)(?:request|req|g|self\.request)\.(?:state\.)?(?:user|user_id|current_user|principal|identity|auth|account)"
    r"(?:\.(?:is_authenticated|id|is_active|is_superuser|is_staff))?$|(?:^|\.)current_user(?:\.is_authenticated)?$"
    r"|^scope\.(?:user|auth)$"
)
_BAGS: Final = ("headers", "query_params", "args", "cookies", "values", "form", "invocation_metadata")
_SCHEMES: Final = ("bearer", "basic", "apikey", "api-key", "token", "digest", "")
_SHAPES: Final = frozenset(
    ("strip", "lstrip", "rstrip", "split", "rsplit", "partition", "rpartition", "replace", "removeprefix", "decode",
     "encode", "lower", "upper", "startswith", "endswith", "get", "count", "find")
)  # fmt: skip
"""Methods of a text that give it in another form, or look at its form only."""
_READERS: Final = frozenset(
    ("str", "len", "bool", "type", "isinstance", "repr", "list", "tuple", "cast", "unquote", "b64decode", "any", "all",
     "get_authorization_scheme_param", "get_unverified_header", "get_unverified_claims", "mask", "redact", "print",
     "info", "debug", "warning", "error", "exception", "match", "fullmatch", "search")
)  # fmt: skip
"""Functions that do the same for what they are given, or only note it."""


class Said:
    """What is known inside one function: its names, and what stands for the request, its path and its headers."""

    def __init__(self, request: str = "", *, flask: bool = False) -> None:
        self.request = {request} - {""}
        self.flask = flask
        self.paths: set[str] = set()
        self.bags: dict[str, str] = {}  # name -> headers, cookies, …
        self.names: dict[str, int] = {}  # how much of a credential a name has
        self.about: set[str] = set()  # names of what was made of the request


def names_a_key(text: str) -> bool:
    """Whether a header, a parameter or a constant is named after a credential."""
    return bool(_KEY.search(text)) and not _NO_KEY.search(text)


def strength(node: ast.AST | None, said: Said, inner: Callable[[ast.Call], int], depth: int = 0) -> int:
    """How much an expression has of a credential; `inner` tells it of a call of the file's own function, and is below 0
    where the function is not."""
    if node is None or depth > 12:
        return NONE

    def of(one: ast.AST | None) -> int:
        return strength(one, said, inner, depth + 1)

    match node:
        case ast.Name(id=name):
            return said.names.get(name, CHECKED if name == "current_user" else NONE)
        case ast.Await(value=value) | ast.Starred(value=value) | ast.FormattedValue(value=value):
            return of(value)
        case ast.NamedExpr(target=target, value=value):
            found = of(value)
            said.names[target.id] = found
            return found
        case ast.Attribute():
            return _attribute(node, said, of)
        case ast.Subscript(value=value, slice=key):
            if (bag := bag_of(value, said)) and (bag == "session" or _is_key(key, bag)):
                return CHECKED if bag == "session" else BROUGHT
            return of(value)
        case ast.Call():
            return _call(node, said, of, inner)
        case ast.Compare(left=left, ops=ops, comparators=others):
            return _compared(left, ops, others, said, of)
        case (
            ast.BoolOp(values=parts)
            | ast.Tuple(elts=parts)
            | ast.List(elts=parts)
            | ast.Dict(values=parts)  # `{"user": claims["sub"]}`, which a function hands back
            | ast.JoinedStr(values=parts)
        ):
            return max(map(of, parts), default=NONE)
        case ast.UnaryOp(operand=value) | ast.Lambda(body=value):  # `run_sync(db, lambda s: find_tenant(key, s))`
            return of(value)
        case ast.BinOp(left=left, right=right):
            return max(of(left), of(right))
        case ast.IfExp(body=body, orelse=orelse):
            return max(of(body), of(orelse))
    return NONE


def _attribute(node: ast.Attribute, said: Said, of: Callable[[ast.AST | None], int]) -> int:
    text = dotted(node)
    if _KNOWN.search(text):
        return CHECKED
    if said.flask and text == "request.authorization":
        return BROUGHT
    if node.attr == "token" and _is_request(node.value, said):  # of Sanic: what stands in `Authorization`
        return BROUGHT
    return of(node.value)


def _call(node: ast.Call, said: Said, of: Callable[[ast.AST | None], int], inner: Callable[[ast.Call], int]) -> int:
    name = last_name(node.func)
    if isinstance(node.func, ast.Attribute) and name in ("get", "getlist", "get_all") and node.args:
        bag = bag_of(node.func.value, said)
        if bag:
            return (
                (CHECKED if bag == "session" else BROUGHT) if bag == "session" or _is_key(node.args[0], bag) else NONE
            )
    if (
        name == "get_header"
        and node.args
        and isinstance(node.func, ast.Attribute)
        and _is_request(node.func.value, said)
    ):
        return BROUGHT if _is_key(node.args[0], "headers") else NONE
    given = [*node.args, *(one.value for one in node.keywords)]
    if name == "compare_digest" and len(given) == 2 and ast.dump(given[0]) == ast.dump(given[1]):
        return BROUGHT if of(given[0]) else NONE  # with itself
    own = inner(node)
    if own >= 0:
        return own
    most = max((of(one) for one in given), default=NONE)
    receiver = of(node.func.value) if isinstance(node.func, ast.Attribute) else NONE
    if (receiver and name in _SHAPES) or name in _READERS or is_unverified(node):
        return max(receiver, most)
    if most or receiver:
        return CHECKED
    if any(_is_request(one, said) or bag_of(one, said) in ("headers", "cookies") for one in given):
        return SAID
    return NONE


def is_unverified(node: ast.Call) -> bool:
    """Whether a token is read without a look at its signature."""
    for one in node.keywords:
        if one.arg == "verify" and isinstance(one.value, ast.Constant) and one.value.value is False:
            return True
        if one.arg == "options" and isinstance(one.value, ast.Dict):
            for key, value in zip(one.value.keys, one.value.values, strict=True):
                if isinstance(key, ast.Constant) and key.value == "verify_signature":
                    return isinstance(value, ast.Constant) and value.value is False
    return False


def _compared(
    left: ast.expr, ops: list[ast.cmpop], others: list[ast.expr], said: Said, of: Callable[[ast.AST | None], int]
) -> int:
    most = max(of(left), *(of(one) for one in others))
    if isinstance(left, ast.Constant) and any(bag_of(one, said) == "session" for one in others):
        return CHECKED  # `"user" in session`
    if isinstance(ops[0], ast.In | ast.NotIn) and any(bag_of(one, said) == "invocation_metadata" for one in others):
        return CHECKED  # `("authorization", TOKEN) in details.invocation_metadata`
    if most != BROUGHT or len(ops) != 1:
        return most
    other = others[0] if of(left) else left
    if ast.dump(left) == ast.dump(others[0]):
        return BROUGHT  # with itself
    if isinstance(ops[0], ast.Is | ast.IsNot | ast.Lt | ast.LtE | ast.Gt | ast.GtE):
        return BROUGHT
    if isinstance(other, ast.Constant):
        value = other.value.decode("latin-1") if isinstance(other.value, bytes) else other.value
        if not isinstance(value, str) or value.strip().lower() in _SCHEMES:
            return BROUGHT
    if isinstance(other, ast.Tuple | ast.List | ast.Set) and not other.elts:
        return BROUGHT
    return CHECKED


def _is_key(node: ast.AST, bag: str) -> bool:
    if isinstance(node, ast.Constant):
        value = node.value.decode("latin-1") if isinstance(node.value, bytes) else node.value
        return isinstance(value, str) and (bag == "cookies" or names_a_key(value))
    return names_a_key(last_name(node))


def bag_of(node: ast.AST, said: Said) -> str:
    """Whether an expression is a map of what the caller sent: headers, cookies, parameters; or the session."""
    while isinstance(node, ast.Call) and len(node.args) == 1 and last_name(node.func) in ("dict", "Headers"):
        node = node.args[0]
    if isinstance(node, ast.Name):
        is_flasks = said.flask and node.id == "session" and node.id not in said.names
        return "session" if is_flasks else said.bags.get(node.id, "")
    if isinstance(node, ast.Attribute) and _is_request(node.value, said):
        return node.attr if node.attr in ("session", *_BAGS) else ""
    if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name) and node.value.id in said.request:
        key = node.slice.value if isinstance(node.slice, ast.Constant) else ""
        return str(key) if key in ("headers", "session") else ""
    if isinstance(node, ast.Call) and last_name(node.func) in ("Headers", "invocation_metadata"):
        return "headers"
    return ""


def _is_request(node: ast.AST, said: Said) -> bool:
    if isinstance(node, ast.Attribute):  # of Tornado, and of views that are classes
        return node.attr == "request" and isinstance(node.value, ast.Name) and node.value.id == "self"
    return isinstance(node, ast.Name) and (node.id in said.request or (said.flask and node.id == "request"))


def learn(target: ast.expr, value: ast.expr, found: int, said: Said) -> None:
    """Note what an assignment binds."""
    if isinstance(target, ast.Tuple | ast.List):
        for one in target.elts:
            learn(one, value, found, said)
    if not isinstance(target, ast.Name):
        return
    said.names[target.id] = found
    (said.about.add if is_about(value, said) else said.about.discard)(target.id)
    said.paths.discard(target.id)
    said.bags.pop(target.id, None)
    if is_path(value, said):
        said.paths.add(target.id)
    elif bag := bag_of(value, said):
        said.bags[target.id] = bag
    elif isinstance(value, ast.Call) and last_name(value.func) in ("Request", "HTTPConnection"):
        said.request.add(target.id)


def is_about(node: ast.AST, said: Said) -> bool:
    """Whether an expression has to do with the request; what has not is a setting, or the program's own state."""
    for one in walk(node):
        if isinstance(one, ast.Name):
            if said.flask and one.id in ("request", "session", "g", "current_user"):
                return True
            if one.id in said.request or one.id in said.about or one.id in said.paths or one.id in said.bags:
                return True
            if said.names.get(one.id):
                return True
    return False


def is_setting(node: ast.expr, said: Said) -> bool:
    """Whether a condition asks for a setting: `settings.auth`, `KEY is None`, `os.getenv("KEY")`; not for a time, a
    count or what a function answers."""
    if is_about(node, said):
        return False
    match node:
        case ast.UnaryOp(op=ast.Not(), operand=inner):
            return is_setting(inner, said)
        case ast.Compare(left=left, ops=[ast.Eq() | ast.NotEq() | ast.Is() | ast.IsNot()], comparators=[other]):
            return is_setting(left, said) and isinstance(other, ast.Constant)
        case ast.BoolOp(values=parts):
            return all(is_setting(one, said) for one in parts)
        case ast.Call(func=function):
            return last_name(function) in ("getenv", "get") and bool(node.args)
        case ast.Subscript(value=value):
            return is_setting(value, said)
    return isinstance(node, ast.Name | ast.Attribute)


def is_path(node: ast.AST, said: Said) -> bool:
    """Whether an expression is the path that is asked for, also without its last slash."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        if node.func.attr in ("rstrip", "lower", "strip", "decode"):
            return is_path(node.func.value, said)
        if node.func.attr == "get" and node.args and _constant(node.args[0]) == "path":
            return isinstance(node.func.value, ast.Name) and node.func.value.id in said.request
        return False
    if isinstance(node, ast.Name):
        return node.id in said.paths
    if isinstance(node, ast.Subscript):
        return isinstance(node.value, ast.Name) and node.value.id in said.request and _constant(node.slice) == "path"
    text = dotted(node) if isinstance(node, ast.Attribute) else ""
    head, _, rest = text.partition(".")
    return rest in ("url.path", "path", "scope.path") and (head in said.request or (said.flask and head == "request"))


def is_endpoint(node: ast.AST, said: Said) -> bool:
    """Whether an expression is the name of the function that Flask will call."""
    return said.flask and isinstance(node, ast.Attribute) and dotted(node) == "request.endpoint"


def is_other_kind(test: ast.expr, truth: bool, said: Said) -> bool:
    """Whether it follows from a condition that is true (or false) that the message is a preflight (OPTIONS), which
    holds no credential, or no request over HTTP at all."""
    if not isinstance(test, ast.Compare) or len(test.comparators) != 1:
        return False
    same = isinstance(test.ops[0], ast.Eq | ast.In | ast.Is) is truth
    sides = [test.left, test.comparators[0]]
    values = {value for one in sides for value in _constants(one)}
    for one in sides:
        if isinstance(one, ast.Attribute) and one.attr == "method" and values == {"OPTIONS"}:
            return same and dotted(one).partition(".")[0] in {*said.request, "request"}
        if isinstance(one, ast.Subscript) and _constant(one.slice) == "type" and last_name(one.value) in said.request:
            return same is ("http" not in values)
    return False


def _constants(node: ast.AST) -> list[object]:
    elements = node.elts if isinstance(node, ast.Tuple | ast.List | ast.Set) else [node]
    return [one.value for one in elements if isinstance(one, ast.Constant)]


def _constant(node: ast.AST) -> object:
    return node.value if isinstance(node, ast.Constant) else None
