"""One parsed file: its imports, what names are bound to and where, and its functions."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING, Final

from msgspec import Struct, field

if TYPE_CHECKING:
    from ast_grep_py import SgNode

FUNCTIONS: Final = frozenset(
    {
        "function_declaration",
        "function_expression",
        "generator_function",
        "generator_function_declaration",
        "arrow_function",
        "method_definition",
    }
)
_SCOPES: Final = FUNCTIONS | {"statement_block", "class_body", "for_statement", "for_in_statement", "catch_clause"}
_CLASSES: Final = frozenset({"class_declaration", "class", "abstract_class_declaration"})
_OTHERS: Final = frozenset(
    {
        "import_statement",
        "export_statement",
        "variable_declarator",
        "assignment_expression",
        "augmented_assignment_expression",
        "public_field_definition",
        "call_expression",
        "new_expression",
    }
)
WRAPPERS: Final = frozenset(
    {
        "await_expression",
        "parenthesized_expression",
        "as_expression",
        "satisfies_expression",
        "non_null_expression",
        "type_assertion",
    }
)
_WANTED: Final = tuple(sorted(_SCOPES | _CLASSES | _OTHERS))
FLOWS: Final = ("defineFlow", "defineStreamingFlow")
MAX_NODES: Final = 150_000  # of the kinds above; a file a person wrote has a few thousand


class TooLarge(Exception):  # noqa: N818
    """More nodes than are looked at."""


class Import(Struct):
    """`name` is `*` for the whole module or its default export, else the exported name; `alias` the local one.

    kind: import, type (erased at run time), require, dynamic, reexport."""

    line: int
    spec: str
    name: str
    alias: str
    kind: str = "import"


class Scope(Struct):
    start: int
    end: int
    node: SgNode | None
    kind: str
    parent: Scope | None = None
    name: str = ""
    names: dict[str, Binding] = field(default_factory=dict)


class Binding(Struct):
    """What a name stands for in a scope. kind: import, value, param, function, class. `path`: for a value that is
    destructured, the property it is taken from."""

    kind: str
    scope: Scope
    node: SgNode | None = None
    imported: Import | None = None
    path: str = ""
    assigned: list[SgNode] = field(default_factory=list)


class Module:
    """`jsx`: the grammar knows elements. Raises `TooLarge`."""

    def __init__(self, root: SgNode, text: str, *, jsx: bool = True) -> None:
        self.root = root
        self.text = text
        self.jsx = jsx
        self.top = Scope(0, len(text) + 1, None, "program")
        self.imports: list[Import] = []
        self.bindings: dict[str, list[Binding]] = defaultdict(list)
        self.fields: dict[tuple[int, str], list[SgNode]] = defaultdict(list)  # (class body's start, field) -> values
        self.exports: list[SgNode] = []
        self.calls: list[SgNode] = []
        self.functions: list[Scope] = []
        self.scopes: list[Scope] = [self.top]
        self._assigned: list[tuple[str, SgNode, int]] = []
        nodes = root.find_all({"rule": {"any": [{"kind": kind} for kind in _WANTED]}})
        if len(nodes) > MAX_NODES:
            raise TooLarge
        self._read(nodes)
        for name, value, at in self._assigned:
            bound = self.bound(name, at)
            if bound is not None and bound.kind == "value":
                bound.assigned.append(value)

    @cached_property
    def _lines(self) -> list[int]:
        starts, at = [0], self.text.find("\n")
        while at >= 0:
            starts.append(at + 1)
            at = self.text.find("\n", at + 1)
        return starts

    @cached_property
    def methods(self) -> dict[str, SgNode]:
        """The methods of the classes of the top level, by `Class.method`."""
        classes = {
            body.range().start.index: name
            for name, bindings in self.bindings.items()
            for one in bindings
            if one.kind == "class" and one.scope is self.top and one.node is not None
            if (body := one.node.field("body")) is not None
        }
        return {
            f"{classes[scope.parent.start]}.{scope.name}": scope.node
            for scope in self.functions
            if scope.node is not None and scope.name and scope.parent is not None and scope.parent.start in classes
        }

    def _read(self, nodes: list[SgNode]) -> None:
        inner = self.top
        for node in nodes:
            kind = node.kind()
            place = node.range()
            start, end = place.start.index, place.end.index
            while inner.parent is not None and start >= inner.end:
                inner = inner.parent
            if kind in _SCOPES:
                made = Scope(start, end, node, kind, inner)
                self.scopes.append(made)
                if kind in FUNCTIONS:
                    self._function(node, made, inner)
                inner = made
                if kind == "catch_clause":
                    self._bind_pattern(node.field("parameter"), "param", made, None)
                elif kind == "for_in_statement":
                    self._bind_pattern(node.field("left"), "param", made, None)
            elif kind in _CLASSES:
                name = node.field("name")
                if name is not None:
                    self._add(name.text(), Binding("class", inner, node))
            elif kind == "variable_declarator":
                self._declared(node, inner)
            elif kind == "import_statement":
                self._import(node, place.start.line + 1)
            elif kind == "export_statement":
                self._export(node, place.start.line + 1)
            elif kind in ("assignment_expression", "augmented_assignment_expression"):
                self._assignment(node, start, inner)
            elif kind == "public_field_definition":
                self._field(node, inner)
            else:
                self.calls.append(node)
                self._bare_require(node, place.start.line + 1)

    def _bare_require(self, node: SgNode, line: int) -> None:
        """`require("dotenv").config()` and `import("m").then(…)`, which bind no name."""
        called = node.field("function")
        if called is not None and called.kind() in ("identifier", "import") and called.text() in ("require", "import"):
            spec = required(node)
            if spec is not None and not any(one.line == line and one.spec == spec for one in self.imports[-3:]):
                kind = "require" if called.text() == "require" else "dynamic"
                self.imports.append(Import(line, spec, "*", "", kind))

    # --- what is bound -----------------------------------------------------------------------------------------------
    def _function(self, node: SgNode, made: Scope, outer: Scope) -> None:
        self.functions.append(made)
        name = node.field("name")
        made.name = name.text() if name is not None else _name_from_parent(node)
        if name is not None and node.kind() != "method_definition":
            home = outer if node.kind().endswith("declaration") else made
            self._add(name.text(), Binding("function", home, node))
        single = node.field("parameter")
        if single is not None:
            self._bind_pattern(single, "param", made, None)
        parameters = node.field("parameters")
        for one in parameters.children() if parameters is not None else ():
            if one.is_named() and one.kind() != "comment":
                self._parameter(one, made)

    def _add(self, name: str, binding: Binding) -> None:
        self.bindings[name].append(binding)
        binding.scope.names[name] = binding

    def _parameter(self, node: SgNode, scope: Scope) -> None:
        pattern = node.field("pattern") or node.field("left") or node
        self._bind_pattern(pattern, "param", scope, node)
        if scope.name == "constructor" and pattern.kind() == "identifier" and _is_field(node):
            body = _class_body(scope)
            if body is not None:
                self.fields[body.start, pattern.text()].append(node)

    def _declared(self, node: SgNode, scope: Scope) -> None:
        name, value = node.field("name"), node.field("value")
        if name is None:
            return
        if value is not None:
            self._required(name, value, node)
        self._bind_pattern(name, "value", scope, value if value is not None else node)

    def _required(self, name: SgNode, value: SgNode, node: SgNode) -> None:
        """`const x = require("m")`, and `await import("m")`, as imports."""
        spec = required(value)
        if spec is None:
            return
        kind = "require" if "require" in value.text()[:40] else "dynamic"
        line = node.range().start.line + 1
        if name.kind() == "identifier":
            self.imports.append(Import(line, spec, "*", name.text(), kind))
            return
        for local, path in pattern_names(name):
            self.imports.append(Import(line, spec, path, local, kind))

    def _bind_pattern(self, name: SgNode | None, kind: str, scope: Scope, value: SgNode | None) -> None:
        if name is None:
            return
        for local, path in pattern_names(name):
            self._add(local, Binding(kind, scope, value, path=path))

    def _assignment(self, node: SgNode, start: int, scope: Scope) -> None:
        left, right = node.field("left"), node.field("right")
        if left is None or right is None:
            return
        if left.kind() == "identifier":
            self._assigned.append((left.text(), right, start))
        elif left.kind() == "member_expression" and left.text().startswith("this."):
            body = _class_body(scope)
            if body is not None:
                self.fields[body.start, left.text()[5:].lstrip("#")].append(right)

    def _field(self, node: SgNode, scope: Scope) -> None:
        name = node.field("name")
        if name is not None and scope.kind == "class_body":
            value = node.field("value")
            self.fields[scope.start, name.text().lstrip("#")].append(value if value is not None else node)

    def _import(self, node: SgNode, line: int) -> None:
        source = node.field("source")
        if source is None:
            return
        spec = unquoted(source)
        erased = node.text()[:14].split()[1:2] == ["type"]
        kind = "type" if erased else "import"
        found = False
        for clause in node.children():
            if clause.kind() != "import_clause":
                continue
            for part in clause.children():
                if part.kind() == "identifier":
                    self._imported(Import(line, spec, "*", part.text(), kind))
                elif part.kind() == "namespace_import":
                    self._imported(Import(line, spec, "*", part.text().split()[-1], kind))
                elif part.kind() == "named_imports":
                    for one in part.children():
                        if one.kind() == "import_specifier":
                            name, alias = one.field("name"), one.field("alias")
                            if name is None:
                                continue
                            inner = "type" if one.text().startswith("type ") else kind
                            exported = name.text().strip("'\"")
                            local = alias.text() if alias is not None else exported
                            self._imported(Import(line, spec, "*" if exported == "default" else exported, local, inner))
                found = True
        if not found:
            self.imports.append(Import(line, spec, "*", "", kind))

    def _imported(self, one: Import) -> None:
        self.imports.append(one)
        self._add(one.alias, Binding("import", self.top, imported=one))

    def _export(self, node: SgNode, line: int) -> None:
        source = node.field("source")
        if source is None:
            self.exports.append(node)
            return
        spec = unquoted(source)
        named = False
        for clause in node.children():
            if clause.kind() == "export_clause":
                named = True
                for one in clause.children():
                    if one.kind() == "export_specifier":
                        name, alias = one.field("name"), one.field("alias")
                        if name is not None:
                            exported = "*" if name.text() == "default" else name.text()
                            local = alias.text() if alias is not None else name.text()
                            self.imports.append(Import(line, spec, exported, local, "reexport"))
            elif clause.kind() == "namespace_export":
                named = True
                self.imports.append(Import(line, spec, "*", clause.text().split()[-1], "reexport"))
        if not named:
            self.imports.append(Import(line, spec, "**", "", "reexport"))

    # --- look-ups ----------------------------------------------------------------------------------------------------
    def bound(self, name: str, at: int) -> Binding | None:
        """What `name` stands for at an offset: the binding of the innermost scope around it."""
        if name not in self.bindings:
            return None
        return next((found for scope in self.around(at) if (found := scope.names.get(name)) is not None), None)

    def around(self, at: int) -> Iterator[Scope]:
        """The scopes around an offset, innermost first."""
        index = bisect_right(self.scopes, at, key=lambda scope: scope.start) - 1
        scope: Scope | None = self.scopes[index]
        while scope is not None:
            if scope.start <= at < scope.end:
                yield scope
            scope = scope.parent

    @cached_property
    def _starts(self) -> list[int]:
        return [call.range().start.index for call in self.calls]

    def calls_in(self, start: int, end: int) -> list[SgNode]:
        """The calls that begin between two offsets."""
        return self.calls[bisect_left(self._starts, start) : bisect_left(self._starts, end)]

    def function_at(self, at: int) -> str:
        """The name of the innermost named function around an offset, "" at the top."""
        return next((one.name for one in self.around(at) if one.kind in FUNCTIONS and one.name), "")

    def class_at(self, at: int) -> Scope | None:
        return next((one for one in self.around(at) if one.kind == "class_body"), None)


def _is_field(parameter: SgNode) -> bool:
    """`constructor(private readonly client: OpenAI)`: the parameter becomes a field."""
    modifiers = ("accessibility_modifier", "readonly", "override_modifier")
    return parameter.kind().endswith("_parameter") and any(one.kind() in modifiers for one in parameter.children())


def _class_body(scope: Scope) -> Scope | None:
    inner: Scope | None = scope
    while inner is not None and inner.kind != "class_body":
        inner = inner.parent
    return inner


def _name_from_parent(node: SgNode) -> str:
    """`const f = () => …`, `{f: () => …}` and `export default memo(() => …)`: the name beside the function."""
    parent = node.parent()
    for _ in range(3):
        if parent is None:
            return ""
        kind = parent.kind()
        if kind in ("variable_declarator", "pair", "public_field_definition", "assignment_expression"):
            name = parent.field("name") or parent.field("key") or parent.field("left")
            return name.text().rpartition(".")[2].strip("'\"") if name is not None else ""
        if kind not in ("arguments", "call_expression", *WRAPPERS):
            return ""
        later = (
            kind == "arguments" and parent.children()[1:2] and parent.children()[1].range().start != node.range().start
        )
        if later and not makes_flow(parent.parent()):
            return ""  # a later argument: `app.get("/", handler)` gives no name
        parent = parent.parent()
    return ""


def makes_flow(call: SgNode | None) -> bool:
    """`ai.defineFlow({…}, async (input) => …)` gives back what runs the function."""
    called = call.field("function") if call is not None else None
    return called is not None and called.text()[-40:].endswith(FLOWS)


def pattern_names(node: SgNode) -> Iterator[tuple[str, str]]:
    """(local name, dotted path of properties) of a binding pattern; the path is "" for the whole, "?" for a rest."""
    kind = node.kind()
    if kind in ("identifier", "shorthand_property_identifier_pattern"):
        yield node.text(), "" if kind == "identifier" else node.text()
    elif kind == "object_pattern":
        for one in node.children():
            yield from _property(one)
    elif kind in ("array_pattern", "lexical_declaration", "variable_declarator"):
        for one in node.children():
            for local, _ in pattern_names(one):
                yield local, "?"
    elif kind == "rest_pattern":
        for one in node.children():
            if one.kind() == "identifier":
                yield one.text(), "?"
    elif kind in ("assignment_pattern", "object_assignment_pattern", "required_parameter", "optional_parameter"):
        left = node.field("left") or node.field("pattern")
        if left is not None:
            yield from pattern_names(left)


def _property(node: SgNode) -> Iterator[tuple[str, str]]:
    if node.kind() == "pair_pattern":
        key, value = node.field("key"), node.field("value")
        if key is None or value is None:
            return
        for local, path in pattern_names(value):
            head = key.text().strip("'\"")
            yield local, f"{head}.{path}" if path else head
    else:
        yield from pattern_names(node)


def unquoted(node: SgNode) -> str:
    return node.text()[1:-1]


def required(node: SgNode) -> str | None:
    """The specifier of `require("m")` or `import("m")`, awaited or not, `.default` or a member after it."""
    while node.kind() in WRAPPERS or node.kind() == "member_expression":
        inner = node.field("object") if node.kind() == "member_expression" else first_named(node)
        if inner is None:
            return None
        node = inner
    if node.kind() != "call_expression":
        return None
    called, arguments = node.field("function"), node.field("arguments")
    if called is None or arguments is None or called.text() not in ("require", "import"):
        return None
    first = first_named(arguments)
    return unquoted(first) if first is not None and first.kind() == "string" else None


def named_in(node: SgNode) -> list[SgNode]:
    """The parts of a node that say something: no brackets, commas and comments."""
    return [one for one in node.children() if one.is_named() and one.kind() != "comment"]


def first_named(node: SgNode) -> SgNode | None:
    return next((one for one in node.children() if one.is_named() and one.kind() != "comment"), None)
