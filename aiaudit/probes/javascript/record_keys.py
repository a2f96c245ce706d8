"""The keys of what a call hands on: of an object, a list of them, a name that is bound to one or filled key by key."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Final

from msgspec import Struct, field

from aiaudit.probes.javascript.calls import arguments_of
from aiaudit.probes.javascript.factories import factory_of, object_of
from aiaudit.probes.javascript.flows import place_of
from aiaudit.probes.javascript.module import FUNCTIONS, WRAPPERS, Binding, Module, first_named, named_in
from aiaudit.probes.python.match import name_set

if TYPE_CHECKING:
    from ast_grep_py import SgNode

MAX_DEPTH: Final = 7  # names, objects and calls that are followed into each other
MAX_ITEMS: Final = 6  # of a list are looked at
MAX_KEYS: Final = 60
_PLAIN: Final = frozenset(
    {"string", "template_string", "number", "true", "false", "null", "undefined", "regex", "unary_expression"}
)
# What these give back has the keys that they were given.
_SAME: Final = name_set("stringify marshall structuredClone freeze assign create build merge from of hydrate")
_WHOLE: Final = name_set("properties fields")  # of a page of Notion, a row of Airtable
_OF_OWNER: Final = name_set("map flatMap")
_KEPT_OWNER: Final = name_set("filter slice reverse sort concat flat trim toString")


class Keys(Struct):
    """`named`: key -> value. `open`: there may be others. `handed`: which parameter of the function around brings them,
    (place, property; "" for the whole of it)."""

    named: dict[str, SgNode | None] = field(default_factory=dict)
    open: bool = False
    handed: tuple[int, str] | None = None
    spread: list[SgNode] = field(default_factory=list)  # of which nothing more is known

    def take(self, other: Keys) -> None:
        for name, value in other.named.items():
            if len(self.named) < MAX_KEYS:
                self.named.setdefault(name, value)
        self.open = self.open or other.open
        self.handed = self.handed or other.handed
        self.spread += other.spread


class KeyFinder:
    """Follows names inside one file."""

    def __init__(self, module: Module) -> None:
        self.module = module

    def of(self, node: SgNode | None, depth: int = 0) -> Keys:
        found = Keys()
        while node is not None and node.kind() in WRAPPERS:
            node = first_named(node)
        if node is None or depth > MAX_DEPTH:
            found.open = node is not None
            return found
        kind = node.kind()
        if kind == "object":
            self._object(node, found, depth)
        elif kind == "array":
            for one in named_in(node)[:MAX_ITEMS]:
                inner = first_named(one) if one.kind() == "spread_element" else one
                found.take(self.of(inner, depth + 1))
        elif kind in ("identifier", "shorthand_property_identifier"):
            self._name(node, found, depth)
        elif kind in ("call_expression", "new_expression"):
            self._call(node, found, depth)
        elif kind in ("ternary_expression", "binary_expression"):
            sides = ["consequence", "alternative"] if kind == "ternary_expression" else ["left", "right"]
            operator = node.field("operator")
            if operator is not None and operator.text() == "&&":
                sides = sides[1:]
            for side in sides:
                found.take(self.of(node.field(side), depth + 1))
        elif kind not in _PLAIN:
            found.open = True
        return found

    def _object(self, node: SgNode, found: Keys, depth: int) -> None:
        for one in node.children():
            kind = one.kind()
            if kind == "pair":
                key, value = one.field("key"), one.field("value")
                if key is None or key.kind() == "computed_property_name":
                    found.open = True
                    continue
                name = key.text().strip("'\"")
                if not name.startswith("$") and len(found.named) < MAX_KEYS:  # `$set` of MongoDB is no key
                    found.named.setdefault(name, value)
                self._inner(value, found, depth, must=name.startswith("$") or name in _WHOLE)
            elif kind == "shorthand_property_identifier":
                found.named.setdefault(one.text(), one)
            elif kind == "spread_element":
                spread = first_named(one)
                inner = self.of(spread, depth + 1)
                if inner.open and spread is not None:
                    inner.spread.append(spread)
                found.take(inner)

    def _inner(self, value: SgNode | None, found: Keys, depth: int, *, must: bool) -> None:
        """Objects inside an object are part of what is kept; a value of another kind is one key's, which is known."""
        while value is not None and value.kind() in WRAPPERS:
            value = first_named(value)
        if value is None or (not must and not self._holds_objects(value)):
            return
        inner = self.of(value, depth + 1)
        if must:
            found.take(inner)
            return
        for name, one in inner.named.items():
            if len(found.named) < MAX_KEYS:
                found.named.setdefault(name, one)

    def _holds_objects(self, value: SgNode) -> bool:
        """Whether a value is an object or a list, by what it is written as or by the one name it has in this file."""
        if value.kind() == "identifier":
            bound = self.module.bound(value.text(), value.range().start.index)
            if bound is None or bound.kind != "value" or bound.path or bound.node is None:
                return False
            value = bound.node
            while value.kind() in WRAPPERS and (inner := first_named(value)) is not None:
                value = inner
        return value.kind() in ("object", "array") or value.text().startswith("JSON.stringify(")

    def _name(self, node: SgNode, found: Keys, depth: int) -> None:
        name, at = node.text(), node.range().start.index
        bound = self.module.bound(name, at)
        if bound is None:
            found.open = name != "undefined"
            return
        if bound.kind == "param":
            self._parameter(name, bound, found, depth)
        elif bound.kind != "value" or bound.node is None or bound.path:
            found.open = True
            self._filled(name, bound, found)
        else:
            values = [one for one in (bound.node, *bound.assigned) if one.kind() != "variable_declarator"]
            for one in values[:MAX_ITEMS]:
                found.take(self.of(one, depth + 1))
            self._filled(name, bound, found)
            self._pushed(name, bound, found, depth)
            found.open = found.open or (not values and not found.named)

    def _parameter(self, name: str, bound: Binding, found: Keys, depth: int) -> None:
        """What callers bring; of a callback of `map`, what stands in the list."""
        scope = bound.scope
        self._filled(name, bound, found)
        if scope.kind == "for_in_statement" and scope.node is not None and not bound.path:
            found.take(self.of(scope.node.field("right"), depth + 1))
            return
        found.open = True
        made = scope.node
        if scope.kind not in FUNCTIONS or made is None:
            return
        if not bound.path:
            place = place_of(name, made)
            found.handed = found.handed or ((place, "") if place is not None else None)
        elif bound.path != "?" and bound.node is not None and "." not in bound.path:
            place = next((at for at, one in enumerate(_parameters(made)) if one.range() == bound.node.range()), None)
            found.handed = found.handed or ((place, bound.path) if place is not None else None)

    @cached_property
    def _fillings(self) -> dict[str, list[tuple[str, SgNode, int]]]:
        """Name -> (key, value, offset): `row.time = …`, `row["time"] = …`."""
        found: dict[str, list[tuple[str, SgNode, int]]] = {}
        for node in self.module.root.find_all({"rule": {"kind": "assignment_expression"}})[:4000]:
            left, right = node.field("left"), node.field("right")
            if left is None or right is None or left.kind() not in ("member_expression", "subscript_expression"):
                continue
            owner, key = left.field("object"), left.field("property") or left.field("index")
            if owner is None or key is None or owner.kind() != "identifier":
                continue
            if key.kind() not in ("property_identifier", "string", "number"):
                found.setdefault(owner.text(), []).append(("", right, left.range().start.index))  # `all[id] = …`
            elif key.kind() != "number":
                found.setdefault(owner.text(), []).append((key.text().strip("'\""), right, left.range().start.index))
        return found

    def _filled(self, name: str, bound: Binding, found: Keys) -> None:
        for key, value, at in self._fillings.get(name, ()):
            if bound.scope.start <= at < bound.scope.end and self.module.bound(name, at) is bound:
                if key:
                    found.named.setdefault(key, value)
                found.open = found.open or not key

    def _pushed(self, name: str, bound: Binding, found: Keys, depth: int) -> None:
        """`rows.push({…})`."""
        if f"{name}.push(" not in self.module.text:
            return
        for call in self.module.calls_in(bound.scope.start, bound.scope.end):
            called = call.field("function")
            if called is not None and called.text() == f"{name}.push":
                for one in arguments_of(call)[:MAX_ITEMS]:
                    found.take(self.of(one, depth + 1))

    def _call(self, node: SgNode, found: Keys, depth: int) -> None:
        called, given = node.field("function") or node.field("constructor"), arguments_of(node)
        if called is None:
            found.open = True
            return
        member = called.kind() == "member_expression"
        last_node = called.field("property") if member else called
        last = last_node.text() if last_node is not None else ""
        owner = called.field("object") if member else None
        if member and last in _OF_OWNER and given and given[0].kind() in FUNCTIONS:
            found.take(self._returned(given[0], depth))
        elif member and last in _KEPT_OWNER:
            found.take(self.of(owner, depth + 1))
        elif (last in _SAME or node.kind() == "new_expression") and given:
            for one in given[: MAX_ITEMS if last == "assign" else 1]:
                found.take(self.of(one, depth + 1))
        elif (made := object_of(factory_of(node, self.module))) is not None:
            found.take(self.of(made, depth + 1))
        else:
            found.open = True

    def _returned(self, function: SgNode, depth: int) -> Keys:
        """The keys of what a callback gives back."""
        found, body = Keys(), function.field("body")
        if body is None:
            return Keys(open=True)
        if body.kind() != "statement_block":
            return self.of(body, depth + 1)
        returns = list(body.find_all(kind="return_statement"))[:MAX_ITEMS]
        for one in returns:
            found.take(self.of(first_named(one), depth + 1))
        found.open = found.open or not returns
        return found


def _parameters(made: SgNode) -> list[SgNode]:
    listed = made.field("parameters")
    return named_in(listed) if listed is not None else []
