"""What every name of a scope is bound to. An index tells which statements bind a name; what they bind is worked out
for the names that somebody asks about, which are few of them."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct

from aiaudit.probes.python.nodes import parameters, statements

if TYPE_CHECKING:
    from aiaudit.probes.python.module import Scope
    from aiaudit.probes.python.nodes import FunctionNode

Placed = tuple[ast.stmt, int]  # a statement and the depth of its nesting, as `statements` gives them
_CONSTRUCTORS: Final = frozenset(("__init__", "__post_init__", "setup", "__enter__", "__aenter__"))


class Binding(Struct, frozen=True, eq=False):
    """One way in which a name gets its value.

    kind: import (`target`), value (assigned `node`), item (a part of `node`: tuple target, loop variable), part (that
    at the place `target` of what the call `node` gives), param, def, class. `certain`: the statement is not inside a
    branch or loop of its scope.
    """

    kind: str
    line: int
    certain: bool
    node: ast.AST | None = None
    target: str = ""
    scope: Scope | None = None  # of the expression `node`, or the scope that a def or class makes
    field: bool = False  # an annotated field in the body of a class


def index(scope: Scope) -> dict[str, list[Placed | None]]:
    """The names that are bound in this scope's own body, in the order of their lines, each with the statements that
    bind it; None for a parameter."""
    node: Any = scope.node
    found: dict[str, list[Placed | None]] = {}
    if scope.kind == "function":
        found = {argument.arg: [None] for argument in parameters(node)}
    places_of = found.setdefault
    for placed in statements(scope):
        node = placed[0]
        kind = node.__class__
        if kind in _BIND_NOTHING:
            continue
        if kind in _DEFINITIONS:
            places_of(node.name, []).append(placed)
            for named in _named_in_decorators(node):
                places_of(named.target.id, []).append(placed)
        elif kind is ast.Assign and len(node.targets) == 1 and node.targets[0].__class__ is ast.Name:
            places_of(node.targets[0].id, []).append(placed)
        elif (names_of := _NAMES_OF.get(kind)) is not None:
            for name in names_of(node):
                places = places_of(name, [])
                if not places or places[-1] is not placed:
                    places.append(placed)
    for name in scope.global_names:
        found.pop(name, None)
    return found


def bindings_at(scope: Scope, name: str, places: Iterable[Placed | None]) -> list[Binding]:
    """What these statements of a scope, see `index`, bind the name to."""
    found: list[Binding] = []
    node: Any = scope.node
    for placed in places:
        if placed is None:
            argument = next(one for one in reversed(parameters(node)) if one.arg == name)
            found.append(Binding("param", node.lineno, True, argument, "", scope))
            continue
        statement, depth = placed
        kind = statement.__class__
        if kind is ast.ImportFrom or kind is ast.Import:
            found.extend(_imported(statement, name, depth == 0, scope))  # type: ignore[arg-type]
        else:
            bound = _BINDERS[kind](statement, depth == 0, scope)
            found.extend([binding for other, binding in bound if other == name])
    return found


def self_attributes(methods: Iterable[Scope]) -> dict[str, list[Binding]]:
    """What the methods of a class bind on their first parameter."""
    found: dict[str, list[Binding]] = {}
    for method in methods:
        function: Any = method.node
        arguments = function.args.posonlyargs or function.args.args
        if not arguments:
            continue
        me = arguments[0].arg
        certain_here = function.name in _CONSTRUCTORS
        node: Any
        for node, depth in statements(method):
            if node.__class__ is ast.Assign:
                targets = node.targets
            elif node.__class__ is ast.AnnAssign and node.value is not None:
                targets = [node.target]
            else:
                continue
            for target in targets:
                if target.__class__ is not ast.Attribute or target.value.__class__ is not ast.Name:
                    continue
                if target.value.id == me:
                    binding = Binding("value", node.lineno, certain_here and depth == 0, node.value, "", method)
                    found.setdefault(target.attr, []).append(binding)
    return found


def _names(targets: Iterable[ast.expr]) -> list[str]:
    """The names in targets of assignments."""
    found: list[str] = []
    for target in targets:
        parts = target.elts if isinstance(target, ast.Tuple | ast.List) else (target,)
        for part in parts:
            named = part.value if isinstance(part, ast.Starred) and part is not target else part
            if isinstance(named, ast.Name):
                found.append(named.id)
    return found


def _named_in_decorators(node: FunctionNode | ast.ClassDef) -> list[ast.NamedExpr]:
    """What decorators name on the way: `@serve.ingress(app := FastAPI())`."""
    return [
        argument
        for decorator in node.decorator_list
        if isinstance(decorator, ast.Call)
        for argument in decorator.args
        if isinstance(argument, ast.NamedExpr)
    ]


def _walrus_names(node: ast.If | ast.While) -> Iterable[str]:
    return _names((node.test.target,)) if isinstance(node.test, ast.NamedExpr) else ()


_DEFINITIONS: Final = frozenset((ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))
_BIND_NOTHING: Final = frozenset((ast.Expr, ast.Return, ast.AugAssign, ast.Raise, ast.Pass, ast.Assert, ast.Try))
_NAMES_OF: Final[dict[type, Callable[[Any], Iterable[str]]]] = {
    ast.Assign: lambda node: _names(node.targets),
    ast.AnnAssign: lambda node: (node.target.id,) if node.target.__class__ is ast.Name else (),
    ast.For: lambda node: _names((node.target,)),
    ast.AsyncFor: lambda node: _names((node.target,)),
    ast.With: lambda node: _names(item.optional_vars for item in node.items if item.optional_vars is not None),
    ast.AsyncWith: lambda node: _names(item.optional_vars for item in node.items if item.optional_vars is not None),
    ast.Import: lambda node: [name.asname or name.name.partition(".")[0] for name in node.names],
    ast.ImportFrom: lambda node: [name.asname or name.name for name in node.names if name.name != "*"],
    ast.If: _walrus_names,
    ast.While: _walrus_names,
}


_Bound = Iterable[tuple[str, Binding]]


def _of_assign(node: ast.Assign, certain: bool, scope: Scope) -> _Bound:
    line = node.end_lineno or node.lineno  # what an assignment binds holds after its last line
    target = node.targets[0]
    if len(node.targets) == 1 and target.__class__ is ast.Name:
        return ((target.id, Binding("value", line, certain, node.value, "", scope)),)
    return [one for target in node.targets for one in _target(target, node.value, line, certain, scope)]


def _of_annotated(node: ast.AnnAssign, certain: bool, scope: Scope) -> _Bound:
    if not isinstance(node.target, ast.Name):
        return ()
    kind = "value" if node.value else "annotated"
    line = node.end_lineno or node.lineno
    value = node.value or node.annotation
    return ((node.target.id, Binding(kind, line, certain, value, "", scope, scope.kind == "class")),)


def _of_for(node: ast.For | ast.AsyncFor, certain: bool, scope: Scope) -> _Bound:
    return _target(node.target, node.iter, node.lineno, False, scope, kind="item")


def _of_with(node: ast.With | ast.AsyncWith, certain: bool, scope: Scope) -> _Bound:
    return [
        one
        for item in node.items
        if item.optional_vars is not None
        for one in _target(item.optional_vars, item.context_expr, node.lineno, certain, scope)
    ]


def _imported(node: ast.Import | ast.ImportFrom, name: str, certain: bool, scope: Scope) -> Iterator[Binding]:
    before = ""
    if isinstance(node, ast.ImportFrom):
        module = "." * node.level + (node.module or "")
        before = module if module.endswith(".") else f"{module}."
    for one in node.names:
        local, target = one.asname or one.name, before + one.name
        if not before and not one.asname:
            local = target = one.name.partition(".")[0]  # `import a.b` binds `a`
        if local == name:
            yield Binding("import", node.lineno, certain, node, target, scope)


def _of_def(node: FunctionNode | ast.ClassDef, certain: bool, scope: Scope) -> _Bound:
    kind = "class" if isinstance(node, ast.ClassDef) else "def"
    bound = [(node.name, Binding(kind, node.lineno, certain, node, "", scope.children.get(node.name)))]
    for named in _named_in_decorators(node):
        bound.append((named.target.id, Binding("value", named.lineno, certain, named.value, "", scope)))
    return bound


def _of_walrus(node: ast.If | ast.While, certain: bool, scope: Scope) -> _Bound:
    value = node.test
    return _target(value.target, value.value, node.lineno, False, scope) if isinstance(value, ast.NamedExpr) else ()


_BINDERS: Final[dict[type, Callable[[Any, bool, Scope], _Bound]]] = {
    ast.Assign: _of_assign,
    ast.AnnAssign: _of_annotated,
    ast.For: _of_for,
    ast.AsyncFor: _of_for,
    ast.With: _of_with,
    ast.AsyncWith: _of_with,
    ast.FunctionDef: _of_def,
    ast.AsyncFunctionDef: _of_def,
    ast.ClassDef: _of_def,
    ast.If: _of_walrus,
    ast.While: _of_walrus,
}


def _target(
    target: ast.expr, value: ast.expr, line: int, certain: bool, scope: Scope, *, kind: str = "value"
) -> Iterator[tuple[str, Binding]]:
    if isinstance(target, ast.Name):
        yield target.id, Binding(kind, line, certain, value, "", scope)
    elif isinstance(target, ast.Tuple | ast.List):
        same = (
            kind == "value"
            and isinstance(value, ast.Tuple | ast.List)
            and len(value.elts) == len(target.elts)
            and not any(isinstance(part, ast.Starred) for part in (*target.elts, *value.elts))
        )
        parted = isinstance(value, ast.Call | ast.Await) and not any(
            isinstance(one, ast.Starred) for one in target.elts
        )
        for at, part in enumerate(target.elts):
            inner = value.elts[at] if same else value  # type: ignore[attr-defined]
            named = part.value if isinstance(part, ast.Starred) else part
            if not isinstance(named, ast.Name):
                continue
            if at == 0 and kind == "item" and len(target.elts) == 2 and _is_numbered(value):
                yield named.id, Binding("item", line, certain, _numbers(value), "", scope)
            elif kind == "value" and parted:
                yield named.id, Binding("part", line, certain, value, str(at), scope)
            else:
                yield named.id, Binding(kind if same else "item", line, certain, inner, "", scope)


def _is_numbered(value: ast.expr) -> bool:
    return isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id == "enumerate"


def _numbers(value: ast.expr) -> ast.expr:
    """What the first name of `for i, one in enumerate(texts)` is one of: a range, which holds nothing of the texts."""
    named = ast.copy_location(ast.Name("range", ast.Load()), value)
    return ast.copy_location(ast.Call(named, [], []), value)


def holding(bindings: Sequence[Binding], line: int | None) -> Sequence[Binding]:
    """The bindings that may hold at a line: the last certain one before it, and those in branches after that."""
    if len(bindings) == 1:
        return bindings
    before = [one for one in bindings if line is None or one.line < line or one.kind in ("param", "import")]
    if not before:
        return bindings
    for index in range(len(before) - 1, -1, -1):
        if before[index].certain and not _is_nothing(before[index]):
            return before[index:]
    return before


def _is_nothing(binding: Binding) -> bool:
    """`client = None`: a place kept for a value that comes later."""
    return binding.kind == "value" and isinstance(binding.node, ast.Constant) and binding.node.value is None


def bound_globally(name: str, owner: Scope) -> list[Binding]:
    """What a function binds to a name that it declares global."""
    found: list[Binding] = []
    for node, _ in statements(owner):
        if isinstance(node, ast.Assign):
            found.extend(
                Binding("value", node.lineno, False, node.value, scope=owner)
                for target in node.targets
                if isinstance(target, ast.Name) and target.id == name
            )
    return found
