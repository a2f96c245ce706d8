"""Functions that turn callers away with 401 or 403, and whether they do so for their credential.

A key may come in a request that is handed over, or in parameters of their own: `token: str = Depends(scheme)`,
`x_api_key: str = Header()`. Who is turned away for what was sent (a file of the wrong kind), or since another service
said so, was not asked who he is.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any, Final

from aiaudit import lazy
from aiaudit.probes.python.credentials import BROUGHT, CHECKED, NONE, Said, names_a_key
from aiaudit.probes.python.file_view import FileView
from aiaudit.probes.python.hollow import says_only
from aiaudit.probes.python.module import Scope
from aiaudit.probes.python.names import last_name
from aiaudit.probes.python.nodes import FunctionNode, default_of, expressions, header, parameters, statements, walk
from aiaudit.probes.python.ways import Ways

HITS: Final = (
    rb"\b(?:40[13]|400[13]|440[13]|1008)\b|\bWS_1008_|\bHTTP_40[13]_|\bUNAUTHORIZED\b|\bFORBIDDEN\b"
    rb"|\bUNAUTHENTICATED\b|\bPERMISSION_DENIED\b|\b(?:HTTP)?Unauthorized\("
    rb"|\bcompare_digest\(|[\"'][\w-]*(?i:-signature|-hmac)[\w-]*[\"']|(?i:_signature|_hmac)\("
    rb"|\bjwt\.decode\(|\bconstruct_event\(|\bverify_(?:id_token|session_cookie|oauth2_token|firebase_token|header)\("
    rb"|\b(?:redirect|render|render_template)\([^\n]{0,60}(?i:log_?in|sign_?in)"
    rb"|\braise[ \t]+(?:\w+\.)*\w*(?:Unauthori[sz]ed|Unauthenticated|Forbidden|NotAuthenticated|NotLoggedIn"
    rb"|PermissionDenied|AccessDenied|AuthenticationError|AuthError|(?:Invalid|Expired|Missing|No)(?:Token|Credentials?|ApiKey|Session)"
    rb"|(?:Token|Session)(?:Expired|Invalid|Missing))"
)
_MOST_BEHIND: Final = 4
MAX_ROWS: Final = 60  # functions of one file
_REQUEST: Final = lazy.regex(r"(?:^|\.)(?:Request|HTTPConnection|WebSocket|HttpRequest)$")
_CREDENTIALS: Final = lazy.regex(r"^HTTP(?:Authorization|Basic)Credentials$|^(?:APIKey|OAuth2)\w+$")
_COMMON: Final = ("session", "key")  # of a database, of a map
_SCHEME: Final = lazy.regex(r"(?i)oauth2|bearer|scheme|header|cookie|credential|security|basic|^_?(?:x_)?api_?key$")
_PERSON: Final = lazy.regex(
    r"(?i)user|auth|principal|identity|claims|account|caller|token|admin|tenant|member|owner"
    r"|(?:valid|verif|check|requir|current|need|ensure)\w*session"  # not `get_session`, which is one of a database
)


def turning(view: FileView) -> list[dict[str, Any]]:
    """One row for each function in which a caller is turned away, also by what it calls: its lines, and whether a
    credential was looked at."""
    rows: dict[str, dict[str, Any]] = {}
    for line in view.marked:
        scope, _ = view.module.locate(line)
        if scope.kind == "function" and scope.qualname not in rows and len(rows) < MAX_ROWS:
            rows[scope.qualname] = _row(view, scope)
    turn = {name.rpartition(".")[2] for name, row in rows.items() if row and row["looks"]}
    for scope in view.module.scopes if turn else ():
        if scope.kind != "function" or scope.qualname in rows or len(rows) >= MAX_ROWS:
            continue
        if any(last_name(call.func) in turn for call in _calls_in(scope)):
            rows[scope.qualname] = _row(view, scope)
    return [row for row in rows.values() if row]


def _row(view: FileView, scope: Scope) -> dict[str, Any]:
    ways = Ways(view, scope, "passed")
    looks = ways.looks(said_of(view, scope))
    dropped = _dropped(scope) or (ways.by_library and not looks)
    if not ways.turns_away() and not dropped:
        return {}  # a word in a comment, or the number of something
    return {
        "function": scope.qualname,
        "names": _names(scope),
        "line": view.source.line(scope.start),
        "end": view.source.line(scope.end),
        "looks": looks,
        **ways.told(),
        "absent_line": ways.absent_line(),
        "dropped": dropped,
        "raises": ways.refuses_by_raising(),
        **({"behind": behind} if (behind := _behind(view, scope)) else {}),
        **({"rests_on": sorted(ways.rests_on)} if ways.rests_on else {}),
    }


def _calls_in(scope: Scope) -> Iterator[ast.Call]:
    for statement, _ in statements(scope):
        for node in expressions(header(statement)):
            if isinstance(node, ast.Call):
                yield node


def _dropped(scope: Scope) -> bool:
    """Whether a signature is compared and nothing depends on it: the answer is thrown away or only noted, or both
    sides are the same."""
    compared = [
        (statement, node)
        for statement, _ in statements(scope)
        for node in expressions(header(statement))
        if isinstance(node, ast.Call) and last_name(node.func) == "compare_digest"
    ]
    if not compared:
        return False
    used = {
        node.id
        for statement, _ in statements(scope)
        if not says_only(statement)
        for part in header(statement)
        for node in walk(part)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
    }
    return not any(_matters(statement, call, used) for statement, call in compared)


def _matters(statement: ast.stmt, call: ast.Call, used: set[str]) -> bool:
    """Whether something depends on a comparison. `used`: the names that the function looks at, but in notes."""
    if len(call.args) == 2 and ast.dump(call.args[0]) == ast.dump(call.args[1]):
        return False
    match statement:
        case ast.Expr(value=value):
            return value is not call
        case ast.If(body=body, orelse=orelse):
            return not all(says_only(one) for one in [*body, *orelse])
        case ast.Assign(targets=[ast.Name(id=name)], value=value) if value is call:
            return name in used
    return True


def _names(scope: Scope) -> list[str]:
    """What it is called by where it stands before others: its name, that of the decorator that it is inside, or of a
    class whose objects are called."""
    names = [scope.qualname.rpartition(".")[2]]
    around = scope.parent
    if names == ["__call__"] and around is not None and around.kind == "class":
        names = [around.qualname.rpartition(".")[2]]
    while around is not None and around.kind == "function":
        names.append(around.qualname.rpartition(".")[2])
        around = around.parent
    return names


def said_of(view: FileView, scope: Scope) -> Said:
    """What a function knows of the request and of credentials by its parameters."""
    node = scope.node
    assert isinstance(node, FunctionNode)
    said = Said(flask=any(map(view.text_has, (b"flask", b"quart", b"bottle"))))
    for one in parameters(node):
        said.names[one.arg] = NONE  # a parameter called `session` is not Flask's
        annotation, default = _apart(one.annotation)
        given = view.resolver.injection(node, one.arg, scope.parent or scope) or default_of(node, one.arg) or default
        kind = last_name(annotation) if annotation is not None else ""
        if one.arg in ("request", "req", "websocket", "connection", "info") or _REQUEST.search(kind):
            said.request.add(one.arg)
        elif isinstance(given, ast.Call) and last_name(given.func) in ("Depends", "Security") and given.args:
            name = last_name(given.args[0].func if isinstance(given.args[0], ast.Call) else given.args[0])
            brought = bool(_CREDENTIALS.search(kind) or _SCHEME.search(name)) and not name.startswith("get_current")
            known = bool(_PERSON.search(name) or _PERSON.search(kind))
            said.names[one.arg] = BROUGHT if brought else CHECKED if known else NONE
        elif _CREDENTIALS.search(kind) or (
            names_a_key(_alias(given) or one.arg) and (one.arg not in _COMMON or _held_against_a_secret(scope, one.arg))
        ):
            said.names[one.arg] = BROUGHT
    return said


def _behind(view: FileView, scope: Scope) -> list[str]:
    """The functions from which a parameter comes that says who calls: `user: User = Depends(get_current_user)`."""
    node = scope.node
    assert isinstance(node, FunctionNode)
    found: list[str] = []
    for one in parameters(node):
        _, default = _apart(one.annotation)
        given = view.resolver.injection(node, one.arg, scope.parent or scope) or default_of(node, one.arg) or default
        if not isinstance(given, ast.Call) or last_name(given.func) not in ("Depends", "Security") or not given.args:
            continue
        if _PERSON.search(last_name(given.args[0])):
            found += [named.name for named in view.resolver.names(given.args[0], scope.parent or scope)][:1]
    return found[:_MOST_BEHIND]


def _held_against_a_secret(scope: Scope, name: str) -> bool:
    """Whether a function compares a parameter with a constant that is named after a secret: `key != ADMIN_SECRET`."""
    for statement, _ in statements(scope):
        for node in expressions(header(statement)):
            sides: list[ast.expr] = []
            if isinstance(node, ast.Compare) and len(node.ops) == 1 and isinstance(node.ops[0], ast.Eq | ast.NotEq):
                sides = [node.left, *node.comparators]
            elif isinstance(node, ast.Call) and last_name(node.func) == "compare_digest":
                sides = node.args
            if any(isinstance(one, ast.Name) and one.id == name for one in sides) and any(
                (told := last_name(one)).isupper() and names_a_key(told) for one in sides
            ):
                return True
    return False


def _apart(annotation: ast.expr | None) -> tuple[ast.expr | None, ast.expr | None]:
    """The type of an annotation, and what `Annotated` says besides."""
    match annotation:
        case ast.Subscript(value=value, slice=ast.Tuple(elts=[first, *others])) if last_name(value) == "Annotated":
            return first, next((one for one in others if isinstance(one, ast.Call)), None)
        case ast.Subscript(value=value, slice=inner) if last_name(value) == "Optional":
            return inner, None
        case ast.BinOp(left=left):
            return left, None
    return annotation, None


def _alias(given: ast.expr | None) -> str:
    for one in given.keywords if isinstance(given, ast.Call) else ():
        if one.arg == "alias" and isinstance(one.value, ast.Constant):
            return str(one.value.value)
    return ""
