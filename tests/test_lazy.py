"""Expressions that are compiled when they are first used."""

from __future__ import annotations

import re

import pytest

from aiaudit import lazy


def test_it_is_compiled_when_it_is_used(monkeypatch):
    compiled = []
    real = re.compile
    monkeypatch.setattr(re, "compile", lambda *asked: compiled.append(asked) or real(*asked))
    made = lazy.regex(r"a(\d)", re.IGNORECASE)
    assert compiled == []
    assert made.search("xA7")[1] == "7"
    assert made.sub("", "a1b") == "b"
    assert made.pattern == r"a(\d)"
    assert compiled == [(r"a(\d)", re.IGNORECASE)]  # once, whatever is asked of it


def test_bytes_are_looked_through_too():
    assert lazy.regex(rb"\d+").findall(b"1 22") == [b"1", b"22"]


def test_an_expression_that_is_none_is_told_when_it_is_used():
    made = lazy.regex("(")
    with pytest.raises(re.error):
        made.search("")
