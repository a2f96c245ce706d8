"""Files with the marks of a merge that was not resolved are read as one of its sides."""

from __future__ import annotations

import ast

import pytest

from aiaudit.probes.python.notebook import parses
from aiaudit.probes.python.source import read_source
from aiaudit.project.merge import one_side

CONFLICT = b"""import os
<<<<<<< HEAD
import json
||||||| base
import csv
=======
import pickle
>>>>>>> feature
A = 1
"""


def test_the_first_side_is_taken_and_lines_stay():
    assert one_side(CONFLICT, parses) == b"import os\n\nimport json\n\n\n\n\n\nA = 1\n"
    tree = read_source(CONFLICT, ".py").tree
    assert [(node.lineno, ast.unparse(node)) for node in tree.body] == [
        (1, "import os"),
        (3, "import json"),
        (9, "A = 1"),
    ]


def test_the_line_of_the_first_mark_is_kept():
    assert read_source(CONFLICT, ".py").merged == 2
    assert read_source(CONFLICT.removeprefix(b"import os\n").replace(b"\n", b"\r\n"), ".py").merged == 1
    assert read_source(b'A = """\n<<<<<<< HEAD\n>>>>>>> b\n"""\n', ".py").merged == 0
    assert read_source(b"A = 1\n", ".py").merged == 0


def test_the_other_side_is_taken_where_the_first_is_no_program():
    text = CONFLICT.replace(b"import json", b"import json as")
    assert b"import pickle" in one_side(text, parses) and b"json" not in one_side(text, parses)


@pytest.mark.parametrize(
    "text",
    [
        b"A = 1\n",
        b'A = """\n<<<<<<< HEAD\nx\n=======\ny\n>>>>>>> b\n"""\n',  # a text that shows one
        b"<<<<<<< HEAD\nA = 1\n",  # never closed
        b"<<<<<<< HEAD\ndef f(:\n=======\ndef g(:\n>>>>>>> b\n",  # neither side is a program
    ],
)
def test_all_else_is_left_as_it_is(text):
    assert one_side(text, parses) is text


def test_what_is_no_program_on_either_side_is_told():
    source = read_source(b"A = 1\n<<<<<<< HEAD\ndef f(:\n=======\ndef g(:\n>>>>>>> b\n", ".py")
    assert source.lost and source.why == "not Python 3 at line 2"
