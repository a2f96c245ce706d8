"""Classes of exceptions: those that a file defines, and those for which an application is told who answers."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from aiaudit.probes.python.file_view import FileView
from aiaudit.probes.python.names import dotted, last_name


def own_errors(view: FileView) -> Iterator[dict[str, str]]:
    """The classes of exceptions that the file defines, each with the class that it is made of."""
    for scope in view.module.scopes:
        if isinstance(scope.node, ast.ClassDef) and scope.node.bases:
            base = last_name(scope.node.bases[0])
            if base.endswith(("Exception", "Error")):
                yield {"name": scope.node.name, "base": base}


def registered_for(view: FileView) -> dict[str, tuple[str, ...]]:
    """`app.add_exception_handler(ServiceError, on_error)`: function -> classes."""
    found: dict[str, tuple[str, ...]] = {}
    for word in ("add_exception_handler", "register_error_handler"):
        if not view.text_has(word.encode()):
            continue
        for _, call in view.calls_of(word):
            given = [*call.args, *(one.value for one in call.keywords)]
            if len(given) >= 2 and (name := last_name(given[1])):
                found[name] = classes_of(given[0])
    return found


def classes_of(node: ast.expr | None) -> tuple[str, ...]:
    """The last names of exception classes; `500` and nothing stand for whatever goes wrong."""
    if node is None or (isinstance(node, ast.Constant) and node.value == 500):
        return ("Exception",)
    if isinstance(node, ast.Constant):
        return ("HTTPException",)
    parts = node.elts if isinstance(node, ast.Tuple) else [node]
    return tuple(name for name in (dotted(part).rpartition(".")[2] for part in parts) if name)
