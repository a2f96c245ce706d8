"""What FastAPI calls before a handler: the dependencies that functions name in their signatures, and those behind the
names of types (`CurrentUser = Annotated[User, Depends(get_current_user)]`). A dependency has dependencies."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

from aiaudit.probes.python.callers import asks_who, lets_on
from aiaudit.probes.python.credentials import names_a_key
from aiaudit.probes.python.file_view import FileView
from aiaudit.probes.python.module import Scope
from aiaudit.probes.python.names import last_name
from aiaudit.probes.python.nodes import children_of, default_of, parameters, walk
from aiaudit.probes.python.resolve import INJECTIONS

MARKS: Final = (
    rb"\b(?:Depends|Security)\("
    rb"|\breturn[ \t]+(?:\w+\.)?(?:requires?|ensure|check|verify|need)_\w*(?:role|user|admin|permission|scope|auth"
    rb"|access)\w*\("
)
TYPE: Final = ":"  # before the name of a type, which by itself asks nobody: `TokenRequest` is what is sent
CALLED: Final = "="  # before the name of a function that is only called: what it does tells whether it asks
_REQUESTS: Final = ("Request", "HTTPConnection", "WebSocket")
_COMMON: Final = ("session", "key")  # of a database, of a map
_FLASK: Final = (b"flask", b"quart")  # whose request is there for every function
_TAKES: Final = ("Body", "Form", "File", "Query")  # marks of what comes with the request
Describe = Callable[[ast.arg, Scope], dict[str, Any]]


def dependencies(view: FileView, served: frozenset[str] = frozenset()) -> dict[str, list[str]]:
    """By function, or by the name of a type: what it depends on, by resolved name; names of types among parameters are
    told too, marked by `TYPE`, since any may stand for a dependency, and functions that it gives the request to, marked
    by `CALLED`. Of a file that names no dependency, the handlers count."""
    named = view.text_has(b"Depends(") or view.text_has(b"Security(")
    told: dict[str, list[str]] = {}
    for scope in view.module.scopes:
        if scope.kind == "function":
            handler = scope.qualname in served
            names = [] if handler else list(_made_by(view, scope))
            if named or handler:
                names = list(dict.fromkeys([*names, *_of_function(view, scope)]))
            if names:
                told[scope.qualname] = names
    for statement in view.source.tree.body:
        match statement:
            case (
                ast.Assign(targets=[ast.Name(id=name)], value=value)
                | ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value)
            ):
                behind = list(_marked(view, value, view.module.top))
                if behind:
                    told[name] = behind
    return told


def _made_by(view: FileView, scope: Scope) -> Iterator[str]:
    """The maker of checks of the caller whose check a function does nothing but hand back: who depends on
    `require_parent()` depends on `require_role(Role.PARENT)`."""
    match getattr(scope.node, "body", None):
        case [ast.Return(value=ast.Call(func=made))] | [ast.Expr(), ast.Return(value=ast.Call(func=made))]:
            if asks_who(f".{last_name(made)}") and not lets_on(scope.qualname):
                yield from _names(view, made, scope.parent or scope)


def taken(view: FileView, describe: Describe) -> dict[str, list[dict[str, Any]]]:
    """By function of a file with dependencies: the parameters that it marks as parts of the request. A handler that
    depends on such a function takes them in."""
    if not (view.text_has(b"Depends(") or view.text_has(b"Security(")):
        return {}
    found: dict[str, list[dict[str, Any]]] = {}
    for scope in view.module.scopes:
        if isinstance(scope.node, ast.FunctionDef | ast.AsyncFunctionDef):
            marked = [one for one in parameters(scope.node) if _takes(one, scope.node)]
            if marked:
                found[scope.qualname] = [describe(one, scope) for one in marked]
    return found


def _takes(argument: ast.arg, node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """`body: Order = Body()`, `q: Annotated[str, Query()]`."""
    calls: list[ast.AST | None] = [default_of(node, argument.arg)]
    match argument.annotation:
        case ast.Subscript(value=value, slice=ast.Tuple(elts=[_, *markers])) if last_name(value) == "Annotated":
            calls += markers
    return any(isinstance(one, ast.Call) and last_name(one.func) in _TAKES for one in calls)


def _of_function(view: FileView, scope: Scope) -> Iterator[str]:
    node = scope.node
    assert isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    around = scope.parent or scope
    yield from _handed_on(view, node, around)
    for argument in parameters(node):
        yield from of_parameter(view, node, argument, around)


def of_parameter(
    view: FileView, node: ast.FunctionDef | ast.AsyncFunctionDef, argument: ast.arg, around: Scope
) -> Iterator[str]:
    """What fills a parameter, by resolved name, and the name of its type."""
    yield from _marked(view, view.resolver.injection(node, argument.arg, around), around)
    yield from _named_elsewhere(view, default_of(node, argument.arg), around)
    if isinstance(argument.annotation, ast.Name | ast.Attribute):
        yield from (f"{TYPE}{name}" for name in _names(view, argument.annotation, around))
        if isinstance(argument.annotation, ast.Name):  # `CurrentUser = Annotated[User, Depends(…)]` in the same file
            for one in view.resolver.bindings(argument.annotation.id, around, None) or ():
                if one.kind == "value":
                    yield from _marked(view, one.node, around)
    else:
        yield from _marked(view, argument.annotation, around)


def _handed_on(view: FileView, node: ast.FunctionDef | ast.AsyncFunctionDef, around: Scope) -> Iterator[str]:
    """Checks of the caller to which a function hands the request, or the credential that it is given for a parameter:
    `_require_admin(require_session(request))`, `auth.account_of(authorization)`."""
    given = {one.arg: last_name(one.annotation or node) in _REQUESTS for one in parameters(node)}
    held = {name for name, typed in given.items() if typed}
    for call in walk(node) if held else ():
        if (
            isinstance(call, ast.Call)
            and isinstance(call.func, ast.Name)
            and asks_who(f".{call.func.id}")
            and _takes_one(call, held)
        ):
            yield from _names(view, call.func, around)
    held.update(given.keys() & {"request"})
    brought = {name for name in given if names_a_key(name) and name not in _COMMON}
    anywhere = any(map(view.text_has, _FLASK))
    for call in _always_called(node.body):
        if _takes_one(call, held) or _takes_of(call, brought) or (anywhere and not call.args and not call.keywords):
            yield from (f"{CALLED}{name}" for name in _names(view, call.func, around))


def _takes_one(call: ast.Call, held: set[str]) -> bool:
    """Whether a call is given something that bears one of these names."""
    given = [*call.args, *(one.value for one in call.keywords)]
    return any(isinstance(one, ast.Name) and one.id in held for one in given)


def _takes_of(call: ast.Call, held: set[str]) -> bool:
    """Whether a call is given something that is made of what bears one of these names: `authorization or cookie`."""
    given = [*call.args, *(one.value for one in call.keywords)] if held else []
    return any(isinstance(one, ast.Name) and one.id in held for part in given for one in walk(part))


def _always_called(body: Sequence[ast.stmt]) -> Iterator[ast.Call]:
    """The calls that a function makes whatever happens: whoever is refused there by an exception gets no farther."""
    for statement in body:
        match statement:
            case ast.With(body=inner) | ast.AsyncWith(body=inner):
                yield from _always_called(inner)
            case ast.Try(body=inner, handlers=handlers) if all(isinstance(one.body[-1], ast.Raise) for one in handlers):
                yield from _always_called(inner)
            case ast.Expr() | ast.Assign() | ast.AnnAssign() | ast.Return():
                yield from _certain(statement)
        if any(isinstance(one, ast.Return) for one in walk(statement)):
            return  # what stands below may not be reached


def _certain(statement: ast.AST) -> Iterator[ast.Call]:
    """The calls of a statement that no other part of it decides on: not those of `debug or check(request)`."""
    todo = [statement]  # no recursion: `1 + 1 + …` may be thousands deep
    while todo:
        node = todo.pop()
        if isinstance(node, ast.Call):
            yield node
        if not isinstance(node, ast.BoolOp | ast.IfExp | ast.Lambda | ast.comprehension):
            todo.extend(children_of(node))


def _named_elsewhere(view: FileView, default: ast.AST | None, around: Scope) -> Iterator[str]:
    """A default that another file gives a name: `from deps import SESSION`, `session: dict = SESSION`, or
    `deps.SESSION`."""
    if isinstance(default, ast.Name):
        for one in view.resolver.bindings(default.id, around, None) or ():
            if one.kind == "import" and one.target:
                yield f"{TYPE}{one.target}"
    elif isinstance(default, ast.Attribute):
        yield from (f"{TYPE}{name}" for name in _names(view, default, around) if not name.startswith("@."))


def _marked(view: FileView, node: ast.AST | None, scope: Scope) -> Iterator[str]:
    """What stands in `Depends(…)`, also inside `Annotated[…]`: `f`, `f()`, `self.f`."""
    calls: list[Any] = []
    match node:
        case ast.Call():
            calls = [node]
        case ast.Subscript(value=value, slice=ast.Tuple(elts=[_, *markers])) if last_name(value) == "Annotated":
            calls = [one for one in markers if isinstance(one, ast.Call)]
    for call in calls:
        if last_name(call.func) in INJECTIONS and call.args:
            given = call.args[0]
            yield from _names(view, given.func if isinstance(given, ast.Call) else given, scope)


def _names(view: FileView, node: ast.AST, scope: Scope) -> Iterator[str]:
    found = [one.name for one in view.resolver.names(node, scope)]
    yield from found or ([f"@.{node.id}"] if isinstance(node, ast.Name) else [])
