"""Tables that `CREATE TABLE` and `ALTER TABLE` describe, with the columns that the database fills by itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from aiaudit import lazy

STATEMENT: Final = lazy.regex(r"(?i)\bcreate\s+table\s+(?:if\s+not\s+exists\s+)?([\w.\"`\[\]]+)\s*\(")
_ALTER: Final = lazy.regex(
    r"(?i)\balter\s+table\s+(?:if\s+exists\s+)?(?:only\s+)?([\w.\"`]+)\s+add\s+(?:column\s+)?(?:if\s+not\s+exists\s+)?([\w\"`]+)([^;,]{0,200})"
)
_FILLED: Final = lazy.regex(
    r"(?i)\bdefault\s+(?:\(?\s*(?:now|current_timestamp|gen_random_uuid|uuid|extensions|datetime|timezone|strftime|getdate|sysdate|nextval|unixepoch))"
    r"|\b(?:big|small)?serial\b|\bauto_?increment\b|\bgenerated\s+(?:always|by\s+default)|\binteger\s+primary\s+key\b"
)
_TIMED: Final = lazy.regex(
    r"(?i)\bdefault\s+\(?\s*(?:now\b|current_timestamp|datetime\b|timezone\b|strftime|getdate|sysdate|unixepoch)"
)
_REFERS: Final = lazy.regex(r"(?i)\breferences\s+([\w.\"`]+)")
_NO_COLUMN: Final = frozenset(
    {"primary", "foreign", "unique", "constraint", "check", "key", "index", "exclude", "like"}
)
_COMMENT: Final = lazy.regex(r"--[^\n]*|(?m:^)[ \t]*//[^\n]*")


def sql_tables(text: str) -> Iterator[dict[str, Any]]:
    """Each with its line, its name, the columns (`keys`), those that the database fills by itself (`adds`), of these
    the ones that it fills with the time (`times`), and the tables to which it points (`refs`)."""
    for match in STATEMENT.finditer(text):
        keys, adds, times, refs = [], [], [], []
        for part in _parts(_COMMENT.sub("", text[match.end() : match.end() + 8000])):
            words = part.split(None, 1)
            column = words[0].strip('"`[]') if words else ""
            refs += [one.strip('"`').rpartition(".")[2] for one in _REFERS.findall(part)]
            if not column or column.lower() in _NO_COLUMN or not column.replace("_", "a").isalnum():
                continue
            keys.append(column)
            if _FILLED.search(part):
                adds.append(column)
            if _TIMED.search(part):
                times.append(column)
        line = text.count("\n", 0, match.start()) + 1
        named = [_named(match.group(1))]
        yield {"line": line, "names": named, "keys": keys, "adds": adds, "times": times, "refs": refs}
    for match in _ALTER.finditer(text):
        column = match.group(2).strip('"`')
        if column.lower() in _NO_COLUMN:
            continue
        adds = [column] if _FILLED.search(match.group(3)) else []
        times = [column] if _TIMED.search(match.group(3)) else []
        refs = [one.strip('"`').rpartition(".")[2] for one in _REFERS.findall(match.group(3))]
        line = text.count("\n", 0, match.start()) + 1
        named = [_named(match.group(1))]
        yield {"line": line, "names": named, "keys": [column], "adds": adds, "times": times, "refs": refs}


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
