"""Syntax of Python 3.12 and later, told in older words, so that a file is read whatever Python runs the audit.

Tried only where a file does not parse. Lines and columns stay; what is dropped says nothing that a query asks for: type
parameters (PEP 695), and which quotes and backslashes stand inside the braces of an f-string (PEP 701).
"""

from __future__ import annotations

import re
from typing import Final

from aiaudit import lazy

_ALIAS: Final = lazy.regex(rb"^([ \t]*)type([ \t]+)(\w+)([ \t]*\[[^\]\n]*\])?(?=[ \t]*=[^=])", re.MULTILINE)
_PARAMETERS: Final = lazy.regex(rb"^([ \t]*(?:async[ \t]+)?(?:def|class)[ \t]+\w+)[ \t]*\[", re.MULTILINE)
_F_STRING: Final = lazy.regex(rb"\b(?:[fF][rR]?|[rR][fF])(\"\"\"|'''|\"|')")
_LONGEST_PARAMETERS: Final = 2000  # bytes
_OTHER: Final = {ord('"'): ord("'"), ord("'"): ord('"')}


def in_older_words(data: bytes) -> bytes:
    """The same program without type parameters, and with f-strings whose braces hold the other kind of quotes."""
    return _f_strings(_parameters(_ALIAS.sub(_alias, data)))


def _alias(found: re.Match[bytes]) -> bytes:
    """`type Name[T] = …` becomes `Name = …`, padded to the same length."""
    kept = found[1] + found[3]
    return kept.ljust(len(found[0]))


def _parameters(data: bytes) -> bytes:
    """`def name[T: (int, str)](…)` and `class Name[T](…)` without the brackets' content; spaces stand in for it."""
    text = bytearray(data)
    for found in _PARAMETERS.finditer(data):
        start, depth = found.end() - 1, 0
        for at in range(start, min(len(data), start + _LONGEST_PARAMETERS)):
            byte = data[at]
            if byte == 0x0A:  # the name and its parameters stand on one line once the brackets are gone
                break
            depth += (byte == 0x5B) - (byte == 0x5D)
            if depth == 0:
                text[start : at + 1] = b" " * (at + 1 - start)
                break
    return bytes(text)


def _f_strings(data: bytes) -> bytes:
    """Inside the braces of f-strings, quotes of the string's own kind become the other kind where the string stands on
    one line, and backslashes an underscore: `f"{text.replace("\\n", " ")}"`."""
    text = bytearray(data)
    at = 0
    while found := _F_STRING.search(data, at):
        at = _f_string(data, text, found.end(), found[1])
    return bytes(text)


def _f_string(data: bytes, text: bytearray, start: int, quotes: bytes) -> int:
    """Change in `text` the one f-string whose content begins at `start`; where to look for the next."""
    quote, many = quotes[0], len(quotes) == 3
    depth, inside, position = 0, [], start
    while position < len(data) and (many or data[position] != 0x0A):
        byte = data[position]
        if depth == 0 and byte in b"{}" and data[position + 1 : position + 2] == data[position : position + 1]:
            position += 1  # `{{` is one brace of the text
        elif byte == 0x7B:
            depth += 1
        elif byte == 0x7D:
            depth = max(0, depth - 1)
        elif byte == 0x5C:
            if depth:
                text[position] = 0x5F
                if data[position + 1 : position + 2] in (b'"', b"'", b"\\"):
                    text[position + 1] = 0x5F
            position += 1
        elif byte == quote and many:
            if data.startswith(quotes, position):  # inside braces too, where no older Python has anything else for it
                position += 2
                break
        elif byte == quote:
            if depth == 0:
                break
            inside.append(position)
        position += 1
    if inside and len(inside) % 2 == 0 and _OTHER[quote] not in data[inside[0] : inside[-1]]:
        for place in inside:
            text[place] = _OTHER[quote]
    return position + 1
