"""The order in which a reader meets places: what a project runs before what lies beside it.

Tests, examples, backups and copies hold what a finding is about as often as the service does, and come first by the
alphabet (`archive/` before `backend/`). Lists of places are brought into this order once, before anything is derived
from them, so that "first" in a sentence and the first finding are those of the service. What a pack sorts itself
(`sortBy`) keeps this order among equals.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Final

from msgspec.structs import replace

from aiaudit import lazy
from aiaudit.model.fact import Fact, State

_LEFT_BEHIND: Final = lazy.regex(
    r"(?i)(?:^|/)(?:[\w .-]*[ _-])?(?:archived?|backups?|bak|old|deprecated|obsolete|unused|trash|cop(?:y|ies))(?: ?\(?\d*\)?)?"
    r"(?:[ _-][\w .-]*)?/|(?:^|/)(?:copy of [^/]*|mnt)/|(?:[ _-]copy(?: ?\(?\d+\)?)?|[ _.-](?:bak|old|backup|orig)| ?\(\d+\))"
    r"(?:\.\w+)?$"
)
"""Folders and files that somebody put aside: `archive/`, `old_code/`, `main copy.py`, `app.bak.py`, `main (1).py`."""

_BESIDE: Final = lazy.regex(
    r"(?i)(?:^|/)(?:tests?|__tests__|testing|e2e|spec|fixtures?|examples?|samples?|demos?|docs?)/"
    r"|(?:^|/)(?:test_[^/]*|conftest)\.py$|_test\.(?:py|go)$|\.(?:test|spec)\.[cm]?[jt]sx?$|\.example$"
)


@functools.lru_cache(maxsize=100_000)
def rank(path: str) -> int:
    """0 for what the project runs, 1 for tests, examples and documents, 2 for what was left behind."""
    return 2 if _LEFT_BEHIND.search(path) else 1 if _BESIDE.search(path) else 0


def in_order(facts: Mapping[str, Fact]) -> dict[str, Fact]:
    """The facts with their lists of places in that order; of one rank as they stood."""
    return {name: _ordered(fact) for name, fact in facts.items()}


def _ordered(fact: Fact) -> Fact:
    value = fact.value
    if fact.state is not State.KNOWN or not isinstance(value, list) or len(value) < 2:
        return fact
    paths = [one.get("path") if isinstance(one, dict) else None for one in value]
    ranks = [rank(path) for path in paths if isinstance(path, str)]
    if len(ranks) < len(value) or len(set(ranks)) == 1:
        return fact
    return replace(fact, value=[value[at] for at in sorted(range(len(value)), key=ranks.__getitem__)])
