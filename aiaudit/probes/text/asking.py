"""What probes of the text engine share: the hits of a group of patterns, and which files it had to look at."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from aiaudit.model.fact import Scope
from aiaudit.probes.base import Context
from aiaudit.probes.text.engine import NAME
from aiaudit.probes.text.groups import PatternGroup
from aiaudit.project.entry import Entry

MAX_EVIDENCE: Final = 25


_PAGES: Final = (".html", ".htm", ".svg")
"""Nobody writes a page of this size by hand: it is a report that a tool made of figures, with the tool's own script in
it, and what stands below its head says nothing of the project."""


def hits_of(group: PatternGroup, context: Context) -> Iterator[tuple[Entry, list[list[Any]]]]:
    """The files of a group in which there are hits, in path order, each with `[pattern number, line, kept]` a hit."""
    scans = context.scans.get(NAME, {})
    by_key: dict[str, list[Entry]] | None = context.memo.get("text.hits")
    if by_key is None:
        by_key = context.memo["text.hits"] = {}
        for path, result in scans.items():
            entry = context.project.entry(path)
            if entry is not None:
                for key in result.get("hits", ()):
                    by_key.setdefault(key, []).append(entry)
    key = group.key
    found = by_key.get(key, ())
    among = _selected(group, context) if found else {}
    return ((entry, scans[entry.path]["hits"][key]) for entry in found if entry.path in among)


def scope_of(group: PatternGroup, context: Context) -> tuple[Scope, str]:
    """How many text files the group had to look at and could read whole; and why the first of the others could not."""
    memo: dict[Any, tuple[Scope, str]] = context.memo.setdefault("text.scopes", {})
    key = (group.files, group.roles, group.ignored)
    if key not in memo:
        among, (texts, troubles) = _selected(group, context), _looked_through(context)
        files, unread = sum(path in texts for path in among), [among[path] for path in troubles if path in among]
        reason = f"{unread[0].display}: {troubles[unread[0].path]}" if unread else ""
        memo[key] = Scope(files, files - len(unread), tuple(entry.display for entry in unread[:10])), reason
    return memo[key]


def _looked_through(context: Context) -> tuple[frozenset[str], dict[str, str]]:
    """The text files that were to be looked through, and why some could not be, whole, in path order."""
    known: tuple[frozenset[str], dict[str, str]] | None = context.memo.get("text.looked")
    if known is None:
        texts: list[str] = []
        troubles: dict[str, str] = {}
        for path, found in context.scans.get(NAME, {}).items():
            if "binary" not in found:
                texts.append(path)
                if "error" in found or ("truncated" in found and not path.lower().endswith(_PAGES)):
                    troubles[path] = str(found.get("error", "only its head was read"))
        known = context.memo["text.looked"] = frozenset(texts), troubles
    return known


def _selected(group: PatternGroup, context: Context) -> dict[str, Entry]:
    """The group's files by path, in path order. Only those asked for last are kept: all would be too many."""
    memo: dict[Any, dict[str, Entry]] = context.memo.setdefault("text.files", {})
    key = (group.files, group.roles, group.ignored)
    if key not in memo:
        memo.clear()
        found = context.project.matching(group.files, group.roles)
        memo[key] = {entry.path: entry for entry in found if group.ignored or not entry.ignored}
    return memo[key]
