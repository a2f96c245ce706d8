"""No expression of the program spends longer on a short hostile text than the square of its length takes."""

from __future__ import annotations

import re
import signal
import time
from collections.abc import Callable
from random import Random

import pytest

from tests.hostile.endless import expressions, texts

SIZE = 400  # characters: the square takes a millisecond, the cube half a second, a power of two for ever
LIMIT = 0.1  # seconds of processor time
ENOUGH = 1.0


class TooLong(Exception):  # noqa: N818
    """It would go on for long."""


def _spent(search: Callable[[str], object], text: str) -> float:
    """Seconds of processor time."""
    begun = time.process_time()
    signal.setitimer(signal.ITIMER_PROF, ENOUGH)
    try:
        search(text)
    except TooLong:
        return ENOUGH
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
    return time.process_time() - begun


@pytest.fixture(autouse=True)
def _ended():
    def end(*_: object) -> None:
        raise TooLong

    before = signal.signal(signal.SIGPROF, end)
    yield
    signal.signal(signal.SIGPROF, before)


def test_none_tries_for_long() -> None:
    random = Random(20261130)
    slow = [
        f"{name}: {spent:.2f} s for {text[:60]!r}"
        for name, pattern in expressions().items()
        for text in texts(pattern, SIZE, random, each=2)
        if (spent := _spent(pattern.search, text)) > LIMIT
    ]
    assert not slow, "\n".join(slow)


@pytest.mark.parametrize("source", [r"\s*\s*\s*x", r"(?:a+)+b", r"\s*(?:/\*(?s:.*?)\*/\s*)*x", r"-v\d+(?::\d+\w*)*$"])
def test_one_that_does_is_found(source: str) -> None:
    pattern = re.compile(source)
    assert any(_spent(pattern.search, text) > LIMIT for text in texts(pattern, SIZE, Random(1), each=9))
