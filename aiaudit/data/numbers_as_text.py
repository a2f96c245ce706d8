"""How numbers are written in a text column that no reader takes for one of numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final

from aiaudit import lazy

MOSTLY: Final = 0.9  # share of values that must be numbers
OFTEN: Final = 0.01  # share of values from which a way of writing counts
CODES: Final = "007"  # digits with zeros before them: codes, which are rightly texts
_MONEY: Final = r"(?:[$€£¥]|CHF|EUR|USD|GBP)"
_GROUPS: Final = r"[1-9][0-9]{0,2}"
_PLAIN: Final = lazy.regex(r"[+-]?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_UNIT: Final = lazy.regex(rf"^(?:{_MONEY}\s?)|(?:\s?{_MONEY}|\s?%)$")
_WAYS: Final = (
    ("1.234,56", lazy.regex(rf"[+-]?{_GROUPS}(?:\.[0-9]{{3}})+,[0-9]+")),
    ("1'234.56", lazy.regex(rf"[+-]?{_GROUPS}(?:['’][0-9]{{3}})+(?:[.,][0-9]+)?")),
    ("1 234,56", lazy.regex(rf"[+-]?{_GROUPS}(?:[ \u00a0\u202f][0-9]{{3}})+[.,][0-9]+")),
    ("1,234.56", lazy.regex(rf"[+-]?{_GROUPS}(?:,[0-9]{{3}})+(?:\.[0-9]+)?")),
    ("1234,56", lazy.regex(r"[+-]?(?:0|[1-9][0-9]*),[0-9]+")),
)
_CODE: Final = lazy.regex(r"0[0-9]+")


def way_of(values: Sequence[str]) -> str:
    """The commonest way of writing that is not a plain number, as an example of it; "" where the values are no numbers,
    or plain ones."""
    texts = [text for text in (value.strip() for value in values) if text]
    ways: Counter[str] = Counter()
    plain = others = 0
    for text in texts:
        if others > (1 - MOSTLY) * len(texts) + 1:
            return ""
        bare = _UNIT.sub("", text)
        if _CODE.fullmatch(text):
            ways[CODES] += 1
        elif found := next((name for name, pattern in _WAYS if pattern.fullmatch(bare)), None):
            ways[found] += 1
        elif _PLAIN.fullmatch(bare):
            if bare == text:
                plain += 1
            else:
                ways["12 %" if text.endswith("%") else "$12"] += 1
        else:
            others += 1
    if not texts or sum(ways.values()) + plain < MOSTLY * len(texts):
        return ""
    ways = Counter({name: count for name, count in ways.items() if count >= OFTEN * len(texts)})
    return ways.most_common(1)[0][0] if ways else ""
