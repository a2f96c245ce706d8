"""The hashes of contents by path, in their order and out of it."""

from __future__ import annotations

import os
import random

import pytest

from aiaudit.project.cache import content_hash
from aiaudit.project.hashes import Hashes

PATHS = sorted(
    [*(f"a/m{n}.py" for n in range(40)), "a", "é.py", "\udcff.py", "z\U0001f600", "z\uffee"], key=os.fsencode
)


@pytest.mark.parametrize("shuffled", [False, True])
def test_each_file_has_the_hash_that_was_put(shuffled: bool) -> None:
    made = Hashes()
    made.expect(PATHS)
    numbers = list(range(len(PATHS)))
    random.Random(3).shuffle(numbers)
    for number in numbers:
        if number % 5:
            made.put(number, content_hash(PATHS[number].encode("utf-8", "surrogateescape")) if number % 3 else b"")
    order = numbers if shuffled else range(len(PATHS))
    for number in order:
        path = PATHS[number]
        whole = content_hash(path.encode("utf-8", "surrogateescape"))
        assert made.get(path) == ((whole if number % 3 else b"") if number % 5 else None)
        assert made.get(f"{path}.not") is None


def test_a_file_that_could_not_be_read_again_has_none() -> None:
    made = Hashes()
    assert made.get("a") is None
    made.expect(["a"])
    made.put(0, content_hash(b"a"))
    made.put(0, b"")
    assert made.get("a") == b""
