"""Where the first line of a script stands in its YAML file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aiaudit.project.parse import Map, Seq


def script_line(text: str, container: Any, key: str | int) -> int | None:
    """The line of the first line of a scalar: behind the `|` or `>` of a block, else where the scalar begins."""
    if isinstance(container, Map) and isinstance(key, str) and key in container:
        line, column = container.value_at(key)
    elif isinstance(container, Seq) and isinstance(key, int) and key < len(container):
        line, column = container.at(key)
    else:
        return None
    lines = text.splitlines()
    if 0 < line <= len(lines) and lines[line - 1][column - 1 : column] in ("|", ">"):
        return line + 1
    return line


def joined_script(text: str, container: Any, key: str) -> tuple[str, int]:
    """A script given as one string or as a (nested) list of strings, and the line of its first line.

    Blank lines are put between the items where the file has other lines there, so that line numbers hold.
    """
    value = container.get(key) if isinstance(container, Mapping) else None
    if isinstance(value, str):
        return value, script_line(text, container, key) or 1
    items = list(_items(text, value, 0))
    if not items:
        return "", script_line(text, container, key) or 1
    first = items[0][1]
    lines: list[str] = []
    for script, line in items:
        lines.extend([""] * (line - first - len(lines)))
        lines.extend(script.splitlines())
    return "\n".join(lines), first


def _items(text: str, value: Any, depth: int) -> list[tuple[str, int]]:
    found: list[tuple[str, int]] = []
    for index, item in enumerate(value if isinstance(value, list) and depth < 8 else []):
        if isinstance(item, str):
            found.append((item, script_line(text, value, index) or (found[-1][1] + 1 if found else 1)))
        elif isinstance(item, list):
            found.extend(_items(text, item, depth + 1))
    return found
