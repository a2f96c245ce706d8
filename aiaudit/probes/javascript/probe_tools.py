"""The probe `javascript.tools`: tools that a model may call, what they do, and who must agree."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar, Final

from aiaudit import lazy
from aiaudit.model.fact import Fact, Level
from aiaudit.model.types import Type, list_of
from aiaudit.probes.base import Context, Probe, Query
from aiaudit.probes.javascript.asking import ScriptQuery, fact_of
from aiaudit.probes.javascript.names import package
from aiaudit.probes.javascript.probe_rescues import target_of
from aiaudit.probes.javascript.project import JavaScriptProject
from aiaudit.probes.javascript.steps import PLAIN
from aiaudit.probes.python.probe_tools import STATEMENTS, TOOL, tool_record
from aiaudit.project.entry import Entry

_SERVER: Final = lazy.regex(r"@modelcontextprotocol/(?:sdk/)?server\b|(?:fastmcp|mcp-framework|mcp-handler)$")
MAX_STEPS: Final = 3  # calls from a tool's own code to what acts


class ToolsQuery(ScriptQuery):
    """Tools that a model may call in TypeScript and JavaScript, with the fields of `python.tools`. What their code does
    is followed through functions of the project, three calls deep; seen: all of it was."""

    features: ClassVar[tuple[str, ...]] = ("tools",)


class ToolsProbe(Probe[ToolsQuery]):
    name: ClassVar[str] = "javascript.tools"
    title: ClassVar[str] = "Tools in JavaScript and TypeScript that a model may call: arguments, effects, and approval"
    query: ClassVar[type[Query]] = ToolsQuery
    max_level: ClassVar[Level] = Level.CONTENT
    engine: ClassVar[str | None] = "javascript"

    def value_type(self, query: ToolsQuery) -> Type:
        return list_of(TOOL)

    def answer(self, fact_id: str, query: ToolsQuery, context: Context) -> Fact:
        servers: list[frozenset[str]] = []  # of the one project, when first asked for

        def find(entry: Entry, project: JavaScriptProject) -> Iterator[dict[str, Any]]:
            for row in project.records[entry.path].get("tools", ()):
                if row.get("listed") and row["framework"] == "own" and not servers:
                    servers.append(_servers(project))
                told = row.get("listed") and bool(servers) and _package(entry.path) in servers[0]
                yield _tool({**row, "framework": "mcp"} if told else row, entry.path, project)

        return fact_of(fact_id, query, context, find)


def _servers(project: JavaScriptProject) -> frozenset[str]:
    """The packages in which a file makes an MCP server."""
    return frozenset(
        _package(path)
        for path in project.records
        if any(_SERVER.match(one[1]) for one in project.base(path).get("imports", ()))
    )


def _package(path: str) -> str:
    """The folder above the sources that a file lies in."""
    return path.partition("/src/")[0] if "/src/" in path else "" if path.startswith("src/") else path.rpartition("/")[0]


def _tool(row: dict[str, Any], path: str, project: JavaScriptProject) -> dict[str, Any]:
    sinks = [
        {"path": path, "line": line, "name": name, "effect": effect, "free": free}
        for effect, name, line, free in row.get("sinks", ())
    ]
    seen = bool(row.get("body")) and not row.get("outside")
    done: set[tuple[str, str]] = set()
    for spec, rest in row.get("own", ()):
        seen = _reach(spec, rest, path, project, sinks, done, MAX_STEPS) and seen
    args = [{"name": name, "type": kind} for name, kind in row.get("args", ())]
    if not seen and not any(one["effect"] == "sql" for one in sinks):
        taken = next((one["name"] for one in args if one["name"] in STATEMENTS), "")
        if taken:
            sinks.append({"path": path, "line": row["line"], "name": f"({taken})", "effect": "sql", "free": True})
    return tool_record(row, args, sinks, typed=all(one["type"] for one in args), seen=seen)


def _reach(
    spec: str,
    rest: str,
    path: str,
    project: JavaScriptProject,
    sinks: list[dict[str, Any]],
    done: set[tuple[str, str]],
    steps: int,
) -> bool:
    """Adds what a function of the project does; whether all of it was seen."""
    target = target_of(spec, rest, path, project)
    if target is None or target[0] not in project.records:
        return bool(PLAIN.match(package(spec)))
    if target in done:
        return True
    done.add(target)
    record = project.records[target[0]]
    uses, effects = record.get("uses"), record.get("effects", {})
    if uses is None or (target[1] not in uses and target[1] not in effects):
        return False
    for effect, name, line, free in effects.get(target[1], ()):
        found = {"path": target[0], "line": line, "name": name, "effect": effect, "free": False}
        sinks.append({**found, "free": free and effect in ("execute", "sql")})
    seen = target[1] not in record.get("outside", ())
    for onward, name in uses.get(target[1], ()):
        seen = steps > 0 and _reach(onward, name, target[0], project, sinks, done, steps - 1) and seen
    return seen
