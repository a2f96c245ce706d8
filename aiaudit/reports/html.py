"""The HTML report: one file that works offline and without script, and prints well.

The Content-Security-Policy in its head allows the one style sheet and the one script that stand in it, by their hash,
and nothing else: no font, no request, no inline style, no inline handler; no image but the logo that is in the file.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping
from typing import Any, Final

from markupsafe import Markup

from aiaudit.reports import (
    brand,
    charts,
    charts_capacity,
    charts_change,
    charts_cost,
    document,
    frameworks,
    sections,
    words,
)
from aiaudit.reports.strings import Strings, say, speaking
from aiaudit.reports.templating import asset, html_environment
from aiaudit.reports.text import shorten

FOOTER: Final = 140
"""Characters that stand in one line at the foot of a page, beside the page's number."""

_FOOTER: Final = '@page{{@bottom-left{{content:"{text}"}}}}@page:first{{@bottom-left{{content:none}}}}'


def render(result: Mapping[str, Any]) -> str:
    """The HTML report of a result JSON. The same result gives the same text."""
    with speaking(brand.of(result.get("brand")).language) as strings:
        return _page(document.read(result), strings)


def _page(report: document.Report, strings: Strings) -> str:
    title = say("report.title")
    footer = say(
        "report.footer",
        title=title,
        name=shorten(report.name, 50),
        day=report.as_of,
        confidentiality=report.confidentiality,
    )
    style = asset("report.css") + report.brand.style + page_numbers() + _FOOTER.format(text=_css_text(footer))
    script = asset("report.js")
    template = html_environment().get_template("report.html.j2")
    page = template.render(
        report=report,
        sections=sections.present(report),
        charts=charts,
        charts_capacity=charts_capacity,
        charts_change=charts_change,
        charts_cost=charts_cost,
        frameworks=frameworks,
        words=words,
        title=title,
        strings=strings,
        policy=_policy(style, script, logo=bool(report.brand.logo)),
        style=Markup(style),  # noqa: S704 (our file, and text made of letters and escapes)
        script=Markup(script),  # noqa: S704 (our file)
    )
    for own, ours in report.brand.drawn.items():  # the drawings name their colours, as a style sheet of SVG cannot
        page = page.replace(f'="{own}"', f'="{ours}"')
    return page


def page_numbers() -> str:
    """The style sheet's rule for the number at the foot of a printed page, such as "2 of 20"."""
    parts = re.split("([\\0\\1])", say("report.page_of", page="\0", pages="\1"))
    counters = {"\0": "counter(page)", "\1": "counter(pages)"}
    content = " ".join(counters.get(part) or f'"{_css_text(part)}"' for part in parts if part)
    return f"@page{{@bottom-right{{content:{content}}}}}@page:first{{@bottom-right{{content:none}}}}"


def _policy(style: str, script: str, logo: bool = False) -> str:
    image = " img-src data:;" if logo else ""
    return (
        f"default-src 'none'; style-src '{digest(style)}'; script-src '{digest(script)}';{image} "
        "base-uri 'none'; form-action 'none'"
    )


def digest(text: str) -> str:
    """A source for the Content-Security-Policy: the hash of what stands in the page."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _css_text(text: str) -> str:
    """Text inside a CSS string: all but letters, digits, spaces and commas as escapes.

    An escape swallows one space after it, so each brings one.
    """
    return re.sub(r"[^A-Za-z0-9 ,]", lambda hit: f"\\{ord(hit[0]):06x} ", text[:FOOTER])
