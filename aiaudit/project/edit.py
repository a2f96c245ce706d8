"""Changing a project file without touching what people wrote in it: comments and order stay."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from aiaudit import lazy

_LIST_ENTRY: Final = lazy.regex(r"^(\s*)- ")


def with_entry(text: str, section: str, entry: Mapping[str, Any]) -> str:
    """The file's text with one more entry in the list of a top-level section, which is made where it is missing.

    Raises:
        ValueError: the section stands there as something other than a list with an entry a line.
    """
    lines = text.splitlines()
    start = next((n for n, line in enumerate(lines) if re.match(rf"{re.escape(section)}:\s*(?:#.*)?$", line)), None)
    if start is None:
        if any(line.startswith(f"{section}:") for line in lines):
            raise ValueError(f"'{section}:' is written on one line; write its entries below it, one a line")
        head = [*lines, ""] if lines and lines[-1].strip() else lines
        return "\n".join([*head, f"{section}:", *_entry(entry, "  ")]) + "\n"
    end = start + 1
    indent = "  "
    for number in range(start + 1, len(lines)):
        line = lines[number]
        if line.strip() and not line[0].isspace() and not line.startswith(("-", "#")):
            break
        found = _LIST_ENTRY.match(line)
        if found and end == start + 1:
            indent = found[1]
        if line.strip() and not line.lstrip().startswith("#"):
            end = number + 1
    return "\n".join([*lines[:end], *_entry(entry, indent), *lines[end:]]) + "\n"


def with_section(text: str, section: str, body: Sequence[str]) -> str:
    """The file's text with this top-level section in the place of the earlier one, or at its end.

    `body`: its lines as they stand below `section:`, indented. Comments that precede the next section stay.
    """
    lines = text.splitlines()
    block = [f"{section}:", *body]
    start = next((n for n, line in enumerate(lines) if re.match(rf"{re.escape(section)}:(?:\s|$)", line)), None)
    if start is None:
        head = [*lines, ""] if lines and lines[-1].strip() else lines
        return "\n".join([*head, *block]) + "\n"
    return "\n".join([*lines[:start], *block, *lines[_end(lines, start) :]]) + "\n"


def with_keys(text: str, section: str, values: Mapping[str, str]) -> str:
    """The file's text with these keys of a top-level section set; its other keys and its comments stay.

    Raises:
        ValueError: the section is written on one line.
    """
    lines = text.splitlines()
    start = next((n for n, line in enumerate(lines) if re.match(rf"{re.escape(section)}:\s*(?:#.*)?$", line)), None)
    if start is None:
        if any(line.startswith(f"{section}:") for line in lines):
            raise ValueError(f"'{section}:' is written on one line; write its keys below it, one a line")
        return with_section(text, section, [f"  {key}: {_value(value)}" for key, value in values.items()])
    for key, value in values.items():
        end = _end(lines, start)
        inner = next((line for line in lines[start + 1 : end] if re.match(r"\s+[^\s#]", line)), "  ")
        indent = inner[: len(inner) - len(inner.lstrip())]
        at = next((n for n in range(start + 1, end) if lines[n].startswith(f"{indent}{key}:")), None)
        until = end if at is None else at + 1
        while at is not None and until < end and _continues(lines[until], indent):
            until += 1
        while at is not None and not lines[until - 1].strip():
            until -= 1
        lines[end if at is None else at : until] = [f"{indent}{key}: {_value(value)}"]
    return "\n".join(lines) + "\n"


def _end(lines: Sequence[str], start: int) -> int:
    """The line after the last one of the section that begins at `start`."""
    end = start + 1
    for number in range(start + 1, len(lines)):
        line = lines[number]
        if line.strip() and not line[0].isspace() and not line.startswith(("-", "#")):
            break
        if line.strip() and not line.startswith("#"):
            end = number + 1
    return end


def _continues(line: str, indent: str) -> bool:
    """Whether the line belongs to the value above it, whose key stands at this indent."""
    return not line.strip() or line.startswith((f"{indent} ", f"{indent}\t", f"{indent}-"))


def entries_to_paste(text: str, section: str, entries: Sequence[Mapping[str, Any]]) -> tuple[str, bool]:
    """What somebody may paste into the file, and whether the section stands there already: a second one is an error.

    The entries are indented as those that are there.
    """
    lines = text.splitlines()
    start = next((n for n, line in enumerate(lines) if line.startswith(f"{section}:")), None)
    indent = "  "
    if start is not None:
        first = next((line for line in lines[start + 1 : _end(lines, start)] if _LIST_ENTRY.match(line)), "  - ")
        indent = first[: first.index("-")]
    body = [line for entry in entries for line in _entry(entry, indent)]
    return "\n".join(body if start is not None else [f"{section}:", *body]), start is not None


def _entry(entry: Mapping[str, Any], indent: str) -> list[str]:
    """A list entry, a key a line, in the order given; empty values are left out."""
    kept = [(key, value) for key, value in entry.items() if value not in (None, "", [], ())]
    lines = [f"{key}: {_value(value)}" for key, value in kept]
    return [f"{indent}{'- ' if number == 0 else '  '}{line}" for number, line in enumerate(lines)]


def quoted(text: str) -> str:
    """A text as one line of YAML, in its own letters; what cannot be seen is escaped."""
    import yaml

    dumped: str = yaml.safe_dump(text, default_style='"', width=2**31, allow_unicode=text.isprintable())
    return dumped.strip()


def _value(value: Any) -> str:
    import yaml

    if isinstance(value, list | tuple):
        return f"[{', '.join(_value(one) for one in value)}]"
    if isinstance(value, str) and re.fullmatch(r"[A-Z]{2,4}-\d{3}|\d{4}-\d{2}-\d{2}", value):
        return value
    if isinstance(value, str):
        return quoted(value)
    dumped: str = yaml.safe_dump(value, width=2**31)
    return dumped.strip().removesuffix("...").strip()
