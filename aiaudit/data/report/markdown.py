"""The profile as short Markdown: the problems, a table of the sets, a table a pair."""

from __future__ import annotations

from aiaudit.data.model import Report
from aiaudit.data.report import figures
from aiaudit.data.report.problems import problems_of
from aiaudit.reports.templating import markdown_environment
from aiaudit.reports.text import visible


def render(report: Report) -> str:
    """The Markdown text. The same report gives the same text."""
    return (
        markdown_environment()
        .get_template("data.md.j2")
        .render(
            report=report,
            problems=problems_of(report),
            figures=figures,
            notes=[visible(note) for note in report.notes],
        )
    )
