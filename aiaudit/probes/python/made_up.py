"""Whether the figure of an assertion is made up by the test itself, so that no model can miss it.

`result = {"score": 0.9}; assert result["score"] > 0.5` looks at the shape of a record, `assert f1([1], [1]) > 0.9` at
the function that counts, and a toy model that learns `make_classification()` at the library. A figure counts where a
file, a fixture, or what another function makes stands behind it.
"""

from __future__ import annotations

import ast
from typing import Final

from aiaudit import lazy
from aiaudit.probes.python.match import name_set
from aiaudit.probes.python.module import Scope
from aiaudit.probes.python.names import dotted, last_name, root_name
from aiaudit.probes.python.nodes import FunctionNode, parameters, statements, walk

MAX_DEPTH: Final = 8
MOST_STEPS: Final = 2_000  # expressions that are looked at for one assertion
_MAKERS: Final = lazy.regex(
    r"^(?:make_\w+|rand\w*|arange|linspace|zeros\w*|ones\w*|full|eye|normal|uniform|choice|default_rng|array|asarray"
    r"|tensor|DataFrame|Series|list|range|repeat|tile|permutation|shuffle|RandomState|Faker)$"
)
_MOCKS: Final = name_set("patch Mock MagicMock AsyncMock monkeypatch mocker create_autospec respx requests_mock")
_PURE: Final = name_set("float int round abs min max sum len mean sorted bool str sqrt std var median")


def is_made_up(compared: ast.Compare, scope: Scope) -> bool:
    """Whether the figures that are compared come from literals and made-up data of the same function alone."""
    if _mocks(scope):
        return True
    made = _Maker(scope)
    figures = [one for one in (compared.left, compared.comparators[0]) if not _is_limit(one)]
    return any(made.up(one, counts=True) for one in figures)


def _is_limit(node: ast.expr) -> bool:
    """A number, or the name of a constant."""
    match node:
        case ast.Constant():
            return True
        case ast.UnaryOp(operand=inner):
            return _is_limit(inner)
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name.isupper()
    return False


def _mocks(scope: Scope) -> bool:
    """Whether the test stands in for the model: what it then measures is its own answer."""
    node = scope.node
    if not isinstance(node, FunctionNode):
        return False
    if any(one.arg in ("monkeypatch", "mocker") or one.arg.startswith("mock_") for one in parameters(node)):
        return True
    named = (one for one in walk(node) if isinstance(one, ast.Name | ast.Attribute))
    return any((one.id if isinstance(one, ast.Name) else one.attr) in _MOCKS for one in named)


class _Maker:
    """What the names of one function are made of."""

    def __init__(self, scope: Scope) -> None:
        self.values: dict[str, list[ast.expr]] = {}
        for statement, _ in statements(scope):
            targets, value = _assigned(statement)
            for target in targets:
                for one in target.elts if isinstance(target, ast.Tuple | ast.List) else [target]:
                    if isinstance(one, ast.Name) and value is not None:
                        self.values.setdefault(one.id, []).append(value)
        self._asked: set[str] = set()
        self._steps = 0

    def up(self, node: ast.expr | None, depth: int = 0, *, counts: bool = False) -> bool:
        """Whether an expression is made up. `counts`: texts are what is counted, no names of files."""
        self._steps += 1
        if node is None or depth > MAX_DEPTH or self._steps > MOST_STEPS:
            return False

        def of(one: ast.expr) -> bool:
            return self.up(one, depth + 1)

        match node:
            case ast.Constant(value=value):
                return counts or not isinstance(value, str)
            case ast.List(elts=parts) | ast.Tuple(elts=parts) | ast.Set(elts=parts) | ast.Dict(values=parts):
                return all(self.up(one, depth + 1, counts=True) for one in parts)
            case ast.Name(id=name):
                return self._name(name, depth)
            case ast.Subscript(value=inner) | ast.Attribute(value=inner) | ast.Starred(value=inner):
                return of(inner)
            case ast.BinOp(left=left, right=right):
                return of(left) and of(right)
            case ast.IfExp(body=body, orelse=orelse):
                return of(body) and of(orelse)
            case ast.UnaryOp(operand=inner):
                return of(inner)
            case ast.Call():
                return self._call(node, depth, counts)
        return False

    def _name(self, name: str, depth: int) -> bool:
        values = self.values.get(name, [])
        if not values or name in self._asked:
            return False
        self._asked.add(name)
        made = all(self.up(one, depth + 1) for one in values)
        self._asked.discard(name)
        return made

    def _call(self, node: ast.Call, depth: int, counts: bool) -> bool:
        name = last_name(node.func)
        if _MAKERS.match(name):
            named = [one for one in node.args if isinstance(one, ast.Call | ast.Name)]
            return all(self.up(one, depth + 1, counts=True) for one in named)
        receiver = node.func.value if isinstance(node.func, ast.Attribute) else None
        if name == "get" and receiver is not None:
            return self.up(receiver, depth + 1)
        if not node.args and node.keywords and name[:1].isupper():  # a record
            return all(self.up(one.value, depth + 1, counts=True) for one in node.keywords)
        texts = counts or name in _PURE
        if not node.args or not all(self.up(one, depth + 1, counts=texts) for one in node.args):
            return False
        if receiver is None or root_name(receiver) not in self.values:
            made = isinstance(receiver, ast.Call) and not receiver.args and last_name(receiver.func)[:1].isupper()
            return receiver is None or made or isinstance(receiver, ast.Name | ast.Attribute)
        return self._made_here(dotted(receiver).partition(".")[0], depth)

    def _made_here(self, name: str, depth: int) -> bool:
        """A model that the test makes: `LogisticRegression().fit(x, y)`, or made without data and fitted later."""
        for value in self.values.get(name, ()):
            match value:
                case ast.Call(func=ast.Name(id=made), args=[]) if made[:1].isupper():
                    continue
            if not self.up(value, depth + 1):
                return False
        return True


def _assigned(statement: ast.stmt) -> tuple[list[ast.expr], ast.expr | None]:
    if isinstance(statement, ast.Assign):
        return statement.targets, statement.value
    if isinstance(statement, ast.AnnAssign):
        return [statement.target], statement.value
    return [], None
