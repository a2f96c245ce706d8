"""Facts as bytes: there and back the same, whatever a value holds; and what JSON cannot hold is refused."""

from __future__ import annotations

import json
import math
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aiaudit.model.fact import Confidence, Evidence, Fact, Level, Scope, State
from aiaudit.model.fact_codec import from_bytes, to_bytes, to_pieces
from aiaudit.model.types import Unknown, as_json, from_json
from aiaudit.plain_json import encode

TEXTS = st.text(st.characters(codec=None), max_size=12)  # lone surrogates too
LEAVES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS
VALUES = st.recursive(
    LEAVES | st.builds(Unknown, TEXTS),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(TEXTS.filter(lambda k: k != "$unknown"), inner, max_size=4)
    ),
    max_leaves=20,
)
FACTS = st.builds(
    Fact,
    id=st.just("pack.fact"),
    state=st.sampled_from(State),
    value=VALUES,
    level=st.sampled_from(Level),
    method=TEXTS,
    confidence=st.sampled_from(Confidence),
    evidence=st.lists(st.builds(Evidence, st.none() | TEXTS, st.none() | st.integers(1, 10**6), TEXTS), max_size=3).map(
        tuple
    ),
    scope=st.none() | st.builds(Scope, st.integers(0, 9), st.integers(0, 9), st.lists(TEXTS, max_size=2).map(tuple)),
    reason=TEXTS,
)


@given(FACTS)
def test_a_fact_comes_back_as_it_was(fact: Fact) -> None:
    assert from_bytes(fact.id, to_bytes(fact)) == fact


@given(VALUES)
def test_a_value_is_written_as_its_json(value: Any) -> None:
    assert json.loads(encode(value, as_json)) == as_json(value)
    assert from_json(as_json(value)) == value


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_a_number_that_is_not_finite_is_refused(number: float) -> None:
    with pytest.raises(ValueError, match="JSON"):
        to_bytes(Fact("pack.fact", State.KNOWN, {"a": [1.0, number]}))


def test_a_number_that_is_not_finite_is_refused_beside_what_is_nothing() -> None:
    with pytest.raises(ValueError, match="JSON"):
        to_bytes(Fact("pack.fact", State.KNOWN, [None, {"a": [math.nan]}]))


@pytest.mark.parametrize("at", [0, 999, 1000, 2499])
def test_a_number_that_is_not_finite_is_refused_wherever_it_stands_in_a_long_list(at: int) -> None:
    rows: list[Any] = [None] * 2500
    rows[at] = {"a": math.inf}
    with pytest.raises(ValueError, match="JSON"):
        to_bytes(Fact("pack.fact", State.KNOWN, rows))

    with pytest.raises(ValueError, match="JSON"):
        list(to_pieces(Fact("pack.fact", State.KNOWN, rows)))


@pytest.mark.parametrize("odd", ["plain", "\ud800", 2**70, 1.5, None, Unknown("an expression")], ids=repr)
@pytest.mark.parametrize("size", [0, 3, 1000, 1001, 2000, 2500])
def test_a_long_list_is_written_in_pieces(size: int, odd: Any) -> None:
    rows: list[Any] = [{"path": "a.py", "line": number, "value": [odd]} for number in range(size)]
    fact = Fact("a", State.KNOWN, rows, Level.CONTENT, method='"value":[]', reason='"value":[]')
    pieces = list(to_pieces(fact))
    assert len(pieces) == (1 if size <= 1000 else 2 + -(-size // 1000))
    assert from_bytes("a", b"".join(pieces)) == fact
    if odd not in ("\ud800", 2**70):  # those are written by another encoder
        assert b"".join(pieces) == to_bytes(fact)


def test_a_whole_number_with_the_bytes_of_one_that_is_not_finite_is_kept() -> None:
    value = [None, 0xCB7FF00000000000 - 2**64, 0xCBFFF0]
    assert from_bytes("a", to_bytes(Fact("a", State.KNOWN, value))).value == value


def test_equal_facts_of_two_queries_are_the_same_bytes() -> None:
    assert to_bytes(Fact("a", State.ABSENT)) == to_bytes(Fact("b", State.ABSENT))


def test_bytes_that_are_no_fact_are_refused() -> None:
    with pytest.raises(msgspec.MsgspecError, match="required field"):
        from_bytes("a", b'{"value": 1}')
