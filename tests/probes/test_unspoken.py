"""Comments and texts that only stand there, in Python source, held against CPython's own parser and tokeniser."""

from __future__ import annotations

import ast
import io
import time
import tokenize
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aiaudit.probes.unspoken import Unspoken

ROOT = Path(__file__).resolve().parents[2]


def idle(source: str) -> list[str]:
    """The words `needle…` that stand where nothing is done."""
    data = source.encode()
    unspoken = Unspoken(data)
    found, at = [], data.find(b"needle")
    while at >= 0:
        if unspoken.has(at):
            found.append(data[at : at + 7].decode())
        at = data.find(b"needle", at + 1)
    return found


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("needle1 = 1  # needle2\n", ["needle2"]),
        ("#!/usr/bin/needle1\nx = '#needle2'\n", []),
        ('"""needle1"""\nx = """needle2"""\n', ["needle1"]),
        ('def f():\n    r"""needle1\n    # needle2"""\n    g("""needle3""")\n', ["needle1", "needle2"]),
        ('x = 1\n"""\nneedle1()\n"""\nneedle2()\n', ["needle1"]),
        ('ask(\n    """needle1"""\n    """needle2"""\n)\n"""needle3"""\n', ["needle3"]),
        ('x = {"(": ")", 1: \'[\'}\n"""needle1"""\n', ["needle1"]),
        ('x = \\\n"""needle1"""\n', []),
        ('f"""{needle1()}"""\n', []),
        ('"""a \\""" needle1"""\nneedle2\n', ["needle1"]),
        ('"""a \\\\"""\nneedle1\n', []),
        ("x = 'it\\'s # needle1'\ny = \"# needle2\" # needle3\n", ["needle3"]),
        ('PROMPT = """\n# needle1\n"""\n', []),
        ('class Answer(dspy.Signature):\n    """needle1"""\n', []),
        ('class Answer(Base):\n    """needle1"""\n', ["needle1"]),
        ('@tool\ndef look(q: str) -> str:\n    """needle1"""\n', []),
        ('@mcp.tool(\n    name="x",\n)\nasync def look(\n    q: str,\n) -> str:\n    """needle1"""\n', []),
        ('@tool\ndef look(): return 1\n\ndef other():\n    """needle1"""\n', ["needle1"]),
        ('def test_limit() -> None:\n    """needle1"""\n', []),
        ('x = ("""needle1\n', []),
        ('"""needle1\n', ["needle1"]),
    ],
)
def test_where_nothing_is_done(source: str, expected: list[str]) -> None:
    assert idle(source) == expected


def by_cpython(source: str) -> set[int]:
    """Lines that are wholly a comment, or inside a long text that is a statement."""
    lines, source_lines = set(), source.splitlines()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if (
            token.type == tokenize.COMMENT
            and not token.string.startswith("#!")
            and not token.line[: token.start[1]].strip()
        ):
            lines.add(token.start[0])
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            line = source_lines[node.lineno - 1].strip()
            if line.lstrip("rRuU").startswith(('"""', "'''")):
                lines.update(range(node.lineno, (node.end_lineno or 0) + 1))
    return lines


@pytest.mark.slow
def test_the_own_source_is_read_as_cpython_reads_it() -> None:
    for path in sorted((ROOT / "aiaudit").rglob("*.py")):
        source = path.read_text("utf-8")
        unspoken, found, at = Unspoken(source.encode()), set(), 0
        for number, line in enumerate(source.splitlines(keepends=True), 1):
            data = line.encode()
            if unspoken.has(at + len(data) - len(data.lstrip(b" rRuU"))):
                found.add(number)
            at += len(data)
        blank = {number for number, line in enumerate(source.splitlines(), 1) if not line.strip()}
        assert found - blank == by_cpython(source) - blank, path


@given(st.text(alphabet="ab\n\\'\"#()[]{}:frRb \u00e9\x00", max_size=200))
def test_anything_is_read(source: str) -> None:
    unspoken = Unspoken(source.encode())
    for at in range(len(source)):
        unspoken.has(at)


@pytest.mark.parametrize(
    "piece", ['"', "'", '"""', "(", "\\", '\\"', "#", 'x:\n"""a"""\n', '@tool\n"""', "class a(", '"\\\n']
)
def test_what_is_long_is_read_in_linear_time(piece: str) -> None:
    source = (piece * (1_000_000 // len(piece))).encode()
    started = time.process_time()
    Unspoken(source)
    assert time.process_time() - started < 5  # seconds; a hundredth of that is usual, and its square would be an hour
