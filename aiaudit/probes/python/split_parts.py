"""Parts of the rows that code takes by hand: `train = rows[:n]` beside `test = rows[n:]`, the folds of a splitter that
is walked in a loop, and what is told to be the training part by its name."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from aiaudit import lazy
from aiaudit.probes.python.file_view import FileView
from aiaudit.probes.python.match import name_set
from aiaudit.probes.python.module import Scope
from aiaudit.probes.python.names import last_name, root_name
from aiaudit.probes.python.nodes import statements, walk

_LEARN: Final = re.compile(r"(?i)train|(?:^|_)tr(?:_|$)")
_JUDGE: Final = re.compile(
    r"(?i)test|(?:^|_)te(?:_|$)|val(?:id|idation)?(?:_|$|\d)|(?:^|_)val|hold_?out|(?:^|_)dev(?:_|$)"
)
_TEST: Final = re.compile(r"(?i)(?:^|_)test(?:ing|set|data)?(?:_|$|\d)|^[xy]test")
_COUNT: Final = re.compile(r"(?i)size|ratio|frac|pct|percent|len|count|start|end|split|date|train|path|dir|file|label")
_NO_ROWS: Final = re.compile(r"(?i)size|ratio|frac|pct|percent|(?:^|_)len|count|date|path|dir|file|loss|score|acc")
_MADE_OF_FOLDS: Final = lazy.regex(
    r"(?:^|\.)(?:\w*KFold|TimeSeriesSplit|\w*ShuffleSplit|Leave\w+Out|PredefinedSplit)\.split$"
)
_NUMBERING: Final = name_set("where nonzero flatnonzero argwhere")
_PASSING: Final = 6  # calls around a part: `torch.tensor(rows[:n].values).float()`


@dataclass(frozen=True, slots=True)
class Cut:
    """A place where rows are split: the node that it stands at, and the names of what is split."""

    scope: Scope
    lineno: int
    data: frozenset[str]
    folds: bool = False


def names_train(node: ast.AST) -> bool:
    """Whether an expression says that it is the training part: by a name in it, an attribute, or a text."""
    return any(
        _LEARN.search(text)
        for one in walk(node)
        for text in (
            one.id if isinstance(one, ast.Name) else one.attr if isinstance(one, ast.Attribute) else "",
            one.value if isinstance(one, ast.Constant) and isinstance(one.value, str) and len(one.value) < 200 else "",
        )
        if text
    )


def names_test(node: ast.AST) -> bool:
    """Whether an expression says, by a name in it, that rows of the test part are there."""
    return any(isinstance(one, ast.Name) and _TEST.search(one.id) and not _COUNT.search(one.id) for one in walk(node))


def joins_both(node: ast.expr) -> bool:
    """Whether an expression puts the training part and the validation part together: `list(xtrain) + list(xvalid)`,
    `pd.concat([train, valid])`, `train.append(valid)`, `[*train, *valid]`."""
    for _ in range(_PASSING):
        match node:
            case ast.BinOp(op=ast.Add(), left=left, right=right):
                both = [left, right]
            case ast.List(elts=both) | ast.Tuple(elts=both) if len(both) > 1:
                pass
            case ast.Subscript(value=ast.Attribute(attr="r_"), slice=ast.Tuple(elts=both)):
                pass
            case ast.Call(func=ast.Attribute(value=inner, attr="append" | "union" | "unionAll"), args=[one]):
                both = [inner, one]
            case ast.Call(args=[first, second, *_]) if last_name(node.func) in ("append", "chain"):
                both = [first, second]
            case ast.Call(args=[first, *_]):
                node = first
                continue
            case ast.Call(func=ast.Attribute(value=inner)) | ast.Subscript(value=inner) | ast.Attribute(value=inner):
                node = inner
                continue
            case _:
                return False
        told = [_part_of(one) for one in both]
        if "learn" in told and "judge" in told:
            return True
        node = both[0]
    return False


def _part_of(node: ast.expr) -> str:
    """`learn` of rows that are told to be the training part by a name, `judge` of the validation or the test part."""
    names = [one.id for one in walk(node) if isinstance(one, ast.Name) and not _NO_ROWS.search(one.id)]
    judge = any(_JUDGE.search(name) and not _LEARN.search(name) for name in names)
    return "judge" if judge else "learn" if any(_LEARN.search(name) for name in names) else ""


def row_part(node: ast.expr) -> tuple[str, str]:
    """The name of the data of which an expression takes some of the rows, and which: `head`, `tail` or `some`."""
    for _ in range(_PASSING):
        match node:
            # `np.where(times < cut)[0]`: the numbers of some of the rows
            case ast.Call(args=[ast.Compare(left=left)]) if last_name(node.func) in _NUMBERING:
                return root_name(left), "some"
            case ast.Subscript(value=base, slice=index):
                first = index.elts[0] if isinstance(index, ast.Tuple) and index.elts else index
                kind = _rows(first)
                if kind:
                    return root_name(base), kind
                node = base
            case ast.Call(func=ast.Attribute(value=inner)) if not isinstance(inner, ast.Name):
                node = inner
            case ast.Call(args=[first, *_]):
                node = first
            case ast.Attribute(value=inner):
                node = inner
            case _:
                break
    return "", ""


def _rows(index: ast.expr) -> str:
    match index:
        case ast.Slice(lower=lower, upper=upper, step=None):
            begins = lower is None or (isinstance(lower, ast.Constant) and lower.value == 0)
            return "tail" if not begins else "head" if upper is not None else ""
        case ast.Compare() | ast.BoolOp() | ast.UnaryOp(op=ast.Invert()):
            return "some"
        case ast.BinOp(op=ast.BitAnd() | ast.BitOr()):
            return "some"
        case ast.Call(func=ast.Attribute(attr="isin" | "between" | "eq" | "lt" | "le" | "gt" | "ge")):
            return "some"
        case ast.Name(id=name) if re.search(r"(?i)mask|idx|ind(?:ex|ices)", name):
            return "some"
    return ""


def cuts_by_hand(view: FileView) -> list[Cut]:
    """Where a scope takes a training part and another part from the same rows, by position or by a condition."""
    found = []
    for scope in view.module.scopes:
        learn: dict[str, tuple[int, str]] = {}
        judge: dict[str, tuple[int, str]] = {}
        for node, _ in statements(scope):
            if not isinstance(node, ast.Assign):
                continue
            for target, value in _pairs(node):
                name = (
                    target.id
                    if isinstance(target, ast.Name)
                    else target.attr
                    if isinstance(target, ast.Attribute)
                    else ""
                )
                data, kind = row_part(value) if name else ("", "")
                if not data or name == data:
                    continue
                if _LEARN.search(name) and not _JUDGE.search(name) and kind != "tail":
                    learn.setdefault(data, (node.lineno, kind))
                elif _JUDGE.search(name) and not _LEARN.search(name) and kind != "head":
                    judge.setdefault(data, (node.lineno, kind))
        found += [
            Cut(scope, min(line, judge[data][0]), frozenset({data}))
            for data, (line, _) in learn.items()
            if data in judge
        ]
    return found


def _pairs(node: ast.Assign) -> Iterator[tuple[ast.expr, ast.expr]]:
    for target in node.targets:
        if isinstance(target, ast.Tuple | ast.List):
            if isinstance(node.value, ast.Tuple) and len(node.value.elts) == len(target.elts):
                yield from zip(target.elts, node.value.elts, strict=True)
        else:
            yield target, node.value


def cuts_by_folds(view: FileView, calls: Sequence[tuple[Scope, ast.Call]]) -> list[Cut]:
    """Where a loop walks the folds of a splitter: what is split is what the loop takes by its indices."""
    found = []
    for scope, call in calls:
        if not is_fold(call, scope, view):
            continue
        loop = view.statement_of(call)
        if not isinstance(loop, ast.For):
            continue
        indices = {one.id for one in walk(loop.target) if isinstance(one, ast.Name)}
        taken = {
            root_name(one.value)
            for statement in loop.body
            for one in walk(statement)
            if isinstance(one, ast.Subscript)
            and any(isinstance(i, ast.Name) and i.id in indices for i in walk(one.slice))
        }
        found.append(Cut(scope, call.lineno, frozenset(taken - {""}), folds=True))
    return found


def is_fold(call: ast.Call, scope: Scope, view: FileView) -> bool:
    """Whether a call gives the folds of what it is given: `KFold(5).split(rows)`."""
    return (
        last_name(call.func) == "split"
        and bool(call.args)
        and any(_MADE_OF_FOLDS.search(one.name) for one in view.resolver.names(call.func, scope))
    )


def is_given_train(scope: Scope, calls: Sequence[tuple[Scope, ast.Call]]) -> bool:
    """Whether the function of a scope is called in its file with the training part."""
    name = scope.qualname.rpartition(".")[2]
    return bool(name) and any(
        last_name(call.func) == name
        and any(names_train(one) for one in (*call.args, *(k.value for k in call.keywords)))
        for _, call in calls
    )
