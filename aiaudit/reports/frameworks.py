"""The frameworks of a result, read for showing: one table a framework, a row for every control.

The words are "evidence supporting"; nothing here says that a requirement is met.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from aiaudit.reports import words
from aiaudit.reports.record import Record

STATE: Final[Mapping[str, str]] = {
    "supported": "Supported",
    "partly": "Partly supported",
    "gap": "Gap",
    "needs_people": "Needs people",
    "not_seen": "Not seen",
    "not_applicable": "No check applies",
    "not_assessable": "Not assessable by this tool",
}
STATE_MEANING: Final[Mapping[str, str]] = {
    "supported": "every mapped check that applies passes",
    "partly": "some evidence; the rest is partial or was not seen",
    "gap": "a mapped check failed",
    "needs_people": "only questions to people are open",
    "not_seen": "nothing that bears on it could be judged",
    "not_applicable": "no mapped check applies",
    "not_assessable": "no check bears on it",
}
MARK: Final[Mapping[str, str]] = {  # the mark of a check's status that stands for it
    "supported": "pass",
    "partly": "partial",
    "gap": "fail",
    "needs_people": "unknown",
    "not_seen": "unknown",
    "not_applicable": "not_applicable",
    "not_assessable": "not_applicable",
}
TRUST: Final[Mapping[str, str]] = {
    "verified": "",
    "secondary": "from secondary sources",
    "memory": "from memory, to be confirmed",
}
_ORDER: Final = ("fail", "partial", "unknown", "blocked", "error", "pass", "not_applicable", "")
_NOT_IN_AUDIT: Final = "Not in this audit"


@dataclass(frozen=True, slots=True)
class Row:
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


@dataclass(frozen=True, slots=True)
class Table:
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


def read(result: Record) -> tuple[Table, ...]:
    """The tables of a result, in its order."""
    return tuple(_table(one) for one in result.records("frameworks") if one.records("controls"))


def heading(tables: Iterable[Table]) -> str:
    """What was found over all frameworks, in one line; empty where there is none."""
    states = [row.state for table in tables for row in table.rows]
    if not states:
        return ""
    supported = sum(state in ("supported", "partly") for state in states)
    gaps = states.count("gap")
    return f"Evidence supports {supported} of {len(states)} controls in full or in part; {gaps} show a gap"


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
        checks=tuple((words.STATUS.get(status, _NOT_IN_AUDIT), tuple(by_status[status])) for status in known),
    )


def _date(date: Record) -> str:
    doubt = TRUST.get(date.text("trust"), "")
    return f"{date.text('date')}: {date.text('what')}" + (f" ({doubt})" if doubt else "")


def _native(score: Record) -> str:
    if not score:
        return ""
    return f"{_points(score)} of {score.whole('of')}: {score.text('reading')}"


def _points(score: Record) -> str:
    """Such as "1.5" or, where some was not seen, "1.5 (up to 3)"."""
    points, best = score.number("points") or 0.0, score.number("best") or 0.0
    return f"{points:g}" if best <= points else f"{points:g} (up to {best:g})"
