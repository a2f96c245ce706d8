"""JSON by msgspec beside `json`: the same values, and what msgspec refuses."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aiaudit.plain_json import decode, encode, encode_each, encode_lines

SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
VALUES = st.recursive(SCALARS, lambda some: st.lists(some) | st.dictionaries(st.text(), some), max_leaves=30)


@given(VALUES)
def test_what_is_written_is_read_again_by_both(value):
    assert json.loads(encode(value)) == value
    assert decode(encode(value)) == value
    assert decode(json.dumps(value)) == value


@given(VALUES.filter(lambda value: not isinstance(value, float)))
def test_lines_are_those_of_json(value):
    assert json.loads(encode_lines(value)) == value
    lines = encode_lines(value).count(b"\n")
    assert lines == json.dumps(value, indent=2).count("\n")


@given(st.lists(VALUES | st.just("\ud800")))
def test_each_stands_on_a_line_of_its_own(values):
    assert encode_each(values) == b"\n".join(map(encode, values))


def test_a_lone_surrogate_survives():
    assert decode(encode({"a": "\ud800"})) == {"a": "\ud800"}
    assert decode(encode_lines({"a": "\ud800"})) == {"a": "\ud800"}


def test_numbers_beyond_64_bits_and_keys_that_are_no_text():
    assert decode(encode({"n": 2**200})) == {"n": 2**200}
    assert decode(encode({None: 1, True: 2})) == {"null": 1, "true": 2}
    assert decode("1e400") == math.inf


def test_a_float_that_is_not_finite_becomes_null():
    assert encode([math.inf, math.nan]) == b"[null,null]"


@pytest.mark.parametrize("text", ["", "{", "[1,]", "nul", '"\\x"', b"\xff"])
def test_what_is_no_json_is_told_as_json_does(text):
    with pytest.raises(ValueError):
        decode(text)


def test_a_value_without_json_goes_through_the_default():
    assert encode({"a": 1j}, str) == b'{"a":"1j"}'
