"""What is blanked before the parse, and what must not be: answers may not depend on it."""

from __future__ import annotations

import ast
from pathlib import Path
from textwrap import indent

import pytest

from aiaudit.probes.python import words
from aiaudit.probes.python.base_record import Base
from aiaudit.probes.python.engine import PythonEngine
from aiaudit.probes.python.import_lines import ImportLines
from aiaudit.probes.python.outline import by_re2, outline
from aiaudit.probes.python.probe_calls import CallsQuery
from aiaudit.probes.python.probe_routes import RoutesQuery
from aiaudit.probes.python.trim import MIN_FILE, trim
from aiaudit.probes.python.words import WordFinder
from aiaudit.project.entry import Entry
from aiaudit.project.tree import Project
from tests.probes.python.support import scan

BUSY_WORK = "total = 0\nfor item in items:\n    total += item.weight * item.count - item.discount\n" * 3
FILLER = "def filler(items):\n" + indent(BUSY_WORK * 20, "    ") + "    return total\n    # the end\n"


def big(code: str) -> bytes:
    """The code in a file that is large enough to be trimmed."""
    data = (code + "\n\n" + FILLER).encode()
    assert len(data) > MIN_FILE
    return data


def trimmed(code: str, *patterns: str) -> tuple[bytes, bytes]:
    data = big(code)
    return data, trim(data, WordFinder(patterns).offsets(data))[0]


def shapes(data: bytes) -> list[tuple[str, int, int | None]]:
    """Name, line and last line of all functions and classes."""
    kinds = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
    return [(n.name, n.lineno, n.end_lineno) for n in ast.walk(ast.parse(data)) if isinstance(n, kinds)]


@pytest.mark.parametrize(
    "code",
    [
        f"class A:\n    def f(self):\n{indent(BUSY_WORK, '        ')}\n    x = 1\n",
        f"def f(\n    a,\n    b=3,\n):\n{indent(BUSY_WORK, '    ')}\n    # a comment\n\ny = 2\n",
        f"def f():\n{indent(BUSY_WORK, '    ')}\n    @wraps\n    def g():\n        return 1\n{indent(BUSY_WORK, '    ')}\n"
        f"    from os import path\n{indent(BUSY_WORK, '    ')}\n    return g\n",
        f"def f():\n    if a:\n        import os\n{indent(BUSY_WORK, '    ')}\n",
        f"# first line\ndef f():\n    # only this\n    def g():\n        pass\n{indent(BUSY_WORK, '    ')}\n    # end\n",
        f"def f(\n    a\n) -> int: ...\n\n\ndef g() -> int:\n{indent(BUSY_WORK, '    ')}\n",
        f'def f():\n    """Says {"much " * 60}"""\n{indent(BUSY_WORK, "    ")}\n    return """\nx\n"""\n',
    ],
)
def test_lines_and_definitions_stay(code: str) -> None:
    data, text = trimmed(code)
    assert len(text) < len(data)
    assert text.count(b"\n") == data.count(b"\n")
    assert shapes(text) == shapes(data)


def test_a_function_with_a_decorator_over_several_lines_is_needed_whole() -> None:
    code = f'@app.post(\n    "/x",\n    responses={{\n        400: {{"model": E}},\n    }},\n)\ndef f(body):\n{indent(BUSY_WORK, "    ")}\n'
    data = big(code)
    assert b"item.discount" in trim(data, [1], whole=[1])[0][: len(code)]
    assert b"item.discount" not in trim(data, [])[0][: len(code)]


def test_a_word_in_a_docstring_keeps_no_body() -> None:
    code = f'import torch\ndef f():\n    """Calls torch.load(x)."""\n{indent(BUSY_WORK, "    ")}\n'
    data, text = trimmed(code, "torch.load")
    assert b"item.discount" not in text
    assert b"item.discount" in trimmed(code.replace('."""', '."""\n    torch.load(x)'), "torch.load")[1]
    assert data != text


def test_constructors_are_kept_for_the_classes_that_matter() -> None:
    body = indent(BUSY_WORK, "        ")
    code = (
        f"import torch\nclass Base:\n    def __init__(self):\n        self.model = torch.nn.Linear(1, 2)\n{body}\n"
        f"class Used(Base):\n    def go(self, x):\n        return self.model.eval()\n"
        f"class Idle:\n    def __init__(self):\n        self.secret = 1\n{body}\n"
    )
    _, text = trimmed(code, "*.eval")
    assert b"self.model = " in text
    assert b"self.secret" not in text
    found = scan(big(code), "*.eval")["calls"]
    assert [one["names"] for one in found] == [["torch.nn.Linear.eval"]]


def test_of_what_methods_bind_only_attributes_that_are_read_are_kept() -> None:
    body = indent(BUSY_WORK, "        ")
    code = (
        f"import torch\nclass Net:\n    def __init__(self):\n        self.parts, self.first = make(self.size)\n{body}\n"
        f"    def resize(self):\n        with measure() as self.size:\n            self.seen = 1\n{body}\n"
        f"    def name(self):\n        self.title = 'net'\n{body}\n"
        f"    def go(self, x):\n        return self.parts.model.eval()\n"
    )
    _, text = trimmed(code, "torch.nn.Module.eval", "*.eval")
    assert b"self.parts, self.first" in text, "read beside the hit"
    assert b"as self.size" in text, "read where that is bound"
    assert b"self.title" not in text


_WORK = indent(BUSY_WORK, "        ")
_MAKES = {
    "a property that binds": "class A:\n    def __init__(self):\n        self._c = None\n{work}    @property\n    def c(self):\n"
    "        self._c = self._c or Client()\n{work}        return self._c\n    def go(self, q):\n        return self.c.search(q)\n",
    "a property": "class A:\n    @property\n    def c(self):\n{work}        return Client()\n"
    "    def go(self, q):\n        return self.c.search(q)\n",
    "a method": "class A:\n    def made(self):\n{work}        return Client()\n"
    "    def go(self, q):\n        c = self.made()\n        return c.search(q)\n",
    "a method that a constructor asks": "class A:\n    def made(self):\n{work}        return Client()\n"
    "    def __init__(self):\n        self.c = self.made()\n{work}    def go(self, q):\n        return self.c.search(q)\n",
    "a function": "def made():\n    if True:\n{work}    return Client()\ndef go(q):\n    return made().search(q)\n",
    "an annotation": "def made() -> Client:\n    if True:\n{work}    return opened()\ndef go(q):\n    return made().search(q)\n",
    "a generator": "@contextmanager\ndef made():\n    if True:\n{work}    yield Client()\n"
    "def go(q):\n    with made() as c:\n        return c.search(q)\n",
    "an object of another class": "class M:\n    def __init__(self):\n{work}        self.c = Client()\n"
    "class A:\n    def __init__(self):\n{work}        self.m = M()\n    def go(self, q):\n        return self.m.c.search(q)\n",
}


@pytest.mark.parametrize("code", _MAKES.values(), ids=_MAKES)
def test_what_makes_an_object_is_read_wherever_it_stands(code: str) -> None:
    """None of these functions holds a word that is asked for but the one that is called."""
    data = big("from contextlib import contextmanager\nfrom shelf import Client\n" + code.format(work=_WORK))
    assert b"item.discount" not in trim(data, [])[0].partition(b"def go")[0]
    assert [one["names"] for one in scan(data, "shelf.*.search")["calls"]] == [["shelf.Client.search"]]


def test_what_a_validator_compares_is_read() -> None:
    code = (
        "from pydantic import BaseModel, field_validator\nclass Asked(BaseModel):\n    text: str\n"
        f"    @field_validator('text')\n    @classmethod\n    def short(cls, text):\n        if len(text) > 90:\n"
        f"            raise ValueError(text)\n{_WORK}        return text\n"
    )
    data = big(code)
    found = PythonEngine([RoutesQuery()]).scan(data, Entry("x.py", len(data), suffix=".py"))
    assert (found["models"]["Asked"]["validators"], found["models"]["Asked"]["open"]) == (1, False)


@pytest.mark.parametrize(
    ("code", "patterns", "count"),
    [
        ("import requests, re\nre.search(x)\nrequests.get(x)\n", ["requests.get", "faiss.*.search"], 1),
        ("import torch.nn as nn, openai\nnn.Embedding(1)\n", ["openai.Embedding.create"], 0),
        ("import openai\nopenai.Embedding.create(x)\n", ["openai.Embedding.create"], 1),
        ("import mlflow\nprint('use mlflow here')\nmlflow.start_run()\n", ["mlflow.*"], 2),  # the import, the call
        ('import torch\nx = data["load"]\ny = getattr(torch, "load")\n', ["torch.load"], 2),  # getattr and its name
        ('import torch\nsay("call torch.load(x)")\n', ["torch.load"], 0),
        ('import torch\nsay("it", torch.load(x), \'"\')\n', ["torch.load"], 1),
    ],
)
def test_words_that_cannot_be_what_is_asked_for_are_no_hits(code: str, patterns: list[str], count: int) -> None:
    assert len(WordFinder(patterns).offsets(code.encode())) == count


ASSERTIONS = """
assert total == 1, "why"
assert False, "never reached"
assert 1 == total
self.assertEqual(total, 1)
self.assertTrue(True)
self.assertTrue(
    check_items(items),
    verify_all(items),
)
with pytest.raises(ValueError):
    total += 1
with tempfile.TemporaryDirectory() as folder, pytest.raises(KeyError) as error:
    total += 1
with (
    mock.patch("a.b"),
    self.assertRaises(KeyError),
):
    total += 1
pytest.fail("no")
items[0].made.assert_called_once()
checked = check(items)
expect(page)
await expect_page(page)
"""


def test_assertions_of_a_test_that_is_left_out_are_counted_as_in_its_tree() -> None:
    body = indent(ASSERTIONS.strip() + "\n" + BUSY_WORK, "    ")
    code = f"async def test_it(items):\n{body}\n"
    counted = {
        text: Base(scan(text, "torch.load")).tests[0].asserts
        for text in (big(code), big(code.replace("items):\n", "items):\n    torch.load(path)\n", 1)))
    }
    assert b"assertEqual" not in trim(big(code), [])[0][: len(code)]
    assert list(counted.values()) == [11, 11]


OUTLINED = b"""import os
from a import (
    b,
)
class A:
    async def f(self):
        global x
        import_module("torch")
        return parser.parse_args(os.environ)
\tdef g(): pass
defined = "class B:"; import json
"""


def test_the_outline_is_the_same_without_hyperscan() -> None:
    found: list[list[int]] = [[] for _ in range(6)]
    by_re2(OUTLINED, found)
    made = outline(OUTLINED)
    assert [made.functions, made.classes] == found[:2]
    assert made.imports == sorted(found[2] + found[5])
    assert made.matters == sorted(at for offsets in found[:4] for at in offsets)
    assert (len(made.functions), len(made.classes), len(made.imports), len(made.matters)) == (2, 1, 3, 8)
    assert made.by_name
    assert not outline(b"").by_name


def test_a_statement_that_goes_on_behind_a_backslash_is_one_import() -> None:
    data = b"from torch \\\n    import load\nimport os\n"
    lines = ImportLines(data, outline(data))
    assert lines.names >= {b"torch", b"load", b"os"}
    assert lines.foreign_roots(b"load") == {b"torch"}


def test_a_word_in_a_text_is_no_hit_but_far_along_a_line_it_is_not_told() -> None:
    """What stands before a word is looked through for each of them, which takes the square of a line's length."""
    assert words._is_text(b'say("' + b"x" * 3000, 3005)
    assert not words._is_text(b'say("' + b"x" * 5000, 5005)


def test_a_tree_of_ordinary_size_is_parsed_whole(tmp_path: Path) -> None:
    """A link between a handler and a look-up may hold no word at all."""
    code = big(f"import torch\ndef plain(items):\n{indent(BUSY_WORK, '    ')}\n    return total\n")
    (tmp_path / "a.py").write_bytes(code)
    made = PythonEngine([CallsQuery(any=["torch.load"])])
    with Project.open(tmp_path) as project:
        made.survey(project)
        (entry,) = project.files
        assert made.whole
        assert made.variant(entry) == ".py whole"
    made.whole = False
    assert made.variant(entry) == ".py"
