"""MCP servers: how firmly what is started is fixed, and what is kept of credentials."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.probes.python.support import ask


def _servers(root: Path, **servers: Any) -> list[dict[str, Any]]:
    return ask(root, "mcp.servers", {".mcp.json": json.dumps({"mcpServers": servers}, indent=1)}).value or []


@pytest.mark.parametrize(
    ("command", "args", "package", "pin"),
    [
        ("npx", ["-y", "@a/files", "/data"], "@a/files", "floating"),
        ("npx", ["-y", "@a/files@latest"], "@a/files@latest", "floating"),
        ("npx", ["-y", "@a/files@1.2.3"], "@a/files@1.2.3", "exact"),
        ("npx", ["-y", "-p", "@a/files@1.2.3", "files"], "@a/files@1.2.3", "exact"),
        ("cmd", ["/c", "npx", "-y", "files"], "files", "floating"),
        ("uvx", ["fetcher"], "fetcher", "floating"),
        ("uvx", ["fetcher==2.0.1"], "fetcher==2.0.1", "exact"),
        (
            "uvx",
            ["--from", f"git+https://git.example/x@{'a' * 40}", "x"],
            f"git+https://git.example/x@{'a' * 40}",
            "exact",
        ),
        ("pipx", ["run", "fetcher"], "fetcher", "floating"),
        ("docker", ["run", "-i", "--rm", "-e", "KEY", "a/box"], "a/box", "floating"),
        ("docker", ["run", "-i", "a/box:2"], "a/box:2", "tag"),
        ("docker", ["run", "-i", f"a/box@sha256:{'b' * 64}"], f"a/box@sha256:{'b' * 64}", "digest"),
        ("uv", ["run", "--directory", "tools", "server.py"], "uv run", "local"),
        ("node", ["dist/index.js"], "node", "local"),
        ("./server", [], "server", "local"),
    ],
)
def test_how_a_version_is_fixed(tmp_path: Path, command: str, args: list[str], package: str, pin: str) -> None:
    (server,) = _servers(tmp_path, one={"command": command, "args": args})
    assert (server["package"], server["pin"]) == (package, pin)


def test_addresses_and_their_credentials(tmp_path: Path) -> None:
    found = _servers(
        tmp_path,
        bare={"url": "https://search.example/mcp"},
        signed={"url": "https://search.example/mcp", "headers": {"Authorization": "Bearer abcdefghijklmnop"}},
        plain={"url": "http://search.example/mcp", "headers": {"X-Api-Key": "abcdefghijklmnop"}},
        here={"url": "http://localhost:8000/mcp"},
        off={"url": "https://other.example/mcp", "disabled": True},
    )
    assert {one["name"]: (one["authenticated"], one["encrypted"], one["own"]) for one in found} == {
        "bare": (False, True, False),
        "signed": (True, True, False),
        "plain": (True, False, False),
        "here": (False, True, True),
    }
    assert "abcdefghijklmnop" not in str(found)


def test_variables_are_named_and_their_values_not_kept(tmp_path: Path) -> None:
    (server,) = _servers(
        tmp_path, one={"command": "npx", "args": ["x"], "env": {"TOKEN": "s3cr3tvalue"}, "autoApprove": ["*"]}
    )
    assert (server["environment"], server["approved"], server["line"]) == (["TOKEN"], True, 3)
    assert "s3cr3tvalue" not in str(server)


def test_clients_in_python(tmp_path: Path) -> None:
    code = """
        from agents.mcp import MCPServerStdio
        from langchain_mcp_adapters.client import MultiServerMCPClient
        a = MCPServerStdio(params={"command": "uvx", "args": ["mcp-git"]})
        b = MultiServerMCPClient({"x": {"command": "python", "args": ["x.py"]}, "y": {"url": "https://y.example/mcp"}})
    """
    found = ask(tmp_path, "mcp.servers", {"a.py": code}).value or []
    assert [(one["line"], one["package"], one["pin"]) for one in found] == [
        (4, "mcp-git", "floating"),
        (5, "python", "local"),
        (5, "y.example", "remote"),
    ]


@pytest.mark.parametrize(
    "text", ["", "[]", '{"mcpServers": []}', '{"mcpServers": {"x": 1}}', "{", '{"mcpServers": {"x": {"args": 1}}}']
)
def test_what_is_no_configuration_raises_nothing(tmp_path: Path, text: str) -> None:
    found = ask(tmp_path, "mcp.servers", {".mcp.json": text}).value or []
    assert all(one["pin"] == "none" for one in found)
