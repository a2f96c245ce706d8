"""Tools that a model may call: where they are defined, with which arguments, what they do, and who must agree.

Found: decorated functions (LangChain, OpenAI Agents, CrewAI, PydanticAI, smolagents, MCP, Semantic Kernel), classes of
tools, constructors (`StructuredTool.from_function`), lists of functions handed to agents and models, tables out of
which an answer picks a function, and schemas written out (OpenAI, Anthropic, MCP), joined with the function of the same
name. What a tool does is read from the calls that are reached from it in its file, two calls deep.
"""

from __future__ import annotations

import ast
from collections.abc import Collection
from typing import Any, Final

from aiaudit.probes.python import dispatch
from aiaudit.probes.python.approvals import (
    Approval,
    approval_by_keyword,
    reads_by_its_word,
    said_in,
)
from aiaudit.probes.python.effects import (
    BUILT_IN,
    Effect,
    effect_by_name,
)
from aiaudit.probes.python.file_view import FileView
from aiaudit.probes.python.import_lines import FOREIGN
from aiaudit.probes.python.match import name_set
from aiaudit.probes.python.module import Scope
from aiaudit.probes.python.names import dotted, last_name
from aiaudit.probes.python.nodes import expressions, header
from aiaudit.probes.python.reached import Reached
from aiaudit.probes.python.tool_makers import calls_of_its_maker
from aiaudit.probes.python.tool_schemas import (
    arguments_of,
    fields_of,
    framework_of,
    given_name,
    is_old_function,
    keyword_text,
    schema_arguments,
    wraps,
)

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
MAX_TOOLS: Final = 200
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
            name = given_name(decorator, self.view, scope) or node.name
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
                told=keyword_text(decorator, "description", self.view, scope),
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
        args = [[one, kind or "schema"] for one, kind in arguments_of(bodies[0], "class")] if described else None
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
                whose = framework_of(one.name) or framework or "own"
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
                fields_of(one.value).get("type")
                if one.arg == "environment" and isinstance(one.value, ast.Dict)
                else None
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
        made = list(calls_of_its_maker(self.view, scope, given, named))
        for call, there, its_function, its_name in made:
            self._made(call, there, its_function, its_name, framework, node)
        if not made:
            self._made(node, scope, given, named, framework, node)

    def _made(
        self,
        node: ast.Call,
        scope: Scope,
        given: ast.expr | None,
        named: ast.expr | None,
        framework: str,
        maker: ast.Call,
    ) -> None:
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
            approval_by_keyword(maker, self.view.values, scope),
            target=target,
            told=keyword_text(maker, "description", self.view, scope),
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
        fields = fields_of(node)
        is_function = self.view.values.text(fields.get("type"), scope) == "function" if "type" in fields else False
        nested = fields.get("function")
        inner = fields_of(nested) if isinstance(nested, ast.Dict) else fields
        if not (is_function or "input_schema" in fields or is_old_function(fields)) or "name" not in inner:
            return
        name = self.view.values.text(inner["name"], scope)
        if not name:
            return
        schema = inner.get("parameters") or inner.get("input_schema")
        framework = "anthropic" if "input_schema" in fields else "openai"
        args = schema_arguments(schema, self.view, scope)
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
            found = framework_of(one.name)
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
        reached = Reached(self.view)
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
            "args": args if args is not None else arguments_of(function, kind),
            "sinks": [
                [one.kind, one.name[:100], self.view.source.line(one.line), one.free] for one in every[:MAX_SINKS]
            ],
            "named": effect_by_name(name, docstring or told) if kind != "built-in" else "",
            "outside": reached.outside,
            "own": sorted(reached.own | ({target} if target else set()))[:MAX_SINKS],
            "body": function is not None or bool(effects),
            "approval": approval.kind if approval else "",
            "approval_line": self.view.source.line(approval.line) if approval else 0,
            "said": said_in(docstring or ""),
            "reads": reads_by_its_word(name, f"{told}\n{docstring or ''}"),
            "wraps": function is not None and args is None and wraps(function),
        }
        self.found[key] = {field: value for field, value in row.items() if value not in ("", 0, False, [])}
