"""Of which part of the data a figure of quality is: the names of data, through calls, containers and their keys."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Final, NamedTuple

from aiaudit import lazy
from aiaudit.probes.python.gates import METRIC
from aiaudit.probes.python.match import name_set
from aiaudit.probes.python.module import Scope
from aiaudit.probes.python.names import dotted, last_name
from aiaudit.probes.python.nodes import FunctionNode, parameters, walk

_DEEPEST: Final = 40  # expressions inside each other
_MAX_KEYS: Final = 200
_TEST: Final = lazy.regex(
    r"(?i)(?:^|_)(?:[xy]?test|te|testset|tested|testing|testloader|testdata)(?:_|$|(?<=test)[xy]$)"
)
_OTHER: Final = lazy.regex(
    r"(?i)(?:^|_)(?:[xy]?(?:train|tr|val|valid|validation|dev|cv|oof|eval)|folds?|kfold|hold_?out|unseen|calib(?:ration)?"
    r"|walk_?forward|wf|training|trained|in_?sample)(?:_|$|set$|loader$)"
)
_NO_DATA: Final = lazy.regex(
    r"(?i)(?:^|_)(?:size|ratio|frac(?:tion)?|pct|percent|n|num|path|dir|file|filename|name|names|mode|weeks?|days?|months?"
    r"|window|start|end|len|count|client|id|ids|seed|url|key|cases?|split|every|interval|freq|fn|func|function)(?:_|$)"
)
_MEASURES: Final = lazy.regex(
    r"(?i)(?:^|_)(?:score|scores|evaluate|evaluation|eval|test|metrics?|error|errors|accuracy|report|loss|measure|performance"
    r"|rmse|mae|mape|mse|r2|f1|auc|wape|smape|deviance|assess|validate|benchmark|backtest)(?:_|$)"
)
_BEST: Final = lazy.regex(r"(?i)best|(?:^|_)(?:max|min|highest|lowest|top|champion|current|incumbent)(?:_|$)")
_FOLDS: Final = lazy.regex(r"(?i)fold|(?:^|_)(?:cv|kf|skf|gkf|tscv|splits?|splitter|walk|windows?|rolling)(?:_|$|\d)")
_PASSES: Final = name_set(
    "predict predict_proba decision_function transform inverse_transform array asarray astype ravel flatten"
    " reshape squeeze argmax round clip to_numpy expm1 exp log1p log concatenate concat DataFrame Series"
    " DataLoader from_numpy tensor Tensor FloatTensor LongTensor Pool DMatrix Dataset TensorDataset copy drop"
    " tolist list cpu numpy detach to iloc fillna where sigmoid softmax maximum minimum forward next iter"
    " enumerate zip float int str abs sqrt values cat stack vstack"
)
_SUMS: Final = name_set("mean sum average nanmean median item")
_FITS: Final = name_set(
    "fit fit_transform fit_predict fit_resample partial_fit train_test_split print info debug warning len range open"
    " isinstance GridSearchCV RandomizedSearchCV"
)
_BY_FOLDS: Final = name_set("cross_val_score cross_validate cross_val_predict")
_SPLITS: Final = name_set("train_test_split random_split randomSplit")
_ORDERS: Final = name_set("sort_values nlargest nsmallest")
_ADDS: Final = name_set("append extend update insert setdefault add")
_TEST_PART: Final = frozenset(("test",))
_OTHER_PART: Final = frozenset(("other",))
_NONE: Final[frozenset[str]] = frozenset()
_NO_KEYS: Final[Mapping[str, frozenset[str]]] = MappingProxyType({})


class Known(NamedTuple):
    """`figure`: a measure of quality, or a container of some; else data. `parts`: test, other (or both). `keys`: those
    of a mapping whose values were seen. `ranked`: the parts by which a list is in order; `compared`: a difference."""

    figure: bool = False
    parts: frozenset[str] = _NONE
    keys: Mapping[str, frozenset[str]] = _NO_KEYS
    ranked: frozenset[str] = _NONE
    compared: bool = False


NOTHING: Final = Known()


def part_of(name: str) -> frozenset[str]:
    """Which part of the data a name says that it is."""
    if _OTHER.search(name):
        return _OTHER_PART
    return _TEST_PART if _TEST.search(name) and not _NO_DATA.search(name) else _NONE


def names_a_best(node: ast.expr) -> bool:
    """Whether a value is called the best so far."""
    for one in walk(node):
        name = one.id if isinstance(one, ast.Name) else one.attr if isinstance(one, ast.Attribute) else ""
        text = one.value if isinstance(one, ast.Constant) and isinstance(one.value, str) else ""
        if _BEST.search(name) or "best" in text:
            return True
    return False


def merged(all_known: Iterable[Known]) -> Known:
    """What holds of several values together: figures win over data."""
    figures: list[Known] = []
    data: list[Known] = []
    for one in all_known:
        (figures if one.figure else data).append(one)
    some = figures or [one for one in data if one.parts]
    if not some:
        return NOTHING
    if len(some) == 1:
        return some[0]
    keys: dict[str, frozenset[str]] = {}
    for one in some:
        for key, parts in one.keys.items():
            if len(keys) < _MAX_KEYS:
                keys[key] = keys.get(key, _NONE) | parts
    parts = frozenset(part for one in some for part in one.parts)
    return Known(bool(figures), parts, keys, _NONE, any(one.compared for one in some))


def _picked(known: Known, key: str) -> Known:
    """What stands under a key."""
    if not known.figure:
        return known
    parts = known.keys.get(key)
    if parts is None:
        said = part_of(key)
        parts = said & known.parts if said == _TEST_PART else said
    return Known(True, parts or known.parts, _NO_KEYS if parts else known.keys)


class Figures:
    """What is known of the names in the functions of one file."""

    def __init__(self, scopes: Sequence[Scope]) -> None:
        self.folded = False
        self.learned = False
        self._env: dict[str, Known] = {}
        self._back: dict[str, Known] = {}
        self._given: dict[tuple[str, str], Known] = {}
        self._functions = {
            one.qualname.rpartition(".")[2]: one.node for one in scopes if isinstance(one.node, FunctionNode)
        }
        self._returned: list[Known] = []
        self._held: dict[str, Known] = {}  # attributes of `self`, by their names

    def begin(self) -> None:
        self.learned = False

    def enter(self, scope: Scope) -> None:
        self._env = dict(self._held)
        self._returned = []
        if isinstance(scope.node, FunctionNode):
            name = scope.qualname.rpartition(".")[2]
            for one in parameters(scope.node):
                known = self._given.get((name, one.arg))
                if known is not None:
                    self._env[one.arg] = known

    def leave(self, scope: Scope) -> None:
        name = scope.qualname.rpartition(".")[2]
        back = merged(self._returned)
        if name and back != self._back.get(name, NOTHING):
            self._back[name] = back
            self.learned = True
        for one, known in self._env.items():
            if one.startswith("self.") and self._held.get(one) != known:
                self._held[one] = known
                self.learned = True

    def is_a_fold(self, scope: Scope) -> bool:
        return bool(_FOLDS.search(scope.qualname.rpartition(".")[2]))

    def walks_folds(self, loop: ast.For | ast.AsyncFor) -> bool:
        """Whether a loop goes over the folds of a cross-validation, or windows of time."""
        for node in walk(loop.iter):
            if isinstance(node, ast.Call) and last_name(node.func) == "split":
                return not (isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Constant))
            name = node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""
            if name and _FOLDS.search(name):
                return True
        return any(isinstance(one, ast.Name) and _FOLDS.search(one.id) for one in walk(loop.target))

    # What a statement does to the names.

    def read(self, statement: ast.stmt) -> None:
        match statement:
            case ast.Assign(targets=targets, value=value):
                self._assign(targets, value)
            case ast.AnnAssign(target=target, value=ast.expr() as value) | ast.AugAssign(target=target, value=value):
                self._assign([target], value)
            case ast.Expr(value=ast.Call() as call):
                self._call(call)
            case ast.For(target=target, iter=over) | ast.AsyncFor(target=target, iter=over):
                known = self.of(over)
                if known.figure:
                    self._bind(target, known._replace(ranked=_NONE))
            case ast.Return(value=ast.expr() as value):
                self._returned.append(self.of(value))

    def _assign(self, targets: Sequence[ast.expr], value: ast.expr) -> None:
        call = last_name(value.func) if isinstance(value, ast.Call) else ""
        known = self.of(value)
        for target in targets:
            if isinstance(target, ast.Tuple | ast.List):
                if call in _SPLITS:
                    self._split(target.elts)
                elif isinstance(value, ast.Tuple | ast.List) and len(value.elts) == len(target.elts):
                    for one, part in zip(target.elts, value.elts, strict=True):
                        self._bind(one, self._measured(one, part, self.of(part)))
                else:
                    for one in target.elts:
                        self._bind(one, known if known.figure else NOTHING)
            else:
                self._bind(target, self._measured(target, value, known))

    def _split(self, targets: Sequence[ast.expr]) -> None:
        """`a, b, c, d = train_test_split(…)`: every second one is held out, unless its name says which."""
        for at, one in enumerate(targets):
            name = _named(one)
            if name and not part_of(name.rpartition(".")[2]):
                self._env[name] = Known(False, _TEST_PART if at % 2 else _OTHER_PART)

    def _measured(self, target: ast.expr, value: ast.expr, known: Known) -> Known:
        """`accuracy = helper(model, X_test, y_test)`: the name says that it is a figure."""
        name = _named(target).rpartition(".")[2]
        if known.figure or not isinstance(value, ast.Call | ast.BinOp) or not name or not METRIC.search(name):
            return known
        given = [*value.args, *(word.value for word in value.keywords)] if isinstance(value, ast.Call) else [value]
        data = merged(self.of(one) for one in given)
        return Known(True, data.parts) if data.parts else known

    def _bind(self, target: ast.expr, known: Known) -> None:
        if isinstance(target, ast.Tuple | ast.List):
            for one in target.elts:
                self._bind(one, known)
            return
        if isinstance(target, ast.Starred):
            self._bind(target.value, known)
            return
        if isinstance(target, ast.Subscript):
            self._add(target.value, known, target.slice)
            return
        name = _named(target)
        if not name:
            return
        if known.figure or known.ranked:
            self._env[name] = known
            return
        said = part_of(name.rpartition(".")[2])
        if self.folded and (said or known.parts):
            self._env[name] = Known(False, _OTHER_PART)
        elif said:
            self._env.pop(name, None)  # the name tells
        elif known.parts:
            self._env[name] = known
        elif name in self._env and not self._env[name].figure:
            self._env.pop(name)

    def _add(self, holder: ast.expr, known: Known, key: ast.expr | None) -> None:
        """What is put into a container is known of it."""
        if not known.figure:
            return
        while isinstance(holder, ast.Subscript):
            holder = holder.value
        name = _named(holder)
        if not name:
            return
        if isinstance(key, ast.Constant) and isinstance(key.value, str) and not known.keys:
            known = known._replace(keys={key.value: known.parts})
        before = self._env.get(name, NOTHING)
        self._env[name] = merged([before, known]) if before.figure else known._replace(ranked=_NONE)

    # What an expression is.

    def of(self, node: ast.expr, depth: int = 0) -> Known:
        if depth > _DEEPEST:
            return NOTHING
        depth += 1
        match node:
            case ast.Name(id=name):
                known = self._env.get(name)
                return known if known is not None else self._by_name(name)
            case ast.Attribute():
                return self._attribute(node, depth)
            case ast.Subscript(value=value, slice=key):
                known = self.of(value, depth)
                if isinstance(key, ast.Constant) and isinstance(key.value, str):
                    return _picked(known, key.value)
                if isinstance(key, ast.List) and known.figure:
                    return known
                return known._replace(ranked=_NONE) if not isinstance(key, ast.Slice) else known
            case ast.Call():
                return self._call(node, depth)
            case ast.Dict():
                return self._mapping(node, depth)
            case ast.List(elts=parts) | ast.Tuple(elts=parts) | ast.Set(elts=parts):
                return merged(self.of(one, depth) for one in parts)
            case ast.ListComp() | ast.SetComp() | ast.GeneratorExp() | ast.DictComp():
                return self._comprehension(node, depth)
            case ast.BinOp(left=left, right=right):
                known = merged([self.of(left, depth), self.of(right, depth)])
                return known if known.figure else known._replace(compared=bool(known.parts))
            case ast.Compare(left=left, comparators=others):
                known = merged(self.of(one, depth) for one in [left, *others])
                return NOTHING if known.figure else known._replace(compared=bool(known.parts))
            case ast.IfExp(body=body, orelse=other):
                return merged([self.of(body, depth), self.of(other, depth)])
            case ast.UnaryOp(operand=inner) | ast.Await(value=inner) | ast.Starred(value=inner):
                return self.of(inner, depth)
            case ast.NamedExpr(value=inner):
                return self.of(inner, depth)
        return NOTHING

    def _by_name(self, name: str) -> Known:
        """`test_mae`, wherever it comes from, is a figure of the test; `X_test` is its data."""
        parts = self._said(name)
        return Known(bool(parts) and METRIC.search(name) is not None, parts)

    def _said(self, name: str) -> frozenset[str]:
        parts = part_of(name)
        return _OTHER_PART if parts and self.folded else parts

    def _attribute(self, node: ast.Attribute, depth: int) -> Known:
        name = dotted(node)
        known = self._env.get(name) if name else None
        if known is not None:
            return known
        base = self.of(node.value, depth)
        if base.figure:
            return _picked(base, node.attr) if part_of(node.attr) or node.attr in base.keys else base
        return Known(False, self._said(node.attr)) if self._said(node.attr) else base

    def _mapping(self, node: ast.Dict, depth: int) -> Known:
        keys: dict[str, frozenset[str]] = {}
        all_known: list[Known] = []
        for key, value in zip(node.keys, node.values, strict=True):
            known = self.of(value, depth)
            if not known.figure:
                continue
            all_known.append(known)
            if isinstance(key, ast.Constant) and isinstance(key.value, str) and len(keys) < _MAX_KEYS:
                keys[key.value] = keys.get(key.value, _NONE) | known.parts
            for inner, parts in known.keys.items():
                keys[inner] = keys.get(inner, _NONE) | parts
        return merged(all_known)._replace(keys=keys, ranked=_NONE) if all_known else NOTHING

    def _comprehension(self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp, depth: int) -> Known:
        before = self._env
        self._env = dict(before)
        for one in node.generators:
            known = self.of(one.iter, depth)
            if known.figure:
                self._bind(one.target, known._replace(ranked=_NONE))
        if isinstance(node, ast.DictComp):
            found = merged([self.of(node.key, depth), self.of(node.value, depth)])
        else:
            found = self.of(node.elt, depth)
        self._env = before
        return found if found.figure else NOTHING

    def _call(self, call: ast.Call, depth: int = 0) -> Known:
        name = last_name(call.func) or ""
        receiver = self.of(call.func.value, depth) if isinstance(call.func, ast.Attribute) else NOTHING
        if name in _ADDS and isinstance(call.func, ast.Attribute) and call.args:
            self._add(call.func.value, self.of(call.args[-1], depth), None)
            return NOTHING
        if name == "sort" and isinstance(call.func, ast.Attribute) and receiver.figure:
            holder = _named(call.func.value)
            if holder:
                self._env[holder] = receiver._replace(ranked=self._by_key(call, receiver))
            return NOTHING
        if name in _FITS:
            return NOTHING
        if name in _BY_FOLDS:
            return Known(True, _OTHER_PART)
        words = [word for word in call.keywords if word.arg not in ("key", "by")]
        given = [self.of(one, depth) for one in call.args]
        named = {word.arg or "": self.of(word.value, depth) for word in words}
        self._hand_on(name, given, named)
        if name in _ORDERS and receiver.figure:
            return receiver._replace(ranked=self._by_columns(call, receiver))
        if name == "sorted" and call.args:
            return given[0]._replace(ranked=self._by_key(call, given[0]))
        back = self._back.get(name, NOTHING)
        if back.figure:
            return back
        if receiver.figure:
            if name in ("get", "pop") and call.args:
                key = call.args[0]
                if isinstance(key, ast.Constant) and isinstance(key.value, str):
                    return _picked(receiver, key.value)
            return receiver
        known = merged([*given, *named.values(), receiver])
        if known.figure:
            return known
        if known.parts and ((known.compared and name in _SUMS) or METRIC.search(name) or _MEASURES.search(name)):
            return Known(True, known.parts)
        return known if name in _PASSES or known.compared else NOTHING

    def _hand_on(self, name: str, given: Sequence[Known], named: Mapping[str, Known]) -> None:
        """What a function of this file is given is known of its parameters."""
        node = self._functions.get(name)
        if node is None:
            return
        taken = [one.arg for one in parameters(node) if one.arg not in ("self", "cls")]
        for parameter, known in [*zip(taken, given, strict=False), *named.items()]:
            before = self._given.get((name, parameter), NOTHING)
            both = merged([before, known]) if known.figure else before
            if both != before:
                self._given[name, parameter] = both
                self.learned = True

    # By what something is ordered.

    def ordered_by(self, call: ast.Call) -> frozenset[str]:
        """The parts of the figures by which `max(…, key=…)` chooses."""
        return self._by_key(call, self.of(call.args[0]) if call.args else NOTHING)

    def chosen_by(self, call: ast.Call) -> frozenset[str]:
        """The parts of the figures whose greatest or least `idxmax()` looks up."""
        holder = call.func.value if isinstance(call.func, ast.Attribute) else None
        known = self.of(holder) if holder is not None else NOTHING
        if not known.figure and call.args:
            known = self.of(call.args[0])
        return known.parts if known.figure else _NONE

    def ordered_before(self, call: ast.Call) -> frozenset[str]:
        """The parts of the figures by which a table is in order whose method is called."""
        return self.of(call.func.value).ranked if isinstance(call.func, ast.Attribute) else _NONE

    def first_of(self, node: ast.Subscript) -> frozenset[str] | None:
        """The parts by which a list is in order whose first (or last) is taken; None where it is something else."""
        at = node.slice.operand if isinstance(node.slice, ast.UnaryOp) else node.slice
        if not isinstance(at, ast.Constant) or at.value not in (0, 1) or isinstance(at.value, bool):
            return None
        if at.value == 1 and at is node.slice:
            return None
        holder = node.value
        if isinstance(holder, ast.Attribute) and holder.attr in ("iloc", "index", "values"):
            holder = holder.value
        return self.of(holder).ranked or None

    def _by_key(self, call: ast.Call, over: Known) -> frozenset[str]:
        key = next((word.value for word in call.keywords if word.arg == "key"), None)
        match key:
            case ast.Lambda(args=ast.arguments(args=[ast.arg(arg=one), *_]), body=body):
                before = self._env
                self._env = dict(before)
                self._env[one] = over if over.figure else NOTHING
                known = self.of(body)
                self._env = before
                return known.parts if known.figure else _NONE
            case ast.Attribute(attr="get" | "__getitem__", value=holder):
                known = self.of(holder)
                return known.parts if known.figure else _NONE
            case ast.Call(args=[ast.Constant(value=str() as name), *_]):
                return _picked(over, name).parts if over.figure else _NONE
            case None:
                return over.parts if over.figure else _NONE
        return _NONE

    def _by_columns(self, call: ast.Call, over: Known) -> frozenset[str]:
        by = next((word.value for word in call.keywords if word.arg in ("by", "columns")), None)
        texts = [
            one.value
            for given in ([by] if by is not None else call.args)
            for one in walk(given)
            if isinstance(one, ast.Constant) and isinstance(one.value, str)
        ]
        return _picked(over, texts[0]).parts if texts else over.parts


def _named(node: ast.expr) -> str:
    """The name of what is assigned to, or of a container."""
    return node.id if isinstance(node, ast.Name) else dotted(node) if isinstance(node, ast.Attribute) else ""
