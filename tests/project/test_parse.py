"""The parsers: right values with their places, and on hostile bytes a `Malformed`, never another exception."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from aiaudit.project.parse import (
    MAX_DEPTH,
    MAX_JSON_DEPTH,
    Malformed,
    Map,
    Seq,
    line_of,
    parse_ini,
    parse_json,
    parse_toml,
    parse_yaml,
    parse_yaml_all,
)


def refused(parser: Callable[[bytes], Any], data: bytes) -> Malformed:
    with pytest.raises(Malformed) as caught:
        parser(data)
    assert "\n" not in caught.value.reason
    return caught.value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", None),
        ("# only a comment", None),
        ("a: 1", {"a": 1}),
        ("on: push\nyes: no\n1: x\nnull: y", {"on": "push", "yes": False, "1": "x", "null": "y"}),
        ("a: [yes, No, ON, off, true, False, y]", {"a": [True, False, True, False, True, False, "y"]}),
        ("a: [~, null, '', \"\"]", {"a": [None, None, "", ""]}),
        ("a:", {"a": None}),
        ("a: ['1', \"true\", |\n  2\n]".replace("|\n  2\n", "'null'"), {"a": ["1", "true", "null"]}),
        ("a: |\n  1\n", {"a": "1\n"}),
        ("a: [0, -1, +2, 1_000, 0x1f, 0o17, 017, 0b11, 08]", {"a": [0, -1, 2, 1000, 31, 15, 15, 3, "08"]}),
        ("a: [1.5, -.5, 1., 1e-3, 2E5, .inf, .nan]", {"a": [1.5, -0.5, 1.0, 0.001, 200000.0, ".inf", ".nan"]}),
        ("a: [1:30, 2024-01-02, 12:30:45, 1.2.3, 1e999]", {"a": ["1:30", "2024-01-02", "12:30:45", "1.2.3", "1e999"]}),
        ("a: " + "9" * 5000, {"a": "9" * 5000}),
        ("a: !Ref Bucket\nb: !Sub [x, {y: 1}]\nc: !!str 5", {"a": "Bucket", "b": ["x", {"y": 1}], "c": "5"}),
        ("a: !!python/object/apply:os.system ['id']", {"a": ["id"]}),
        ("x: &a {k: 1, l: 2}\ny: {<<: *a, l: 3}", {"x": {"k": 1, "l": 2}, "y": {"l": 3, "k": 1}}),
        ("x: [&a {k: 1}, &b {m: 2}]\ny:\n  <<: [*a, *b]\n", {"x": [{"k": 1}, {"m": 2}], "y": {"k": 1, "m": 2}}),
        ("- a\n- - b\n  - c", ["a", ["b", "c"]]),
        ("plain", "plain"),
        ("? [a, b]\n: 1", {'["a", "b"]': 1}),
        ("a: é\nb: \"\\u00e9\"", {"a": "é", "b": "é"}),
    ],
)  # fmt: skip
def test_yaml_values(text: str, value: Any) -> None:
    found = parse_yaml(text.encode())
    assert found == value
    assert json.dumps(found) == json.dumps(value)  # the same types, and plain JSON


def test_yaml_documents() -> None:
    assert parse_yaml_all(b"a: 1\n---\nb: 2\n---\n") == [{"a": 1}, {"b": 2}, None]
    assert parse_yaml(b"a: 1\n---\nb: 2") == {"a": 1}
    assert parse_yaml_all(b"") == []


def test_yaml_parts_know_their_places() -> None:
    root = parse_yaml(b"jobs:\n  test:\n    steps:\n      - uses: a\n      - run: |\n          x\n  lint: {on: no}\n")
    assert isinstance(root, Map)
    assert root.at("jobs") == (1, 1) and root.value_at("jobs") == (2, 3)
    steps = root["jobs"]["test"]["steps"]
    assert isinstance(steps, Seq)
    assert [steps.at(i) for i in range(2)] == [(4, 9), (5, 9)]
    assert line_of(root["jobs"], "lint") == 7 and line_of(steps, 1) == 5 and line_of(steps[1], "run") == 5
    assert line_of(root["jobs"]["lint"]) == 7 and line_of({}, "x") is None and line_of(3) is None
    assert root.at("missing") == (1, 1) and steps.at(9) == steps.mark


def test_places_of_aliases_and_merged_keys_are_where_they_are_used_or_come_from() -> None:
    root = parse_yaml(b"base: &b\n  k: 1\nused: *b\nmerged:\n  <<: *b\n")
    assert root.value_at("used") == (3, 7)
    assert line_of(root["merged"], "k") == 2


@pytest.mark.parametrize(
    ("text", "reason", "line"),
    [
        ("a: 1\nb: 2\na: 3", "duplicate key 'a'", 3),
        ("a: {x: 1, x: 2}", "duplicate key 'x'", 1),
        ("a: [1, 2", None, 1),
        ("a:\n\t- b", None, 2),
        ("a: *nothing", None, 1),
        ("&a [*a]", "an alias inside what it stands for", 1),
        ("a: &x {b: *x}", "an alias inside what it stands for", 1),
        ("{% for a in b %}\nx: {{ y }}\n", None, 1),
    ],
)
def test_yaml_mistakes_have_a_place(text: str, reason: str | None, line: int) -> None:
    error = refused(parse_yaml, text.encode())
    assert error.line is not None and abs(error.line - line) <= 1
    assert error.column is not None and error.column >= 1
    if reason:
        assert error.reason == reason and error.line == line


def bomb(width: int, depth: int) -> bytes:
    lines = ["a0: &a0 [" + ",".join(["x"] * width) + "]"]
    lines += [f"a{i}: &a{i} [" + ",".join([f"*a{i - 1}"] * width) + "]" for i in range(1, depth)]
    return "\n".join(lines).encode()


@pytest.mark.parametrize(
    "data",
    [
        bomb(9, 9),
        bomb(2, 60),
        b"[" * 5000,
        b"[" * 5000 + b"]" * 5000,
        b"{a: " * 5000,
        b"- " * 5000 + b"x",
        b"a:\n" + b"".join(b" " * i + b"- \n" for i in range(1, 400)),
        b"x" * (1024 * 1024 + 1),
        b"- a\n" * 200_000,
        b"---\n" * 2000,
        b"a: \0",
        b"\xfe\xff\x00\x00",
        b"\x00" * 100,
        b"!<" + b"x" * 5000,
        b"&" + b"a" * 5000 + b" x: *" + b"b" * 5000,
    ],
    ids=range(15),
)
def test_hostile_yaml_is_refused_quickly(data: bytes) -> None:
    start = time.process_time()
    refused(parse_yaml, data)
    assert time.process_time() - start < 5.0


def test_yaml_depth_limit_is_exact() -> None:
    assert parse_yaml(b"[" * MAX_DEPTH + b"]" * MAX_DEPTH)
    refused(parse_yaml, b"[" * (MAX_DEPTH + 1) + b"]" * (MAX_DEPTH + 1))


def test_an_alias_costs_what_it_stands_for() -> None:
    shared = ", ".join(["x"] * 999)
    few = f"a: &a [{shared}]\nb: [{', '.join(['*a'] * 90)}]".encode()
    many = f"a: &a [{shared}]\nb: [{', '.join(['*a'] * 110)}]".encode()
    assert len(parse_yaml(few)["b"]) == 90
    assert "values" in refused(parse_yaml, many).reason


# PyYAML writes `0E0` and `1e3` as they are, which YAML 1.2, and so our parser, reads as numbers.
NUMBER = re.compile(r"[-+]?[0-9_.]+[eE][-+]?[0-9]+")
TEXT = st.text(st.characters(exclude_categories=["C", "Zl", "Zp"]), max_size=20).filter(
    lambda text: not NUMBER.fullmatch(text.strip())
)
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**9), 10**9) | TEXT | st.floats(-1e6, 1e6),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=20,
)


@settings(max_examples=200, deadline=None)
@given(PLAIN)
def test_yaml_reads_back_what_was_written(value: Any) -> None:
    assert parse_yaml(yaml.safe_dump(value, allow_unicode=True).encode()) == value
    assert parse_yaml(json.dumps(value, ensure_ascii=False).encode()) == value


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet="ab:-[]{},&*!|>#'\"\n 1.?<%@", max_size=40))
def test_where_pyyaml_reads_it_so_do_we_but_for_duplicates_and_loops(text: str) -> None:
    try:
        list(yaml.load_all(text, Loader=yaml.CSafeLoader))
        readable = True
    except (yaml.YAMLError, ValueError, TypeError, RecursionError):
        readable = False
    try:
        parse_yaml_all(text.encode())
    except Malformed as error:
        assert not readable or "duplicate" in error.reason or "alias" in error.reason


ANY_BYTES = st.binary(max_size=200) | st.text(max_size=100).map(str.encode)


@settings(max_examples=300, deadline=None)
@given(ANY_BYTES, st.sampled_from([parse_yaml, parse_yaml_all, parse_json, parse_toml, parse_ini]))
def test_any_bytes_give_a_value_or_malformed(data: bytes, parser: Callable[[bytes], Any]) -> None:
    try:
        json.dumps(parser(data), allow_nan=False, ensure_ascii=False).encode()
    except Malformed as error:
        assert "\n" not in error.reason and error.reason


@settings(max_examples=300, deadline=None)
@given(
    st.text(alphabet="[]{}=\"'.,:a1\n#;-+_ntfeIud8\\", max_size=60),
    st.sampled_from([parse_json, parse_toml, parse_ini]),
)
def test_near_misses_give_a_value_or_malformed(text: str, parser: Callable[[bytes], Any]) -> None:
    try:
        json.dumps(parser(text.encode()), allow_nan=False, ensure_ascii=False).encode()
    except Malformed as error:
        assert "\n" not in error.reason and error.reason


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"a": [1, 2.5, null, true]}', {"a": [1, 2.5, None, True]}),
        ('{"a": NaN, "b": -Infinity, "c": 1e999}', {"a": "NaN", "b": "-Infinity", "c": "inf"}),
        ('// comment\n{"a": 1, /* two\nlines */ "b": [1, 2,],}', {"a": 1, "b": [1, 2]}),
        ('{"url": "http://x//y", "glob": "a/*,]b*/",}', {"url": "http://x//y", "glob": "a/*,]b*/"}),
        ("\ufeff[]", []),
        ('["\\ud83d\\ude00", "\\ud800", {"\\udfff": 1}]', ["\U0001f600", "\ufffd", {"\ufffd": 1}]),
    ],
)
def test_json_values(text: str, value: Any) -> None:
    assert parse_json(text.encode()) == value


@pytest.mark.parametrize(
    "data",
    [
        b"[" * 100_000,
        b"[" * 5000 + b"]" * 5000,
        b'{"a":' * 5000 + b"1" + b"}" * 5000,
        b"[" * 201 + b"]" * 201,
        b"9" * 10_000,
        b'{"a": 1} {"b": 2}',
        b"",
        b"\0",
        b"[" + b"/*" * 200_000,
        b"[" + b'"\\"' * 200_000,
        b"[" + b",// // // // " * 50_000,
        b"[" + b",\n" * 200_000,
        b"[," + b" " * 500_000 + b"x",
    ],
    ids=range(13),
)
def test_hostile_json_is_refused_quickly(data: bytes) -> None:
    start = time.process_time()
    refused(parse_json, data)
    assert time.process_time() - start < 3.0


def test_json_depth_limit_is_exact() -> None:
    assert parse_json(b"[" * MAX_JSON_DEPTH + b"1e999" + b"]" * MAX_JSON_DEPTH)
    for text in ("[" * (MAX_JSON_DEPTH + 1) + "]" * (MAX_JSON_DEPTH + 1), '{"a":' * MAX_JSON_DEPTH + "[]" + "}" * 200):
        assert "nested deeper" in refused(parse_json, text.encode()).reason


def test_json_mistakes_have_a_place() -> None:
    error = refused(parse_json, b'{\n  "a": 1\n  "b": 2\n}')
    assert (error.line, error.column) == (3, 3)


def test_toml_values_are_plain_json() -> None:
    found = parse_toml(b"a = 1979-05-27\nb = 07:32:00\nc = [1.5, inf, nan]\nd = 1979-05-27T07:32:00Z\n[t]\nx = 'y'\r\n")
    assert found == {
        "a": "1979-05-27",
        "b": "07:32:00",
        "c": [1.5, "inf", "nan"],
        "d": "1979-05-27T07:32:00+00:00",
        "t": {"x": "y"},
    }


@pytest.mark.parametrize("data", [b"a = [" * 5000, b"a = ", b"a = 1\na = 2", b"x" * (5 << 20), b"\0", b"a = 9" * 9000])
def test_bad_toml_is_refused(data: bytes) -> None:
    refused(parse_toml, data)


def test_toml_mistakes_have_a_place() -> None:
    error = refused(parse_toml, b"a = 1\nb = ?\n")
    assert error.line == 2


def test_ini_values() -> None:
    found = parse_ini(b"[metadata]\nname = x\nflag\n[tool:pytest]\naddopts = -q %(x)s\n  -v\n")
    assert found == {"metadata": {"name": "x", "flag": ""}, "tool:pytest": {"addopts": "-q %(x)s\n-v"}}
    assert parse_ini(b"[DEFAULT]\na = 1\n[b]\n")["b"] == {"a": "1"}


@pytest.mark.parametrize("data", [b"no section", b"[a\n", b"[a]\n= 3", b"x" * (2 << 20)])
def test_bad_ini_is_refused(data: bytes) -> None:
    refused(parse_ini, data)


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("a: b: c", "a text that holds `: ` needs quotes"),
        ("a: 1\nb:\n  c: 1\n d: 2", "keys of one part begin in one column"),
        ("a:\n\tb: 1", "spaces"),
        ('a: "b', "a quote that was opened is not closed"),
        ('a: "b" c', "what follows a closing quote belongs inside"),
    ],
)
def test_a_mistake_in_yaml_is_told_with_what_was_probably_done(text, hint):
    with pytest.raises(Malformed) as caught:
        parse_yaml(text.encode())
    assert hint in str(caught.value)
