"""A number that a module names stands where a call is given it: searched ahead or not, the same is found."""

from __future__ import annotations

from pathlib import Path

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
