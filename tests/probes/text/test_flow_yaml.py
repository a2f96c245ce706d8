"""YAML in braces and brackets stands in a block too, on the same line of the file."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from aiaudit.probes.text.flow_yaml import blocks_of
from aiaudit.probes.text.one_line import on_one_line


@pytest.mark.parametrize(
    ("line", "block"),
    [
        ("ports: [80, 443]", "ports:\n  - 80\n  - 443"),
        ("limits: {memory: 1Gi, cpu: '2'}  # why", "limits:\n  memory: 1Gi\n  cpu: '2'"),
        ("  - {uses: a@v4, with: {fetch-depth: 0}}", "  - uses: a@v4\n    with:\n      fetch-depth: 0"),
        ("- run: [a, {b: c}]", "- run:\n    - a\n    - b: c"),
        ("db:key: {secure: x}", "db:key:\n  secure: x"),
        ("on: [push]", "on:\n  - push"),
        ('a: {"image":"x, y", b: "{z}"}', 'a:\n  "image":"x, y"\n  b: "{z}"'),
        ("if: {a: ${{ x.y }}, b: 1}", "if:\n  a: ${{ x.y }}\n  b: 1"),
        ("u: {url: http://a.b/c, at: 12:30}", "u:\n  url: http://a.b/c\n  at: 12:30"),
        ("- - [1, 2]", "- - - 1\n    - 2"),
    ],
)
def test_parts_stand_one_a_line(line: str, block: str) -> None:
    ((at, found),) = blocks_of(f"x: 1\n{line}\ny: 2\n".encode())
    assert found.decode() == f"\n{block}"
    assert at == len(f"x: 1\n{line}")


@pytest.mark.parametrize(
    "line",
    [
        "m: {{ .Values.x }}",
        "s: {a, b}",  # a set
        "t: [a, b",
        "t: a, b]",
        "t: {a: [}]",
        "e: {}",
        "# ports: [80]",
        "text: see [1] and [2]",
        "n: " + "[" * 9 + "]" * 9,
        "l: [" + "a, " * 400 + "a]",
    ],
)
def test_what_is_no_list_or_map_of_one_line_stays_as_it_is(line: str) -> None:
    assert blocks_of(f"{line}\n".encode()) == []


def test_lines_are_those_of_the_file() -> None:
    text = b"a: 1\nb: {c: 2, d: [3]}\ne: 4\n"
    shown = on_one_line(text, ".yaml")
    assert b"\nb:\n  c: 2\n  d:\n    - 3\ne: 4\n" in shown.text
    assert shown.lines_between(0, shown.text.index(b"- 3")) == 1
    assert shown.lines_between(0, shown.text.index(b"e: 4")) == 2


def test_what_nobody_writes_takes_no_time() -> None:
    for text in (b"a: [", b"k: {" + b"a: {" * 200 + b"}" * 201 + b"\n", b"{a: 1}\n", b'a: {"', b"- "):
        blocks_of(text * (1_000_000 // len(text)))


PLAIN = st.one_of(st.integers(0, 9), st.sampled_from(["a", "b c", "x, y", "http://a.b", "{", "é"]))
VALUES = st.recursive(
    PLAIN,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.sampled_from("abc"), inner, max_size=3)),
)


@given(st.dictionaries(st.sampled_from(["k", "l", "m"]), st.lists(VALUES, min_size=1, max_size=3), min_size=1))
def test_the_block_says_what_the_braces_say(value: dict[str, list[object]]) -> None:
    text = yaml.safe_dump(value, default_flow_style=None, width=10_000, allow_unicode=True, sort_keys=False).encode()
    shown = on_one_line(text, ".yaml")
    assert shown.text.count(b"\n") + len(shown.breaks) - len(shown.added) == text.count(b"\n")
    for at, block in blocks_of(text):
        line = text[text.rfind(b"\n", 0, at) + 1 : at]
        assert yaml.safe_load(block) == yaml.safe_load(line)
