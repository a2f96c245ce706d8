"""Tables that a project describes outside of its code: `schema.prisma`, and `CREATE TABLE` in files of SQL."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from aiaudit import lazy
from aiaudit.probes.base import Context
from aiaudit.probes.sql_tables import sql_tables
from aiaudit.project.reader import Unreadable

MAX_FILES: Final = 200
MAX_TEXT: Final = 400_000
_MEMO: Final = "table_files"
_MODEL: Final = lazy.regex(r"(?ms)^model[ \t]+(\w+)[ \t]*\{(.*?)^\}")
_MAPPED: Final = lazy.regex(r"@@map\(\s*(?:name\s*:\s*)?\"(\w+)\"")
_LINE: Final = lazy.regex(r"(?m)^[ \t]*(\w+)[ \t]+(\w+)([^\n]*)")


def tables_in_files(context: Context) -> list[dict[str, Any]]:
    """Each as `sql_tables` tells it, with its path and all its names."""
    known: list[dict[str, Any]] | None = context.memo.get(_MEMO)
    if known is None:
        known = context.memo[_MEMO] = list(_tables(context))
    return known


def _tables(context: Context) -> Iterator[dict[str, Any]]:
    for entry in context.project.matching(["**/*.prisma", "**/*.sql"])[:MAX_FILES]:
        if entry.role in ("test", "vendored"):
            continue
        try:
            text = context.project.text(entry.path)[:MAX_TEXT]
        except Unreadable:
            continue
        made = _prisma(text) if entry.path.endswith(".prisma") else sql_tables(text)
        yield from ({"path": entry.path, **one} for one in made)


def _prisma(text: str) -> Iterator[dict[str, Any]]:
    for match in _MODEL.finditer(text):
        body = match.group(2)
        keys, adds, times, refs = [], [], [], []
        for name, kind, rest in _LINE.findall(body):
            if "@relation" in rest:
                if "fields" in rest:
                    refs.append(kind)
                continue
            keys.append(name)
            if "@default(" in rest and (
                "now()" in rest or "uuid(" in rest or "cuid(" in rest or "auto" in rest or "dbgen" in rest
            ):
                adds.append(name)
                times += [name] if "now()" in rest else []
        mapped = _MAPPED.search(body)
        names = [match.group(1), *([mapped.group(1)] if mapped else [])]
        line = text.count("\n", 0, match.start()) + 1
        yield {"line": line, "names": names, "keys": keys, "adds": adds, "times": times, "refs": refs}
