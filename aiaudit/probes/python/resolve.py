"""What an expression stands for: qualified names through imports, aliases, instances and simple factories.

Names: `torch.load` (imported), `eval` (built in), `@.Trainer.fit` (defined in this file), `..utils.load` (relative
import, dots kept), `?.fit` (receiver unknown). A call of a class or factory stands for its instance and keeps the
class's name, so that `client.chat.completions.create` is `openai.OpenAI.chat.completions.create` wherever `client`
was made in the file. Flow is followed by lines: the last certain binding before the use, and the uncertain ones after.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterable, Sequence
from typing import Any, Final

from aiaudit import lazy
from aiaudit.probes.python.bindings import Binding, bound_globally, holding
from aiaudit.probes.python.handed_in import HandedIn
from aiaudit.probes.python.match import name_set
from aiaudit.probes.python.module import Module, Scope
from aiaudit.probes.python.names import dotted, last_name
from aiaudit.probes.python.nodes import default_of, parameters, statements
from aiaudit.probes.python.resolved import MAX_CANDIDATES, Names, Resolved, few
from aiaudit.probes.python.stores import Stores
from aiaudit.probes.python.tables import elements

MAX_DEPTH: Final = 12  # names followed from one to the next

BUILTINS: Final = frozenset(name for name in dir(builtins) if not name.startswith("_")) | {"__import__"}

# Methods that give their receiver back with other settings: the name stays, the keywords are added.
SETTINGS_METHODS: Final = name_set(
    "with_options with_retry with_config with_structured_output with_fallbacks bind bind_tools bind_functions"
    " with_raw_response with_streaming_response"
)
_UNWRAPPED: Final = {"typing.cast": 1, "contextlib.closing": 0, "contextlib.nullcontext": 0, "copy.copy": 0,
                     "copy.deepcopy": 0, "langsmith.wrappers.wrap_openai": 0, "instructor.patch": 0,
                     "instructor.from_openai": 0, "instructor.from_anthropic": 0, "functools.lru_cache": 0}  # fmt: skip
# Functions that import the module whose name they are given, whoever wrote them.
_IMPORTERS: Final = name_set("import_module __import__ require lazy_import import_optional optional_import try_import")
_MODULES: Final = "sys.modules"
_TELLS_NOTHING: Final = name_set("typing.Any typing_extensions.Any builtins.object object")  # as an annotation
ATTRGETTER: Final = "operator.attrgetter"
METHODCALLER: Final = "operator.methodcaller"
INJECTIONS: Final = ("Depends", "Security")  # FastAPI fills a parameter with what these name
PARTIALS: Final = name_set(
    "functools.partial functools.partialmethod toolz.partial toolz.curry toolz.functoolz.curry cytoolz.partial"
    " cytoolz.curry funcy.partial funcy.curry"
)
_NAME: Final = ast.Name
_ATTRIBUTE: Final = ast.Attribute
_STANDING: Final = (  # expressions that may stand for something; a look at the kind is cheaper than all that follows
    ast.Name, ast.Call, ast.Subscript, ast.NamedExpr, ast.IfExp, ast.BinOp, ast.BoolOp
)  # fmt: skip
_DOTTED: Final = lazy.regex(r"[\w.\[\], |]{1,100}")


def _class_like(name: str) -> bool:
    """Whether a name is written as those of classes are; one in capitals only is a constant."""
    return name[:1].isupper() and not name.isupper()


class Resolver:
    """Qualified names of the expressions of one module. Results are remembered by node."""

    def __init__(self, module: Module) -> None:
        self.module = module
        self._memo: dict[tuple[int, int], Names] = {}
        self._kept: list[ast.AST] = []
        self.stores = Stores(self)
        self.handed_in = HandedIn(self)
        self.left_out: set[int] = set()  # offsets in functions that were asked what they return and were not parsed
        self._blanked: dict[int, int] | None = None
        self._globals: dict[str, list[Scope]] = {}
        for scope in module.scopes if module.declares_globals else ():
            for name in scope.global_names:
                self._globals.setdefault(name, []).append(scope)

    def release(self) -> None:
        """Break the cycle with the stores, as `Module.release` does; nothing can be asked afterwards."""
        del self.stores, self.handed_in

    def names(self, node: ast.AST, scope: Scope, depth: int = 0) -> Names:
        """All that `node` may stand for in `scope`; empty where that is not known."""
        key = (id(node), id(scope))
        known = self._memo.get(key)
        if known is not None:
            return known
        if depth > MAX_DEPTH:
            return ()
        self._memo[key] = ()  # a name that leads back to itself stands for nothing
        found = self._memo[key] = self._names(node, scope, depth + 1)
        return found

    def _names(self, node: Any, scope: Scope, depth: int) -> Names:
        kind = node.__class__
        if kind is _NAME:
            return self.lookup(node.id, scope, node.lineno, depth)
        attributes: list[str] = []
        found: Names = ()
        while kind is _ATTRIBUTE or kind is ast.Await:
            if kind is _ATTRIBUTE:
                if self.stores.there and (found := self._stored(node, scope, depth)):
                    break
                attributes.append(node.attr)
            node = node.value
            kind = node.__class__
        if not found and kind is not _NAME and self.stores.there:
            found = self._stored(node, scope, depth)
        found = found or self._base(node, scope, depth)
        while attributes and found:
            if len(found) == 1:
                owner = found[0].local
                if owner is None or owner.kind != "class":
                    return (found[0].dot(".".join(reversed(attributes))),)
                found = self.attribute(found[0], attributes.pop(), depth)
            else:
                attribute = attributes.pop()
                found = few(one for receiver in found for one in self.attribute(receiver, attribute, depth))
        return found

    def _stored(self, node: ast.AST, scope: Scope, depth: int) -> Names:
        """What was put into the place of a framework's store that `node` reads."""
        kept = self.stores.bindings(node, scope)
        return few(one for binding in kept for one in self._binding(binding, depth)) if kept else ()

    def _base(self, node: ast.AST, scope: Scope, depth: int) -> Names:
        kind = node.__class__
        if kind is _NAME:
            return self.lookup(node.id, scope, node.lineno, depth)  # type: ignore[attr-defined]
        if kind not in _STANDING:
            return ()
        match node:
            case ast.Call(func=ast.Attribute(value=table, attr="get"), args=[key, *_]) if found := self._element(
                table, key, scope, depth
            ):
                return found
            case ast.Call():
                return few(self._called(node, scope, depth))
            case ast.Subscript(value=table, slice=key):
                return self._element(table, key, scope, depth) or self._generic(table, key, scope, depth)
            case ast.NamedExpr(value=value):
                return self.names(value, scope, depth)
            case ast.IfExp(body=left, orelse=right):
                return few((*self.names(left, scope, depth), *self.names(right, scope, depth)))
            case ast.BinOp(op=ast.BitOr()):
                return self._pipeline(node, scope, depth)
            case ast.BoolOp(values=values):
                return few(one for value in values for one in self.names(value, scope, depth))
        return ()

    def _element(self, table: ast.expr, key: ast.expr, scope: Scope, depth: int) -> Names:
        """`LOADERS["pkl"]` of a table written out in this file (any of it where the key is not known), and what is
        reached by its text: `vars(m)["f"]`, `globals()["f"]`, `sys.modules["m"]`."""
        text = self.text(key, scope, depth)
        if isinstance(table, ast.Attribute) and table.attr == "__dict__" and text:
            return few(o for one in self.names(table.value, scope, depth) for o in self.attribute(one, text, depth))
        if isinstance(table, ast.Call) and isinstance(table.func, ast.Name) and text:
            if table.func.id == "globals":
                return self.lookup(text, self.module.top, None, depth)
            if table.func.id == "vars" and table.args:
                return few(o for r in self.names(table.args[0], scope, depth) for o in self.attribute(r, text, depth))
        if isinstance(table, ast.Attribute) and table.attr == "modules" and text:
            return tuple(Resolved(text, origin=text) for one in self.names(table, scope, depth) if one.name == _MODULES)
        return few(one for value, owner in elements(self, table, key, scope) for one in self.names(value, owner, depth))

    def _generic(self, table: ast.expr, key: ast.expr, scope: Scope, depth: int) -> Names:
        """`Agent[Context]` is the class `Agent`: the brackets only say on which types it works."""
        if isinstance(key, ast.Constant):
            return ()
        found = self.names(table, scope, depth)
        return tuple(one for one in found if not one.instance and _class_like(one.name.rpartition(".")[2]))

    def text(self, node: ast.AST, scope: Scope, depth: int = 0) -> str:
        """A constant text, also by a name bound once to it; "" for anything else."""
        if isinstance(node, ast.Name) and depth <= MAX_DEPTH:
            bindings = self.bindings(node.id, scope, node.lineno) or []
            node = bindings[0].node or node if len(bindings) == 1 and bindings[0].kind == "value" else node
        return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""

    def _pipeline(self, node: ast.BinOp, scope: Scope, depth: int) -> Names:
        """`prompt | llm | parser`: the model in it, the last part that is neither a parser nor a prompt."""
        parts: list[ast.expr] = []
        left: ast.expr = node
        while isinstance(left, ast.BinOp) and isinstance(left.op, ast.BitOr) and len(parts) < MAX_DEPTH:
            parts.append(left.right)
            left = left.left
        for part in (*parts, left):
            found = self.names(part, scope, depth)
            if found and not any(word in found[0].name for word in ("Parser", "Prompt", "Runnable", "itemgetter")):
                return found
        return ()

    def lookup(self, name: str, scope: Scope, line: int | None, depth: int = 0) -> Names:
        """What a bare name stands for at `line` of `scope`."""
        bindings = self.bindings(name, scope, line)
        if bindings is not None:
            if len(bindings) == 1:
                if bindings[0].kind == "import":
                    return (_imported(bindings[0]),)
                return few(self._binding(bindings[0], depth))
            return few(one for binding in bindings for one in self._binding(binding, depth))
        if name in BUILTINS:
            return (Resolved(name),)
        targets = [star.of(name) for star in self.module.stars]
        return few(Resolved(target, origin=target) for target in targets)

    def bindings(self, name: str, scope: Scope, line: int | None) -> Sequence[Binding] | None:
        """The bindings that may hold at `line` of `scope`; None where nothing in the file binds the name."""
        inner: Scope | None = scope
        while inner is not None:
            if inner.kind != "class" or inner is scope:
                found = inner.bindings(name)
                if self._globals and name in self._globals and (inner is self.module.top or name in inner.global_names):
                    declared = [b for owner in self._globals[name] for b in bound_globally(name, owner)]
                    found = [*found, *declared]
                if found:
                    return holding(found, line if inner is scope else None)
            inner = inner.parent
        return None

    def injection(self, function: ast.FunctionDef | ast.AsyncFunctionDef, name: str, around: Scope) -> ast.Call | None:
        """The call of FastAPI's `Depends` that fills a parameter: its default, or what the name that is its default was
        given once (`SESSION = Depends(require_session)`, then `session: dict = SESSION`)."""
        given: ast.AST | None = default_of(function, name)
        if isinstance(given, ast.Name):
            bound = self.bindings(given.id, around, None) or ()
            given = bound[0].node if len(bound) == 1 and bound[0].kind == "value" else None
        return given if isinstance(given, ast.Call) and last_name(given.func) in INJECTIONS else None

    def is_global(self, name: str) -> bool:
        """Whether a function declares that name global."""
        return name in self._globals

    def _binding(self, binding: Binding, depth: int) -> Iterable[Resolved]:
        scope = binding.scope or self.module.top
        match binding.kind:
            case "import":
                return (_imported(binding),)
            case "def" | "class":
                qualname = binding.scope.qualname if binding.scope else ""
                return (Resolved(f"@.{qualname}", local=binding.scope),) if binding.scope else ()
            case "value":
                return self.names(binding.node, scope, depth) if binding.node else ()
            case "annotated":
                return self.annotation(binding.node, scope, depth)
            case "item" if isinstance(binding.node, ast.Tuple | ast.List) and len(binding.node.elts) <= MAX_CANDIDATES:
                return [one for element in binding.node.elts for one in self.names(element, scope, depth)]
            case "part":
                return self._part(binding.node, int(binding.target), scope, depth)
            case "param":
                return self._parameter(binding, scope, depth)
        return ()

    def _part(self, value: ast.AST | None, at: int, scope: Scope, depth: int) -> Names:
        """One part of what a call gives: `client, model = await make()`, by what a function of this file returns, or by
        the types that it says it does."""
        call = value.value if isinstance(value, ast.Await) else value
        if not isinstance(call, ast.Call) or depth > MAX_DEPTH:
            return ()
        found: list[Resolved] = []
        for function in self.names(call.func, scope, depth):
            local = function.local
            if local is None or not isinstance(local.node, ast.FunctionDef | ast.AsyncFunctionDef):
                continue
            given = [node.value.elts for node, _ in statements(local) if isinstance(node, ast.Return)
                     and isinstance(node.value, ast.Tuple) and len(node.value.elts) > at]  # fmt: skip
            made = few(one for elements in given for one in self.names(elements[at], local, depth + 1))
            if not made:
                match local.node.returns:
                    case ast.Subscript(value=kind, slice=ast.Tuple(elts=kinds)) if (
                        last_name(kind) in ("tuple", "Tuple") and len(kinds) > at
                    ):
                        made = self.annotation(kinds[at], local.parent or local, depth + 1)
            found.extend(made)
        return few(found)

    def _parameter(self, binding: Binding, scope: Scope, depth: int) -> Iterable[Resolved]:
        argument = binding.node
        assert isinstance(argument, ast.arg) and isinstance(scope.node, ast.FunctionDef | ast.AsyncFunctionDef)
        owner = scope.parent
        every = parameters(scope.node)
        if owner is not None and owner.kind == "class" and every[0] is argument:
            kinds = {one.id for one in scope.node.decorator_list if isinstance(one, ast.Name)}
            if "staticmethod" not in kinds:
                return (Resolved(f"@.{owner.qualname}", instance="classmethod" not in kinds, local=owner),)
        found = self.annotation(argument.annotation, scope.parent or scope, depth) if argument.annotation else ()
        default = default_of(scope.node, argument.arg)
        if default is not None and not found:
            found = self.names(default, scope.parent or scope, depth)
        if not found and self.handed_in.there:
            method = owner is not None and owner.kind == "class"
            found = self.handed_in.to(argument, scope.node, method=method, depth=depth)
        return found

    def annotation(self, node: ast.AST | None, scope: Scope, depth: int = 0) -> Names:
        """The class that an annotation names, as an instance: `X`, `"X"`, `X | None`, `Optional[X]`, `Annotated[X]`."""
        match node:
            case ast.Constant(value=str(text)) if _DOTTED.fullmatch(text) and depth <= MAX_DEPTH:
                try:
                    parsed = ast.parse(text, mode="eval").body
                except SyntaxError:
                    return ()
                self._kept.append(parsed)  # what is remembered by id must stay alive
                return self.annotation(parsed, scope, depth + 1)
            case ast.Name() | ast.Attribute():
                found = self.names(node, scope, depth + 1)
                return tuple(one.but(instance=True) for one in found if one.name not in _TELLS_NOTHING)
            case ast.BinOp(left=left, op=ast.BitOr(), right=right) if depth <= MAX_DEPTH:
                return self.annotation(left, scope, depth + 1) or self.annotation(right, scope, depth + 1)
            case ast.Subscript(value=ast.Name(id=name) | ast.Attribute(attr=name), slice=inner) if (
                name in ("Optional", "Annotated", "Union") and depth <= MAX_DEPTH
            ):
                first = inner.elts[0] if isinstance(inner, ast.Tuple) and inner.elts else inner
                return self.annotation(first, scope, depth + 1)
        return ()

    def attribute(self, receiver: Resolved, attribute: str, depth: int = 0) -> Names:
        """What `receiver.attribute` stands for; attributes of this file's classes are followed."""
        owner = receiver.local
        if owner is None or owner.kind != "class":
            return (receiver.dot(attribute),)
        return self._member(owner, attribute, depth) or (receiver.dot(attribute),)

    def _member(self, owner: Scope, attribute: str, depth: int) -> Names:
        """An attribute or method of a class of this file, or of its bases."""
        if depth > MAX_DEPTH:
            return ()
        bindings = owner.attributes(attribute)
        if bindings:
            found: list[Resolved] = []
            for binding in holding(bindings, None):
                inner = binding.scope
                if binding.kind == "def" and inner is not None and _is_property(inner):
                    found.extend(self.returned(inner, depth + 1))
                elif binding.kind == "value" and isinstance(binding.node, ast.Name):
                    # `self.client = client` in a method: the parameter's annotation or default says what it is
                    found.extend(self.names(binding.node, inner or owner, depth + 1))
                else:
                    found.extend(self._binding(binding, depth + 1))
            return few(found)
        assert isinstance(owner.node, ast.ClassDef)
        found = []
        for base in owner.node.bases:
            for one in self.names(base, owner.parent or owner, depth + 1):
                if one.local is not None and one.local.kind == "class" and one.local is not owner:
                    found.extend(self._member(one.local, attribute, depth + 1))
                elif one.local is None and one.name not in ("object", "abc.ABC", "typing.Protocol"):
                    found.append(one.dot(attribute))
        return few(found)

    def _called(self, call: ast.Call, scope: Scope, depth: int) -> Iterable[Resolved]:
        """What the result of a call stands for."""
        for function in self.names(call.func, scope, depth):
            name = function.name
            last = name.rpartition(".")[2]
            if function.local is not None and not function.instance and last not in _IMPORTERS:
                yield from self._made(function, call, scope, depth)
            elif name == ATTRGETTER and function.instance and function.made_by is not None:
                yield from self._got(function.made_by, function.made_in or scope, call, scope, depth)
            elif name in PARTIALS and call.args:
                for one in self.names(call.args[0], scope, depth):
                    yield one.but(partial=(*one.partial, (call, scope)))
            elif name == "getattr" and len(call.args) >= 2:
                yield from self._getattr(call, scope, depth)
            elif last in _IMPORTERS and call.args and (module := _module_name(self.text(call.args[0], scope, depth))):
                yield Resolved(module, origin=module)
            elif name in _UNWRAPPED and len(call.args) > _UNWRAPPED[name]:
                yield from self.names(call.args[_UNWRAPPED[name]], scope, depth)
            elif last == "Depends" and call.args:
                yield from self._called(ast.Call(call.args[0], [], []), scope, depth + 1)
            elif last in SETTINGS_METHODS and "." in name:
                receiver = name.rpartition(".")[0]
                yield function.but(name=receiver, instance=True, settings=(*function.settings, (call, scope)))
            else:
                made = call if not function.instance else function.made_by
                yield function.but(instance=True, local=None, made_by=made, made_in=scope)

    def _made(self, function: Resolved, call: ast.Call, scope: Scope, depth: int) -> Iterable[Resolved]:
        """The result of calling a class or function of this file."""
        local = function.local
        assert local is not None
        if local.kind == "class":
            return (function.but(instance=True, made_by=call, made_in=scope),)
        made = function.but(instance=True, local=None, made_by=call, made_in=scope)
        return self.returned(local, depth) or (made,)

    def returned(self, function: Scope, depth: int = 0) -> Names:
        """What a function of this file returns: its return values, else its annotation."""
        if depth > MAX_DEPTH or self._leaves_out(function.node):
            return ()
        found: list[Resolved] = []
        for node, _ in statements(function):
            if node.__class__ is not ast.Return and node.__class__ is not ast.Expr:
                continue
            value = node.value
            if node.__class__ is ast.Expr:
                value = value.value if isinstance(value, ast.Yield) else None
            if value is not None:
                found.extend(self.names(value, function, depth))
        if not found and isinstance(function.node, ast.FunctionDef | ast.AsyncFunctionDef) and function.node.returns:
            return self.annotation(function.node.returns, function.parent or function, depth)
        return few(found)

    def _leaves_out(self, function: ast.AST) -> bool:
        """Whether the body of a function was not parsed, which is noted."""
        last = function.body[-1] if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef) else None
        if not isinstance(last, ast.Pass):
            return False
        if self._blanked is None:
            self._blanked = self.module.source.blanked()
        offset = self._blanked.get(last.lineno)
        if offset is not None:
            self.left_out.add(offset)
        return offset is not None

    def _got(self, maker: ast.Call, made_in: Scope, call: ast.Call, scope: Scope, depth: int) -> Iterable[Resolved]:
        """`attrgetter("load")(torch)`, and the method that `methodcaller("load", …)(torch)` calls."""
        text = self.text(maker.args[0], made_in, depth) if maker.args else ""
        for receiver in self.names(call.args[0], scope, depth) if call.args else ():
            found: Names = (receiver,)
            for part in text.split(".") if text else ["?"]:
                found = few(
                    o for one in found for o in (self.attribute(one, part, depth) if text else (one.dot(part),))
                )
            yield from found

    def called_by_name(self, call: ast.Call, scope: Scope) -> Names:
        """What `methodcaller("load", …)(torch)` calls; empty for any other call."""
        return few(
            got
            for one in self.names(call.func, scope)
            if one.name == METHODCALLER and one.instance and one.made_by is not None
            for got in self._got(one.made_by, one.made_in or scope, call, scope, 0)
        )

    def _getattr(self, call: ast.Call, scope: Scope, depth: int) -> Iterable[Resolved]:
        attribute = call.args[1]
        for receiver in self.names(call.args[0], scope, depth):
            if text := self.text(attribute, scope, depth):
                yield from self.attribute(receiver, text, depth)
            else:
                yield receiver.dot("?")


def _module_name(text: str) -> str:
    return text if text.replace(".", "").isidentifier() else ""


def _imported(binding: Binding) -> Resolved:
    target = binding.target.removeprefix("builtins.")
    return Resolved(target, False, None, target)


def _is_property(scope: Scope) -> bool:
    assert not isinstance(scope.node, ast.Module)
    return any(dotted(one).rpartition(".")[2] in ("property", "cached_property") for one in scope.node.decorator_list)
