"""Where the text that a model wrote is read as data: by which reader, against which schema, with which failure path."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any, Final

from aiaudit import lazy
from aiaudit.probes.python.file_view import FileView
from aiaudit.probes.python.flows import FlowFinder, Trace
from aiaudit.probes.python.match import name_set
from aiaudit.probes.python.module import Scope
from aiaudit.probes.python.names import last_name
from aiaudit.probes.python.nodes import expressions, header, statements, walk

HITS: Final = (
    rb"\bjson\.loads\(|\bjson_repair\.\w+\(|\brepair_json\(|\bliteral_eval\(|\b(?:model_validate_json|validate_json|parse_raw)\("
    rb"|\bre\.(?:search|match|findall|fullmatch|finditer)\(|\byaml\.safe_load\("
)
ALSO: Final = (  # a library that asks models, or a function that is named so
    rb"(?i)\b(?:import|from)[ \t]+(?:openai|anthropic|litellm|langchain|llama_index|google\.gen|cohere|mistralai|ollama"
    rb"|groq|dspy|instructor|boto3|vllm|llama_cpp|ctransformers|gpt4all|mlx_lm|sglang)|\b(?:a?complet(?:e|ion)\w*|\w*llm\w*|ask_\w+|generate_(?:text|answer|response))\("
    rb"|\.a?invoke\(|\.generate\(|\bpipeline\([ \t\n]*(?:task=)?[\"'](?:text2?text|text|image-text)-"
)
_READERS: Final[dict[str, tuple[str, int]]] = {  # name -> (kind, position of the text)
    "json.loads": ("json", 0),
    "json_repair.loads": ("json", 0),
    "json_repair.repair_json": ("json", 0),
    "ast.literal_eval": ("literal", 0),
    "yaml.safe_load": ("yaml", 0),
    **{f"re.{name}": ("regex", 1) for name in ("search", "match", "findall", "fullmatch", "finditer")},
}
_SCHEMAS: Final = name_set("model_validate_json validate_json parse_raw")
_CHECKS: Final = name_set("model_validate parse_obj validate validate_python from_dict structure is_valid")
_RETRY: Final = lazy.regex(r"(?i)retry|backoff|fallback")
MAX_ROWS: Final = 100


def parses(view: FileView) -> list[dict[str, Any]]:
    """One row a place at which a model's text, also from a function of another file, is read as data."""
    finder = FlowFinder(view)
    found: list[dict[str, Any]] = []
    for scope, statement in view.marked_statements():
        for node in expressions(header(statement)):
            if isinstance(node, ast.Call) and (reader := _reader(node, view, scope)) is not None:
                name, kind, argument = reader
                sources = [one for one in Trace(finder).sources(argument, scope) if one.kind in ("llm", "call")]
                source = next((one for one in sources if one.kind == "llm"), sources[0] if sources else None)
                if source is not None and kind == "regex" and source.name.endswith(")"):
                    continue  # a pattern that checks what a tool is given
                if source is not None and len(found) < MAX_ROWS:
                    row = {
                        **view.place(node, scope),
                        "name": name,
                        "kind": kind,
                        "source": source.kind,
                        "source_name": source.name,
                        "source_line": view.source.line(source.line),
                        "typed": kind == "schema" or _typed(node, statement, scope),
                        "handled": _handled(node, statement, scope, view, finder),
                    }
                    found.append({key: value for key, value in row.items() if value not in (False, "", 0)})
    return found


def _reader(call: ast.Call, view: FileView, scope: Scope) -> tuple[str, str, ast.expr] | None:
    last = last_name(call.func)
    if last in _SCHEMAS and call.args:
        return last, "schema", call.args[0]
    for one in view.resolver.names(call.func, scope):
        if one.name in _READERS:
            kind, position = _READERS[one.name]
            if len(call.args) > position:
                return one.name, kind, call.args[position]
    return None


def _typed(call: ast.Call, statement: ast.stmt, scope: Scope) -> bool:
    """Whether what was read goes into a class or a check of a schema: `Answer(**data)`, `validate(data)`,
    `validate(instance=data)`."""
    name = _bound_to(statement)
    for other, _ in statements(scope):
        if other.lineno < statement.lineno:
            continue
        for node in expressions(header(other)):
            if not isinstance(node, ast.Call) or node is call:
                continue
            spread = [one.value for one in node.keywords if one.arg is None]
            given = [one.value for one in node.keywords if one.arg in ("instance", "obj", "data")]
            checked = [*node.args, *given] if last_name(node.func) in _CHECKS else []
            for one in (*spread, *checked):
                if one is call or (isinstance(one, ast.Name) and one.id == name and name):
                    return True
    return False


def _handled(call: ast.Call, statement: ast.stmt, scope: Scope, view: FileView, finder: FlowFinder) -> bool:
    """Whether code says what happens if the text is not as expected: a handler here or around each caller, another try,
    or, of a pattern, a question whether it was found."""
    if _tried(view, call.lineno) or _retried(scope):
        return True
    name = _bound_to(statement)
    if last_name(call.func) in ("search", "match", "fullmatch", "findall") and (
        _asked(name, scope) or isinstance(statement, ast.If)
    ):
        return True
    callers = finder.callers(scope) if scope.kind == "function" else []
    return bool(callers) and all(_tried(view, one.lineno) for _, one in callers)


def _tried(view: FileView, line: int) -> bool:
    scope, chain = view.module.locate(line)
    tries = [one for one in chain[:-1] if isinstance(one, ast.Try | ast.TryStar) and one.handlers]
    return any(not _falls_through(one, scope) for one in tries)


def _falls_through(node: ast.Try | ast.TryStar, scope: Scope) -> bool:
    """Whether nothing is said for what does not fit: all handlers are empty, and nothing comes after them."""
    if not isinstance(scope.node, ast.FunctionDef | ast.AsyncFunctionDef) or scope.node.body[-1] is not node:
        return False
    return not node.finalbody and all(isinstance(line, ast.Pass) for one in node.handlers for line in one.body)


def _retried(scope: Scope) -> bool:
    if isinstance(scope.node, ast.Module):
        return False
    return any(_RETRY.search(ast.unparse(one)[:200]) for one in scope.node.decorator_list)


def _asked(name: str, scope: Scope) -> bool:
    """Whether the name is looked at in a condition."""
    return bool(name) and any(name in _names(test) for test in _conditions(scope))


def _conditions(scope: Scope) -> Iterator[ast.expr]:
    for statement, _ in statements(scope):
        if isinstance(statement, ast.If | ast.While):
            yield statement.test
        for node in expressions(header(statement)):
            if isinstance(node, ast.IfExp):
                yield node.test


def _names(node: ast.expr) -> set[str]:
    return {one.id for one in walk(node) if isinstance(one, ast.Name)}


def _bound_to(statement: ast.stmt) -> str:
    target = statement.targets[0] if isinstance(statement, ast.Assign) else getattr(statement, "target", None)
    return target.id if isinstance(target, ast.Name) else ""
