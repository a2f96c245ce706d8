"""Equal values are one, and what differs in any way stays apart."""

from __future__ import annotations

from typing import Any

import pytest

from aiaudit.model.types import Unknown
from aiaudit.probes.python.shared import Shared


@pytest.mark.parametrize(
    "make",
    [
        lambda: "torch." + "load",
        lambda: ["torch.load", Unknown("path")],
        lambda: {"timeout": 10, "model": "gpt"},
        lambda: Unknown("path"),
    ],
)
def test_equal_values_are_one(make: Any) -> None:
    shared = Shared()
    assert shared(make()) is shared(make())


def test_what_differs_stays_apart() -> None:
    shared = Shared()
    different: list[Any] = [
        [1], [True], [1.0], ["1"], [None], [], {}, [0.0], [-0.0], {"a": 1}, {"a": True}, {"a": 1, "b": 2},
        {"b": 2, "a": 1}, ["a", "b"], [Unknown("a")], ["a"], {"a": "a"}, [[1]], [[True]], {"a": [1]}, {"a": [True]},
    ]  # fmt: skip
    for value in different:
        shared(value)
    for value in different:
        found = shared(value)
        assert repr(found) == repr(value)
        assert list(found) == list(value)  # keys in their order
