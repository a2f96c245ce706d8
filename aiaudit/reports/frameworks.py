"""The frameworks of a result, read for showing: one table a framework, a row for every control.

The words are "evidence supporting"; nothing here says that a requirement is met.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from msgspec import Struct

from aiaudit.reports import words
from aiaudit.reports.record import Record
from aiaudit.reports.strings import say

_STATES: Final = (
    "supported", "partly", "gap", "needs_people", "not_seen", "not_applicable", "not_assessable",
)  # fmt: skip
STATE: Final = words.Names("frameworks.state", *_STATES)
STATE_MEANING: Final = words.Names("frameworks.meaning", *_STATES)
MARK: Final[Mapping[str, str]] = {  # the mark of a check's status that stands for it
    "supported": "pass",
    "partly": "partial",
    "gap": "fail",
    "needs_people": "unknown",
    "not_seen": "unknown",
    "not_applicable": "not_applicable",
    "not_assessable": "not_applicable",
}
_ORDER: Final = ("fail", "partial", "unknown", "blocked", "error", "pass", "not_applicable", "")


class Row(Struct, frozen=True):
    """One control. `checks`: the word of a status and the checks that ended in it, the worst first."""

    id: str
    group: str
    title: str
    reason: str
    state: str
    applies: str
    checks: tuple[tuple[str, tuple[str, ...]], ...]

    @property
    def state_word(self) -> str:
        return STATE.get(self.state, self.state)

    @property
    def mark(self) -> str:
        return MARK.get(self.state, "unknown")


class Share(Struct, frozen=True):
    """How many controls of a framework ended alike; `start` and `width` in percent of all of them."""

    state: str
    count: int
    start: float
    width: float


class Table(Struct, frozen=True):
    """One framework. `dates` and `sections` are lines of text; `native` is empty where it has no score of its own."""

    id: str
    title: str
    edition: str
    note: str
    summary: str
    dates: tuple[str, ...]
    native: str
    sections: tuple[tuple[str, str], ...]
    rows: tuple[Row, ...]

    @property
    def shares(self) -> tuple[Share, ...]:
        """The bar of the overview, in the order of the states; what has no control is left out."""
        counts = {state: sum(row.state == state for row in self.rows) for state in _STATES}
        found, start = [], 0.0
        for state, count in counts.items():
            width = 100 * count / len(self.rows)
            if count:
                found.append(Share(state, count, start, width))
            start += width
        return tuple(found)

    def count(self, *states: str) -> int:
        return sum(row.state in states for row in self.rows)


def read(result: Record) -> tuple[Table, ...]:
    """The tables of a result, in its order; none of a framework of whose checks the audit asked not one."""
    return tuple(_table(one) for one in result.records("frameworks") if _asked(one))


def _asked(framework: Record) -> bool:
    return any(check.text("status") for one in framework.records("controls") for check in one.records("checks"))


def heading(tables: Iterable[Table]) -> str:
    """What was found over all frameworks, in one line; empty where there is none."""
    states = [row.state for table in tables for row in table.rows]
    if not states:
        return ""
    supported = sum(state in ("supported", "partly") for state in states)
    gaps = states.count("gap")
    return say("heading.frameworks", supported=supported, total=len(states), gaps=gaps)


def _table(framework: Record) -> Table:
    rows = tuple(_row(one) for one in framework.records("controls"))
    counts = [(word, sum(row.state == state for row in rows)) for state, word in STATE.items()]
    native = framework.record("native_score")
    return Table(
        id=framework.text("id"),
        title=framework.text("title"),
        edition=framework.text("edition"),
        note=framework.text("note"),
        summary=", ".join(f"{word.lower()} {count}" for word, count in counts if count),
        dates=tuple(_date(one) for one in framework.records("effective")),
        native=_native(native),
        sections=tuple((one.text("title"), _points(one)) for one in native.records("sections")),
        rows=rows,
    )


def _row(control: Record) -> Row:
    by_status: dict[str, list[str]] = {}
    for check in control.records("checks"):
        by_status.setdefault(check.text("status"), []).append(check.text("id"))
    known = [status for status in _ORDER if status in by_status]
    return Row(
        id=control.text("id"),
        group=control.text("group"),
        title=control.text("title"),
        reason=control.text("reason"),
        state=control.text("state"),
        applies=control.record("effective").text("date"),
        checks=tuple(
            (words.STATUS.get(status, say("frameworks.not_in_audit")), tuple(by_status[status])) for status in known
        ),
    )


def _date(date: Record) -> str:
    trust = date.text("trust")
    doubt = say(f"frameworks.trust.{trust}") if trust in ("secondary", "memory") else ""
    return f"{date.text('date')}: {date.text('what')}" + (f" ({doubt})" if doubt else "")


def _native(score: Record) -> str:
    if not score:
        return ""
    return say("frameworks.native_of", points=_points(score), of=score.whole("of"), reading=score.text("reading"))


def _points(score: Record) -> str:
    """Such as "1.5" or, where some was not seen, "1.5 (up to 3)"."""
    points, best = score.number("points") or 0.0, score.number("best") or 0.0
    return f"{points:g}" if best <= points else say("frameworks.up_to", points=f"{points:g}", best=f"{best:g}")
