"""The charts of change: one score before and after, and lines over many audits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from markupsafe import Markup, escape
from msgspec import Struct

from aiaudit.reports.charts import _FONT as FONT
from aiaudit.reports.charts import ACCENT, FAILED, INK, INK_2, INK_3, LINE_2, PASSED, TRACK
from aiaudit.reports.strings import say
from aiaudit.reports.text import figure

SOFT: Final = "#c9d9ea"
_TOP, _PLOT = 22, 150  # pixels above the plot, and its height
_SPARK: Final = 22


class Point(Struct, frozen=True):
    """One audit on the line. `at`: percent of the width, by its day. `rules`: other ones than before."""

    at: float
    day: str
    score: float | None
    low: float
    high: float
    rules: bool = False


def dumbbell(before: float | None, after: float | None, name: str) -> Markup:
    """A pack's score before (ring) and after (dot) on a scale from 0 to 100; better in green, worse in red."""
    body = f'<rect x="0" y="9" width="100%" height="2" fill="{TRACK}"/>'
    if before is not None and after is not None and before != after:
        colour = PASSED if after > before else FAILED
        low, high = sorted((before, after))
        body += f'<rect x="{low:.1f}%" y="8" width="{high - low:.1f}%" height="4" fill="{colour}"/>'
    if before is not None:
        body += f'<circle cx="{_inside(before)}%" cy="10" r="4.5" fill="#fff" stroke="{INK_3}" stroke-width="1.5"/>'
    if after is not None:
        body += f'<circle cx="{_inside(after)}%" cy="10" r="5" fill="{ACCENT}"/>'
    said = escape(say("chart.before_now", name=name, before=figure(before), after=figure(after)))
    return _svg(20, str(said), body)


def trend(points: Sequence[Point]) -> Markup:
    """The score of each audit with its range, days to scale; a dashed upright where the rules changed."""
    scored = [point for point in points if point.score is not None]
    bottom = _TOP + _PLOT

    def y(value: float) -> float:
        return bottom - _PLOT * value / 100

    body = ""
    for mark in (0, 50, 100):
        body += f'<rect x="0" y="{y(mark):.1f}" width="100%" height="1" fill="{LINE_2 if mark == 0 else TRACK}"/>'
        body += f'<text x="100%" y="{y(mark) - 4:.1f}" text-anchor="end" font-size="11" fill="{INK_3}">{mark}</text>'
    body += (
        f'<svg x="0" y="{_TOP}" width="100%" height="{_PLOT}" viewBox="0 0 100 100" preserveAspectRatio="none">'
        f'<polygon points="{_band(points)}" fill="{SOFT}" fill-opacity="0.6"/>'
        f'<polyline points="{_line(scored)}" fill="none" stroke="{ACCENT}" stroke-width="2" '
        'vector-effect="non-scaling-stroke"/></svg>'
    )
    for point in points:
        if point.rules:
            body += (
                f'<line x1="{point.at:.1f}%" x2="{point.at:.1f}%" y1="{_TOP - 8}" y2="{bottom}" stroke="{INK_2}" '
                f'stroke-dasharray="3 3"/><text x="{point.at:.1f}%" y="{_TOP - 11}" font-size="11" fill="{INK_2}" '
                f'text-anchor="{_anchor(point.at)}">{escape(say("chart.other_rules"))}</text>'
            )
    for point in scored:
        said = escape(f"{point.day}: {figure(point.score)} ({figure(point.low)}–{figure(point.high)})")
        body += (
            f'<circle cx="{_inside(point.at)}%" cy="{y(point.score or 0):.1f}" r="4" fill="{ACCENT}" stroke="#fff" '
            f'stroke-width="1.5"><title>{said}</title></circle>'
        )
    label = f'y="{bottom + 16}" font-size="11" fill="{INK_2}"'
    body += f'<text x="0" {label}>{escape(points[0].day)}</text>'
    body += f'<text x="100%" {label} text-anchor="end">{escape(points[-1].day)}</text>'
    none = say("chart.no_score")
    told = "; ".join(
        f"{p.day}: {figure(p.score) if p.score is not None else none} ({figure(p.low)}–{figure(p.high)})"
        for p in points
    )
    return _svg(bottom + 22, str(escape(say("chart.trend", points=told))), body)


def spark(values: Sequence[tuple[float, float | None]]) -> Markup:
    """A line without words, for a row that holds the figures: x in percent of the width, y the score."""
    drawn = [(at, value) for at, value in values if value is not None]
    if len(drawn) < 2:
        return Markup("")
    line = " ".join(f"{at:.1f},{100 - value:.1f}" for at, value in drawn)
    last = drawn[-1]
    return Markup(  # noqa: S704 (figures only)
        f'<svg width="100%" height="{_SPARK + 8}" aria-hidden="true"><svg y="4" width="100%" height="{_SPARK}" '
        f'viewBox="0 0 100 100" preserveAspectRatio="none"><polyline points="{line}" fill="none" stroke="{ACCENT}" '
        f'stroke-width="1.5" vector-effect="non-scaling-stroke"/></svg>'
        f'<circle cx="{_inside(last[0])}%" cy="{4 + _SPARK * (100 - last[1]) / 100:.1f}" r="3" fill="{INK}"/></svg>'
    )


def _band(points: Sequence[Point]) -> str:
    there = [f"{point.at:.2f},{100 - point.high:.2f}" for point in points]
    back = [f"{point.at:.2f},{100 - point.low:.2f}" for point in reversed(points)]
    return " ".join(there + back)


def _line(points: Sequence[Point]) -> str:
    return " ".join(f"{point.at:.2f},{100 - (point.score or 0):.2f}" for point in points)


def _inside(at: float) -> str:
    """Percent of the width, so far from the edges that a dot is whole there."""
    return f"{min(max(at, 1.0), 99.0):.1f}"


def _anchor(at: float) -> str:
    return "start" if at < 15 else "end" if at > 85 else "middle"


def _svg(height: int, said: str, body: str) -> Markup:
    """`body` and `said` are made of figures and escaped text only."""
    head = f'<svg width="100%" height="{height}" role="img" aria-label="{said}" {FONT}>'
    return Markup(f"{head}<title>{said}</title>{body}</svg>")  # noqa: S704 (see above)
