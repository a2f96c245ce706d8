"""Where rows go within a scope: from a fit, a choice or an assignment to the call that splits them."""

from __future__ import annotations

import ast
from typing import Final

from aiaudit.probes.python.file_view import FileView
from aiaudit.probes.python.match import name_set
from aiaudit.probes.python.module import Scope
from aiaudit.probes.python.names import last_name, root_name
from aiaudit.probes.python.nodes import statements, walk

_OF_ITS_OBJECT: Final = "randomSplit"  # of Spark, a method of the data
_PUTTING: Final = name_set("append extend insert update add")


def tainted(fit: ast.Call, until: int, scope: Scope, view: FileView, *, own: bool) -> set[str]:
    """The names that hold, at a line, what a step was fitted on (where `own`) or what it gave."""
    statement = view.statement_of(fit)
    held = {root_name(fit.args[0])} - {""} if own and not _set_apart(fit, statement, scope) else set()
    for node, _ in statements(scope):
        if node.lineno > until:
            break
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call) and node.lineno > fit.lineno:
            call = node.value
            if last_name(call.func) in _PUTTING and any(
                _names(one) & held for one in (*call.args, *(k.value for k in call.keywords))
            ):
                held |= {root_name(call.func)} - {""} if isinstance(call.func, ast.Attribute) else set()
            continue
        if not isinstance(node, ast.Assign):
            continue
        targets = {root_name(one) for target in node.targets for one in parts_of(target)} - {""}
        if node is statement or (node.lineno > fit.lineno and _names(node.value) & held):
            held |= targets
    return held


def _set_apart(fit: ast.Call, statement: ast.stmt | None, scope: Scope) -> bool:
    """Whether what a step gave has a name of its own, and the step is asked nothing further down: then the rows that it
    was fitted on are as they were."""
    if last_name(fit.func) not in ("fit_transform", "fit_resample") or not isinstance(statement, ast.Assign):
        return False
    targets = {root_name(one) for target in statement.targets for one in parts_of(target)}
    step = root_name(fit.func)
    if root_name(fit.args[0]) in targets or not step or step == "self":
        return False
    return not any(
        isinstance(one, ast.Call)
        and isinstance(one.func, ast.Attribute)
        and one.func.attr in ("transform", "texts_to_sequences")
        and root_name(one.func) == step
        for node, _ in statements(scope)
        if node.lineno > statement.lineno
        for one in walk(node)
    )


def taints(statement: ast.Assign, split: ast.Call, scope: Scope) -> bool:
    """Whether what a statement gives is what is split further down."""
    held = {root_name(one) for target in statement.targets for one in parts_of(target)} - {""}
    for node, _ in statements(scope):
        if (
            statement.lineno < node.lineno <= split.lineno
            and isinstance(node, ast.Assign)
            and _names(node.value) & held
        ):
            held |= {root_name(one) for target in node.targets for one in parts_of(target)} - {""}
    return bool(held & {root_name(one) for one in data_of(split)})


def chooses(corr: ast.Call, split: ast.Call, scope: Scope, view: FileView) -> bool:
    """Whether columns that are chosen by a correlation over all rows make up what is split."""
    if split.lineno <= corr.lineno:
        return False
    statement = view.statement_of(corr)
    learnt: set[str] = set()  # names that hold what the correlations say
    chosen: set[str] = set()  # names of data of which only the chosen columns are left
    for node, _ in statements(scope):
        if node.lineno > split.lineno:
            break
        if not isinstance(node, ast.Assign):
            continue
        targets = {part.id for target in node.targets for part in parts_of(target) if isinstance(part, ast.Name)}
        if node is statement:
            learnt |= targets
        elif node.lineno > corr.lineno:
            if _names(node.value) & chosen or _selects(node.value, learnt):
                chosen |= targets
            elif _names(node.value) & learnt:
                learnt |= targets
    return bool(chosen & {root_name(one) for one in data_of(split)})


def _selects(value: ast.expr, learnt: set[str]) -> bool:
    """Whether an expression takes or drops columns that the names tell (`df[names]`, `df.drop(columns=names)`)."""
    for inner in walk(value):
        match inner:
            case ast.Subscript(value=base, slice=part) if root_name(base) not in learnt and _names(part) & learnt:
                return True
            case ast.Call(func=ast.Attribute(attr="drop" | "filter"), args=args, keywords=given):
                if any(_names(one) & learnt for one in (*args, *(keyword.value for keyword in given))):
                    return True
    return False


def data_of(split: ast.Call) -> list[ast.expr]:
    """What a call splits: what it is given, or of Spark the object whose method it is."""
    if last_name(split.func) == _OF_ITS_OBJECT and isinstance(split.func, ast.Attribute):
        return [split.func.value]
    return split.args


def parts_of(target: ast.expr) -> list[ast.expr]:
    return list(target.elts) if isinstance(target, ast.Tuple | ast.List) else [target]


def _names(node: ast.expr) -> set[str]:
    return {inner.id for inner in walk(node) if isinstance(inner, ast.Name)}
