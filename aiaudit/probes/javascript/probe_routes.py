"""The probe `javascript.routes`: what a JavaScript project serves, what it takes in, and whether that is checked."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar, Final

from pydantic import Field

from aiaudit import lazy
from aiaudit.model.fact import Fact, Level
from aiaudit.model.types import Type, list_of
from aiaudit.probes.base import Context, Probe, Query
from aiaudit.probes.javascript.asking import ScriptQuery, fact_of
from aiaudit.probes.javascript.handlers import merge
from aiaudit.probes.javascript.mounted import lets_on, of_middleware, project_mounts, stands_before, unmounted
from aiaudit.probes.javascript.project import JavaScriptProject
from aiaudit.probes.javascript.routes import APPS
from aiaudit.probes.javascript.sentries import Sentry, sentries_of
from aiaudit.probes.python.probe_routes import HEALTH, ROUTE
from aiaudit.project.entry import Entry

_APP_ROUTE: Final = lazy.regex(r"(?:^|/)app/(?:(.*)/)?route\.[cm]?[jt]sx?$")
_PAGES_API: Final = lazy.regex(r"(?:^|/)pages/(api(?:/.*?)??)(?:/index)?\.[cm]?[jt]sx?$")
_SVELTE: Final = lazy.regex(r"(?:^|/)routes/(?:(.*)/)?\+server\.[jt]s$")
_VERCEL: Final = lazy.regex(r"^(api(?:/.*?)??)(?:/index)?\.[cm]?[jt]s$")
_REMIX: Final = lazy.regex(r"(?:^|/)app/routes/(.+?)(?:/route)?\.[cm]?[jt]sx?$")
_FORM: Final = lazy.regex(r"(?:^|/)routes/(?:(.*)/)?\+page\.server\.[jt]s$")
_NITRO: Final = lazy.regex(
    r"(?:^|/)server/(routes/|(?=api/))(.+?)(?:/index)?(?:\.(get|post|put|patch|delete))?\.[cm]?[jt]s$"
)
_BY_BODY: Final = ("next", "workers", "vercel", "nitro", "lambda", "deno", "bun")  # a handler of every method
_MCP: Final = lazy.regex(r"^(?:mcp-handler|@vercel/mcp-adapter|fastmcp|@modelcontextprotocol/sdk/server)")
_MIDDLEWARE: Final = lazy.regex(r"(?:^|/)(?:middleware|proxy)\.[cm]?[jt]s$")
_BESIDE_ROUTES: Final = tuple(
    f"{name}.{end}" for name in ("middleware", "proxy", "next.config") for end in ("ts", "js", "mjs")
)
_WRITES: Final = frozenset(("POST", "PUT", "PATCH"))
_LIMITED: Final = frozenset(("fastify", "express", "nest"))  # their own body parsers stop at 1 MiB and 100 kB
_MAX_STEPS: Final = 3


class RoutesQuery(ScriptQuery):
    """All handlers, with the fields of `python.routes`: routes of Express, Fastify, Hono, Koa, Nest and the like, route
    files of Next and SvelteKit, functions of pages/api, plain servers, server actions (kind action), MCP tools (kind
    tool), app-wide middleware and websockets or GraphQL servers beside routes (kinds middleware and mounted; only where
    asked for by kinds).

    takes_input, validated, bounded, auth, health, constant: as there. checks: what validates (`schema.parse`, a
    middleware, `answers 400`, `turned away` where it throws; `headers alone: …` where that reads no body)."""

    frameworks: list[str] = Field(default=[])
    kinds: list[str] = Field(default=["route", "action", "tool"])
    features: ClassVar[tuple[str, ...]] = ("routes",)


class RoutesProbe(Probe[RoutesQuery]):
    name: ClassVar[str] = "javascript.routes"
    title: ClassVar[str] = "Routes, actions and tools that JavaScript serves, and how they check what comes in"
    query: ClassVar[type[Query]] = RoutesQuery
    max_level: ClassVar[Level] = Level.CONTENT
    engine: ClassVar[str | None] = "javascript"

    def value_type(self, query: RoutesQuery) -> Type:
        return list_of(ROUTE)

    def answer(self, fact_id: str, query: RoutesQuery, context: Context) -> Fact:
        known: dict[str, list[Sentry]] = {}

        def find(entry: Entry, project: JavaScriptProject) -> Iterator[dict[str, Any]]:
            if "sentries" not in known:
                known["sentries"] = sentries_of(project)
            rows = project.records[entry.path].get("routes", ())
            wide = [row for row in rows if row["kind"] == "middleware"]
            for row in rows:
                placed = placed_row(row, entry.path, project)
                if placed is None or placed["kind"] not in query.kinds:
                    continue
                if query.frameworks and placed["framework"] not in query.frameworks:
                    continue
                judged = judged_row(placed, wide, entry.path, project, known["sentries"])
                yield {name: value for name, value in judged.items() if name != "lookups"}

        def note(one: dict[str, Any]) -> str:
            return f"{one['framework']} {' '.join([*one['methods'], one['route'] or one['kind']])}"

        return fact_of(fact_id, query, context, find, note)


def placed_row(row: dict[str, Any], path: str, project: JavaScriptProject) -> dict[str, Any] | None:
    """The row with framework, kind and route where they follow from the file's path; None where it serves nothing."""
    if row["framework"] == "express" and unmounted(path, project):
        return None
    if row["framework"] == "?":
        spec, rest = row["app_of"]
        name = project.follow(spec, rest, path).name
        framework = APPS.get(name) or next((APPS[head] for head in APPS if name.startswith(f"{head}.")), "")
        return {**row, "framework": framework} if framework else None
    if row["framework"] == "remix" or row.get("form"):
        pattern = _FORM if row.get("form") else _REMIX
        match = pattern.search(path)
        if match is None or (row["methods"] == ["GET"] and not _is_resource(path)):
            return None
        folders = match.group(1) or ""
        route = _url(folders) if row.get("form") else f"/{folders.replace('.', '/')}"
        return {**row, "kind": "route", "route": route}
    if row["kind"] == "export":
        for pattern, framework in ((_APP_ROUTE, "next"), (_SVELTE, "sveltekit"), (_VERCEL, "vercel")):
            match = pattern.search(path)
            if match is not None:
                folders = match.group(1) or ""
                if framework == "next" and folders.startswith("app/") and _is_package(path, match.start(), project):
                    folders = folders.removeprefix("app/")
                return {**row, "framework": framework, "kind": "route", "route": _url(folders)}
        return None
    if row["framework"] == "nitro":
        match = _NITRO.search(path)
        methods = [match.group(3).upper()] if match is not None and match.group(3) else []
        return (
            {**row, "kind": "route", "route": f"/{match.group(2)}", "methods": methods} if match is not None else None
        )
    if row["kind"] == "default":
        match = _PAGES_API.search(path) or _VERCEL.search(path)
        if match is not None:
            of_a_page = path.endswith("x") and not row.get("reads")  # a component that lies among the handlers
            return None if of_a_page else {**row, "kind": "route", "route": _url(match.group(1))}
        return {**row, "kind": "middleware"} if _MIDDLEWARE.search(path) else None
    if row["kind"] == "worker":
        return {**row, "kind": "route"}
    return row


def _is_package(path: str, start: int, project: JavaScriptProject) -> bool:
    """Whether a folder called app is that of the whole application, with its folder of routes in it."""
    outer = path[: path.index("app/", start) + 4]
    return any(f"{outer}{name}" in project.records for name in _BESIDE_ROUTES)


def _is_resource(path: str) -> bool:
    """Whether a file of Remix's routes is no page: `api.chat.ts`."""
    return path.endswith((".ts", ".js"))


def _url(folders: str) -> str:
    parts = [part for part in folders.split("/") if part and not part.startswith(("(", "@"))]
    return "/" + "/".join(parts)


def judged_row(
    row: dict[str, Any], wide: list[dict[str, Any]], path: str, project: JavaScriptProject, sentries: list[Sentry]
) -> dict[str, Any]:
    merged = {**row, "hands_to": list(row.get("hands_to", ()))}
    _follow(merged, merged["hands_to"], path, project, 0)
    if merged.get("auth") and not merged.get("sure") and _refuses_nobody(merged, path, project):
        merged["auth"] = ""
    for spec, rest in merged.get("asks_by", ())[:8]:  # a function of the project that sends a stranger away
        found = project.follow(spec, "" if rest == "*" else rest, path)
        summary = project.records.get(found.path, {}).get("handlers", {}).get(found.local, {})
        merged["auth"] = merged.get("auth") or summary.get("auth", "")
    for one in wide:
        if one is row or not stands_before(one, row):
            continue
        merged["auth"] = merged.get("auth") or of_middleware(one, path, project)
        merged["checks"] = merged.get("checks") or one.get("checks", "")
    if not merged.get("auth") and row["framework"] == "nest" and not row.get("public"):
        merged["auth"] = project_mounts(project).guard_of_all
    if not merged.get("auth"):
        merged["auth"] = project_mounts(project).before(path, row.get("app", ""))
    if _looks_at_headers_alone(row, path, project):
        merged["checks"] = f"headers alone: {row['checks']}"
    if not merged.get("auth"):
        merged["auth"] = next((one.name for one in sentries if one.stands_before(merged, path)), "")
    if not merged.get("checks") and _speaks_mcp(path, project):
        merged["checks"] = "schemas of MCP tools"
    methods = row.get("methods", [])
    if not methods and merged.get("body") and row["framework"] in _BY_BODY:
        methods = ["POST"]
    takes = bool(merged.get("reads")) or (
        row["kind"] == "route" and bool(_WRITES & set(methods)) and "{" in row["route"]
    )
    bounded = bool(merged.get("bounded")) or _schemas_bounded(merged, path, project)
    return {
        "line": row["line"],
        "cell": 0,
        "framework": row["framework"],
        "kind": row["kind"],
        "route": row.get("route", ""),
        "methods": methods,
        "function": row.get("function", ""),
        "params": [],
        "takes_input": takes,
        "validated": takes and bool(merged.get("checks")),
        "bounded": bounded,
        "sized": bounded or row["framework"] in _LIMITED or _read_by_next(row, path),
        "checks": merged.get("checks", ""),
        "auth": merged.get("auth", ""),
        "constant": bool(row.get("constant")),
        "health": bool(HEALTH.search(row.get("route", ""))) and "GET" in (methods or ["GET"]),
        "reads_request": bool(merged.get("reads")),
        "touches": sorted(set(merged.get("touches", ())))[:12],
        "calls": [],
        "lookups": merged.get("lookups", []),
    }


def _read_by_next(row: dict[str, Any], path: str) -> bool:
    """Whether Next reads the body itself, up to one MiB: for functions of pages/api and for server actions."""
    if row["framework"] != "next":
        return False
    return row["kind"] == "action" or (bool(row.get("parsed")) and _PAGES_API.search(path) is not None)


def _refuses_nobody(row: dict[str, Any], path: str, project: JavaScriptProject) -> bool:
    """Whether the check of the caller is a function of the project that only bears such a name."""
    name = row["auth"].rpartition(".")[2]
    if name in project.records[path].get("idle", ()):
        return True
    believed = [row["believed"]] if row.get("believed") else []
    for spec, rest in (*believed, *row.get("hands_to", ()), *row.get("asks_by", ())):
        if rest.rpartition(".")[2] == name or [spec, rest] in believed:
            return lets_on([spec, rest], path, project)
    return False


def _looks_at_headers_alone(row: dict[str, Any], path: str, project: JavaScriptProject) -> bool:
    """Whether what is called a validator is a function of the project that reads headers and nothing of the body."""
    name = row.get("checks", "")
    for spec, rest in row.get("hands_to", ()) if name else ():
        if rest.rpartition(".")[2] == name:
            found = project.follow(spec, rest, path)
            summary = project.records.get(found.path, {}).get("handlers", {}).get(found.local, {}) if found.path else {}
            return bool(summary.get("headers"))
    return False


def _speaks_mcp(path: str, project: JavaScriptProject) -> bool:
    """Whether a file hands its requests to an MCP server: it, or a file that it imports, makes one."""
    if "mcp" not in path.lower():
        return False
    imports = project.base(path).get("imports", ())
    near = [project.file(one[1], path) for one in imports]
    every = [
        *imports,
        *(one for file in near if file and file in project.records for one in project.base(file).get("imports", ())),
    ]
    return any(_MCP.search(one[1]) for one in every)


def _follow(
    merged: dict[str, Any], targets: list[list[str]], path: str, project: JavaScriptProject, depth: int
) -> None:
    """Adds what functions of other files do, to which the request is handed."""
    for spec, rest in list(targets)[:8]:
        found = project.follow(spec, "" if rest == "*" else rest, path)
        record = project.records.get(found.path) if found.path else None
        known = record.get("handlers", {}) if record is not None else {}
        summary = known.get(found.local) or known.get(found.local.rpartition(".")[2])  # a method of what is exported
        at = found.path
        if summary is None:  # a handler that a helper of the project was given
            for at, local in project.made_at(spec, "" if rest == "*" else rest, path):
                summary = project.records[at].get("handlers", {}).get(local)
                if summary is not None:
                    break
        if summary is None:
            continue
        inner = dict(summary)
        if depth < _MAX_STEPS and inner.get("hands_to"):
            _follow(inner, inner["hands_to"], at, project, depth + 1)
        inner["bounded"] = inner.get("bounded", False) or _schemas_bounded(inner, at, project)
        inner.pop("schemas", None)
        inner.pop("hands_to", None)
        inner["lookups"] = [{"path": at, **one} for one in inner.get("lookups", ())]
        merge(merged, inner)


def _schemas_bounded(row: dict[str, Any], path: str, project: JavaScriptProject) -> bool:
    for spec, rest in row.get("schemas", ()):
        found = project.follow(spec, "" if rest == "*" else rest, path)
        record = project.records.get(found.path) if found.path else None
        if record is not None and record.get("schemas", {}).get(found.local):
            return True
    return False
