"""How dates are written in a text column."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from typing import Final

import re2

MOSTLY: Final = 0.9  # share of values that must be dates for the column to be one of dates
_RARE: Final = 0.01  # a format of fewer values is a slip, not a way of writing
_MONTH: Final = r"(?i:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-zA-Z]*"
_TIME: Final = (
    r"(?:[T ][0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:[.,][0-9]+)?)?(?: ?[AaPp][Mm])?(?: ?(?:Z|[+-][0-9]{2}:?[0-9]{2}))?)?"
)
_YEAR, _PAIR = r"(?:19|20)[0-9]{2}", r"[0-9]{1,2}"
_FORMATS: Final = tuple(
    (name, re2.compile(f"^(?:{pattern}){_TIME}$"))
    for name, pattern in (
        ("YYYY-MM-DD", rf"{_YEAR}-{_PAIR}-{_PAIR}"),
        ("YYYY/MM/DD", rf"{_YEAR}/{_PAIR}/{_PAIR}"),
        ("YYYYMMDD", rf"{_YEAR}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])"),
        ("DD.MM.YYYY", rf"{_PAIR}\.{_PAIR}\.(?:{_YEAR}|[0-9]{{2}})"),
        ("DD Mon YYYY", rf"{_PAIR}[ -]{_MONTH}[ -](?:{_YEAR}|[0-9]{{2}})"),
        ("Mon DD, YYYY", rf"{_MONTH} {_PAIR},? {_YEAR}"),
    )
)
_SLASHED: Final = re2.compile(rf"^({_PAIR})([/-])({_PAIR})[/-](?:{_YEAR}|[0-9]{{2}}){_TIME}$")


_YEAR_FIRST: Final = re2.compile(r"^([0-9]{4})[-/]([0-9]{1,2})[-/]([0-9]{1,2})(?:[^0-9]|$)")
_DAY_FIRST: Final = re2.compile(r"^([0-9]{1,2})[./-]([0-9]{1,2})[./-]([0-9]{4})(?:[^0-9]|$)")


def no_such_day(values: Sequence[str]) -> float:
    """Share of the values that are written like a date, and name a day that no calendar has (31 February)."""
    texts = [text for text in (value.strip() for value in values) if text]
    return sum(map(_impossible, texts)) / len(texts) if texts else 0.0


def _impossible(text: str) -> bool:
    if found := _YEAR_FIRST.search(text):
        year, first, second = (int(part) for part in found.groups())
    elif found := _DAY_FIRST.search(text):
        first, second, year = (int(part) for part in found.groups())
        return not (_is_day(year, first, second) or _is_day(year, second, first))
    else:
        return False
    return not _is_day(year, first, second)


def _is_day(year: int, month: int, day: int) -> bool:
    try:
        dt.date(year, month, day)
    except ValueError:
        return False
    return True


def date_formats(values: Sequence[str]) -> tuple[str, ...]:
    """The formats in which the values are written, commonest first; () where they are no dates.

    Day and month of 03/04/2024 cannot be told apart: such values are MM/DD or DD/MM by the others of the column whose
    first or second number exceeds 12; where none does, the format is told as DD/MM or MM/DD.
    """
    texts = [text for text in (value.strip() for value in values) if text]
    counts: Counter[str] = Counter()
    unclear = others = 0
    for text in texts:
        if others > (1 - MOSTLY) * len(texts) + 1:
            return ()  # they cannot be dates any more
        slashed = _SLASHED.search(text)
        if slashed:
            first, second = int(slashed.group(1)), int(slashed.group(3))
            if first > 12 >= second:
                counts["DD/MM/YYYY"] += 1
            elif second > 12 >= first:
                counts["MM/DD/YYYY"] += 1
            elif first <= 12 and second <= 12:
                unclear += 1
            else:
                others += 1
            continue
        name = next((name for name, pattern in _FORMATS if pattern.search(text)), None)
        if name is None:
            others += 1
        else:
            counts[name] += 1
    if not texts or sum(counts.values()) + unclear < MOSTLY * len(texts):
        return ()
    if unclear and not counts["DD/MM/YYYY"] and not counts["MM/DD/YYYY"]:
        counts["DD/MM or MM/DD"] = unclear
    least = max(1, _RARE * len(texts))
    return tuple(name for name, count in counts.most_common() if count >= least)
