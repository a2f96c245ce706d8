"""What a call opens, asks, runs or queries, and the argument by which somebody else could decide it."""

from __future__ import annotations

import ast
from typing import Final, NamedTuple

from aiaudit.probes.python.file_view import FileView
from aiaudit.probes.python.match import name_set
from aiaudit.probes.python.module import Scope
from aiaudit.probes.python.names import dotted, last_name
from aiaudit.probes.python.sinks import Sinks, keyword_of

_VERBS: Final = name_set("get post put patch delete head request stream options")
_CLIENTS: Final = (
    "requests",
    "requests.Session",
    "httpx",
    "httpx.Client",
    "httpx.AsyncClient",
    "aiohttp.ClientSession",
)
_ASKED: Final = frozenset(
    [f"{client}.{verb}" for client in _CLIENTS for verb in _VERBS]
    + ["urllib.request.urlopen", "urllib.request.urlretrieve"]
)
_PATHS: Final = {  # what is done with the file, and where its path stands
    "os.remove": ("removes", 0), "os.unlink": ("removes", 0), "shutil.rmtree": ("removes", 0),
    "shutil.copy": ("writes", 1), "shutil.copy2": ("writes", 1), "shutil.copyfile": ("writes", 1),
    "shutil.move": ("writes", 1), "aiofiles.open": ("opens", 0), "open": ("opens", 0),
    "fastapi.responses.FileResponse": ("reads", 0), "starlette.responses.FileResponse": ("reads", 0),
    "flask.send_file": ("reads", 0), "quart.send_file": ("reads", 0),
}  # fmt: skip
_METHODS: Final = {"write_text": "writes", "write_bytes": "writes", "unlink": "removes"}
_RUN: Final = {"code": "runs", "shell": "runs", "sql": "queries"}


class Use(NamedTuple):
    does: str
    """writes, removes, reads, asks, runs (code, a shell) or queries (SQL)."""
    sink: str
    argument: ast.expr


def use_of(call: ast.Call, scope: Scope, view: FileView, sinks: Sinks) -> Use | None:
    """What a call opens, asks, runs or queries."""
    last = last_name(call.func)
    if last in _METHODS and isinstance(call.func, ast.Attribute):
        return Use(_METHODS[last], f"Path.{last}", call.func.value)
    if last == "save" and len(call.args) == 1 and isinstance(call.func, ast.Attribute):
        return (
            Use("writes", f"{dotted(call.func) or 'file.save'}", call.args[0])
            if _is_upload(call.func.value, scope, view)
            else None
        )
    for one in view.resolver.names(call.func, scope):
        if one.name in _ASKED:
            position = 1 if last in ("request", "stream") else 0
            argument = keyword_of(call, "url") or (call.args[position] if len(call.args) > position else None)
            return Use("asks", one.name, argument) if argument is not None else None
        if one.name in _PATHS:
            does, position = _PATHS[one.name]
            argument = keyword_of(call, "path") or (call.args[position] if len(call.args) > position else None)
            if does == "opens":
                does = "writes" if _writes(call) else "reads"
            return Use(does, one.name, argument) if argument is not None else None
    run = sinks.of(call, scope)
    return Use(_RUN[run[1]], run[0], run[2]) if run is not None and run[1] in _RUN else None


def _writes(call: ast.Call) -> bool:
    mode = keyword_of(call, "mode") or (call.args[1] if len(call.args) > 1 else None)
    return isinstance(mode, ast.Constant) and isinstance(mode.value, str) and bool(set(mode.value) & set("wax+"))


def _is_upload(node: ast.expr, scope: Scope, view: FileView) -> bool:
    """Whether a value is a file of Flask's request: `request.files["x"]`."""
    if isinstance(node, ast.Name):
        bound = view.resolver.bindings(node.id, scope, node.lineno) or []
        return any(isinstance(one.node, ast.expr) and "request.files" in ast.unparse(one.node) for one in bound[:3])
    return "request.files" in ast.unparse(node)
