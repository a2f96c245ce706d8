"""Of what a sink is given: the first part whose origin is not known, by its name.

Known are texts and figures that stand in the code, settings, what a caller of the web or a user at a page sends, and
what is made of these. What is left is what nobody has seen the origin of: a parameter that no call in the file fills, a
function of another file, what a library answers. Whether a model wrote it cannot be told there."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Final

from aiaudit import lazy
from aiaudit.probes.python.answering import is_handler, is_tool
from aiaudit.probes.python.databases import builds_statement
from aiaudit.probes.python.match import name_set
from aiaudit.probes.python.module import Scope
from aiaudit.probes.python.names import dotted, last_name
from aiaudit.probes.python.nodes import children_of, parameters, statements, walk

if TYPE_CHECKING:
    from aiaudit.probes.python.bindings import Binding
    from aiaudit.probes.python.flows import FlowFinder

MAX_DEPTH: Final = 24
MAX_STEPS: Final = 300
MAX_HOPS: Final = 3
_COUNTED: Final = name_set(
    "int float bool len sum round abs min max hash ord id count index uuid4 uuid1 hexdigest token_hex token_urlsafe now"
    " utcnow today time strftime isoformat perf_counter monotonic getpid cpu_count quote quote_plus urlencode escape"
    " secure_filename bindparam literal_eval getenv mkdtemp mkstemp NamedTemporaryFile TemporaryDirectory gettempdir"
    " get_template getcwd urandom randint choice timestamp range enumerate_ids cwd home"
)
_MADE_OF: Final = name_set(
    "str join format strip lstrip rstrip lower upper replace split rsplit splitlines title capitalize encode decode"
    " list tuple set dict sorted reversed zip map filter items values keys get pop copy enumerate next iter dumps"
    " dedent Path"
    " PurePath joinpath with_suffix with_name resolve absolute abspath dirname expanduser realpath normpath relpath"
    " splitext as_posix repr text SQL Identifier Literal Composed sub partition removeprefix removesuffix urljoin cast"
    " ljust rjust zfill center strptime astimezone date fspath extend append ascii chr print type any all getattr"
)
_OF_FIGURES: Final = tuple(
    f"{name}."
    for name in (  # noqa: SIM905
        "numpy pandas polars matplotlib plotly altair folium seaborn sklearn glob tempfile datetime uuid random secrets"
        " hashlib shutil sys importlib.resources platform socket torch math"
    ).split()
)
_FIGURES: Final = name_set("int float bool UUID date datetime Decimal")
_SETTINGS: Final = lazy.regex(
    r"(?i)^(?:self\.|cls\.|app\.|current_app\.)?_?(?:\w*settings?|\w*conf(?:ig(?:uration)?)?|\w*cfg|args|opts|options|env|os\.environ|st\.secrets|constants?)(?:\(\))?(?:\.|$)"
)
_USERS: Final = (
    "streamlit.",
    "chainlit.",
    "gradio.",
    "flask.request",
    "django.",
    "quart.request",
    "bottle.request",
    "input",
)
# What a page keeps between two runs of its script: a talk, or what was answered. Whose words these are is not known.
_KEPT: Final = lazy.regex(
    r"(?i)(?:^|\.)session_state(?:\.|\[['\"])\w*(?:messages?|history|chat|talk|conversation|answers?|responses?|repl(?:y|ies)|results?|outputs?|summar(?:y|ies)|analys[ie]s|reports?)(?![a-z])"
)


class Unfollowed:
    """Looks for what is not known, one sink after another."""

    def __init__(self, finder: FlowFinder, *, parameters_known: bool = False) -> None:
        """`parameters_known`: who calls a function tells of what it hands over."""
        self.finder = finder
        self._parameters_known = parameters_known
        self.resolver = finder.resolver
        self._steps = 0
        self._seen: set[tuple[int, int]] = set()

    def part(self, node: ast.AST | None, scope: Scope) -> str:
        """The name of the first part that is not known; empty where all of it is."""
        self._steps = 0
        self._seen = set()
        return self._of(node, scope, 0, 0)

    def _of(self, node: ast.AST | None, scope: Scope, depth: int, hops: int) -> str:
        self._steps += 1
        if node is None or (key := (id(node), id(scope))) in self._seen:
            return ""
        if depth > MAX_DEPTH or self._steps > MAX_STEPS:
            return dotted(node) if isinstance(node, ast.expr) and dotted(node) else "a long way"
        self._seen.add(key)
        deeper = depth + 1
        match node:
            case ast.Constant() | ast.Compare() | ast.Lambda():
                return ""
            case ast.Name(id=name):
                return self._name(name, node, scope, deeper, hops)
            case ast.Attribute():
                return self._attribute(node, scope, deeper, hops)
            case ast.Subscript(value=ast.Attribute(attr="session_state")) if _KEPT.search(ast.unparse(node)[:80]):
                return ast.unparse(node)[-60:]
            case ast.Subscript(value=inner):
                return self._of(inner, scope, deeper, hops)
            case ast.IfExp(body=body, orelse=other):
                return self._of(body, scope, deeper, hops) or self._of(other, scope, deeper, hops)
            case ast.Call():
                return self._call(node, scope, deeper, hops)
            case ast.BinOp(op=ast.Mod(), right=right, left=left):
                return self._of(left, scope, deeper, hops) or self._of(right, scope, deeper, hops)
        parts = list(children_of(node))
        taken = {
            one.id for part in parts if isinstance(part, ast.expr) for one in walk(part) if isinstance(one, ast.Name)
        }
        for child in parts:
            if isinstance(child, ast.comprehension):  # `"?" for one in ids` holds nothing of them
                named = {one.id for one in walk(child.target) if isinstance(one, ast.Name)}
                found = self._of(child.iter, scope, deeper, hops) if named & taken else ""
            elif isinstance(child, ast.expr):
                found = self._of(child, scope, deeper, hops)
            else:
                continue
            if found:
                return found
        return ""

    def _name(self, name: str, node: ast.Name, scope: Scope, depth: int, hops: int) -> str:
        if _SETTINGS.match(name):
            return ""
        bound = self.resolver.bindings(name, scope, node.lineno) or []
        if not bound:
            return ""  # of a comprehension, or built in
        for binding in bound[:4]:
            owner = binding.scope or scope
            if binding.kind in ("value", "item", "part"):
                found = self._of(binding.node, owner, depth, hops)
                for added in self.finder.grown.of(name, owner) if not found else ():
                    found = found or self._of(added, owner, depth, hops)
            elif binding.kind == "param":
                found = self._parameter(binding, owner, depth, hops)
            else:  # an import, a function, a class
                found = name if binding.kind == "import" and _is_a_thing(name) else ""
            if found:
                return found if found != "?" else name
        return ""

    def _parameter(self, binding: Binding, scope: Scope, depth: int, hops: int) -> str:
        node, argument = scope.node, binding.node
        if self._parameters_known or isinstance(node, ast.Module | ast.ClassDef) or not isinstance(argument, ast.arg):
            return ""
        if is_tool(scope, self.resolver) or is_handler(scope, self.resolver):
            return ""  # a model's, or a user's: told by the flows
        if self.resolver.injection(node, argument.arg, scope.parent or scope) is not None:
            return ""
        if argument.annotation is not None and last_name(argument.annotation) in _FIGURES:
            return ""
        calls = self.finder.callers(scope) if hops < MAX_HOPS else []
        if not calls:
            return argument.arg
        position = [one.arg for one in parameters(node)].index(argument.arg)
        if scope.parent is not None and scope.parent.kind == "class":
            position -= 1
        for caller, call in calls:
            given = next((one.value for one in call.keywords if one.arg == argument.arg), None)
            if given is None and 0 <= position < len(call.args):
                given = call.args[position]
            if given is None and any(one.arg is None for one in call.keywords):
                return argument.arg
            if found := self._of(given, caller, depth, hops + 1):
                return found
        return ""

    def _attribute(self, node: ast.Attribute, scope: Scope, depth: int, hops: int) -> str:
        name = dotted(node)
        if _SETTINGS.match(name) or name.rpartition(".")[2].isupper():
            return ""
        resolved = self.resolver.names(node, scope)
        if kept := _kept(name, *(one.name for one in resolved)):
            return kept
        if any(one.name.startswith(_USERS) or one.name.startswith(_OF_FIGURES) for one in resolved):
            return ""
        if resolved and all(one.origin and not one.instance and one.made_by is None for one in resolved):
            return name if _is_a_thing(name) else ""  # what a module holds
        inner = node.value
        if isinstance(inner, ast.Name) and inner.id in ("self", "cls"):
            owner = scope.enclosing_class()
            bound = [one for one in (owner.attributes(node.attr) if owner is not None else ()) if one.kind == "value"]
            if not bound:
                return name
            for binding in bound[:4]:
                if found := self._of(binding.node, binding.scope or scope, depth, hops):
                    return name if found == "?" else found
            return ""
        found = self._of(inner, scope, depth, hops)
        return name[-60:] or found if found else ""

    def _call(self, node: ast.Call, scope: Scope, depth: int, hops: int) -> str:
        last = last_name(node.func)
        if last in _COUNTED:
            return ""
        names = self.resolver.names(node.func, scope)
        of_paths = any(one.name.startswith("os.path") for one in names)
        known = (*_USERS, *_OF_FIGURES, "os.environ")
        if kept := _kept(*(one.name for one in names)):
            return kept
        if any(builds_statement(one.name) or one.name.startswith(known) for one in names):
            return ""
        if last in _MADE_OF or of_paths:
            of_module = any(one.origin and not one.instance for one in names)
            receiver = [node.func.value] if isinstance(node.func, ast.Attribute) and not of_module else []
            looked_up = last in ("get", "pop") and bool(receiver)
            given = [*node.args, *(one.value for one in node.keywords)]
            for one in (*receiver, *given[looked_up:]):
                if found := self._of(one, scope, depth, hops):
                    return found
            return ""
        if last[:1].isupper():  # an object that is made of what it is given
            for one in (*node.args, *(key.value for key in node.keywords)):
                if found := self._of(one, scope, depth, hops):
                    return found
            return ""
        own = next((one.local for one in names if one.local is not None and one.local.kind == "function"), None)
        if own is not None and hops < MAX_HOPS:
            for statement, _ in statements(own):
                value = statement.value if isinstance(statement, ast.Return) else None
                if found := self._of(value, own, depth, hops + 1):
                    return found if found.endswith("()") else f"{dotted(node.func)}()"
            for argument, clean in self.finder.passing.given(node, own):
                if not clean and (found := self._of(argument, scope, depth, hops)):
                    return found
            return ""
        return f"{dotted(node.func)[-60:] or last}()"


def _kept(*names: str) -> str:
    """The first of the names of one thing that is a talk or an answer which a page keeps."""
    return next((name[-60:] for name in names if _KEPT.search(name)), "")


def _is_a_thing(name: str) -> bool:
    """Whether what another module holds is neither a constant nor a class nor a setting, by its name."""
    parts = name.split(".")
    return not any(one[:1].isupper() for one in parts) and not any(_SETTINGS.match(one) for one in parts)
