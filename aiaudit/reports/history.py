"""The section `history` of a result as a report shows it: points to scale, and a row a pack."""

from __future__ import annotations

from datetime import date
from functools import cached_property
from typing import Any

from msgspec import Struct

from aiaudit.reports import headings, words
from aiaudit.reports.charts_change import Point
from aiaudit.reports.record import Record
from aiaudit.reports.strings import say


class PackLine(Struct, frozen=True):
    """One pack over all audits: `values` are percent of the width, and the score or None."""

    title: str
    values: tuple[tuple[float, float | None], ...]

    @property
    def first(self) -> float | None:
        return next((value for _, value in self.values if value is not None), None)

    @property
    def last(self) -> float | None:
        return self.values[-1][1]

    @property
    def moved(self) -> float | None:
        """Points between the first audit with a number and this one."""
        return None if self.first is None or self.last is None else round(self.last - self.first, 1)


class History:
    """Earlier audits and this one, in the order of their days. Empty where there is no earlier one."""

    def __init__(self, result: Record) -> None:
        past = [one for one in result.records("history") if _day(one) and one.text("as_of") < result.text("as_of")]
        self._packs = [(pack.text("id"), pack.text("title") or pack.text("id")) for pack in result.records("packs")]
        self._audits = [*past, _now(result)] if past and _day(result) else []

    def __bool__(self) -> bool:
        return bool(self._audits)

    @cached_property
    def points(self) -> tuple[Point, ...]:
        rules = [one.text("ruleset_hash") for one in self._audits]
        return tuple(
            Point(
                at,
                words.day(one.text("as_of")),
                one.percent("score") if "score" in one else None,
                one.percent("score_low"),
                one.percent("score_high"),
                rules=position > 0 and rules[position] != rules[position - 1],
            )
            for position, (at, one) in enumerate(zip(self._places, self._audits, strict=True))
        )

    @cached_property
    def rows(self) -> tuple[tuple[str, str, float | None, float, float, float], ...]:
        """Day, level, score, low, high and coverage of each audit."""
        return tuple(
            (
                words.day(one.text("as_of")),
                words.LEVEL[one.text("readiness")].name if one.text("readiness") in words.LEVEL else say("value.none"),
                one.percent("score") if "score" in one else None,
                one.percent("score_low"),
                one.percent("score_high"),
                one.percent("coverage"),
            )
            for one in self._audits
        )

    @cached_property
    def packs(self) -> tuple[PackLine, ...]:
        return tuple(
            PackLine(title, tuple(zip(self._places, self._scores(pack), strict=True))) for pack, title in self._packs
        )

    @property
    def heading(self) -> str:
        first, last = self.points[0], self.points[-1]
        return headings.history(len(self.points), first.day, first.score, last.score)

    @cached_property
    def _places(self) -> tuple[float, ...]:
        days = [_day(one) for one in self._audits]
        span = (days[-1] - days[0]) or 1
        return tuple(round(100 * (day - days[0]) / span, 2) for day in days)

    def _scores(self, pack: str) -> tuple[float | None, ...]:
        packs = [one.record("packs") for one in self._audits]
        return tuple(one.percent(pack) if pack in one else None for one in packs)


def _now(result: Record) -> Record:
    packs = {pack.text("id"): pack.data.get("score") for pack in result.records("packs")}
    return Record({**result.data, "packs": packs, "ruleset_hash": result.record("tool").text("ruleset_hash")})


def _day(one: Record) -> int:
    """The day as a number; 0 where it is none."""
    value: Any = one.text("as_of")
    try:
        return date.fromisoformat(value[:10]).toordinal()
    except ValueError:
        return 0
