"""Hostile expressions over large facts all end by their budget and within 64 MB, and never as a pass."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from aiaudit.model.types import BOOL, list_of
from aiaudit.rules import Failed, compile, evaluate
from tests.rules.hostile import deep, expressions, nested

pytestmark = pytest.mark.slow

HANGS = 1.0  # seconds of processor time: five times what `benchmarks/rules.py` holds them to, on any machine
MEGABYTES = 64


@pytest.fixture(scope="module")
def results() -> dict[str, Any]:
    root = Path(__file__).parents[2]
    command = [sys.executable, "-m", "tests.rules.hostile"]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=300, check=True)
    return json.loads(done.stdout)


def test_all_end_by_themselves_and_in_memory(results: dict[str, Any]) -> None:
    assert set(results) == set(expressions())
    slow = {name: r for name, r in results.items() if r["seconds"] > HANGS}
    large = {name: r for name, r in results.items() if r["megabytes"] > MEGABYTES}
    assert slow == {} and large == {}


def test_none_ends_as_true(results: dict[str, Any]) -> None:
    """Exhausted budgets are errors; deep or long sources are refused; linear patterns may well be answered."""
    ended = {name: r["ended"] for name, r in results.items()}
    for name in ("2,000 parentheses", "4,000 brackets", "4,000 negations", "2,000 fields", "2,000-term sum"):
        assert ended[name] == "refused: nested deeper than 64", name
    assert ended["3,000 parentheses"].startswith("refused: longer than 4096 bytes")
    assert ended["100,000-term chain"].startswith("refused: longer than 4096 bytes")
    assert ended["1,000-term chain"] == "bool"
    assert ended["redos"] == ended["pairs, looked up"] == "bool"
    assert ended["redos, 200 states"] == "gave up after 1000000 steps"
    assert ended["all, 8 deep"] == ended["exists, 8 deep"] == ended["pairs"] == "gave up after 1000000 steps"
    for name in (
        "text doubled 18 times",
        "list doubled 18 times",
        "long text doubled",
        "join",
        "split",
        "lists",
        "maps",
    ):
        assert ended[name] == "gave up after making 1000000 characters or items", name
    assert set(ended.values()) <= {
        "bool", "list", "gave up after 1000000 steps", "gave up after making 1000000 characters or items",
        "refused: nested deeper than 64", *(text for text in ended.values() if text.startswith("refused: ")),
    }  # fmt: skip


def test_explaining_is_bounded_too() -> None:
    """The explanation has a budget of its own, and at most eight lines."""
    names = {"small": list_of(BOOL)}
    outcome = evaluate(compile(nested("all", deep(" || ")), names), {"small": [True] * 20}, explain=True)
    assert outcome.value == Failed("gave up after 1000000 steps")
    assert outcome.trace == ("gave up after 1000000 steps",)
    wide = " && ".join(f"small.size() > -{number}" for number in range(1, 101))  # what is the same is told once
    assert len(evaluate(compile(wide, names), {"small": [True]}, explain=True).trace) == 8
