"""Inline SVG of the page: drawn from figures only, colours as attributes, a title that says the numbers."""

from __future__ import annotations

from typing import Final

from markupsafe import Markup, escape

from aiaudit.data.model import Column, Label
from aiaudit.data.report.figures import name, number, share
from aiaudit.reports.charts import ACCENT, FAILED, LINE_2, TRACK
from aiaudit.reports.strings import say

HEIGHT: Final = 28
_WIDTH: Final = 160
_CLASSES: Final = 12


def histogram(column: Column) -> Markup:
    """Bars of equal width from least to most; nothing where there is no histogram."""
    counts = column.histogram
    most = max(counts or (), default=0)
    if not counts or most == 0:
        return Markup("")
    step = _WIDTH / len(counts)
    drawn = []
    for i, count in enumerate(counts):
        if count:
            height = max(1.0, HEIGHT * count / most)
            drawn.append(
                f'<rect x="{i * step:.1f}" y="{HEIGHT - height:.1f}" width="{max(step - 1, 1):.1f}" '
                f'height="{height:.1f}" fill="{ACCENT}"/>'
            )
    said = say(
        "profile.histogram",
        len(counts),
        column=name(column.name),
        low=number(column.min),
        high=number(column.max),
    )
    return _svg("".join(drawn) + f'<path d="M0 {HEIGHT - 0.5}h{_WIDTH}" stroke="{LINE_2}"/>', said, _WIDTH, HEIGHT)


def missing(column: Column) -> Markup:
    """The share of missing values as a bar."""
    part = column.null_fraction or 0.0
    bar = f'<rect width="48" height="8" fill="{TRACK}"/><rect width="{48 * part:.1f}" height="8" fill="{FAILED}"/>'
    return _svg(bar, say("profile.missing", share=share(column.null_fraction)), 48, 8)


def balance(label: Label) -> Markup:
    """The classes' shares, largest first, as rows of bars with their names."""
    if not label.balance:
        return Markup("")
    rows = list(label.balance.items())[:_CLASSES]
    drawn = []
    for i, (value, part) in enumerate(rows):
        y = i * 20
        drawn.append(
            f'<text x="0" y="{y + 13}" font-size="12" fill="#121a22">{escape(name(value, 22))}</text>'
            f'<rect x="160" y="{y + 3}" width="{240 * part:.1f}" height="12" fill="{ACCENT}"/>'
            f'<text x="{168 + 240 * part:.1f}" y="{y + 13}" font-size="12" fill="#46525e">{share(part)}</text>'
        )
    return _svg("".join(drawn), say("profile.classes", column=name(label.column)), 480, 20 * len(rows))


def drift(value: float | None, limit: float) -> Markup:
    """A PSI on a scale to three times the limit, the limit marked."""
    if value is None:
        return Markup("")
    reach = 96 * min(value / (3 * limit), 1)
    colour = FAILED if value >= limit else ACCENT
    bar = f'<rect width="96" height="8" fill="{TRACK}"/><rect width="{reach:.1f}" height="8" fill="{colour}"/>'
    said = say("profile.psi", value=f"{value:.3f}", limit=limit)
    return _svg(bar + '<path d="M32 0v8" stroke="#121a22"/>', said, 96, 8)


def _svg(inner: str, title: str, width: int, height: int) -> Markup:
    # Numbers and escaped names only.
    return Markup(  # noqa: S704
        f'<svg role="img" width="{width}" height="{height}" font-family="Arial, Liberation Sans, sans-serif">'
        f"<title>{escape(title)}</title>{inner}</svg>"
    )
