"""Names of label columns that the project's code tells: `y = frame["churned"]`, `TARGET = "churned"`, and the second of
what is split or fitted (`train_test_split(x, frame["churned"])`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import re2

from aiaudit.probes.text.one_line import on_one_line
from aiaudit.project.reader import Unreadable
from aiaudit.project.roles import Role

if TYPE_CHECKING:
    from aiaudit.project.tree import Project

_MOST_FILES: Final = 2000
_ASSIGNED: Final = re2.compile(
    r"""(?m)^[^#\n]{0,200}?\b(?:[yY](?:_(?:train|test|all|full|true))?|[Tt]arget|labels?)\s*(?::[^=\n]{1,60})?=\s*\w+(?:\.\w+)*\[\s*\\?["'](\w{1,60})\\?["']\s*\]"""
)
_NAMED: Final = re2.compile(
    r"""(?i)\b(?:target|label)(?:_?(?:col|column|name|variable))?\s*[:=]\s*(?:[\w.\[\]]{1,40}\s*=\s*)?\\?["'](\w{1,60})\\?["']"""
)
_SECOND: Final = re2.compile(
    r"""\b(?:train_test_split|fit)\([^\n#]{1,300}?,\s*(?:y\s*=\s*)?\w+(?:\.\w+)*\[\s*\\?["'](\w{1,60})\\?["']\s*\]\s*[,)]"""
)


def labels_in_code(project: Project) -> tuple[str, ...]:
    """All names that code and notebooks use for what a model is to predict, sorted."""
    found: set[str] = set()
    entries = project.matching(["**/*.py", "**/*.ipynb"], [Role.CODE, Role.NOTEBOOK])
    for entry in entries[:_MOST_FILES]:
        try:
            text = project.text(entry.path)
            if entry.suffix == ".py":
                text = on_one_line(text.encode()).text.decode()
        except Unreadable:
            continue
        for pattern in (_ASSIGNED, _NAMED, _SECOND):
            found |= {str(match.group(1)) for match in pattern.finditer(text)}
    return tuple(sorted(found))
