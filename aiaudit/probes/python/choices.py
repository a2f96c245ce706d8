"""Places where one of several models is taken by its figures on the part of the data that is kept for the test.

`results[name] = {"R2": r2_score(y_test, model.predict(X_test))}`, then `best = max(results, key=lambda n:
results[n]["R2"])` and `joblib.dump(models[best], …)`: what is reported of that model is too good. Followed are names,
containers with their keys, and functions of the same file, from what they are given to what they hand back. Which part
a figure is of, the names of the data tell (`X_test`, `y_val`) or the place that a split gives them; parts that the
folds of a cross-validation leave out are none that is kept for a test.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from typing import Any, Final, NamedTuple

from aiaudit import lazy
from aiaudit.probes.python.figures import Figures, names_a_best
from aiaudit.probes.python.file_view import FileView
from aiaudit.probes.python.match import name_set
from aiaudit.probes.python.module import Scope
from aiaudit.probes.python.names import dotted, last_name
from aiaudit.probes.python.nodes import expressions, header, statements, walk

HITS: Final = (
    rb"(?i)\b(?:max|min|sorted)\([^\n]*\bkey\s*=|\.sort\([^\n]*\bkey\s*=|\bidx(?:max|min)\(|\barg(?:max|min)\("
    rb"|\.sort_values\(|\bn(?:largest|smallest)\(|\bif\b[^\n]*[<>][^\n]*\bbest|\bif\b[^\n]*\bbest[^\n]*[<>]"
)
ALSO: Final = rb"(?i)test|\bsplit"
_TEST: Final = frozenset(("test",))
_ROUNDS: Final = 3  # functions that hand figures to each other
_MAX_ROWS: Final = 20
_MAX_SCOPES: Final = 400
_KEEPS: Final = lazy.regex(
    r"(?i)(?:^|_)(?:dump|save|register|promote|deploy|publish|transition|export|upload|persist|store|pickle|release)"
    r"|^log_model$|^set_registered_model_alias$|^copy(?:2|file|tree)?$|^state_dict$|^deepcopy$"
)
_OF_A_MODEL: Final = lazy.regex(
    r"(?i)model|(?:^|_)(?:clf|classifier|regressor|estimator|pipe(?:line)?|run|result|params?|config|setting|weights|state"
    r"|name|algorithm|method|version|candidate|trial|winner|champion|checkpoint|epoch|idx|index)(?:_|$|s$)"
)
_NO_MODEL: Final = lazy.regex(
    r"(?i)thresh|cut_?off|(?:^|_)(?:thr|temperature|sample|example|day|feature|class|label)s?(?:_|$)"
)
_CHOOSERS: Final = name_set("idxmax idxmin argmax argmin")
_ENDS: Final = name_set("max min")


class _Choice(NamedTuple):
    scope: Scope
    statement: ast.stmt
    kind: str


def choices(view: FileView) -> list[dict[str, Any]]:
    """One row for each choice of a model by its figures of the test: `kind` is best (the greatest or least of several)
    or better (each is held against the best so far)."""
    scopes = [one for one in view.module.scopes if one.kind != "class"][:_MAX_SCOPES]
    figures = Figures(scopes)
    found: list[_Choice] = []
    for _ in range(_ROUNDS):
        figures.begin()
        found = [one for scope in scopes for one in _in_scope(scope, figures)]
        if not figures.learned:
            break
    rows: dict[int, dict[str, Any]] = {}
    for one in found:
        if _is_kept(one):
            place = view.place(one.statement, one.scope)
            line = view.source.data.split(b"\n", one.statement.lineno)[one.statement.lineno - 1]
            text = line.decode("utf-8", "replace").strip()[:160]
            rows.setdefault(place["line"], {**place, "kind": one.kind, "what": text})
    return list(rows.values())[:_MAX_ROWS]


def _in_scope(scope: Scope, figures: Figures) -> Iterator[_Choice]:
    figures.enter(scope)
    folds: list[int] = []  # how deep the loops over the folds of a cross-validation stand
    for statement, depth in statements(scope):
        while folds and depth <= folds[-1]:
            folds.pop()
        figures.folded = bool(folds) or figures.is_a_fold(scope)
        if _chooses(statement, figures):
            yield _Choice(scope, statement, "best")
        elif isinstance(statement, ast.If) and _is_better(statement, figures):
            yield _Choice(scope, statement, "better")
        if isinstance(statement, ast.For | ast.AsyncFor) and figures.walks_folds(statement):
            folds.append(depth)
        figures.read(statement)
    figures.leave(scope)


def _chooses(statement: ast.stmt, figures: Figures) -> bool:
    """Whether a statement takes the best of several by figures of the test alone."""
    if figures.folded:
        return False
    for node in expressions(header(statement)):
        if isinstance(node, ast.Subscript):
            known = figures.first_of(node)
            if known is not None and known == _TEST:
                return True
        if not isinstance(node, ast.Call):
            continue
        name = last_name(node.func)
        if name in _ENDS and any(word.arg == "key" for word in node.keywords) and figures.ordered_by(node) == _TEST:
            return True
        if name in _CHOOSERS and figures.chosen_by(node) == _TEST:
            return True
        if name == "head" and _is_one(node) and figures.ordered_before(node) == _TEST:
            return True
    return False


def _is_one(call: ast.Call) -> bool:
    return len(call.args) == 1 and isinstance(call.args[0], ast.Constant) and call.args[0].value == 1


def _is_better(node: ast.If, figures: Figures) -> bool:
    """`if test_f1 > best_f1:`, and what was measured is kept as the best."""
    if figures.folded:
        return False
    for one in expressions([node.test]):
        if not isinstance(one, ast.Compare) or len(one.ops) != 1:
            continue
        if not isinstance(one.ops[0], ast.Lt | ast.Gt | ast.LtE | ast.GtE):
            continue
        left, right = one.left, one.comparators[0]
        for figure, best in ((left, right), (right, left)):
            known = figures.of(figure)
            if known.figure and known.parts == _TEST and names_a_best(best) and not names_a_best(figure):
                return any(_keeps_a_model(inner) for inner in node.body)
    return False


def _keeps_a_model(statement: ast.stmt) -> bool:
    for target in _targets(statement):
        name = _name(target)
        if name and _OF_A_MODEL.search(name) and not _NO_MODEL.search(name):
            return True
    return any(
        isinstance(node, ast.Call) and _KEEPS.search(last_name(node.func) or "")
        for node in expressions(header(statement))
    )


def _targets(statement: ast.stmt) -> Sequence[ast.expr]:
    match statement:
        case ast.Assign(targets=targets):
            return [part for one in targets for part in (one.elts if isinstance(one, ast.Tuple | ast.List) else [one])]
        case ast.AnnAssign(target=target) | ast.AugAssign(target=target):
            return [target]
    return ()


def _name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _is_kept(choice: _Choice) -> bool:
    """Whether the one that is chosen goes on: it is handed back, saved, registered, fitted anew, or taken out of the
    models by its name. One that is only shown, as the best of a table, is not."""
    statement = choice.statement
    if choice.kind == "better":
        return True
    if isinstance(statement, ast.Return):
        return True
    names: set[str] = set()
    for target in _targets(statement):
        name = _name(target)
        if not name or _NO_MODEL.search(name):
            continue
        if isinstance(target, ast.Attribute):
            return True
        names.add(name)
    if not names:
        return _goes_on(statement, frozenset(), whole=True)
    for one, _ in statements(choice.scope):
        if one is statement or one.lineno < statement.lineno:
            continue
        if _goes_on(one, names):
            return True
        if isinstance(one, ast.Assign) and _reads(one.value, names):
            for target in one.targets:
                if isinstance(target, ast.Name) and not _NO_MODEL.search(target.id) and _OF_A_MODEL.search(target.id):
                    names.add(target.id)
    return False


def _goes_on(statement: ast.stmt, names: set[str] | frozenset[str], *, whole: bool = False) -> bool:
    if isinstance(statement, ast.Return) and statement.value is not None and _hands_back(statement.value, names):
        return True
    for node in expressions(header(statement)):
        if isinstance(node, ast.Call):
            name = last_name(node.func) or ""
            given = [*node.args, *(word.value for word in node.keywords)]
            if _KEEPS.search(name) and (whole or any(_reads(one, names) for one in given)):
                return True
            if name in ("fit", "fit_transform") and dotted(node.func).split(".")[0] in names:
                return True
        elif isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Name) and node.slice.id in names:
            holder = _name(node.value)
            if _OF_A_MODEL.search(holder) and "result" not in holder.lower():
                return True
    if isinstance(statement, ast.Assign):
        for target in statement.targets:
            if isinstance(target, ast.Attribute) and _reads(statement.value, names):
                return True
    return False


def _hands_back(value: ast.expr, names: set[str] | frozenset[str]) -> bool:
    """Whether a function gives back what is chosen, as it is or as a part of several."""
    match value:
        case ast.Name(id=name):
            return name in names
        case ast.Tuple(elts=parts) | ast.List(elts=parts):
            return any(_hands_back(one, names) for one in parts)
        case ast.Dict(values=parts):
            return any(one is not None and _hands_back(one, names) for one in parts)
        case ast.Subscript(value=ast.Name(id=holder), slice=ast.Name(id=name)):
            return name in names or holder in names
        case ast.Subscript(value=ast.Name(id=name)):
            return name in names
    return False


def _reads(node: ast.expr, names: set[str] | frozenset[str]) -> bool:
    return any(isinstance(one, ast.Name) and one.id in names for one in walk(node))
