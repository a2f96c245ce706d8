"""The marks and charts of the HTML report: inline SVG, drawn from figures only.

Rules: no viewBox on the outer element, x in percent and y in pixels, so that text keeps its size from 320 to 1,600 px;
colours as attributes, because a PDF renderer does not apply the page's CSS inside SVG; a `<title>` that says the
numbers; unknown is always hatched or framed, never a plain grey; the shape tells the status without the colour.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final

from markupsafe import Markup, escape

from aiaudit.reports import words
from aiaudit.reports.frameworks import STATE, Table
from aiaudit.reports.strings import say
from aiaudit.reports.text import figure
from aiaudit.reports.view import Check, Pack

INK: Final = "#121a22"
INK_2: Final = "#46525e"
INK_3: Final = "#5f6b77"
LINE_2: Final = "#b4bdc6"
ACCENT: Final = "#164a7d"
PASSED: Final = "#0b655d"
PARTIAL: Final = "#7a4f00"
PARTIAL_MARK: Final = "#d28a0b"
FAILED: Final = "#ab2318"
UNKNOWN: Final = "#4f5a66"
TRACK: Final = "#eceff2"
HATCH: Final = "#8793a0"

_FONT = 'font-family="Arial, Liberation Sans, sans-serif"'
FONT_12 = f'{_FONT} font-size="12"'
_FRAME = f'<path d="M.7.7h10.6v10.6H.7z" fill="#fff" stroke="{UNKNOWN}" stroke-width="1.3"/>'
_TICK = '<path d="M3.4 6.2 5.2 8 8.6 4.3" fill="none" stroke="#fff" stroke-width="1.5"/>'

# 12 x 12 px each
_MARKS: Final = {
    "pass": f'<circle cx="6" cy="6" r="5.5" fill="{PASSED}"/>{_TICK}',
    "partial": (
        f'<circle cx="6" cy="6" r="4.9" fill="#fff" stroke="{PARTIAL}" stroke-width="1.3"/>'
        f'<path d="M6 1.1a4.9 4.9 0 0 1 0 9.8z" fill="{PARTIAL_MARK}" stroke="{PARTIAL}" stroke-width="1.3"/>'
    ),
    "fail": (
        f'<path d="M6 0 12 6 6 12 0 6z" fill="{FAILED}"/><path d="M4 4 8 8M8 4 4 8" stroke="#fff" stroke-width="1.5"/>'
    ),
    "unknown": f'{_FRAME}<path d="M.7 5.5 5.5.7M.7 11.3 11.3.7M6.5 11.3 11.3 6.5" stroke="{UNKNOWN}"/>',
    "blocked": f'{_FRAME}<path d="M3 6h6" stroke="{UNKNOWN}" stroke-width="2"/>',
    "error": f'{_FRAME}<path d="M6 2.6v4.2M6 8.2v1.4" stroke="{UNKNOWN}" stroke-width="1.6"/>',
    "not_applicable": f'<path d="M2 6h8" stroke="{INK_3}" stroke-width="2"/>',
}

MARK: Final = {
    status: Markup(f'<svg width="12" height="12" aria-hidden="true">{shape}</svg>')  # noqa: S704 (constants only)
    for status, shape in _MARKS.items()
}
"""The mark of each status, on its own; a word always stands beside it."""

MARKS_A_ROW: Final = 6
_STEP_X, _STEP_Y = 14, 15


def _strokes(weight: int) -> str:
    return "".join(
        f'<path d="M{1.5 + i * 4:g} 12V{9 - i * 3}" stroke="{INK if i < weight else LINE_2}" stroke-width="2.4"/>'
        for i in range(4)
    )


SEVERITY: Final = {
    name: Markup(f'<svg width="16" height="12" aria-hidden="true">{_strokes(4 - i)}</svg>')  # noqa: S704
    for i, name in enumerate(words.SEVERITIES)
}
"""Four rising strokes, one to four of them inked: severity has no colour."""


def mark_grid(checks: Sequence[Check]) -> Markup:
    """The marks of one heat map cell, worst first; each says on hover which check it is."""
    counts = Counter(check.status for check in checks)
    said = ", ".join(f"{count} {words.STATUS[status].lower()}" for status, count in counts.items())
    marks = "".join(
        f'<g transform="translate({i % MARKS_A_ROW * _STEP_X} {i // MARKS_A_ROW * _STEP_Y})">'
        f"<title>{escape(check.id)} {escape(check.title)}: {words.STATUS[check.status].lower()}</title>"
        f"{_MARKS[check.status]}</g>"
        for i, check in enumerate(checks)
    )
    width = min(len(checks), MARKS_A_ROW) * _STEP_X - 2
    height = -(-len(checks) // MARKS_A_ROW) * _STEP_Y - 3
    return _svg(height, said, marks, width=str(width))


def score_bar(score: float | None, low: float, high: float, said: str) -> Markup:
    """The overall score on a scale from 0 to 100: solid what is certain, hatched what was not seen.

    A score outside its range has its reason written at its stroke, which is dashed.
    """
    outside = words.lies_outside(score, low, high)
    top = 16 if outside else 0
    body = _band("score-hatch", low, high, top + 8)
    if score is not None and outside:
        label = say("summary.numbered_label", score=figure(score))
        body += _text(score, 11, label, "end" if score > 50 else "start")
        body += _upright(score, 15, 40, INK, 3).replace("/>", ' stroke-dasharray="3 2"/>')
    elif score is not None:
        body += _upright(score, 2, 24, INK, 3)
    axis = top + 38
    body += _text(0, axis, "0") + _text(50, axis, "50", "middle") + _text(100, axis, "100", "end")
    return _svg(axis + 4, say("chart.score", phrase=said), body)


def pack_bar(pack: Pack, name: str) -> Markup:
    """One pack: solid to low, hatched to high, a stroke at the score, a ring where it would be without the cap.

    Notches at 50, 70 and 85 are the least a core pack needs for Pilot, Production and Scale.
    """
    if not pack.applicable:
        return _svg(24, say("chart.pack_none", pack=pack.title), _rect(0, 7, 100, 10, TRACK))
    body = _band(f"hatch-{name}", pack.low, pack.high, 7, gaps=(50, 70, 85))
    if pack.score is not None:
        if pack.capped and pack.uncapped is not None:
            body += (
                f'<line x1="{pack.score:.1f}%" x2="{pack.uncapped:.1f}%" y1="12" y2="12" stroke="{INK}" '
                f'stroke-dasharray="2 2"/><circle cx="{pack.uncapped:.1f}%" cy="12" r="4" fill="#fff" '
                f'stroke="{INK}" stroke-width="1.5"/>'
            )
        body += _upright(pack.score, 2, 22, INK, 3)
    for notch in (50, 70, 85):
        body += _upright(notch, 0, 4, INK_3, 1) + _upright(notch, 20, 24, INK_3, 1)
    number = say("chart.of_100", score=figure(pack.score)) if pack.score is not None else say("chart.no_number")
    if pack.capped:
        number = say("chart.capped", score=number, uncapped=figure(pack.uncapped))
    said = say("chart.pack", pack=pack.title, score=number, low=figure(pack.low), high=figure(pack.high))
    return _svg(24, said, body)


_STATE_FILL: Final = {"supported": PASSED, "partly": PARTIAL_MARK, "gap": FAILED}


def framework_bar(table: Table, number: int) -> Markup:
    """The controls of a framework by what the evidence says of them; hatched what was not seen."""
    name = f"framework-hatch-{number}"
    body = _hatch(name) + _rect(0, 1, 100, 12, TRACK)
    for share in table.shares:
        if share.state in ("needs_people", "not_seen"):
            body += _rect(share.start, 1, share.width, 12, f"url(#{name})")
        elif share.state in _STATE_FILL:
            body += _rect(share.start, 1, share.width, 12, _STATE_FILL[share.state])
        if share.start:
            body += _upright(share.start, 1, 13, "#fff", 1)
    said = ", ".join(f"{share.count} {STATE[share.state].lower()}" for share in table.shares)
    return _svg(14, f"{table.title}: {said}", body)


def bar_key(kind: str) -> Markup:
    """The samples of the bars' legend: certain, open, score, uncapped."""
    body, width = {
        "certain": (_rect(0, 1, 100, 10, ACCENT), 28),
        "open": (_hatch("key-hatch") + _rect(0, 1, 100, 10, "url(#key-hatch)"), 28),
        "score": (f'<line x1="2" x2="2" y1="0" y2="12" stroke="{INK}" stroke-width="3"/>', 4),
        "uncapped": (
            f'<line x1="0" x2="18" y1="6" y2="6" stroke="{INK}" stroke-dasharray="2 2"/>'
            f'<circle cx="22" cy="6" r="4" fill="#fff" stroke="{INK}" stroke-width="1.5"/>',
            28,
        ),
    }[kind]
    return Markup(f'<svg width="{width}" height="12" aria-hidden="true">{body}</svg>')  # noqa: S704 (constants only)


def _band(name: str, low: float, high: float, top: int, gaps: Sequence[int] = ()) -> str:
    body = _hatch(name) + _rect(0, top, 100, 10, TRACK)
    body += "".join(_upright(gap, 2, 22, "#fff", 2) for gap in gaps)
    return body + _rect(0, top, low, 10, ACCENT) + _rect(low, top, max(high - low, 0), 10, f"url(#{name})")


def _hatch(name: str) -> str:
    return (
        f'<defs><pattern id="{name}" width="5" height="5" patternUnits="userSpaceOnUse" '
        f'patternTransform="rotate(45)"><rect width="5" height="5" fill="#fff"/>'
        f'<path d="M0 0V5" stroke="{HATCH}" stroke-width="2.4"/></pattern></defs>'
    )


def _rect(x: float, y: int, width: float, height: int, fill: str) -> str:
    return f'<rect x="{x:.1f}%" y="{y}" width="{width:.1f}%" height="{height}" fill="{fill}"/>'


def _upright(x: float, top: int, bottom: int, stroke: str, width: int) -> str:
    return f'<line x1="{x:.1f}%" x2="{x:.1f}%" y1="{top}" y2="{bottom}" stroke="{stroke}" stroke-width="{width}"/>'


def _text(x: float, y: int, text: str, anchor: str = "start") -> str:
    return f'<text x="{x:g}%" y="{y}" font-size="11" fill="{INK_2}" text-anchor="{anchor}">{escape(text)}</text>'


def _svg(height: int, title: str, body: str, width: str = "100%") -> Markup:
    """`body` is made of figures and escaped text only."""
    said = escape(title)
    head = f'<svg width="{width}" height="{height}" role="img" aria-label="{said}" {_FONT}>'
    return Markup(f"{head}<title>{said}</title>{body}</svg>")  # noqa: S704 (see above)
