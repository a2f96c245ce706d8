"""What a part of a scanner that broke on a file leaves open: every fact that asks for it, wherever that file lies.

A file of many that cannot be read is one of many. Where an extractor breaks there stood what it looks for, so that the
share of files says nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aiaudit.probes.base import Context, Query


def broken_for(engine: str | None, query: Query, context: Context) -> str:
    """Why there may be more than a query of this engine has seen: the first file on which an extractor that it asks for
    broke; nothing where none did."""
    failed = _failed(engine, context)
    if not failed:
        return ""
    asked = set(getattr(query, "features", ()))
    if any(getattr(query, "assigned", tuple)()):
        asked.add("assigned")
    for path, (names, why) in failed.items():
        if not asked.isdisjoint(names):
            entry = context.project.entry(path)
            return f"in {entry.display if entry is not None else path} {why}"
    return ""


def _failed(engine: str | None, context: Context) -> Mapping[str, tuple[list[str], str]]:
    """By file, in order: the extractors that broke, and what is told of it."""
    if engine == "python":
        from aiaudit.probes.python.project import python_project

        return python_project(context).failed
    if engine == "javascript":
        from aiaudit.probes.javascript.project import javascript_project

        return javascript_project(context).failed
    return {}
