"""Names that are given a value: variables, attributes, fields, parameters' defaults, keys of dict literals."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from typing import Any, Final

from aiaudit.model.types import as_json
from aiaudit.probes.python.file_view import FileView
from aiaudit.probes.python.module import Scope
from aiaudit.probes.python.names import last_name
from aiaudit.probes.python.nodes import statements

MAX_ROWS: Final = 500  # of one file


def glob_regex(globs: Iterable[str]) -> str:
    """One regular expression for identifiers that match any of the globs."""
    return "|".join(re.escape(glob).replace(r"\*", r"\w*") for glob in sorted(globs))


def hits(globs: Iterable[str]) -> bytes:
    """Where such a name is given a value."""
    return rb"\b(?:" + glob_regex(globs).encode() + rb")[\"']?\]?[ \t]*(?:=[^=]|:[^=\n]{0,60}=|:[ \t])"


def assigned(view: FileView, globs: Iterable[str]) -> list[dict[str, Any]]:
    """One row for each place where a name of the globs is given a value."""
    wanted = re.compile(glob_regex(globs))
    rows: list[dict[str, Any]] = []
    for scope in view.module.scopes:
        for kind, name, node, value in _given(scope):
            if not wanted.fullmatch(name) or len(rows) >= MAX_ROWS:
                continue
            rows.append(
                {
                    **view.place(node, scope),
                    "name": name,
                    "kind": kind,
                    "value": as_json(view.values.of(value, scope, name)),
                    "source": view.provenance.of(value, scope),
                }
            )
    return sorted(rows, key=lambda row: int(row["line"]))


def _given(scope: Scope) -> Iterator[tuple[str, str, ast.expr | ast.stmt, ast.expr]]:
    """(kind, name, node with the line, value) for everything a scope gives a value to."""
    node = scope.node
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        arguments = node.args
        positional = [*arguments.posonlyargs, *arguments.args]
        for argument, default in zip(reversed(positional), reversed(arguments.defaults), strict=False):
            yield "default", argument.arg, default, default
        for argument, keyword_default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=False):
            if keyword_default is not None:
                yield "default", argument.arg, keyword_default, keyword_default
    for statement, _ in statements(scope):
        targets: list[ast.expr] = []
        if isinstance(statement, ast.Assign):
            targets, value = statement.targets, statement.value
        elif isinstance(statement, ast.AnnAssign) and statement.value is not None:
            targets, value = [statement.target], statement.value
        else:
            continue
        for target in targets:
            kind = (
                "attribute" if isinstance(target, ast.Attribute) else "field" if scope.kind == "class" else "variable"
            )
            if isinstance(target, ast.Subscript) and isinstance(target.slice, ast.Constant):
                yield "key", str(target.slice.value), statement, value
            elif last_name(target):
                yield kind, last_name(target), statement, value
        if isinstance(value, ast.Dict):
            for key, inner in zip(value.keys, value.values, strict=False):
                if isinstance(key, ast.Constant) and isinstance(key.value, str):
                    yield "key", key.value, inner, inner
