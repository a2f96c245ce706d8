"""Lists of which only a part could be looked at: what was seen counts, and the lack of something proves nothing."""

from __future__ import annotations

from typing import Any

import pytest

from aiaudit.model.types import BOOL, INT, STRING, Unknown, list_of, record
from aiaudit.rules import compile, evaluate, open_list, template

ITEM = record("call", path=STRING, line=INT, ok=BOOL)
TYPES = {"calls": list_of(ITEM), "none": list_of(ITEM), "more": list_of(ITEM)}
WHY = Unknown("a part is in Rust")
VALUES: dict[str, Any] = {
    "calls": open_list([{"path": "a.py", "line": 1, "ok": False}, {"path": "b.py", "line": 2, "ok": True}], WHY),
    "none": open_list([], WHY),
    "more": [{"path": "c.py", "line": 3, "ok": True}],
}


def value(source: str) -> Any:
    return evaluate(compile(source, TYPES), VALUES).value


@pytest.mark.parametrize(
    "source",
    [
        "calls.size() >= 2",
        "calls.exists(c, !c.ok)",
        "!calls.all(c, c.ok)",
        "(none + more).size() > 0",
        "calls.filter(c, c.path == 'a.py').map(c, c.line).exists(n, n == 1)",
        "unique(calls.map(c, c.ok)).size() > 1",
        "!none.exists(c, false)",
    ],
)
def test_what_was_seen_decides(source: str) -> None:
    assert value(source) is True


@pytest.mark.parametrize(
    "source",
    [
        "none.size() == 0",
        "none.size() <= 7",
        "calls.size() < 1000",
        "none.exists(c, c.ok)",
        "none.all(c, c.ok)",
        "calls.filter(c, c.path == 'z.py').size() == 0",
        "none.map(c, c.path).size() <= 3",
        "(none + more).filter(c, c.ok).size() <= 20",
        "none.count(c, c.ok) < 5",
        "double(calls.count(c, c.ok)) / double(calls.size()) > 0.1",
        "unique(none.map(c, c.path)).size() == 0",
    ],
)
def test_a_lack_is_unknown_whatever_the_limit(source: str) -> None:
    assert value(source) == WHY


def test_a_sentence_tells_what_was_seen() -> None:
    assert template("{calls}", TYPES).render(VALUES) == "a.py:1 and b.py:2 and possibly more"
    assert template("{none}", TYPES).render(VALUES) == "none that was seen"
