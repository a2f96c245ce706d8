"""The probe `mcp.servers`: MCP servers that the project starts or reaches, and how firmly their versions are fixed.

From the configuration files of hosts (`.mcp.json`, `claude_desktop_config.json`, `mcp_config.json`, `.cursor/mcp.json`,
`.vscode/mcp.json`, …) and from Python clients. Values of variables and headers are looked at, never kept.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Final
from urllib.parse import urlsplit

from aiaudit import lazy
from aiaudit.model.fact import Fact, Level
from aiaudit.model.types import BOOL, INT, STRING, Type, Unknown, list_of, record
from aiaudit.probes.base import Context, Probe, Query
from aiaudit.probes.python.asking import CodeQuery
from aiaudit.probes.python.match import name_set
from aiaudit.probes.python.probe_calls import calls_in
from aiaudit.probes.python.project import python_project
from aiaudit.probes.reading import Files, listed, scope_of

GLOBS: Final = (
    "**/.mcp.json", "**/mcp.json", "**/mcp_config.json", "**/mcp-config.json", "**/mcp_servers.json",
    "**/mcp_settings.json", "**/claude_desktop_config*.json", "**/mcp_server*.json", "**/fastmcp.json",
)  # fmt: skip
SERVER: Final = record(
    "MCP server",
    path=STRING,
    line=INT,
    name=STRING,
    transport=STRING,
    command=STRING,
    package=STRING,
    pin=STRING,
    own=BOOL,
    encrypted=BOOL,
    authenticated=BOOL,
    approved=BOOL,
    environment=list_of(STRING),
)
_CLIENTS: Final = (
    "mcp.StdioServerParameters", "mcp.client.stdio.StdioServerParameters", "agents.mcp.MCPServerStdio",
    "agents.mcp.MCPServerSse", "agents.mcp.MCPServerStreamableHttp", "pydantic_ai.mcp.MCPServerStdio",
    "pydantic_ai.mcp.MCPServerHTTP", "pydantic_ai.mcp.MCPServerSSE", "pydantic_ai.mcp.MCPServerStreamableHTTP",
    "langchain_mcp_adapters.client.MultiServerMCPClient", "langchain_mcp_adapters.sessions.StdioConnection",
    "langchain_mcp_adapters.sessions.SSEConnection", "langchain_mcp_adapters.sessions.StreamableHttpConnection",
    "langchain_mcp_adapters.sessions.WebsocketConnection", "autogen_ext.tools.mcp.StdioServerParams",
    "mcp.client.sse.sse_client", "mcp.client.streamable_http.streamablehttp_client", "fastmcp.Client",
    "agents.HostedMCPTool",
)  # fmt: skip
_RUNNERS: Final = name_set("npx bunx pnpx pnpm yarn npm bun deno uvx pipx uv docker podman")
_LOCAL_PROGRAMS: Final = name_set("node python python3 poetry ts-node tsx go cargo java dotnet ruby")
_VALUED: Final = name_set(
    "-p --package --from --with -e --env -v --volume --name --network --python --directory -m -u --mount"
)
_EXACT: Final = lazy.regex(r"(?:@|==)v?\d+\.\d+[\w.\-+]*$")
_COMMIT: Final = lazy.regex(r"@[0-9a-f]{40}(?:$|#)")
_IMAGE: Final = lazy.regex(r"^[\w.\-]+(?::\d+)?(?:/[\w.\-]+)*(?::[\w.\-]+)?(?:@sha256:[0-9a-f]{64})?$")
_COMMON: Final = name_set(
    "mcp www api com ai io dev server agent agents client tool tools model"
    " python node project demo example org net app server servers http https localhost co cloud"
)


class McpQuery(CodeQuery):
    """MCP servers. transport: stdio, http, or hosted. pin: exact (a version, a commit), digest (of an image), tag (of
    an image), floating (whatever is newest), local (code of this machine or project), remote (an address) or none.
    own: the project's own server. authenticated: a credential or sign-in is configured. approved: calls of its tools
    are let through without asking. environment: names of variables handed over."""

    def names(self) -> list[str]:
        """The Python clients that start or reach servers."""
        return list(_CLIENTS)


class McpServersProbe(Probe[McpQuery]):
    name: ClassVar[str] = "mcp.servers"
    title: ClassVar[str] = "MCP servers that the project starts or reaches: package, version, address, credentials"
    query: ClassVar[type[Query]] = McpQuery
    max_level: ClassVar[Level] = Level.CONTENT
    engine: ClassVar[str | None] = "python"

    def value_type(self, query: McpQuery) -> Type:
        return list_of(SERVER)

    def answer(self, fact_id: str, query: McpQuery, context: Context) -> Fact:
        files = Files(context.project)
        entries = files.matching(GLOBS, ["code", "config", "other", "data"])
        mine = _own_words(files)
        found = [one for entry in entries for one in _configured(files, entry.path, mine)]
        found += [
            one for entry in context.project.files if query.covers(entry) for one in _in_code(entry.path, context, mine)
        ]
        scope = scope_of([entry.path for entry in entries], files.problems)
        return listed(
            fact_id, found, method="configuration of MCP hosts and Python clients read", scope=scope, note="name"
        )


def _configured(files: Files, path: str, mine: frozenset[str]) -> Iterator[dict[str, Any]]:
    data = files.json(path)
    text = files.text(path) or ""
    servers: Any = None
    for key in ("mcpServers", "servers", "context_servers"):
        servers = data.get(key) if isinstance(data, Mapping) and servers is None else servers
    for name, value in servers.items() if isinstance(servers, Mapping) else ():
        if isinstance(value, Mapping) and value.get("disabled") is not True:
            at = text.find(f'"{name}"')
            yield {
                "path": path,
                "line": text.count("\n", 0, at) + 1 if at >= 0 else 1,
                **_server(str(name), value, mine),
            }


def _in_code(path: str, context: Context, mine: frozenset[str]) -> Iterator[dict[str, Any]]:
    project = python_project(context)
    for call in calls_in(path, project) if path in project.calling else ():
        client = next((one for one in call["names"] if one in _CLIENTS), "")
        if not client:
            continue
        given = dict(call["kw"])
        first = call["args"][0] if call["args"] else None
        for inner in (first, given.get("params"), given.get("tool_config"), given.get("connections")):
            if isinstance(inner, dict):
                given |= inner
        if isinstance(first, str):
            given.setdefault("url" if "://" in first else "command", first)
        nested = {
            key: value
            for key, value in given.items()
            if isinstance(value, dict) and ("command" in value or "url" in value)
        }
        for name, value in (nested or {client.rpartition(".")[2]: given}).items():
            if any(key in value for key in ("command", "url", "server_url")):
                yield {"path": path, "line": call["line"], **_server(name, value, mine)}


def _server(name: str, value: Mapping[str, Any], mine: frozenset[str]) -> dict[str, Any]:
    command = value.get("command")
    args = (
        [str(one) for one in value.get("args") or () if not isinstance(one, Unknown)]
        if isinstance(value.get("args"), list)
        else []
    )
    if isinstance(command, list):
        command, args = str(command[0]) if command else "", [*map(str, command[1:]), *args]
    address = next(
        (value[key] for key in ("url", "serverUrl", "server_url", "httpUrl") if isinstance(value.get(key), str)), ""
    )
    elsewhere = bool(address) or any(isinstance(value.get(key), Unknown) for key in ("url", "server_url"))
    package, pin = (
        ("", "remote")
        if elsewhere
        else _package(str(command or ""), args, unknown=isinstance(value.get("args"), Unknown))
    )
    host = urlsplit(address).hostname or "" if address else ""
    words = _words(host if address else package)
    given = value.get("env")
    environment: Mapping[Any, Any] = given if isinstance(given, Mapping) else {}
    headers = value.get("headers")
    credentials = isinstance(headers, Mapping) and any(re.search(r"(?i)auth|key|token", str(key)) for key in headers)
    signed = any(key in value for key in ("oauth", "auth", "authorization", "authProvider", "connector_id"))
    return {
        "name": name[:100],
        "transport": "http" if elsewhere else "stdio",
        "command": "" if isinstance(command, Unknown) else str(command or "").rpartition("/")[2][:40],
        "package": (host if elsewhere else package)[:120],
        "pin": pin,
        "own": pin == "local" or bool(words & mine) or host in ("localhost", "127.0.0.1", "::1"),
        "encrypted": not address or address.startswith("https://") or host in ("localhost", "127.0.0.1", "::1"),
        "authenticated": not elsewhere or credentials or signed or isinstance(headers, Unknown),
        "approved": bool(value.get("autoApprove") or value.get("alwaysAllow") or value.get("trust") is True
                         or value.get("require_approval") == "never"),
        "environment": sorted(str(key) for key in environment)[:20],
    }  # fmt: skip


def _package(command: str, args: list[str], *, unknown: bool = False) -> tuple[str, str]:
    """What is started, and how its version is fixed."""
    program = _program(command)
    if program == "cmd" and args[:1] == ["/c"] and len(args) > 1:
        program, args = _program(args[1]), args[2:]
    if program not in _RUNNERS:
        return program, "local" if program in _LOCAL_PROGRAMS or "/" in command or command.endswith(
            (".py", ".js")
        ) else "none"
    if unknown:
        return program, "none"
    if program in ("docker", "podman"):
        image = next((one for one in _positional(args)[1:] if _IMAGE.fullmatch(one)), "")
        tag = image.rpartition("/")[2].partition(":")[2]
        return image, "digest" if "@sha256:" in image else "tag" if tag and tag != "latest" else "floating"
    if program == "uv" and args[:1] != ["tool"]:  # `uv run` starts what stands in a folder
        return "uv run", "local" if not any(one == "--with" for one in args) else _fixed(_after(args, "--with"))
    source = _after(args, "--from") or _after(args, "--package") or _after(args, "-p")
    package = source or next((one for one in _positional(args) if one not in ("exec", "dlx", "run", "tool", "x")), "")
    return package, _fixed(package)


def _program(command: str) -> str:
    """The name of a program without its folder and the endings that Windows gives it."""
    return command.replace("\\", "/").rpartition("/")[2].removesuffix(".cmd").removesuffix(".exe")


def _fixed(package: str) -> str:
    package = package.removeprefix("npm:").removeprefix("jsr:")
    if package.startswith((".", "/", "~", "${")):
        return "local"
    return "exact" if _EXACT.search(package) or _COMMIT.search(package) else "floating" if package else "none"


def _after(args: list[str], option: str) -> str:
    return next((args[at + 1] for at, one in enumerate(args[:-1]) if one == option), "")


def _positional(args: list[str]) -> list[str]:
    out: list[str] = []
    skip = False
    for one in args:
        if skip:
            skip = False
        elif one.startswith("-"):
            skip = one in _VALUED
        else:
            out.append(one)
    return out


def _own_words(files: Files) -> frozenset[str]:
    """What the project calls itself."""
    names: list[str] = []
    data = files.json("package.json") if files.exists("package.json") else None
    if isinstance(data, Mapping):
        names.append(str(data.get("name") or ""))
    pyproject = files.toml("pyproject.toml") if files.exists("pyproject.toml") else None
    for table in ((pyproject or {}).get("project"), ((pyproject or {}).get("tool") or {}).get("poetry")):
        names.append(str(table.get("name") or "") if isinstance(table, Mapping) else "")
    return frozenset().union(*(_words(name) for name in names))


def _words(text: str) -> frozenset[str]:
    return frozenset(
        one
        for one in re.split(r"[^a-z0-9]+", text.lower())
        if len(one) > 2 and one not in _COMMON and not one.isdigit()
    )
