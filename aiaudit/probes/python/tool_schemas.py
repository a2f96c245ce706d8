"""What a definition of a tool says: its framework, its name, and the arguments that a model hands to it."""

from __future__ import annotations

import ast
from typing import Final

from aiaudit.probes.python.file_view import FileView
from aiaudit.probes.python.match import name_set
from aiaudit.probes.python.module import Scope
from aiaudit.probes.python.names import last_name
from aiaudit.probes.python.nodes import parameters

_NOT_GIVEN: Final = name_set("self cls ctx context run_context wrapper runtime state config tool_context run_manager")
_FRAMEWORKS: Final = {
    "langchain": "langchain", "langgraph": "langchain", "deepagents": "langchain", "agents": "openai-agents",
    "openai": "openai", "anthropic": "anthropic", "llama_index": "llamaindex", "crewai": "crewai", "autogen": "autogen",
    "pydantic_ai": "pydantic-ai", "smolagents": "smolagents", "mcp": "mcp", "fastmcp": "mcp",
    "semantic_kernel": "semantic-kernel", "google": "google-adk", "strands": "strands", "dspy": "dspy",
    "claude_agent_sdk": "claude-agent-sdk", "llm": "llm", "haystack": "haystack", "ag2": "autogen", "agno": "agno",
    "livekit": "livekit",
}  # fmt: skip  # fmt: skip


def framework_of(name: str) -> str:
    root = name.lstrip(".").partition(".")[0]
    if root in _FRAMEWORKS:
        return "" if root == "google" and not name.startswith("google.adk") else _FRAMEWORKS[root]
    return "langchain" if root.startswith("langchain") else "autogen" if root.startswith("autogen") else ""


def keyword_text(call: ast.expr, keyword: str, view: FileView, scope: Scope) -> str:
    """The text that a keyword of a call is given, "" where it has none that is constant."""
    given = (
        next((one.value for one in call.keywords if one.arg == keyword), None) if isinstance(call, ast.Call) else None
    )
    return (view.values.text(given, scope) or "") if given is not None else ""


def given_name(decorator: ast.expr, view: FileView, scope: Scope) -> str:
    """`@tool("search")`, `@mcp.tool(name="search")`."""
    if not isinstance(decorator, ast.Call):
        return ""
    named = next((one.value for one in decorator.keywords if one.arg in ("name", "name_override")), None)
    first = decorator.args[0] if decorator.args else None
    return view.values.text(named or first, scope) or "" if named is not None or first is not None else ""


def arguments_of(function: Scope | None, kind: str) -> list[list[str]]:
    """[name, type as written] of what the model hands to the tool."""
    if function is None or isinstance(function.node, ast.Module | ast.ClassDef):
        return []
    return [
        [one.arg, ast.unparse(one.annotation)[:80] if one.annotation is not None else ""]
        for index, one in enumerate(parameters(function.node))
        if one.arg not in _NOT_GIVEN and not (kind == "class" and index == 0)
    ][:20]


def wraps(function: Scope) -> bool:
    """Whether a function hands on what it is given to the one that it wraps, whose signature it takes over."""
    node = function.node
    if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) or node.args.kwarg is None:
        return False
    return any(isinstance(one, ast.Call) and last_name(one.func) == "wraps" for one in node.decorator_list)


def fields_of(node: ast.Dict) -> dict[str, ast.expr]:
    return {
        key.value: value
        for key, value in zip(node.keys, node.values, strict=True)
        if isinstance(key, ast.Constant) and isinstance(key.value, str)
    }


def is_old_function(fields: dict[str, ast.expr]) -> bool:
    """A function as OpenAI had it before tools: a name, a description, and parameters of the type object."""
    schema = fields.get("parameters")
    if "description" not in fields or not isinstance(schema, ast.Dict):
        return False
    kind = fields_of(schema).get("type")
    return isinstance(kind, ast.Constant) and kind.value == "object"


def schema_arguments(schema: ast.expr | None, view: FileView, scope: Scope) -> list[list[str]] | None:
    """[name, type] of the properties of a JSON Schema that is written out."""
    if not isinstance(schema, ast.Dict):
        return None
    properties = fields_of(schema).get("properties")
    if not isinstance(properties, ast.Dict):
        return None
    found: list[list[str]] = []
    for name, given in list(fields_of(properties).items())[:20]:
        value = bound_dict(given, view, scope)
        fields = fields_of(value) if isinstance(value, ast.Dict) else {}
        kind = view.values.text(fields.get("type"), scope) if "type" in fields else None
        if kind == "object" and isinstance(fields.get("properties"), ast.Dict):
            kind = "schema"  # its parts are told
        found.append([name, "enum" if "enum" in fields else kind or ("schema" if fields else "")])
    return found


def bound_dict(node: ast.expr, view: FileView, scope: Scope) -> ast.expr:
    """What a name stands for, where it is bound once: `unit_param = {"type": "string"}`."""
    if isinstance(node, ast.Name):
        bound = view.resolver.bindings(node.id, scope, node.lineno) or []
        if len(bound) == 1 and isinstance(bound[0].node, ast.Dict):
            return bound[0].node
    return node
