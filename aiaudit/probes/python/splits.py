"""Preprocessing that is fitted, and columns that are chosen, before the split: the test set leaks into training.

Besides the split into training and test data, a cross-validation splits what it is given: rows that a resampler made
before it stand in both parts of a fold.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from typing import Any, Final

from aiaudit import lazy
from aiaudit.probes.python.file_view import FileView
from aiaudit.probes.python.match import name_set
from aiaudit.probes.python.module import Scope
from aiaudit.probes.python.names import last_name, root_name
from aiaudit.probes.python.nodes import statements, walk
from aiaudit.probes.python.split_flow import chooses, data_of, parts_of, tainted, taints
from aiaudit.probes.python.split_parts import (
    Cut,
    cuts_by_folds,
    cuts_by_hand,
    is_fold,
    is_given_train,
    joins_both,
    names_test,
    names_train,
    row_part,
)
from aiaudit.probes.python.split_steps import FITTERS, STEPS, any_step, made_in_class, step_of

HITS: Final = (
    rb"\b(?:train_test_split|randomSplit|random_split|fit_transform|fit_resample|fit_on_texts)\b"
    rb"|\b(?:KFold|StratifiedKFold|cross_val_score|TimeSeriesSplit|StandardScaler|MinMaxScaler)\b"
    rb"|(?:\b|_)split_(?:\w{1,40}_)?(?:data|dataset|df|frame|rows|train|test|by_\w{1,40})\("  # by own functions
    rb"|(?:train|test|data)_(?:\w{1,40}_)?split\("
    rb"|\[\s*:\s*(?:int\(\s*)?\w{0,40}(?:split|train|cut)"  # by position
)
_RESAMPLERS: Final = name_set("fit_resample")
_SPLITTERS: Final = name_set("train_test_split randomSplit")
_FOLDERS: Final = name_set("cross_val_score cross_validate cross_val_predict")
_CHOOSERS: Final = name_set("corr corrwith")
_FIGURES: Final = name_set("mean std min max median var quantile mode")
_SPLIT: Final = "split"
_MAY_SPLIT: Final = lazy.regex(r"(?i)train|evaluat|cross_?val|validat|metrics|benchmark|experiment|tune|compare")
_LIBRARIES: Final = (
    "sklearn.",
    "pandas.",
    "numpy.",
    "torch.",
    "tensorflow.",
    "keras.",
    "imblearn.",
    "os.",
    "re.",
    "str.",
)


def fitted_before_split(view: FileView) -> list[dict[str, Any]]:
    """One row for each fit or choice that looks at data which is split further down in the same scope.

    Rows with a `fitter` or a `splitter` count where these, functions of the project, turn out to do that: the rows
    `fits`, `splits` and `splits_given` (what it is given as it is) say of a file's functions what they do."""
    calls = view.all_calls()
    return [
        *_in_order(view, calls),
        *_by_hand(view, calls),
        *_of_parts(view, calls),
        *_by_attributes(view, calls),
        *_by_statistics(view, calls),
        *_of_functions(view, calls),
    ]


def _in_order(view: FileView, calls: Sequence[tuple[Scope, ast.Call]]) -> list[dict[str, Any]]:
    splits = [(scope, call) for scope, call in calls if last_name(call.func) in _SPLITTERS]
    folds = [(scope, call) for scope, call in calls if last_name(call.func) in _FOLDERS]
    rows: list[dict[str, Any]] = []
    for scope, fit in calls if splits or folds else ():
        last = last_name(fit.func)
        if last in _CHOOSERS:
            cut = next((one for owner, one in splits if owner is scope and chooses(fit, one, scope, view)), None)
            name, data = last, root_name(fit.func)
        else:
            name, data = step_of(fit, last, scope, view), root_name(fit.args[0]) if fit.args else ""
            among = [*splits, *folds] if last in _RESAMPLERS or not _held_out(data, scope, fit, splits) else splits
            cut = next(
                (one for owner, one in among if name and owner is scope and _reaches(fit, one, scope, view)), None
            )
        if cut is not None:
            kind = "choice" if last in _CHOOSERS else "fit" if last_name(cut.func) in _SPLITTERS else "fold"
            kind = "resample" if kind == "fold" and last in _RESAMPLERS else kind
            line = view.source.line(cut.lineno)
            rows.append({**view.place(fit, scope), "name": name, "kind": kind, "split_line": line, "data": data})
    return [*rows, *_by_own_functions(view, calls)]


def _by_hand(view: FileView, calls: Sequence[tuple[Scope, ast.Call]]) -> Iterator[dict[str, Any]]:
    """Fits on all rows that are cut by position or by a condition further down, or that a loop walks in folds."""
    cuts = [*cuts_by_folds(view, calls), *cuts_by_hand(view)]
    if not cuts:
        return
    splits = [(scope, call) for scope, call in calls if last_name(call.func) in _SPLITTERS]
    for scope, fit in calls:
        last = last_name(fit.func)
        if last not in FITTERS or not fit.args or names_train(fit.args[0]) or row_part(fit.args[0])[1]:
            continue
        among = [one for one in cuts if one.scope is scope and one.lineno > fit.lineno]
        name = any_step(fit, last, scope, view) if among else ""
        if not name or any(owner is scope and one.lineno < fit.lineno for owner, one in splits):
            continue
        if any(one.scope is scope and not one.folds and one.lineno <= fit.lineno for one in cuts):
            continue
        cut = next((one for one in among if _reaches_parts(fit, one, scope, view)), None)
        if cut is None or is_given_train(scope, calls):
            continue
        kind = "resample" if cut.folds and last in _RESAMPLERS else "fold" if cut.folds else "fit"
        line = view.source.line(cut.lineno)
        yield {
            **view.place(fit, scope), "name": name, "kind": kind, "split_line": line, "data": root_name(fit.args[0]),
        }  # fmt: skip


def _reaches_parts(fit: ast.Call, cut: Cut, scope: Scope, view: FileView) -> bool:
    return bool(cut.data & tainted(fit, cut.lineno, scope, view, own=not cut.folds))


def _of_parts(view: FileView, calls: Sequence[tuple[Scope, ast.Call]]) -> Iterator[dict[str, Any]]:
    """Fits that are given the training part (kind `train`), rows of the test part (`test`), or the training part and
    the validation part joined (`both`), as the name tells, or the names of what it was made of."""
    for scope, fit in calls:
        if last_name(fit.func) not in FITTERS or not fit.args:
            continue
        given, last = fit.args[0], last_name(fit.func)
        said = [given]
        if isinstance(given, ast.Name) and not names_train(given) and not names_test(given):
            said = [
                node.value
                for node, _ in statements(scope)
                if isinstance(node, ast.Assign)
                and node.lineno < fit.lineno
                and any(
                    isinstance(part, ast.Name) and part.id == given.id for to in node.targets for part in parts_of(to)
                )
            ][-1:]
        if not said or (isinstance(said[0], ast.Call) and last_name(said[0].func) in _SPLITTERS):
            continue
        test = names_test(said[0])
        both = not test and joins_both(said[0])
        name = any_step(fit, last, scope, view) if test or both else ""
        if both and name and _keeps_a_test(scope):
            continue  # a last fit on all that is not the test
        if name or (not test and not both and (names_train(said[0]) or row_part(said[0])[1] == "head")):
            kind = "test" if test else "both" if both else "train"
            yield {**view.place(fit, scope), "name": name, "kind": kind, "split_line": 0, "data": root_name(given)}


def _keeps_a_test(scope: Scope) -> bool:
    return any(
        isinstance(node, ast.Assign) and any(names_test(part) for to in node.targets for part in parts_of(to))
        for node, _ in statements(scope)
    )


def _by_own_functions(view: FileView, calls: Sequence[tuple[Scope, ast.Call]]) -> Iterator[dict[str, Any]]:
    """Fits by a class of the project, and splits by a function of it, on the same data.

    A function that is named after what is done with a split (`evaluate(model, X, y)`) splits if it turns out to do that
    with what it is given."""
    named = [(scope, call, last_name(call.func)) for scope, call in calls if call.args]
    cuts = [(scope, call) for scope, call, name in named if _SPLIT in name.lower()]
    cuts += [(scope, call) for scope, call, name in named if _SPLIT not in name.lower() and _MAY_SPLIT.search(name)]
    by_hand = cuts_by_hand(view)
    if not (cuts or by_hand):
        return
    splits = [(scope, call) for scope, call in calls if last_name(call.func) in _SPLITTERS]
    for scope, fit in calls:
        if not fit.args or last_name(fit.func) in _SPLITTERS:
            continue
        told = last_name(fit.func) == "fit_transform" or _is_told_to_fit(fit)
        if not told and not isinstance(view.statement_of(fit), ast.Assign):
            continue
        fitter = _own(fit.func, scope, view)
        step = step_of(fit, last_name(fit.func), scope, view)
        if not fitter and not step:
            continue
        for owner, cut in cuts:
            known = last_name(cut.func) in _SPLITTERS
            splitter = "" if known or owner is not scope else _own(cut.func, scope, view)
            if owner is not scope or (known and step) or not (known or splitter):
                continue
            inside = _SPLIT not in last_name(cut.func).lower()
            if inside and (names_train(fit.args[0]) or _held_out("", scope, fit, splits)):
                continue
            if _reaches(fit, cut, scope, view) and not (inside and is_given_train(scope, calls)):
                yield {
                    **view.place(fit, scope), "name": step or fitter, "kind": "fit", "data": root_name(fit.args[0]),
                    "split_line": view.source.line(cut.lineno), "fitter": "" if step else fitter, "splitter": splitter,
                    "prepares": not (told or step), "inside": inside,
                }  # fmt: skip
                break
        else:
            among = [one for one in by_hand if one.scope is scope]
            cut_there = next((one for one in among if one.lineno > fit.lineno), None)
            if (
                fitter
                and not (step or told)
                and cut_there is not None
                and not any(one.lineno <= fit.lineno for one in among)
                and not (names_train(fit) or row_part(fit.args[0])[1])
                and _reaches_parts(fit, cut_there, scope, view)
                and not is_given_train(scope, calls)
            ):
                yield {
                    **view.place(fit, scope), "name": fitter, "kind": "fit", "data": root_name(fit.args[0]),
                    "split_line": view.source.line(cut_there.lineno), "fitter": fitter, "splitter": "",
                    "prepares": True,
                }  # fmt: skip


def _held_out(data: str, scope: Scope, fit: ast.Call, splits: Sequence[tuple[Scope, ast.Call]]) -> bool:
    """Whether rows were held out before a step is fitted: then folds of the others only serve to tune."""
    return "train" in data.lower() or any(owner is scope and one.lineno < fit.lineno for owner, one in splits)


def _by_attributes(view: FileView, calls: Sequence[tuple[Scope, ast.Call]]) -> Iterator[dict[str, Any]]:
    """Fits in one method, and splits of what they gave in another, by an attribute of the same object."""
    given: dict[tuple[int, str], tuple[Scope, ast.Call, str]] = {}
    for scope, fit in calls:
        statement = view.statement_of(fit) if scope.parent is not None and scope.parent.kind == "class" else None
        last = last_name(fit.func)
        if scope.parent is None or not isinstance(statement, ast.Assign) or last not in FITTERS or not fit.args:
            continue
        name = step_of(fit, last, scope, view) or next(
            (one for one in made_in_class(fit.func, scope) if one in STEPS), ""
        )
        for target in statement.targets if name else ():
            for part in parts_of(target):
                if isinstance(part, ast.Attribute) and root_name(part) == "self" and "train" not in part.attr.lower():
                    given.setdefault((id(scope.parent), part.attr), (scope, fit, name))
    for scope, cut in calls if given else ():
        if last_name(cut.func) not in _SPLITTERS or scope.parent is None:
            continue
        for one in data_of(cut):
            found = given.get((id(scope.parent), one.attr)) if isinstance(one, ast.Attribute) else None
            if found is not None and found[0] is not scope and root_name(one) == "self":
                line = view.source.line(cut.lineno)
                place = view.place(found[1], found[0])
                yield {
                    **place,
                    "name": found[2],
                    "kind": "fit",
                    "split_line": line,
                    "data": root_name(found[1].args[0]),
                }
                break


def _by_statistics(view: FileView, calls: Sequence[tuple[Scope, ast.Call]]) -> Iterator[dict[str, Any]]:
    """Columns that are scaled by figures over all rows, or filled with the mean target, before these are split."""
    splits = [(scope, call) for scope, call in calls if last_name(call.func) in _SPLITTERS]
    told: set[int] = set()
    for scope, call in calls if splits else ():
        statement = view.statement_of(call)
        last = last_name(call.func)
        if not isinstance(statement, ast.Assign) or id(statement) in told or not isinstance(call.func, ast.Attribute):
            continue
        data = root_name(call.func)
        kind = "scaled" if last in _FIGURES and _scales(statement.value) else "filled" if _fills(call, last) else ""
        subject = _subject(call) if last == "transform" else ""
        if not (kind or subject) or not data or "train" in data.lower():
            continue
        for owner, cut in splits:
            if (
                owner is not scope
                or cut.lineno <= statement.lineno
                or any(one.lineno < statement.lineno for other, one in splits if other is scope)
            ):
                continue
            if subject and not _aims_at(subject, cut, scope):
                continue
            if taints(statement, cut, scope):
                told.add(id(statement))
                line = view.source.line(cut.lineno)
                name = "the mean of " + subject if subject else last
                yield {**view.place(call, scope), "name": name, "kind": "target" if subject else kind,
                       "split_line": line, "data": data}  # fmt: skip
                break


def _scales(value: ast.expr) -> bool:
    """`(x - x.mean()) / x.std()`, or by the least and the most."""
    return any(
        isinstance(one, ast.BinOp)
        and isinstance(one.op, ast.Div)
        and isinstance(one.left, ast.BinOp)
        and isinstance(one.left.op, ast.Sub)
        and any(isinstance(part, ast.Call) and last_name(part.func) in _FIGURES for part in walk(one.left.right))
        for one in walk(value)
    )


def _fills(call: ast.Call, last: str) -> bool:
    return last == "fillna" and any(
        isinstance(one, ast.Call) and last_name(one.func) in _FIGURES
        for given in (*call.args, *(keyword.value for keyword in call.keywords))
        for one in walk(given)
    )


def _subject(call: ast.Call) -> str:
    """`city` groups, `price` is the subject of `frame.groupby("city")["price"].transform("mean")`."""
    match call:
        case ast.Call(
            func=ast.Attribute(
                value=ast.Subscript(
                    value=ast.Call(func=ast.Attribute(attr="groupby")), slice=ast.Constant(value=str() as subject)
                )
            ),
            args=[ast.Constant(value=str()), *_],
        ):
            return subject
    return ""


def _aims_at(column: str, split: ast.Call, scope: Scope) -> bool:
    """Whether a column is the target of what is split: its last argument, or what that was assigned from."""
    aims = list(split.args[1:2])
    names = {one.id for one in aims if isinstance(one, ast.Name)}
    for node, _ in statements(scope):
        if (
            isinstance(node, ast.Assign)
            and node.lineno < split.lineno
            and names & {root_name(part) for target in node.targets for part in parts_of(target)}
        ):
            aims.append(node.value)
    return any(
        isinstance(one, ast.Constant) and one.value == column
        for aim in aims
        for part in walk(aim)
        if isinstance(part, ast.Subscript)
        for one in walk(part.slice)
    )


def _is_told_to_fit(call: ast.Call) -> bool:
    return isinstance(call.func, ast.Attribute) and any(
        one.arg in ("is_training", "training", "is_train", "train", "fit")
        and isinstance(one.value, ast.Constant)
        and one.value.value is True
        for one in call.keywords
    )


def _own(function: ast.expr, scope: Scope, view: FileView) -> str:
    """The name of what may be a function of the project; "" of one of a library that is known."""
    names = [one.name for one in view.resolver.names(function, scope)]
    return next((one for one in names if not one.startswith(("?", *_LIBRARIES))), "")


def _of_functions(view: FileView, calls: Sequence[tuple[Scope, ast.Call]]) -> Iterator[dict[str, Any]]:
    """Functions that fit a step on what they are given, or split it."""
    seen: set[tuple[str, str]] = set()
    for cut in cuts_by_hand(view):
        if not isinstance(cut.scope.node, ast.Module) and ("splits", cut.scope.qualname) not in seen:
            seen.add(("splits", cut.scope.qualname))
            yield {
                "line": view.source.line(cut.lineno), "cell": view.source.cell(cut.lineno) or 0,
                "function": cut.scope.qualname, "name": "", "kind": "splits", "split_line": 0, "data": "",
            }  # fmt: skip
    for scope, call in calls:
        if isinstance(scope.node, ast.Module) or not call.args:
            continue
        last = last_name(call.func)
        if ("splits_given", scope.qualname) not in seen and _splits_given(call, scope, view):
            seen.add(("splits_given", scope.qualname))
            yield {**view.place(call, scope), "name": "", "kind": "splits_given", "split_line": 0, "data": ""}
        kind = "splits" if last in _SPLITTERS else "fits" if step_of(call, last, scope, view) else ""
        if not kind and last in ("fit", "fit_transform") and root_name(call.func) == "self":
            kind = "fits" if any(name in STEPS for name in made_in_class(call.func, scope)) else ""
        if kind and (kind, scope.qualname) not in seen:
            seen.add((kind, scope.qualname))
            yield {**view.place(call, scope), "name": "", "kind": kind, "split_line": 0, "data": ""}


def _splits_given(call: ast.Call, scope: Scope, view: FileView) -> bool:
    """Whether a call splits rows that its function is given as they are: a parameter that is no name of a part."""
    if last_name(call.func) not in _SPLITTERS and not is_fold(call, scope, view):
        return False
    node = scope.node
    if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        return False
    given = {one.arg for one in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)} - {"self", "cls"}
    first = call.args[0]
    return isinstance(first, ast.Name) and first.id in given and not names_train(first)


def _reaches(fit: ast.Call, split: ast.Call, scope: Scope, view: FileView) -> bool:
    """Whether what the step was fitted on, or what it gave, is what is split."""
    if split.lineno <= fit.lineno:
        return False
    given = {root_name(one) for one in data_of(split)} - {""}
    # a fold splits what the resampler gave; that the rows it was given are in use too does no harm
    return bool(given & tainted(fit, split.lineno, scope, view, own=last_name(split.func) in _SPLITTERS))
