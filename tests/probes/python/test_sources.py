"""From bytes to records: notebooks with their lines, and sources that fight the parser."""

from __future__ import annotations

import gc
import json
import warnings
import weakref
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aiaudit.model.fact import State
from aiaudit.probes.python.engine import PythonEngine
from aiaudit.probes.python.module import Module
from aiaudit.probes.python.probe_calls import CallsQuery
from aiaudit.probes.python.source import Source
from aiaudit.project.entry import Entry
from tests.probes.python.support import ask, notebook, scan


def test_a_notebook_is_one_module_with_the_lines_of_the_file() -> None:
    data = notebook(
        "import torch\n!pip install x \\\n  y\nt = 1\n", "%%bash\nrm -rf /\n", "\n%time\ntorch.load('m.pt')"
    )
    (call,) = scan(data, "torch.load", suffix=".ipynb")["calls"]
    assert call["cell"] == 3
    assert "torch.load" in data.decode().splitlines()[call["line"] - 1]


def test_every_line_of_code_is_found_again_in_the_file() -> None:
    cells = [
        "import torch\n\n",
        '"""text\nwith "quotes" and \\\\ ü\n"""\ntorch.load("a")\n',
        "x = 1\n\n\ntorch.load('b')",
    ]
    data = notebook(*cells)
    lines = data.decode().splitlines()
    calls = scan(data, "torch.load", suffix=".ipynb")["calls"]
    assert [one["cell"] for one in calls] == [2, 3]
    assert ["torch.load" in lines[one["line"] - 1] for one in calls] == [True, True]


def test_a_cell_that_is_one_string_has_one_line() -> None:
    content = {"cells": [{"cell_type": "code", "source": "import torch\ntorch.load('x')"}], "metadata": {}}
    data = json.dumps(content).encode()
    assert [one["line"] for one in scan(data, "torch.load", suffix=".ipynb")["calls"]] == [1]


def test_old_notebooks_with_worksheets() -> None:
    cell = {"cell_type": "code", "input": ["import torch\n", "torch.load('x')"], "prompt_number": 3, "outputs": []}
    data = json.dumps({"worksheets": [{"cells": [cell]}], "nbformat": 3}, indent=1).encode()
    found = scan(data, "torch.load", suffix=".ipynb")
    assert len(found["calls"]) == 1
    assert found["cells"][0]["execution_count"] == 3


@pytest.mark.parametrize(
    "cell",
    [
        "x = (10\n% 3)\ntorch.load('x')",
        "files = !ls\ntorch.load('x')",
        "if True:\n    %timeit f()\n    torch.load('x')",
        "torch?\ntorch.load('x')",
        "await f()\ntorch.load('x')",
        "%%time\ntorch.load('x')",
        "# %% [markdown]\ntorch.load('x')",
    ],
)
def test_magics_do_not_hide_code(cell: str) -> None:
    assert len(scan(notebook("import torch", cell), "torch.load", suffix=".ipynb")["calls"]) == 1


def test_a_broken_cell_does_not_cost_the_others() -> None:
    data = notebook("import torch", "for in x:", "torch.load('x')")
    found = scan(data, "torch.load", suffix=".ipynb")
    assert len(found["calls"]) == 1
    assert [cell for cell, _ in found["base"]["broken"]] == [2]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"{", "not JSON"),
        (b"[1, 2]", "no cells"),
        (b'{"cells": 3}', "no cells"),
        (b"\xff\xfe", "not UTF-8"),
        (b"[" * 100_000, "nested too deeply"),
        (notebook("library(x)", language_info={"name": "R"}), "a notebook in r"),
    ],
)
def test_what_is_no_python_notebook_says_so(data: bytes, reason: str) -> None:
    assert reason in scan(data, "x", suffix=".ipynb")["error"]


DEEP = 20_000
HOSTILE = {
    "minus signs": b"-" * 50_000 + b"1",
    "attributes": b"x" + b".a" * DEEP,
    "sum": b"1" + b"+1" * DEEP,
    "parentheses": b"(" * 5_000 + b"1" + b")" * 5_000,
    "brackets": b"[" * 190 + b"]" * 190,
    "calls": b"f(" * 190 + b")" * 190,
    "nested functions": b"".join(b" " * n + b"def f():\n" for n in range(95)) + b" " * 95 + b"pass\n",
    "nested ifs": b"".join(b" " * n + b"if x:\n" for n in range(95)) + b" " * 95 + b"torch.load(x)\n",
    "conditional chain": b"x = " + b"a if b else " * 900 + b"c\n",
    "elif ladder": b"if x:\n pass\n" + b"elif x:\n pass\n" * 900,
    "names that lead in a circle": b"a = b\nb = a\na.torch.load(1)\n",
    "names that fork": b"".join(b"v%d = v%d or v%d\n" % (n, n + 1, n + 1) for n in range(60)) + b"v0.load()\n",
    "class that is its own base": b"class A(A):\n def f(self):\n  self.x.load()\n",
    "bases in a circle": b"class A(B): pass\nclass B(A):\n def f(self):\n  self.x.load()\n",
    "property that returns itself": b"class A:\n @property\n def x(self):\n  return self.x\nA().x.load()\n",
    "function that returns itself": b"def f():\n return f()\nf().load()\n",
    "huge integer": b"import torch\ntorch.load(" + b"9" * 4_000 + b")\n",
    "power": b"import torch\ntorch.load(k=9 ** 9 ** 9)\ntorch.load(k=2 ** 10000000)\n",
    "long strings": b"import torch\ntorch.load(" + b" + ".join([b"'" + b"x" * 1_000 + b"'"] * 300) + b")\n",
    "many calls": b"import torch\n" + b"torch.load('x')\n" * 20_000,
    "NUL": b"import torch\0\ntorch.load('x')\n",
    "bad encoding": b"# coding: nonsense\nimport torch\n",
    "latin": b"# coding: latin-1\nimport torch\ns = '\xe9'\ntorch.load(s)\n",
    "not UTF-8": b"import torch\ns = '\xe9'\n",
    "UTF-16": "import torch\n".encode("utf-16"),
    "byte order mark": b"\xef\xbb\xbfimport torch\ntorch.load('x')\n",
    "form feed": b"import torch\n\x0c\ntorch.load('x')\n",
    "carriage returns": b"import torch\r\rtorch.load('x')\r",
    "empty": b"",
    "only a tab": b"\t",
    "string escapes": b"'\\d\\N{DIGIT ONE}'\nassert (1, 2)\nx is 'a'\n",
}


@pytest.mark.parametrize("data", HOSTILE.values(), ids=HOSTILE)
def test_hostile_sources_give_a_record_or_a_reason(data: bytes) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = scan(data, "torch.load", "*.load", references=True)
    assert ("base" in found) == ("error" not in found or found["error"].endswith("the rest was read"))
    assert len(json.dumps(found)) < 2_000_000


def test_reasons() -> None:
    assert scan(HOSTILE["minus signs"])["error"] == "too complex to parse"
    assert scan(HOSTILE["attributes"])["error"] == "nested too deeply"
    assert scan(HOSTILE["NUL"])["error"] == "holds NUL bytes"
    assert "error" not in scan(b"print 'x'\n")
    assert "error" not in scan("import torch\r\ntorch.load('é')\r\n".encode("utf-16"), "torch.load")
    assert scan(b"x = 1\ny = = 2\n")["error"] == "not Python 3 at line 2; the rest was read"
    assert scan(b"# coding: utf-7\nimport torch\n")["error"] == "in the encoding utf-7, which hides its text"
    assert scan(b"#" * (2 * 1024 * 1024 + 1))["error"] == "larger than 2 MB"


def test_line_ends_do_not_move_lines() -> None:
    for end in (b"\n", b"\r\n", b"\r"):
        data = end.join([b"import torch", b"", b"x = '''", b"'''", b"torch.load(x)", b""])
        assert [one["line"] for one in scan(data, "torch.load")["calls"]] == [5]


def test_too_large_files_are_part_of_the_scope(tmp_path: Path) -> None:
    fact = ask(tmp_path, "python.calls", {"big.py": b"#" * (3 * 1024 * 1024)}, any=["torch.load"])
    assert fact.state is State.UNKNOWN
    assert "big.py" in fact.reason


FRAGMENTS = st.sampled_from(
    "import torch|from torch import load as l|load|torch.load|(|)|[|]|{|}|:|,|=|.|\n|\n    |\n\t|def f(x):|class A(B):|x|"
    'return|yield|lambda:|if|else|for|in|while True:|try:|except:|with|as|@|*|**|\'|"""|#|%|!|\\|1|None|self|await|'
    "async|global x|match x:|case _:|f'{x}'|:=|->|...|\x00|\x0c|é".split("|")
)


@settings(max_examples=300, deadline=None)
@given(st.lists(FRAGMENTS, max_size=40).map(" ".join) | st.text(max_size=200))
def test_no_text_raises(text: str) -> None:
    data = text.encode("utf-8", "surrogatepass")
    for suffix in (".py", ".ipynb"):
        found = scan(data, "torch.load", "*.load", "torch.*", suffix=suffix, references=True)
        assert ("base" in found) == ("error" not in found or found["error"].endswith("the rest was read"))
    cell = notebook(text.encode("utf-8", "replace").decode())
    assert scan(cell, "torch.load", suffix=".ipynb")


def test_a_tree_is_freed_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[weakref.ref[Module]] = []

    class Watched(Module):
        def __init__(self, source: Source) -> None:
            super().__init__(source)
            made.append(weakref.ref(self))

    monkeypatch.setattr("aiaudit.probes.python.engine.Module", Watched)
    text = (
        "import streamlit as st\n\nclass Page:\n    def show(self):\n        self.at = st.session_state.at = eval(x)\n"
    )
    engine = PythonEngine([CallsQuery(any=["eval"])])
    gc.disable()  # workers collect once a chunk: what waits for that is held for hundreds of files
    try:
        record = engine.scan(text.encode(), Entry("page.py", len(text), suffix=".py"))
        assert record["calls"] and [one() for one in made] == [None]
    finally:
        gc.enable()
