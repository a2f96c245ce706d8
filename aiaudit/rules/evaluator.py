"""Compiles a checked tree to closures: one small function a node, each taking the frame and giving a value.

Unknown and error are ordinary return values. The fast path of every operator is one exact type test; what fails it goes
to a slow path that sorts out unknowns, errors and wrong types. No attribute of any value is ever read by name.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from aiaudit.model.types import Unknown
from aiaudit.rules.arithmetic import ARITHMETIC, ORDERINGS, negate
from aiaudit.rules.comparison import as_double
from aiaudit.rules.equality import equality, membership
from aiaudit.rules.functions import refuse
from aiaudit.rules.joins import once
from aiaudit.rules.library import FUNCTIONS
from aiaudit.rules.macros import build_macro, filter_size
from aiaudit.rules.nodes import (
    Binary,
    Call,
    Const,
    Has,
    Index,
    ListLiteral,
    Logic,
    Macro,
    MapLiteral,
    Name,
    Node,
    Select,
    Ternary,
    Unary,
    Var,
)
from aiaudit.rules.patterns import glob_pattern, search
from aiaudit.rules.totality import total
from aiaudit.rules.values import (
    PLAIN,
    UNSET,
    Failed,
    Frame,
    Incomplete,
    Meter,
    Range,
    Run,
    first_not_a_value,
    kind_of,
    no_field,
    not_a_bool,
    not_a_value,
    weigh,
)


def build(node: Node) -> Run:
    """The closure of a checked node."""
    run = _BUILDERS[type(node)](node)
    if isinstance(node, Macro | Call) or (isinstance(node, Binary) and node.op == "+"):  # texts or lists joined
        run = once(node, run)
    if node.type.kind == "double" and type(node) in _FROM_OUTSIDE:
        return _as_double(run)
    return run


def _as_double(run: Run) -> Run:
    """JSON may write 80.0 as 80: a value whose declared type is double is one, whatever the number's spelling."""

    def convert(f: Frame) -> Any:
        value = run(f)
        return as_double(value) if type(value) is int else value

    return convert


# -- leaves ------------------------------------------------------------------------------------------------------------


def _const(node: Const) -> Run:
    value = node.value
    return lambda _f: value


def _var(node: Var) -> Run:
    slot = node.slot
    return lambda f: f[slot]


def _name(node: Name) -> Run:
    slot, name = node.slot, node.name

    def run(f: Frame) -> Any:
        value = f[slot]
        if value is UNSET:
            value = f[slot] = _load(f[0], name)
        return value

    return run


def _load(meter: Meter, name: str) -> Any:
    meter.read.add(name)
    if name not in meter.values:
        return Unknown(f"{name} was not collected")
    value = meter.values[name]
    kind = type(value)
    if kind not in PLAIN:
        return Failed(f"{name} holds no plain data")
    if kind is Incomplete:
        meter.partial = True
    elif kind is Unknown and not value.reason:
        return Unknown(f"{name} is unknown")
    elif kind is Failed and not value.reason:
        return Failed(f"{name} ended in an error")
    return value


# -- fields and elements -----------------------------------------------------------------------------------------------


def _select(node: Select) -> Run:
    key = node.field
    missing = Failed(f"no field `{key}`")
    if type(node.operand) is Var:
        slot = node.operand.slot

        def run_var(f: Frame) -> Any:
            value = f[slot]
            if type(value) is dict:
                return value.get(key, missing)
            return not_a_value(value) or no_field(kind_of(value), key)

        return run_var
    operand = build(node.operand)

    def run(f: Frame) -> Any:
        value = operand(f)
        if type(value) is dict:
            return value.get(key, missing)
        return not_a_value(value) or no_field(kind_of(value), key)

    return run


def _has(node: Has) -> Run:
    operand, key = build(node.operand), node.field

    def run(f: Frame) -> Any:
        value = operand(f)
        if type(value) is not dict:
            return not_a_value(value) or no_field(kind_of(value), key)
        if key not in value:
            return False
        inside = value[key]
        return inside if type(inside) is Unknown else True

    return run


def _index(node: Index) -> Run:
    operand, key = build(node.operand), build(node.key)

    def run(f: Frame) -> Any:
        items, at = operand(f), key(f)
        kind = type(items)
        if kind is dict and type(at) is str:
            return items.get(at, _NO_KEY)
        if kind is list and type(at) is float and at.is_integer():
            at = int(at)
        if kind is list and type(at) is int:
            return items[at] if 0 <= at < len(items) else Failed(f"no element {at} in a list of {len(items)}")
        return first_not_a_value(items, at) or Failed(f"{kind_of(items)} cannot be indexed by {kind_of(at)}")

    return run


_NO_KEY: Final = Failed("no such key in the map")


# -- logic -------------------------------------------------------------------------------------------------------------


def _logic(node: Logic) -> Run:
    """`&&` stops at the first false, `||` at the first true, wherever it stands; else unknown wins over error. A term
    is built when those before it have left the question open for the first time."""
    terms = [build(node.terms[0])]
    later = list(node.terms[:0:-1])
    stop = node.op == "||"
    go_on = not stop
    where = f"`{node.op}`"

    def run(f: Frame) -> Any:
        pending: Any = UNSET
        for term in terms:
            value = term(f)
            if value is stop:
                return stop
            if value is not go_on:
                pending = weigh(pending, value)
        while later:
            terms.append(build(later[-1]))
            later.pop()
            value = terms[-1](f)
            if value is stop:
                return stop
            if value is not go_on:
                pending = weigh(pending, value)
        return go_on if pending is UNSET else not_a_bool(pending, where)

    return run


def _not(node: Unary) -> Run:
    operand = build(node.operand)

    def run(f: Frame) -> Any:
        value = operand(f)
        if value is True:
            return False
        if value is False:
            return True
        return not_a_bool(value, "`!`")

    return run


def _ternary(node: Ternary) -> Run:
    """A branch is built when it is taken for the first time."""
    condition = build(node.condition)
    yes: Run | None = None
    no: Run | None = None

    def branch(taken: Node) -> Run:
        run = build(taken)
        return _as_double(run) if node.type.kind == "double" else run

    def run(f: Frame) -> Any:
        nonlocal yes, no
        value = condition(f)
        if value is True:
            yes = yes or branch(node.yes)
            return yes(f)
        if value is False:
            no = no or branch(node.no)
            return no(f)
        return not_a_bool(value, "`?:`")

    return run


# -- comparison and arithmetic -----------------------------------------------------------------------------------------


def _unary(node: Unary) -> Run:
    if node.op == "!":
        return _not(node)
    operand = build(node.operand)
    return lambda f: negate(operand(f))


def _binary(node: Binary) -> Run:
    op = node.op
    left, right = build(node.left), build(node.right)
    if op in ("==", "!="):
        return equality(node, left, right)
    if op == "in":
        return membership(node, left, right)
    if op in ORDERINGS:
        return ORDERINGS[op](left, right)
    return ARITHMETIC[op](left, right)


# -- collections and calls ---------------------------------------------------------------------------------------------


def _list_literal(node: ListLiteral) -> Run:
    items = tuple(build(item) for item in node.items)
    may_fail = tuple(not total(item) for item in node.items)
    size = len(items)

    def run(f: Frame) -> Any:
        f[0].make(size)
        made = [item(f) for item in items]
        return _broken(made, may_fail) or made

    return run


def _broken(made: list[Any], may_fail: tuple[bool, ...]) -> Unknown | Failed | None:
    """Why a list or map cannot be made: an element's error, or an unknown that might be one."""
    pending: Unknown | None = None
    for value, risky in zip(made, may_fail, strict=True):
        if type(value) is Failed:
            return value
        if risky and type(value) is Unknown:
            pending = pending or value
    return pending


def _map_literal(node: MapLiteral) -> Run:
    entries = tuple((key, build(value)) for key, value in node.entries)
    may_fail = tuple(not total(value) for _, value in node.entries)
    size = 4 * len(entries) + 4

    def run(f: Frame) -> Any:
        f[0].make(size)
        made = {key: value(f) for key, value in entries}
        return _broken(list(made.values()), may_fail) or made

    return run


def _call(node: Call) -> Run:
    if node.function == "size" and type(node.args[0]) is Macro and node.args[0].kind == "filter":
        return filter_size(node.args[0], build)
    implementation = FUNCTIONS[node.function].run
    args = tuple(build(arg) for arg in node.args)
    if len(args) == 1:
        (only,) = args
        if node.function == "size":
            return _size(only, implementation)
        return lambda f: implementation(f[0], only(f))
    if len(args) == 2:
        first, second = args
        if node.function in ("matches", "glob") and type(node.args[1]) is Const:
            return _search(first, node.function, node.args[1].value)
        return lambda f: implementation(f[0], first(f), second(f))
    return lambda f: implementation(f[0], *[arg(f) for arg in args])


def _search(operand: Run, function: str, pattern: str) -> Run:
    """`matches` and `glob` with a constant pattern, which the checker has compiled."""
    expression = glob_pattern(pattern) if function == "glob" else pattern

    def run(f: Frame) -> Any:
        text = operand(f)
        return search(f[0], expression, text) if type(text) is str else refuse(f"{function}()", text, pattern)

    return run


def _size(operand: Run, implementation: Callable[..., Any]) -> Run:
    def run(f: Frame) -> Any:
        value = operand(f)
        if type(value) is list:
            return len(value)
        value = implementation(f[0], value)
        if type(value) is Range:
            f[0].partial = True
        return value

    return run


def _macro(node: Macro) -> Run:
    return build_macro(node, build)


_BUILDERS: Final[dict[type[Node], Callable[[Any], Run]]] = {
    Const: _const,
    Var: _var,
    Name: _name,
    Select: _select,
    Has: _has,
    Index: _index,
    Call: _call,
    Unary: _unary,
    Binary: _binary,
    Logic: _logic,
    Ternary: _ternary,
    ListLiteral: _list_literal,
    MapLiteral: _map_literal,
    Macro: _macro,
}
_FROM_OUTSIDE: Final = (Var, Name, Select, Index, Call)
