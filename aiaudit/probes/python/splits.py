"""Preprocessing that is fitted before the data is split: statistics of the test set leak into training."""

from __future__ import annotations

import ast
from typing import Any, Final

from aiaudit.probes.python.features import FileView
from aiaudit.probes.python.match import name_set
from aiaudit.probes.python.module import Scope
from aiaudit.probes.python.nodes import statements
from aiaudit.probes.python.resolve import last_name, root_name

HITS: Final = rb"\b(?:train_test_split|random_split|fit_transform|fit_resample|KFold|StratifiedKFold|cross_val_score)\b"
_FITTERS: Final = name_set("fit fit_transform fit_resample")
_SPLITTERS: Final = name_set("train_test_split")
_STATELESS: Final = name_set(
    "LabelEncoder LabelBinarizer MultiLabelBinarizer Normalizer FunctionTransformer HashingVectorizer"
)
_PACKAGES: Final = tuple(
    f"{name}."
    for name in (
        *(f"sklearn.{part}" for part in ("preprocessing", "impute", "decomposition", "feature_selection", "compose")),
        *("sklearn.feature_extraction", "sklearn.pipeline", "category_encoders", "imblearn", "feature_engine"),
    )
)


def fitted_before_split(view: FileView) -> list[dict[str, Any]]:
    """One row for each fit of a preprocessing step on data that is split further down in the same scope."""
    calls = view.all_calls()
    splits = [(scope, call) for scope, call in calls if last_name(call.func) in _SPLITTERS]
    rows: list[dict[str, Any]] = []
    for scope, fit in calls if splits else ():
        if last_name(fit.func) not in _FITTERS or not fit.args:
            continue
        names = [one.name for one in view.resolver.names(fit.func, scope)]
        name = next((one for one in names if one.startswith(_PACKAGES)), "")
        if not name or name.split(".")[-2] in _STATELESS:
            continue
        for owner, split in splits:
            if owner is scope and split.lineno > fit.lineno and _reaches(fit, split, scope, view):
                rows.append(
                    {
                        **view.place(fit, scope),
                        "name": name,
                        "split_line": view.source.line(split.lineno),
                        "data": root_name(fit.args[0]),
                    }
                )
                break
    return rows


def _reaches(fit: ast.Call, split: ast.Call, scope: Scope, view: FileView) -> bool:
    """Whether what the step was fitted on, or what it gave, is what is split."""
    given = {root_name(one) for one in split.args} - {""}
    tainted = {root_name(fit.args[0])} - {""}
    statement = view.statement_of(fit)
    for node, _ in statements(scope):
        if node.lineno > split.lineno:
            break
        if not isinstance(node, ast.Assign):
            continue
        targets = {root_name(one) for target in node.targets for one in _parts(target)} - {""}
        if node is statement or (node.lineno > fit.lineno and _names(node.value) & tainted):
            tainted |= targets
    return bool(given & tainted)


def _parts(target: ast.expr) -> list[ast.expr]:
    return list(target.elts) if isinstance(target, ast.Tuple | ast.List) else [target]


def _names(node: ast.expr) -> set[str]:
    return {inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name)}
