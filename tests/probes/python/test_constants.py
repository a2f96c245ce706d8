"""A number that a module names stands where a call is given it: searched ahead or not, the same is found."""

from __future__ import annotations

from pathlib import Path

from aiaudit.model.types import Unknown
from aiaudit.packs.try_query import try_query
from aiaudit.probes.python.source import as_read

CODE = b"""import requests

NAME_THAT_IS_LONGER_THAN_ITS_NUMBER = 1
TIMEOUT = 30


def unused(values):
    pad(values, padding_value=NAME_THAT_IS_LONGER_THAN_ITS_NUMBER, more=NAME_THAT_IS_LONGER_THAN_ITS_NUMBER)
    pad(values, padding_value=NAME_THAT_IS_LONGER_THAN_ITS_NUMBER, more=NAME_THAT_IS_LONGER_THAN_ITS_NUMBER)
    return pad(values, padding_value=NAME_THAT_IS_LONGER_THAN_ITS_NUMBER)


def train(trainer):
    requests.get("https://example.org", timeout=TIMEOUT)
    trainer.train()
"""


def test_the_text_that_is_searched_is_the_text_that_is_parsed() -> None:
    read = as_read(CODE)
    assert b"timeout=30)" in read
    assert read.count(b"\n") == CODE.count(b"\n")
    assert as_read(read) == read


def test_a_function_below_a_constant_is_found_among_several_files(tmp_path: Path) -> None:
    """Files are searched together before they are parsed: places that moved in between had left functions out."""
    for name in ("a", "b", "c"):
        (tmp_path / f"{name}.py").write_bytes(CODE)
    tried = try_query("{probe: python.calls, any: ['requests.get']}", tmp_path)
    assert {(call["path"], call["line"]) for call in tried.fact.value} == {
        (f"{name}.py", 14) for name in ("a", "b", "c")
    }
    assert {call["kw"]["timeout"] for call in tried.fact.value} == {30}


SETTINGS = b"""import sys

import httpx

CONFIG = {"timeout": 20, "name": "small", "api_key": "abcdefgh1234"}
GIVEN = {"timeout": 20}
GIVEN["timeout"] = None
FILLED = {"timeout": 20}


def main():
    FILLED["timeout"] = sys.argv[1]


def ask():
    httpx.get(CONFIG["name"], timeout=CONFIG["timeout"], cookies=CONFIG["api_key"])
    httpx.get("a", timeout=GIVEN["timeout"])
    httpx.get("b", timeout=FILLED["timeout"])
    httpx.get("c", timeout=CONFIG["none"])
"""


def test_an_entry_of_a_map_that_nothing_changes_is_a_constant(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_bytes(SETTINGS)
    tried = try_query("{probe: python.calls, any: ['httpx.get']}", tmp_path)
    first, *others = tried.fact.value
    assert (first["arg0"], first["source"], first["kw"]["timeout"]) == ("small", "literal", 20)
    assert "abcdefgh1234" not in str(tried.fact)
    assert all(isinstance(one["kw"]["timeout"], Unknown) for one in others)
