"""Code and prose as if each short statement and each paragraph stood on one line; the lines of the file stay known."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from aiaudit.probes.text.engine import TextEngine
from aiaudit.probes.text.one_line import MAX_LINE, on_one_line
from aiaudit.probes.text.plain_python import with_constants
from aiaudit.probes.text.probe import SearchQuery
from aiaudit.project.tree import Project

SUFFIXES = (".py", ".ts", ".r", ".md", ".yaml", ".json")


@pytest.mark.parametrize(
    ("suffix", "text", "told"),
    [
        (".py", "f(\n    a,\n    b=1,\n)\n", "f(a, b=1)\n"),
        (".py", "x = f(a,\n      b)\n", "x = f(a, b)\n"),
        (".py", "assert (\n    f(\n        x\n    )\n    > 0.8\n)\n", "assert f(x) > 0.8\n"),
        (".py", 'KEY = (\n    "a value"\n)\n', 'KEY = "a value"\n'),  # brackets that black adds for the breaks
        (".py", "if (\n    f(a, b)\n    > 1\n):\n    pass\n", "if f(a, b) > 1:\n    pass\n"),
        (".py", "x = (\n)\n", "x = ()\n"),
        (".py", "x = (\n    1,\n    2,\n)\n", "x = (1, 2)\n"),
        (".py", "x = (\n    a\n) + f(\n    b\n)\n", "x = (a) + f(b)\n"),
        (".py", "with a as b, \\\n     c as d:\n    pass\n", "with a as b, c as d:\n    pass\n"),
        (".py", "f(  # why\n    a,\n)\n", "f(  # why\n    a,\n)\n"),  # a comment would swallow what follows
        (".py", 'f(\n    """a\n    b""",\n)\n', 'f(\n    """a\n    b""",\n)\n'),  # a text of several lines
        (".py", 'f(\n    "(",\n    a,\n)\n', 'f("(", a)\n'),  # a bracket in a text is none
        (".py", "def f():\n    return 1\n", "def f():\n    return 1\n"),
        (".py", "x = 1 \\\n", "x = 1 \\\n"),  # the end of the file goes on nowhere
        (".py", "def f():\n    x = g(\n        1)\n    return x\n", "def f():\n    return g(1)\n"),
        (".py", "def f():\n    x = 1\n    return y\n", "def f():\n    x = 1\n    return y\n"),
        (".py", "def f():\n    prompt = 1\n    return prompt\n", "def f():\n    prompt = 1\n    return prompt\n"),
        (".py", "if a:\n    x = 1\nreturn x\n", "if a:\n    x = 1\nreturn x\n"),
        (".py", "AA = 2\nBB: int = 3\nf(n=AA, m=BB)\n", "AA = 2\nBB = 3\nf(n=2, m=3)\n"),
        (
            ".py",
            "import flask\nx = flask.request.json\nflask.abort(401)\n",
            "import flask; from flask import abort, request\nx = request.json\nabort(401)\n",
        ),
        (".py", "import flask\nx = flask.request\nrequest = 1\n", "import flask\nx = flask.request\nrequest = 1\n"),
        (".ts", "foo(\n  a,\n  b,\n);\n", "foo(a, b);\n"),
        (".ts", 'import {\n  A,\n  B,\n} from "x";\n', 'import { A, B } from "x";\n'),
        (".ts", "await db\n  .from(t)\n  .select();\n", "await db.from(t).select();\n"),
        (".ts", "if (a) {\n  b();\n}\n", "if (a) {\n  b();\n}\n"),  # a block keeps its lines
        (".ts", "f({\n  a: 1,\n});\n", "f({\n  a: 1,\n});\n"),  # and so do the parts of an object
        (".ts", "f(\n  () => {\n    g();\n  },\n);\n", "f(\n  () => {\n    g();\n  },\n);\n"),
        (".java", "Chat.of(model)\n    .system(\n        s)\n    .build();\n", "Chat.of(model).system(s).build();\n"),
        (".java", '@Get(\n    "/a")\nString a() {\n    b();\n}\n', '@Get("/a")\nString a() {\n    b();\n}\n'),
        (".go", "x := f(\n\tctx,\n\tReq{A: b},\n)\n", "x := f(ctx, Req{A: b})\n"),
        (".go", 'import (\n\t"a"\n\t"b"\n)\nimport (\n\t"c"\n)\n', 'import (\n\t"a"\n\t"b"\n)\nimport (\n\t"c"\n)\n'),
        (".scala", "q.map { case (a, b) =>\n  f(a)\n  g(b) }\n", "q.map { case (a, b) =>\n  f(a)\n  g(b) }\n"),
        (".rs", "fn f<'a>(\n    x: &'a str,\n) {\n", "fn f<'a>(\n    x: &'a str,\n) {\n"),  # a lifetime is no text
        (
            ".r",
            "m <- train %>%\n  fit(\n    x\n  ) |>\n  predict(new)\nz\n",
            "m <- train %>% fit(x) |> predict(new)\nz\n",
        ),
        (".r", "if (a) {\n  f(\n    1)\n}\n", "if (a) {\n  f(1)\n}\n"),
        (".r", "f(a, # why\n  b)\n", "f(a, # why\n  b)\n"),
        (".md", "One sentence\nover two lines.\n\nAnother.\n", "One sentence over two lines.\n\nAnother.\n"),
        (".md", "- item\n  goes on\n- next\n", "- item goes on\n- next\n"),
        (".md", "# Title\ntext\n", "# Title\ntext\n"),
        (".md", "| a |\n| b |\ntext\n", "| a |\n| b |\ntext\n"),
        (".md", "```\na\nb\n```\n", "```\na\nb\n```\n"),
        (".md", "Owner: Ada\nReviewed: today\n", "Owner: Ada\nReviewed: today\n"),
        (".sh", "docker run \\\n  --privileged \\\n  image\nls\n", "docker run --privileged image\nls\n"),
        ("", "RUN a \\\n # why\n  --b && \\\n c\n", "RUN a --b && \\\n c\n"),
        (".yaml", "a: [\n  b,\n]\n", "a: [\n  b,\n]\n"),
    ],
)
def test_what_goes_on_stands_on_one_line(suffix: str, text: str, told: str) -> None:
    assert on_one_line(text.encode(), suffix).text.decode() == told


def test_what_is_long_keeps_its_lines_and_its_parts_are_put_on_one() -> None:
    part = '    {\n        "name": "a",\n        "size": 1,\n    },\n'
    text = "TABLE = [\n" + part * 40 + "]\n"
    told = on_one_line(text.encode()).text.decode().split("\n")
    assert told[0] == "TABLE = ["
    assert told[1] == '    {"name": "a", "size": 1},'
    assert max(map(len, told)) < MAX_LINE


def test_numbers_and_words_of_a_module_stand_where_they_are_given() -> None:
    text = 'import a\nWAIT = 30\nTRACKER: str = "wandb"\nKEY = "sk-1"\nN = 1\nN = 2\nWORD = "hunter"\nf(wait=WAIT, by=TRACKER, key=KEY, n=N, password=WORD)\n'
    told = on_one_line(text.encode()).text.decode()
    assert told.endswith(
        'f(wait=30, by="wandb", key=KEY, n=N, password=WORD)\n'
    )  # what may be secret, or is bound twice, stays a name


def test_the_name_of_a_model_stands_where_a_call_is_given_it_for_the_parse_only() -> None:
    text = b'MM = "a/b-1"\nf(model=MM, url=MM)\n'
    assert with_constants(text, models=True) == b'MM = "a/b-1"\nf(model="a/b-1", url=MM)\n'
    assert on_one_line(text).text == text  # a search would find it twice


def test_a_type_beside_a_name_of_a_module_is_left_out_and_that_of_a_field_is_not() -> None:
    text = "import a\nlimit: int = f()\nclass A:\n    size: int = 3\n    def g(\n        self,\n        kind: K = 1,\n        *more: int  # any\n    ):\n        x: T = 1\n        if x:\n            y: U = 2\n        else: z = 3\n"
    parameters = "def f(\n    a: int = 1,\n):\n    return a\n"
    assert on_one_line(parameters.encode()).text.decode() == "def f(a: int = 1):\n    return a\n"
    told = text.replace("limit: int", "limit").replace("x: T", "x").replace("y: U", "y")
    assert on_one_line(text.encode()).text.decode() == told


def test_lines_are_those_of_the_file() -> None:
    made = on_one_line(b"f(\n    a,\n)\n\nx = 1\n")
    assert made.lines() == ["f(a)", "", "", "", "x = 1", ""]


def test_what_follows_a_break_at_the_very_beginning_is_on_the_second_line() -> None:
    made = on_one_line(b"\\\nx = 1\n")
    assert made.text == b" x = 1\n"
    assert made.lines_between(0, 1) == 1


@example("[:]", ".yaml")  # what stands in a line is shown below it as well
@given(st.text("ab.,;(){}[]\n \"'#`-:|*=\\/>", max_size=160), st.sampled_from(SUFFIXES))
def test_no_line_is_lost(text: str, suffix: str) -> None:
    data = text.encode()
    made = on_one_line(data, suffix)
    assert made.text.count(b"\n") + len(made.breaks) - len(made.added) == data.count(b"\n")
    assert made.breaks == sorted(made.breaks)
    assert len(made.lines()) == data.count(b"\n") + 1


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("text", ["(a,\n", "(\n", ",\n", "((((((\n", "f(a)(b)[c](\n", '"\\\n', "{[(,\n", "a\n"])
def test_what_nobody_writes_is_given_up_soon(text: str, suffix: str) -> None:
    data = text.encode() * (200_000 // len(text))
    made = on_one_line(data, suffix)
    assert made.text.count(b"\n") + len(made.breaks) == data.count(b"\n")


def test_files_of_one_text_and_two_layouts_are_not_taken_for_each_other(tmp_path: Path) -> None:
    """What was found in a text is kept by its hash and its variant: how it was read belongs to that."""
    for name in ("a.toml", "b.sh", "c.toml", "d.ts", "e.java"):
        (tmp_path / name).write_text("docker run \\\n  --privileged image\n")
    engine = TextEngine([SearchQuery(files=["**/*"], any=["run[^\\n]*--privileged"])])
    with Project.open(tmp_path) as project:
        engine.survey(project)
        first, second, third, *others = (engine.variant(entry) for entry in project.matching(["**/*"]))
    assert first == third
    assert len({first, second, *others}) == 4
