"""Tables that a project describes outside of its code: `schema.prisma`, and `CREATE TABLE` in files of SQL."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from aiaudit import lazy
from aiaudit.probes.base import Context
from aiaudit.project.reader import Unreadable

MAX_FILES: Final = 200
MAX_TEXT: Final = 400_000
_MODEL: Final = lazy.regex(r"(?ms)^model[ \t]+(\w+)[ \t]*\{(.*?)^\}")
_MAPPED: Final = lazy.regex(r"@@map\(\s*(?:name\s*:\s*)?\"(\w+)\"")
_LINE: Final = lazy.regex(r"(?m)^[ \t]*(\w+)[ \t]+(\w+)([^\n]*)")
_TABLE: Final = lazy.regex(r"(?i)\bcreate\s+table\s+(?:if\s+not\s+exists\s+)?([\w.\"`\[\]]+)\s*\(")
_ALTER: Final = lazy.regex(
    r"(?i)\balter\s+table\s+(?:if\s+exists\s+)?(?:only\s+)?([\w.\"`]+)\s+add\s+(?:column\s+)?(?:if\s+not\s+exists\s+)?([\w\"`]+)([^;,]{0,200})"
)
_FILLED: Final = lazy.regex(
    r"(?i)\bdefault\s+(?:\(?\s*(?:now|current_timestamp|gen_random_uuid|uuid|extensions|datetime|timezone|strftime|getdate|sysdate|nextval|unixepoch))"
    r"|\b(?:big|small)?serial\b|\bauto_?increment\b|\bgenerated\s+(?:always|by\s+default)|\binteger\s+primary\s+key\b"
)
_REFERS: Final = lazy.regex(r"(?i)\breferences\s+([\w.\"`]+)")
_NO_COLUMN: Final = frozenset(
    {"primary", "foreign", "unique", "constraint", "check", "key", "index", "exclude", "like"}
)
_COMMENT: Final = lazy.regex(r"--[^\n]*|(?m:^)[ \t]*//[^\n]*")


def tables_in_files(context: Context) -> list[dict[str, Any]]:
    """As `record_tables.tables_of`, with the path of each."""
    found: list[dict[str, Any]] = []
    for entry in context.project.matching(["**/*.prisma", "**/*.sql"])[:MAX_FILES]:
        if entry.role in ("test", "vendored"):
            continue
        try:
            text = context.project.text(entry.path)[:MAX_TEXT]
        except Unreadable:
            continue
        made = _prisma(text) if entry.path.endswith(".prisma") else _sql(text)
        found += [{"path": entry.path, **one} for one in made]
    return found


def _prisma(text: str) -> Iterator[dict[str, Any]]:
    for match in _MODEL.finditer(text):
        body = match.group(2)
        keys, adds, refs = [], [], []
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
        mapped = _MAPPED.search(body)
        names = [match.group(1), *([mapped.group(1)] if mapped else [])]
        line = text.count("\n", 0, match.start()) + 1
        yield {"line": line, "names": names, "keys": keys, "adds": adds, "refs": refs}


def _sql(text: str) -> Iterator[dict[str, Any]]:
    for match in _TABLE.finditer(text):
        keys, adds, refs = [], [], []
        for part in _parts(_COMMENT.sub("", text[match.end() : match.end() + 8000])):
            words = part.split(None, 1)
            column = words[0].strip('"`[]') if words else ""
            refs += [one.strip('"`').rpartition(".")[2] for one in _REFERS.findall(part)]
            if not column or column.lower() in _NO_COLUMN or not column.replace("_", "a").isalnum():
                continue
            keys.append(column)
            if _FILLED.search(part):
                adds.append(column)
        line = text.count("\n", 0, match.start()) + 1
        yield {"line": line, "names": [_named(match.group(1))], "keys": keys, "adds": adds, "refs": refs}
    for match in _ALTER.finditer(text):
        column = match.group(2).strip('"`')
        if column.lower() in _NO_COLUMN:
            continue
        adds = [column] if _FILLED.search(match.group(3)) else []
        refs = [one.strip('"`').rpartition(".")[2] for one in _REFERS.findall(match.group(3))]
        line = text.count("\n", 0, match.start()) + 1
        yield {"line": line, "names": [_named(match.group(1))], "keys": [column], "adds": adds, "refs": refs}


def _named(table: str) -> str:
    return table.replace("`", '"').rpartition(".")[2].strip('"[]')


def _parts(text: str) -> Iterator[str]:
    """The parts between the commas of a bracket that is open, up to where it closes."""
    depth, begun = 0, 0
    for at, one in enumerate(text):
        if one == "(":
            depth += 1
        elif one == ")":
            if depth == 0:
                yield text[begun:at].strip()
                return
            depth -= 1
        elif one == "," and depth == 0:
            yield text[begun:at].strip()
            begun = at + 1
