"""What other files need to know of a file: its imports, what it exports, its constants."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from aiaudit import lazy
from aiaudit.model.types import Unknown, as_json
from aiaudit.probes.javascript.factories import made_objects
from aiaudit.probes.javascript.module import FUNCTIONS, Import, Module, first_named, pattern_names
from aiaudit.probes.javascript.names import GLOBAL, LOCAL, UNKNOWN
from aiaudit.probes.javascript.resolve import Named, Resolver
from aiaudit.probes.javascript.values import Values
from aiaudit.probes.python.values import redacted

if TYPE_CHECKING:
    from ast_grep_py import SgNode

MAX_EXPORTS: Final = 300
_DECLARATIONS: Final = frozenset({"lexical_declaration", "variable_declaration"})
_IMPORT: Final = lazy.regex(
    rb"(?:^|[\s;}])(?:(import|export)\b[^;'\"`()]{0,2000}?\bfrom\s*|import\s+|(?:require|import)\(\s*)[\"']([^\"'\n]{1,200})[\"']"
)
_CONSTANT: Final = lazy.regex(
    rb"(?m)^export const (\w{1,80})(?:\s*+:\s*+[\w|\s]{1,40})?\s*=\s*"
    rb"(\"[^\"\n\\]{0,200}\"|'[^'\n\\]{0,200}'|\d[\d_]{0,12}(?:\.\d{1,8})?|true|false)"
    rb"(?:\s+as const)?[ \t]*;?[ \t]*$"
)


def light_record(data: bytes) -> dict[str, Any]:
    """The record of a file in which nothing that is asked for stands: what it imports, read off its text."""
    imports: list[list[Any]] = []
    line, last = 1, 0
    for match in _IMPORT.finditer(data):
        line += data.count(b"\n", last, match.start(2))
        last = match.start(2)
        kind = "reexport" if match.group(1) == b"export" else "import"
        name = "**" if kind == "reexport" else "*"
        imports.append([line, match.group(2).decode("utf-8", "replace"), name, "", kind])
    base: dict[str, Any] = {"imports": imports} if imports else {}
    constants = {match.group(1).decode(): _literal(match.group(2)) for match in _CONSTANT.finditer(data)}
    if constants:
        base |= {"constants": constants, "exports": {name: {"local": name} for name in constants}}
    return {"base": base} if base else {}


def _literal(text: bytes) -> Any:
    if text[:1] in b"\"'":
        return redacted(text[1:-1].decode("utf-8", "replace"))
    if text in (b"true", b"false"):
        return text == b"true"
    number = float(text.replace(b"_", b""))
    return int(number) if number.is_integer() else number


def base_record(module: Module, resolver: Resolver, values: Values) -> dict[str, Any]:
    """`exports`: name -> what it stands for. `constants`: exported and other scalars of the top level. `makes`: what
    functions put together as the options of a call."""
    made: dict[str, Any] = {"imports": [_import(one) for one in module.imports]}
    exports = _Exports(module, resolver, values).found()
    if exports:
        made["exports"] = exports
    constants = _constants(module, values)
    if constants:
        made["constants"] = constants
    makes = made_objects(module, values)
    if makes:
        made["makes"] = makes
    return made


def _import(one: Import) -> list[Any]:
    return [one.line, one.spec, one.name, one.alias, one.kind]


class _Exports:
    def __init__(self, module: Module, resolver: Resolver, values: Values) -> None:
        self.module = module
        self.resolver = resolver
        self.values = values
        self.rows: dict[str, dict[str, Any]] = {}

    def found(self) -> dict[str, dict[str, Any]]:
        for node in self.module.exports[:MAX_EXPORTS]:
            default = any(one.kind() == "default" for one in node.children())
            for one in node.children():
                self._part(one, default)
        for name, value in self._common():
            self._add(name, value)
        return self.rows

    def _part(self, node: SgNode, default: bool) -> None:
        kind = node.kind()
        if kind in _DECLARATIONS:
            for one in node.children():
                if one.kind() == "variable_declarator":
                    name, value = one.field("name"), one.field("value")
                    for local, _ in pattern_names(name) if name is not None else ():
                        self._local(local, local, value)
        elif kind == "export_clause":
            for one in node.children():
                name = one.field("name") if one.kind() == "export_specifier" else None
                if name is not None:
                    alias = one.field("alias")
                    exported = alias.text() if alias is not None else name.text()
                    self._local("*" if exported == "default" else exported, name.text(), None)
        elif kind in FUNCTIONS or kind.endswith("class_declaration"):
            name = node.field("name")
            self._local("*" if default or name is None else name.text(), name.text() if name is not None else "", node)
        elif default and node.is_named() and kind not in ("comment", "decorator"):
            if node.kind() == "identifier":
                self._local("*", node.text(), None)
            else:
                self._add("*", node)

    def _common(self) -> list[tuple[str, SgNode]]:
        """`module.exports = {a, b: c}`, `module.exports = x`, `exports.a = x`."""
        found: list[tuple[str, SgNode]] = []
        if "exports" not in self.module.text:
            return found
        for node in self.module.root.find_all(
            {"rule": {"kind": "assignment_expression", "regex": r"^(module\.)?exports\b"}}
        )[:50]:
            left, right = node.field("left"), node.field("right")
            if left is None or right is None:
                continue
            target = left.text().removeprefix("module.")
            if target != "exports":
                found.append((target.removeprefix("exports."), right))
            elif right.kind() == "object":
                for one in right.children():
                    key, value = one.field("key"), one.field("value")
                    if one.kind() == "shorthand_property_identifier":
                        found.append((one.text(), one))
                    elif key is not None and value is not None:
                        found.append((key.text(), value))
            else:
                found.append(("*", right))
        return found

    def _local(self, exported: str, local: str, value: SgNode | None) -> None:
        bound = next((one for one in self.module.bindings.get(local, ()) if one.scope is self.module.top), None)
        if bound is not None and bound.imported is not None:
            one = bound.imported
            self.rows[exported] = {"name": [one.spec, "" if one.name == "*" else one.name]}
            return
        node = value if value is not None else bound.node if bound is not None else None
        if node is not None and node.kind() in FUNCTIONS:
            made = self.resolver.returned(local, 0) if local else None
            self._row(exported, made, local)
            if exported in self.rows:
                self.rows[exported]["call"] = True
        elif bound is not None:
            self._row(exported, self.resolver._name(local, self.module.top.end - 1, 0), local)

    def _add(self, exported: str, value: SgNode) -> None:
        self._row(exported, self.resolver.of(value), "")

    def _row(self, exported: str, made: Named | None, local: str) -> None:
        row: dict[str, Any] = {"local": local} if local else {}
        if made is not None and made.spec not in (GLOBAL, LOCAL, UNKNOWN):
            row["name"] = [made.spec, made.rest]
            if made.made is not None:
                given: dict[str, Any] = {}
                hidden = False
                arguments = made.made.field("arguments")
                for one in arguments.children() if arguments is not None else ():
                    if one.is_named() and one.kind() != "comment":
                        found, more = self.values.options(one)
                        given, hidden = {**found, **given}, hidden or more
                row |= {"kw": as_json(given), "star": hidden}
        if row:
            self.rows[exported] = row


def _constants(module: Module, values: Values) -> dict[str, Any]:
    """Scalars bound once at the top level; properties of exported objects as `NAME.property`."""
    found: dict[str, Any] = {}
    for name, bindings in module.bindings.items():
        one = bindings[0]
        if len(bindings) != 1 or one.scope is not module.top or one.kind != "value" or one.node is None:
            continue
        if one.assigned or one.path or len(found) > MAX_EXPORTS:
            continue
        node = one.node
        while node.kind() in ("as_expression", "satisfies_expression"):
            node = first_named(node) or node
        if node.kind() == "object":
            inner, _ = values.options(node)
            found |= {f"{name}.{key}": value for key, value in inner.items() if _scalar(value)}
        elif node.kind() not in ("call_expression", "new_expression", "identifier"):
            value = values.of(node, name)
            if _scalar(value):
                found[name] = value
    return found


def _scalar(value: Any) -> bool:
    return isinstance(value, str | int | float | bool) and not isinstance(value, Unknown)
