"""Parts of a call, and what it is made of: the name by which it is called, what it is about, what it makes later."""

from __future__ import annotations

import ast
from typing import Any, Final

from aiaudit import lazy
from aiaudit.probes.python.groups import MODEL_WRAPPER_NAMES
from aiaudit.probes.python.loops import works_on
from aiaudit.probes.python.match import name_set
from aiaudit.probes.python.module import Scope
from aiaudit.probes.python.names import dotted, last_name
from aiaudit.probes.python.nodes import children_of
from aiaudit.probes.python.resolved import Resolved

_MODELS: Final = name_set("model_name model")
_SUBJECTS: Final = name_set(
    "url path f file filename fname filepath filepath_or_buffer file_path command cmd args source sql query statement"
    " repo_id pretrained_model_name_or_path model_name_or_path model_id repo_or_dir code obj data"
)
# Functions that call another one later, or more than once. What is handed to a thread is a call already (`in_threads`).
_DEFERRED: Final = lazy.regex(
    r"(?i)^(?:submit|run_sync|_*(?:call_?|run_?|execute_?|do_?)?with_?(?:retr(?:y|ies)|backoff|timeout))$"
)
PARTIALS: Final = frozenset({"partial", "partialmethod", "curry"})
_GETTERS: Final = frozenset({"attrgetter", "methodcaller"})


def adapter_of(node: ast.Call, name: str) -> ast.expr | None:
    """What `PeftModel.from_pretrained(model, path)` loads: the first argument is a model that is there already."""
    if not name.startswith("peft.") or not name.endswith(".from_pretrained"):
        return None
    given = next((one.value for one in node.keywords if one.arg == "model_id"), None)
    return given or (node.args[1] if len(node.args) > 1 else None)


def first_argument(node: ast.Call) -> ast.expr | None:
    """What a call is about: its first argument, or the keyword that says the same."""
    if node.args:
        return node.args[0]
    subjects = _SUBJECTS | _MODELS if last_name(node.func) in MODEL_WRAPPER_NAMES else _SUBJECTS
    return next((one.value for one in node.keywords if one.arg in subjects), None)


def has_part(function: ast.expr, words: frozenset[str] | set[str]) -> bool:
    """Whether one of the words is a part of the dotted chain by which a function is called."""
    node: Any = function
    while True:
        kind = node.__class__
        if kind is ast.Attribute:
            if node.attr in words:
                return True
            node = node.value
        elif kind is ast.Call:
            node = node.func
        elif kind is ast.Subscript or kind is ast.Await:
            node = node.value
        else:
            return kind is ast.Name and node.id in words


def identifier_of(function: ast.expr) -> str:
    """The identifier by which a function is called; of `getattr(x, "name")` the name."""
    kind = function.__class__
    if kind is ast.Attribute:
        return function.attr  # type: ignore[attr-defined, no-any-return]
    if kind is ast.Name:
        return function.id  # type: ignore[attr-defined, no-any-return]
    if isinstance(function, ast.Call):
        inner = function
        if isinstance(inner.func, ast.Name) and inner.func.id == "getattr" and len(inner.args) >= 2:
            name = inner.args[1]
            return name.value if isinstance(name, ast.Constant) and isinstance(name.value, str) else "getattr"
        if last_name(inner.func) in PARTIALS and inner.args:
            return last_name(inner.args[0])
        if last_name(inner.func) in _GETTERS or isinstance(inner.func, ast.Call):
            return "getattr"
        return last_name(inner.func)  # `get(torch)(path)`, where `get` may give a function back
    if isinstance(function, ast.NamedExpr):
        return last_name(function.value)
    if isinstance(function, ast.IfExp):
        return last_name(function.body)
    if isinstance(function, ast.Subscript) and isinstance(function.slice, ast.Constant):  # globals()["load"]
        return function.slice.value if isinstance(function.slice.value, str) else ""
    if isinstance(function, ast.Subscript):  # Agent[Context](…), a class with the types it works on
        return last_name(function.value)
    return ""


def deferred(node: ast.Call) -> ast.Call | None:
    """The call that `pool.submit(load, path)` or `self._with_retries(client.search, query_filter=f)` makes."""
    called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    if not _DEFERRED.search(called) or not node.args:
        return None
    function, given, keywords = node.args[0], node.args[1:], node.keywords
    if isinstance(function, ast.Call) and last_name(function.func) == "partial" and function.args:
        given, keywords = [*function.args[1:], *given], [*function.keywords, *keywords]
        function = function.args[0]
    if not isinstance(function, ast.Attribute | ast.Name):
        return None
    return ast.copy_location(ast.Call(function, given, keywords), node)


def is_partial(value: ast.Call) -> bool:
    maker = value.func.func if isinstance(value.func, ast.Call) else value.func
    return last_name(maker) in PARTIALS or last_name(maker) in _GETTERS or last_name(maker) == "getattr"


def called_name(one: Resolved) -> str:
    """The name of what is called: the result of a call, called again, is not the function that made it."""
    return f"{one.name}.__call__" if one.instance else one.name


def function_of(scope: Scope) -> Scope | None:
    inner: Scope | None = scope
    while inner is not None and inner.kind != "function":
        inner = inner.parent
    return inner


def result_of(statement: ast.stmt, node: ast.expr) -> str:
    """The name that the call's value is assigned to, where it is assigned directly."""
    if isinstance(statement, ast.Assign | ast.AnnAssign):
        value = statement.value
        value = value.value if isinstance(value, ast.Await) else value
        target = statement.targets[0] if isinstance(statement, ast.Assign) else statement.target
        return dotted(target)[:80] if value is node else ""
    return ""


def goes_round_again(tried: ast.Try | ast.TryStar, loop: ast.stmt) -> bool:
    """Whether an error inside `tried` leads to another round of `loop` after a wait, or at all of a counted loop. A
    loop that nothing ends, also where all went well, asks for the next thing: a bot that looks for messages."""
    if works_on(tried, loop):
        return False
    for handler in tried.handlers:
        stack: list[ast.AST] = list(handler.body)
        waits = leaves = False
        while stack:
            node = stack.pop()
            if isinstance(node, ast.Call) and identifier_of(node.func) in ("sleep", "wait", "backoff"):
                waits = True
            elif isinstance(node, ast.Raise | ast.Return | ast.Break) and node in handler.body:
                leaves = True
            if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                stack.extend(children_of(node))
        if waits and not leaves:
            return True
    return False
