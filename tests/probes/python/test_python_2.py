"""Scripts of Python 2 are read, line by line as they stand."""

from __future__ import annotations

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aiaudit.probes.python.python_2 import in_words_of_python_3
from aiaudit.probes.python.source import read_source

OLD = {
    'print "a"\n': 'print("a")\n',
    'print "a %d" % x, y,  # told\n': 'print("a %d" % x, y,)  # told\n',
    "print >>sys.stderr, x\n": "print(  sys.stderr, x)\n",
    "if x: print y; z = 1\n": "if x: print(y); z = 1\n",
    'print "a", (1,\n  2)\n': 'print("a", (1,\n  2))\n',
    'print "a" + \\\n  "b"\n': 'print("a" + \\\n  "b")\n',
    "try:\n    pass\nexcept (IOError, OSError), e:\n    raise ValueError, 'no'\n": (
        "try:\n    pass\nexcept (IOError, OSError)   :\n    raise ValueError( 'no')\n"
    ),
    "exec 'x = 1'\n": "exec('x = 1')\n",
    "print `x`\nif a <> b: n = 0777\nm = 10L\n": "print((x))\nif a != b: n =  511\nm = 10 \n",
    'print "x"\ns = ur"a\\b"\n': 'print("x")\ns =  r"a\\b"\n',
    "for x in y:\n\tprint x\n        print z\n": "for x in y:\n        print(x)\n        print(z)\n",
}


@pytest.mark.parametrize("text", OLD)
def test_it_is_told_in_the_words_of_python_3(text):
    told = in_words_of_python_3(text.encode()).decode()
    assert told == OLD[text]
    assert ast.parse(told)


def test_the_file_is_read_with_its_lines():
    text = 'import csv\n\nprint "Training"\nforest = RandomForestClassifier(100)\nforest.fit(x, y)\nprint\n'
    tree = read_source(text.encode(), ".py").tree
    assert [node.lineno for node in tree.body] == [1, 3, 4, 5, 6]


@pytest.mark.parametrize(
    "text",
    [
        "print('a')\n",
        "print = log\n",
        "x = 'print a'\n# print a\n",
        "print\n",
        "print (a), b\n",
        "raise E('a, b')\n",
        "x = {0: 'a', 10: 'b'}\nimport a, b\n",
        "except_ = 1, 2\n",
    ],
)
def test_what_is_python_3_too_is_left_alone(text):
    assert in_words_of_python_3(text.encode()).decode() == text


def test_what_is_wrong_in_both_stays_unread():
    source = read_source(b"print 'a'\nx = = 3\ny = 1\n", ".py")
    assert (source.lost, source.why) == ([1, 2], "not Python 3 at line 2")


@given(st.text("print exec raise,:;>'\"`()\\#\n0\tL7", max_size=80))
def test_any_text_keeps_its_lines(text):
    told = in_words_of_python_3(text.encode())
    assert told.count(b"\n") == text.encode().count(b"\n")
