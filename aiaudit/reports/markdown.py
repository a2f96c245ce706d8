"""The Markdown report: a short form that is good in a pull request, and a long one for archives.

Nothing in it comes from the project as markup: no HTML, no image, no link, and no `@name` that would call somebody.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from aiaudit import lazy
from aiaudit.reports import brand, document, frameworks, words
from aiaudit.reports.strings import speaking
from aiaudit.reports.templating import markdown_environment

_BLANK_LINES: Final = lazy.regex(r"\n{3,}")


def render(result: Mapping[str, Any], *, long: bool = False) -> str:
    """The Markdown report of a result JSON. The same result gives the same text."""
    with speaking(brand.of(result.get("brand")).language):
        report = document.read(result)
        template = markdown_environment().get_template("report.md.j2")
        text = template.render(report=report, words=words, frameworks=frameworks, long=long)
    return _BLANK_LINES.sub("\n\n", text).strip() + "\n"
