"""Where a value stands that looks like a secret by its name, and is none: the password of a database that lives for one
run of a workflow, and the example in the documentation of an interface."""

from __future__ import annotations

from typing import Final

from aiaudit import lazy

_ABOVE: Final = 120  # lines above a value of a workflow that are looked at
_BEFORE: Final = 1_500  # bytes before a value of a schema
_KEY: Final = lazy.regex(rb"^([ \t]*)(?:- )?([\w.-]+)[ \t]*:(?:[ \t]|$)")
_SCHEMA: Final = lazy.regex(
    rb"\b(?:json_schema_extra|schema_extra|openapi_examples)\b[\"']?[ \t]*[:=][ \t]*(?:\w+\()?$"
)
_OPENERS: Final = b"([{"
_CLOSERS: Final = b")]}"


def lives_for_one_run(text: bytes, start: int, value: bytes) -> bool:
    """Whether a value is that of a service container of a GitHub workflow, or the same one in another of its steps."""
    if b"services:" not in text or not {b"jobs"} <= _keys_above(text, start):
        return False
    at = text.find(value)
    for _ in range(20):
        if at < 0:
            return False
        if {b"services", b"jobs"} <= _keys_above(text, at):
            return True
        at = text.find(value, at + 1)
    return False


def is_example_of_a_schema(text: bytes, start: int) -> bool:
    """Whether a value stands inside `json_schema_extra` or `openapi_examples`, which are shown to whoever reads the
    documentation of the interface."""
    depth = 0
    first = max(0, start - _BEFORE)
    for at in range(start - 1, first - 1, -1):
        if text[at] in _CLOSERS:
            depth += 1
        elif text[at] in _OPENERS:
            if depth:
                depth -= 1
            elif _SCHEMA.search(text[max(first, at - 60) : at]):
                return True
    return False


def _keys_above(text: bytes, start: int) -> set[bytes]:
    """The keys of YAML under which a place stands, by indentation."""
    begin = text.rfind(b"\n", 0, start) + 1
    indent = _indent(text[begin : begin + 200])
    found: set[bytes] = set()
    for _ in range(_ABOVE):
        if begin == 0 or indent == 0:
            break
        end = begin - 1
        begin = text.rfind(b"\n", 0, end) + 1
        match = _KEY.match(text[begin : min(end, begin + 200)])
        if match and len(match[1]) < indent:
            indent = len(match[1])
            found.add(match[2])
    return found


def _indent(line: bytes) -> int:
    return len(line) - len(line.lstrip(b" \t"))
