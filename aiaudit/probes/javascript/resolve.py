"""What an expression stands for: a module and the path of members from it, within one file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from aiaudit.probes.javascript.module import FUNCTIONS, WRAPPERS, Binding, Module, first_named, required, unquoted
from aiaudit.probes.javascript.names import GLOBAL, LOCAL, UNKNOWN
from aiaudit.probes.javascript.page_state import PageState
from aiaudit.probes.javascript.prepared import CALLED, is_flow, is_prepared

if TYPE_CHECKING:
    from ast_grep_py import SgNode

MAX_STEPS: Final = 14
_NO_OBJECTS: Final = frozenset(
    {"string", "template_string", "number", "array", "object", "true", "false", "null", "regex", "undefined"}
)


class Named(NamedTuple):
    """`spec`: the module's specifier as written, or one of GLOBAL, LOCAL, UNKNOWN. `made`: the call or `new` that made
    the object at the head of `rest`. `sure`: False where other values were assigned too; `other`: the specifier and the
    rest of the only other that it may be (`fast ? small : large`)."""

    spec: str
    rest: str
    made: SgNode | None = None
    sure: bool = True
    other: tuple[str, str] | None = None

    def then(self, member: str) -> Named:
        spec, rest = self.other or ("", "")
        other = (spec, f"{rest}.{member}" if rest else member) if self.other is not None else None
        return self._replace(rest=f"{self.rest}.{member}" if self.rest else member, other=other)


class Resolver:
    """Follows names, members, single assignments, fields of `this`, typed parameters and small factories."""

    def __init__(self, module: Module) -> None:
        self.module = module
        self._state = PageState(module)
        self._known: dict[tuple[int, int], Named | None] = {}
        self._cut: dict[tuple[int, int], int] = {}  # from how many steps on the way did not reach its end
        self._cuts = 0

    def of(self, node: SgNode | None, steps: int = 0) -> Named | None:
        """None where it cannot be told."""
        if node is None:
            return None
        if steps > MAX_STEPS:
            self._cuts += 1
            return None
        place = node.range()
        key = (place.start.index, place.end.index)
        # What was too far from one place is tried again from a nearer one.
        if key not in self._known or steps < self._cut.get(key, 0):
            cuts = self._cuts
            self._known[key] = None  # a name that leads to itself
            self._cut.pop(key, None)
            self._known[key] = self._of(node, steps)
            if self._cuts > cuts:
                self._cut[key] = steps
        elif key in self._cut:
            self._cuts += 1
        return self._known[key]

    def called(self, call: SgNode) -> Named:
        """What a call or `new` expression calls; of an unknown receiver, the members after it."""
        target = call.field("constructor") if call.kind() == "new_expression" else call.field("function")
        found = self.of(target)
        if found is not None and found.made is not None and call.kind() == "call_expression":
            if target is not None and target.kind() == "identifier" and is_flow(found.rest):
                return Named(LOCAL, target.text())  # what is run is the function that stands there
            return found.then(CALLED) if is_prepared(found.rest) and _is_value(target) else found
        if found is not None:
            return found
        return Named(UNKNOWN, ".".join(_members(target)))

    def _of(self, node: SgNode, steps: int) -> Named | None:
        kind = node.kind()
        if kind in ("identifier", "type_identifier", "shorthand_property_identifier"):
            return self._name(node.text(), node.range().start.index, steps)
        if kind == "member_expression":
            return self._member(node, steps)
        if kind == "subscript_expression":
            index = node.field("index")
            if index is None or index.kind() != "string":
                return None
            found = self.of(node.field("object"), steps + 1)
            return found.then(unquoted(index)) if found is not None else None
        if kind == "new_expression":
            found = self.of(node.field("constructor"), steps + 1)
            return found._replace(made=node) if found is not None else None
        if kind == "call_expression":
            return self._call(node, steps)
        if kind in WRAPPERS:
            return self.of(first_named(node), steps + 1)
        if kind in ("binary_expression", "ternary_expression"):
            sides = ("left", "right") if kind == "binary_expression" else ("consequence", "alternative")
            both = [self.of(node.field(side), steps + 1) for side in reversed(sides)]
            for one, beside in zip(both, reversed(both), strict=True):
                if one is not None and one.spec != GLOBAL:
                    chosen = kind == "ternary_expression" and beside is not None and one.sure and beside.sure
                    other = (beside.spec, beside.rest) if chosen and beside is not None else None
                    return one._replace(sure=kind == "binary_expression", other=other)
        if kind == "assignment_expression":
            return self.of(node.field("right"), steps + 1)
        return None

    def _member(self, node: SgNode, steps: int) -> Named | None:
        inner, member = node.field("object"), node.field("property")
        if inner is None or member is None:
            return None
        if inner.kind() == "this":
            return self._field(member.text().lstrip("#"), node.range().start.index, steps)
        found = self.of(inner, steps + 1)
        if found is None:
            return None
        name = member.text()
        if name == "current" and inner.kind() == "identifier":
            bound = self.module.bound(inner.text(), inner.range().start.index)
            kept = self._kept(self._state.put(bound, inner.text()), steps) if bound is not None else None
            if kept is not None:
                return kept
        if name == "default" and found.spec not in (GLOBAL, LOCAL):
            return found
        if found.spec == GLOBAL and found.rest in ("globalThis", "window", "global", "self"):
            return Named(GLOBAL, name)
        return found.then(name)

    def _call(self, node: SgNode, steps: int) -> Named | None:
        spec = (
            required(node) if (called := node.field("function")) and called.kind() in ("identifier", "import") else None
        )
        if spec is not None:
            return Named(spec, "")
        found = self.of(node.field("function"), steps + 1)
        if found is None:
            return None
        if found.spec == LOCAL and "." not in found.rest:
            made = self.returned(found.rest, node.range().start.index, steps + 1)
            if made is not None:
                return made
        return found._replace(made=node)

    def _name(self, name: str, at: int, steps: int) -> Named | None:
        bound = self.module.bound(name, at)
        if bound is None:
            return Named(GLOBAL, name)
        if bound.imported is not None:
            one = bound.imported
            return Named(one.spec, "" if one.name == "*" else one.name)
        if bound.kind in ("function", "class"):
            return Named(LOCAL, name)
        if bound.kind == "param":
            return self._taken(bound) or self._typed(bound.node, steps)
        return self._value(bound, name, at, steps)

    def _taken(self, bound: Binding) -> Named | None:
        """A parameter of what waits for a module: `import("m").then((m) => …)`."""
        arguments = bound.scope.node.parent() if bound.scope.node is not None else None
        call = arguments.parent() if arguments is not None and arguments.kind() == "arguments" else None
        called = call.field("function") if call is not None else None
        if called is None or called.kind() != "member_expression" or not called.text().endswith("then"):
            return None
        spec = required(called)
        if spec is None or bound.path == "?":
            return None
        found = Named(spec, "")
        return found.then(bound.path) if bound.path not in ("", "default") else found

    def _kept(self, values: list[SgNode], steps: int) -> Named | None:
        """The object of a library that a state or a reference of a component is given."""
        found = [one for value in values if (one := self._initial(value, "", steps)) is not None]
        known = [one for one in found if one.spec not in (GLOBAL, LOCAL, UNKNOWN) and one.made is not None]
        return known[0]._replace(sure=len({(one.spec, one.rest) for one in known}) == 1) if known else None

    def _value(self, bound: Binding, name: str, at: int, steps: int) -> Named | None:
        if bound.path == "?":
            return self._kept(self._state.values(bound, name), steps)
        values = [one for one in (bound.node, *bound.assigned) if one is not None]
        made = [found for value in values if (found := self._initial(value, name, steps)) is not None]
        if not made and bound.node is not None and not bound.path:  # `let client: Client | null = null`
            declared = bound.node.parent()
            typed = declared is not None and declared.kind() == "variable_declarator"
            return self._typed(declared, steps) if typed else None
        if not made:
            return None
        found = next((one for one in made if one.spec != GLOBAL), made[0])
        if bound.path:
            found = found.then(bound.path.removeprefix("default.")) if bound.path != "default" else found
        kinds = {(one.spec, one.rest) for one in made}
        return found._replace(sure=found.sure and len(kinds) == 1, other=found.other if len(kinds) == 1 else None)

    def _initial(self, value: SgNode, name: str, steps: int) -> Named | None:
        kind = value.kind()
        if kind == "variable_declarator":  # `let client: OpenAI`
            return self._typed(value, steps)
        if kind in FUNCTIONS:
            return Named(LOCAL, name)
        if kind in _NO_OBJECTS:
            return None
        return self.of(value, steps + 1)

    def _typed(self, node: SgNode | None, steps: int) -> Named | None:
        """An object by its type annotation, where that is a class or type that is imported, or a global one."""
        annotation = node.field("type") if node is not None else None
        if annotation is None:
            return None
        for part in self._types(annotation):
            one = part.field("name") or part if part.kind() == "generic_type" else part
            if one.kind() == "type_identifier":
                found = self._name(one.text(), one.range().start.index, steps + 1)
                return found if found is not None and found.spec != LOCAL else None
            if one.kind() == "nested_type_identifier":
                head, _, tail = one.text().partition(".")
                found = self._name(head, one.range().start.index, steps + 1)
                return found.then(tail) if found is not None and found.spec not in (LOCAL, GLOBAL) else None
        return None

    def _types(self, annotation: SgNode) -> list[SgNode]:
        """The types of an annotation: those of `Client | null`, too."""
        found: list[SgNode] = []
        todo = annotation.children()
        while todo and len(found) < 8:
            part = todo.pop(0)
            if part.kind() == "union_type":
                todo = [*part.children(), *todo]
            else:
                found.append(part)
        return found

    def _field(self, name: str, at: int, steps: int) -> Named | None:
        body = self.module.class_at(at)
        values = self.module.fields.get((body.start, name), []) if body is not None else []
        typed: Named | None = None
        for value in values:
            kind = value.kind()
            if kind.endswith(("_definition", "_parameter")):
                typed = typed or self._typed(value, steps + 1)
            elif kind not in _NO_OBJECTS:
                found = self.of(value, steps + 1)
                if found is not None and found.spec != GLOBAL:
                    return found._replace(sure=len(values) <= 2)
        if typed is None and not values:
            return Named(UNKNOWN, name)
        return typed

    def returned(self, name: str, at: int, steps: int = 0) -> Named | None:
        """What a small factory of this file returns: the one expression behind `return` or `=>`."""
        bound = self.module.bound(name, at)
        node = bound.node if bound is not None else None
        if node is None or node.kind() not in FUNCTIONS:
            return None
        body = node.field("body")
        if body is None:
            return None
        if body.kind() != "statement_block":
            return self._made(body, steps)
        place = node.range()
        returns = [one for one in body.find_all(kind="return_statement")[:12] if _function_of(one) == place.start.index]
        found = [self._made(first_named(one), steps) for one in returns[:4]]
        known = [one for one in found if one is not None]
        return known[-1] if known and len({(one.spec, one.rest) for one in known}) == 1 else None

    def _made(self, node: SgNode | None, steps: int) -> Named | None:
        """An object of a library that a factory returns; what a mere call answers is none."""
        found = self.of(node, steps + 1)
        if found is None or found.spec in (GLOBAL, LOCAL) or found.made is None:
            return None
        return found


def _is_value(target: SgNode | None) -> bool:
    """Whether what is called is what another call gave back: a name that holds it, or that call itself."""
    return target is not None and target.kind() in ("identifier", "call_expression", *WRAPPERS)


def _members(node: SgNode | None) -> list[str]:
    """The members at the end of an expression whose head is unknown."""
    out: list[str] = []
    while node is not None and node.kind() in ("member_expression", *WRAPPERS):
        if node.kind() == "member_expression":
            member = node.field("property")
            out.append(member.text() if member is not None else "?")
            node = node.field("object")
        else:
            node = first_named(node)
    if node is not None and node.kind() == "identifier" and not out:
        out.append(node.text())
    return out[::-1][-4:]


def _function_of(node: SgNode) -> int:
    """Where the innermost function around a node begins."""
    return next((one.range().start.index for one in node.ancestors() if one.kind() in FUNCTIONS), -1)
