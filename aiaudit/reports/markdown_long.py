"""The long Markdown report (`-o report.long.md`): the archive's form, with every check, its reason and its places."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aiaudit.reports import markdown


def render(result: Mapping[str, Any]) -> str:
    """The long Markdown report of a result JSON. The same result gives the same text."""
    return markdown.render(result, long=True)
