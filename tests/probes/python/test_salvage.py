"""Files that are not Python as a whole: what is read of them, and which questions stay open."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aiaudit.model.fact import Fact, State
from aiaudit.probes.python import extract
from aiaudit.probes.python.lost import words_of
from aiaudit.probes.python.salvage import MOST_TRIES, salvage
from aiaudit.probes.python.source import hiding_encoding
from tests.probes.python.support import ask, lay

CONFLICT = b"def f():\n    a = 1\n<<<<<<< HEAD\n    b = 2\n=======\n    b = 3\n>>>>>>> other\n    return a\n"
TEMPLATE = b"import os\n{% if x %}\ny = 2\n{% endif %}\ndef g():\n    return os.getcwd()\n"


@pytest.mark.parametrize(
    ("data", "lost", "kept"),
    [
        (CONFLICT, [3, 5, 7], ["b = 2", "b = 3", "return a"]),
        (TEMPLATE, [2, 4], ["y = 2", "return os.getcwd()"]),
        (b"def f(\n    x,\n\ndef g():\n    return 1\n", [1, 2], ["def g", "return 1"]),
        (b"def f():\n\nx = 1\n", [1], ["x = 1"]),
        (b"x = 1\ny = = 2\ndef g():\n    z = 3 +\n    return z\n", [2, 4], ["x = 1", "return z"]),
        (b"%matplotlib inline\nimport os\n!ls\n", [1, 3], ["import os"]),
        (
            b"def f():\n    a = 1\ng(a)\n    b = 2\n    return b\n\nx = 1\n",
            [3],
            ["a = 1", "b = 2", "return b", "x = 1"],
        ),
        (b"def f():\n    return 1\nx = 2\n        y = 3\n", [3, 4], ["return 1"]),
        ("x = f(1) \u2705\ny = '\u2705'\n".encode(), [], ["x = f(1)", "y = '\u2705'"]),
        ("def f():\n\u00a0   return 1\n\n\ndef g():\n\u00a0   return 2\n".encode(), [], ["return 1", "return 2"]),
        ("x = a \u2705 b\ny = 1\n".encode(), [1], ["y = 1"]),
    ],
)
def test_what_is_lost_and_what_is_kept(data: bytes, lost: list[int], kept: list[str]) -> None:
    found = salvage(data)
    assert found is not None
    assert found.lost == lost
    text = ast.unparse(found.tree)
    assert [one for one in kept if one not in text] == []


@pytest.mark.parametrize("broken", ["routes", "log_values"])
def test_an_extractor_that_breaks_leaves_only_its_own_questions_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    def fail(view: object) -> dict[str, Any]:
        raise ValueError("list.remove(x): x not in list")

    feature = extract._FEATURES[broken]
    monkeypatch.setitem(extract._FEATURES, broken, feature._replace(extract=fail))
    code = "import logging, fastapi, torch\napp = fastapi.FastAPI()\n\n@app.get('/x')\ndef x(q):\n    logging.info(q)\n    return torch.load('a.pt')\n"
    lay(tmp_path, {"app.py": code})
    routes = ask(tmp_path, "python.routes", roles=["code"])
    values = ask(tmp_path, "python.log_values", roles=["code"])
    calls = ask(tmp_path, "python.calls", any=["torch.load"], roles=["code"])
    assert calls.state is State.KNOWN and calls.value
    assert routes.state is (State.UNKNOWN if broken == "routes" else State.KNOWN)
    assert values.state is (State.UNKNOWN if broken == "log_values" else State.KNOWN)
    if broken == "routes":
        assert "a part of the scanner failed (routes: ValueError); the rest was read" in routes.reason


@pytest.mark.parametrize("broken", ["stored", "sent"])
def test_an_extractor_that_breaks_on_one_of_many_files_leaves_its_questions_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    """What can be read of nineteen files in twenty is a whole look, but where an extractor breaks stood what it seeks."""

    def fail(view: object) -> dict[str, Any]:
        raise ValueError("list.remove(x): x not in list")

    monkeypatch.setitem(extract._FEATURES, broken, extract._FEATURES[broken]._replace(extract=fail))
    code = """
    import fastapi
    from sqlalchemy.orm import declarative_base
    from sqlalchemy import Column, Integer, String
    app = fastapi.FastAPI()
    Base = declarative_base()

    class Answer(Base):
        __tablename__ = "answers"
        id = Column(Integer, primary_key=True)
        text = Column(String)

    @app.get("/x")
    def x(name: str):
        return open(name).read()
    """
    lay(tmp_path, {"app.py": code, **{f"part_{n}.py": f"def part_{n}():\n    return {n}\n" for n in range(60)}})
    told = {probe: ask(tmp_path, probe, roles=["code"]) for probe in ("python.stored", "python.sent", "python.routes")}
    for probe, fact in told.items():
        assert fact.scope is None or fact.scope.complete
        rests_on_it = probe == f"python.{broken}"
        assert fact.beyond == (
            f"in app.py a part of the scanner failed ({broken}: ValueError); the rest was read" if rests_on_it else ""
        )
        assert bool(fact.value) is not rests_on_it


def test_what_is_no_python_is_not_read() -> None:
    assert salvage(b"hello world this is no python\nnot at all, is it?\n" * MOST_TRIES) is None
    assert salvage(b'x = 1\ny = """what follows may be text or code\ntorch.load(x)\n') is None


@given(st.text("defprint(x):\n =+'\"\\[]{}#<>", max_size=120))
def test_no_text_raises(text: str) -> None:
    found = salvage(text.encode())
    assert found is None or all(0 < line <= text.count("\n") + 1 for line in found.lost)


LOADS = "import torch\nmodel = torch.load('a.pt')\n"


def loads(folder: Path, other: str, name: str = "b.py", **more: Any) -> Fact:
    return ask(folder, "python.calls", {"a.py": more.pop("first", "x = 1\n"), name: other}, any=["torch.load"], **more)


def test_lines_in_which_nothing_is_asked_for_leave_nothing_open(tmp_path: Path) -> None:
    fact = loads(tmp_path, "import torch\ny = = 3\n")
    assert fact.state is State.ABSENT
    assert fact.scope is not None and fact.scope.complete


def test_lines_in_which_it_may_stand_leave_it_open(tmp_path: Path) -> None:
    fact = loads(tmp_path, "import torch\nmodel = torch.load('a.pt' 1)\n")
    assert fact.state is State.UNKNOWN
    assert (
        fact.reason
        == "1 of 2 Python files could not be parsed (first: b.py: not Python 3 at line 2; the rest was read)"
    )


def test_what_stands_beside_them_is_found(tmp_path: Path) -> None:
    fact = loads(tmp_path, f"{LOADS}other = torch.load('b.pt' 1)\n")
    assert fact.state is State.KNOWN
    assert [(one["path"], one["line"]) for one in fact.value] == [("b.py", 2)]
    assert fact.scope is not None and not fact.scope.complete


@pytest.mark.parametrize("asked", ["a", "torch", "numpy"])
def test_imports_in_such_lines(tmp_path: Path, asked: str) -> None:
    files = {"b.py": "import torch numpy\nx = 1\n"}
    state = ask(tmp_path, "python.imports", files, any=[asked]).state
    assert state is (State.UNKNOWN if asked != "a" else State.ABSENT)


def test_functions_in_such_lines(tmp_path: Path) -> None:
    assert ask(tmp_path, "python.functions", {"b.py": "def f(x:\n    return 1\n"}).state is State.UNKNOWN
    assert ask(tmp_path, "python.functions", any=["g*"]).state is State.ABSENT
    assert ask(tmp_path, "python.functions", {"b.py": "x = = 1\n"}).state is State.ABSENT


NOTEBOOK = '{"cells": [{"cell_type": "code", "source": [\n  "import torch\\n",\n  "m = torch.load(\\"a\\")\\n",\n'


def test_a_notebook_that_is_no_json_is_looked_through_as_text(tmp_path: Path) -> None:
    assert loads(tmp_path, NOTEBOOK, "b.ipynb").state is State.UNKNOWN
    assert loads(tmp_path, NOTEBOOK.replace("torch.load", "print"), "b.ipynb").state is State.ABSENT


def test_bytes_that_hide_their_text_leave_everything_open(tmp_path: Path) -> None:
    (tmp_path / "c.py").write_bytes(b"# -*- coding: utf-7 -*-\nimport +AHQ-orch\n")
    assert loads(tmp_path, "x = 1\n").state is State.UNKNOWN


def test_text_that_is_wide_is_read(tmp_path: Path) -> None:
    (tmp_path / "c.py").write_bytes("x = 1\n".encode("utf-16"))
    assert loads(tmp_path, "x = 1\n").state is State.ABSENT


@pytest.mark.parametrize("name", ["utf-7", "unicode_escape", "raw_unicode_escape", "utf-16", "cp037"])
def test_encodings_that_hide_letters_are_told(name: str) -> None:
    assert hiding_encoding(f"#!/usr/bin/python\n# -*- coding: {name} -*-\n".encode()) == name
    assert hiding_encoding(f"x = 1\ny = 2\n# -*- coding: {name} -*-\n".encode()) == ""


@pytest.mark.parametrize("name", ["utf-8", "latin-1", "cp1252", "shift_jis", "gbk", "koi8-r", "rot13", "nonsense"])
def test_other_encodings_hide_none(name: str) -> None:
    assert hiding_encoding(f"# coding: {name}\n".encode()) == ""


def test_words_of_patterns() -> None:
    asked = {
        "torch.load": ["load"],
        "mlflow.*": ["mlflow"],
        "*.fit": ["fit"],
        "open": ["open"],
        "openai.OpenAI.chat.completions.create": ["create", "OpenAI"],
    }
    assert {pattern: words_of(pattern) for pattern in asked} == asked


@pytest.mark.parametrize("broken", ["import torch as", "torch = pick(a b)", "with pick(a b) as torch:"])
def test_a_name_that_is_bound_in_such_a_line_leaves_its_uses_open(tmp_path: Path, broken: str) -> None:
    use = "\nmodel = torch.load('a.pt')\n" if "with" not in broken else "\n    model = torch.load('a.pt')\n"
    fact = loads(tmp_path, f"import torch\n{broken}{use}")
    assert fact.scope is not None and not fact.scope.complete


def test_a_client_that_is_lost_leaves_its_calls_elsewhere_open(tmp_path: Path) -> None:
    files = {
        "made.py": "from openai import OpenAI\nclient = OpenAI(timeout=3 9)\n",
        "asks.py": "from made import client\nclient.chat.completions.create(model='m', messages=[])\n",
    }
    fact = ask(tmp_path, "python.calls", files, any=["openai.OpenAI.chat.completions.create"])
    assert fact.state is State.UNKNOWN or (fact.scope is not None and not fact.scope.complete)
