"""Tools that a model may call: where they are defined, with which arguments, what they do, and who must agree.

Found: decorated functions (LangChain, OpenAI Agents, CrewAI, PydanticAI, smolagents, MCP, Semantic Kernel), classes of
tools, constructors (`StructuredTool.from_function`), lists of functions handed to agents and models, tables out of
which an answer picks a function, and schemas written out (OpenAI, Anthropic, MCP), joined with the function of the same
name. What a tool does is read from the calls that are reached from it in its file, two calls deep.
"""

from __future__ import annotations

import ast
import itertools
from collections.abc import Collection
from typing import Any, Final

from aiaudit.probes.python import dispatch
from aiaudit.probes.python.approvals import (
    Approval,
    approval_by_keyword,
    approval_in,
    reads_by_its_word,
    said_in,
)
from aiaudit.probes.python.effects import (
    BUILT_IN,
    Effect,
    address_of,
    effect_by_name,
    effect_of,
    handed_effect,
    starts_in_code,
)
from aiaudit.probes.python.features import FileView
from aiaudit.probes.python.import_lines import FOREIGN
from aiaudit.probes.python.match import name_set
from aiaudit.probes.python.module import Scope
from aiaudit.probes.python.nodes import expressions, header, parameters, statements
from aiaudit.probes.python.resolve import dotted, last_name
from aiaudit.probes.python.resolved import Resolved

HITS: Final = (
    rb"^[ \t]*@(?:\w+\.)*(?:tool|function_tool|tool_plain|kernel_function|beta_tool|call_tool|register_for_llm)\b"
    rb"|^[ \t]*from [^\n]*\b(?:tool|function_tool)[ \t]+as\b"
    rb"|\bclass \w+\([^)]{0,160}\b(?:BaseTool|Tool|StructuredTool|BaseToolSpec)\b"
    rb"|\.(?:execute_query|run_query|execute_statement|run_statement|query_database)\("  # what a tool may do
    rb"|\b(?:StructuredTool|FunctionTool|Tool)(?:\.from_\w+)?\(|\bregister_function\(|\.add_tool\(|\bToolNode\("
    rb"|\.bind_tools\("
    rb"|\b(?:tools|functions|available_tools|TOOLS|FUNCTIONS)[ \t]*(?::[^=\n]+)?=[ \t]*\["
    rb"|\bcreate_(?:react_|deep_)?agent\("
    rb"|[\"']type[\"'][ \t]*:[ \t]*[\"']function[\"']|[\"']input_schema[\"'][ \t]*:"
    rb"|[\"']parameters[\"'][ \t]*:[ \t]*\{[ \t]*(?:\n[ \t]*)?[\"']type[\"'][ \t]*:[ \t]*[\"']object[\"']"
    rb"|" + dispatch.HITS
)
_DECORATORS: Final = name_set("tool function_tool tool_plain kernel_function beta_tool call_tool register_for_llm")
_CLASSES: Final = name_set("BaseTool Tool StructuredTool BaseToolSpec")
_BODIES: Final = name_set("_run _arun forward run arun execute call __call__ invoke")
_CONSTRUCTORS: Final = name_set(
    "StructuredTool FunctionTool Tool from_function from_defaults register_function add_tool"
)
_LISTS: Final = {"bind_tools": 0, "ToolNode": 0, "create_react_agent": 1, "create_agent": 1, "create_deep_agent": 1}
_NOT_GIVEN: Final = name_set("self cls ctx context run_context wrapper runtime state config tool_context run_manager")
_FRAMEWORKS: Final = {
    "langchain": "langchain", "langgraph": "langchain", "deepagents": "langchain", "agents": "openai-agents",
    "openai": "openai", "anthropic": "anthropic", "llama_index": "llamaindex", "crewai": "crewai", "autogen": "autogen",
    "pydantic_ai": "pydantic-ai", "smolagents": "smolagents", "mcp": "mcp", "fastmcp": "mcp",
    "semantic_kernel": "semantic-kernel", "google": "google-adk", "strands": "strands", "dspy": "dspy",
    "claude_agent_sdk": "claude-agent-sdk", "llm": "llm", "haystack": "haystack", "ag2": "autogen", "agno": "agno",
    "livekit": "livekit",
}  # fmt: skip
_HARMLESS: Final = name_set(
    "strip split append join format lower upper get items keys values replace startswith endswith encode decode"
    " strftime isoformat sort extend pop index count title setdefault copy lstrip rstrip splitlines model_dump"
    " model_dump_json dict json search match group findall sub info debug warning error exception log read"
)
MAX_TOOLS: Final = 200
_SENT: Final = ("network", "write", "delete")
MAX_SINKS: Final = 20
DEEP: Final = 2  # calls of functions of the same file


class ToolFinder:
    """Finds the tools of one file."""

    def __init__(self, view: FileView) -> None:
        self.view = view
        self.resolver = view.resolver
        self.found: dict[
            str, dict[str, Any]
        ] = {}  # by function or name: a tool is one tool, however often it is listed

    def rows(self) -> list[dict[str, Any]]:
        for scope, statement in list(self.view.marked_statements()):
            match statement:
                case ast.FunctionDef() | ast.AsyncFunctionDef():
                    self._decorated(statement, scope)
                case ast.ClassDef():
                    self._class(statement, scope)
                case ast.ImportFrom(names=names):  # `from langchain_core.tools import tool as t`
                    renamed = {one.asname for one in names if one.name in _DECORATORS}
                    for inner in self.view.module.scopes[1:]:
                        if isinstance(inner.node, ast.FunctionDef | ast.AsyncFunctionDef):
                            self._decorated(inner.node, inner.parent or inner, renamed)
                case _:
                    for node in expressions(header(statement)):
                        self._expression(node, scope)
                    self._assigned(statement, scope)
                    for table, where in dispatch.tables(statement, scope, self.view):
                        for value in table.values:
                            self._listed(value, where, "own", "dispatched")
        return sorted(list(self.found.values())[:MAX_TOOLS], key=lambda row: int(row["line"]))

    # --- where tools are defined -------------------------------------------------------------------------------------

    def _decorated(
        self, node: ast.FunctionDef | ast.AsyncFunctionDef, scope: Scope, renamed: Collection[str | None] = ()
    ) -> None:
        for decorator in node.decorator_list:
            target = decorator.func if isinstance(decorator, ast.Call) else decorator
            if last_name(target) not in _DECORATORS and last_name(target) not in renamed:
                continue
            framework = self._framework(target, scope)
            if not framework:
                continue
            name = _given_name(decorator, self.view, scope) or node.name
            inner = self.view.module.scope_of(node)
            args: list[list[str]] | None = (
                [] if last_name(target) == "call_tool" else None
            )  # they are checked against the declared schemas
            self._add(
                name,
                node,
                scope,
                inner,
                framework,
                "decorated",
                approval_by_keyword(decorator, self.view.values, scope),
                args=args,
                told=_keyword_text(decorator, "description", self.view, scope),
            )

    def _class(self, node: ast.ClassDef, scope: Scope) -> None:
        base = next((one for one in node.bases if last_name(one) in _CLASSES), None)
        framework = self._framework(base, scope) if base is not None else ""
        if not framework:
            return
        owner = self.view.module.scope_of(node)
        bodies = [one for name, one in owner.children.items() if name in _BODIES]
        if not bodies:
            return  # a base of tools, not a tool
        name = next((self.view.values.text(b.node, owner) or "" for b in owner.attributes("name") if b.node), "")
        described = any(owner.attributes(one) for one in ("args_schema", "inputs"))
        args = [[one, kind or "schema"] for one, kind in _args(bodies[0], "class")] if described else None
        self._add(name or node.name, node, scope, bodies[0], framework, "class", None, also=bodies[1:], args=args)

    def _expression(self, node: ast.AST, scope: Scope) -> None:
        if isinstance(node, ast.Dict):
            self._schema(node, scope)
        if isinstance(node, ast.ListComp):
            self._constructed_each(node, scope)
        if not isinstance(node, ast.Call):
            return
        last = last_name(node.func)
        if last in _CONSTRUCTORS:
            self._constructed(node, scope)
        at = _LISTS.get(last)
        if at is not None and len(node.args) > at:
            self._list(node.args[at], scope, self._framework(node.func, scope))
        for keyword in node.keywords:
            if keyword.arg in ("tools", "functions"):
                self._list(keyword.value, scope, self._framework(node.func, scope))

    def _assigned(self, statement: ast.stmt, scope: Scope) -> None:
        """`TOOLS = [lookup, refund]`: functions of this file only, for a list may hold anything."""
        if isinstance(statement, ast.Assign | ast.AnnAssign) and isinstance(statement.value, ast.List):
            self._list(statement.value, scope, "")

    def _list(self, node: ast.expr, scope: Scope, framework: str, depth: int = 0) -> None:
        if isinstance(node, ast.Name) and depth < 3:
            for one in (self.resolver.bindings(node.id, scope, node.lineno) or [])[:4]:
                if one.kind == "value" and isinstance(one.node, ast.List | ast.BinOp):
                    self._list(one.node, one.scope or scope, framework, depth + 1)
        elif isinstance(node, ast.BinOp) and depth < 6:
            self._list(node.left, scope, framework, depth + 1)
            self._list(node.right, scope, framework, depth + 1)
        elif isinstance(node, ast.List | ast.Tuple):
            for element in node.elts:
                self._listed(element, scope, framework)

    def _listed(self, node: ast.expr, scope: Scope, framework: str, kind: str = "listed") -> None:
        for one in self.resolver.names(node, scope)[:1]:
            last = one.name.rpartition(".")[2]
            if one.local is not None and one.local.kind == "function" and not one.instance:
                self._add(last, one.local.node, scope, one.local, framework or "own", kind, None)
            elif one.instance and last in BUILT_IN and one.local is None:
                what, free = ("network", False) if self._is_apart(node, scope) else BUILT_IN[last]
                effect = Effect(what, one.name, node.lineno, free)
                whose = _framework_of(one.name) or framework or "own"
                self._add(
                    last,
                    node,
                    scope,
                    None,
                    whose,
                    "built-in",
                    approval_by_keyword(node, self.view.values, scope),
                    [effect],
                )
            elif framework and one.origin and not one.instance and one.origin.partition(".")[0] not in FOREIGN:
                self._add(last, node, scope, None, framework, kind, None, target=one.name)

    def _is_apart(self, node: ast.expr, scope: Scope) -> bool:
        """Whether a shell runs in a container of the provider: `ShellTool(environment={"type": "container_auto"})`."""
        for one in node.keywords if isinstance(node, ast.Call) else ():
            kind = (
                _fields(one.value).get("type") if one.arg == "environment" and isinstance(one.value, ast.Dict) else None
            )
            if (self.view.values.text(kind, scope) or "").startswith("container"):
                return True
        return False

    def _name_of(self, node: ast.expr, scope: Scope) -> str:
        """A constant name, also a member of an enumeration of this file."""
        if isinstance(node, ast.Attribute):
            for one in self.resolver.names(node.value, scope):
                bound = one.local.bindings(node.attr) if one.local is not None else ()
                if bound and bound[0].node is not None and one.local is not None:
                    return self.view.values.text(bound[0].node, one.local) or ""
        return self.view.values.text(node, scope) or ""

    def _constructed(self, node: ast.Call, scope: Scope) -> None:
        framework = self._framework(node.func, scope)
        if framework in ("", "own") or (last_name(node.func) == "add_tool" and framework != "mcp"):
            return
        function = next(
            (one.value for one in node.keywords if one.arg in ("func", "function", "fn", "coroutine", "callable")), None
        )
        given = function or (node.args[0] if node.args else None)
        named = next((one.value for one in node.keywords if one.arg == "name"), None)
        name = self._name_of(named, scope) if named is not None else ""
        resolved = self.resolver.names(given, scope) if given is not None else ()
        local = next((one.local for one in resolved if one.local is not None and one.local.kind == "function"), None)
        target = next((one.name for one in resolved if one.local is None and one.origin and not one.instance), "")
        name = name or (local.qualname.rpartition(".")[2] if local else target.rpartition(".")[2])
        if not name:
            return
        if local is None and not target and framework == "mcp":
            local = self._function_named(name)
        self._add(
            name,
            node,
            scope,
            local,
            framework,
            "constructed",
            approval_by_keyword(node, self.view.values, scope),
            target=target,
            told=_keyword_text(node, "description", self.view, scope),
        )

    def _constructed_each(self, node: ast.ListComp, scope: Scope) -> None:
        """`[FunctionTool.from_defaults(fn=one) for one in functions]`."""
        made, over = node.elt, node.generators[0]
        if not isinstance(made, ast.Call) or last_name(made.func) not in _CONSTRUCTORS:
            return
        given = [*made.args, *(one.value for one in made.keywords)]
        if any(isinstance(one, ast.Name) and one.id == dotted(over.target) for one in given):
            self._list(over.iter, scope, self._framework(made.func, scope))

    def _schema(self, node: ast.Dict, scope: Scope) -> None:
        """A tool as OpenAI or Anthropic have it written: `{"type": "function", "function": {"name": …}}`."""
        fields = _fields(node)
        is_function = self.view.values.text(fields.get("type"), scope) == "function" if "type" in fields else False
        nested = fields.get("function")
        inner = _fields(nested) if isinstance(nested, ast.Dict) else fields
        if not (is_function or "input_schema" in fields or _is_old_function(fields)) or "name" not in inner:
            return
        name = self.view.values.text(inner["name"], scope)
        if not name:
            return
        schema = inner.get("parameters") or inner.get("input_schema")
        framework = "anthropic" if "input_schema" in fields else "openai"
        args = _schema_args(schema, self.view, scope)
        told = self.view.values.text(inner["description"], scope) or "" if "description" in inner else ""
        function = self._function_named(name)
        if function is None and (beside := self._body_beside(scope)) is not None:
            self._add(name, node, scope, beside, framework, "schema", None, args=args, shared=True, told=told)
        else:
            self._add(name, node, scope, function, framework, "schema", None, args=args, told=told)

    def _body_beside(self, scope: Scope) -> Scope | None:
        """The method that does the work, where a method of the same class tells the model of it."""
        owner = scope.parent if scope.kind == "function" else scope
        if owner is None or owner.kind != "class":
            return None
        return next((one for name, one in owner.children.items() if name in _BODIES and one is not scope), None)

    def _function_named(self, name: str) -> Scope | None:
        wanted = name.replace("-", "_")
        return next((one for one in self.view.module.scopes if one.kind == "function" and one.qualname == wanted), None)

    def _framework(self, target: ast.expr, scope: Scope) -> str:
        """Whose tool it is; "" where the name is another library's."""
        names = self.resolver.names(target, scope)
        for one in names:
            found = _framework_of(one.name)
            if found:
                return found
            root = one.name.partition(".")[0]
            if one.name[:1] in "@?" or (one.origin and root not in FOREIGN):
                written = dotted(target)
                return (
                    "mcp"
                    if "mcp" in written.lower() or "mcp" in one.name.lower()
                    else "own"
                    if root[:1] in "@?." or one.origin
                    else ""
                )
        return "own" if not names and isinstance(target, ast.Attribute) else ""

    # --- what they do ------------------------------------------------------------------------------------------------

    def _add(
        self,
        name: str,
        node: ast.AST,
        scope: Scope,
        function: Scope | None,
        framework: str,
        kind: str,
        approval: Approval | None,
        effects: list[Effect] | None = None,
        *,
        also: list[Scope] = (),  # type: ignore[assignment]
        args: list[list[str]] | None = None,
        target: str = "",
        shared: bool = False,
        told: str = "",
    ) -> None:
        key = function.qualname if function is not None and not shared else f"tool {name}"
        known = self.found.get(key)
        if known is not None:
            if args and not known.get("args"):
                known["args"] = args
            return
        reached = _Reached(self)
        for one in [function, *also] if function is not None else ():
            reached.look(one, DEEP)
        every = (effects or []) + reached.effects + reached.deletions()
        approval = approval or (None if reached.is_asked_late() else reached.approval)
        docstring = (
            ast.get_docstring(function.node)
            if function is not None and not isinstance(function.node, ast.ClassDef)
            else ""
        )
        row: dict[str, Any] = {
            **self.view.place(node, scope),  # type: ignore[arg-type]
            "name": name[:100],
            "framework": framework,
            "kind": kind,
            "within": function.qualname if function is not None else "",
            "args": args if args is not None else _args(function, kind),
            "sinks": [
                [one.kind, one.name[:100], self.view.source.line(one.line), one.free] for one in every[:MAX_SINKS]
            ],
            "named": effect_by_name(name) if kind != "built-in" else "",
            "outside": reached.outside,
            "own": sorted(reached.own | ({target} if target else set()))[:MAX_SINKS],
            "body": function is not None or bool(effects),
            "approval": approval.kind if approval else "",
            "approval_line": self.view.source.line(approval.line) if approval else 0,
            "said": said_in(docstring or ""),
            "reads": reads_by_its_word(name, f"{told}\n{docstring or ''}"),
            "wraps": function is not None and args is None and _wraps(function),
        }
        self.found[key] = {field: value for field, value in row.items() if value not in ("", 0, False, [])}


class _Reached:
    """What is reached from a function: effects, approvals, and functions of other files that may be the project's."""

    def __init__(self, finder: ToolFinder) -> None:
        self.finder = finder
        self.effects: list[Effect] = []
        self.approval: Approval | None = None
        self.asked_at = 0  # how many effects were seen before it
        self.own: set[str] = set()
        self.outside = False  # whether it calls something of which it is not known what it does
        self._seen: set[tuple[int, frozenset[str]]] = set()
        self._made: set[str] = set()  # names of files that it writes itself
        self._removed: list[tuple[Effect, str]] = []

    def deletions(self) -> list[Effect]:
        """What it deletes, but for files that it made: to clear up after itself changes nothing."""
        return [effect for effect, name in self._removed if name not in self._made]

    def is_asked_late(self) -> bool:
        """Whether somebody is asked only when all is done."""
        done = len(self.effects) + len(self._removed)
        return 0 < done <= self.asked_at and not self.own and not self.outside

    def look(self, function: Scope, deep: int, fixed: frozenset[str] = frozenset()) -> None:
        """Add what the function does itself, and what functions of this file do that it calls. `fixed`: parameters
        whose text begins with what the caller's code says."""
        if (id(function), fixed) in self._seen:
            return
        self._seen.add((id(function), fixed))
        for statement, _ in statements(function):
            for node in expressions(header(statement)):
                if isinstance(node, ast.Call):
                    self._call(node, statement, function, deep, fixed)
        for inner in function.children.values():
            if inner.kind == "function":
                self.look(inner, deep, fixed)

    def _call(self, call: ast.Call, statement: ast.stmt, scope: Scope, deep: int, fixed: frozenset[str]) -> None:
        resolved = self.finder.resolver.names(call.func, scope)
        names = tuple(one.name for one in resolved)
        own = next((one.local for one in resolved if one.local is not None and one.local.kind == "function"), None)
        if self.approval is None:
            self.approval = approval_in(call, names, statement, scope, own, self.finder.resolver)
            self.asked_at = len(self.effects) + len(self._removed)
        effect = effect_of(call, names, self.finder.view.values, scope)
        if effect is not None and effect.free and effect.kind in _SENT and _name_of_address(call) in fixed:
            effect = effect._replace(free=False)
        if effect is not None:
            of = dotted(call.args[0]) if call.args else ""
            if effect.kind == "delete" and of:
                self._removed.append((effect, of))
            else:
                self.effects.append(effect)
            if effect.kind == "file" and of:
                self._made.add(of)
            return
        for argument in call.args:  # asyncio.to_thread(delete_it, path)
            handed = handed_effect(argument, call)
            if handed is not None:
                self.effects.append(handed)
            for one in (
                self.finder.resolver.names(argument, scope) if isinstance(argument, ast.Name | ast.Attribute) else ()
            ):
                self._follow(one, deep)
        for one in resolved:
            self._follow(one, deep, self._fixed(call, one, scope, fixed))
        if not resolved and last_name(call.func) not in _HARMLESS:
            self.outside = True

    def _fixed(self, call: ast.Call, one: Resolved, scope: Scope, known: frozenset[str]) -> frozenset[str]:
        """The parameters of a function of this file that a call gives a text whose beginning stands in the code."""
        node = one.local.node if one.local is not None else None
        if one.local is None or not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            return frozenset()
        names = [each.arg for each in (*node.args.posonlyargs, *node.args.args)]
        if names and one.local.parent is not None and one.local.parent.kind == "class":
            names = names[1:]
        plain = itertools.takewhile(lambda each: not isinstance(each, ast.Starred), call.args)
        given = [*zip(names, plain, strict=False), *((each.arg, each.value) for each in call.keywords)]
        values = self.finder.view.values
        return frozenset(
            name for name, value in given if name and (dotted(value) in known or starts_in_code(value, values, scope))
        )

    def _follow(self, one: Resolved, deep: int, fixed: frozenset[str] = frozenset()) -> None:
        if one.local is not None and one.local.kind == "function":
            if deep > 0:
                self.look(one.local, deep - 1, fixed)
        elif one.origin and one.local is None and one.origin.lstrip(".").partition(".")[0] not in FOREIGN:
            self.own.add(one.name)
        elif one.instance and one.local is None and one.origin.partition(".")[0] not in FOREIGN:
            self.outside = True


def _name_of_address(call: ast.Call) -> str:
    """The variable that holds the address of a request."""
    address = address_of(call)
    return dotted(address) if address is not None else ""


def _framework_of(name: str) -> str:
    root = name.lstrip(".").partition(".")[0]
    if root in _FRAMEWORKS:
        return "" if root == "google" and not name.startswith("google.adk") else _FRAMEWORKS[root]
    return "langchain" if root.startswith("langchain") else "autogen" if root.startswith("autogen") else ""


def _keyword_text(call: ast.expr, keyword: str, view: FileView, scope: Scope) -> str:
    """The text that a keyword of a call is given, "" where it has none that is constant."""
    given = (
        next((one.value for one in call.keywords if one.arg == keyword), None) if isinstance(call, ast.Call) else None
    )
    return (view.values.text(given, scope) or "") if given is not None else ""


def _given_name(decorator: ast.expr, view: FileView, scope: Scope) -> str:
    """`@tool("search")`, `@mcp.tool(name="search")`."""
    if not isinstance(decorator, ast.Call):
        return ""
    named = next((one.value for one in decorator.keywords if one.arg in ("name", "name_override")), None)
    first = decorator.args[0] if decorator.args else None
    return view.values.text(named or first, scope) or "" if named is not None or first is not None else ""


def _args(function: Scope | None, kind: str) -> list[list[str]]:
    """[name, type as written] of what the model hands to the tool."""
    if function is None or isinstance(function.node, ast.Module | ast.ClassDef):
        return []
    return [
        [one.arg, ast.unparse(one.annotation)[:80] if one.annotation is not None else ""]
        for index, one in enumerate(parameters(function.node))
        if one.arg not in _NOT_GIVEN and not (kind == "class" and index == 0)
    ][:20]


def _wraps(function: Scope) -> bool:
    """Whether a function hands on what it is given to the one that it wraps, whose signature it takes over."""
    node = function.node
    if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) or node.args.kwarg is None:
        return False
    return any(isinstance(one, ast.Call) and last_name(one.func) == "wraps" for one in node.decorator_list)


def _fields(node: ast.Dict) -> dict[str, ast.expr]:
    return {
        key.value: value
        for key, value in zip(node.keys, node.values, strict=True)
        if isinstance(key, ast.Constant) and isinstance(key.value, str)
    }


def _is_old_function(fields: dict[str, ast.expr]) -> bool:
    """A function as OpenAI had it before tools: a name, a description, and parameters of the type object."""
    schema = fields.get("parameters")
    if "description" not in fields or not isinstance(schema, ast.Dict):
        return False
    kind = _fields(schema).get("type")
    return isinstance(kind, ast.Constant) and kind.value == "object"


def _schema_args(schema: ast.expr | None, view: FileView, scope: Scope) -> list[list[str]] | None:
    """[name, type] of the properties of a JSON Schema that is written out."""
    if not isinstance(schema, ast.Dict):
        return None
    properties = _fields(schema).get("properties")
    if not isinstance(properties, ast.Dict):
        return None
    found: list[list[str]] = []
    for name, given in list(_fields(properties).items())[:20]:
        value = _bound(given, view, scope)
        fields = _fields(value) if isinstance(value, ast.Dict) else {}
        kind = view.values.text(fields.get("type"), scope) if "type" in fields else None
        if kind == "object" and isinstance(fields.get("properties"), ast.Dict):
            kind = "schema"  # its parts are told
        found.append([name, "enum" if "enum" in fields else kind or ("schema" if fields else "")])
    return found


def _bound(node: ast.expr, view: FileView, scope: Scope) -> ast.expr:
    """What a name stands for, where it is bound once: `unit_param = {"type": "string"}`."""
    if isinstance(node, ast.Name):
        bound = view.resolver.bindings(node.id, scope, node.lineno) or []
        if len(bound) == 1 and isinstance(bound[0].node, ast.Dict):
            return bound[0].node
    return node
