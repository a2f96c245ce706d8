"""What is kept of every file, whatever the queries: imports, definitions, tests, and what other files may import.

Rows are lists to keep the cache small; `Base` reads them back by name.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Sequence
from functools import cached_property
from operator import pos
from sys import intern
from typing import Any, Final, NamedTuple

from aiaudit.model.types import Unknown, as_json
from aiaudit.plain_json import decode, encode
from aiaudit.probes.python.guards import keeps_what_it_makes
from aiaudit.probes.python.match import Patterns
from aiaudit.probes.python.module import Import, Module, Scope
from aiaudit.probes.python.names import dotted, last_name, root_name
from aiaudit.probes.python.nodes import any_between, first_line, statements
from aiaudit.probes.python.resolve import Resolver
from aiaudit.probes.python.skipped import ends_at_once, file_skipped, left_out, says_nothing
from aiaudit.probes.python.values import Values

_KINDS: Final = {"f": "function", "a": "async", "c": "class"}
MAX_CONSTANTS: Final = 300
MAX_LIST: Final = 10
_SCALARS: Final = frozenset((ast.Constant, ast.UnaryOp, ast.BinOp, ast.JoinedStr, ast.List, ast.Tuple))
_LETTERS: Final[dict[type, str]] = {ast.FunctionDef: "f", ast.AsyncFunctionDef: "a", ast.ClassDef: "c"}


class Definition(NamedTuple):
    """A function or class. `kind`: function, async, class. Decorators by their qualified names."""

    kind: str
    qualname: str
    line: int
    end: int
    decorators: list[str]


_ANSWERS: Final = frozenset({"callback", "route", "get", "post", "put", "delete", "websocket"})


class Test(NamedTuple):
    """A test function. `asserts`: its assert statements and assertion calls that can fail."""

    qualname: str
    line: int
    asserts: int
    skipped: bool


PACKED: Final = ("defs", "constants", "tests")  # kept as JSON texts: a tenth of the memory, and few files are asked


def pack(record: dict[str, Any]) -> None:
    """Put the large parts of a record, which are wanted of few files or once, into JSON texts; `Base` and `unpacked`
    read them."""
    if "calls" in record:
        record["calls"] = encode(record["calls"]).decode()
    base = record.get("base", {})
    for part in PACKED:
        if part in base:
            base[part] = encode(base[part]).decode()


def unpacked(part: Any) -> Any:
    """The rows of a part of a record, packed or not."""
    return decode(part) if isinstance(part, str) else part


class Base:
    """The base part of what the engine found in one file; each part is read when it is asked for."""

    def __init__(self, record: dict[str, Any]) -> None:
        self._rows: dict[str, Any] = record.get("base", {})
        for row in self._rows.get("imports", ()):
            row[2:] = map(intern, row[2:])  # the same few thousand names everywhere
        self.main = bool(self._rows.get("main"))
        # top-level name -> {"name": qualified name, "kw": constructor keywords}
        self.exports: dict[str, dict[str, Any]] = self._rows.get("exports", {})

    def _unpacked(self, part: str) -> Any:
        """What is packed, read anew each time: to keep what was read of all files would take what packing saves."""
        return unpacked(self._rows.get(part))

    @cached_property
    def imports(self) -> list[tuple[Import, bool]]:
        """Imported names, each with: is it inside a function."""
        return list(self.each_import())

    @cached_property
    def imported_as(self) -> dict[str, list[Import]]:
        """What is imported at the top level, by its local name."""
        found: dict[str, list[Import]] = {}
        for imported, local in self.each_import():
            if not local:
                found.setdefault(imported.alias, []).append(imported)
        return found

    @cached_property
    def imported_whole(self) -> list[Import]:
        """The `from module import *` of the file."""
        return [imported for imported, _ in self.each_import() if imported.name == "*"]

    def each_import(self, roots: Collection[str] | None = None) -> Iterator[tuple[Import, bool]]:
        """The same for those who look at a file once: nothing is kept. `roots`: only what is below these top-level
        modules."""
        rows = self._rows.get("imports", ())
        return _read_imports(rows if roots is None else [row for row in rows if row[2].partition(".")[0] in roots])

    @property
    def roots(self) -> set[str]:
        """The top-level modules of the imports; empty for relative ones."""
        return {row[2].partition(".")[0] for row in self._rows.get("imports", ())}

    @property
    def constants(self) -> dict[str, Any]:
        """Scalars and short lists assigned once at the top level or in a class, by name."""
        return self._unpacked("constants") or {}

    @property
    def definitions(self) -> list[Definition]:
        """Functions and classes in order of line."""
        return [_definition(row) for row in self.defined]

    def definitions_called(self, names: Collection[str]) -> Iterator[Definition]:
        """Those whose name without its class is among these."""
        return (_definition(row) for row in self.defined if row[1].rpartition(".")[2] in names)

    @property
    def defined(self) -> list[list[Any]]:
        """The rows behind `definitions`: kind, qualified name, line, last line, decorators."""
        return self._unpacked("defs") or []

    @property
    def tests(self) -> list[Test]:
        """Test functions in order of line."""
        return [Test(*row) for row in self._unpacked("tests") or ()]

    @property
    def broken_cells(self) -> list[tuple[int, int]]:
        """Cells of a notebook that are no Python: (number, line)."""
        return [(row[0], row[1]) for row in self._rows.get("broken", ())]


def _definition(row: list[Any]) -> Definition:
    return Definition(_KINDS[row[0]], row[1], row[2], row[3], row[4:])


def base_record(module: Module, resolver: Resolver, patterns: Patterns, interesting: Sequence[int]) -> dict[str, Any]:
    """The base record of one module as JSON. `interesting`: lines on which words of the patterns stand."""
    source = module.source
    line = source.line if source.places else pos  # those of the file itself
    idle = {region.line: region.asserts for region in source.idle if region.asserts}
    definitions: list[list[Any]] = []
    decorators = _Decorators(resolver)
    tests: list[list[Any]] = []
    nothing_counts = file_skipped(module.top)
    node: Any
    for scope in module.scopes[1:]:
        node = scope.node
        kind = _LETTERS[node.__class__]
        first = line(node.lineno)
        named = decorators.of(scope) if node.decorator_list else ()
        definitions.append([kind, scope.qualname, first, line(node.end_lineno), *named])
        if node.name.startswith("test") and _is_test(scope):
            skipped = nothing_counts or left_out(scope, named)
            tests.append([scope.qualname, first, idle.get(scope.end, 0) or _asserts(scope), skipped])
    definitions.sort(key=lambda row: row[2])
    record: dict[str, Any] = {
        "imports": _imports(module),
        "defs": definitions,
        "tests": tests,
        "main": module.has_main,
        "exports": _exports(module, resolver, patterns, interesting),
        "constants": _constants(module, Values(resolver)),
        "broken": [list(one) for one in source.broken],
    }
    return {key: value for key, value in record.items() if value}


def _imports(module: Module) -> list[list[Any]]:
    """Rows of [line, in a function, module, names…]; a name is `name` or `name as alias`, none for `import module`."""
    rows: list[list[Any]] = []
    last: tuple[int, str] | None = None
    for found, scope in module.imports:
        if not found.name:
            alias = [] if found.alias == found.module.partition(".")[0] else [f"as {found.alias}"]
            rows.append([module.source.line(found.line), int(scope.kind == "function"), found.module, *alias])
            last = None
            continue
        if last != (found.line, found.module):
            rows.append([module.source.line(found.line), int(scope.kind == "function"), found.module])
            last = (found.line, found.module)
        rows[-1].append(found.name if found.alias == found.name else f"{found.name} as {found.alias}")
    return rows


def _read_imports(rows: Sequence[list[Any]]) -> Iterator[tuple[Import, bool]]:
    for line, local, module, *names in rows:
        if not names:
            yield Import(module, "", module.partition(".")[0], line), bool(local)
        for one in names:
            name, _, alias = one.rpartition("as ") if one.startswith("as ") else one.partition(" as ")
            yield Import(module, name, alias or name, line), bool(local)


class _Decorators:
    """The decorators of one module's functions and classes: each by its qualified name, or as written where it is not
    known or of this file. The same few stand everywhere, so what they stand for is looked up once."""

    def __init__(self, resolver: Resolver) -> None:
        self._resolver = resolver
        self._known: dict[tuple[str, int], str] = {}  # by what is written, and the scope that says what it is

    def of(self, scope: Scope) -> list[str]:
        """Those of what makes a scope."""
        outer = scope.parent or scope
        return [self._name(one, outer) for one in scope.node.decorator_list]  # type: ignore[union-attr]

    def _name(self, node: ast.expr, outer: Scope) -> str:
        target = node.func if isinstance(node, ast.Call) else node
        written = dotted(target)
        root = written.partition(".")[0]
        place = self._place(root, outer) if root else 0
        name = self._known.get((written, place)) if place else None
        if name is None:
            found = self._resolver.names(target, outer)
            name = found[0].name if len(found) == 1 and not found[0].name.startswith("@") else written
            if place:
                self._known[written, place] = name
        return name

    def _place(self, root: str, outer: Scope) -> int:
        """The scope in which a name stands for the same on every line; 0 where it is not known that there is one. In a
        class that does not bind it, it stands for what it does around all classes."""
        places = outer.binds(root)
        if places == 0 and outer.kind == "class" and not self._resolver.is_global(root):
            around = outer.parent
            while around is not None and around.kind == "class":
                around = around.parent
            return -id(around)
        return id(outer) if places < 2 else 0


def _is_test(scope: Scope) -> bool:
    """Whether a `test…` function stands at the top or in a class, as pytest and unittest collect them, and answers no
    request: `@app.callback(…) def test_model` is a page on which a user tries a model."""
    if scope.kind != "function" or scope.parent is None or scope.parent.kind == "function":
        return False
    calls = (one.func for one in scope.node.decorator_list if isinstance(one, ast.Call))  # type: ignore[union-attr]
    return not any(isinstance(one, ast.Attribute) and one.attr in _ANSWERS for one in calls)


def _asserts(scope: Scope) -> int:
    """Assertions in the function's own body that can fail: not `assert True`, and none behind `pytest.skip()`."""
    count = 0
    node: Any
    if ends_at_once(scope.node.body):
        return 0
    for node, _ in statements(scope):
        kind = node.__class__
        if kind is ast.Expr:
            value = node.value
            count += _is_assertion(value.value if value.__class__ is ast.Await else value)
        elif kind is ast.Assert:
            count += not says_nothing(node.test)
        elif kind is ast.With or kind is ast.AsyncWith:
            count += sum(_is_assertion(item.context_expr) for item in node.items)
    return count


def _is_assertion(call: ast.expr) -> bool:
    if not isinstance(call, ast.Call):
        return False
    if root_name(call.func) == "expect" or _is_expected(call.func):  # expect(answer).to_contain(…)
        return True
    name = last_name(call.func)
    if name in ("assertTrue", "assertFalse", "assert_") and call.args and isinstance(call.args[0], ast.Constant):
        return False
    lower = name.lower()
    if lower.startswith("_test_"):  # a part of a test that several share
        return True
    return lower.lstrip("_").startswith(("assert", "check", "expect", "verify")) or lower in ("raises", "warns", "fail")


def _is_expected(node: ast.expr) -> bool:
    """`result.expect.next_event().judge(…)`: what is asked of the events of an agent."""
    while True:
        match node:
            case ast.Attribute(value=ast.Name(), attr="expect"):
                return True
            case ast.Attribute(value=inner) | ast.Call(func=inner):
                node = inner
            case _:
                return False


def _exports(
    module: Module, resolver: Resolver, patterns: Patterns, interesting: Sequence[int]
) -> dict[str, dict[str, Any]]:
    """Top-level names that stand for something a pattern leads to: instances, aliases, factories."""
    found: dict[str, dict[str, Any]] = {}
    values = Values(resolver)
    for name in _named_between(module.top, interesting) if interesting else ():
        binding = module.top.bindings(name)[-1]
        if binding.kind == "def":
            scope = binding.scope
            if scope is None or not any_between(interesting, scope.start, scope.end):
                continue
            made = resolver.returned(scope)
        elif binding.kind == "value" and binding.node is not None:
            first = getattr(binding.node, "lineno", 0)
            last = getattr(binding.node, "end_lineno", 0) or first
            if not any_between(interesting, first, last):
                continue
            made = resolver.names(binding.node, module.top)
        else:
            continue
        # Of a factory that makes one of several clients, the first that something is asked of.
        one = next((each for each in made if patterns.leads_to(each.name) or patterns.match(each.name)), None)
        if one is None:
            continue
        row: dict[str, Any] = {"name": one.name, "call": binding.kind == "def", "instance": one.instance}
        if one.made_by is not None:
            if (
                binding.kind == "def"
                and binding.scope is not None
                and keeps_what_it_makes(binding.scope, one.made_by.lineno)
            ):
                row["once"] = True
            scope = one.made_in or module.top
            row["kw"] = {kw.arg: as_json(values.of(kw.value, scope, kw.arg)) for kw in one.made_by.keywords if kw.arg}
            row["star"] = any(kw.arg is None for kw in one.made_by.keywords)
        for call, scope in one.partial:
            bound = {kw.arg: as_json(values.of(kw.value, scope, kw.arg)) for kw in call.keywords if kw.arg}
            row["bound"] = {**bound, **row.get("bound", {})}
        found[name] = row
    return found


def _named_between(top: Scope, lines: Sequence[int]) -> list[str]:
    """The names that are bound last by a function on some of these lines, or by a statement on them."""
    found: list[str] = []
    node: Any
    for name, statement in top.bound_last():
        node = statement
        if node.__class__ in _FUNCTIONS and name in top.children:
            node = top.children[name].node
        if any_between(lines, first_line(node), node.end_lineno):
            found.append(name)
    return found


_FUNCTIONS: Final = frozenset((ast.FunctionDef, ast.AsyncFunctionDef))


def _constants(module: Module, values: Values) -> dict[str, Any]:
    """Scalars and short lists assigned once at the top level, or in the body of a top-level class."""
    found: dict[str, Any] = {}
    scopes = [module.top, *(one for one in module.top.children.values() if one.kind == "class")]
    node: Any
    target: ast.expr
    value: ast.expr | None
    for scope in scopes:
        for node in scope.node.body:
            if node.__class__ is ast.Assign:
                target, value = node.targets[0], node.value
                if len(node.targets) > 1:
                    continue
            elif node.__class__ is ast.AnnAssign:
                target, value = node.target, node.value
            else:
                continue
            kind = value.__class__
            if target.__class__ is not ast.Name or len(found) >= MAX_CONSTANTS:
                continue
            if kind not in _SCALARS and not (kind in _PATHS and _is_path(value)):  # type: ignore[arg-type]
                continue
            name = f"{scope.qualname}.{target.id}" if scope.qualname else target.id
            constant = _constant(value, values, scope, target.id)  # type: ignore[arg-type]
            if constant is None or name in found or (constant == "" and kind in _PATHS):
                found.pop(name, None)
            elif constant is not _LONG:
                found[name] = constant
    return found


def _is_path(node: ast.expr) -> bool:
    """`os.path.join(BASE_DIR, "models", "m.pkl")`, `Path("m.pkl")`, or another name for such a constant."""
    if isinstance(node, ast.Call):
        return (
            not node.keywords and bool(node.args) and last_name(node.func) in ("join", "Path", "PurePath", "joinpath")
        )
    return isinstance(node, ast.Name) and node.id.isupper()


_PATHS: Final = frozenset((ast.Call, ast.Name))
_LONG: Final = object()  # a list that is not kept


def _constant(node: ast.expr, values: Values, scope: Scope, name: str) -> Any:
    """The value of a scalar or a short list; None for what is not constant."""
    if isinstance(node, ast.List | ast.Tuple) and len(node.elts) > MAX_LIST:
        return None if any(one.__class__ is ast.Starred for one in node.elts) else _LONG
    value = values.of(node, scope, name)
    if isinstance(value, list):
        return value if all(_is_scalar(one) for one in value) else _LONG
    return None if isinstance(value, Unknown) else value


def _is_scalar(value: Any) -> bool:
    return value.__class__ in (str, int, float, bool)
