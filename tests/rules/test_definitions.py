"""Names for expressions: what stands in their place, and what is no such name."""

from __future__ import annotations

import pytest

from aiaudit.rules import RuleError
from aiaudit.rules.definitions import Definitions


def _two() -> Definitions:
    names = Definitions()
    names.add("open", "loads.filter(l, !l.safe)")
    names.add("many", "open.size() > 3")
    return names


@pytest.mark.parametrize(
    ("source", "full"),
    [
        ("open.size() == 0", "(loads.filter(l, !l.safe)).size() == 0"),
        ("open", "loads.filter(l, !l.safe)"),
        (" open ", " loads.filter(l, !l.safe) "),
        ("!many", "!((loads.filter(l, !l.safe)).size() > 3)"),
        ("door.open && uses", "door.open && uses"),
        ("open(x)", "open(x)"),
        ("'open' in words", "'open' in words"),
        ("opened || open_", "opened || open_"),
        ("{'open': open}.open", "{'open': (loads.filter(l, !l.safe))}.open"),
        ("uses // open\n", "uses // open\n"),
    ],
)
def test_a_name_is_read_as_what_it_stands_for(source: str, full: str) -> None:
    assert _two().expanded(source) == full


@pytest.mark.parametrize(
    ("text", "full"),
    [
        ("open {open.size()} open", "open {(loads.filter(l, !l.safe)).size()} open"),
        ("{open}", "{loads.filter(l, !l.safe)}"),
        ("{{open}} is {many}", "{{open}} is {(loads.filter(l, !l.safe)).size() > 3}"),
        ("{ {'open': '}'}.open } and {door.open}", "{ {'open': '}'}.open } and {door.open}"),
        ("nothing", "nothing"),
    ],
)
def test_in_a_sentence_only_its_places_are_read(text: str, full: str) -> None:
    assert _two().expanded_places(text) == full


def test_names_that_double_come_to_an_end() -> None:
    names = Definitions()
    names.add("a", "x + x")
    with pytest.raises(RuleError, match="longer than 4096 bytes"):
        for _ in range(20):
            names.add("a", "a + a")


def test_a_sentence_that_is_not_closed_is_told() -> None:
    with pytest.raises(RuleError, match="not closed"):
        _two().expanded_places("{open")
