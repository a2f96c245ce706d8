"""Tools that a model may call: found in every framework, judged by what their code does, and who must agree."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from aiaudit.probes.python import dispatch
from aiaudit.probes.python.probe_tools import ToolsQuery
from aiaudit.probes.python.wanted import Wanted
from tests.probes.python.support import ask


def _tools(root: Path, *code: str, **files: str) -> dict[str, dict[str, Any]]:
    tree = {"app.py": "\n".join(code), **{f"{name}.py": text for name, text in files.items()}}
    return {one["name"]: one for one in ask(root, "python.tools", tree).value or []}


DELETE = "    db.delete_user(user)\n"
FRAMEWORKS = {
    "langchain": "from langchain_core.tools import tool\n@tool\ndef wipe(user: str) -> str:\n" + DELETE,
    "langchain by another name": "from langchain.tools import tool as t\n@t\ndef wipe(user: str) -> str:\n" + DELETE,
    "openai-agents": "from agents import function_tool\n@function_tool\ndef wipe(user: str):\n" + DELETE,
    "crewai": "from crewai.tools import tool\n@tool('wipe')\ndef inner(user: str):\n" + DELETE,
    "pydantic-ai": "from pydantic_ai import Agent\na = Agent('m')\n@a.tool_plain\ndef wipe(user: str):\n" + DELETE,
    "smolagents": "from smolagents import tool\n@tool\ndef wipe(user: str):\n" + DELETE,
    "mcp": "from mcp.server.fastmcp import FastMCP\nm = FastMCP('x')\n@m.tool()\ndef wipe(user: str):\n" + DELETE,
    "mcp of fastmcp": "from fastmcp import FastMCP\nm = FastMCP('x')\n@m.tool(name='wipe')\ndef inner(user: str):\n" + DELETE,
    "semantic-kernel": "from semantic_kernel.functions import kernel_function\nclass P:\n"
    "    @kernel_function(name='wipe')\n    def inner(self, user: str):\n        db.delete_user(user)\n",
    "class": "from langchain_core.tools import BaseTool\nclass W(BaseTool):\n    name: str = 'wipe'\n"
    "    def _run(self, user: str):\n        db.delete_user(user)\n",
    "structured": "from langchain_core.tools import StructuredTool\ndef inner(user: str):\n" + DELETE
    + "t = StructuredTool.from_function(func=inner, name='wipe')\n",
    "llamaindex": "from llama_index.core.tools import FunctionTool\ndef wipe(user: str):\n" + DELETE
    + "t = FunctionTool.from_defaults(fn=wipe)\n",
    "autogen": "from autogen import register_function\ndef wipe(user: str):\n" + DELETE
    + "register_function(wipe, caller=a, executor=b, description='')\n",
    "listed": "from agents import Agent\ndef wipe(user: str):\n" + DELETE + "a = Agent(name='a', tools=[wipe])\n",
    "listed by a name": "from langgraph.prebuilt import ToolNode\ndef wipe(user: str):\n" + DELETE
    + "TOOLS = [wipe]\nn = ToolNode(TOOLS)\n",
    "bound": "from langchain_openai import ChatOpenAI\ndef wipe(user: str):\n" + DELETE
    + "llm = ChatOpenAI().bind_tools([wipe])\n",
    "openai schema": "import openai\nT = [{'type': 'function', 'function': {'name': 'wipe', 'parameters': {'type': 'object',"
    " 'properties': {'user': {'type': 'string'}}}}}]\ndef wipe(user):\n" + DELETE,
    "anthropic schema": "import anthropic\nT = [{'name': 'wipe', 'input_schema': {'type': 'object', 'properties':"
    " {'user': {'type': 'string'}}}}]\ndef wipe(user):\n" + DELETE,
}  # fmt: skip


@pytest.mark.parametrize("code", FRAMEWORKS.values(), ids=FRAMEWORKS)
def test_tools_are_found_however_they_are_made(tmp_path: Path, code: str) -> None:
    found = _tools(tmp_path, code)
    assert list(found) == ["wipe"]
    tool = found["wipe"]
    assert (tool["acts"], tool["typed"], tool["approval"]) == ("delete", True, "")
    assert [one["name"] for one in tool["args"]] == ["user"]
    assert [(one["effect"], one["name"]) for one in tool["sinks"]] == [("delete", "db.delete_user")]


NOT_TOOLS = {
    "another decorator": "from rich import tool\n@app.get('/x')\ndef wipe(user: str):\n" + DELETE,
    "a decorator of numpy": "import numpy\n@numpy.tool\ndef wipe(user: str):\n" + DELETE,
    "a function of a database": "import sqlite3\ndb = sqlite3.connect('x')\ndef score(a):\n    return a\n"
    "db.create_function('score', 1, score)\ndb.register_function(score)\n",
    "a list of words": "TOOLS = ['hammer', 'saw']\ntools = [1, 2]\n",
    "a base of tools": "from langchain_core.tools import BaseTool\nclass W(BaseTool):\n    name: str = 'w'\n",
}


@pytest.mark.parametrize("code", NOT_TOOLS.values(), ids=NOT_TOOLS)
def test_what_no_model_can_call_is_no_tool(tmp_path: Path, code: str) -> None:
    assert _tools(tmp_path, code) == {}


HEAD = "import os, shutil, subprocess, sys\nimport requests, stripe, sqlite3\nfrom langchain_core.tools import tool\n"
EFFECTS = [
    ("subprocess.run(x, shell=True)", "execute", True),
    ("os.system(f'ls {x}')", "execute", True),
    ("subprocess.run([x])", "execute", True),
    ("subprocess.run(['bash', '-c', x])", "execute", True),
    ("subprocess.run(['git', 'log', x])", "", False),
    ("subprocess.run([sys.executable, '-c', x])", "execute", True),
    ("exec(x)", "execute", True),
    ("shutil.rmtree(x)", "delete", True),
    ("open(x, 'w').write('a')", "file", True),
    ("open('log.txt', 'a').write(x)", "", False),
    ("open(x).read()", "", False),
    ("requests.get(f'https://api.example/{x}')", "", False),
    ("requests.post('https://api.example/search', json={'q': x})", "", False),
    ("requests.delete(f'https://api.example/{x}')", "delete", False),
    ("stripe.Refund.create(charge=x)", "money", False),
    ("conn.execute(x)", "sql", True),
    ("conn.execute('SELECT a FROM b WHERE c = ?', (x,))", "", False),
    ("conn.execute('DELETE FROM b WHERE c = ?', (x,))", "delete", False),
    ("conn.execute(f'INSERT INTO b VALUES ({x})')", "write", False),
    ("mailer.send(x)", "communicate", False),
    ("slack.chat_postMessage(text=x)", "communicate", False),
    ("session.add(x)", "write", False),
    ("seen.add(x)", "", False),
    ("names.remove(x)", "", False),
]


@pytest.mark.parametrize(("line", "acts", "free"), EFFECTS, ids=[one[0] for one in EFFECTS])
def test_what_a_tool_does(tmp_path: Path, line: str, acts: str, free: bool) -> None:
    tool = _tools(tmp_path, f"{HEAD}@tool\ndef work(x: str):\n    return {line}\n")["work"]
    assert (tool["acts"], tool["free"]) == (acts, free)


def test_what_is_done_two_calls_deep_and_in_another_file(tmp_path: Path) -> None:
    code = (
        "from langchain_core.tools import tool\nfrom work import start\nimport os\n"
        "def _last(x):\n    os.remove(x)\ndef _next(x):\n    _last(x)\n"
        "@tool\ndef near(x: str):\n    _next(x)\n@tool\ndef far(x: str):\n    start(x)\n"
    )
    found = _tools(tmp_path, code, work="import os\ndef start(x):\n    os.system(x)\n")
    assert [(one["path"], one["line"]) for one in found["near"]["sinks"]] == [("app.py", 5)]
    assert [(one["path"], one["line"], one["free"]) for one in found["far"]["sinks"]] == [("work.py", 3, True)]
    assert (found["near"]["acts"], found["far"]["acts"]) == ("delete", "execute")


APPROVALS = {
    "interrupt": ("from langgraph.types import interrupt\n", "", "    if interrupt({'user': user}) != 'yes':\n        return\n"),
    "confirm": ("import click\n", "", "    if not click.confirm('Delete?'):\n        return\n"),
    "framework": ("", "(needs_approval=True)", ""),
}  # fmt: skip


@pytest.mark.parametrize("kind", APPROVALS)
def test_who_must_agree(tmp_path: Path, kind: str) -> None:
    imports, keyword, body = APPROVALS[kind]
    code = f"{imports}from agents import function_tool\n@function_tool{keyword}\ndef wipe(user: str):\n{body}{DELETE}"
    assert _tools(tmp_path, code)["wipe"]["approval"] == kind


@pytest.mark.parametrize(
    "code",
    [
        "@function_tool\ndef wipe(user: str, confirmed: bool):\n    if not confirmed:\n        return\n" + DELETE,
        "@function_tool\ndef wipe(user: str):\n    input('Delete? ')\n" + DELETE,
        "@function_tool(needs_approval=False)\ndef wipe(user: str):\n" + DELETE,
        "@function_tool\ndef wipe(user: str):\n    'Ask for confirmation first.'\n" + DELETE,
    ],
)
def test_what_is_no_approval(tmp_path: Path, code: str) -> None:
    tool = _tools(tmp_path, f"from agents import function_tool\n{code}")["wipe"]
    assert (tool["acts"], tool["approval"]) == ("delete", "")


def test_a_name_tells_only_where_code_was_not_seen(tmp_path: Path) -> None:
    code = (
        "from agents import function_tool\n"
        "@function_tool\ndef send_mail(to: str):\n    return f'sent to {to}'\n"
        "@function_tool\ndef send_note(to: str):\n    return gateway.deliver(to)\n"
        "@function_tool\ndef get_mail(to: str):\n    return gateway.load(to)\n"
    )
    found = _tools(tmp_path, code)
    assert {name: (one["acts"], one["seen"]) for name, one in found.items()} == {
        "send_mail": ("", True),
        "send_note": ("communicate", False),
        "get_mail": ("", False),
    }


READ = (
    "import json, re, openai\nfrom pydantic import BaseModel\nclient = openai.OpenAI()\nclass Order(BaseModel):\n    n: str\n"
    "def complete(x):\n    return client.responses.create(model='m', input=x).output_text\n"
)
PARSES = {
    "json": ("def f(x):\n    return json.loads(complete(x))\n", ("json", False, False)),
    "in try": ("def f(x):\n    try:\n        return json.loads(complete(x))\n    except ValueError:\n        return {}\n",
               ("json", False, True)),
    "into a class": ("def f(x):\n    data = json.loads(complete(x))\n    return Order(**data)\n", ("json", True, False)),
    "schema": ("def f(x):\n    return Order.model_validate_json(complete(x))\n", ("schema", True, False)),
    "a pattern": ("def f(x):\n    m = re.search('a', complete(x))\n    return m.group()\n", ("regex", False, False)),
    "a pattern that is asked": ("def f(x):\n    m = re.search('a', complete(x))\n    return m.group() if m else ''\n",
                                ("regex", False, True)),
    "callers that try": ("def f(x):\n    return json.loads(complete(x))\ndef g(x):\n    try:\n        return f(x)\n"
                         "    except ValueError:\n        return {}\n", ("json", False, True)),
}  # fmt: skip


@pytest.mark.parametrize("code", PARSES)
def test_answers_that_are_read_as_data(tmp_path: Path, code: str) -> None:
    found = ask(tmp_path, "python.parses", {"a.py": READ + PARSES[code][0]}).value
    assert [(one["kind"], one["typed"], one["handled"]) for one in found] == [PARSES[code][1]]


def test_other_texts_are_no_answers(tmp_path: Path) -> None:
    code = READ + "def f(path):\n    return json.loads(open(path).read())\n"
    assert ask(tmp_path, "python.parses", {"a.py": code}).value == []


SYSTEM = {
    "message": "[{'role': 'system', 'content': f'Help {q}'}]",
    "developer": "[{'role': 'developer', 'content': q}]",
    "argument": "client.responses.create(model='m', instructions=q, input='x')",
    "langchain": "SystemMessage(content='Be ' + q)",
    "pair": "[('system', q)]",
}


@pytest.mark.parametrize("code", SYSTEM.values(), ids=SYSTEM)
def test_what_a_user_writes_in_the_role_of_the_system(tmp_path: Path, code: str) -> None:
    head = "from fastapi import FastAPI\nfrom langchain_core.messages import SystemMessage\napp = FastAPI()\n"
    tree = {"a.py": f"{head}@app.post('/x')\ndef ask(q: str):\n    return {code}\n"}
    found = ask(tmp_path, "python.flows", tree, sources=["user"], sinks=["system"]).value
    assert [(one["line"], one["source_name"]) for one in found] == [(6, "q")]


@pytest.mark.parametrize(
    "code", ["[{'role': 'user', 'content': q}]", "[{'role': 'system', 'content': 'Help.'}]", "('system', 1)"]
)
def test_what_belongs_there_or_stands_elsewhere(tmp_path: Path, code: str) -> None:
    tree = {
        "a.py": f"from fastapi import FastAPI\napp = FastAPI()\n@app.post('/x')\ndef ask(q: str):\n    return {code}\n"
    }
    assert not ask(tmp_path, "python.flows", tree, sources=["user"], sinks=["system"]).value


PICKED = {
    "by a field": 'T = json.loads(answer)\nTOOLS[T["tool"]](T["user"])\n',
    "by an attribute": "TOOLS[call.function.name](**args)\n",
    "by get": 'do = TOOLS.get(step.get("tool"))\ndo(user)\n',
    "by a name that tells": "def run(tool_name):\n    return TOOLS[tool_name](user)\n",
}


TABLES = {
    "with a type": "TOOLS: dict[\n    str, Callable\n] = {",
    "given two names": "KNOWN = TOOLS = {",
    "in one of two assignments": "TOOLS, NAMES = {",
    "in an expression": "(TOOLS := {",
    "added to one of another file": "from work import TOOLS\nTOOLS |= {",
}


@pytest.mark.parametrize("code", TABLES.values(), ids=TABLES)
def test_a_table_counts_however_it_is_given_its_name(code: str) -> None:
    data = (code + '"wipe": wipe}\nTOOLS[step["tool"]](user)\n').encode()
    assert dispatch.counts(data, data.rindex(b"TOOLS["))


@pytest.mark.parametrize(
    "code",
    [
        "from rope import ROPE_FUNCTIONS\nrope = ROPE_FUNCTIONS[self.config.kind]\n",
        "self.ROPE_FUNCTIONS = {}\nrope = self.ROPE_FUNCTIONS[self.config.kind]\n",
        "if ROPE_FUNCTIONS == known:\n    rope = ROPE_FUNCTIONS[self.config.kind]\n",
    ],
)
def test_a_table_that_is_not_seen_keeps_no_file_whole(code: str) -> None:
    idle = "def idle(one):\n" + "    other = one\n" * 40
    data = (code + idle * 8).encode()
    wanted = Wanted([ToolsQuery()])
    hits = wanted.features.offsets(data)
    assert hits == [[]]
    assert not wanted.features.of(hits, "entire")


@pytest.mark.parametrize("code", PICKED.values(), ids=PICKED)
def test_a_function_that_a_name_in_an_answer_picks_is_a_tool(tmp_path: Path, code: str) -> None:
    table = "def wipe(user: str):\n" + DELETE + 'TOOLS = {"wipe": wipe}\n'
    found = _tools(tmp_path, table + code)
    assert [(one["name"], one["kind"], one["acts"]) for one in found.values()] == [("wipe", "dispatched", "delete")]


def test_a_picked_function_of_another_file_is_followed(tmp_path: Path) -> None:
    code = 'from work import add\nTOOLS = {"add": add}\nTOOLS[step["tool"]](step["input"])\n'
    (found,) = _tools(tmp_path, code, work="def add(text):\n    return eval(text)\n").values()
    assert (found["acts"], found["free"], found["sinks"][0]["path"]) == ("execute", True, "work.py")


NOT_PICKED = {
    "a constant": 'TOOLS = {"wipe": wipe}\nTOOLS["wipe"](user)\n',
    "another name": 'TOOLS = {"wipe": wipe}\nTOOLS[index](user)\n',
    "no functions": 'TOOLS = {"wipe": "Delete a user"}\nprint(TOOLS[step["tool"]])\n',
    "of something else": 'COLOURS = {"wipe": wipe}\nCOLOURS[step["colour"]](user)\n',
}


@pytest.mark.parametrize("code", NOT_PICKED.values(), ids=NOT_PICKED)
def test_other_tables_are_no_tools(tmp_path: Path, code: str) -> None:
    assert _tools(tmp_path, "def wipe(user: str):\n" + DELETE + code) == {}
