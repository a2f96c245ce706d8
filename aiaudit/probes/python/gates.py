"""Quality gates: a metric is compared with a limit, and what follows stops the run, or lets a model through.

Found: `if score < limit: sys.exit(1)` (or raise, or a return of a failing status), `assert score >= limit`, and flags
that are such comparisons (`ok = score >= limit; sys.exit(0 if ok else 1)`), also where they are returned as the answer
to a question (`is_better = new_f1 > old_f1; return is_better`), and a function that leaves below the limit and would
release the model behind it (`if score < limit: return` before `deploy_model()`).
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Final

from aiaudit import lazy
from aiaudit.model.types import Unknown, as_json
from aiaudit.probes.python.branches import Branches, answers
from aiaudit.probes.python.file_view import FileView
from aiaudit.probes.python.made_up import is_made_up
from aiaudit.probes.python.match import name_set
from aiaudit.probes.python.module import Scope
from aiaudit.probes.python.names import dotted, last_name
from aiaudit.probes.python.nodes import answer_of, statements, walk

_WORDS: Final = (
    r"(?:scores?|metrics?|acc|accuracy|auc|roc_auc|pr_auc|f1|f1_score|precision|recall|rmse|mae|mape|mse|r2|r_squared"
    r"|val_loss|test_loss|eval_loss|logloss|wer|cer|bleu|rouge|perplexity|pass_?rate|faithfulness|relevancy|relevance"
    r"|groundedness|hit_?rate|mrr|ndcg|iou|kappa|gini|brier|ece|win_?rate)"
)
METRIC: Final = lazy.regex(rf"(?i)(^|_|\b){_WORDS}(_|\b|\d|$)")
# Where a file evaluates, a share or a count of cases is a metric too; whether it does, the probe tells by its name.
_COUNTS: Final = (
    r"(?:rate|ratio|share|fraction|percent(?:age)?|mean|average|avg|similarity|correct|right|good|hits|passed|solved|matched"
    r"|wrong|missed|failed|failures?|fails|regressions?)"
)
COUNTED: Final = lazy.regex(rf"(?i)(^|_|\b){_COUNTS}(_|\b|\d|$)")
_ERROR: Final = lazy.regex(
    r"(?i)(?:^|_|\b)(?:rmse|mae|mape|mse|\w*loss|wer|cer|perplexity|brier|ece|errors?"
    r"|wrong|missed|failed|failures?|fails|regressions?)(?:_|\b|\d|$)"
)  # the less of it, the better
_MARK: Final = rb"(?:\b|_)(?:" + _WORDS.encode() + rb"|" + _COUNTS.encode() + rb")"
HITS: Final = (
    rb"(?i)" + _MARK + rb"(?:[_\d]\w*)?"
    rb"(?:\([^\n]{0,200}\)|\(\s*\n(?:[^\n]{0,120}\n){1,8}?\s*\)|\[\s*[^\]\n]{0,80}\s*\]|[\"'\])]*)\s*"
    rb"(?:/\s*[\w.()]{1,60}\s*)?[<>]|[<>]=?\s*[\w.\"'\[(]*" + _MARK + rb"(?:_|\b|\d)"
    rb"|\bif[ \t]+(?:not[ \t]*)?[( \t]*\w*(?:meets|passes|passed|better)_?\w*[ \t]*(?:\)|:|\band\b|\bor\b)"
    rb"|\b\w*(?:improve(?:ment)?|uplift|delta|diff(?:erence)?|gain)(?:_\w+)?\s*[<>]"
    rb"|\bexit\s*\(|\bSystemExit\b|\breturn[ \t]+\w*(?:better|promot|approve|accept|passes|passed|eligible)\w*"
)
_PROMOTE: Final = name_set(
    "transition_model_version_stage set_registered_model_alias register_model create_model_version promote"
    " promote_model deploy deploy_model set_alias"
)
# Functions that say whether a model may go on.
_DECIDES: Final = lazy.regex(
    r"(?i)(promot|approve|accept|(?:should|decide)_(?:on_)?(deploy|replace|register|release)|is_better|(?<![a-z])(?:passes|gates?(?![a-z]))|eligible)"
)
# What a function calls to release a model, whoever wrote it; where it leaves before, the model stays where it is.
_RELEASES: Final = lazy.regex(
    r"(?i)^(?:promote|deploy|register|release|publish)_\w*(?:model|candidate|challenger|champion|version|manifest|release)"
    r"|^(?:promote|deploy|transition_model_version_stage|set_registered_model_alias|register_model)$"
    r"|^trigger_\w*(?:deploy|release|rollout|promot|(?:^|_)cd)\w*$"
)
# A program that does it: `run_step("register_model.py")`, `subprocess.run(["python", "deploy.py"])`.
_PROGRAM: Final = lazy.regex(
    r"(?i)^(?:(?:python3?|bash|sh) )?(?:[\w./-]*[/_-])?(?:register|promote|deploy)[\w-]*\.(?:py|sh)$"
)
_EXITS: Final = name_set("exit _exit quit SystemExit")
_WIDE: Final = name_set("Exception BaseException ValueError RuntimeError AssertionError SystemExit")
_DIFFERENCE: Final = lazy.regex(r"(?i)diff|delta|improve|(?<![a-z])(?:gain|(?:up)?lift|margin|drop)|r2|r_squared")
# Which of two figures that are subtracted is of the model in service, and which of the new one.
_OLD: Final = lazy.regex(
    r"(?i)(?:^|_|\b)(?:old|prev(?:ious)?|prod(?:uction)?|champion|baseline|incumbent|live|deployed|existing|reference|best)(?:_|\b)"
)
_NEW: Final = lazy.regex(r"(?i)(?:^|_|\b)(?:new|cand(?:idate)?|challenger|latest|retrained)(?:_|\b)")
_CANCELS: Final = name_set("cancel fail")  # of the pipeline's run, so that its later steps let no model through
_MAX_ROWS: Final = 200
_RAISED: Final = ("raise", "assert")


class GateFinder:
    """Finds the gates of one file."""

    def __init__(self, view: FileView) -> None:
        self.view = view
        self.exits_with = _functions_given_to_exit(view)
        self.branches = Branches(view)
        self._differences: dict[int, dict[str, ast.expr]] = {}  # by scope: names of differences of two figures
        self._releasing: dict[int, list[int]] = {}  # by scope: the lines of its statements that release a model

    def rows(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        marked: dict[int, tuple[Scope, list[ast.stmt]]] = {}
        for scope, node in self.view.marked_statements(around=1):
            marked.setdefault(id(scope), (scope, []))[1].append(node)
        for scope, nodes in marked.values():
            flags = dict(self._flags(nodes))
            for node in nodes:
                for row in self._statement(node, scope, flags):
                    if len(found) < _MAX_ROWS and not (row["action"] in _RAISED and self._is_caught(node)):
                        found.append(row)
        return found

    def _is_caught(self, node: ast.stmt) -> bool:
        """Whether what a statement raises is caught around it, and the run goes on."""
        _, chain = self.view.module.locate(node.lineno)
        names = {last_name(one.exc.func if isinstance(one.exc, ast.Call) else one.exc)
                 for one in walk(node) if isinstance(one, ast.Raise) and one.exc is not None}  # fmt: skip
        names = names or {"AssertionError"}
        for outer in chain:
            if not isinstance(outer, ast.Try | ast.TryStar) or not any(
                one.lineno <= node.lineno <= (one.end_lineno or one.lineno) for one in outer.body
            ):
                continue
            for handler in outer.handlers:
                kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
                caught = {last_name(one) for one in kinds if one is not None} or {"BaseException"}
                if caught.isdisjoint(names | {"Exception", "BaseException"}):
                    continue
                leaves = (inner for one in handler.body for inner in walk(one))
                return not any(
                    isinstance(one, ast.Raise | ast.Return)
                    or (isinstance(one, ast.Call) and last_name(one.func) in _EXITS)
                    for one in leaves
                )
        return False

    def _flags(self, nodes: Iterable[ast.stmt]) -> Iterator[tuple[str, ast.Compare]]:
        """Names that are comparisons of a metric with a limit."""
        for node in nodes:
            if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
                if _picks_rows(node.value):
                    continue  # the rows of a table that are good enough are no answer about a model
                compared = _compared(node.value)
                if compared is not None:
                    yield node.targets[0].id, compared

    def _statement(self, node: ast.stmt, scope: Scope, flags: dict[str, ast.Compare]) -> Iterator[dict[str, Any]]:
        match node:
            case ast.Assert(test=test):
                compared = _compared(test) or _flagged(test, flags)
                if compared is not None and _asks_for_quality(compared) and not is_made_up(compared, scope):
                    yield from self._stopping(node, compared, "assert", scope)
            case ast.If(test=test, body=body, orelse=orelse):
                compared = _compared(test) or _flagged(test, flags) or self._by_difference(test, scope)
                action = self._action(body, scope) or self._action(orelse, scope) if compared is not None else ""
                if compared is not None and not action and not orelse and _leaves(body) and _is_worse(compared):
                    action = "promote" if self._lets_on_after(node, scope) else ""
                if compared is not None and action == "decide" and self._leads_on(node, compared, scope):
                    action = ""
                if action == "decide" and _subtracted(compared.left if compared else test) and not _lets_on(scope):
                    action = ""
                if compared is not None and action and _moves_its_limit(node, compared):
                    action = ""
                if compared is not None and action:
                    yield from self._stopping(node, compared, action, scope)
            case ast.Return(value=ast.expr() as value):
                compared = self._decided(value, scope, flags) or self._decided(answer_of(node) or value, scope, flags)
                if compared is not None:
                    yield self._row(node, compared, "decide", scope)
            case ast.Expr(value=ast.Call() as call) | ast.Raise(exc=ast.Call() as call) if (
                last_name(call.func) in _EXITS
            ):
                compared = next((c for a in call.args if (c := _compared(a) or _flagged(a, flags)) is not None), None)
                if compared is not None:
                    yield from self._stopping(node, compared, "exit", scope)

    def _stopping(self, node: ast.stmt, compared: ast.Compare, action: str, scope: Scope) -> Iterator[dict[str, Any]]:
        """The row of what stops a run; none where the error is caught and the run goes on."""
        row = self._row(node, compared, action, scope)
        limit = row["limit"]
        if action not in ("promote", "decide"):
            if isinstance(limit, int | float) and limit <= 0 and not _DIFFERENCE.search(row["metric"]):
                row["limit_name"] = ""  # whatever it is called, no model can miss it
            if action == "raise" and (_swallowed(node.lineno, self.view) or self._called_in_vain(scope)):
                return
        yield row

    def _called_in_vain(self, scope: Scope) -> bool:
        """Whether every call of a function in its file stands where its error is caught, and the run goes on."""
        name = scope.qualname.rpartition(".")[2]
        calls = [call for _, call in self.view.calls_of(name)] if scope.kind == "function" else []
        return bool(calls) and all(_swallowed(call.lineno, self.view) for call in calls)

    def _decided(self, value: ast.expr, scope: Scope, flags: dict[str, ast.Compare]) -> ast.Compare | None:
        """What a returned answer to "is it better?" compares; the name of the function or of the answer asks that."""
        answers = value.elts[:1] if isinstance(value, ast.Tuple) else [value]
        for answer in answers:
            flag = answer.id if isinstance(answer, ast.Name) else ""
            if flag in flags and (_DECIDES.search(flag) or _asks(scope)):
                return flags[flag]
            if isinstance(answer, ast.Compare | ast.BoolOp) and _asks(scope):
                return _compared(answer) or self._by_difference(answer, scope)
        return None

    def _by_difference(self, test: ast.expr, scope: Scope) -> ast.Compare | None:
        """A comparison of a name that is the difference of two figures (`gain = new_f1 - old_f1; if gain > LEAST`)."""
        for one in walk(test):
            match one:
                case ast.Compare(left=ast.Name(id=name), ops=[ast.Lt() | ast.LtE() | ast.Gt() | ast.GtE()]):
                    if (made := self._differences_of(scope).get(name)) is not None:
                        return ast.copy_location(ast.Compare(made, one.ops, one.comparators), one)
        return None

    def _differences_of(self, scope: Scope) -> dict[str, ast.expr]:
        known = self._differences.get(id(scope))
        if known is None:
            known = self._differences[id(scope)] = {
                one.targets[0].id: one.value
                for one, _ in statements(scope)
                if isinstance(one, ast.Assign) and len(one.targets) == 1 and isinstance(one.targets[0], ast.Name)
                if _subtracted(one.value) is not None
            }
        return known

    def _action(self, body: list[ast.stmt], scope: Scope) -> str:
        """What a branch does: exit, raise, return (of a status that becomes the exit status) or promote."""
        for node in body:
            for inner in walk(node):
                if isinstance(inner, ast.Raise):
                    return "raise"
                if isinstance(inner, ast.Call):
                    name = last_name(inner.func)
                    if name in _EXITS and not _is_zero(inner):
                        return "exit"
                    if name in _PROMOTE or (name in _CANCELS and "run" in dotted(inner.func).lower().split(".")[:-1]):
                        return "promote"
                elif isinstance(inner, ast.Constant) and isinstance(inner.value, str) and _PROGRAM.match(inner.value):
                    return "promote"
            if isinstance(node, ast.Return) and _asks(scope):
                return "decide"
            if isinstance(node, ast.Return) and scope.qualname.rpartition(".")[2] in self.exits_with:
                return "" if _says_well(answer_of(node)) else "return"
        return ""

    def _leads_on(self, node: ast.If, compared: ast.Compare, scope: Scope) -> bool:
        """Whether the comparison chooses a branch of a pipeline, and both branches lead on to the same tasks."""
        inside = {text for one in node.body for text in answers(one)}
        good = set(answers(scope.node)) - inside if _is_worse(compared) else inside
        return len(good) == 1 and self.branches.is_in_vain(scope, good.pop())

    def _lets_on_after(self, node: ast.stmt, scope: Scope) -> bool:
        """Whether the function goes on to release the model behind a branch that leaves it."""
        if scope.kind != "function":
            return False
        if id(scope) not in self._releasing:  # walked once, however many branches leave
            self._releasing[id(scope)] = [
                later.lineno
                for later in scope.node.body
                if any(isinstance(inner, ast.Call) and _RELEASES.search(last_name(inner.func)) for inner in walk(later))
            ]
        return any(line > node.lineno for line in self._releasing[id(scope)])

    def _row(self, node: ast.stmt, compared: ast.Compare, action: str, scope: Scope) -> dict[str, Any]:
        left, right = compared.left, compared.comparators[0]
        counted = not (_is_metric(left) or _is_metric(right))
        metric, other = (left, right) if (_is_counted if counted else _is_metric)(left) else (right, left)
        limit = self.view.values.of(other, scope)
        number = limit if isinstance(limit, int | float) and not isinstance(limit, bool) else Unknown("computed")
        return {
            **self.view.place(node, scope),
            "metric": _text(metric),
            "operator": type(compared.ops[0]).__name__,
            "limit": as_json(number),
            "limit_name": _text(other),
            "action": action,
            "relative": _is_metric(other) or _subtracted(metric) is not None,
            "counted": counted,
        }


def _asks(scope: Scope) -> bool:
    return _DECIDES.search(scope.qualname.rpartition(".")[2]) is not None


def _lets_on(scope: Scope) -> bool:
    """Whether a function is named after what it lets on, and not after a gate of whatever kind."""
    return re.search(r"(?i)promot|approve|accept|deploy|replace|release|better", scope.qualname) is not None


def _picks_rows(node: ast.expr) -> bool:
    """`[row for row in rows if row["score"] > 0.8]`; not `[name for name in LIMITS if scores[name] < LIMITS[name]]`."""
    if not isinstance(node, ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp):
        return False
    rows = {one.id for part in node.generators for one in walk(part.target) if isinstance(one, ast.Name)}
    return any(
        isinstance(field, ast.Subscript | ast.Attribute)
        and isinstance(field.value, ast.Name)
        and field.value.id in rows
        for part in node.generators
        for condition in part.ifs
        for field in walk(condition)
    )


def _compared(node: ast.AST) -> ast.Compare | None:
    """The comparison of a metric by size inside an expression; of a count of cases only where there is no other."""
    return _by_size(node, _is_metric) or _by_size(node, _is_counted)


def _by_size(node: ast.AST, fits: Callable[[ast.expr], bool]) -> ast.Compare | None:
    for inner in walk(node):
        if (
            isinstance(inner, ast.Compare)
            and len(inner.ops) == 1
            and isinstance(inner.ops[0], ast.Lt | ast.LtE | ast.Gt | ast.GtE)
            and (fits(inner.left) or fits(inner.comparators[0]))
        ):
            return inner
    return None


def _asks_for_quality(compared: ast.Compare) -> bool:
    """Whether an assertion can be missed by a worse model: `score <= 1.0` only says that figures are in their range."""
    left, right = compared.left, compared.comparators[0]
    if _is_metric(left) and _is_metric(right):
        return True
    metric = left if _is_metric(left) or (_is_counted(left) and not _is_metric(right)) else right
    at_least = isinstance(compared.ops[0], ast.Gt | ast.GtE) == (metric is left)
    return at_least != _falls(metric)


def _leaves(body: Sequence[ast.stmt]) -> bool:
    """Whether a branch ends the function."""
    return isinstance(body[-1], ast.Return)


def _moves_its_limit(node: ast.If, compared: ast.Compare) -> bool:
    """Whether a comparison is with the best value so far, which the figure becomes (`if f1 > best: best = f1`): the
    first model of each run is the best so far, and none is kept back."""
    sides = {ast.unparse(compared.left), ast.unparse(compared.comparators[0])}
    return any(
        isinstance(one, ast.Assign)
        and len(one.targets) == 1
        and {ast.unparse(one.targets[0]), ast.unparse(one.value)} == sides
        for one in node.body
    )


def _is_worse(compared: ast.Compare) -> bool:
    """Whether a comparison holds for the worse model: a score below its limit, an error above it."""
    left, right = compared.left, compared.comparators[0]
    metric = left if _is_metric(left) or (_is_counted(left) and not _is_metric(right)) else right
    below = isinstance(compared.ops[0], ast.Lt | ast.LtE) == (metric is left)
    return below != _falls(metric)


def _falls(metric: ast.expr) -> bool:
    """Whether less of a figure is better: of an error, and of what a score of the new model is below the old one's."""
    error = bool(_ERROR.search(_text(metric)) or _ERROR.search(_holder(metric)))
    parts = _subtracted(metric)
    if parts is None:
        return error
    left, right = map(ast.unparse, parts)
    old_first = not (_OLD.search(right) or _NEW.search(left)) and bool(_OLD.search(left) or _NEW.search(right))
    return error != old_first


def _subtracted(node: ast.expr) -> tuple[ast.expr, ast.expr] | None:
    """The two figures of a difference, also where it is told as a share: `(old_mae - new_mae) / old_mae * 100`."""
    match node:
        case ast.BinOp(left=left, op=ast.Sub(), right=right):
            one = any(isinstance(inner, ast.BinOp) for part in (left, right) for inner in walk(part))
            return (left, right) if not one and _is_metric(left) and _is_metric(right) else None
        case ast.BinOp(left=inner, op=ast.Div()) | ast.BinOp(left=inner, op=ast.Mult(), right=ast.Constant()):
            return _subtracted(inner)
        case ast.Call(func=function, args=[first, *_]) if last_name(function) in ("float", "round"):
            return _subtracted(first)
        case ast.IfExp(body=body):
            return _subtracted(body)
    return None


def _swallowed(line: int, view: FileView) -> bool:
    """Whether an error that is raised on a line is caught around it by a handler that lets the run go on."""
    _, chain = view.module.locate(line)
    for one in chain:
        if not isinstance(one, ast.Try) or not one.handlers:
            continue
        if one.body[0].lineno <= line <= (one.body[-1].end_lineno or line):
            every = [inner for handler in one.handlers for inner in walk(handler)]
            ends = any(isinstance(inner, ast.Raise) for inner in every) or any(
                isinstance(inner, ast.Call) and last_name(inner.func) in _EXITS and not _is_zero(inner)
                for inner in every
            )
            wide = any(handler.type is None or last_name(handler.type) in _WIDE for handler in one.handlers)
            if wide and not ends:
                return True
    return False


def _flagged(node: ast.AST, flags: dict[str, ast.Compare]) -> ast.Compare | None:
    names = (inner.id for inner in walk(node) if isinstance(inner, ast.Name))
    return next((flags[name] for name in names if name in flags), None)


def _is_metric(node: ast.expr) -> bool:
    return bool(METRIC.search(_text(node))) or bool(METRIC.search(_holder(node)))


def _is_counted(node: ast.expr) -> bool:
    return bool(COUNTED.search(_text(node)))


def _holder(node: ast.expr) -> str:
    """The name of the map that a figure is taken from: `metrics_new["stock_outs"]`, `old_metrics.get("x")`."""
    match node:
        case ast.Subscript(value=inner, slice=ast.Constant(value=str())):
            return _text(inner)
        case ast.Call(func=ast.Attribute(value=inner, attr="get"), args=[ast.Constant(value=str()), *_]):
            return _text(inner)
        case ast.Call(func=function, args=[first, *_]) if last_name(function) in ("float", "round", "abs"):
            return _holder(first)
    return ""


def _text(node: ast.expr) -> str:
    """The name that tells what an expression is: of a subscript its key, of an attribute its last part."""
    match node:
        case ast.Name(id=name):
            return name
        case ast.Attribute(attr=name):
            return name
        case ast.Subscript(slice=ast.Constant(value=str() as name)):
            return name[:80]
        case ast.BinOp(left=inner, op=ast.Sub()):
            return "" if _subtracted(node) is None else f"{_text(inner)}_difference"
        case ast.Subscript(value=inner) | ast.BinOp(left=inner, op=ast.Div()):
            return _text(inner)
        case ast.BinOp(op=ast.Mult()) | ast.IfExp() if _subtracted(node) is not None:
            return _text(node.left if isinstance(node, ast.BinOp) else node.body)
        case ast.Call(func=ast.Attribute(attr="get"), args=[ast.Constant(value=str() as name), *_]):
            return name[:80]
        case ast.Call(func=function, args=arguments):
            name = last_name(function)
            if name == "abs" and arguments and _subtracted(arguments[0]) is not None:
                return name  # how far two figures are apart, whichever is better
            return _text(arguments[0]) if name in ("float", "round", "abs", "mean", "min") and arguments else name
        case _:
            return ""


def _says_well(value: ast.expr | None) -> bool:
    """Whether a returned status means success: nothing, True or the number 0."""
    if value is None:
        return True
    return isinstance(value, ast.Constant) and (value.value is None or value.value is True or repr(value.value) == "0")


def _is_zero(call: ast.Call) -> bool:
    """`exit()` and `exit(0)` say that all is well."""
    if not call.args:
        return last_name(call.func) != "SystemExit"
    return isinstance(call.args[0], ast.Constant) and call.args[0].value in (0, None)


def _functions_given_to_exit(view: FileView) -> frozenset[str]:
    """Names of functions whose result becomes the exit status: `sys.exit(main())`."""
    return frozenset(
        last_name(argument.func)
        for _, call in view.marked_calls()
        if last_name(call.func) in _EXITS
        for argument in call.args
        if isinstance(argument, ast.Call)
    )
