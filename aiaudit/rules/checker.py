"""Types and names: gives every name of a parsed tree a slot and every node a type, or raises `RuleError`.

The checks are CEL's, with three liberties: int and double compare and meet in `?:`, null compares with everything, and
a field of a record must be declared.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar

from aiaudit.model.types import BOOL, DOUBLE, DYN, INT, NULL, STRING, Type, list_of
from aiaudit.rules.errors import RuleError, closest, error_at, show
from aiaudit.rules.library import FUNCTIONS, Function
from aiaudit.rules.nodes import (
    Binary,
    Call,
    Const,
    Has,
    Ident,
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
from aiaudit.rules.parser import MACROS
from aiaudit.rules.patterns import PatternError, compiled, glob_pattern

N = TypeVar("N", bound=Node)

_FOREIGN: Final = {
    "len": "size", "length": "size", "any": "exists", "some": "exists", "every": "all", "existsOne": "exists_one",
    "lower": "lowerAscii", "strip": "trim", "startswith": "startsWith", "endswith": "endsWith", "includes": "contains",
    "match": "matches", "search": "matches", "float": "double", "str": "string", "sort": "sortBy", "sorted": "sortBy",
}  # fmt: skip
_LITERAL_WORDS: Final = {"True": "true", "False": "false", "None": "null"}
_NUMBERS: Final = frozenset({"int", "double"})
_ORDERED: Final = frozenset({"bool", "int", "double", "string", "dyn"})


class Checker:
    """Checks one source. `name_slots` (the names that are used) and `slots` are filled while it goes."""

    def __init__(self, source: str, names: Mapping[str, Type]) -> None:
        self.source = source
        self.names = names
        self.name_slots: dict[str, int] = {}
        self.slots = 1  # slot 0 is the meter
        self.locals: dict[str, tuple[int, Type]] = {}

    def check(self, node: Node) -> Node:
        """The resolved, typed node."""
        return _CHECKS[type(node)](self, node)

    def error(self, node: Node, message: str, suggestion: str | None = None) -> RuleError:
        return error_at(self.source, node.start, message, suggestion)

    # -- names -----------------------------------------------------------------------------------------------------

    def ident(self, node: Ident) -> Node:
        local = self.locals.get(node.name)
        if local is not None:
            return _typed(Var(node.start, node.end, node.depth, node.name, local[0]), local[1])
        if node.name in self.names:
            return self.declared(node, node.name)
        raise self.undeclared(node, node.name)

    def declared(self, node: Node, name: str) -> Name:
        slot = self.name_slots.get(name)
        if slot is None:
            slot = self.name_slots[name] = self.slots
            self.slots += 1
        return _typed(Name(node.start, node.end, node.depth, name, slot), self.names[name])

    def undeclared(self, node: Node, name: str) -> RuleError:
        message = f"unknown name `{show(name, 80)}`"
        if name in _LITERAL_WORDS:
            return self.error(node, message, f"`{_LITERAL_WORDS[name]}`")
        near = closest(name, [*self.names, *self.locals])
        if near is None and "." in name:  # `flag.trains.x`, `flags.trains`: compare piece by piece
            near = closest(name.rpartition(".")[0], self.names)
        if near is None:
            near = next((known for known in sorted(self.names) if known.endswith(f".{name}")), None)
        return self.error(node, message, f"`{near}`" if near else None)

    def select(self, node: Select) -> Node:
        chain = _chain(node)
        if chain is None or chain[0] in self.locals:
            return self.field(node, self.check(node.operand))
        for length in range(len(chain), 0, -1):
            name = ".".join(chain[:length])
            if name in self.names:
                return self.fields(node, len(chain) - length, name)
        raise self.undeclared(node, ".".join(chain))

    def fields(self, node: Node, count: int, name: str) -> Node:
        """`node` is a chain whose last `count` parts are fields of the fact `name`."""
        if count == 0 or not isinstance(node, Select):
            return self.declared(node, name)
        return self.field(node, self.fields(node.operand, count - 1, name))

    def field(self, node: Select, operand: Node) -> Node:
        node.operand = operand
        return _typed(node, self.field_type(node, operand, node.field))

    def field_type(self, node: Node, operand: Node, field: str) -> Type:
        of = operand.type
        match of.kind:
            case "dyn":
                return DYN
            case "map":
                return of.item or DYN
            case "record":
                found = of.field(field)
                if found is None:
                    near = closest(field, [key for key, _ in of.fields])
                    raise error_at(
                        self.source,
                        node.end - len(field) if isinstance(node, Select) else node.start,
                        f"{of} has no field `{show(field)}`",
                        f"`{near}`" if near else None,
                    )
                return found
        if field in FUNCTIONS and FUNCTIONS[field].style != "function":
            raise self.error(node, f"`{field}` is a function", f"`.{field}()`")
        hint = "`list.exists(x, …)`, `all`, `filter` or `map`" if of.kind == "list" else None
        raise self.error(node, f"{of.kind} has no fields, and so no `{field}`", hint)

    def has(self, node: Has) -> Node:
        chain = _chain(node.operand)
        full = ".".join([*chain, node.field]) if chain else ""
        if chain and chain[0] not in self.locals and full in self.names:
            raise self.error(node, f"has() asks for a field, and `{full}` is a fact", f"`{full} != null`")
        node.operand = self.check(node.operand)
        self.field_type(node, node.operand, node.field)
        return _typed(node, BOOL)

    # -- operators -------------------------------------------------------------------------------------------------

    def const(self, node: Const) -> Node:
        kinds = {bool: BOOL, int: INT, float: DOUBLE, str: STRING, type(None): NULL}
        return _typed(node, kinds[type(node.value)])

    def logic(self, node: Logic) -> Node:
        node.terms = [self.boolean(term, f"`{node.op}`") for term in node.terms]
        return _typed(node, BOOL)

    def boolean(self, node: Node, where: str) -> Node:
        checked = self.check(node)
        if checked.type.kind not in ("bool", "dyn"):
            hint = None
            if checked.type.kind in ("list", "string", "map"):
                hint = "`… .size() > 0`"
            elif checked.type.kind in _NUMBERS:
                hint = "`… > 0`"
            raise self.error(node, f"{where} needs true or false, not {checked.type}", hint)
        return checked

    def unary(self, node: Unary) -> Node:
        if node.op == "!":
            node.operand = self.boolean(node.operand, "`!`")
            return _typed(node, BOOL)
        node.operand = self.check(node.operand)
        if node.operand.type.kind not in ("int", "double", "dyn"):
            raise self.error(node, f"`-` cannot be used on {node.operand.type}")
        return _typed(node, node.operand.type)

    def binary(self, node: Binary) -> Node:
        node.left, node.right = self.check(node.left), self.check(node.right)
        a, b, op = node.left.type, node.right.type, node.op
        if op in ("==", "!="):
            if not _comparable(a, b):
                raise self.mismatch(node, a, b)
            return _typed(node, BOOL)
        if op == "in":
            return self.membership(node, a, b)
        if op in ("<", "<=", ">", ">="):
            fits = a.kind in _ORDERED and b.kind in _ORDERED and (_alike(a, b) or {a.kind, b.kind} <= _NUMBERS)
            if not fits:
                raise self.mismatch(node, a, b)
            return _typed(node, BOOL)
        allowed = {"+": ("int", "double", "string", "list"), "%": ("int",)}.get(op, ("int", "double"))
        kinds = {a.kind, b.kind} - {"dyn"}
        if len(kinds) > 1 or not kinds <= set(allowed) or (kinds == {"list"} and not _alike(a, b)):
            raise self.mismatch(node, a, b)
        return _typed(node, b if a.kind == "dyn" else a if b.kind == "dyn" else _join(a, b))

    def membership(self, node: Binary, a: Type, b: Type) -> Node:
        if b.kind == "list" and b.item is not None and not _comparable(a, b.item):
            raise self.mismatch(node, a, b)
        if b.kind == "map" and a.kind not in ("string", "dyn"):
            raise self.mismatch(node, a, b)
        if b.kind not in ("list", "map", "dyn"):
            hint = {"string": "`text.contains(part)`", "record": "`has(record.field)`"}.get(b.kind)
            raise error_at(self.source, node.at, f"`in` needs a list or map on its right, not {b}", hint)
        return _typed(node, BOOL)

    def mismatch(self, node: Binary, a: Type, b: Type) -> RuleError:
        hint = None
        if {a.kind, b.kind} == _NUMBERS:
            whole = node.left if a.kind == "int" else node.right
            text = self.source[whole.start : whole.end]
            hint = f"`{text}.0`" if isinstance(whole, Const) else f"`double({text})`"
        return error_at(self.source, node.at, f"`{node.op}` cannot be used between {a} and {b}", hint)

    def ternary(self, node: Ternary) -> Node:
        node.condition = self.boolean(node.condition, "`?:`")
        node.yes, node.no = self.check(node.yes), self.check(node.no)
        a, b = node.yes.type, node.no.type
        if "null" in (a.kind, b.kind) and a.kind != b.kind:
            return _typed(node, DYN)
        if {a.kind, b.kind} == _NUMBERS:
            return _typed(node, DOUBLE)
        if not _alike(a, b):
            raise self.error(node, f"`?:` ends in {a} or {b}: both must be of one type")
        return _typed(node, _join(a, b))

    def index(self, node: Index) -> Node:
        node.operand, node.key = self.check(node.operand), self.check(node.key)
        of, key = node.operand.type, node.key.type
        wanted = {"list": "int", "map": "string"}.get(of.kind)
        if of.kind == "record":
            raise self.error(node, f"a field of {of} is written with a dot", "`record.field`")
        if of.kind != "dyn" and wanted is None:
            raise self.error(node, f"{of} has no elements to index")
        if wanted and key.kind not in (wanted, "dyn"):
            raise self.error(node, f"{of.kind} is indexed by {wanted}, not {key}")
        return _typed(node, of.item or DYN)

    def list_literal(self, node: ListLiteral) -> Node:
        node.items = [self.check(item) for item in node.items]
        of = Type("list", _join_all([item.type for item in node.items]))
        if all(isinstance(item, Const) for item in node.items):
            return _typed(Const(node.start, node.end, node.depth, [_constant(item) for item in node.items]), of)
        return _typed(node, of)

    def map_literal(self, node: MapLiteral) -> Node:
        node.entries = [(key, self.check(value)) for key, value in node.entries]
        return _typed(node, Type("map", _join_all([value.type for _, value in node.entries])))

    # -- calls -----------------------------------------------------------------------------------------------------

    def macro(self, node: Macro) -> Node:
        node.target = self.check(node.target)
        of = node.target.type
        if of.kind not in ("list", "map", "dyn"):
            raise error_at(self.source, node.at, f"`{node.kind}` needs a list, not {of}")
        item = STRING if of.kind == "map" else of.item or DYN
        node.slot, self.slots = self.slots, self.slots + 1
        outer = self.locals.get(node.var)
        self.locals[node.var] = (node.slot, item)
        if node.kind == "map":
            if node.condition is not None:
                node.condition = self.boolean(node.condition, "the condition of `map`")
            node.body = self.check(node.body)
            result = list_of(node.body.type)
        elif node.kind == "sortBy":
            node.body = self.check(node.body)
            if node.body.type.kind not in _ORDERED:
                hint = "a number, a text or a truth value"
                raise error_at(self.source, node.at, f"`sortBy` cannot sort by {node.body.type}: it takes {hint}")
            result = list_of(item)
        else:
            node.body = self.boolean(node.body, f"the condition of `{node.kind}`")
            result = {"filter": list_of(item), "count": INT}.get(node.kind, BOOL)
        if outer is None:
            del self.locals[node.var]
        else:
            self.locals[node.var] = outer
        return _typed(node, result)

    def call(self, node: Call) -> Node:
        function = FUNCTIONS.get(node.function)
        if function is None or (function.style != "both" and (function.style == "method") != node.method):
            raise self.unknown_function(node, function)
        node.args = [self.check(arg) for arg in node.args]
        types = [arg.type for arg in node.args]
        results = [
            overload.result(types) if callable(overload.result) else overload.result
            for overload in function.overloads
            if len(overload.params) == len(types) and all(map(_alike, overload.params, types))
        ]
        if not results:
            given = ", ".join(map(str, types[1:] if node.method else types))
            on = f" on {types[0]}" if node.method else ""
            raise error_at(self.source, node.at, f"{node.function}({given}) cannot be used{on}")
        self.check_pattern(node)
        return _typed(node, _join_all(results) or DYN)

    def unknown_function(self, node: Call, function: Function | None) -> RuleError:
        if function is not None:
            example = f"`{function.name}(…)`" if function.style == "function" else f"`text.{function.name}(…)`"
            return error_at(self.source, node.at, f"`{function.name}` is called the other way", example)
        near = closest(node.function, [*FUNCTIONS, *MACROS, *_FOREIGN, "has"])
        near = _FOREIGN.get(near or "", near)
        return error_at(
            self.source, node.at, f"unknown function `{show(node.function)}`", f"`{near}`" if near else None
        )

    def check_pattern(self, node: Call) -> None:
        """A pattern that stands in the rule is compiled now, so that its error has a place."""
        if node.function not in ("matches", "glob") or not isinstance(node.args[1], Const):
            return
        pattern = node.args[1].value
        try:
            compiled(glob_pattern(pattern) if node.function == "glob" else pattern)
        except PatternError as error:
            raise self.error(node.args[1], str(error)) from None
        if "\b" in pattern:
            raise self.error(node.args[1], r"'\b' is a backspace here; the border of a word is '\\b'")


def _typed(node: N, of: Type) -> N:
    node.type = of
    return node


def _constant(node: Node) -> Any:
    assert isinstance(node, Const)
    return node.value


def _chain(node: Node) -> list[str] | None:
    """`a.b.c` as its parts; None where the node is anything else."""
    parts: list[str] = []
    while isinstance(node, Select):
        parts.append(node.field)
        node = node.operand
    if not isinstance(node, Ident):
        return None
    return [node.name, *reversed(parts)]


def _alike(a: Type, b: Type) -> bool:
    """Whether a value of the two types may be the same: CEL's assignability, in either direction."""
    if "dyn" in (a.kind, b.kind):
        return True
    if a.kind != b.kind:
        return {a.kind, b.kind} == {"map", "record"}
    return a.item is None or b.item is None or _alike(a.item, b.item)


def _comparable(a: Type, b: Type) -> bool:
    return _alike(a, b) or "null" in (a.kind, b.kind) or {a.kind, b.kind} == _NUMBERS


def _join(a: Type, b: Type) -> Type:
    """The type of a value that is of type `a` or `b`; dyn where they differ."""
    if a == b:
        return a
    if a.kind == b.kind and a.kind in ("list", "map"):
        return Type(a.kind, _join_all([item for item in (a.item, b.item) if item is not None]))
    return DYN


def _join_all(types: list[Type]) -> Type | None:
    """The joined type; None for no types: what an empty list holds may be of any."""
    if not types:
        return None
    joined = types[0]
    for of in types[1:]:
        joined = _join(joined, of)
    return joined


def complete(of: Type) -> Type:
    """The type with dyn for what an empty list or map left open."""
    if of.kind not in ("list", "map"):
        return of
    return Type(of.kind, DYN if of.item is None else complete(of.item))


_CHECKS: Final[dict[type[Node], Callable[[Checker, Any], Node]]] = {
    Const: Checker.const,
    Ident: Checker.ident,
    Select: Checker.select,
    Has: Checker.has,
    Index: Checker.index,
    Call: Checker.call,
    Unary: Checker.unary,
    Binary: Checker.binary,
    Logic: Checker.logic,
    Ternary: Checker.ternary,
    ListLiteral: Checker.list_literal,
    MapLiteral: Checker.map_literal,
    Macro: Checker.macro,
}
