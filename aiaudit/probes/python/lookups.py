"""Which stored records a function looks up by what it is given, and what it does with whoever asks.

Of each function that looks something up, and of each handler: the conditions of its queries (`Document.id ==
document_id`, `filter_by(id=…)`, `session.get(Document, …)`), where the values come from, and where they are held
against each other or handed on. Values are told by their roots: the parameters that they are made of, `@who` for what a
framework says of whoever asks (`request.user`, `current_user`), or `@sent` for what it says of the request.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from aiaudit import lazy
from aiaudit.probes.python.answering import is_handler
from aiaudit.probes.python.dependencies import of_parameter
from aiaudit.probes.python.file_view import FileView
from aiaudit.probes.python.match import name_set
from aiaudit.probes.python.module import Scope
from aiaudit.probes.python.names import dotted, last_name
from aiaudit.probes.python.nodes import children_of, expressions, header, parameters, statements

HITS: Final = (
    rb"\b[A-Z]\w*\.\w*(?:id|uuid|pk|slug|key|email)[ \t]*==|\bfilter_by\("
    rb"|\.get(?:_or_404|_one)?\([ \t\n]*[A-Z]\w+[ \t\n]*,"
    rb"|\.query\.get(?:_or_404)?\(|\.objects\.(?:get|filter|select_related|prefetch_related|all)\(|\bget_(?:object|list)_or_404\("
    rb"|@[\w.]+\.(?:get|post|put|delete|patch|route)\(|@(?:[\w.]+\.)?(?:login_required|api_view|permission_classes|jwt_required)\b"
    rb"|^class[ \t]+\w*(?:Service|Repository|Repo|Manager|Store|UseCase|Crud|CRUD|Dao|DAO|Controller)\b"
)
WHO: Final = "@who"
SENT: Final = "@sent"
MADE: Final = "~"  # before a root of which only something else was made: `lookup(document_id).owner`
_MOST: Final = 60  # functions of one file, calls of one function
_MAX_DEPTH: Final = 24
_NOTHING: Final[frozenset[str]] = frozenset()

_WHO: Final = lazy.regex(
    r"^(?:\w+\.)*(?:current_user|current_identity|get_jwt_identity|get_jwt|get_jwt_claims|get_raw_jwt|get_current_user\w*|get_user_id)$"
    r"|^(?:flask\.)?g\.(?:\w*user\w*|\w*account\w*|identity|claims|tenant\w*)"
    r"|^(?:self\.|flask\.|info\.context\.)?(?:request|req|ws|websocket)\.(?:user|auth|session|headers|cookies|environ|META|authorization|scope"
    r"|jwt_payload|token|account|tenant|state\.\w*(?:user|account|identity|claims|auth|principal|tenant)\w*)(?:\.|$)"
)
_OF_SOMEBODY: Final = lazy.regex(r"(?i)user|owner|account|tenant|member|identity|claims|principal|caller|viewer")
_SENT: Final = lazy.regex(
    r"^(?:self\.|flask\.)?(?:request|req)\.(?:args|form|json|values|query_params|path_params|GET|POST|data|get_json|view_args|match_info)$"
    r"|^self\.kwargs$"
)
_ROLES: Final = lazy.regex(
    r"(?i)role|admin|staff|superuser|permission|scope|group|owner|can_|has_|user_?type|is_member"
)
_NO_CHECK: Final = lazy.regex(r"(?i)limit|quota|credit|balance|usage|rate_|plan|exist|format|valid")
_CHECKS: Final = lazy.regex(
    r"(?i)check|ensure|assert|verify|guard|authori[sz]e|require|permission|access|owner|belongs|allowed|can_|(?:^|_)has_|is_member|resolve_user"
)
_QUERIES: Final = name_set("query select get_object_or_404 get_list_or_404 delete update exists")
_BY_NAME: Final = name_set("filter_by get get_or_404 get_or_none filter get_object_or_404 get_list_or_404 aget exclude")
_BY_KEY: Final = name_set("get get_or_404 get_one")
_KEYS: Final = name_set("id pk uuid")
_REMOVES: Final = name_set("delete adelete")
_SAME: Final = name_set("int str UUID ObjectId PydanticObjectId strip lower upper cast")
_OPERATORS: Final = lazy.regex(r"__(?:exact|in|iexact)$")


def lookups(view: FileView) -> dict[str, Any]:
    """By function: what it looks up, what it is given, where that is held against something, and what it calls."""
    found: dict[str, Any] = {}
    for scope in view.module.scopes:
        if scope.kind == "function" and len(found) < _MOST:
            handler = is_handler(scope, view.resolver) or any(
                last_name(one.func if isinstance(one, ast.Call) else one) in ("login_required", "jwt_required")
                for one in getattr(scope.node, "decorator_list", ())
            )
            told = _Function(view, scope).told(handler)
            if told is not None:
                found[scope.qualname] = told
    return {"lookups": found}


class _Function:
    """One function, gone through once."""

    def __init__(self, view: FileView, scope: Scope) -> None:
        self.view = view
        self.resolver = view.resolver
        self.scope = scope
        self._known: dict[int, frozenset[str]] = {}

    def told(self, handler: bool) -> dict[str, Any] | None:
        """What is known of the function; None where it neither looks anything up, nor answers a request, nor is a
        method that may hand one on."""
        looks: list[dict[str, Any]] = []
        calls: list[dict[str, Any]] = []
        compared: set[str] = set()
        for statement, _ in statements(self.scope):
            asked = self._query(statement)
            looks += asked
            for node in expressions(header(statement)):
                if isinstance(node, ast.Compare) and not asked:
                    compared |= self._compared(node)
                elif isinstance(node, ast.Call) and len(calls) < _MOST and (one := self._call(node)) is not None:
                    calls.append(one)
            if isinstance(statement, ast.If | ast.Assert):
                compared |= self._said(statement.test)
        hands_on = (
            self.scope.parent is not None and self.scope.parent.kind == "class" and any(one["name"] for one in calls)
        )
        if not looks and not handler and not hands_on:
            return None
        node = self.scope.node
        assert isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        around = self.scope.parent or self.scope
        return {
            "given": {one.arg: list(of_parameter(self.view, node, one, around)) for one in parameters(node)},
            "looks": looks,
            "compared": sorted(compared),
            "calls": calls,
        }

    def _compared(self, node: ast.Compare) -> frozenset[str]:
        """What is held against something else: `document.user_id != user.id`, `user.role == "admin"`. To ask for
        nothing, for more or less (`user.credits < price`) or for a plan says nothing of whose a record is."""
        sides = [node.left, *node.comparators]
        if not all(isinstance(one, ast.Eq | ast.NotEq | ast.In | ast.NotIn) for one in node.ops):
            return frozenset()
        if any(isinstance(one, ast.Constant) and not isinstance(one.value, str) for one in sides):
            return frozenset()
        if any(map(_is_fixed, sides)):
            sides = [one for one in sides if _ROLES.search(dotted(one))]
        return self._all(sides)

    def _said(self, test: ast.expr) -> frozenset[str]:
        """What a condition asks of the caller's rights: `not user.is_admin`."""
        parts = test.values if isinstance(test, ast.BoolOp) else [test]
        bare = [one.operand if isinstance(one, ast.UnaryOp) else one for one in parts]
        return self._all(one for one in bare if isinstance(one, ast.Attribute) and _ROLES.search(one.attr))

    def _query(self, statement: ast.stmt) -> list[dict[str, Any]]:
        """The queries of one statement: by model, its conditions as column and roots."""
        by_model: dict[str, dict[str, Any]] = {}
        removes = False
        for node in expressions(header(statement)):
            if isinstance(node, ast.Call):
                last = last_name(node.func)
                removes = removes or last in _REMOVES
                for argument in node.args:
                    for one in _conditions(argument):
                        self._condition(one, by_model)
                if last in _BY_NAME:
                    self._by_name(node, by_model)
                if last in _BY_KEY:
                    self._by_key(node, by_model)
        beside = sorted({root for one in by_model.values() for _, roots in one["by"] for root in roots})
        return [{**one, "removes": removes, "beside": beside} for one in by_model.values() if _has_roots(one)]

    def _condition(self, node: ast.Compare, by_model: dict[str, dict[str, Any]]) -> None:
        """`Document.id == document_id`, whichever stands first."""
        if len(node.ops) != 1 or not isinstance(node.ops[0], ast.Eq):
            return
        for column, value in ((node.left, node.comparators[0]), (node.comparators[0], node.left)):
            constant = isinstance(column, ast.Attribute) and column.attr.isupper()  # of an enumeration
            if isinstance(column, ast.Attribute) and not constant and (model := self._class(column.value)):
                self._note(by_model, model, column.attr, value, node)
                return

    def _by_name(self, call: ast.Call, by_model: dict[str, dict[str, Any]]) -> None:
        """`Document.objects.get(pk=pk)`, `query(Document).filter_by(id=document_id)`."""
        model = self._model_of(call)
        for keyword in call.keywords if model else ():
            if keyword.arg and keyword.arg != "defaults":
                self._note(by_model, model, _OPERATORS.sub("", keyword.arg), keyword.value, call)

    def _by_key(self, call: ast.Call, by_model: dict[str, dict[str, Any]]) -> None:
        """`session.get(Document, document_id)`, `Document.query.get(document_id)`."""
        if len(call.args) >= 2 and (model := self._class(call.args[0])):
            self._note(by_model, model, "id", call.args[1], call)
        elif len(call.args) == 1 and not call.keywords and (model := self._model_of(call)):
            self._note(by_model, model, "id", call.args[0], call)

    def _note(
        self, by_model: dict[str, dict[str, Any]], model: str, column: str, value: ast.expr, at: ast.expr
    ) -> None:
        line = self.view.source.line(at.lineno)
        row = by_model.setdefault(model, {"model": model, "line": line, "by": []})
        row["by"].append([column, sorted(self.roots(value))])

    def _model_of(self, call: ast.Call) -> str:
        """The class that a chain of calls asks for: `db.query(Document).filter(…)`, `Document.objects.get(…)`."""
        node: ast.AST = call
        for _ in range(_MAX_DEPTH):
            match node:
                case ast.Call(func=func, args=args):
                    if last_name(func) in _QUERIES and args and (model := self._class(args[0])):
                        return model
                    if last_name(func).endswith("_or_404") and args and isinstance(args[0], ast.Call):
                        node = args[0]  # `get_object_or_404(Document.objects.select_related("owner"), id=number)`
                        continue
                    node = func
                case ast.Attribute(value=value, attr=attr):
                    if attr in ("objects", "query", "all_objects") and (model := self._class(value)):
                        return model
                    node = value
                case ast.Await(value=value):
                    node = value
                case _:
                    return ""
        return ""

    def _class(self, node: ast.expr) -> str:
        """The resolved name of what looks like a class."""
        last = last_name(node) if isinstance(node, ast.Name | ast.Attribute) else ""
        if not last[:1].isupper() or last.isupper():
            return ""
        names = self.resolver.names(node, self.scope)
        return names[0].name if names else f"@.{last}"

    def _call(self, call: ast.Call) -> dict[str, Any] | None:
        """A call that is given something with a root: its name, and what it is given at which place."""
        given = [sorted(self.roots(one)) for one in call.args]
        named = {one.arg: sorted(found) for one in call.keywords if one.arg and (found := self.roots(one.value))}
        of = sorted(self.roots(call.func.value)) if isinstance(call.func, ast.Attribute) else []
        if not any(given) and not named and not of:
            return None
        names = [one.name for one in self.resolver.names(call.func, self.scope)]
        text = dotted(call.func)[:80]
        return {
            "name": names[0] if names else "",
            "text": text,
            "given": given,
            "named": named,
            "of": of,
            "checks": _is_check(text.rpartition(".")[2]),
        }

    def _all(self, nodes: Iterable[ast.AST]) -> frozenset[str]:
        return frozenset().union(*(self.roots(one) for one in nodes))

    def roots(self, node: ast.AST | None, depth: int = 0) -> frozenset[str]:
        """What a value is made of: parameters of the function, `@who`, `@sent`; empty where that is not known."""
        if node is None or depth > _MAX_DEPTH:
            return _NOTHING
        known = self._known.get(id(node))
        if known is None:
            self._known[id(node)] = _NOTHING  # a name that leads back to itself is made of nothing
            known = self._known[id(node)] = self._roots(node, depth + 1)
        return known

    def _roots(self, node: ast.AST, depth: int) -> frozenset[str]:
        text = dotted(node.func if isinstance(node, ast.Call) else node)
        if text and (said := _of_framework(text)):
            return said
        match node:
            case ast.Name(id=name):
                return self._bound(name, node, depth)
            case ast.Attribute(
                value=ast.Name(id="self" | "cls" as own), attr=attr
            ):  # `self.db` says nothing of who asks
                return frozenset((own,)) if _OF_SOMEBODY.search(attr) else _NOTHING
            case (  # Flask's, by a key; what a database calls so has none
                ast.Subscript(value=ast.Name(id="session"), slice=ast.Constant(value=str(key)))
                | ast.Call(
                    func=ast.Attribute(value=ast.Name(id="session"), attr="get"),
                    args=[ast.Constant(value=str(key)), *_],
                )
            ) if _OF_SOMEBODY.search(key):
                return frozenset((WHO,))
            case ast.Attribute(value=value) | ast.Subscript(value=value) | ast.Starred(value=value):
                return self.roots(value, depth)
            case ast.Call(func=ast.Attribute(value=owner, attr="get"), args=[ast.Constant(), *_]):
                return self.roots(owner, depth)
            case ast.Call(func=func, args=args) if last_name(func) in _SAME:
                return self._all([*args, *([func.value] if isinstance(func, ast.Attribute) else [])])
            case ast.Call(func=ast.Name(id="getattr"), args=[owner, ast.Constant(value=str(attr)), *_]):
                return _of_framework(f"{dotted(owner)}.{attr}") or self.roots(owner, depth)
            case ast.Constant() | ast.Lambda():
                return _NOTHING
            case ast.Compare(left=left, comparators=others):
                return self._all((left, *others))
        found = [
            self.roots(one, depth)
            for one in children_of(node)
            if isinstance(one, ast.expr | ast.keyword | ast.comprehension)
        ]
        every = frozenset().union(*found)
        parts = len(node.values) if isinstance(node, ast.JoinedStr) else 1
        put_together = isinstance(node, ast.Call | ast.BinOp) or parts > 1
        return frozenset(made(one) for one in every) if put_together else every

    def _bound(self, name: str, node: ast.Name, depth: int) -> frozenset[str]:
        found: set[str] = set()
        for binding in (self.resolver.bindings(name, self.scope, node.lineno) or [])[:4]:
            if binding.kind == "param" and isinstance(binding.node, ast.arg):
                found |= {binding.node.arg} if binding.scope is self.scope else set()
            elif binding.kind in ("value", "item", "part"):
                found |= self.roots(binding.node, depth)
        return frozenset(found)


def _conditions(node: ast.expr) -> Iterator[ast.Compare]:
    """The comparisons of an argument: `A.id == x`, `(A.id == x) & (A.owner == y)`."""
    todo: list[ast.AST] = [node]
    while todo:
        one = todo.pop()
        if isinstance(one, ast.Compare):
            yield one
        elif isinstance(one, ast.BoolOp | ast.BinOp | ast.Starred | ast.List | ast.Tuple):
            todo.extend(children_of(one))


def _is_fixed(node: ast.expr) -> bool:
    """A text, or a member of an enumeration: `Plan.FREE`."""
    return isinstance(node, ast.Constant) or (isinstance(node, ast.Attribute) and node.attr.isupper())


def _is_check(name: str) -> bool:
    """Whether a function is named after a look at whose something is, and at nothing else."""
    return _CHECKS.search(name) is not None and _NO_CHECK.search(name) is None


def _has_roots(look: dict[str, Any]) -> bool:
    return any(roots for _, roots in look["by"])


def made(root: str) -> str:
    """The same root of something that was made of it; whoever asks stays who asks."""
    return root if root == WHO or root.startswith(MADE) else f"{MADE}{root}"


def _of_framework(text: str) -> frozenset[str]:
    """What a framework says of whoever asks, or of the request."""
    if _WHO.search(text):
        return frozenset((WHO,))
    while text:
        if _SENT.search(text):
            return frozenset((SENT,))
        text = text.rpartition(".")[0]
    return _NOTHING


def every_root(call: dict[str, Any]) -> Iterator[str]:
    """The roots of all that a call is given, also of what was made of them."""
    for roots in (*call["given"], *call["named"].values(), call["of"]):
        yield from (root.removeprefix(MADE) for root in roots)


def called_in(functions: Mapping[str, Any], name: str) -> str:
    """Which of a file's functions is called: by its name, or where a factory of the file gives the object away
    (`get_store().save`), the one method of that name."""
    if name in functions or "." not in name:
        return name
    last = f".{name.rpartition('.')[2]}"
    alike = [one for one in functions if one.endswith(last)]
    return alike[0] if len(alike) == 1 else name
