"""Prompts, flows, loops, assignments, early fits, notebook cells, and which languages are read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from aiaudit.model.fact import State
from aiaudit.model.types import Unknown
from tests.probes.python.support import ask, notebook

LONG = "You are a careful assistant who answers in two short sentences."


def found(root: Path, probe: str, code: str, **query: Any) -> list[dict[str, Any]]:
    return ask(root, probe, {"app/main.py": code}, **query).value or []


PROMPTS = {
    "constant": (f"SYSTEM_PROMPT = '{LONG}'", "constant", "system"),
    "joined": (f"PROMPT = (\n    '{LONG}'\n    ' And kindly.'\n)", "constant", "other"),
    "f-string": (f"def f(q):\n    prompt = f'{LONG} {{q}}'", "constant", "other"),
    "dedent": (f"import textwrap\nPROMPT = textwrap.dedent('''{LONG}''')", "constant", "other"),
    "dict of prompts": (f"PROMPTS = {{\n    'a': '{LONG}',\n}}", "constant", "other"),
    "message": (f"m = [{{'role': 'system', 'content': '{LONG}'}}]", "message", "system"),
    "keyword": (f"client.messages.create(system='{LONG}')", "argument", "system"),
    "instructions": (f"Agent(instructions='{LONG}')", "argument", "system"),
    "template": (f"ChatPromptTemplate.from_messages([('system', '{LONG}')])", "template", "system"),
    "file": ("from pathlib import Path\nPROMPT = Path('prompts/a.txt').read_text()", "loaded", "other"),
    "registry": ("from langfuse import Langfuse\np = Langfuse().get_prompt('a')", "loaded", "other"),
}


@pytest.mark.parametrize(("code", "use", "kind"), PROMPTS.values(), ids=PROMPTS)
def test_prompts_by_use_and_name(tmp_path: Path, code: str, use: str, kind: str) -> None:
    assert [(one["use"], one["kind"]) for one in found(tmp_path, "python.strings", code)] == [(use, kind)]


@pytest.mark.parametrize(
    "code",
    [
        "PROMPT = 'short'",
        f"text = '{LONG}'",
        f"m = [{{'role': 'assistant', 'content': '{LONG}'}}]",
        f"INSTALL_INSTRUCTIONS = '{LONG}'",
        f"TEMPLATE = '<html><body>{LONG}</body></html>'",
        "import sys\nprompt = sys.stdin.read()",
        f"def f():\n    '''{LONG}'''",
    ],
)
def test_other_texts_are_no_prompts(tmp_path: Path, code: str) -> None:
    assert found(tmp_path, "python.strings", code) == []


def test_what_a_prompt_holds_is_told_and_the_text_is_not_kept(tmp_path: Path) -> None:
    code = f"""\
        SYSTEM_PROMPT = \"\"\"{LONG} Only administrators may see prices. Use the key sk-abcdefghijklmnop and
        http://prices.internal/list for {{product}}.\"\"\"
        """
    (one,) = found(tmp_path, "python.strings", code)
    assert (one["secret"], one["access_rule"], one["internal_address"]) == (True, True, True)
    assert one["placeholders"] == ["product"]
    assert "careful" not in repr(one) and "abcdef" not in repr(one)


@pytest.mark.parametrize(
    ("filled", "named"),
    [
        ("state['query']", ["state.query"]),
        ("state.get('query', '')", ["state.query"]),
        ("body.words['query']", ["body.words.query"]),
        ("transcript[:900]", ["transcript"]),
        ("state['query'][:900][:9]", ["state.query"]),
        ("question.strip()", ["question"]),
        ("made()['query']", ["query"]),
        ("rows[0]", ["value"]),
        ("clean(query)", ["value"]),
    ],
)
def test_what_fills_a_place_is_named_by_its_key(tmp_path: Path, filled: str, named: list[str]) -> None:
    code = f'def node(state):\n    prompt = f"{LONG} {{{filled}}}"\n    return prompt'
    (one,) = found(tmp_path, "python.strings", code)
    assert one["placeholders"] == named


def test_prompts_of_a_module_for_prompts_are_dedicated(tmp_path: Path) -> None:
    files = {"app/prompts.py": f"PROMPT = '{LONG}'", "app/main.py": f"PROMPT = '{LONG}'"}
    fact = ask(tmp_path, "python.strings", files)
    assert [(one["path"], one["dedicated"]) for one in fact.value] == [("app/main.py", False), ("app/prompts.py", True)]


OPENAI = "from openai import OpenAI\nclient = OpenAI()\n"
ANSWER = "client.responses.create(model='m', input=q).output_text"
FLOWS = {
    "eval": (f"def f(q):\n    eval({ANSWER})", [("code", "eval", False)]),
    "through names": (f"def f(q):\n    r = {ANSWER}\n    code = r.strip()\n    exec(code)", [("code", "exec", False)]),
    "f-string into SQL": (
        f"import sqlite3\ndef f(q):\n    c = sqlite3.connect('x')\n    c.execute(f\"SELECT {{{ANSWER}}}\")",
        [("sql", "sqlite3.connect.execute", False)],
    ),
    "shell": (
        f"import subprocess\ndef f(q):\n    subprocess.run({ANSWER}, shell=True)",
        [("shell", "subprocess.run", False)],
    ),
    "helper that returns it": (
        f"def ask(q):\n    return {ANSWER}\ndef f(q):\n    eval(ask(q))",
        [("code", "eval", False)],
    ),
    "helper that runs it": (f"def run(code):\n    exec(code)\ndef f(q):\n    run({ANSWER})", [("code", "exec", False)]),
    "loop over lines": (
        f"def f(q):\n    for line in {ANSWER}.splitlines():\n        eval(line)",
        [("code", "eval", False)],
    ),
    "escaped": (
        f"import html\nfrom markupsafe import Markup\ndef f(q):\n    Markup(html.escape({ANSWER}))",
        [("html", "markupsafe.Markup", True)],
    ),
    "a model's tool": (
        "from langchain_core.tools import tool\nimport os\n@tool\ndef sh(command: str):\n    os.system(command)",
        [("shell", "os.system", False)],
    ),
    "parameters of a query": (
        f"import sqlite3\ndef f(q):\n    c = sqlite3.connect('x')\n    c.execute('SELECT ?', ({ANSWER},))",
        [],
    ),
    "constant": ("eval('1 + 1')", []),
    "something else": ("def f(x):\n    eval(x)", []),
    "compared only": (f"def f(q):\n    eval('1' if {ANSWER} == 'yes' else '2')", []),
    "executor": (f"def f(q, pool):\n    pool.execute({ANSWER})", []),
}


@pytest.mark.parametrize(("code", "flows"), FLOWS.values(), ids=FLOWS)
def test_flows_of_what_a_model_wrote(tmp_path: Path, code: str, flows: list[tuple[str, str, bool]]) -> None:
    got = found(tmp_path, "python.flows", OPENAI + code, sources=["llm"])
    assert [(one["kind"], one["sink"], one["sanitised"]) for one in got] == flows


def test_flows_of_request_data(tmp_path: Path) -> None:
    code = """\
        from flask import Flask, request
        import os, subprocess
        app = Flask(__name__)
        @app.route("/x")
        def x():
            os.system(request.args["c"])
            subprocess.run(["ls", request.args["d"]])
        """
    got = found(tmp_path, "python.flows", code, sources=["user"])
    assert [(one["line"], one["kind"]) for one in got] == [(6, "shell"), (7, "command")]
    assert found(tmp_path, "python.flows", code, sources=["user"], sinks=["command"])[0]["line"] == 7


def test_flows_across_files(tmp_path: Path) -> None:
    files = {
        "app/llm.py": OPENAI + f"def complete(q):\n    return {ANSWER}\ndef count(q):\n    return len({ANSWER})\n",
        "app/tools.py": "from app.llm import complete, count\nfrom math import sqrt\ndef f(q):\n    eval(complete(q))\n"
        "    eval(count(q))\n    eval(sqrt(q))\n",
    }
    fact = ask(tmp_path, "python.flows", files)
    assert [(one["path"], one["line"], one["sink"]) for one in fact.value] == [("app/tools.py", 4, "eval")]


CALL = "client.responses.create()"
LOOPS = {
    "for over things": (f"for q in questions:\n    {CALL}", "for", True),
    "endless for": (f"import itertools\nfor n in itertools.count():\n    {CALL}", "for", False),
    "while true": (f"while True:\n    {CALL}", "while_true", False),
    "leaves when the model says so": (f"while True:\n    if {CALL}.done:\n        break", "while_true", False),
    "counter": (f"n = 0\nwhile True:\n    n += 1\n    {CALL}\n    if n > 5:\n        break", "while_true", True),
    "counter in the condition": (f"n = 0\nwhile n < 5:\n    {CALL}\n    n += 1", "while", True),
    "until done": (f"while not done:\n    done = {CALL}", "while", False),
    "clock": (f"import time\nwhile time.time() < end:\n    {CALL}", "while", True),
    "tries each once": (
        f"tried = set()\nwhile some:\n    left = [x for x in some if x not in tried]\n    if not left:\n        break\n"
        f"    tried.add(left[0])\n    {CALL}",
        "while",
        True,
    ),
    "asks whether something is left": (
        f"while some:\n    left = [x for x in some if x not in done]\n    if not left:\n        break\n    {CALL}",
        "while",
        False,
    ),
    "length of a list": (f"while True:\n    m.append({CALL})\n    if len(m) >= 9:\n        break", "while_true", True),
}


@pytest.mark.parametrize(("code", "kind", "bounded"), LOOPS.values(), ids=LOOPS)
def test_loops_that_must_end(tmp_path: Path, code: str, kind: str, bounded: bool) -> None:
    (one,) = found(tmp_path, "python.loops", OPENAI + code, calls=["group:llm.completion"])
    assert (one["kind"], one["bounded"]) == (kind, bounded)


def test_loops_around_functions_that_call_a_model(tmp_path: Path) -> None:
    files = {
        "app/llm.py": OPENAI + f"def complete(q):\n    return {ANSWER}\n",
        "app/agent.py": "from app.llm import complete\ndef run(q):\n    while True:\n        q = complete(q)\n",
        "app/other.py": "def complete(q): ...\ndef run(q):\n    while True:\n        q = complete(q)\n",
    }
    fact = ask(tmp_path, "python.loops", files, calls=["group:llm.completion"])
    assert [(one["path"], one["loop_line"], one["name"]) for one in fact.value] == [
        ("app/agent.py", 3, "app.llm.complete")
    ]


def test_retries_in_a_loop_are_told_apart(tmp_path: Path) -> None:
    code = (
        f"{OPENAI}import time\nwhile True:\n    try:\n        {CALL}\n%s    except Exception:\n        time.sleep(1)\n"
    )
    (one,) = found(tmp_path, "python.loops", code % "        break\n", calls=["group:llm.completion"])
    assert (one["retried"], one["bounded"]) == ("loop", False)
    (one,) = found(tmp_path, "python.loops", code % "", calls=["group:llm.completion"])
    assert (one["retried"], one["bounded"]) == ("", False)  # it asks for the next thing where all went well


def test_assignments(tmp_path: Path) -> None:
    code = """\
        seed = 42
        class Config:
            random_seed: int = 7
        def train(lr=0.1, *, seed=13, other_seed=None):
            self.seed = seed
            options = {"seed": 1, "unseeded": 2}
            config["seed"] = load()
        """
    got = found(tmp_path, "python.assignments", code, any=["seed", "*_seed"])
    assert [(one["line"], one["kind"], one["name"], one["value"]) for one in got if one["kind"] != "attribute"] == [
        (1, "variable", "seed", 42),
        (3, "field", "random_seed", 7),
        (4, "default", "seed", 13),
        (4, "default", "other_seed", None),
        (6, "key", "seed", 1),
        (7, "key", "seed", Unknown("load()")),
    ]
    assert [one["line"] for one in found(tmp_path, "python.assignments", code, any=["*seed"], value=[7, 13])] == [3, 4]
    assert all(
        not isinstance(one["value"], Unknown)
        for one in found(tmp_path, "python.assignments", code, any=["seed"], known=True)
    )


EARLY = "from sklearn.model_selection import train_test_split\nfrom sklearn.preprocessing import StandardScaler, LabelEncoder\n"
SPLITS = {
    "fitted before": ("s = StandardScaler()\nX = s.fit_transform(X)\na, b = train_test_split(X)", [4]),
    "fitted on what is split": ("s = StandardScaler().fit(X)\nZ = s.transform(X)\na, b = train_test_split(Z)", [3]),
    "after the split": ("a, b = train_test_split(X)\ns = StandardScaler()\na = s.fit_transform(a)", []),
    "other data": ("s = StandardScaler()\nQ = s.fit_transform(Q)\na, b = train_test_split(X)", []),
    "labels": ("y = LabelEncoder().fit_transform(y)\na, b = train_test_split(X, y)", []),
    "other function": ("def p(X):\n    return StandardScaler().fit_transform(X)\na, b = train_test_split(X)", []),
}


@pytest.mark.parametrize(("code", "lines"), SPLITS.values(), ids=SPLITS)
def test_fits_before_the_split(tmp_path: Path, code: str, lines: list[int]) -> None:
    assert [one["line"] for one in found(tmp_path, "python.fit_before_split", EARLY + code)] == lines


def test_notebook_cells(tmp_path: Path) -> None:
    made = json.loads(notebook("a = 1", "b =", "", "1/0"))
    made["cells"][0]["execution_count"] = 9
    made["cells"][3]["outputs"] = [{"output_type": "error", "ename": "ZeroDivisionError", "traceback": ["secret"]}]
    fact = ask(tmp_path, "notebooks.cells", {"n.ipynb": json.dumps(made, indent=1).encode(), "a.py": "x = 1"})
    cells = [
        (one["cell"], one["in_order"], one["has_outputs"], one["error"], one["broken"], one["empty"])
        for one in fact.value
    ]
    assert cells == [
        (1, True, False, "", False, False),
        (2, False, False, "", True, False),
        (3, False, False, "", False, True),
        (4, False, True, "ZeroDivisionError", False, False),
    ]
    assert fact.scope is not None and fact.scope.files == 1


@pytest.mark.parametrize(
    ("files", "also", "state"),
    [
        ({"a.py": "x = 1\n" * 50, "b.ts": "let x"}, [], State.KNOWN),
        ({"a.py": "x = 1", "b.ts": "let x = 1\n" * 50}, [], State.UNKNOWN),
        ({"a.py": "x = 1", "b.ts": "let x = 1\n" * 50}, ["javascript"], State.KNOWN),
        ({"a.py": "x = 1", "b.go": "package a\n" * 50}, ["javascript"], State.UNKNOWN),
        (
            {"a.py": "x = 1", "node_modules/b.ts": "let x = 1\n" * 50, "vendor/c.ts": "let x = 1\n" * 50},
            [],
            State.KNOWN,
        ),
        ({"README.md": "x"}, [], State.KNOWN),
    ],
)
def test_which_languages_are_read(tmp_path: Path, files: dict[str, str], also: list[str], state: State) -> None:
    assert ask(tmp_path, "python.readable", files, also=also).state is state
