"""YAML in braces and brackets as it would stand in a block, one part a line: `ports: [80, 443]` is a list of two lines.

People write small lists and maps on one line and long ones in a block, and a pattern written for lines knows the block.
So the block is put behind such a line, on the same line of the file; the line itself stays, for patterns that know it.
"""

from __future__ import annotations

from typing import Final

from aiaudit import lazy

_FLOW: Final = lazy.regex(
    rb"(?m)^([ \t]*+(?:-[ \t]++)*+)((?:[\w./$-]++(?::[\w./$-]++)*+|\"[^\"\n]*+\"|'[^'\n]*+')[ \t]*+:[ \t]++)?+"
    rb"([\[{][^\n]*[\]}])[ \t]*+(?:#[^\n]*+)?$"
)
_LONGEST: Final = 1_000  # characters of a line that is looked at
_DEPTH: Final = 6
_MOST: Final = 200  # parts of one line
_PART: Final = lazy.regex(
    rb"\"(?:[^\"\\\n]|\\.)*+\"|'[^'\n]*+'|\$?\{\{[^\n]*?\}\}|(?P<open>[\[{])|(?P<close>[\]}])|(?P<comma>,)|[^\[\]{},\"'$]++|."
)
_KEYED: Final = lazy.regex(
    rb"(?:(\"[^\"\n]*+\"|'[^'\n]*+')[ \t]*+:[ \t]*+|([^\s\"'\[\]{}:,][^\[\]{}:,\n]*?)[ \t]*+:(?:[ \t]++|(?=[\[{])|\Z))"
)


def blocks_of(text: bytes) -> list[tuple[int, bytes]]:
    """Where lines with such parts end, from above, and what stands there in a block: each line with a break before."""
    found = []
    for flow in _FLOW.finditer(text):
        if len(flow[0]) > _LONGEST:
            continue
        indent = flow[1]
        key = flow[2].rstrip() if flow[2] else b""
        lines: list[bytes] = []
        inner = b" " * len(indent) + (b"  " if key else b"")
        if _put(flow[3], inner, indent if not key else inner, lines, 0) and lines:
            head = [indent + key] if key else []
            found.append((flow.end(), b"".join(b"\n" + line for line in (*head, *lines))))
    return found


def _put(value: bytes, indent: bytes, first: bytes, lines: list[bytes], depth: int) -> bool:
    """Write a list or a map as lines of a block; False where it is none, or nested too deeply. `first`: what stands
    before its first line, where a dash does."""
    if depth > _DEPTH or len(lines) > _MOST or (value[:1] + value[-1:]) not in (b"{}", b"[]"):
        return False
    parts = _parts(value[1:-1])
    if parts is None:
        return False
    for part in parts:
        begin, first = first, indent
        if value[:1] == b"[":
            begin += b"- "
        elif _KEYED.match(part) is None:
            return False  # a set, or a template
        if not _line(part, begin, lines, depth, is_item=value[:1] == b"["):
            return False
    return True


def _line(part: bytes, begin: bytes, lines: list[bytes], depth: int, *, is_item: bool) -> bool:
    inner = b" " * len(begin)
    if is_item and part[:1] in b"[{":
        return _put(part, inner, begin, lines, depth + 1)
    keyed = _KEYED.match(part)
    if keyed is not None and part[keyed.end() : keyed.end() + 1] in (b"[", b"{"):
        lines.append(begin + (keyed[1] or keyed[2]) + b":")
        return _put(part[keyed.end() :], inner + b"  ", inner + b"  ", lines, depth + 1)
    lines.append(begin + part)
    return True


def _parts(inner: bytes) -> list[bytes] | None:
    """The parts of a list or a map; None where its brackets do not close."""
    parts: list[bytes] = []
    depth = start = 0
    for found in _PART.finditer(inner):
        if found["open"]:
            depth += 1
        elif found["close"]:
            depth -= 1
            if depth < 0:
                return None
        elif found["comma"] and depth == 0:
            parts.append(inner[start : found.start()].strip())
            start = found.end()
    if depth:
        return None
    parts.append(inner[start:].strip())
    return [part for part in parts if part]
