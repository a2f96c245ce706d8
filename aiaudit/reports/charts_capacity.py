"""The chart of the capacity section: one GPU's memory as a bar, drawn as the other charts are (`charts`)."""

from __future__ import annotations

from typing import Final

from markupsafe import Markup, escape

from aiaudit.reports.charts import ACCENT, FAILED, FONT_12, INK, INK_2, LINE_2, PARTIAL_MARK, TRACK
from aiaudit.reports.record import Record
from aiaudit.reports.strings import say

GIB: Final = 1024**3
_COLOUR: Final = {"weights": ACCENT, "cache": PARTIAL_MARK}  # all else is overhead


def memory_bar(memory: Record, whose: str = "GPU") -> Markup:
    """Weights, overhead and cache of one GPU (or of a replica) on a scale of its memory; a stroke where the engine
    must stop."""
    visible, usable = memory.whole("visible"), memory.whole("usable")
    parts = [(one.text("name"), one.whole("expected")) for one in memory.records("terms")]
    drawn = sum(size for _, size in parts)
    needed = memory.whole("needed") or drawn  # without what does not count against the engine's share
    whole = max(visible, drawn, 1)
    said = ", ".join(f"{name} {size / GIB:.1f} GiB" for name, size in parts)
    body, at = f'<rect x="0" y="4" width="100%" height="20" fill="{TRACK}"/>', 0.0
    for name, size in parts:
        share = 100 * size / whole
        body += (
            f'<rect x="{at:.2f}%" y="4" width="{share:.2f}%" height="20" fill="{_COLOUR.get(name, INK_2)}">'
            f"<title>{escape(name)} {size / GIB:.2f} GiB</title></rect>"
        )
        at += share
    needed_said = escape(say("chart.memory_needed", gib=f"{needed / GIB:.1f}"))
    usable_said = escape(say("chart.memory_usable", gib=f"{usable / GIB:.1f}", visible=f"{visible / GIB:.1f}"))
    title = escape(say("chart.memory_replica" if whose == "replica" else "chart.memory", parts=said))
    stop = 100 * usable / whole
    colour = FAILED if needed > usable else INK
    body += f'<rect x="{stop:.2f}%" y="0" width="2" height="28" fill="{colour}"/>'
    body += f'<text x="0" y="42" fill="{INK}" {FONT_12}>{needed_said}</text>'
    body += f'<text x="100%" y="42" text-anchor="end" fill="{INK}" {FONT_12}>{usable_said}</text>'
    frame = f'<rect x="0" y="4" width="100%" height="20" fill="none" stroke="{LINE_2}"/>'
    return Markup(  # noqa: S704 (figures and constants; names are escaped)
        f'<svg width="100%" height="48" role="img" aria-label="{title}"><title>{title}</title>{body}{frame}</svg>'
    )
