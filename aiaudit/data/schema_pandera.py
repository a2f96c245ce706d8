"""Pandera schemas, read from their source text as literals: nothing of it is imported or run.

`DataFrameSchema({...})` and classes that derive from `DataFrameModel` (or the older `SchemaModel`) are understood, with
constants of the same module. A check that is a function of its own is left out: it is not judged.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from typing import Any, Final

from aiaudit.data.schema import Demand, Rule, Schema
from aiaudit.data.schema_readers import is_bound, type_of
from aiaudit.syntax import syntax_of

_BOUNDS: Final[Mapping[str, Rule]] = {
    "ge": "least", "greater_than_or_equal_to": "least", "gt": "above", "greater_than": "above",
    "le": "most", "less_than_or_equal_to": "most", "lt": "below", "less_than": "below",
}  # fmt: skip
_MODELS: Final = ("DataFrameModel", "SchemaModel")
_DEEPEST: Final = 8


def read(source: str, path: str) -> list[Schema]:
    """The schemas of a module; none where it cannot be parsed."""
    try:
        tree = syntax_of(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []
    known = _constants(tree)
    found: list[Schema] = []
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and any(_last(base) in _MODELS for base in node.bases):
            found.append(_model(node, path, known))
        if not isinstance(node, ast.Assign | ast.AnnAssign) or not isinstance(node.value, ast.Call):
            continue
        if _last(node.value.func) == "DataFrameSchema":
            target = node.targets[0] if isinstance(node, ast.Assign) else node.target
            found.append(_frame(node.value, getattr(target, "id", ""), path, known))
    return [one for one in found if one.demands]


def _frame(call: ast.Call, name: str, path: str, known: Mapping[str, Any]) -> Schema:
    keywords = {key.arg: key.value for key in call.keywords if key.arg}
    columns = call.args[0] if call.args else keywords.get("columns")
    demands: list[Demand] = []
    if isinstance(columns, ast.Dict):
        for key, value in zip(columns.keys, columns.values, strict=True):
            column = _literal(key, known) if key is not None else None
            if isinstance(column, str) and isinstance(value, ast.Call) and _last(value.func) == "Column":
                demands += _column(column, value, known, key.lineno if key else call.lineno)
    closed = _literal(keywords.get("strict"), known) is True and bool(demands)
    return Schema("pandera", path, tuple(demands), of=name, closed=closed, line=call.lineno)


def _column(name: str, call: ast.Call, known: Mapping[str, Any], line: int) -> Iterator[Demand]:
    keywords = {key.arg: key.value for key in call.keywords if key.arg}
    if _literal(keywords.get("regex"), known) is True:
        return
    if _literal(keywords.get("required"), known) is not False:
        yield Demand(name, "present", line=line)
    kind = _type(call.args[0] if call.args else keywords.get("dtype"), known)
    if kind:
        yield Demand(name, "type", kind, line=line)
    if _literal(keywords.get("nullable"), known) is not True:
        yield Demand(name, "not_null", line=line)
    if _literal(keywords.get("unique"), known) is True:
        yield Demand(name, "unique", line=line)
    checks = call.args[1] if len(call.args) > 1 else keywords.get("checks")
    for check in checks.elts if isinstance(checks, ast.List | ast.Tuple) else [checks]:
        if isinstance(check, ast.Call):
            arguments = {key.arg: _literal(key.value, known) for key in check.keywords if key.arg}
            yield from _rules(name, _last(check.func), [_literal(a, known) for a in check.args], arguments, line)


def _rules(name: str, check: str, args: list[Any], given: Mapping[str, Any], line: int) -> Iterator[Demand]:
    """The demands of one of Pandera's own checks (`Check.ge(0)`)."""
    first = (
        args[0]
        if args
        else next(
            (given[k] for k in ("min_value", "max_value", "allowed_values", "pattern", "value") if k in given), None
        )
    )
    if check in _BOUNDS:
        if is_bound(first):
            yield Demand(name, _BOUNDS[check], first, line=line)
    elif check in ("in_range", "between"):
        low = args[0] if args else given.get("min_value")
        high = args[1] if len(args) > 1 else given.get("max_value")
        if is_bound(low):
            yield Demand(name, "above" if given.get("include_min") is False else "least", low, line=line)
        if is_bound(high):
            yield Demand(name, "below" if given.get("include_max") is False else "most", high, line=line)
    elif check == "isin":
        if isinstance(first, list | tuple | set) and first and all(isinstance(v, str | int | float) for v in first):
            yield Demand(name, "values", tuple(str(v) for v in first), line=line)
    elif check == "str_matches" and isinstance(first, str):
        yield Demand(name, "pattern", f"^(?:{first})", line=line)
    elif check == "str_contains" and isinstance(first, str):
        yield Demand(name, "pattern", first, line=line)
    elif check == "str_length":
        low = args[0] if args else given.get("min_value")
        high = args[1] if len(args) > 1 else given.get("max_value")
        if isinstance(low, int):
            yield Demand(name, "shortest", low, line=line)
        if isinstance(high, int):
            yield Demand(name, "longest", high, line=line)


def _model(node: ast.ClassDef, path: str, known: Mapping[str, Any]) -> Schema:
    demands: list[Demand] = []
    closed = False
    for part in node.body:
        if isinstance(part, ast.ClassDef) and part.name == "Config":
            closed = any(
                isinstance(one, ast.Assign) and getattr(one.targets[0], "id", "") == "strict"
                and _literal(one.value, known) is True
                for one in part.body
            )  # fmt: skip
        if isinstance(part, ast.AnnAssign) and isinstance(part.target, ast.Name):
            demands += _attribute(part, known)
    return Schema("pandera", path, tuple(demands), of=node.name, closed=closed and bool(demands), line=node.lineno)


def _attribute(part: ast.AnnAssign, known: Mapping[str, Any]) -> Iterator[Demand]:
    annotation, required = part.annotation, True
    if isinstance(annotation, ast.Subscript) and _last(annotation.value) == "Optional":
        annotation, required = annotation.slice, False
    if isinstance(annotation, ast.Subscript):
        if _last(annotation.value) == "Index":
            return
        annotation = annotation.slice
    field = part.value if isinstance(part.value, ast.Call) and _last(part.value.func) == "Field" else None
    given = {key.arg: _literal(key.value, known) for key in field.keywords if key.arg} if field else {}
    name = given.get("alias") if isinstance(given.get("alias"), str) else getattr(part.target, "id", "")
    if given.get("regex") is True or not name:
        return
    name, line = str(name), part.lineno
    if required:
        yield Demand(name, "present", line=line)
    kind = _type(annotation, known)
    if kind:
        yield Demand(name, "type", kind, line=line)
    if given.get("nullable") is not True:
        yield Demand(name, "not_null", line=line)
    if given.get("unique") is True:
        yield Demand(name, "unique", line=line)
    for check, value in given.items():
        if check in ("in_range", "str_length") and isinstance(value, dict):
            yield from _rules(name, check, [], value, line)
        elif value is not None:
            yield from _rules(name, check, [value], {}, line)


def _type(node: ast.expr | None, known: Mapping[str, Any]) -> str:
    told = _literal(node, known)
    name = told if isinstance(told, str) else _last(node) if node is not None else ""
    return {"str": "text", "int": "integer", "float": "number", "bool": "boolean"}.get(name) or type_of(name)


def _constants(tree: ast.Module) -> dict[str, Any]:
    """Names that are given one literal in the module."""
    found: dict[str, Any] = {}
    for node in tree.body:
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
            target = node.targets[0] if isinstance(node, ast.Assign) else node.target
            if isinstance(target, ast.Name):
                value = _literal(node.value, found)
                if target.id in found or value is None:
                    value = None  # twice, or not a literal
                found[target.id] = value
    return found


def _literal(node: ast.AST | None, known: Mapping[str, Any], depth: int = 0) -> Any:
    """The value of a literal, with known names in it; None where it is none."""
    if node is None or depth > _DEEPEST:
        return None
    if isinstance(node, ast.Name):
        return known.get(node.id)
    if isinstance(node, ast.List | ast.Tuple | ast.Set):
        values = [_literal(one, known, depth + 1) for one in node.elts]
        return None if None in values else values
    if isinstance(node, ast.Dict):
        keys = [_literal(key, known, depth + 1) for key in node.keys]
        if all(isinstance(key, str) for key in keys):
            return dict(zip(keys, (_literal(v, known, depth + 1) for v in node.values), strict=True))
        return None
    try:
        return ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return None


def _last(node: ast.AST) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
