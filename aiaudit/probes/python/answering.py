"""Which functions answer requests and which a model may call: by their decorators, or by the class they are in."""

from __future__ import annotations

import ast
from typing import Final

from aiaudit.probes.python.match import name_set
from aiaudit.probes.python.module import Scope
from aiaudit.probes.python.names import dotted
from aiaudit.probes.python.resolve import Resolver

_ROUTE_METHODS: Final = name_set("get post put delete patch head options route websocket api_route add_api_route")
_VIEWS: Final = name_set("MethodView HTTPEndpoint RequestHandler")
_VIEW_METHODS: Final = name_set(
    "get post put patch delete head options list create retrieve update partial_update destroy"
)
_TOOL_DECORATORS: Final = name_set("tool function_tool tool_plain kernel_function")
_TOOL_LIBRARIES: Final = tuple(
    name_set(
        "langchain langgraph agents. pydantic_ai smolagents crewai llama_index semantic_kernel google.adk strands"
        " fastmcp claude_agent_sdk"
    )
)


def is_handler(scope: Scope, resolver: Resolver) -> bool:
    """Whether a function is registered as a route or tool handler by a decorator (`@app.post("/x")`, `@mcp.tool()`), or
    is a method of a class of views by which it answers requests."""
    node = scope.node
    if isinstance(node, ast.Module | ast.ClassDef):
        return False
    for decorator in node.decorator_list:
        target = decorator.func if isinstance(decorator, ast.Call) else decorator
        last = dotted(target).rpartition(".")[2]
        if isinstance(target, ast.Attribute) and last in _ROUTE_METHODS and isinstance(decorator, ast.Call):
            names = resolver.names(target, scope.parent or scope)
            if not names or any(not one.name.startswith(("requests.", "httpx.", "click.", "typer.")) for one in names):
                return True
        if last in ("api_view", "require_POST", "require_GET", "require_http_methods"):
            return True
        if last in ("fastapi_endpoint", "web_endpoint"):
            return any(one.name.startswith("modal.") for one in resolver.names(target, scope.parent or scope))
        if isinstance(target, ast.Attribute) and last in ("tool", "resource", "prompt"):
            names = resolver.names(target, scope.parent or scope)
            if any("mcp" in one.name.lower() for one in names):
                return True
        if last == "action" and _is_of_a_view(scope, resolver):
            return True
    return node.name in _VIEW_METHODS and _is_of_a_view(scope, resolver)


def _is_of_a_view(scope: Scope, resolver: Resolver) -> bool:
    """Whether a function is a method of a class of Django, REST framework, Flask, Starlette or Tornado whose methods
    answer requests."""
    parent = scope.parent
    if parent is None or not isinstance(parent.node, ast.ClassDef):
        return False
    for base in parent.node.bases:
        last = dotted(base).rpartition(".")[2]
        if last in _VIEWS or last.endswith(("APIView", "ViewSet")):
            return True
        if last == "Resource" or last.endswith("View"):
            found = resolver.names(base, parent.parent or parent)
            if any(one.name.startswith(("django.", "flask_rest")) for one in found):
                return True
    return False


def is_tool(scope: Scope, resolver: Resolver) -> bool:
    """Whether a function is registered as a tool that a model may call (`@tool`, `@mcp.tool()`, `@function_tool`)."""
    node = scope.node
    if isinstance(node, ast.Module | ast.ClassDef):
        return False
    for decorator in node.decorator_list:
        target = decorator.func if isinstance(decorator, ast.Call) else decorator
        if dotted(target).rpartition(".")[2] in _TOOL_DECORATORS:
            names = resolver.names(target, scope.parent or scope)
            if any(one.name.startswith(_TOOL_LIBRARIES) or "mcp" in one.name.lower() for one in names):
                return True
    return False
