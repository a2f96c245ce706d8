"""The profile as one page: offline, without script, nothing but its own style sheet allowed."""

from __future__ import annotations

import base64
import hashlib
from typing import Final

from markupsafe import Markup

from aiaudit.data.drift import PSI_LIMIT
from aiaudit.data.model import Report
from aiaudit.data.report import figures, plots
from aiaudit.data.report.problems import problems_of
from aiaudit.reports import charts
from aiaudit.reports.data import MARKS
from aiaudit.reports.strings import current
from aiaudit.reports.templating import html_environment
from aiaudit.reports.text import visible
from aiaudit.resources import path_of

_OWN_STYLE: Final = """
main{max-width:1120px;margin:0 auto}
.problems td:first-child{width:24px}
td svg{margin-top:3px}
"""


def render(report: Report) -> str:
    """The page. The same report gives the same text."""
    style = (path_of("templates") / "report" / "report.css").read_text(encoding="utf-8") + _OWN_STYLE
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return (
        html_environment()
        .get_template("data.html.j2")
        .render(
            language=current().language,
            report=report,
            problems=problems_of(report),
            figures=figures,
            plots=plots,
            marks={severity: charts.MARK[mark] for severity, mark in MARKS.items()},
            psi_limit=PSI_LIMIT,
            notes=[visible(note) for note in report.notes],
            policy=f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'",
            style=Markup(style),  # noqa: S704 (our file)
        )
    )
